/**
 * Where the keys of one table lie: a hash index from a key to its entry.
 *
 * Owns: slots in buckets of four, each the place of one key. A read that finds its key here needs neither the filter, nor
 * a search of the index, nor one within the block. With a million keys in memory those cost more than half of a read.
 *
 *      slot    | bits of the hash | number of the block + 1 | number of the entry in the block |      0: free
 *
 * A table gets its places when reads have found so many of its keys, and most of its blocks are in memory; reads fill them
 * in. They count as bytes of the block cache (block-cache/keys-within). A key whose bucket is full has no place and is
 * searched.
 *
 * Invariants:
 *   key-places/newest: a place is that of the newest entry of its key in the table.
 *   key-places/believed-when-equal: keys that share a hash share a place, so the reader compares the whole key.
 *
 * Suspension: every method is synchronous.
 */

/** Four slots lie in one cache line. */
const BUCKET_LENGTH = 4;
/** With so many keys a bucket, one in twenty finds its bucket full. */
const KEYS_PER_BUCKET = 2.5;
/** Fewer bits of the hash would name too many blocks in vain. */
const HASH_BITS_MIN = 4;
const SLOT_SIZE_BYTES = 4;

/** The answer of `find` for a key without a place. */
export const NO_PLACE = 0;

export class KeyPlaces {
  readonly #slots: Int32Array;
  readonly #bucketCount: number;
  readonly #entryBits: number;
  readonly #placeBits: number;

  /** Of a table that `sizeOf` has a size for. */
  constructor(keyCount: number, blockCount: number) {
    this.#bucketCount = bucketCountFor(keyCount);
    this.#slots = new Int32Array(this.#bucketCount * BUCKET_LENGTH);
    this.#entryBits = entryBitsFor(keyCount, blockCount);
    this.#placeBits = this.#entryBits + bitLength(blockCount);
  }

  /** Bytes of the places of a table with so many keys and blocks; undefined when a slot cannot name all of its blocks. */
  static sizeOf(keyCount: number, blockCount: number): number | undefined {
    const placeBits = entryBitsFor(keyCount, blockCount) + bitLength(blockCount);
    if (placeBits > 32 - HASH_BITS_MIN) return undefined;
    return bucketCountFor(keyCount) * BUCKET_LENGTH * SLOT_SIZE_BYTES;
  }

  get sizeBytes(): number {
    return this.#slots.byteLength;
  }

  /** The place of a key with this hash, or NO_PLACE. */
  find(hash: number): number {
    const slots = this.#slots;
    const placeBits = this.#placeBits;
    const hashBits = hash << placeBits;
    const start = this.#bucketOf(hash);
    for (let at = start; at < start + BUCKET_LENGTH; at++) {
      const slot = slots[at]!; // buckets are whole
      if (slot === 0) return NO_PLACE;
      if ((slot ^ hashBits) >>> placeBits === 0) return slot & ((1 << placeBits) - 1);
    }
    return NO_PLACE;
  }

  blockOf(place: number): number {
    return (place >>> this.#entryBits) - 1;
  }

  entryOf(place: number): number {
    return place & ((1 << this.#entryBits) - 1);
  }

  /** Takes in the place of a key that has none, if there is room (key-places/newest). */
  add(hash: number, blockIndex: number, entryIndex: number): void {
    if (entryIndex >= 1 << this.#entryBits) return;
    const slots = this.#slots;
    const start = this.#bucketOf(hash);
    for (let at = start; at < start + BUCKET_LENGTH; at++) {
      if (slots[at] !== 0) continue;
      const place = ((blockIndex + 1) << this.#entryBits) | entryIndex;
      slots[at] = (hash << this.#placeBits) | place;
      return;
    }
  }

  /** Other bits of the hash choose the bucket than stand in the slot: the highest. */
  #bucketOf(hash: number): number {
    return Math.floor((hash >>> 0) * this.#bucketCount * 2 ** -32) * BUCKET_LENGTH;
  }
}

function bucketCountFor(keyCount: number): number {
  return Math.ceil(keyCount / KEYS_PER_BUCKET);
}

/** Enough for blocks of twice as many entries as they have in the mean. */
function entryBitsFor(keyCount: number, blockCount: number): number {
  return bitLength(Math.ceil(keyCount / blockCount) * 2);
}

function bitLength(value: number): number {
  return 32 - Math.clz32(value);
}
