/**
 * The block cache: decoded table blocks, bounded in bytes.
 *
 * Owns: which blocks stay in memory, and the counters that tell how well that works. Not how a block is found: each
 * table keeps an array of its blocks by number (`slots`), so a hit costs an array load and two stores, and no hash map.
 *
 * Replacement is CLOCK, as a list from the newest block to the oldest: a hit only marks its block; to make room, the
 * oldest block is taken out, or, when it was marked since it was last passed over, moved to the front unmarked.
 *
 * Invariants:
 *   B1. `sizeBytes` never exceeds `capacityBytes`. A block larger than the whole cache is not kept.
 *   B2. A block is in the list exactly when it is in its slot; taking it out clears the slot, so the owner of the slots
 *       needs no call back.
 *   B3. Taking a block out frees nothing that somebody still reads: blocks are plain objects, never recycled frames.
 *   B4. Room is made before a block joins the list. The newest block, unmarked, would otherwise be the first to go
 *       when all others are marked.
 *
 * Suspension: every method is synchronous.
 */
import { assert } from '../base/assert.ts';

/** What the cache needs of a block. The mutable fields are written only by the cache. */
export interface CachedBlock {
  /** What the block is charged for; constant. */
  readonly sizeBytes: number;
  /** The blocks of one table by number, and this block's number. */
  readonly slots: (CachedBlock | undefined)[];
  readonly slotIndex: number;
  isReferenced: boolean;
  isCached: boolean;
  newer: CachedBlock | undefined;
  older: CachedBlock | undefined;
}

export interface BlockCacheStatistics {
  readonly capacityBytes: number;
  readonly sizeBytes: number;
  readonly blockCount: number;
  readonly hitCount: number;
  /** Blocks that had to be read from a file, kept afterwards or not. */
  readonly missCount: number;
  readonly insertCount: number;
  /** Blocks that left to make room; those of a closed table are not counted. */
  readonly evictionCount: number;
}

export class BlockCache {
  readonly capacityBytes: number;
  #sizeBytes = 0;
  #blockCount = 0;
  #hitCount = 0;
  #missCount = 0;
  #insertCount = 0;
  #evictionCount = 0;
  #newest: CachedBlock | undefined = undefined;
  #oldest: CachedBlock | undefined = undefined;

  constructor(capacityBytes: number) {
    assert(capacityBytes >= 0, 'a cache has no negative size (B1)');
    this.capacityBytes = capacityBytes;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** A block was found in its slot. */
  recordHit(block: CachedBlock): void {
    block.isReferenced = true;
    this.#hitCount++;
  }

  /** A block was in no slot and is being read. */
  recordMiss(): void {
    this.#missCount++;
  }

  /** Puts the block in its slot, which must be empty, unless it is larger than the whole cache (B1). */
  insert(block: CachedBlock): void {
    assert(block.slots[block.slotIndex] === undefined, 'a slot holds one block (B2)');
    if (block.sizeBytes > this.capacityBytes) return;
    this.#makeRoom(block.sizeBytes); // B4
    block.slots[block.slotIndex] = block;
    block.isCached = true;
    block.isReferenced = false;
    this.#pushNewest(block);
    this.#sizeBytes += block.sizeBytes;
    this.#blockCount++;
    this.#insertCount++;
  }

  /** Takes out every block of one table. */
  evictFile(slots: readonly (CachedBlock | undefined)[]): void {
    for (const block of slots) if (block !== undefined) this.#remove(block);
  }

  statistics(): BlockCacheStatistics {
    return {
      capacityBytes: this.capacityBytes,
      sizeBytes: this.#sizeBytes,
      blockCount: this.#blockCount,
      hitCount: this.#hitCount,
      missCount: this.#missCount,
      insertCount: this.#insertCount,
      evictionCount: this.#evictionCount,
    };
  }

  /** Ends, since each pass over a marked block unmarks it. */
  #makeRoom(neededBytes: number): void {
    while (this.#sizeBytes + neededBytes > this.capacityBytes) {
      const block = this.#oldest;
      assert(block !== undefined, 'an empty cache has room for what fits it (B1)');
      if (block.isReferenced) {
        block.isReferenced = false;
        this.#unlink(block);
        this.#pushNewest(block);
      } else {
        this.#remove(block);
        this.#evictionCount++;
      }
    }
  }

  #remove(block: CachedBlock): void {
    assert(block.isCached, 'a block in a slot is in the list (B2)');
    this.#unlink(block);
    block.slots[block.slotIndex] = undefined;
    block.isCached = false;
    this.#sizeBytes -= block.sizeBytes;
    this.#blockCount--;
  }

  #pushNewest(block: CachedBlock): void {
    block.older = this.#newest;
    block.newer = undefined;
    if (this.#newest === undefined) this.#oldest = block;
    else this.#newest.newer = block;
    this.#newest = block;
  }

  #unlink(block: CachedBlock): void {
    if (block.newer === undefined) this.#newest = block.older;
    else block.newer.older = block.older;
    if (block.older === undefined) this.#oldest = block.newer;
    else block.older.newer = block.newer;
    block.newer = undefined;
    block.older = undefined;
  }
}
