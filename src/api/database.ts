/**
 * The database, as its user holds it.
 *
 * Owns: argument checks, the default of each option, and the end of life: after `close` every call says so. The reader,
 * the writer, the transactor and the store do all the work.
 *
 * Suspension: as each method says; a call looks at `isOpen` again after code of the caller's has run.
 */
import { abortedBy } from '../base/abort.ts';
import { isArray } from '../base/caller-value.ts';
import { ClosedError, InvalidArgumentError } from '../base/errors.ts';
import { USER_KEYS } from '../bytes/key-range.ts';
import { hashKey } from '../bytes/hash.ts';
import { hold, keepingAlive, letGo } from '../base/liveness.ts';
import { asError, describe } from '../base/describe.ts';
import { checkChoice, checkSignal, takeOptions, type Taken } from '../base/options.ts';
import type { Codec } from './encoding.ts';
import type { Scan } from './scan.ts';
import type { LockingTransaction } from './locking-transaction.ts';
import type { BatchOperation } from './batch-operation.ts';
import {
  type CompactOptions,
  type DatabaseScanOptions,
  type FlushOptions,
  LONG_CALL_OPTIONS,
  READ_OPTIONS,
  type ReadOptions,
  SCAN_OPTIONS,
  type VerifyOptions,
  WRITE_OPTIONS,
  type WriteOptions,
} from './database-options.ts';
import { INTERNAL, noConstructor, shows } from './facade.ts';
import { type Bounded, RANGE_OPTIONS, type RangeOptions } from './ranges.ts';
import type { TransactionOptions } from './transaction-options.ts';
import type { Transaction } from './transaction.ts';
import type { CheckpointOptions, CheckpointReport } from '../engine/copy/checkpoint.ts';
import type { Store, StoreView } from '../store/contract.ts';
import type { DatabaseStats } from '../store/stats.ts';
import type { StoreUpkeep } from '../store/upkeep.ts';
import type { EventListener, EventName } from '../engine/state/events.ts';
import type { IngestOptions, IngestReport, IngestSource } from '../engine/bulk/ingest.ts';
import { Reader } from './reader.ts';
import { makeSnapshot, type Snapshot, snapshotView } from './snapshot.ts';
import { type RunOptions, Transactor } from './transactor.ts';
import { Translator } from './translator.ts';
import type { VerifyReport } from '../engine/check/verify.ts';
import { type CommitOptions, Writer } from './writer.ts';

/** The transaction that a body gets. */
export type TransactionFor<K, V, O> = O extends { readonly mode: 'pessimistic' }
  ? LockingTransaction<K, V>
  : Transaction<K, V>;

/** The result of `transaction`: undefined when a commitId was applied before, and the body not run. */
export type ResultFor<T, O> = O extends { readonly commitId: string } ? T | undefined : T;

/** The parts of a database. */
export interface DatabaseParts<K, V> {
  readonly store: Store & StoreUpkeep;
  readonly keyCodec: Codec<K>;
  readonly valueCodec: Codec<V>;
  /** True for the target of a repair, which writes reserved keys as it finds them. */
  readonly takesReserved: boolean;
}

// Set by the class, whose private members nothing else can reach.
let construct: <K, V>(parts: DatabaseParts<K, V>) => Database<K, V>;

/**
 * An open database. Made by `open`. One per directory: keep it, share it, close it once.
 *
 * Every method but `on`, `off`, `rollback` and `close` fails with ClosedError after `close`, and with
 * InvalidArgumentError for an argument that is wrong; then nothing happened. One that returns a promise rejects, any
 * other throws. A key is 0 to 65,536 bytes as encoded, a value 0 to 512 MiB, a commit 1 GiB. Arguments may be reused as
 * soon as a call returns. Keys and values in bytes that a call hands out have memory of their own, which the caller may
 * keep, change or transfer. Results of the encoding `pooled` share memory: copy one before it is kept or transferred.
 *
 * Reads fail with CorruptionError for a damaged block, IoError when the system refuses, DecodingError for bytes of
 * another encoding. Writes reject with AbortedError for the signal while they wait for room, with LockTimeoutError when
 * a transaction holds a lock in the way, with IoError when there is no room on the disk and nothing was written, and
 * with DatabaseFailedError when the database takes no more writes; `outcome` of both tells whether the write may be
 * there.
 */
