/**
 * The order of the memtable's keys: a blocked skiplist in which every node has an entry in the level above.
 *
 * Owns: the layout of its nodes, and every read. skiplist-writer.ts writes; node-heads.ts chooses and writes heads.
 *
 * Layout (words; a node begins on a cache line). `rec` is a key node. hi and lo are the *head* of an entry, eight bytes
 * of its key:
 *
 *      header      | count | next | version | high rec | depth | 0 | 0 | 0 |
 *      leaf        | header | hi[64] | lo[64] | rec[64] |
 *      index node  | header | hi[64] | lo[64] | rec[64] | child[64] |
 *
 *      L2  [-inf . . . .] --------------------------------------------------
 *            |    \
 *      L1  [-inf a c e]->[g i k]->[m o q]->...
 *            |   |  |     |
 *      L0  [..]->[..]->[..]->[..]->...
 *
 * A node has two fences: its first key, and `high`. All its keys lie between them, so they share the bytes that the two
 * fences share. The head of an entry is the eight bytes at `depth`, behind bytes that both fences share, as two int32
 * with the sign bit flipped. So heads sort as integers and never become heap numbers. Ties compare keys. Example: a
 * node from `account:000000001200` to `account:000000001700` may have depth 8 to 17. With depth 12 the heads are
 * `00001200` and so on. A node beside it holds `posting:` keys, with a depth of its own.
 *
 * Invariants:
 *   skiplist/keys-ascend: keys strictly ascend within a node and along `next`. A key has one entry on level 0.
 *   skiplist/high-bounds: a node holds the keys from its first up to `high`, excluded. `high` is the first key of
 *       `next`. It lies in the left node, under the same version word as `next`. Example: a node holds a c e, and
 *       `high` is g. A search for f stays, and a search for h moves right.
 *   skiplist/fenced-heads: both fences of a node share the first `depth` bytes. So every key of the node has them, and
 *       every key that is searched there, and a search compares no byte before `depth`.
 *   skiplist/outer-fences: the leftmost node of a level has the lowest key of the skiplist as its fence, and the
 *       rightmost the highest. A search for a key outside of them reads no head. Example: the keys are user:1 to
 *       user:9, and the root has depth 5. A search for `meta` compares `meta` with `user:1`, and ends at the first leaf.
 *   skiplist/first-is-lowest: the first entry of an index node is below every key that is searched there. In the
 *       leftmost node of a level it stands for -inf. So a search never compares it.
 *   skiplist/nodes-stay: a node is never freed, merged or moved, and its range only shrinks from the right. So a child
 *       that a split has outdated still leads to the key, by moving right.
 *   skiplist/known-upper: a search knows from the level above where the range of a child ends. A child whose `high` is
 *       another key was split since, and only then the search compares its key with `high`.
 *   skiplist/odd-while-changed: the version of a node is odd while its words change in place, heads and depth included.
 *       A reader that finds another version after its reads than before discards them. An append changes no word below
 *       `count`, and so no version.
 *
 * Readers: the owner, and a thread that reads a memtable which takes no more writes, load a version like any word. Such
 * a reader never comes halfway through a write, and Atomics.load would cost a tenth of every seek. A reader beside the
 * writer (`isBeside`) loads versions and counts with Atomics.load. So no later load comes before them. On a machine that
 * may delay loads, an atomic write to memory of its own stands before the second look at a version. So no earlier load
 * comes after it. On x86-64 loads keep their order, and the write is left out.
 *
 * Suspension: everything here is synchronous. A search leaves its result in the fields below, until the next one.
 */
import process from 'node:process';
import { inlineKey } from '../bytes/inline-key.ts';
import {
  HEAD_WORDS,
  HIGHEST_WORD,
  LEVEL_MAX,
  LOWEST_WORD,
  TOP_LEVEL_WORD,
  type Arena,
} from './arena.ts';
import { KEY_LENGTH, compareBehind, compareWithNode, isKeyOfNode, keyStartOf } from './key-node.ts';

/** 32 loses a tenth of iteration, 128 loses 6-8 % of inserts. */
export const NODE_ENTRY_COUNT_MAX = 64;

export const COUNT = 0;
export const NEXT = 1;
export const VERSION = 2;
export const HIGH_REC = 3;
/** The place of the heads in the keys of the node (skiplist/fenced-heads). */
export const DEPTH = 4;
export const HI = 8;
export const LO: number = HI + NODE_ENTRY_COUNT_MAX;
export const REC: number = LO + NODE_ENTRY_COUNT_MAX;
export const CHILD: number = REC + NODE_ENTRY_COUNT_MAX;
/** Rounded up to cache lines. */
export const LEAF_LENGTH = 208;
export const INDEX_NODE_LENGTH = 272;

