/**
 * A cursor over one table.
 *
 * Owns: stepping through the blocks, and which version of a key is shown (iterator/internal-iterator.ts).
 *
 * The key is put together in a scratch buffer, where the block's common prefix stays from entry to entry; the value is
 * a place in the block's bytes.
 *
 * Invariants:
 *   table-iterator/holds-its-block: the cursor holds the block that it points into, whatever the cache drops
 *       (iterator/entry-stays).
 *   table-iterator/steps-resume: every step that may need a block keeps its progress in fields. `resume` goes on where
 *       the step stopped, and no step loads one block twice.
 *   table-iterator/scratch-key: the scratch key is that of the last entry shown, or looked at when going backward,
 *       until the next entry replaces it. So at the end of a block it still tells whether that key goes on in the next
 *       block (table-builder/separators).
 *   table-iterator/file-stays-open: the table's file stays open until `close` (block-source/open-while-used).
 *
 * Suspension: only `load`.
 */
import { assert, INVARIANTS } from '../base/assert.ts';
import { isSlowWay } from '../base/coin.ts';
import { copyRange, EMPTY_BYTES, equalRanges } from '../bytes/bytes.ts';
import { CorruptionError } from '../base/errors.ts';
import { type SequenceNumber, SEQUENCE_NUMBER_MAX, SEQUENCE_NUMBER_ZERO } from '../base/ids.ts';
import { INLINE_KEY_SIZE_BYTES } from '../bytes/inline-key.ts';
import {
  ALL_VERSIONS,
  EXHAUSTED,
  type InternalIterator,
  NEEDS_BLOCK,
  READY,
  type StepResult,
} from '../iterator/internal-iterator.ts';
import { VALUE, type PointType } from '../base/value-type.ts';
import { type Block, BlockEntry } from './block.ts';
import type { BlockSource } from './block-source.ts';

export interface TableIteratorOptions {
  /** Whether blocks read for this cursor are put into the cache. */
  readonly fillCache: boolean;
  /**
   * Forward, from the second block in a row that must be read: how many bytes one read may bring, twice as many each
   * time from 8 KiB on, since most scans are short. Default 0: a block.
   */
  readonly readaheadBytes?: number;
}

const READAHEAD_BYTES_START = 8 * 1024;

/** As a search target: behind every version of a key. */
const AFTER_ALL_VERSIONS = -1;
const SCRATCH_SIZE_BYTES_START = 64;

type Phase = 'forward' | 'backward' | 'findStart' | 'findVisible' | 'unpositioned';

export class TableIterator implements InternalIterator {
  key: Uint8Array = new Uint8Array(SCRATCH_SIZE_BYTES_START);
  readonly keyStart = 0;
  keyEnd = 0;
  sequence: SequenceNumber = SEQUENCE_NUMBER_ZERO;
  type: PointType = VALUE;
  value: Uint8Array = EMPTY_BYTES;
  valueStart = 0;
  valueEnd = 0;
  readonly #source: BlockSource;
  readonly #isAllVersions: boolean;
  readonly #sequenceMax: number;
  readonly #isCacheFilled: boolean;
  readonly #readaheadBytes: number;
  readonly #entry: BlockEntry = new BlockEntry();
  #isClosed = false;
  #phase: Phase = 'unpositioned';
  /** The block in use; undefined until block `#blockIndex` is entered. */
  #block: Block | undefined = undefined;
  #blockIndex = 0;
  /** Forward: the next entry to look at, and its record. Backward: entries below this one are still to be looked at. */
  #entryIndex = 0;
  #recordOffset = 0;
  /** Where to enter the next block: at or after this key and sequence. Undefined: at its edge. */
  #enterKey: Uint8Array | undefined = undefined;
  #enterSequence = 0;
  /** The block whose common prefix lies in the scratch key; undefined after a seek. */
  #prefixOf: Block | undefined = undefined;
  #suffixLength = 0;
  #hi = 0;
  /** Phase `findVisible`: the block in which versions of the scratch key are looked through. */
  #visibleIndex = 0;
  #neededIndex = 0;
  /** The block looked at last, cached or not (table-iterator/holds-its-block). */
  #held: Block | undefined = undefined;
  #span: Uint8Array = EMPTY_BYTES;
  #spanStart = 0;
  #lastLoadedIndex = -2;
  #sequentialLoadCount = 0;
  #spanBytes = READAHEAD_BYTES_START;

