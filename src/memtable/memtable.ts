/**
 * The memtable: recent writes in memory, by key and by commit order, until they are flushed to a table.
 *
 * Owns: one arena with its skiplist (order) and hash index (point lookups), the range tombstones, and the rule for
 * when it is full. Layouts: arena.ts, key-node.ts, skiplist.ts, hash-index.ts.
 *
 * A write finds its key by hash, unless it goes on with an ascending run. A known key gets a new version in front of its
 * chain; a new one gets a key node with its first version, an entry in the skiplist and a hash slot, which the keys of a
 * run get later (hash-index/run-above). Recovery leaves the skiplist for the end, and has it built at once (`isUnordered`).
 *
 * Invariants:
 *   M1. Sequences only grow. Inside they are int32 relative to `baseSequence`, from 1 on.
 *   M2. A reader with a read sequence sees the same entries for as long as the memtable lives: later writes have larger
 *       sequences, and chains keep every version.
 *   M3. After `hasRoom(n, size)` was true, n operations with `size` bytes of keys and values cannot fail half-way: the
 *       bound counts paddings, the worst splits (nodeLengthMax), hash slots and sequences.
 *   M4. What another thread needs lies in the buffer. It may read once it was given `shared()`; the owner inserts no
 *       more from then on.
 *
 *   M5. The last writes can be walked in commit order: `#recent` has the key node of each, by relative sequence, 0 for a
 *       range deletion or a sequence that was passed over. It is no part of what other threads see.
 *   M6. Whatever lies in older memtables has a sequence at or below `baseSequence`.
 *   M7. A memtable that was created unordered is put in order by `order`, a few milliseconds at a time, or at once by
 *       the first cursor and before the first reader in another thread. Point reads need no order.
 *
 * Suspension: everything here is synchronous, but that `order` yields. One thread inserts; bytes given to a method are
 * copied, never kept.
 */
import { assert, unreachable } from '../base/assert.ts';
import { compareRanges, copyRange } from '../bytes/bytes.ts';
import {
  SEQUENCE_NUMBER_MAX,
  sequenceAfter,
  sequenceNumber,
  type SequenceNumber,
} from '../base/ids.ts';
import {
  ABSENT,
  ALL_VERSIONS,
  EXHAUSTED,
  FOUND,
  type LookupResult,
  type LookupStatus,
} from '../iterator/internal-iterator.ts';
import type { Random } from '../base/random.ts';
import { RangeTombstones } from '../iterator/range-tombstones.ts';
import {
  DELETION,
  mustBePointType,
  type PointType,
  RANGE_DELETION,
  VALUE,
} from '../base/value-type.ts';
import {
  Arena,
  ArenaPool,
  BASE_SEQUENCE_WORD,
  CAPACITY_BYTES_MAX,
  CAPACITY_BYTES_MIN,
  ENTRY_COUNT_WORD,
  FIRST_WORD,
  HEADER_LENGTH,
  KEY_COUNT_WORD,
  LAST_WORD,
  MAGIC,
  MAGIC_WORD,
  NODE_START_WORD,
  RECORD_END_WORD,
  RUN_WORD,
  SLOT_COUNT_WORD,
  TOMBSTONE_WORD,
  loadNumber,
  roundedCapacity,
  storeNumber,
} from './arena.ts';
import { HashIndex, keyCountMaxFor, slotCountFor } from './hash-index.ts';
import {
  compareWithNode,
  END_LENGTH,
  KEY_HASH,
  KEY_LENGTH,
  keyStartOf,
  NEWEST,
  OLDER,
  OPERATION_LENGTH_MAX,
  RELATIVE,
  START_LENGTH,
  TOMBSTONE_LENGTH,
  VALUE_LENGTH,
  VALUE_TYPE,
  VERSION_LENGTH,
  visibleVersion,
  wordCount,
  writeKeyNode,
  writeTombstone,
  writeVersion,
} from './key-node.ts';
import { MemtableIterator } from './memtable-iterator.ts';
import type { Operation } from './operation.ts';
import { EMPTY_LENGTH, SkiplistWriter, nodeLengthMax } from './skiplist-writer.ts';
import { SkiplistLoader } from './skiplist-loader.ts';
import { NODE_ENTRY_COUNT_MAX, Skiplist } from './skiplist.ts';

