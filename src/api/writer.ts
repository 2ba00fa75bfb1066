/**
 * The writer: writes in the caller's types.
 *
 * Owns: the way from a call to a commit. All code of the caller's runs, the writer puts the encoded bytes into a batch,
 * and the store commits the batch.
 *
 * Invariants:
 *   writer/copied-at-once: a call needs its arguments no longer once it has returned, also while its commit waits.
 *
 * Suspension: every method is synchronous up to the promise it returns.
 */
import { isArray } from '../base/caller-value.ts';
import { describe } from '../base/describe.ts';
import { InvalidArgumentError } from '../base/errors.ts';
import { type Durability, fieldOf } from '../base/options.ts';
import { DELETION, RANGE_DELETION, VALUE } from '../base/value-type.ts';
import type { CommitBatch } from '../batch/commit-batch.ts';
import { EMPTY_SLICE, sliceOf } from '../bytes/bytes.ts';
import { type BoundedRange, USER_KEYS } from '../bytes/key-range.ts';
import type { Store } from '../store/contract.ts';
import { type BatchOperation, noOperation } from './batch-operation.ts';
import { takenBack } from '../txn/commit-request.ts';
import type { TransactionCore } from './transaction-core.ts';
import type { Translator } from './translator.ts';

export interface CommitOptions {
  readonly durability: Durability;
  readonly signal: AbortSignal | undefined;
}

export class Writer<K, V> {
  readonly #store: Store;
  readonly #translator: Translator<K, V>;
  /** A promise of a known value, as the reader gives it. */
  readonly #answer: (value: undefined) => Promise<undefined>;

  constructor(
    store: Store,
    translator: Translator<K, V>,
    answer: (value: undefined) => Promise<undefined>,
  ) {
    this.#store = store;
    this.#translator = translator;
    this.#answer = answer;
  }

  put(key: K, value: V, options: CommitOptions): Promise<void> {
    const entry = this.#translator.encodeEntry(key, value);
    const batch = this.#store.batch();
    batch.add(VALUE, entry.key, entry.value);
    return this.#commitBatch(batch, options);
  }

  del(key: K, options: CommitOptions): Promise<void> {
    const encodedKey = this.#translator.encodeKey(key);
    const batch = this.#store.batch();
    batch.add(DELETION, encodedKey, EMPTY_SLICE);
    return this.#commitBatch(batch, options);
  }

  /** One commit of several operations; an empty batch is acknowledged at once. */
  batch(operations: readonly BatchOperation<K, V>[], options: CommitOptions): Promise<void> {
    if (!isArray(operations)) {
      throw new InvalidArgumentError(`Batch must be an array: found=${describe(operations)}`);
    }
    const batch = this.#store.batch();
    const { length } = operations;
    for (let i = 0; i < length; i++) this.#addTo(batch, operations[i]);
    this.#translator.mustBeOpen(); // code of the caller's has run
    return this.#commitBatch(batch, options);
  }

  delRange(range: BoundedRange, options: CommitOptions): Promise<void> {
    const batch = this.#store.batch();
    addRange(batch, range);
    return this.#commitBatch(batch, options);
  }

  /** Commits a transaction. Sets `lostTo` and writes nothing when another commit came first. */
  commit(
    transaction: TransactionCore<K, V>,
    onSequenced: () => void,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const { writes, rider, durability } = transaction;
    if (writes.isEmpty && rider === undefined) {
      if (transaction.isDoomed) throw takenBack();
      return this.#store.published(transaction.sequence) ?? this.#answer(undefined);
    }
    rider?.reserve();
    const batch = this.#store.batch();
    writes.encodeInto(batch);
    return this.#store.commit({
      batch,
      durability,
      signal,
      contender: transaction,
      owner: transaction.locks,
      onSequenced,
    });
  }

  /** Adds an operation of the caller's; the translator refuses a bad key or value. */
  #addTo(batch: CommitBatch, operation: unknown): void {
    if (typeof operation !== 'object' || operation === null) throw noOperation(operation);
    const type = fieldOf(operation, 'type');
    switch (type) {
      case 'put': {
        const given = fieldOf(operation, 'key') as K;
        const entry = this.#translator.encodeEntry(given, fieldOf(operation, 'value') as V);
        batch.add(VALUE, entry.key, entry.value);
        return;
      }
      case 'del': {
        const key = this.#translator.encodeKey(fieldOf(operation, 'key') as K);
        batch.add(DELETION, key, EMPTY_SLICE);
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

  #commitBatch(batch: CommitBatch, { durability, signal }: CommitOptions): Promise<void> {
    if (batch.operationCount === 0) return Promise.resolve();
    return this.#store.commit({ batch, durability, signal });
  }
}

function addRange(batch: CommitBatch, { start, end }: BoundedRange): void {
  batch.add(RANGE_DELETION, sliceOf(start), sliceOf(end));
}
