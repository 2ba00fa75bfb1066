/**
 * The write stall: slows writes before they must stop.
 *
 * Owns: how long a commit waits while level 0 is longer than it should be, so that compaction catches up without
 * a cliff. Stopping itself is a state of the database (`stallReason`), not of this class.
 *
 * Between the slowdown and the stop trigger the allowed rate falls linearly from FAST to SLOW. A commit is charged when
 * it is let through. Short debts are forgiven, so that small commits are delayed in groups and not one by one.
 *
 * Suspension: every method is synchronous.
 */
import type { Clock } from '../../base/clock.ts';
import type { EngineOptions } from '../../base/options.ts';

const FAST_BYTES_PER_MS = 32 * 1024;
const SLOW_BYTES_PER_MS = 1024;
/** Timers are no finer than this. */
const DEBT_FORGIVEN_MS = 1;

export class WriteStall {
  readonly #slowdownTrigger: number;
  readonly #stopTrigger: number;
  /** The time at which the commits so far are paid for. */
  #paidAtMs = 0;

  constructor(options: EngineOptions) {
    this.#slowdownTrigger = options.level0SlowdownTrigger;
    this.#stopTrigger = options.level0StopTrigger;
  }

  /** True when writes must wait for a compaction of level 0. */
  isStopped(level0Count: number): boolean {
    return level0Count >= this.#stopTrigger;
  }

  /** Milliseconds that a commit of that size has to wait; 0 lets it through and charges it. */
  slowdownMs(sizeBytes: number, level0Count: number, clock: Clock): number {
    if (level0Count < this.#slowdownTrigger) return 0;
    const now = clock.nowMs();
    const debtMs = this.#paidAtMs - now;
    if (debtMs > DEBT_FORGIVEN_MS) return Math.min(debtMs, 1000);
    const span = this.#stopTrigger - this.#slowdownTrigger;
    const share = Math.min(1, (level0Count - this.#slowdownTrigger) / span);
    const rate = FAST_BYTES_PER_MS - share * (FAST_BYTES_PER_MS - SLOW_BYTES_PER_MS);
    this.#paidAtMs = Math.max(now, this.#paidAtMs) + sizeBytes / rate;
    return 0;
  }
}
