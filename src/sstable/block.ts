/**
 * A block in memory: search and decoding of entries.
 *
 * Owns: the reading side of the layout in block-format.ts, and a block's place in the cache.
 *
 * Invariants:
 *   K1. The header was checked to fit the payload before any other field is used, and every decoded record lies within
 *       the payload and has a possible type and sequence. A payload that passed its checksum and still breaks the layout ends in CorruptionError.
 *   K2. Nothing here writes to the payload; it lives as long as somebody points to it.
 *
 * Suspension: every method is synchronous. Calls share one scratch entry (`PROBE`), which no call leaves half used.
 */
import { compareRanges, equalRanges, viewOf } from '../base/bytes.ts';
import { getUint64, varintLength, VARINT_SIZE_BYTES_MAX } from '../base/coding.ts';
import { CorruptionError, IncompatibleFormatError } from '../base/errors.ts';
import {
  sequenceAfter,
  type SequenceNumber,
  sequenceNumber,
  SEQUENCE_NUMBER_MAX,
  SEQUENCE_NUMBER_ZERO,
} from '../base/ids.ts';
import { inlineKey, INLINE_KEY_SIZE_BYTES } from '../base/inline-key.ts';
import type { LookupResult } from '../base/internal-iterator.ts';
import { DELETION, RANGE_DELETION, VALUE } from '../base/value-type.ts';
import type { CachedBlock } from '../cache/block-cache.ts';
import {
  BLOCK_HEADER_SIZE_BYTES,
  HAS_ONE_SEQUENCE,
  HAS_UNIQUE_KEYS,
  HAS_VALUES_ONLY,
  HAS_WIDE_OFFSETS,
  KNOWN_BLOCK_FLAGS,
} from './block-format.ts';

/** What a block in memory costs beside its payload: three views, the object, its slot (measured at about 450 bytes). */
const BLOCK_OVERHEAD_BYTES = 450;

/** Where one record's parts are. Reused. */
export class BlockEntry {
  /** Bytes of the key after the common prefix. */
  suffixLength = 0;
  /** The key after its inline bytes is `bytes[restStart, valueStart)`. */
  restStart = 0;
  valueStart = 0;
  valueEnd = 0;
  sequence: SequenceNumber = SEQUENCE_NUMBER_ZERO;
  type: typeof DELETION | typeof VALUE = VALUE;
}

const PROBE = new BlockEntry();

export class Block implements CachedBlock {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly entryCount: number;
  readonly prefixLength: number;
  readonly prefixStart: number;
  readonly hasUniqueKeys: boolean;
  readonly sizeBytes: number;
  readonly slots: (Block | undefined)[];
  readonly slotIndex: number;
  isReferenced = false;
  isCached = false;
  newer: CachedBlock | undefined = undefined;
  older: CachedBlock | undefined = undefined;
  readonly #hasWideOffsets: boolean;
  readonly #hasOneSequence: boolean;
  readonly #hasValuesOnly: boolean;
  readonly #offsetsStart: number;
  readonly #sequenceBase: SequenceNumber;
  readonly #path: string;
  readonly #fileOffset: number;

  /**
   * `payload` was verified. `path` and `fileOffset` say where it came from, for errors. `tableSequenceBase` is added to
   * every sequence: once, to the block's own base, so that entries are decoded alike in all tables.
   */
  constructor(
    payload: Uint8Array,
    path: string,
    fileOffset: number,
    slots: (Block | undefined)[] = [],
    slotIndex = 0,
    tableSequenceBase = 0,
  ) {
    this.bytes = payload;
    this.view = viewOf(payload);
    this.#path = path;
    this.#fileOffset = fileOffset;
    this.slots = slots;
    this.slotIndex = slotIndex;
    if (payload.length < BLOCK_HEADER_SIZE_BYTES)
      throw this.corruption('Block header is cut short');
    const flags = this.view.getUint32(16, true);
    if (flags > KNOWN_BLOCK_FLAGS) {
      throw new IncompatibleFormatError(
        `Unknown block flags: file=${path} offset=${fileOffset} flags=${flags}`,
      );
    }
    this.#hasWideOffsets = (flags & HAS_WIDE_OFFSETS) !== 0;
    this.#hasOneSequence = (flags & HAS_ONE_SEQUENCE) !== 0;
    this.#hasValuesOnly = (flags & HAS_VALUES_ONLY) !== 0;
    this.hasUniqueKeys = (flags & HAS_UNIQUE_KEYS) !== 0;
    this.entryCount = this.view.getUint32(0, true);
    this.prefixLength = this.view.getUint32(4, true);
    const sequenceBase = getUint64(payload, 8) + tableSequenceBase;
    if (sequenceBase > SEQUENCE_NUMBER_MAX) throw this.corruption('Sequence number out of range');
    this.#sequenceBase = sequenceNumber(sequenceBase);
    this.#offsetsStart = BLOCK_HEADER_SIZE_BYTES + INLINE_KEY_SIZE_BYTES * this.entryCount;
    this.prefixStart = this.#offsetsStart + (this.#hasWideOffsets ? 4 : 2) * this.entryCount;
    if (this.prefixStart + this.prefixLength > payload.length) {
      throw this.corruption('Block header does not fit the block'); // K1
    }
    this.sizeBytes = payload.length + BLOCK_OVERHEAD_BYTES;
  }

