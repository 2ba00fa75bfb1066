/**
 * An open table.
 *
 * Owns: opening and checking the parts that stay in memory (footer, properties, index, filter, range tombstones), and
 * point lookups. Scans are the table iterator's, blocks the block source's.
 *
 * Invariants:
 *   table-reader/checked-first: no answer comes from a part whose checksum was not checked
 *       (block-trailer/checked-first).
 *   table-reader/goes-on-in-the-next-block: versions of one key may go on in the next block. A lookup that finds only
 *       newer ones at the end of a block goes on, as long as the separator says that the key does
 *       (table-builder/separators).
 *   table-reader/places-of-the-newest: only a read that sees every entry of the table takes in the place of a key
 *       (key-places/newest). A read that sees less and meets a newer entry at the place searches.
 *   table-reader/entries-only: point lookups see entries only. A caller that needs the whole answer also asks
 *       `rangeTombstones`.
 *
 * Suspension: every method is synchronous. A lookup that needs a block says NEEDS_BLOCK and leaves the waiting to
 * pinned-blocks.ts.
 */
import { assert, INVARIANTS } from '../base/assert.ts';
import { isSlowWay } from '../base/coin.ts';
import type { ByteSlice } from '../bytes/bytes.ts';
import { CorruptionError } from '../base/errors.ts';
import { SEQUENCE_NUMBER_MAX } from '../base/ids.ts';
import {
  ABSENT,
  FOUND,
  LookupResult,
  type LookupStatus,
  NEEDS_BLOCK,
} from '../iterator/internal-iterator.ts';
import { RangeTombstones } from '../iterator/range-tombstones.ts';
import type { BlockCache } from '../cache/block-cache.ts';
import type { FileCipher } from '../encryption/file-cipher.ts';
import type { FileKeys } from '../encryption/file-keys.ts';
import { readFully, type VfsFile } from '../vfs/vfs.ts';
import { Block } from './block.ts';
import type { BlockHandle } from './block-handle.ts';
import { BlockSource } from './block-source.ts';
import { openBlock, openPropertiesBlock, TRAILER_SIZE_BYTES } from './block-trailer.ts';
import { decodeFilterBlock } from './filter-block.ts';
import { dataEnd, type Footer } from './footer.ts';
import { KeyFilter } from './key-filter.ts';
import type { PinnedBlocks } from './pinned-blocks.ts';
import { KeyPlaces, NO_PLACE } from './key-places.ts';
import { type LookupParts, sharedParts } from './shared-lookups.ts';
import { TableIndex } from './table-index.ts';
import { TableIterator, type TableIteratorOptions } from './table-iterator.ts';
import { decodeProperties, type TableProperties } from './table-properties.ts';
import { readTail } from './table-tail.ts';
import { TableVerifier } from './table-verifier.ts';
import { decodeTombstones } from './tombstone-block.ts';

/** A table gets places for its keys when searches have found one in so many of them. */
const KEYS_PER_FIND = 16;

interface TableParts {
  readonly properties: TableProperties;
  readonly index: TableIndex;
  readonly filter: KeyFilter | undefined;
  readonly rangeTombstones: RangeTombstones;
  readonly cipher: FileCipher | undefined;
  /** Where the payload of the index is in the file. */
  readonly indexOffset: number;
}

export class TableReader {
  readonly fileNumber: number;
  readonly properties: TableProperties;
  readonly rangeTombstones: RangeTombstones;
  readonly #source: BlockSource;
  readonly #indexOffset: number;
  #filter: KeyFilter | undefined;
  /** The block in which a lookup looks when that is cached, or read by a call; entered anew for each. */
  readonly #cached = new Block();
  /** For `newestSequence`, whose answer is a number. */
  readonly #newest = new LookupResult();
  /** Undefined until they pay. */
  #keyPlaces: KeyPlaces | undefined = undefined;
  /** Keys that searches have found, and that the filter has excluded, since places were last thought of. */
  #foundCount = 0;
  #absentCount = 0;
  #isClosed = false;

  private constructor(parts: TableParts, source: BlockSource) {
    this.fileNumber = source.fileNumber;
    this.properties = parts.properties;
    this.rangeTombstones = parts.rangeTombstones;
    this.#filter = parts.filter;
    this.#indexOffset = parts.indexOffset;
    this.#source = source;
  }

