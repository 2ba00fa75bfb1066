/**
 * Time, for waits on the cluster.
 *
 * Owns: the functions of the runtime that this entry waits with, taken once, when this file is loaded. A test runner that
 * replaces them later stops no call.
 *
 * Suspension: `sleep` suspends.
 */
import { performance } from 'node:perf_hooks';
import * as timers from 'node:timers';
import * as promises from 'node:timers/promises';

export const startTimeout: typeof timers.setTimeout = timers.setTimeout;
export const stopTimeout: typeof timers.clearTimeout = timers.clearTimeout;

/** Milliseconds that never go back. */
export const nowMs: () => number = performance.now.bind(performance);

const wait = promises.setTimeout;

/** Resolves after so many milliseconds, or when the signal is aborted. */
export async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  await wait(ms, undefined, { signal }).catch(() => undefined);
}
