/**
 * The clock by which entries expire.
 *
 * Owns: the time that readers and compactions take for now.
 *
 * Invariants:
 *   expiry-clock/small-steps-do-not-count: the time does not go back when the clock of the system is set back by up to
 *       an hour, as time synchronization does it. So what has expired does not come back. A reopen knows the time of the
 *       last frame, and begins with it.
 *   expiry-clock/follows-large-ones: a clock that is set back further was wrong before. The time follows it, so that
 *       entries go on expiring. Example: a clock that says 2090 for a second expires everything there is, and no entry
 *       that is written afterwards.
 *
 * Suspension: every method is synchronous.
 */
import type { Clock } from '../../base/clock.ts';
import type { FrameClock } from '../../log/frame-clock.ts';

const SET_BACK_MS_MAX = 3_600_000;

export class ExpiryClock {
  readonly #clock: Pick<Clock, 'wallMs'>;
  readonly #frames: Pick<FrameClock, 'lastMs'>;
  #lastMs = 0;

  constructor(clock: Pick<Clock, 'wallMs'>, frames: Pick<FrameClock, 'lastMs'>) {
    this.#clock = clock;
    this.#frames = frames;
  }

  /** Whole milliseconds since 1970. */
  now(): number {
    const wallMs = Math.floor(this.#clock.wallMs());
    const lastMs = Math.max(this.#lastMs, this.#frames.lastMs);
    const isFollowed = wallMs > lastMs || wallMs < lastMs - SET_BACK_MS_MAX; // NaN is neither
    return (this.#lastMs = isFollowed ? wallMs : lastMs);
  }
}
