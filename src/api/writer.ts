/**
 * Writes in the caller's types.
 *
 * Owns: the way from a call to a commit: all code of the caller's runs, then what it gave is put into a batch, then the
 * batch is committed.
 *
 * Invariants:
 *   writer/copied-at-once: when a call returns, its arguments are no longer needed.
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
import { type Committer, takenBack } from '../engine/commit/committer.ts';
import type { Engine } from '../engine/engine.ts';
import { type BatchOperation, noOperation } from './batch-operation.ts';
import type { TransactionCore } from './transaction-core.ts';
import type { Translator } from './translator.ts';

export interface CommitOptions {
  readonly durability: Durability;
  readonly signal: AbortSignal | undefined;
}

export class Writer<K, V> {
  readonly #engine: Engine;
  readonly #committer: Committer;
  readonly #translator: Translator<K, V>;
  /** A promise of what is known, as the reader gives it. */
  readonly #answer: (value: undefined) => Promise<undefined>;

  constructor(
    engine: Engine,
    translator: Translator<K, V>,
    answer: (value: undefined) => Promise<undefined>,
  ) {
    this.#engine = engine;
    this.#committer = engine.committer;
    this.#translator = translator;
    this.#answer = answer;
  }

  put(key: K, value: V, options: CommitOptions): Promise<void> {
    const entry = this.#translator.encodeEntry(key, value);
    const batch = this.#committer.batch();
    batch.add(VALUE, entry.key, entry.value);
    return this.#commitBatch(batch, options);
  }

  del(key: K, options: CommitOptions): Promise<void> {
    const encodedKey = this.#translator.encodeKey(key);
    const batch = this.#committer.batch();
    batch.add(DELETION, encodedKey, EMPTY_SLICE);
    return this.#commitBatch(batch, options);
  }

  /** One commit of several operations; an empty batch is acknowledged at once. */
  batch(operations: readonly BatchOperation<K, V>[], options: CommitOptions): Promise<void> {
    if (!isArray(operations)) {
      throw new InvalidArgumentError(`Batch must be an array: found=${describe(operations)}`);
    }
    const batch = this.#committer.batch();
    const { length } = operations;
    for (let i = 0; i < length; i++) this.#addTo(batch, operations[i]);
    this.#translator.mustBeOpen(); // code of the caller's has run
    return this.#commitBatch(batch, options);
  }

  delRange(range: BoundedRange, options: CommitOptions): Promise<void> {
    const batch = this.#committer.batch();
    addRange(batch, range);
    return this.#commitBatch(batch, options);
  }

  /** Sets `lostTo` and writes nothing when others committed first what it depends on. */
  commit(
    transaction: TransactionCore<K, V>,
    onSequenced: () => void,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const { writes, rider, durability } = transaction;
    if (writes.isEmpty && rider === undefined) {
      const { pipeline, horizons } = this.#engine;
      if (transaction.isDoomed) throw takenBack();
      if (transaction.sequence > horizons.published) return pipeline.published();
      return this.#answer(undefined);
    }
    rider?.reserve();
    const batch = this.#committer.batch();
    writes.encodeInto(batch);
    return this.#committer.commit({
      batch,
      durability,
      signal,
      contender: transaction,
      owner: transaction.locks,
      onSequenced,
    });
  }

  /** The translator refuses what is no key or no value. */
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
    return this.#committer.commit({ batch, durability, signal });
  }
}

function addRange(batch: CommitBatch, { start, end }: BoundedRange): void {
  batch.add(RANGE_DELETION, sliceOf(start), sliceOf(end));
}
