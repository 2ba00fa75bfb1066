/**
 * A scripted run of a database whose disk remembers every moment.
 *
 * Owns: `CrashSession`, which drives the engine and the oracle in step, and takes a `Moment` before
 * every operation that changes the disk: all that is needed to cut the power there, later and often.
 *
 * Invariants:
 *   H1. A moment's bounds are those of the instant: a commit counts as promised only if its promise
 *       had resolved, and as possible only if it had been handed to the engine.
 *   H2. Equal scripts give equal runs: no clock, no randomness but seeded, one thread.
 *
 * Suspension: whatever waits for the engine gives up with HangError instead of waiting for ever.
 */
import { type Database } from '../../src/api/database.ts';
import { open, type OpenOptions } from '../../src/api/open.ts';
import { type Durability, type TuningOptions } from '../../src/base/options.ts';
import type { Transaction } from '../../src/api/transaction.ts';
import { type Vfs } from '../../src/vfs/vfs.ts';
import {
  type Bounds,
  CommitOracle,
  type OracleExpiry,
  type OracleOperation,
} from './commit-oracle.ts';
import { prefixesIn } from './crash-content.ts';
import { beginOptions, fillTransaction, type TransactionShape } from './crash-transactions.ts';
import { CrashVfs, type TraceEntry } from './crash-vfs.ts';
import { ManualClock } from './manual-clock.ts';
import { makeRandom, type Random } from './prng.ts';
import { settled, turns } from './settle.ts';

export type TestDatabase = Database<string, Uint8Array>;

export const DIRECTORY = '/data/db';
const BEFORE_1970_MS = -2e12;

/** The smallest that the engine takes, so that short scripts rotate, flush and compact. */
export const SMALL_TUNING: TuningOptions = {
  memtableSizeBytes: 256 * 1024,
  level1SizeBytes: 256 * 1024,
  targetFileSizeBytes: 64 * 1024,
  blockSizeBytes: 1024,
  blockCacheSizeBytes: 1024 * 1024,
  level0CompactionTrigger: 2,
};

/** A checkpoint that was begun, and what its copy must and may hold. */
export interface CopyClaim {
  readonly directory: string;
  readonly oracle: CommitOracle;
  /** Commits that were acknowledged before the call. */
  readonly floor: number;
  /** Commits that had begun before it resolved, or by now. */
  readonly ceiling: number;
  /** True once it has resolved. */
  readonly isDone: boolean;
}

/** The disk and the promises of one instant. */
export interface Moment {
  /** A copy of the disk, unsynced changes included. */
  readonly disk: CrashVfs;
  readonly oracle: CommitOracle;
  readonly bounds: Bounds;
  readonly copies: readonly CopyClaim[];
  /** The operation that had not happened yet, for messages. */
  readonly before: string;
}

/** Options of the engine that a run may be given, beside its files and its clock. */
export type CrashTuning = TuningOptions & Pick<OpenOptions, 'encryption'>;

export interface SessionOptions {
  readonly tuning?: CrashTuning;
  /** The Vfs between engine and disk: the place of planted bugs. */
  readonly wrap?: (vfs: Vfs) => Vfs;
  /** Which operations a moment is taken before; all of them by default. */
  readonly isTaken?: (entry: TraceEntry) => boolean;
  readonly onMoment?: (moment: Moment) => void;
  readonly seed?: number;
}

export function openOptions(
  vfs: Vfs,
  clock: ManualClock,
  tuning: CrashTuning = {},
): OpenOptions & { keyEncoding: 'utf8'; valueEncoding: 'view' } {
  return {
    ...SMALL_TUNING,
    ...tuning,
    keyEncoding: 'utf8',
    valueEncoding: 'view',
    vfs,
    environment: { clock },
  };
}

