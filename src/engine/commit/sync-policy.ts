/**
 * The sync policy: when a group of durable commits starts, and how it is synced.
 *
 * Owns: two choices of the commit pipeline. Neither changes a promise, because every group is written, then synced, then
 * published. Both follow what the last groups were like, so there is no option to set.
 *
 *   1. One cohort of callers or two (`Cohorts`). Callers whose group was synced compute, commit again, and wait.
 *
 *      one    the next group starts when all of them have committed again: fewest syncs. Right while a sync takes longer
 *             than the callers compute, because a caller who misses the group waits for two syncs.
 *      two    half of the callers compute while the group of the others is synced. Right when computing takes twice as
 *             long as a sync, or more, and 64 callers share it: the disk and the processor work at the same time.
 *
 *      Two cohorts stay two by themselves, as long as a waiting group starts at the end of the sync before it. The
 *      policy measures with one cohort. Two cohorts last for a lease of 256 groups; then it measures again.
 *
 *   2. A call or the thread pool (`SyncChoice`). A sync in the pool costs two changes of threads, a third of the time on
 *      a disk that syncs in 0.15 ms. A call spares them and stops the event loop. All of this must hold for a call:
 *
 *      short     syncs take less than 0.5 ms on average, and none of the last hundred groups took more than 3 ms;
 *      alone     no commit is queued behind the group, no sync in the background is under way, and there is one cohort;
 *      idle      the caller is the only one (three groups of one commit in a row), or the loop was idle for two fifths
 *                of three syncs in the pool in a row. After 32 calls for several callers one sync goes to the pool, to
 *                see whether the loop is still idle.
 *
 *      A group that may be synced by a call starts after a turn of the loop, because ticks and microtasks that each end
 *      in a call would starve the loop.
 *
 *   callers               a disk that syncs in 0.15 ms            a disk that syncs in 2 ms
 *   1                     a call                                  the pool
 *   8 to 63               a call while the loop is idle           the pool, one cohort
 *   64 and more           the pool and two cohorts, when          the pool, one cohort
 *                         computing takes 0.3 ms or more
 *
 * ADRs 0012, 0014, 0017 and 0036 have the figures.
 *
 * Suspension: everything here is synchronous.
 */

/** Fewer callers do better with one cohort and syncs by calls. */
const COMMIT_COUNT_MIN = 64;
/**
 * Computing must take so many times as long as a sync. With one cohort a round takes the sum of both, with two the longer
 * one of computing and two syncs: even at 1, if a sync beside computing took no longer. It does (measured at 1.4: a
 * quarter fewer commits; at 3.5 and 4.5: a tenth to a third more).
 */
const RATIO_MIN = 2;
const LEASE_GROUP_COUNT = 256;
/** Groups after a lease in which two cohorts become one; only then is a measure true. */
const MERGING_GROUP_COUNT = 2;
const MEASURED_GROUP_COUNT = 8;

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

export class SyncPolicy {
  readonly #cohorts = new Cohorts();
  readonly #choice = new SyncChoice();

  /** True while a waiting group starts at the end of the sync before it. */
  get isSplit(): boolean {
    return this.#cohorts.isSplit;
  }

  /** True when the next group may be synced by a call: it then starts after a turn of the loop. */
  get mayCall(): boolean {
    return this.#choice.isCall;
  }

  /** True for the commit with which a collecting group starts early: it holds half of the callers. */
  isHalf(commitCount: number): boolean {
    return this.#cohorts.isHalf(commitCount);
  }

  /** A group was written and is to be synced now. True for a call; `isAlone` is the second condition above. */
  starts(commitCount: number, isAlone: boolean, nowMs: number): boolean {
    const mayCall = isAlone && !this.#cohorts.isSplit;
    this.#cohorts.starts(commitCount, nowMs);
    return mayCall && this.#choice.isCallFor(commitCount);
  }

  /** A group was synced by a call. */
  syncedByCall(commitCount: number, elapsedMs: number, nowMs: number): void {
    this.#choice.noteCall(commitCount, elapsedMs);
    this.#cohorts.synced(elapsedMs, nowMs);
  }

  /** A group was synced in the pool; the event loop was idle for `idleMs` of it. */
  syncedInPool(commitCount: number, elapsedMs: number, idleMs: number, nowMs: number): void {
    this.#choice.notePool(commitCount, elapsedMs, idleMs);
    this.#cohorts.synced(elapsedMs, nowMs);
  }
}

/** The first choice. */
export class Cohorts {
  /** Groups left of the lease; at and below zero, groups since its end. */
  #lease = 0;
  #syncedAtMs = 0;
  /** How many commits start a group early; 0 for none. */
  #half = 0;
  /** Of the measured groups. */
  #computingMs = 0;
  #syncingMs = 0;

  get isSplit(): boolean {
    return this.#lease > 0;
  }

  /** True for the commit with which a collecting group holds half of the callers. */
  isHalf(commitCount: number): boolean {
    return commitCount === this.#half;
  }

  /** A group of so many commits is written; the one before it was synced at the time of the last `synced`. */
  starts(commitCount: number, nowMs: number): void {
    this.#lease--;
    if (this.#lease > 0) return;
    this.#half = 0;
    if (!this.#isMeasuring) return;
    this.#computingMs += nowMs - this.#syncedAtMs;
    if (-this.#lease < MERGING_GROUP_COUNT + MEASURED_GROUP_COUNT) return;
    const isWorthIt =
      commitCount >= COMMIT_COUNT_MIN && this.#computingMs > this.#syncingMs * RATIO_MIN;
    this.#lease = isWorthIt ? LEASE_GROUP_COUNT : 0;
    this.#half = isWorthIt ? commitCount >>> 1 : 0;
    this.#computingMs = 0;
    this.#syncingMs = 0;
  }

  synced(elapsedMs: number, nowMs: number): void {
    this.#syncedAtMs = nowMs;
    if (this.#isMeasuring) this.#syncingMs += elapsedMs;
  }

  get #isMeasuring(): boolean {
    return this.#lease < -MERGING_GROUP_COUNT;
  }
}

/** The second choice. */
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
