/**
 * A transaction, as its user holds it.
 *
 * Owns: the calls in the caller's types: the code of the caller's that runs in each, and the checks after it. The core
 * (transaction-core.ts) holds the state of the transaction.
 *
 * Invariants:
 *   transaction/active-after: code of the caller's may end the transaction in the middle of a call. Each call looks
 *       again after the caller's encoder has run, and before it reads or writes.
 *
 * Suspension: writes never suspend. Reads suspend when a block is not in memory.
 */
import { isArray } from '../base/caller-value.ts';
import { describe, rejected } from '../base/describe.ts';
import { InvalidArgumentError } from '../base/errors.ts';
import { type Isolation, takeOptions, type Taken, type Template } from '../base/options.ts';
import { DELETION } from '../base/value-type.ts';
import { EMPTY_BYTES, type ByteSlice } from '../bytes/bytes.ts';
import { type BoundedRange, nonEmpty } from '../bytes/key-range.ts';
import { AwaitedIterator } from '../iterator/awaited-iterator.ts';
import type { InternalIterator } from '../iterator/internal-iterator.ts';
import { MergingIterator } from '../iterator/merging-iterator.ts';
import type { Overlay } from '../iterator/overlay.ts';
import type { ReadSet } from '../txn/read-set.ts';
import type { WriteSet } from '../txn/write-set.ts';
import { WriteSetIterator } from '../txn/write-set-iterator.ts';
import {
  applyOperation,
  type CheckedOperations,
  type OwnOperations,
  type OperationTarget,
} from './batch-operation.ts';
import { EXPIRY_OPTIONS, type ExpiryOptions } from './expiry-options.ts';
import { INTERNAL, noConstructor, shows } from './facade.ts';
import type { KeyspaceRef } from './keyspace-ref.ts';
import { type Bounded, RANGE_OPTIONS, type RangeOptions, type ScanOptions } from './ranges.ts';
import type { ScanView } from './reader.ts';
import type { Savepoint } from './savepoint.ts';
import { transactionIndex } from './index-reads.ts';
import { makeSecondaryIndex, type SecondaryIndex } from './secondary-index.ts';
import type { Scan } from './scan.ts';
import type { Space } from './space.ts';
import type { TransactionCore } from './transaction-core.ts';
import { mustBeUpdate, type Update } from './update.ts';

const SCAN_OPTIONS: Template<ScanOptions<unknown>> = {
  ...RANGE_OPTIONS,
  reverse: undefined,
  limit: undefined,
};
const NO_VALUE: ByteSlice = { bytes: EMPTY_BYTES, start: 0, end: 0 };

// Set by the class, whose private members nothing else can reach.
let construct: <K, V>(core: TransactionCore, space: Space<K, V>) => Transaction<K, V>;
let coreIn: (value: unknown) => TransactionCore | undefined;

/**
 * A transaction: reads of one snapshot with its own writes over it, and one commit. Made by `db.begin`, which is ended
 * by `commit` or `rollback`, and by `db.transaction`, which ends it itself.
 *
 * Every method throws, or rejects with, ClosedError after the end. Reads fail with CorruptionError, IoError or
 * DecodingError as those of the database do. Values in bytes have memory of their own, but for those of
 * the encoding `pooled`.
 */
export class Transaction<K, V> {
  readonly #core: TransactionCore;
  readonly #space: Space<K, V>;

  protected constructor(token: unknown, core: unknown, space: unknown);
  protected constructor(token: symbol, core: TransactionCore, space: Space<K, V>) {
    if (token !== INTERNAL) throw noConstructor(new.target.name, 'db.begin() or db.transaction()');
    this.#core = core;
    this.#space = space;
  }

  static {
    construct = (core, space) => new Transaction(INTERNAL, core, space);
    // Not in a Proxy around one, nor in an object that only inherits from one.
    coreIn = (value) =>
      typeof value === 'object' && value !== null && #core in value ? value.#core : undefined;
    shows(Transaction, stateOf);
  }

