/**
 * A block in memory: search and decoding of entries.
 *
 * Owns: the reading side of the layout in block-format.ts.
 *
 * Invariants:
 *   block/in-bounds: the header is checked against the payload before any other field is used. Every decoded record
 *       lies within the payload and has a possible type and sequence. A payload that passed its checksum and still
 *       breaks the layout ends in CorruptionError.
 *   block/read-only: nothing here writes to the payload. It lives as long as a reader points to it, and other blocks
 *       may lie around it.
 *
 * Suspension: every method is synchronous. The calls of one block share its scratch
 *   entry, `#probe`, which no call leaves half used.
 */
import { compareRanges, equalRanges, viewOf } from '../bytes/bytes.ts';
import {
  getUint64,
  VARINT_CUT_SHORT,
  VARINT_MALFORMED,
  varintAt,
  varintLength,
} from '../bytes/coding.ts';
import { CorruptionError, IncompatibleFormatError } from '../base/errors.ts';
import {
  sequenceAfter,
  type SequenceNumber,
  SEQUENCE_NUMBER_MAX,
  SEQUENCE_NUMBER_ZERO,
} from '../base/ids.ts';
import { EXPIRY_SIZE_BYTES } from '../bytes/expiry.ts';
import { inlineKey, INLINE_KEY_SIZE_BYTES } from '../bytes/inline-key.ts';
import type { LookupResult } from '../iterator/internal-iterator.ts';
import {
  EXPIRING_VALUE,
  isPointType,
  type PointType,
  RANGE_DELETION,
  VALUE,
} from '../base/value-type.ts';
import {
  BLOCK_HEADER_SIZE_BYTES,
  HAS_EQUAL_RECORDS,
  HAS_ONE_SEQUENCE,
  HAS_UNIQUE_KEYS,
  HAS_VALUES_ONLY,
  HAS_WIDE_OFFSETS,
  KNOWN_BLOCK_FLAGS,
  RECORD_LENGTHS_SIZE_BYTES,
} from './block-format.ts';

/** Where a block comes from. */
export interface BlockOrigin {
  readonly path: string;
  /** Added to every sequence of the block. */
  readonly sequenceBase: number;
  /** Offset in the file of block `index`, for errors. */
  blockOffset(index: number): number;
}

const NOWHERE: BlockOrigin = { path: '', sequenceBase: 0, blockOffset: () => 0 };
const NO_BYTES = new Uint8Array(0);
const NO_VIEW = viewOf(NO_BYTES);

/** Where one record's parts are. Reused. */
export class BlockEntry {
  /** Bytes of the key after the common prefix. */
  suffixLength = 0;
  /** The key after its inline bytes is `bytes[restStart, valueStart)`. */
  restStart = 0;
  valueStart = 0;
  valueEnd = 0;
  sequence: SequenceNumber = SEQUENCE_NUMBER_ZERO;
  type: PointType = VALUE;
}

export class Block {
  /** The payload is `bytes[start, end)`. Everything that a block says about places is an offset in `bytes`. */
  bytes: Uint8Array = NO_BYTES;
  view: DataView = NO_VIEW;
  entryCount = 0;
  prefixLength = 0;
  prefixStart = 0;
  /** The number of the block in its table. */
  index = 0;
  start = 0;
  end = 0;
  #flags = 0;
  /** The lengths of every record where records are equal; without meaning elsewhere. */
  #suffixLength = 0;
  #restLength = 0;
  #recordSize = 0;
  #sequenceBase: SequenceNumber = SEQUENCE_NUMBER_ZERO;
  #origin: BlockOrigin = NOWHERE;
  /** The entry that a search looked at last. */
  readonly #probe = new BlockEntry();

  /** A verified payload on its own. Throws CorruptionError or IncompatibleFormatError (block/in-bounds). */
  static of(payload: Uint8Array, path: string, fileOffset: number, sequenceBase = 0): Block {
    const origin = { path, sequenceBase, blockOffset: () => fileOffset };
    return Block.checked(payload, origin, 0);
  }

  /** Block `index` of a table. Throws CorruptionError or IncompatibleFormatError (block/in-bounds). */
  static checked(payload: Uint8Array, origin: BlockOrigin, index: number): Block {
    const block = new Block();
    block.enterChecked(payload, viewOf(payload), 0, payload.length, origin, index);
    return block;
  }

