/**
 * A client that runs random transactions over lists and records what it saw.
 *
 * Owns: how lists are stored, and the steps of a random transaction.
 *
 * A list lies under `live/key`; when it is deleted, under `dead/key`, and nothing under `live/key`. So deletions are
 * real ones, point or range, and yet no list forgets what was in it. A value carries padding, so that few of them fill
 * a memtable.
 *
 * Some transactions only update: each update appends to the list that it is given, if there is one, and that is what it
 * has read. Their reads are those of their commit, so they may not be mixed with reads of a snapshot.
 *
 * Suspension: before every step, until the scheduler gives the turn.
 */
import { ConflictError } from '../../src/base/errors.ts';
import type { Durability } from '../../src/base/options.ts';
import type { Isolation } from '../../src/api/transaction-options.ts';
import type { Update } from '../../src/api/update.ts';
import type { RangeOptions, ScanOptions } from '../../src/api/ranges.ts';
import type { Random } from '../support/prng.ts';
import {
  isDeletion,
  isLive,
  type List,
  type Operation,
  type RangeRead,
  type TransactionRecord,
} from './history.ts';

export interface Stored {
  readonly list: List;
  readonly padding: string;
}

export interface BeginOptions {
  readonly isolation: Isolation;
  readonly readOnly: boolean;
  readonly durability: Durability;
}

/** What a scan shows. */
export type Rows = Iterable<[string, Stored]> & AsyncIterable<[string, Stored]>;

/** A transaction as a client needs it: the engine's own, or one with a planted bug. */
export interface TargetTransaction {
  get(key: string): Promise<Stored | undefined>;
  getSync(key: string): Stored | undefined;
  getMany(keys: readonly string[]): Promise<(Stored | undefined)[]>;
  put(key: string, value: Stored): void;
  del(key: string): void;
  update(key: string, update: Update<Stored>): void;
  delRange(range: RangeOptions<string>): void;
  entries(options: ScanOptions<string>): Rows;
  commit(): Promise<void>;
  rollback(): void;
  /** For pessimistic transactions: waits for a lock on one name, or on `[lower, upper)`. */
  lockFor?(name: string): Promise<void>;
  lockAll?(lower: string, upper: string): Promise<void>;
}

export interface Target {
  begin(options: BeginOptions): TargetTransaction;
}

/** State that clients share. */
export interface Workplace {
  readonly random: Random;
  readonly isolation: Isolation;
  readonly durabilities: readonly Durability[];
  readonly paddings: readonly string[];
  readonly keys: readonly string[];
  readonly hasDeletions: boolean;
  /** False over a network: nothing is read within a turn. */
  readonly isInTurn?: boolean;
  readonly records: TransactionRecord[];
  /** Events so far; every use counts one more. */
  now(): number;
  nextElement(): number;
  turn(): Promise<void>;
  /** True while there are transactions left to run. */
  hasWork(): boolean;
}

export async function runClient(target: Target, place: Workplace): Promise<void> {
  while (place.hasWork()) {
    await place.turn();
    const isUpdating = place.random.chance(0.2);
    const client = new ListTransaction(target, place, !isUpdating && place.random.chance(0.1));
    if (isUpdating) await client.runUpdates(1 + place.random.below(3));
    else await client.run(1 + place.random.below(6));
  }
}

/** Reads every key, and commits. */
export async function readEverything(target: Target, place: Workplace): Promise<void> {
  await new ListTransaction(target, place, true).readAll();
}

export class ListTransaction {
  readonly #place: Workplace;
  readonly #random: Random;
  readonly #tx: TargetTransaction;
  readonly #record: TransactionRecord;
  readonly #isReadOnly: boolean;

  constructor(target: Target, place: Workplace, isReadOnly: boolean) {
    const { random, isolation, records } = place;
    this.#place = place;
    this.#random = random;
    this.#isReadOnly = isReadOnly;
    this.#record = {
      id: records.length,
      beganAt: place.now(),
      endedAt: Infinity,
      outcome: 'aborted', // until a commit is asked for
      operations: [],
    };
    records.push(this.#record);
    const durability = random.pick(place.durabilities);
    this.#tx = target.begin({ isolation, readOnly: isReadOnly, durability });
  }

