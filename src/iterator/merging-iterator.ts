/**
 * Many cursors as one.
 *
 * Owns: the order of entries across sources, and which entries of one user key are shown.
 *
 * The sources are given from new to old. Of two entries for one user key the one from the earlier source is newer,
 * and has the larger sequence. Should two ever be equal, the earlier source goes first. Mode `newest` shows each user
 * key once, with its newest entry; the other sources are stepped over it. Mode `all` shows every entry of every
 * source, by user key and then from new to old; it only goes forward, as its sources do (ALL_VERSIONS).
 *
 * A binary heap holds the sources that stand on an entry, the current one on top. The merger remembers the runner-up,
 * the smaller child of the top. As long as the stepped top stays below it, a step costs one comparison. That is
 * nearly always so when one source is much larger than the rest. A linear minimum was measured equal at six sources
 * and falls behind above eight, so there is one algorithm.
 *
 * Invariants:
 *   merging-iterator/heap-is-ready: outside #settle the heap holds exactly the sources whose status is READY, or the
 *       one member that waits for a block (#waitingIndex). Only the top may be out of order with its children.
 *   merging-iterator/no-entry-unseen: no entry is shown while a source waits for a block, so an unseen newer entry is
 *       never skipped (iterator/load-then-resume).
 *   merging-iterator/top-is-untouched: bytes of the shown entry are the top's, and no other call touches the top
 *       before the next step (iterator/entry-stays).
 *
 * Suspension: only `load` suspends. A seek that misses blocks in several sources loads them together.
 */
import { assert, INVARIANTS } from '../base/assert.ts';
import { isSlowWay } from '../base/coin.ts';
import { compareRanges, EMPTY_BYTES } from '../bytes/bytes.ts';
import { type SequenceNumber, SEQUENCE_NUMBER_ZERO } from '../base/ids.ts';
import {
  EXHAUSTED,
  type InternalIterator,
  NEEDS_BLOCK,
  READY,
  type StepResult,
} from './internal-iterator.ts';
import type { PointType } from '../base/value-type.ts';

export type MergeMode = 'newest' | 'all';

const FORWARD = 1;
const BACKWARD = -1;
/** No member of the heap waits for a block. */
const NONE = -1;

/** One cursor and a copy of the fields that ordering needs, so that the hot loop meets one class only. */
class Source {
  readonly child: InternalIterator;
  /** Position in the list of sources; smaller is newer. */
  readonly age: number;
  status: StepResult = EXHAUSTED;
  key: Uint8Array = EMPTY_BYTES;
  keyStart = 0;
  keyEnd = 0;
  sequence: SequenceNumber = SEQUENCE_NUMBER_ZERO;

  constructor(child: InternalIterator, age: number) {
    this.child = child;
    this.age = age;
  }

  /** Notes the answer of the child's seek, step or resume. */
  take(status: StepResult): StepResult {
    this.status = status;
    if (status === READY) {
      const child = this.child;
      this.key = child.key;
      this.keyStart = child.keyStart;
      this.keyEnd = child.keyEnd;
      this.sequence = child.sequence;
    }
    return status;
  }
}

/**
 * The sources stay the caller's, who closes them. Use one source as it is, without a merger around it: that is the
 * same cursor, only faster.
 */
export class MergingIterator implements InternalIterator {
  readonly #sources: readonly Source[];
  readonly #isNewestOnly: boolean;
  readonly #heap: Source[] = [];
  #top: Source | undefined = undefined;
  /** Index in the heap of the smaller child of the top; 0 when the top has none. */
  #runnerUpIndex = 0;
  #direction: typeof FORWARD | typeof BACKWARD = FORWARD;
  /** A seek is under way, and some sources have answered NEEDS_BLOCK. */
  #isSeeking = false;
  /** The heap member whose step answered NEEDS_BLOCK. */
  #waitingIndex = NONE;

  constructor(sources: readonly InternalIterator[], mode: MergeMode) {
    this.#sources = sources.map((child, age) => new Source(child, age));
    this.#isNewestOnly = mode === 'newest';
  }

  // iterator/entry-stays: these are read after READY only, when there is a top.
  get key(): Uint8Array {
    return this.#top!.key;
  }
  get keyStart(): number {
    return this.#top!.keyStart;
  }
  get keyEnd(): number {
    return this.#top!.keyEnd;
  }
  get sequence(): SequenceNumber {
    return this.#top!.sequence;
  }
  get type(): PointType {
    return this.#top!.child.type;
  }
  get value(): Uint8Array {
    return this.#top!.child.value;
  }
  get valueStart(): number {
    return this.#top!.child.valueStart;
  }
  get valueEnd(): number {
    return this.#top!.child.valueEnd;
  }

