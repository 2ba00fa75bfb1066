/**
 * The entries of a merged cursor that a scan shows.
 *
 * Owns: dropping tombstones, what has expired and what range tombstones cover, and the bounds of a scan. Limits are
 * the API's. Tells of long runs with nothing to show, and passes those that are known.
 *
 * An entry is covered when a range tombstone over its key has a larger sequence, but not above the read sequence. The
 * covered entries are stepped over one by one. An entry inside the range may be newer than the tombstone, in any
 * source at least as new as the tombstone's own. So seeking the merged cursor past the range would be wrong. Older
 * sources have passed it by themselves (shadowed-iterator.ts).
 *
 * Invariants:
 *   visible-iterator/values-in-bounds: every entry shown is a value inside [lower, upper) that has not expired and that
 *       no range tombstone covers. Its time is not part of the value that is shown.
 *   visible-iterator/cheap-without-ranges: with no range tombstones the check for them is one comparison of integers
 *       per entry.
 *   visible-iterator/later-ones-are-newer: range tombstones that are added later cannot matter: they are newer than
 *       the read sequence.
 *
 * Suspension: only `load` suspends. NEEDS_BLOCK passes through, and may come in the middle of skipping.
 */
import { INVARIANTS } from '../base/assert.ts';
import { isSlowWay } from '../base/coin.ts';
import {
  compareBytes,
  compareRanges,
  copyRange,
  EMPTY_BYTES,
  keySuccessor,
} from '../bytes/bytes.ts';
import { EXPIRY_SIZE_BYTES, expiryIn, hasExpired } from '../bytes/expiry.ts';
import type { KeyRange } from '../bytes/key-range.ts';
import type { SequenceNumber } from '../base/ids.ts';
import {
  EXHAUSTED,
  type InternalIterator,
  NEEDS_BLOCK,
  READY,
  type StepResult,
} from './internal-iterator.ts';
import type { TombstoneCursor } from './tombstone-cursor.ts';
import { EXPIRING_VALUE, showsValue, type PointType } from '../base/value-type.ts';

export interface VisibleOptions extends Partial<KeyRange> {
  /** The clock of the reader. */
  readonly wallMs: number;
  /** Asked and told at each seek. */
  readonly runs?: HiddenRuns | undefined;
}

/** The known stretches of keys with nothing to show. Keys given to it are kept. */
export interface HiddenRuns {
  /** The key that a seek to `target` may go to instead: at least that key or, backward, below it. */
  skip(target: Uint8Array, isBackward: boolean): Uint8Array;
  /**
   * Nothing in `[start, end)` is shown, though it has as many entries, at least. `byClock`: an earlier clock may be shown
   * something, for some of them have expired.
   */
  note(start: Uint8Array, end: Uint8Array, hiddenCount: number, byClock: boolean): void;
}

/** Stepping over fewer hidden entries costs little more than a seek. */
const NOTED_COUNT_MIN = 64;

const FORWARD = 1;
const BACKWARD = -1;

/**
 * `source` shows each user key once; `tombstones` stands over the range tombstones of all its parts, if there are
 * any.
 */
export class VisibleIterator implements InternalIterator {
  readonly #source: InternalIterator;
  readonly #tombstones: TombstoneCursor | undefined;
  readonly #lower: Uint8Array | undefined;
  readonly #upper: Uint8Array | undefined;
  readonly #wallMs: number;
  /** Bytes of the time before the value of the current entry. */
  #expirySize = 0;
  #direction: typeof FORWARD | typeof BACKWARD = FORWARD;
  readonly #runs: HiddenRuns | undefined;
  /** Where the seek under way began; undefined once it has settled. */
  #soughtFrom: Uint8Array | undefined = undefined;
  #hiddenCount = 0;
  /** Whether an entry that has expired is among the hidden ones of this seek. */
  #hasExpired = false;

  constructor(
    source: InternalIterator,
    tombstones: TombstoneCursor | undefined,
    options: VisibleOptions,
  ) {
    this.#source = source;
    this.#tombstones = tombstones;
    this.#wallMs = options.wallMs;
    this.#lower = options.lower;
    this.#upper = options.upper;
    this.#runs = options.runs;
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
    return this.#source.valueStart + this.#expirySize;
  }
  get valueEnd(): number {
    return this.#source.valueEnd;
  }

