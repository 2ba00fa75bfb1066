/**
 * The only source of randomness.
 *
 * Owns: a small seeded generator (Mulberry32 by T. Ettinger: a Weyl sequence with a mixing function). It serves the
 * bank and the benchmark. The engine itself makes no random choice.
 */

export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0;
  }

  /** An integer in [-2^31, 2^31). */
  nextInt32(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let z = this.#state;
    z = Math.imul(z ^ (z >>> 15), z | 1);
    z ^= z + Math.imul(z ^ (z >>> 7), z | 61);
    return z ^ (z >>> 14);
  }

  /** A number in [0, 1). */
  nextFraction(): number {
    return (this.nextInt32() >>> 0) / 2 ** 32;
  }
}

/** A random seed. */
export function entropySeed(): number {
  return Math.floor(Math.random() * 2 ** 32) | 0;
}
