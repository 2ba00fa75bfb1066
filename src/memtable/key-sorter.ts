/**
 * Sorting key nodes by their keys.
 *
 * Owns: the order of many keys at once, for skiplist-loader.ts.
 *
 * Each key comes with its head (hi and lo, see skiplist.ts), at one depth for all. The sorter takes a stretch of keys and finds the
 * first of these two words in which they differ. It sorts by that word: a radix sort, least significant byte first,
 * which skips a byte that all keys share. Keys that tie form a shorter stretch, sorted by the next word. Where keys
 * differ in neither word, the next eight bytes of each key replace both. A short stretch is sorted by comparing words,
 * then keys. The sorter looks at a byte of a key about once, so its time is that of reading the keys.
 *
 * Invariants:
 *   key-sorter/shared-bytes: the keys of a stretch share all bytes before those in hi and lo. A byte behind the end of
 *       a key counts as zero. Once all keys end there, they differ in length alone, and the sorter sorts by length.
 *       Example: "a" and "a\0" share all bytes so, and "a" is the shorter one.
 *   key-sorter/words-restored: after the sort of a stretch its hi and lo are those from before.
 *
 * Suspension: `sort` yields after every few milliseconds of work, and its caller may await then. Meanwhile no key may
 * be added.
 */
import { assert } from '../base/assert.ts';
import { compareRanges } from '../bytes/bytes.ts';
import { inlineKey } from '../bytes/inline-key.ts';
import type { Arena } from './arena.ts';
import { KEY_LENGTH, keyStartOf } from './key-node.ts';

/** One entry: key node, hi and lo side by side, because the loader reads the three together, in the new order. */
export const ENTRY_LENGTH = 3;
export const ENTRY_NODE = 0;
export const ENTRY_HI = 1;
export const ENTRY_LO = 2;

const INT32_MIN = -0x80000000;
const DIGIT_BITS = 8;
const DIGIT_COUNT = 4;
const RADIX = 256;
/** Up to this many ties the sorter compares entries, because the counters of a radix sort cost more. */
const INSERTION_COUNT_MAX = 32;
/** Steps between two yields. A step visits one key and takes 5 to 30 ns. */
const SLICE_STEP_COUNT = 128 * 1024;

export class KeySorter {
  /** After `sort`: the index of the first entry in order, of the second, and so on. */
  order: Int32Array;
  readonly #arena: Arena;
  readonly #entries: Int32Array;
  readonly #count: number;
  readonly #depth: number;
  /** The word by which a stretch is sorted, for each place of `order`. */
  #keys: Int32Array;
  #nextKeys: Int32Array;
  #nextOrder: Int32Array;
  /** For each value of each digit: first how many keys have it, then the place of the next such key. */
  readonly #places = new Int32Array(DIGIT_COUNT * RADIX);
  #stepsInSlice = 0;

  /** For `count` entries. Their keys share the first `depth` bytes, and hi and lo are the next eight. */
  constructor(arena: Arena, entries: Int32Array, count: number, depth: number) {
    this.#arena = arena;
    this.#entries = entries;
    this.#count = count;
    this.#depth = depth;
    this.order = new Int32Array(count);
    this.#keys = new Int32Array(count);
    this.#nextOrder = new Int32Array(count);
    this.#nextKeys = new Int32Array(count);
  }

