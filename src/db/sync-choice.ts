/**
 * Whether the next sync is a call or a task of the thread pool.
 *
 * Owns: the choice, from what the last syncs were like. A caller who is alone waits for his sync anyway; made as a call
 * it spares him two changes of threads, a third of the time on a fast disk. It also stops the event loop, so it is made
 * only while nobody shares the groups and syncs are short; one that was not short sends the next hundred back to the pool.
 *
 * Suspension: everything here is synchronous.
 */

/** Groups of one commit in a row after which the caller counts as alone. */
const LONE_GROUP_COUNT_MIN = 3;
/** The moving average of syncs must be below it: about what a turn of a busy loop takes anyway. */
const TYPICAL_MS_MAX = 0.5;
/** No call is made for some time after a sync that took longer. */
const SLOW_MS_MIN = 3;
const PAUSE_GROUP_COUNT = 100;
/** The share of the newest sync in the average. */
const NEWEST_SHARE = 0.125;

export class SyncChoice {
  /** Below zero: groups of one commit that are still to pass before they count. */
  #loneGroupCount = 0;
  #typicalMs = 0;

  /** True when a group that holds one commit and leaves nothing behind it is synced by a call. */
  get isCall(): boolean {
    return this.#loneGroupCount >= LONE_GROUP_COUNT_MIN && this.#typicalMs < TYPICAL_MS_MAX;
  }

  /** A group of so many commits was synced in that time. */
  note(commitCount: number, elapsedMs: number): void {
    this.#typicalMs += (elapsedMs - this.#typicalMs) * NEWEST_SHARE;
    if (elapsedMs > SLOW_MS_MIN) this.#loneGroupCount = -PAUSE_GROUP_COUNT;
    else if (commitCount === 1) this.#loneGroupCount++;
    else this.#loneGroupCount = Math.min(this.#loneGroupCount, 0);
  }
}
