/**
 * The block cache keeps to its bound, gives back what was put in, counts what it does, and prefers blocks that are
 * used.
 */
import { describe, expect, it } from 'vitest';
import { BlockCache, BlockPlaces } from '../../src/cache/block-cache.ts';
import { makeRandom, type Random } from '../support/prng.ts';

/** Says which block it is, so that a wrong place shows. */
function makeBlock(id: number, sizeBytes: number): Uint8Array {
  return Uint8Array.from({ length: sizeBytes }, (_, i) => id * 31 + i);
}

function insert(cache: BlockCache, places: BlockPlaces, index: number, block: Uint8Array): void {
  const segment = cache.room(block.length);
  if (segment === undefined) return;
  segment.bytes.set(block, segment.usedBytes);
  cache.lay(segment, places, index, block.length);
}

function bytesAt(places: BlockPlaces, index: number): Uint8Array | undefined {
  return places.segments[index]?.bytes.subarray(places.start(index), places.end(index));
}

function indexesIn(places: BlockPlaces): number[] {
  return [...places.segments.keys()].filter((index) => places.segments[index] !== undefined);
}

const BLOCK_COUNT = 60;

/** A cache, the places of three tables, and what was last put into each. */
class Model {
  readonly cache: BlockCache;
  readonly tables = Array.from({ length: 3 }, () => new BlockPlaces(BLOCK_COUNT));
  readonly blocks = this.tables.map(() => new Map<number, Uint8Array>());
  readonly counts = { hit: 0, miss: 0, insert: 0, removed: 0 };

  constructor(capacityBytes: number) {
    this.cache = new BlockCache(capacityBytes);
  }

  step(random: Random, id: number): void {
    const { cache, counts } = this;
    const table = random.below(3);
    const places = this.tables[table]!;
    const index = random.below(BLOCK_COUNT);
    if (random.chance(0.005)) {
      counts.removed += indexesIn(places).length;
      cache.evictFile(places);
      expect(indexesIn(places)).toEqual([]);
    } else if (places.segments[index] !== undefined) {
      cache.recordHit(places, index);
      counts.hit++;
    } else {
      cache.recordMiss();
      counts.miss++;
      const isHuge = random.chance(0.01);
      const block = makeBlock(id, isHuge ? cache.capacityBytes + 1 : 1 + random.below(120));
      insert(cache, places, index, block);
      expect(places.segments[index] === undefined).toBe(isHuge); // block-cache/never-over-capacity
      if (isHuge) return;
      counts.insert++;
      this.blocks[table]!.set(index, block);
    }
  }

  /**
   * block-cache/never-over-capacity, block-cache/place-means-kept, the counters, and the bytes of every block that
   * has a place.
   */
  check(message: string): void {
    const { cache, counts } = this;
    const segments = new Set(this.tables.flatMap((places) => places.segments));
    segments.delete(undefined);
    const sizeBytes = [...segments].reduce((sum, segment) => sum + segment!.bytes.length, 0);
    const blockCount = this.tables.reduce((sum, places) => sum + indexesIn(places).length, 0);
    expect(cache.sizeBytes, message).toBe(sizeBytes);
    expect(sizeBytes, message).toBeLessThanOrEqual(cache.capacityBytes);
    expect(cache.statistics(), message).toEqual({
      capacityBytes: cache.capacityBytes,
      sizeBytes,
      blockCount,
      hitCount: counts.hit,
      missCount: counts.miss,
      insertCount: counts.insert,
      evictionCount: counts.insert - counts.removed - blockCount,
    });
    for (const [table, places] of this.tables.entries()) {
      for (const index of indexesIn(places)) {
        const isRight = Buffer.compare(bytesAt(places, index)!, this.blocks[table]!.get(index)!);
        expect(isRight, `${message} table=${table} index=${index}`).toBe(0);
      }
    }
  }
}

describe('BlockCache', () => {
  it.each([400, 1000, 5000, 20_000])(
    'of %i bytes never exceeds them, and gives back what was put in (block-cache/never-over-capacity, block-cache/place-means-kept)',
    (capacityBytes) => {
      for (let seed = 1; seed <= 4; seed++) {
        const random = makeRandom(seed);
        const model = new Model(capacityBytes);
        for (let step = 0; step < 1500; step++) {
          model.step(random, step);
          if (step % 10 === 0) model.check(`seed=${seed} step=${step}`);
        }
      }
    },
  );

  it('takes out the oldest block that was not used since it was last passed over', () => {
    const cache = new BlockCache(30); // each block has a segment of its own
    const places = new BlockPlaces(6);
    const put = (index: number): void => insert(cache, places, index, makeBlock(index, 10));
    for (let i = 0; i < 3; i++) put(i);
    cache.recordHit(places, 0);
    put(3); // passes over 0, takes 1
    expect(indexesIn(places)).toEqual([0, 2, 3]);
    put(4);
    expect(indexesIn(places)).toEqual([0, 3, 4]); // 0 was moved to the front unmarked
    put(5);
    expect(indexesIn(places)).toEqual([3, 4, 5]);
  });

  it('keeps a new block when all others are marked (block-cache/room-first)', () => {
    const cache = new BlockCache(30);
    const places = new BlockPlaces(4);
    for (let i = 0; i < 3; i++) insert(cache, places, i, makeBlock(i, 10));
    for (let i = 0; i < 3; i++) cache.recordHit(places, i);
    insert(cache, places, 3, makeBlock(3, 10));
    expect(indexesIn(places)).toEqual([1, 2, 3]);
  });

  it('keeps the marked blocks of a segment that goes, in the next one', () => {
    const cache = new BlockCache(1600); // segments of 100 bytes, ten blocks in each
    const places = new BlockPlaces(170);
    for (let i = 0; i < 160; i++) insert(cache, places, i, makeBlock(i, 10));
    for (const index of [3, 7]) cache.recordHit(places, index);
    const bytes = bytesAt(places, 3)!;
    insert(cache, places, 160, makeBlock(160, 10));
    expect(indexesIn(places).slice(0, 4)).toEqual([3, 7, 10, 11]);
    expect(places.segments[3]).toBe(places.segments[160]);
    expect(cache.statistics().evictionCount).toBe(8);
    cache.evictFile(places);
    expect(cache.sizeBytes).toBe(0);
    expect(bytes).toEqual(makeBlock(3, 10)); // block-cache/bytes-outlive-segments
  });

  it('passes over a segment of which more than half is marked', () => {
    const cache = new BlockCache(1600);
    const places = new BlockPlaces(170);
    for (let i = 0; i < 160; i++) insert(cache, places, i, makeBlock(i, 10));
    for (let i = 0; i < 6; i++) cache.recordHit(places, i);
    insert(cache, places, 160, makeBlock(160, 10));
    expect(indexesIn(places).slice(0, 11)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 20]);
  });

  it('keeps nothing when it has no capacity (block-cache/never-over-capacity)', () => {
    const cache = new BlockCache(0);
    const places = new BlockPlaces(1);
    insert(cache, places, 0, makeBlock(0, 1));
    expect(places.segments).toEqual([undefined]);
    expect(cache.sizeBytes).toBe(0);
  });
});
