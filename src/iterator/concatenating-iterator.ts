/**
 * A sorted list of disjoint runs as one cursor: the tables of a level from 1 down.
 *
 * Owns: which run a key lies in, and opening and closing runs, one at a time and only when an entry of it is asked for.
 *
 * A run may hold no entries at all (a table of range tombstones only); it is passed over.
 *
 * Invariants:
 *   concatenating-iterator/runs-ascend: runs are in key order and share no user key, so the order inside a run is the
 *       order of the whole.
 *   concatenating-iterator/one-open-run: at most one run is open. It is closed before another is opened, and by
 *       `close`.
 *
 * Suspension: only `load` suspends. Opening a run is synchronous.
 */
import { assert, INVARIANTS } from '../base/assert.ts';
import { isSlowWay } from '../base/coin.ts';
import { compareBytes } from '../bytes/bytes.ts';
import type { SequenceNumber } from '../base/ids.ts';
import { EXHAUSTED, type InternalIterator, type StepResult } from './internal-iterator.ts';
import type { PointType } from '../base/value-type.ts';

/** Bounds are user keys; `largest` belongs to the run unless `isLargestExclusive`. */
export interface RunList {
  readonly count: number;
  smallest(index: number): Uint8Array;
  largest(index: number): Uint8Array;
  isLargestExclusive(index: number): boolean;
  /** A cursor over the run. Throws the error of its opening: CorruptionError or IoError. */
  open(index: number): InternalIterator;
  /** The cursor that `open(index)` gave is no longer used. */
  close?(index: number): void;
}

const FORWARD = 1;
const BACKWARD = -1;

export class ConcatenatingIterator implements InternalIterator {
  readonly #runs: RunList;
  /** The open run is `#index` exactly while `#child` is set. */
  #child: InternalIterator | undefined = undefined;
  #index = 0;
  #direction: typeof FORWARD | typeof BACKWARD = FORWARD;

  constructor(runs: RunList) {
    this.#runs = runs;
  }

  // iterator/entry-stays: these are read after READY only, when a run is open.
  get key(): Uint8Array {
    return this.#child!.key;
  }
  get keyStart(): number {
    return this.#child!.keyStart;
  }
  get keyEnd(): number {
    return this.#child!.keyEnd;
  }
  get sequence(): SequenceNumber {
    return this.#child!.sequence;
  }
  get type(): PointType {
    return this.#child!.type;
  }
  get value(): Uint8Array {
    return this.#child!.value;
  }
  get valueStart(): number {
    return this.#child!.valueStart;
  }
  get valueEnd(): number {
    return this.#child!.valueEnd;
  }

  seekFirst(): StepResult {
    this.#direction = FORWARD;
    if (this.#runs.count === 0) return EXHAUSTED;
    return this.#follow(this.#open(0).seekFirst());
  }

  seekAtLeast(key: Uint8Array): StepResult {
    this.#direction = FORWARD;
    const index = this.#firstEndingAtLeast(key);
    if (index === this.#runs.count) return EXHAUSTED;
    return this.#follow(this.#open(index).seekAtLeast(key));
  }

  seekLast(): StepResult {
    this.#direction = BACKWARD;
    const count = this.#runs.count;
    if (count === 0) return EXHAUSTED;
    return this.#follow(this.#open(count - 1).seekLast());
  }

  seekBelow(key: Uint8Array): StepResult {
    this.#direction = BACKWARD;
    const index = this.#lastStartingBelow(key);
    if (index < 0) return EXHAUSTED;
    return this.#follow(this.#open(index).seekBelow(key));
  }

  next(): StepResult {
    return this.#follow(this.#mustChild().next());
  }

  prev(): StepResult {
    return this.#follow(this.#mustChild().prev());
  }

  load(): Promise<void> {
    return this.#mustChild().load();
  }

  loadSync(): void {
    this.#mustChild().loadSync();
  }

  resume(): StepResult {
    return this.#follow(this.#mustChild().resume());
  }

  /** Closes the open run. Idempotent; a later seek opens again. */
  close(): void {
    if (this.#child === undefined) return;
    this.#child = undefined;
    this.#runs.close?.(this.#index);
  }

  #mustChild(): InternalIterator {
    const child = this.#child;
    assert(child !== undefined, 'a step needs a seek that was not EXHAUSTED');
    return child;
  }

  /** Goes on to the neighbouring runs while there is nothing left in this one. */
  #follow(result: StepResult): StepResult {
    let status = result;
    while (status === EXHAUSTED) {
      const index = this.#index + this.#direction;
      // The last run stays open: another step says EXHAUSTED again, and another seek may use it.
      if (index < 0 || index >= this.#runs.count) return EXHAUSTED;
      const child = this.#open(index);
      status = this.#direction === FORWARD ? child.seekFirst() : child.seekLast();
    }
    return status;
  }

  #open(index: number): InternalIterator {
    const isOpen = this.#child !== undefined && this.#index === index;
    if (isOpen && !(INVARIANTS && isSlowWay('open-run'))) return this.#mustChild();
    this.close(); // concatenating-iterator/one-open-run
    const child = this.#runs.open(index);
    this.#child = child;
    this.#index = index;
    return child;
  }

  /** The first run that may hold a key at or above `key`, or `count`. */
  #firstEndingAtLeast(key: Uint8Array): number {
    const runs = this.#runs;
    let low = 0;
    let high = runs.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const order = compareBytes(runs.largest(middle), key);
      if (order > 0 || (order === 0 && !runs.isLargestExclusive(middle))) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** The last run that may hold a key below `key`, or -1. */
  #lastStartingBelow(key: Uint8Array): number {
    let low = 0;
    let high = this.#runs.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareBytes(this.#runs.smallest(middle), key) < 0) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}