export class Database<K = Uint8Array, V = Uint8Array> {
  readonly #store: Store & StoreUpkeep;
  readonly #translator: Translator<K, V>;
  readonly #reader: Reader<K, V>;
  readonly #writer: Writer<K, V>;
  readonly #transactor: Transactor<K, V>;
  readonly #writeDefaults: CommitOptions;
  #isOpen = true;
  #closing: Promise<void> | undefined = undefined;

  private constructor(token: symbol, parts: DatabaseParts<K, V>) {
    if (token !== INTERNAL) throw noConstructor('Database', 'open()');
    const { store, keyCodec, valueCodec, takesReserved } = parts;
    this.#store = store;
    const mustBeOpen = (): void => this.#mustBeOpen();
    const translator = new Translator(keyCodec, valueCodec, mustBeOpen, takesReserved);
    this.#translator = translator;
    this.#reader = new Reader(store.clock, translator);
    this.#writer = new Writer(store, translator, (value) => this.#reader.answer(value));
    this.#transactor = new Transactor(store, translator, this.#reader, this.#writer);
    this.#writeDefaults = { durability: store.durability, signal: undefined };
  }

  static {
    construct = (parts) => new Database(INTERNAL, parts);
    shows(Database, (db) =>
      #isOpen in db ? { location: db.location, isOpen: db.isOpen } : undefined,
    );
  }

  /** The directory it lives in, as an absolute path. */
  get location(): string {
    return this.#store.location;
  }

  /** False from the call of `close` on. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  // Reads.

  /** The value of a key, or undefined. Does not stop the event loop when a block has to be read. */
  get(key: K, options?: ReadOptions): Promise<V | undefined> {
    try {
      const view = this.#viewOf(options);
      const encoded = this.#translator.encodeKey(key);
      const hash = hashKey(encoded.bytes, encoded.start, encoded.end);
      return this.#reader.get(encoded, hash, view);
    } catch (error) {
      return rejected(error);
    }
  }

  /** As `get`, at once; a block that is not in memory is read synchronously. */
  getSync(key: K, options?: ReadOptions): V | undefined {
    const view = this.#viewOf(options);
    const encoded = this.#translator.encodeKey(key);
    const hash = hashKey(encoded.bytes, encoded.start, encoded.end);
    return this.#reader.getSync(encoded, hash, view);
  }

  /** The values of several keys as of one moment, in their order; undefined for each that is absent. */
  async getMany(keys: readonly K[], options?: ReadOptions): Promise<(V | undefined)[]> {
    this.#mustBeOpen();
    if (!isArray(keys)) {
      throw new InvalidArgumentError(`Keys must be an array: found=${describe(keys)}`);
    }
    return this.#reader.getMany(keys, this.#viewOf(options));
  }

  /** Whether the key has a value. Reads as `get` does. */
  async has(key: K, options?: ReadOptions): Promise<boolean> {
    return (await this.get(key, options)) !== undefined;
  }

  /**
   * Entries `[key, value]` in key order, as of now; `for`, `for await`, `nextMany`, `all`. Iterate to the end, or
   * close: an open scan keeps memory and files.
   */
  entries(options?: DatabaseScanOptions<K>): Scan<K, [K, V]> {
    const taken = this.#takeScan(options);
    return this.#reader.entries(taken, () => ({ view: this.#snapshotView(taken.snapshot) }));
  }

  /** As `entries`, the keys alone. */
  keys(options?: DatabaseScanOptions<K>): Scan<K, K> {
    const taken = this.#takeScan(options);
    return this.#reader.keys(taken, () => ({ view: this.#snapshotView(taken.snapshot) }));
  }

