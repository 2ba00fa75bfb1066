/**
 * Random tuples, of elements at the edges of what a tuple holds.
 *
 * Owns: the numbers, bigints and texts that tests of tuples try.
 *
 * Suspension: every function here is synchronous.
 */
import type { TupleElement } from '../../src/bytes/tuple.ts';
import type { Random } from './prng.ts';

export const NUMBERS: readonly number[] = [
  0,
  1,
  -1,
  0.5,
  -0.5,
  1.5,
  -1.5,
  255,
  256,
  -255,
  -256,
  257,
  65_535,
  65_536,
  1e-300,
  -1e-300,
  5e-324,
  -5e-324,
  2 ** 53 - 1,
  2 ** 53,
  2 ** 53 + 2,
  -(2 ** 53),
  2 ** 64,
  -(2 ** 64),
  1e21,
  -1e21,
  1e308,
  -1e308,
  Number.MAX_VALUE,
  -Number.MAX_VALUE,
  Infinity,
  -Infinity,
  0.1,
  1 / 3,
  4503599627370495.5,
];
export const BIGINTS: readonly bigint[] = [
  0n,
  1n,
  -1n,
  255n,
  256n,
  -256n,
  2n ** 53n,
  2n ** 53n + 1n,
  -(2n ** 53n) - 1n,
  2n ** 64n - 1n,
  2n ** 64n,
  -(2n ** 64n),
  2n ** 1023n,
  2n ** 1024n,
  2n ** 2039n,
  -(2n ** 2039n),
];
const TEXTS: readonly string[] = [
  '',
  'a',
  'ab',
  'b',
  '\0',
  '\0\0',
  '\0a',
  'a\0',
  '\u0001',
  '\u007f',
  '\u0080',
  '\uffff',
  '\u{10000}',
  'e\u0301',
];

export function randomElement(random: Random, depth: number): TupleElement {
  switch (random.below(depth < 3 ? 9 : 8)) {
    case 0:
      return null;
    case 1:
      return random.chance(0.5);
    case 2:
      return random.pick(NUMBERS);
    case 3:
      return (random.below(2000) - 1000) / random.pick([1, 1, 2, 3, 1000]);
    case 4:
      return random.chance(0.5) ? random.pick(BIGINTS) : BigInt(random.below(600) - 300);
    case 5:
      return random.pick(TEXTS) + (random.chance(0.3) ? random.pick(TEXTS) : '');
    case 6:
      return Uint8Array.from({ length: random.below(5) }, () => random.pick([0, 0, 1, 0xfe, 0xff]));
    case 7:
      return new Date(random.pick([0, 1, -1, 8.64e15, -8.64e15, 1_700_000_000_000]) + 0);
    default:
      return randomTuple(random, depth + 1);
  }
}

export function randomTuple(random: Random, depth = 0): TupleElement[] {
  return Array.from({ length: random.below(4) }, () => randomElement(random, depth));
}
