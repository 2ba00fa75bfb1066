/**
 * A transaction, as its user holds it.
 *
 * Owns: its snapshot, its own writes over it, and its life: active, then committed or rolled back, once.
 *
 * Reads see the snapshot overlaid with the transaction's own writes, in point reads and scans alike. Writes stay here
 * until the commit, which the host validates, numbers and logs in one step. The host is a narrow seam: something to
 * read from at a sequence, and one commit request (docs/adr/0003-isolation.md).
 *
 * Invariants:
 *   X1. A transaction is pinned from its begin to its end, so that what its snapshot sees stays readable and every
 *       commit since can be found by the validation.
 *   X2. No call has an effect after the end: each throws ClosedError, which says how it ended.
 *
 * Suspension: writes never suspend. Reads suspend when a block is not in memory.
 */
import { type ByteSlice, describeKey, EMPTY_BYTES } from '../bytes/bytes.ts';
import { isArray } from '../base/caller-value.ts';
import { ClosedError, ConflictError, InvalidArgumentError } from '../base/errors.ts';
import { hashKey } from '../bytes/hash.ts';
import { asError, describe } from '../base/describe.ts';
import { type Durability, fieldOf, type Template } from '../base/options.ts';
import { DELETION, VALUE } from '../base/value-type.ts';
import type { Scan } from './scan.ts';
import type { CommitRider } from '../txn/commit-rider.ts';
import { Pin } from '../engine/state/pin-list.ts';
import { NO_SLOT } from '../txn/key-table.ts';
import type { ReadSet } from '../txn/read-set.ts';
import type { WriteMark, WriteSet } from '../txn/write-set.ts';

/**
 * `snapshot`: writes conflict with writes. `serializable`: also whatever was read, keys and ranges, must still be so at
 * the commit; the outcome is as if transactions ran one after the other.
 */
export type Isolation = 'snapshot' | 'serializable';

export type TransactionMode = 'optimistic' | 'pessimistic';

export interface TransactionOptions {
  /** Default `'snapshot'`. */
  readonly isolation?: Isolation;
  /** For its commit; the database's default otherwise. */
  readonly durability?: Durability;
  /**
   * `'optimistic'`, the default: conflicts show at the commit. `'pessimistic'`: `getForUpdate`, `lock` and `lockRange`
   * wait for locks that are held to the end, and what is locked cannot conflict.
   */
  readonly mode?: TransactionMode;
  /** Milliseconds that a pessimistic transaction waits for one lock; 1 to 3,600,000, default 10,000. */
  readonly lockTimeoutMs?: number;
  /** Refuses writes, never conflicts, and sees only what is already published. Default false. */
  readonly readOnly?: boolean;
}

/** Range of keys, in the caller's key type. At most one bound on each side is needed; the tighter one counts. */
export interface RangeOptions<K> {
  readonly gt?: K;
  readonly gte?: K;
  readonly lt?: K;
  readonly lte?: K;
  /** Keys whose encoded bytes start with these. */
  readonly prefix?: K;
}

/**
 * A range without a bound that may be undefined: the types refuse what would be refused at run time, also where the compiler
 * lets optional properties be undefined.
 */
export type Bounded<R> = {
  readonly [Name in keyof R]: Name extends keyof RangeOptions<unknown>
    ? object extends Pick<R, Name>
      ? R[Name]
      : undefined extends R[Name]
        ? never
        : R[Name]
    : never;
};

export const RANGE_OPTIONS: Template<RangeOptions<unknown>> = {
  gt: undefined,
  gte: undefined,
  lt: undefined,
  lte: undefined,
  prefix: undefined,
};

export interface ScanOptions<K> extends RangeOptions<K> {
  /** From the last key to the first. Default false. */
  readonly reverse?: boolean;
  /** At most this many rows; -1 or absent for all. */
  readonly limit?: number;
}

export type BatchOperation<K, V> =
  | { readonly type: 'put'; readonly key: K; readonly value: V }
  | { readonly type: 'del'; readonly key: K }
  | ({ readonly type: 'delRange' } & RangeOptions<K>)
  | { readonly type: 'clear' };

