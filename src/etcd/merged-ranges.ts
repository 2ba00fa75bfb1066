/**
 * Few ranges around many.
 *
 * Owns: how ranges are joined when a transaction of etcd has no room for all of them. What lies between two ranges that are
 * joined counts as read, though nobody has read it.
 *
 * Suspension: everything here is synchronous.
 */
import type { BackendRange } from '../index.ts';

/**
 * Ranges that together hold all of the given ones, at most `countMax`: in order, and none overlaps another. Neighbours are
 * joined where they share the longest start, which is where the least lies between them.
 */
export function mergedRanges(ranges: readonly BackendRange[], countMax: number): BackendRange[] {
  const joined = disjoint(ranges);
  if (joined.length <= countMax) return joined;
  const gaps = joined
    .slice(1)
    .map((range, i) => ({ i, shared: sharedLength(joined[i]!.end, range.start) })) // as long as the slice
    .sort((a, b) => b.shared - a.shared);
  const closed = new Set(gaps.slice(0, joined.length - countMax).map(({ i }) => i));
  const merged: BackendRange[] = [];
  joined.forEach((range, i) => {
    const last = merged.at(-1);
    if (last !== undefined && closed.has(i - 1)) {
      merged[merged.length - 1] = { start: last.start, end: range.end };
    } else merged.push(range);
  });
  return merged;
}

/** In order; those that overlap are one. */
function disjoint(ranges: readonly BackendRange[]): BackendRange[] {
  const sorted = [...ranges].sort((a, b) => Buffer.compare(a.start, b.start));
  const joined: BackendRange[] = [];
  for (const range of sorted) {
    const last = joined.at(-1);
    if (
      last === undefined ||
      (last.end !== undefined && Buffer.compare(last.end, range.start) <= 0)
    ) {
      joined.push(range);
    } else joined[joined.length - 1] = { start: last.start, end: later(last.end, range.end) };
  }
  return joined;
}

function later(a: Uint8Array | undefined, b: Uint8Array | undefined): Uint8Array | undefined {
  if (a === undefined || b === undefined) return undefined;
  return Buffer.compare(a, b) >= 0 ? a : b;
}

function sharedLength(a: Uint8Array | undefined, b: Uint8Array): number {
  let length = 0;
  while (a !== undefined && length < a.length && length < b.length && a[length] === b[length])
    length++;
  return length;
}