  /** As `enter`, and checks the header first. Throws CorruptionError or IncompatibleFormatError (block/in-bounds). */
  enterChecked(
    bytes: Uint8Array,
    view: DataView,
    start: number,
    end: number,
    origin: BlockOrigin,
    index: number,
  ): void {
    this.#origin = origin;
    this.index = index;
    const sizeBytes = end - start;
    if (sizeBytes < BLOCK_HEADER_SIZE_BYTES) throw this.corruption('Block header is cut short');
    this.#checkFlags(view.getUint32(start, true), view.getUint32(start + 16, true), sizeBytes);
    this.enter(bytes, view, start, end, origin, index);
    this.#checkHeader();
  }

  /**
   * Makes this the block `bytes[start, end)`, whose header was checked before. The table's sequence base is added to
   * the block's own, once, so that entries are decoded alike in all tables.
   */
  enter(
    bytes: Uint8Array,
    view: DataView,
    start: number,
    end: number,
    origin: BlockOrigin,
    index: number,
  ): void {
    const entryCount = view.getUint32(start, true);
    const flags = view.getUint32(start + 16, true);
    const placesStart = start + BLOCK_HEADER_SIZE_BYTES + INLINE_KEY_SIZE_BYTES * entryCount;
    this.bytes = bytes;
    this.view = view;
    this.start = start;
    this.end = end;
    this.index = index;
    this.entryCount = entryCount;
    this.prefixLength = view.getUint32(start + 4, true);
    if ((flags & HAS_EQUAL_RECORDS) !== 0) {
      const suffixLength = view.getUint32(placesStart, true);
      const restLength =
        suffixLength > INLINE_KEY_SIZE_BYTES ? suffixLength - INLINE_KEY_SIZE_BYTES : 0;
      this.#suffixLength = suffixLength;
      this.#restLength = restLength;
      this.#recordSize = restLength + view.getUint32(placesStart + 4, true);
      this.prefixStart = placesStart + RECORD_LENGTHS_SIZE_BYTES;
    } else {
      this.prefixStart = placesStart + ((flags & HAS_WIDE_OFFSETS) !== 0 ? 4 : 2) * entryCount;
    }
    this.#flags = flags;
    const sequenceBase = getUint64(bytes, start + 8) + origin.sequenceBase;
    this.#sequenceBase = sequenceAfter(SEQUENCE_NUMBER_ZERO, sequenceBase);
    this.#origin = origin;
  }

