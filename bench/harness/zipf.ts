/**
 * Skewed choice, as YCSB makes it: rank r comes with probability proportional to 1 / r^0.99.
 *
 * After Gray et al., "Quickly Generating Billion-Record Synthetic Databases" (SIGMOD 1994). Half of all draws fall on
 * less than a hundredth of a million items. Ranks are to be scattered over the keys by the caller.
 */
import { Random } from '../../src/base/random.ts';

const THETA = 0.99;

export class Zipf {
  readonly #count: number;
  readonly #random: Random;
  readonly #zeta: number;
  readonly #eta: number;

  constructor(count: number, seed: number) {
    this.#count = count;
    this.#random = new Random(seed);
    this.#zeta = zetaOf(count);
    this.#eta = (1 - (2 / count) ** (1 - THETA)) / (1 - zetaOf(2) / this.#zeta);
  }

  /** From 0, the most frequent, to below the count. */
  next(): number {
    const u = this.#random.nextFraction();
    const scaled = u * this.#zeta;
    if (scaled < 1) return 0;
    if (scaled < 1 + 0.5 ** THETA) return Math.min(1, this.#count - 1);
    const rank = Math.floor(this.#count * (this.#eta * u - this.#eta + 1) ** (1 / (1 - THETA)));
    return Math.min(rank, this.#count - 1);
  }
}

function zetaOf(count: number): number {
  let sum = 0;
  for (let i = 1; i <= count; i++) sum += 1 / i ** THETA;
  return sum;
}
