/**
 * One life of a database that keeps old versions, and the model of every state that it has been in.
 *
 * Owns: the steps (commits of each kind, flushes, compactions, bulk loads, reopens, a clock that moves), a list of the states by
 * sequence and time, and the check: each state that can be read is as the model says, by sequence and by time; the oldest one
 * is as old as was asked for; what is before it is refused by name.
 *
 * Suspension: everything here suspends.
 */
import { expect } from 'vitest';
import type { Database } from '../../../src/api/database.ts';
import { open, type OpenOptions } from '../../../src/api/open.ts';
import type { Snapshot } from '../../../src/api/snapshot.ts';
import { HistoryGoneError } from '../../../src/base/errors.ts';
import type { Vfs } from '../../../src/vfs/vfs.ts';
import { DIRECTORY } from '../../api/fixture.ts';
import type { ManualClock } from '../../support/manual-clock.ts';
import { makeRandom, type Random } from '../../support/prng.ts';

export type TextDatabase = Database<string, string>;

export const KEEP_MS = 60_000;

interface Entry {
  readonly value: string;
  readonly expiresAt: number;
}

/** The database after one commit. */
export interface PastState {
  readonly sequence: number;
  readonly wallMs: number;
  readonly entries: ReadonlyMap<string, Entry>;
}

export const TUNING = {
  background: 'inline',
  memtableSizeBytes: 256 * 1024,
  targetFileSizeBytes: 64 * 1024,
  level1SizeBytes: 256 * 1024,
  level0CompactionTrigger: 2,
} as const;

export function openAt(
  vfs: Vfs,
  clock: ManualClock,
  options: OpenOptions = {},
): Promise<TextDatabase> {
  return open(DIRECTORY, {
    vfs,
    environment: { clock },
    ...TUNING,
    ...options,
    keyEncoding: 'utf8',
    valueEncoding: 'utf8',
  });
}

/** What a reader by that clock sees. */
export function seenAt({ entries }: PastState, wallMs: number): [string, string][] {
  return [...entries]
    .filter(([, { expiresAt }]) => expiresAt > wallMs)
    .map(([key, { value }]): [string, string] => [key, value])
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

export class RetainedLife {
  readonly states: PastState[] = [];
  readonly #vfs: Vfs;
  readonly clock: ManualClock;
  readonly #random: Random;
  readonly #held: { readonly snapshot: Snapshot; readonly state: PastState; wallMs: number }[] = [];
  readonly keepMs: number;
  db!: TextDatabase;
  what = 'open';
  #count = 0;

  constructor(vfs: Vfs, clock: ManualClock, seed: number, keepMs: number = KEEP_MS) {
    this.#vfs = vfs;
    this.clock = clock;
    this.#random = makeRandom(seed);
    this.keepMs = keepMs;
  }

  async start(): Promise<void> {
    this.db = await openAt(this.#vfs, this.clock, { versionRetentionMs: this.keepMs });
    this.states.push({ sequence: 0, wallMs: this.clock.wallMs(), entries: new Map() });
  }

  async run(stepCount: number): Promise<void> {
    for (let i = 0; i < stepCount; i++) await this.#step();
  }

  async #step(): Promise<void> {
    const random = this.#random;
    const roll = random.below(100);
    if (roll < 60) await this.#commit();
    else if (roll < 72) {
      this.what = 'time';
      this.clock.advance(random.pick([1, 50, 1000, 9000, 25_000]));
    } else if (roll < 82) {
      this.what = 'flush';
      await this.db.flush();
    } else if (roll < 89) {
      this.what = 'compact';
      await this.db.compact();
    } else if (roll < 93) await this.#ingest();
    else if (roll < 97) await this.#hold();
    else await this.#reopen();
  }

  async #commit(): Promise<void> {
    const random = this.#random;
    const { db } = this;
    const key = (): string => `k${random.below(12)}`;
    const value = (): string => `v${++this.#count}-${'x'.repeat(random.below(3) * 200)}`;
    const next = new Map(this.states.at(-1)?.entries);
    const durability = random.chance(0.3) ? 'os' : 'sync';
    const kind = random.below(10);
    this.what = 'commit';
    // Noted before the call: a power cut within it may leave the commit.
    if (kind < 5) {
      const [k, v] = [key(), value()];
      this.#note(next.set(k, { value: v, expiresAt: Infinity }), 1);
      await db.put(k, v, { durability });
    } else if (kind < 6) {
      const [k, v] = [key(), value()];
      const expiresAt = this.clock.wallMs() + 1 + random.below(40_000);
      this.#note(next.set(k, { value: v, expiresAt }), 1);
      await db.put(k, v, { expiresAt, durability });
    } else if (kind < 7) {
      const k = key();
      next.delete(k);
      this.#note(next, 1);
      await db.del(k, { durability });
    } else if (kind < 8) {
      const [gte, lt] = [key(), key()].sort() as [string, string];
      if (gte === lt) return;
      for (const each of [...next.keys()]) if (each >= gte && each < lt) next.delete(each);
      this.#note(next, 1);
      await db.delRange({ gte, lt }, { durability });
    } else {
      const puts = Array.from({ length: 1 + random.below(4) }, () => [key(), value()] as const);
      for (const [k, v] of puts) next.set(k, { value: v, expiresAt: Infinity });
      this.#note(next, puts.length);
      await db.batch(
        puts.map(([k, v]) => ({ type: 'put', key: k, value: v }) as const),
        { durability },
      );
    }
    expect(db.stats().sequence.published).toBe(this.states.at(-1)?.sequence);
  }

  async #ingest(): Promise<void> {
    this.what = 'ingest';
    const next = new Map(this.states.at(-1)?.entries);
    const loaded = ['k1', 'k3', 'k5'].map((key): [string, string] => [key, `i${++this.#count}`]);
    for (const [key, value] of loaded) next.set(key, { value, expiresAt: Infinity });
    this.#note(next, 1);
    await this.db.ingest(loaded);
    expect(this.db.stats().sequence.published).toBe(this.states.at(-1)?.sequence);
  }

  /** A snapshot of the past, that is read at its end. */
  async #hold(): Promise<void> {
    this.what = 'hold';
    const held = this.#held.pop();
    if (held !== undefined && this.#random.chance(0.7)) {
      const { snapshot, state, wallMs } = held;
      expect(await this.db.entries({ snapshot }).all()).toEqual(seenAt(state, wallMs));
      snapshot.close();
      return;
    }
    if (held !== undefined) this.#held.push(held);
    const { oldestSequence = 0, oldestTime = 0 } = this.db.stats().versions;
    const readable = this.states.filter(({ sequence }) => sequence >= oldestSequence);
    const state = this.#random.pick(readable);
    if (state === undefined) return;
    const snapshot = this.db.snapshot({ at: { sequence: state.sequence } });
    this.#held.push({ snapshot, state, wallMs: Math.max(state.wallMs, oldestTime) });
  }

  async #reopen(): Promise<void> {
    this.what = 'reopen';
    this.#held.length = 0;
    await this.db.close();
    this.db = await openAt(this.#vfs, this.clock);
  }

  #note(entries: Map<string, Entry>, operationCount: number): void {
    const sequence = (this.states.at(-1)?.sequence ?? 0) + operationCount;
    this.states.push({ sequence, wallMs: this.clock.wallMs(), entries });
  }
}

