/**
 * The memtable: recent writes in memory, by key and by commit order, until a flush makes a table of them.
 *
 * Owns: one arena with its skiplist (order) and hash index (point lookups), the range tombstones, and the rule for
 * when it is full. Layouts: arena.ts, key-node.ts, skiplist.ts, hash-index.ts. A tour: docs/memtable.md.
 *
 * A write finds its key by hash, unless the key goes on with an ascending run. A known key gets a new version in front
 * of its chain. A new key gets a key node with its first version, an entry in the skiplist, and a hash slot. The keys
 * of a run get their slots later (hash-index/run-above). Recovery creates memtables without order (`isUnordered`): a
 * loader collects their keys and builds the skiplist at the end.
 *
 * Invariants:
 *   memtable/sequences-grow: sequences only grow. Records hold them as int32 relative to `baseSequence`, from 1 on.
 *   memtable/stable-reads: a reader with a read sequence sees the same entries for as long as the memtable lives.
 *       Later writes have larger sequences, and chains keep every version.
 *   memtable/certain-room: after `hasRoom(n, size)` was true, n operations with `size` bytes of keys and values cannot
 *       fail half-way. The bound counts paddings, the worst splits (nodeLengthMax), hash slots and sequences.
 *   memtable/shared-whole: the buffer holds everything that another thread needs. It reads only after `shared()`, and
 *       the owner inserts nothing from then on.
 *   memtable/read-beside: after `shareBeside()` other threads read while the owner inserts. They use read sequences
 *       that are published to them by an atomic store, after the inserts. Every key has its hash slot, so a point read
 *       never meets a half-written node of the skiplist. A cursor checks the version of each node (skiplist.ts).
 *   memtable/recent-writes: the last writes can be walked in commit order. Only the owner has `#recent`: the
 *       key node of each, by relative sequence, 0 for a range deletion or a sequence that was passed over.
 *   memtable/older-below: every entry of an older memtable has a sequence at or below `baseSequence`. Example: a
 *       memtable begins after 100, and a full disk refuses all commits above 90. The rebuilt memtable begins after 90.
 *   memtable/settled-when-seen: the last operations that `insertSoon` took wait for each other: their hash slots come into
 *       the cache together. Their room and their sequences count at once. All of them are inserted before any answer that
 *       could hold one, before the next `insert`, and by `settle`. Their bytes stay as they are until then.
 *   memtable/ordered-on-demand: `order` puts an unordered memtable in order, a few milliseconds at a time. The first
 *       cursor, or `shared()`, does the rest at once. Point reads need no order.
 *
 * Suspension: everything here is synchronous, except that `order` yields. One thread inserts. Methods copy their bytes.
 */
import { assert, INVARIANTS } from '../base/assert.ts';
import { isSlowWay } from '../base/coin.ts';
import type { BatchReader } from '../batch/batch-reader.ts';
import { hashKey } from '../bytes/hash.ts';
import {
  SEQUENCE_NUMBER_MAX,
  sequenceAfter,
  sequenceNumber,
  type SequenceNumber,
} from '../base/ids.ts';
import {
  ABSENT,
  ALL_VERSIONS,
  FOUND,
  type LookupResult,
  type LookupStatus,
} from '../iterator/internal-iterator.ts';
import { RangeTombstones } from '../iterator/range-tombstones.ts';
import { mustBePointType, type PointType, RANGE_DELETION } from '../base/value-type.ts';
import {
  Arena,
  BASE_SEQUENCE_WORD,
  CAPACITY_BYTES_MAX,
  ENTRY_COUNT_WORD,
  FIRST_WORD,
  HIGHEST_WORD,
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
  storeNumber,
} from './arena.ts';
import { ArenaPool } from './arena-pool.ts';
import { HashIndex, keyCountMaxFor, slotCountFor } from './hash-index.ts';
import {
  compareWithNode,
  KEY_HASH,
  NEWEST,
  RELATIVE,
  VALUE_LENGTH,
  readVersion,
  tombstonesOf,
  VALUE_TYPE,
  VERSION_LENGTH,
  visibleVersion,
  writeKeyNode,
  writeTombstone,
  writeVersion,
  type WrittenTombstone,
} from './key-node.ts';
import { MemtableIterator } from './memtable-iterator.ts';
import type { Operation } from './operation.ts';
import { keyAbove, RecentWrites, STOPPED, type WalkCounter } from './recent-writes.ts';
import { recordLengthMax } from './room.ts';
import { SkiplistWriter } from './skiplist-writer.ts';
import { SkiplistLoader } from './skiplist-loader.ts';
import { NODE_ENTRY_COUNT_MAX, Skiplist } from './skiplist.ts';
import { WAITING_COUNT_MAX, WaitingOperations } from './waiting-operations.ts';

