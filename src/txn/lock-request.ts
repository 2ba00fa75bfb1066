/**
 * What is locked: keys, and ranges of keys.
 *
 * Owns: the shape of a request.
 */
import type { BoundedRange } from '../bytes/key-range.ts';

export interface LockRequest {
  readonly keys: readonly Uint8Array[];
  readonly ranges: readonly BoundedRange[];
}

export interface LockOwner {
  /** What would be lost if it had to start again; Infinity for one that cannot. */
  readonly cost: number;
}
