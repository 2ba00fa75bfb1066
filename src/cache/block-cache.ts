/**
 * The block cache: raw table blocks, bounded in bytes.
 *
 * Owns: segments, stretches of memory in which blocks lie end to end; which of them stay; and the counters that tell
 * how well that works. Several databases may share segments: each has counters of its own, but for sizes and
 * evictions. Not how a block is found: each table keeps the places of its blocks by number (`BlockPlaces`).
 *
 * So a hit loads a place and then the block itself, and touches no object per block. With a million entries, most of
 * the time of a lookup is cache misses of the processor (docs/adr/0016-cache-segments.md).
 *
 * Replacement is CLOCK over segments, as a list from the newest to the oldest. A hit marks its block. To make room,
 * the cache takes the oldest segment. When more than half of its bytes are marked, the segment goes to the front,
 * unmarked. Otherwise it is dropped, and its marked blocks are copied into the segment that is filled next.
 *
 * Invariants:
 *   block-cache/never-over-capacity: `sizeBytes`, which counts whole segments, never exceeds `capacityBytes`. A block
 *       larger than the whole cache is not kept; one larger than a segment has a segment of its own.
 *   block-cache/place-means-kept: a block is in a segment of the list exactly when it has a place. Dropping a segment
 *       clears the places of its blocks, so the owner of the places needs no call back.
 *   block-cache/bytes-outlive-segments: dropping a segment changes no bytes. They are written once, never again, and
 *       live as long as a reader points to them.
 *   block-cache/room-first: room is made before a block joins the list.
 *   block-cache/keys-within: the places of keys (sstable/key-places.ts) have at most an eighth of the bytes, and blocks
 *       have the rest.
 *
 * Suspension: every method is synchronous.
 */
import { assert } from '../base/assert.ts';
import { type BytesView, viewOf } from '../bytes/bytes.ts';
import type { LoadChoice } from './load-choice.ts';

/** The part that the places of keys may have. */
const KEYS_PART = 1 / 8;
/** Some 250 blocks. */
const SEGMENT_SIZE_BYTES_MAX = 1024 * 1024;
const SCRATCH_SIZE_BYTES = 64 * 1024;
/** A small cache has smaller segments, so that room is made in small steps. */
const SEGMENT_COUNT_MIN = 16;

/** A stretch of memory, filled from its start (block-cache/bytes-outlive-segments). */
export class CacheSegment implements BytesView {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  usedBytes = 0;
  /** Blocks that have their place here. */
  liveCount = 0;
  /** The blocks in order: the table's places, the number of the block, and where it starts here. */
  readonly places: BlockPlaces[] = [];
  readonly indexes: number[] = [];
  readonly starts: number[] = [];
  newer: CacheSegment | undefined = undefined;
  older: CacheSegment | undefined = undefined;

  constructor(sizeBytes: number) {
    // Not zeroed; a plain Uint8Array, like all bytes that are searched.
    this.bytes = new Uint8Array(Buffer.allocUnsafeSlow(sizeBytes).buffer);
    this.view = viewOf(this.bytes);
  }

  get freeBytes(): number {
    return this.bytes.length - this.usedBytes;
  }
}

function scratchMemory(): BytesView {
  const bytes = new Uint8Array(SCRATCH_SIZE_BYTES);
  return { bytes, view: viewOf(bytes) };
}

/** A pointer, two integers and a mark. */
const PLACE_SIZE_BYTES = 17;

/** Where the cached blocks of one table lie. Written only by the cache. */
export class BlockPlaces {
  /** By number of the block; undefined: not cached. */
  readonly segments: (CacheSegment | undefined)[];
  /** Two numbers a block: where it starts and ends in its segment. */
  readonly #bounds: Int32Array;
  /** 1: used since its segment was last passed over. */
  readonly #marks: Uint8Array;

  constructor(blockCount: number) {
    this.segments = Array.from({ length: blockCount }, () => undefined);
    this.#bounds = new Int32Array(2 * blockCount);
    this.#marks = new Uint8Array(blockCount);
  }

