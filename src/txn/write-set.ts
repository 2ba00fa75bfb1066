/**
 * A transaction's own writes.
 *
 * Owns: the bytes of every key and value written, the newest write of each key, and the ranges deleted; readable by
 * key and in order while the transaction runs, and in commit order at its end.
 *
 * Layout: keys and values lie one after the other in `bytes`; `slots` holds six numbers per point write. A hash index
 * over the slots exists only above a handful of writes; below that a scan over the hashes is faster.
 *
 * Invariants:
 *   W1. A key has at most one live slot. Writing it again moves the slot to the new value.
 *   W2. Deleting a range retires the slots inside it. So a live slot was written after every range that covers it,
 *       and committing all ranges first and then all live slots has the effect of the calls in their order.
 *
 * Suspension: every method is synchronous. Bytes given are copied.
 */
import { compareBytes, compareRanges, copyInto, copyRange, equalRanges } from '../base/bytes.ts';
import { RangeTombstones } from '../base/range-tombstones.ts';
import { DELETION, VALUE } from '../base/value-type.ts';

export const NO_SLOT = -1;

const FIELD_COUNT = 6;
const HASH = 0;
const KEY_START = 1;
const KEY_LENGTH = 2;
const TYPE = 3;
const VALUE_START = 4;
const VALUE_LENGTH = 5;
/** A slot that a range deletion retired. */
const RETIRED = -1;

/** Up to this many slots a lookup compares hashes one by one. */
const SCANNED_COUNT_MAX = 8;

const INITIAL_SIZE_BYTES = 1024;
const INITIAL_SLOT_FIELDS = FIELD_COUNT * 16;
const KEPT_SIZE_BYTES_MAX = 64 * 1024;

export interface DeletedRange {
  readonly start: Uint8Array;
  readonly end: Uint8Array;
}

export class WriteSet {
  #bytes: Uint8Array = new Uint8Array(INITIAL_SIZE_BYTES);
  #length = 0;
  #slots = new Int32Array(INITIAL_SLOT_FIELDS);
  #count = 0;
  #retiredCount = 0;
  /** Open addressing: slot number + 1, 0 is free. Built once #count passes SCANNED_COUNT_MAX. */
  #index: Int32Array | undefined = undefined;
  #deletedRanges: DeletedRange[] = [];
  #tombstones: RangeTombstones | undefined = undefined;
  /** Live slots in key order; undefined after a write made it stale. */
  #ordered: Int32Array | undefined = undefined;

  get isEmpty(): boolean {
    return this.#count === this.#retiredCount && this.#deletedRanges.length === 0;
  }

  /** Operations that a commit of this set writes. */
  get operationCount(): number {
    return this.#count - this.#retiredCount + this.#deletedRanges.length;
  }

  /** Bytes held for keys and values, overwritten ones included. */
  get sizeBytes(): number {
    return this.#length;
  }

  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /** Slots run from 0 to below this; `isLive` tells which still count. */
  get slotCount(): number {
    return this.#count;
  }

  get deletedRanges(): readonly DeletedRange[] {
    return this.#deletedRanges;
  }

  /** Own range deletions; undefined when there are none. */
  get tombstones(): RangeTombstones | undefined {
    return this.#tombstones;
  }

  isLive(slot: number): boolean {
    return this.#field(slot, TYPE) !== RETIRED;
  }

  hashOf(slot: number): number {
    return this.#field(slot, HASH);
  }

  keyStart(slot: number): number {
    return this.#field(slot, KEY_START);
  }

  keyEnd(slot: number): number {
    return this.#field(slot, KEY_START) + this.#field(slot, KEY_LENGTH);
  }

  typeOf(slot: number): typeof VALUE | typeof DELETION {
    return this.#field(slot, TYPE) === VALUE ? VALUE : DELETION;
  }

  valueStart(slot: number): number {
    return this.#field(slot, VALUE_START);
  }

  valueEnd(slot: number): number {
    return this.#field(slot, VALUE_START) + this.#field(slot, VALUE_LENGTH);
  }

  /** Writes a value or a tombstone. `value` is ignored for a tombstone. */
  write(
    type: typeof VALUE | typeof DELETION,
    hash: number,
    key: Uint8Array,
    keyStart: number,
    keyEnd: number,
    value: Uint8Array,
    valueStart: number,
    valueEnd: number,
  ): void {
    let slot = this.find(hash, key, keyStart, keyEnd);
    if (slot === NO_SLOT)
      slot = this.#addSlot(hash, this.#append(key, keyStart, keyEnd), keyEnd - keyStart);
    const isValue = type === VALUE;
    const base = slot * FIELD_COUNT;
    this.#slots[base + TYPE] = type;
    this.#slots[base + VALUE_START] = isValue ? this.#append(value, valueStart, valueEnd) : 0;
    this.#slots[base + VALUE_LENGTH] = isValue ? valueEnd - valueStart : 0;
  }

