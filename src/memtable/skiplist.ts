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
 * The eight bytes are those behind the common prefix, as two int32 with the sign bit flipped: they sort as integers and
 * never become heap numbers. A key below every key with the prefix has (MIN, MIN), one above has (MAX, MAX), and
 * ties compare whole keys. Without the skip, keys such as 16-digit numbers tie everywhere and inserts cost four times
 * as much.
 *
 * Invariants:
 *   S1. Keys strictly ascend within a node and along `next`. A key has one entry on level 0.
 *   S2. A node holds the keys from its first up to `high`, the first key of `next`, excluded. `high` lies in the left
 *       node, under the same version word as `next`, so that refusing to move right touches no other node.
 *   S3. The first entry of an index node is below every key that is searched there (it stands for -inf in the leftmost
 *       node of a level), so it is never compared.
 *   S4. Nodes are never freed, merged or moved, and a node's range only shrinks from the right: a child that a split
 *       has outdated is healed by moving right.
 *   S5. A node's version is odd while its words are changed in place. A reader that finds another version after
 *       reading than before trusts nothing that it read. Appending changes no word below `count`, and so no version.
 *
 * Readers in other threads: today they read only memtables that take no more writes, and the owner never reads halfway
 * through a write, so a version is loaded like any word (`versionOf`; Atomics.load would cost a tenth of every seek).
 * The words and their order are those under which a reader beside the writer was verified; such a reader needs
 * Atomics.load there, a machine with x86's order of loads, and a word of its own for changes of the common prefix, which
 * S5 does not cover.
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

  /** The probe: the eight bytes of the key that `setProbe` was given, and whether it lacks the common prefix. */
  probeHi = 0;
  probeLo = 0;
  isProbeOutside = false;

  /** Of the last `search`: how many keys of the leaf are below the probe, and the leaf's count and version then. */
  index = 0;
  #count = 0;
  #version = 0;
  /** Of the last `search`: the index node passed on each level, and how many of its entries are below the probe. */
  readonly pathNodes: Int32Array = new Int32Array(LEVEL_MAX + 1);
  readonly pathIndexes: Int32Array = new Int32Array(LEVEL_MAX + 1);

  /** Of the last `copyLeaf`: the leaf to the right, or 0. */
  copiedNext = 0;
  /** Where `copyLeafFrom` goes on. */
  copiedHigh = 0;
  /** Means nothing: it keeps the loads of `warm` alive. */
  warmth = 0;

  constructor(arena: Arena) {
    this.#arena = arena;
    this.#words = arena.words;
    this.loadPrefix();
  }

  get prefixLength(): number {
    return this.#prefix.length;
  }

  /** Takes the common prefix from the header. */
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
      // shared < prefix.length; a key that ends here is a part of the prefix, and so below it
      const isBelow = shared === limit || key[start + shared]! < prefix[shared]!;
      this.probeHi = this.probeLo = isBelow ? INT32_MIN : INT32_MAX;
      return;
    }
    this.probeHi = inlineKey(key, start + shared, end);
    this.probeLo = inlineKey(key, start + shared + 4, end);
  }

  /** The same of a key node's key. */
  setProbeOf(node: number): void {
    const start = keyStartOf(node);
    this.setProbe(this.#arena.bytes, start, start + this.#words[node + KEY_LENGTH]!); // node is in the arena
  }

  /**
   * Finds the leaf whose range holds the key that `setProbe` was given. `index` is then its place: the first entry not
   * below it, or the leaf's count. Only in the leftmost leaf can it be 0 (S2: an equal first key belongs to the left).
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
      const index = this.#lowerBound(node, level === 0 ? 0 : 1, count, key, start, end); // S3
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
      // Behind the last entry comes the first of the next leaf (S2), whose key the leaf knows, or nothing.
      const node =
        this.index < this.#count ? words[leaf + REC + this.index]! : words[leaf + HIGH_REC]!; // leaf is a node
      if (!this.#isUnchanged(leaf, this.#version)) continue;
      return node !== 0 && isKeyOfNode(this.#arena, node, key, start, end) ? node : 0;
    }
  }

  /** Copies the key nodes of the leaf that `search` just found; -1 when it changed since (another thread's read). */
  copyFoundLeaf(leaf: number, target: Int32Array): number {
    this.#copy(leaf, target, this.#count);
    return this.#isUnchanged(leaf, this.#version) ? this.#count : -1;
  }

  /**
   * Copies the key nodes from `node` to the end of its leaf, and returns how many they are. `copiedHigh` is then the first
   * one of the next leaf, or 0. For the thread that inserts.
   */
  copyLeafFrom(node: number, target: Int32Array): number {
    const words = this.#words; // node and leaf are in the arena
    const start = keyStartOf(node);
    const end = start + words[node + KEY_LENGTH]!;
    this.setProbe(this.#arena.bytes, start, end);
    let leaf = this.search(this.#arena.bytes, start, end);
    let from = this.index;
    if (from === words[leaf + COUNT]!) {
      leaf = words[leaf + NEXT]!; // S2: the first key of a leaf is found at the end of the one before
      from = 0;
    }
    const count = words[leaf + COUNT]!;
    for (let i = from; i < count; i++) target[i - from] = words[leaf + REC + i]!;
    this.copiedHigh = words[leaf + HIGH_REC]!;
    return count - from;
  }

  /** Copies the key nodes of a leaf and returns how many they are. */
  copyLeaf(leaf: number, target: Int32Array): number {
    while (true) {
      const version = versionOf(this.#words, leaf);
      const count = this.#words[leaf + COUNT]!; // leaf is a node
      this.#copy(leaf, target, count);
      if (this.#isUnchanged(leaf, version)) return count;
    }
  }

  /** Touches the newest versions of key nodes that are about to be scanned, so that their cache misses overlap. */
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

  /** S5. The caller loaded `version` before it read the node. */
  #isUnchanged(node: number, version: number): boolean {
    return (version & 1) === 0 && versionOf(this.#words, node) === version;
  }

  /** True when the key lies at the right of the node. At the border it belongs to the left (S2). */
  #isHighBelowProbe(node: number, key: Uint8Array, start: number, end: number): boolean {
    const words = this.#words;
    const hi = words[node + HIGH_HI]!; // node has a header
    if (hi !== this.probeHi) return hi < this.probeHi;
    const lo = words[node + HIGH_LO]!;
    if (lo !== this.probeLo) return lo < this.probeLo;
    return compareWithNode(this.#arena, words[node + HIGH_REC]!, key, start, end) > 0;
  }

  /** The first of the entries `[first, count)` not below the key, or `count`. */
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