/** The largest relative sequence; one more is still an int32, so that comparisons with it cannot overflow. */
const RELATIVE_MAX = 2 ** 31 - 2;

/** Recent writes kept for validations: 64 KiB. Beyond them a range is walked in key order. */
const RECENT_COUNT_MAX = 16 * 1024;
/** Up to this many writes are walked without a look at the range: a seek costs more. */
const RECENT_COUNT_CHEAP = 16;

/** Counts what a search looked at. */
export interface WalkCounter {
  walkedCount: number;
}

export interface MemtableOptions {
  readonly capacityBytes: number;
  /** The sequence before its first. */
  readonly baseSequence: SequenceNumber;
  /** Decides which index nodes are promoted. */
  readonly random: Random;
  /** Where the arena comes from and goes back to. */
  readonly pool?: ArenaPool | undefined;
  /** Writes keep no order until `order` is run: much faster for many. Default false. */
  readonly isUnordered?: boolean;
}

/** What another thread needs to read a memtable; it survives structured cloning. */
export interface SharedMemtable {
  readonly buffer: SharedArrayBuffer;
}

export class Memtable {
  readonly baseSequence: SequenceNumber;
  readonly rangeTombstones: RangeTombstones = new RangeTombstones();

  readonly #arena: Arena;
  readonly #words: Int32Array;
  readonly #hashIndex: HashIndex;
  readonly #keyCountMax: number;
  readonly #skiplist: Skiplist;
  /** Absent in a memtable that `attach` returned. */
  readonly #writer: SkiplistWriter | undefined;
  /** Takes the new keys in place of `#writer`, from `create` until the memtable is in order (M7). */
  #loader: SkiplistLoader | undefined = undefined;
  readonly #pool: ArenaPool | undefined;
  /** Scratch of `#shortenRun`. */
  readonly #runNodes: Int32Array = new Int32Array(NODE_ENTRY_COUNT_MAX);
  /** M5; a ring of a power of two. */
  readonly #recent: Int32Array;
  /** Relative sequences of the first and the last operation; 0 when empty. */
  #first = 0;
  #last = 0;
  #keyCount = 0;
  #entryCount = 0;
  #isReleased = false;

  private constructor(arena: Arena, random: Random | undefined, pool: ArenaPool | undefined) {
    this.#arena = arena;
    this.#words = arena.words;
    this.baseSequence = sequenceNumber(loadNumber(arena.words, BASE_SEQUENCE_WORD));
    this.#hashIndex = new HashIndex(arena);
    this.#keyCountMax = keyCountMaxFor(arena.words[SLOT_COUNT_WORD]!); // a header word
    this.#skiplist = new Skiplist(arena);
    this.#writer = random && new SkiplistWriter(arena, this.#skiplist, random);
    this.#pool = pool;
    this.#recent = new Int32Array(random === undefined ? 0 : recentCountFor(arena.capacityBytes));
  }

  static create(options: MemtableOptions): Memtable {
    const { capacityBytes, baseSequence, random } = options;
    assert(capacityBytes <= CAPACITY_BYTES_MAX, 'memtable capacity above 4 GiB');
    const pool = options.pool ?? new ArenaPool(capacityBytes, 0);
    const arena = pool.acquire(capacityBytes);
    arena.reset(slotCountFor(arena.capacityBytes));
    storeNumber(arena.words, BASE_SEQUENCE_WORD, baseSequence);
    const memtable = new Memtable(arena, random, pool);
    if (options.isUnordered === true) {
      memtable.#loader = new SkiplistLoader(arena, memtable.#skiplist, memtable.#mustWriter());
    }
    return memtable;
  }

  /** A read-only memtable over the memory of another, as it was when `shared()` was called (M4). */
  static attach(shared: SharedMemtable): Memtable {
    const arena = new Arena(shared.buffer);
    assert(arena.words[MAGIC_WORD] === MAGIC, 'the buffer is no memtable');
    arena.adopt();
    const memtable = new Memtable(arena, undefined, undefined);
    memtable.#loadCounts();
    return memtable;
  }

