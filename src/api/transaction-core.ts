/**
 * The core of a transaction: the state that the facade, the writer and the transactor share.
 *
 * Owns: its pin, its own writes over its snapshot, its savepoints, and its life: active, then committed or rolled back,
 * once. The facade (transaction.ts) has no state but this.
 *
 * Reads see the snapshot overlaid with the transaction's own writes, in point reads and scans alike. Writes stay here
 * until the commit, which the host validates, numbers and logs in one step. The host is a narrow seam: something to
 * read from at a sequence, and one commit request (docs/adr/0003-isolation.md).
 *
 * Invariants:
 *   transaction-core/pinned: a transaction is pinned from its begin to its end. So its snapshot stays readable, and the
 *       validation finds every commit since.
 *   transaction-core/update-unread: an update of a key that the transaction has neither written nor read is applied at the
 *       commit, to the newest value then, and conflicts with nothing. To read the key turns its updates into a write on
 *       the snapshot's value, which must be unchanged at the commit.
 *   transaction-core/as-of-the-call: a read whose answer has to wait shows the updates that there were at its call. Writes
 *       that come meanwhile are neither shown nor lost.
 *   transaction-core/ended-is-over: no call has an effect after the end: each throws ClosedError, which says how the
 *       transaction ended.
 *
 * Suspension: writes never suspend. Reads suspend when a block is not in memory, and on servers for what was not read.
 */
import { type ByteSlice, describeKey, EMPTY_BYTES, EMPTY_SLICE, sliceOf } from '../bytes/bytes.ts';
import { ClosedError, ConflictError, InvalidArgumentError } from '../base/errors.ts';
import type { BoundedRange } from '../bytes/key-range.ts';
import { hashKey } from '../bytes/hash.ts';
import type { Durability } from '../base/options.ts';
import { DELETION, type PointType } from '../base/value-type.ts';
import { LookupResult } from '../iterator/internal-iterator.ts';
import type { StoreSnapshot, StoreView } from '../store/contract.ts';
import type { Contender } from '../txn/commit-request.ts';
import type { CommitRider } from '../txn/commit-rider.ts';
import { ReadSet } from '../txn/read-set.ts';
import { allOf, type LateOperations, readKeyAhead } from '../txn/late-operations.ts';
import type { LockOwner } from '../txn/lock-request.ts';
import { WriteSet } from '../txn/write-set.ts';
import { makeSavepoint, placeOf, type Savepoint } from './savepoint.ts';
import { ownExpiry, ownValue, updatedOwn } from './own-value.ts';
import { PendingUpdates } from './pending-updates.ts';
import { readOnly } from './read-only.ts';
import { LaterValue, NOT_OWN, type OwnValue } from './reader.ts';
import { derivedOf, guardOf, type Space } from './space.ts';
import type { TransactionLocks } from './transaction-locks.ts';
import { type PendingUpdate, runUpdates, type Update, valueBefore } from './update.ts';

/** What the calls of a database need of its keyspaces. */
export interface KeyspaceLookup {
  /** The space of a keyspace of this database. Throws InvalidArgumentError for any other value. */
  spaceOf(keyspace: unknown): Space<unknown, unknown>;
  /** A key in the tree as its user knows it. */
  userKeyOf(key: Uint8Array): UserKey;
}

/** The parts of the database that a transaction needs. */
export interface TransactionHost extends KeyspaceLookup {
  /** Bytes of keys and values, overwritten ones included, that one transaction may write. */
  readonly writeSetSizeBytesMax: number;
  /** True when no transaction can write. */
  readonly isReadOnly: boolean;
  commit(
    transaction: TransactionCore,
    onSequenced: () => void,
    signal: AbortSignal | undefined,
  ): Promise<void>;
  /** Takes it off the lists; called once, when it ends. */
  release(transaction: TransactionCore): void;
}

/** A key for an error. */
export interface UserKey {
  /** As encoded, without the head of its keyspace. */
  readonly bytes: Uint8Array;
  /** Decoded; undefined when no handle of its keyspace can decode it. */
  readonly key: unknown;
  /** Empty for a key of the database itself. */
  readonly keyspaceName: string;
}

/** An owner of locks for one commit. */
export type CommitLockOwner = LockOwner & { readonly timeoutMs: number };

