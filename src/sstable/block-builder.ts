/**
 * Gathers the entries of one block and lays them out.
 *
 * Owns: the writing side of the layout in block-format.ts.
 *
 * The common prefix is known only when the last key is. Until then keys and values wait in two arenas, which are
 * reused from block to block. `encode` copies them into their places.
 *
 * Invariants:
 *   block-builder/order-is-the-callers: the caller adds entries in the order of block-format/entries-ascend, which the
 *       table builder asserts. It says which entries repeat their key.
 *   block-builder/prefix-of-the-ends: the common prefix of all keys is that of the first and the last key, because the
 *       keys are sorted.
 *   block-builder/size-bound: `encodedSizeMax` is never less than what `encode` writes.
 *
 * Suspension: every method is synchronous and keeps no reference to its arguments.
 */
import { assert, INVARIANTS } from '../base/assert.ts';
import { isSlowWay } from '../base/coin.ts';
import { compareRanges, copyInto, copyRange } from '../bytes/bytes.ts';
import { putUint32, putUint64, putVarint } from '../bytes/coding.ts';
import { inlineKey, INLINE_KEY_SIZE_BYTES } from '../bytes/inline-key.ts';
import { VALUE, type PointType } from '../base/value-type.ts';
import { WordCopier } from '../bytes/word-copier.ts';
import {
  BLOCK_HEADER_SIZE_BYTES,
  HAS_EQUAL_RECORDS,
  HAS_ONE_SEQUENCE,
  HAS_UNIQUE_KEYS,
  HAS_VALUES_ONLY,
  HAS_WIDE_OFFSETS,
  RECORD_LENGTHS_SIZE_BYTES,
} from './block-format.ts';

const CAPACITY_START = 64;
const ARENA_SIZE_BYTES_START = 8192;
/** An arena that one huge value made larger than this is given back after its block. */
const ARENA_SIZE_BYTES_KEPT = 4 * 1024 * 1024;
/** Inline key, offset, and the usual one-byte lengths and sequence of an entry. */
const ENTRY_OVERHEAD_BYTES = 9;
/** Inline key, wide offset, two lengths of at most five bytes, type, sequence of at most eight. */
const ENTRY_OVERHEAD_BYTES_MAX = 27;
const BLOCK_SIZE_BYTES_MAX = 2 ** 31 - 1;
const NARROW_OFFSET_MAX = 0xffff;
/** One record alone is no longer with its own offset and lengths than with those of the block. */
const EQUAL_RECORDS_MIN = 2;

export class BlockBuilder {
  #keys: Uint8Array = new Uint8Array(ARENA_SIZE_BYTES_START);
  #values: Uint8Array = new Uint8Array(ARENA_SIZE_BYTES_START);
  /** Entry i's key is `#keys[#keyEnds[i - 1], #keyEnds[i])`; its value likewise. */
  #keyEnds = new Int32Array(CAPACITY_START);
  #valueEnds = new Int32Array(CAPACITY_START);
  #sequences = new Float64Array(CAPACITY_START);
  #types = new Uint8Array(CAPACITY_START);
  #count = 0;
  #keysSize = 0;
  #valuesSize = 0;
  #lastKeyStart = 0;
  #prefixLength = 0;
  #sequenceMin = 0;
  #sequenceMax = 0;
  #hasValuesOnly = true;
  #hasUniqueKeys = true;
  /** Lengths of the first entry, and whether all others are as long. */
  #keyLength = 0;
  #valueLength = 0;
  #hasEqualLengths = true;
  readonly #valueCopier = new WordCopier();
  readonly #encodeCopier = new WordCopier();

  get entryCount(): number {
    return this.#count;
  }

  /** About what `encode` would write now. */
  get sizeBytes(): number {
    if (this.#hasEqualRecords) {
      const suffixLength = this.#keyLength - this.#prefixLength;
      return (
        BLOCK_HEADER_SIZE_BYTES +
        RECORD_LENGTHS_SIZE_BYTES +
        this.#prefixLength +
        this.#count * (Math.max(INLINE_KEY_SIZE_BYTES, suffixLength) + this.#valueLength)
      );
    }
    return (
      BLOCK_HEADER_SIZE_BYTES +
      this.#keysSize +
      this.#valuesSize +
      this.#count * (ENTRY_OVERHEAD_BYTES - INLINE_KEY_SIZE_BYTES - this.#prefixLength)
    );
  }

  get encodedSizeMax(): number {
    return (
      BLOCK_HEADER_SIZE_BYTES +
      this.#keysSize +
      this.#valuesSize +
      this.#count * ENTRY_OVERHEAD_BYTES_MAX
    );
  }

