/**
 * A commit request: a batch, and the conditions under which it is committed.
 *
 * Owns: the shape of a commit request, of the contender behind it, and of the change that a watcher hears of
 * afterwards.
 *
 * Suspension: `takenBack` is synchronous.
 */
import type { CommitBatch } from '../batch/commit-batch.ts';
import { ConflictError } from '../base/errors.ts';
import type { Durability } from '../base/options.ts';
import type { CommitRider } from './commit-rider.ts';
import type { LateOperations } from './late-operations.ts';
import type { LockOwner } from './lock-request.ts';
import type { ReadSet } from './read-set.ts';

/** A contender: a transaction as its commit needs it. */
export interface Contender {
  /** Its snapshot, as the store made it; absent where the sequence alone tells. */
  readonly place?: object;
  /** Its place in the commit order: a later commit may stand against it. */
  readonly sequence: number;
  /** True when commits that it may have read were taken back: it can only lose. */
  readonly isDoomed: boolean;
  /** What it has read, when that must be unchanged; else undefined. */
  readonly reads: ReadSet | undefined;
  /** True when it has read what `reads` does not tell: any commit after its place may stand against it. */
  readonly isUnnoted: boolean;
  /** Writes that are committed beside its batch, such as the record of its commit id. */
  readonly rider: CommitRider | undefined;
  /** The key over which it lost; set before the promise of its commit resolves, and then nothing was written. */
  lostTo: Uint8Array | undefined;
}

export interface CommitRequest {
  /** A batch that the store lent. The store owns it again from the call on. */
  readonly batch: CommitBatch;
  readonly durability: Durability;
  /** Ends the wait for locks and for room. A commit that has its place is not undone. */
  readonly signal: AbortSignal | undefined;
  /** Operations that are known only in the step that gives the commit its place. */
  readonly late?: LateOperations | undefined;
  /** Undefined for writes that depend on nothing. */
  readonly contender?: Contender;
  /** The owner of the locks of the commit. Without one the commit takes its own, while any lock is held. */
  readonly owner?: (LockOwner & { readonly timeoutMs: number }) | undefined;
  /**
   * Called first in the step that gives the commit its place. What it throws refuses the commit. What it returns is added
   * to the commit in that step (late-operations/derived-last).
   */
  readonly guard?: (() => LateOperations | undefined) | undefined;
  /** What the guard would return now: what it asks for is read ahead. */
  readonly derived?: LateOperations | undefined;
  /** Called in the step that gives the commit its place: from there on it cannot lose. */
  readonly onSequenced?: () => void;
}

/** The conditions of a write that depends on nothing, as of a CommitRequest. */
export interface WriteConditions {
  readonly durability: Durability;
  readonly signal: AbortSignal | undefined;
  readonly guard: () => LateOperations | undefined;
}

/** The change that a watcher hears of: commits up to this one have touched its range, and are visible. */
export interface PublishedChange {
  /** Of the newest of these commits, as `changes` counts. */
  readonly sequence: number;
}

/** The error for a transaction that has read commits which were taken back. */
export function takenBack(): ConflictError {
  return new ConflictError('Commits that this transaction has read were refused for lack of space');
}