/** A range of bytes to delete, the end exclusive. */
export interface DeletedBytes {
  readonly start: Uint8Array;
  readonly end: Uint8Array;
}

/** What a transaction needs of the database it runs in. */
export interface TransactionHost<K, V> {
  /** Bytes of keys and values, overwritten ones included, that one transaction may write. */
  readonly writeSetSizeBytesMax: number;
  /** Valid until the next call of this function or the next. Runs code of the caller's. */
  encodeKey(key: K): ByteSlice;
  encodeEntry(key: K, value: V): { readonly key: ByteSlice; readonly value: ByteSlice };
  decodeValue(
    bytes: Uint8Array,
    start: number,
    end: number,
    key: Uint8Array,
    keyStart: number,
    keyEnd: number,
  ): V;
  /** The key of a conflict as the caller has it; undefined when it cannot be decoded. */
  describedKey(key: Uint8Array): unknown;
  /** Undefined when the range holds no key. */
  deletedRange(range: RangeOptions<K>): DeletedBytes | undefined;
  operationRange(operation: object): DeletedBytes | undefined;
  readonly everything: DeletedBytes;
  getSyncAt(key: ByteSlice, hash: number, sequence: number): V | undefined;
  getAt(key: ByteSlice, hash: number, sequence: number): Promise<V | undefined>;
  /** Asks `own` about every key before the first await; what that throws ends the call. */
  getManyAt(
    keys: readonly K[],
    sequence: number,
    own: (key: ByteSlice, hash: number) => V | undefined | typeof NOT_OWN,
  ): Promise<(V | undefined)[]>;
  /** A promise of a value that is known. */
  answer<T>(value: T): Promise<T>;
  entriesOf(transaction: Transaction<K, V>, options: ScanOptions<K>): Scan<K, [K, V]>;
  keysOf(transaction: Transaction<K, V>, options: ScanOptions<K>): Scan<K, K>;
  valuesOf(transaction: Transaction<K, V>, options: ScanOptions<K>): Scan<K, V>;
  commit(
    transaction: Transaction<K, V>,
    onSequenced: () => void,
    signal: AbortSignal | undefined,
  ): Promise<void>;
  /** Takes it off the lists; called once, when it ends. */
  release(transaction: Transaction<K, V>): void;
}

/** Made by `tx.savepoint()`. */
export class Savepoint {
  readonly owner: object;
  readonly mark: WriteMark;
  /** Its place among the transaction's savepoints. */
  readonly depth: number;

  constructor(owner: object, mark: WriteMark, depth: number) {
    this.owner = owner;
    this.mark = mark;
    this.depth = depth;
  }
}

/** The transaction has not written the key: what its snapshot shows counts. */
export const NOT_OWN: unique symbol = Symbol('not own');

type Ending = 'committed' | 'lost' | 'failed' | 'rolled-back' | 'closed';
type Status = 'active' | 'committing' | Ending;

/** What a call on one that is not active any more is told. */
const ENDED: Readonly<Record<Exclude<Status, 'active'>, string>> = {
  committing: 'Transaction has ended: its commit is under way',
  committed: 'Transaction has ended: it was committed',
  lost: 'Transaction has ended: its commit lost to another',
  failed: 'Transaction has ended: its commit failed',
  'rolled-back': 'Transaction has ended: it was rolled back',
  closed: 'Transaction has ended: the database was closed',
};

/** Throws InvalidArgumentError for what cannot be called. */
export function mustBeBody(body: unknown): void {
  if (typeof body === 'function') return;
  throw new InvalidArgumentError(`Transaction needs a function: found=${describe(body)}`);
}

