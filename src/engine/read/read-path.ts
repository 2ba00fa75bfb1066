/**
 * Reading over a read state.
 *
 * Owns: the order in which sources are asked, and how range tombstones of newer sources hide entries of older ones.
 *
 * A point read goes from new to old and stops at the first source that knows the key. A source's range tombstone over
 * the key answers like a tombstone, because everything in older sources is older (read-state/by-age). So does an entry
 * that has expired (expiry/absent-from-then-on).
 *
 * Suspension: everything here is synchronous. A block that is not in memory ends a lookup with NEEDS_BLOCK; the caller
 * loads it through the pins and asks again.
 */
import { INVARIANTS } from '../../base/assert.ts';
import { isSlowWay } from '../../base/coin.ts';
import type { ByteSlice } from '../../bytes/bytes.ts';
import { EXPIRY_SIZE_BYTES, expiryIn, hasExpired, NEVER } from '../../bytes/expiry.ts';
import { holdsKey, overlapsRange, type KeyRange } from '../../bytes/key-range.ts';
import { sequenceAfter, type SequenceNumber } from '../../base/ids.ts';
import {
  ABSENT,
  FOUND,
  type InternalIterator,
  type LookupResult,
  type LookupStatus,
  NEEDS_BLOCK,
} from '../../iterator/internal-iterator.ts';
import type { OpenScan, Overlay } from '../../iterator/overlay.ts';
import { type ReadTombstones, TombstoneCursor } from '../../iterator/tombstone-cursor.ts';
import { EXPIRING_VALUE, showsValue } from '../../base/value-type.ts';
import { ConcatenatingIterator, type RunList } from '../../iterator/concatenating-iterator.ts';
import { MergingIterator } from '../../iterator/merging-iterator.ts';
import { ShadowedIterator } from '../../iterator/shadowed-iterator.ts';
import { type HiddenRuns, VisibleIterator } from '../../iterator/visible-iterator.ts';
import type { PinnedBlocks } from '../../sstable/pinned-blocks.ts';
import type { TableIterator } from '../../sstable/table-iterator.ts';
import type { TableReader } from '../../sstable/table-reader.ts';
import type { TableCache } from '../../sstable/table-cache.ts';
import type { FileMetadata } from '../../version/file-metadata.ts';
import { LEVEL_COUNT } from '../../version/version-edit.ts';
import type { ReadState } from '../state/read-state.ts';

/** One state, and the sequence up to which it is seen. */
export interface PointInTime {
  readonly state: ReadState;
  readonly sequence: number;
  /** The clock of the reader; asked only for an entry that expires. */
  readonly wallMs: number;
}

/**
 * The value of a key as one point in time sees it. FOUND: in `result`, valid until the next write or lookup.
 * ABSENT: never written, deleted, or covered by a range tombstone.
 */
export function lookUp(
  at: PointInTime,
  tables: TableCache,
  key: ByteSlice,
  hash: number,
  result: LookupResult,
  pins: PinnedBlocks,
): LookupStatus {
  const { state, sequence } = at;
  const { bytes, start, end } = key;
  for (const { memtable } of state.slots) {
    // As after a flush: a probe into its cold index is not free.
    if (memtable.isEmpty && !(INVARIANTS && isSlowWay('empty-memtable'))) continue;
    const tombstones = memtable.rangeTombstones;
    const covering = tombstones.isEmpty
      ? 0
      : tombstones.newestCovering(bytes, start, end, sequence);
    if (memtable.get(bytes, start, end, hash, sequence, result) === FOUND) {
      return verdict(at, result, covering);
    }
    if (covering > 0) return ABSENT;
  }
  const { version } = state;
  const level0 = version.levels[0]!; // levels are LEVEL_COUNT long
  for (const file of level0) {
    if (isTooNew(file, sequence) || !holdsKey(file, bytes, start, end)) continue;
    const status = lookUpInTable(tables.get(file.number), key, hash, at, result, pins);
    if (status !== PASSED) return status;
  }
  for (let level = 1; level < LEVEL_COUNT; level++) {
    const file = version.fileFor(level, bytes, start, end);
    if (file === undefined || isTooNew(file, sequence)) continue;
    const status = lookUpInTable(tables.get(file.number), key, hash, at, result, pins);
    if (status !== PASSED) return status;
  }
  return ABSENT;
}

/** Whether a table need not be asked: all that it holds is newer. */
function isTooNew(file: FileMetadata, sequence: number): boolean {
  return file.smallestSequence > sequence && !(INVARIANTS && isSlowWay('old-enough'));
}

/** The table knows nothing of the key: ask the next source. */
const PASSED = 3;

function lookUpInTable(
  table: TableReader,
  key: ByteSlice,
  hash: number,
  at: PointInTime,
  result: LookupResult,
  pins: PinnedBlocks,
): LookupStatus | typeof PASSED {
  const readSequence = at.sequence;
  const tombstones = table.rangeTombstones;
  const covering = tombstones.isEmpty
    ? 0
    : tombstones.newestCovering(key.bytes, key.start, key.end, readSequence);
  const status = table.get(key, hash, readSequence, result, pins);
  if (status === NEEDS_BLOCK) return NEEDS_BLOCK;
  if (status === FOUND) return verdict(at, result, covering);
  return covering > 0 ? ABSENT : PASSED;
}

