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
import type { Durability } from '../base/options.ts';
import type { TurnBudget } from '../base/turn-budget.ts';
import { DELETION, RANGE_DELETION } from '../base/value-type.ts';
import type { OneOperation } from '../batch/operation-encoder.ts';
import { EMPTY_SLICE, sliceOf } from '../bytes/bytes.ts';
import { hashKey } from '../bytes/hash.ts';
import type { BoundedRange } from '../bytes/key-range.ts';
import type { Store } from '../store/contract.ts';
import { BatchedWrites } from './batched-writes.ts';
import { applyOperation, type OperationTarget } from './batch-operation.ts';
import { takenBack } from '../txn/commit-request.ts';
import type { KeyspaceLookup, TransactionCore } from './transaction-core.ts';
import { OneUpdate } from './pending-updates.ts';
import { derivedOf, guardOf, type Space } from './space.ts';
import { mustBeUpdate, type Update } from './update.ts';

export interface CommitOptions {
  readonly durability: Durability;
  readonly signal: AbortSignal | undefined;
}

export class Writer {
  readonly #store: Store;
  readonly #keyspaces: Pick<KeyspaceLookup, 'spaceOf'>;
  readonly #turns: TurnBudget;

  constructor(store: Store, keyspaces: Pick<KeyspaceLookup, 'spaceOf'>, turns: TurnBudget) {
    this.#store = store;
    this.#keyspaces = keyspaces;
    this.#turns = turns;
  }

  put<K, V>(
    space: Space<K, V>,
    key: K,
    value: V,
    expiresAtMs: number,
    options: CommitOptions,
  ): Promise<void> {
    const entry = space.translator.encodeEntry(key, value, expiresAtMs);
    return this.#commitOne(entry, options, space);
  }

  del<K>(space: Space<K, unknown>, key: K, options: CommitOptions): Promise<void> {
    const encodedKey = space.translator.encodeKey(key);
    return this.#commitOne({ type: DELETION, key: encodedKey, value: EMPTY_SLICE }, options, space);
  }

  /** Resolves with what the update returned in the step of its commit. */
  async update<K, V>(
    space: Space<K, V>,
    key: K,
    update: Update<V>,
    { durability, signal }: CommitOptions,
  ): Promise<V | undefined> {
    mustBeUpdate(update);
    const own = space.translator.keyBytes(key);
    const late = new OneUpdate<V>(space, own, hashKey(own, 0, own.length), update);
    const batch = this.#store.batch();
    const { guard, derived } = space;
    await this.#store.commit({ batch, durability, signal, guard, derived, late });
    return late.value;
  }

  /** One commit of several operations; an empty batch is acknowledged at once. */
  batch(
    home: Space<unknown, unknown>,
    operations: readonly unknown[],
    options: CommitOptions,
  ): Promise<void> {
    if (!isArray(operations)) {
      throw new InvalidArgumentError(`Batch must be an array: found=${describe(operations)}`);
    }
    const writes = new BatchedWrites(this.#store.batch());
    const spaces = new Set([home]);
    const target: OperationTarget = {
      enter: (keyspace) => {
        const space = this.#keyspaces.spaceOf(keyspace);
        space.mustBeOpen();
        spaces.add(space);
        return space;
      },
      put: ({ translator }, key, value, expiresAtMs) => {
        const entry = translator.encodeEntry(key, value, expiresAtMs);
        writes.write(entry.type, entry.key, entry.value);
      },
      del: ({ translator }, key) => writes.write(DELETION, translator.encodeKey(key), EMPTY_SLICE),
      update: (space, key, update) => writes.update(space, key, update),
      delRange: (_space, range) => {
        if (range !== undefined) writes.deleteRange(range);
      },
    };
    const { length } = operations;
    for (let i = 0; i < length; i++) applyOperation(operations[i], home, target);
    home.mustBeOpen(); // code of the caller's has run
    const { durability, signal } = options;
    const batch = writes.finish();
    const { late } = writes;
    if (batch.operationCount === 0 && late === undefined) return Promise.resolve();
    const guard = guardOf(spaces);
    const derived = derivedOf(spaces);
    return this.#store.commit({ batch, durability, signal, guard, derived, late });
  }

  delRange(
    space: Space<unknown, unknown>,
    range: BoundedRange,
    options: CommitOptions,
  ): Promise<void> {
    const { start, end } = range;
    const [key, value] = [sliceOf(start), sliceOf(end)];
    return this.#commitOne({ type: RANGE_DELETION, key, value }, options, space);
  }

  /** Commits a transaction. Sets `lostTo` and writes nothing when another commit came first. */
  commit(
    transaction: TransactionCore,
    onSequenced: () => void,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const { writes, late, rider, durability } = transaction;
    if (writes.isEmpty && late === undefined && rider === undefined) {
      if (transaction.isDoomed) throw takenBack();
      return (
        this.#store.published(transaction.sequence, transaction) ?? this.#turns.answer(undefined)
      );
    }
    rider?.reserve();
    const batch = this.#store.batch();
    writes.encodeInto(batch);
    return this.#store.commit({
      batch,
      durability,
      signal,
      late,
      contender: transaction,
      owner: transaction.locks ?? transaction.lockOwner,
      onSequenced,
      guard: transaction.guard,
      derived: transaction.derived,
    });
  }

  #commitOne(
    operation: OneOperation,
    { durability, signal }: CommitOptions,
    { guard, derived }: Pick<Space<unknown, unknown>, 'guard' | 'derived'>,
  ): Promise<void> {
    if (derived === undefined) {
      return this.#store.commitOne(operation, { durability, signal, guard });
    }
    const batch = this.#store.batch();
    batch.add(operation.type, operation.key, operation.value);
    return this.#store.commit({ batch, durability, signal, guard, derived });
  }
}