  /**
   * Opens a table and takes the file over: it is closed with the reader, or before an error is thrown.
   * Throws CorruptionError, IncompatibleFormatError or IoError. `keys` are those of an encrypted database: then also
   * TamperedError, and without them EncryptionKeyError. `lookup` are index and filter of this table, which another
   * thread has read; or `'later'`: the index is unpacked when that pays.
   */
  static open(
    file: VfsFile,
    fileNumber: number,
    cache: BlockCache | undefined,
    keys?: FileKeys,
    lookup?: LookupParts | 'later',
  ): TableReader {
    try {
      const parts = readParts(file, fileNumber, keys, lookup);
      const { index, properties, cipher } = parts;
      const sequenceBase = properties.sequenceBase ?? 0;
      const source = new BlockSource(file, fileNumber, index, sequenceBase, cache, cipher);
      return new TableReader(parts, source);
    } catch (error) {
      file.closeSync();
      throw error;
    }
  }

  /** True while cursors or loads read the table. */
  get hasOtherUsers(): boolean {
    return this.#source.userCount > 1;
  }

  /** About how much memory filter, index and range tombstones take, whether used or not. */
  get memoryBytes(): number {
    const filterBytes = this.#filter === undefined ? 0 : this.#filter.bits.length;
    return this.#source.memoryBytes + filterBytes + this.rangeTombstones.memoryBytes;
  }

  /** Bytes of the block cache that the places of its keys have. */
  get keyPlacesBytes(): number {
    return this.#keyPlaces?.sizeBytes ?? 0;
  }

  /** Moves index and filter into shared memory, and returns them. */
  share(): LookupParts {
    const filter = this.#filter;
    const parts = sharedParts({
      fileNumber: this.fileNumber,
      index: this.#source.index.unpacked,
      filter: filter && { bits: filter.bits, probeCount: filter.probeCount },
    });
    this.useShared(parts);
    return parts;
  }

