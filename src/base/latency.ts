/**
 * Latencies: how long operations took, as histograms.
 *
 * Owns: the bounds of the buckets, and which calls are measured. Reading a clock twice costs a tenth of a short read. So of
 * short operations one in 128 is measured, and counts for 128. Long ones are measured each time.
 *
 * Invariants:
 *   latency/counts-for-all: the count of a histogram is that of the operations, to within one sample.
 *
 * Suspension: everything here is synchronous.
 */
import { monotonicMs } from './scheduling.ts';

/** Of so many short operations one is measured. A power of two. */
export const SAMPLE_PERIOD = 128;

/** Bucket i takes what took up to 2^i microseconds; the last one everything. 2^25 is half a minute. */
const BUCKET_COUNT = 26;

/** The upper bounds of the buckets but the last, in milliseconds. */
const BOUNDS_MS: readonly number[] = Object.freeze(
  Array.from({ length: BUCKET_COUNT - 1 }, (_, index) => 2 ** index / 1000),
);

/** A histogram of times. */
export interface LatencyStats {
  /** Operations, about: of short ones one in 128 is measured, and counts for 128. */
  readonly count: number;
  /** The sum of their times, in milliseconds. */
  readonly totalMs: number;
  /** The upper bounds of the buckets, in milliseconds, ascending; the last bucket has none. */
  readonly boundsMs: readonly number[];
  /** Operations in each bucket: above the bound before, up to its own. One more than the bounds. */
  readonly counts: readonly number[];
}

export class Latency {
  readonly #period: number;
  readonly #counts = new Float64Array(BUCKET_COUNT);
  #totalMs = 0;
  #calls = 0;

  /** `period`: one in so many is measured; a power of two. */
  constructor(period = 1) {
    this.#period = period;
  }

  /** True for a call that is to be measured. */
  takes(): boolean {
    this.#calls = (this.#calls + 1) & (this.#period - 1);
    return this.#calls === 0;
  }

  /** A measured operation (latency/counts-for-all). */
  note(elapsedMs: number): void {
    const microseconds = Math.ceil(elapsedMs * 1000);
    const bits = microseconds <= 1 ? 0 : 32 - Math.clz32(Math.min(microseconds - 1, 0x7fffffff));
    const index = Math.min(bits, BUCKET_COUNT - 1);
    this.#counts[index] = this.#counts[index]! + this.#period; // index is within
    this.#totalMs += elapsedMs * this.#period;
  }

  /** Runs `operation`, which is measured unless it throws. */
  time<T>(operation: () => T): T {
    const startMs = monotonicMs();
    const result = operation();
    this.note(monotonicMs() - startMs);
    return result;
  }

  /** The same of one that ends later. What `operation` throws is thrown at once. */
  timeLater<T>(operation: () => Promise<T>): Promise<T> {
    const startMs = monotonicMs();
    return operation().then((result) => {
      this.note(monotonicMs() - startMs);
      return result;
    });
  }

  get stats(): LatencyStats {
    const counts = [...this.#counts];
    const count = counts.reduce((sum, each) => sum + each, 0);
    return { count, totalMs: this.#totalMs, boundsMs: BOUNDS_MS, counts };
  }
}

/** Those of one database. */
export class Latencies {
  readonly get: Latency = new Latency(SAMPLE_PERIOD);
  readonly commit: Latency = new Latency(SAMPLE_PERIOD / 8);
  readonly scanStep: Latency = new Latency(SAMPLE_PERIOD);
  readonly sync: Latency = new Latency();
  readonly flush: Latency = new Latency();
  readonly compaction: Latency = new Latency();
}
