/**
 * Transactions from begin to end, and the loop that runs them again.
 *
 * Owns: which horizon a transaction reads at, its pin, and `run`: commit on return, roll back on throw, retry on
 * conflict through the lane (txn/retry-lane.ts).
 *
 * A transaction that may write reads at the assigned horizon: it sees commits whose group is still on its way to the
 * disk. Its own commit lies behind them in the log, so its acknowledgement implies theirs; if they are lost it is
 * lost with them. One that turns out to have written nothing waits for them at its commit.
 */
import { AbortedError, ConflictError, InvalidArgumentError } from '../base/errors.ts';
import type { Clock } from '../base/clock.ts';
import {
  checkBoolean,
  checkChoice,
  checkOptionNames,
  describe,
  type Durability,
} from '../base/options.ts';
import { sequenceNumber } from '../base/ids.ts';
import { ReadSet } from '../txn/read-set.ts';
import { RetryLane } from '../txn/retry-lane.ts';
import { Transaction, type TransactionHost, type TransactionOptions } from '../txn/transaction.ts';
import { WriteSet } from '../txn/write-set.ts';
import { WriteSetIterator } from '../txn/write-set-iterator.ts';
import type { Engine } from './engine.ts';
import type { Reader, ScanView } from './reader.ts';
import type { Writer } from './writer.ts';

export interface RunOptions extends TransactionOptions {
  /** How often a transaction that lost to another commit is run again; default 100. */
  readonly retryCountMax?: number;
  /** Ends waiting and retrying with AbortedError; a commit that has begun is not undone. */
  readonly signal?: AbortSignal;
}

const TRANSACTION_OPTION_NAMES = ['isolation', 'durability', 'readOnly'];
const RUN_OPTION_NAMES = [...TRANSACTION_OPTION_NAMES, 'retryCountMax', 'signal'];
const RETRY_COUNT_MAX_DEFAULT = 100;
/** A transaction started inside another's retry waits no longer for the lane that its parent holds. */
const LANE_WAIT_MAX_MS = 100;
const FREE_SET_COUNT_MAX = 256;

export class Transactor<K, V> {
  readonly #engine: Engine;
  readonly #host: TransactionHost<K, V>;
  readonly #lane: RetryLane;
  readonly #clock: Clock;
  readonly #durability: Durability;
  readonly #active = new Set<Transaction<K, V>>();
  /** Write sets that ended transactions gave back: making one costs more than most transactions do. */
  readonly #freeWrites: WriteSet[] = [];
  readonly #freeReads: ReadSet[] = [];

