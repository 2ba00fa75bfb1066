/**
 * Building the skiplist of a whole memtable at once.
 *
 * Owns: the key nodes that have no order yet, and the nodes for them.
 * Replay fills a memtable that no scan reads meanwhile. To sort its keys and to write the nodes from left to right
 * costs a tenth of searching a place for each.
 *
 * The nodes are those that ascending inserts leave: 62 entries each, and the remainder, up to 64, in the last node of a
 * level. Every node has its entry in the level above, so the top level has a single node. A full leaf is scanned
 * fastest and takes the least memory, and most loaded memtables are flushed as they are. A memtable that takes more
 * writes splits leaves early, as after ascending inserts.
 *
 * Heads are computed as keys come, because later they would cost another cache miss: at a depth that all of the first 64
 * keys share, and again where a later key shares less. All leaves have this one depth. A leaf that takes another key
 * splits, and gets a depth of its own then (node-heads.ts). The index nodes have theirs from the start.
 *
 * Invariants:
 *   skiplist-loader/exact-length: the build allocates exactly `loadedLength` of the keys, which `fits` counted
 *       (memtable/certain-room). Example: 65 keys take one leaf beside the first, and no further index node.
 *   skiplist-loader/as-inserted: the built skiplist keeps every invariant of skiplist.ts and skiplist-writer.ts, for
 *       searches and for later inserts. Up to 64 keys lie in one leaf.
 *   skiplist-loader/nothing-between: no key is added after the first `step`, and no search reads the skiplist before
 *       the last.
 *
 * Suspension: everything here is synchronous. `step` takes some milliseconds; its caller may await between two.
 */
import { INVARIANTS, assert } from '../base/assert.ts';
import { inlineKey } from '../bytes/inline-key.ts';
import {
  HEAD_WORDS,
  HIGHEST_WORD,
  LEVEL_MAX,
  LOWEST_WORD,
  SLOT_COUNT_WORD,
  TOP_LEVEL_WORD,
  type Arena,
} from './arena.ts';
import { keyCountMaxFor } from './hash-index.ts';
import { KEY_LENGTH, keyStartOf, sharedWithNode } from './key-node.ts';
import {
  ENTRY_HI,
  ENTRY_LENGTH,
  ENTRY_LO,
  ENTRY_NODE,
  KeySorter,
  compareNodes,
} from './key-sorter.ts';
import { depthOfFences, setDepth } from './node-heads.ts';
import { SPLIT_APPENDING, type SkiplistWriter, allocateNode } from './skiplist-writer.ts';
import {
  CHILD,
  COUNT,
  DEPTH,
  HEAD_SIZE_BYTES,
  HI,
  HIGH_REC,
  INDEX_NODE_LENGTH,
  LEAF_LENGTH,
  LO,
  NEXT,
  NODE_ENTRY_COUNT_MAX,
  REC,
  type Skiplist,
} from './skiplist.ts';

/** Heads are computed from this key on. The depth is what all keys before share, less the bytes of a head. */
const FIRST_HEADS_COUNT: number = NODE_ENTRY_COUNT_MAX;

/** Leaves written, and keys compared, between two yields. */
const SLICE_LEAF_COUNT = 2048;
const SLICE_KEY_COUNT = 32 * 1024;

/** How many nodes the loader gives to a level of so many entries. */
function nodeCountFor(entryCount: number): number {
  if (entryCount <= NODE_ENTRY_COUNT_MAX) return 1;
  return Math.ceil((entryCount - NODE_ENTRY_COUNT_MAX) / SPLIT_APPENDING) + 1;
}

/** Words of the nodes for `keyCount` keys, beside those of an empty skiplist (skiplist-loader/exact-length). */
export function loadedLength(keyCount: number): number {
  let nodeCount = nodeCountFor(keyCount);
  let length = (nodeCount - 1) * LEAF_LENGTH - INDEX_NODE_LENGTH; // the empty skiplist has level 1
  do {
    nodeCount = nodeCountFor(nodeCount);
    length += nodeCount * INDEX_NODE_LENGTH;
  } while (nodeCount > 1);
  return length;
}

export class SkiplistLoader {
  readonly #arena: Arena;
  readonly #words: Int32Array;
  readonly #skiplist: Skiplist;
  readonly #writer: SkiplistWriter;
  readonly #tails = new Int32Array(LEVEL_MAX + 1);
  /**
   * The entries, in the order of the keys' first writes (key-sorter.ts). The array has room for all keys of the
   * memtable: pages without a write take no memory, and copies into a larger array would.
   */
  readonly #entries: Int32Array;
  #count = 0;
  /** The place of the heads: at most as many bytes as all keys share. */
  #depth = 0;
  /** Bytes of the longest of the first keys. */
  #firstLengthMax = 0;
  /** True when the heads so far, behind the first keys, are those at `#depth`. */
  #hasHeads = true;
  /** The rest of the build, from the first `step` on. */
  #steps: Generator<undefined, void> | undefined = undefined;

