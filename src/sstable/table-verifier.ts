/**
 * The thorough check of one table.
 *
 * Owns: reading every data block from the file again and holding it against everything the table says elsewhere:
 * offsets, order, uniqueness, separators, filter, properties.
 *
 * Each finding is a CorruptionError with file and offset. A table that passes gives the answers its writer meant;
 * only the choice of wrong keys and values by a wrong writer is beyond it.
 *
 * Suspension: a block is checked in one go; `loadAndVerifyBlock` suspends for its read. A caller that shares its
 * event loop checks a few blocks a turn.
 */
import { compareBytes } from '../bytes/bytes.ts';
import { CorruptionError } from '../base/errors.ts';
import { expiryIn } from '../bytes/expiry.ts';
import { hashKey } from '../bytes/hash.ts';
import { SEQUENCE_NUMBER_MAX } from '../base/ids.ts';
import { INLINE_KEY_SIZE_BYTES } from '../bytes/inline-key.ts';
import type { RangeTombstones } from '../iterator/range-tombstones.ts';
import { DELETION, EXPIRING_VALUE } from '../base/value-type.ts';
import { type Block, BlockEntry } from './block.ts';
import type { BlockSource } from './block-source.ts';
import { TRAILER_SIZE_BYTES } from './block-trailer.ts';
import type { KeyFilter } from './key-filter.ts';
import { ExpiryCollector, isSameExpiry } from './table-expiry.ts';
import type { TableProperties } from './table-properties.ts';

export interface VerifiableTable {
  readonly source: BlockSource;
  readonly properties: TableProperties;
  readonly filter: KeyFilter | undefined;
  readonly rangeTombstones: RangeTombstones;
}

/**
 * Checks one table: every block once, in order, then the whole. The check of a block throws its problem, and the next
 * block may be checked all the same. The check of the whole means something only when every block was sound.
 */
export class TableVerifier {
  readonly #table: VerifiableTable;
  readonly #entry: BlockEntry = new BlockEntry();
  #previousKey: Uint8Array | undefined = undefined;
  #previousSequence = 0;
  #firstKey: Uint8Array | undefined = undefined;
  #entryCount = 0;
  #deletionCount = 0;
  readonly #expiries: ExpiryCollector = new ExpiryCollector();
  #rawKeySizeBytes = 0;
  #rawValueSizeBytes = 0;
  #smallestSequence: number = SEQUENCE_NUMBER_MAX;
  #largestSequence = 0;

  constructor(table: VerifiableTable) {
    this.#table = table;
  }

  get blockCount(): number {
    return this.#table.source.index.blockCount;
  }

  /** Bytes of block `index` as stored. */
  blockSizeBytes(index: number): number {
    return this.#table.source.index.blockLength(index) + TRAILER_SIZE_BYTES;
  }

  /** Throws CorruptionError at the first thing that is wrong. */
  run(): void {
    for (let i = 0; i < this.blockCount; i++) this.verifyBlock(i);
    this.verifyWhole();
  }

  verifyBlock(index: number): void {
    this.#checkBlock(index, this.#table.source.reread(index));
  }

  /** As `verifyBlock`, without stopping the event loop for the read. The table has no cache. */
  async loadAndVerifyBlock(index: number): Promise<void> {
    this.#checkBlock(index, await this.#table.source.load(index, false));
  }

  /** Counts and bounds. */
  verifyWhole(): void {
    const { index } = this.#table.source;
    const { properties } = this.#table;
    const isRight =
      properties.entryCount === this.#entryCount &&
      properties.deletionCount === this.#deletionCount &&
      properties.rawKeySizeBytes === this.#rawKeySizeBytes &&
      properties.rawValueSizeBytes === this.#rawValueSizeBytes &&
      properties.dataBlockCount === index.blockCount &&
      isSameExpiry(
        properties.expiry,
        this.#expiries.finish(this.#entryCount, this.#deletionCount),
      ) &&
      this.#areBoundsRight();
    if (!isRight) {
      throw new CorruptionError('Properties do not match the entries', {
        file: this.#table.source.path,
      });
    }
  }

