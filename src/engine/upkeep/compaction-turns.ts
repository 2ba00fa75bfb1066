/**
 * Decides which compaction comes next, and tells the calls that wait for one.
 *
 * Owns: the calls of `compact()` that wait, the order of all kinds of compaction, and the knowledge that there is
 * nothing to do. The picker chooses the tables, RangeCompaction the steps of a range.
 *
 * Invariants:
 *   compaction-turns/all-get-on: no kind waits for ever while others have work. Pressing work goes first, but a call takes
 *       every second turn while it waits, and what only saves space every eighth. Calls are served in their order.
 *   compaction-turns/constant: asking whether there may be work costs the same for any number of tables and pins. Without
 *       calls, only another version, an oldest pin at or above `#wakeSequence`, or the time `wakeMs`, can change the answer
 *       "nothing".
 *
 * Suspension: every method is synchronous; the promise of `add` settles when the range is compacted, or not any more.
 */
import { AbortedError } from '../../base/errors.ts';
import type { KeyRange } from '../../bytes/key-range.ts';
import type { SequenceNumber } from '../../base/ids.ts';
import type { EngineOptions } from '../../base/options.ts';
import type { CompactionPlan } from '../../compaction/compaction.ts';
import {
  expiringFrom,
  pickCompaction,
  type PickerState,
  pickMerge,
  pickReclaim,
  reclaimableFrom,
} from '../../compaction/compaction-picker.ts';
import { RangeCompaction } from '../../compaction/range-compaction.ts';
import type { DatabaseKeys } from '../../version/database-keys.ts';
import type { Version } from '../../version/version.ts';

/** The parts of the engine that turns need. */
export interface TurnsHost {
  readonly parts: {
    readonly options: EngineOptions;
    readonly versions: { readonly current: Version; readonly flushedSequence: SequenceNumber };
    readonly keys?: DatabaseKeys | undefined;
  };
  /** The oldest sequence that a reader may still read at; Infinity without one. */
  readonly oldestSequence: number;
  /** What has expired by it has expired for every reader. */
  readonly oldestWallMs: number;
  /** True while a bulk load finds places for its tables: no compaction is planned then. */
  readonly isIngesting: boolean;
}

/** A call of `compact()`. */
interface WaitingCall {
  readonly number: number;
  readonly compaction: RangeCompaction;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

type Source = () => CompactionPlan | undefined;

const NO_LEVELS: ReadonlySet<number> = new Set();
/** After so many turns of others, what only saves space has one. */
const SPARE_TURN = 8;

export class CompactionTurns {
  readonly #engine: TurnsHost;
  #calls: WaitingCall[] = [];
  /** The call whose plan was given out last, if it was a call's. */
  #planned: WaitingCall | undefined = undefined;
  #sinceSpareCount = 0;
  #isMergeFirst = false;
  /** With this version there was nothing to do, before the oldest pin reaches `#wakeSequence`. */
  #idleVersion: Version | undefined = undefined;
  #wakeSequence = Infinity;
  #wakeMs = Infinity;

  constructor(engine: TurnsHost) {
    this.#engine = engine;
  }

  get callCount(): number {
    return this.#calls.length;
  }