  *sort(): Generator<undefined, void> {
    for (let i = 0; i < this.#count; i++) this.order[i] = i;
    if (this.#count > 1) yield* this.#sortStretch(0, this.#count, this.#depth);
  }

  /** Sorts the entries at `[start, end)`. Their hi and lo are the bytes at `depth`. */
  *#sortStretch(start: number, end: number, depth: number): Generator<undefined, void> {
    const first = this.order[start]! * ENTRY_LENGTH; // the stretch is not empty
    const hi = this.#entries[first + ENTRY_HI]!;
    const lo = this.#entries[first + ENTRY_LO]!;
    let at = depth;
    let word = this.#differingWord(start, end);
    while (word === undefined) {
      at += 8;
      this.#loadWords(start, end, at);
      if (this.#isSliceOver(end - start)) yield;
      word = this.#differingWord(start, end);
    }
    yield* this.#sortByWord(start, end, word);
    yield* this.#sortTies(start, end, at);
    if (at !== depth) this.#restoreWords(start, end, hi, lo);
  }

  /** The first word (ENTRY_HI or ENTRY_LO) in which keys of the stretch differ, or undefined. */
  #differingWord(start: number, end: number): number | undefined {
    const { order } = this;
    const entries = this.#entries;
    const first = order[start]! * ENTRY_LENGTH; // the stretch is not empty, and i is in it
    const hi = entries[first + ENTRY_HI]!;
    const lo = entries[first + ENTRY_LO]!;
    let word: number | undefined;
    for (let i = start + 1; i < end; i++) {
      const entry = order[i]! * ENTRY_LENGTH;
      if (entries[entry + ENTRY_HI] !== hi) return ENTRY_HI;
      if (entries[entry + ENTRY_LO] !== lo) word = ENTRY_LO;
    }
    return word;
  }

  *#sortByWord(start: number, end: number, word: number): Generator<undefined, void> {
    this.#places.fill(0);
    for (let at = start; at < end; at += SLICE_STEP_COUNT / 4) {
      const to = Math.min(end, at + SLICE_STEP_COUNT / 4);
      takeWord(this.#entries, this.order, at, to, word, this.#keys);
      countDigits(this.#keys, at, to, this.#places);
      if (this.#isSliceOver(4 * (to - at))) yield;
    }
    for (let digit = 0; digit < DIGIT_COUNT; digit++) {
      const places = this.#places.subarray(digit * RADIX, (digit + 1) * RADIX);
      if (!startPlaces(places, start, end)) continue;
      for (let at = start; at < end; at += SLICE_STEP_COUNT) {
        const to = Math.min(end, at + SLICE_STEP_COUNT);
        const shift = digit * DIGIT_BITS;
        distribute(this.#keys, this.order, at, to, shift, places, this.#nextKeys, this.#nextOrder);
        if (this.#isSliceOver(to - at)) yield;
      }
      this.#takeDistributed(start, end);
    }
  }

  /** Takes the distributed entries as the stretch. The whole array swaps; a part is copied, to keep the rest. */
  #takeDistributed(start: number, end: number): void {
    if (end - start < this.#count) {
      this.#keys.set(this.#nextKeys.subarray(start, end), start);
      this.order.set(this.#nextOrder.subarray(start, end), start);
      return;
    }
    const keys = this.#keys;
    const { order } = this;
    this.#keys = this.#nextKeys;
    this.order = this.#nextOrder;
    this.#nextKeys = keys;
    this.#nextOrder = order;
  }

  *#sortTies(start: number, end: number, depth: number): Generator<undefined, void> {
    let from = start;
    while (from < end) {
      const to = endOfTies(this.#keys, from, end);
      const count = to - from;
      if (count > INSERTION_COUNT_MAX) yield* this.#sortStretch(from, to, depth);
      else if (count > 1) this.#insertionSort(from, to);
      if (this.#isSliceOver(count)) yield;
      from = to;
    }
  }

  /** Sets hi and lo to the eight bytes at `depth`. Where no key is longer than `depth`, hi is its length. */
  #loadWords(start: number, end: number, depth: number): void {
    const { order } = this;
    const entries = this.#entries;
    const { bytes, words } = this.#arena;
    let lengthMax = 0;
    for (let i = start; i < end; i++) {
      const entry = order[i]! * ENTRY_LENGTH; // i < count
      const node = entries[entry + ENTRY_NODE]!; // a key node
      const length = words[node + KEY_LENGTH]!;
      const keyStart = keyStartOf(node);
      entries[entry + ENTRY_HI] = inlineKey(bytes, keyStart + depth, keyStart + length);
      entries[entry + ENTRY_LO] = inlineKey(bytes, keyStart + depth + 4, keyStart + length);
      lengthMax = Math.max(lengthMax, length);
    }
    if (lengthMax > depth) return;
    for (let i = start; i < end; i++) {
      const entry = order[i]! * ENTRY_LENGTH; // i < count
      entries[entry + ENTRY_HI] = words[entries[entry + ENTRY_NODE]! + KEY_LENGTH]!;
    }
    assert(depth <= lengthMax + 8, 'key inserted twice (skiplist/keys-ascend)'); // equal bytes and lengths
  }

  #restoreWords(start: number, end: number, hi: number, lo: number): void {
    for (let i = start; i < end; i++) {
      const entry = this.order[i]! * ENTRY_LENGTH; // i < count
      this.#entries[entry + ENTRY_HI] = hi;
      this.#entries[entry + ENTRY_LO] = lo;
    }
  }

  /** Sorts a short stretch by comparing its entries. */
  #insertionSort(start: number, end: number): void {
    const { order } = this;
    for (let i = start + 1; i < end; i++) {
      const index = order[i]!; // i, at and start are in the stretch
      let at = i;
      for (; at > start && this.#compare(order[at - 1]!, index) > 0; at--) {
        order[at] = order[at - 1]!;
      }
      order[at] = index;
    }
  }

  #compare(a: number, b: number): number {
    const entries = this.#entries;
    const aEntry = a * ENTRY_LENGTH; // a and b are below count
    const bEntry = b * ENTRY_LENGTH;
    // Most keys differ in their words. Reading the keys themselves costs two cache misses.
    const hi = entries[aEntry + ENTRY_HI]! - entries[bEntry + ENTRY_HI]!;
    if (hi !== 0) return hi;
    const lo = entries[aEntry + ENTRY_LO]! - entries[bEntry + ENTRY_LO]!;
    if (lo !== 0) return lo;
    return compareNodes(this.#arena, entries[aEntry]!, entries[bEntry]!);
  }

  /** Counts steps. True when the slice is over. */
  #isSliceOver(stepCount: number): boolean {
    this.#stepsInSlice += stepCount;
    if (this.#stepsInSlice < SLICE_STEP_COUNT) return false;
    this.#stepsInSlice = 0;
    return true;
  }
}

/** Orders two key nodes by their keys. */
export function compareNodes(arena: Arena, a: number, b: number): number {
  const { bytes, words } = arena;
  const aStart = keyStartOf(a);
  const bStart = keyStartOf(b);
  const aEnd = aStart + words[a + KEY_LENGTH]!; // key nodes are in the arena
  return compareRanges(bytes, aStart, aEnd, bytes, bStart, bStart + words[b + KEY_LENGTH]!);
}

function endOfTies(keys: Int32Array, from: number, end: number): number {
  const key = keys[from];
  let to = from + 1;
  while (to < end && keys[to] === key) to++;
  return to;
}

/** Sets `keys[i]` to a word of the entry at each place in `[start, end)` of `order`; keys sort as unsigned. */
function takeWord(
  entries: Int32Array,
  order: Int32Array,
  start: number,
  end: number,
  word: number,
  keys: Int32Array,
): void {
  for (let i = start; i < end; i++) {
    keys[i] = entries[order[i]! * ENTRY_LENGTH + word]! ^ INT32_MIN; // i is below the number of entries
  }
}

/** Counts the four digits of the keys `[start, end)`. */
function countDigits(keys: Int32Array, start: number, end: number, counts: Int32Array): void {
  for (let i = start; i < end; i++) {
    const key = keys[i]!; // i < count; a digit is below 256
    counts[key & 255]!++;
    counts[RADIX + ((key >>> 8) & 255)]!++;
    counts[2 * RADIX + ((key >>> 16) & 255)]!++;
    counts[3 * RADIX + (key >>> 24)]!++;
  }
}

/** Turns the counts of a digit's values into their first places. False when all keys share one value. */
function startPlaces(places: Int32Array, start: number, end: number): boolean {
  let place = start;
  for (let value = 0; value < RADIX; value++) {
    const count = places[value]!; // value < RADIX
    if (count === end - start) return false;
    places[value] = place;
    place += count;
  }
  return true;
}

/** One pass of the radix sort over `[start, end)`. */
function distribute(
  keys: Int32Array,
  order: Int32Array,
  start: number,
  end: number,
  shift: number,
  places: Int32Array,
  nextKeys: Int32Array,
  nextOrder: Int32Array,
): void {
  for (let i = start; i < end; i++) {
    const key = keys[i]!; // i < count; places are within the stretch
    const place = places[(key >>> shift) & 255]!++;
    nextKeys[place] = key;
    nextOrder[place] = order[i]!;
  }
}
