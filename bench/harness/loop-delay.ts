/**
 * Loop delay: the time for which the event loop keeps a task waiting.
 *
 * Owns: the samples, and the percentiles over them. A timer of one millisecond notes how late it comes.
 * node:perf_hooks has a histogram for that (monitorEventLoopDelay), which is not used for two reasons: a loop that
 * never turns leaves it empty, and an empty histogram reads as a delay of zero; and a stop of one second is one
 * sample in it, so that a percentile over samples hides it.
 *
 * Timers go by a clock of whole milliseconds, so an idle loop reads as up to one, and never as less than it took.
 *
 * A main thread that others keep off its core is late too, and no engine is to blame: `coreWaitMs` tells how much that
 * is.
 *
 * Invariants:
 *   D1. `stop` lets the loop turn once more, so that a stop that lasted until the end is counted.
 *   D2. Percentiles are over time, not over samples: a gap of g ms stands for the tasks that would have come at each
 *       millisecond of it, and waited g, g - 1, ... 1 ms. What is reported is the delay of a task that arrives at any
 *       moment, not that of the timer.
 */
import { readFileSync } from 'node:fs';

import { WrongResultError } from '../../src/programs/bench/measuring.ts';

const INTERVAL_MS = 1;

export interface LoopDelayReport {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  readonly turnCount: number;
}

export class LoopDelay {
  readonly #delaysMs: number[] = [];
  readonly #timer: NodeJS.Timeout;
  #lastMs = performance.now();

  constructor() {
    this.#timer = setInterval(() => this.#note(), INTERVAL_MS);
  }

  /** Forgets what was so far. */
  restart(): void {
    this.#delaysMs.length = 0;
    this.#lastMs = performance.now();
  }

  /** Ends the measurement. Throws when the loop was never seen to turn. */
  async stop(): Promise<LoopDelayReport> {
    await new Promise((resolve) => setTimeout(resolve, 2 * INTERVAL_MS)); // D1
    this.#note();
    clearInterval(this.#timer);
    if (this.#delaysMs.length === 0) throw new WrongResultError('The event loop was not measured');
    return delayReport(this.#delaysMs);
  }

  #note(): void {
    const now = performance.now();
    this.#delaysMs.push(Math.max(0, now - this.#lastMs - INTERVAL_MS));
    this.#lastMs = now;
  }
}

/** Time for which the main thread could have run and had no core, so far; undefined where the kernel does not tell. */
export function coreWaitMs(): number | undefined {
  try {
    const [, waitedNs] = readFileSync('/proc/self/schedstat', 'utf8').split(' ');
    return waitedNs === undefined ? undefined : Number(waitedNs) / 1e6;
  } catch {
    return undefined; // no such file on this system
  }
}

/** Percent of `seconds` for which it had no core, of two readings of `coreWaitMs`; undefined when there are none. */
export function corelessPercent(
  beforeMs: number | undefined,
  afterMs: number | undefined,
  seconds: number,
): number | undefined {
  if (beforeMs === undefined || afterMs === undefined) return undefined;
  return (afterMs - beforeMs) / (10 * seconds);
}

/** Percentiles of how late each turn came. */
export function delayReport(delaysMs: readonly number[]): LoopDelayReport {
  const waits: number[] = [];
  for (const delayMs of delaysMs) {
    for (let wait = delayMs; wait > -INTERVAL_MS; wait -= INTERVAL_MS) {
      waits.push(Math.max(0, wait)); // D2
    }
  }
  waits.sort((a, b) => a - b);
  const at = (share: number): number =>
    waits[Math.min(waits.length - 1, Math.floor(share * waits.length))] ?? 0;
  return { p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1), turnCount: delaysMs.length };
}
