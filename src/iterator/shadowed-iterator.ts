/**
 * A source of a scan, without the keys that range tombstones of newer sources hide.
 *
 * Owns: passing hidden stretches by a seek. Whatever an older source holds of a key is older than a range tombstone of
 * a newer source over it, so nothing of the older source shows through. What a source's own range tombstones hide is
 * left to the visible iterator: there a newer entry may lie inside the range.
 *
 * Suspension: only `load` suspends. NEEDS_BLOCK passes through, and may come in the middle of skipping.
 */
import { INVARIANTS } from '../base/assert.ts';
import { isSlowWay } from '../base/coin.ts';
import type { SequenceNumber } from '../base/ids.ts';
import { type InternalIterator, READY, type StepResult } from './internal-iterator.ts';
import type { TombstoneCursor } from './tombstone-cursor.ts';
import type { PointType } from '../base/value-type.ts';

const FORWARD = 1;
const BACKWARD = -1;

/** Hidden entries that are stepped over before a seek, which costs about as much as that. */
const STEP_COUNT_MAX = 8;

/** `shadows` stands over the range tombstones of all newer sources. */
export class ShadowedIterator implements InternalIterator {
  readonly #source: InternalIterator;
  readonly #shadows: TombstoneCursor;
  #direction: typeof FORWARD | typeof BACKWARD = FORWARD;

  constructor(source: InternalIterator, shadows: TombstoneCursor) {
    this.#source = source;
    this.#shadows = shadows;
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
  get type(): PointType {
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

  seekFirst(): StepResult {
    this.#direction = FORWARD;
    return this.#settle(this.#source.seekFirst());
  }

  seekAtLeast(key: Uint8Array): StepResult {
    this.#direction = FORWARD;
    // A block that is wholly hidden need not be read.
    const isHidden = this.#shadows.newestCovering(key, 0, key.length) > 0;
    const target = isHidden ? this.#shadows.coverEnd : key;
    return this.#settle(this.#source.seekAtLeast(target));
  }

  seekLast(): StepResult {
    this.#direction = BACKWARD;
    return this.#settle(this.#source.seekLast());
  }

  seekBelow(key: Uint8Array): StepResult {
    this.#direction = BACKWARD;
    return this.#settle(this.#source.seekBelow(key));
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

  /** Goes on from where the source stands to an entry that is not hidden. */
  #settle(result: StepResult): StepResult {
    const source = this.#source;
    const shadows = this.#shadows;
    let status = result;
    let stepCount = 0;
    while (
      status === READY &&
      shadows.newestCovering(source.key, source.keyStart, source.keyEnd) > 0
    ) {
      const isForward = this.#direction === FORWARD;
      if (++stepCount <= STEP_COUNT_MAX || (INVARIANTS && isSlowWay('shadow-seek'))) {
        status = isForward ? source.next() : source.prev();
      } else {
        status = isForward
          ? source.seekAtLeast(shadows.coverEnd)
          : source.seekBelow(shadows.coverStart);
        stepCount = 0;
      }
    }
    return status;
  }
}
