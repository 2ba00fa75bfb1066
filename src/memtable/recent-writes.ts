/**
 * The last writes of a memtable, in commit order.
 *
 * Owns: the length of the ring that holds them, and the search for a key among them (memtable/recent-writes).
 *
 * Suspension: every function here is synchronous.
 */
import { copyRange } from '../bytes/bytes.ts';
import type { Arena } from './arena.ts';
import { compareWithNode, KEY_LENGTH, keyStartOf } from './key-node.ts';

/** How many recent writes validations can walk (64 KiB). For older ones they walk the range in key order. */
const RECENT_COUNT_MAX = 16 * 1024;

/** The count of the entries that a search looked at. */
export interface WalkCounter {
  walkedCount: number;
}

/** The writes above `since` up to `last`, by relative sequence. `nodes` is the ring, which holds them all. */
export interface RecentWrites {
  readonly nodes: Int32Array;
  readonly since: number;
  readonly last: number;
}

/** The length of the ring, a power of two: at most one place for each 64 bytes of capacity. */
export function recentCountFor(capacityBytes: number): number {
  let count = RECENT_COUNT_MAX;
  while (count * 64 > capacityBytes) count >>>= 1;
  return count;
}

/** A copy of a key in `[from, upper)` among the writes, or undefined. Without `upper` the range ends with the last key. */
export function recentKeyIn(
  arena: Arena,
  { nodes, since, last }: RecentWrites,
  from: Uint8Array,
  upper: Uint8Array | undefined,
  counter: WalkCounter,
): Uint8Array | undefined {
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
