/**
 * A cursor that is open, and what may be laid over what it shows.
 *
 * Owns: the shapes of both.
 */
import type { InternalIterator } from './internal-iterator.ts';
import type { RangeTombstones } from './range-tombstones.ts';

/** A transaction's own writes, laid over what its snapshot shows. */
export interface Overlay {
  readonly source: InternalIterator;
  /** The ranges that it has deleted, numbered in their order; undefined for none. */
  readonly tombstones: RangeTombstones | undefined;
}

/** A cursor over visible entries, and how to give back what it holds. */
export interface OpenScan {
  /** Steps as internal-iterator.ts says: NEEDS_BLOCK when the next entry is not in memory. */
  readonly cursor: InternalIterator;
  /** Idempotent; the cursor is not used afterwards. */
  readonly close: () => void;
}
