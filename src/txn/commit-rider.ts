/**
 * A commit rider: reserved writes that ride along with a transaction's commit.
 *
 * Owns: the contract between the transaction that carries them and the committer. They are not in the write set of the
 * transaction: no lock is taken for them, and no other transaction conflicts over them.
 *
 * Suspension: every method is synchronous.
 */
import type { CommitBatch } from '../batch/commit-batch.ts';

export interface CommitRider {
  /** The key over which the commit loses when `addTo` returns false. */
  readonly key: Uint8Array;
  /** Decides how much rides at most: the two fields below hold from then on. */
  reserve(): void;
  readonly operationCount: number;
  readonly sizeBytes: number;
  /** Adds its writes in the step that numbers the commit. False when the commit has lost. */
  addTo(batch: CommitBatch): boolean;
}
