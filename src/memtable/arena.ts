/**
 * The memory of one memtable.
 *
 * Owns: one fixed SharedArrayBuffer, its header, and the two ends from which it is handed out.
 *
 * Layout (32-bit words of the machine's own byte order; never on disk). Offsets inside are word offsets, 0 is "none":
 *
 *      | header | hash slots | records ->       <- skiplist nodes |
 *      0        48           48 + slots                           capacity
 *
 * The arena lays records (key nodes, versions, range tombstones) down from the left in write order, and nodes from the
 * right. So a descent of the skiplist touches few pages. The constants below name the words of the header.
 *
 * Invariants:
 *   arena/never-grows: the buffer keeps its size. A view of a growable shared buffer costs 15 times as much for each
 *       load.
 *   arena/written-first: a writer fills every word of a record or node before another word points to it. So an arena
 *       that is used again needs only its header and its hash slots zeroed. Example: the records of the memtable before
 *       stay in the buffer, and no word leads to them.
 *
 * Suspension: everything here is synchronous.
 */
import { assert } from '../base/assert.ts';
import { copyInto } from '../bytes/bytes.ts';
import { WORD_COPY_MAX_BYTES, WordCopier } from '../bytes/word-copier.ts';

/** The magic number of a memtable's buffer: 'VMT1'. */
export const MAGIC_WORD = 0;
export const MAGIC = 0x564d5431;
/** The sequence before the memtable's first, a number up to 2^52 in two words. */
export const BASE_SEQUENCE_WORD = 1;
// Words 3 and 4 are free.
/** Relative sequences of the first and last operation. `Memtable.shared()` writes them and the next four words. */
export const FIRST_WORD = 5;
export const LAST_WORD = 6;
export const KEY_COUNT_WORD = 7;
export const ENTRY_COUNT_WORD = 8;
export const RECORD_END_WORD = 9;
export const NODE_START_WORD = 10;
export const SLOT_COUNT_WORD = 11;
/** The newest range tombstone. */
export const TOMBSTONE_WORD = 12;
/** The key nodes of the lowest and the highest key of the skiplist, 0 while it is empty (skiplist/outer-fences). */
export const LOWEST_WORD = 13;
export const HIGHEST_WORD = 14;
export const TOP_LEVEL_WORD = 15;
/** The leftmost node of each level, 0 (the leaves) to LEVEL_MAX. */
export const HEAD_WORDS = 16;
export const LEVEL_MAX = 15;
/** The key node with the lowest key that may have no hash slot, or 0 (hash-index/run-above). */
export const RUN_WORD = 32;
export const HEADER_LENGTH = 48;

/** Words of a page of memory on most systems. */
const PAGE_LENGTH = 1024;

/** The size of a log frame or of a piece of a log: records are copied from such arrays. */
const SOURCE_SIZE_BYTES_MAX = 4 * 1024 * 1024;

/** The staging memory, a multiple of 8, fits into the caches of a core together with its target. */
const STAGING_SIZE_BYTES = 16 * 1024;
/** Nodes begin on cache lines of 64 bytes, and so do capacities. */
const LINE_SIZE_BYTES = 64;
export const CAPACITY_BYTES_MIN: number = 16 * 1024;
/** Node.js 20 has no Uint8Array of 4 GiB. */
export const CAPACITY_BYTES_MAX: number = 2 ** 32 - 64 * 1024;

/** The capacity of an arena that is asked for `capacityBytes`. */
export function roundedCapacity(capacityBytes: number): number {
  const atLeast = Math.max(capacityBytes, CAPACITY_BYTES_MIN);
  return Math.ceil(atLeast / LINE_SIZE_BYTES) * LINE_SIZE_BYTES;
}

export class Arena {
  readonly buffer: SharedArrayBuffer;
  readonly words: Int32Array;
  readonly bytes: Uint8Array;
  #recordStart = 0;
  #recordEnd = 0;
  #nodeStart = 0;
  /** True for a new buffer, which is zero. Zeroing its slots again would cost milliseconds of page faults. */
  #isZero = true;
  readonly #copier = new WordCopier(SOURCE_SIZE_BYTES_MAX);
  /** Private memory, aligned as the words are; made at its first use. */
  #staging: Uint8Array | undefined = undefined;

  constructor(buffer: SharedArrayBuffer) {
    this.buffer = buffer;
    this.words = new Int32Array(buffer);
    this.bytes = new Uint8Array(buffer);
  }

