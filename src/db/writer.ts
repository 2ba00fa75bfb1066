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
import { copyRange, describeKey, EMPTY_BYTES } from '../base/bytes.ts';
import type { EncodedBytes } from '../base/encoding.ts';
import { ConflictError, InvalidArgumentError } from '../base/errors.ts';
import { hashKey } from '../base/hash.ts';
import { describe, type Durability } from '../base/options.ts';
import { DELETION, RANGE_DELETION, VALUE } from '../base/value-type.ts';
import type { KeyTable } from '../txn/key-table.ts';
import type { BatchOperation, Transaction } from '../txn/transaction.ts';
import { COMMIT_SIZE_BYTES_MAX } from './commit-pipeline.ts';
import type { Engine } from './engine.ts';
import { OrderedBatch } from './ordered-batch.ts';
import { keyWrittenSince, newestSequenceOfKey } from './read-path.ts';
import type { Reader } from './reader.ts';

/** Keys by slot, as write sets and read sets hold them. */
type SlottedKeys = Pick<KeyTable, 'bytes' | 'keyStart' | 'keyEnd' | 'hashOf' | 'keyOf'>;

export interface CommitOptions {
  readonly durability: Durability;
  readonly signal: AbortSignal | undefined;
}

export class Writer<K, V> {
  readonly #engine: Engine;
  readonly #reader: Reader<K, V>;
  /** Reused by batches that are admitted at once. */
  readonly #batch = new OrderedBatch();

  constructor(engine: Engine, reader: Reader<K, V>) {
    this.#engine = engine;
    this.#reader = reader;
  }

  put(key: K, value: V, options: CommitOptions): Promise<void> {
    const encodedValue = this.#reader.encodeValue(value);
    const encodedKey = this.#reader.encodeKey(key);
    return this.#write(VALUE, encodedKey, encodedValue, options);
  }

  del(key: K, options: CommitOptions): Promise<void> {
    const encodedKey = this.#reader.encodeKey(key);
    return this.#write(DELETION, encodedKey, NO_VALUE, options);
  }

  /** One commit of several operations; an empty batch is acknowledged at once. */
  batch(operations: readonly BatchOperation<K, V>[], options: CommitOptions): Promise<void> {
    if (!Array.isArray(operations)) {
      throw new InvalidArgumentError(`Batch must be an array: found=${describe(operations)}`);
    }
    const batch = this.#batch;
    batch.clear();
    try {
      operations.forEach((operation: BatchOperation<K, V>) => this.#addTo(batch, operation));
      return this.#commitBatch(batch, options);
    } finally {
      batch.clear();
    }
  }

  delRange(range: { start: Uint8Array; end: Uint8Array }, options: CommitOptions): Promise<void> {
    const batch = this.#batch;
    batch.clear();
    batch.add(RANGE_DELETION, range.start, 0, range.start.length, range.end, 0, range.end.length);
    return this.#commitBatch(batch, options);
  }

  /** Rejects with ConflictError when a key it writes was committed by others since its snapshot. */
  commit(transaction: Transaction<K, V>, onSequenced: () => void): Promise<void> {
    const { pipeline, horizons } = this.#engine;
    const { writes } = transaction;
    if (writes.isEmpty) {
      if (transaction.isDoomed) throw takenBack();
      return transaction.sequence <= horizons.published ? Promise.resolve() : pipeline.published();
    }
    const { operationCount } = writes;
    const size = writes.sizeBytes;
    checkCommitSize(size);
    const run = (): Promise<void> => {
      const acknowledged = this.#commitAdmitted(transaction);
      onSequenced();
      return acknowledged;
    };
    if (pipeline.admits(operationCount, size)) return run();
    return pipeline.wait(operationCount, size, undefined, run);
  }

  #write(
    type: typeof VALUE | typeof DELETION,
    key: EncodedBytes,
    value: EncodedBytes,
    options: CommitOptions,
  ): Promise<void> {
    const { pipeline } = this.#engine;
    const size = key.end - key.start + (value.end - value.start);
    const hash = hashKey(key.bytes, key.start, key.end);
    if (pipeline.admits(1, size)) {
      pipeline.begin(1, options.durability);
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
    return pipeline.wait(1, size, options.signal, () => {
      pipeline.begin(1, options.durability);
      pipeline.operation(type, hash, keyCopy, 0, keyCopy.length, valueCopy, 0, valueCopy.length);
      return pipeline.end();
    });
  }

  #addTo(batch: OrderedBatch, operation: BatchOperation<K, V>): void {
    if (typeof operation !== 'object' || operation === null) {
      throw new InvalidArgumentError(
        `Batch operation must be an object: found=${describe(operation)}`,
      );
    }
    switch (operation.type) {
      case 'put': {
        const value = this.#reader.encodeValue(operation.value);
        const key = this.#reader.encodeKey(operation.key);
        batch.add(VALUE, key.bytes, key.start, key.end, value.bytes, value.start, value.end);
        return;
      }
      case 'del': {
        const key = this.#reader.encodeKey(operation.key);
        batch.add(DELETION, key.bytes, key.start, key.end, EMPTY_BYTES, 0, 0);
        return;
      }
      case 'delRange': {
        const range = this.#reader.deletedRange(operation);
        if (range === undefined) return;
        const { start, end } = range;
        batch.add(RANGE_DELETION, start, 0, start.length, end, 0, end.length);
        return;
      }
      default:
        throw new InvalidArgumentError(
          `Batch operation must be of type 'put', 'del' or 'delRange': ` +
            `found=${describe((operation as { type?: unknown }).type)}`,
        );
    }
  }

