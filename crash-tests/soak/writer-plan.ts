/**
 * The plan of a load writer: its commits, as a function of the seed.
 *
 * Owns: the keys of a writer, the commit that it makes under each number, and values that name their commit.
 *
 * In a keyspace of their own, beside those of the bank:
 *
 *      load:<writer>:<slot>     <writer>.<epoch>.<number>.<slot>.<length>.<filler up to the length>
 *
 * Invariants:
 *   W1. Equal arguments give equal commits, so the parent knows the state after any number of them.
 *   W2. No other writer writes the keys of a writer.
 *   W3. A value is a function of its first five fields. So a reader can check every character of it, and never takes
 *       a lost commit for the one made in its place.
 *
 * Suspension: every function here is synchronous.
 */
import type { BatchOperation } from '../../src/api/batch-operation.ts';
import type { Database } from '../../src/api/database.ts';
import type { Keyspace } from '../../src/api/keyspace.ts';
import { makeRandom, type Random } from '../../test/support/prng.ts';

export type LoadKeyspace = Keyspace<string, unknown>;

export const SLOT_COUNT = 8000;
const SLOT_DIGITS = 5;
const SMALL_RANGE_SLOTS = 40;
const LARGE_RANGE_SLOTS = 1500;
const BATCH_COUNT_MAX = 12;
const HUGE_LENGTH = 64 * 1024;
const FILLER_SEED_CHARS = 240; // enough that snappy does not shrink a value to nothing

/** `plain` commits may follow each other without waiting; a transaction runs alone. */
export type CommitKind = 'plain' | 'snapshot' | 'serializable';

export type LoadOperation =
  | { readonly type: 'put'; readonly slot: number; readonly length: number }
  | { readonly type: 'del'; readonly slot: number }
  | { readonly type: 'delRange'; readonly first: number; readonly last: number };

export interface LoadCommit {
  readonly writer: number;
  readonly epoch: number;
  readonly number: number;
  readonly kind: CommitKind;
  readonly durability: 'sync' | 'os';
  readonly operations: readonly LoadOperation[];
}

/** The writer and length of a value: every character follows from them (W3). */
export interface Stamp {
  readonly writer: number;
  readonly epoch: number;
  readonly number: number;
  readonly slot: number;
  readonly length: number;
}

/** The keyspace of the writers. The parent makes it before the first child. */
export function openLoad(db: Database, createIfMissing: boolean): Promise<LoadKeyspace> {
  const encodings = { keyEncoding: 'utf8', valueEncoding: 'json' } as const;
  return db.keyspace('load', { ...encodings, createIfMissing });
}

export const loadPrefix = (writer: number): string => `load:${writer}:`;

export function loadKey(writer: number, slot: number): string {
  return loadPrefix(writer) + String(slot).padStart(SLOT_DIGITS, '0');
}

export function slotOfKey(writer: number, key: string): number | undefined {
  const prefix = loadPrefix(writer);
  if (!key.startsWith(prefix)) return undefined;
  const slot = Number(key.slice(prefix.length));
  return loadKey(writer, slot) === key ? slot : undefined;
}

export function commitOf(seed: number, epoch: number, writer: number, number: number): LoadCommit {
  const random = makeRandom(mix(mix(mix(seed, epoch), writer), number));
  const share = random.below(100);
  const kind = share < 80 ? 'plain' : share < 90 ? 'snapshot' : 'serializable';
  const durability = random.chance(0.3) ? 'sync' : 'os';
  const count = random.chance(0.5) ? 1 : 1 + random.below(BATCH_COUNT_MAX);
  const operations = Array.from({ length: count }, () => drawOperation(random));
  return { writer, epoch, number, kind, durability, operations };
}

function drawOperation(random: Random): LoadOperation {
  const slot = random.below(SLOT_COUNT);
  const share = random.below(10_000);
  if (share < 8700) return { type: 'put', slot, length: drawLength(random) };
  if (share < 9880) return { type: 'del', slot };
  const count = share < 9995 ? 1 + random.below(SMALL_RANGE_SLOTS) : LARGE_RANGE_SLOTS;
  return { type: 'delRange', first: slot, last: Math.min(slot + count, SLOT_COUNT) - 1 };
}

function drawLength(random: Random): number {
  const share = random.below(1000);
  if (share < 4) return HUGE_LENGTH;
  return share < 300 ? 64 + random.below(64) : 200 + random.below(1800);
}

/** The operations as the database takes them. */
export function encodeCommit(commit: LoadCommit): BatchOperation<string, unknown>[] {
  const { writer, epoch, number } = commit;
  return commit.operations.map((each) => {
    switch (each.type) {
      case 'put': {
        const { slot, length } = each;
        const value = valueOf({ writer, epoch, number, slot, length });
        return { type: 'put', key: loadKey(writer, slot), value };
      }
      case 'del':
        return { type: 'del', key: loadKey(writer, each.slot) };
      case 'delRange': {
        const { first, last } = each;
        return { type: 'delRange', gte: loadKey(writer, first), lte: loadKey(writer, last) };
      }
    }
  });
}

export function valueOf(stamp: Stamp): string {
  const { writer, epoch, number, slot, length } = stamp;
  const head = `${writer}.${epoch}.${number}.${slot}.${length}.`;
  let piece = '';
  for (let i = 0; piece.length < FILLER_SEED_CHARS; i++) {
    piece += (mix(mix(number, slot), epoch * 31 + i) >>> 0).toString(36);
  }
  return head.padEnd(Math.max(length, head.length), piece);
}

/** The stamp of a value that a writer wrote whole under this key; undefined for anything else. */
export function stampOf(value: unknown, writer: number, slot: number): Stamp | undefined {
  if (typeof value !== 'string') return undefined;
  const match = /^(\d+)\.(\d+)\.(\d+)\.(\d+)\.(\d+)\./.exec(value);
  if (match === null) return undefined;
  const [epoch, number, length] = [Number(match[2]), Number(match[3]), Number(match[5])];
  const stamp = { writer, epoch, number, slot, length };
  return value === valueOf(stamp) ? stamp : undefined;
}

/** A well-mixed int32 of two. */
function mix(a: number, b: number): number {
  let mixed = (Math.imul(a ^ (a >>> 15), 0x2c1b3c6d) + b) | 0;
  mixed = Math.imul(mixed ^ (mixed >>> 12), 0x297a2d39);
  return mixed ^ (mixed >>> 15);
}