  async run(stepCount: number): Promise<void> {
    try {
      await this.#takeSteps(stepCount);
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error;
      this.#rollback(); // refused by a lock
      return;
    }
    if (this.#random.chance(0.05)) this.#rollback();
    else await this.#commit();
  }

  async runUpdates(count: number): Promise<void> {
    for (let i = 0; i < count; i++) {
      this.#update(this.#random.pick(this.#place.keys));
      await this.#place.turn();
    }
    await this.#commit();
  }

  /** The record has what the last run of the function has seen and done; of a process that dies, what it had by then. */
  #update(key: string): void {
    const { operations } = this.#record;
    const element = this.#place.nextElement();
    const padding = this.#random.pick(this.#place.paddings);
    let seen: Operation[] = [];
    this.#tx.update(`live/${key}`, (stored) => {
      for (const operation of seen) operations.splice(operations.indexOf(operation), 1);
      seen = [];
      if (stored === undefined) return undefined;
      const { list } = stored;
      seen.push({ kind: 'read', key, list }, { kind: 'append', key, element });
      operations.push(...seen);
      return { list: [...list, element], padding };
    });
  }

  async #takeSteps(stepCount: number): Promise<void> {
    const writesNothing = this.#isReadOnly || this.#random.chance(0.15);
    for (let step = 0; step < stepCount; step++) {
      const choice = this.#random.next() % 100;
      if (choice < 20) await this.#scan();
      else if (choice < 50 || writesNothing) await this.#read(this.#random.pick(this.#place.keys));
      else
        await this.#append(
          this.#random.pick(this.#place.keys),
          this.#place.hasDeletions && choice >= 90,
        );
      await this.#place.turn();
    }
  }

  async readAll(): Promise<void> {
    for (const key of this.#place.keys) {
      const [live, dead] = await this.#tx.getMany([`live/${key}`, `dead/${key}`]);
      if (live !== undefined && dead !== undefined) this.#tear(key, 'live and dead');
      this.#noteRead(key, live, dead);
    }
    await this.#commit();
  }

  async #read(key: string): Promise<List> {
    const [live, dead] = await this.#find(key);
    return this.#noteRead(key, live, dead);
  }

  async #find(key: string): Promise<(Stored | undefined)[]> {
    const names = [`live/${key}`, `dead/${key}`] as const;
    if (this.#tx.lockFor !== undefined && this.#random.chance(0.7)) {
      for (const name of names) await this.#tx.lockFor(name);
    }
    switch (this.#random.below(3)) {
      case 0:
        return this.#tx.getMany(names);
      case 1:
        if (this.#place.isInTurn === false) return this.#tx.getMany(names);
        return names.map((name) => this.#tx.getSync(name));
      default: {
        const live = await this.#tx.get(names[0]);
        await this.#place.turn();
        return [live, await this.#tx.get(names[1])];
      }
    }
  }

  #noteRead(key: string, live: Stored | undefined, dead: Stored | undefined): List {
    const list = (live ?? dead)?.list ?? [];
    if (live !== undefined && dead !== undefined) this.#tear(key, 'live and dead');
    if (live !== undefined && !isLive(list)) this.#tear(key, `live [${list.join(' ')}]`);
    if (live === undefined && isLive(list)) this.#tear(key, `dead [${list.join(' ')}]`);
    this.#record.operations.push({ kind: 'read', key, list });
    return list;
  }

  #tear(key: string, found: string): void {
    this.#record.operations.push({ kind: 'torn', key, found });
  }

  /** Appends an element, or a deletion when the list is live. */
  async #append(key: string, wantsDeletion: boolean): Promise<void> {
    const before = await this.#read(key);
    await this.#place.turn();
    const number = this.#place.nextElement();
    const element = wantsDeletion && isLive(before) ? -number : number;
    const stored = { list: [...before, element], padding: this.#random.pick(this.#place.paddings) };
    if (isDeletion(element)) {
      this.#delete(`live/${key}`);
      this.#tx.put(`dead/${key}`, stored);
    } else {
      this.#tx.put(`live/${key}`, stored);
      if (before.length > 0 && !isLive(before)) this.#delete(`dead/${key}`);
    }
    this.#record.operations.push({ kind: 'append', key, element });
  }

  #delete(name: string): void {
    if (this.#random.chance(0.3)) this.#tx.delRange({ gte: name, lte: name });
    else this.#tx.del(name);
  }

  async #scan(): Promise<void> {
    const { keys } = this.#place;
    const [a, b] = [this.#random.below(keys.length), this.#random.below(keys.length + 1)];
    const lower = keys[Math.min(a, b)]!; // at most a < length
    const upper = keys[Math.max(a, b)] ?? '~';
    const isReverse = this.#random.chance(0.5);
    const limit = this.#random.chance(0.3) ? 1 + this.#random.below(3) : Infinity;
    const rowCountMax = this.#random.chance(0.2) ? 1 + this.#random.below(3) : Infinity;
    if (this.#tx.lockAll !== undefined && lower < upper && this.#random.chance(0.7)) {
      await this.#tx.lockAll(`live/${lower}`, `live/${upper}`);
    }
    const scan = this.#tx.entries({
      gte: `live/${lower}`,
      lt: `live/${upper}`,
      ...(isReverse ? { reverse: true } : {}),
      ...(limit === Infinity ? {} : { limit }),
    });
    const rows = await this.#rowsOf(scan, rowCountMax);
    const isComplete = rows.length < Math.min(limit, rowCountMax);
    const operation: RangeRead = { kind: 'scan', lower, upper, isReverse, isComplete, rows };
    this.#record.operations.push(operation);
  }

  async #rowsOf(scan: Rows, countMax: number): Promise<[string, List][]> {
    const rows: [string, List][] = [];
    const take = ([name, { list }]: [string, Stored]): boolean => {
      rows.push([name.slice('live/'.length), list]);
      return rows.length >= countMax;
    };
    if (this.#random.chance(0.3) && this.#place.isInTurn !== false) {
      for (const row of scan) if (take(row)) break;
    } else {
      for await (const row of scan) {
        if (take(row)) break;
        if (this.#random.chance(0.3)) await this.#place.turn();
      }
    }
    return rows;
  }

  #rollback(): void {
    this.#tx.rollback();
    this.#record.endedAt = this.#place.now();
  }

  async #commit(): Promise<void> {
    this.#record.outcome = 'unknown';
    try {
      await this.#tx.commit();
      this.#record.outcome = 'committed';
    } catch (error) {
      // Any other error leaves the outcome open, and the run fails unless the process has died.
      if (!(error instanceof ConflictError)) throw error;
      this.#record.outcome = 'aborted';
    } finally {
      this.#record.endedAt = this.#place.now();
    }
  }
}
