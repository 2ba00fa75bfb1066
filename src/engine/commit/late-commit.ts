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
  /** Those of the request; undefined when its guard alone demands some. */
  readonly late: LateOperations | undefined;
  /** Those that its guard demands (late-operations/derived-last); set by each step. */
  derived: LateOperations | undefined;
  /** Operations to make room for: as many as it says beforehand, then as many as it has had. */
  operationCount: number;
  sizeBytes: number;
  /** The owner of the locks that were taken for it; undefined while there are none. */
  lockedBy: LockOwner | undefined = undefined;
  readonly #mark: BatchMark;

  constructor(request: CommitRequest, derived: LateOperations | undefined) {
    const { batch, late } = request;
    this.request = request;
    this.late = late;
    this.derived = derived;
    this.#mark = batch.mark();
    this.operationCount = batch.operationCount + (late?.operationCount ?? 0) + this.#riderCount;
    this.sizeBytes = batch.sizeBytes + (late?.sizeBytes ?? 0) + this.#riderSize;
  }

  /** Keys that the late operations may write, for the locks. */
  get keys(): readonly Uint8Array[] {
    return this.late?.keys ?? [];
  }

  /** Brings into memory what the late operations will ask for; undefined when it is there. */
  readAhead(view: TurnView): Promise<unknown> | undefined {
    const { batch } = this.request;
    const ofRequest = this.late?.readAhead(view, batch);
    const ofGuard = this.derived?.readAhead(view, batch);
    if (ofRequest === undefined || ofGuard === undefined) return ofRequest ?? ofGuard;
    return Promise.all([ofRequest, ofGuard]);
  }

  /** Adds the late operations. */
  fill(view: TurnView): void {
    const { batch } = this.request;
    this.late?.addTo(batch, view);
    this.derived?.addTo(batch, view);
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
