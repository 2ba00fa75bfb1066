/**
 * Ranges as Level states them.
 *
 * Owns: which bound counts, and whether a key lies within. Level and Varve differ in both: of two bounds on one side Level
 * takes the one that includes its key and Varve the tighter one; a seek past a bound ends an iterator of Level, and a
 * scan of Varve begins at the bound.
 *
 * Suspension: everything here is synchronous.
 */
import type { RangeOptions } from '../index.ts';
import { bytesOf, type Formatted } from './formats.ts';

/** The bounds among the options of an iterator or a clear, encoded. A bound that is undefined is none. */
export interface LevelBounds {
  readonly gt?: Formatted | undefined;
  readonly gte?: Formatted | undefined;
  readonly lt?: Formatted | undefined;
  readonly lte?: Formatted | undefined;
}

/** The range in bytes. */
export function rangeOf({ gt, gte, lt, lte }: LevelBounds): RangeOptions<Uint8Array> {
  return {
    ...(gte !== undefined ? { gte: bytesOf(gte) } : gt !== undefined && { gt: bytesOf(gt) }),
    ...(lte !== undefined ? { lte: bytesOf(lte) } : lt !== undefined && { lt: bytesOf(lt) }),
  };
}

/** Whether a key lies within the range. */
export function isWithin(key: Uint8Array, range: RangeOptions<Uint8Array>): boolean {
  const { gt, gte, lt, lte } = range;
  if (gte !== undefined && Buffer.compare(key, gte) < 0) return false;
  if (gt !== undefined && Buffer.compare(key, gt) <= 0) return false;
  if (lte !== undefined && Buffer.compare(key, lte) > 0) return false;
  return lt === undefined || Buffer.compare(key, lt) < 0;
}
