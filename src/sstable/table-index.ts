/**
 * The index of an open table: from a user key to the data block that may hold it.
 *
 * Owns: the index block in memory, fences over its separators, so that a search compares integers and reads a record
 * only where separators agree in eight bytes; and the handles of the data blocks. A table that was just opened is
 * searched in the index block itself: fences pay after some searches, and an open must not wait for them.
 *
 * Invariants:
 *   table-index/blocks-end-to-end: data blocks lie end to end from the start of the file, in index order, and end
 *       where the footer says.
 *   table-index/separators-ascend: separators ascend. Equal ones are neighbours: a user key that fills whole blocks
 *       has one for each.
 *   table-index/within-the-data: before the index is unpacked, a handle that is used lies within the data blocks. That it
 *       is the one of its block, the checksum of the index says.
 *
 * Suspension: every method is synchronous.
 */
import { INVARIANTS } from '../base/assert.ts';
import { isSlowWay } from '../base/coin.ts';
import { SEQUENCE_NUMBER_MAX } from '../base/ids.ts';
import { compareBytes, compareRanges } from '../bytes/bytes.ts';
import { varintAt, varintLength } from '../bytes/coding.ts';
import { inlineKey } from '../bytes/inline-key.ts';
import { type FenceKeys, type FenceWords, KeyFences } from '../bytes/key-fences.ts';
import type { CorruptionError } from '../base/errors.ts';
import { Block, BlockEntry } from './block.ts';
import type { BlockHandle } from './block-handle.ts';
import { TRAILER_SIZE_BYTES } from './block-trailer.ts';

/** An index is unpacked after one search for so many blocks: a cold process unpacks 400 blocks in a millisecond. */
const BLOCKS_PER_FIND = 8;

/** An index that was checked and unpacked before. Survives structured cloning. */
export interface UnpackedIndex extends FenceWords {
  readonly payload: Uint8Array;
  readonly starts: Float64Array;
}

export class TableIndex implements FenceKeys {
  readonly blockCount: number;
  readonly #block: Block;
  readonly #dataEnd: number;
  /** Undefined before it is unpacked, with `#starts`. */
  #fences: KeyFences | undefined = undefined;
  /** Block i's payload is at `#starts[i]`; `#starts[blockCount]` is where data ends. */
  #starts: Float64Array = new Float64Array();
  /** Searches before it was unpacked. */
  #findCount = 0;

  /**
   * `payload` was verified; `dataEnd` is where the data blocks end, by the footer. With `unpacked`, of the same payload,
   * nothing is checked again, and its memory is used. `'later'`: the index is unpacked when searches make that worth it.
   * Throws CorruptionError.
   */
  constructor(
    payload: Uint8Array,
    dataEnd: number,
    path: string,
    offset: number,
    unpacked?: UnpackedIndex | 'later',
  ) {
    const block = Block.of(payload, path, offset);
    this.#block = block;
    this.#dataEnd = dataEnd;
    this.blockCount = block.entryCount;
    if (unpacked === undefined) this.unpack();
    else if (unpacked !== 'later') {
      this.#fences = new KeyFences(this, this.#prefix, block.entryCount, unpacked);
      this.#starts = unpacked.starts;
    }
  }

  get memoryBytes(): number {
    return this.#block.bytes.length + this.blockCount * 16;
  }

  /** What the index consists of, over its own memory. Throws CorruptionError. */
  get unpacked(): UnpackedIndex {
    const { words } = this.#fences ?? this.unpack();
    return { payload: this.#block.bytes, starts: this.#starts, ...words };
  }

  /**
   * The first block whose separator is at or above the key; `blockCount` when the key is above all
   * (table-builder/separators). Throws CorruptionError when the index is unpacked.
   */
  find(key: Uint8Array, keyStart: number, keyEnd: number): number {
    const fences = this.#fences;
    if (fences !== undefined && !(INVARIANTS && isSlowWay('index-fences'))) {
      return fences.find(key, keyStart, keyEnd);
    }
    if (fences === undefined && ++this.#findCount * BLOCKS_PER_FIND >= this.blockCount) {
      return this.unpack().find(key, keyStart, keyEnd);
    }
    const found = this.#block.search(key, keyStart, keyEnd, SEQUENCE_NUMBER_MAX);
    return found < 0 ? ~found : found;
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
    return index < this.#starts.length ? this.#starts[index]! : this.#handleOf(index).offset;
  }

  /** File offset of the block that may hold the key; where data ends when the key is above all. */
  offsetOf(key: Uint8Array): number {
    const index = this.find(key, 0, key.length);
    return index === this.blockCount ? this.#dataEnd : this.blockOffset(index);
  }

  /** Bytes of the payload of block `index` as stored. */
  blockLength(index: number): number {
    const starts = this.#starts;
    if (index >= starts.length) return this.#handleOf(index).length;
    return starts[index + 1]! - starts[index]! - TRAILER_SIZE_BYTES; // index < blockCount
  }

  /** Prepares faster searches, and checks every separator and handle. Throws CorruptionError. */
  unpack(): KeyFences {
    if (this.#fences !== undefined) return this.#fences;
    const block = this.#block;
    const { blockCount } = this;
    const fences = new KeyFences(this, this.#prefix, blockCount);
    const starts = new Float64Array(blockCount + 1);
    const entry = new BlockEntry();
    let position = 0;
    for (let i = 0; i < blockCount; i++) {
      block.decode(block.recordOffset(i), entry);
      fences.set(i, block.hiAt(i), block.bytes, entry.restStart, entry.valueStart);
      starts[i] = position;
      position += this.#lengthAfter(entry, position) + TRAILER_SIZE_BYTES;
      if (i > 0 && !this.#ascends(fences, i))
        throw block.corruption('Index separators do not ascend'); // table-index/separators-ascend
    }
    starts[blockCount] = position;
    if (position !== this.#dataEnd) throw block.corruption('Index does not cover the data blocks'); // table-index/blocks-end-to-end
    this.#starts = starts;
    return (this.#fences = fences);
  }

  get #prefix(): Uint8Array {
    const { bytes, prefixStart, recordsStart } = this.#block;
    return bytes.subarray(prefixStart, recordsStart);
  }

  /** The handle of a block before all of them were checked (table-index/within-the-data). */
  #handleOf(index: number): BlockHandle {
    const block = this.#block;
    const entry = new BlockEntry();
    block.decode(block.recordOffset(index), entry);
    const offset = varintAt(block.bytes, entry.valueStart, entry.valueEnd);
    const length = this.#lengthAfter(entry, offset);
    if (offset + length + TRAILER_SIZE_BYTES > this.#dataEnd) throw this.#badHandle();
    return { offset, length };
  }

  /** The block length in the handle of `entry`, whose offset must be `position` (table-index/blocks-end-to-end). */
  #lengthAfter(entry: BlockEntry, position: number): number {
    const { bytes } = this.#block;
    if (position < 0) throw this.#badHandle();
    const middle = entry.valueStart + varintLength(position);
    const length = varintAt(bytes, middle, entry.valueEnd);
    if (
      varintAt(bytes, entry.valueStart, entry.valueEnd) !== position ||
      length < 0 ||
      middle + varintLength(length) !== entry.valueEnd
    ) {
      throw this.#badHandle();
    }
    return length;
  }

  #badHandle(): CorruptionError {
    return this.#block.corruption('Index entry is not the handle of the next block');
  }

  #ascends(fences: KeyFences, index: number): boolean {
    const order = fences.compareWithPrevious(index);
    if (order !== 0) return order < 0;
    return compareBytes(this.separator(index - 1), this.separator(index)) <= 0;
  }
}
