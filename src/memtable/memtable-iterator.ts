/**
 * A cursor over a memtable.
 *
 * Owns: stepping over key nodes, and from a key to the version that one read sequence sees.
 *
 * Invariants:
 *   memtable-iterator/own-copy: the cursor works on its own copy of one leaf's key nodes and of `next`. A later insert,
 *       into the leaf or into a node split off it, has a larger sequence than any read sequence given before. So a
 *       cursor with a read sequence misses no entry. Example: a cursor stands in a leaf that splits. It shows the rest
 *       of its copy, then goes on at the `next` of the copy, behind the new node. A cursor over ALL_VERSIONS is certain
 *       to show only entries from before its seek; such cursors serve memtables that take no more writes.
 *   memtable-iterator/lasting-bytes: keys and values lie in the arena and never change (key-node/never-changes). So the
 *       bytes stay valid until the memtable is released.
 *
 * Suspension: everything here is synchronous. There is nothing to load (iterator/memory-needs-no-load).
 */
import { AssertionError, assert } from '../base/assert.ts';
import { sequenceAfter, type SequenceNumber } from '../base/ids.ts';
import {
  ALL_VERSIONS,
  EXHAUSTED,
  READY,
  type InternalIterator,
  type StepResult,
} from '../iterator/internal-iterator.ts';
import { VALUE, mustBePointType, type PointType } from '../base/value-type.ts';
import type { Arena } from './arena.ts';
import {
  KEY_LENGTH,
  OLDER,
  RELATIVE,
  VALUE_LENGTH,
  VALUE_TYPE,
  VERSION_LENGTH,
  keyStartOf,
  visibleVersion,
} from './key-node.ts';
import { NODE_ENTRY_COUNT_MAX, type Skiplist } from './skiplist.ts';

export class MemtableIterator implements InternalIterator {
  readonly key: Uint8Array;
  keyStart = 0;
  keyEnd = 0;
  sequence: SequenceNumber;
  type: PointType = VALUE;
  readonly value: Uint8Array;
  valueStart = 0;
  valueEnd = 0;
  /** The key node and the version of the current entry; version 0 means that there is no entry. */
  node = 0;
  version = 0;

  readonly #words: Int32Array;
  readonly #skiplist: Skiplist;
  readonly #baseSequence: SequenceNumber;
  readonly #readRelative: number;
  readonly #isAllVersions: boolean;

  /** The copied leaf (memtable-iterator/own-copy): its key nodes, their count, and the leaf to its right. */
  readonly #leaf: Int32Array = new Int32Array(NODE_ENTRY_COUNT_MAX);
  #count = 0;
  #next = 0;
  /** The place of the current key in the copy. */
  #index = 0;

  /** `readRelative` is the read sequence relative to `baseSequence`. `readSequence` only tells ALL_VERSIONS. */
  constructor(
    arena: Arena,
    skiplist: Skiplist,
    baseSequence: SequenceNumber,
    readSequence: number,
    readRelative: number,
  ) {
    this.key = arena.bytes;
    this.value = arena.bytes;
    this.sequence = baseSequence;
    this.#words = arena.words;
    this.#skiplist = skiplist;
    this.#baseSequence = baseSequence;
    this.#readRelative = readRelative;
    this.#isAllVersions = readSequence === ALL_VERSIONS;
  }

