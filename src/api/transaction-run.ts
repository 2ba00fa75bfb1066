/**
 * One call of `db.transaction`: its body, run until a transaction of it commits.
 *
 * Owns: the runs of the body, one after the other, and what becomes of each: committed, run again, or given up.
 *
 * A body that returns no promise has run in one turn, so no commit came between what it read and its end. It commits in
 * that turn, without a validation and with one promise. When the commit has to wait, for room or for a lock, others may
 * come first. What the body has read is not known then, so any of them counts: the body runs again, as a serializable
 * transaction, which notes its reads.
 *
 * Invariants:
 *   transaction-run/one-turn: a body that returns no promise is serializable under any isolation.
 *   transaction-run/wins-in-the-end: over a store elsewhere a body that has lost some times locks the keys that it lost
 *       over before it runs again. Otherwise it would lose for ever to a writer that is nearer to the store.
 *   transaction-run/told-once-applied: a body whose transaction was committed, or may have been, is never run again.
 *
 * Suspension: `start` runs the body in the turn of the call; the promise that it returns suspends for the body, the
 * lane and the commit.
 */
import { hold, letGo } from '../base/liveness.ts';
import { ConflictError } from '../base/errors.ts';
import { isThenable } from '../base/thenable.ts';
import type { CommitIdRecord, StoreLocks } from '../store/contract.ts';
import { LOCK_TIMEOUT_MS_DEFAULT } from '../txn/lock-table.ts';
import type { CommitLockOwner, TransactionCore } from './transaction-core.ts';

/** The parts of the transactor that a run needs. */
export interface RunHost {
  /** A transaction of this call. `notesReads`: as a serializable one. Throws when none may begin. */
  begin(notesReads: boolean): TransactionCore;
  /** The lane of transactions that run again; false when this one was let go without. */
  enterLane(): Promise<boolean>;
  leaveLane(): void;
  /** Undefined for a store that commits in the turn of the call. */
  readonly locks: Pick<StoreLocks, 'acquire' | 'release'> | undefined;
  noteRetry(): void;
}

export interface RunRequest<T> {
  readonly body: (tx: TransactionCore) => T | PromiseLike<T>;
  /** The record of its commit id; undefined without one. */
  readonly record: CommitIdRecord | undefined;
  readonly retryCountMax: number;
  readonly signal: AbortSignal | undefined;
}

/** Losses after which a store elsewhere is asked to keep others off the keys that it lost over. */
const LOST_COUNT_MAX = 3;

export class TransactionRun<T> {
  readonly #host: RunHost;
  readonly #request: RunRequest<T>;
  #notesReads = false;
  #hasTicket = false;
  /** Locks the keys over which it has lost (transaction-run/wins-in-the-end); undefined before that. */
  #lockOwner: CommitLockOwner | undefined = undefined;
  readonly #lostKeys: Uint8Array[] = [];
  /** What the last run of the body has returned. */
  #result: T | undefined = undefined;

  constructor(host: RunHost, request: RunRequest<T>) {
    this.#host = host;
    this.#request = request;
  }

  /** Throws when no transaction may begin. */
  start(): Promise<T | undefined> {
    const { body, record, signal } = this.#request;
    const tx = this.#host.begin(false);
    let committed: Promise<void>;
    try {
      if (record !== undefined) {
        if (record.isKnownAt !== undefined) return this.#finish(tx, this.#run(tx));
        if (record.isKnown(tx.sequence)) return this.#finish(tx, this.#known(tx));
      }
      tx.rider = record;
      const returned = body(tx);
      if (isThenable(returned) || !tx.isActive) {
        return this.#finish(tx, this.#committed(tx, returned));
      }
      this.#result = returned as T; // it is no promise
      committed = tx.commitInTurn(signal);
    } catch (error) {
      return this.#finish(tx, refusal(error));
    }
    return committed.then(
      () => {
        if (tx.settle()) return this.#result;
        if (!tx.isUnnoted) return this.#finish(tx, LOST);
        this.#notesReads = true;
        return this.#finish(tx, LOST, -1); // transaction-run/one-turn: perhaps none stood against it
      },
      (error: unknown) => {
        tx.settleRefused(error);
        return this.#finish(tx, refusal(error));
      },
    );
  }

