/**
 * The plan of a soak: how it divides its time.
 *
 * Owns: which legs there are, how long each lasts and how it ends; a function of the seed and the time left.
 *
 * A leg is the life of one process. Most last 20 to 60 seconds of a half-hour run and end by SIGKILL; one, the steady
 * leg, takes two fifths of the whole, so that a slow leak has the time to show, and ends cleanly.
 *
 * Suspension: every function here is synchronous.
 */
import type { Random } from '../../test/support/prng.ts';

export type Ending = 'kill' | 'kill while opening' | 'kill while closing' | 'clean';

export interface Leg {
  readonly isSteady: boolean;
  readonly ending: Ending;
  /** From the moment it is ready; from its start when it is killed while it opens. */
  readonly durationMs: number;
  /** From `stop` to the kill of one that is killed while it closes. */
  readonly graceMs: number;
}

const STEADY_STARTS_AT = 0.25;
const STEADY_SHARE = 0.4;
const LEG_MIN_MS = 20_000;
const LEG_MAX_MS = 60_000;
const OPENING_MAX_MS = 600;
const GRACE_MAX_MS = 100;

export function nextLeg(
  random: Random,
  elapsedMs: number,
  totalMs: number,
  hadSteady: boolean,
): Leg {
  const graceMs = random.below(GRACE_MAX_MS);
  if (!hadSteady && elapsedMs >= totalMs * STEADY_STARTS_AT) {
    return { isSteady: true, ending: 'clean', durationMs: totalMs * STEADY_SHARE, graceMs };
  }
  const ending = drawEnding(random);
  if (ending === 'kill while opening') {
    return { isSteady: false, ending, durationMs: random.below(OPENING_MAX_MS), graceMs };
  }
  const shortest = Math.min(LEG_MIN_MS, totalMs / 14);
  const longest = Math.min(LEG_MAX_MS, totalMs / 8);
  const drawn = shortest + random.below(Math.ceil(longest - shortest) + 1);
  const mark = hadSteady ? totalMs : totalMs * STEADY_STARTS_AT;
  const left = Math.max(mark - elapsedMs, shortest / 2);
  return { isSteady: false, ending, durationMs: Math.min(drawn, left), graceMs };
}

function drawEnding(random: Random): Ending {
  const share = random.below(100);
  if (share < 70) return 'kill';
  if (share < 80) return 'kill while opening';
  return share < 90 ? 'kill while closing' : 'clean';
}
