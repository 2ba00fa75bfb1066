/**
 * The committer: the way of a commit into the order of commits.
 *
 * Owns: the steps before the pipeline: the locks that a commit needs while any lock is held, the wait for room, and the
 * validation of a transaction. It also lends the batches that commits are encoded into.
 *
 * Invariants:
 *   committer/one-step: a transaction is validated, numbered, logged and inserted in one step. So it comes right after
 *       the commits that it was validated against. Example: two transactions write `k` behind one sync. The second
 *       conflicts, though the first is not published yet.
 *   committer/own-batch: the committer owns a batch from `commit` on. It lends the batch again only after the commit
 *       has its place, or has lost.
 *   committer/step-alone: nothing is committed or locked between what late operations read and the place of their commit
 *       (late-operations/writes-nothing-else). A call that tries is refused, and so is a close's effect: the commit then
 *       finds that none begins any more (commit-pipeline/none-after-close).
 *
 * Suspension: `commit` is synchronous up to the promise that it returns.
 */
import { BatchReader } from '../../batch/batch-reader.ts';
import { CommitBatch } from '../../batch/commit-batch.ts';
import type { OneOperation } from '../../batch/operation-encoder.ts';
import { copyRange, EMPTY_BYTES } from '../../bytes/bytes.ts';
import type { BoundedRange } from '../../bytes/key-range.ts';
import { INVARIANTS } from '../../base/assert.ts';
import { isSlowWay } from '../../base/coin.ts';
import { RANGE_DELETION } from '../../base/value-type.ts';
import { InvalidArgumentError } from '../../base/errors.ts';
import type { SequenceNumber } from '../../base/ids.ts';
import {
  type CommitRequest,
  type Contender,
  takenBack,
  type WriteConditions,
} from '../../txn/commit-request.ts';
import type { TurnView } from '../../txn/late-operations.ts';
import type { LockRequest } from '../../txn/lock-request.ts';
import { LOCK_TIMEOUT_MS_DEFAULT, type LockTable } from '../../txn/lock-table.ts';
import type { CommitsSince } from '../read/commits-since.ts';
import type { Horizons } from '../state/horizons.ts';
import type { Metrics } from '../state/metrics.ts';
import type { CommitPipeline } from './commit-pipeline.ts';
import { LateCommit } from './late-commit.ts';
import { ReadAheadLine } from './read-ahead-line.ts';
import { readKey, writtenKey } from './validation.ts';

/** The engine as the committer sees it. */
export interface CommitterHost {
  readonly pipeline: CommitPipeline;
  readonly locks: LockTable;
  readonly horizons: Horizons;
  readonly metrics: Metrics;
  /** What a sequence sees now. */
  viewAt(sequence: SequenceNumber): TurnView;
  /** The commits after a sequence. */
  commitsSince(sequence: number): CommitsSince;
}

const FREE_BATCH_COUNT_MAX = 4;

export class Committer {
  readonly #host: CommitterHost;
  readonly #reader = new BatchReader();
  readonly #freeBatches: CommitBatch[] = [];
  readonly #line = new ReadAheadLine();
  /** True while late operations are computed (committer/step-alone). */
  #isInStep = false;
  /** True when a call from within it was refused. */
  #hasRefused = false;

  constructor(host: CommitterHost) {
    this.#host = host;
  }

  /** An empty batch, to be filled and given to `commit`. One that is never given is forgotten. */
  batch(): CommitBatch {
    return this.#freeBatches.pop() ?? new CommitBatch();
  }

  /**
   * Commits a batch that has operations, or a rider that has. Commits at once when nothing stands in the way; otherwise
   * takes the locks that the commit needs, waits for room, and looks again, since others may have locked meanwhile.
   */
  commit(request: CommitRequest): Promise<void> {
    this.mustNotBeInStep();
    const { late, derived } = request;
    if (late !== undefined || derived !== undefined) {
      return this.#commitLate(new LateCommit(request, derived));
    }
    if (!this.#line.isEmpty) return this.#line.join(undefined, () => this.#enter(request));
    return this.#enter(request);
  }

  /** As `commit` of a batch with one operation, whose bytes are needed during the call alone. */
  commitOne(operation: OneOperation, conditions: WriteConditions): Promise<void> {
    this.mustNotBeInStep();
    const { type, key, value } = operation;
    const size = key.end - key.start + (value.end - value.start);
    if (this.#isFreeFor(size) && conditions.guard() === undefined) {
      return this.#host.pipeline.commitOne(operation, conditions.durability);
    }
    const batch = this.batch();
    batch.add(type, key, value);
    return this.commit({ batch, ...conditions });
  }

  /** True when a commit of one operation has nothing to wait for. */
  #isFreeFor(sizeBytes: number): boolean {
    if (INVARIANTS && isSlowWay('one-operation')) return false;
    const { locks, pipeline } = this.#host;
    return this.#line.isEmpty && locks.isEmpty && pipeline.admission.admits(1, sizeBytes);
  }

