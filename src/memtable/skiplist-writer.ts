/**
 * Inserting into the skiplist: publication, splits, promotion, and the choice of the common prefix.
 *
 * Owns: every write to the nodes that skiplist.ts describes, and the bound on the words that inserts allocate.
 *
 * An insert finds the leaf, splits it when it is full, promotes the new right half bottom-up, and puts the entry. Each
 * step leaves a list that readers can search (skiplist/nodes-stay, skiplist/odd-while-changed):
 *   - split: the writer fills the right half. Then it changes `next`, `high` and `count` of the left half under an odd
 *     version. From here on a search finds the right half by moving right;
 *   - promotion: the writer puts an entry into the level above, like any other. The places that the search passed are
 *     still right, because every key of that level is the first key of some node below. So none lies between the new
 *     key and the new entry. A new top level is whole before TOP_LEVEL_WORD names it;
 *   - put: the writer fills an entry behind the last, then counts it. Elsewhere it moves the entries up under an odd
 *     version.
 *
 * Invariants:
 *   skiplist-writer/half-full: every node but the last of its level holds at least 32 entries, so the count of nodes is
 *       bounded. A split leaves 32 and 32. A split by an append to the last node of a level leaves 62 and 2, so
 *       ascending inserts fill nodes.
 *   skiplist-writer/tails-rightmost: `tails[level]` is the rightmost node of the level. So a key above all others needs
 *       no search.
 *   skiplist-writer/common-prefix: at least 7/8 of the keys have the common prefix, or all but 64. The writer chooses
 *       it at the 64th key, the loader from all keys. Afterwards it only gets shorter. Each change visits every entry,
 *       and at least an eighth as many inserts came before it. Example: the prefix of 1000 keys `user:...` is `user:`.
 *       A further 200 keys `meta...` outnumber an eighth, and the prefix becomes empty.
 *
 * Suspension: everything here is synchronous. One thread inserts.
 */
import { INVARIANTS, assert } from '../base/assert.ts';
import { sharedPrefixLength } from '../bytes/bytes.ts';
import type { Random } from '../base/random.ts';
import {
  HEAD_WORDS,
  LEVEL_MAX,
  PREFIX_LENGTH_WORD,
  PREFIX_NODE_WORD,
  TOP_LEVEL_WORD,
  type Arena,
} from './arena.ts';
import { compareWithNode, keyOfNode } from './key-node.ts';
import {
  CHILD,
  COUNT,
  HI,
  HIGH_HI,
  HIGH_LO,
  HIGH_REC,
  INDEX_NODE_LENGTH,
  LEAF_LENGTH,
  LO,
  NEXT,
  NODE_ENTRY_COUNT_MAX,
  REC,
  type Skiplist,
  VERSION,
} from './skiplist.ts';

const SPLIT_MIDDLE = 32;
/** The entries that an appending split leaves in the left node, and that SkiplistLoader puts into a node. */
export const SPLIT_APPENDING = 62;
/** A mask of three random bits: one index node in eight is promoted. */
const PROMOTION_MASK = 7;

/** The common prefix is chosen when the first leaf is full. So many keys outside the prefix are never too many. */
export const PREFIX_KEY_COUNT: number = NODE_ENTRY_COUNT_MAX;
/** The ranks in that leaf between which keys share the prefix. Up to an eighth of the keys may lack it. */
export const PREFIX_RANK_LOWER = 4;
export const PREFIX_RANK_UPPER = 59;

/** Bytes of a key in its entry, from the end of the prefix on. */
const INLINE_LENGTH = 8;

/** Words of the nodes that an empty skiplist has. */
export const EMPTY_LENGTH: number = LEAF_LENGTH + INDEX_NODE_LENGTH;

/** The most words of nodes that one insert takes: it splits a node of each level, or begins a level. */
const NODE_LENGTH_PER_INSERT_MAX: number = LEAF_LENGTH + LEVEL_MAX * INDEX_NODE_LENGTH;

/** The most words of nodes that `insertCount` inserts allocate, for any keys (skiplist-writer/half-full). */
export function nodeLengthMax(
  insertCount: number,
  keyCount: number,
  leafCount: number,
  topLevel: number,
): number {
  // A level whose nodes, all but one, hold 32 entries of n has at most n / 32 + 1 nodes.
  const leafCountMax = Math.floor((keyCount + insertCount) / SPLIT_MIDDLE) + 1;
  let splitCount = Math.min(insertCount, Math.max(0, leafCountMax - leafCount));
  let length = splitCount * LEAF_LENGTH;
  let entryCount = leafCount + splitCount; // at most one in each level for each node below
  for (let level = 1; splitCount > 0; level++) {
    if (level > topLevel) length += INDEX_NODE_LENGTH;
    const nodeCount = Math.floor(entryCount / SPLIT_MIDDLE) + 1;
    splitCount = entryCount > NODE_ENTRY_COUNT_MAX ? Math.min(splitCount, nodeCount) : 0;
    length += splitCount * INDEX_NODE_LENGTH;
    entryCount = nodeCount;
  }
  return length;
}

