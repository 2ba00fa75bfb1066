/**
 * The locks of a pessimistic transaction.
 *
 * Owns: what the transaction has locked, whether it has read without a lock, and when its snapshot moves.
 *
 * Locks are taken in the caller's order and held to the end of the transaction. They keep out every other writer: other
 * pessimistic transactions wait in `getForUpdate`, plain writes and optimistic transactions wait in their commit. So a
 * transaction that locks everything it reads and writes never loses to a conflict. At worst it is refused to break a
 * deadlock. The commit locks the keys that were written without a lock; it may then find them changed, and conflict.
 *
 * Invariants:
 *   transaction-locks/follows-the-locks: all reads are of one snapshot. While every read was of a locked key, each
 *       granted lock moves the snapshot to the newest state, whether or not the locked key is newer. That is safe:
 *       every key read before is locked, and so unchanged, and writes do not depend on the snapshot. Example: a
 *       transaction takes a lock as a mutex and then reads other keys. It sees the commit of the holder before it, and
 *       does not conflict with it.
 *   transaction-locks/stays-after-a-read: once a key was read without a lock the snapshot stays. A lock on a newer key
 *       is then refused with ConflictError. A read that the transaction's own writes answer does not count.
 *
 * Suspension: `acquire` waits for its turn; everything else is synchronous.
 */
import type { ByteSlice } from '../bytes/bytes.ts';
import type { BoundedRange } from '../bytes/key-range.ts';
import type { ConflictError } from '../base/errors.ts';
import type { LockOwner, LockRequest } from '../txn/lock-request.ts';
import type { WriteSet } from '../txn/write-set.ts';

/** The parts of the database that the locks need. */
export interface LockingHost {
  /** How long each wait may last. */
  readonly timeoutMs: number;
  acquire(owner: LockOwner, request: LockRequest): Promise<void>;
  isHeldBy(owner: LockOwner, key: Uint8Array): boolean;
  /** True when one range lock holds the whole range. */
  isRangeHeldBy(owner: LockOwner, range: BoundedRange): boolean;
  /** A key of the request that was committed after `sequence`, or undefined. */
  writtenSince(request: LockRequest, sequence: number): Uint8Array | undefined;
}

/** The parts of their transaction that the locks need. */
export interface LockingCore {
  /** The last commit that its snapshot sees. */
  readonly sequence: number;
  mustBeActive(): void;
  /** Moves its snapshot to the newest state. */
  advance(): void;
  conflictAt(what: string, key: Uint8Array): ConflictError;
}

export class TransactionLocks implements LockOwner {
  readonly #host: LockingHost;
  readonly #writes: WriteSet;
  #lockCount = 0;
  /** True once a key was read without a lock (transaction-locks/stays-after-a-read). */
  #hasReadUnlocked = false;
  /** True once a lock was granted on a newer key: what the snapshot shows of that key is old. */
  #isBehindLock = false;

  constructor(host: LockingHost, writes: WriteSet) {
    this.#host = host;
    this.#writes = writes;
  }

  /** How long the transaction waits for a lock, in its commit too. */
  get timeoutMs(): number {
    return this.#host.timeoutMs;
  }

  /** Locks and writes so far: the work that the victim of a deadlock does again. */
  get cost(): number {
    return this.#lockCount + this.#writes.countOperations();
  }

  /** Notes that the snapshot answers for a key. */
  noteRead(key: ByteSlice): void {
    if (this.#hasReadUnlocked) return;
    const bytes = key.bytes.subarray(key.start, key.end);
    this.#hasReadUnlocked = !this.#host.isHeldBy(this, bytes);
  }

  /** Notes a scan. True when a range lock keeps everything that it may see: it needs no validation. */
  noteScan(range: BoundedRange | undefined): boolean {
    const isHeld = range === undefined || this.#host.isRangeHeldBy(this, range);
    const isLocked = !this.#isBehindLock && isHeld;
    if (!isLocked) this.#hasReadUnlocked = true;
    return isLocked;
  }

  /** Waits for the locks of a request. `core` is the transaction that these locks are a part of. */
  async acquire(core: LockingCore, request: LockRequest): Promise<void> {
    await this.#host.acquire(this, request);
    core.mustBeActive(); // it may have been rolled back meanwhile, which gave the lock back
    this.#lockCount++;
    if (!this.#hasReadUnlocked) {
      core.advance(); // transaction-locks/follows-the-locks
      return;
    }
    const newer = this.#host.writtenSince(request, core.sequence);
    if (newer === undefined) return;
    this.#isBehindLock = true;
    throw core.conflictAt('Key is newer than what was read', newer); // transaction-locks/stays-after-a-read
  }
}