  seekFirst(): StepResult {
    for (const source of this.#sources) source.take(source.child.seekFirst());
    return this.#startFrom(FORWARD);
  }

  seekAtLeast(key: Uint8Array): StepResult {
    for (const source of this.#sources) source.take(source.child.seekAtLeast(key));
    return this.#startFrom(FORWARD);
  }

  seekLast(): StepResult {
    assert(this.#isNewestOnly, 'a cursor over all versions only goes forward');
    for (const source of this.#sources) source.take(source.child.seekLast());
    return this.#startFrom(BACKWARD);
  }

  seekBelow(key: Uint8Array): StepResult {
    assert(this.#isNewestOnly, 'a cursor over all versions only goes forward');
    for (const source of this.#sources) source.take(source.child.seekBelow(key));
    return this.#startFrom(BACKWARD);
  }

  next(): StepResult {
    if (INVARIANTS) assert(this.#direction === FORWARD, 'next after a backward seek');
    return this.#advance();
  }

  prev(): StepResult {
    if (INVARIANTS) assert(this.#direction === BACKWARD, 'prev after a forward seek');
    return this.#advance();
  }

  async load(): Promise<void> {
    const waiting = this.#waitingSources();
    if (waiting.length === 1) return waiting[0]!.child.load(); // length is 1
    // All of them settle before the first failure is thrown: none is left running behind the caller's back.
    const outcomes = await Promise.allSettled(waiting.map((source) => source.child.load()));
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  }

  loadSync(): void {
    for (const source of this.#waitingSources()) source.child.loadSync();
  }

  resume(): StepResult {
    if (this.#isSeeking) {
      for (const source of this.#sources) {
        if (source.status === NEEDS_BLOCK) source.take(source.child.resume());
      }
      return this.#gather();
    }
    const index = this.#waitingIndex;
    assert(index !== NONE, 'resume without NEEDS_BLOCK (iterator/load-then-resume)');
    const source = this.#heap[index]!; // a waiting member stays where it is
    if (!this.#replace(index, source.take(source.child.resume()))) return NEEDS_BLOCK;
    return this.#settle();
  }

  #waitingSources(): Source[] {
    return this.#sources.filter((source) => source.status === NEEDS_BLOCK);
  }

  #startFrom(direction: typeof FORWARD | typeof BACKWARD): StepResult {
    this.#direction = direction;
    this.#waitingIndex = NONE;
    return this.#gather();
  }

  /** Builds the heap once every source has found its place. */
  #gather(): StepResult {
    this.#isSeeking = false;
    this.#heap.length = 0;
    this.#top = undefined;
    for (const source of this.#sources) {
      if (source.status === NEEDS_BLOCK) this.#isSeeking = true;
      if (source.status === READY) this.#heap.push(source);
    }
    if (this.#isSeeking) return NEEDS_BLOCK;
    for (let i = (this.#heap.length >>> 1) - 1; i >= 0; i--) this.#siftDown(i);
    this.#findRunnerUp();
    return this.#settle();
  }

  #advance(): StepResult {
    const top = this.#top;
    if (top === undefined) return EXHAUSTED;
    const child = top.child;
    const status = top.take(this.#direction === FORWARD ? child.next() : child.prev());
    // The common case keeps the top in place; #settle compares it with the runner-up.
    const isInPlace = status === READY && !(INVARIANTS && isSlowWay('runner-up'));
    if (!isInPlace && !this.#replace(0, status)) return NEEDS_BLOCK;
    return this.#settle();
  }

  /** Restores the heap after member `index` has moved. False when that member waits for a block. */
  #replace(index: number, status: StepResult): boolean {
    this.#waitingIndex = NONE;
    if (status === NEEDS_BLOCK) {
      this.#waitingIndex = index;
      return false;
    }
    const heap = this.#heap;
    if (status === EXHAUSTED) {
      const last = heap.pop()!; // the member itself is in the heap
      if (index < heap.length) heap[index] = last;
    }
    // The source that stands at `index` now came from below it or grew: it can only move down.
    if (index < heap.length) this.#siftDown(index);
    this.#findRunnerUp();
    return true;
  }

  /** Brings the next entry to show to the top, and steps over the entries that it hides. */
  #settle(): StepResult {
    const heap = this.#heap;
    while (heap.length > 0) {
      const top = heap[0]!; // not empty
      const runnerUpIndex = this.#runnerUpIndex;
      if (runnerUpIndex !== 0) {
        const runnerUp = heap[runnerUpIndex]!; // set by #findRunnerUp from this heap
        const order = this.#compareKeys(top, runnerUp);
        if (order > 0 || (order === 0 && isOlder(top, runnerUp))) {
          this.#siftDown(0);
          this.#findRunnerUp();
          continue;
        }
        if (order === 0 && this.#isNewestOnly) {
          const child = runnerUp.child;
          const status = this.#direction === FORWARD ? child.next() : child.prev();
          if (!this.#replace(runnerUpIndex, runnerUp.take(status))) return NEEDS_BLOCK; // merging-iterator/no-entry-unseen
          continue;
        }
      }
      this.#top = top;
      return READY;
    }
    this.#top = undefined;
    return EXHAUSTED;
  }

  #compareKeys(a: Source, b: Source): number {
    const order = compareRanges(a.key, a.keyStart, a.keyEnd, b.key, b.keyStart, b.keyEnd);
    return this.#direction === FORWARD ? order : -order;
  }

  #precedes(a: Source, b: Source): boolean {
    const order = this.#compareKeys(a, b);
    return order < 0 || (order === 0 && !isOlder(a, b));
  }

  #findRunnerUp(): void {
    const heap = this.#heap;
    if (heap.length < 3) this.#runnerUpIndex = heap.length - 1 > 0 ? 1 : 0;
    else this.#runnerUpIndex = this.#precedes(heap[1]!, heap[2]!) ? 1 : 2; // at least 3 members
  }

  #siftDown(start: number): void {
    const heap = this.#heap;
    const moved = heap[start]!; // callers pass an index of the heap
    let index = start;
    for (;;) {
      let childIndex = 2 * index + 1;
      if (childIndex >= heap.length) break;
      const rightIndex = childIndex + 1;
      // Both indexes are below heap.length.
      if (rightIndex < heap.length && this.#precedes(heap[rightIndex]!, heap[childIndex]!)) {
        childIndex = rightIndex;
      }
      const child = heap[childIndex]!; // checked above
      if (this.#precedes(moved, child)) break;
      heap[index] = child;
      index = childIndex;
    }
    heap[index] = moved;
  }
}

/** For two entries of one user key. */
function isOlder(a: Source, b: Source): boolean {
  return a.sequence === b.sequence ? a.age > b.age : a.sequence < b.sequence;
}
