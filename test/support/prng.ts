/**
 * Seeded pseudo-random numbers for tests.
 *
 * Owns: the one generator every test draws from, so that a printed seed replays the failure.
 *
 * Invariants:
 *   P1. Equal seeds give equal sequences on every platform and Node version: 32-bit integer
 *       arithmetic only.
 *
 * Suspension: every function here is synchronous.
 */

export interface Random {
  /** The next uint32. */
  next(): number;
  /** Uniform in `[0, n)`; `n` from 1 to 2^32. */
  below(n: number): number;
  /** True with probability `p`. */
  chance(p: number): boolean;
  bytes(n: number): Uint8Array;
  /** One of `items`, which must not be empty. */
  pick<T>(items: readonly T[]): T;
}

const UINT32_RANGE = 0x1_0000_0000;

/**
 * SplitMix32: one add and two multiplies a number, and every seed, zero included, is a good one.
 */
export function makeRandom(seed: number): Random {
  let state = seed | 0;

  function next(): number {
    state = (state + 0x9e3779b9) | 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    return (mixed ^ (mixed >>> 15)) >>> 0;
  }

  function below(n: number): number {
    // The bias of one multiplication is under n / 2^32, which no test here can see.
    return Math.floor((next() / UINT32_RANGE) * n);
  }

  function bytes(n: number): Uint8Array {
    const result = new Uint8Array(n);
    for (let i = 0; i < n; i++) result[i] = next() & 0xff;
    return result;
  }

  function pick<T>(items: readonly T[]): T {
    if (items.length === 0) throw new RangeError('Nothing to pick from');
    return items[below(items.length)]!; // below() is under the length
  }

  return { next, below, chance: (p) => next() < p * UINT32_RANGE, bytes, pick };
}
