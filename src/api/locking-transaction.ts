/**
 * A pessimistic transaction: one that locks what it is going to change.
 *
 * Owns: `getForUpdate`, `lock` and `lockRange`, and what they do to the snapshot.
 *
 * A lock is exclusive and held to the end. While it is held nobody else commits to what it covers: other pessimistic
 * transactions wait in `getForUpdate`, plain writes and optimistic transactions wait in their commit. So a
 * transaction that locks what it reads and writes is never refused for a conflict, only, at worst, to break a
 * deadlock. Keys written without a lock are locked at the commit, which may then find them changed, and conflict.
 *
 * Invariants:
 *   V1. Everything read is of one snapshot, no older than any lock as long as nothing was read without one: every lock
 *       that is granted moves the snapshot to the newest state, whether or not what it covers is newer. All that was read
 *       before is locked, and so unchanged; writes do not depend on the snapshot. So whoever takes a lock as a mutex and
 *       then reads other keys sees what the holder before has committed, and does not conflict with it.
 *   V2. Once something was read without a lock the snapshot stays, and a lock on what is newer is refused with
 *       ConflictError. What the own writes answer is no read.
 *
 * Suspension: the three lock methods wait for their turn; everything else as in Transaction.
 */
import { type ByteSlice, copyRange } from '../bytes/bytes.ts';
import { InvalidArgumentError } from '../base/errors.ts';
import type { Durability } from '../base/options.ts';
import type { LockOwner, LockRange, LockRequest } from '../txn/lock-request.ts';
import type { ReadSet } from '../txn/read-set.ts';
import {
  type Bounded,
  NOT_OWN,
  type RangeOptions,
  Transaction,
  type TransactionHost,
} from './transaction.ts';
import type { WriteSet } from '../txn/write-set.ts';

/** What a pessimistic transaction needs beyond the usual. */
export interface LockingHost<K> {
  /** Of each wait. */
  readonly timeoutMs: number;
  acquire(owner: LockOwner, request: LockRequest): Promise<void>;
  isHeldBy(owner: LockOwner, key: Uint8Array): boolean;
  /** True when one range lock holds the whole range. */
  isRangeHeldBy(owner: LockOwner, range: LockRange): boolean;
  /** A key of the request that was committed after `sequence`, or undefined. */
  writtenSince(request: LockRequest, sequence: number): Uint8Array | undefined;
  /** Moves the transaction's snapshot to the newest state. */
  advance(transaction: LockOwner): void;
  boundsOf(range: RangeOptions<K>): LockRange | undefined;
}

export class LockingTransaction<K, V> extends Transaction<K, V> implements LockOwner {
  readonly #locking: LockingHost<K>;
  #lockCount = 0;
  /** True once something was read that is not locked (V2). */
  #hasReadUnlocked = false;
  /** True once a lock was granted on what is newer than the snapshot: it does not vouch for what the snapshot shows. */
  #isBehindLock = false;

  constructor(
    host: TransactionHost<K, V>,
    locking: LockingHost<K>,
    sequence: number,
    pinnedAtMs: number,
    durability: Durability,
    writes: WriteSet,
    reads: ReadSet | undefined,
  ) {
    super(host, sequence, pinnedAtMs, false, durability, writes, reads);
    this.#locking = locking;
  }

  /** How long it waits for a lock, in its commit too. */
  get lockTimeoutMs(): number {
    return this.#locking.timeoutMs;
  }

  /** Locks and writes so far: what a deadlock's victim would have to do again. */
  get cost(): number {
    return this.#lockCount + this.writes.countOperations();
  }

  /**
   * Waits for the key's lock and reads its newest value. Rejects with ConflictError when this transaction is chosen to
   * break a deadlock, or when the key is newer than what was already read without locks; with LockTimeoutError,
   * AbortedError or ClosedError.
   */
  getForUpdate(key: K): Promise<V | undefined> {
    return quiet(this.#getForUpdate(key));
  }

  /** As `getForUpdate` without reading. An absent key can be locked too: nobody else inserts it meanwhile. */
  lock(key: K): Promise<void> {
    return quiet(this.#lock(key).then(() => undefined));
  }

  /** Locks every key in the range, present or absent. */
  lockRange<R extends RangeOptions<K>>(range: R & Bounded<R>): Promise<void> {
    return quiet(this.#lockRange(range));
  }

  /** A scan begins. True when nothing that it may see can change before the end: it needs no validation. */
  noteScan(range: LockRange | undefined): boolean {
    const isHeld = range === undefined || this.#locking.isRangeHeldBy(this, range);
    const isLocked = !this.#isBehindLock && isHeld;
    if (!isLocked) this.#hasReadUnlocked = true;
    return isLocked;
  }

  protected override ownOrNoted(key: ByteSlice, hash: number): V | undefined | typeof NOT_OWN {
    const own = super.ownOrNoted(key, hash);
    if (own === NOT_OWN && !this.#hasReadUnlocked) {
      const bytes = key.bytes.subarray(key.start, key.end);
      this.#hasReadUnlocked = !this.#locking.isHeldBy(this, bytes);
    }
    return own;
  }

  async #getForUpdate(key: K): Promise<V | undefined> {
    const own = await this.#lock(key);
    return this.getEncoded(own); // not the key again: its memory is the caller's, and may hold another by now
  }

  async #lock(key: K): Promise<ByteSlice> {
    this.mustBeActive();
    const { bytes, start, end } = this.host.encodeKey(key);
    this.mustBeActive();
    const own = copyRange(bytes, start, end);
    await this.#acquire({ keys: [own], ranges: [] });
    return { bytes: own, start: 0, end: own.length };
  }

  async #lockRange(range: RangeOptions<K>): Promise<void> {
    this.mustBeActive();
    const bounds = this.#locking.boundsOf(range);
    this.mustBeActive();
    if (bounds === undefined) throw new InvalidArgumentError('Range holds no key');
    await this.#acquire({ keys: [], ranges: [bounds] });
  }

  async #acquire(request: LockRequest): Promise<void> {
    await this.#locking.acquire(this, request);
    this.mustBeActive(); // it may have been rolled back meanwhile, which gave the lock back
    this.#lockCount++;
    if (!this.#hasReadUnlocked) {
      this.#locking.advance(this); // V1
      return;
    }
    const newer = this.#locking.writtenSince(request, this.sequence);
    if (newer === undefined) return;
    this.#isBehindLock = true;
    throw this.conflictAt('Key is newer than what was read', newer); // V2
  }
}

/**
 * A request may end before its caller looks at it: by the end of the transaction, or of the database. That ends no
 * process; whoever awaits it is told all the same.
 */
function quiet<T>(request: Promise<T>): Promise<T> {
  request.catch(() => undefined);
  return request;
}
