/**
 * A commit with late operations, on its way into the order of commits.
 *
 * Owns: the room that it asks for, and its batch without the late operations.
 *
 * Suspension: every method is synchronous.
 */
import type { BatchMark } from '../../batch/commit-batch.ts';
import type { CommitRequest } from '../../txn/commit-request.ts';
import type { LateOperations, TurnView } from '../../txn/late-operations.ts';
import type { LockOwner } from '../../txn/lock-request.ts';

export class LateCommit {
  readonly request: CommitRequest;
  readonly late: LateOperations;
  /** Operations to make room for: as many as it says beforehand, then as many as it has had. */
  operationCount: number;
  sizeBytes: number;
  /** The owner of the locks that were taken for it; undefined while there are none. */
  lockedBy: LockOwner | undefined = undefined;
  readonly #mark: BatchMark;

  constructor(request: CommitRequest, late: LateOperations) {
    const { batch } = request;
    this.request = request;
    this.late = late;
    this.#mark = batch.mark();
    this.operationCount = batch.operationCount + late.operationCount + this.#riderCount;
    this.sizeBytes = batch.sizeBytes + late.sizeBytes + this.#riderSize;
  }

  /** Adds the late operations. */
  fill(view: TurnView): void {
    const { batch } = this.request;
    this.late.addTo(batch, view);
    this.operationCount = batch.operationCount + this.#riderCount;
    this.sizeBytes = batch.sizeBytes + this.#riderSize;
  }

  /** Takes them out again (late-operations/again). */
  empty(): void {
    this.request.batch.truncate(this.#mark);
  }

  get #riderCount(): number {
    return this.request.contender?.rider?.operationCount ?? 0;
  }

  get #riderSize(): number {
    return this.request.contender?.rider?.sizeBytes ?? 0;
  }
}