  /** False when `next` would find nothing. */
  get mayHaveWork(): boolean {
    const { isIngesting, oldestSequence, oldestWallMs, parts } = this.#engine;
    if (isIngesting) return false;
    if (this.#calls.length > 0 || parts.versions.current !== this.#idleVersion) return true;
    return isReached(this.#wakeSequence, oldestSequence) || isReached(this.#wakeMs, oldestWallMs);
  }

  /** When there will be work, if nothing but time goes on; Infinity: never. */
  get wakeMs(): number {
    return this.#wakeMs;
  }

  /** The plan whose turn it is. No other may be under way. */
  next(): CompactionPlan | undefined {
    if (this.#engine.isIngesting) return undefined;
    const { versions, options } = this.#engine.parts;
    const state = this.#pickerState(NO_LEVELS);
    const { levels } = versions.current;
    const wasCalled = this.#planned !== undefined;
    this.#planned = undefined;
    const pressing: Source = () => pickCompaction(levels, options, state);
    const called: Source = () => this.#nextOfCalls(state);
    const spare: Source = () => this.#nextSpare(state);
    const usual = wasCalled ? [pressing, called, spare] : [called, pressing, spare];
    const order = this.#sinceSpareCount >= SPARE_TURN ? [spare, ...usual] : usual;
    for (const source of order) {
      const plan = source();
      if (source === spare) this.#sinceSpareCount = 0;
      if (plan === undefined) continue;
      if (source !== spare) this.#sinceSpareCount++;
      return plan;
    }
    if (this.#calls.length === 0) {
      this.#idleVersion = versions.current;
      this.#wakeSequence = reclaimableFrom(levels, options, state.oldestSnapshot);
      this.#wakeMs = expiringFrom(levels, options, state.expiredMs);
    }
    return undefined;
  }

  /** The plan that was given out last has been installed. */
  installed(plan: CompactionPlan): void {
    this.#planned?.compaction.advance(plan);
  }

  /** Waits until everything of the range that is in tables now is at the bottom. `number`: of the call's joining. */
  add(range: KeyRange, number: number, signal: AbortSignal | undefined): Promise<void> {
    const { versions, keys } = this.#engine.parts;
    return new Promise((resolve, reject) => {
      const forget = (): void => signal?.removeEventListener('abort', onAbort);
      const call: WaitingCall = {
        number,
        compaction: new RangeCompaction(range, versions.flushedSequence, ({ number }) => {
          return keys?.isStaleTable(number) === true; // of a key before the last rotation
        }),
        resolve: () => {
          forget();
          resolve();
        },
        reject: (error) => {
          forget();
          reject(error instanceof Error ? error : new Error(String(error)));
        },
      };
      const onAbort = (): void => {
        this.#calls = this.#calls.filter((each) => each !== call); // a step of its under way ends by itself
        call.reject(new AbortedError('Compaction was aborted', { cause: signal?.reason }));
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#calls.push(call);
      if (signal?.aborted === true) onAbort();
    });
  }

  /** Calls with nothing left to do resolve. `busyLevels`: what the running compaction reads or writes. */
  settle(busyLevels: ReadonlySet<number>): void {
    if (this.#calls.length === 0) return;
    const { versions, options } = this.#engine.parts;
    const state = this.#pickerState(busyLevels);
    this.#calls = this.#calls.filter(({ compaction, resolve }) => {
      if (compaction.next(versions.current.levels, options, state) !== undefined) return true;
      resolve();
      return false;
    });
  }

  rejectAll(error: unknown): void {
    this.rejectJoined(Infinity, error);
  }

  /** Rejects the calls whose number is `joinedCount` at most. */
  rejectJoined(joinedCount: number, error: unknown): void {
    const calls = this.#calls;
    this.#calls = calls.filter(({ number }) => number > joinedCount);
    for (const { number, reject } of calls) if (number <= joinedCount) reject(error);
  }

  #nextOfCalls(state: PickerState): CompactionPlan | undefined {
    const { versions, options } = this.#engine.parts;
    for (const call of this.#calls) {
      const plan = call.compaction.next(versions.current.levels, options, state);
      if (plan === undefined || plan === 'busy') continue;
      this.#planned = call;
      return plan;
    }
    return undefined;
  }

  /** Both kinds get on: the other one is asked first the next time. */
  #nextSpare(state: PickerState): CompactionPlan | undefined {
    const { versions, options } = this.#engine.parts;
    const { levels } = versions.current;
    this.#isMergeFirst = !this.#isMergeFirst;
    return this.#isMergeFirst
      ? (pickReclaim(levels, options, state) ?? pickMerge(levels, options, state))
      : (pickMerge(levels, options, state) ?? pickReclaim(levels, options, state));
  }

  #pickerState(busyLevels: ReadonlySet<number>): PickerState {
    return {
      compactionCursors: this.#engine.parts.versions.current.compactionCursors,
      busyLevels,
      oldestSnapshot: this.#engine.oldestSequence,
      expiredMs: this.#engine.oldestWallMs,
    };
  }
}

/** Infinity is never reached, also when there is no oldest reader. */
function isReached(goal: number, oldest: number): boolean {
  return goal < Infinity && oldest >= goal;
}
