/**
 * Writes in the caller's types.
 *
 * Owns: the way from a call to the commit pipeline: encoding, admission, validation of transactions, and the copy that a
 * commit needs when it has to wait.
 *
 * Invariants:
 *   Z1. A transaction is validated, numbered, logged and inserted in one step: what it was validated against is what
 *       it comes after, commits in flight included (design section 3).
 *   Z2. When a call returns, its arguments are no longer needed.
 *
 * Suspension: every method is synchronous up to the promise it returns.
 */
import { type ByteSlice, copyRange, EMPTY_BYTES } from '../bytes/bytes.ts';
import { type BoundedRange, USER_KEYS } from '../bytes/key-range.ts';
import { isArray } from '../base/caller-value.ts';
import { ConflictError, InvalidArgumentError } from '../base/errors.ts';
import { hashKey } from '../bytes/hash.ts';
import { describe } from '../base/describe.ts';
import { type Durability, fieldOf } from '../base/options.ts';
import { DELETION, RANGE_DELETION, VALUE } from '../base/value-type.ts';
import type { RiderWrite } from '../txn/commit-rider.ts';
import type { KeyTable } from '../txn/key-table.ts';
import type { ReadSet } from '../txn/read-set.ts';
import type { LockOwner, LockRequest } from '../txn/lock-request.ts';
import { LOCK_TIMEOUT_MS_DEFAULT } from '../txn/lock-table.ts';
import { type BatchOperation, noOperation } from './batch-operation.ts';
import type { TransactionCore } from './transaction-core.ts';
import type { WriteSet } from '../txn/write-set.ts';
import { COMMIT_SIZE_BYTES_MAX } from '../engine/commit/commit-pipeline.ts';
import { CommitsSince } from '../engine/read/commits-since.ts';
import type { Engine } from '../engine/engine.ts';
import { OrderedBatch } from '../engine/commit/ordered-batch.ts';
import type { Translator } from './translator.ts';

/** For how many operations of a batch the places of their keys are touched at once: the processor waits once for all. */
const WARM_COUNT = 16;

/** Keys by slot, as write sets and read sets hold them. */
type SlottedKeys = Pick<KeyTable, 'bytes' | 'keyStart' | 'keyEnd' | 'hashOf' | 'keyOf'>;

export interface CommitOptions {
  readonly durability: Durability;
  readonly signal: AbortSignal | undefined;
}

/** A commit on its way: how large it is, what it must lock when anybody holds locks, and how it is made. */
interface Commit {
  readonly operationCount: number;
  readonly sizeBytes: number;
  readonly signal: AbortSignal | undefined;
  /** Undefined for a commit that owns no locks of its own. */
  readonly owner: (LockOwner & { readonly timeoutMs: number }) | undefined;
  readonly locks: () => LockRequest;
  /** Begins and ends it, in one turn. */
  readonly run: () => Promise<void>;
}

export class Writer<K, V> {
  readonly #engine: Engine;
  readonly #translator: Translator<K, V>;
  /** A promise of what is known, as the reader gives it. */
  readonly #answer: (value: undefined) => Promise<undefined>;
  /** Reused; undefined while a batch is put together, since a caller's encoder may make another. */
  #spareBatch: OrderedBatch | undefined = new OrderedBatch();

  constructor(
    engine: Engine,
    translator: Translator<K, V>,
    answer: (value: undefined) => Promise<undefined>,
  ) {
    this.#engine = engine;
    this.#translator = translator;
    this.#answer = answer;
  }

  put(key: K, value: V, options: CommitOptions): Promise<void> {
    const entry = this.#translator.encodeEntry(key, value);
    return this.#write(VALUE, entry.key, entry.value, options);
  }

  del(key: K, options: CommitOptions): Promise<void> {
    const encodedKey = this.#translator.encodeKey(key);
    return this.#write(DELETION, encodedKey, NO_VALUE, options);
  }

