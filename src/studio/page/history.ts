/**
 * The statistics of the last minutes.
 *
 * Owns: what is derived from two ticks: rates, and quantiles of the operations between them.
 *
 * Suspension: everything here is synchronous.
 */
import type { Histogram, Stats, Tick } from './api.ts';
import { SAMPLE_COUNT, type Sample } from './chart.ts';

/** Latencies are of the operations of so many ticks: one second has too few of them. */
const LATENCY_TICK_COUNT = 10;

export type Derive = (step: Step) => (number | undefined)[];

/** A tick, with those before it. */
export interface Step {
  readonly now: Stats;
  readonly before: Stats;
  readonly seconds: number;
  /** The tick with which latencies begin. */
  readonly earlier: Stats;
}

export class TickHistory {
  #ticks: Tick[] = [];

  get last(): Tick | undefined {
    return this.#ticks.at(-1);
  }

  add(tick: Tick): void {
    this.#ticks.push(tick);
    if (this.#ticks.length > SAMPLE_COUNT + LATENCY_TICK_COUNT) this.#ticks.shift();
  }

  samples(derive: Derive): Sample[] {
    return this.#ticks
      .slice(1)
      .map((tick, index) => {
        const before = this.#ticks[index]!; // one before `tick`
        const earlier = this.#ticks[Math.max(0, index + 1 - LATENCY_TICK_COUNT)]!; // within
        const seconds = Math.max(0.001, (tick.now - before.now) / 1000);
        const step = { now: tick.stats, before: before.stats, seconds, earlier: earlier.stats };
        return { atMs: tick.now, values: derive(step) };
      })
      .slice(-SAMPLE_COUNT);
  }
}

/** Below what so large a share of the operations between two histograms stayed; undefined when there were none. */
export function quantile(share: number, now: Histogram, before: Histogram): number | undefined {
  const counts = now.counts.map((each, index) => each - (before.counts[index] ?? 0));
  const total = counts.reduce((sum, each) => sum + each, 0);
  if (total <= 0) return undefined;
  let rest = share * total;
  for (const [index, each] of counts.entries()) {
    const upper = now.boundsMs[index] ?? now.boundsMs.at(-1) ?? 0;
    const lower = index === 0 ? 0 : (now.boundsMs[index - 1] ?? 0);
    if (each > 0 && rest <= each) return lower + (rest / each) * (upper - lower);
    rest -= each;
  }
  return now.boundsMs.at(-1);
}