export class CrashSession {
  readonly options: SessionOptions;
  readonly random: Random;
  readonly clock: ManualClock = new ManualClock();
  disk: CrashVfs;
  oracle: CommitOracle;
  #database: TestDatabase | undefined = undefined;
  #pending: Promise<void>[] = [];
  #valueCount = 0;
  #copies: readonly CopyClaim[];

  constructor(
    options: SessionOptions = {},
    disk: CrashVfs = new CrashVfs(),
    oracle: CommitOracle = new CommitOracle(),
    copies: readonly CopyClaim[] = [],
  ) {
    this.options = options;
    this.random = makeRandom(options.seed ?? 1);
    this.disk = disk;
    this.oracle = oracle;
    this.#copies = copies;
    this.#watch();
  }

  get db(): TestDatabase {
    if (this.#database === undefined) throw new Error('The script has not opened the database');
    return this.#database;
  }

  async open(): Promise<void> {
    const vfs = this.options.wrap?.(this.disk) ?? this.disk;
    const { tuning } = this.options;
    this.#database = await settled(
      'open',
      open(DIRECTORY, openOptions(vfs, this.clock, tuning)) as Promise<TestDatabase>,
    );
  }

  /** A value that no other put of this run writes. */
  value(sizeBytes = 20): Uint8Array {
    const value = Buffer.alloc(sizeBytes, `${this.oracle.count}.${this.#valueCount++};`);
    return new Uint8Array(value);
  }

  put(
    key: string,
    durability: Durability = 'sync',
    sizeBytes = 20,
    expiry: { readonly expiresAt?: OracleExpiry } = {},
  ): void {
    const value = this.value(sizeBytes);
    const index = this.oracle.begin([{ type: 'put', key, value, ...expiry }]);
    this.#follow(index, durability, this.db.put(key, value, { durability, ...expiry }));
  }

  del(key: string, durability: Durability = 'sync'): void {
    const index = this.oracle.begin([{ type: 'del', key }]);
    this.#follow(index, durability, this.db.del(key, { durability }));
  }

  delRange(gte: string, lt: string, durability: Durability = 'sync'): void {
    const index = this.oracle.begin([{ type: 'delRange', gte, lt }]);
    this.#follow(index, durability, this.db.delRange({ gte, lt }, { durability }));
  }

  batch(operations: readonly OracleOperation[], durability: Durability = 'sync'): void {
    const index = this.oracle.begin(operations);
    this.#follow(index, durability, this.db.batch(operations, { durability }));
  }

  /** One transaction that no other commit disturbs: commits that wait for room would. */
  async transaction(
    operations: readonly OracleOperation[],
    shape: TransactionShape = {},
  ): Promise<void> {
    if (this.db.stats().commits.waitingCount > 0) await this.settle();
    const { commitId, durability = 'sync' } = shape;
    if (commitId !== undefined) return this.#namedTransaction(operations, shape, commitId);
    const tx = this.db.begin(beginOptions(shape));
    await settled('transaction', fillTransaction(tx, operations, shape, this.oracle.state));
    const index = this.oracle.begin(operations);
    this.#follow(index, durability, this.db.commit(tx));
  }