type Ending = 'committed' | 'lost' | 'failed' | 'rolled-back' | 'closed';
type Status = 'active' | 'committing' | Ending;

/** Messages for a call on a transaction that is not active. */
const ENDED: Readonly<Record<Exclude<Status, 'active'>, string>> = {
  committing:
    'Transaction has ended: its commit is under way; await all its calls in the function of the transaction',
  committed:
    'Transaction has ended: it was committed; await all its calls in the function of the transaction',
  lost: 'Transaction has ended: its commit lost to another',
  failed: 'Transaction has ended: its commit failed',
  'rolled-back': 'Transaction has ended: it was rolled back',
  closed: 'Transaction has ended: the database was closed',
};

export class TransactionCore implements Contender {
  /** Where it stands in the commit order (transaction-core/pinned). */
  readonly place: StoreSnapshot;
  /** The database that it belongs to. */
  readonly host: TransactionHost;
  readonly isReadOnly: boolean;
  readonly durability: Durability;
  readonly writes: WriteSet;
  /** The keys and ranges that must be unchanged at its commit; undefined for none. */
  reads: ReadSet | undefined;
  /** Takes everything that it reads; undefined unless it is serializable. */
  readonly noted: ReadSet | undefined;
  /** Updates of keys that it has neither written nor read; undefined before the first. */
  #updates: PendingUpdates | undefined = undefined;
  /** Undefined unless it is pessimistic. */
  readonly locks: TransactionLocks | undefined;
  /** The key over which its commit lost, a copy; set by the writer. */
  lostTo: Uint8Array | undefined = undefined;
  /** The owner of locks that were taken for its commit; set by the run of its body. */
  lockOwner: CommitLockOwner | undefined = undefined;
  /** Writes that are committed beside its own; set by the transactor. */
  rider: CommitRider | undefined = undefined;
  /**
   * True once a scan over `writes` was made, which may outlive the transaction: they are not reused. Set by the facade.
   */
  isScanned = false;
  /** True once it has read from its snapshot. */
  hasRead = false;
  /** True from the commit of a body that returned no promise on. */
  #isInTurn = false;
  #status: Status = 'active';
  #isReleased = false;
  /** The call of `commit` that ends it; undefined for one that ends otherwise. */
  #commitment: Promise<void> | undefined = undefined;
  readonly #savepoints: Savepoint[] = [];
  /** The keyspaces that `tx.in` has named; a commit looks whether they are still there. */
  readonly #named = new Set<Space<unknown, unknown>>();

  constructor(
    host: TransactionHost,
    place: StoreSnapshot,
    plan: { readonly isReadOnly: boolean; readonly durability: Durability },
    writes: WriteSet,
    reads: ReadSet | undefined,
    locks: TransactionLocks | undefined,
  ) {
    this.place = place;
    this.host = host;
    this.isReadOnly = plan.isReadOnly;
    this.durability = plan.durability;
    this.writes = writes;
    this.reads = reads;
    this.noted = reads;
    this.locks = locks;
  }

  /** The last commit that its snapshot sees. */
  get sequence(): number {
    return this.place.sequence;
  }

  /** True when commits that it may have read were taken back: it can only conflict. */
  get isDoomed(): boolean {
    return this.place.isDoomed;
  }

  /** Its updates that are applied at the commit; undefined for none. */
  get late(): PendingUpdates | undefined {
    return this.#updates?.isEmpty === false ? this.#updates : undefined;
  }

  get isUnnoted(): boolean {
    return this.#isInTurn && this.hasRead && this.noted === undefined;
  }

  /** False once it has been committed or rolled back, or while its commit is under way. */
  get isActive(): boolean {
    return this.#status === 'active';
  }