  /** False once it was committed or rolled back, while its commit is under way, and after the database was closed. */
  get isActive(): boolean {
    return this.#core.isActive;
  }

  /** True when it was begun with `readOnly: true`. */
  get isReadOnly(): boolean {
    return this.#core.isReadOnly;
  }

  /** Its level. One that `db.transaction` runs again may be stricter than it was asked for. */
  get isolation(): Isolation {
    return this.#core.noted === undefined ? 'snapshot' : 'serializable';
  }

  /**
   * This transaction in a keyspace: reads and writes there are part of the same commit. Ending either ends both. Throws
   * InvalidArgumentError for a keyspace of another database, and ClosedError for one that was dropped.
   *
   * @example
   * await db.transaction((tx) => {
   *   tx.put('visits', 4);
   *   tx.in(accounts).del('alice');
   * });
   */
  in<K2, V2>(keyspace: KeyspaceRef<K2, V2>): Transaction<K2, V2> {
    this.#core.mustBeActive();
    return construct(this.#core, this.#core.enter(keyspace) as Space<K2, V2>); // the space of that handle
  }

  /**
   * The value of a key, its own writes included, or undefined. Does not stop the event loop when a block has to be
   * read.
   *
   * @example
   * await db.transaction(async (tx) => tx.put('double', 2 * (await tx.get('visits'))));
   * await db.get('double'); // => 6
   */
  get(key: K): Promise<V | undefined> {
    try {
      const core = this.#core;
      core.mustBeActive();
      const encoded = this.#space.translator.encodeKey(key);
      core.mustBeActive();
      return core.get(this.#space, encoded);
    } catch (error) {
      return rejected(error);
    }
  }

  /**
   * As `get`, at once; a block that is not in memory is read synchronously.
   *
   * @example
   * await db.transaction((tx) => tx.getSync('visits')); // => 3
   */
  getSync(key: K): V | undefined {
    const core = this.#core;
    core.mustBeActive();
    const encoded = this.#space.translator.encodeKey(key);
    core.mustBeActive();
    return core.getSync(this.#space, encoded);
  }

  /**
   * The values of several keys, in their order; undefined for each that is absent.
   *
   * @example
   * await db.transaction((tx) => tx.in(accounts).getMany(['alice', 'nobody'])); // => [ { balance: 100 }, undefined ]
   */
  async getMany(keys: readonly K[]): Promise<(V | undefined)[]> {
    const core = this.#core;
    core.mustBeActive();
    if (!isArray(keys)) {
      throw new InvalidArgumentError(`Keys must be an array: found=${describe(keys)}`);
    }
    const space = this.#space;
    return space.reader.getMany(keys, core.place.view(), (key, hash) => {
      core.mustBeActive(); // an encoder may have ended it
      return core.ownOrNoted(space, key, hash);
    });
  }

  /**
   * When the entry of a key expires: milliseconds since 1970, Infinity when it does not; undefined for a key without a
   * value. Reads as `get` does.
   *
   * @example
   * const tx = db.begin();
   * tx.put('code', 4711, { expiresAt: Date.UTC(2100, 0) });
   * await tx.expiresAt('code'); // => 4102444800000
   * await tx.commit();
   */
  expiresAt(key: K): Promise<number | undefined> {
    try {
      const core = this.#core;
      core.mustBeActive();
      const encoded = this.#space.translator.encodeKey(key);
      core.mustBeActive();
      return core.expiresAt(this.#space, encoded);
    } catch (error) {
      return rejected(error);
    }
  }

  /**
   * Whether the key has a value, its own writes included.
   *
   * @example
   * await db.transaction((tx) => tx.in(accounts).has('alice')); // => true
   */
  async has(key: K): Promise<boolean> {
    return (await this.get(key)) !== undefined;
  }

  /**
   * An index of the keyspace, as this transaction sees it: its own writes so far are part of it. Throws
   * InvalidArgumentError when there is none of that name.
   *
   * @example
   * await db.transaction(async (tx) => {
   *   tx.in(users).put('dan', { email: 'dan@x', city: 'Linz' });
   *   return tx.in(users).index('byCity').keys({ prefix: ['Linz'] }).all();
   * }); // => [ 'bob', 'dan' ]
   */
  index(name: string): SecondaryIndex<K, V> {
    this.#core.mustBeActive();
    return makeSecondaryIndex(transactionIndex(this.#core, this.#space, name));
  }

  /**
   * Writes a value, which others see after the commit. Throws InvalidArgumentError for what is no key or no value,
   * beyond `transactionSizeBytesMax`, and when the transaction is read-only. Both arguments may be reused after the
   * call. A time to live counts from this call.
   *
   * @example
   * await db.transaction((tx) => {
   *   tx.put('visits', 4);
   *   tx.put('code', 4711, { ttlMs: 60_000 }); // absent in a minute
   * });
   */
  put(key: K, value: V, options?: ExpiryOptions): void {
    const core = this.#core;
    core.mustBeWritable();
    const space = this.#space;
    const taken = options && takeOptions('a put', options, EXPIRY_OPTIONS);
    putIn(core, space, key, value, space.expiryOf(taken));
  }

  /**
   * Deletes a key; an absent key is no error. Throws as `put` does.
   *
   * @example
   * await db.transaction((tx) => tx.del('visits'));
   */
  del(key: K): void {
    delIn(this.#core, this.#space, key);
  }

  /**
   * Writes what `update` computes from the value of the key; undefined deletes it. A key that this transaction has
   * written is updated at once. Any other is updated at the commit, from the newest value then: so it conflicts with
   * nothing. When this transaction reads the key, or scans over it, the update is applied to the value of the
   * snapshot; then it conflicts with a later commit of the key. A block that is not in memory is read synchronously
   * for that. On servers an awaited read waits for the value, and `getSync` or a `for` loop is refused.
   *
   * `update` may run more than once, and late: it must be synchronous, depend on its argument alone and have no other
   * effect. What it throws refuses the whole commit, which rejects with that error. Throws as `put` does.
   *
   * @example
   * await db.transaction((tx) => tx.update('visits', (count = 0) => count + 1));
   * await db.get('visits'); // => 4
   */
  update(key: K, update: Update<V>): void {
    updateIn(this.#core, this.#space, key, update);
  }

  /**
   * Deletes every key in the range, as this transaction sees it at its commit. A bound that is there must not be
   * undefined. Throws as `put` does.
   *
   * @example
   * await db.transaction((tx) => tx.in(accounts).delRange({ prefix: 'a' }));
   * await accounts.keys().all(); // => [ 'bob' ]
   */
  delRange<R extends RangeOptions<K>>(range: R & Bounded<R>): void {
    const core = this.#core;
    core.mustBeWritable();
    core.deleteRange(this.#space.translator.boundedRangeOf('a range', range));
  }

  /**
   * Deletes every key, as this transaction sees it at its commit.
   *
   * @example
   * await db.transaction((tx) => tx.in(accounts).clear());
   * await accounts.count(); // => 0
   */
  clear(): void {
    const core = this.#core;
    core.mustBeWritable();
    core.deleteRange(this.#space.translator.range);
  }

  /**
   * Several writes in their order, each in the keyspace that it names as `in`. Throws as `put` does; the writes before
   * one that is refused stay written.
   *
   * @example
   * await db.transaction((tx) =>
   *   tx.batch([
   *     { type: 'put', key: 'visits', value: 0 },
   *     { type: 'del', in: accounts, key: 'alice' },
   *   ]),
   * );
   */
  batch(operations: OwnOperations<K, V>): void;
  batch<const O extends readonly object[]>(operations: O & CheckedOperations<K, V, O>): void;
  batch(operations: readonly unknown[]): void {
    this.#core.mustBeWritable();
    if (!isArray(operations)) {
      throw new InvalidArgumentError(`Batch must be an array: found=${describe(operations)}`);
    }
    const core = this.#core;
    const target: OperationTarget = {
      enter: (keyspace) => core.enter(keyspace),
      put: (space, key, value, expiresAtMs) => putIn(core, space, key, value, expiresAtMs),
      del: (space, key) => delIn(core, space, key),
      update: (space, key, update) => updateIn(core, space, key, update),
      delRange: (_space, range) => core.deleteRange(range),
    };
    const { length } = operations;
    for (let i = 0; i < length; i++) {
      applyOperation(operations[i], this.#space, target);
    }
  }

  /**
   * Entries `[key, value]` of the snapshot overlaid with the writes made so far, in key order. The scan may be read
   * after the end of the transaction. Throws InvalidArgumentError for an option that is wrong.
   *
   * @example
   * await db.transaction((tx) => {
   *   tx.put('visitors', 2);
   *   return tx.entries({ prefix: 'visit' }).all();
   * }); // => [ [ 'visitors', 2 ], [ 'visits', 3 ] ]
   */
  entries(options: ScanOptions<K> = {}): Scan<K, [K, V]> {
    const core = this.#scanned();
    return this.#space.reader.entries(takeScan(options), (range) => scanViewOf(core, range));
  }

  /**
   * As `entries`, the keys alone.
   *
   * @example
   * await db.transaction((tx) => tx.in(accounts).keys().all()); // => [ 'alice', 'bob' ]
   */
  keys(options: ScanOptions<K> = {}): Scan<K, K> {
    const core = this.#scanned();
    return this.#space.reader.keys(takeScan(options), (range) => scanViewOf(core, range));
  }

  /**
   * As `entries`, the values alone.
   *
   * @example
   * await db.transaction((tx) => tx.in(accounts).values({ limit: 1 }).all()); // => [ { balance: 100 } ]
   */
  values(options: ScanOptions<K> = {}): Scan<K, V> {
    const core = this.#scanned();
    return this.#space.reader.values(takeScan(options), (range) => scanViewOf(core, range));
  }

  #scanned(): TransactionCore {
    const core = this.#core;
    core.mustBeActive();
    core.isScanned = true;
    return core;
  }

  /**
   * A point to come back to with `rollbackTo`, in this transaction. Throws InvalidArgumentError in a read-only one.
   *
   * @example
   * const tx = db.begin();
   * const before = tx.savepoint();
   * tx.put('visits', 0);
   * tx.rollbackTo(before);
   * await tx.get('visits'); // => 3
   * await tx.commit();
   */
  savepoint(): Savepoint {
    return this.#core.savepoint();
  }

  /**
   * Forgets every write since the savepoint, puts, deletes and range deletes alike, and every savepoint after it; it
   * may be rolled back to again. What was read since stays part of a serializable validation. Throws
   * InvalidArgumentError for a savepoint of another transaction, and for one that was rolled back past.
   *
   * @example
   * const tx = db.begin();
   * tx.put('first', 1);
   * const before = tx.savepoint();
   * tx.put('second', 2);
   * tx.rollbackTo(before);
   * await tx.commit();
   * await db.getMany(['first', 'second']); // => [ 1, undefined ]
   */
  rollbackTo(savepoint: Savepoint): void {
    this.#core.rollbackTo(savepoint);
  }

  /**
   * A transaction inside this one: when `body` throws, its writes are forgotten and the error goes on; when it returns,
   * they are part of this transaction. Nothing is committed before this transaction is. Resolves with what `body`
   * returns.
   *
   * @example
   * await db.transaction(async (tx) => {
   *   tx.put('order', 'taken');
   *   await tx
   *     .transaction((inner) => {
   *       inner.put('gift', true);
   *       throw new Error('no gifts left');
   *     })
   *     .catch((error) => console.log(error.message));
   * });
   * // => no gifts left
   * await db.getMany(['order', 'gift']); // => [ 'taken', undefined ]
   */
  async transaction<T>(body: (tx: this) => T | Promise<T>): Promise<T> {
    mustBeBody(body);
    const savepoint = this.savepoint();
    try {
      return await body(this);
    } catch (error) {
      if (this.isActive) this.rollbackTo(savepoint);
      throw error;
    }
  }

  /**
   * Commits. Resolves when the writes are as durable as asked, and visible to every later read. Ends the transaction,
   * also when it rejects: with ConflictError when another commit came first, and nothing is written; with IoError or
   * DatabaseFailedError, whose `outcome` tells what is known; with LockTimeoutError when a lock of another is in the
   * way.
   *
   * @example
   * const tx = db.begin();
   * tx.put('visits', 4);
   * await tx.commit();
   */
  commit(): Promise<void> {
    return this.#core.commit();
  }

  /**
   * Forgets every write and ends the transaction. Idempotent; does nothing after a commit.
   *
   * @example
   * const tx = db.begin();
   * tx.put('visits', 4);
   * tx.rollback();
   * await db.get('visits'); // => 3
   */
  rollback(): void {
    this.#core.rollback();
  }

  /** As `rollback`; for `using`. What was committed stays. */
  [Symbol.dispose](): void {
    this.rollback();
  }

  /** As `rollback`; for `await using`. What was committed stays. */
  [Symbol.asyncDispose](): Promise<void> {
    this.rollback();
    return Promise.resolve();
  }
}

export function makeTransaction<K, V>(
  core: TransactionCore,
  space: Space<K, V>,
): Transaction<K, V> {
  return construct(core, space);
}

function putIn<K, V>(
  core: TransactionCore,
  space: Space<K, V>,
  key: K,
  value: V,
  expiresAtMs: number,
): void {
  core.mustBeWritable();
  const encoded = space.translator.encodeEntry(key, value, expiresAtMs);
  core.write(encoded.type, encoded.key, encoded.value);
}

function delIn<K, V>(core: TransactionCore, space: Space<K, V>, key: K): void {
  core.mustBeWritable();
  core.write(DELETION, space.translator.encodeKey(key), NO_VALUE);
}

function updateIn<K, V>(core: TransactionCore, space: Space<K, V>, key: K, update: unknown): void {
  core.mustBeWritable();
  mustBeUpdate(update);
  core.update(space, space.translator.keyBytes(key), update);
}

/** A transaction scans its own snapshot and takes no other. */
function takeScan<K>(options: ScanOptions<K>): Taken<ScanOptions<K>> {
  return takeOptions<ScanOptions<K>>('a scan', options, SCAN_OPTIONS);
}

function scanViewOf(core: TransactionCore, bounds: BoundedRange): ScanView {
  core.mustBeActive();
  const settled = core.settleIn(bounds);
  core.hasRead = true;
  const overlay = ownOverlay(core.writes, settled instanceof Promise ? settled : undefined);
  const readsIn = (range: BoundedRange): ReadSet | undefined =>
    core.locks?.noteScan(nonEmpty(range)) === true ? undefined : core.noted;
  return { view: core.place.view(), overlay, readsIn };
}

/** The writes so far, and those that are known later: their keys are others. Undefined for none. */
function ownOverlay(writes: WriteSet, later: Promise<WriteSet> | undefined): Overlay | undefined {
  if (writes.isEmpty && later === undefined) return undefined;
  const { tombstones } = writes;
  const sources: InternalIterator[] = [];
  if (!writes.isEmpty) sources.push(new WriteSetIterator(writes));
  if (later !== undefined) {
    sources.push(new AwaitedIterator(later.then((settled) => new WriteSetIterator(settled))));
  }
  const [only, other] = sources;
  const source = other === undefined ? only! : new MergingIterator(sources, 'newest'); // one, or both
  return { source, tombstones };
}

/** The core of a transaction; undefined for any other value. */
export function coreOf(transaction: unknown): TransactionCore | undefined {
  return coreIn(transaction);
}

/** The values that `util.inspect` shows. */
export function stateOf(transaction: Transaction<unknown, unknown>): object | undefined {
  const core = coreOf(transaction);
  return core && { isActive: core.isActive, isReadOnly: core.isReadOnly };
}

/** Throws InvalidArgumentError for a body that is no function. */
export function mustBeBody(body: unknown): void {
  if (typeof body === 'function') return;
  throw new InvalidArgumentError(`Transaction needs a function: found=${describe(body)}`);
}