  /** `writer` made the empty skiplist, and takes over the whole one after the build. */
  constructor(arena: Arena, skiplist: Skiplist, writer: SkiplistWriter) {
    this.#arena = arena;
    this.#words = arena.words;
    this.#skiplist = skiplist;
    this.#writer = writer;
    const keyCountMax = keyCountMaxFor(arena.words[SLOT_COUNT_WORD]!); // a header word
    this.#entries = new Int32Array(keyCountMax * ENTRY_LENGTH);
  }

  /** Adds the key node of `key[start, end)`, a new key. */
  insert(node: number, key: Uint8Array, start: number, end: number): void {
    assert(
      this.#steps === undefined,
      'write to a memtable that is being ordered (skiplist-loader/nothing-between)',
    );
    // At most a quarter of the slot pages was written so far. Likely many more keys follow, and reach most pages.
    if (this.#count === this.#arena.slotPageCount >>> 2) this.#arena.touchSlots();
    const at = this.#count * ENTRY_LENGTH;
    this.#entries[at + ENTRY_NODE] = node;
    this.#count++;
    const shared = this.#count === 1 ? end - start : this.#sharedWithFirst(key, start, end);
    if (this.#count <= FIRST_HEADS_COUNT) {
      this.#depth = this.#count === 1 ? shared : Math.min(this.#depth, shared);
      this.#firstLengthMax = Math.max(this.#firstLengthMax, end - start);
      if (this.#count === FIRST_HEADS_COUNT) this.#beginHeads();
      return;
    }
    if (shared < this.#depth) {
      this.#depth = shared;
      this.#hasHeads = false;
    }
    if (!this.#hasHeads) return;
    this.#entries[at + ENTRY_HI] = inlineKey(key, start + this.#depth, end);
    this.#entries[at + ENTRY_LO] = inlineKey(key, start + this.#depth + 4, end);
  }

  #sharedWithFirst(key: Uint8Array, start: number, end: number): number {
    const limit = start + this.#depth < end ? start + this.#depth : end; // further bytes do not matter
    return sharedWithNode(this.#arena, this.#entries[ENTRY_NODE]!, key, start, limit);
  }

  /** Settles the depth. Leaves the last bytes of the keys to the heads, so that a counter does not outgrow the depth. */
  #beginHeads(): void {
    this.#depth = Math.max(0, Math.min(this.#depth, this.#firstLengthMax - HEAD_SIZE_BYTES));
    this.#writeHeads(0, this.#count);
  }

  /** True when `room` words hold the nodes of all keys and of `insertCount` more (skiplist-loader/exact-length). */
  fits(insertCount: number, room: number): boolean {
    return loadedLength(this.#count + insertCount) <= room;
  }

  /** Builds for some milliseconds. False when the skiplist is whole and the writer has it. */
  step(): boolean {
    this.#steps ??= this.#build();
    return this.#steps.next().done !== true;
  }

  *#build(): Generator<undefined, void> {
    if (this.#count < FIRST_HEADS_COUNT) this.#beginHeads();
    else if (!this.#hasHeads) yield* this.#writeAllHeads();
    const sorter = new KeySorter(this.#arena, this.#entries, this.#count, this.#depth);
    yield* sorter.sort();
    this.#writeFences(sorter.order);
    const leafCount = yield* this.#writeLeaves(sorter.order);
    this.#writeIndex(leafCount);
    this.#writer.adopt(this.#tails, this.#count, leafCount);
  }

  *#writeAllHeads(): Generator<undefined, void> {
    for (let at = 0; at < this.#count; at += SLICE_KEY_COUNT) {
      this.#writeHeads(at, Math.min(this.#count, at + SLICE_KEY_COUNT));
      yield;
    }
  }

  #writeHeads(from: number, to: number): void {
    const entries = this.#entries;
    const { bytes } = this.#arena;
    for (let at = from * ENTRY_LENGTH; at < to * ENTRY_LENGTH; at += ENTRY_LENGTH) {
      const node = entries[at + ENTRY_NODE]!; // at is below the entries' end, and node is in the arena
      const start = keyStartOf(node);
      const end = start + this.#words[node + KEY_LENGTH]!;
      entries[at + ENTRY_HI] = inlineKey(bytes, start + this.#depth, end);
      entries[at + ENTRY_LO] = inlineKey(bytes, start + this.#depth + 4, end);
    }
  }

  #nodeOf(index: number): number {
    return this.#entries[index * ENTRY_LENGTH + ENTRY_NODE]!; // index is below count
  }

  /** Names the lowest and the highest key (skiplist/outer-fences). */
  #writeFences(order: Int32Array): void {
    if (this.#count === 0) return;
    this.#words[LOWEST_WORD] = this.#nodeOf(order[0]!); // there are keys
    this.#words[HIGHEST_WORD] = this.#nodeOf(order[this.#count - 1]!);
  }

  /** Writes level 0 and returns how many leaves it has. */
  *#writeLeaves(order: Int32Array): Generator<undefined, number> {
    const leafCount = nodeCountFor(this.#count);
    let leaf = this.#skiplist.firstLeaf;
    let at = 0;
    for (let i = 1; i < leafCount; i++) {
      this.#writeLeaf(leaf, order, at, SPLIT_APPENDING);
      at += SPLIT_APPENDING;
      const next = allocateNode(this.#arena, 0);
      this.#link(leaf, next, this.#nodeOf(order[at]!)); // the next leaf has entries
      leaf = next;
      if (i % SLICE_LEAF_COUNT === 0) yield;
    }
    this.#writeLeaf(leaf, order, at, this.#count - at);
    this.#tails[0] = leaf;
    return leafCount;
  }

  #writeLeaf(leaf: number, order: Int32Array, from: number, count: number): void {
    const words = this.#words;
    const entries = this.#entries;
    for (let i = 0; i < count; i++) {
      const entry = order[from + i]! * ENTRY_LENGTH; // from + i is below the number of keys
      words[leaf + HI + i] = entries[entry + ENTRY_HI]!;
      words[leaf + LO + i] = entries[entry + ENTRY_LO]!;
      words[leaf + REC + i] = entries[entry + ENTRY_NODE]!;
    }
    words[leaf + COUNT] = count;
    words[leaf + DEPTH] = this.#depth;
    if (INVARIANTS) this.#checkOrder(order, from, count);
  }

  #checkOrder(order: Int32Array, from: number, count: number): void {
    for (let i = Math.max(1, from); i < from + count; i++) {
      const [lower, upper] = [this.#nodeOf(order[i - 1]!), this.#nodeOf(order[i]!)]; // 0 < i < the number of keys
      assert(
        compareNodes(this.#arena, lower, upper) < 0,
        'keys are not in order (skiplist/keys-ascend)',
      );
    }
  }

  /** Writes level after level, until one has a single node. They take a sixtieth of the time of the leaves. */
  #writeIndex(leafCount: number): void {
    const words = this.#words;
    let level = 1;
    for (let entryCount = leafCount; ; level++) {
      assert(
        level <= LEVEL_MAX,
        'more levels than an arena can hold (skiplist-loader/exact-length)',
      );
      if (level > 1) words[HEAD_WORDS + level] = allocateNode(this.#arena, level);
      const nodeCount = nodeCountFor(entryCount);
      this.#writeLevel(level, nodeCount, entryCount);
      if (nodeCount === 1) break;
      entryCount = nodeCount;
    }
    words[TOP_LEVEL_WORD] = level;
  }

  /** Writes a level with an entry for each node of the level below. Its first node is already allocated. */
  #writeLevel(level: number, nodeCount: number, entryCount: number): void {
    const words = this.#words;
    let node = words[HEAD_WORDS + level]!; // level <= LEVEL_MAX, and child is a node for each entry
    let child = words[HEAD_WORDS + level - 1]!;
    for (let rest = entryCount, i = 0; i < nodeCount; i++) {
      const count = i === nodeCount - 1 ? rest : SPLIT_APPENDING;
      for (let entry = 0; entry < count; entry++) {
        const isFirst = i === 0 && entry === 0; // for -inf (skiplist/first-is-lowest)
        words[node + REC + entry] = isFirst ? 0 : words[child + REC]!;
        words[node + CHILD + entry] = child;
        child = words[child + NEXT]!;
      }
      words[node + COUNT] = count;
      rest -= count;
      const next = i === nodeCount - 1 ? 0 : allocateNode(this.#arena, level);
      if (next !== 0) this.#link(node, next, words[child + REC]!);
      if (this.#count > 0) setDepth(this.#arena, node, depthOfFences(this.#arena, level, node));
      if (next === 0) break;
      node = next;
    }
    this.#tails[level] = node;
  }

  /** Makes `next`, with the first key node `rec`, the right neighbour (skiplist/high-bounds). */
  #link(node: number, next: number, rec: number): void {
    this.#words[node + NEXT] = next;
    this.#words[node + HIGH_REC] = rec;
  }
}