  /** The first entry inside the bounds. */
  seekFirst(): StepResult {
    this.#direction = FORWARD;
    const source = this.#source;
    const target = this.#begin(this.#lower ?? EMPTY_BYTES);
    return this.#settle(target.length === 0 ? source.seekFirst() : source.seekAtLeast(target));
  }

  seekAtLeast(key: Uint8Array): StepResult {
    this.#direction = FORWARD;
    const lower = this.#lower;
    const target = lower !== undefined && compareBytes(lower, key) > 0 ? lower : key;
    return this.#settle(this.#source.seekAtLeast(this.#begin(target)));
  }

  /** The last entry inside the bounds. */
  seekLast(): StepResult {
    this.#direction = BACKWARD;
    const source = this.#source;
    return this.#settle(
      this.#upper === undefined ? source.seekLast() : source.seekBelow(this.#begin(this.#upper)),
    );
  }

  seekBelow(key: Uint8Array): StepResult {
    this.#direction = BACKWARD;
    const upper = this.#upper;
    const target = upper !== undefined && compareBytes(upper, key) < 0 ? upper : key;
    return this.#settle(this.#source.seekBelow(this.#begin(target)));
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

  /** A seek begins; returns where to. */
  #begin(target: Uint8Array): Uint8Array {
    const runs = this.#runs;
    if (runs === undefined) return target;
    this.#soughtFrom = target;
    this.#hiddenCount = 0;
    this.#hasExpired = false;
    return runs.skip(target, this.#direction === BACKWARD);
  }

  /** Goes on from where the source stands until an entry may be shown (visible-iterator/values-in-bounds). */
  #settle(result: StepResult): StepResult {
    const status = this.#step(result);
    if (this.#soughtFrom !== undefined && status !== NEEDS_BLOCK) this.#end(status);
    return status;
  }

  /** A seek has settled. */
  #end(status: StepResult): void {
    const from = this.#soughtFrom;
    this.#soughtFrom = undefined;
    if (from === undefined || this.#hiddenCount < NOTED_COUNT_MIN) return;
    const shown = status === READY ? this.#shownKey() : undefined;
    if (this.#direction === BACKWARD) {
      const start = shown === undefined ? (this.#lower ?? EMPTY_BYTES) : keySuccessor(shown);
      this.#runs?.note(start, from, this.#hiddenCount, this.#hasExpired);
    } else {
      const end = shown ?? this.#upper;
      if (end !== undefined) this.#runs?.note(from, end, this.#hiddenCount, this.#hasExpired);
    }
  }

  /** A copy. */
  #shownKey(): Uint8Array {
    const { key, keyStart, keyEnd } = this.#source;
    return copyRange(key, keyStart, keyEnd);
  }

  #step(result: StepResult): StepResult {
    const source = this.#source;
    let status = result;
    while (status === READY) {
      if (!this.#isInBounds()) return EXHAUSTED;
      if (
        this.#isLive() &&
        (this.#tombstones === undefined || !isCovered(source, this.#tombstones))
      ) {
        return READY;
      }
      this.#hiddenCount++;
      status = this.#direction === FORWARD ? source.next() : source.prev();
    }
    return status;
  }

  /** Whether the current entry has a value that has not expired. */
  #isLive(): boolean {
    const source = this.#source;
    const { type } = source;
    this.#expirySize = 0;
    if (type !== EXPIRING_VALUE) return showsValue(type);
    this.#expirySize = EXPIRY_SIZE_BYTES;
    const expiresAtMs = expiryIn(source.value, source.valueStart, source.valueEnd);
    if (hasExpired(expiresAtMs, this.#wallMs)) {
      this.#hasExpired = true;
      return false;
    }
    return true;
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
}

function isCovered(source: InternalIterator, tombstones: TombstoneCursor): boolean {
  const { sequence } = source;
  const isNewer = tombstones.newestSequence <= sequence;
  if (isNewer && !(INVARIANTS && isSlowWay('newest-tombstone'))) return false;
  return tombstones.newestCovering(source.key, source.keyStart, source.keyEnd) > sequence;
}
