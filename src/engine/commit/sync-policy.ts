/**
 * The sync policy: when a group of durable commits starts, and how it is synced.
 *
 * Owns: two choices of the commit pipeline. Neither changes a promise, because every group is written, then synced,
 * then published. Both follow the last groups, so there is no option to set.
 *
 *   1. One cohort of callers or two (`Cohorts`). Callers whose group was synced compute, commit again, and wait.
 *
 *      one    The next group starts when all of them have committed again: fewest syncs. Best while a sync takes longer
 *             than the callers compute, because a caller that misses the group waits for two syncs.
 *      two    Half of the callers compute while the group of the others is synced. The disk and the processor work at
 *             the same time. Best when computing takes twice as long as a sync, or more, and 64 callers share a sync.
 *
 *      Two cohorts stay two by themselves, as long as a waiting group starts at the end of the sync before it.
 *
 *   2. A call or the thread pool (`SyncChoice`). A sync in the pool costs two changes of threads, a third of the time
 *      on a disk that syncs in 0.15 ms. A call spares them and stops the event loop. All of this must hold for a call:
 *
 *      short     Syncs take less than 0.5 ms on average, and none of the last hundred groups took more than 3 ms.
 *      alone     No commit is queued behind the group, no sync in the background runs, and there is one cohort.
 *      idle      The caller is the only one (three groups of one commit in a row). Or the loop was idle for two fifths
 *                of three syncs in the pool in a row. After 32 calls for several callers one sync goes to the pool, to
 *                see whether the loop is still idle.
 *
 *   callers               a disk that syncs in 0.15 ms            a disk that syncs in 2 ms
 *   1                     a call                                  the pool
 *   8 to 63               a call while the loop is idle           the pool, one cohort
 *   64 and more           the pool and two cohorts, when          the pool, one cohort
 *                         computing takes 0.3 ms or more
 *
 * Invariants:
 *   sync-policy/measured-as-one: the policy measures computing only while there is one cohort. Two cohorts last for a
 *       lease of 256 groups. Then two groups merge the cohorts, and eight are measured.
 *   sync-policy/short-calls: after a sync of more than 3 ms a hundred groups go to the pool. All groups go there while
 *       the average is 0.5 ms or more. So a slow disk stops the event loop a few times and no more.
 *   sync-policy/a-turn-each: a group that may be synced by a call starts after a turn of the loop. Otherwise ticks and
 *       microtasks that each end in a call would starve the loop.
 *
 * ADRs 0012, 0014, 0017 and 0036 have the figures.
 *
 * Suspension: everything here is synchronous.
 */

/** The least callers for two cohorts. Fewer callers do better with one cohort and syncs by calls. */
const COMMIT_COUNT_MIN = 64;
/**
 * Two cohorts need computing that takes at least so many times as long as a sync. A round of one cohort takes the sum
 * of both. A round of two cohorts takes computing or two syncs, whichever is longer. By that count two cohorts would
 * win from 1 on, but a sync beside computing takes longer. Measured at 1.4: a quarter fewer commits. At 3.5 and 4.5: a
 * tenth to a third more.
 */
const RATIO_MIN = 2;
/** The groups for which two cohorts last (sync-policy/measured-as-one). */
const LEASE_GROUP_COUNT = 256;
/** The groups after a lease in which two cohorts become one. A measure is true only after them. */
const MERGING_GROUP_COUNT = 2;
/** The groups of one measure. */
const MEASURED_GROUP_COUNT = 8;

/** The groups of one commit in a row after which the caller counts as alone. */
const LONE_GROUP_COUNT_MIN = 3;
/** The syncs in the pool, in a row, through which the loop must have been idle. */
const IDLE_SYNC_COUNT_MIN = 3;
/** The loop counts as idle when it was idle for this share of a sync. Two changes of threads take the rest. */
const IDLE_SHARE_MIN = 0.4;
/** The calls after which one sync goes to the pool, to see whether the loop is still idle. */
const CALL_COUNT_MAX = 32;
/** Calls need a moving average of syncs below this: about the time of a turn of a busy loop. */
const TYPICAL_MS_MAX = 0.5;
/** A sync that takes longer than this sends the next groups to the pool. */
const SLOW_MS_MIN = 3;
/** How many groups it sends there. */
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

  /** True for the commit with which a collecting group starts early, because it holds half of the callers. */
  isHalf(commitCount: number): boolean {
    return this.#cohorts.isHalf(commitCount);
  }

  /** A group is written and its sync starts. True for a call. `isAlone`: no commit is queued, no other sync runs. */
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

/** The choice of one cohort or two. */
export class Cohorts {
  /** The groups left of the lease. At and below zero: minus the groups since its end. */
  #lease = 0;
  #syncedAtMs = 0;
  /** The commit count that starts a group early; 0 for none. */
  #half = 0;
  /** The sums over the measured groups. */
  #computingMs = 0;
  #syncingMs = 0;

  get isSplit(): boolean {
    return this.#lease > 0;
  }

  /** True for the commit with which a collecting group holds half of the callers. */
  isHalf(commitCount: number): boolean {
    return commitCount === this.#half;
  }

  /** A group of so many commits is written. The sync of the group before it ended at the last `synced`. */
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

/** The choice of a call or the pool. */
export class SyncChoice {
  /** The groups of one commit in a row. Below zero: so many must still pass before they count. */
  #loneGroupCount = 0;
  /** The idle syncs in the pool in a row. Below zero: so many must still pass before they count. */
  #idleSyncCount = 0;
  /** The calls for more than one commit since the last sync in the pool. */
  #callCount = 0;
  /** The moving average of syncs. */
  #typicalMs = 0;

  /** True when a group may be synced by a call: it then starts after a turn of the loop. */
  get isCall(): boolean {
    return this.isCallFor(1);
  }

  /** The same for a group of so many commits, with no commit queued behind it. */
  isCallFor(commitCount: number): boolean {
    if (this.#typicalMs >= TYPICAL_MS_MAX) return false;
    return this.#isWaiting || (this.#isAlone && commitCount === 1);
  }

  /** A group of so many commits was synced by a call in `elapsedMs`. */
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
