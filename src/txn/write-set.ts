/**
 * The write set: a transaction's own writes.
 *
 * Owns: every key and value written, the newest write of each key, and the ranges deleted; readable by key and in
 * order while the transaction runs, and in commit order at its end.
 *
 * Invariants:
 *   write-set/one-slot: a key has one slot. Writing it again points the slot at the new value.
 *   write-set/live-slots: a slot is live while no range deleted after its last write covers it. So a commit writes all
 *       ranges first, joined where they overlap, and then all live slots, with the effect of the calls in their order.
 *       Example: put a, delRange a to c, put b commits as delRange a to c, put b. Deleting a range looks at no slot: a
 *       covered slot is retired when all slots are asked for, or noticed when it is asked for alone.
 *   write-set/rolled-back: after `rollbackTo(mark)` the set is as it was when `mark()` gave that mark. Bytes written
 *       since stay in the arena, unused; slots made since stay, retired.
 *
 * Suspension: every method is synchronous. Bytes given are copied.
 */
import type { BoundedRange } from '../bytes/key-range.ts';
import { RangeTombstones } from '../iterator/range-tombstones.ts';
import {
  DELETION,
  mustBePointType,
  type PointType,
  RANGE_DELETION,
  showsValue,
} from '../base/value-type.ts';
import type { BatchReader } from '../batch/batch-reader.ts';
import type { CommitBatch } from '../batch/commit-batch.ts';
import { type ByteSlice, copyRange, sliceOf } from '../bytes/bytes.ts';
import { hashKey } from '../bytes/hash.ts';
import { KeyTable, NO_SLOT } from './key-table.ts';

const FIELD_COUNT = 4;
const TYPE = 0;
const VALUE_START = 1;
const VALUE_LENGTH = 2;
/** How many ranges there were when the slot was written. */
const WRITTEN_AT = 3;
/** The type of a slot that a range deletion retired, or a rollback. */
const RETIRED = -1;

const INITIAL_SLOT_COUNT = 16;
const KEPT_SLOT_COUNT_MAX = 4096;

/** A point to roll back to: how many changes, and how many ranges, there were. */
export interface WriteMark {
  readonly changeCount: number;
  readonly rangeCount: number;
}

/** The fields of a slot before a change. Kept only once there is a mark to roll back to. */
interface Change {
  readonly slot: number;
  readonly type: number;
  readonly valueStart: number;
  readonly valueLength: number;
  readonly writtenAt: number;
}

export class WriteSet {
  readonly #keys = new KeyTable();
  /** FIELD_COUNT numbers per slot of `#keys`. */
  #fields = new Int32Array(FIELD_COUNT * INITIAL_SLOT_COUNT);
  /** Slots that are not retired; some may be under a range (write-set/live-slots). */
  #liveCount = 0;
  /** Deleted ranges, with their number, from 1 on, for a sequence. */
  #tombstones: RangeTombstones | undefined = undefined;
  /** How many ranges `#settle` has looked at. */
  #settledRangeCount = 0;
  /** The ranges that the tombstones cover; undefined when not known yet. */
  #deletedRanges: readonly BoundedRange[] | undefined = undefined;
  /** Live slots in key order; undefined after a write made it stale. */
  #ordered: Int32Array | undefined = undefined;
  /** Every change since the first mark; undefined before it. */
  #changes: Change[] | undefined = undefined;

  get isEmpty(): boolean {
    return this.#liveCount === 0 && this.#rangeCount === 0;
  }

  /** Bytes held for keys and values, overwritten ones included. */
  get sizeBytes(): number {
    return this.#keys.sizeBytes + (this.#tombstones?.keySizeBytes ?? 0);
  }

  get bytes(): Uint8Array {
    return this.#keys.bytes;
  }

  /** Slots run from 0 to below this; `isLive` tells which still count. */
  get slotCount(): number {
    return this.#keys.count;
  }

  /** The ranges deleted so far, for a scan; undefined for none. */
  get tombstones(): RangeTombstones | undefined {
    return this.#rangeCount === 0 ? undefined : this.#tombstones;
  }

  /** Operations that a commit of this set writes. */
  countOperations(): number {
    this.#settle();
    return this.#liveCount + this.deletedRanges().length;
  }

