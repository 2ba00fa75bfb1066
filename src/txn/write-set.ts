/**
 * A transaction's own writes.
 *
 * Owns: every key and value written, the newest write of each key, and the ranges deleted; readable by key and in
 * order while the transaction runs, and in commit order at its end.
 *
 * Invariants:
 *   W1. A key has one slot. Writing it again points the slot at the new value.
 *   W2. Deleting a range retires the slots inside it, and writing revives one. So a live slot was written after every
 *       range that covers it, and committing all ranges first and then all live slots has the effect of the calls
 *       in their order.
 *   W3. After `rollbackTo(mark)` the set is what it was when `mark()` gave that mark. Bytes written since stay in the
 *       arena, unused; slots made since stay, retired.
 *
 * Suspension: every method is synchronous. Bytes given are copied.
 */
import { compareBytes } from '../base/bytes.ts';
import { RangeTombstones } from '../base/range-tombstones.ts';
import { DELETION, VALUE } from '../base/value-type.ts';
import { KeyTable, NO_SLOT } from './key-table.ts';

const FIELD_COUNT = 3;
const TYPE = 0;
const VALUE_START = 1;
const VALUE_LENGTH = 2;
/** A slot that a range deletion retired. */
const RETIRED = -1;

const INITIAL_SLOT_COUNT = 16;
const KEPT_SLOT_COUNT_MAX = 4096;

/** A point to roll back to: how many changes, and how many ranges, there were. */
export interface WriteMark {
  readonly changeCount: number;
  readonly rangeCount: number;
}

/** What a slot held before a change. Kept only once somebody may roll back. */
interface Change {
  readonly slot: number;
  readonly type: number;
  readonly valueStart: number;
  readonly valueLength: number;
}

export interface DeletedRange {
  readonly start: Uint8Array;
  readonly end: Uint8Array;
}

export class WriteSet {
  readonly #keys = new KeyTable();
  /** Three numbers per slot of `#keys`. */
  #fields = new Int32Array(FIELD_COUNT * INITIAL_SLOT_COUNT);
  #liveCount = 0;
  #deletedRanges: DeletedRange[] = [];
  #tombstones: RangeTombstones | undefined = undefined;
  /** Live slots in key order; undefined after a write made it stale. */
  #ordered: Int32Array | undefined = undefined;
  /** Every change since the first mark; undefined before it. */
  #changes: Change[] | undefined = undefined;

  get isEmpty(): boolean {
    return this.#liveCount === 0 && this.#deletedRanges.length === 0;
  }

  /** Operations that a commit of this set writes. */
  get operationCount(): number {
    return this.#liveCount + this.#deletedRanges.length;
  }