export class Transaction<K, V> extends Pin {
  readonly isReadOnly: boolean;
  readonly durability: Durability;
  readonly writes: WriteSet;
  /** What it has read, for the validation; undefined unless it is serializable. */
  readonly reads: ReadSet | undefined;
  /** The key over which its commit lost, a copy; set by the writer. */
  lostTo: Uint8Array | undefined = undefined;
  /** What is committed with it beside its writes; set by the transactor. */
  rider: CommitRider | undefined = undefined;
  /** True once a scan over the own writes was made: it may outlive the transaction, so they are not reused. */
  #isScanned = false;
  /** The database that it belongs to. */
  readonly host: TransactionHost<K, V>;
  #status: Status = 'active';
  /** Of the call of `commit` that ends it; undefined for one that ends otherwise. */
  #commitment: Promise<void> | undefined = undefined;
  readonly #savepoints: Savepoint[] = [];

  constructor(
    host: TransactionHost<K, V>,
    sequence: number,
    pinnedAtMs: number,
    isReadOnly: boolean,
    durability: Durability,
    writes: WriteSet,
    reads: ReadSet | undefined,
  ) {
    super('transaction', sequence, pinnedAtMs);
    this.host = host;
    this.writes = writes;
    this.reads = reads;
    this.isReadOnly = isReadOnly;
    this.durability = durability;
  }

  /** True for a transaction itself: not for a Proxy around one, nor for an object that only inherits from one. */
  static isOne(value: unknown): value is Transaction<unknown, unknown> {
    return typeof value === 'object' && value !== null && #status in value;
  }

  /** True when nothing can read `writes` any more once the transaction has ended. */
  get isReusable(): boolean {
    return !this.#isScanned;
  }

  /** False once it has been committed or rolled back, or while its commit is under way. */
  get isActive(): boolean {
    return this.#status === 'active';
  }

  /** The value of a key, or undefined. Rejects with ClosedError after the end. */
  get(key: K): Promise<V | undefined> {
    try {
      this.mustBeActive();
      const encoded = this.host.encodeKey(key);
      this.mustBeActive();
      return this.getEncoded(encoded);
    } catch (error) {
      return Promise.reject(asError(error));
    }
  }

  /** As `get`, reading a missing block synchronously. */
  getSync(key: K): V | undefined {
    this.mustBeActive();
    const encoded = this.host.encodeKey(key);
    this.mustBeActive();
    const hash = hashKey(encoded.bytes, encoded.start, encoded.end);
    const own = this.ownOrNoted(encoded, hash);
    if (own !== NOT_OWN) return own;
    return this.host.getSyncAt(encoded, hash, this.sequence);
  }

  /** The value of a key that is placed; no code of the caller's runs before the lookup. */
  protected getEncoded(encoded: ByteSlice): Promise<V | undefined> {
    const hash = hashKey(encoded.bytes, encoded.start, encoded.end);
    const own = this.ownOrNoted(encoded, hash);
    if (own !== NOT_OWN) return this.host.answer(own);
    return this.host.getAt(encoded, hash, this.sequence);
  }

  /** The values of several keys, in their order; undefined for each that is absent. */
  async getMany(keys: readonly K[]): Promise<(V | undefined)[]> {
    this.mustBeActive();
    if (!isArray(keys)) {
      throw new InvalidArgumentError(`Keys must be an array: found=${describe(keys)}`);
    }
    return this.host.getManyAt(keys, this.sequence, (key, hash) => {
      this.mustBeActive(); // an encoder may have ended it
      return this.ownOrNoted(key, hash);
    });
  }

  async has(key: K): Promise<boolean> {
    return (await this.get(key)) !== undefined;
  }

  put(key: K, value: V): void {
    this.#mustBeWritable();
    const encoded = this.host.encodeEntry(key, value);
    this.#mustBeWritable();
    const { bytes, start, end } = encoded.key;
    const own = encoded.value;
    this.#mustFit(end - start + (own.end - own.start));
    const hash = hashKey(bytes, start, end);
    this.writes.write(VALUE, hash, bytes, start, end, own.bytes, own.start, own.end);
  }

  del(key: K): void {
    this.#mustBeWritable();
    const { bytes, start, end } = this.host.encodeKey(key);
    this.#mustBeWritable();
    this.#mustFit(end - start);
    this.writes.write(DELETION, hashKey(bytes, start, end), bytes, start, end, bytes, 0, 0);
  }