/** Of the processors that Node.js runs on, those that never let a load pass another. */
const KEEPS_LOADS_IN_ORDER = process.arch === 'x64' || process.arch === 'ia32';

/** Bytes of a key in its entry. */
export const HEAD_SIZE_BYTES = 8;

export class Skiplist {
  readonly #arena: Arena;
  readonly #words: Int32Array;
  /** The last `search`: how many keys of its leaf are below the key, and the leaf's count and version then. */
  index = 0;
  #count = 0;
  #version = 0;
  /** The path of the last `search`: the index node on each level, and how many of its entries are below the key. */
  readonly pathNodes: Int32Array = new Int32Array(LEVEL_MAX + 1);
  readonly pathIndexes: Int32Array = new Int32Array(LEVEL_MAX + 1);

  /** The leaf to the right of the one copied last, or 0. */
  copiedNext = 0;
  /** The first key node of the leaf to the right of the last `copyLeafFrom`, or 0. */
  copiedHigh = 0;
  /** A sink: it keeps the compiler from dropping the loads in `warm`. */
  warmth = 0;

  readonly #isBeside: boolean;
  /** Memory of this reader alone, for the order of loads; undefined where loads keep theirs. */
  readonly #fence: Int32Array | undefined;

  /** `isBeside`: another thread writes meanwhile. */
  constructor(arena: Arena, isBeside = false) {
    this.#arena = arena;
    this.#words = arena.words;
    this.#isBeside = isBeside;
    this.#fence = isBeside && !KEEPS_LOADS_IN_ORDER ? new Int32Array(1) : undefined;
  }

  get firstLeaf(): number {
    return this.#words[HEAD_WORDS]!; // a header word
  }

