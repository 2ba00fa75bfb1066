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
 *   hash-index/run-above: a key without a slot is at or above the key of RUN_WORD's node. Those are the keys of ascending
 *       runs; the memtable finds them in the skiplist. For example, after puts of 1 to 9 the word names 2, and 5 has no
 *       slot: the lookup of 5 misses here and goes on there. The lookup of 0 ends here, since 0 is below 2.
 *
 * Why a run waits: a slot is a cache miss, and in new memory a page fault, a sixth of the time of an ascending put. An
 * ascending run that is flushed before a lookup comes needs no slots.
 *
 * Suspension: everything here is synchronous.
 */
import { HEADER_LENGTH, SLOT_COUNT_WORD, type Arena } from './arena.ts';
import { isKeyOfNode } from './key-node.ts';

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

export class HashIndex {
  readonly #arena: Arena;
  readonly #words: Int32Array;
  readonly #mask: number;
  /** Which bits of a slot are the key node; the others are the hash's. */
  readonly #nodeMask: number;
  /** Where the last `find` that returned 0 stopped. */
  #emptySlot = 0;
  /** Means nothing: it keeps the load of `warm` alive. */
  warmth = 0;

  constructor(arena: Arena) {
    this.#arena = arena;
    this.#words = arena.words;
    this.#mask = arena.words[SLOT_COUNT_WORD]! - 1; // a header word
    this.#nodeMask = 2 ** Math.ceil(Math.log2(arena.words.length)) - 1;
  }

  /** The key node of `key[start, end)`, or 0 when it has no slot. */
  find(hash: number, key: Uint8Array, start: number, end: number): number {
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

  /** Gives a key node that is in the skiplist its slot, unless it has one. */
  ensure(hash: number, node: number): void {
    const words = this.#words;
    const filled = (hash & ~this.#nodeMask) | node;
    let at = HEADER_LENGTH + (hash & this.#mask);
    while (words[at] !== 0) {
      if (words[at] === filled) return;
      at = HEADER_LENGTH + ((at + 1 - HEADER_LENGTH) & this.#mask);
    }
    Atomics.store(words, at, filled);
  }
}