  /** The deleted ranges: disjoint, in key order. */
  deletedRanges(): readonly BoundedRange[] {
    return (this.#deletedRanges ??= this.tombstones?.covered() ?? []);
  }

  isLive(slot: number): boolean {
    return this.#field(slot, TYPE) !== RETIRED && !this.#isDeletedSince(slot);
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

  typeOf(slot: number): PointType {
    const type = mustBePointType(this.#field(slot, TYPE)); // the slot is live
    return this.#isDeletedSince(slot) ? DELETION : type;
  }

  valueStart(slot: number): number {
    return this.#field(slot, VALUE_START);
  }

  valueEnd(slot: number): number {
    return this.#field(slot, VALUE_START) + this.#field(slot, VALUE_LENGTH);
  }

  /** Adds the operations of a commit: the deleted ranges, then the live slots (write-set/live-slots). */
  encodeInto(batch: CommitBatch): void {
    for (const { start, end } of this.deletedRanges()) {
      batch.add(RANGE_DELETION, sliceOf(start), sliceOf(end));
    }
    const { bytes } = this;
    const key = { bytes, start: 0, end: 0 };
    const value = { bytes, start: 0, end: 0 };
    for (let slot = 0; slot < this.slotCount; slot++) {
      if (!this.isLive(slot)) continue;
      key.start = this.keyStart(slot);
      key.end = this.keyEnd(slot);
      value.start = this.valueStart(slot);
      value.end = this.valueEnd(slot);
      batch.add(this.typeOf(slot), key, value);
    }
  }

  /** Writes a value or a tombstone. `value` is ignored for a tombstone. */
  write(type: PointType, hash: number, key: ByteSlice, value: ByteSlice): void {
    const keyCount = this.#keys.count;
    const slot = this.#keys.add(hash, key.bytes, key.start, key.end);
    if (slot === keyCount) {
      this.#reserve(slot);
      this.#fields[slot * FIELD_COUNT + TYPE] = RETIRED;
    }
    const isValue = showsValue(type);
    const start = isValue ? this.#keys.append(value.bytes, value.start, value.end) : 0;
    this.#change(slot, type, start, isValue ? value.end - value.start : 0);
  }

  /** Writes the operation that the reader stands on. */
  take(reader: BatchReader): void {
    const { bytes, type, keyStart, keyEnd, valueStart, valueEnd } = reader;
    if (type === RANGE_DELETION) {
      this.deleteRange(copyRange(bytes, keyStart, keyEnd), copyRange(bytes, valueStart, valueEnd));
      return;
    }
    const key = { bytes, start: keyStart, end: keyEnd };
    const value = { bytes, start: valueStart, end: valueEnd };
    this.write(type, hashKey(bytes, keyStart, keyEnd), key, value);
  }

  /** Deletes `[start, end)`. */
  deleteRange(start: Uint8Array, end: Uint8Array): void {
    this.#tombstones ??= new RangeTombstones();
    this.#tombstones.add(start, end, this.#rangeCount + 1);
    this.#deletedRanges = undefined;
  }

  /** A mark for `rollbackTo`. The set remembers changes from the first mark on. */
  mark(): WriteMark {
    this.#changes ??= [];
    return { changeCount: this.#changes.length, rangeCount: this.#rangeCount };
  }

  /** Undoes every write since the mark (write-set/rolled-back). Marks given after it are void. */
  rollbackTo(mark: WriteMark): void {
    const undone = this.#changes?.splice(mark.changeCount) ?? [];
    for (const { slot, type, valueStart, valueLength, writtenAt } of undone.reverse()) {
      this.#set(slot, type, valueStart, valueLength, writtenAt);
    }
    this.#tombstones?.truncate(mark.rangeCount);
    this.#deletedRanges = undefined;
    // A slot that an earlier range covers may be live again: it is looked at anew.
    this.#settledRangeCount = 0;
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
    this.#settle();
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
    this.#settledRangeCount = 0;
    this.#deletedRanges = undefined;
    this.#tombstones = undefined;
    this.#ordered = undefined;
    this.#changes = undefined;
  }

  get #rangeCount(): number {
    return this.#tombstones?.count ?? 0;
  }

  /** True when a range was deleted over the slot's key after its last write (write-set/live-slots). */
  #isDeletedSince(slot: number): boolean {
    const tombstones = this.#tombstones;
    if (tombstones === undefined || this.#settledRangeCount === tombstones.count) return false;
    const writtenAt = this.#field(slot, WRITTEN_AT);
    if (writtenAt === tombstones.count) return false;
    const { bytes } = this.#keys;
    const start = this.#keys.keyStart(slot);
    const end = this.#keys.keyEnd(slot);
    return tombstones.newestCovering(bytes, start, end, Infinity) > writtenAt;
  }

  /** Retires every slot that a range has deleted since its last write. */
  #settle(): void {
    if (this.#settledRangeCount === this.#rangeCount) return;
    for (let slot = 0; slot < this.#keys.count; slot++) {
      if (this.#field(slot, TYPE) === RETIRED || !this.#isDeletedSince(slot)) continue;
      this.#change(slot, RETIRED, 0, 0);
    }
    this.#settledRangeCount = this.#rangeCount;
  }

  #change(slot: number, type: number, valueStart: number, valueLength: number): void {
    this.#changes?.push({
      slot,
      type: this.#field(slot, TYPE),
      valueStart: this.#field(slot, VALUE_START),
      valueLength: this.#field(slot, VALUE_LENGTH),
      writtenAt: this.#field(slot, WRITTEN_AT),
    });
    this.#set(slot, type, valueStart, valueLength, this.#rangeCount);
  }

  #set(
    slot: number,
    type: number,
    valueStart: number,
    valueLength: number,
    writtenAt: number,
  ): void {
    const wasLive = this.#field(slot, TYPE) !== RETIRED;
    const isLive = type !== RETIRED;
    if (wasLive !== isLive) {
      this.#liveCount += isLive ? 1 : -1;
      this.#ordered = undefined;
    }
    const base = slot * FIELD_COUNT; // slot < #keys.count
    this.#fields[base + TYPE] = type;
    this.#fields[base + VALUE_START] = valueStart;
    this.#fields[base + VALUE_LENGTH] = valueLength;
    this.#fields[base + WRITTEN_AT] = writtenAt;
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
