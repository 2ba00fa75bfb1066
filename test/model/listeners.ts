/**
 * Listeners that misbehave, for histories.
 *
 * Owns: which history has one, and what it does at each event: throws, rejects, never settles, writes into the event.
 * All by the seed, so that a failing history repeats.
 */
import type { EventObserver } from '../../src/engine/state/events.ts';
import { HOSTILE_VALUES, rejecting } from '../support/hostile.ts';
import { makeRandom } from '../support/prng.ts';

/** One history in so many has such a listener. */
const HISTORIES_PER_LISTENER = 4;

const makers = Object.values(HOSTILE_VALUES);
const never: Promise<void> = new Promise(() => undefined);

/** A listener that does no harm, or for a quarter of the seeds one that tries to. */
export function badListener(seed: number): EventObserver {
  if (seed % HISTORIES_PER_LISTENER !== 0) return () => undefined;
  muteWarnings();
  const random = makeRandom(seed);
  return (_, event) => {
    const value = makers[random.below(makers.length)]!(); // below its length
    switch (random.below(4)) {
      case 0:
        throw value;
      case 1:
        return rejecting(value) as unknown as void;
      case 2:
        return never as unknown as void;
      default:
        Object.assign(event, { durationMs: -1 });
    }
  };
}

let isMuted = false;

/** Each of these listeners makes a warning; thousands of them would hide what a run prints. */
function muteWarnings(): void {
  if (isMuted) return;
  isMuted = true;
  const { emitWarning } = process;
  process.emitWarning = (warning: string | Error, ...rest: never[]) => {
    if (!String(warning).startsWith('A varve listener of')) emitWarning(warning, ...rest);
  };
}
