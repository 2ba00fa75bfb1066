/**
 * When the group after a synced one starts.
 *
 * Owns: the choice between one cohort of callers and two. Callers whose group was synced run, commit again, and wait.
 *
 *   one     the next group starts when all of them have committed again: fewest syncs. Right while a sync takes longer
 *           than what the callers compute, since whoever misses the group waits for two syncs.
 *   two     half of them compute while the group of the others is synced. Right when they compute longer than that:
 *           the disk and the processor work at the same time.
 *
 * Two cohorts stay two by themselves, as long as a waiting group starts at the end of the sync before it. The measure
 * is taken with one; two last for a lease, then it is taken again.
 *
 * Suspension: everything here is synchronous.
 */

/** Fewer callers do better with one cohort and syncs by calls (sync-choice.ts). */
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
