/**
 * One state of the database on disk: which tables exist, level by level, and which logs.
 *
 * Owns: lookups by key and range, and the count of those who still read the state.
 *
 * Invariants:
 *   version/never-changes: a version never changes. Its tables stay on disk while a reader holds a reference. A caller
 *       that keeps a version across an await takes a reference, and releases it in `finally`.
 *   version/level-0-newest-first: level 0 is ordered from new to old by largest sequence, then by number; its tables
 *       may overlap.
 *   version/levels-disjoint: every other level is ordered by smallest key, and its tables share no user key. All
 *       entries of a user key in one level are in one table, and range tombstones are cut at its bounds.
 *   version/number-once: a table number occurs once.
 *
 * Suspension: every method is synchronous. Returned arrays are the version's own: read only.
 */
import { assert } from '../base/assert.ts';
import { endsBelow, startsAbove, overlapsRange, type KeyRange } from '../bytes/key-range.ts';
import { compareBytes, compareRanges, EMPTY_BYTES, sharedPrefixLength } from '../bytes/bytes.ts';
import { describeTreeKey } from '../bytes/keyspace-number.ts';
import type { FileNumber, SequenceNumber } from '../base/ids.ts';
import { inlineKey, INLINE_KEY_SIZE_BYTES } from '../bytes/inline-key.ts';
import { type FenceKeys, KeyFences } from '../bytes/key-fences.ts';
import { compareNewestFirst, type FileMetadata, hasValidBounds } from './file-metadata.ts';
import type { TimeMark, TimeMarks } from './time-marks.ts';
import { type HistoryBounds, LEVEL_COUNT } from './version-edit.ts';

/** Old versions that the tables still have. */
export interface VersionRetention {
  /** For how long they are kept. */
  readonly keepMs: number;
  /** Everything from here on can be read. */
  readonly from: TimeMark;
  /** The marks after it, as far as they are in tables. */
  readonly marks: TimeMarks;
}

/** The parts of a version; made by VersionBuilder. */
export interface VersionState {
  /** LEVEL_COUNT of them (version/level-0-newest-first, version/levels-disjoint). */
  readonly levels: readonly (readonly FileMetadata[])[];
  /** Ascending. Recovery replays them in this order. */
  readonly liveLogs: readonly FileNumber[];
  /** Logs whose operations are all in tables; ascending. They stay for the history (engine/history/). */
  readonly keptLogs: readonly FileNumber[];
  readonly historyBounds: HistoryBounds;
  /** Undefined: old versions are not kept. */
  readonly retention: VersionRetention | undefined;
  /** Every operation at or below it is in tables. */
  readonly flushedSequence: SequenceNumber;
  /** By level; undefined before its first compaction. */
  readonly compactionCursors: readonly (Uint8Array | undefined)[];
  /** The names of the encodings that keys and values have; undefined before an open that binds one (ADR 0027). */
  readonly keyEncoding: string | undefined;
  readonly valueEncoding: string | undefined;
  /** Tables and logs held every operation up to it when the database was last closed; zero before the first close. */
  readonly closedSequence: SequenceNumber;
}

/** Whether a log that is flushed stays. */
export function isHistoryKept({ historyBounds }: VersionState): boolean {
  return historyBounds.keepMs > 0;
}

/** Bytes of the tables that the versions name, each once, without those `counted` has; it has them afterwards. */
export function sizeBytesBeside(versions: Iterable<Version>, counted: Set<FileNumber>): number {
  let sizeBytes = 0;
  for (const version of versions) {
    version.forEachFile((file) => {
      if (counted.has(file.number)) return;
      counted.add(file.number);
      sizeBytes += file.sizeBytes;
    });
  }
  return sizeBytes;
}