  /** Deletes every key in the range, as this transaction sees it at its commit. A bound must not be undefined. */
  delRange<R extends RangeOptions<K>>(range: R & Bounded<R>): void {
    this.#mustBeWritable();
    this.#deleteRange(this.host.deletedRange(range));
  }

  /** Deletes every key, as this transaction sees it at its commit. */
  clear(): void {
    this.#mustBeWritable();
    this.#deleteRange(this.host.everything);
  }

  /** Several writes in their order. Those before one that is refused stay written. */
  batch(operations: readonly BatchOperation<K, V>[]): void {
    this.#mustBeWritable();
    if (!isArray(operations)) {
      throw new InvalidArgumentError(`Batch must be an array: found=${describe(operations)}`);
    }
    const { length } = operations;
    for (let i = 0; i < length; i++) this.#apply(operations[i]);
  }

  #apply(operation: unknown): void {
    if (typeof operation !== 'object' || operation === null) throw noOperation(operation);
    const type = fieldOf(operation, 'type');
    // What is no key or no value is refused by whatever takes it.
    switch (type) {
      case 'put':
        this.put(fieldOf(operation, 'key') as K, fieldOf(operation, 'value') as V);
        return;
      case 'del':
        this.del(fieldOf(operation, 'key') as K);
        return;
      case 'delRange':
        this.#mustBeWritable();
        this.#deleteRange(this.host.operationRange(operation));
        return;
      case 'clear':
        this.clear();
        return;
      default:
        throw noOperation(type);
    }
  }

  /** Entries of the snapshot overlaid with the writes made so far, in key order. */
  entries(options: ScanOptions<K> = {}): Scan<K, [K, V]> {
    this.mustBeActive();
    this.#isScanned = true;
    return this.host.entriesOf(this, options);
  }

  keys(options: ScanOptions<K> = {}): Scan<K, K> {
    this.mustBeActive();
    this.#isScanned = true;
    return this.host.keysOf(this, options);
  }

  values(options: ScanOptions<K> = {}): Scan<K, V> {
    this.mustBeActive();
    this.#isScanned = true;
    return this.host.valuesOf(this, options);
  }

  /** A point to come back to with `rollbackTo`, in this transaction. */
  savepoint(): Savepoint {
    this.#mustBeWritable();
    const savepoint = new Savepoint(this, this.writes.mark(), this.#savepoints.length);
    this.#savepoints.push(savepoint);
    return savepoint;
  }

  /**
   * Forgets every write since the savepoint, puts, deletes and range deletes alike, and every savepoint after it; it
   * may be rolled back to again. What was read since stays part of a serializable validation.
   */
  rollbackTo(savepoint: Savepoint): void {
    this.#mustBeWritable();
    if (!(savepoint instanceof Savepoint) || savepoint.owner !== this) {
      throw new InvalidArgumentError('Savepoint is not one of this transaction');
    }
    if (this.#savepoints[savepoint.depth] !== savepoint) {
      throw new InvalidArgumentError('Savepoint was rolled back past');
    }
    this.#savepoints.length = savepoint.depth + 1;
    this.writes.rollbackTo(savepoint.mark);
  }

  /**
   * A transaction inside this one: when `body` throws, its writes are forgotten and the error goes on; when it returns,
   * they are part of this transaction. Nothing is committed before this transaction is.
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

  /** See `Database.commit`. */
  commit(): Promise<void> {
    const isActive = this.isActive;
    const commitment = this.#commit();
    if (isActive) this.#commitment = commitment;
    return commitment;
  }

  async #commit(): Promise<void> {
    if (!(await this.tryCommit(() => undefined, undefined))) throw this.conflict();
  }

  /**
   * As `commit`, but resolves with false when it lost: the stack trace of an error costs more than most transactions.
   * Calls back once the commit has its place in the commit order and cannot conflict any more. The signal ends waiting
   * for that place.
   */
  async tryCommit(onSequenced: () => void, signal: AbortSignal | undefined): Promise<boolean> {
    this.mustBeActive();
    this.#status = 'committing';
    let ending: Ending = 'failed';
    try {
      await this.host.commit(this, onSequenced, signal);
      ending = this.lostTo === undefined ? 'committed' : 'lost';
      return ending === 'committed';
    } catch (error) {
      if (error instanceof ConflictError) ending = 'lost';
      throw error;
    } finally {
      this.#end(ending);
    }
  }

  /**
   * For `db.transaction`, when a body has returned and ended its transaction itself: true when it was committed, false when
   * it lost. Waits for a commit under way, rejects as that does, and with ClosedError when it was rolled back.
   */
  async isCommitted(): Promise<boolean> {
    await this.#commitment;
    if (this.#status === 'rolled-back' || this.#status === 'closed') this.mustBeActive();
    return this.#status === 'committed';
  }

  /** For `db.transaction`, when a body has thrown: true unless something of it was, or may have been, committed. */
  async isRepeatable(): Promise<boolean> {
    await this.#commitment?.catch(() => undefined); // the status tells
    return this.#status !== 'committed' && this.#status !== 'failed';
  }

  /** After `tryCommit` has resolved with false: what to tell the caller. */
  conflict(): ConflictError {
    const key = this.lostTo ?? EMPTY_BYTES;
    if (key === this.rider?.key) return new ConflictError('A commit with the same id came first');
    return this.conflictAt('Another commit came first', key);
  }

  protected conflictAt(what: string, key: Uint8Array): ConflictError {
    return new ConflictError(`${what}: key=${describeKey(key)}`, key, this.host.describedKey(key));
  }

  /** Forgets every write. Idempotent; does nothing after a commit. */
  rollback(): void {
    if (this.#status === 'active') this.#end('rolled-back');
  }

  /** As `rollback`, when the database is closed. */
  endByClose(): void {
    if (this.#status === 'active') this.#end('closed');
  }

  #deleteRange(range: DeletedBytes | undefined): void {
    this.#mustBeWritable(); // an encoder may have ended it
    if (range === undefined) return;
    this.#mustFit(range.start.length + range.end.length);
    this.writes.deleteRange(range.start, range.end);
  }

  #ownValue(key: ByteSlice, hash: number): V | undefined | typeof NOT_OWN {
    const { writes } = this;
    if (writes.isEmpty) return NOT_OWN;
    const slot = writes.find(hash, key.bytes, key.start, key.end);
    if (slot !== NO_SLOT) {
      if (writes.typeOf(slot) === DELETION) return undefined;
      return this.host.decodeValue(
        writes.bytes,
        writes.valueStart(slot),
        writes.valueEnd(slot),
        key.bytes,
        key.start,
        key.end,
      );
    }
    return writes.isRangeDeleted(key.bytes, key.start, key.end) ? undefined : NOT_OWN;
  }

  /** What it has written itself; otherwise NOT_OWN, and the key is noted as read. */
  protected ownOrNoted(key: ByteSlice, hash: number): V | undefined | typeof NOT_OWN {
    const own = this.#ownValue(key, hash);
    if (own === NOT_OWN) this.reads?.addKey(hash, key.bytes, key.start, key.end);
    return own;
  }

  /** Called once: from `active`, or from the one commit. */
  #end(ending: Ending): void {
    this.#status = ending;
    this.host.release(this);
  }

  /** Throws ClosedError after the end. */
  mustBeActive(): void {
    if (this.#status !== 'active') throw new ClosedError(ENDED[this.#status]);
  }

  #mustFit(sizeBytes: number): void {
    const max = this.host.writeSetSizeBytesMax;
    if (this.writes.sizeBytes + sizeBytes <= max) return;
    throw new InvalidArgumentError(
      `Transaction writes more than its budget: transactionSizeBytesMax=${max}`,
    );
  }

  #mustBeWritable(): void {
    this.mustBeActive();
    if (this.isReadOnly) throw new InvalidArgumentError('Transaction is read-only');
  }
}

/** The error for what is no operation of a batch. */
export function noOperation(found: unknown): InvalidArgumentError {
  return new InvalidArgumentError(
    `Batch operation must be an object of type 'put', 'del', 'delRange' or 'clear': ` +
      `found=${describe(found)}`,
  );
}