/** What the newest entry of a key means. A value that is found is behind its time then. */
function verdict(at: PointInTime, result: LookupResult, covering: number): LookupStatus {
  if (!showsValue(result.type) || result.sequence < covering) return ABSENT;
  result.expiresAtMs = NEVER;
  if (result.type !== EXPIRING_VALUE) return FOUND;
  result.expiresAtMs = expiryIn(result.value, result.valueStart, result.valueEnd);
  result.valueStart += EXPIRY_SIZE_BYTES;
  return hasExpired(result.expiresAtMs, at.wallMs) ? ABSENT : FOUND;
}

/** Scans fill the cache, and read ahead once they have shown that they go on. */
export const SCAN_OPTIONS: { fillCache: boolean; readaheadBytes: number } = {
  fillCache: true,
  readaheadBytes: 128 * 1024,
};

/** As PointInTime, of a scan: its clock is asked once, when it opens. */
export interface ScanTime extends PointInTime {
  readonly sequence: SequenceNumber;
}

/** The additions of a scan to its sources; never both. */
export interface ScanExtras {
  readonly overlay?: Overlay | undefined;
  /** The known runs that show nothing at `readSequence`. */
  readonly runs?: HiddenRuns | undefined;
}

/**
 * A cursor over what a point in time sees in the bounds, with the overlay before everything. The caller keeps the state
 * referenced while the cursor lives.
 *
 * Own range deletions hide everything the snapshot shows and nothing of the overlay: they are shown half a step above
 * the read sequence, where no commit can be. Those made later are not seen.
 */
export function openScan(
  at: ScanTime,
  tables: TableCache,
  bounds: KeyRange,
  extras: ScanExtras = {},
): OpenScan {
  const opened: Closable[] = [];
  const close = (): void => {
    for (const each of opened) each.close();
  };
  try {
    const cursor = cursorOver(at, tables, bounds, extras, opened);
    return { cursor, close };
  } catch (error) {
    close();
    throw error;
  }
}

interface Closable {
  close(): void;
}

function cursorOver(
  { state, sequence: readSequence, wallMs }: ScanTime,
  tables: TableCache,
  bounds: KeyRange,
  { overlay, runs }: ScanExtras,
  opened: Closable[],
): InternalIterator {
  const sources: InternalIterator[] = [];
  /** Those of the sources so far. */
  const deletions: ReadTombstones[] = [];
  if (overlay !== undefined) {
    sources.push(overlay.source);
    const { tombstones } = overlay;
    // Half a step above the read sequence is where no commit can be.
    const shownAs = sequenceAfter(readSequence, 0.5);
    if (tombstones !== undefined) {
      deletions.push({ tombstones, readSequence: tombstones.newestSequence, shownAs });
    }
  }
  for (const { memtable } of state.slots) {
    if (memtable.isEmpty) continue;
    sources.push(shadowed(memtable.iterator(readSequence), deletions));
    const { rangeTombstones: tombstones } = memtable;
    if (!tombstones.isEmpty) deletions.push({ tombstones, readSequence });
  }
  const openTable = (file: FileMetadata): TableIterator =>
    tables.get(file.number).iterator(readSequence, SCAN_OPTIONS);
  const { levels } = state.version;
  for (let number = 0; number < levels.length; number++) {
    const level = levels[number]!; // number < length
    if (level.length === 0) continue;
    const files = level.filter((file) => overlapsRange(file, bounds));
    if (number > 0 && files.length > 1) {
      const run = new ConcatenatingIterator(new LevelRuns(files, openTable));
      opened.push(run);
      sources.push(shadowed(run, deletions));
    }
    for (const file of files) {
      if (number === 0 || files.length === 1) {
        const table = openTable(file);
        opened.push(table);
        sources.push(shadowed(table, deletions));
      }
      if (file.rangeTombstoneCount === 0) continue;
      deletions.push({ tombstones: tables.get(file.number).rangeTombstones, readSequence });
    }
  }
  const isAlone = sources.length === 1 && !(INVARIANTS && isSlowWay('one-source'));
  const merged = isAlone ? sources[0]! : new MergingIterator(sources, 'newest'); // length 1
  const { lower, upper } = bounds;
  return new VisibleIterator(merged, TombstoneCursor.over(deletions), {
    lower,
    upper,
    runs,
    wallMs,
  });
}

/** A source behind the range tombstones of all newer ones. */
function shadowed(source: InternalIterator, newer: readonly ReadTombstones[]): InternalIterator {
  if (newer.length === 0) return source;
  const shadows = TombstoneCursor.over(newer);
  return shadows === undefined ? source : new ShadowedIterator(source, shadows);
}

/** The tables of a level from 1 on, opened one at a time. */
class LevelRuns implements RunList {
  readonly count: number;
  readonly #files: readonly FileMetadata[];
  readonly #openTable: (file: FileMetadata) => TableIterator;
  #table: TableIterator | undefined = undefined;

  constructor(files: readonly FileMetadata[], openTable: (file: FileMetadata) => TableIterator) {
    this.count = files.length;
    this.#files = files;
    this.#openTable = openTable;
  }

  smallest(index: number): Uint8Array {
    return this.#files[index]!.smallest; // index < count, here and below
  }

  largest(index: number): Uint8Array {
    return this.#files[index]!.largest;
  }

  isLargestExclusive(index: number): boolean {
    return this.#files[index]!.isLargestExclusive;
  }

  open(index: number): InternalIterator {
    this.#table = this.#openTable(this.#files[index]!);
    return this.#table;
  }

  close(): void {
    this.#table?.close();
    this.#table = undefined;
  }
}
