/**
 * Transactions from begin to end, and the loop that runs them again.
 *
 * Owns: which horizon a transaction reads at, its pin, and `run`: commit on return, roll back on throw, retry on
 * conflict through the lane (txn/retry-lane.ts).
 *
 * A transaction that may write reads at the assigned horizon: it sees commits whose group is still on its way to the
 * disk. Its own commit lies behind them in the log, so its acknowledgement implies theirs; if they are lost it is
 * lost with them. One that turns out to have written nothing waits for them at its commit.
 *
 * Invariants:
 *   transactor/no-body-after-close: from the call of `close` on no body begins, be it for the first time or again. What
 *       waits in the lane is refused, what is active is ended, and its next call says so.
 *   transactor/told-once-applied: a body whose transaction was committed, or may have been, is never run again.
 *   transactor/options-read-once: the options of a run are read before its first body, which may change them.
 */
import { abortedBy } from '../base/abort.ts';
import { boundedRange, type KeyRange, USER_KEYS } from '../bytes/key-range.ts';
import { ClosedError, ConflictError, InvalidArgumentError } from '../base/errors.ts';
import type { Clock } from '../base/clock.ts';
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
import { sequenceNumber } from '../base/ids.ts';
import { ReadSet } from '../txn/read-set.ts';
import { LOCK_TIMEOUT_MS_DEFAULT } from '../txn/lock-table.ts';
import { makeLockingTransaction } from './locking-transaction.ts';
import { RetryLane } from '../txn/retry-lane.ts';
import { RANGE_OPTIONS, type ScanOptions } from './ranges.ts';
import { TransactionCore, type TransactionHost } from './transaction-core.ts';
import { TransactionLocks } from './transaction-locks.ts';
import type { Isolation, TransactionMode, TransactionOptions } from './transaction-options.ts';
import { coreOf, makeTransaction, mustBeBody, type Transaction } from './transaction.ts';
import { WriteSet } from '../txn/write-set.ts';
import { WriteSetIterator } from '../txn/write-set-iterator.ts';
import { CommitIds, type IdRecord } from '../engine/commit/commit-ids.ts';
import type { Engine } from '../engine/engine.ts';
import { openScan } from '../engine/read/read-path.ts';
import type { Reader, ScanView } from './reader.ts';
import type { Translator } from './translator.ts';
import type { Writer } from './writer.ts';

/** What `db.transaction` takes beside its body. */
export interface RunOptions extends TransactionOptions {
  /** How often a transaction that lost to another commit is run again; default 100. */
  readonly retryCountMax?: number;
  /**
   * A name for what the transaction does, up to 1,024 bytes. When a commit with this id was applied before, within
   * `commitIdRetentionMs`, the body is not run and the call resolves with undefined: a retry after an unknown outcome, in a
   * new process too, applies once.
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

/** What running transactions hold. */
export interface TransactionUsage {
  readonly transactionCount: number;
  readonly writeSetBytes: number;
  readonly readSetBytes: number;
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
/** A transaction started inside another's retry waits no longer for the lane that its parent holds. */
const LANE_WAIT_MAX_MS = 100;
const FREE_SET_COUNT_MAX = 256;

export class Transactor<K, V> {
  readonly #engine: Engine;
  readonly #host: TransactionHost<K, V>;
  readonly #lane: RetryLane;
  readonly #commitIds: CommitIds;
  readonly #clock: Clock;
  readonly #durability: Durability;
  readonly #active = new Set<TransactionCore<K, V>>();
  /** Write sets that ended transactions gave back: making one costs more than most transactions do. */
  readonly #freeWrites: WriteSet[] = [];
  readonly #freeReads: ReadSet[] = [];
  #isClosed = false;

