/**
 * One life of a database that keeps history, as steps, and the check of what a crash leaves of it.
 *
 * Owns: the steps (commits of both durabilities, flushes, drops by bytes, bulk loads, reopens, history turned off and on), a
 * follower that notes what it was shown, and the check: what was shown is there and the same, from each place it goes on
 * without a gap, kept logs are whole, and no file lies there that the manifest does not name.
 *
 * Suspension: everything here suspends, a turn at a time.
 */
import type { Database } from '../../src/api/database.ts';
import { type Change, type Changes } from '../../src/api/changes.ts';
import { open, type OpenOptions } from '../../src/api/open.ts';
import { DatabaseFailedError, HistoryGoneError, StorageError } from '../../src/base/errors.ts';
import type { Vfs } from '../../src/vfs/vfs.ts';
import { DIRECTORY } from '../api/fixture.ts';
import type { ManualClock } from '../support/manual-clock.ts';
import { makeRandom, type Random } from '../support/prng.ts';
import { settled, turns } from '../support/settle.ts';

export type TextDatabase = Database<string, string>;

export interface ShownCommit {
  readonly sequence: number;
  readonly text: string;
}

/** What the life has done up to a moment; only grows. */
export interface Notes {
  /** Every commit that was begun, by its place in the order of the calls. */
  readonly begun: string[];
  /** How many of them are acknowledged as durable. */
  syncedCount: number;
  /** What followers were shown, of any process so far. */
  readonly shown: ShownCommit[];
  /** True from the first bulk load, or the first drop of logs, that may have begun: streams from before may end. */
  mayBeGone: boolean;
  /** Since a follower was shown something: fills, of which the history holds four; a load or a turn counts for all. */
  aheadCount: number;
  /** True while a load or a turn is under way. */
  isHoleBegun: boolean;
}

const AHEAD_COUNT_MAX = 3;

const TUNING = {
  background: 'inline',
  memtableSizeBytes: 256 * 1024,
  targetFileSizeBytes: 64 * 1024,
  level1SizeBytes: 256 * 1024,
} as const;
const HISTORY = { keepMs: 3_600_000, keepBytes: 1024 * 1024 } as const;

export async function openAt(
  vfs: Vfs,
  clock: ManualClock,
  options: Pick<OpenOptions, 'history'> = {},
): Promise<TextDatabase> {
  const opened = open(DIRECTORY, {
    vfs,
    environment: { clock },
    keyEncoding: 'utf8',
    valueEncoding: 'utf8',
    ...TUNING,
    ...options,
  });
  return settled('open', opened, clock);
}

export function textOf(operations: readonly Change[]): string {
  return operations
    .map((each) => {
      if (each.type === 'put') return `${String(each.key)}=${String(each.value).slice(0, 12)}`;
      if (each.type === 'del') return `-${String(each.key)}`;
      return `-[${[each.gteBytes, each.ltBytes].map((b) => b && Buffer.from(b).toString()).join()})`;
    })
    .join(';');
}

/** Notes what a stream shows, in the background of the life. */
class Follower {
  readonly #changes: Changes;
  readonly done: Promise<void>;

  constructor(db: TextDatabase, notes: Notes, since: number) {
    this.#changes = db.changes({ since });
    this.done = this.#run(notes);
  }

  async #run(notes: Notes): Promise<void> {
    for (;;) {
      const commit = await this.#changes.next();
      if (commit === undefined) return;
      if (!notes.isHoleBegun) notes.aheadCount = 0;
      notes.shown.push({ sequence: commit.sequence, text: textOf(commit.operations) });
    }
  }

  close(): void {
    this.#changes.close();
  }
}

/** The life; `before` hears of every step. Rejects with what a step rejects with. */
export class HistoryLife {
  readonly notes: Notes = {
    begun: [],
    syncedCount: 0,
    shown: [],
    mayBeGone: false,
    aheadCount: 0,
    isHoleBegun: false,
  };
  readonly #vfs: Vfs;
  readonly #clock: ManualClock;
  readonly #random: Random;
  #db: TextDatabase | undefined = undefined;
  #follower: Follower | undefined = undefined;
  what = 'open';

  constructor(vfs: Vfs, clock: ManualClock, seed: number) {
    this.#vfs = vfs;
    this.#clock = clock;
    this.#random = makeRandom(seed);
  }

