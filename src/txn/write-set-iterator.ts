/**
 * The iterator over a transaction's own writes, to be merged over the entries of its snapshot.
 *
 * Owns: one pass over the live writes of a WriteSet as they were when the iterator was made. Every entry carries the
 * largest sequence number, so that it wins over everything committed.
 *
 * The iterator sees the new value of a key that is written again meanwhile. It does not see a key that is new.
 *
 * Suspension: every method is synchronous; `load` is never needed.
 */
import type { SequenceNumber } from '../base/ids.ts';
import { SEQUENCE_NUMBER_MAX } from '../base/ids.ts';
import type { InternalIterator, StepResult } from '../iterator/internal-iterator.ts';
import { EXHAUSTED, READY } from '../iterator/internal-iterator.ts';
import type { PointType } from '../base/value-type.ts';
import type { WriteSet } from './write-set.ts';

export class WriteSetIterator implements InternalIterator {
  readonly #writes: WriteSet;
  readonly #slots: Int32Array;
  #position = -1;

  constructor(writes: WriteSet) {
    this.#writes = writes;
    this.#slots = writes.orderedSlots();
  }

  get key(): Uint8Array {
    return this.#writes.bytes;
  }

  get keyStart(): number {
    return this.#writes.keyStart(this.#slot);
  }

  get keyEnd(): number {
    return this.#writes.keyEnd(this.#slot);
  }

  get sequence(): SequenceNumber {
    return SEQUENCE_NUMBER_MAX;
  }

  get type(): PointType {
    return this.#writes.typeOf(this.#slot);
  }

  get value(): Uint8Array {
    return this.#writes.bytes;
  }

  get valueStart(): number {
    return this.#writes.valueStart(this.#slot);
  }

  get valueEnd(): number {
    return this.#writes.valueEnd(this.#slot);
  }

  seekFirst(): StepResult {
    return this.#moveTo(0);
  }

  seekAtLeast(key: Uint8Array): StepResult {
    return this.#moveTo(this.#lowerBound(key));
  }

  seekLast(): StepResult {
    return this.#moveTo(this.#slots.length - 1);
  }

  seekBelow(key: Uint8Array): StepResult {
    return this.#moveTo(this.#lowerBound(key) - 1);
  }

  next(): StepResult {
    return this.#moveTo(this.#position + 1);
  }

  prev(): StepResult {
    return this.#moveTo(this.#position - 1);
  }

  /** Never called: all writes are in memory (iterator/memory-needs-no-load). */
  load(): Promise<void> {
    return Promise.resolve();
  }

  loadSync(): void {}

  resume(): StepResult {
    return this.#position >= 0 && this.#position < this.#slots.length ? READY : EXHAUSTED;
  }

  get #slot(): number {
    return this.#slots[this.#position]!; // READY: the position is inside
  }

  #moveTo(position: number): StepResult {
    this.#position = position;
    // A range deleted meanwhile covers slots. Their type then reads as a tombstone, and the visible iterator steps
    // over them.
    return this.resume();
  }

  #lowerBound(key: Uint8Array): number {
    let low = 0;
    let high = this.#slots.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#writes.compareWith(this.#slots[middle]!, key) < 0)
        low = middle + 1; // middle < length
      else high = middle;
    }
    return low;
  }
}