  /** Orders the last key added against `key[keyStart, keyEnd)`. Needs an entry. */
  compareLastKey(key: Uint8Array, keyStart: number, keyEnd: number): number {
    return compareRanges(this.#keys, this.#lastKeyStart, this.#keysSize, key, keyStart, keyEnd);
  }

  /** A copy of the last key added. Needs an entry. */
  lastKey(): Uint8Array {
    assert(this.#count > 0, 'an empty block has no last key');
    return copyRange(this.#keys, this.#lastKeyStart, this.#keysSize);
  }

  add(
    key: Uint8Array,
    keyStart: number,
    keyEnd: number,
    isSameKey: boolean,
    sequence: number,
    type: PointType,
    value: Uint8Array,
    valueStart: number,
    valueEnd: number,
  ): void {
    const index = this.#count;
    if (index === this.#keyEnds.length) this.#growIndexes();
    const keyLength = keyEnd - keyStart;
    const valueLength = valueEnd - valueStart;
    const keysSize = this.#keysSize + keyLength;
    const valuesSize = this.#valuesSize + valueLength;
    if (keysSize > this.#keys.length) this.#keys = grown(this.#keys, this.#keysSize, keysSize);
    if (valuesSize > this.#values.length) {
      this.#values = grown(this.#values, this.#valuesSize, valuesSize);
    }
    copyInto(this.#keys, this.#keysSize, key, keyStart, keyEnd);
    if (valueLength > 0)
      this.#valueCopier.copy(this.#values, this.#valuesSize, value, valueStart, valueEnd);
    if (index === 0) {
      this.#prefixLength = keyLength;
      this.#keyLength = keyLength;
      this.#valueLength = valueLength;
      this.#sequenceMin = sequence;
      this.#sequenceMax = sequence;
    } else {
      this.#shortenPrefix(key, keyStart, keyEnd);
      if (sequence < this.#sequenceMin) this.#sequenceMin = sequence;
      if (sequence > this.#sequenceMax) this.#sequenceMax = sequence;
      if (isSameKey) this.#hasUniqueKeys = false;
      if (keyLength !== this.#keyLength || valueLength !== this.#valueLength) {
        this.#hasEqualLengths = false;
      }
    }
    if (type !== VALUE) this.#hasValuesOnly = false;
    this.#lastKeyStart = this.#keysSize;
    this.#keysSize = keysSize;
    this.#valuesSize = valuesSize;
    this.#keyEnds[index] = keysSize;
    this.#valueEnds[index] = valuesSize;
    this.#sequences[index] = sequence;
    this.#types[index] = type;
    this.#count = index + 1;
  }

  /**
   * Writes the block at `target[start...]`, which has room for `encodedSizeMax`, and returns the offset after it.
   * The builder is empty afterwards.
   */
  encode(target: Uint8Array, start: number): number {
    const count = this.#count;
    const sizeMax = this.encodedSizeMax;
    assert(sizeMax <= BLOCK_SIZE_BYTES_MAX, 'a block is smaller than 2 GiB');
    const isEqual = this.#hasEqualRecords;
    const isWide = !isEqual && sizeMax > NARROW_OFFSET_MAX;
    const hasOneSequence = this.#hasOneSequence;
    putUint32(target, start, count);
    putUint32(target, start + 4, this.#prefixLength);
    putUint64(target, start + 8, this.#sequenceMin);
    putUint32(
      target,
      start + 16,
      (isWide ? HAS_WIDE_OFFSETS : 0) |
        (hasOneSequence ? HAS_ONE_SEQUENCE : 0) |
        (this.#hasValuesOnly ? HAS_VALUES_ONLY : 0) |
        (this.#hasUniqueKeys ? HAS_UNIQUE_KEYS : 0) |
        (isEqual ? HAS_EQUAL_RECORDS : 0),
    );
    const hiStart = start + BLOCK_HEADER_SIZE_BYTES;
    const placesStart = hiStart + INLINE_KEY_SIZE_BYTES * count;
    const prefixStart =
      placesStart + (isEqual ? RECORD_LENGTHS_SIZE_BYTES : (isWide ? 4 : 2) * count);
    if (isEqual) {
      putUint32(target, placesStart, this.#keyLength - this.#prefixLength);
      putUint32(target, placesStart + 4, this.#valueLength);
    }
    copyInto(target, prefixStart, this.#keys, 0, this.#prefixLength);
    let position = prefixStart + this.#prefixLength;
    for (let i = 0; i < count; i++) {
      if (!isEqual) {
        putOffset(target, placesStart, isWide, i, position - start);
        position = this.#encodeHead(target, position, i, hasOneSequence);
      }
      position = this.#encodeEntry(target, hiStart + 4 * i, position, i);
    }
    this.#reset();
    return position;
  }

  /** The fields of a record before key and value; none where records are equal. */
  #encodeHead(target: Uint8Array, start: number, index: number, hasOneSequence: boolean): number {
    const keyStart = index === 0 ? 0 : this.#keyEnds[index - 1]!;
    const valueStart = index === 0 ? 0 : this.#valueEnds[index - 1]!;
    const suffixLength = this.#keyEnds[index]! - keyStart - this.#prefixLength; // index < count
    let position = putVarint(target, start, suffixLength);
    position = putVarint(target, position, this.#valueEnds[index]! - valueStart);
    if (!this.#hasValuesOnly) target[position++] = this.#types[index]!;
    if (!hasOneSequence) {
      position = putVarint(target, position, this.#sequences[index]! - this.#sequenceMin);
    }
    return position;
  }

  /** The inline key, and the rest of the key and the value at `start`. */
  #encodeEntry(target: Uint8Array, hiOffset: number, start: number, index: number): number {
    const keyEnd = this.#keyEnds[index]!; // index < count
    const suffixStart = (index === 0 ? 0 : this.#keyEnds[index - 1]!) + this.#prefixLength;
    const valueStart = index === 0 ? 0 : this.#valueEnds[index - 1]!;
    const valueEnd = this.#valueEnds[index]!;
    putUint32(target, hiOffset, inlineKey(this.#keys, suffixStart, keyEnd));
    let position = start;
    const restStart = suffixStart + INLINE_KEY_SIZE_BYTES;
    if (restStart < keyEnd) {
      copyInto(target, position, this.#keys, restStart, keyEnd);
      position += keyEnd - restStart;
    }
    if (valueStart < valueEnd)
      this.#encodeCopier.copy(target, position, this.#values, valueStart, valueEnd);
    return position + valueEnd - valueStart;
  }

  get #hasOneSequence(): boolean {
    return this.#sequenceMin === this.#sequenceMax;
  }

  /** Keeps block-format/equal-record-flags. */
  get #hasEqualRecords(): boolean {
    return (
      this.#hasEqualLengths &&
      this.#hasValuesOnly &&
      this.#count >= EQUAL_RECORDS_MIN &&
      this.#hasOneSequence
    );
  }

  #shortenPrefix(key: Uint8Array, keyStart: number, keyEnd: number): void {
    const limit = Math.min(this.#prefixLength, keyEnd - keyStart);
    const keys = this.#keys;
    let length = 0;
    while (length < limit && keys[length] === key[keyStart + length]) length++;
    this.#prefixLength = length; // block-builder/prefix-of-the-ends
  }

  #growIndexes(): void {
    const capacity = this.#keyEnds.length * 2;
    this.#keyEnds = copyTo(new Int32Array(capacity), this.#keyEnds);
    this.#valueEnds = copyTo(new Int32Array(capacity), this.#valueEnds);
    this.#sequences = copyTo(new Float64Array(capacity), this.#sequences);
    this.#types = copyTo(new Uint8Array(capacity), this.#types);
  }

  #reset(): void {
    if (this.#values.length > ARENA_SIZE_BYTES_KEPT) {
      this.#values = new Uint8Array(ARENA_SIZE_BYTES_START);
    }
    this.#count = 0;
    this.#keysSize = 0;
    this.#valuesSize = 0;
    this.#lastKeyStart = 0;
    this.#prefixLength = 0;
    this.#hasValuesOnly = true;
    this.#hasUniqueKeys = true;
    this.#hasEqualLengths = !(INVARIANTS && isSlowWay('equal-records'));
  }
}

function putOffset(
  target: Uint8Array,
  start: number,
  isWide: boolean,
  index: number,
  offset: number,
): void {
  if (isWide) {
    putUint32(target, start + 4 * index, offset);
  } else {
    target[start + 2 * index] = offset;
    target[start + 2 * index + 1] = offset >>> 8;
  }
}

function grown(arena: Uint8Array, used: number, needed: number): Uint8Array {
  const result = new Uint8Array(Math.max(needed, arena.length * 2));
  result.set(arena.subarray(0, used));
  return result;
}

function copyTo<T extends { set(source: ArrayLike<number>): void }>(
  target: T,
  source: ArrayLike<number>,
): T {
  target.set(source);
  return target;
}
