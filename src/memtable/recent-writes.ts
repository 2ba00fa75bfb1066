/**
 * The last writes of a memtable, in commit order.
 *
 * Owns: the ring that holds them (memtable/recent-writes), and the two searches for a key that was written since: among
 * them, and among all keys of a range.
 *
 * Suspension: every function here is synchronous.
 */
import { compareRanges, copyRange } from '../bytes/bytes.ts';
import { EXHAUSTED } from '../iterator/internal-iterator.ts';
import type { Arena } from './arena.ts';
import { compareWithNode, KEY_LENGTH, keyStartOf } from './key-node.ts';
import type { MemtableIterator } from './memtable-iterator.ts';

/** How many recent writes validations can walk (64 KiB). For older ones they walk the range in key order. */
const RECENT_COUNT_MAX = 16 * 1024;

/** The count of the entries that a search looked at. */
export interface WalkCounter {
  walkedCount: number;
}

export class RecentWrites {
  readonly #arena: Arena;
  /** A ring of a power of two: the key node of each write, by relative sequence. */
  readonly #nodes: Int32Array;

  /** Without `isKept` the ring has no places: a reader of the memtable notes nothing. */
  constructor(arena: Arena, isKept: boolean) {
    this.#arena = arena;
    this.#nodes = new Int32Array(isKept ? recentCountFor(arena.capacityBytes) : 0);
  }

  /** How many writes the ring holds. */
  get length(): number {
    return this.#nodes.length;
  }

  /** Notes the key node of the next write; 0 for one without a key. */
  note(relative: number, node: number): void {
    this.#nodes[relative & (this.#nodes.length - 1)] = node;
  }

  /** Clears the places of the sequences `[from, to]`, which no operation has. */
  passOver(from: number, to: number): void {
    const first = Math.max(from, to - this.length + 1);
    for (let relative = first; relative <= to; relative++) this.note(relative, 0);
  }

  /**
   * A copy of a key in `[from, upper)` among the writes above `since` up to `last`, which the ring holds all, or
   * undefined. Without `upper` the range ends with the last key.
   */
  keyIn(
    since: number,
    last: number,
    from: Uint8Array,
    upper: Uint8Array | undefined,
    counter: WalkCounter,
  ): Uint8Array | undefined {
    const arena = this.#arena;
    const nodes = this.#nodes;
    const mask = nodes.length - 1;
    for (let relative = since + 1; relative <= last; relative++) {
      counter.walkedCount++;
      const node = nodes[relative & mask]!; // the length is a power of two
      if (node === 0 || compareWithNode(arena, node, from, 0, from.length) > 0) continue;
      if (upper !== undefined && compareWithNode(arena, node, upper, 0, upper.length) <= 0) {
        continue;
      }
      const start = keyStartOf(node);
      return copyRange(arena.bytes, start, start + arena.words[node + KEY_LENGTH]!); // a key node
    }
    return undefined;
  }
}

/** What `keyAbove` says when it has taken its steps. */
export const STOPPED = 'stopped';

/**
 * A copy of the first key in `[from, upper)` whose entry is above the sequence `since`; undefined when none is. Walks at
 * most `stepCountMax` entries of the cursor.
 */
export function keyAbove(
  cursor: MemtableIterator,
  from: Uint8Array,
  upper: Uint8Array | undefined,
  since: number,
  stepCountMax: number,
  counter: WalkCounter,
): Uint8Array | typeof STOPPED | undefined {
  let status = cursor.seekAtLeast(from);
  for (let stepCount = 0; stepCount < stepCountMax; stepCount++) {
    if (status === EXHAUSTED) return undefined;
    counter.walkedCount++;
    const { key, keyStart, keyEnd } = cursor;
    const isPast =
      upper !== undefined && compareRanges(key, keyStart, keyEnd, upper, 0, upper.length) >= 0;
    if (isPast) return undefined;
    if (cursor.sequence > since) return copyRange(key, keyStart, keyEnd);
    status = cursor.next();
  }
  return STOPPED;
}

/** The length of the ring, a power of two: at most one place for each 64 bytes of capacity. */
function recentCountFor(capacityBytes: number): number {
  let count = RECENT_COUNT_MAX;
  while (count * 64 > capacityBytes) count >>>= 1;
  return count;
}
