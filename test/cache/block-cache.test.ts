/** The block cache keeps to its bound, counts what it does, and prefers blocks that are used. */
import { describe, expect, it } from 'vitest';
import { BlockCache, type CachedBlock } from '../../src/cache/block-cache.ts';
import { makeRandom } from '../support/prng.ts';

type Slots = (CachedBlock | undefined)[];

function makeBlock(slots: Slots, slotIndex: number, sizeBytes: number): CachedBlock {
  return {
    sizeBytes,
    slots,
    slotIndex,
    isReferenced: false,
    isCached: false,
    newer: undefined,
    older: undefined,
  };
}

function makeSlots(count: number): Slots {
  return Array.from({ length: count }, () => undefined);
}

const indexesIn = (slots: Slots): number[] =>
  slots.flatMap((block) => (block === undefined ? [] : [block.slotIndex]));

describe('BlockCache', () => {
  it('never exceeds its capacity, and its counters match what is in the slots (B1, B2)', () => {
    for (let seed = 1; seed <= 5; seed++) {
      const random = makeRandom(seed);
      const cache = new BlockCache(1000);
      const tables = [makeSlots(30), makeSlots(30), makeSlots(30)];
      let insertCount = 0;
      let removedCount = 0;
      let hitCount = 0;
      let missCount = 0;
      for (let step = 0; step < 1000; step++) {
        const slots = random.pick(tables);
        const index = random.below(30);
        const found = slots[index];
        if (random.chance(0.01)) {
          removedCount += indexesIn(slots).length;
          cache.evictFile(slots);
          expect(indexesIn(slots)).toEqual([]);
        } else if (found === undefined) {
          cache.recordMiss();
          missCount++;
          const block = makeBlock(slots, index, 1 + random.below(120) + (step % 97 ? 0 : 1000));
          cache.insert(block);
          expect(slots[index] === block).toBe(block.sizeBytes <= 1000);
          if (block.isCached) insertCount++;
        } else {
          cache.recordHit(found);
          hitCount++;
        }
        const kept = tables.flat().filter((block) => block !== undefined);
        const sizeBytes = kept.reduce((sum, block) => sum + block.sizeBytes, 0);
        expect(sizeBytes, `seed=${seed} step=${step}`).toBeLessThanOrEqual(1000);
        expect(cache.statistics(), `seed=${seed} step=${step}`).toEqual({
          capacityBytes: 1000,
          sizeBytes,
          blockCount: kept.length,
          hitCount,
          missCount,
          insertCount,
          evictionCount: insertCount - removedCount - kept.length,
        });
      }
    }
  });

  it('takes out the oldest block that was not used since it was last passed over', () => {
    const cache = new BlockCache(3);
    const slots = makeSlots(6);
    const blocks = slots.map((_, i) => makeBlock(slots, i, 1));
    for (let i = 0; i < 3; i++) cache.insert(blocks[i]!);
    cache.recordHit(blocks[0]!);
    cache.insert(blocks[3]!); // passes over 0, takes 1
    expect(indexesIn(slots)).toEqual([0, 2, 3]);
    cache.insert(blocks[4]!);
    expect(indexesIn(slots)).toEqual([0, 3, 4]); // 0 was moved to the front unmarked
    cache.insert(blocks[5]!);
    expect(indexesIn(slots)).toEqual([3, 4, 5]);
  });

  it('keeps a new block when all others are marked (B4)', () => {
    const cache = new BlockCache(3);
    const slots = makeSlots(4);
    const blocks = slots.map((_, i) => makeBlock(slots, i, 1));
    for (let i = 0; i < 3; i++) cache.insert(blocks[i]!);
    for (let i = 0; i < 3; i++) cache.recordHit(blocks[i]!);
    cache.insert(blocks[3]!);
    expect(indexesIn(slots)).toEqual([1, 2, 3]);
  });

  it('keeps nothing when it has no capacity (B1)', () => {
    const cache = new BlockCache(0);
    const slots = makeSlots(1);
    cache.insert(makeBlock(slots, 0, 1));
    expect(slots).toEqual([undefined]);
    expect(cache.sizeBytes).toBe(0);
  });
});
