/**
 * Point lookups in the memtable: from key to key node in about one cache miss, misses included.
 *
 * Owns: the hash slots of the arena.
 *
 * Layout: open addressing with linear probing, two words a slot, a power of two of slots:
 *
 *      | hash | key node |      key node 0: the slot is empty
 *
 * Invariants:
 *   X1. A slot is filled once and never emptied, so a probe may stop at the first empty one.
 *   X2. At most 7/8 of the slots are used: every probe ends.
 *   X3. The hash is stored before the key node, and the key node with Atomics.store: whoever sees it sees its bytes.
 *   X4. What `append` was given may wait for its slot: not longer than until the next `find` or `settle`.
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

/** Appended keys that wait at most, so that the processor waits for their slots together: one costs some 150 ns alone. */
const WAITING_COUNT_MAX = 16;

export class HashIndex {
  readonly #arena: Arena;
  readonly #words: Int32Array;
  readonly #mask: number;
  /** Where the last `find` that returned 0 stopped. */
  #emptySlot = 0;
  /** X4: hashes and key nodes. */
  readonly #waitingHashes = new Int32Array(WAITING_COUNT_MAX);
  readonly #waitingNodes = new Int32Array(WAITING_COUNT_MAX);
  #waitingCount = 0;
  /** Means nothing: it keeps the load of `warm` alive. */
  warmth = 0;

  constructor(arena: Arena) {
    this.#arena = arena;
    this.#words = arena.words;
    this.#mask = arena.words[SLOT_COUNT_WORD]! - 1; // a header word
  }

  /** The key node of `key[start, end)`, or 0. */
  find(hash: number, key: Uint8Array, start: number, end: number): number {
    if (this.#waitingCount > 0) this.settle();
    const words = this.#words;
    const mask = this.#mask;
    let index = hash & mask;
    while (true) {
      const slot = HEADER_LENGTH + 2 * index;
      const node = words[slot + 1]!; // index is masked
      if (node === 0) {
        this.#emptySlot = slot;
        return 0;
      }
      if (words[slot] === hash && isKeyOfNode(this.#arena, node, key, start, end)) return node;
      index = (index + 1) & mask;
    }
  }

  /** Touches the first slot for a hash. */
  warm(hash: number): void {
    this.warmth = this.#words[HEADER_LENGTH + 2 * (hash & this.#mask) + 1]!; // index is masked
  }

  /** Publishes a key node for the key that the `find` just before did not find (X3). */
  insert(hash: number, node: number): void {
    this.#words[this.#emptySlot] = hash;
    Atomics.store(this.#words, this.#emptySlot + 1, node);
  }

  /** As `insert`, for a key that is known to be new without a `find` (X4). */
  append(hash: number, node: number): void {
    this.#waitingHashes[this.#waitingCount] = hash;
    this.#waitingNodes[this.#waitingCount] = node;
    this.#waitingCount++;
    if (this.#waitingCount === WAITING_COUNT_MAX) this.settle();
  }

  /** Gives every key that waits its slot. */
  settle(): void {
    const count = this.#waitingCount;
    const words = this.#words;
    const mask = this.#mask;
    for (let i = 0; i < count; i++) this.warm(this.#waitingHashes[i]!); // i < count
    for (let i = 0; i < count; i++) {
      const hash = this.#waitingHashes[i]!; // i < count
      let index = hash & mask;
      while (words[HEADER_LENGTH + 2 * index + 1] !== 0) index = (index + 1) & mask;
      this.#emptySlot = HEADER_LENGTH + 2 * index;
      this.insert(hash, this.#waitingNodes[i]!); // i < count
    }
    this.#waitingCount = 0;
  }
}