  /** One commit of several operations; an empty batch is acknowledged at once. */
  batch(operations: readonly BatchOperation<K, V>[], options: CommitOptions): Promise<void> {
    if (!isArray(operations)) {
      throw new InvalidArgumentError(`Batch must be an array: found=${describe(operations)}`);
    }
    return this.#withBatch((batch) => {
      const { length } = operations;
      for (let i = 0; i < length; i++) this.#addTo(batch, operations[i]);
      this.#translator.mustBeOpen(); // code of the caller's has run
      batch.mustBeWhole();
      return this.#commitBatch(batch, options);
    });
  }

  delRange(range: BoundedRange, options: CommitOptions): Promise<void> {
    return this.#withBatch((batch) => {
      addRange(batch, range);
      return this.#commitBatch(batch, options);
    });
  }

  /** Sets `lostTo` and writes nothing when others committed first what it depends on. */
  commit(
    transaction: TransactionCore<K, V>,
    onSequenced: () => void,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const { pipeline, horizons } = this.#engine;
    const { writes, rider } = transaction;
    if (writes.isEmpty && rider === undefined) {
      if (transaction.isDoomed) throw takenBack();
      if (transaction.sequence > horizons.published) return pipeline.published();
      return this.#answer(undefined);
    }
    rider?.reserve();
    const operationCount = writes.countOperations() + (rider?.operationCount ?? 0);
    const size = writes.sizeBytes + (rider?.sizeBytes ?? 0);
    checkCommitSize(size);
    return this.#submit({
      operationCount,
      sizeBytes: size,
      signal,
      owner: transaction.locks,
      locks: () => requestOf(writes),
      run: () => {
        const acknowledged = this.#commitAdmitted(transaction);
        if (transaction.lostTo === undefined) onSequenced();
        return acknowledged;
      },
    });
  }

  #write(
    type: typeof VALUE | typeof DELETION,
    key: ByteSlice,
    value: ByteSlice,
    options: CommitOptions,
  ): Promise<void> {
    const { pipeline, locks } = this.#engine;
    const size = key.end - key.start + (value.end - value.start);
    const hash = hashKey(key.bytes, key.start, key.end);
    if (locks.isEmpty && pipeline.admits(1, size)) {
      pipeline.begin(1, size, options.durability);
      pipeline.operation(
        type,
        hash,
        key.bytes,
        key.start,
        key.end,
        value.bytes,
        value.start,
        value.end,
      );
      return pipeline.end();
    }
    const keyCopy = copyRange(key.bytes, key.start, key.end); // Z2
    const valueCopy = copyRange(value.bytes, value.start, value.end);
    return this.#submit({
      operationCount: 1,
      sizeBytes: size,
      signal: options.signal,
      owner: undefined,
      locks: () => ({ keys: [keyCopy], ranges: [] }),
      run: () => {
        pipeline.begin(1, size, options.durability);
        pipeline.operation(type, hash, keyCopy, 0, keyCopy.length, valueCopy, 0, valueCopy.length);
        return pipeline.end();
      },
    });
  }

  /**
   * Commits at once when nothing stands in the way; otherwise takes the locks that the commit needs, waits for room,
   * and looks again, since somebody may have locked meanwhile.
   */
  #submit(commit: Commit): Promise<void> {
    const { locks, pipeline } = this.#engine;
    if (!locks.isEmpty) return this.#submitLocked(commit);
    const { operationCount, sizeBytes, signal, run } = commit;
    if (pipeline.admits(operationCount, sizeBytes)) return run();
    return pipeline.wait(operationCount, sizeBytes, signal, () =>
      locks.isEmpty ? run() : this.#submitLocked(commit),
    );
  }

  /** Holds the locks until the commit has its place in the order: whoever comes next then comes after it. */
  async #submitLocked({ operationCount, sizeBytes, signal, ...commit }: Commit): Promise<void> {
    const { locks, pipeline } = this.#engine;
    const owner = commit.owner ?? { cost: Infinity };
    const timeoutMs = commit.owner?.timeoutMs ?? LOCK_TIMEOUT_MS_DEFAULT;
    await locks.acquire(owner, commit.locks(), { timeoutMs, signal });
    const run = (): Promise<void> => {
      try {
        return commit.run();
      } finally {
        locks.release(owner);
      }
    };
    try {
      if (pipeline.admits(operationCount, sizeBytes)) await run();
      else await pipeline.wait(operationCount, sizeBytes, signal, run);
    } finally {
      locks.release(owner);
    }
  }

  /** The translator refuses what is no key or no value. */
  #addTo(batch: OrderedBatch, operation: unknown): void {
    if (typeof operation !== 'object' || operation === null) throw noOperation(operation);
    const type = fieldOf(operation, 'type');
    switch (type) {
      case 'put': {
        const given = fieldOf(operation, 'key') as K;
        const entry = this.#translator.encodeEntry(given, fieldOf(operation, 'value') as V);
        const { key, value } = entry;
        // Before the copy: a batch that is refused for its size does not take that much memory first.
        checkCommitSize(batch.sizeBytes + (key.end - key.start) + (value.end - value.start));
        const { bytes, start, end, isLasting } = value;
        batch.add(VALUE, key.bytes, key.start, key.end, bytes, start, end, isLasting);
        return;
      }
      case 'del': {
        const key = this.#translator.encodeKey(fieldOf(operation, 'key') as K);
        batch.add(DELETION, key.bytes, key.start, key.end, EMPTY_BYTES, 0, 0, true);
        return;
      }
      case 'delRange': {
        const range = this.#translator.operationRange(operation);
        if (range !== undefined) addRange(batch, range);
        return;
      }
      case 'clear':
        addRange(batch, USER_KEYS);
        return;
      default:
        throw noOperation(type);
    }
  }

  /** Lends an empty batch for the time of the call. */
  #withBatch(use: (batch: OrderedBatch) => Promise<void>): Promise<void> {
    const batch = this.#spareBatch ?? new OrderedBatch();
    this.#spareBatch = undefined;
    try {
      return use(batch);
    } finally {
      batch.clear();
      this.#spareBatch = batch;
    }
  }

  #commitBatch(batch: OrderedBatch, options: CommitOptions): Promise<void> {
    if (batch.operationCount === 0) return Promise.resolve();
    const { pipeline, locks } = this.#engine;
    const { operationCount, sizeBytes } = batch;
    checkCommitSize(sizeBytes);
    if (locks.isEmpty && pipeline.admits(operationCount, sizeBytes)) {
      return this.#commitOperations(batch, options.durability);
    }
    const own = batch.copy(); // Z2
    return this.#submit({
      operationCount,
      sizeBytes,
      signal: options.signal,
      owner: undefined,
      locks: () => requestOfBatch(own),
      run: () => this.#commitOperations(own, options.durability),
    });
  }

  #commitOperations(batch: OrderedBatch, durability: Durability): Promise<void> {
    const { pipeline } = this.#engine;
    const { operationCount, keyBytes } = batch;
    pipeline.begin(operationCount, batch.sizeBytes, durability);
    for (let i = 0; i < operationCount; i++) {
      if (i % WARM_COUNT === 0) this.#warm(batch, i);
      pipeline.operation(
        batch.typeOf(i),
        batch.hashOf(i),
        keyBytes,
        batch.keyStart(i),
        batch.keyEnd(i),
        batch.valueBytes(i),
        batch.valueStart(i),
        batch.valueEnd(i),
      );
    }
    return pipeline.end();
  }

  #warm(batch: OrderedBatch, from: number): void {
    const { memtable } = this.#engine.activeSlot;
    if (memtable.isAscending) return; // nothing will be looked up
    const end = Math.min(batch.operationCount, from + WARM_COUNT);
    for (let i = from; i < end; i++) memtable.warm(batch.hashOf(i));
  }

  // ATOMIC(Z1): validation and commit are one step.
  #commitAdmitted(transaction: TransactionCore<K, V>): Promise<void> {
    if (transaction.isDoomed) throw takenBack();
    transaction.lostTo = this.#conflictOf(transaction);
    if (transaction.lostTo !== undefined) return Promise.resolve();
    const { pipeline } = this.#engine;
    const { writes, rider, durability } = transaction;
    const riding = rider === undefined ? NO_RIDER_WRITES : rider.writes();
    if (riding === undefined) {
      transaction.lostTo = rider?.key;
      return Promise.resolve();
    }
    const sizeBytes = writes.sizeBytes + (rider?.sizeBytes ?? 0);
    pipeline.begin(writes.countOperations() + riding.length, sizeBytes, durability);
    for (const { start, end } of writes.deletedRanges()) {
      pipeline.operation(RANGE_DELETION, 0, start, 0, start.length, end, 0, end.length);
    }
    const { bytes } = writes;
    for (let slot = 0; slot < writes.slotCount; slot++) {
      if (!writes.isLive(slot)) continue;
      pipeline.operation(
        writes.typeOf(slot),
        writes.hashOf(slot),
        bytes,
        writes.keyStart(slot),
        writes.keyEnd(slot),
        bytes,
        writes.valueStart(slot),
        writes.valueEnd(slot),
      );
    }
    for (const { type, key, value } of riding) {
      const hash = hashKey(key, 0, key.length);
      pipeline.operation(type, hash, key, 0, key.length, value, 0, value.length);
    }
    return pipeline.end();
  }
  // END ATOMIC

  /**
   * First committer wins: a key that this transaction writes and that has been written since its snapshot or, if it is
   * serializable, one that it has read.
   */
  #conflictOf(transaction: TransactionCore<K, V>): Uint8Array | undefined {
    const { state, parts, horizons, metrics } = this.#engine;
    const since = transaction.sequence;
    if (horizons.assigned === since) return undefined;
    const { writes, reads } = transaction;
    const commits = new CommitsSince(state, parts.tables, since, metrics);
    const written = writtenKey(commits, writes);
    if (written !== undefined) {
      metrics.writeConflictCount++;
      return written;
    }
    const read = reads && readKey(commits, reads);
    if (read !== undefined) metrics.readConflictCount++;
    return read;
  }
}