  /** Offset in the payload of the first record. */
  get recordsStart(): number {
    return this.prefixStart + this.prefixLength;
  }

  hiAt(index: number): number {
    return this.view.getInt32(BLOCK_HEADER_SIZE_BYTES + INLINE_KEY_SIZE_BYTES * index, true);
  }

  /** Offset in the payload of the record of entry `index`, which must be below `entryCount`. */
  recordOffset(index: number): number {
    return this.#hasWideOffsets
      ? this.view.getUint32(this.#offsetsStart + 4 * index, true)
      : this.view.getUint16(this.#offsetsStart + 2 * index, true);
  }

  /**
   * The first entry at or after (key, sequence) in the order of F1: the first of a larger key, or of this key with at
   * most this sequence. `entryCount` when there is none. When the entry is of this very key, `~index` is returned.
   */
  search(key: Uint8Array, keyStart: number, keyEnd: number, sequence: number): number {
    const prefixOrder = this.#comparePrefix(key, keyStart, keyEnd);
    if (prefixOrder !== 0) return prefixOrder < 0 ? this.entryCount : 0;
    const suffixStart = keyStart + this.prefixLength;
    const hi = inlineKey(key, suffixStart, keyEnd);
    const view = this.view;
    let low = 0;
    let high = this.entryCount;
    let match = -1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const hiOfMiddle = view.getInt32(BLOCK_HEADER_SIZE_BYTES + 4 * middle, true);
      let order = hiOfMiddle < hi ? -1 : 1;
      if (hiOfMiddle === hi) {
        order = this.compareSuffix(middle, key, suffixStart, keyEnd);
        if (order === 0) {
          if (PROBE.sequence > sequence) order = -1;
          else match = middle;
        }
      }
      if (order < 0) low = middle + 1;
      else high = middle;
    }
    return match === low ? ~low : low;
  }

  /** Finds the newest entry of the key at or below `sequence`: true with `result` filled in, or false. */
  lookup(
    key: Uint8Array,
    keyStart: number,
    keyEnd: number,
    sequence: number,
    result: LookupResult,
  ): boolean {
    if (!this.#probe(key, keyStart, keyEnd, sequence)) return false;
    result.sequence = PROBE.sequence;
    result.type = PROBE.type;
    result.value = this.bytes;
    result.valueStart = PROBE.valueStart;
    result.valueEnd = PROBE.valueEnd;
    return true;
  }

  /**
   * Leaves the newest entry of the key at or below `sequence` in `PROBE`, if there is one. The prefix is compared last:
   * it lies away from the numbers that are searched, and a key without it equals none.
   */
  #probe(key: Uint8Array, keyStart: number, keyEnd: number, sequence: number): boolean {
    if (!this.hasUniqueKeys) {
      const index = this.search(key, keyStart, keyEnd, sequence);
      if (index >= 0) return false;
      this.decode(this.recordOffset(~index), PROBE);
      return true;
    }
    const suffixStart = keyStart + this.prefixLength;
    if (suffixStart > keyEnd) return false;
    const hi = inlineKey(key, suffixStart, keyEnd);
    const view = this.view;
    let low = 0;
    let high = this.entryCount;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const hiOfMiddle = view.getInt32(BLOCK_HEADER_SIZE_BYTES + 4 * middle, true);
      let order = hiOfMiddle < hi ? -1 : 1;
      if (hiOfMiddle === hi) {
        order = this.compareSuffix(middle, key, suffixStart, keyEnd);
        if (order === 0) break;
      }
      if (order < 0) low = middle + 1;
      else high = middle;
    }
    if (low === high || PROBE.sequence > sequence) return false;
    return equalRanges(this.bytes, this.prefixStart, key, keyStart, this.prefixLength);
  }

