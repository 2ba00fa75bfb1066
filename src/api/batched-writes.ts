/**
 * The writes of one batch, which the API commits whole.
 *
 * Owns: how operations become a commit batch. Without an update they are added to it as they come. From the first
 * update on they are kept by key, as those of a transaction are, because an update must see what came before it.
 *
 * Suspension: every method is synchronous.
 */
import { type PointType, RANGE_DELETION } from '../base/value-type.ts';
import { BatchReader } from '../batch/batch-reader.ts';
import type { CommitBatch } from '../batch/commit-batch.ts';
import { type ByteSlice, sliceOf } from '../bytes/bytes.ts';
import { hashKey } from '../bytes/hash.ts';
import type { BoundedRange } from '../bytes/key-range.ts';
import { WriteSet } from '../txn/write-set.ts';
import { updatedOwn } from './own-value.ts';
import { PendingUpdates } from './pending-updates.ts';
import { NOT_OWN } from './reader.ts';
import type { Space } from './space.ts';
import { mustBeUpdate } from './update.ts';

export class BatchedWrites {
  readonly #batch: CommitBatch;
  /** Undefined before the first update. */
  #updates: PendingUpdates | undefined = undefined;
  /** What the batch writes beside updates, from the first update on; undefined while that is nothing. */
  #writes: WriteSet | undefined = undefined;

  constructor(batch: CommitBatch) {
    this.#batch = batch;
  }

  /** The updates that are to be applied to the newest values; undefined for none. */
  get late(): PendingUpdates | undefined {
    return this.#updates?.isEmpty === false ? this.#updates : undefined;
  }

  /** The batch with every other write. Called once, at the end. */
  finish(): CommitBatch {
    this.#writes?.encodeInto(this.#batch);
    return this.#batch;
  }

  write(type: PointType, key: ByteSlice, value: ByteSlice): void {
    if (this.#updates === undefined) {
      this.#batch.add(type, key, value);
      return;
    }
    const hash = hashKey(key.bytes, key.start, key.end);
    this.#updates.drop(key, hash);
    this.#mustWrites().write(type, hash, key, value);
  }

  deleteRange({ start, end }: BoundedRange): void {
    if (this.#updates === undefined) {
      this.#batch.add(RANGE_DELETION, sliceOf(start), sliceOf(end));
      return;
    }
    this.#updates.dropRange({ start, end });
    this.#mustWrites().deleteRange(start, end);
  }

  update(space: Space<unknown, unknown>, key: unknown, update: unknown): void {
    mustBeUpdate(update);
    const own = space.translator.keyBytes(key);
    const slice = sliceOf(own);
    const hash = hashKey(own, 0, own.length);
    const updates = this.#beginUpdates();
    const { wallMs } = space.share;
    const next = this.#writes
      ? updatedOwn(this.#writes, space, slice, hash, { update, wallMs })
      : NOT_OWN;
    if (next === NOT_OWN) updates.add(space, own, hash, update);
    else if (next !== undefined) this.write(next.type, slice, next.value);
  }

  #beginUpdates(): PendingUpdates {
    if (this.#updates !== undefined) return this.#updates;
    this.#updates = new PendingUpdates();
    if (this.#batch.operationCount > 0) this.#takeBatch(this.#mustWrites());
    return this.#updates;
  }

  #mustWrites(): WriteSet {
    return (this.#writes ??= new WriteSet());
  }

  #takeBatch(writes: WriteSet): void {
    const reader = new BatchReader();
    reader.resetToBatch(this.#batch);
    while (reader.next()) writes.take(reader);
    this.#batch.clear();
  }
}