/** A key that the transaction writes and the commits have written, or undefined. */
function writtenKey(commits: CommitsSince, writes: WriteSet): Uint8Array | undefined {
  for (let slot = 0; slot < writes.slotCount; slot++) {
    if (writes.isLive(slot) && hasKey(commits, writes, slot)) return writes.keyOf(slot);
  }
  for (const { start, end } of writes.deletedRanges()) {
    const key = commits.keyInRange(start, end);
    if (key !== undefined) return key;
  }
  return undefined;
}

/** The same for what it has read. */
function readKey(commits: CommitsSince, reads: ReadSet): Uint8Array | undefined {
  const { keys } = reads;
  for (let slot = 0; slot < keys.count; slot++) {
    if (hasKey(commits, keys, slot)) return keys.keyOf(slot);
  }
  for (const { lower, upper } of reads.ranges()) {
    const key = commits.keyInRange(lower, upper);
    if (key !== undefined) return key;
  }
  return undefined;
}

function hasKey(commits: CommitsSince, keys: SlottedKeys, slot: number): boolean {
  return commits.hasKey(keys.bytes, keys.keyStart(slot), keys.keyEnd(slot), keys.hashOf(slot));
}

function requestOf(writes: WriteSet): LockRequest {
  const keys: Uint8Array[] = [];
  for (let slot = 0; slot < writes.slotCount; slot++) {
    if (writes.isLive(slot)) keys.push(writes.keyOf(slot));
  }
  return { keys, ranges: writes.deletedRanges() };
}

