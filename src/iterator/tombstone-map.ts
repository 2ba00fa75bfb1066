/**
 * Maps from keys to the newest of some range tombstones.
 *
 * Owns: the bytes of range tombstones, and maps that paint them over each other, newer over older.
 *
 *      tombstones   0: [b, f) at 7    1: [d, h) at 9
 *      boundaries   b        d        h
 *      owners       | 0      | 1      | none
 *
 * A map is an Int32Array of pairs: the number of a key, and one more than the number of the tombstone that owns the
 * keys from there to the next boundary, or 0 for none. Tombstone n has the keys 2n (start) and 2n + 1 (end).
 *
 * Invariants:
 *   tombstone-map/few-boundaries: boundaries ascend strictly, neighbours differ in their sequence, and the last owner
 *       is 0. So a map of n tombstones has at most 2n boundaries, however they overlap.
 *   tombstone-map/never-changes: a map is never changed, and the tombstones that it names stay in the `TombstoneKeys`
 *       that it was made of.
 *
 * Suspension: every function here is synchronous.
 */
import { compareRanges, EMPTY_BYTES } from '../bytes/bytes.ts';

/** Words of a map for each boundary. */
export const PIECE_LENGTH = 2;

const INITIAL_COUNT = 4;
/** Stands for the arrays of a list without tombstones; never written to. */
const NO_NUMBERS = new Float64Array(0);
const ONE_ZERO = new Float64Array(1);

/** Range tombstones by number, in the order of adding. */
export class TombstoneKeys {
  bytes: Uint8Array = EMPTY_BYTES;
  sequences: Float64Array = NO_NUMBERS;
  /** Key i lies in `bytes` from offset i to offset i + 1. */
  offsets: Float64Array = ONE_ZERO;
  count = 0;
  /** How many keys were compared, for tests that count work. */
  comparedCount = 0;

  get keySizeBytes(): number {
    return this.offsets[2 * this.count]!; // one more than keys
  }

  get memoryBytes(): number {
    return this.bytes.length + this.sequences.byteLength + this.offsets.byteLength;
  }

  add(start: Uint8Array, end: Uint8Array, sequence: number): void {
    const from = this.keySizeBytes;
    const to = from + start.length + end.length;
    if (to > this.bytes.length) {
      const bytes = new Uint8Array(Math.max(to, 2 * this.bytes.length));
      bytes.set(this.bytes.subarray(0, from));
      this.bytes = bytes;
    }
    if (this.count === this.sequences.length) {
      const capacity = Math.max(INITIAL_COUNT, 2 * this.count);
      const sequences = new Float64Array(capacity);
      sequences.set(this.sequences);
      this.sequences = sequences;
      const offsets = new Float64Array(2 * capacity + 1);
      offsets.set(this.offsets);
      this.offsets = offsets;
    }
    this.bytes.set(start, from);
    this.bytes.set(end, from + start.length);
    this.sequences[this.count] = sequence;
    this.count++;
    this.offsets[2 * this.count - 1] = from + start.length;
    this.offsets[2 * this.count] = to;
  }

  /** The bytes of a key; a view. */
  keyOf(key: number): Uint8Array {
    return this.bytes.subarray(this.offsets[key], this.offsets[key + 1]); // a key of a tombstone
  }

  /** The sequence of an owner of a map; 0 for none. */
  sequenceOf(owner: number): number {
    return owner === 0 ? 0 : this.sequences[owner - 1]!; // owners exist
  }

  compareKeys(a: number, b: number): number {
    this.comparedCount++;
    const { bytes, offsets } = this;
    return compareRanges(
      bytes,
      offsets[a]!, // keys of tombstones, here and below
      offsets[a + 1]!,
      bytes,
      offsets[b]!,
      offsets[b + 1]!,
    );
  }

  /** Orders a key and `bytes[start, end)`. */
  compareWith(key: number, bytes: Uint8Array, start: number, end: number): number {
    this.comparedCount++;
    const { offsets } = this;
    return compareRanges(this.bytes, offsets[key]!, offsets[key + 1]!, bytes, start, end);
  }