  /** Goes on from the outcome of a first run: true when it was committed. */
  async #finish(
    first: TransactionCore,
    firstOutcome: Promise<boolean>,
    firstCount = 0,
  ): Promise<T | undefined> {
    const { record, retryCountMax } = this.#request;
    let tx = first;
    let outcome = firstOutcome;
    hold();
    try {
      for (let retryCount = firstCount; ; retryCount++) {
        try {
          if (await outcome) return this.#result;
          if (retryCount >= retryCountMax) throw tx.conflict();
        } catch (error) {
          tx.rollback();
          record?.onRefused();
          const mayRepeat = error instanceof ConflictError && (await tx.isRepeatable());
          if (!mayRepeat || retryCount >= retryCountMax) throw error;
        }
        this.#host.noteRetry();
        if (!this.#hasTicket) this.#hasTicket = await this.#host.enterLane();
        await this.#lock(tx, retryCount);
        tx = this.#host.begin(this.#notesReads);
        if (tx.locks === undefined) tx.lockOwner = this.#lockOwner;
        outcome = this.#run(tx);
      }
    } finally {
      this.#leaveLane();
      if (this.#lockOwner !== undefined) this.#host.locks?.release(this.#lockOwner);
      letGo();
    }
  }

  /** Keeps transaction-run/wins-in-the-end. */
  async #lock({ lostTo, locks: own }: TransactionCore, retryCount: number): Promise<void> {
    const { locks } = this.#host;
    if (locks === undefined || own !== undefined || lostTo === undefined) return;
    if (lostTo.length === 0 || retryCount < LOST_COUNT_MAX) return;
    this.#lostKeys.push(lostTo);
    this.#lockOwner ??= { cost: Infinity, timeoutMs: LOCK_TIMEOUT_MS_DEFAULT };
    const { timeoutMs } = this.#lockOwner;
    const { signal } = this.#request;
    const request = { keys: this.#lostKeys, ranges: [] };
    await locks.acquire(this.#lockOwner, request, { timeoutMs, signal });
  }

  async #run(tx: TransactionCore): Promise<boolean> {
    const { body, record } = this.#request;
    if (record?.isKnownAt !== undefined) {
      if (await record.isKnownAt(tx.place)) return this.#known(tx);
      tx.mustBeActive(); // the database may have been closed
    } else if (record?.isKnown(tx.sequence) === true) return this.#known(tx);
    tx.rider = record;
    return this.#committed(tx, body(tx));
  }

  async #committed(tx: TransactionCore, returned: T | PromiseLike<T>): Promise<boolean> {
    this.#result = isThenable(returned) ? await returned : (returned as T); // it is no promise
    if (!tx.isActive) return tx.isCommitted(); // the body ended it
    return tx.tryCommit(() => this.#leaveLane(), this.#request.signal);
  }

  /** Waits until the commit with this id is published. */
  async #known(tx: TransactionCore): Promise<boolean> {
    await tx.tryCommit(() => this.#leaveLane(), this.#request.signal);
    this.#result = undefined;
    return true;
  }

  /** The next in the lane builds on a commit as soon as that has its place: it need not wait for the disk. */
  #leaveLane(): void {
    if (this.#hasTicket) this.#host.leaveLane();
    this.#hasTicket = false;
  }
}

/** Rejects with exactly what was thrown. */
function refusal(thrown: unknown): Promise<never> {
  const reason = thrown as Error; // a body may throw any value
  return Promise.reject(reason);
}

const LOST: Promise<boolean> = Promise.resolve(false);