function requestOfBatch(batch: OrderedBatch): LockRequest {
  const keys: Uint8Array[] = [];
  const ranges: BoundedRange[] = [];
  for (let i = 0; i < batch.operationCount; i++) {
    const key = copyRange(batch.keyBytes, batch.keyStart(i), batch.keyEnd(i));
    if (batch.typeOf(i) !== RANGE_DELETION) {
      keys.push(key);
    } else {
      const end = copyRange(batch.valueBytes(i), batch.valueStart(i), batch.valueEnd(i));
      ranges.push({ start: key, end });
    }
  }
  return { keys, ranges };
}

const NO_RIDER_WRITES: readonly RiderWrite[] = [];
const NO_VALUE: ByteSlice = { bytes: EMPTY_BYTES, start: 0, end: 0 };

function addRange(batch: OrderedBatch, { start, end }: BoundedRange): void {
  batch.add(RANGE_DELETION, start, 0, start.length, end, 0, end.length, true);
}

function takenBack(): ConflictError {
  return new ConflictError('Commits that this transaction has read were refused for lack of space');
}

function checkCommitSize(sizeBytes: number): void {
  if (sizeBytes <= COMMIT_SIZE_BYTES_MAX) return;
  throw new InvalidArgumentError(
    `Commit is too large: size=${sizeBytes} max=${COMMIT_SIZE_BYTES_MAX}`,
  );
}
