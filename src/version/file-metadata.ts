/**
 * The facts about a table that are known without opening it.
 *
 * Owns: the record that the manifest keeps of each table, and the questions about its bounds.
 *
 * Invariants:
 *   file-metadata/bounds-cover-all: every user key of the table, and every key that its range tombstones cover, is at
 *       or above `smallest` and at or below `largest`. It is below `largest` when `isLargestExclusive`, which says that
 *       `largest` is where a range tombstone ends and no key of the table.
 *   file-metadata/bounds-not-empty: `smallest <= largest`, and `smallest < largest` when that is exclusive: a table
 *       holds something.
 *   file-metadata/never-changes: a record never changes. It is a plain object, so that it can be sent to a worker
 *       thread.
 *
 * Suspension: every function here is synchronous and keeps no reference to its arguments.
 */
import { compareBytes } from '../bytes/bytes.ts';
import type { KeyBounds } from '../bytes/key-range.ts';
import type { TableExpiry } from '../sstable/table-expiry.ts';
import type { FileNumber, SequenceNumber } from '../base/ids.ts';

export interface FileMetadata extends KeyBounds {
  readonly number: FileNumber;
  /** Exact: recovery holds the file against it. */
  readonly sizeBytes: number;
  readonly smallestSequence: SequenceNumber;
  readonly largestSequence: SequenceNumber;
  /** Point entries, tombstones included. */
  readonly entryCount: number;
  /** Tombstones among the entries. */
  readonly deletionCount: number;
  readonly rangeTombstoneCount: number;
  /** Undefined when no entry expires. */
  readonly expiry?: TableExpiry | undefined;
  /** The table stores no sequences, but one for all: engines that do not know of that must not open it. */
  readonly hasSequenceBase: boolean;
  /**
   * 32 hexadecimal digits, drawn when the table was made. Copies of a database go on with the same file numbers: two tables
   * with one number and one size may differ, but two with one identity are the same bytes. Undefined in tables of before.
   */
  readonly identity?: string | undefined;
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

/** Keeps file-metadata/bounds-not-empty. */
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
