/**
 * The key table: a set of keys, each with a slot number.
 *
 * Owns: the bytes of the keys, one after the other in an arena that their owner may append to as well, and an index by
 * hash. Slots are numbered from 0 in the order in which keys were added, and never removed.
 *
 * The index exists only above a handful of keys; below that, comparing hashes one by one is faster.
 *
 * Suspension: every method is synchronous and copies the bytes that it is given. `bytes` may be another array after any
 * `add` or `append`: positions stay true, references do not.
 */
import { INVARIANTS } from '../base/assert.ts';
import { isSlowWay } from '../base/coin.ts';
import { compareRanges, copyInto, copyRange, equalRanges } from '../bytes/bytes.ts';

export const NO_SLOT = -1;

const FIELD_COUNT = 3;
const HASH = 0;
const KEY_START = 1;
const KEY_LENGTH = 2;

const INITIAL_SIZE_BYTES = 1024;
const INITIAL_SLOT_COUNT = 16;
/** Memory that one large transaction grew is let go at `clear`. */
const KEPT_SIZE_BYTES_MAX = 64 * 1024;
/** Up to this many slots a lookup compares hashes one by one. */
const SCANNED_COUNT_MAX = 8;

export class KeyTable {
  #bytes: Uint8Array = new Uint8Array(INITIAL_SIZE_BYTES);
  #length = 0;
  #slots = new Int32Array(FIELD_COUNT * INITIAL_SLOT_COUNT);
  #count = 0;
  /** Open addressing: slot number + 1, 0 is free. */
  #index: Int32Array | undefined = undefined;

  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /** Bytes in use. */
  get sizeBytes(): number {
    return this.#length;
  }

  get count(): number {
    return this.#count;
  }

  hashOf(slot: number): number {
    return this.#slots[slot * FIELD_COUNT + HASH]!; // slot < #count
  }

  keyStart(slot: number): number {
    return this.#slots[slot * FIELD_COUNT + KEY_START]!; // slot < #count
  }

  keyEnd(slot: number): number {
    const base = slot * FIELD_COUNT; // slot < #count
    return this.#slots[base + KEY_START]! + this.#slots[base + KEY_LENGTH]!;
  }

  /** A copy. */
  keyOf(slot: number): Uint8Array {
    return copyRange(this.#bytes, this.keyStart(slot), this.keyEnd(slot));
  }

  /** The slot of a key, or NO_SLOT. */
  find(hash: number, key: Uint8Array, keyStart: number, keyEnd: number): number {
    const index = this.#index;
    if (index === undefined) {
      for (let slot = 0; slot < this.#count; slot++) {
        if (this.#holds(slot, hash, key, keyStart, keyEnd)) return slot;
      }
      return NO_SLOT;
    }
    const mask = index.length - 1;
    for (let i = hash & mask; ; i = (i + 1) & mask) {
      const entry = index[i]!; // i <= mask
      if (entry === 0) return NO_SLOT;
      if (this.#holds(entry - 1, hash, key, keyStart, keyEnd)) return entry - 1;
    }
  }

  /** The slot of a key, added if it is new. */
  add(hash: number, key: Uint8Array, keyStart: number, keyEnd: number): number {
    const found = this.find(hash, key, keyStart, keyEnd);
    if (found !== NO_SLOT) return found;
    const start = this.append(key, keyStart, keyEnd);
    const slot = this.#count++;
    if (this.#count * FIELD_COUNT > this.#slots.length) {
      const grown = new Int32Array(this.#slots.length * 2);
      grown.set(this.#slots);
      this.#slots = grown;
    }
    const base = slot * FIELD_COUNT;
    this.#slots[base + HASH] = hash;
    this.#slots[base + KEY_START] = start;
    this.#slots[base + KEY_LENGTH] = keyEnd - keyStart;
    if (this.#index !== undefined && this.#count * 2 <= this.#index.length) {
      insertInto(this.#index, hash, slot);
    } else if (this.#count > SCANNED_COUNT_MAX || (INVARIANTS && isSlowWay('key-index'))) {
      this.#index = this.#buildIndex();
    }
    return slot;
  }

  /** Copies bytes of the owner's into the arena and returns where they begin. */
  append(source: Uint8Array, start: number, end: number): number {
    const offset = this.#length;
    const needed = offset + (end - start);
    if (needed > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
      grown.set(this.#bytes.subarray(0, offset));
      this.#bytes = grown;
    }
    copyInto(this.#bytes, offset, source, start, end);
    this.#length = needed;
    return offset;
  }

  compareSlots(a: number, b: number): number {
    const bytes = this.#bytes;
    return compareRanges(
      bytes,
      this.keyStart(a),
      this.keyEnd(a),
      bytes,
      this.keyStart(b),
      this.keyEnd(b),
    );
  }

  /** Orders the key of a slot and another key. */
  compareWith(slot: number, key: Uint8Array): number {
    return compareRanges(this.#bytes, this.keyStart(slot), this.keyEnd(slot), key, 0, key.length);
  }

  /** Empties the table for its next user. */
  clear(): void {
    if (this.#bytes.length > KEPT_SIZE_BYTES_MAX) this.#bytes = new Uint8Array(INITIAL_SIZE_BYTES);
    if (this.#slots.length * 4 > KEPT_SIZE_BYTES_MAX) {
      this.#slots = new Int32Array(FIELD_COUNT * INITIAL_SLOT_COUNT);
    }
    this.#length = 0;
    this.#count = 0;
    this.#index = undefined;
  }

  #holds(slot: number, hash: number, key: Uint8Array, keyStart: number, keyEnd: number): boolean {
    const base = slot * FIELD_COUNT; // slot < #count
    const length = keyEnd - keyStart;
    return (
      this.#slots[base + HASH] === hash &&
      this.#slots[base + KEY_LENGTH] === length &&
      equalRanges(this.#bytes, this.#slots[base + KEY_START]!, key, keyStart, length)
    );
  }

  #buildIndex(): Int32Array {
    let size = 32;
    while (size < this.#count * 4) size *= 2;
    const index = new Int32Array(size);
    for (let slot = 0; slot < this.#count; slot++) insertInto(index, this.hashOf(slot), slot);
    return index;
  }
}

function insertInto(index: Int32Array, hash: number, slot: number): void {
  const mask = index.length - 1;
  let i = hash & mask;
  while (index[i] !== 0) i = (i + 1) & mask;
  index[i] = slot + 1;
}