  async #namedTransaction(
    operations: readonly OracleOperation[],
    shape: TransactionShape,
    commitId: string,
  ): Promise<void> {
    const { oracle } = this;
    let index = -1;
    let done: Promise<void> = Promise.resolve();
    const filled = new Promise<void>((resolve) => {
      const body = async (tx: Transaction<string, Uint8Array>): Promise<void> => {
        await fillTransaction(tx, operations, shape, oracle.state);
        index = oracle.begin(operations, commitId);
        resolve();
      };
      done = this.db.transaction(body, { ...beginOptions(shape), commitId, retryCountMax: 0 });
    });
    await settled('body of a transaction', Promise.race([filled, done]));
    await turns(1); // now it has its place among the commits
    this.#follow(index, shape.durability ?? 'sync', done);
  }

  /** A commit with an id that was committed before: it is not done again. */
  async repeat(commitId: string): Promise<void> {
    const again = this.db.transaction(
      () => {
        throw new Error(`Applied twice: commitId=${commitId}`);
      },
      { commitId },
    );
    await settled('commit that was there already', again);
  }

  /** A transaction that loses to a put; nothing of it may ever be seen, its id included. */
  async lostTransaction(key: string, how: 'write' | 'read' | 'scan' = 'write'): Promise<void> {
    const commitId = `lost ${this.oracle.count}`;
    this.oracle.refuse(commitId);
    const body = async (tx: Transaction<string, Uint8Array>): Promise<void> => {
      if (how === 'write') tx.put(key, this.value());
      if (how === 'read') await tx.get(key);
      if (how === 'scan') await tx.entries({ gte: key, limit: 1, reverse: true }).all();
      if (how === 'scan') await tx.keys({ gte: key, limit: 1 }).all();
      tx.put(`${key}-lost`, this.value());
      this.put(key, 'os');
    };
    const isolation = how === 'write' ? 'snapshot' : 'serializable';
    const losing = this.db.transaction(body, { isolation, commitId, retryCountMax: 0 });
    await expectCode('CONFLICT', losing);
  }

  /** Two transactions lock crosswise: the one that did less is refused, the other commits. */
  async deadlock(key: string, otherKey: string): Promise<void> {
    await this.settle();
    const winner = this.db.begin({ mode: 'pessimistic' });
    const loser = this.db.begin({ mode: 'pessimistic' });
    const value = this.value();
    const operations = [key, `${key}-won`].map(
      (each) => ({ type: 'put', key: each, value }) as const,
    );
    winner.batch(operations);
    await settled('locks', Promise.all([winner.lock(key), loser.lock(otherKey)]));
    loser.put(`${otherKey}-lost`, value);
    const crossing = winner.lock(otherKey);
    await expectCode('CONFLICT', loser.getForUpdate(key));
    loser.rollback();
    await settled('lock that a deadlock was broken for', crossing);
    const index = this.oracle.begin(operations);
    this.#follow(index, 'sync', this.db.commit(winner));
  }

  /** A plain put waits for a lock, and so comes after the transaction that holds it. */
  async lockedPut(key: string): Promise<void> {
    await this.settle();
    const tx = this.db.begin({ mode: 'pessimistic' });
    await settled('lock', tx.lockRange({ gte: key, lte: key }));
    const [first, second] = [this.value(), this.value()];
    const waiting = this.db.put(key, second, { durability: 'os' });
    await turns(3);
    tx.put(key, first);
    const index = this.oracle.begin([{ type: 'put', key, value: first }]);
    const last = this.oracle.begin([{ type: 'put', key, value: second }]);
    this.#follow(index, 'sync', this.db.commit(tx));
    this.#follow(last, 'os', waiting);
    await this.settle();
  }

  /** A bulk load that no commit disturbs, so that its place in the order is known. It is durable when it ends. */
  async ingest(keys: readonly string[], sizeBytes = 20): Promise<void> {
    await this.settle();
    const operations = keys.map(
      (key) => ({ type: 'put', key, value: this.value(sizeBytes) }) as const,
    );
    const index = this.oracle.begin(operations);
    const entries = operations.map(({ key, value }) => [key, value] as const);
    await settled('ingest', this.db.ingest(entries));
    this.oracle.acknowledge(index, 'sync');
  }

  /** Waits for every commit that has begun. */
  async settle(): Promise<void> {
    const pending = this.#pending;
    this.#pending = [];
    await settled('commits', Promise.all(pending));
  }

  /** Everything before it is in tables when this resolves, and tables are durable. */
  async flush(): Promise<void> {
    await this.settle();
    const { count } = this.oracle;
    await settled('flush', this.db.flush());
    if (count > 0) this.oracle.acknowledge(count - 1, 'sync');
  }

  /** As `flush`, by a clock before 1970: what has expired is in the table with its time, and expires after that. */
  async flushEarly(): Promise<void> {
    await this.settle();
    this.clock.wallErrorMs = BEFORE_1970_MS;
    await this.flush();
    this.clock.wallErrorMs = 0;
  }

  async compact(): Promise<void> {
    await this.settle();
    const { count } = this.oracle;
    await settled('compact', this.db.compact());
    if (count > 0) this.oracle.acknowledge(count - 1, 'sync');
  }

  /** Begins a copy; commits may begin before it resolves. */
  async checkpoint(directory: string, signal?: AbortSignal): Promise<void> {
    const { oracle } = this;
    const begun = {
      directory,
      oracle,
      floor: oracle.bounds.processFloor,
      ceiling: Infinity, // as long as it is under way: all that has begun
      isDone: false,
    };
    this.#copies = [...this.#copies, begun];
    await this.db.checkpoint(directory, signal === undefined ? {} : { signal });
    const done = { ...begun, ceiling: oracle.count, isDone: true };
    this.#copies = this.#copies.map((claim) => (claim === begun ? done : claim));
  }

  /** A copy that its user gives up, somewhere on the way. */
  async abortedCheckpoint(directory: string): Promise<void> {
    const giveUp = new AbortController();
    const copying = this.checkpoint(directory, giveUp.signal);
    await turns(1);
    giveUp.abort();
    await expectCode('ABORTED', copying);
  }

  async close(): Promise<void> {
    await this.settle();
    const { count } = this.oracle;
    await settled('close', this.db.close());
    this.#database = undefined;
    if (count > 0) this.oracle.acknowledge(count - 1, 'sync');
  }

  async reopen(): Promise<void> {
    await this.close();
    await this.open();
  }

  /** How many commits a database on this disk is found to hold. Changes the disk. */
  async countIn(disk: CrashVfs): Promise<number> {
    const options = openOptions(disk, new ManualClock(), this.options.tuning);
    const db = await settled('open', open(DIRECTORY, options) as Promise<TestDatabase>);
    const counts = await prefixesIn(db, this.oracle);
    await settled('close', db.close());
    return counts.at(-1)!; // not empty: prefixesIn() found one
  }

  /** Goes on with another disk, as after a crash; the old process stops in its tracks. */
  continueOn(disk: CrashVfs, oracle: CommitOracle): void {
    this.disk.beforeOperation = undefined;
    this.disk.stop();
    this.disk = disk;
    this.oracle = oracle;
    this.#database = undefined;
    for (const promise of this.#pending.splice(0)) promise.catch(() => undefined);
    this.#watch();
  }

  /** The instant after the last operation. */
  momentNow(before = 'end of the script'): Moment {
    const copies = this.#copies.map((claim) =>
      claim.ceiling === Infinity ? { ...claim, ceiling: claim.oracle.count } : claim,
    );
    const { oracle } = this;
    return { disk: this.disk.kill(), oracle, bounds: oracle.bounds, copies, before };
  }

  #follow(index: number, durability: Durability, promise: Promise<void>): void {
    const { oracle } = this;
    this.#pending.push(promise.then(() => oracle.acknowledge(index, durability)));
  }

  #watch(): void {
    const { onMoment, isTaken } = this.options;
    if (onMoment === undefined) return;
    this.disk.beforeOperation = (entry) => {
      if (isTaken?.(entry) === false) return;
      const { index, operation, path, detail } = entry;
      onMoment(this.momentNow(`${index} ${operation} ${path} ${detail}`));
    };
  }
}

/** Throws unless the promise is rejected with this code. */
async function expectCode(code: string, promise: Promise<unknown>): Promise<void> {
  const outcome = await settled(
    `what ends with ${code}`,
    promise.then(
      () => 'resolved',
      (error: unknown) => (error as { code?: string }).code ?? String(error),
    ),
  );
  if (outcome !== code) throw new Error(`Expected to end with ${code}: ended as ${outcome}`);
}
