/**
 * A lock request: keys, and ranges of keys.
 *
 * Owns: the shape of a request, and of the owner of its locks.
 */
import type { BoundedRange } from '../bytes/key-range.ts';

export interface LockRequest {
  readonly keys: readonly Uint8Array[];
  readonly ranges: readonly BoundedRange[];
}

export interface LockOwner {
  /** The work that a new start would lose; Infinity for an owner that cannot start again. */
  readonly cost: number;
}
