/**
 * The bounds of the tables below a compaction's output level.
 *
 * Owns: the answer to "can a level below hold anything for this key, or for this range?". Where it cannot, the output
 * is at the bottom: nothing older is left for a tombstone to hide.
 *
 * Invariants:
 *   file-bounds/joined: the intervals are disjoint and ascending: overlapping ranges of several levels were joined.
 *   file-bounds/never-a-false-no: an answer may say "yes" where there is nothing, since a table's range has gaps. It
 *       never says "no" where there is something.
 *
 * Suspension: every method is synchronous.
 */
import { compareBytes, compareRanges } from '../bytes/bytes.ts';
import { endsBelow, firstNotBelow, hullOf, type KeyBounds } from '../bytes/key-range.ts';

export class FileBoundsSet {
  readonly #intervals: readonly KeyBounds[];
  /** For the ascending lookups of `holdsKey`: the first interval that does not end before the last key asked for. */
  #cursor = 0;

  /** In any order. */
  constructor(ranges: readonly KeyBounds[]) {
    this.#intervals = joined(ranges);
  }

  /** Whether a range holds the key `bytes[start, end)`. Keys must be asked for in ascending order. */
  holdsKey(bytes: Uint8Array, start: number, end: number): boolean {
    const intervals = this.#intervals;
    for (; this.#cursor < intervals.length; this.#cursor++) {
      const interval = intervals[this.#cursor]!; // cursor < length
      if (endsBelow(interval, bytes, start, end)) continue;
      return compareRanges(interval.smallest, 0, interval.smallest.length, bytes, start, end) <= 0;
    }
    return false;
  }

  /** Whether a range holds any key of `[start, end)`. In any order. */
  overlaps(start: Uint8Array, end: Uint8Array): boolean {
    const interval = this.#intervals[firstNotBelow(this.#intervals, start)];
    return interval !== undefined && compareBytes(interval.smallest, end) < 0;
  }
}

function joined(ranges: readonly KeyBounds[]): KeyBounds[] {
  const intervals: KeyBounds[] = [];
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
