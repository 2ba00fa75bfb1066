/**
 * What is committed together, and under which conditions.
 *
 * Owns: the shape of a commit request, of the transaction behind it, and of what a watcher hears of it afterwards.
 */
import type { CommitBatch } from '../batch/commit-batch.ts';
import { ConflictError } from '../base/errors.ts';
import type { Durability } from '../base/options.ts';
import type { CommitRider } from './commit-rider.ts';
import type { LockOwner } from './lock-request.ts';
import type { ReadSet } from './read-set.ts';

/** A transaction as its commit needs it. */
export interface Contender {
  /** Its place in the commit order: what was committed later may stand against it. */
  readonly sequence: number;
  /** True when what it may have read was taken back: it can only lose. */
  readonly isDoomed: boolean;
  /** What it has read; undefined unless that must be unchanged. */
  readonly reads: ReadSet | undefined;
  /** What is committed with it beside its batch, as the record of its commit id. */
  readonly rider: CommitRider | undefined;
  /** The key over which it lost; set before the promise of its commit resolves, and then nothing was written. */
  lostTo: Uint8Array | undefined;
}

export interface CommitRequest {
  /** From the store, whose it is again from the call on. */
  readonly batch: CommitBatch;
  readonly durability: Durability;
  /** Ends waiting for locks and for room; a commit that has its place is not undone. */
  readonly signal: AbortSignal | undefined;
  /** Undefined for writes that depend on nothing. */
  readonly contender?: Contender;
  /** Who holds the locks of the commit; undefined: it takes its own, when anybody holds some. */
  readonly owner?: (LockOwner & { readonly timeoutMs: number }) | undefined;
  /** Called in the step in which the commit gets its place: it cannot lose any more. */
  readonly onSequenced?: () => void;
}

/** What a watcher hears: commits up to this one have touched its range, and are visible. */
export interface PublishedChange {
  readonly sequence: number;
}

/** For a transaction that has read what was taken back. */
export function takenBack(): ConflictError {
  return new ConflictError('Commits that this transaction has read were refused for lack of space');
}
