/**
 * The transactor: transactions from begin to end, and the loop that runs them again.
 *
 * Owns: which horizon a transaction reads at, its pin, its options, and the lane of those that run again
 * (txn/retry-lane.ts). The runs of a body are in transaction-run.ts.
 *
 * A transaction that may write reads at the assigned horizon: it sees commits whose group is still on its way to the
 * disk. Its own commit lies behind them in the log. So its acknowledgement implies theirs, and it is lost when they are
 * lost. A transaction that has written nothing waits for them at its commit.
 *
 * Invariants:
 *   transactor/no-body-after-close: no body begins after the call of `close`, for the first time or again. Transactions
 *       that wait in the lane are refused. Active ones are ended, and their next call says so.
 *   transactor/options-read-once: the options of a run are read before its first body, which may change them.
 *
 * Suspension: `run` begins in the turn of the call, and its promise suspends; `begin` and `close` never suspend.
 */
import { abortedBy } from '../base/abort.ts';
import { ClosedError, InvalidArgumentError, UnsupportedError } from '../base/errors.ts';
import { describe } from '../base/describe.ts';
import {
  checkBoolean,
  checkChoice,
  checkSignal,
  type Durability,
  takeOptions,
  type Taken,
  type Template,
} from '../base/options.ts';
import { readOnly } from './read-only.ts';
import { ReadSet } from '../txn/read-set.ts';
import { LOCK_TIMEOUT_MS_DEFAULT } from '../txn/lock-table.ts';
import { makeLockingTransaction } from './locking-transaction.ts';
import { RetryLane } from '../txn/retry-lane.ts';
import { type KeyspaceLookup, TransactionCore, type TransactionHost } from './transaction-core.ts';
import { TransactionLocks } from './transaction-locks.ts';
import { type RunHost, TransactionRun } from './transaction-run.ts';
import type { Isolation, TransactionMode, TransactionOptions } from './transaction-options.ts';
import { coreOf, makeTransaction, mustBeBody, type Transaction } from './transaction.ts';
import { WriteSet } from '../txn/write-set.ts';
import type { CommitIdRecord, Store } from '../store/contract.ts';
import type { TransactionUsage } from '../store/stats.ts';
import type { Space } from './space.ts';
import type { Writer } from './writer.ts';

/** Options of `db.transaction`. */
export interface RunOptions extends TransactionOptions {
  /** How often a transaction that lost to another commit is run again; default 100. */
  readonly retryCountMax?: number;
  /**
   * A name for what the transaction does, up to 1,024 bytes. When a commit with this id was applied before, within
   * `commitIdRetentionMs`, the body is not run and the call resolves with undefined: a retry after an unknown outcome,
   * in a new process too, applies once.
   */
  readonly commitId?: string;
  /** Ends waiting and retrying with AbortedError; a commit that has begun is not undone. */
  readonly signal?: AbortSignal;
}

/** The options of a transaction, checked, with their defaults. */
interface Plan {
  readonly isolation: Isolation;
  readonly durability: Durability;
  readonly isReadOnly: boolean;
  readonly mode: TransactionMode;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

const TRANSACTION_OPTIONS: Template<TransactionOptions> = {
  isolation: undefined,
  durability: undefined,
  readOnly: undefined,
  mode: undefined,
  lockTimeoutMs: undefined,
};
const RUN_OPTIONS: Template<RunOptions> = {
  ...TRANSACTION_OPTIONS,
  retryCountMax: undefined,
  signal: undefined,
  commitId: undefined,
};
const RETRY_COUNT_MAX_DEFAULT = 100;
/** Longest wait for the lane: a transaction inside another's retry waits for the lane that its parent holds. */
const LANE_WAIT_MAX_MS = 100;
const FREE_SET_COUNT_MAX = 256;

export class Transactor {
  readonly #store: Store;
  readonly #host: TransactionHost;
  readonly #lane: RetryLane;
  readonly #durability: Durability;
  readonly #active = new Set<TransactionCore>();
  /** Write sets that ended transactions gave back: making one costs more than most transactions do. */
  readonly #freeWrites: WriteSet[] = [];
  readonly #freeReads: ReadSet[] = [];
  #isClosed = false;