  /** Uses index and filter of this table in other memory. */
  useShared(parts: LookupParts): void {
    const source = this.#source;
    const { index, filter } = lookupOf(parts, source.path, this.#indexOffset);
    source.useIndex(index);
    this.#filter = filter;
  }

  /** False when the filter knows that the table has no entry for the key with this hash. */
  mayContain(hash: number): boolean {
    return this.#filter === undefined || this.#filter.mayContainHash(hash);
  }

  /**
   * The newest entry of a key at or below `readSequence`. `hash` is the key's `hashKey`. The bytes in `result` stay as they
   * are while it points to them.
   */
  get(
    { bytes: key, start: keyStart, end: keyEnd }: ByteSlice,
    hash: number,
    readSequence: number,
    result: LookupResult,
    pins: PinnedBlocks,
  ): LookupStatus {
    const places = this.#keyPlaces;
    const place = places === undefined ? NO_PLACE : places.find(hash);
    if (place !== NO_PLACE && this.#isAt(place, key, keyStart, keyEnd, readSequence, result)) {
      return FOUND;
    }
    const isExcluded = this.#filter !== undefined && !this.#filter.mayContainHash(hash);
    if (isExcluded && !(INVARIANTS && isSlowWay('table-filter'))) {
      this.#absentCount++;
      return ABSENT;
    }
    const source = this.#source;
    const cached = this.#cached;
    const { index } = source;
    let blockIndex = index.find(key, keyStart, keyEnd);
    while (blockIndex < index.blockCount) {
      const block = source.enter(blockIndex, cached)
        ? cached
        : pins.obtain(source, blockIndex, cached);
      if (block === undefined) return NEEDS_BLOCK;
      const entryIndex = block.lookup(key, keyStart, keyEnd, readSequence, result);
      if (entryIndex >= 0) {
        if (INVARIANTS)
          assert(!isExcluded, 'the filter has every key (key-filter/no-false-negatives)');
        if (place === NO_PLACE && readSequence >= this.properties.largestSequence) {
          this.#noteFound(hash, blockIndex, entryIndex);
        }
        return FOUND;
      }
      if (!this.#goesOn(block, blockIndex, key, keyStart, keyEnd, readSequence)) return ABSENT;
      blockIndex++;
    }
    return ABSENT;
  }

  /**
   * The sequence of the newest entry of the key or, when newer, of the newest range tombstone over it; 0 when the table
   * has neither. Reads the block synchronously when it is not cached.
   */
  newestSequence(key: Uint8Array, keyStart: number, keyEnd: number, hash: number): number {
    const covering = this.rangeTombstones.isEmpty
      ? 0
      : this.rangeTombstones.newestCovering(key, keyStart, keyEnd, SEQUENCE_NUMBER_MAX);
    const place = this.#keyPlaces === undefined ? NO_PLACE : this.#keyPlaces.find(hash);
    const newest = this.#newest;
    if (
      place !== NO_PLACE &&
      this.#isAt(place, key, keyStart, keyEnd, SEQUENCE_NUMBER_MAX, newest)
    ) {
      return Math.max(newest.sequence, covering);
    }
    const isExcluded = !this.mayContain(hash);
    if (isExcluded && !(INVARIANTS && isSlowWay('table-filter'))) return covering;
    const source = this.#source;
    const blockIndex = source.index.find(key, keyStart, keyEnd);
    if (blockIndex === source.index.blockCount) return covering;
    const cached = this.#cached;
    const block = source.enter(blockIndex, cached)
      ? cached
      : source.loadSync(blockIndex, true, cached);
    // The newest version comes first, so it is never only in a later block (table-reader/goes-on-in-the-next-block).
    if (block.lookup(key, keyStart, keyEnd, SEQUENCE_NUMBER_MAX, newest) < 0) return covering;
    if (INVARIANTS) assert(!isExcluded, 'the filter has every key (key-filter/no-false-negatives)');
    return Math.max(newest.sequence, covering);
  }

  /** Bytes of the data blocks from the one that may hold `start` to before the one that may hold `end`. */
  sizeBetween(start: Uint8Array, end: Uint8Array): number {
    const { index } = this.#source;
    return index.offsetOf(end) - index.offsetOf(start);
  }

  /** A cursor, to be closed by the caller; it outlives the reader. `readSequence` may be ALL_VERSIONS. */
  iterator(readSequence: number, options: TableIteratorOptions): TableIterator {
    return new TableIterator(this.#source, readSequence, options);
  }

  /** Reads and checks every byte of the data again. Throws CorruptionError. */
  verify(): void {
    this.verifier().run();
  }

  /** The same check, a block at a time; good while the reader is open. */
  verifier(): TableVerifier {
    this.#source.index.unpack(); // which checks it
    return new TableVerifier({
      source: this.#source,
      properties: this.properties,
      filter: this.#filter,
      rangeTombstones: this.rangeTombstones,
    });
  }

  /** Empties the cache of this table; the file is closed when the last cursor and load are done. Idempotent. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.#keyPlaces !== undefined) this.#source.takeBackFromKeys(this.#keyPlaces.sizeBytes);
    this.#keyPlaces = undefined;
    this.#source.detach();
    this.#source.release();
  }

  /** Whether the entry at the place is the answer: true with `result` filled in, or false. */
  #isAt(
    place: number,
    key: Uint8Array,
    keyStart: number,
    keyEnd: number,
    readSequence: number,
    result: LookupResult,
  ): boolean {
    if (INVARIANTS && isSlowWay('key-places')) return false;
    const places = this.#keyPlaces!; // which gave the place
    const block = this.#cached;
    if (!this.#source.enter(places.blockOf(place), block)) return false;
    return block.lookupAt(places.entryOf(place), key, keyStart, keyEnd, readSequence, result);
  }

  /** A search has found the newest entry of a key that has no place. */
  #noteFound(hash: number, blockIndex: number, entryIndex: number): void {
    if (this.#keyPlaces !== undefined) {
      this.#keyPlaces.add(hash, blockIndex, entryIndex);
      return;
    }
    const { entryCount } = this.properties;
    if (++this.#foundCount * KEYS_PER_FIND < entryCount) return;
    if (this.#foundCount > this.#absentCount) this.#makePlaces();
    this.#foundCount = 0;
    this.#absentCount = 0;
  }

  /** Where most keys that are asked for are not in the table, its filter answers sooner. */
  #makePlaces(): void {
    const source = this.#source;
    const { entryCount } = this.properties;
    const { blockCount } = source.index;
    const sizeBytes = KeyPlaces.sizeOf(entryCount, blockCount);
    if (sizeBytes === undefined || !source.isMostlyCached || !source.lendToKeys(sizeBytes)) return;
    this.#keyPlaces = new KeyPlaces(entryCount, blockCount);
  }

  /**
   * Keeps table-reader/goes-on-in-the-next-block. Nearly always false at the first test: the key's place is before
   * the end of the block.
   */
  #goesOn(
    block: Block,
    blockIndex: number,
    key: Uint8Array,
    keyStart: number,
    keyEnd: number,
    readSequence: number,
  ): boolean {
    const { index } = this.#source;
    if (blockIndex + 1 === index.blockCount) return false;
    if (!index.isSeparator(blockIndex, key, keyStart, keyEnd)) return false;
    return block.search(key, keyStart, keyEnd, readSequence) === block.entryCount;
  }
}

function readParts(
  file: VfsFile,
  number: number,
  keys: FileKeys | undefined,
  lookup: LookupParts | 'later' | undefined,
): TableParts {
  const { path } = file;
  const { footer, cipher, blocksEnd } = readTail({
    path,
    number,
    sizeBytes: file.sizeSync(),
    keys,
    read: (offset, length) => readExactly(file, offset, length),
  });
  const start = dataEnd(footer);
  // The whole end of the file by one read, unless most of it is there already.
  const tail = typeof lookup === 'object' ? undefined : readExactly(file, start, blocksEnd - start);
  const stored = ({ offset, length }: BlockHandle): Uint8Array =>
    tail?.subarray(offset - start) ?? readExactly(file, offset, length + TRAILER_SIZE_BYTES);
  const open = (handle: BlockHandle): Uint8Array =>
    openBlock(stored(handle), handle.length, path, handle.offset, cipher);

  const { properties: handle } = footer;
  const { offset, length } = handle;
  const properties = decodeProperties(
    openPropertiesBlock(stored(handle), length, path, offset, cipher),
    path,
    offset,
  );
  const { index, filter } =
    typeof lookup === 'object'
      ? lookupOf(lookup, path, footer.index.offset)
      : readLookup(footer, open, path, lookup);
  const rangeTombstones =
    footer.rangeTombstones.length === 0
      ? new RangeTombstones()
      : decodeTombstones(open(footer.rangeTombstones), path, footer.rangeTombstones.offset);
  const place = { file: path, offset };
  if (
    properties.dataSizeBytes !== start ||
    properties.dataBlockCount !== index.blockCount ||
    properties.rangeTombstoneCount > 0 !== footer.rangeTombstones.length > 0
  ) {
    throw new CorruptionError('Properties do not match the file', place);
  }
  if (properties.sequenceBase === 0) {
    throw new CorruptionError('Table was written and never got its sequence', place);
  }
  const indexOffset = footer.index.offset;
  return { properties, index, filter, rangeTombstones, cipher, indexOffset };
}

type Lookup = Pick<TableParts, 'index' | 'filter'>;

function readLookup(
  footer: Footer,
  open: (handle: BlockHandle) => Uint8Array,
  path: string,
  unpacked: 'later' | undefined,
): Lookup {
  const { index, filter } = footer;
  return {
    index: new TableIndex(open(index), dataEnd(footer), path, index.offset, unpacked),
    filter: filter.length === 0 ? undefined : decodeFilterBlock(open(filter), path, filter.offset),
  };
}

/** Index and filter in the memory of another thread, which has checked them (shared-lookups/checked-once). */
function lookupOf({ index, filter }: LookupParts, path: string, indexOffset: number): Lookup {
  const { payload, starts } = index;
  const end = starts[starts.length - 1]!; // where data ends
  return {
    index: new TableIndex(payload, end, path, indexOffset, index),
    filter: filter && new KeyFilter(filter.bits, filter.probeCount),
  };
}

function readExactly(file: VfsFile, offset: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  if (readFully(file, bytes, 0, length, offset) < length) {
    throw new CorruptionError('File is shorter than its size', { file: file.path, offset });
  }
  return bytes;
}
