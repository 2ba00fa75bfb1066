/**
 * The order of the memtable's keys: a blocked skiplist.
 *
 * Owns: the layout of its nodes, the common prefix that searches skip, and every read. skiplist-writer.ts writes.
 *
 * Layout (words; a node begins on a cache line). `rec` is a key node; hi and lo are eight bytes of its key:
 *
 *      header      | count | next | version | high hi | high lo | high rec | 0 | 0 |
 *      leaf        | header | hi[64] | lo[64] | rec[64] |
 *      index node  | header | hi[64] | lo[64] | rec[64] | child[64] |
 *
 *      L2  [-inf . . m . .] ------------------------------------>    an index node that splits is promoted with 1/8
 *            |         \
 *      L1  [-inf a c e]->[g i k]->[m o q]->...                       every leaf has exactly one entry in L1
 *            |   |  |     |
 *      L0  [..]->[..]->[..]->[..]->...
 *
 * The eight bytes are those behind the common prefix, as two int32 with the sign bit flipped. So they sort as integers
 * and never become heap numbers. A key below all keys with the prefix has (MIN, MIN), and one above has (MAX, MAX).
 * Ties compare whole keys. Without the prefix, keys such as 16-digit numbers tie everywhere, and inserts cost four
 * times as much.
 *
 * Invariants:
 *   skiplist/keys-ascend: keys strictly ascend within a node and along `next`. A key has one entry on level 0.
 *   skiplist/high-bounds: a node holds the keys from its first up to `high`, excluded. `high` is the first key of
 *       `next`. It lies in the left node, under the same version word as `next`, so a search that stays reads no other
 *       node. Example: a node holds a c e, and `high` is g. A search for f stays, and a search for h moves right.
 *   skiplist/first-is-lowest: the first entry of an index node is below every key that is searched there. In the
 *       leftmost node of a level it stands for -inf. So a search never compares it.
 *   skiplist/nodes-stay: a node is never freed, merged or moved, and its range only shrinks from the right. So a child
 *       that a split has outdated still leads to the key, by moving right.
 *   skiplist/odd-while-changed: the version of a node is odd while its words change in place. A reader that finds
 *       another version after its reads than before discards them. An append changes no word below `count`, and so no
 *       version.
 *
 * Readers in other threads: today they read only memtables that take no more writes, and the owner never reads halfway
 * through a write. So a version is loaded like any word (`versionOf`), because Atomics.load would cost a tenth of every
 * seek. The order of the writes is the one under which a reader beside the writer was verified. Such a reader needs
 * Atomics.load there, and a machine with x86's order of loads. It also needs a word for changes of the common prefix,
 * which skiplist/odd-while-changed does not cover.
 *
 * Suspension: everything here is synchronous. A search leaves its result in the fields below, until the next one.
 */
import { EMPTY_BYTES, copyRange } from '../bytes/bytes.ts';
import { inlineKey } from '../bytes/inline-key.ts';
import {
  HEAD_WORDS,
  LEVEL_MAX,
  PREFIX_LENGTH_WORD,
  PREFIX_NODE_WORD,
  TOP_LEVEL_WORD,
  type Arena,
} from './arena.ts';
import { KEY_LENGTH, compareWithNode, isKeyOfNode, keyStartOf } from './key-node.ts';

/** 32 loses a tenth of iteration, 128 loses 6-8 % of inserts. */
export const NODE_ENTRY_COUNT_MAX = 64;

export const COUNT = 0;
export const NEXT = 1;
export const VERSION = 2;
export const HIGH_HI = 3;
export const HIGH_LO = 4;
export const HIGH_REC = 5;
export const HI = 8;
export const LO: number = HI + NODE_ENTRY_COUNT_MAX;
export const REC: number = LO + NODE_ENTRY_COUNT_MAX;
export const CHILD: number = REC + NODE_ENTRY_COUNT_MAX;
/** Rounded up to cache lines. */
export const LEAF_LENGTH = 208;
export const INDEX_NODE_LENGTH = 272;

const INT32_MIN = -0x80000000;
const INT32_MAX = 0x7fffffff;

export class Skiplist {
  readonly #arena: Arena;
  readonly #words: Int32Array;
  #prefix: Uint8Array = EMPTY_BYTES;

  /** The probe: eight bytes of the key given to `setProbe`, and whether the key lacks the common prefix. */
  probeHi = 0;
  probeLo = 0;
  isProbeOutside = false;

  /** The last `search`: how many keys of its leaf are below the probe, and the leaf's count and version then. */
  index = 0;
  #count = 0;
  #version = 0;
  /** The path of the last `search`: the index node on each level, and how many of its entries are below the probe. */
  readonly pathNodes: Int32Array = new Int32Array(LEVEL_MAX + 1);
  readonly pathIndexes: Int32Array = new Int32Array(LEVEL_MAX + 1);