  /** Becomes a user of the source (table-iterator/file-stays-open). */
  constructor(source: BlockSource, readSequence: number, options: TableIteratorOptions) {
    this.#source = source;
    this.#isAllVersions = readSequence === ALL_VERSIONS;
    this.#sequenceMax = this.#isAllVersions ? SEQUENCE_NUMBER_MAX : readSequence;
    this.#isCacheFilled = options.fillCache;
    this.#readaheadBytes = options.readaheadBytes ?? 0;
    source.retain();
  }

  /** Lets go of the table. Idempotent. The cursor is not used afterwards. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#block = undefined;
    this.#held = undefined;
    this.#span = EMPTY_BYTES;
    this.#phase = 'unpositioned';
    this.#source.release();
  }

  seekFirst(): StepResult {
    this.#start('forward', 0, undefined, 0);
    return this.#stepForward();
  }

  seekAtLeast(key: Uint8Array): StepResult {
    const blockIndex = this.#source.index.find(key, 0, key.length);
    this.#start('forward', blockIndex, key, this.#sequenceMax);
    return this.#stepForward();
  }

  seekLast(): StepResult {
    assert(!this.#isAllVersions, 'a cursor over all versions goes forward');
    this.#start('backward', this.#source.index.blockCount - 1, undefined, 0);
    return this.#stepBackward();
  }

  seekBelow(key: Uint8Array): StepResult {
    assert(!this.#isAllVersions, 'a cursor over all versions goes forward');
    const { index } = this.#source;
    const blockIndex = Math.min(index.find(key, 0, key.length), index.blockCount - 1);
    this.#start('backward', blockIndex, key, SEQUENCE_NUMBER_MAX);
    return this.#stepBackward();
  }

  next(): StepResult {
    return this.#stepForward();
  }

  prev(): StepResult {
    assert(this.#phase === 'backward', 'a cursor steps in the direction of its seek');
    return this.#stepBackward();
  }

  resume(): StepResult {
    return this.#phase === 'forward' ? this.#stepForward() : this.#stepBackward();
  }

  async load(): Promise<void> {
    const index = this.#neededIndex;
    if (!this.#isSpanDue(index)) {
      this.#held = await this.#source.load(index, this.#isCacheFilled);
      return;
    }
    const span = await this.#source.readSpan(index, this.#nextSpanBytes());
    this.#takeSpan(index, span);
  }

  loadSync(): void {
    const index = this.#neededIndex;
    if (!this.#isSpanDue(index)) {
      this.#held = this.#source.loadSync(index, this.#isCacheFilled);
      return;
    }
    this.#takeSpan(index, this.#source.readSpanSync(index, this.#nextSpanBytes()));
  }

  #start(phase: Phase, blockIndex: number, key: Uint8Array | undefined, sequence: number): void {
    assert(!this.#isClosed, 'a closed cursor is not used (table-iterator/file-stays-open)');
    this.#phase = phase;
    this.#block = undefined;
    this.#blockIndex = blockIndex;
    this.#enterKey = key;
    this.#enterSequence = sequence;
    this.#prefixOf = undefined;
    this.keyEnd = -1;
  }

  /** Looks at entries from `#entryIndex` on until one is to be shown. */
  #stepForward(): StepResult {
    assert(this.#phase === 'forward', 'a cursor steps in the direction of its seek');
    while (true) {
      const block = this.#block ?? this.#enterForward();
      if (block === undefined) return this.#whyNoBlock();
      const entry = this.#entry;
      const count = block.entryCount;
      while (this.#entryIndex < count) {
        const index = this.#entryIndex;
        block.decode(this.#recordOffset, entry);
        this.#entryIndex = index + 1;
        this.#recordOffset = entry.valueEnd; // block-format/end-to-end
        if (entry.sequence > this.#sequenceMax) continue;
        const hi = block.hiAt(index);
        if (!block.hasUniqueKeys && !this.#isAllVersions && this.#isScratchKey(block, hi)) continue;
        this.#takeKey(block, hi);
        this.#show(block);
        return READY;
      }
      this.#leaveForward();
    }
  }

  #enterForward(): Block | undefined {
    if (this.#blockIndex >= this.#source.index.blockCount) return undefined;
    const block = this.#obtain(this.#blockIndex);
    if (block === undefined) return undefined;
    this.#block = block;
    this.#entryIndex = 0;
    if (this.#enterKey !== undefined) {
      const key = this.#enterKey;
      const found = block.search(key, 0, key.length, this.#enterSequence);
      this.#entryIndex = found < 0 ? ~found : found;
      this.#enterKey = undefined;
    }
    this.#recordOffset =
      this.#entryIndex < block.entryCount ? block.recordOffset(this.#entryIndex) : 0;
    return block;
  }

  /** To the next block; past what is left there of the key shown last (table-iterator/scratch-key). */
  #leaveForward(): void {
    if (
      !this.#isAllVersions &&
      this.keyEnd >= 0 &&
      this.#source.index.isSeparator(this.#blockIndex, this.key, 0, this.keyEnd)
    ) {
      this.#enterKey = copyRange(this.key, 0, this.keyEnd);
      this.#enterSequence = AFTER_ALL_VERSIONS;
    }
    this.#block = undefined;
    this.#blockIndex++;
  }

  /** Looks at keys below the last one until one has a version to be shown. */
  #stepBackward(): StepResult {
    while (true) {
      if (this.#phase === 'backward') {
        const block = this.#block ?? this.#enterBackward();
        if (block === undefined) return this.#whyNoBlock();
        if (this.#entryIndex === 0) {
          this.#block = undefined;
          this.#blockIndex--;
          continue;
        }
        const index = this.#entryIndex - 1;
        block.decode(block.recordOffset(index), this.#entry);
        this.#takeKey(block, block.hiAt(index));
        if (this.#isOnlyVersion(block, index)) {
          this.#entryIndex = index;
          if (this.#entry.sequence > this.#sequenceMax) continue;
          this.#show(block);
          return READY;
        }
        this.#leaveToStart(block);
      }
      if (this.#phase === 'findStart' && !this.#findStart()) return NEEDS_BLOCK;
      const result = this.#findVisible();
      if (result !== EXHAUSTED) return result;
    }
  }

  #enterBackward(): Block | undefined {
    if (this.#blockIndex < 0) return undefined;
    const block = this.#obtain(this.#blockIndex);
    if (block === undefined) return undefined;
    this.#block = block;
    this.#entryIndex = block.entryCount;
    if (this.#enterKey !== undefined) {
      const key = this.#enterKey;
      const found = block.search(key, 0, key.length, this.#enterSequence);
      this.#entryIndex = found < 0 ? ~found : found;
      this.#enterKey = undefined;
    }
    return block;
  }

  /** True when the scratch key, of entry `index`, has no newer version before it. */
  #isOnlyVersion(block: Block, index: number): boolean {
    if (!block.hasUniqueKeys || (INVARIANTS && isSlowWay('key-run'))) return false;
    if (index > 0 || this.#blockIndex === 0) return true;
    return !this.#source.index.isSeparator(this.#blockIndex - 1, this.key, 0, this.keyEnd);
  }

  /** Turns to the block where the versions of the scratch key start: this one or one before. */
  #leaveToStart(block: Block): void {
    const startIndex = this.#source.index.find(this.key, 0, this.keyEnd);
    if (startIndex > this.#blockIndex) throw block.corruption('Index and entries disagree');
    // Each round goes back at least an entry, even through a damaged block that passed its checksum.
    if (startIndex < this.#blockIndex) this.#entryIndex = Infinity;
    this.#blockIndex = startIndex;
    this.#phase = 'findStart';
  }

  /** Moves before the newest version of the scratch key, from where the next step goes on; false: needs a block. */
  #findStart(): boolean {
    const block = this.#obtain(this.#blockIndex);
    if (block === undefined) return false;
    const found = block.search(this.key, 0, this.keyEnd, SEQUENCE_NUMBER_MAX);
    const start = found < 0 ? ~found : found;
    if (start >= this.#entryIndex) throw block.corruption('Entries are not sorted');
    this.#block = block;
    this.#entryIndex = start;
    this.#visibleIndex = this.#blockIndex;
    this.#phase = 'findVisible';
    return true;
  }

  /** Shows the newest visible version of the scratch key; EXHAUSTED: it has none. */
  #findVisible(): StepResult {
    const { index } = this.#source;
    while (true) {
      const block = this.#obtain(this.#visibleIndex);
      if (block === undefined) return NEEDS_BLOCK;
      const found = block.search(this.key, 0, this.keyEnd, this.#sequenceMax);
      if (found < 0) {
        block.decode(block.recordOffset(~found), this.#entry);
        this.#show(block);
        this.#phase = 'backward';
        return READY;
      }
      const isLast = found < block.entryCount || this.#visibleIndex + 1 === index.blockCount;
      if (isLast || !index.isSeparator(this.#visibleIndex, this.key, 0, this.keyEnd)) {
        this.#phase = 'backward';
        return EXHAUSTED;
      }
      this.#visibleIndex++;
    }
  }

  /** True when the entry just decoded has the key shown last. */
  #isScratchKey(block: Block, hi: number): boolean {
    if (this.#prefixOf !== block || hi !== this.#hi) return false;
    const entry = this.#entry;
    if (entry.suffixLength !== this.#suffixLength) return false;
    const restLength = entry.valueStart - entry.restStart;
    const restStart = block.prefixLength + INLINE_KEY_SIZE_BYTES;
    return equalRanges(block.bytes, entry.restStart, this.key, restStart, restLength);
  }

  /** Puts the key of the entry just decoded into the scratch buffer. */
  #takeKey(block: Block, hi: number): void {
    const entry = this.#entry;
    const prefixLength = block.prefixLength;
    const restStart = prefixLength + INLINE_KEY_SIZE_BYTES;
    const restLength = entry.valueStart - entry.restStart;
    if (restStart + restLength > this.key.length) this.#growScratch(restStart + restLength);
    const key = this.key;
    if (this.#prefixOf !== block) {
      key.set(block.bytes.subarray(block.prefixStart, block.recordsStart));
      this.#prefixOf = block;
    }
    key[prefixLength] = (hi >>> 24) ^ 0x80;
    key[prefixLength + 1] = hi >>> 16;
    key[prefixLength + 2] = hi >>> 8;
    key[prefixLength + 3] = hi;
    const bytes = block.bytes;
    for (let i = 0; i < restLength; i++) key[restStart + i] = bytes[entry.restStart + i]!; // decoded
    this.#hi = hi;
    this.#suffixLength = entry.suffixLength;
    this.keyEnd = prefixLength + entry.suffixLength;
  }

  #growScratch(needed: number): void {
    const grown = new Uint8Array(Math.max(needed, this.key.length * 2));
    grown.set(this.key);
    this.key = grown;
  }

  /** Fills in the fields that are not the key. */
  #show(block: Block): void {
    const entry = this.#entry;
    this.sequence = entry.sequence;
    this.type = entry.type;
    this.value = block.bytes;
    this.valueStart = entry.valueStart;
    this.valueEnd = entry.valueEnd;
  }

  #whyNoBlock(): StepResult {
    const index = this.#blockIndex;
    return index < 0 || index >= this.#source.index.blockCount ? EXHAUSTED : NEEDS_BLOCK;
  }

  /** Block `index` from memory; undefined after noting that it is needed. */
  #obtain(index: number): Block | undefined {
    if (this.#held !== undefined && this.#held.index === index) return this.#held;
    const block =
      this.#source.find(index) ??
      this.#source.keepFromSpan(this.#span, this.#spanStart, index, this.#isCacheFilled);
    if (block === undefined) this.#neededIndex = index;
    else this.#held = block;
    return block;
  }

  /** Counts a load of block `index`; true when it is part of a forward run and readahead is on. */
  #isSpanDue(index: number): boolean {
    const isNext = index === this.#lastLoadedIndex + 1;
    this.#sequentialLoadCount = isNext ? this.#sequentialLoadCount + 1 : 1;
    if (!isNext) this.#spanBytes = READAHEAD_BYTES_START;
    this.#lastLoadedIndex = index;
    const isRun = this.#phase === 'forward' && this.#sequentialLoadCount > 1;
    return this.#readaheadBytes > 0 && isRun && !(INVARIANTS && isSlowWay('readahead'));
  }

  #nextSpanBytes(): number {
    const size = Math.min(this.#spanBytes, this.#readaheadBytes);
    this.#spanBytes = 2 * size;
    return size;
  }

  /** Keeps the bytes of one read from block `index` on, and notes how far they reach. */
  #takeSpan(index: number, span: Uint8Array): void {
    const { index: blocks } = this.#source;
    this.#span = span;
    this.#spanStart = blocks.blockOffset(index);
    this.#held = this.#source.keepFromSpan(span, this.#spanStart, index, this.#isCacheFilled);
    if (this.#held === undefined) {
      throw new CorruptionError('File ends inside a block', {
        file: this.#source.path,
        offset: this.#spanStart,
      });
    }
    let last = index;
    const end = this.#spanStart + span.length;
    while (last + 1 < blocks.blockCount && blocks.blockOffset(last + 1) < end) last++;
    this.#lastLoadedIndex = last;
  }
}
