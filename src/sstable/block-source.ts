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
 *   block-source/no-block-in-scratch: no block lies in the scratch memory of the cache. Calls read through that memory:
 *       buffers outside of the heap that die young make the garbage collector run far too often.
 *   block-source/decoded-in-place: a block that the cache takes is decompressed where it will lie, checked there, and
 *       gets its place last. One that is damaged leaves nothing but unused room.
 *
 * Suspension: `load` and `readSpan` suspend for one read. They re-read places and `#isDetached` afterwards.
 */
import { assert, INVARIANTS } from '../base/assert.ts';
import { isSlowWay } from '../base/coin.ts';
import { CorruptionError } from '../base/errors.ts';
import { type BytesView, viewOf } from '../bytes/bytes.ts';
import type { FileCipher } from '../encryption/file-cipher.ts';
import { type BlockCache, BlockPlaces } from '../cache/block-cache.ts';
import { readFully, readFullyAsync, type VfsFile } from '../vfs/vfs.ts';
import { Block, type BlockOrigin } from './block.ts';
import { openStored } from './block-encryption.ts';
import {
  checkTrailer,
  CODEC_NONE,
  decompressTo,
  openBlock,
  rawLengthOf,
  TRAILER_SIZE_BYTES,
} from './block-trailer.ts';
import type { TableIndex } from './table-index.ts';

