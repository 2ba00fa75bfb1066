/**
 * What is locked: keys, and ranges of keys.
 *
 * Owns: the shape of a request, and when two of its parts overlap.
 */
import { compareBytes } from '../bytes/bytes.ts';

/** `[start, end)`; an absent end is open. */
export interface LockRange {
  readonly start: Uint8Array;
  readonly end: Uint8Array | undefined;
}

export interface LockRequest {
  readonly keys: readonly Uint8Array[];
  readonly ranges: readonly LockRange[];
}

export interface LockOwner {
  /** What would be lost if it had to start again; Infinity for one that cannot. */
  readonly cost: number;
}

export function isInside(key: Uint8Array, { start, end }: LockRange): boolean {
  return compareBytes(key, start) >= 0 && (end === undefined || compareBytes(key, end) < 0);
}

/** True when `outer` holds all of `inner`. */
export function isAround(outer: LockRange, inner: LockRange): boolean {
  if (compareBytes(inner.start, outer.start) < 0) return false;
  if (outer.end === undefined) return true;
  return inner.end !== undefined && compareBytes(inner.end, outer.end) <= 0;
}

export function areOverlapping(a: LockRange, b: LockRange): boolean {
  return (
    (b.end === undefined || compareBytes(a.start, b.end) < 0) &&
    (a.end === undefined || compareBytes(b.start, a.end) < 0)
  );
}