/** The largest relative sequence. One more is still an int32, so comparisons with it cannot overflow. */
const RELATIVE_MAX = 2 ** 31 - 2;

/** Up to this many writes are walked without a look at the range, because a seek costs more. */
const RECENT_COUNT_CHEAP = 16;

export interface MemtableOptions {
  readonly capacityBytes: number;
  /** The sequence before the memtable's first. */
  readonly baseSequence: SequenceNumber;
  /** The pool that lends the arena. */
  readonly pool?: ArenaPool | undefined;
  /** True for a memtable that keeps no order until `order` runs: much faster for many writes. Default false. */
  readonly isUnordered?: boolean;
}

/** A memtable as another thread gets it; survives structured cloning. */
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
  /** The writer; absent in a memtable that `attach` returned. */
  readonly #writer: SkiplistWriter | undefined;
  /** The loader takes new keys in place of `#writer`, until the memtable is in order (memtable/ordered-on-demand). */
  #loader: SkiplistLoader | undefined = undefined;
  readonly #pool: ArenaPool | undefined;
  /** Scratch memory of `#shortenRun`. */
  readonly #runNodes: Int32Array = new Int32Array(NODE_ENTRY_COUNT_MAX);
  readonly #recent: RecentWrites;
  /** Relative sequences of the first and the last operation; 0 when empty. */
  #first = 0;
  #last = 0;
  #keyCount = 0;
  #entryCount = 0;
  readonly #waiting = new WaitingOperations();
  #isReleased = false;
  /** Another thread writes (memtable/read-beside). */
  readonly #isBeside: boolean;
  /** Every new key gets its slot at once (memtable/read-beside). */
  #givesSlots = false;
  /** The newest range tombstone that `follow` has taken. */
  #followed = 0;

  private constructor(arena: Arena, pool: ArenaPool | undefined, isBeside = false) {
    this.#arena = arena;
    this.#words = arena.words;
    this.baseSequence = sequenceNumber(loadNumber(arena.words, BASE_SEQUENCE_WORD));
    this.#hashIndex = new HashIndex(arena);
    this.#keyCountMax = keyCountMaxFor(arena.words[SLOT_COUNT_WORD]!); // a header word
    this.#isBeside = isBeside;
    this.#skiplist = new Skiplist(arena, isBeside);
    this.#writer = pool && new SkiplistWriter(arena, this.#skiplist);
    this.#pool = pool;
    this.#recent = new RecentWrites(arena, pool !== undefined);
  }

  static create(options: MemtableOptions): Memtable {
    const { capacityBytes, baseSequence } = options;
    assert(capacityBytes <= CAPACITY_BYTES_MAX, 'memtable capacity above 4 GiB');
    const pool = options.pool ?? new ArenaPool(0);
    const arena = pool.acquire(capacityBytes);
    arena.reset(slotCountFor(arena.capacityBytes));
    storeNumber(arena.words, BASE_SEQUENCE_WORD, baseSequence);
    const memtable = new Memtable(arena, pool);
    if (options.isUnordered === true) {
      memtable.#loader = new SkiplistLoader(arena, memtable.#skiplist, memtable.#mustWriter());
    }
    return memtable;
  }

  /** A read-only memtable over the buffer of another, as of the call of `shared()` (memtable/shared-whole). */
  static attach(shared: SharedMemtable): Memtable {
    const arena = new Arena(shared.buffer);
    assert(arena.words[MAGIC_WORD] === MAGIC, 'the buffer is no memtable');
    arena.adopt();
    const memtable = new Memtable(arena, undefined);
    memtable.#loadCounts();
    return memtable;
  }

  /** A memtable that another thread goes on writing, after its `shareBeside()` (memtable/read-beside). */
  static attachBeside(shared: SharedMemtable): Memtable {
    const arena = new Arena(shared.buffer);
    assert(arena.words[MAGIC_WORD] === MAGIC, 'the buffer is no memtable');
    return new Memtable(arena, undefined, true);
  }

  get isEmpty(): boolean {
    const hasKeys = this.#isBeside
      ? this.#words[HIGHEST_WORD] !== 0
      : this.#entryCount + this.#waiting.count > 0;
    return !hasKeys && this.rangeTombstones.isEmpty;
  }

  /** The sequence of the first operation, or `baseSequence`. */
  get firstSequence(): SequenceNumber {
    return sequenceAfter(this.baseSequence, this.#first);
  }

  /** The sequence of the last operation, or `baseSequence`. Beside a writer: one that it will not exceed. */
  get lastSequence(): SequenceNumber {
    return sequenceAfter(this.baseSequence, this.#isBeside ? RELATIVE_MAX : this.#last);
  }

  get keyCount(): number {
    this.settle();
    return this.#keyCount;
  }

  /** The count of versions of all keys: with tombstones, without range tombstones. */
  get entryCount(): number {
    return this.#entryCount + this.#waiting.count;
  }

  /** Bytes of records and nodes. The hash slots do not count, because they are there from the start. */
  get sizeBytes(): number {
    this.settle();
    return this.#arena.usedBytes;
  }

  get capacityBytes(): number {
    return this.#arena.capacityBytes;
  }

  /** True when so many operations, with so many bytes in all, are certain to fit (memtable/certain-room). */
  hasRoom(operationCount: number, keyAndValueBytes: number): boolean {
    const writer = this.#mustWriter();
    const count = this.#waiting.count + operationCount;
    if (this.#keyCount + count > this.#keyCountMax || this.#last + operationCount > RELATIVE_MAX) {
      return false;
    }
    const recordLength = recordLengthMax(count, this.#waiting.sizeBytes + keyAndValueBytes);
    return (this.#loader ?? writer).fits(count, this.#arena.freeLength - recordLength);
  }

  /** Writes an operation and copies its bytes. Ask `hasRoom` before. */
  insert(operation: Operation): void {
    const { type, sequence, bytes, keyStart, keyEnd, valueStart, valueEnd } = operation;
    if (type === RANGE_DELETION) {
      const end = bytes.subarray(valueStart, valueEnd);
      this.deleteRange(sequence, bytes.subarray(keyStart, keyEnd), end);
      return;
    }
    this.settle();
    this.#put(type, operation, this.#advance(sequence));
  }

  /** The object for the next operation, to be filled and given to `insertSoon`. Valid until then. */
  nextOperation(): Operation {
    return this.#waiting.next();
  }

  /**
   * Takes the operation that `nextOperation` returned last, without its hash. Inserts it with others, and copies its bytes only then
   * (memtable/settled-when-seen). Ask `hasRoom` before.
   */
  insertSoon(operation: Operation): void {
    if (operation.type === RANGE_DELETION) {
      this.insert(operation);
      return;
    }
    const waiting = this.#waiting;
    operation.hash = hashKey(operation.bytes, operation.keyStart, operation.keyEnd);
    waiting.add(operation, this.#advance(operation.sequence));
    const isFull = waiting.count === WAITING_COUNT_MAX;
    if (isFull || (INVARIANTS && isSlowWay('insert-together'))) this.settle();
  }

  /** As `insertSoon` of the operation at which the reader stands. Valid until the next is taken. */
  insertFrom(reader: BatchReader): Operation {
    const operation = this.nextOperation();
    reader.readInto(operation);
    operation.sequence = sequenceNumber(reader.sequence);
    this.insertSoon(operation);
    return operation;
  }

  /** Inserts the operations that wait (memtable/settled-when-seen). */
  settle(): void {
    const { operations, count } = this.#waiting;
    if (count === 0) return;
    this.#warm();
    for (let i = 0; i < count; i++) {
      const operation = operations[i]!; // i < count
      const { type, sequence } = operation;
      this.#put(mustBePointType(type), operation, sequence - this.baseSequence);
    }
    this.#waiting.clear();
  }

  /** Loads the slots of those that wait. The loop does nothing else, so that the cache misses overlap. */
  #warm(): void {
    const { operations, count } = this.#waiting;
    if (count === 1) return; // one miss has no other to overlap with
    if (this.#mustWriter().isAscending) return; // the next key likely is above all others too, and needs no lookup
    for (let i = 0; i < count; i++) this.#hashIndex.warm(operations[i]!.hash); // i < count
  }

  /** Writes one version of a key. */
  #put(type: PointType, operation: Operation, relative: number): void {
    const writer = this.#mustWriter();
    const { hash, bytes, keyStart, keyEnd, valueStart, valueEnd } = operation;
    const arena = this.#arena;
    const words = this.#words;
    // A key above all others is new, so it needs no lookup.
    const isAppended = writer.isAscending && writer.isAboveAll(bytes, keyStart, keyEnd);
    let node = isAppended ? 0 : this.#find(hash, bytes, keyStart, keyEnd);
    if (node !== 0) {
      const older = words[node + NEWEST]!; // node is in the arena
      const version = writeVersion(arena, relative, older, type, bytes, valueStart, valueEnd);
      Atomics.store(words, node + NEWEST, version);
    } else {
      assert(
        this.#keyCount < this.#keyCountMax,
        'hash slots used up: hasRoom was not asked (memtable/certain-room)',
      );
      node = writeKeyNode(arena, hash, bytes, keyStart, keyEnd);
      words[node + NEWEST] = writeVersion(arena, relative, 0, type, bytes, valueStart, valueEnd);
      this.#addKey(node, isAppended, operation);
      this.#keyCount++;
    }
    this.#recent.note(relative, node);
    this.#entryCount++;
  }

  /** Makes a new key node findable. */
  #addKey(node: number, isAppended: boolean, { hash, bytes, keyStart, keyEnd }: Operation): void {
    const writer = this.#mustWriter();
    if (isAppended) {
      writer.append(node);
      if (this.#givesSlots) this.#hashIndex.ensure(hash, node);
      else if (this.#words[RUN_WORD] === 0) this.#words[RUN_WORD] = node; // hash-index/run-above
      return;
    }
    (this.#loader ?? writer).insert(node, bytes, keyStart, keyEnd);
    this.#hashIndex.insert(hash, node);
  }

  /** False until an unordered memtable is put in order (memtable/ordered-on-demand). */
  get isOrdered(): boolean {
    return this.#loader === undefined;
  }

  /**
   * Puts the keys of an unordered memtable in order (memtable/ordered-on-demand). Yields after every few milliseconds.
   * From the first step to the last the memtable takes no writes. A cursor that comes meanwhile does the rest at once.
   */
  *order(): Generator<undefined, void> {
    this.settle();
    while (this.#stepOrder()) yield;
  }

  /** Takes one step. False when no step is left. */
  #stepOrder(): boolean {
    if (this.#loader?.step() === true) return true;
    this.#loader = undefined;
    return false;
  }

  /** Deletes every key in `[startKey, endKey)`, with its older entries in this memtable. Ask `hasRoom` before. */
  deleteRange(sequence: SequenceNumber, startKey: Uint8Array, endKey: Uint8Array): void {
    this.settle();
    const relative = this.#advance(sequence);
    this.#mustWriter();
    const older = this.#words[TOMBSTONE_WORD]!; // a header word
    const tombstone = writeTombstone(this.#arena, relative, older, startKey, endKey);
    Atomics.store(this.#words, TOMBSTONE_WORD, tombstone);
    this.#recent.note(relative, 0);
    // The list copies the keys, because readers may ask it after the arena went to another memtable.
    this.rangeTombstones.add(startKey, endKey, sequence);
  }

  /** Finds the newest version at or below `readSequence`. Ignores range tombstones. */
  get(
    keyBytes: Uint8Array,
    keyStart: number,
    keyEnd: number,
    hash: number,
    readSequence: number,
    result: LookupResult,
  ): LookupStatus {
    const relative = this.#relativeOf(readSequence);
    if (relative >= this.#waiting.from) this.settle();
    const node = this.#find(hash, keyBytes, keyStart, keyEnd);
    if (node === 0) return ABSENT;
    const words = this.#words;
    const version = visibleVersion(words, node, relative);
    if (version === 0) return ABSENT;
    const valueStart = (version + VERSION_LENGTH) * 4; // version is in the arena
    result.sequence = this.baseSequence + words[version + RELATIVE]!;
    result.type = mustBePointType(words[version + VALUE_TYPE]!);
    result.value = this.#arena.bytes;
    result.valueStart = valueStart;
    result.valueEnd = valueStart + words[version + VALUE_LENGTH]!;
    return FOUND;
  }

  /** The sequence of the newest version of a key, or 0. Ignores range tombstones. */
  newestSequence(keyBytes: Uint8Array, keyStart: number, keyEnd: number, hash: number): number {
    this.settle();
    const node = this.#find(hash, keyBytes, keyStart, keyEnd);
    if (node === 0) return 0;
    const version = this.#words[node + NEWEST]!; // a key node has a version
    return this.baseSequence + this.#words[version + RELATIVE]!;
  }

  /**
   * A copy of a key in `[from, upper)` with a version above `since`, or undefined. Without `upper` the range ends with
   * the last key. Walks the range or the writes since, whichever ends first. Ignores range tombstones.
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
      const stepCountMax = isRecent ? writeCount : Infinity;
      const found = keyAbove(cursor, from, upper, since, stepCountMax, counter);
      if (found !== STOPPED) return found;
    }
    return this.#recent.keyIn(sinceRelative, this.#last, from, upper, counter);
  }

  /** A cursor over the entries that `readSequence` sees, or over ALL_VERSIONS. Valid until the memtable is released. */
  iterator(readSequence: number): MemtableIterator {
    this.#finishOrder();
    const relative = readSequence === ALL_VERSIONS ? RELATIVE_MAX : this.#relativeOf(readSequence);
    const { baseSequence } = this;
    return new MemtableIterator(this.#arena, this.#skiplist, baseSequence, readSequence, relative);
  }

  /** Fills `operation` with an entry at which a cursor of this memtable stands, or stood. The bytes are the arena's. */
  readEntry(node: number, version: number, operation: Operation): void {
    readVersion(this.#arena, node, version, operation);
    operation.sequence = sequenceAfter(this.baseSequence, this.#words[version + RELATIVE]!);
  }

  /** Copies of the range deletions as they were written, from new to old. */
  rangeDeletions(): Generator<WrittenTombstone> {
    return tombstonesOf(this.#arena, this.baseSequence, this.#words[TOMBSTONE_WORD]!, 0); // a header word
  }

  /** The buffer for another thread. The memtable takes no writes from then on (memtable/shared-whole). */
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

  /** The buffer for readers in other threads, while this one goes on writing (memtable/read-beside). Idempotent. */
  shareBeside(): SharedMemtable {
    this.#finishOrder();
    this.#givesSlots = true;
    for (let run = this.#words[RUN_WORD]!; run !== 0; run = this.#words[RUN_WORD]!) {
      this.#shortenRun(run); // header words exist
    }
    return { buffer: this.#arena.buffer };
  }

  /** Beside a writer: takes the range tombstones that were written since. The caller then fixes its read sequence. */
  follow(): void {
    const newest = Atomics.load(this.#words, TOMBSTONE_WORD);
    if (newest === this.#followed) return;
    const added = [...tombstonesOf(this.#arena, this.baseSequence, newest, this.#followed)];
    for (const { start, end, sequence } of added.reverse()) {
      this.rangeTombstones.add(start, end, sequence);
    }
    this.#followed = newest;
  }

  /** Gives the arena back. The caller guarantees that no reader is left, here or in another thread. */
  release(): void {
    assert(!this.#isReleased, 'memtable released twice (arena-pool/one-owner)');
    this.#isReleased = true;
    this.#pool?.release(this.#arena);
  }

  #find(hash: number, key: Uint8Array, start: number, end: number): number {
    // A header word, read before the slots, because the owner fills the slots before it shortens the run.
    const run = this.#words[RUN_WORD]!;
    const node = this.#hashIndex.find(hash, key, start, end);
    return node !== 0 || run === 0 ? node : this.#findInRun(run, hash, key, start, end);
  }

  /** The key node of a key without a slot, or 0 (hash-index/run-above). Such a lookup shortens the run by some keys. */
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
    // The loop does nothing else, so that its cache misses overlap.
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
    assert(
      writer !== undefined && !this.#isReleased,
      'write to a read-only memtable (memtable/shared-whole)',
    );
    return writer;
  }

  /** Inserts what waits, and puts an unordered memtable in order at once (memtable/ordered-on-demand). */
  #finishOrder(): void {
    this.settle();
    while (this.#stepOrder());
  }

  /** Moves to the next sequence and returns it relative (memtable/sequences-grow). */
  #advance(sequence: SequenceNumber): number {
    this.#mustWriter();
    const relative = sequence - this.baseSequence;
    assert(
      relative > this.#last && relative <= RELATIVE_MAX,
      'sequence does not grow (memtable/sequences-grow)',
    );
    if (this.#first === 0) this.#first = relative;
    if (relative > this.#last + 1) this.#recent.passOver(this.#last + 1, relative - 1);
    this.#last = relative;
    return relative;
  }

  /** The relative form of a read sequence, cut to an int32, so that comparisons stay integer ones. */
  #relativeOf(readSequence: number): number {
    const relative = readSequence - this.baseSequence;
    return relative > RELATIVE_MAX ? RELATIVE_MAX : relative < 0 ? 0 : relative;
  }
}