  /** As `entries`, the values alone. */
  values(options?: DatabaseScanOptions<K>): Scan<K, V> {
    const taken = this.#takeScan(options);
    return this.#reader.values(taken, () => ({ view: this.#snapshotView(taken.snapshot) }));
  }

  /** A view that does not change. Close it: until then the versions that it sees are kept. */
  snapshot(): Snapshot {
    this.#mustBeOpen();
    return makeSnapshot(this, this.#store.snapshot());
  }

  // Writes. Each resolves when it is as durable as asked, and visible to every later read.

  /** Writes a value, over the one that is there. An empty value is a value. */
  put(key: K, value: V, options?: WriteOptions): Promise<void> {
    try {
      return this.#writer.put(key, value, this.#commitOptions(options));
    } catch (error) {
      return rejected(error);
    }
  }

  /** Deletes a key. An absent key is no error. */
  del(key: K, options?: WriteOptions): Promise<void> {
    try {
      return this.#writer.del(key, this.#commitOptions(options));
    } catch (error) {
      return rejected(error);
    }
  }

  /**
   * Deletes every key in the range with one range tombstone: O(1), however many keys there are. A bound that is there
   * must not be undefined: a variable that was forgotten deletes nothing.
   */
  delRange<R extends RangeOptions<K>>(
    range: R & Bounded<R>,
    options?: WriteOptions,
  ): Promise<void> {
    try {
      const commitOptions = this.#commitOptions(options);
      const bytes = this.#translator.boundedRangeOf('a range', range);
      return bytes === undefined ? Promise.resolve() : this.#writer.delRange(bytes, commitOptions);
    } catch (error) {
      return rejected(error);
    }
  }

  /** Deletes every key, with one range tombstone. */
  clear(options?: WriteOptions): Promise<void> {
    try {
      return this.#writer.delRange(USER_KEYS, this.#commitOptions(options));
    } catch (error) {
      return rejected(error);
    }
  }

  /** Several operations as one commit: all of them or none, in their order. */
  batch(operations: readonly BatchOperation<K, V>[], options?: WriteOptions): Promise<void> {
    try {
      return this.#writer.batch(operations, this.#commitOptions(options));
    } catch (error) {
      return rejected(error);
    }
  }

  /**
   * Loads entries in strictly ascending order of their encoded keys (bytes, a prefix before its extensions) straight
   * into tables, past log and memtable: for loads that are large and sorted. As exact as one commit of them: when it
   * resolves they are durable and all visible, before that none is, and a crash leaves all or none. They replace what
   * was there; a transaction that began before and read or wrote one of these keys conflicts.
   *
   * There is no bound on their number; each is bounded as by `put`. Commits go on meanwhile, and are held back at the
   * end for a sync of each table: milliseconds. Rejects with InvalidArgumentError for an entry out of order, naming its
   * position from 0, with IoError when there is no space, with LockTimeoutError when a transaction holds a lock in its
   * range for 10 seconds, with AbortedError for the signal, and with what `entries` throws; nothing of it stays then.
   * With DatabaseFailedError when a sync failed, as a commit does.
   */
  async ingest(entries: IngestSource<K, V>, options?: IngestOptions): Promise<IngestReport> {
    this.#mustBeOpen();
    const { signal } = takeOptions('ingest', options, LONG_CALL_OPTIONS);
    if (!isIterable(entries)) {
      throw new InvalidArgumentError(`Entries must be iterable: found=${describe(entries)}`);
    }
    return this.#store.ingest(entries, this.#translator, signal);
  }

  // Transactions.

  /**
   * Runs `body` with a transaction: commits when it returns, rolls back when it throws, and runs it again when
   * another commit came first, at most `retryCountMax` times; then it rejects with the last ConflictError. `body` must
   * have no effects but through its transaction.
   */
  transaction<T>(
    body: (tx: LockingTransaction<K, V>) => T | Promise<T>,
    options: RunOptions & { readonly mode: 'pessimistic'; readonly commitId?: never },
  ): Promise<T>;
  transaction<T, const O extends RunOptions = RunOptions>(
    body: (tx: TransactionFor<K, V, O>) => T | Promise<T>,
    options?: O,
  ): Promise<ResultFor<T, O>>;
  async transaction<T>(
    body: (tx: never) => T | Promise<T>,
    options?: RunOptions,
  ): Promise<T | undefined> {
    this.#mustBeOpen();
    // With mode pessimistic the transactor makes locking ones, and only a commitId leaves the result out.
    const run = body as (tx: Transaction<K, V>) => T | Promise<T>;
    hold();
    try {
      return await this.#transactor.run(run, options);
    } finally {
      letGo();
    }
  }

  /** Whether a transaction with this `commitId` was applied, within `commitIdRetentionMs`. 1 to 1,024 bytes of text. */
  hasCommitted(commitId: string): Promise<boolean> {
    try {
      this.#mustBeOpen();
      return this.#reader.answer(this.#transactor.hasCommitted(commitId));
    } catch (error) {
      return rejected(error);
    }
  }

  /** The explicit form: end it with `commit` or `rollback`. */
  begin(options: TransactionOptions & { readonly mode: 'pessimistic' }): LockingTransaction<K, V>;
  begin(options?: TransactionOptions): Transaction<K, V>;
  begin(options?: TransactionOptions): Transaction<K, V> {
    this.#mustBeOpen();
    return this.#transactor.begin(options);
  }

  /** The value of a key as the transaction sees it, its own writes included. */
  async getTx(tx: Transaction<K, V>, key: K): Promise<V | undefined> {
    return this.#transactor.mustOwn(tx).get(key);
  }

  /** Writes in the transaction; nothing is visible outside before its commit. */
  putTx(tx: Transaction<K, V>, key: K, value: V): void {
    this.#transactor.mustOwn(tx).put(key, value);
  }

  /** Deletes a key in the transaction. */
  delTx(tx: Transaction<K, V>, key: K): void {
    this.#transactor.mustOwn(tx).del(key);
  }

  /**
   * Commits the transaction, and ends it in any case. Rejects with ConflictError, and has written nothing, when a key
   * that it wrote was committed by others since; if it is serializable, also one that it read. See
   * `Transaction.commit`.
   */
  commit(tx: Transaction<K, V>): Promise<void> {
    try {
      this.#mustBeOpen();
      return this.#transactor.mustOwn(tx).commit();
    } catch (error) {
      return rejected(error);
    }
  }

  /** Forgets every write of the transaction and ends it. Idempotent; does nothing after a commit. */
  rollback(tx: Transaction<K, V>): void {
    this.#transactor.mustOwn(tx).rollback();
  }

  // Upkeep.

  /** Writes everything committed so far into tables. Ends however much is written meanwhile. */
  async flush(options?: FlushOptions): Promise<void> {
    this.#mustBeOpen();
    const { signal } = takeOptions('flush', options, LONG_CALL_OPTIONS);
    await this.#store.flush(signal);
  }

  /**
   * Flushes, and compacts the range, or everything, to the bottom: no tombstones, no old versions, compressed. It is
   * about what was committed before the call, and ends however much is written meanwhile.
   */
  async compact(range?: RangeOptions<K>, options?: CompactOptions): Promise<void> {
    this.#mustBeOpen();
    const taken = takeOptions<RangeOptions<K>>('compact', range, RANGE_OPTIONS);
    const { signal } = takeOptions('compact', options, LONG_CALL_OPTIONS);
    const { lower, upper } = this.#translator.boundsOf(taken);
    await this.#store.compact({ lower, upper }, signal);
  }

  /** Counters, sizes and the recovery report; a plain object. */
  stats(): DatabaseStats {
    this.#mustBeOpen();
    return this.#store.stats(this.#transactor.usage, this.#reader.openScanCount);
  }

  /**
   * Reads and checks every byte: tables, logs, manifest, and how they fit together. Resolves with everything that it
   * found, damage included; changes nothing.
   */
  async verify(options?: VerifyOptions): Promise<VerifyReport> {
    this.#mustBeOpen();
    const { signal } = takeOptions('verify', options, LONG_CALL_OPTIONS);
    return this.#store.verify(signal);
  }

  /**
   * Makes a copy in a directory that is absent or empty, while writes go on: every commit acknowledged before the call,
   * whole commits only. Tables are linked, so that they take no room of their own on the same file system. The copy is
   * a database by itself, to be opened, moved or sent away. Rejects, and removes what it made, when anything fails.
   */
  async checkpoint(directory: string, options?: CheckpointOptions): Promise<CheckpointReport> {
    this.#mustBeOpen();
    if (typeof directory !== 'string' || directory === '' || directory.includes('\0')) {
      throw new InvalidArgumentError(`Directory must be a path: found=${describe(directory)}`);
    }
    const { signal } = takeOptions('checkpoint', options, LONG_CALL_OPTIONS);
    return this.#store.checkpoint(directory, signal);
  }

  /**
   * Calls `listener` at each event of this name, until `off` with the same function. Throws InvalidArgumentError for a
   * name that no event has. Works before and after `close`.
   */
  on<N extends EventName>(name: N, listener: EventListener<N>): this {
    this.#store.on(name, listener);
    return this;
  }

  /** Ends what `on` with the same name and function began; otherwise does nothing. */
  off<N extends EventName>(name: N, listener: EventListener<N>): this {
    this.#store.off(name, listener);
    return this;
  }

  /**
   * Ends everything: waits for commits that have begun, refuses those that wait, rolls back transactions, ends scans,
   * makes the log durable and gives the directory back. Calling it again waits for the same end.
   *
   * No body of a transaction begins after the call. The next call of a running body throws ClosedError, and its
   * `transaction` rejects with it. A body may close the database itself: its transaction is rolled back with the
   * others.
   */
  close(): Promise<void> {
    if (this.#closing !== undefined) return this.#closing;
    this.#closing = new Promise((resolve) => {
      this.#isOpen = false; // before all else: listeners may call us from within
      resolve(keepingAlive(() => this.#close()));
    });
    return this.#closing;
  }

  /** As `close`; for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    this.#store.refuseCommits();
    this.#transactor.close();
    await this.#store.endLongCalls();
    this.#reader.close();
    await this.#store.close();
  }

  #viewOf(options: ReadOptions | undefined): StoreView {
    if (options === undefined) return this.#snapshotView(undefined);
    return this.#snapshotView(takeOptions('a read', options, READ_OPTIONS).snapshot);
  }

  #takeScan(options: DatabaseScanOptions<K> | undefined): Taken<DatabaseScanOptions<K>> {
    this.#mustBeOpen();
    return takeOptions<DatabaseScanOptions<K>>('a scan', options, SCAN_OPTIONS);
  }

  #snapshotView(snapshot: Snapshot | undefined): StoreView {
    this.#mustBeOpen();
    return snapshot === undefined ? this.#store.view() : snapshotView(snapshot, this);
  }

  #commitOptions(options: WriteOptions | undefined): CommitOptions {
    this.#mustBeOpen();
    if (options === undefined) return this.#writeDefaults;
    const taken = takeOptions('a write', options, WRITE_OPTIONS);
    const { durability } = taken;
    const signal = checkSignal(taken.signal);
    this.#mustBeOpen(); // a getter among the options may have closed it
    if (signal?.aborted === true) {
      throw abortedBy(signal, 'Write was aborted before it began');
    }
    return {
      durability:
        durability === undefined
          ? this.#writeDefaults.durability
          : checkChoice('durability', durability, ['sync', 'os']),
      signal,
    };
  }

  #mustBeOpen(): void {
    if (!this.#isOpen) throw new ClosedError('Database is closed');
  }
}

export function makeDatabase<K, V>(parts: DatabaseParts<K, V>): Database<K, V> {
  return construct(parts);
}

function isIterable(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Symbol.asyncIterator in value || Symbol.iterator in value;
}

function rejected(error: unknown): Promise<never> {
  return Promise.reject(asError(error));
}
