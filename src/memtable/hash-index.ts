/**
 * Point lookups in the memtable: from key to key node in about one cache miss, also for an absent key.
 *
 * Owns: the hash slots of the arena.
 *
 * Layout: open addressing with linear probing, one word a slot, a power of two of slots. The low bits of a slot hold a
 * word offset of this arena, and the rest holds bits of the hash. An arena of 64 MiB leaves 8 bits, the largest 2.
 *
 *      | high bits of the hash | key node |      key node 0: the slot is empty
 *
 * Invariants:
 *   hash-index/never-emptied: a slot is filled once and never emptied. So a probe may stop at the first empty slot.
 *       Example: keys a and b share a first slot, and b lies in the next one. The probe for b passes a, and finds b.
 *   hash-index/probes-end: at most 7/8 of the slots are used. So every probe meets its key or an empty slot.
 *   hash-index/bytes-first: the writer stores a slot with Atomics.store, after the key node's bytes. So a reader that
 *       sees the slot sees the bytes.
 *   hash-index/run-above: a key without a slot is at or above the key of RUN_WORD's node. Those are the keys of
 *       ascending runs, and the memtable finds them in the skiplist. Example: after puts of 1 to 9 the word names 2,
 *       and 5 has no slot. The lookup of 5 misses here and goes on in the skiplist. The lookup of 0 ends here: 0 is
 *       below 2.
 *
 * A run waits for its slots because a slot costs a cache miss, and a page fault in new memory. That is a sixth of the
 * time of an ascending put. An ascending run that is flushed before a lookup comes needs no slots.
 *
 * Suspension: everything here is synchronous.
 */
import { HEADER_LENGTH, SLOT_COUNT_WORD, type Arena } from './arena.ts';
import { isKeyOfNode } from './key-node.ts';

/** An entry takes about 64 bytes or more, so slots and records fill up at about the same time. */
const CAPACITY_BYTES_PER_SLOT = 64;

/** The power of two nearest to one slot per 64 bytes. */
export function slotCountFor(capacityBytes: number): number {
  return 2 ** Math.round(Math.log2(capacityBytes / CAPACITY_BYTES_PER_SLOT));
}

/** How many keys `slotCount` slots may hold (hash-index/probes-end). */
export function keyCountMaxFor(slotCount: number): number {
  return Math.floor((slotCount * 7) / 8);
}

export class HashIndex {
  readonly #arena: Arena;
  readonly #words: Int32Array;
  readonly #mask: number;
  /** The bits of a slot that hold the key node. The others hold bits of the hash. */
  readonly #nodeMask: number;
  /** The empty slot at which the last `find` that returned 0 stopped. */
  #emptySlot = 0;
  /** A sink: it keeps the compiler from dropping the load in `warm`. */
  warmth = 0;

  constructor(arena: Arena) {
    this.#arena = arena;
    this.#words = arena.words;
    this.#mask = arena.words[SLOT_COUNT_WORD]! - 1; // a header word
    this.#nodeMask = 2 ** Math.ceil(Math.log2(arena.words.length)) - 1;
  }

  /** The key node of `key[start, end)`, or 0 for a key without a slot. */
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

  /** Loads the first slot for a hash into the cache. */
  warm(hash: number): void {
    this.warmth = this.#words[HEADER_LENGTH + (hash & this.#mask)]!; // index is masked
  }

  /** Publishes a key node in the slot at which the `find` just before stopped (hash-index/bytes-first). */
  insert(hash: number, node: number): void {
    Atomics.store(this.#words, this.#emptySlot, (hash & ~this.#nodeMask) | node);
  }

  /** Gives a key node of the skiplist its slot, unless it has one. */
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