  /** The rightmost leaf. */
  lastLeaf(): number {
    const words = this.#words;
    let level = Atomics.load(words, TOP_LEVEL_WORD);
    let node = words[HEAD_WORDS + level]!; // level <= LEVEL_MAX; below, node and child are nodes
    while (true) {
      const version = this.#versionOf(node);
      const next = words[node + NEXT]!;
      const child = level === 0 ? 0 : words[node + CHILD + this.#countOf(node) - 1]!;
      if (!this.#isUnchanged(node, version)) continue;
      if (next !== 0) node = next;
      else if (level === 0) return node;
      else {
        node = child;
        level--;
      }
    }
  }

  /**
   * Finds the leaf whose range holds the key. `index` is then the key's place: the first entry not below the key, or the
   * leaf's count. It is 0 only in the leftmost leaf, because a key that equals the first key of a leaf belongs to the
   * left (skiplist/high-bounds).
   */
  search(key: Uint8Array, start: number, end: number): number {
    const lowest = this.#words[LOWEST_WORD]!; // header words exist
    if (lowest === 0 || compareWithNode(this.#arena, lowest, key, start, end) <= 0) {
      return this.#stopAt(this.firstLeaf, false);
    }
    if (compareWithNode(this.#arena, this.#words[HIGHEST_WORD]!, key, start, end) > 0) {
      return this.#stopAt(this.lastLeaf(), true);
    }
    return this.searchInside(key, start, end);
  }

  /** The same for a key above the lowest and not above the highest (skiplist/outer-fences). Leaves the path, too. */
  searchInside(key: Uint8Array, start: number, end: number): number {
    const words = this.#words;
    let level = Atomics.load(words, TOP_LEVEL_WORD);
    let node = words[HEAD_WORDS + level]!; // level <= LEVEL_MAX; below, next and child are nodes
    let upper = 0;
    while (true) {
      const version = this.#versionOf(node);
      const high = words[node + HIGH_REC]!;
      // skiplist/known-upper
      if (high !== upper && compareWithNode(this.#arena, high, key, start, end) > 0) {
        const next = words[node + NEXT]!;
        if (this.#isUnchanged(node, version)) node = next;
        continue;
      }
      const count = this.#countOf(node);
      const index = this.#lowerBound(node, level === 0 ? 0 : 1, count, key, start, end); // skiplist/first-is-lowest
      const child = level === 0 ? 0 : words[node + CHILD + index - 1]!; // index >= 1
      const childUpper = index < count ? words[node + REC + index]! : high;
      if (!this.#isUnchanged(node, version)) continue;
      if (level === 0) {
        this.index = index;
        this.#count = count;
        this.#version = version;
        return node;
      }
      this.pathNodes[level] = node;
      this.pathIndexes[level] = index;
      node = child;
      upper = childUpper;
      level--;
    }
  }

  /** Ends a search at the first entry of a leaf, or behind its last one. */
  #stopAt(leaf: number, isBehind: boolean): number {
    do {
      this.#version = this.#versionOf(leaf);
      this.#count = this.#countOf(leaf);
    } while (!this.#isUnchanged(leaf, this.#version));
    this.index = isBehind ? this.#count : 0;
    return leaf;
  }

  /** The key node of a key, or 0. */
  find(key: Uint8Array, start: number, end: number): number {
    const words = this.#words;
    while (true) {
      const leaf = this.search(key, start, end);
      // Behind the last entry comes the first of the next leaf, if any. The leaf names it (skiplist/high-bounds).
      const node =
        this.index < this.#count ? words[leaf + REC + this.index]! : words[leaf + HIGH_REC]!; // leaf is a node
      if (!this.#isUnchanged(leaf, this.#version)) continue;
      return node !== 0 && isKeyOfNode(this.#arena, node, key, start, end) ? node : 0;
    }
  }

  /** Copies the key nodes of the leaf that `search` just found. -1 when the leaf has changed since. */
  copyFoundLeaf(leaf: number, target: Int32Array): number {
    this.#copy(leaf, target, this.#count);
    return this.#isUnchanged(leaf, this.#version) ? this.#count : -1;
  }

  /**
   * Copies the key nodes from `node` to the end of its leaf, and returns their count. `copiedHigh` is then the first
   * key node of the next leaf, or 0. For the thread that inserts.
   */
  copyLeafFrom(node: number, target: Int32Array): number {
    const words = this.#words; // node and leaf are in the arena
    const start = keyStartOf(node);
    const end = start + words[node + KEY_LENGTH]!;
    let leaf = this.search(this.#arena.bytes, start, end);
    let from = this.index;
    if (from === words[leaf + COUNT]!) {
      leaf = words[leaf + NEXT]!; // search stops at the leaf before a leaf's first key (skiplist/high-bounds)
      from = 0;
    }
    const count = words[leaf + COUNT]!;
    for (let i = from; i < count; i++) target[i - from] = words[leaf + REC + i]!;
    this.copiedHigh = words[leaf + HIGH_REC]!;
    return count - from;
  }

  /** Copies the key nodes of a leaf and returns their count. */
  copyLeaf(leaf: number, target: Int32Array): number {
    while (true) {
      const version = this.#versionOf(leaf);
      const count = this.#countOf(leaf);
      this.#copy(leaf, target, count);
      if (this.#isUnchanged(leaf, version)) return count;
    }
  }

  /** Loads the newest versions of key nodes that a scan will read next, so that their cache misses overlap. */
  warm(nodes: Int32Array, count: number): void {
    const words = this.#words;
    let warmth = 0;
    for (let i = 0; i < count; i++) warmth ^= words[words[nodes[i]!]!]!; // i < count; nodes have versions
    this.warmth = warmth;
  }

  #copy(leaf: number, target: Int32Array, count: number): void {
    const words = this.#words;
    this.copiedNext = words[leaf + NEXT]!; // leaf is a node, and i is below its entry count
    for (let i = 0; i < count; i++) target[i] = words[leaf + REC + i]!;
  }

  /** True when the node is as it was at `version`, loaded before the reads (skiplist/odd-while-changed). */
  #isUnchanged(node: number, version: number): boolean {
    if (this.#fence !== undefined) Atomics.or(this.#fence, 0, 0);
    return (version & 1) === 0 && this.#versionOf(node) === version;
  }

  #versionOf(node: number): number {
    const words = this.#words; // node is a node
    return this.#isBeside ? Atomics.load(words, node + VERSION) : words[node + VERSION]!;
  }

  #countOf(node: number): number {
    const words = this.#words; // node is a node
    return this.#isBeside ? Atomics.load(words, node + COUNT) : words[node + COUNT]!;
  }

  /** The index of the first entry in `[first, count)` not below the key, or `count`. */
  #lowerBound(
    node: number,
    first: number,
    count: number,
    key: Uint8Array,
    start: number,
    end: number,
  ): number {
    const words = this.#words;
    const depth = words[node + DEPTH]!; // node has a header
    const keyHi = inlineKey(key, start + depth, end);
    const keyLo = inlineKey(key, start + depth + 4, end);
    let low = first;
    let high = count;
    while (low < high) {
      const middle = (low + high) >>> 1; // below count, so these words exist
      const hi = words[node + HI + middle]!;
      let isBelow = hi < keyHi;
      if (hi === keyHi) {
        const lo = words[node + LO + middle]!;
        isBelow = lo < keyLo;
        if (lo === keyLo) {
          const rec = words[node + REC + middle]!;
          isBelow = compareBehind(this.#arena, rec, key, start, end, depth) > 0;
        }
      }
      if (isBelow) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
