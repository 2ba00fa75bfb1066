/**
 * Point lookups in the memtable: from key to key node in about one cache miss, misses included.
 *
 * Owns: the hash slots of the arena.
 *
 * Layout: open addressing with linear probing, a word a slot, a power of two of slots. Bits of the hash fill what a word
 * offset of this arena leaves of the word, 8 bits in one of 64 MiB and 2 in the largest:
 *
 *      | high bits of the hash | key node |      key node 0: the slot is empty
 *
 * Invariants:
 *   X1. A slot is filled once and never emptied, so a probe may stop at the first empty one.
 *   X2. At most 7/8 of the slots are used: every probe ends.
 *   X3. A slot is stored with Atomics.store: whoever sees it sees the bytes of its key node.
 *   X4. What `append` was given waits for its slot, in the order of the keys. Each `find` gives slots to some, from the
 *       lowest on: a key at or above that of `firstWaiting` may be in the skiplist alone.
 *
 * Why wait: a slot is a cache miss, and in new memory a page fault. An ascending run that is flushed before anybody
 * looks for its keys, as a bulk load is, has no use for slots.
 *
 * Suspension: everything here is synchronous.
 */
import { HEADER_LENGTH, SLOT_COUNT_WORD, WAITING_NODE_WORD, type Arena } from './arena.ts';
import { KEY_HASH, isKeyOfNode } from './key-node.ts';

/** An entry takes some 64 bytes or more, so slots and records fill up at about the same time. */
const CAPACITY_BYTES_PER_SLOT = 64;

/** The power of two nearest to one slot per 64 bytes. */
export function slotCountFor(capacityBytes: number): number {
  return 2 ** Math.round(Math.log2(capacityBytes / CAPACITY_BYTES_PER_SLOT));
}

/** How many keys `slotCount` slots take (X2). */
export function keyCountMaxFor(slotCount: number): number {
  return Math.floor((slotCount * 7) / 8);
}

/** How many keys a `find` gives their slots: their cache misses overlap, and take some microseconds. */
const SETTLE_COUNT = 64;
const WAITING_COUNT_FIRST = 256;

export class HashIndex {
  readonly #arena: Arena;
  readonly #words: Int32Array;
  readonly #mask: number;
  /** Which bits of a slot are the key node; the others are the hash's. */
  readonly #nodeMask: number;
  /** Where the last `find` that returned 0 stopped. */
  #emptySlot = 0;
  /** X4: the key node with the lowest key that waits, or 0. */
  firstWaiting: number;
  /** Key nodes in the order of their keys; those before `#waitingStart` have their slots. */
  #waiting: Int32Array = new Int32Array(WAITING_COUNT_FIRST);
  #waitingStart = 0;
  #waitingEnd = 0;
  /** Means nothing: it keeps the load of `warm` alive. */
  warmth = 0;

  constructor(arena: Arena) {
    this.#arena = arena;
    this.#words = arena.words;
    this.#mask = arena.words[SLOT_COUNT_WORD]! - 1; // header words
    this.#nodeMask = 2 ** Math.ceil(Math.log2(arena.words.length)) - 1;
    this.firstWaiting = arena.words[WAITING_NODE_WORD]!;
  }

  /** The key node of `key[start, end)`, or 0 when it has no slot (X4). */
  find(hash: number, key: Uint8Array, start: number, end: number): number {
    if (this.#waitingEnd > 0) this.#settle();
    const words = this.#words;
    const mask = this.#mask;
    const nodeMask = this.#nodeMask;
    let index = hash & mask;
    while (true) {
      const slot = words[HEADER_LENGTH + index]!; // index is masked
      if (slot === 0) {
        this.#emptySlot = HEADER_LENGTH + index;
        return 0;
      }
      if (((slot ^ hash) & ~nodeMask) === 0) {
        const node = slot & nodeMask;
        if (isKeyOfNode(this.#arena, node, key, start, end)) return node;
      }
      index = (index + 1) & mask;
    }
  }

  /** Touches the first slot for a hash. */
  warm(hash: number): void {
    this.warmth = this.#words[HEADER_LENGTH + (hash & this.#mask)]!; // index is masked
  }

  /** Publishes a key node for the key that the `find` just before did not find (X3). */
  insert(hash: number, node: number): void {
    Atomics.store(this.#words, this.#emptySlot, (hash & ~this.#nodeMask) | node);
  }

  /** Takes a key node whose key is above all others; it waits for its slot (X4). */
  append(node: number): void {
    if (this.#waitingEnd === this.#waiting.length) this.#grow();
    if (this.#waitingEnd === 0) this.firstWaiting = node;
    this.#waiting[this.#waitingEnd++] = node;
  }

  /** Gives the lowest keys that wait their slots. */
  #settle(): void {
    const waiting = this.#waiting;
    const words = this.#words;
    const start = this.#waitingStart;
    const end = Math.min(this.#waitingEnd, start + SETTLE_COUNT);
    for (let i = start; i < end; i++) this.warm(words[waiting[i]! + KEY_HASH]!); // key nodes are in the arena
    for (let i = start; i < end; i++) this.#fill(waiting[i]!); // i < #waitingEnd
    this.#waitingStart = end;
    if (end < this.#waitingEnd) {
      this.firstWaiting = waiting[end]!; // end < #waitingEnd
    } else {
      this.#waitingStart = this.#waitingEnd = this.firstWaiting = 0;
      if (waiting.length > WAITING_COUNT_FIRST) this.#waiting = new Int32Array(WAITING_COUNT_FIRST);
    }
  }

  #fill(node: number): void {
    const words = this.#words;
    const hash = words[node + KEY_HASH]!; // node is in the arena
    let index = hash & this.#mask;
    while (words[HEADER_LENGTH + index] !== 0) index = (index + 1) & this.#mask;
    this.#emptySlot = HEADER_LENGTH + index;
    this.insert(hash, node);
  }

  #grow(): void {
    const grown = new Int32Array(2 * this.#waiting.length);
    grown.set(this.#waiting);
    this.#waiting = grown;
  }
}