  get capacityBytes(): number {
    return this.bytes.length;
  }

  /** Words that no record and no node has yet. */
  get freeLength(): number {
    return this.#nodeStart - this.#recordEnd;
  }

  get recordEnd(): number {
    return this.#recordEnd;
  }

  get nodeStart(): number {
    return this.#nodeStart;
  }

  /** Bytes in records and nodes. */
  get usedBytes(): number {
    const nodes = this.words.length - this.#nodeStart;
    return (this.#recordEnd - this.#recordStart + nodes) * 4;
  }

  /** Makes the arena empty, with `slotCount` empty hash slots (arena/written-first). */
  reset(slotCount: number): void {
    const start = HEADER_LENGTH + slotCount;
    // A memtable that took no record filled no slot.
    const hasZeroSlots = this.#recordStart === start && this.#recordEnd === start;
    if (!this.#isZero) this.words.fill(0, 0, hasZeroSlots ? HEADER_LENGTH : start);
    this.#isZero = false;
    this.#recordStart = start;
    this.#recordEnd = start;
    this.#nodeStart = this.words.length;
    this.words[MAGIC_WORD] = MAGIC;
    this.words[SLOT_COUNT_WORD] = slotCount;
  }

  /** How many pages hold the header and the hash slots. */
  get slotPageCount(): number {
    return Math.ceil(this.#recordStart / PAGE_LENGTH);
  }

  /** Writes to each of these pages without changing it. A page read first and written later costs two faults. */
  touchSlots(): void {
    for (let at = 0; at < this.#recordStart; at += PAGE_LENGTH) Atomics.or(this.words, at, 0);
  }

  /** Takes the two ends from the header, where the owner's thread left them. */
  adopt(): void {
    this.#isZero = false;
    this.#recordStart = HEADER_LENGTH + this.words[SLOT_COUNT_WORD]!; // header words exist
    this.#recordEnd = this.words[RECORD_END_WORD]!;
    this.#nodeStart = this.words[NODE_START_WORD]!;
  }

  /** `length` unwritten words for a record. */
  allocateRecord(length: number): number {
    const record = this.#recordEnd;
    assert(
      length <= this.#nodeStart - record,
      'memtable overflow: hasRoom was not asked (memtable/certain-room)',
    );
    this.#recordEnd = record + length;
    return record;
  }

  /** The same at an even word; the word before it may stay unused. */
  allocateEvenRecord(length: number): number {
    const padding = this.#recordEnd & 1;
    return this.allocateRecord(padding + length) + padding;
  }

  /** Copies `source[start, end)` to the words from `word` on. The rest of the last word stays as it is. */
  copyIn(word: number, source: Uint8Array, start: number, end: number): void {
    if (end - start <= WORD_COPY_MAX_BYTES) {
      this.#copier.copy(this.bytes, word * 4, source, start, end);
    } else {
      this.#copyLarge(word * 4, source, start, end);
    }
  }

  /**
   * Copies by way of aligned memory where source and target lie differently in their words. V8 copies into shared
   * memory byte by byte then: 2 KB take 0.7 us instead of 0.15. The detour takes 0.2.
   */
  #copyLarge(offset: number, source: Uint8Array, start: number, end: number): void {
    if ((source.byteOffset + start - offset) % 8 === 0) {
      copyInto(this.bytes, offset, source, start, end);
      return;
    }
    this.#staging ??= new Uint8Array(STAGING_SIZE_BYTES);
    let to = offset;
    for (let from = start; from < end;) {
      const length = Math.min(end - from, STAGING_SIZE_BYTES);
      copyInto(this.#staging, 0, source, from, from + length);
      copyInto(this.bytes, to, this.#staging, 0, length);
      from += length;
      to += length;
    }
  }

  /** `length` unwritten words for a node; `length` is a multiple of a cache line. */
  allocateNode(length: number): number {
    const node = this.#nodeStart - length;
    assert(
      node >= this.#recordEnd,
      'memtable overflow: hasRoom was not asked (memtable/certain-room)',
    );
    this.#nodeStart = node;
    return node;
  }
}

/** Stores an integer of up to 52 bits in two words. */
export function storeNumber(words: Int32Array, at: number, value: number): void {
  words[at] = value % 2 ** 32; // stored modulo 2^32
  words[at + 1] = Math.floor(value / 2 ** 32);
}

export function loadNumber(words: Int32Array, at: number): number {
  return (words[at]! >>> 0) + words[at + 1]! * 2 ** 32; // header words exist
}