  #commitBatch(batch: OrderedBatch, options: CommitOptions): Promise<void> {
    if (batch.operationCount === 0) return Promise.resolve();
    const { pipeline } = this.#engine;
    const { operationCount, sizeBytes } = batch;
    checkCommitSize(sizeBytes);
    if (pipeline.admits(operationCount, sizeBytes)) {
      return this.#commitOperations(batch, options.durability);
    }
    const own = batch.copy(); // Z2
    return pipeline.wait(operationCount, sizeBytes, options.signal, () =>
      this.#commitOperations(own, options.durability),
    );
  }

  #commitOperations(batch: OrderedBatch, durability: Durability): Promise<void> {
    const { pipeline } = this.#engine;
    pipeline.begin(batch.operationCount, durability);
    batch.forEach((type, bytes, keyStart, keyEnd, valueStart, valueEnd) => {
      const hash = type === RANGE_DELETION ? 0 : hashKey(bytes, keyStart, keyEnd);
      pipeline.operation(type, hash, bytes, keyStart, keyEnd, bytes, valueStart, valueEnd);
    });
    return pipeline.end();
  }

  // ATOMIC(Z1): validation and commit are one step.
  #commitAdmitted(transaction: Transaction<K, V>): Promise<void> {
    this.#validate(transaction);
    const { pipeline } = this.#engine;
    const { writes } = transaction;
    pipeline.begin(writes.operationCount, transaction.durability);
    for (const { start, end } of writes.deletedRanges) {
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
    return pipeline.end();
  }
  // END ATOMIC

  /**
   * First committer wins: nothing that this transaction writes has been written since its snapshot, and, if it is
   * serializable, nothing that it has read.
   */
  #validate(transaction: Transaction<K, V>): void {
    const { state, parts, horizons } = this.#engine;
    if (transaction.isDoomed) throw takenBack();
    const since = transaction.sequence;
    if (horizons.assigned === since) return;
    const { writes, reads } = transaction;
    for (let slot = 0; slot < writes.slotCount; slot++) {
      if (writes.isLive(slot)) this.#validateKey(writes, slot, since);
    }
    for (const { start, end } of writes.deletedRanges) {
      const key = keyWrittenSince(state, parts.tables, start, end, since);
      if (key !== undefined) throw this.#conflictOn(key);
    }
    if (reads === undefined) return;
    for (let slot = 0; slot < reads.keys.count; slot++) {
      this.#validateKey(reads.keys, slot, since);
    }
    for (const { lower, upper } of reads.ranges()) {
      const key = keyWrittenSince(state, parts.tables, lower, upper, since);
      if (key !== undefined) throw this.#conflictOn(key);
    }
  }

  #validateKey(keys: SlottedKeys, slot: number, since: number): void {
    const { state, parts } = this.#engine;
    const newest = newestSequenceOfKey(
      state,
      parts.tables,
      keys.bytes,
      keys.keyStart(slot),
      keys.keyEnd(slot),
      keys.hashOf(slot),
      since,
    );
    if (newest > since) throw this.#conflictOn(keys.keyOf(slot));
  }

  #conflictOn(key: Uint8Array): ConflictError {
    this.#engine.metrics.conflictCount++;
    return new ConflictError(`Another commit came first: key=${describeKey(key)}`, key);
  }
}

const NO_VALUE = { bytes: EMPTY_BYTES, start: 0, end: 0 } as EncodedBytes;

function takenBack(): ConflictError {
  return new ConflictError('Commits that this transaction has read were refused for lack of space');
}

function checkCommitSize(sizeBytes: number): void {
  if (sizeBytes <= COMMIT_SIZE_BYTES_MAX) return;
  throw new InvalidArgumentError(
    `Commit is too large: size=${sizeBytes} max=${COMMIT_SIZE_BYTES_MAX}`,
  );
}
