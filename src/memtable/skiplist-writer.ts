/**
 * Inserting into the skiplist: publication, splits, promotion.
 *
 * Owns: every write to the nodes that skiplist.ts describes, and the bound on the words that inserts allocate.
 *
 * An insert finds the leaf, splits it when it is full, promotes the new right half bottom-up, and puts the entry. Each
 * step leaves a list that readers can search (skiplist/nodes-stay, skiplist/odd-while-changed):
 *   - split: the writer fills the right half. Then it changes `next`, `high`, `count` and perhaps the heads of the left
 *     half under an odd version. From here on a search finds the right half by moving right;
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
 *   skiplist-writer/fences-first: a key below or above all others becomes a fence of the outermost nodes. Before
 *       LOWEST_WORD or HIGHEST_WORD names it, these nodes have a depth that it shares, and before any of them holds it.
 *       Each such change writes the heads of one node a level, and lowers its depth. Example: the keys are user:1 to
 *       user:9. The key `users` comes, and the last node of each level goes from depth 5 to depth 4.
 *
 * Suspension: everything here is synchronous. One thread inserts.
 */
import { INVARIANTS, assert } from '../base/assert.ts';
import { inlineKey } from '../bytes/inline-key.ts';
import {
  HEAD_WORDS,
  HIGHEST_WORD,
  LEVEL_MAX,
  LOWEST_WORD,
  TOP_LEVEL_WORD,
  type Arena,
} from './arena.ts';
import {
  KEY_LENGTH,
  compareBehind,
  compareWithNode,
  keyStartOf,
  sharedWithNode,
} from './key-node.ts';
import { deepen, depthOfFences, setDepth, writeHead } from './node-heads.ts';
import {
  CHILD,
  COUNT,
  DEPTH,
  HI,
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

/** A node without entries. Its words behind the header are unwritten. */
export function allocateNode(arena: Arena, level: number): number {
  const node = arena.allocateNode(level === 0 ? LEAF_LENGTH : INDEX_NODE_LENGTH);
  arena.words.fill(0, node, node + HI);
  return node;
}

export class SkiplistWriter {
  readonly #arena: Arena;
  readonly #words: Int32Array;
  readonly #skiplist: Skiplist;
  /** The rightmost node of each level (skiplist-writer/tails-rightmost). */
  readonly #tails: Int32Array = new Int32Array(LEVEL_MAX + 1);
  #keyCount = 0;
  #leafCount = 1;
  #isAscending = false;
  /** The largest depth of the rightmost nodes, and the head of the highest key there; stale while `#isTailStale`. */
  #tailDepth = 0;
  #highestHi = 0;
  #highestLo = 0;
  #isTailStale = true;
  /** The key of the last `isAboveAll`: its head, if it shares `#tailDepth` bytes with the highest key. */
  #probeHi = 0;
  #probeLo = 0;
  /** How many bytes that key shares with the highest one, at least. */
  #sharedLength = 0;

  /** Makes an empty skiplist in a fresh arena. */
  constructor(arena: Arena, skiplist: Skiplist) {
    this.#arena = arena;
    this.#words = arena.words;
    this.#skiplist = skiplist;
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
    const highest = this.#words[HIGHEST_WORD]!; // a header word
    if (highest === 0) return true;
    if (this.#isTailStale) this.#reviewTails(highest);
    const { bytes } = this.#arena;
    const highestStart = keyStartOf(highest);
    const depth = this.#tailDepth;
    let shared = 0;
    // Past the end of the key is no byte, so a key that ends here differs.
    while (shared < depth && key[start + shared] === bytes[highestStart + shared]) shared++;
    if (shared < depth || start + shared > end) return this.#isAboveHighest(key, start, end);
    this.#sharedLength = depth;
    const hi = inlineKey(key, start + depth, end);
    const lo = inlineKey(key, start + depth + 4, end);
    this.#probeHi = hi;
    this.#probeLo = lo;
    if (hi !== this.#highestHi) return hi > this.#highestHi;
    if (lo !== this.#highestLo) return lo > this.#highestLo;
    return compareBehind(this.#arena, highest, key, start, end, depth) > 0;
  }

  /** The same for a key that shares less with the highest key. It may lower the depth of the rightmost nodes. */
  #isAboveHighest(key: Uint8Array, start: number, end: number): boolean {
    const highest = this.#words[HIGHEST_WORD]!; // a header word
    this.#sharedLength = sharedWithNode(this.#arena, highest, key, start, end);
    return compareBehind(this.#arena, highest, key, start, end, this.#sharedLength) > 0;
  }

  #reviewTails(highest: number): void {
    const words = this.#words; // levels have tails
    let depth = 0;
    for (let level = 0; level <= words[TOP_LEVEL_WORD]!; level++) {
      depth = Math.max(depth, words[this.#tails[level]! + DEPTH]!);
    }
    const start = keyStartOf(highest) + depth;
    const end = keyStartOf(highest) + words[highest + KEY_LENGTH]!; // a key node
    this.#tailDepth = depth;
    this.#highestHi = inlineKey(this.#arena.bytes, start, end);
    this.#highestLo = inlineKey(this.#arena.bytes, start + 4, end);
    this.#isTailStale = false;
  }

  /** Adds the key node of the key for which `isAboveAll` was just true. */
  append(node: number): void {
    const words = this.#words; // header words exist, and there is a tail
    if (this.#keyCount === 0) words[LOWEST_WORD] = node;
    if (this.#sharedLength < this.#tailDepth) this.#shareHighest();
    this.#highestHi = this.#probeHi;
    this.#highestLo = this.#probeLo;
    words[HIGHEST_WORD] = node; // skiplist-writer/fences-first
    const tail = this.#tails[0]!;
    const count = words[tail + COUNT]!; // a node
    if (count === NODE_ENTRY_COUNT_MAX) this.#pathAlongTails();
    this.#insertAt(tail, count, node);
  }

  #shareHighest(): void {
    for (let level = 0; level <= this.#words[TOP_LEVEL_WORD]!; level++) {
      this.#shareFence(this.#tails[level]!, this.#sharedLength); // levels have tails
    }
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

  /** Adds the key node of a key below all others. */
  #prepend(node: number, key: Uint8Array, start: number, end: number): void {
    const words = this.#words; // header words exist
    const shared = sharedWithNode(this.#arena, words[LOWEST_WORD]!, key, start, end);
    const topLevel = words[TOP_LEVEL_WORD]!;
    for (let level = 0; level <= topLevel; level++) {
      const head = words[HEAD_WORDS + level]!;
      this.#shareFence(head, shared);
      this.#skiplist.pathNodes[level] = head;
      this.#skiplist.pathIndexes[level] = 1;
    }
    words[LOWEST_WORD] = node; // skiplist-writer/fences-first
    this.#insertAt(this.#skiplist.firstLeaf, 0, node);
  }

  /** Readies an outermost node for a new fence, which shares so many bytes with the old one. */
  #shareFence(node: number, shared: number): void {
    const words = this.#words; // node is a node
    if (words[node + DEPTH]! <= shared) return;
    this.#isTailStale = true; // the node may be the leftmost and the rightmost of its level
    Atomics.add(words, node + VERSION, 1);
    setDepth(this.#arena, node, shared);
    Atomics.add(words, node + VERSION, 1);
  }

  /** Takes over the loader's skiplist: its rightmost nodes (skiplist-writer/tails-rightmost) and counts. */
  adopt(tails: Int32Array, keyCount: number, leafCount: number): void {
    assert(
      this.#keyCount === 0,
      'keys loaded into a skiplist that has some (skiplist-loader/nothing-between)',
    );
    this.#tails.set(tails);
    this.#isTailStale = true;
    this.#keyCount = keyCount;
    this.#leafCount = leafCount;
  }

  /** Adds the key node of `key[start, end)`, a new key. */
  insert(node: number, key: Uint8Array, start: number, end: number): void {
    this.#isAscending = this.isAboveAll(key, start, end);
    if (this.#isAscending) {
      this.append(node);
      return;
    }
    const lowest = this.#words[LOWEST_WORD]!; // a header word; there is a key, which is not below this one
    if (compareWithNode(this.#arena, lowest, key, start, end) < 0) {
      this.#prepend(node, key, start, end);
      return;
    }
    const leaf = this.#skiplist.searchInside(key, start, end);
    const { index } = this.#skiplist;
    if (INVARIANTS) this.#checkAbsent(leaf, index, key, start, end);
    this.#insertAt(leaf, index, node);
  }

  #insertAt(leaf: number, index: number, node: number): void {
    this.#insertEntry(0, leaf, index, node, 0);
    this.#keyCount++;
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
  #insertEntry(level: number, node: number, index: number, rec: number, child: number): void {
    if (this.#words[node + COUNT] === NODE_ENTRY_COUNT_MAX) {
      const isAppending = index === NODE_ENTRY_COUNT_MAX && this.#tails[level] === node;
      const at = isAppending ? SPLIT_APPENDING : SPLIT_MIDDLE;
      const right = this.#split(level, node, at);
      this.#promote(level + 1, right);
      if (index > at) {
        node = right;
        index -= at;
      }
    }
    this.#put(level, node, index, rec, child);
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
    words[right + HIGH_REC] = words[node + HIGH_REC]!;
    words[right + DEPTH] = words[node + DEPTH]!;
    deepen(this.#arena, level, right);
    Atomics.add(words, node + VERSION, 1);
    words[node + NEXT] = right;
    words[node + HIGH_REC] = words[right + REC]!;
    words[node + COUNT] = at;
    deepen(this.#arena, level, node);
    Atomics.add(words, node + VERSION, 1);
    if (this.#tails[level] === node) {
      this.#tails[level] = right;
      this.#isTailStale = true;
    }
    if (level === 0) this.#leafCount++;
    return right;
  }

  /** Adds an entry for a new node to the level above it. A node without one costs later searches a cold cache line. */
  #promote(level: number, child: number): void {
    assert(level <= LEVEL_MAX, 'more levels than an arena can hold (skiplist-writer/half-full)');
    const words = this.#words;
    if (level > words[TOP_LEVEL_WORD]!) this.#addLevel(level);
    const node = this.#skiplist.pathNodes[level]!; // level <= LEVEL_MAX
    const index = this.#skiplist.pathIndexes[level]!;
    // The first entry behind -inf: no head depends on the depth so far.
    if (words[node + COUNT] === 1) {
      words[node + DEPTH] = depthOfFences(this.#arena, level, node);
      this.#isTailStale = true;
    }
    this.#insertEntry(level, node, index, words[child + REC]!, child); // a node that was split off has entries
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

  #put(level: number, node: number, index: number, rec: number, child: number): void {
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
    words[node + REC + index] = rec;
    writeHead(this.#arena, node, index);
    if (level > 0) words[node + CHILD + index] = child;
    Atomics.store(words, node + COUNT, count + 1);
    if (!isAppending) Atomics.add(words, node + VERSION, 1);
  }
}

/** Moves `words[start, end)` up by one. */
function moveUp(words: Int32Array, start: number, end: number): void {
  for (let i = end; i > start; i--) words[i] = words[i - 1]!; // i > start >= 0
}
