/**
 * Range tombstones of one source: a memtable, a table, or a transaction.
 *
 * Owns: which sequence numbers deleted which ranges of user keys, and the answers about a key or a range.
 *
 * Tombstones are kept as they were added. A reader sees the first `count` of them by sequence. These are cut into
 * aligned blocks as the binary form of `count` says. Each block has a map (tombstone-map.ts), which is made from the
 * maps of its halves when it is first asked for:
 *
 *      count 44 (of 16)    [0, 32)    [32, 44)
 *                          block      rest
 *
 * Invariants:
 *   range-tombstones/newest-owns: the maps of a view are in order from new to old. Each shows the newest tombstone of
 *       its block for every key, so the first map that owns a key has the newest of the view.
 *   range-tombstones/views-stay: an added tombstone does not change a view. Later tombstones have larger sequences, or
 *       the list is arranged anew in memory of its own.
 *   range-tombstones/any-order: tombstones are added in any order; equal sequences over one range have the effect of
 *       one. When they do not come in the order of their sequences, the first question that needs the order sorts them.
 *
 * n tombstones take O(n) memory, and with the maps of every block that was asked for O(n log n) words at the most,
 * which only tombstones that do not cover each other reach. Adding is O(1). A question costs O(log n) comparisons
 * once its view was asked as often as it has boundaries, O((log n)^2) before; maps cost O(log n) for each tombstone
 * once.
 *
 * Suspension: every method is synchronous. Keys given are copied.
 */
import { INVARIANTS } from '../base/assert.ts';
import { isSlowWay } from '../base/coin.ts';
import { compareBytes } from '../bytes/bytes.ts';
import type { BoundedRange } from '../bytes/key-range.ts';
import {
  mapOf,
  mapOfDisjoint,
  merged,
  ownsAnyOf,
  PIECE_LENGTH,
  pieceAt,
  TombstoneKeys,
} from './tombstone-map.ts';

/** Tombstones of the smallest block with a map that is kept. */
const BLOCK_COUNT = 16;

/** A range, not empty, that was deleted at `sequence`. */
export interface RangeTombstone extends BoundedRange {
  readonly sequence: number;
}

/** A reader's view of the list (range-tombstones/newest-owns, range-tombstones/views-stay). */
export interface TombstoneView {
  readonly keys: TombstoneKeys;
  /** How many tombstones it holds, by sequence. */
  readonly count: number;
  maps: readonly Int32Array[];
  /** Lookups until the maps are worth joining. */
  untilJoined: number;
}

export class RangeTombstones {
  #keys = new TombstoneKeys();
  /** By level: the map of each block of BLOCK_COUNT * 2^level tombstones, where it was needed. */
  #blocks: (Int32Array | undefined)[][] = [];
  /** The view of everything, and the one below it that was asked for last. */
  #whole: TombstoneView | undefined = undefined;
  #older: TombstoneView | undefined = undefined;
  #newestSequence = 0;
  /** Sequences ascend in the order of adding. */
  #isBySequence = true;
  /** Keys do, and nothing overlaps. */
  #isByKey = true;
  /** How many there were when they were last taken for one map as they are. */
  #disjointCount = 0;
  /** A view was given out that may outlive the next call. */
  #isShared = false;

  get isEmpty(): boolean {
    return this.#keys.count === 0;
  }

  get count(): number {
    return this.#keys.count;
  }

  /** The largest sequence, 0 when empty. */
  get newestSequence(): number {
    return this.#newestSequence;
  }

  /** Bytes of all starts and ends. */
  get keySizeBytes(): number {
    return this.#keys.keySizeBytes;
  }