  /** The capacity at which an empty memtable has room for a batch that is too large for the usual one. */
  static capacityFor(operationCount: number, keyAndValueBytes: number): number {
    const needed =
      HEADER_LENGTH +
      EMPTY_LENGTH +
      recordLengthMax(operationCount, keyAndValueBytes) +
      nodeLengthMax(operationCount, 0, 1, 1);
    let capacity = roundedCapacity(Math.max(CAPACITY_BYTES_MIN, needed * 4));
    while (true) {
      const slotCount = slotCountFor(capacity);
      const hasSlots = keyCountMaxFor(slotCount) >= operationCount;
      if (hasSlots && (needed + slotCount) * 4 <= capacity) return capacity;
      capacity = roundedCapacity(capacity * 1.1);
    }
  }

  get isEmpty(): boolean {
    return this.#entryCount === 0 && this.rangeTombstones.isEmpty;
  }

  /** The sequence of the first operation, or `baseSequence`. */
  get firstSequence(): SequenceNumber {
    return sequenceAfter(this.baseSequence, this.#first);
  }

  /** The sequence of the last operation, or `baseSequence`. */
  get lastSequence(): SequenceNumber {
    return sequenceAfter(this.baseSequence, this.#last);
  }

  get keyCount(): number {
    return this.#keyCount;
  }

  /** Versions of all keys, tombstones included, range tombstones not. */
  get entryCount(): number {
    return this.#entryCount;
  }

  /** Bytes in use for what was written; the hash slots, which are there from the start, do not count. */
  get sizeBytes(): number {
    return this.#arena.usedBytes;
  }

  get capacityBytes(): number {
    return this.#arena.capacityBytes;
  }

  /** True when that many puts and range deletions, with that many bytes in all, are certain to fit (M3). */
  hasRoom(operationCount: number, keyAndValueBytes: number): boolean {
    const writer = this.#mustWriter();
    if (
      this.#keyCount + operationCount > this.#keyCountMax ||
      this.#last + operationCount > RELATIVE_MAX
    ) {
      return false;
    }
    const room = this.#arena.freeLength - recordLengthMax(operationCount, keyAndValueBytes);
    return (this.#loader ?? writer).fits(operationCount, room);
  }

  /** Whether the last new key was above all others: the next one is likely to be, and is not looked up then. */
  get isAscending(): boolean {
    return this.#mustWriter().isAscending;
  }

  /** Touches where a key with this hash is looked for, a little before it is. */
  warm(hash: number): void {
    this.#hashIndex.warm(hash);
  }

  /** Writes an operation, the bytes of which are copied. Ask `hasRoom` before. */
  insert(operation: Operation): void {
    const { type } = operation;
    switch (type) {
      case VALUE:
      case DELETION:
        this.#put(type, operation);
        return;
      case RANGE_DELETION: {
        const { sequence, bytes, keyStart, keyEnd, valueStart, valueEnd } = operation;
        const start = bytes.subarray(keyStart, keyEnd);
        this.deleteRange(sequence, start, bytes.subarray(valueStart, valueEnd));
        return;
      }
      default:
        unreachable(type);
    }
  }

  /** Writes one version of a key. */
  #put(type: PointType, operation: Operation): void {
    const writer = this.#mustWriter();
    const { hash, bytes, keyStart, keyEnd, valueStart, valueEnd } = operation;
    const relative = this.#advance(operation.sequence);
    const arena = this.#arena;
    const words = this.#words;
    // What goes to the end of an ascending run is new: there is nothing to look for.
    const isAppended = writer.isAscending && writer.isAboveAll(bytes, keyStart, keyEnd);
    let node = isAppended ? 0 : this.#find(hash, bytes, keyStart, keyEnd);
    if (node !== 0) {
      const older = words[node + NEWEST]!; // node is in the arena
      const version = writeVersion(arena, relative, older, type, bytes, valueStart, valueEnd);
      Atomics.store(words, node + NEWEST, version);
    } else {
      assert(this.#keyCount < this.#keyCountMax, 'hash slots used up: hasRoom was not asked (M3)');
      node = writeKeyNode(arena, hash, bytes, keyStart, keyEnd);
      words[node + NEWEST] = writeVersion(arena, relative, 0, type, bytes, valueStart, valueEnd);
      this.#addKey(node, isAppended, operation);
      this.#keyCount++;
    }
    this.#recent[relative & (this.#recent.length - 1)] = node;
    this.#entryCount++;
  }

  /** Makes a new key node findable. */
  #addKey(node: number, isAppended: boolean, { hash, bytes, keyStart, keyEnd }: Operation): void {
    const writer = this.#mustWriter();
    if (isAppended) {
      writer.append(node);
      if (this.#words[RUN_WORD] === 0) this.#words[RUN_WORD] = node; // hash-index/run-above
      return;
    }
    (this.#loader ?? writer).insert(node, bytes, keyStart, keyEnd);
    this.#hashIndex.insert(hash, node);
  }

  /** False until an unordered memtable was put in order (M7). */
  get isOrdered(): boolean {
    return this.#loader === undefined;
  }

  /**
   * Puts the keys of an unordered memtable in order (M7), which then is like any other. Yields after every few
   * milliseconds; from the first on nothing may be written until it is done. A cursor has the rest done at once.
   */
  *order(): Generator<undefined, void> {
    while (this.#stepOrder()) yield;
  }

  /** False when nothing is left to do. */
  #stepOrder(): boolean {
    if (this.#loader?.step() === true) return true;
    this.#loader = undefined;
    return false;
  }

  /** Deletes every key in `[startKey, endKey)`, older entries of this memtable included. Ask `hasRoom` before. */
  deleteRange(sequence: SequenceNumber, startKey: Uint8Array, endKey: Uint8Array): void {
    this.#mustWriter();
    const relative = this.#advance(sequence);
    const older = this.#words[TOMBSTONE_WORD]!; // a header word
    const tombstone = writeTombstone(this.#arena, relative, older, startKey, endKey);
    Atomics.store(this.#words, TOMBSTONE_WORD, tombstone);
    this.#recent[relative & (this.#recent.length - 1)] = 0;
    // Copied there: range tombstones may be asked after the arena went to another memtable.
    this.rangeTombstones.add(startKey, endKey, sequence);
  }

  /** The newest version at or below `readSequence`. Range tombstones are not looked at. */
  get(
    keyBytes: Uint8Array,
    keyStart: number,
    keyEnd: number,
    hash: number,
    readSequence: number,
    result: LookupResult,
  ): LookupStatus {
    const node = this.#find(hash, keyBytes, keyStart, keyEnd);
    if (node === 0) return ABSENT;
    const words = this.#words;
    const version = visibleVersion(words, node, this.#relativeOf(readSequence));
    if (version === 0) return ABSENT;
    const valueStart = (version + VERSION_LENGTH) * 4; // version is in the arena
    result.sequence = this.baseSequence + words[version + RELATIVE]!;
    result.type = mustBePointType(words[version + VALUE_TYPE]!);
    result.value = this.#arena.bytes;
    result.valueStart = valueStart;
    result.valueEnd = valueStart + words[version + VALUE_LENGTH]!;
    return FOUND;
  }

  /** The sequence of the newest version of a key, or 0. Range tombstones are not looked at. */
  newestSequence(keyBytes: Uint8Array, keyStart: number, keyEnd: number, hash: number): number {
    const node = this.#find(hash, keyBytes, keyStart, keyEnd);
    if (node === 0) return 0;
    const version = this.#words[node + NEWEST]!; // a key node has a version
    return this.baseSequence + this.#words[version + RELATIVE]!;
  }

  /**
   * A key in `[from, upper)` with a version above `since`, or undefined; a copy. No `upper`: up to the last key. Walks the
   * range, or the writes since, whichever ends first. Range tombstones are not looked at.
   */
  keyWrittenSince(
    from: Uint8Array,
    upper: Uint8Array | undefined,
    since: number,
    counter: WalkCounter,
  ): Uint8Array | undefined {
    this.#finishOrder();
    const sinceRelative = this.#relativeOf(since);
    const writeCount = this.#last - sinceRelative;
    const isRecent = writeCount <= this.#recent.length;
    if (!isRecent || writeCount > RECENT_COUNT_CHEAP) {
      const cursor = this.iterator(SEQUENCE_NUMBER_MAX); // the newest version of each key
      let status = cursor.seekAtLeast(from);
      const stepCountMax = isRecent ? writeCount : Infinity;
      for (let stepCount = 0; stepCount < stepCountMax; stepCount++) {
        if (status === EXHAUSTED) return undefined;
        counter.walkedCount++;
        const { key, keyStart, keyEnd } = cursor;
        if (
          upper !== undefined &&
          compareRanges(key, keyStart, keyEnd, upper, 0, upper.length) >= 0
        ) {
          return undefined;
        }
        if (cursor.sequence > since) return copyRange(key, keyStart, keyEnd);
        status = cursor.next();
      }
    }
    return this.#recentKeyIn(from, upper, sinceRelative, counter);
  }

  /** The same by a walk of the writes above `sinceRelative`, all of which are in `#recent`. */
  #recentKeyIn(
    from: Uint8Array,
    upper: Uint8Array | undefined,
    sinceRelative: number,
    counter: WalkCounter,
  ): Uint8Array | undefined {
    const arena = this.#arena;
    const recent = this.#recent;
    const mask = recent.length - 1;
    for (let relative = sinceRelative + 1; relative <= this.#last; relative++) {
      counter.walkedCount++;
      const node = recent[relative & mask]!; // of a power of two
      if (node === 0 || compareWithNode(arena, node, from, 0, from.length) > 0) continue;
      if (upper !== undefined && compareWithNode(arena, node, upper, 0, upper.length) <= 0) {
        continue;
      }
      const start = keyStartOf(node);
      return copyRange(arena.bytes, start, start + this.#words[node + KEY_LENGTH]!); // a key node
    }
    return undefined;
  }

  /** A cursor over what `readSequence` sees, or over ALL_VERSIONS. Use it until the memtable is released. */
  iterator(readSequence: number): MemtableIterator {
    this.#finishOrder();
    const relative = readSequence === ALL_VERSIONS ? RELATIVE_MAX : this.#relativeOf(readSequence);
    const { baseSequence } = this;
    return new MemtableIterator(this.#arena, this.#skiplist, baseSequence, readSequence, relative);
  }

  /** Fills `operation` with the entry at which a cursor of this memtable stands, or stood; its bytes are lent. */
  readEntry(node: number, version: number, operation: Operation): void {
    const words = this.#words; // node and version are in the arena
    const keyStart = keyStartOf(node);
    const valueStart = (version + VERSION_LENGTH) * 4;
    operation.type = mustBePointType(words[version + VALUE_TYPE]!);
    operation.sequence = sequenceAfter(this.baseSequence, words[version + RELATIVE]!);
    operation.hash = words[node + KEY_HASH]!;
    operation.bytes = this.#arena.bytes;
    operation.keyStart = keyStart;
    operation.keyEnd = keyStart + words[node + KEY_LENGTH]!;
    operation.valueStart = valueStart;
    operation.valueEnd = valueStart + words[version + VALUE_LENGTH]!;
  }

  /** The range deletions as they were written, from new to old; copies. */
  *rangeDeletions(): Generator<{ start: Uint8Array; end: Uint8Array; sequence: SequenceNumber }> {
    const words = this.#words; // header words exist; a tombstone is in the arena
    const { bytes } = this.#arena;
    for (let at = words[TOMBSTONE_WORD]!; at !== 0; at = words[at + OLDER]!) {
      const startLength = words[at + START_LENGTH]!;
      const endLength = words[at + END_LENGTH]!;
      const start = (at + TOMBSTONE_LENGTH) * 4;
      const end = start + wordCount(startLength) * 4;
      yield {
        start: copyRange(bytes, start, start + startLength),
        end: copyRange(bytes, end, end + endLength),
        sequence: sequenceAfter(this.baseSequence, words[at + RELATIVE]!),
      };
    }
  }

  /** For another thread. Nothing may be written after this (M4). */
  shared(): SharedMemtable {
    this.#finishOrder();
    const words = this.#words;
    words[FIRST_WORD] = this.#first;
    words[LAST_WORD] = this.#last;
    words[KEY_COUNT_WORD] = this.#keyCount;
    words[ENTRY_COUNT_WORD] = this.#entryCount;
    words[RECORD_END_WORD] = this.#arena.recordEnd;
    words[NODE_START_WORD] = this.#arena.nodeStart;
    return { buffer: this.#arena.buffer };
  }

  /** Gives the arena back. The caller guarantees that nothing reads it any more, here or in another thread. */
  release(): void {
    assert(!this.#isReleased, 'memtable released twice (A3)');
    this.#isReleased = true;
    this.#pool?.release(this.#arena);
  }

  #find(hash: number, key: Uint8Array, start: number, end: number): number {
    // A header word. It is read before the slots: the owner fills these before it shortens the run.
    const run = this.#words[RUN_WORD]!;
    const node = this.#hashIndex.find(hash, key, start, end);
    return node !== 0 || run === 0 ? node : this.#findInRun(run, hash, key, start, end);
  }

  /** A key that the hash index lacks, or 0 (hash-index/run-above). Each such lookup shortens the run by some keys. */
  #findInRun(run: number, hash: number, key: Uint8Array, start: number, end: number): number {
    if (compareWithNode(this.#arena, run, key, start, end) < 0) return 0;
    if (this.#writer !== undefined) this.#shortenRun(run);
    const rest = this.#words[RUN_WORD]!; // before the slots, as above
    const node = this.#hashIndex.find(hash, key, start, end);
    return node !== 0 || rest === 0 ? node : this.#skiplist.find(key, start, end);
  }

  /** Gives slots to the keys of one leaf, from `run` on. */
  #shortenRun(run: number): void {
    const words = this.#words;
    const nodes = this.#runNodes;
    const count = this.#skiplist.copyLeafFrom(run, nodes);
    // The cache misses of a loop of nothing else overlap.
    for (let i = 0; i < count; i++) this.#hashIndex.warm(words[nodes[i]! + KEY_HASH]!); // key nodes are in the arena
    for (let i = 0; i < count; i++) {
      const node = nodes[i]!; // i < count
      this.#hashIndex.ensure(words[node + KEY_HASH]!, node); // a key that came out of order has a slot
    }
    Atomics.store(words, RUN_WORD, this.#skiplist.copiedHigh);
  }

  #loadCounts(): void {
    const words = this.#words; // header words exist; a tombstone is in the arena
    this.#first = words[FIRST_WORD]!;
    this.#last = words[LAST_WORD]!;
    this.#keyCount = words[KEY_COUNT_WORD]!;
    this.#entryCount = words[ENTRY_COUNT_WORD]!;
    for (const { start, end, sequence } of this.rangeDeletions()) {
      this.rangeTombstones.add(start, end, sequence);
    }
  }

  #mustWriter(): SkiplistWriter {
    const writer = this.#writer;
    assert(writer !== undefined && !this.#isReleased, 'write to a read-only memtable (M4)');
    return writer;
  }

  /** M7. */
  #finishOrder(): void {
    while (this.#stepOrder());
  }

  /** Moves to the next sequence and returns it relative (M1). */
  #advance(sequence: SequenceNumber): number {
    const relative = sequence - this.baseSequence;
    assert(relative > this.#last && relative <= RELATIVE_MAX, 'sequence does not grow (M1)');
    if (this.#first === 0) this.#first = relative;
    if (relative > this.#last + 1) this.#passOver(this.#last + 1, relative - 1);
    this.#last = relative;
    return relative;
  }

  /** Keeps M5 for the sequences `[from, to]`, which nothing has. */
  #passOver(from: number, to: number): void {
    const recent = this.#recent;
    const first = Math.max(from, to - recent.length + 1);
    for (let relative = first; relative <= to; relative++) {
      recent[relative & (recent.length - 1)] = 0;
    }
  }

  /** The relative form of a read sequence, cut to an int32 so that comparisons stay integer ones. */
  #relativeOf(readSequence: number): number {
    const relative = readSequence - this.baseSequence;
    return relative > RELATIVE_MAX ? RELATIVE_MAX : relative < 0 ? 0 : relative;
  }
}

/** Words of records for that many operations, with each of their byte strings padded. */
function recordLengthMax(operationCount: number, keyAndValueBytes: number): number {
  return operationCount * OPERATION_LENGTH_MAX + wordCount(keyAndValueBytes);
}

/** A power of two: as many as a memtable of that size could hold of small writes, up to the most. */
function recentCountFor(capacityBytes: number): number {
  let count = RECENT_COUNT_MAX;
  while (count * 64 > capacityBytes) count >>>= 1;
  return count;
}