  /** Deletes `[start, end)`; keeps the two arrays, which are the caller's copies. */
  deleteRange(start: Uint8Array, end: Uint8Array): void {
    if (compareBytes(start, end) >= 0) return;
    for (let slot = 0; slot < this.#count; slot++) {
      if (this.isLive(slot) && this.#isInside(slot, start, end)) this.#retire(slot);
    }
    this.#deletedRanges.push({ start, end });
    this.#tombstones ??= new RangeTombstones();
    this.#tombstones.add(start, end, this.#deletedRanges.length);
  }

  /** The live slot of a key, or NO_SLOT. */
  find(hash: number, key: Uint8Array, keyStart: number, keyEnd: number): number {
    if (this.#index !== undefined)
      return this.#findIndexed(this.#index, hash, key, keyStart, keyEnd);
    for (let slot = 0; slot < this.#count; slot++) {
      if (this.#holds(slot, hash, key, keyStart, keyEnd)) return slot;
    }
    return NO_SLOT;
  }

  /** True when a key without a live slot was deleted by one of this transaction's ranges. */
  isRangeDeleted(key: Uint8Array, keyStart: number, keyEnd: number): boolean {
    if (this.#tombstones === undefined) return false;
    return this.#tombstones.newestCovering(key, keyStart, keyEnd, Number.MAX_SAFE_INTEGER) > 0;
  }

  /** Live slots in key order, as they are now. The array is not changed by later writes. */
  orderedSlots(): Int32Array {
    if (this.#ordered !== undefined) return this.#ordered;
    const slots = new Int32Array(this.#count - this.#retiredCount);
    let count = 0;
    for (let slot = 0; slot < this.#count; slot++) if (this.isLive(slot)) slots[count++] = slot;
    slots.sort((a, b) => this.#compareSlots(a, b));
    this.#ordered = slots;
    return slots;
  }

  /** The key of a slot; a copy. */
  keyOf(slot: number): Uint8Array {
    return copyRange(this.#bytes, this.keyStart(slot), this.keyEnd(slot));
  }

  /** Empties the set for its next user; memory that one large transaction grew is let go. */
  clear(): void {
    if (this.#bytes.length > KEPT_SIZE_BYTES_MAX) this.#bytes = new Uint8Array(INITIAL_SIZE_BYTES);
    if (this.#slots.length > KEPT_SIZE_BYTES_MAX) this.#slots = new Int32Array(INITIAL_SLOT_FIELDS);
    this.#length = 0;
    this.#count = 0;
    this.#retiredCount = 0;
    this.#index = undefined;
    this.#deletedRanges = [];
    this.#tombstones = undefined;
    this.#ordered = undefined;
  }

  #field(slot: number, field: number): number {
    return this.#slots[slot * FIELD_COUNT + field]!; // slot < #count
  }

  #compareSlots(a: number, b: number): number {
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

  #isInside(slot: number, start: Uint8Array, end: Uint8Array): boolean {
    const from = this.keyStart(slot);
    const to = this.keyEnd(slot);
    return (
      compareRanges(this.#bytes, from, to, start, 0, start.length) >= 0 &&
      compareRanges(this.#bytes, from, to, end, 0, end.length) < 0
    );
  }

  #retire(slot: number): void {
    this.#slots[slot * FIELD_COUNT + TYPE] = RETIRED;
    this.#retiredCount++;
    this.#ordered = undefined;
  }

  #holds(slot: number, hash: number, key: Uint8Array, keyStart: number, keyEnd: number): boolean {
    const length = keyEnd - keyStart;
    return (
      this.#field(slot, HASH) === hash &&
      this.#field(slot, KEY_LENGTH) === length &&
      this.isLive(slot) &&
      equalRanges(this.#bytes, this.keyStart(slot), key, keyStart, length)
    );
  }

  #findIndexed(
    index: Int32Array,
    hash: number,
    key: Uint8Array,
    keyStart: number,
    keyEnd: number,
  ): number {
    const mask = index.length - 1;
    for (let i = hash & mask; ; i = (i + 1) & mask) {
      const entry = index[i]!; // i <= mask
      if (entry === 0) return NO_SLOT;
      if (this.#holds(entry - 1, hash, key, keyStart, keyEnd)) return entry - 1;
    }
  }

  #addSlot(hash: number, keyStart: number, keyLength: number): number {
    const slot = this.#count++;
    if (this.#count * FIELD_COUNT > this.#slots.length) {
      const grown = new Int32Array(this.#slots.length * 2);
      grown.set(this.#slots);
      this.#slots = grown;
    }
    const base = slot * FIELD_COUNT;
    this.#slots[base + HASH] = hash;
    this.#slots[base + KEY_START] = keyStart;
    this.#slots[base + KEY_LENGTH] = keyLength;
    this.#ordered = undefined;
    if (this.#index !== undefined && this.#count * 2 <= this.#index.length) {
      insertInto(this.#index, hash, slot);
    } else if (this.#count > SCANNED_COUNT_MAX) {
      this.#index = this.#buildIndex();
    }
    return slot;
  }

  #buildIndex(): Int32Array {
    let size = 32;
    while (size < this.#count * 4) size *= 2;
    const index = new Int32Array(size);
    for (let slot = 0; slot < this.#count; slot++) insertInto(index, this.hashOf(slot), slot);
    return index;
  }

  #append(source: Uint8Array, start: number, end: number): number {
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
}

function insertInto(index: Int32Array, hash: number, slot: number): void {
  const mask = index.length - 1;
  let i = hash & mask;
  while (index[i] !== 0) i = (i + 1) & mask;
  index[i] = slot + 1;
}