  get memoryBytes(): number {
    let size = this.#keys.memoryBytes;
    for (const level of this.#blocks) for (const map of level) size += map?.byteLength ?? 0;
    for (const view of [this.#whole, this.#older]) {
      for (const map of view?.maps ?? []) size += map.byteLength;
    }
    return size;
  }

  /** Comparisons of keys so far, for tests that count work. */
  get comparedCount(): number {
    return this.#keys.comparedCount;
  }

  /** Deletes `[start, end)` at `sequence`. An empty range does nothing. */
  add(start: Uint8Array, end: Uint8Array, sequence: number): void {
    if (compareBytes(start, end) >= 0) return;
    const keys = this.#keys;
    const { count } = keys;
    if (count > 0 && sequence < this.#newestSequence) this.#isBySequence = false;
    if (count > 0 && this.#isByKey) {
      this.#isByKey = keys.compareWith(2 * count - 1, start, 0, start.length) <= 0;
    }
    if (sequence > this.#newestSequence) this.#newestSequence = sequence;
    keys.add(start, end, sequence);
    this.#whole = undefined;
  }

  /** Forgets all but the first `count` in the order of adding, which is that of their sequences. */
  truncate(count: number): void {
    if (count >= this.#keys.count) return;
    if (this.#isShared) {
      this.#keys = this.#keys.copied(count); // range-tombstones/views-stay
      this.#isShared = false;
    }
    const keys = this.#keys;
    keys.count = count;
    this.#newestSequence = count === 0 ? 0 : keys.sequences[count - 1]!; // count > 0
    if (count === 0) this.#isByKey = true;
    this.#blocks.forEach((level, i) => {
      level.length = Math.min(level.length, Math.floor(count / (BLOCK_COUNT * 2 ** i)));
    });
    this.#disjointCount = 0;
    this.#whole = this.#older = undefined;
  }

  /** The newest sequence at or below `readSequence` that deleted the key `bytes[start, end)`, or 0. */
  newestCovering(bytes: Uint8Array, start: number, end: number, readSequence: number): number {
    const view = this.#viewAt(readSequence);
    const { keys } = view;
    if (view.maps.length > 1 && --view.untilJoined < 0) this.#join(view);
    for (const map of view.maps) {
      const piece = pieceAt(keys, map, bytes, start, end);
      const sequence = piece < 0 ? 0 : keys.sequenceOf(map[piece + 1]!); // a piece
      if (sequence > 0) return sequence <= readSequence ? sequence : 0; // above it only by key (#viewAt)
    }
    return 0;
  }

  /** Whether any part of `[start, end)` was deleted above `since`; no `end`: up to the last key. */
  wasAnyDeletedSince(start: Uint8Array, end: Uint8Array | undefined, since: number): boolean {
    if (this.#newestSequence <= since) return false;
    this.#arrange();
    const keys = this.#keys;
    for (let from = this.#countAtMost(since); from < keys.count;) {
      // The largest aligned block that begins here.
      let size = 1;
      while (from % (2 * size) === 0 && from + 2 * size <= keys.count) size *= 2;
      const map = size >= BLOCK_COUNT ? this.#blockAt(from, size) : mapOf(keys, from, from + size);
      if (ownsAnyOf(keys, map, start, end)) return true;
      from += size;
    }
    return false;
  }

  /** The view of `readSequence`, for a cursor. */
  view(readSequence: number): TombstoneView {
    this.#isShared = true;
    return this.#viewAt(readSequence);
  }

  /** Each tombstone; their keys are views. In the order of adding, or of their sequences. */
  *all(): Generator<RangeTombstone> {
    const keys = this.#keys;
    for (let i = 0; i < keys.count; i++) {
      yield { start: keys.keyOf(2 * i), end: keys.keyOf(2 * i + 1), sequence: keys.sequences[i]! }; // i < count
    }
  }

  /**
   * The view of the tombstones above `since` up to `readSequence` alone: disjoint, in key order, each with the newest
   * sequence. At most twice as many as there are tombstones between the two.
   */
  fragmentsBetween(since: number, readSequence: number): RangeTombstone[] {
    this.#arrange();
    const keys = this.#keys;
    const from = this.#countAtMost(since);
    const to = this.#countAtMost(readSequence);
    const fragments: RangeTombstone[] = [];
    if (from === to) return fragments;
    const map = mapOf(keys, from, to);
    for (let at = 0; at + PIECE_LENGTH < map.length; at += PIECE_LENGTH) {
      const sequence = keys.sequenceOf(map[at + 1]!); // pairs, and one after them
      if (sequence === 0) continue;
      const start = keys.keyOf(map[at]!);
      fragments.push({ start, end: keys.keyOf(map[at + PIECE_LENGTH]!), sequence });
    }
    return fragments;
  }

  /** All deleted ranges: disjoint, not adjoining, in key order. Their keys are views. */
  covered(): BoundedRange[] {
    const view = this.#viewAt(Infinity);
    if (view.maps.length > 1) this.#join(view);
    const ranges: BoundedRange[] = [];
    const [map] = view.maps;
    if (map === undefined) return ranges;
    const { keys } = view;
    let start = 0;
    for (let at = 0; at < map.length; at += PIECE_LENGTH) {
      if (map[at + 1] !== 0) continue; // pairs
      ranges.push({ start: keys.keyOf(map[start]!), end: keys.keyOf(map[at]!) }); // begun before it, by tombstone-map/few-boundaries
      start = at + PIECE_LENGTH;
    }
    return ranges;
  }

  /** The smallest sequence above `since`, or Infinity. */
  firstAbove(since: number): number {
    this.#arrange();
    const at = this.#countAtMost(since);
    return at === this.#keys.count ? Infinity : this.#keys.sequences[at]!; // at < count
  }

  #viewAt(readSequence: number): TombstoneView {
    if (!this.#isBySequence) {
      // One map holds them all: a tombstone above the read sequence hides no older one.
      if (this.#isByKey) return (this.#whole ??= viewOf(this.#keys, [mapOfDisjoint(this.#keys)]));
      this.#arrange();
    }
    if (readSequence >= this.#newestSequence) return (this.#whole ??= this.#viewOfAll());
    const count = this.#countAtMost(readSequence);
    if (this.#older?.count !== count) this.#older = this.#viewOfFirst(count);
    return this.#older;
  }

  #viewOfAll(): TombstoneView {
    const keys = this.#keys;
    // Cheaper than by blocks, but only where it is not done again after every few tombstones.
    const isDue = this.#isByKey && keys.count >= 2 * this.#disjointCount;
    if (!isDue || (INVARIANTS && isSlowWay('disjoint-map'))) return this.#viewOfFirst(keys.count);
    this.#disjointCount = keys.count;
    return viewOf(keys, [mapOfDisjoint(keys)]);
  }

  #viewOfFirst(count: number): TombstoneView {
    const keys = this.#keys;
    const maps: Int32Array[] = [];
    let from = 0;
    for (let size = largestPower(count); size >= BLOCK_COUNT; size /= 2) {
      if (from + size > count) continue;
      maps.push(this.#blockAt(from, size));
      from += size;
    }
    if (from < count) maps.push(mapOf(keys, from, count));
    return viewOf(keys, maps.reverse(), count);
  }

  /** The map of the aligned block `[from, from + size)`. */
  #blockAt(from: number, size: number): Int32Array {
    const level = Math.log2(size / BLOCK_COUNT);
    while (this.#blocks.length <= level) this.#blocks.push([]);
    const maps = this.#blocks[level]!; // just made
    const index = from / size;
    const known = maps[index];
    if (known !== undefined) return known;
    const half = size / 2;
    const map =
      size === BLOCK_COUNT
        ? mapOf(this.#keys, from, from + size)
        : merged(this.#keys, this.#blockAt(from, half), this.#blockAt(from + half, half));
    while (maps.length < index) maps.push(undefined);
    maps[index] = map;
    return map;
  }

  /** One map for all of a view: it was asked often enough to be worth it. */
  #join(view: TombstoneView): void {
    // From new to old, so that small maps are merged first.
    view.maps = [view.maps.reduce((newer, older) => merged(view.keys, older, newer))];
  }

  /** How many have a sequence at or below it; they come first. */
  #countAtMost(sequence: number): number {
    const { sequences } = this.#keys;
    let low = 0;
    let high = this.#keys.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (sequences[middle]! <= sequence)
        low = middle + 1; // middle < count
      else high = middle;
    }
    return low;
  }

  /** Keeps range-tombstones/any-order. */
  #arrange(): void {
    if (this.#isBySequence) return;
    const { sequences, count } = this.#keys;
    const order = Int32Array.from({ length: count }, (_, i) => i);
    order.sort((a, b) => sequences[a]! - sequences[b]!); // both below count
    this.#keys = this.#keys.copied(count, order);
    this.#isBySequence = true;
    this.#isByKey = false;
    this.#isShared = false;
    this.#blocks = [];
    this.#whole = this.#older = undefined;
  }
}

function viewOf(
  keys: TombstoneKeys,
  maps: Int32Array[],
  count: number = keys.count,
): TombstoneView {
  const untilJoined = maps.reduce((sum, map) => sum + map.length, 0) / PIECE_LENGTH;
  return { keys, count, maps, untilJoined };
}

/** The largest power of two at or below `count`; 0 for none. */
function largestPower(count: number): number {
  return count === 0 ? 0 : 2 ** (31 - Math.clz32(count));
}
