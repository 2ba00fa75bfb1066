/**
 * The index of an open table: from a user key to the data block that may hold it.
 *
 * Owns: the index block in memory, fences over its separators, so that a search compares integers and reads a record
 * only where separators agree in eight bytes; and the handles of the data blocks.
 *
 * Invariants:
 *   table-index/blocks-end-to-end: data blocks lie end to end from the start of the file, in index order, and end
 *       where the footer says.
 *   table-index/separators-ascend: separators ascend. Equal ones are neighbours: a user key that fills whole blocks
 *       has one for each.
 *
 * Suspension: every method is synchronous.
 */
import { compareBytes, compareRanges } from '../bytes/bytes.ts';
import { varintAt, varintLength } from '../bytes/coding.ts';
import { inlineKey } from '../bytes/inline-key.ts';
import { type FenceKeys, KeyFences } from '../bytes/key-fences.ts';
import { Block, BlockEntry } from './block.ts';
import { TRAILER_SIZE_BYTES } from './block-trailer.ts';

export class TableIndex implements FenceKeys {
  readonly blockCount: number;
  readonly #block: Block;
  readonly #fences: KeyFences;
  /** Block i's payload is at `#starts[i]`; `#starts[blockCount]` is where data ends. */
  readonly #starts: Float64Array;

  /** `payload` was verified; `dataEnd` is where the data blocks end, by the footer. */
  constructor(payload: Uint8Array, dataEnd: number, path: string, offset: number) {
    const block = Block.of(payload, path, offset);
    this.#block = block;
    this.blockCount = block.entryCount;
    const prefix = payload.subarray(block.prefixStart, block.recordsStart);
    this.#fences = new KeyFences(this, prefix, block.entryCount);
    this.#starts = new Float64Array(block.entryCount + 1);
    this.#unpack(dataEnd);
  }

  get memoryBytes(): number {
    return this.#block.bytes.length + this.blockCount * 16;
  }

  /**
   * The first block whose separator is at or above the key; `blockCount` when the key is above all
   * (table-builder/separators).
   */
  find(key: Uint8Array, keyStart: number, keyEnd: number): number {
    return this.#fences.find(key, keyStart, keyEnd);
  }

  /** For the search, where the key has the common prefix and the same eight bytes after it. */
  isBelow(index: number, key: Uint8Array, keyStart: number, keyEnd: number): boolean {
    const block = this.#block;
    return block.compareSuffix(index, key, keyStart + block.prefixLength, keyEnd) < 0;
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

  /** File offset of the block that may hold the key; where data ends when the key is above all. */
  offsetOf(key: Uint8Array): number {
    return this.#starts[this.find(key, 0, key.length)]!; // there is one more than blocks
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
      this.#fences.set(i, block.hiAt(i), block.bytes, entry.restStart, entry.valueStart);
      this.#starts[i] = position;
      position += this.#lengthAfter(entry, position) + TRAILER_SIZE_BYTES;
      if (i > 0 && !this.#ascends(i)) throw block.corruption('Index separators do not ascend'); // table-index/separators-ascend
    }
    this.#starts[this.blockCount] = position;
    if (position !== dataEnd) throw block.corruption('Index does not cover the data blocks'); // table-index/blocks-end-to-end
  }

  /** The block length in the handle of `entry`, whose offset must be `position` (table-index/blocks-end-to-end). */
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
    const order = this.#fences.compareWithPrevious(index);
    if (order !== 0) return order < 0;
    return compareBytes(this.separator(index - 1), this.separator(index)) <= 0;
  }
}
