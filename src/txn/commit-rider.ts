/**
 * Reserved writes that ride along with a transaction's commit.
 *
 * Owns: the contract between the transaction that carries them and the writer that commits them. They are not in the
 * transaction's write set: no lock is taken for them and no other transaction conflicts over them.
 */
import type { PointType } from '../base/value-type.ts';

export interface RiderWrite {
  readonly type: PointType;
  readonly key: Uint8Array;
  /** Empty for a deletion. */
  readonly value: Uint8Array;
}

export interface CommitRider {
  /** The key over which its commit loses when `writes` says so. */
  readonly key: Uint8Array;
  /** Decides how much will ride at most; the two fields below hold from then on. */
  reserve(): void;
  readonly operationCount: number;
  readonly sizeBytes: number;
  /** Called in the step that numbers the commit, before its first operation. Undefined: the commit has lost. */
  writes(): readonly RiderWrite[] | undefined;
}
