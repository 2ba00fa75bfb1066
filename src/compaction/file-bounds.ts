/**
 * Bounds of tables, and the set of those below a compaction's output level.
 *
 * Owns: overlap and hull of ranges, and the answer to "can a level below hold anything for this key, or for this range?". Where it cannot, the output
 * is at the bottom: nothing older is left for a tombstone to hide.
 *
 * Invariants:
 *   B1. The intervals are disjoint and ascending: overlapping ranges of several levels were joined.
 *   B2. Answers may say "yes" where there is nothing (a table's range has gaps), never "no" where there is something.
 *
 * Suspension: every method is synchronous.
 */
import { compareBytes, compareRanges } from '../bytes/bytes.ts';

/** The keys of a table, as its metadata has them; `largest` is among them unless `isLargestExclusive`. */
export interface FileBounds {
  readonly smallest: Uint8Array;
  readonly largest: Uint8Array;
  readonly isLargestExclusive: boolean;
}

/** Whether two ranges share a key. */
export function doOverlap(a: FileBounds, b: FileBounds): boolean {
  return !endsBefore(a, b.smallest) && !endsBefore(b, a.smallest);
}

/** Whether every key of the range is below `key`. */
export function endsBefore(range: FileBounds, key: Uint8Array): boolean {
  const order = compareBytes(range.largest, key);
  return order < 0 || (order === 0 && range.isLargestExclusive);
}

/** Index of the first range that does not end before `key`, of ranges that are disjoint and ascend. */
export function firstNotBefore(ranges: readonly FileBounds[], key: Uint8Array): number {
  let low = 0;
  let high = ranges.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (endsBefore(ranges[middle]!, key))
      low = middle + 1; // middle < length
    else high = middle;
  }
  return low;
}

/** Those that share a key with `range`, of ranges that are disjoint and ascend, as in every level but 0. */
export function overlappingInOrder<T extends FileBounds>(
  ranges: readonly T[],
  range: FileBounds | undefined,
): T[] {
  if (range === undefined) return [];
  const from = firstNotBefore(ranges, range.smallest);
  let to = from;
  while (to < ranges.length && !endsBefore(range, ranges[to]!.smallest)) to++; // to < length
  return ranges.slice(from, to);
}

/** The smallest range around all of them; undefined for none. */
export function hullOf(ranges: readonly FileBounds[]): FileBounds | undefined {
  let hull = ranges[0];
  for (const range of ranges) {
    if (hull === undefined || hull === range) continue;
    const smallest =
      compareBytes(range.smallest, hull.smallest) < 0 ? range.smallest : hull.smallest;
    const order = compareBytes(hull.largest, range.largest);
    const isUpperTaken = order < 0 || (order === 0 && hull.isLargestExclusive);
    const { largest, isLargestExclusive } = isUpperTaken ? range : hull;
    hull = { smallest, largest, isLargestExclusive };
  }
  return hull;
}

export class FileBoundsSet {
  readonly #intervals: readonly FileBounds[];
  /** For the ascending lookups of `holdsKey`: the first interval that does not end before the last key asked for. */
  #cursor = 0;

  /** In any order. */
  constructor(ranges: readonly FileBounds[]) {
    this.#intervals = joined(ranges);
  }

  /** Whether a range holds the key `bytes[start, end)`. Keys must be asked for in ascending order. */
  holdsKey(bytes: Uint8Array, start: number, end: number): boolean {
    const intervals = this.#intervals;
    for (; this.#cursor < intervals.length; this.#cursor++) {
      const { smallest, largest, isLargestExclusive } = intervals[this.#cursor]!; // cursor < length
      const order = compareRanges(largest, 0, largest.length, bytes, start, end);
      if (order < 0 || (order === 0 && isLargestExclusive)) continue;
      return compareRanges(smallest, 0, smallest.length, bytes, start, end) <= 0;
    }
    return false;
  }

  /** Whether a range holds any key of `[start, end)`. In any order. */
  overlaps(start: Uint8Array, end: Uint8Array): boolean {
    const interval = this.#intervals[firstNotBefore(this.#intervals, start)];
    return interval !== undefined && compareBytes(interval.smallest, end) < 0;
  }
}

function joined(ranges: readonly FileBounds[]): FileBounds[] {
  const intervals: FileBounds[] = [];
  for (const range of ranges.toSorted((a, b) => compareBytes(a.smallest, b.smallest))) {
    const last = intervals.at(-1);
    if (last === undefined || compareBytes(range.smallest, last.largest) > 0) {
      intervals.push(range);
      continue;
    }
    intervals[intervals.length - 1] = hullOf([last, range])!; // of two
  }
  return intervals;
}
