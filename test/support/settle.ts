/**
 * Waiting without a clock.
 *
 * Owns: how a test finds out that a promise will never settle: over simulated files all work is done
 * in turns of the event loop, so a promise that is open after very many turns hangs.
 *
 * Suspension: everything here suspends, a turn at a time.
 */
import { type ManualClock } from './manual-clock.ts';

/** Far more turns than any step of these tests takes; a hang costs well under a second. */
const TURN_COUNT_MAX = 60_000;
/** Turns after which a clock moves on: a promise that only waits for a timer settles then. */
const TURNS_PER_ADVANCE = 200;
const ADVANCE_MS = 1000;

export class HangError extends Error {}

/** The outcome of `promise`; throws HangError when it does not settle. */
export async function settled<T>(
  what: string,
  promise: Promise<T>,
  clock?: ManualClock,
): Promise<T> {
  let isDone = false;
  const done = (): void => {
    isDone = true;
  };
  promise.then(done, done);
  for (let turn = 1; !isDone; turn++) {
    if (turn > TURN_COUNT_MAX) throw new HangError(`Never settled: ${what}`);
    if (turn % TURNS_PER_ADVANCE === 0) clock?.advance(ADVANCE_MS);
    await laterTurn();
  }
  return promise;
}

/** Lets everything that is ready run. */
export async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await laterTurn();
}

async function laterTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