  #checkBlock(blockIndex: number, block: Block): void {
    const { source } = this.#table;
    if (block.entryCount === 0) throw block.corruption('Data block is empty');
    const separator = source.index.separator(blockIndex);
    const lower = blockIndex === 0 ? undefined : source.index.separator(blockIndex - 1);
    let offset = block.recordsStart;
    for (let i = 0; i < block.entryCount; i++) {
      if (block.recordOffset(i) !== offset) throw block.corruption('Record offset is wrong'); // block-format/end-to-end
      block.decode(offset, this.#entry);
      offset = this.#entry.valueEnd;
      const key = block.keyAt(i);
      this.#checkEntry(block, i, key);
      // table-builder/separators: at most the separator, and above the one before unless this key goes on.
      const isAboveLower =
        lower === undefined || compareBytes(lower, key) < 0 || this.#isContinued(lower, key, i);
      if (!isAboveLower || compareBytes(key, separator) > 0) {
        throw block.corruption('Entry lies outside its separators');
      }
      this.#previousKey = key;
      this.#previousSequence = this.#entry.sequence;
    }
    if (offset !== block.end) throw block.corruption('Bytes follow the last record'); // block-format/end-to-end
  }

  #isContinued(lower: Uint8Array, key: Uint8Array, index: number): boolean {
    const isVersion = this.#previousKey !== undefined && compareBytes(this.#previousKey, key) === 0;
    return compareBytes(lower, key) === 0 && (isVersion || index === 0);
  }

  #checkEntry(block: Block, index: number, key: Uint8Array): void {
    const entry = this.#entry;
    if (entry.suffixLength < INLINE_KEY_SIZE_BYTES) {
      const padding = (block.hiAt(index) ^ 0x80000000) << (8 * entry.suffixLength);
      if (padding !== 0) throw block.corruption('Inline key is not padded with zeros'); // block-format/zero-padding
    }
    const previous = this.#previousKey;
    const order = previous === undefined ? -1 : compareBytes(previous, key);
    const isSorted = order < 0 || (order === 0 && entry.sequence < this.#previousSequence);
    if (!isSorted) throw block.corruption('Entries are not sorted'); // block-format/entries-ascend
    if (order === 0 && index > 0 && block.hasUniqueKeys) {
      throw block.corruption('Keys are not unique in a block that says so');
    }
    if (entry.type === DELETION) {
      this.#deletionCount++;
      if (entry.valueEnd > entry.valueStart) throw block.corruption('Tombstone has a value');
    } else if (entry.type === EXPIRING_VALUE) {
      this.#expiries.add(expiryIn(block.bytes, entry.valueStart, entry.valueEnd));
    }
    const { filter } = this.#table;
    if (filter !== undefined && !filter.mayContainHash(hashKey(key, 0, key.length))) {
      throw block.corruption('Filter does not know a key'); // table-builder/filter-is-whole
    }
    this.#firstKey ??= key;
    this.#entryCount++;
    this.#rawKeySizeBytes += key.length;
    this.#rawValueSizeBytes += entry.valueEnd - entry.valueStart;
    this.#noteSequence(entry.sequence);
  }

  #noteSequence(sequence: number): void {
    if (sequence < this.#smallestSequence) this.#smallestSequence = sequence;
    if (sequence > this.#largestSequence) this.#largestSequence = sequence;
  }

  /** Keeps table-properties/bounds-cover-all. */
  #areBoundsRight(): boolean {
    const { properties, rangeTombstones } = this.#table;
    let smallest = this.#firstKey;
    let largest = this.#previousKey;
    let isExclusive = false;
    let count = 0;
    for (const { start, end, sequence } of rangeTombstones.all()) {
      count++;
      this.#noteSequence(sequence);
      if (smallest === undefined || compareBytes(start, smallest) < 0) smallest = start;
      if (largest === undefined || compareBytes(end, largest) > 0) {
        largest = end;
        isExclusive = true;
      }
    }
    return (
      smallest !== undefined &&
      largest !== undefined &&
      compareBytes(smallest, properties.smallestKey) === 0 &&
      compareBytes(largest, properties.largestKey) === 0 &&
      isExclusive === properties.isLargestExclusive &&
      count === properties.rangeTombstoneCount &&
      this.#smallestSequence === properties.smallestSequence &&
      this.#largestSequence === properties.largestSequence
    );
  }
}
