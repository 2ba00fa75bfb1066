/**
 * Timers of this entry.
 *
 * Owns: the functions of the runtime that it waits with, taken once, when this file is loaded. A test runner that replaces
 * them later stops no call.
 *
 * Suspension: `sleep` suspends.
 */
import { performance } from 'node:perf_hooks';
import * as timers from 'node:timers';

export const startTimeout: typeof timers.setTimeout = timers.setTimeout;
export const stopTimeout: typeof timers.clearTimeout = timers.clearTimeout;

/** Milliseconds that never go back. */
export const nowMs: () => number = performance.now.bind(performance);

/** Resolves after so many milliseconds, at once when the signal is aborted. */
export function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timeout = startTimeout(end, ms);
    signal.addEventListener('abort', end, { once: true });
    if (signal.aborted) end();
    function end(): void {
      stopTimeout(timeout);
      signal.removeEventListener('abort', end);
      resolve();
    }
  });
}