  async run(stepCount: number): Promise<void> {
    await this.#reopen({ history: HISTORY });
    for (let step = 0; step < stepCount; step++) await this.#step(step, stepCount);
    await this.end();
  }

  /** As `run`; a step may be refused with a StorageError. Ends early with a database that has failed. */
  async runFaulty(stepCount: number, inject: () => void, heal: () => void): Promise<void> {
    await this.#reopen({ history: HISTORY });
    inject();
    for (let step = 0; step < stepCount; step++) {
      try {
        if (this.#db === undefined) await this.#reopen({});
        await this.#step(step, stepCount);
      } catch (error) {
        if (!(error instanceof StorageError)) throw error;
        if (error instanceof DatabaseFailedError) break;
        if (this.#db === undefined) heal();
      }
    }
    heal();
    await this.end().catch((error: unknown) => {
      if (!(error instanceof StorageError)) throw error;
    });
  }

  async #step(step: number, stepCount: number): Promise<void> {
    const kind = this.#random.below(24);
    this.what = `step ${step}, kind ${kind}`;
    if (kind < 3) await this.#await('flush', this.db.flush());
    else if (kind === 3) await this.#await('compact', this.db.compact());
    else if (kind === 4) await this.#reopen({});
    else if (kind === 5) await this.#load();
    else if (kind === 6 && step > stepCount / 2) await this.#turnOff();
    else if (kind < 9) await this.#fill(step);
    else await this.#commit(step);
    if (this.#random.chance(0.3)) await turns(1 + this.#random.below(20));
  }

  get db(): TextDatabase {
    if (this.#db === undefined) throw new Error('The database is not open');
    return this.#db;
  }

  async end(): Promise<void> {
    const [db, follower] = [this.#db, this.#follower];
    this.#db = undefined;
    this.#follower = undefined;
    follower?.close();
    if (db !== undefined) await this.#await('close', db.close());
    await follower?.done.catch((error: unknown) => {
      if (!(error instanceof StorageError)) throw error;
    });
  }

  async #reopen(options: Pick<OpenOptions, 'history'>): Promise<void> {
    await this.end();
    this.#db = await openAt(this.#vfs, this.#clock, options);
    this.#follow();
  }

  /** Goes on after what was shown last; after a hole from now on. */
  #follow(): void {
    const { published } = this.db.stats().sequence;
    const last = this.notes.shown.at(-1)?.sequence ?? 0;
    this.#follower = new Follower(this.db, this.notes, Math.min(last, published));
    const { db } = this;
    this.#follower.done.catch((error: unknown) => {
      if (!(error instanceof HistoryGoneError) || this.#db !== db) return;
      this.#follower = new Follower(db, this.notes, db.stats().sequence.published);
      this.#follower.done.catch(() => undefined);
    });
  }

  async #commit(step: number): Promise<void> {
    const count = 1 + this.#random.below(3);
    const puts = Array.from({ length: count }, (_, i) => ({
      type: 'put' as const,
      key: `k${this.#random.below(9)}`,
      value: `${step}.${i}`,
    }));
    const operations = this.#random.chance(0.2)
      ? [...puts, { type: 'del' as const, key: 'k1' }]
      : puts;
    await this.#batch(operations, this.#random.chance(0.5) ? 'sync' : 'os');
  }

  async #batch(
    operations: readonly (
      { type: 'put'; key: string; value: string } | { type: 'del'; key: string }
    )[],
    durability: 'sync' | 'os',
  ): Promise<void> {
    const index = this.notes.begun.push(
      operations
        .map((each) =>
          each.type === 'put' ? `${each.key}=${each.value.slice(0, 12)}` : `-${each.key}`,
        )
        .join(';'),
    );
    try {
      await this.#await('batch', this.db.batch(operations, { durability }));
    } catch (error) {
      const isUnknown = error instanceof Error && Reflect.get(error, 'outcome') === 'unknown';
      if (!isUnknown) this.notes.begun.pop();
      throw error;
    }
    if (durability === 'sync') this.notes.syncedCount = index;
  }

  /** Enough that logs go by their bytes. */
  async #fill(step: number): Promise<void> {
    this.notes.mayBeGone = true;
    this.notes.aheadCount++;
    await this.#batch([{ type: 'put', key: 'fill', value: `${step}!`.padEnd(240_000, 'x') }], 'os');
  }

  async #load(): Promise<void> {
    await this.#leavingHole(() => this.#await('ingest', this.db.ingest([['loaded', '1']])));
  }

  async #turnOff(): Promise<void> {
    await this.#leavingHole(async () => {
      await this.#reopen({ history: 'off' });
      await this.#reopen({ history: HISTORY });
    });
  }

  async #leavingHole(step: () => Promise<unknown>): Promise<void> {
    const { notes } = this;
    notes.mayBeGone = true;
    notes.aheadCount = Infinity;
    notes.isHoleBegun = true;
    try {
      await step();
    } finally {
      notes.isHoleBegun = false;
    }
  }

  #await<T>(what: string, promise: Promise<T>): Promise<T> {
    return settled(`${this.what}: ${what}`, promise, this.#clock);
  }
}