  #enter(request: CommitRequest): Promise<void> {
    const { locks, pipeline } = this.#host;
    if (!locks.isEmpty) return this.#commitLocked(request);
    const count = operationCountOf(request);
    const size = sizeBytesOf(request);
    if (pipeline.admission.admits(count, size)) return this.#commitAdmitted(request);
    return pipeline.admission.wait(count, size, request.signal, () =>
      locks.isEmpty ? this.#commitAdmitted(request) : this.#commitLocked(request),
    );
  }

  /** Throws InvalidArgumentError for a call from within the step of another commit (committer/step-alone). */
  mustNotBeInStep(): void {
    if (!this.#isInStep) return;
    this.#hasRefused = true;
    throw writesWithin();
  }

  /** A locked key that was written after the sequence, or undefined. */
  writtenSince(request: LockRequest, sequence: number): Uint8Array | undefined {
    if (this.#host.horizons.assigned === sequence) return undefined;
    return this.#host.commitsSince(sequence).firstOf(request);
  }

  /** Holds the locks until the commit has its place in the order: the next owner of the locks comes after it. */
  async #commitLocked(request: CommitRequest): Promise<void> {
    const { locks, pipeline } = this.#host;
    const { batch, signal } = request;
    const owner = request.owner ?? { cost: Infinity };
    const timeoutMs = request.owner?.timeoutMs ?? LOCK_TIMEOUT_MS_DEFAULT;
    await locks.acquire(owner, this.#locksOf(batch), { timeoutMs, signal });
    const run = (): Promise<void> => {
      try {
        return this.#commitAdmitted(request);
      } finally {
        locks.release(owner);
      }
    };
    try {
      const count = operationCountOf(request);
      const size = sizeBytesOf(request);
      if (pipeline.admission.admits(count, size)) await run();
      else await pipeline.admission.wait(count, size, signal, run);
    } finally {
      locks.release(owner);
    }
  }

  // ATOMIC(committer/one-step): validation and commit are one step.
  #commitAdmitted(request: CommitRequest): Promise<void> {
    const { batch, contender, durability } = request;
    let isOver = true;
    try {
      const derived = request.guard?.();
      if (derived !== undefined) {
        isOver = false;
        return this.#commitLate(new LateCommit(request, derived));
      }
      if (
        contender !== undefined &&
        !(this.#isUnbeaten(batch, contender) && rides(batch, contender))
      )
        return Promise.resolve();
      const acknowledged = this.#host.pipeline.commit(batch, durability);
      request.onSequenced?.();
      return acknowledged;
    } finally {
      if (isOver) this.#reclaim(batch);
    }
  }
  // END ATOMIC

  #reclaim(batch: CommitBatch): void {
    batch.clear();
    if (this.#freeBatches.length < FREE_BATCH_COUNT_MAX) this.#freeBatches.push(batch);
  }

  // Commits with late operations.

  /** As `commit`. What the late operations ask for is read ahead, so that the step need not stop the event loop. */
  #commitLate(commit: LateCommit): Promise<void> {
    const { locks } = this.#host;
    if (!locks.isEmpty) return this.#commitLateLocked(commit);
    const reading = commit.readAhead(this.#newestView());
    if (reading === undefined && this.#line.isEmpty) return this.#enterLate(commit);
    return this.#line.join(reading, () => this.#enterLate(commit));
  }

  async #commitLateLocked(commit: LateCommit): Promise<void> {
    const { locks } = this.#host;
    const {
      batch,
      signal,
      owner = { cost: Infinity, timeoutMs: LOCK_TIMEOUT_MS_DEFAULT },
    } = commit.request;
    const { keys, ranges } = this.#locksOf(batch);
    for (const key of commit.keys) keys.push(key);
    await locks.acquire(owner, { keys, ranges }, { timeoutMs: owner.timeoutMs, signal });
    commit.lockedBy = owner;
    try {
      await commit.readAhead(this.#newestView());
      await this.#enterLate(commit);
    } finally {
      locks.release(owner);
    }
  }

  #enterLate(commit: LateCommit): Promise<void> {
    const { locks, pipeline } = this.#host;
    if (commit.lockedBy === undefined && !locks.isEmpty) return this.#commitLateLocked(commit);
    const isAdmitted = pipeline.admission.admits(commit.operationCount, commit.sizeBytes);
    return (isAdmitted ? this.#commitLateAdmitted(commit) : undefined) ?? this.#waitLate(commit);
  }

  #waitLate(commit: LateCommit): Promise<void> {
    const { locks, pipeline } = this.#host;
    const { operationCount, sizeBytes, request } = commit;
    return pipeline.admission.wait(operationCount, sizeBytes, request.signal, () => {
      if (commit.lockedBy === undefined && !locks.isEmpty) return this.#commitLateLocked(commit);
      return this.#commitLateAdmitted(commit) ?? this.#waitLate(commit);
    });
  }

  // ATOMIC(committer/one-step): as above, and what is computed is what the commit comes right after.
  /** Undefined when the operations turned out to need more room than there is: the commit is as it was. */
  #commitLateAdmitted(commit: LateCommit): Promise<void> | undefined {
    const { batch, contender, durability, guard, onSequenced } = commit.request;
    let isOver = true;
    try {
      commit.derived = guard?.();
      if (contender !== undefined && !this.#isUnbeaten(batch, contender)) return Promise.resolve();
      isOver = this.#fill(commit);
      if (!isOver) return undefined;
      if (contender !== undefined && !rides(batch, contender)) return Promise.resolve();
      const acknowledged =
        batch.operationCount === 0
          ? this.#readOnly()
          : this.#host.pipeline.commit(batch, durability);
      onSequenced?.();
      if (commit.lockedBy !== undefined) this.#host.locks.release(commit.lockedBy);
      return acknowledged;
    } finally {
      if (isOver) this.#reclaim(batch);
    }
  }

  /** Adds the late operations; false, and adds none, when there is no room for all. */
  #fill(commit: LateCommit): boolean {
    this.#isInStep = true;
    this.#hasRefused = false;
    try {
      commit.fill(this.#newestView());
    } finally {
      this.#isInStep = false;
    }
    if (this.#hasRefused) throw writesWithin(); // also when the function has caught it
    const { admission } = this.#host.pipeline;
    if (admission.stillAdmits(commit.operationCount, commit.sizeBytes)) return true;
    commit.empty();
    return false;
  }
  // END ATOMIC

  /** Nothing is to be written. That was found in commits which may still be on their way. */
  #readOnly(): Promise<void> {
    const { horizons, pipeline } = this.#host;
    return horizons.assigned > horizons.published ? pipeline.published() : Promise.resolve();
  }

  #newestView(): TurnView {
    return this.#host.viewAt(this.#host.horizons.assigned);
  }

  /** False, and sets `lostTo`, when others came first. */
  #isUnbeaten(batch: CommitBatch, contender: Contender): boolean {
    if (contender.isDoomed) throw takenBack();
    contender.lostTo = this.#conflictOf(batch, contender);
    return contender.lostTo === undefined;
  }

  /**
   * First committer wins: a key that this transaction writes and that has been written since its snapshot or, if it is
   * serializable, one that it has read.
   */
  #conflictOf(batch: CommitBatch, contender: Contender): Uint8Array | undefined {
    const { horizons, metrics } = this.#host;
    const { sequence, reads } = contender;
    if (horizons.assigned === sequence) return undefined;
    if (contender.isUnnoted) return EMPTY_BYTES;
    const commits = this.#host.commitsSince(sequence);
    const written = writtenKey(commits, batch, this.#reader);
    if (written !== undefined) {
      metrics.writeConflictCount++;
      return written;
    }
    const read = reads && readKey(commits, reads);
    if (read !== undefined) metrics.readConflictCount++;
    return read;
  }

  #locksOf(batch: CommitBatch): { keys: Uint8Array[]; ranges: BoundedRange[] } {
    const keys: Uint8Array[] = [];
    const ranges: BoundedRange[] = [];
    const reader = this.#reader;
    reader.resetToBatch(batch);
    while (reader.next()) {
      const { bytes, valueStart, valueEnd } = reader;
      const key = copyRange(bytes, reader.keyStart, reader.keyEnd);
      if (reader.type !== RANGE_DELETION) keys.push(key);
      else ranges.push({ start: key, end: copyRange(bytes, valueStart, valueEnd) });
    }
    return { keys, ranges };
  }
}

function writesWithin(): InvalidArgumentError {
  return new InvalidArgumentError('A function that computes a write must not write or lock itself');
}

/** Adds the writes of the rider, if there is one. False, and sets `lostTo`, when it has lost. */
function rides(batch: CommitBatch, contender: Contender): boolean {
  const { rider } = contender;
  if (rider === undefined || rider.addTo(batch)) return true;
  contender.lostTo = rider.key;
  return false;
}

/** Operations of the batch, and those that its rider adds at most. */
function operationCountOf({ batch, contender }: CommitRequest): number {
  return batch.operationCount + (contender?.rider?.operationCount ?? 0);
}

/** Bytes of their keys and values. */
function sizeBytesOf({ batch, contender }: CommitRequest): number {
  return batch.sizeBytes + (contender?.rider?.sizeBytes ?? 0);
}
