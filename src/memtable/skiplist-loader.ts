/**
 * Building the skiplist of a whole memtable at once.
 *
 * Owns: the key nodes that have no order yet, the choice of a common prefix for all of them, and the nodes for them.
 * Replay fills a memtable that no scan reads meanwhile. To sort its keys and to write the nodes from left to right
 * costs a tenth of searching a place for each.
 *
 * The nodes are those that ascending inserts leave: 62 entries each, and the remainder, up to 64, in the last node of a
 * level. Every node has its entry in the level above, so the top level has a single node. A full leaf is scanned
 * fastest and takes the least memory, and most loaded memtables are flushed as they are. A memtable that takes more
 * writes splits leaves early, as after ascending inserts.
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
import { sharedPrefixLength } from '../bytes/bytes.ts';
import {
  HEAD_WORDS,
  LEVEL_MAX,
  PREFIX_NODE_WORD,
  SLOT_COUNT_WORD,
  TOP_LEVEL_WORD,
  type Arena,
} from './arena.ts';
import { keyCountMaxFor } from './hash-index.ts';
import { keyOfNode } from './key-node.ts';
import {
  ENTRY_HI,
  ENTRY_LENGTH,
  ENTRY_LO,
  ENTRY_NODE,
  KeySorter,
  compareNodes,
} from './key-sorter.ts';
import {
  PREFIX_KEY_COUNT,
  PREFIX_RANK_LOWER,
  PREFIX_RANK_UPPER,
  SPLIT_APPENDING,
  type SkiplistWriter,
  allocateNode,
  isPrefixRare,
  prefixLengthFor,
  writePrefix,
} from './skiplist-writer.ts';
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
} from './skiplist.ts';

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
  #outsideCount = 0;
  /** True while `insert` computes hi and lo of each key. False once the prefix proves rare. */
  #isProbing = true;
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
    if (this.#isProbing) this.#probeAdded(at, key, start, end);
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
    if (!this.#isProbing) yield* this.#probeAgain();
    const { prefixLength } = this.#skiplist;
    const sorter = new KeySorter(this.#arena, this.#entries, this.#count, prefixLength);
    yield* sorter.sort();
    const leafCount = yield* this.#writeLeaves(sorter.order);
    this.#writeIndex(leafCount);
    this.#writer.adopt(this.#tails, this.#count, leafCount, this.#outsideCount);
  }

  /** Computes the inline bytes of the key just added. Later they would cost another cache miss. */
  #probeAdded(at: number, key: Uint8Array, start: number, end: number): void {
    const skiplist = this.#skiplist;
    if (this.#count === PREFIX_KEY_COUNT) {
      this.#choosePrefix();
      this.#probe(0, this.#count);
    } else {
      skiplist.setProbe(key, start, end);
      this.#entries[at + ENTRY_HI] = skiplist.probeHi;
      this.#entries[at + ENTRY_LO] = skiplist.probeLo;
      if (skiplist.isProbeOutside) this.#outsideCount++;
    }
    this.#isProbing = !isPrefixRare(this.#outsideCount, this.#count);
  }

  /** Chooses the prefix again, from all keys, because the first keys have another. Computes all inline bytes. */
  *#probeAgain(): Generator<undefined, void> {
    this.#choosePrefix();
    yield* this.#probeAll();
    if (!isPrefixRare(this.#outsideCount, this.#count)) return;
    yield* this.#shortenPrefix();
    yield* this.#probeAll();
  }

  *#probeAll(): Generator<undefined, void> {
    this.#outsideCount = 0;
    for (let at = 0; at < this.#count; at += SLICE_KEY_COUNT) {
      this.#probe(at, Math.min(this.#count, at + SLICE_KEY_COUNT));
      yield;
    }
  }

  #probe(start: number, end: number): void {
    const entries = this.#entries;
    const skiplist = this.#skiplist;
    for (let at = start * ENTRY_LENGTH; at < end * ENTRY_LENGTH; at += ENTRY_LENGTH) {
      skiplist.setProbeOf(entries[at + ENTRY_NODE]!); // at is below the entries' end
      entries[at + ENTRY_HI] = skiplist.probeHi;
      entries[at + ENTRY_LO] = skiplist.probeLo;
      if (skiplist.isProbeOutside) this.#outsideCount++;
    }
  }

  /** Chooses the bytes that the middle 7/8 of a sample share. Likely 7/8 of all keys share them. */
  #choosePrefix(): void {
    const sample = Array.from({ length: PREFIX_KEY_COUNT }, (_, i) =>
      this.#nodeOf(Math.floor((i * this.#count) / PREFIX_KEY_COUNT)),
    );
    sample.sort((a, b) => compareNodes(this.#arena, a, b));
    const lower = sample[PREFIX_RANK_LOWER]!; // ranks are within the sample
    const upper = sample[PREFIX_RANK_UPPER]!;
    const length = prefixLengthFor(this.#arena, lower, upper);
    writePrefix(this.#arena, this.#skiplist, lower, length);
  }

  #nodeOf(index: number): number {
    return this.#entries[index * ENTRY_LENGTH + ENTRY_NODE]!; // index is below count
  }

  /** Shortens the prefix to the bytes that all keys share. */
  *#shortenPrefix(): Generator<undefined, void> {
    const first = this.#words[PREFIX_NODE_WORD]!; // a header word
    const prefix = keyOfNode(this.#arena, first);
    let length = this.#skiplist.prefixLength;
    for (let i = 0; i < this.#count && length > 0; i++) {
      const key = keyOfNode(this.#arena, this.#nodeOf(i));
      length = Math.min(length, sharedPrefixLength(prefix, key));
      if (i % SLICE_KEY_COUNT === 0) yield;
    }
    writePrefix(this.#arena, this.#skiplist, first, length);
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
      const first = order[at]! * ENTRY_LENGTH; // the next leaf has entries
      const entries = this.#entries;
      this.#link(
        leaf,
        next,
        entries[first + ENTRY_HI]!,
        entries[first + ENTRY_LO]!,
        entries[first]!,
      );
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
        words[node + HI + entry] = isFirst ? 0 : words[child + HI]!;
        words[node + LO + entry] = isFirst ? 0 : words[child + LO]!;
        words[node + REC + entry] = isFirst ? 0 : words[child + REC]!;
        words[node + CHILD + entry] = child;
        child = words[child + NEXT]!;
      }
      words[node + COUNT] = count;
      rest -= count;
      if (i === nodeCount - 1) break;
      const next = allocateNode(this.#arena, level);
      this.#link(node, next, words[child + HI]!, words[child + LO]!, words[child + REC]!);
      node = next;
    }
    this.#tails[level] = node;
  }

  /** Makes `next` the right neighbour; hi, lo and rec are its first entry (skiplist/high-bounds). */
  #link(node: number, next: number, hi: number, lo: number, rec: number): void {
    const words = this.#words;
    words[node + NEXT] = next;
    words[node + HIGH_HI] = hi;
    words[node + HIGH_LO] = lo;
    words[node + HIGH_REC] = rec;
  }
}
