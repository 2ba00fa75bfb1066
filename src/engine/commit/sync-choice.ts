/**
 * Whether the next sync is a call or a task of the thread pool.
 *
 * Owns: the choice, from what the last syncs were like. Callers who all wait for a sync gain nothing by its being made
 * elsewhere; made as a call it spares them two changes of threads, a third of the time on a fast disk. It also stops the
 * event loop. So it is made only while syncs are short, and for somebody who is alone, or when the loop was seen to do
 * nothing else during syncs in the pool. That is seen anew again and again; and a sync that was not short sends the next
 * hundred to the pool.
 *
 * Suspension: everything here is synchronous.
 */

/** Groups of one commit in a row after which the caller counts as alone. */
const LONE_GROUP_COUNT_MIN = 3;
/** Syncs in the pool, in a row, through which the loop must have waited. */
const IDLE_SYNC_COUNT_MIN = 3;
/** It waited when it was idle for this share of the time; to hand the sync over and to be woken takes the rest. */
const IDLE_SHARE_MIN = 0.4;
/** Calls after which one sync goes to the pool, to see whether the loop still waits. */
const CALL_COUNT_MAX = 32;
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
  /** Below zero: syncs in the pool that are still to pass before they count. */
  #idleSyncCount = 0;
  /** Calls for more than one commit since a sync in the pool. */
  #callCount = 0;
  #typicalMs = 0;

  /** True when a group may be synced by a call: it then starts after a turn of the loop. */
  get isCall(): boolean {
    return this.isCallFor(1);
  }

  /** The same for a group of so many commits that leaves nothing behind it. */
  isCallFor(commitCount: number): boolean {
    if (this.#typicalMs >= TYPICAL_MS_MAX) return false;
    return this.#isWaiting || (this.#isAlone && commitCount === 1);
  }

  /** A group of so many commits was synced by a call, in that time. */
  noteCall(commitCount: number, elapsedMs: number): void {
    this.#note(commitCount, elapsedMs);
    if (commitCount > 1) this.#callCount++;
  }

  /** The same in the pool, while the event loop was idle for `idleMs`. */
  notePool(commitCount: number, elapsedMs: number, idleMs: number): void {
    this.#note(commitCount, elapsedMs);
    this.#callCount = 0;
    const isIdle = elapsedMs > 0 && idleMs >= elapsedMs * IDLE_SHARE_MIN;
    if (isIdle || this.#idleSyncCount < 0) this.#idleSyncCount++;
    else this.#idleSyncCount = 0;
  }

  get #isAlone(): boolean {
    return this.#loneGroupCount >= LONE_GROUP_COUNT_MIN;
  }

  get #isWaiting(): boolean {
    return this.#idleSyncCount >= IDLE_SYNC_COUNT_MIN && this.#callCount < CALL_COUNT_MAX;
  }

  #note(commitCount: number, elapsedMs: number): void {
    this.#typicalMs += (elapsedMs - this.#typicalMs) * NEWEST_SHARE;
    if (elapsedMs > SLOW_MS_MIN) {
      this.#loneGroupCount = -PAUSE_GROUP_COUNT;
      this.#idleSyncCount = -PAUSE_GROUP_COUNT;
    } else if (commitCount === 1) {
      this.#loneGroupCount++;
    } else {
      this.#loneGroupCount = Math.min(this.#loneGroupCount, 0);
    }
  }
}