  /** Bytes held for keys and values, overwritten ones included. */
  get sizeBytes(): number {
    let size = this.#keys.sizeBytes;
    for (const { start, end } of this.#deletedRanges) size += start.length + end.length;
    return size;
  }

  get bytes(): Uint8Array {
    return this.#keys.bytes;
  }

  /** Slots run from 0 to below this; `isLive` tells which still count. */
  get slotCount(): number {
    return this.#keys.count;
  }

  get deletedRanges(): readonly DeletedRange[] {
    return this.#deletedRanges;
  }

  isLive(slot: number): boolean {
    return this.#field(slot, TYPE) !== RETIRED;
  }

  hashOf(slot: number): number {
    return this.#keys.hashOf(slot);
  }

  keyStart(slot: number): number {
    return this.#keys.keyStart(slot);
  }

  keyEnd(slot: number): number {
    return this.#keys.keyEnd(slot);
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
    const keyCount = this.#keys.count;
    const slot = this.#keys.add(hash, key, keyStart, keyEnd);
    if (slot === keyCount) {
      this.#reserve(slot);
      this.#fields[slot * FIELD_COUNT + TYPE] = RETIRED;
    }
    const isValue = type === VALUE;
    const start = isValue ? this.#keys.append(value, valueStart, valueEnd) : 0;
    this.#change(slot, type, start, isValue ? valueEnd - valueStart : 0);
  }

  /** Deletes `[start, end)`; keeps the two arrays, which are the caller's copies. */
  deleteRange(start: Uint8Array, end: Uint8Array): void {
    if (compareBytes(start, end) >= 0) return;
    for (let slot = 0; slot < this.#keys.count; slot++) {
      const isInside =
        this.#keys.compareWith(slot, start) >= 0 && this.#keys.compareWith(slot, end) < 0;
      if (isInside && this.isLive(slot)) this.#change(slot, RETIRED, 0, 0);
    }
    this.#addRange({ start, end });
  }

  /** A mark for `rollbackTo`. From the first one on changes are remembered. */
  mark(): WriteMark {
    this.#changes ??= [];
    return { changeCount: this.#changes.length, rangeCount: this.#deletedRanges.length };
  }

  /** Undoes everything since the mark (W3). Marks given after it are void. */
  rollbackTo(mark: WriteMark): void {
    const undone = this.#changes?.splice(mark.changeCount) ?? [];
    for (const { slot, type, valueStart, valueLength } of undone.reverse()) {
      this.#set(slot, type, valueStart, valueLength);
    }
    if (this.#deletedRanges.length === mark.rangeCount) return;
    const ranges = this.#deletedRanges.slice(0, mark.rangeCount);
    this.#deletedRanges = [];
    this.#tombstones = undefined;
    for (const range of ranges) this.#addRange(range);
  }

  /** The live slot of a key, or NO_SLOT. */
  find(hash: number, key: Uint8Array, keyStart: number, keyEnd: number): number {
    const slot = this.#keys.find(hash, key, keyStart, keyEnd);
    return slot !== NO_SLOT && this.isLive(slot) ? slot : NO_SLOT;
  }

  /** True when a key without a live slot was deleted by one of this transaction's ranges. */
  isRangeDeleted(key: Uint8Array, keyStart: number, keyEnd: number): boolean {
    if (this.#tombstones === undefined) return false;
    return this.#tombstones.newestCovering(key, keyStart, keyEnd, Number.MAX_SAFE_INTEGER) > 0;
  }

  /** Live slots in key order, as they are now. The array is not changed by later writes. */
  orderedSlots(): Int32Array {
    if (this.#ordered !== undefined) return this.#ordered;
    const slots = new Int32Array(this.#liveCount);
    let count = 0;
    for (let slot = 0; slot < this.#keys.count; slot++) {
      if (this.isLive(slot)) slots[count++] = slot;
    }
    slots.sort((a, b) => this.#keys.compareSlots(a, b));
    this.#ordered = slots;
    return slots;
  }

  /** Orders the key of a slot and another key. */
  compareWith(slot: number, key: Uint8Array): number {
    return this.#keys.compareWith(slot, key);
  }

  /** The key of a slot; a copy. */
  keyOf(slot: number): Uint8Array {
    return this.#keys.keyOf(slot);
  }

  /** Empties the set for its next user. */
  clear(): void {
    this.#keys.clear();
    if (this.#fields.length > FIELD_COUNT * KEPT_SLOT_COUNT_MAX) {
      this.#fields = new Int32Array(FIELD_COUNT * INITIAL_SLOT_COUNT);
    }
    this.#liveCount = 0;
    this.#deletedRanges = [];
    this.#tombstones = undefined;
    this.#ordered = undefined;
    this.#changes = undefined;
  }

  #addRange(range: DeletedRange): void {
    this.#deletedRanges.push(range);
    this.#tombstones ??= new RangeTombstones();
    this.#tombstones.add(range.start, range.end, this.#deletedRanges.length);
  }

  #change(slot: number, type: number, valueStart: number, valueLength: number): void {
    this.#changes?.push({
      slot,
      type: this.#field(slot, TYPE),
      valueStart: this.#field(slot, VALUE_START),
      valueLength: this.#field(slot, VALUE_LENGTH),
    });
    this.#set(slot, type, valueStart, valueLength);
  }

  #set(slot: number, type: number, valueStart: number, valueLength: number): void {
    const wasLive = this.isLive(slot);
    const isLive = type !== RETIRED;
    if (wasLive !== isLive) {
      this.#liveCount += isLive ? 1 : -1;
      this.#ordered = undefined;
    }
    const base = slot * FIELD_COUNT; // slot < #keys.count
    this.#fields[base + TYPE] = type;
    this.#fields[base + VALUE_START] = valueStart;
    this.#fields[base + VALUE_LENGTH] = valueLength;
  }

  #field(slot: number, field: number): number {
    return this.#fields[slot * FIELD_COUNT + field]!; // slot < #keys.count
  }

  #reserve(slot: number): void {
    if ((slot + 1) * FIELD_COUNT <= this.#fields.length) return;
    const grown = new Int32Array(this.#fields.length * 2);
    grown.set(this.#fields);
    this.#fields = grown;
  }
}
