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

/** Fewer callers gain nothing: a sync is long beside what they compute. */
const SPLIT_COMMIT_COUNT_MIN = 32;
/** Computing must take this share of a sync. */
const SPLIT_RATIO_MIN = 0.8;
const LEASE_GROUP_COUNT = 256;
/** Groups after a lease in which two cohorts become one; only then is a measure true. */
const MERGING_GROUP_COUNT = 2;

export class Cohorts {
  /** Groups left of the lease; at and below zero, groups since its end. */
  #lease = -MERGING_GROUP_COUNT;
  #syncedAtMs = 0;
  #syncMs = Infinity;
  /** How many commits start a group early; 0 for none. */
  #half = 0;

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
    if (this.#lease > -MERGING_GROUP_COUNT || commitCount < SPLIT_COMMIT_COUNT_MIN) return;
    if (nowMs - this.#syncedAtMs < this.#syncMs * SPLIT_RATIO_MIN) return;
    this.#lease = LEASE_GROUP_COUNT;
    this.#half = commitCount >>> 1;
  }

  synced(elapsedMs: number, nowMs: number): void {
    this.#syncMs = elapsedMs;
    this.#syncedAtMs = nowMs;
  }
}