/** Checks a database against the states that it may have been in. Returns how many of them were read. */
export async function checkPast(
  db: TextDatabase,
  states: readonly PastState[],
  clock: ManualClock,
  keepMs: number,
  random: Random,
): Promise<number> {
  const { published } = db.stats().sequence;
  const { oldestSequence = Infinity, oldestTime = Infinity } = db.stats().versions;
  const past = states.filter(({ sequence }) => sequence <= published);
  expect(past.at(-1)?.sequence, 'whole commits').toBe(published);
  const nowMs = clock.wallMs();
  const trailing = past.findLast(({ wallMs }) => wallMs <= nowMs - keepMs) ?? past[0];
  expect(oldestSequence, 'kept as long as asked for').toBeLessThanOrEqual(trailing!.sequence); // the first is there
  let readCount = 0;
  for (const state of past) {
    const at = { sequence: state.sequence };
    if (state.sequence < oldestSequence) {
      expect(() => db.snapshot({ at })).toThrow(HistoryGoneError);
      continue;
    }
    const expected = seenAt(state, Math.max(state.wallMs, oldestTime));
    expect(await db.entries({ at }).all(), `at sequence ${state.sequence}`).toEqual(expected);
    const keys = Array.from({ length: 12 }, (_, i) => `k${i}`);
    const values = new Map(expected);
    const many = await db.getMany(keys, { at });
    expect(many).toEqual(keys.map((key) => values.get(key)));
    readCount++;
  }
  for (let i = 0; i < 8; i++) {
    const time = oldestTime + random.below(Math.max(1, nowMs - oldestTime + 1));
    const state = past.findLast(({ wallMs }) => wallMs <= time)!; // the first is the oldest of all
    const expected = seenAt(state, time);
    expect(await db.entries({ at: { time } }).all(), `at time ${time}`).toEqual(expected);
    expect(await db.count({ at: { time: new Date(time) } })).toBe(expected.length);
  }
  if (oldestTime > 0 && oldestTime < Infinity) {
    await expect(db.get('k1', { at: { time: oldestTime - 1 } })).rejects.toThrow(HistoryGoneError);
  }
  return readCount;
}
