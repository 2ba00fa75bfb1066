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
import { type Database } from '../../src/db/database.ts';
import { open, type OpenOptions } from '../../src/db/open.ts';
import { type Durability, type TuningOptions } from '../../src/base/options.ts';
import { type Transaction } from '../../src/txn/transaction.ts';
import { type Vfs } from '../../src/vfs/vfs.ts';
import { type Bounds, CommitOracle, type OracleOperation } from './commit-oracle.ts';
import { CrashVfs, type TraceEntry } from './crash-vfs.ts';
import { ManualClock } from './manual-clock.ts';
import { makeRandom, type Random } from './prng.ts';
import { settled, turns } from './settle.ts';

export type TestDatabase = Database<string, Uint8Array>;

export const DIRECTORY = '/data/db';

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

export interface SessionOptions {
  readonly tuning?: TuningOptions;
  /** What lies between engine and disk; the place of planted bugs. */
  readonly wrap?: (vfs: Vfs) => Vfs;
  /** Which operations a moment is taken before; all of them by default. */
  readonly isTaken?: (entry: TraceEntry) => boolean;
  readonly onMoment?: (moment: Moment) => void;
  readonly seed?: number;
}

export function openOptions(
  vfs: Vfs,
  clock: ManualClock,
  tuning: TuningOptions = {},
): OpenOptions & { keyEncoding: 'utf8'; valueEncoding: 'view' } {
  return {
    ...SMALL_TUNING,
    ...tuning,
    keyEncoding: 'utf8',
    valueEncoding: 'view',
    vfs,
    environment: { clock, randomSeed: 1 },
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

  put(key: string, durability: Durability = 'sync', sizeBytes = 20): void {
    const value = this.value(sizeBytes);
    const index = this.oracle.begin([{ type: 'put', key, value }]);
    this.#follow(index, durability, this.db.put(key, value, { durability }));
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

  /** Puts and deletes in one transaction that nobody disturbs: commits that wait for room would. */
  async transaction(
    operations: readonly OracleOperation[],
    durability: Durability = 'sync',
  ): Promise<void> {
    if (this.db.stats().commits.waitingCount > 0) await this.settle();
    const tx = this.db.begin({ durability });
    for (const operation of operations) {
      if (operation.type === 'put') this.db.putTx(tx, operation.key, operation.value);
      else if (operation.type === 'del') this.db.delTx(tx, operation.key);
      else tx.delRange({ gte: operation.gte, lt: operation.lt });
    }
    const index = this.oracle.begin(orderedAsWritten(operations));
    this.#follow(index, durability, this.db.commit(tx));
  }

  /** A transaction that loses to a put; nothing of it may ever be seen. */
  async lostTransaction(key: string): Promise<void> {
    const tx: Transaction<string, Uint8Array> = this.db.begin();
    this.db.putTx(tx, key, this.value());
    this.db.putTx(tx, `${key}-lost`, this.value());
    this.put(key, 'os');
    const outcome = await settled(
      'commit of the loser',
      this.db.commit(tx).then(
        () => 'committed',
        (error: unknown) => (error as { code?: string }).code ?? String(error),
      ),
    );
    if (outcome !== 'CONFLICT') throw new Error(`The loser of a conflict ended as ${outcome}`);
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
    const copying = this.checkpoint(directory, giveUp.signal).then(
      () => 'copied',
      (error: unknown) => (error as { code?: string }).code ?? String(error),
    );
    await turns(1);
    giveUp.abort();
    const outcome = await settled('aborted checkpoint', copying);
    if (outcome !== 'ABORTED') throw new Error(`An aborted checkpoint ended as ${outcome}`);
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
    const found = new Map(await settled('scan', db.entries().all()));
    await settled('close', db.close());
    const count = this.oracle.countsOf(found).at(-1);
    if (count === undefined) throw new Error('What a kill left is no prefix of the commits');
    return count;
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

/** A transaction writes its deleted ranges before its keys, whatever the order of the calls. */
function orderedAsWritten(operations: readonly OracleOperation[]): OracleOperation[] {
  const firstKey = operations.findIndex(({ type }) => type !== 'delRange');
  const isMixed =
    firstKey >= 0 && operations.slice(firstKey).some(({ type }) => type === 'delRange');
  if (isMixed) throw new Error('A script deletes ranges first');
  return [...operations];
}
