/**
 * Stretches of keys in which scans have found nothing to show.
 *
 * Owns: the few longest ones of late, and whether they are still so. A queue whose head moves on leaves a tombstone for
 * every element that was taken; without this each look at the head would step over all of them.
 *
 * A stretch says: at its sequence no key in `[start, end)` had a value. That holds at any later read sequence as long
 * as no key in it was written since, which the memtables can tell (commits-since/cost): nothing is noted at a write.
 *
 * Invariants:
 *   dead-stretches/published: sequences are published ones. A commit that may yet be taken back is in no stretch.
 *   dead-stretches/as-late: a stretch in which something has expired is used only by readers whose clock is as late.
 *   dead-stretches/still-so: a stretch is used only where every write since lies in the active memtable, and nothing
 *       came into the tables past it; and only while those writes are fewer than the steps that it spares. Otherwise
 *       it is forgotten.
 *
 * Suspension: every method is synchronous. Keys given are kept.
 */
import { INVARIANTS } from '../../base/assert.ts';
import { isSlowWay } from '../../base/coin.ts';
import { compareBytes } from '../../bytes/bytes.ts';
import { doRangesTouch, type BoundedRange } from '../../bytes/key-range.ts';
import type { HiddenRuns } from '../../iterator/visible-iterator.ts';
import type { WalkCounter } from '../../memtable/recent-writes.ts';
import type { ReadState } from '../state/read-state.ts';

/** More queues than that have their heads looked at in turn only rarely. */
const STRETCH_COUNT_MAX = 8;
interface Stretch extends BoundedRange {
  sequence: number;
  /** The least clock of a reader that may use it (dead-stretches/as-late); 0 for any. */
  readonly wallMs: number;
  /** Entries that were stepped over. */
  readonly hiddenCount: number;
}

export class DeadStretches {
  readonly #counter: WalkCounter = { walkedCount: 0 };
  /** From the one that was used longest ago to the last one. */
  #stretches: Stretch[] = [];

  /** The stretch that holds `key`, or all keys right below it when `isBelow`; undefined for none that is still so. */
  find(
    key: Uint8Array,
    isBelow: boolean,
    state: ReadState,
    readSequence: number,
    wallMs: number,
  ): Stretch | undefined {
    for (const stretch of this.#stretches) {
      if (stretch.sequence > readSequence || stretch.wallMs > wallMs) continue;
      if (!holds(stretch, key, isBelow)) continue;
      if (this.#isStillDead(stretch, state)) {
        stretch.sequence = readSequence;
        return stretch;
      }
      this.#forget(stretch);
      return undefined;
    }
    return undefined;
  }

  /** Nothing in the stretch is to be seen at its sequence, which is a published one (dead-stretches/published). */
  note(noted: Readonly<Stretch>): void {
    const { start, end, sequence } = noted;
    if (compareBytes(start, end) >= 0) return;
    const others = this.#stretches.filter((each) => !doRangesTouch(each, noted));
    const isKnownLater = this.#stretches.some(
      (each) => each.sequence > sequence && doRangesTouch(each, noted),
    );
    if (isKnownLater) return;
    this.#stretches = others;
    this.#stretches.push({ ...noted });
    if (this.#stretches.length > STRETCH_COUNT_MAX) this.#stretches.shift();
  }

  /** Keeps dead-stretches/still-so. */
  #isStillDead({ start, end, sequence, hiddenCount }: Stretch, state: ReadState): boolean {
    const active = state.slots[0]?.memtable;
    if (active === undefined || active.baseSequence > sequence) return false;
    if (state.version.largestSequence > sequence) return false;
    const writeCount = active.lastSequence - sequence;
    if (writeCount <= 0) return true;
    if (writeCount > hiddenCount) return false;
    return active.keyWrittenSince(start, end, sequence, this.#counter) === undefined;
  }

  #forget(stretch: Stretch): void {
    this.#stretches = this.#stretches.filter((each) => each !== stretch);
  }
}

/** The stretches as one scan sees them. */
export class ScanStretches implements HiddenRuns {
  readonly #stretches: DeadStretches;
  readonly #state: ReadState;
  readonly #readSequence: number;
  readonly #wallMs: number;
  /** The stretch that the last seek has passed over. */
  #passed: Stretch | undefined = undefined;

  /** `readSequence` is published (dead-stretches/published). The state stays referenced while this is used. */
  constructor(stretches: DeadStretches, state: ReadState, readSequence: number, wallMs: number) {
    this.#stretches = stretches;
    this.#state = state;
    this.#readSequence = readSequence;
    this.#wallMs = wallMs;
  }

  skip(target: Uint8Array, isBackward: boolean): Uint8Array {
    this.#passed = undefined;
    if (INVARIANTS && isSlowWay('dead-stretch')) return target;
    this.#passed = this.#stretches.find(
      target,
      isBackward,
      this.#state,
      this.#readSequence,
      this.#wallMs,
    );
    if (this.#passed === undefined) return target;
    return isBackward ? this.#passed.start : this.#passed.end;
  }

  note(start: Uint8Array, end: Uint8Array, hiddenCount: number, byClock: boolean): void {
    const passed = this.#passed;
    this.#stretches.note({
      start: passed !== undefined && compareBytes(passed.start, start) < 0 ? passed.start : start,
      end: passed !== undefined && compareBytes(passed.end, end) > 0 ? passed.end : end,
      sequence: this.#readSequence,
      wallMs: byClock ? this.#wallMs : (passed?.wallMs ?? 0),
      hiddenCount: hiddenCount + (passed?.hiddenCount ?? 0),
    });
  }
}

function holds({ start, end }: Stretch, key: Uint8Array, isBelow: boolean): boolean {
  const above = compareBytes(key, start);
  const below = compareBytes(key, end);
  return isBelow ? above > 0 && below <= 0 : above >= 0 && below < 0;
}
