/**
 * What a scan shows of a merged cursor.
 *
 * Owns: dropping tombstones and what range tombstones cover, and the bounds of a scan. Limits are the API's.
 *
 * An entry is covered when a range tombstone over its key has a larger sequence, but not above the read sequence. The
 * covered entries are stepped over one by one: an entry inside the range may be newer than the tombstone, in any source
 * at least as new as the tombstone's own, so that seeking the merged cursor past the range would be wrong.
 *
 * Invariants:
 *   S1. Every entry shown is a VALUE inside [lower, upper) that no range tombstone covers.
 *   S2. With no range tombstones the check for them is one comparison of integers per entry.
 *   S3. A list of range tombstones that was empty when the cursor was made cannot matter later: whatever is added
 *       to it then is newer than the read sequence.
 *
 * Suspension: only `load` suspends. NEEDS_BLOCK passes through, and may come in the middle of skipping.
 */
import { compareBytes, compareRanges } from '../base/bytes.ts';
import type { SequenceNumber } from '../base/ids.ts';
import {
  EXHAUSTED,
  type InternalIterator,
  READY,
  type StepResult,
} from '../base/internal-iterator.ts';
import type { RangeTombstones } from '../base/range-tombstones.ts';
import { type DELETION, VALUE } from '../base/value-type.ts';

export interface VisibleOptions {
  /** What `source` was opened with. */
  readonly readSequence: SequenceNumber;
  /** Inclusive. */
  readonly lower?: Uint8Array | undefined;
  /** Exclusive. */
  readonly upper?: Uint8Array | undefined;
}

const FORWARD = 1;
const BACKWARD = -1;

/** `source` shows each user key once; `tombstones` has a list for every part of it that holds range tombstones. */
export class VisibleIterator implements InternalIterator {
  readonly #source: InternalIterator;
  readonly #tombstones: readonly RangeTombstones[];
  readonly #tombstoneListCount: number;
  readonly #readSequence: SequenceNumber;
  readonly #lower: Uint8Array | undefined;
  readonly #upper: Uint8Array | undefined;
  #direction: typeof FORWARD | typeof BACKWARD = FORWARD;

  constructor(
    source: InternalIterator,
    tombstones: readonly RangeTombstones[],
    options: VisibleOptions,
  ) {
    this.#source = source;
    this.#tombstones = tombstones.filter((list) => !list.isEmpty); // S3
    this.#tombstoneListCount = this.#tombstones.length;
    this.#readSequence = options.readSequence;
    this.#lower = options.lower;
    this.#upper = options.upper;
  }

  get key(): Uint8Array {
    return this.#source.key;
  }
  get keyStart(): number {
    return this.#source.keyStart;
  }
  get keyEnd(): number {
    return this.#source.keyEnd;
  }
  get sequence(): SequenceNumber {
    return this.#source.sequence;
  }
  get type(): typeof DELETION | typeof VALUE {
    return this.#source.type;
  }
  get value(): Uint8Array {
    return this.#source.value;
  }
  get valueStart(): number {
    return this.#source.valueStart;
  }
  get valueEnd(): number {
    return this.#source.valueEnd;
  }

  /** The first entry inside the bounds. */
  seekFirst(): StepResult {
    this.#direction = FORWARD;
    const source = this.#source;
    return this.#settle(
      this.#lower === undefined ? source.seekFirst() : source.seekAtLeast(this.#lower),
    );
  }

  seekAtLeast(key: Uint8Array): StepResult {
    this.#direction = FORWARD;
    const lower = this.#lower;
    const target = lower !== undefined && compareBytes(lower, key) > 0 ? lower : key;
    return this.#settle(this.#source.seekAtLeast(target));
  }

  /** The last entry inside the bounds. */
  seekLast(): StepResult {
    this.#direction = BACKWARD;
    const source = this.#source;
    return this.#settle(
      this.#upper === undefined ? source.seekLast() : source.seekBelow(this.#upper),
    );
  }

  seekBelow(key: Uint8Array): StepResult {
    this.#direction = BACKWARD;
    const upper = this.#upper;
    const target = upper !== undefined && compareBytes(upper, key) < 0 ? upper : key;
    return this.#settle(this.#source.seekBelow(target));
  }

  next(): StepResult {
    return this.#settle(this.#source.next());
  }

  prev(): StepResult {
    return this.#settle(this.#source.prev());
  }

  load(): Promise<void> {
    return this.#source.load();
  }

  loadSync(): void {
    this.#source.loadSync();
  }

  resume(): StepResult {
    return this.#settle(this.#source.resume());
  }

  /** Steps on from where the source stands until an entry may be shown (S1). */
  #settle(result: StepResult): StepResult {
    const source = this.#source;
    let status = result;
    while (status === READY) {
      if (!this.#isInBounds()) return EXHAUSTED;
      if (source.type === VALUE && (this.#tombstoneListCount === 0 || !this.#isCovered())) {
        return READY;
      }
      status = this.#direction === FORWARD ? source.next() : source.prev();
    }
    return status;
  }

  /** Only the bound that lies ahead: the seek has seen to the other one. */
  #isInBounds(): boolean {
    const source = this.#source;
    if (this.#direction === FORWARD) {
      const upper = this.#upper;
      if (upper === undefined) return true;
      return compareRanges(source.key, source.keyStart, source.keyEnd, upper, 0, upper.length) < 0;
    }
    const lower = this.#lower;
    if (lower === undefined) return true;
    return compareRanges(source.key, source.keyStart, source.keyEnd, lower, 0, lower.length) >= 0;
  }

  #isCovered(): boolean {
    const { key, keyStart, keyEnd, sequence } = this.#source;
    for (const list of this.#tombstones) {
      if (list.newestSequence <= sequence) continue;
      const deleted = list.newestCovering(key, keyStart, keyEnd, this.#readSequence);
      if (deleted > sequence) return true;
    }
    return false;
  }
}