  /**
   * Orders entry `index` against a key that has this block's common prefix and, after it, the same inline bytes.
   * Leaves the entry in `PROBE`.
   */
  compareSuffix(index: number, key: Uint8Array, suffixStart: number, keyEnd: number): number {
    this.decode(this.recordOffset(index), PROBE);
    const suffixLength = keyEnd - suffixStart;
    const ownLength = PROBE.suffixLength;
    if (ownLength <= INLINE_KEY_SIZE_BYTES || suffixLength <= INLINE_KEY_SIZE_BYTES) {
      return ownLength - suffixLength; // F2: the shorter key is a prefix of the longer
    }
    return compareRanges(
      this.bytes,
      PROBE.restStart,
      PROBE.valueStart,
      key,
      suffixStart + INLINE_KEY_SIZE_BYTES,
      keyEnd,
    );
  }

  /** Reads the record at `offset` of the payload. */
  decode(offset: number, entry: BlockEntry): void {
    const bytes = this.bytes;
    let position = offset;
    // A position past the end reads as undefined, which is below nothing, and ends in #varint (K1).
    let suffixLength = bytes[position]!;
    if (suffixLength < 0x80) {
      position++;
    } else {
      suffixLength = this.#varint(position);
      position += varintLength(suffixLength);
    }
    let valueLength = bytes[position]!;
    if (valueLength < 0x80) {
      position++;
    } else {
      valueLength = this.#varint(position);
      position += varintLength(valueLength);
    }
    if (this.#hasValuesOnly) {
      entry.type = VALUE;
    } else {
      const type = bytes[position++]!;
      if (!(type <= VALUE)) throw this.#badType(type);
      entry.type = type === VALUE ? VALUE : DELETION;
    }
    if (this.#hasOneSequence) {
      entry.sequence = this.#sequenceBase;
    } else {
      let delta = bytes[position]!;
      if (delta < 0x80) {
        position++;
      } else {
        delta = this.#varint(position);
        position += varintLength(delta);
      }
      entry.sequence = sequenceAfter(this.#sequenceBase, delta);
      if (entry.sequence > SEQUENCE_NUMBER_MAX)
        throw this.corruption('Sequence number out of range');
    }
    entry.suffixLength = suffixLength;
    entry.restStart = position;
    if (suffixLength > INLINE_KEY_SIZE_BYTES) position += suffixLength - INLINE_KEY_SIZE_BYTES;
    entry.valueStart = position;
    position += valueLength;
    if (position > bytes.length) throw this.corruption('Record runs past the end of its block');
    entry.valueEnd = position;
  }

  /** The user key of entry `index`, in fresh memory. For index blocks and checks, not for loops. */
  keyAt(index: number): Uint8Array {
    this.decode(this.recordOffset(index), PROBE);
    const key = new Uint8Array(this.prefixLength + PROBE.suffixLength);
    key.set(this.bytes.subarray(this.prefixStart, this.recordsStart));
    const hi = this.hiAt(index) ^ 0x80000000;
    for (let i = 0; i < INLINE_KEY_SIZE_BYTES && i < PROBE.suffixLength; i++) {
      key[this.prefixLength + i] = hi >>> (24 - 8 * i);
    }
    if (PROBE.suffixLength > INLINE_KEY_SIZE_BYTES) {
      key.set(
        this.bytes.subarray(PROBE.restStart, PROBE.valueStart),
        this.prefixLength + INLINE_KEY_SIZE_BYTES,
      );
    }
    return key;
  }

  /** An error about this block. */
  corruption(message: string): CorruptionError {
    return new CorruptionError(message, { file: this.#path, offset: this.#fileOffset });
  }

  /** Below, at or above zero: the common prefix is below the key, is its start, or is above it. */
  #comparePrefix(key: Uint8Array, keyStart: number, keyEnd: number): number {
    const end = keyEnd - keyStart < this.prefixLength ? keyEnd : keyStart + this.prefixLength;
    return compareRanges(this.bytes, this.prefixStart, this.recordsStart, key, keyStart, end);
  }

  /** The slow form, for more than one byte or none. */
  #varint(offset: number): number {
    let value = 0;
    let scale = 1;
    for (let i = 0; i < VARINT_SIZE_BYTES_MAX; i++) {
      const byte = this.bytes[offset + i];
      if (byte === undefined) throw this.corruption('Record runs past the end of its block');
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        if (!Number.isSafeInteger(value) || (byte === 0 && i > 0)) break;
        return value;
      }
      scale *= 0x80;
    }
    throw this.corruption('Malformed varint in a record');
  }

  #badType(type: number | undefined): Error {
    if (type === undefined) return this.corruption('Record runs past the end of its block');
    if (type === RANGE_DELETION) return this.corruption('Range tombstone among the entries');
    return new IncompatibleFormatError(
      `Unknown value type: file=${this.#path} offset=${this.#fileOffset} type=${type}`,
    );
  }
}
