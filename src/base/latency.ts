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
/** In the numbers of a histogram, after the buckets. */
const TOTAL = BUCKET_COUNT;
const LONGEST = BUCKET_COUNT + 1;
/** The numbers of one histogram. */
export const LATENCY_LENGTH: number = BUCKET_COUNT + 2;

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
  /** Half of the operations took no longer, in milliseconds: the bound of a bucket, so up to twice the time. 0 for none. */
  readonly p50Ms: number;
  /** The same for 99 in 100. */
  readonly p99Ms: number;
  /** The longest that was measured, in milliseconds; 0 for none. */
  readonly maxMs: number;
  /** The upper bounds of the buckets, in milliseconds, ascending; the last bucket has none. */
  readonly boundsMs: readonly number[];
  /** Operations in each bucket: above the bound before, up to its own. One more than the bounds. */
  readonly counts: readonly number[];
}

export class Latency {
  readonly #period: number;
  readonly #numbers: Float64Array;
  #calls = 0;

  /** `period`: one in so many is measured; a power of two. `numbers`: LATENCY_LENGTH zeros, which others may read. */
  constructor(period = 1, numbers: Float64Array = new Float64Array(LATENCY_LENGTH)) {
    this.#period = period;
    this.#numbers = numbers;
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
    const numbers = this.#numbers; // every index below is within
    numbers[index] = numbers[index]! + this.#period;
    numbers[TOTAL] = numbers[TOTAL]! + elapsedMs * this.#period;
    if (elapsedMs > numbers[LONGEST]!) numbers[LONGEST] = elapsedMs;
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
    return latencyStatsOf(this.#numbers);
  }
}

/** The histogram in these numbers, which another thread may write meanwhile. */
export function latencyStatsOf(numbers: Float64Array): LatencyStats {
  const counts = [...numbers.subarray(0, BUCKET_COUNT)];
  const count = counts.reduce((sum, each) => sum + each, 0);
  const totalMs = numbers[TOTAL]!; // of LATENCY_LENGTH numbers, here and below
  const maxMs = numbers[LONGEST]!;
  const within = (share: number): number => {
    let sum = 0;
    const index = counts.findIndex((each) => (sum += each) >= share * count);
    return count === 0 ? 0 : (BOUNDS_MS[index] ?? maxMs); // of the last bucket the longest is known
  };
  return {
    count,
    totalMs,
    p50Ms: within(0.5),
    p99Ms: within(0.99),
    maxMs,
    boundsMs: BOUNDS_MS,
    counts,
  };
}

/** The numbers of reads, which others may read. */
export interface ReadNumbers {
  readonly get: Float64Array;
  readonly scanStep: Float64Array;
}

/** Those of one database. */
export class Latencies {
  readonly get: Latency;
  readonly commit: Latency = new Latency(SAMPLE_PERIOD / 8);
  readonly scanStep: Latency;
  readonly sync: Latency = new Latency();
  readonly flush: Latency = new Latency();
  readonly compaction: Latency = new Latency();

  constructor(reads?: ReadNumbers) {
    this.get = new Latency(SAMPLE_PERIOD, reads?.get);
    this.scanStep = new Latency(SAMPLE_PERIOD, reads?.scanStep);
  }
}
