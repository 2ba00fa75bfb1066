/**
 * Ranges of keys.
 *
 * Owns: the three forms of a range, when two of them share a key, and the hull of several.
 *
 *      KeyRange       lower <= key < upper, each bound open when it is undefined: a scan, a read, a compaction by hand.
 *      BoundedRange   start <= key < end, both known: a range tombstone, a lock.
 *      KeyBounds      smallest <= key <= largest, or < largest: what a table holds. `largest` is a key of it, or where a
 *                     range tombstone of it ends.
 *
 * The caller refuses ranges that hold no key: the functions here may find that such a range overlaps another.
 *
 * Suspension: every function here is synchronous. Results refer to the bytes that were given.
 */
import { compareBytes, compareRanges, keySuccessor } from './bytes.ts';

/** Lower inclusive, upper exclusive; undefined is open. */
export interface KeyRange {
  readonly lower: Uint8Array | undefined;
  readonly upper: Uint8Array | undefined;
}

export const ALL_KEYS: KeyRange = { lower: undefined, upper: undefined };

/** `[start, end)`. */
export interface BoundedRange {
  readonly start: Uint8Array;
  readonly end: Uint8Array;
}

/** `[smallest, largest]`, or `[smallest, largest)` when `isLargestExclusive`. */
export interface KeyBounds {
  readonly smallest: Uint8Array;
  readonly largest: Uint8Array;
  readonly isLargestExclusive: boolean;
}

/** The range; undefined when no key is in it. */
export function nonEmpty(range: BoundedRange): BoundedRange | undefined {
  return compareBytes(range.start, range.end) < 0 ? range : undefined;
}

/** The smallest range around both. */
export function hullOfRanges(a: KeyRange | undefined, b: KeyRange): KeyRange {
  if (a === undefined) return b;
  return { lower: outermost(a.lower, b.lower, -1), upper: outermost(a.upper, b.upper, 1) };
}

function outermost(
  a: Uint8Array | undefined,
  b: Uint8Array | undefined,
  sign: -1 | 1,
): Uint8Array | undefined {
  if (a === undefined || b === undefined) return undefined;
  return compareBytes(a, b) * sign >= 0 ? a : b;
}

export function isInRange({ start, end }: BoundedRange, key: Uint8Array): boolean {
  return compareBytes(key, start) >= 0 && compareBytes(key, end) < 0;
}

/** True when `outer` holds all of `inner`. */
export function isAround(outer: BoundedRange, inner: BoundedRange): boolean {
  return compareBytes(outer.start, inner.start) <= 0 && compareBytes(inner.end, outer.end) <= 0;
}

export function doRangesOverlap(a: BoundedRange, b: BoundedRange): boolean {
  return compareBytes(a.start, b.end) < 0 && compareBytes(b.start, a.end) < 0;
}

/** True when the two share a key, or one ends where the other starts. */
export function doRangesTouch(a: BoundedRange, b: BoundedRange): boolean {
  return compareBytes(a.start, b.end) <= 0 && compareBytes(b.start, a.end) <= 0;
}

/** True when every key of the bounds is below `key[start, end)`. */
export function endsBelow(
  { largest, isLargestExclusive }: KeyBounds,
  key: Uint8Array,
  start = 0,
  end: number = key.length,
): boolean {
  const order = compareRanges(largest, 0, largest.length, key, start, end);
  return order < 0 || (order === 0 && isLargestExclusive);
}

/** True when `key[start, end)` lies within the bounds. */
export function holdsKey(
  bounds: KeyBounds,
  key: Uint8Array,
  start = 0,
  end: number = key.length,
): boolean {
  const { smallest } = bounds;
  return (
    compareRanges(smallest, 0, smallest.length, key, start, end) <= 0 &&
    !endsBelow(bounds, key, start, end)
  );
}

/** True when the range holds every key of the bounds. */
export function isWithin(bounds: KeyBounds, { start, end }: BoundedRange): boolean {
  return compareBytes(bounds.smallest, start) >= 0 && endsBelow(bounds, end);
}

/** True when every key of the bounds is above the range. */
export function startsAbove({ smallest }: KeyBounds, { upper }: KeyRange): boolean {
  return upper !== undefined && compareBytes(smallest, upper) >= 0;
}

/** True when the bounds and the range share a key. */
export function overlapsRange(bounds: KeyBounds, range: KeyRange): boolean {
  const { lower } = range;
  return (lower === undefined || !endsBelow(bounds, lower)) && !startsAbove(bounds, range);
}

export function doBoundsOverlap(a: KeyBounds, b: KeyBounds): boolean {
  return !endsBelow(a, b.smallest) && !endsBelow(b, a.smallest);
}

/** The bounds as a range. */
export function rangeOf({ smallest, largest, isLargestExclusive }: KeyBounds): KeyRange {
  return { lower: smallest, upper: isLargestExclusive ? largest : keySuccessor(largest) };
}

/** The smallest bounds around all of them; undefined for none. */
export function hullOf(many: readonly KeyBounds[]): KeyBounds | undefined {
  let hull = many[0];
  for (const bounds of many) {
    if (hull === undefined || hull === bounds) continue;
    const smallest =
      compareBytes(bounds.smallest, hull.smallest) < 0 ? bounds.smallest : hull.smallest;
    const order = compareBytes(hull.largest, bounds.largest);
    const isUpperTaken = order < 0 || (order === 0 && hull.isLargestExclusive);
    const { largest, isLargestExclusive } = isUpperTaken ? bounds : hull;
    hull = { smallest, largest, isLargestExclusive };
  }
  return hull;
}

/** Index of the first of the bounds that does not end below `key`; they are disjoint and ascend. */
export function firstNotBelow(many: readonly KeyBounds[], key: Uint8Array): number {
  let low = 0;
  let high = many.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (endsBelow(many[middle]!, key))
      low = middle + 1; // middle < length
    else high = middle;
  }
  return low;
}

/** Those that share a key with `bounds`, of bounds that are disjoint and ascend, as in every level but 0. */
export function overlappingInOrder<T extends KeyBounds>(
  many: readonly T[],
  bounds: KeyBounds | undefined,
): T[] {
  if (bounds === undefined) return [];
  const from = firstNotBelow(many, bounds.smallest);
  let to = from;
  while (to < many.length && !endsBelow(bounds, many[to]!.smallest)) to++; // to < length
  return many.slice(from, to);
}
