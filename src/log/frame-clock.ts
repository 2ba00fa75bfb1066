/**
 * The wall time of frames.
 *
 * Owns: the last time that a frame of the database carries. The WAL and the manifest share it, so the manifest knows the
 * time of the last commit also when the log of that commit is gone.
 *
 * Invariants:
 *   frame-clock/never-back: a frame's time is never below that of a frame before it, in any log, across opens too. The
 *       clock of the system may be set back. Then frames keep the last time until the clock has caught up with it.
 *       Example: the clock says 9, then 5, then 11: the frames say 9, 9, 11.
 *   frame-clock/fits-the-field: a time is a whole number of milliseconds from 0 to 2^48 - 1. A clock that says NaN,
 *       or a time before 1970, gives no later time than the last one. One beyond 2^48 - 1 gives 2^48 - 1.
 *
 * Suspension: every method is synchronous.
 */
import { type Clock, systemClock } from '../base/clock.ts';

/** 2^48 - 1: some day in the year 10889. */
export const WALL_MS_MAX: number = 2 ** 48 - 1;

export class FrameClock {
  readonly #clock: Pick<Clock, 'wallMs'>;
  #lastMs = 0;

  constructor(clock: Pick<Clock, 'wallMs'> = systemClock) {
    this.#clock = clock;
  }

  /** The largest time so far; 0 before the first. */
  get lastMs(): number {
    return this.#lastMs;
  }

  /** The time for a frame that is about to be written. */
  next(): number {
    this.follow(this.#clock.wallMs());
    return this.#lastMs;
  }

  /** A frame with this time was read. Later ones are not below it. */
  follow(wallMs: number): void {
    // NaN is above nothing (frame-clock/fits-the-field).
    if (wallMs > this.#lastMs) this.#lastMs = Math.min(Math.floor(wallMs), WALL_MS_MAX);
  }
}