  get hasUniqueKeys(): boolean {
    return (this.#flags & HAS_UNIQUE_KEYS) !== 0;
  }

  /** Where the first record starts. */
  get recordsStart(): number {
    return this.prefixStart + this.prefixLength;
  }

  hiAt(index: number): number {
    return this.view.getInt32(this.start + BLOCK_HEADER_SIZE_BYTES + 4 * index, true);
  }

  /** Where the record of entry `index` starts, which must be below `entryCount`. */
  recordOffset(index: number): number {
    const flags = this.#flags;
    if ((flags & HAS_EQUAL_RECORDS) !== 0) return this.recordsStart + index * this.#recordSize;
    const offsetsStart = this.start + BLOCK_HEADER_SIZE_BYTES + 4 * this.entryCount;
    return (
      this.start +
      ((flags & HAS_WIDE_OFFSETS) !== 0
        ? this.view.getUint32(offsetsStart + 4 * index, true)
        : this.view.getUint16(offsetsStart + 2 * index, true))
    );
  }

  /**
   * The first entry at or after (key, sequence) in the order of block-format/entries-ascend: the first of a larger
   * key, or of this key with at most this sequence. `entryCount` when there is none. When the entry is of this very
   * key, `~index` is returned.
   */
  search(key: Uint8Array, keyStart: number, keyEnd: number, sequence: number): number {
    const prefixOrder = this.#comparePrefix(key, keyStart, keyEnd);
    if (prefixOrder !== 0) return prefixOrder < 0 ? this.entryCount : 0;
    return this.#searchSuffix(key, keyStart + this.prefixLength, keyEnd, sequence);
  }

  /** Finds the newest entry of the key at or below `sequence`: its number with `result` filled in, or -1. */
  lookup(
    key: Uint8Array,
    keyStart: number,
    keyEnd: number,
    sequence: number,
    result: LookupResult,
  ): number {
    const suffixStart = keyStart + this.prefixLength;
    if (suffixStart > keyEnd) return -1;
    const index = this.#searchSuffix(key, suffixStart, keyEnd, sequence);
    if (index >= 0) return -1;
    // The prefix comes last: it lies away from the numbers that are searched, and a key without it equals none.
    if (!equalRanges(this.bytes, this.prefixStart, key, keyStart, this.prefixLength)) return -1;
    if (!this.hasUniqueKeys) this.decode(this.recordOffset(~index), this.#probe);
    this.#show(result);
    return ~index;
  }

  /** Whether entry `index` has this very key and at most this sequence: true with `result` filled in, or false. */
  lookupAt(
    index: number,
    key: Uint8Array,
    keyStart: number,
    keyEnd: number,
    sequence: number,
    result: LookupResult,
  ): boolean {
    const suffixStart = keyStart + this.prefixLength;
    if (suffixStart > keyEnd || index >= this.entryCount) return false;
    if (this.hiAt(index) !== inlineKey(key, suffixStart, keyEnd)) return false;
    if (this.compareSuffix(index, key, suffixStart, keyEnd) !== 0) return false;
    if (this.#probe.sequence > sequence) return false;
    if (!equalRanges(this.bytes, this.prefixStart, key, keyStart, this.prefixLength)) return false;
    this.#show(result);
    return true;
  }

  /** Fills in the entry that a search looked at last. */
  #show(result: LookupResult): void {
    const probe = this.#probe;
    result.sequence = probe.sequence;
    result.type = probe.type;
    result.value = this.bytes;
    result.valueStart = probe.valueStart;
    result.valueEnd = probe.valueEnd;
  }

  /**
   * `search` for a key that has this block's common prefix, or is compared with it afterwards. Where keys are unique,
   * an entry that is found is left in `#probe`.
   */
  #searchSuffix(key: Uint8Array, suffixStart: number, keyEnd: number, sequence: number): number {
    const hi = inlineKey(key, suffixStart, keyEnd);
    const view = this.view;
    const hisStart = this.start + BLOCK_HEADER_SIZE_BYTES;
    let low = 0;
    let high = this.entryCount;
    let match = -1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const hiOfMiddle = view.getInt32(hisStart + 4 * middle, true);
      let order = hiOfMiddle < hi ? -1 : 1;
      if (hiOfMiddle === hi) {
        order = this.compareSuffix(middle, key, suffixStart, keyEnd);
        if (order === 0) {
          if (this.#probe.sequence > sequence) order = -1;
          else if (this.hasUniqueKeys) return ~middle;
          else match = middle;
        }
      }
      if (order < 0) low = middle + 1;
      else high = middle;
    }
    return match === low ? ~low : low;
  }

  /**
   * Orders entry `index` against a key that has this block's common prefix and, after it, the same inline bytes.
   * Leaves the entry in `#probe`.
   */
  compareSuffix(index: number, key: Uint8Array, suffixStart: number, keyEnd: number): number {
    const probe = this.#probe;
    this.decode(this.recordOffset(index), probe);
    const suffixLength = keyEnd - suffixStart;
    const ownLength = probe.suffixLength;
    if (ownLength <= INLINE_KEY_SIZE_BYTES || suffixLength <= INLINE_KEY_SIZE_BYTES) {
      return ownLength - suffixLength; // block-format/zero-padding: the shorter key is a prefix of the longer
    }
    return compareRanges(
      this.bytes,
      probe.restStart,
      probe.valueStart,
      key,
      suffixStart + INLINE_KEY_SIZE_BYTES,
      keyEnd,
    );
  }

  /** Reads the record at `offset`. Its parts are apart so that it stays small enough for V8 to inline into scans. */
  decode(offset: number, entry: BlockEntry): void {
    const flags = this.#flags;
    if ((flags & HAS_EQUAL_RECORDS) !== 0) {
      this.#placeRecord(offset, entry);
      return;
    }
    let position = offset;
    const suffixLength = this.#varint(position);
    position += varintLength(suffixLength);
    const valueLength = this.#varint(position);
    position += varintLength(valueLength);
    entry.type = (flags & HAS_VALUES_ONLY) !== 0 ? VALUE : this.#typeAt(position++, valueLength);
    if ((flags & HAS_ONE_SEQUENCE) !== 0) {
      entry.sequence = this.#sequenceBase;
    } else {
      const delta = this.#varint(position);
      position += varintLength(delta);
      entry.sequence = sequenceAfter(this.#sequenceBase, delta);
      if (entry.sequence > SEQUENCE_NUMBER_MAX)
        throw this.corruption('Sequence number out of range');
    }
    entry.suffixLength = suffixLength;
    entry.restStart = position;
    if (suffixLength > INLINE_KEY_SIZE_BYTES) position += suffixLength - INLINE_KEY_SIZE_BYTES;
    entry.valueStart = position;
    position += valueLength;
    if (position > this.end) throw this.corruption('Record runs past the end of its block');
    entry.valueEnd = position;
  }

  /** `decode` for equal records, of which it was checked that they end with the payload (block/in-bounds). */
  #placeRecord(offset: number, entry: BlockEntry): void {
    entry.suffixLength = this.#suffixLength;
    entry.restStart = offset;
    entry.valueStart = offset + this.#restLength;
    entry.valueEnd = offset + this.#recordSize;
    entry.sequence = this.#sequenceBase;
    entry.type = VALUE;
  }

  /** The user key of entry `index`, in fresh memory. For index blocks and checks, not for loops. */
  keyAt(index: number): Uint8Array {
    const probe = this.#probe;
    this.decode(this.recordOffset(index), probe);
    const key = new Uint8Array(this.prefixLength + probe.suffixLength);
    key.set(this.bytes.subarray(this.prefixStart, this.recordsStart));
    const hi = this.hiAt(index) ^ 0x80000000;
    for (let i = 0; i < INLINE_KEY_SIZE_BYTES && i < probe.suffixLength; i++) {
      key[this.prefixLength + i] = hi >>> (24 - 8 * i);
    }
    if (probe.suffixLength > INLINE_KEY_SIZE_BYTES) {
      key.set(
        this.bytes.subarray(probe.restStart, probe.valueStart),
        this.prefixLength + INLINE_KEY_SIZE_BYTES,
      );
    }
    return key;
  }

  /** An error about this block. */
  corruption(message: string): CorruptionError {
    const offset = this.#origin.blockOffset(this.index);
    return new CorruptionError(message, { file: this.#origin.path, offset });
  }

  /**
   * Checks a header before `enter` reads it: the flags are possible, and the payload has room for the fields
   * (block/in-bounds).
   */
  #checkFlags(entryCount: number, flags: number, sizeBytes: number): void {
    if (flags > KNOWN_BLOCK_FLAGS) {
      const { path } = this.#origin;
      const offset = this.#origin.blockOffset(this.index);
      throw new IncompatibleFormatError(
        `Unknown block flags: file=${path} offset=${offset} flags=${flags}`,
      );
    }
    if ((flags & HAS_EQUAL_RECORDS) === 0) return;
    const needed = HAS_ONE_SEQUENCE | HAS_VALUES_ONLY;
    if ((flags & (needed | HAS_WIDE_OFFSETS)) !== needed) {
      throw this.corruption('Block flags contradict each other'); // block-format/equal-record-flags
    }
    const fixedSize = BLOCK_HEADER_SIZE_BYTES + INLINE_KEY_SIZE_BYTES * entryCount;
    if (fixedSize + RECORD_LENGTHS_SIZE_BYTES > sizeBytes) {
      throw this.corruption('Block header does not fit the block');
    }
  }

  /** Keeps block/in-bounds. */
  #checkHeader(): void {
    if (this.#sequenceBase > SEQUENCE_NUMBER_MAX) {
      throw this.corruption('Sequence number out of range');
    }
    if (this.recordsStart > this.end) throw this.corruption('Block header does not fit the block');
    if ((this.#flags & HAS_EQUAL_RECORDS) !== 0) {
      // Inexact where it is far too large, and then as unequal.
      const recordsEnd = this.recordsStart + this.entryCount * this.#recordSize;
      if (recordsEnd !== this.end) throw this.corruption('Records do not end with their block');
    }
  }

  /** Below, at or above zero: the common prefix is below the key, is its start, or is above it. */
  #comparePrefix(key: Uint8Array, keyStart: number, keyEnd: number): number {
    const end = keyEnd - keyStart < this.prefixLength ? keyEnd : keyStart + this.prefixLength;
    return compareRanges(this.bytes, this.prefixStart, this.recordsStart, key, keyStart, end);
  }

  #varint(offset: number): number {
    const value = varintAt(this.bytes, offset, this.end);
    if (value === VARINT_CUT_SHORT) throw this.corruption('Record runs past the end of its block');
    if (value === VARINT_MALFORMED) throw this.corruption('Malformed varint in a record');
    return value;
  }

  #typeAt(offset: number, valueLength: number): PointType {
    const type = this.bytes[offset]!; // undefined past the end, which is at or below nothing
    if (!isPointType(type)) throw this.#badType(type);
    if (type === EXPIRING_VALUE && valueLength < EXPIRY_SIZE_BYTES) {
      throw this.corruption('Entry that expires has no time');
    }
    return type;
  }

  #badType(type: number | undefined): Error {
    if (type === undefined) return this.corruption('Record runs past the end of its block');
    if (type === RANGE_DELETION) return this.corruption('Range tombstone among the entries');
    const offset = this.#origin.blockOffset(this.index);
    return new IncompatibleFormatError(
      `Unknown value type: file=${this.#origin.path} offset=${offset} type=${type}`,
    );
  }
}
