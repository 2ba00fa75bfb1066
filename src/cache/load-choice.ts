/**
 * The choice between a call and the thread pool, for a block that an awaited read lacks.
 *
 * Owns: what the last calls took, and how many loads go to the pool before a call is tried again. There is no option
 * to set.
 *
 * A page that the system has in memory is read in 3 us by a call. By the pool it takes 30 us, or 5 when a hundred reads
 * go together. A page on a disk takes 100 us to 10 ms; a call then stops the event loop for as long, and reads one after
 * the other where the pool reads many at once. Whoever reads cannot see which it is, but the last reads tell.
 *
 *      warm   calls took less than 50 us on average: the next load is a call
 *      cold   the next 32 loads go to the pool, then one call is tried; twice as many go there after each slow trial
 *
 * Invariants:
 *   load-choice/slow-calls-are-rare: a call of more than 0.5 ms, or an average of 50 us, sends loads to the pool: 32 at
 *       first, up to 4096. So a disk of 10 ms stops the loop for 10 ms in 4096 reads.
 *   load-choice/a-budget-a-turn: the choice says nothing of how many calls follow each other. Those who call count each
 *       read against the budget of the turn (base/turn-budget.ts).
 *
 * Suspension: everything here is synchronous.
 */

/** Calls need a moving average below this. */
const TYPICAL_MS_MAX = 0.05;
/** A single call that took more goes to the pool at once. */
const SLOW_MS_MIN = 0.5;
const PAUSE_LOAD_COUNT_MIN = 32;
const PAUSE_LOAD_COUNT_MAX = 4096;
/** The share of the newest call in the average. */
const NEWEST_SHARE = 0.125;
/** A read of many blocks takes longer by this much a byte: 1 GiB a second out of memory. */
const MS_PER_BYTE = 1000 / 2 ** 30;

export class LoadChoice {
  readonly #nowMs: () => number;
  #typicalMs = 0;
  /** Loads that still go to the pool. */
  #pauseCount = 0;
  /** How many the next pause lasts. */
  #nextPauseCount = PAUSE_LOAD_COUNT_MIN;
  /** The next call is the first one after a pause. */
  #isTrial = false;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** True for a call; false counts a load that goes to the pool. */
  next(): boolean {
    if (this.#pauseCount === 0) return true;
    this.#pauseCount--;
    return false;
  }

  /** Reads so many bytes by a call, and notes what it took. */
  timed<T>(sizeBytes: number, read: () => T): T {
    const startMs = this.#nowMs();
    const result = read();
    this.#note(Math.max(0, this.#nowMs() - startMs - sizeBytes * MS_PER_BYTE));
    return result;
  }

  #note(tookMs: number): void {
    if (this.#isTrial)
      this.#typicalMs = tookMs; // what was before the pause is over
    else this.#typicalMs += (tookMs - this.#typicalMs) * NEWEST_SHARE;
    if (tookMs > SLOW_MS_MIN || this.#typicalMs >= TYPICAL_MS_MAX) {
      this.#pauseCount = this.#nextPauseCount;
      this.#nextPauseCount = Math.min(2 * this.#nextPauseCount, PAUSE_LOAD_COUNT_MAX);
      this.#isTrial = true;
    } else if (this.#isTrial) {
      this.#isTrial = false;
      this.#nextPauseCount = PAUSE_LOAD_COUNT_MIN;
    }
  }
}