  /** The leaf to the right of the one copied last, or 0. */
  copiedNext = 0;
  /** The first key node of the leaf to the right of the last `copyLeafFrom`, or 0. */
  copiedHigh = 0;
  /** A sink: it keeps the compiler from dropping the loads in `warm`. */
  warmth = 0;

  constructor(arena: Arena) {
    this.#arena = arena;
    this.#words = arena.words;
    this.loadPrefix();
  }

  get prefixLength(): number {
    return this.#prefix.length;
  }

  /** Copies the common prefix that the header names. */
  loadPrefix(): void {
    const start = keyStartOf(this.#words[PREFIX_NODE_WORD]!); // header words exist
    this.#prefix = copyRange(this.#arena.bytes, start, start + this.#words[PREFIX_LENGTH_WORD]!);
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
      const version = versionOf(words, node);
      const next = words[node + NEXT]!;
      const child = level === 0 ? 0 : words[node + CHILD + words[node + COUNT]! - 1]!;
      if (!this.#isUnchanged(node, version)) continue;
      if (next !== 0) node = next;
      else if (level === 0) return node;
      else {
        node = child;
        level--;
      }
    }
  }

  /** Computes the probe of a key. */
  setProbe(key: Uint8Array, start: number, end: number): void {
    const prefix = this.#prefix;
    const limit = Math.min(prefix.length, end - start);
    let shared = 0;
    while (shared < limit && key[start + shared] === prefix[shared]) shared++;
    this.isProbeOutside = shared < prefix.length;
    if (this.isProbeOutside) {
      // shared < prefix.length; a key that ends here is a start of the prefix, and so below it
      const isBelow = shared === limit || key[start + shared]! < prefix[shared]!;
      this.probeHi = this.probeLo = isBelow ? INT32_MIN : INT32_MAX;
      return;
    }
    this.probeHi = inlineKey(key, start + shared, end);
    this.probeLo = inlineKey(key, start + shared + 4, end);
  }

  /** Computes the probe of a key node's key. */
  setProbeOf(node: number): void {
    const start = keyStartOf(node);
    this.setProbe(this.#arena.bytes, start, start + this.#words[node + KEY_LENGTH]!); // node is in the arena
  }

  /**
   * Finds the leaf whose range holds the key given to `setProbe`. `index` is then the key's place: the first entry not
   * below the key, or the leaf's count. It is 0 only in the leftmost leaf, because a key that equals the first key of a
   * leaf belongs to the left (skiplist/high-bounds).
   */
  search(key: Uint8Array, start: number, end: number): number {
    const words = this.#words;
    let level = Atomics.load(words, TOP_LEVEL_WORD);
    let node = words[HEAD_WORDS + level]!; // level <= LEVEL_MAX; below, next and child are nodes
    while (true) {
      const version = versionOf(words, node);
      const next = words[node + NEXT]!;
      if (next !== 0 && this.#isHighBelowProbe(node, key, start, end)) {
        if (this.#isUnchanged(node, version)) node = next;
        continue;
      }
      const count = words[node + COUNT]!;
      const index = this.#lowerBound(node, level === 0 ? 0 : 1, count, key, start, end); // skiplist/first-is-lowest
      const child = level === 0 ? 0 : words[node + CHILD + index - 1]!; // index >= 1
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
      level--;
    }
  }

  /** The key node of a key, or 0. */
  find(key: Uint8Array, start: number, end: number): number {
    this.setProbe(key, start, end);
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
    this.setProbe(this.#arena.bytes, start, end);
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
      const version = versionOf(this.#words, leaf);
      const count = this.#words[leaf + COUNT]!; // leaf is a node
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
    return (version & 1) === 0 && versionOf(this.#words, node) === version;
  }

  /** True when the key lies to the right of the node. A key at the border belongs left (skiplist/high-bounds). */
  #isHighBelowProbe(node: number, key: Uint8Array, start: number, end: number): boolean {
    const words = this.#words;
    const hi = words[node + HIGH_HI]!; // node has a header
    if (hi !== this.probeHi) return hi < this.probeHi;
    const lo = words[node + HIGH_LO]!;
    if (lo !== this.probeLo) return lo < this.probeLo;
    return compareWithNode(this.#arena, words[node + HIGH_REC]!, key, start, end) > 0;
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
    const probeHi = this.probeHi;
    const probeLo = this.probeLo;
    let low = first;
    let high = count;
    while (low < high) {
      const middle = (low + high) >>> 1; // below count, so these words exist
      const hi = words[node + HI + middle]!;
      let isBelow = hi < probeHi;
      if (hi === probeHi) {
        const lo = words[node + LO + middle]!;
        isBelow = lo < probeLo;
        if (lo === probeLo) {
          const rec = words[node + REC + middle]!;
          isBelow = compareWithNode(this.#arena, rec, key, start, end) > 0;
        }
      }
      if (isBelow) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function versionOf(words: Int32Array, node: number): number {
  return words[node + VERSION]!; // node is a node
}
