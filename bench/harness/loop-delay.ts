/**
 * How long the event loop keeps a task waiting.
 *
 * Owns: the samples. A timer of one millisecond notes how late it comes. node:perf_hooks has a histogram for that, which
 * was not trusted here for two reasons: a loop that never turns leaves it empty, and an empty histogram reads as a delay
 * of zero; and a stop of one second is one sample in it, so that a percentile over samples hides it.
 *
 * Invariants:
 *   D1. `stop` lets the loop turn once more, so that a stop that lasted until the end is counted.
 *   D2. Percentiles are over time, not over samples: a gap of g ms stands for the tasks that would have come at each
 *       millisecond of it, and waited g, g - 1, ... 1 ms.
 */
import { WrongResultError } from '../../src/cli/bench/workloads.ts';

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

  /** Ends the measurement. Throws when the loop was never seen to turn. */
  async stop(): Promise<LoopDelayReport> {
    await new Promise((resolve) => setTimeout(resolve, 2 * INTERVAL_MS)); // D1
    this.#note();
    clearInterval(this.#timer);
    const turnCount = this.#delaysMs.length;
    if (turnCount === 0) throw new WrongResultError('The event loop was not measured');
    const waits: number[] = [];
    for (const delayMs of this.#delaysMs) {
      for (let wait = delayMs; wait > -INTERVAL_MS; wait -= INTERVAL_MS) {
        waits.push(Math.max(0, wait)); // D2
      }
    }
    waits.sort((a, b) => a - b);
    const at = (share: number): number =>
      waits[Math.min(waits.length - 1, Math.floor(share * waits.length))] ?? 0;
    return { p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1), turnCount };
  }

  #note(): void {
    const now = performance.now();
    this.#delaysMs.push(Math.max(0, now - this.#lastMs - INTERVAL_MS));
    this.#lastMs = now;
  }
}
