/**
 * The index of an open table: from a user key to the data block that may hold it.
 *
 * Owns: the index block in memory, with eight key bytes of each separator after their common prefix unpacked into two
 * arrays of integers, so that a search compares integers and reads a record only where separators agree in all eight;
 * and the handles of the data blocks.
 *
 * Invariants:
 *   X1. Data blocks lie end to end from the start of the file, in index order, and end where the footer says.
 *   X2. Separators ascend; equal ones are neighbours (a user key that fills whole blocks).
 *
 * Suspension: every method is synchronous.
 */
import { compareBytes, compareRanges } from '../base/bytes.ts';
import { varintLength, VARINT_SIZE_BYTES_MAX } from '../base/coding.ts';
import { Block, BlockEntry } from './block.ts';
import { inlineKey, INLINE_KEY_SIZE_BYTES } from './block-format.ts';
import { TRAILER_SIZE_BYTES } from './block-trailer.ts';

export class TableIndex {
  readonly blockCount: number;
  readonly #block: Block;
  readonly #hi: Int32Array;
  readonly #lo: Int32Array;
  /** Block i's payload is at `#starts[i]`; `#starts[blockCount]` is where data ends. */
  readonly #starts: Float64Array;

  /** `payload` was verified; `dataEnd` is where the data blocks end, by the footer. */
  constructor(payload: Uint8Array, dataEnd: number, path: string, offset: number) {
    const block = new Block(payload, path, offset);
    this.#block = block;
    this.blockCount = block.entryCount;
    this.#hi = new Int32Array(block.entryCount);
    this.#lo = new Int32Array(block.entryCount);
    this.#starts = new Float64Array(block.entryCount + 1);
    this.#unpack(dataEnd);
  }

  get memoryBytes(): number {
    return this.#block.sizeBytes + this.blockCount * 16;
  }

  /** The first block whose separator is at or above the key; `blockCount` when the key is above all (D2). */
  find(key: Uint8Array, keyStart: number, keyEnd: number): number {
    const block = this.#block;
    const prefixLength = block.prefixLength;
    const suffixStart = keyStart + prefixLength;
    if (prefixLength > 0) {
      const end = keyEnd < suffixStart ? keyEnd : suffixStart;
      const prefixEnd = block.prefixStart + prefixLength;
      const order = compareRanges(block.bytes, block.prefixStart, prefixEnd, key, keyStart, end);
      if (order !== 0) return order < 0 ? this.blockCount : 0;
    }
    const hi = inlineKey(key, suffixStart, keyEnd);
    const loStart = suffixStart + INLINE_KEY_SIZE_BYTES;
    const lo = loStart < keyEnd ? inlineKey(key, loStart, keyEnd) : inlineKey(key, 0, 0);
    const his = this.#hi;
    const los = this.#lo;
    let low = 0;
    let high = this.blockCount;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const hiOfMiddle = his[middle]!; // middle < blockCount
      let isBelow = hiOfMiddle < hi;
      if (hiOfMiddle === hi) {
        const loOfMiddle = los[middle]!; // middle < blockCount
        isBelow =
          loOfMiddle === lo
            ? block.compareSuffix(middle, key, suffixStart, keyEnd) < 0
            : loOfMiddle < lo;
      }
      if (isBelow) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** True when the separator of block `index` is this very key. */
  isSeparator(index: number, key: Uint8Array, keyStart: number, keyEnd: number): boolean {
    const block = this.#block;
    const suffixStart = keyStart + block.prefixLength;
    if (keyEnd < suffixStart) return false;
    if (block.hiAt(index) !== inlineKey(key, suffixStart, keyEnd)) return false;
    if (block.compareSuffix(index, key, suffixStart, keyEnd) !== 0) return false;
    return (
      compareRanges(
        block.bytes,
        block.prefixStart,
        block.recordsStart,
        key,
        keyStart,
        suffixStart,
      ) === 0
    );
  }

  separator(index: number): Uint8Array {
    return this.#block.keyAt(index);
  }

  /** File offset of the payload of block `index`. */
  blockOffset(index: number): number {
    return this.#starts[index]!; // index < blockCount
  }

  /** Bytes of the payload of block `index` as stored. */
  blockLength(index: number): number {
    return this.#starts[index + 1]! - this.#starts[index]! - TRAILER_SIZE_BYTES; // index < blockCount
  }

  #unpack(dataEnd: number): void {
    const block = this.#block;
    const entry = new BlockEntry();
    let position = 0;
    for (let i = 0; i < this.blockCount; i++) {
      block.decode(block.recordOffset(i), entry);
      this.#hi[i] = block.hiAt(i);
      this.#lo[i] = inlineKey(block.bytes, entry.restStart, entry.valueStart);
      this.#starts[i] = position;
      position += this.#lengthAfter(entry, position) + TRAILER_SIZE_BYTES;
      if (i > 0 && !this.#ascends(i)) throw block.corruption('Index separators do not ascend'); // X2
    }
    this.#starts[this.blockCount] = position;
    if (position !== dataEnd) throw block.corruption('Index does not cover the data blocks'); // X1
  }

  /** The block length in the handle of `entry`, whose offset must be `position` (X1). */
  #lengthAfter(entry: BlockEntry, position: number): number {
    const { bytes } = this.#block;
    const middle = entry.valueStart + varintLength(position);
    const length = varintAt(bytes, middle, entry.valueEnd);
    if (
      varintAt(bytes, entry.valueStart, entry.valueEnd) !== position ||
      length < 0 ||
      middle + varintLength(length) !== entry.valueEnd
    ) {
      throw this.#block.corruption('Index entry is not the handle of the next block');
    }
    return length;
  }

  #ascends(index: number): boolean {
    const hi = this.#hi[index]!; // 0 < index < blockCount
    const previousHi = this.#hi[index - 1]!;
    if (hi !== previousHi) return hi > previousHi;
    const lo = this.#lo[index]!;
    const previousLo = this.#lo[index - 1]!;
    if (lo !== previousLo) return lo > previousLo;
    return compareBytes(this.separator(index - 1), this.separator(index)) <= 0;
  }
}

/** The varint at `offset`, or -1 when it does not end before `end`. An unsafe integer equals no expectation. */
function varintAt(bytes: Uint8Array, offset: number, end: number): number {
  let value = 0;
  let scale = 1;
  for (let at = offset; at < end && at < offset + VARINT_SIZE_BYTES_MAX; at++) {
    const byte = bytes[at]!; // at < end <= bytes.length
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return value;
    scale *= 0x80;
  }
  return -1;
}
