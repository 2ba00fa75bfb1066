/**
 * Reserved writes that ride along with a transaction's commit.
 *
 * Owns: the contract between the transaction that carries them and the writer that commits them. They are not in the
 * transaction's write set: no lock is taken for them and no other transaction conflicts over them.
 */
import type { CommitBatch } from '../batch/commit-batch.ts';

export interface CommitRider {
  /** The key over which its commit loses when `addTo` says so. */
  readonly key: Uint8Array;
  /** Decides how much will ride at most; the two fields below hold from then on. */
  reserve(): void;
  readonly operationCount: number;
  readonly sizeBytes: number;
  /** Adds its writes, in the step that numbers the commit. False: the commit has lost. */
  addTo(batch: CommitBatch): boolean;
}