async function allOf(db: TextDatabase, since: number, clock: ManualClock): Promise<ShownCommit[]> {
  const found: ShownCommit[] = [];
  const changes = db.changes({ since, follow: false });
  for (;;) {
    const commit = await settled('stream', changes.next(), clock);
    if (commit === undefined) return found;
    found.push({ sequence: commit.sequence, text: textOf(commit.operations) });
  }
}

export interface Checked {
  /** Places from which a stream went on. */
  readonly resumedCount: number;
  /** Places from which the history was gone. */
  readonly goneCount: number;
}

/** Opens what a crash has left. Throws at the first broken promise. */
export async function checkHistory(
  vfs: Vfs,
  { shown, begun, mayBeGone, aheadCount, syncedCount }: Notes,
  clock: ManualClock,
): Promise<Checked> {
  const db = await openAt(vfs, clock);
  let resumedCount = 0;
  let goneCount = 0;
  try {
    const { published } = db.stats().sequence;
    const last = shown.at(-1)?.sequence ?? 0;
    if (last > published) throw new Error(`Shown up to ${last}, and ${published} is what is left`);
    const sequences = [0, ...new Set(shown.map(({ sequence }) => sequence))];
    const recent = sequences.slice(-12);
    for (const since of [0, ...recent]) {
      let found: ShownCommit[];
      try {
        found = await allOf(db, since, clock);
        resumedCount++;
      } catch (error) {
        if (!(error instanceof HistoryGoneError)) throw error;
        const isLast = since === last && aheadCount <= AHEAD_COUNT_MAX;
        if (!mayBeGone || (isLast && since > 0))
          throw new Error(`Gone from ${since} on`, { cause: error });
        goneCount++;
        continue;
      }
      checkOrder(found, since, begun);
      if (since === 0 && found.length < syncedCount) {
        throw new Error(`${found.length} commits, and ${syncedCount} were promised`);
      }
      const expected = shown.filter(({ sequence }) => sequence > since);
      const byPlace = new Map(found.map(({ sequence, text }) => [sequence, text]));
      for (const { sequence, text } of expected) {
        if (byPlace.get(sequence) === text) continue;
        throw new Error(`Shown at ${sequence}: ${text}; then ${String(byPlace.get(sequence))}`);
      }
    }
    const { problems } = await settled('verify', db.verify(), clock);
    if (problems.length > 0) throw new Error(`verify() found ${JSON.stringify(problems)}`);
    checkFiles(vfs, db);
  } finally {
    await settled('close', db.close(), clock);
  }
  return { resumedCount, goneCount };
}

/** Each once, in the order of the calls, and none left out between two. */
function checkOrder(found: readonly ShownCommit[], since: number, begun: readonly string[]): void {
  let before = since;
  let index = -1;
  for (const { sequence, text } of found) {
    if (sequence <= before) throw new Error(`Twice, or out of order: ${sequence} after ${before}`);
    before = sequence;
    const next = begun.indexOf(text, index + 1);
    if (next < 0) throw new Error(`Never committed there: ${text}`);
    if (index >= 0 && next !== index + 1) {
      throw new Error(`Left out between ${sequence} and what is before: ${begun[index + 1]}`);
    }
    index = next;
  }
}

/** No log lies there that is neither live nor kept. */
function checkFiles(vfs: Vfs, db: TextDatabase): void {
  const { logCount } = db.stats().recovery;
  const { logCount: keptCount } = db.stats().history;
  const logs = vfs.list(DIRECTORY).filter((name) => name.endsWith('.log'));
  // Those that the open has replayed, and at most one that was made since.
  if (logs.length > logCount + keptCount + 1) {
    throw new Error(`Logs that nothing names: ${logs.join()} of ${logCount} and ${keptCount}`);
  }
}
