/**
 * The data blocks of one open table: found in memory, or read.
 *
 * Owns: the file, the index, the places where cached blocks are found by number, and how long the file stays open.
 *
 * Invariants:
 *   block-source/open-while-used: the file is closed when the last of its users has let go: the table reader, each
 *       iterator, each pending or running load. So evicting a reader never closes a file under a read, and no new file
 *       takes its descriptor.
 *   block-source/checked-first: a block is handed out only after its trailer and header were checked
 *       (block-trailer/checked-first, block/in-bounds).
 *   block-source/one-copy: two concurrent loads of one block keep one copy. The later load takes the block that it
 *       finds in place.
 *   block-source/detached-caches-nothing: a detached source puts nothing into the cache. Its reader has closed, so no
 *       later lookup would find such a block.
 *   block-source/no-block-in-scratch: no block lies in the scratch memory of the cache. Synchronous reads that end in
 *       the cache go through that memory: buffers outside of the heap that die young make the garbage collector run far
 *       too often.
 *
 * Suspension: `load` and `readSpan` suspend for one read. They re-read places and `#isDetached` afterwards.
 */
import { assert, INVARIANTS } from '../base/assert.ts';
import { isSlowWay } from '../base/coin.ts';
import { CorruptionError } from '../base/errors.ts';
import { type BlockCache, BlockPlaces } from '../cache/block-cache.ts';
import { readFully, readFullyAsync, type VfsFile } from '../vfs/vfs.ts';
import { Block, type BlockOrigin } from './block.ts';
import { openBlock, TRAILER_SIZE_BYTES } from './block-trailer.ts';
import type { TableIndex } from './table-index.ts';

export class BlockSource implements BlockOrigin {
  readonly path: string;
  readonly fileNumber: number;
  readonly index: TableIndex;
  /** The sequence base of the table, added to every sequence in its blocks. */
  readonly sequenceBase: number;
  readonly #file: VfsFile;
  readonly #cache: BlockCache | undefined;
  readonly #places: BlockPlaces;
  #userCount = 1;
  #isDetached = false;

  /** Takes the file over. The caller is the first user. */
  constructor(
    file: VfsFile,
    fileNumber: number,
    index: TableIndex,
    sequenceBase: number,
    cache: BlockCache | undefined,
  ) {
    this.path = file.path;
    this.fileNumber = fileNumber;
    this.index = index;
    this.sequenceBase = sequenceBase;
    this.#places = new BlockPlaces(index.blockCount);
    this.#file = file;
    this.#cache = cache;
  }

  /** The reader, cursors, and loads under way. */
  get userCount(): number {
    return this.#userCount;
  }