  seekFirst(): StepResult {
    if (this.#readRelative <= 0) return this.#exhaust();
    this.#enter(this.#skiplist.firstLeaf);
    this.#index = 0;
    return this.#showForward();
  }

  seekAtLeast(key: Uint8Array): StepResult {
    if (this.#readRelative <= 0) return this.#exhaust();
    this.#index = this.#locate(key, 0, key.length);
    return this.#showForward();
  }

  seekLast(): StepResult {
    assert(!this.#isAllVersions, 'a cursor over all versions only goes forward');
    if (this.#readRelative <= 0) return this.#exhaust();
    this.#enter(this.#skiplist.lastLeaf());
    this.#index = this.#count - 1;
    return this.#showBackward();
  }

  seekBelow(key: Uint8Array): StepResult {
    assert(!this.#isAllVersions, 'a cursor over all versions only goes forward');
    if (this.#readRelative <= 0) return this.#exhaust();
    this.#index = this.#locate(key, 0, key.length) - 1;
    return this.#showBackward();
  }

  next(): StepResult {
    if (this.#isAllVersions && this.version !== 0) {
      const older = this.#words[this.version + OLDER]!; // the current version is in the arena
      if (older !== 0) return this.#show(this.node, older);
    }
    this.#index++;
    return this.#showForward();
  }

  prev(): StepResult {
    this.#index--;
    return this.#showBackward();
  }

  load(): Promise<void> {
    return Promise.reject(
      new AssertionError('nothing to load in a memtable (iterator/memory-needs-no-load)'),
    );
  }

  loadSync(): void {
    throw new AssertionError('nothing to load in a memtable (iterator/memory-needs-no-load)');
  }

  resume(): StepResult {
    throw new AssertionError('nothing to resume in a memtable (iterator/memory-needs-no-load)');
  }

  #exhaust(): StepResult {
    this.#count = 0;
    this.#next = 0;
    this.#index = 0;
    this.version = 0;
    return EXHAUSTED;
  }

  #enter(leaf: number): void {
    this.#count = this.#skiplist.copyLeaf(leaf, this.#leaf);
    this.#next = this.#skiplist.copiedNext;
  }

  /** Copies the leaf whose range holds the key, and returns the key's place in it. */
  #locate(key: Uint8Array, start: number, end: number): number {
    const skiplist = this.#skiplist;
    do {
      this.#count = skiplist.copyFoundLeaf(skiplist.search(key, start, end), this.#leaf);
    } while (this.#count < 0);
    this.#next = skiplist.copiedNext;
    return skiplist.index;
  }

  /** Shows the first key from `index` on that has a visible version. */
  #showForward(): StepResult {
    while (true) {
      for (; this.#index < this.#count; this.#index++) {
        const node = this.#leaf[this.#index]!; // index < count
        const version = visibleVersion(this.#words, node, this.#readRelative);
        if (version !== 0) return this.#show(node, version);
      }
      if (this.#next === 0) return this.#exhaust();
      this.#enter(this.#next);
      this.#skiplist.warm(this.#leaf, this.#count);
      this.#index = 0;
    }
  }

  /** Shows the last key from `index` down that has a visible version. */
  #showBackward(): StepResult {
    while (true) {
      for (; this.#index >= 0; this.#index--) {
        const node = this.#leaf[this.#index]!; // index < count
        const version = visibleVersion(this.#words, node, this.#readRelative);
        if (version !== 0) return this.#show(node, version);
      }
      if (this.#count === 0) return this.#exhaust();
      // A leaf has no link to the left, so the cursor searches for the keys below its first one.
      const first = this.#leaf[0]!; // count > 0
      const start = keyStartOf(first);
      const end = start + this.#words[first + KEY_LENGTH]!; // first is a key node
      this.#index = this.#locate(this.key, start, end) - 1;
      if (this.#index < 0) return this.#exhaust();
      this.#skiplist.warm(this.#leaf, this.#count);
    }
  }

  #show(node: number, version: number): StepResult {
    const words = this.#words; // node and version are in the arena
    const keyStart = keyStartOf(node);
    const valueStart = (version + VERSION_LENGTH) * 4;
    this.node = node;
    this.version = version;
    this.keyStart = keyStart;
    this.keyEnd = keyStart + words[node + KEY_LENGTH]!;
    this.sequence = sequenceAfter(this.#baseSequence, words[version + RELATIVE]!);
    this.type = mustBePointType(words[version + VALUE_TYPE]!);
    this.valueStart = valueStart;
    this.valueEnd = valueStart + words[version + VALUE_LENGTH]!;
    return READY;
  }
}