export class Version implements VersionState {
  readonly levels: readonly (readonly FileMetadata[])[];
  readonly liveLogs: readonly FileNumber[];
  readonly keptLogs: readonly FileNumber[];
  readonly historyBounds: HistoryBounds;
  readonly retention: VersionRetention | undefined;
  readonly flushedSequence: SequenceNumber;
  readonly compactionCursors: readonly (Uint8Array | undefined)[];
  readonly keyEncoding: string | undefined;
  readonly valueEncoding: string | undefined;
  readonly closedSequence: SequenceNumber;
  readonly fileCount: number;
  readonly sizeBytes: number;
  /** The largest sequence of all tables; 0 when there is none. */
  readonly largestSequence: number;
  readonly #levelSizes: readonly number[];
  /** By level; made at the first search. Not of level 0, which has no order by key. */
  readonly #fences: (KeyFences | undefined)[];
  readonly #onReleased: ((version: Version) => void) | undefined;
  #referenceCount = 0;
  #isReleased = false;

  /** `onReleased` is called once, when the last reference goes. */
  constructor(state: VersionState, onReleased?: (version: Version) => void) {
    this.levels = state.levels;
    this.liveLogs = state.liveLogs;
    this.keptLogs = state.keptLogs;
    this.historyBounds = state.historyBounds;
    this.retention = state.retention;
    this.flushedSequence = state.flushedSequence;
    this.compactionCursors = state.compactionCursors;
    this.keyEncoding = state.keyEncoding;
    this.valueEncoding = state.valueEncoding;
    this.closedSequence = state.closedSequence;
    this.#levelSizes = state.levels.map((files) =>
      files.reduce((sum, file) => sum + file.sizeBytes, 0),
    );
    this.fileCount = state.levels.reduce((sum, files) => sum + files.length, 0);
    this.sizeBytes = this.#levelSizes.reduce((sum, size) => sum + size, 0);
    this.#fences = state.levels.map(() => undefined);
    let largestSequence = 0;
    for (const files of state.levels) {
      for (const file of files) largestSequence = Math.max(largestSequence, file.largestSequence);
    }
    this.largestSequence = largestSequence;
    this.#onReleased = onReleased;
  }

  get referenceCount(): number {
    return this.#referenceCount;
  }

  ref(): this {
    assert(!this.#isReleased, 'version/never-changes: a released version is not read again');
    this.#referenceCount++;
    return this;
  }

  unref(): void {
    assert(this.#referenceCount > 0, 'version/never-changes: a reference is given back once');
    this.#referenceCount--;
    if (this.#referenceCount > 0) return;
    this.#isReleased = true;
    this.#onReleased?.(this);
  }

  /** The tables of a level, in its order; `level` is below LEVEL_COUNT. */
  files(level: number): readonly FileMetadata[] {
    const files = this.levels[level];
    assert(files !== undefined, 'level out of range');
    return files;
  }

  levelSizeBytes(level: number): number {
    return this.#levelSizes[level] ?? 0;
  }

  /** The table of a level from 1 on whose bounds hold the key `bytes[start, end)`, if any (version/levels-disjoint). */
  fileFor(
    level: number,
    bytes: Uint8Array,
    start = 0,
    end: number = bytes.length,
  ): FileMetadata | undefined {
    const file = this.files(level)[this.indexFor(level, bytes, start, end)];
    if (file === undefined) return undefined;
    return compareRanges(file.smallest, 0, file.smallest.length, bytes, start, end) <= 0
      ? file
      : undefined;
  }

  /**
   * Index in a level from 1 on of the first table that holds, or follows, the key `bytes[start, end)`; the number of
   * tables when there is none.
   */
  indexFor(level: number, bytes: Uint8Array, start = 0, end: number = bytes.length): number {
    return this.#fencesOf(level).find(bytes, start, end);
  }

  /** The tables of a level whose bounds share a key with the range, in the level's order. */
  overlapping(level: number, range: KeyRange): FileMetadata[] {
    const files = this.files(level);
    if (level === 0) return files.filter((file) => overlapsRange(file, range));
    const { lower } = range;
    const from = lower === undefined ? 0 : this.indexFor(level, lower);
    let to = from;
    while (to < files.length && !startsAbove(files[to]!, range)) to++; // to < length
    return files.slice(from, to);
  }

  /** Bytes of tables that lie wholly in [start, end), up to `sizeBytesMax`: it stops counting there. */
  sizeBytesWithin(start: Uint8Array, end: Uint8Array, sizeBytesMax: number): number {
    let sizeBytes = 0;
    for (let level = 0; level < LEVEL_COUNT; level++) {
      const files = this.files(level);
      for (let i = level === 0 ? 0 : this.indexFor(level, start); i < files.length; i++) {
        if (sizeBytes >= sizeBytesMax) return sizeBytes;
        const file = files[i]!; // i < length
        const isWithin = compareBytes(file.smallest, start) >= 0 && endsBelow(file, end);
        if (isWithin) sizeBytes += file.sizeBytes;
        else if (level > 0 && compareBytes(file.smallest, end) >= 0) break;
      }
    }
    return sizeBytes;
  }

  #fencesOf(level: number): KeyFences {
    return (this.#fences[level] ??= fencesOf(this.files(level)));
  }

  /** Calls back for every table. */
  forEachFile(callback: (file: FileMetadata, level: number) => void): void {
    this.levels.forEach((files, level) => files.forEach((file) => callback(file, level)));
  }

  /**
   * The first violation of version/level-0-newest-first, version/levels-disjoint, version/number-once or of a table's
   * own bounds, in words; undefined when there is none.
   */
  checkConsistency(): string | undefined {
    if (this.levels.length !== LEVEL_COUNT)
      return `Levels are missing: count=${this.levels.length}`;
    const numbers = new Set<FileNumber>();
    for (const [level, files] of this.levels.entries()) {
      for (const [index, file] of files.entries()) {
        if (numbers.has(file.number)) return `Table is listed twice: number=${file.number}`;
        numbers.add(file.number);
        if (!hasValidBounds(file)) return `Table has impossible bounds: number=${file.number}`;
        const previous = files[index - 1];
        if (previous === undefined) continue;
        const problem =
          level === 0 ? agesProblem(previous, file) : orderProblem(level, previous, file);
        if (problem !== undefined) return problem;
      }
    }
    return undefined;
  }
}

/** Keeps version/level-0-newest-first. */
function agesProblem(previous: FileMetadata, file: FileMetadata): string | undefined {
  if (compareNewestFirst(previous, file) < 0) return undefined;
  return `Tables of level 0 are out of order: number=${previous.number} next=${file.number}`;
}

/** Keeps version/levels-disjoint. */
function orderProblem(
  level: number,
  previous: FileMetadata,
  file: FileMetadata,
): string | undefined {
  if (endsBelow(previous, file.smallest)) return undefined;
  return (
    `Tables of a level overlap: level=${level} number=${previous.number} next=${file.number}` +
    ` key=${describeTreeKey(file.smallest)}`
  );
}

/** Where the tables of a level end; version/levels-disjoint makes ends ascend with starts. */
class LevelEnds implements FenceKeys {
  readonly #files: readonly FileMetadata[];

  constructor(files: readonly FileMetadata[]) {
    this.#files = files;
  }

  isBelow(index: number, key: Uint8Array, keyStart: number, keyEnd: number): boolean {
    return endsBelow(this.#files[index]!, key, keyStart, keyEnd); // index < length
  }
}

function fencesOf(files: readonly FileMetadata[]): KeyFences {
  const first = files[0]?.largest ?? EMPTY_BYTES;
  const last = files.at(-1)?.largest ?? EMPTY_BYTES;
  const prefixLength = sharedPrefixLength(first, last);
  const fences = new KeyFences(new LevelEnds(files), first.subarray(0, prefixLength), files.length);
  files.forEach(({ largest }, index) => {
    const hi = inlineKey(largest, prefixLength, largest.length);
    fences.set(index, hi, largest, prefixLength + INLINE_KEY_SIZE_BYTES, largest.length);
  });
  return fences;
}
