/**
 * Time, for waits on servers.
 *
 * Owns: the functions of the runtime that adapters wait with, and how much of a wait is left. They are taken once, when this
 * file is loaded: a test runner that replaces them later stops no call.
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

/** The end of a wait. */
export class Deadline {
  readonly #endMs: number;

  constructor(leftMs: number) {
    this.#endMs = nowMs() + leftMs;
  }

  /** Milliseconds; at least 0. */
  get leftMs(): number {
    return Math.max(0, this.#endMs - nowMs());
  }

  get isOver(): boolean {
    return this.leftMs === 0;
  }
}

const wait = promises.setTimeout;

/** Resolves after so many milliseconds, or when the signal is aborted. */
export async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  await wait(ms, undefined, signal && { signal }).catch(() => undefined);
}