/** True when too many of the keys lie outside of the common prefix (skiplist-writer/common-prefix). */
export function isPrefixRare(outsideCount: number, keyCount: number): boolean {
  return outsideCount > PREFIX_KEY_COUNT && outsideCount > keyCount / 8;
}

/** A node without entries. Its words behind the header are unwritten. */
export function allocateNode(arena: Arena, level: number): number {
  const node = arena.allocateNode(level === 0 ? LEAF_LENGTH : INDEX_NODE_LENGTH);
  arena.words.fill(0, node, node + HI);
  return node;
}

/**
 * The length of a common prefix for two key nodes and the keys between. The prefix holds bytes that both share, and
 * none of the last eight bytes of the longer key, which are inline anyway. A longer prefix gains nothing, and a counter
 * in the keys would soon outgrow it. Example: keys of 16 digits get a prefix of at most 8.
 */
export function prefixLengthFor(arena: Arena, lower: number, upper: number): number {
  const [lowerKey, upperKey] = [keyOfNode(arena, lower), keyOfNode(arena, upper)];
  const neededLength = Math.max(lowerKey.length, upperKey.length) - INLINE_LENGTH;
  return Math.max(0, Math.min(neededLength, sharedPrefixLength(lowerKey, upperKey)));
}

/** Makes the first `length` bytes of a node's key the common prefix. The caller updates hi and lo of the entries. */
export function writePrefix(arena: Arena, skiplist: Skiplist, node: number, length: number): void {
  arena.words[PREFIX_NODE_WORD] = node;
  arena.words[PREFIX_LENGTH_WORD] = length;
  skiplist.loadPrefix();
}

export class SkiplistWriter {
  readonly #arena: Arena;
  readonly #words: Int32Array;
  readonly #skiplist: Skiplist;
  readonly #random: Random;
  /** The rightmost node of each level (skiplist-writer/tails-rightmost). */
  readonly #tails: Int32Array = new Int32Array(LEVEL_MAX + 1);
  #keyCount = 0;
  #leafCount = 1;
  #outsideCount = 0;
  #isAscending = false;