  constructor(store: Store, writer: Writer, keyspaces: KeyspaceLookup) {
    this.#store = store;
    this.#durability = store.durability;
    this.#lane = new RetryLane(store.clock, LANE_WAIT_MAX_MS);
    this.#host = {
      writeSetSizeBytesMax: store.transactionSizeBytesMax,
      spaceOf: (keyspace) => keyspaces.spaceOf(keyspace),
      userKeyOf: (key) => keyspaces.userKeyOf(key),
      commit: (tx, onSequenced, signal) => writer.commit(tx, onSequenced, signal),
      isReadOnly: store.isReadOnly,
      release: (tx) => this.#release(tx),
    };
  }

  get usage(): TransactionUsage {
    let writeSetBytes = 0;
    let readSetBytes = 0;
    for (const { writes, late, reads } of this.#active) {
      writeSetBytes += writes.sizeBytes + (late?.heldSizeBytes ?? 0);
      readSetBytes += reads?.sizeBytes ?? 0;
    }
    return { transactionCount: this.#active.size, writeSetBytes, readSetBytes };
  }

  begin<K, V>(space: Space<K, V>, options?: TransactionOptions): Transaction<K, V> {
    const taken = takeOptions('a transaction', options, TRANSACTION_OPTIONS);
    return facadeOf(this.#begin(this.#planOf(taken, undefined)), space);
  }

  /** Runs `body` in a transaction until it commits; see `Database.transaction`. Throws for what is wrong with the call. */
  run<K, V, T>(
    space: Space<K, V>,
    body: (tx: Transaction<K, V>) => T | PromiseLike<T>,
    given?: RunOptions,
  ): Promise<T | undefined> {
    mustBeBody(body);
    const options = takeOptions('a transaction', given, RUN_OPTIONS);
    const { signal } = options;
    const plan = this.#planOf(options, checkSignal(signal));
    const request = {
      body: (tx: TransactionCore): T | PromiseLike<T> => body(facadeOf(tx, space)),
      record: this.#recordOf(options.commitId, plan),
      retryCountMax: checkRetryCount(options.retryCountMax),
      signal,
    };
    return new TransactionRun(this.#runHost(plan), request).start();
  }

  #runHost(plan: Plan): RunHost {
    return {
      begin: (notesReads) =>
        this.#beginRun(notesReads ? { ...plan, isolation: 'serializable' } : plan),
      // Locks put pessimistic retries in order by themselves.
      enterLane: async () => plan.mode !== 'pessimistic' && this.#lane.acquire(plan.signal),
      leaveLane: () => this.#lane.release(),
      locks: this.#store.isInTurn ? undefined : this.#store.locks,
      noteRetry: () => this.#store.noteRetry(),
    };
  }

  #recordOf(commitId: string | undefined, plan: Plan): CommitIdRecord | undefined {
    if (commitId === undefined) return undefined;
    if (this.#store.isReadOnly) throw readOnly('Nothing can be committed');
    if (!plan.isReadOnly) return this.#store.commitIdRecord(commitId);
    throw new InvalidArgumentError('A read-only transaction commits nothing to name');
  }

  #beginRun(plan: Plan): TransactionCore {
    if (this.#isClosed) throw closed();
    if (plan.signal?.aborted === true) {
      throw abortedBy(plan.signal, 'Transaction was aborted');
    }
    return this.#begin(plan);
  }

  /** True when a commit with this id is published, and its id still remembered. */
  hasCommitted(id: string): boolean | Promise<boolean> {
    return this.#store.hasCommitted(id);
  }

  /** Throws InvalidArgumentError for anything but a transaction of this database. */
  mustOwn<K, V>(tx: Transaction<K, V>): Transaction<K, V> {
    if (coreOf(tx)?.host === this.#host) return tx;
    throw new InvalidArgumentError(
      `Expected a transaction of this database: found=${describe(tx)}`,
    );
  }

  /** Ends active transactions and waits for the lane; no transaction begins after this. */
  close(): void {
    this.#isClosed = true;
    this.#lane.close(closed());
    for (const tx of [...this.#active]) tx.endByClose();
  }

  #planOf(options: Taken<TransactionOptions>, signal: AbortSignal | undefined): Plan {
    const isolation = checkChoice('isolation', options.isolation ?? 'snapshot', ISOLATION_LEVELS);
    const durability =
      options.durability === undefined
        ? this.#durability
        : checkChoice('durability', options.durability, ['sync', 'os']);
    const asked = checkBoolean('readOnly', options.readOnly ?? false);
    const mode = checkChoice('mode', options.mode ?? 'optimistic', TRANSACTION_MODES);
    if (mode === 'pessimistic') this.#mustLock();
    const isReadOnly = asked || this.#store.isReadOnly;
    const { lockTimeoutMs } = options;
    if (mode === 'optimistic' && lockTimeoutMs !== undefined) {
      throw new InvalidArgumentError('Option lockTimeoutMs needs mode pessimistic');
    }
    if (mode === 'pessimistic' && isReadOnly) {
      throw new InvalidArgumentError('A read-only transaction has nothing to lock');
    }
    const timeoutMs = checkLockTimeout(lockTimeoutMs);
    return { isolation, durability, isReadOnly, mode, timeoutMs, signal };
  }

  #mustLock(): void {
    if (this.#store.isReadOnly) throw readOnly('Nothing can be locked');
    if (this.#store.locks.areHeld) return;
    throw new UnsupportedError(
      'Option mode must be optimistic: nobody keeps locks for all who use this database; db.transaction runs again what has lost',
    );
  }

  #begin(plan: Plan): TransactionCore {
    const { isReadOnly, isolation } = plan;
    const writes = this.#freeWrites.pop() ?? new WriteSet();
    const tx = new TransactionCore(
      this.#host,
      this.#store.begin(isReadOnly ? 'read-only' : 'writing', isolation),
      plan,
      writes,
      isolation === 'serializable' && !isReadOnly
        ? (this.#freeReads.pop() ?? new ReadSet())
        : undefined,
      plan.mode === 'pessimistic' ? this.#locksFor(plan, writes) : undefined,
    );
    this.#active.add(tx);
    return tx;
  }

  #locksFor({ timeoutMs, signal }: Plan, writes: WriteSet): TransactionLocks {
    const { locks } = this.#store;
    return new TransactionLocks(
      {
        timeoutMs,
        acquire: (owner, request) => locks.acquire(owner, request, { timeoutMs, signal }),
        isHeldBy: (owner, key) => locks.isHeldBy(owner, key),
        isRangeHeldBy: (owner, range) => locks.isRangeHeldBy(owner, range),
        writtenSince: (request, sequence) => locks.writtenSince(request, sequence),
      },
      writes,
    );
  }

  #release(tx: TransactionCore): void {
    if (tx.locks !== undefined) this.#store.locks.release(tx.locks);
    this.#active.delete(tx);
    tx.place.close();
    if (tx.reads !== undefined && this.#freeReads.length < FREE_SET_COUNT_MAX) {
      tx.reads.clear();
      this.#freeReads.push(tx.reads);
    }
    if (tx.isScanned || this.#freeWrites.length >= FREE_SET_COUNT_MAX) return;
    tx.writes.clear();
    this.#freeWrites.push(tx.writes);
  }
}

const TRANSACTION_MODES = ['optimistic', 'pessimistic'] as const;
const ISOLATION_LEVELS = ['snapshot', 'serializable'] as const;

/** The transaction as its user holds it. */
function facadeOf<K, V>(core: TransactionCore, space: Space<K, V>): Transaction<K, V> {
  return core.locks === undefined
    ? makeTransaction(core, space)
    : makeLockingTransaction(core, space, core.locks);
}

function closed(): ClosedError {
  return new ClosedError('Database is closed');
}

const LOCK_TIMEOUT_MS_MAX = 3_600_000;

function checkLockTimeout(timeoutMs: number | undefined): number {
  if (timeoutMs === undefined) return LOCK_TIMEOUT_MS_DEFAULT;
  if (Number.isInteger(timeoutMs) && timeoutMs >= 1 && timeoutMs <= LOCK_TIMEOUT_MS_MAX) {
    return timeoutMs;
  }
  throw new InvalidArgumentError(
    `Option lockTimeoutMs must be an integer from 1 to ${LOCK_TIMEOUT_MS_MAX}: found=${describe(timeoutMs)}`,
  );
}

function checkRetryCount(count: number | undefined): number {
  if (count === undefined) return RETRY_COUNT_MAX_DEFAULT;
  if (Number.isInteger(count) && count >= 0) return count;
  throw new InvalidArgumentError(
    `Option retryCountMax must be a whole number: found=${describe(count)}`,
  );
}
