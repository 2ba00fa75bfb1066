/**
 * Commits of the source, folded into one: what they leave of the keys that they touch.
 *
 * Owns: the order of what comes out: ranges that are deleted, then keys, then what is put. Each key comes once, and nothing
 * that is put lies where a range behind it was deleted.
 *
 * Invariants:
 *   folded-changes/parts-agree: any part of the list, from its begin on, leaves no two rows that the source never had
 *       together. So a list that a target takes in parts breaks no unique index. Example: two rows swap their values: both
 *       are deleted before either is put.
 *   folded-changes/reach: what lies behind the last key that was copied is left out, since the copy brings it.
 *
 * Suspension: everything here is synchronous.
 */
import { DELETION, EXPIRING_VALUE, RANGE_DELETION } from '../base/value-type.ts';
import { bufferOf, compareBytes, copyRange, keySuccessor } from '../bytes/bytes.ts';
import { EXPIRY_SIZE_BYTES, expiryIn, NEVER } from '../bytes/expiry.ts';
import { keyspaceOf, splitTreeKey } from '../bytes/keyspace-number.ts';
import type { LoggedOperation } from '../engine/history/commit-stream.ts';
import type { TransferEntry } from './tally.ts';

/** How far a keyspace was copied: wholly, to a key inclusive, or not at all. */
export type Reach = 'all' | 'none' | { readonly through: Uint8Array };

/** One change of a keyspace, by the number that it has in the source. Keys are as their user has encoded them. */
export type FoldedChange =
  | {
      readonly type: 'delRange';
      readonly number: number;
      readonly gte: Uint8Array;
      readonly lt: Uint8Array | undefined;
    }
  | { readonly type: 'del'; readonly number: number; readonly key: Uint8Array }
  | { readonly type: 'put'; readonly number: number; readonly entry: TransferEntry };

/** The changes of one keyspace. */
interface Changed {
  readonly ranges: { readonly gte: Uint8Array; readonly lt: Uint8Array | undefined }[];
  /** By key, in the order of commits. */
  readonly entries: Map<
    string,
    { readonly key: Uint8Array; readonly put: TransferEntry | undefined }
  >;
}

export class FoldedChanges {
  readonly #reachOf: (number: number) => Reach;
  readonly #changed = new Map<number, Changed>();
  #count = 0;
  #sizeBytes = 0;

  constructor(reachOf: (number: number) => Reach) {
    this.#reachOf = reachOf;
  }

  /** Operations that were taken. */
  get count(): number {
    return this.#count;
  }

  /** Bytes of their keys and values. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** Takes an operation. Its bytes are copied. */
  add({ type, key, value }: LoggedOperation): void {
    const number = keyspaceOf(key);
    const reach = this.#reachOf(number);
    if (reach === 'none') return;
    if (type === RANGE_DELETION) {
      this.#deleteRange(number, key, value, reach);
      return;
    }
    const found = splitTreeKey(key).userKey;
    const userKey = copyRange(found, 0, found.length);
    if (reach !== 'all' && compareBytes(userKey, reach.through) > 0) return;
    const put = type === DELETION ? undefined : entryOf(userKey, value, type === EXPIRING_VALUE);
    const { entries } = this.#of(number);
    const name = nameOf(userKey);
    entries.delete(name); // to the end
    entries.set(name, { key: userKey, put });
    this.#count++;
    this.#sizeBytes += userKey.length + value.length;
  }

  #deleteRange(number: number, start: Uint8Array, end: Uint8Array, reach: Reach): void {
    const from = splitTreeKey(start).userKey;
    const to = keyspaceOf(end) === number ? splitTreeKey(end).userKey : undefined;
    const gte = copyRange(from, 0, from.length);
    let lt = to && copyRange(to, 0, to.length);
    if (typeof reach === 'object') {
      if (compareBytes(gte, reach.through) > 0) return;
      const last = keySuccessor(reach.through);
      if (lt === undefined || compareBytes(lt, last) > 0) lt = last;
    }
    const { ranges, entries } = this.#of(number);
    for (const [name, { key }] of entries) {
      const isIn = compareBytes(key, gte) >= 0 && (lt === undefined || compareBytes(key, lt) < 0);
      if (isIn) entries.delete(name);
    }
    ranges.push({ gte, lt });
    this.#count++;
    this.#sizeBytes += gte.length + (lt?.length ?? 0);
  }

  /**
   * What is left, in the order that the header names. What has expired by `wallMs` is deleted. A key that is put is deleted
   * before where a keyspace has a unique index.
   */
  changes(wallMs: number, hasUnique: (number: number) => boolean): FoldedChange[] {
    const ranges: FoldedChange[] = [];
    const dels: FoldedChange[] = [];
    const puts: FoldedChange[] = [];
    for (const [number, changed] of this.#changed) {
      for (const range of changed.ranges) ranges.push({ type: 'delRange', number, ...range });
      for (const { key, put } of changed.entries.values()) {
        const isThere = put !== undefined && put.expiresAt > wallMs;
        if (!isThere || hasUnique(number)) dels.push({ type: 'del', number, key });
        if (isThere) puts.push({ type: 'put', number, entry: put });
      }
    }
    return [...ranges, ...dels, ...puts];
  }

  #of(number: number): Changed {
    const known = this.#changed.get(number);
    if (known !== undefined) return known;
    const changed: Changed = { ranges: [], entries: new Map() };
    this.#changed.set(number, changed);
    return changed;
  }
}

function entryOf(key: Uint8Array, value: Uint8Array, isExpiring: boolean): TransferEntry {
  const start = isExpiring ? EXPIRY_SIZE_BYTES : 0;
  const expiresAt = isExpiring ? expiryIn(value, 0, value.length) : NEVER;
  return { key, value: copyRange(value, start, value.length), expiresAt };
}

function nameOf(key: Uint8Array): string {
  return bufferOf(key).toString('latin1');
}
