/**
 * Gives the tables of dropped ranges back, unread.
 *
 * Owns: the ranges that were dropped, and which tables may go. A range tombstone hides every entry of such a range, and
 * is durable. So a table that lies wholly in the range says nothing to anyone, once no reader sees the time before.
 *
 * Invariants:
 *   range-releases/readers-first: a table goes only when every pin is at or after the drop.
 *   range-releases/tombstones-stay: a table that holds a range tombstone stays, for a compaction to remove. It may hide
 *       entries of a table that reaches over the range.
 *   range-releases/older-only: only tables without anything younger than the drop go.
 *
 * Suspension: every method is synchronous; the promise of `add` settles at the end of the release or of the database.
 */
import { type BoundedRange, isWithin, overlapsRange } from '../../bytes/key-range.ts';
import type { RemovedFile } from '../../version/version-edit.ts';
import type { Version } from '../../version/version.ts';

/** The engine as releases see it. */
export interface ReleaseHost {
  readonly parts: {
    readonly versions: { readonly current: Version; readonly flushedSequence: number };
  };
  /** The oldest sequence that a reader may still read at; Infinity without one. */
  readonly oldestSequence: number;
}

interface Release {
  readonly range: BoundedRange;
  /** Everything that was committed to the range is at or below it. */
  readonly sequence: number;
  readonly resolve: (isReleased: boolean) => void;
  /** True once the tables that were there at the drop are gone. */
  isBegun: boolean;
}

export class RangeReleases {
  readonly #engine: ReleaseHost;
  #releases: Release[] = [];

  constructor(engine: ReleaseHost) {
    this.#engine = engine;
  }

  /**
   * Takes a range that a durable tombstone hides. Resolves with true when no table lies in it any more, those of
   * memtables that wait for their flush included; with false at the end of the database.
   */
  add(range: BoundedRange, sequence: number): Promise<boolean> {
    return new Promise((resolve) => {
      this.#releases.push({ range, sequence, resolve, isBegun: false });
    });
  }

  /** True when `tables` may find something, or `settle` may end a release. */
  get isDue(): boolean {
    return this.#releases.some((release) => this.#isDue(release));
  }

  /** The tables that may go now. Every release that is due has begun after it. */
  tables(): RemovedFile[] {
    const removed = new Map<number, RemovedFile>();
    for (const release of this.#releases) {
      if (!this.#isDue(release)) continue;
      release.isBegun = true;
      for (const file of this.#tablesIn(release)) removed.set(file.number, file);
    }
    return [...removed.values()];
  }

  /** The tables of the last answer are gone. */
  settle(): void {
    this.#releases = this.#releases.filter((release) => {
      if (!release.isBegun || !this.#isFlushed(release)) return true;
      release.resolve(true);
      return false;
    });
  }

  close(): void {
    for (const { resolve } of this.#releases.splice(0)) resolve(false);
  }

  /** Keeps range-releases/readers-first. */
  #isDue(release: Release): boolean {
    if (this.#engine.oldestSequence < release.sequence) return false;
    return !release.isBegun || this.#isFlushed(release);
  }

  #isFlushed({ sequence }: Release): boolean {
    return this.#engine.parts.versions.flushedSequence >= sequence;
  }

  #tablesIn({ range, sequence }: Release): RemovedFile[] {
    const { levels } = this.#engine.parts.versions.current;
    return levels.flatMap((files, level) =>
      files
        .filter(
          (file) =>
            file.rangeTombstoneCount === 0 && // range-releases/tombstones-stay
            file.largestSequence <= sequence && // range-releases/older-only
            isWithin(file, range),
        )
        .map(({ number }) => ({ level, number })),
    );
  }
}

/** Tables, and what they hold of a range. */
export interface RangeStats {
  /** Tables that may hold keys of the range: those whose bounds overlap it. */
  readonly tableCount: number;
  /** Bytes of the tables that lie wholly in the range. */
  readonly sizeBytes: number;
  /** Entries of these tables, old versions and tombstones included. */
  readonly entryCount: number;
}

export function rangeStatsOf({ levels }: Version, range: BoundedRange): RangeStats {
  let tableCount = 0;
  let sizeBytes = 0;
  let entryCount = 0;
  for (const file of levels.flat()) {
    if (!overlapsRange(file, { lower: range.start, upper: range.end })) continue;
    tableCount++;
    if (!isWithin(file, range)) continue;
    sizeBytes += file.sizeBytes;
    entryCount += file.entryCount;
  }
  return { tableCount, sizeBytes, entryCount };
}

/** Each table once. */
export function uniqueFiles(files: readonly RemovedFile[]): RemovedFile[] {
  return [...new Map(files.map((file) => [file.number, file])).values()];
}