  /** Makes an empty skiplist in a fresh arena. */
  constructor(arena: Arena, skiplist: Skiplist, random: Random) {
    this.#arena = arena;
    this.#words = arena.words;
    this.#skiplist = skiplist;
    this.#random = random;
    const leaf = allocateNode(this.#arena, 0);
    this.#words[HEAD_WORDS] = leaf;
    this.#tails[0] = leaf;
    this.#addLevel(1);
  }

  get keyCount(): number {
    return this.#keyCount;
  }

  /** True when `room` words are enough for the nodes of the next `insertCount` inserts, for any keys. */
  fits(insertCount: number, room: number): boolean {
    // Nearly always there is more than enough. The exact bound needs a loop.
    if (insertCount * NODE_LENGTH_PER_INSERT_MAX <= room) return true;
    const topLevel = this.#words[TOP_LEVEL_WORD]!; // a header word
    return nodeLengthMax(insertCount, this.#keyCount, this.#leafCount, topLevel) <= room;
  }

  /** True when the last new key was above all others. */
  get isAscending(): boolean {
    return this.#isAscending;
  }

  /** True when a key is above all others. Then `append` may follow. */
  isAboveAll(key: Uint8Array, start: number, end: number): boolean {
    this.#skiplist.setProbe(key, start, end);
    const leaf = this.#tails[0]!; // levels are below LEVEL_MAX
    const count = this.#words[leaf + COUNT]!; // leaf is a node
    return count === 0 || this.#isAboveLast(leaf, count, key, start, end);
  }

  /** Adds the key node of the key for which `isAboveAll` was just true. */
  append(node: number): void {
    const leaf = this.#tails[0]!; // levels are below LEVEL_MAX
    this.#pathAlongTails();
    this.#insertProbe(leaf, this.#words[leaf + COUNT]!, node); // leaf is a node
  }

  /** Takes over the loader's skiplist: its rightmost nodes (skiplist-writer/tails-rightmost) and counts. */
  adopt(tails: Int32Array, keyCount: number, leafCount: number, outsideCount: number): void {
    assert(
      this.#keyCount === 0,
      'keys loaded into a skiplist that has some (skiplist-loader/nothing-between)',
    );
    this.#tails.set(tails);
    this.#keyCount = keyCount;
    this.#leafCount = leafCount;
    this.#outsideCount = outsideCount;
  }

  /** Adds the key node of `key[start, end)`, a new key. */
  insert(node: number, key: Uint8Array, start: number, end: number): void {
    this.#isAscending = this.isAboveAll(key, start, end);
    if (this.#isAscending) {
      this.append(node);
      return;
    }
    const leaf = this.#skiplist.search(key, start, end);
    const { index } = this.#skiplist;
    if (INVARIANTS) this.#checkAbsent(leaf, index, key, start, end);
    this.#insertProbe(leaf, index, node);
  }

  /** Adds an entry; the probe is that of its key. */
  #insertProbe(leaf: number, index: number, node: number): void {
    const { probeHi, probeLo, isProbeOutside } = this.#skiplist;
    if (isProbeOutside) this.#outsideCount++;
    this.#insertEntry(0, leaf, index, probeHi, probeLo, node, 0);
    this.#keyCount++;
    this.#reviewPrefix();
  }

  #isAboveLast(leaf: number, count: number, key: Uint8Array, start: number, end: number): boolean {
    const words = this.#words;
    const last = leaf + count - 1; // count > 0, so these words exist
    const hi = words[last + HI]!;
    if (hi !== this.#skiplist.probeHi) return hi < this.#skiplist.probeHi;
    const lo = words[last + LO]!;
    if (lo !== this.#skiplist.probeLo) return lo < this.#skiplist.probeLo;
    return compareWithNode(this.#arena, words[last + REC]!, key, start, end) > 0;
  }

  /** Sets the path to that of a search for a key above all others. */
  #pathAlongTails(): void {
    const topLevel = this.#words[TOP_LEVEL_WORD]!; // levels are at most LEVEL_MAX
    for (let level = 1; level <= topLevel; level++) {
      const tail = this.#tails[level]!;
      this.#skiplist.pathNodes[level] = tail;
      this.#skiplist.pathIndexes[level] = this.#words[tail + COUNT]!;
    }
  }

  #checkAbsent(leaf: number, index: number, key: Uint8Array, start: number, end: number): void {
    const words = this.#words;
    if (index >= words[leaf + COUNT]!) return; // leaf is a node
    const rec = words[leaf + REC + index]!; // index < count
    assert(
      compareWithNode(this.#arena, rec, key, start, end) < 0,
      'key inserted twice (skiplist/keys-ascend)',
    );
  }

  /** Puts an entry at `index` of a node. Splits the node first when it is full. */
  #insertEntry(
    level: number,
    node: number,
    index: number,
    hi: number,
    lo: number,
    rec: number,
    child: number,
  ): void {
    if (this.#words[node + COUNT] === NODE_ENTRY_COUNT_MAX) {
      const isAppending = index === NODE_ENTRY_COUNT_MAX && this.#tails[level] === node;
      const at = isAppending ? SPLIT_APPENDING : SPLIT_MIDDLE;
      const right = this.#split(level, node, at);
      // Every leaf is promoted, because one without an entry above costs later searches a cold cache line.
      if (level === 0 || (this.#random.nextInt32() & PROMOTION_MASK) === 0) {
        this.#promote(level + 1, right);
      }
      if (index > at) {
        node = right;
        index -= at;
      }
    }
    this.#put(level, node, index, hi, lo, rec, child);
  }

  /** Moves the entries from `at` on into a new node to the right. */
  #split(level: number, node: number, at: number): number {
    const words = this.#words;
    const right = allocateNode(this.#arena, level);
    const count = words[node + COUNT]! - at; // nodes have headers, and i + at is below their entry count
    for (let i = 0; i < count; i++) {
      words[right + HI + i] = words[node + HI + at + i]!;
      words[right + LO + i] = words[node + LO + at + i]!;
      words[right + REC + i] = words[node + REC + at + i]!;
      if (level > 0) words[right + CHILD + i] = words[node + CHILD + at + i]!;
    }
    words[right + COUNT] = count;
    words[right + NEXT] = words[node + NEXT]!;
    words[right + HIGH_HI] = words[node + HIGH_HI]!;
    words[right + HIGH_LO] = words[node + HIGH_LO]!;
    words[right + HIGH_REC] = words[node + HIGH_REC]!;
    Atomics.add(words, node + VERSION, 1);
    words[node + NEXT] = right;
    words[node + HIGH_HI] = words[right + HI]!;
    words[node + HIGH_LO] = words[right + LO]!;
    words[node + HIGH_REC] = words[right + REC]!;
    words[node + COUNT] = at;
    Atomics.add(words, node + VERSION, 1);
    if (this.#tails[level] === node) this.#tails[level] = right;
    if (level === 0) this.#leafCount++;
    return right;
  }

  /** Adds an entry for a new node to the level above it. */
  #promote(level: number, child: number): void {
    if (level > LEVEL_MAX) return; // correct without it: levels only make searches faster
    const words = this.#words;
    if (level > words[TOP_LEVEL_WORD]!) this.#addLevel(level);
    const node = this.#skiplist.pathNodes[level]!; // level <= LEVEL_MAX
    const index = this.#skiplist.pathIndexes[level]!;
    const hi = words[child + HI]!; // a node that was split off has entries
    this.#insertEntry(level, node, index, hi, words[child + LO]!, words[child + REC]!, child);
  }

  /** Adds a top level with one entry for -inf, to the first node of the level below (skiplist/first-is-lowest). */
  #addLevel(level: number): void {
    const words = this.#words;
    const node = allocateNode(this.#arena, level);
    words[node + HI] = 0;
    words[node + LO] = 0;
    words[node + REC] = 0;
    words[node + CHILD] = words[HEAD_WORDS + level - 1]!; // header words exist
    words[node + COUNT] = 1;
    words[HEAD_WORDS + level] = node;
    this.#tails[level] = node;
    this.#skiplist.pathNodes[level] = node;
    this.#skiplist.pathIndexes[level] = 1;
    Atomics.store(words, TOP_LEVEL_WORD, level);
  }

  #put(
    level: number,
    node: number,
    index: number,
    hi: number,
    lo: number,
    rec: number,
    child: number,
  ): void {
    const words = this.#words;
    const count = words[node + COUNT]!; // node is a node with room
    const isAppending = index === count;
    if (!isAppending) {
      Atomics.add(words, node + VERSION, 1);
      // Loops, because copyWithin is four to six times slower on shared memory than on other memory.
      moveUp(words, node + HI + index, node + HI + count);
      moveUp(words, node + LO + index, node + LO + count);
      moveUp(words, node + REC + index, node + REC + count);
      if (level > 0) moveUp(words, node + CHILD + index, node + CHILD + count);
    }
    words[node + HI + index] = hi;
    words[node + LO + index] = lo;
    words[node + REC + index] = rec;
    if (level > 0) words[node + CHILD + index] = child;
    Atomics.store(words, node + COUNT, count + 1);
    if (!isAppending) Atomics.add(words, node + VERSION, 1);
  }

  /** Chooses or shortens the prefix after an insert, where it must (skiplist-writer/common-prefix). */
  #reviewPrefix(): void {
    const words = this.#words;
    if (this.#keyCount === PREFIX_KEY_COUNT) {
      const leaf = this.#skiplist.firstLeaf; // it holds all keys so far, and both ranks are among them
      const lower = words[leaf + REC + PREFIX_RANK_LOWER]!;
      this.#setPrefix(lower, words[leaf + REC + PREFIX_RANK_UPPER]!);
    } else if (isPrefixRare(this.#outsideCount, this.#keyCount)) {
      const tail = this.#tails[0]!; // level 0 has a tail, and it has entries
      const largest = words[tail + REC + words[tail + COUNT]! - 1]!;
      this.#setPrefix(words[this.#skiplist.firstLeaf + REC]!, largest);
    }
  }

  /** Chooses the common prefix for two key nodes and the keys between. Computes hi and lo of every entry again. */
  #setPrefix(lower: number, upper: number): void {
    const words = this.#words;
    const length = prefixLengthFor(this.#arena, lower, upper);
    this.#outsideCount = 0;
    if (length === this.#skiplist.prefixLength) return;
    writePrefix(this.#arena, this.#skiplist, lower, length);
    const topLevel = words[TOP_LEVEL_WORD]!; // header words exist, and next leads to nodes
    for (let level = 0; level <= topLevel; level++) {
      for (let node = words[HEAD_WORDS + level]!; node !== 0; node = words[node + NEXT]!) {
        this.#refreshNode(level, node);
      }
    }
  }

  #refreshNode(level: number, node: number): void {
    const words = this.#words;
    const skiplist = this.#skiplist;
    const count = words[node + COUNT]!; // node is a node, i is below its count
    for (let i = 0; i < count; i++) {
      const rec = words[node + REC + i]!;
      if (rec === 0) continue; // -inf
      skiplist.setProbeOf(rec);
      words[node + HI + i] = skiplist.probeHi;
      words[node + LO + i] = skiplist.probeLo;
      if (level === 0 && skiplist.isProbeOutside) this.#outsideCount++;
    }
    if (words[node + NEXT] === 0) return;
    skiplist.setProbeOf(words[node + HIGH_REC]!);
    words[node + HIGH_HI] = skiplist.probeHi;
    words[node + HIGH_LO] = skiplist.probeLo;
  }
}

/** Moves `words[start, end)` up by one. */
function moveUp(words: Int32Array, start: number, end: number): void {
  for (let i = end; i > start; i--) words[i] = words[i - 1]!; // i > start >= 0
}