export class BlockSource implements BlockOrigin {
  readonly path: string;
  readonly fileNumber: number;
  #index: TableIndex;
  /** The sequence base of the table, added to every sequence in its blocks. */
  readonly sequenceBase: number;
  readonly #file: VfsFile;
  readonly #cache: BlockCache | undefined;
  /** That of an encrypted table: the cache has plain blocks. */
  readonly #cipher: FileCipher | undefined;
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
    cipher?: FileCipher,
  ) {
    this.path = file.path;
    this.fileNumber = fileNumber;
    this.#index = index;
    this.sequenceBase = sequenceBase;
    this.#places = new BlockPlaces(index.blockCount);
    this.#file = file;
    this.#cache = cache;
    this.#cipher = cipher;
  }

  get index(): TableIndex {
    return this.#index;
  }

  /** The same index in other memory: cursors that have the one before may keep it. */
  useIndex(index: TableIndex): void {
    this.#index = index;
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

  /** Whether most blocks are in memory; looks at each. */
  get isMostlyCached(): boolean {
    return this.#places.cachedCount * 2 > this.index.blockCount;
  }

  /** Bytes of the cache for places of keys; false when there are none for them. The caller gives them back. */
  lendToKeys(sizeBytes: number): boolean {
    return !this.#isDetached && this.#cache !== undefined && this.#cache.lendToKeys(sizeBytes);
  }

  takeBackFromKeys(sizeBytes: number): void {
    this.#cache!.takeBackFromKeys(sizeBytes); // which lent them
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
    const length = this.#storedLength(index);
    const bytes = new Uint8Array(length);
    const offset = this.index.blockOffset(index);
    if (readFully(this.#file, bytes, 0, length, offset) < length) {
      throw new CorruptionError('File ends inside a block', { file: this.path, offset });
    }
    const blockLength = this.index.blockLength(index);
    const payload = openBlock(bytes, blockLength, this.path, offset, this.#cipher);
    return Block.checked(payload, this, index);
  }

  /** Reads the block by a call, into an object given or new. */
  loadSync(index: number, isCacheFilled: boolean, given?: Block): Block {
    const length = this.#storedLength(index);
    const scratch = this.#scratchFor(length);
    const bytes = scratch?.bytes ?? new Uint8Array(length);
    const count = readFully(this.#file, bytes, 0, length, this.index.blockOffset(index));
    const stored = scratch ?? { bytes, view: viewOf(bytes) };
    const block = this.#keep(stored, count, index, isCacheFilled, given);
    assert(
      block.bytes !== scratch?.bytes,
      'what is read next overwrites no block (block-source/no-block-in-scratch)',
    );
    return block;
  }

  /** True when an awaited read of the next block is to be a call (cache/load-choice.ts); false counts one in the pool. */
  isNextByCall(): boolean {
    if (INVARIANTS && isSlowWay('load-by-call')) return false;
    return this.#cache?.choice?.next() === true;
  }

  /** As `loadSync`; what the read takes is noted for the next choice. */
  loadByCall(index: number, isCacheFilled: boolean, given?: Block): Block {
    const choice = this.#cache?.choice;
    if (choice === undefined) return this.loadSync(index, isCacheFilled, given);
    const read = (): Block => this.loadSync(index, isCacheFilled, given);
    return choice.timed(this.#storedLength(index), read);
  }

  async load(index: number, isCacheFilled: boolean): Promise<Block> {
    if (this.isNextByCall()) return this.loadByCall(index, isCacheFilled);
    const length = this.#storedLength(index);
    const bytes = new Uint8Array(length);
    this.retain();
    try {
      const offset = this.index.blockOffset(index);
      const count = await readFullyAsync(this.#file, bytes, 0, length, offset);
      return this.#keep({ bytes, view: viewOf(bytes) }, count, index, isCacheFilled);
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
    const choice = this.#cache?.choice;
    if (choice !== undefined && this.isNextByCall()) {
      return choice.timed(sizeBytes, () => this.readSpanSync(index, sizeBytes));
    }
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
    const end = start + this.#storedLength(index);
    if (start < 0 || end > span.length) return undefined;
    const bytes = span.subarray(start, end);
    return this.#keep({ bytes, view: viewOf(bytes) }, bytes.length, index, isCacheFilled);
  }

  /** The scratch memory of the cache, for a block that is stored in so many bytes; undefined: it is too small. */
  #scratchFor(length: number): BytesView | undefined {
    const scratch = this.#cache?.scratch;
    return scratch !== undefined && length <= scratch.bytes.length ? scratch : undefined;
  }

  /** Checks and decodes what a read has brought and, if asked to, caches the block. */
  #keep(
    stored: BytesView,
    count: number,
    index: number,
    isCacheFilled: boolean,
    given?: Block,
  ): Block {
    this.#cache?.recordMiss();
    const raced = this.#cached(index, given);
    if (raced !== undefined) return raced; // block-source/one-copy
    const { path } = this;
    const offset = this.index.blockOffset(index);
    const storedLength = this.index.blockLength(index);
    if (count < storedLength + TRAILER_SIZE_BYTES) {
      throw new CorruptionError('File ends inside a block', { file: path, offset });
    }
    const cipher = this.#cipher;
    const codec = checkTrailer(stored.bytes, storedLength, path, offset, cipher !== undefined);
    const isRaw = codec === CODEC_NONE;
    const source = cipher === undefined ? stored : opened(cipher, stored, storedLength, offset);
    const length = cipher === undefined ? storedLength : source.bytes.length;
    const size = isRaw ? length : rawLengthOf(source.bytes, length, path, offset);
    const segment = isCacheFilled && !this.#isDetached ? this.#cache?.room(size) : undefined;
    const isOwn = isRaw && source !== this.#cache?.scratch;
    const target = segment ?? (isOwn ? source : freshMemory(size));
    const start = segment === undefined ? 0 : segment.usedBytes;
    if (!isRaw) decompressTo(target, start, size, source, length, { path, offset });
    else if (target !== source) target.bytes.set(source.bytes.subarray(0, length), start);
    const block = given ?? new Block();
    block.enterChecked(target.bytes, target.view, start, start + size, this, index);
    if (segment !== undefined) this.#cache!.lay(segment, this.#places, index, size); // only a cache has segments
    return block;
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

  /** A block and its trailer, as the file has them. */
  #storedLength(index: number): number {
    return this.index.blockLength(index) + TRAILER_SIZE_BYTES;
  }

  /** File offset after the last block of a span. */
  #spanEnd(index: number, sizeBytes: number): number {
    const start = this.index.blockOffset(index);
    let end = start + this.#storedLength(index);
    for (let next = index + 1; next < this.index.blockCount; next++) {
      const nextEnd = end + this.#storedLength(next);
      if (nextEnd - start > sizeBytes) break;
      end = nextEnd;
    }
    return end;
  }
}

function opened(
  cipher: FileCipher,
  { bytes }: BytesView,
  length: number,
  offset: number,
): BytesView {
  const text = openStored(cipher, bytes, length, offset);
  return { bytes: text, view: viewOf(text) };
}

function freshMemory(sizeBytes: number): BytesView {
  const bytes = new Uint8Array(sizeBytes);
  return { bytes, view: viewOf(bytes) };
}