  /** The first `count` of them, or all in the order that `order` says, in memory of their own. */
  copied(count: number, order?: Int32Array): TombstoneKeys {
    const copy = new TombstoneKeys();
    for (let i = 0; i < count; i++) {
      const at = order === undefined ? i : order[i]!; // as long as there are tombstones
      copy.add(this.keyOf(2 * at), this.keyOf(2 * at + 1), this.sequences[at]!);
    }
    return copy;
  }
}

/** The map of the tombstones `[from, to)`, at least one, whose sequences ascend. */
export function mapOf(keys: TombstoneKeys, from: number, to: number): Int32Array {
  if (to - from === 1) return Int32Array.of(2 * from, from + 1, 2 * from + 1, 0);
  const middle = (from + to) >>> 1;
  return merged(keys, mapOf(keys, from, middle), mapOf(keys, middle, to));
}

/** The map of tombstones that do not overlap and were added in the order of their keys. */
export function mapOfDisjoint(keys: TombstoneKeys): Int32Array {
  const map = new Int32Array(2 * PIECE_LENGTH * keys.count);
  let length = 0;
  for (let i = 0; i < keys.count; i++) {
    const doesAdjoin = i > 0 && keys.compareKeys(2 * i - 1, 2 * i) === 0;
    if (doesAdjoin) length -= PIECE_LENGTH; // the end of the one before
    if (!doesAdjoin || keys.sequences[i - 1] !== keys.sequences[i]) {
      map[length++] = 2 * i;
      map[length++] = i + 1;
    }
    map[length++] = 2 * i + 1;
    map[length++] = 0;
  }
  return map.slice(0, length);
}

/** Both maps in one, with `newer` over `older`. */
export function merged(keys: TombstoneKeys, older: Int32Array, newer: Int32Array): Int32Array {
  const map = new Int32Array(older.length + newer.length);
  let length = 0;
  let [i, j] = [0, 0];
  let [below, above, last] = [0, 0, 0];
  while (i < older.length || j < newer.length) {
    let order = i === older.length ? 1 : -1;
    if (i < older.length && j < newer.length) order = keys.compareKeys(older[i]!, newer[j]!); // both in range
    const boundary = order <= 0 ? older[i]! : newer[j]!; // the smaller one is there
    if (order <= 0) {
      below = older[i + 1]!; // pairs, here and below
      i += PIECE_LENGTH;
    }
    if (order >= 0) {
      above = newer[j + 1]!;
      j += PIECE_LENGTH;
    }
    const owner = above !== 0 ? above : below;
    if (keys.sequenceOf(owner) === keys.sequenceOf(last)) continue; // tombstone-map/few-boundaries
    map[length++] = boundary;
    map[length++] = last = owner;
  }
  return length === map.length ? map : map.slice(0, length);
}

/** The place in the map of the piece that holds the key `bytes[start, end)`; below 0 before the first boundary. */
export function pieceAt(
  keys: TombstoneKeys,
  map: Int32Array,
  bytes: Uint8Array,
  start: number,
  end: number,
): number {
  let low = 0;
  let high = map.length / PIECE_LENGTH;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (keys.compareWith(map[middle * PIECE_LENGTH]!, bytes, start, end) <= 0)
      low = middle + 1; // middle < high
    else high = middle;
  }
  return (low - 1) * PIECE_LENGTH;
}

/** Whether the map owns any key of `[start, end)`; no `end`: up to the last key. */
export function ownsAnyOf(
  keys: TombstoneKeys,
  map: Int32Array,
  start: Uint8Array,
  end: Uint8Array | undefined,
): boolean {
  const piece = pieceAt(keys, map, start, 0, start.length);
  if (piece >= 0 && map[piece + 1] !== 0) return true;
  const next = piece + PIECE_LENGTH; // has an owner, by tombstone-map/few-boundaries
  if (next === map.length) return false;
  return end === undefined || keys.compareWith(map[next]!, end, 0, end.length) < 0; // next < length
}