  constructor(engine: Engine, reader: Reader<K, V>, writer: Writer<K, V>) {
    this.#engine = engine;
    this.#clock = engine.parts.clock;
    this.#durability = engine.parts.options.durability;
    this.#lane = new RetryLane(this.#clock, LANE_WAIT_MAX_MS);
    this.#host = {
      writeSetSizeBytesMax: engine.parts.options.transactionSizeBytesMax,
      encodeKey: (key) => reader.encodeKey(key),
      encodeValue: (value) => reader.encodeValue(value),
      decodeValue: (bytes, start, end) => reader.decodeValue(bytes, start, end),
      deletedRange: (range) => reader.deletedRange(range),
      getSyncAt: (key, hash, sequence) => reader.getSync(key, hash, sequence),
      getAt: (key, hash, sequence) => reader.get(key, hash, sequence),
      entriesOf: (tx, options) => reader.entries(options, viewOf(tx)),
      keysOf: (tx, options) => reader.keys(options, viewOf(tx)),
      valuesOf: (tx, options) => reader.values(options, viewOf(tx)),
      commit: (tx, onSequenced) => writer.commit(tx, onSequenced),
      release: (tx) => this.#release(tx),
    };
  }

  get activeCount(): number {
    return this.#active.size;
  }

  begin(options: TransactionOptions = {}): Transaction<K, V> {
    checkOptionNames('a transaction', options, TRANSACTION_OPTION_NAMES);
    return this.#begin(options);
  }

  /** Runs `body` in a transaction until it commits; see `Database.transaction`. */
  async run<T>(
    body: (tx: Transaction<K, V>) => T | Promise<T>,
    options: RunOptions = {},
  ): Promise<T> {
    if (typeof body !== 'function') {
      throw new InvalidArgumentError(`Transaction needs a function: found=${describe(body)}`);
    }
    checkOptionNames('a transaction', options, RUN_OPTION_NAMES);
    const { signal } = options;
    const retryCountMax = checkRetryCount(options.retryCountMax);
    let hasTicket = false;
    // Once a commit is sequenced the next retrier builds on it: it need not wait for the disk.
    const releaseTicket = (): void => {
      if (hasTicket) this.#lane.release();
      hasTicket = false;
    };
    try {
      for (let retryCount = 0; ; retryCount++) {
        if (signal?.aborted === true) {
          throw new AbortedError('Transaction was aborted', { cause: signal.reason });
        }
        const tx = this.#begin(options);
        try {
          const result = await body(tx);
          await tx.commitNotifying(releaseTicket);
          return result;
        } catch (error) {
          tx.rollback();
          if (!(error instanceof ConflictError)) throw error;
          if (retryCount >= retryCountMax) throw error;
        }
        this.#engine.metrics.transactionRetryCount++;
        if (!hasTicket) hasTicket = await this.#lane.acquire();
      }
    } finally {
      releaseTicket();
    }
  }

  /** Throws InvalidArgumentError for what is no transaction of this database. */
  mustOwn(tx: Transaction<K, V>): Transaction<K, V> {
    if (tx instanceof Transaction && tx.host === this.#host) return tx;
    throw new InvalidArgumentError(
      `Expected a transaction of this database: found=${describe(tx)}`,
    );
  }

  /** Rolls back what is still active. */
  close(): void {
    for (const tx of [...this.#active]) tx.rollback();
  }

  #begin(options: TransactionOptions): Transaction<K, V> {
    const isolation = checkChoice('isolation', options.isolation ?? 'snapshot', ISOLATION_LEVELS);
    const durability =
      options.durability === undefined
        ? this.#durability
        : checkChoice('durability', options.durability, ['sync', 'os']);
    const isReadOnly = checkBoolean('readOnly', options.readOnly ?? false);
    const { horizons, snapshots, transactions } = this.#engine;
    const sequence = isReadOnly ? horizons.published : horizons.assigned;
    const tx = new Transaction(
      this.#host,
      sequence,
      this.#clock.nowMs(),
      isReadOnly,
      durability,
      this.#freeWrites.pop() ?? new WriteSet(),
      isolation === 'serializable' && !isReadOnly
        ? (this.#freeReads.pop() ?? new ReadSet())
        : undefined,
    );
    (isReadOnly ? snapshots : transactions).add(tx);
    this.#active.add(tx);
    return tx;
  }

  #release(tx: Transaction<K, V>): void {
    this.#active.delete(tx);
    (tx.isReadOnly ? this.#engine.snapshots : this.#engine.transactions).remove(tx);
    if (tx.reads !== undefined && this.#freeReads.length < FREE_SET_COUNT_MAX) {
      tx.reads.clear();
      this.#freeReads.push(tx.reads);
    }
    if (!tx.isReusable || this.#freeWrites.length >= FREE_SET_COUNT_MAX) return;
    tx.writes.clear();
    this.#freeWrites.push(tx.writes);
  }
}

const ISOLATION_LEVELS = ['snapshot', 'serializable'] as const;

function viewOf<K, V>({ sequence, writes, reads }: Transaction<K, V>): ScanView {
  const overlay = writes.isEmpty
    ? undefined
    : { source: new WriteSetIterator(writes), deletedRanges: [...writes.deletedRanges] };
  return { sequence: sequenceNumber(sequence), overlay, reads };
}

function checkRetryCount(count: number | undefined): number {
  if (count === undefined) return RETRY_COUNT_MAX_DEFAULT;
  if (Number.isInteger(count) && count >= 0) return count;
  throw new InvalidArgumentError(
    `Option retryCountMax must be a whole number: found=${describe(count)}`,
  );
}