  /** Throws ClosedError after the end. */
  mustBeActive(): void {
    if (this.#status !== 'active') throw new ClosedError(ENDED[this.#status]);
  }

  mustBeWritable(): void {
    this.mustBeActive();
    if (this.host.isReadOnly) throw readOnly();
    if (this.isReadOnly) throw new InvalidArgumentError('Transaction is read-only');
  }

  /** Notes that a keyspace takes part. Returns its space. Throws as `TransactionHost.spaceOf` does. */
  enter(keyspace: unknown): Space<unknown, unknown> {
    const space = this.host.spaceOf(keyspace);
    space.mustBeOpen();
    this.#named.add(space);
    return space;
  }

  /** The guard of its commit; undefined when it has named no keyspace. */
  get guard(): (() => LateOperations | undefined) | undefined {
    return this.#named.size === 0 ? undefined : guardOf(this.#named);
  }

  /** What the guard would return now. */
  get derived(): LateOperations | undefined {
    return this.#named.size === 0 ? undefined : derivedOf(this.#named);
  }

  /** The value of a key that is placed; no code of the caller's runs before the lookup. */
  get<V>(space: Space<unknown, V>, key: ByteSlice): Promise<V | undefined> {
    const hash = hashKey(key.bytes, key.start, key.end);
    const own = this.ownOrNoted(space, key, hash);
    if (own === NOT_OWN) return space.reader.get(key, hash, this.place.view());
    return own instanceof LaterValue ? own.value : space.reader.answer(own);
  }

  getSync<V>(space: Space<unknown, V>, key: ByteSlice): V | undefined {
    const hash = hashKey(key.bytes, key.start, key.end);
    const pending = this.#updates?.of(key, hash);
    if (pending !== undefined) {
      this.#noteSettled([pending]);
      return this.#valueIn(this.#settle(this.place.view(), [pending], this.writes), space, pending);
    }
    const own = ownValue(this.writes, space, key, hash, this.place.wallMs);
    if (own !== NOT_OWN) return own;
    this.#noteRead(key, hash);
    return space.reader.getSync(key, hash, this.place.view());
  }

  /** When the entry of a key expires; NEVER for one that does not, undefined for an absent one. */
  expiresAt(space: Space<unknown, unknown>, key: ByteSlice): Promise<number | undefined> {
    const { bytes, start, end } = key;
    const hash = hashKey(bytes, start, end);
    const pending = this.#updates?.of(key, hash);
    if (pending !== undefined) {
      const settled = this.#settled([pending]);
      const expiryIn = (writes: WriteSet): number | undefined => this.#expiryIn(writes, pending);
      if (settled instanceof Promise) return settled.then(expiryIn);
      return space.reader.answer(expiryIn(settled));
    }
    const own = ownExpiry(this.writes, key, hash, this.place.wallMs);
    if (own !== NOT_OWN) return space.reader.answer(own);
    this.#noteRead(key, hash);
    return space.reader.expiresAt(key, hash, this.place.view());
  }

  /**
   * The value that it has written itself, or LaterValue when that has to be read first; otherwise NOT_OWN, and the key is
   * noted as read.
   */
  ownOrNoted<V>(space: Space<unknown, V>, key: ByteSlice, hash: number): OwnValue<V> {
    const own = ownValue(this.writes, space, key, hash, this.place.wallMs);
    if (own !== NOT_OWN) return own;
    const pending = this.#updates?.of(key, hash);
    if (pending !== undefined) {
      const settled = this.#settled([pending]);
      const valueIn = (writes: WriteSet): V | undefined => this.#valueIn(writes, space, pending);
      return settled instanceof Promise ? new LaterValue(settled.then(valueIn)) : valueIn(settled);
    }
    this.#noteRead(key, hash);
    return NOT_OWN;
  }

  /** Writes an entry, whose encoder may have ended the transaction. Throws InvalidArgumentError beyond the budget. */
  write(type: PointType, key: ByteSlice, value: ByteSlice): void {
    this.mustBeWritable();
    const { bytes, start, end } = key;
    this.#mustFit(end - start + (value.end - value.start));
    const hash = hashKey(bytes, start, end);
    this.#updates?.drop(key, hash);
    this.writes.write(type, hash, key, value);
  }

  /** Applies an update to what it has written itself; otherwise keeps it for the commit. `key` is kept. */
  update<V>(space: Space<unknown, V>, key: Uint8Array, update: Update<V>): void {
    this.mustBeWritable(); // an encoder may have ended it
    const slice = sliceOf(key);
    const hash = hashKey(key, 0, key.length);
    const { wallMs } = this.place;
    const next = updatedOwn(this.writes, space, slice, hash, { update, wallMs });
    if (next === NOT_OWN) {
      this.#mustFit(key.length);
      this.#updates ??= new PendingUpdates();
      // Its translator checks what its updates return.
      this.#updates.add(space, key, hash, update as Update<unknown>);
    } else if (next !== undefined) this.write(next.type, slice, next.value);
  }

  /**
   * Settles the updates of the keys that a scan will read (transaction-core/update-unread). A promise where their values have
   * to be read first: of what the updates make of them, which `writes` does not have yet.
   */
  settleIn(range: BoundedRange): WriteSet | Promise<WriteSet> | undefined {
    const updated = this.#updates?.inRange(range) ?? [];
    return updated.length === 0 ? undefined : this.#settled(updated);
  }

  /** Runs what reads at its snapshot within one turn; see `StoreSnapshot.inStep`. */
  inStep<T>(
    ahead: (view: StoreView) => Promise<unknown> | undefined,
    run: (view: StoreView) => T,
  ): T | Promise<T> {
    const { place } = this;
    return place.inStep === undefined ? run(place.view()) : place.inStep(ahead, run);
  }

  deleteRange(range: BoundedRange | undefined): void {
    this.mustBeWritable(); // an encoder may have ended it
    if (range === undefined) return;
    this.#mustFit(range.start.length + range.end.length);
    this.#updates?.dropRange(range);
    this.writes.deleteRange(range.start, range.end);
  }

  /** Moves the snapshot to the newest state; for locks (transaction-locks/follows-the-locks). */
  advance(): void {
    this.place.advance();
  }

  savepoint(): Savepoint {
    this.mustBeWritable();
    const depth = this.#savepoints.length;
    const savepoint = makeSavepoint({
      owner: this,
      mark: this.writes.mark(),
      updateMark: this.#updates?.mark(),
      depth,
    });
    this.#savepoints.push(savepoint);
    return savepoint;
  }

  rollbackTo(savepoint: Savepoint): void {
    this.mustBeWritable();
    const place = placeOf(savepoint);
    if (place === undefined || place.owner !== this) {
      throw new InvalidArgumentError('Savepoint is not one of this transaction');
    }
    if (this.#savepoints[place.depth] !== savepoint) {
      throw new InvalidArgumentError('Savepoint was rolled back past');
    }
    this.#savepoints.length = place.depth + 1;
    this.writes.rollbackTo(place.mark);
    if (place.updateMark === undefined) this.#updates = undefined;
    else this.#updates?.rollbackTo(place.updateMark);
  }

  commit(): Promise<void> {
    const { isActive } = this;
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
   * For a body that returned no promise: begins the commit in this turn, as one promise. `settle` comes when it resolves,
   * `settleRefused` when it rejects. Once the commit has its place the transaction holds nothing any more.
   */
  commitInTurn(signal: AbortSignal | undefined): Promise<void> {
    this.mustBeActive();
    this.#status = 'committing';
    this.#isInTurn = true;
    try {
      return this.host.commit(this, () => this.#release(), signal);
    } catch (error) {
      this.settleRefused(error);
      throw error;
    }
  }

  /** True when the commit was applied, false when it lost. */
  settle(): boolean {
    this.#end(this.lostTo === undefined ? 'committed' : 'lost');
    return this.lostTo === undefined;
  }

  settleRefused(error: unknown): void {
    this.#end(error instanceof ConflictError ? 'lost' : 'failed');
  }

  /**
   * For `db.transaction`, when a body has returned and ended its transaction itself: true when it was committed, false
   * when it lost. Waits for a commit under way, rejects as that does, and with ClosedError when it was rolled back.
   */
  async isCommitted(): Promise<boolean> {
    await this.#commitment;
    if (this.#status === 'rolled-back' || this.#status === 'closed') this.mustBeActive();
    return this.#status === 'committed';
  }

  /** For `db.transaction`, when a body has thrown: false when its transaction was, or may have been, committed. */
  async isRepeatable(): Promise<boolean> {
    await this.#commitment?.catch(() => undefined); // the status tells
    return this.#status !== 'committed' && this.#status !== 'failed';
  }

  /** The error for the caller, after `tryCommit` has resolved with false. */
  conflict(): ConflictError {
    const key = this.lostTo ?? EMPTY_BYTES;
    if (key === this.rider?.key) return new ConflictError('A commit with the same id came first');
    return this.conflictAt('Another commit came first', key);
  }

  conflictAt(what: string, key: Uint8Array): ConflictError {
    const { bytes, key: decoded, keyspaceName } = this.host.userKeyOf(key);
    const place = keyspaceName === '' ? '' : ` keyspace=${keyspaceName}`;
    return new ConflictError(`${what}:${place} key=${describeKey(bytes)}`, bytes, decoded);
  }

  /** Forgets every write. Idempotent; does nothing after a commit. */
  rollback(): void {
    if (this.#status === 'active') this.#end('rolled-back');
  }

  /** As `rollback`, when the database is closed. */
  endByClose(): void {
    if (this.#status === 'active') this.#end('closed');
  }

  #noteRead(key: ByteSlice, hash: number): void {
    this.hasRead = true;
    this.noted?.addKey(hash, key.bytes, key.start, key.end);
    this.locks?.noteRead(key);
  }

  /** From now on the values of the snapshot must be unchanged at the commit, at either level. */
  #noteSettled(updated: readonly PendingUpdate[]): void {
    this.reads ??= new ReadSet();
    for (const { key, hash } of updated) {
      this.reads.addKey(hash, key, 0, key.length);
      this.locks?.noteRead(sliceOf(key));
    }
  }

  /** Settles updates for an awaited read. What they make of their values is in the writes that it gives. */
  #settled(updated: readonly PendingUpdate[]): WriteSet | Promise<WriteSet> {
    this.#noteSettled(updated);
    const { place } = this;
    if (place.inStep === undefined) return this.#settle(place.view(), updated, this.writes);
    const result = new LookupResult();
    return place.inStep(
      (view) =>
        allOf(updated.map(({ key, hash }) => readKeyAhead(view, sliceOf(key), hash, result))),
      (view) => this.#settle(view, updated, new WriteSet()),
    );
  }

  /**
   * Turns updates into writes on the values of the snapshot. The caller may have gone on since they were asked for: an update
   * that is not as it was then stays as it is, and `into` has what the read must show. Reads everything, then runs functions.
   */
  #settle(view: StoreView, updated: readonly PendingUpdate[], into: WriteSet): WriteSet {
    const values = updated.map((pending) => valueBefore(view, pending));
    const wasActive = this.isActive;
    for (const [i, pending] of updated.entries()) {
      const { key, hash } = pending;
      const slice = sliceOf(key);
      const { isThere, expiresAtMs, decode } = values[i]!; // as many
      const next = runUpdates(pending, decode(), expiresAtMs);
      if (wasActive) this.mustBeActive(); // code of the caller's has run
      if (into !== this.writes) {
        into.write(next?.type ?? DELETION, hash, slice, next?.value ?? EMPTY_SLICE);
      }
      if (!wasActive || this.#updates?.of(slice, hash) !== pending) continue;
      if (next !== undefined) this.write(next.type, slice, next.value);
      else if (isThere) this.write(DELETION, slice, EMPTY_SLICE);
      else this.#updates.drop(slice, hash);
    }
    return into;
  }

  /** What a read of the key shows of the writes of `#settled`. */
  #valueIn<V>(
    writes: WriteSet,
    space: Space<unknown, V>,
    { key, hash }: PendingUpdate,
  ): V | undefined {
    const value = ownValue(writes, space, sliceOf(key), hash, this.place.wallMs);
    return value === NOT_OWN ? undefined : value;
  }

  #expiryIn(writes: WriteSet, { key, hash }: PendingUpdate): number | undefined {
    const expiresAtMs = ownExpiry(writes, sliceOf(key), hash, this.place.wallMs);
    return expiresAtMs === NOT_OWN ? undefined : expiresAtMs;
  }

  /** Called once: from `active`, or from the one commit. */
  #end(ending: Ending): void {
    this.#status = ending;
    this.#release();
  }

  #release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.host.release(this);
  }

  #mustFit(sizeBytes: number): void {
    const max = this.host.writeSetSizeBytesMax;
    const held = this.writes.sizeBytes + (this.#updates?.heldSizeBytes ?? 0);
    if (held + sizeBytes <= max) return;
    throw new InvalidArgumentError(
      `Transaction writes more than its budget, on servers that of one commit there: transactionSizeBytesMax=${max}`,
    );
  }
}