  get memoryBytes(): number {
    return this.#marks.length * PLACE_SIZE_BYTES;
  }

  /** How many blocks are cached; looks at each. */
  get cachedCount(): number {
    let count = 0;
    for (const segment of this.segments) if (segment !== undefined) count++;
    return count;
  }

  start(index: number): number {
    return this.#bounds[2 * index]!; // index < blockCount, here and below
  }

  end(index: number): number {
    return this.#bounds[2 * index + 1]!;
  }

  isMarked(index: number): boolean {
    return this.#marks[index] === 1;
  }

  setMark(index: number, mark: 0 | 1): void {
    this.#marks[index] = mark;
  }

  set(index: number, segment: CacheSegment, start: number, end: number): void {
    this.segments[index] = segment;
    this.#bounds[2 * index] = start;
    this.#bounds[2 * index + 1] = end;
    this.#marks[index] = 0;
  }
}

export interface BlockCacheStatistics {
  readonly capacityBytes: number;
  /** The size of all segments, filled or not, and of places of keys. */
  readonly sizeBytes: number;
  readonly blockCount: number;
  readonly hitCount: number;
  /** Blocks that had to be read from a file, kept afterwards or not. */
  readonly missCount: number;
  readonly insertCount: number;
  /** Blocks that left to make room; those of a closed table are not counted. */
  readonly evictionCount: number;
}

/** A block whose segment was dropped and that was used since it was last passed over. */
interface Survivor {
  readonly places: BlockPlaces;
  readonly index: number;
  readonly bytes: Uint8Array;
}

/** The blocks of one database, in memory of its own or in memory that it shares. */
export class BlockCache {
  /** How awaited reads load what is not here; undefined: through the pool. */
  readonly choice: LoadChoice | undefined;
  readonly #segments: CacheSegments;
  #scratch: BytesView | undefined = undefined;
  #hitCount = 0;
  #missCount = 0;
  #insertCount = 0;

  /** `memory`: its capacity in bytes, or the segments that it shares. */
  constructor(memory: number | CacheSegments, choice?: LoadChoice) {
    this.choice = choice;
    this.#segments = typeof memory === 'number' ? new CacheSegments(memory) : memory;
  }

  /** Of blocks and of places of keys. */
  get capacityBytes(): number {
    return this.#segments.capacityBytes + this.#segments.keyBytes;
  }

  /** Of blocks and of places of keys. */
  get sizeBytes(): number {
    return this.#segments.sizeBytes + this.#segments.keyBytes;
  }

  /**
   * Memory for one block as stored, on its way from a file into a segment. Lent for the length of a synchronous read.
   */
  get scratch(): BytesView {
    return (this.#scratch ??= scratchMemory());
  }

  /** A block was found in its place. */
  recordHit(places: BlockPlaces, index: number): void {
    places.setMark(index, 1);
    this.#hitCount++;
  }

  /** A block had no place and is being read. */
  recordMiss(): void {
    this.#missCount++;
  }

  /**
   * A segment with room for a block of so many bytes from its `usedBytes` on; undefined for one that is larger than the
   * whole cache (block-cache/never-over-capacity). The caller writes the block there and calls `lay`, or forgets it,
   * before any other call.
   */
  room(sizeBytes: number): CacheSegment | undefined {
    return this.#segments.room(sizeBytes);
  }

  /** Gives a place to the block that was written to the room. It must have none. */
  lay(segment: CacheSegment, places: BlockPlaces, index: number, sizeBytes: number): void {
    this.#segments.lay(segment, places, index, sizeBytes);
    this.#insertCount++;
  }

  /** Takes out every block of one table. */
  evictFile(places: BlockPlaces): void {
    this.#segments.evictFile(places);
  }

  /** Gives up so many bytes of its capacity, if it has them, for a cache in another thread; how many. */
  lend(sizeBytes: number): number {
    return this.#segments.lend(sizeBytes);
  }

  /** Has its capacity again. */
  takeBack(sizeBytes: number): void {
    this.#segments.lend(-sizeBytes);
  }

  /** Lends so many bytes to the places of the keys of one table; false when they have none left (block-cache/keys-within). */
  lendToKeys(sizeBytes: number): boolean {
    return this.#segments.lendToKeys(sizeBytes);
  }

  /** Has them again. */
  takeBackFromKeys(sizeBytes: number): void {
    this.#segments.takeBackFromKeys(sizeBytes);
  }

  statistics(): BlockCacheStatistics {
    return {
      capacityBytes: this.capacityBytes,
      sizeBytes: this.sizeBytes,
      blockCount: this.#segments.blockCount,
      hitCount: this.#hitCount,
      missCount: this.#missCount,
      insertCount: this.#insertCount,
      evictionCount: this.#segments.evictionCount,
    };
  }
}

/** The memory of one cache, or of several that share it. */
export class CacheSegments {
  #capacityBytes: number;
  readonly #segmentSizeBytes: number;
  #sizeBytes = 0;
  #keyBytes = 0;
  #blockCount = 0;
  #evictionCount = 0;
  #newest: CacheSegment | undefined = undefined;
  #oldest: CacheSegment | undefined = undefined;
  /** The segment that takes the next block, if that fits. */
  #filling: CacheSegment | undefined = undefined;