  constructor(
    engine: Engine,
    translator: Translator<K, V>,
    reader: Reader<K, V>,
    writer: Writer<K, V>,
  ) {
    this.#engine = engine;
    this.#clock = engine.parts.clock;
    this.#durability = engine.parts.options.durability;
    this.#commitIds = new CommitIds({
      clock: this.#clock,
      horizons: engine.horizons,
      retentionMs: engine.parts.options.commitIdRetentionMs,
      bytesAt: (key, sequence) => reader.bytesSync(key, sequence),
      scan: (bounds) =>
        openScan(engine.state, engine.parts.tables, engine.horizons.assigned, bounds),
    });
    this.#lane = new RetryLane(this.#clock, LANE_WAIT_MAX_MS);
    this.#host = {
      writeSetSizeBytesMax: engine.parts.options.transactionSizeBytesMax,
      encodeKey: (key) => translator.encodeKey(key),
      encodeEntry: (key, value) => translator.encodeEntry(key, value),
      decodeValue: (bytes, start, end, key, keyStart, keyEnd) =>
        translator.decodeValue(bytes, start, end, key, keyStart, keyEnd),
      describedKey: (key) => translator.describedKey(key),
      boundedRangeOf: (range) => translator.boundedRangeOf('a range', range),
      operationRange: (operation) => translator.operationRange(operation),
      everything: USER_KEYS,
      getSyncAt: (key, hash, sequence) => reader.getSync(key, hash, sequence),
      getAt: (key, hash, sequence) => reader.get(key, hash, sequence),
      getManyAt: (keys, sequence, own) => reader.getMany(keys, sequence, own),
      answer: (value) => reader.answer(value),
      entriesOf: (tx, options) => reader.entries(takeScan(options), () => viewOf(tx)),
      keysOf: (tx, options) => reader.keys(takeScan(options), () => viewOf(tx)),
      valuesOf: (tx, options) => reader.values(takeScan(options), () => viewOf(tx)),
      commit: (tx, onSequenced, signal) => writer.commit(tx, onSequenced, signal),
      advance: (tx) => this.#advance(tx),
      release: (tx) => this.#release(tx),
    };
  }

  get usage(): TransactionUsage {
    let writeSetBytes = 0;
    let readSetBytes = 0;
    for (const { writes, reads } of this.#active) {
      writeSetBytes += writes.sizeBytes;
      readSetBytes += reads?.sizeBytes ?? 0;
    }
    return { transactionCount: this.#active.size, writeSetBytes, readSetBytes };
  }

  begin(options?: TransactionOptions): Transaction<K, V> {
    const taken = takeOptions('a transaction', options, TRANSACTION_OPTIONS);
    return facadeOf(this.#begin(this.#planOf(taken, undefined)));
  }

  /** Runs `body` in a transaction until it commits; see `Database.transaction`. */
  async run<T>(
    body: (tx: Transaction<K, V>) => T | Promise<T>,
    given?: RunOptions,
  ): Promise<T | undefined> {
    mustBeBody(body);
    const options = takeOptions('a transaction', given, RUN_OPTIONS);
    const plan = this.#planOf(options, checkSignal(options.signal));
    const retryCountMax = checkRetryCount(options.retryCountMax);
    const record = this.#recordOf(options.commitId, plan);
    let hasTicket = false;
    // Once a commit is sequenced the next retrier builds on it: it need not wait for the disk.
    const releaseTicket = (): void => {
      if (hasTicket) this.#lane.release();
      hasTicket = false;
    };
    try {
      for (let retryCount = 0; ; retryCount++) {
        const tx = this.#beginRun(plan);
        try {
          if (record?.isKnown(tx.sequence) === true) {
            await tx.tryCommit(releaseTicket, plan.signal); // waits until what was found is published
            return undefined;
          }
          tx.rider = record;
          const result = await body(facadeOf(tx));
          const isCommitted = tx.isActive
            ? tx.tryCommit(releaseTicket, plan.signal)
            : tx.isCommitted(); // or not: the body ended it
          if (await isCommitted) return result;
          if (retryCount >= retryCountMax) throw tx.conflict();
        } catch (error) {
          tx.rollback();
          record?.onRefused();
          const mayRepeat = error instanceof ConflictError && (await tx.isRepeatable());
          if (!mayRepeat || retryCount >= retryCountMax) throw error;
        }
        this.#engine.metrics.transactionRetryCount++;
        // Locks put pessimistic retries in order by themselves.
        if (!hasTicket && plan.mode !== 'pessimistic') {
          hasTicket = await this.#lane.acquire(plan.signal);
        }
      }
    } finally {
      releaseTicket();
    }
  }

  #recordOf(commitId: string | undefined, plan: Plan): IdRecord | undefined {
    if (commitId === undefined) return undefined;
    if (!plan.isReadOnly) return this.#commitIds.recordOf(commitId);
    throw new InvalidArgumentError('A read-only transaction commits nothing to name');
  }

  #beginRun(plan: Plan): TransactionCore<K, V> {
    if (this.#isClosed) throw closed();
    if (plan.signal?.aborted === true) {
      throw abortedBy(plan.signal, 'Transaction was aborted');
    }
    return this.#begin(plan);
  }

  /** Whether a commit with this id is published, as far as ids are remembered. */
  hasCommitted(id: string): boolean {
    return this.#commitIds.has(id, this.#engine.horizons.published);
  }

  /** Throws InvalidArgumentError for what is no transaction of this database. */
  mustOwn(tx: Transaction<K, V>): Transaction<K, V> {
    const host: unknown = coreOf(tx)?.host;
    if (host === this.#host) return tx;
    throw new InvalidArgumentError(
      `Expected a transaction of this database: found=${describe(tx)}`,
    );
  }

  /** Ends what is active and what waits to run again; nothing begins after this. */
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
    const isReadOnly = checkBoolean('readOnly', options.readOnly ?? false);
    const mode = checkChoice('mode', options.mode ?? 'optimistic', TRANSACTION_MODES);
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

  #begin(plan: Plan): TransactionCore<K, V> {
    const { isReadOnly, isolation, durability } = plan;
    const { horizons, snapshots, transactions } = this.#engine;
    const writes = this.#freeWrites.pop() ?? new WriteSet();
    const tx = new TransactionCore(
      this.#host,
      isReadOnly ? horizons.published : horizons.assigned,
      this.#clock.nowMs(),
      isReadOnly,
      durability,
      writes,
      isolation === 'serializable' && !isReadOnly
        ? (this.#freeReads.pop() ?? new ReadSet())
        : undefined,
      plan.mode === 'pessimistic' ? this.#locksFor(plan, writes) : undefined,
    );
    (isReadOnly ? snapshots : transactions).add(tx);
    this.#active.add(tx);
    return tx;
  }

  #locksFor({ timeoutMs, signal }: Plan, writes: WriteSet): TransactionLocks {
    const { locks, committer } = this.#engine;
    return new TransactionLocks(
      {
        timeoutMs,
        acquire: (owner, request) => locks.acquire(owner, request, { timeoutMs, signal }),
        isHeldBy: (owner, key) => locks.isHeldBy(owner, key),
        isRangeHeldBy: (owner, range) => locks.isRangeHeldBy(owner, range),
        writtenSince: (request, sequence) => committer.writtenSince(request, sequence),
      },
      writes,
    );
  }

  /** A doomed transaction stays where it is: it read what was taken back. */
  #advance(tx: TransactionCore<K, V>): void {
    if (tx.isDoomed) return;
    const { transactions, horizons } = this.#engine;
    transactions.advance(tx, horizons.assigned);
  }

  #release(tx: TransactionCore<K, V>): void {
    if (tx.locks !== undefined) this.#engine.locks.release(tx.locks);
    this.#active.delete(tx);
    (tx.isReadOnly ? this.#engine.snapshots : this.#engine.transactions).remove(tx);
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

const SCAN_OPTIONS: Template<ScanOptions<unknown>> = {
  ...RANGE_OPTIONS,
  reverse: undefined,
  limit: undefined,
};

/** The transaction as its user holds it. */
function facadeOf<K, V>(core: TransactionCore<K, V>): Transaction<K, V> {
  return core.locks === undefined
    ? makeTransaction(core)
    : makeLockingTransaction(core, core.locks);
}

/** A transaction scans its own snapshot and takes no other. */
function takeScan<K>(options: ScanOptions<K> | undefined): Taken<ScanOptions<K>> {
  return takeOptions<ScanOptions<K>>('a scan', options, SCAN_OPTIONS);
}

function viewOf<K, V>(tx: TransactionCore<K, V>): ScanView {
  tx.mustBeActive();
  const { sequence, writes } = tx;
  const overlay = writes.isEmpty
    ? undefined
    : { source: new WriteSetIterator(writes), tombstones: writes.tombstones };
  const readsIn = (bounds: KeyRange): ReadSet | undefined =>
    tx.locks?.noteScan(boundedRange(bounds)) === true ? undefined : tx.reads;
  return { sequence: sequenceNumber(sequence), overlay, readsIn };
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