  retain(): void {
    assert(this.#userCount > 0, 'a closed table has no new users (block-source/open-while-used)');
    this.#userCount++;
  }

  release(): void {
    assert(this.#userCount > 0, 'a user lets go once (block-source/open-while-used)');
    this.#userCount--;
    if (this.#userCount === 0) this.#file.closeSync();
  }

  /** Takes every block out of the cache and puts none in again (block-source/detached-caches-nothing). */
  detach(): void {
    if (this.#isDetached) return;
    this.#isDetached = true;
    this.#cache?.evictFile(this.#places);
  }

  /** The block, when it is cached. */
  find(index: number): Block | undefined {
    if (INVARIANTS && isSlowWay('cached-block')) return undefined;
    const block = this.#cached(index);
    if (block !== undefined) this.#cache!.recordHit(this.#places, index); // only a cache gives places
    return block;
  }

  /** As `find`, without an object of its own: makes `block` the block, or answers false. */
  enter(index: number, block: Block): boolean {
    if (INVARIANTS && isSlowWay('cached-block')) return false;
    if (this.#cached(index, block) === undefined) return false;
    this.#cache!.recordHit(this.#places, index); // only a cache gives places
    return true;
  }

  /** The memory of the index and of the places. */
  get memoryBytes(): number {
    return this.index.memoryBytes + this.#places.memoryBytes;
  }

  /** File offset of block `index`. */
  blockOffset(index: number): number {
    return this.index.blockOffset(index);
  }

  /** The block as the file has it now, whatever is cached; for verification. */
  reread(index: number): Block {
    const length = this.index.blockLength(index) + TRAILER_SIZE_BYTES;
    const bytes = new Uint8Array(length);
    const offset = this.index.blockOffset(index);
    const count = readFully(this.#file, bytes, 0, length, offset);
    return this.#decode(bytes, count, index);
  }

  loadSync(index: number, isCacheFilled: boolean): Block {
    const length = this.index.blockLength(index) + TRAILER_SIZE_BYTES;
    const scratch = isCacheFilled ? this.#scratchFor(length) : undefined;
    const bytes = scratch?.subarray(0, length) ?? new Uint8Array(length);
    const count = readFully(this.#file, bytes, 0, length, this.index.blockOffset(index));
    const block = this.#keep(bytes, count, index, isCacheFilled);
    assert(
      block.bytes.buffer !== scratch?.buffer,
      'what is read next overwrites no block (block-source/no-block-in-scratch)',
    );
    return block;
  }

  async load(index: number, isCacheFilled: boolean): Promise<Block> {
    const length = this.index.blockLength(index) + TRAILER_SIZE_BYTES;
    const bytes = new Uint8Array(length);
    this.retain();
    try {
      const count = await readFullyAsync(
        this.#file,
        bytes,
        0,
        length,
        this.index.blockOffset(index),
      );
      return this.#keep(bytes, count, index, isCacheFilled);
    } finally {
      this.release();
    }
  }

  /**
   * As many whole blocks from `index` on as fit `sizeBytes`, at least one, as stored: `keepFromSpan` takes them out.
   */
  readSpanSync(index: number, sizeBytes: number): Uint8Array {
    const start = this.index.blockOffset(index);
    const bytes = new Uint8Array(this.#spanEnd(index, sizeBytes) - start);
    return bytes.subarray(0, readFully(this.#file, bytes, 0, bytes.length, start));
  }

  async readSpan(index: number, sizeBytes: number): Promise<Uint8Array> {
    const start = this.index.blockOffset(index);
    const bytes = new Uint8Array(this.#spanEnd(index, sizeBytes) - start);
    this.retain();
    try {
      return bytes.subarray(0, await readFullyAsync(this.#file, bytes, 0, bytes.length, start));
    } finally {
      this.release();
    }
  }

  /** Block `index` out of a span that starts at file offset `spanStart`; undefined when it does not hold it whole. */
  keepFromSpan(
    span: Uint8Array,
    spanStart: number,
    index: number,
    isCacheFilled: boolean,
  ): Block | undefined {
    const start = this.index.blockOffset(index) - spanStart;
    const end = start + this.index.blockLength(index) + TRAILER_SIZE_BYTES;
    if (start < 0 || end > span.length) return undefined;
    return this.#keep(span.subarray(start, end), end - start, index, isCacheFilled);
  }

  /**
   * The scratch memory for a block, stored in so many bytes, that is certain to be copied to the cache
   * (block-source/no-block-in-scratch).
   */
  #scratchFor(length: number): Uint8Array | undefined {
    const cache = this.#cache;
    if (cache === undefined || this.#isDetached || length > cache.capacityBytes) return undefined;
    const { scratch } = cache;
    return length <= scratch.length ? scratch : undefined;
  }

  /** Decodes the bytes of a read and, if asked to, caches the block. */
  #keep(bytes: Uint8Array, count: number, index: number, isCacheFilled: boolean): Block {
    this.#cache?.recordMiss();
    const raced = this.#cached(index);
    if (raced !== undefined) return raced; // block-source/one-copy
    const block = this.#decode(bytes, count, index);
    if (!isCacheFilled || this.#isDetached) return block;
    this.#cache?.insert(this.#places, index, block.bytes);
    return this.#cached(index) ?? block; // the copy: what was read, which may be a long span, can go
  }

  /** The block, when it is cached, in an object given or new; no hit is counted. */
  #cached(index: number, given?: Block): Block | undefined {
    const places = this.#places;
    const segment = places.segments[index];
    if (segment === undefined) return undefined;
    const block = given ?? new Block();
    block.enter(segment.bytes, segment.view, places.start(index), places.end(index), this, index);
    return block;
  }

  #decode(bytes: Uint8Array, count: number, index: number): Block {
    const offset = this.index.blockOffset(index);
    if (count < bytes.length) {
      throw new CorruptionError('File ends inside a block', { file: this.path, offset });
    }
    const payload = openBlock(bytes, this.index.blockLength(index), this.path, offset);
    return Block.checked(payload, this, index);
  }

  /** File offset after the last block of a span. */
  #spanEnd(index: number, sizeBytes: number): number {
    const start = this.index.blockOffset(index);
    let end = start + this.index.blockLength(index) + TRAILER_SIZE_BYTES;
    for (let next = index + 1; next < this.index.blockCount; next++) {
      const nextEnd = end + this.index.blockLength(next) + TRAILER_SIZE_BYTES;
      if (nextEnd - start > sizeBytes) break;
      end = nextEnd;
    }
    return end;
  }
}