  constructor(capacityBytes: number) {
    assert(capacityBytes >= 0, 'a cache has no negative size (block-cache/never-over-capacity)');
    this.#capacityBytes = capacityBytes;
    const share = Math.floor(capacityBytes / SEGMENT_COUNT_MIN);
    this.#segmentSizeBytes = Math.min(SEGMENT_SIZE_BYTES_MAX, share);
  }

  get capacityBytes(): number {
    return this.#capacityBytes;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** Bytes that are lent to the places of keys. */
  get keyBytes(): number {
    return this.#keyBytes;
  }

  get blockCount(): number {
    return this.#blockCount;
  }

  get evictionCount(): number {
    return this.#evictionCount;
  }

  /** As BlockCache. */
  room(sizeBytes: number): CacheSegment | undefined {
    if (sizeBytes > this.capacityBytes) return undefined;
    const filling = this.#filling;
    const hasRoom = filling !== undefined && sizeBytes <= filling.freeBytes;
    return hasRoom ? filling : this.#startSegment(sizeBytes);
  }

  /** As BlockCache. */
  lay(segment: CacheSegment, places: BlockPlaces, index: number, sizeBytes: number): void {
    assert(
      places.segments[index] === undefined,
      'a block has one place (block-cache/place-means-kept)',
    );
    const start = segment.usedBytes;
    segment.usedBytes = start + sizeBytes;
    segment.liveCount++;
    segment.places.push(places);
    segment.indexes.push(index);
    segment.starts.push(start);
    places.set(index, segment, start, segment.usedBytes);
    this.#blockCount++;
  }

  /** As BlockCache. Drops the oldest segments that have no room any more (block-cache/never-over-capacity). */
  lend(sizeBytes: number): number {
    const lentBytes = Math.min(sizeBytes, this.#capacityBytes);
    this.#capacityBytes -= lentBytes;
    while (this.#sizeBytes > this.#capacityBytes && this.#oldest !== undefined) {
      this.#evictionCount += this.#oldest.liveCount;
      this.#drop(this.#oldest);
    }
    return lentBytes;
  }

  /** As BlockCache. */
  lendToKeys(sizeBytes: number): boolean {
    const keyBytes = this.#keyBytes + sizeBytes;
    if (keyBytes > (this.#capacityBytes + this.#keyBytes) * KEYS_PART) return false;
    this.#keyBytes += this.lend(sizeBytes); // all of them: less than the capacity
    return true;
  }

  /** As BlockCache. */
  takeBackFromKeys(sizeBytes: number): void {
    this.#keyBytes -= sizeBytes;
    this.lend(-sizeBytes);
  }

  /** As BlockCache. */
  evictFile(places: BlockPlaces): void {
    places.segments.forEach((segment, index) => {
      if (segment === undefined) return;
      this.#remove(segment, places, index);
      if (segment.liveCount === 0) this.#unlink(segment);
    });
  }

  /** A new segment with room for that many bytes after the survivors of those that went for it. */
  #startSegment(neededBytes: number): CacheSegment {
    const sizeBytes = Math.max(this.#segmentSizeBytes, neededBytes);
    const survivors = this.#makeRoom(sizeBytes); // block-cache/room-first
    const segment = new CacheSegment(sizeBytes);
    this.#pushNewest(segment);
    this.#sizeBytes += sizeBytes;
    if (sizeBytes === this.#segmentSizeBytes) this.#filling = segment;
    for (const { places, index, bytes } of survivors) {
      if (bytes.length + neededBytes > segment.freeBytes) {
        this.#evictionCount++;
      } else {
        segment.bytes.set(bytes, segment.usedBytes);
        this.lay(segment, places, index, bytes.length);
      }
    }
    return segment;
  }

  /** Ends, since each pass over a segment unmarks its blocks. */
  #makeRoom(neededBytes: number): Survivor[] {
    const survivors: Survivor[] = [];
    while (this.#sizeBytes + neededBytes > this.capacityBytes) {
      const segment = this.#oldest;
      assert(
        segment !== undefined,
        'an empty cache has room for what fits it (block-cache/never-over-capacity)',
      );
      const marked = markedBlocksOf(segment);
      const markedBytes = marked.reduce((sum, { bytes }) => sum + bytes.length, 0);
      if (markedBytes * 2 > segment.bytes.length) {
        for (const { places, index } of marked) places.setMark(index, 0);
        this.#moveToFront(segment);
      } else {
        this.#evictionCount += segment.liveCount - marked.length;
        this.#drop(segment);
        survivors.push(...marked);
      }
    }
    return survivors;
  }

  #remove(segment: CacheSegment, places: BlockPlaces, index: number): void {
    places.segments[index] = undefined;
    segment.liveCount--;
    this.#blockCount--;
  }

  #drop(segment: CacheSegment): void {
    forEachLive(segment, (places, index) => this.#remove(segment, places, index));
    this.#unlink(segment);
  }

  #moveToFront(segment: CacheSegment): void {
    const { newer } = segment;
    if (newer === undefined) return; // it is the only one
    newer.older = undefined;
    this.#oldest = newer;
    this.#pushNewest(segment);
  }

  #pushNewest(segment: CacheSegment): void {
    segment.older = this.#newest;
    segment.newer = undefined;
    if (this.#newest === undefined) this.#oldest = segment;
    else this.#newest.newer = segment;
    this.#newest = segment;
  }

  #unlink(segment: CacheSegment): void {
    if (segment.newer === undefined) this.#newest = segment.older;
    else segment.newer.older = segment.older;
    if (segment.older === undefined) this.#oldest = segment.newer;
    else segment.older.newer = segment.newer;
    segment.newer = undefined;
    segment.older = undefined;
    if (this.#filling === segment) this.#filling = undefined;
    this.#sizeBytes -= segment.bytes.length;
  }
}

/**
 * The blocks that have their place in the segment; others that were laid down there have left it
 * (block-cache/place-means-kept).
 */
function forEachLive(
  segment: CacheSegment,
  visit: (places: BlockPlaces, index: number) => void,
): void {
  segment.places.forEach((places, i) => {
    const index = segment.indexes[i]!; // as long as places
    const isLive = places.segments[index] === segment && places.start(index) === segment.starts[i];
    if (isLive) visit(places, index);
  });
}

function markedBlocksOf(segment: CacheSegment): Survivor[] {
  const marked: Survivor[] = [];
  forEachLive(segment, (places, index) => {
    if (!places.isMarked(index)) return;
    const bytes = segment.bytes.subarray(places.start(index), places.end(index));
    marked.push({ places, index, bytes });
  });
  return marked;
}
