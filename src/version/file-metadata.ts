/**
 * What is known of a table without opening it.
 *
 * Owns: the record that the manifest keeps of each table, and the questions about its bounds.
 *
 * Invariants:
 *   M1. Every user key of the table, and every key that its range tombstones cover, is at or above `smallest` and at
 *       or below `largest`; below it when `isLargestExclusive`, which says that `largest` is where a range
 *       tombstone ends and no key of the table.
 *   M2. `smallest <= largest`, and `smallest < largest` when that is exclusive: a table holds something.
 *   M3. A record never changes. It is a plain object, so that it can be sent to a worker thread.
 *
 * Suspension: every function here is synchronous and keeps no reference to its arguments.
 */
import { compareBytes, compareRanges } from '../bytes/bytes.ts';
import type { FileNumber, SequenceNumber } from '../base/ids.ts';

export interface FileMetadata {
  readonly number: FileNumber;
  /** Exact: recovery holds the file against it. */
  readonly sizeBytes: number;
  readonly smallest: Uint8Array;
  readonly largest: Uint8Array;
  readonly isLargestExclusive: boolean;
  readonly smallestSequence: SequenceNumber;
  readonly largestSequence: SequenceNumber;
  /** Point entries, tombstones included. */
  readonly entryCount: number;
  /** Tombstones among the entries. */
  readonly deletionCount: number;
  readonly rangeTombstoneCount: number;
  /** The table stores no sequences, but one for all: engines that do not know of that must not open it. */
  readonly hasSequenceBase: boolean;
  /**
   * Versions that only a pinned reader kept in the table; not in the manifest. A database that was opened again has no
   * reader of before, and does not know: what they kept goes when the table is next rewritten.
   */
  readonly supersededCount?: number;
}

/** A table in its level. */
export interface LevelFile {
  readonly level: number;
  readonly file: FileMetadata;
}

/** True when every key of the table is below `bytes[start, end)`. */
export function endsBelowKey(
  file: FileMetadata,
  bytes: Uint8Array,
  start: number,
  end: number,
): boolean {
  const order = compareRanges(file.largest, 0, file.largest.length, bytes, start, end);
  return order < 0 || (order === 0 && file.isLargestExclusive);
}

/** True when `bytes[start, end)` lies within the bounds of the table. */
export function containsKey(
  file: FileMetadata,
  bytes: Uint8Array,
  start: number,
  end: number,
): boolean {
  return (
    compareRanges(file.smallest, 0, file.smallest.length, bytes, start, end) <= 0 &&
    !endsBelowKey(file, bytes, start, end)
  );
}

/** A range of user keys; an absent bound is open. */
export interface KeyRange {
  /** Inclusive. */
  readonly lower?: Uint8Array | undefined;
  readonly upper?: Uint8Array | undefined;
  /** Default false: `upper` belongs to the range. */
  readonly isUpperExclusive?: boolean;
}

/** The range that a table covers. */
export function rangeOf(file: FileMetadata): KeyRange {
  return { lower: file.smallest, upper: file.largest, isUpperExclusive: file.isLargestExclusive };
}

/** True when the table's bounds and the range share a key. */
export function overlapsRange(file: FileMetadata, range: KeyRange): boolean {
  const { lower } = range;
  if (lower !== undefined && endsBelowKey(file, lower, 0, lower.length)) return false;
  return !startsAboveRange(file, range);
}

/** True when every key of the table is above the range. */
export function startsAboveRange(file: FileMetadata, range: KeyRange): boolean {
  if (range.upper === undefined) return false;
  const order = compareBytes(file.smallest, range.upper);
  return order > 0 || (order === 0 && range.isUpperExclusive === true);
}

/** M2. */
export function hasValidBounds(file: FileMetadata): boolean {
  const order = compareBytes(file.smallest, file.largest);
  return (
    (order < 0 || (order === 0 && !file.isLargestExclusive)) &&
    file.smallestSequence <= file.largestSequence
  );
}

/** The order of level 0: newest first. */
export function compareNewestFirst(a: FileMetadata, b: FileMetadata): number {
  return b.largestSequence - a.largestSequence || b.number - a.number;
}

/** The order of every other level. */
export function compareSmallest(a: FileMetadata, b: FileMetadata): number {
  return compareBytes(a.smallest, b.smallest);
}
