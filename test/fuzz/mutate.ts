/**
 * Damage to bytes, from a seed.
 *
 * Owns: what may happen to a valid input: flipped bits, wrong numbers, lost, repeated and foreign stretches, cut ends;
 * and now and then bytes that were never valid.
 *
 * Suspension: everything here is synchronous. Inputs are not changed.
 */
import { putUint32, putUint64 } from '../../src/bytes/coding.ts';
import type { Random } from '../support/prng.ts';

/** Values at which codes and checks turn over. */
const EDGE_BYTES = [0, 1, 2, 0x7f, 0x80, 0x81, 0xfe, 0xff];
const EDGE_NUMBERS = [
  0,
  1,
  0x7f,
  0x80,
  0xff,
  0x100,
  0xffff,
  0x10000,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32 - 1,
];
const EDGE_BIG_NUMBERS = [2 ** 32, 2 ** 53 - 1, 2 ** 53, 2 ** 63];

const RANDOM_SIZE_MAX = 300;

export function mutated(random: Random, inputs: readonly Uint8Array[]): Uint8Array {
  if (random.chance(0.05)) return random.bytes(random.below(RANDOM_SIZE_MAX));
  let bytes: Uint8Array = random.pick(inputs).slice();
  for (let count = 1 + random.below(4); count > 0; count--) {
    bytes = random.chance(0.7) ? changed(random, bytes) : spliced(random, bytes, inputs);
  }
  return bytes;
}

/** The same length. Returns `bytes`, which it changes. */
export function changed(random: Random, bytes: Uint8Array): Uint8Array {
  if (bytes.length === 0) return bytes;
  const at = placeIn(random, bytes.length);
  switch (random.below(5)) {
    case 0:
      bytes[at]! ^= 1 << random.below(8); // at < length
      break;
    case 1:
      bytes[at] = random.pick(EDGE_BYTES);
      break;
    case 2:
      bytes.set(random.bytes(Math.min(1 + random.below(8), bytes.length - at)), at);
      break;
    case 3:
      if (at + 4 <= bytes.length) putUint32(bytes, at, random.pick(EDGE_NUMBERS));
      break;
    default:
      if (at + 8 <= bytes.length) {
        putUint64(bytes, at, random.pick([...EDGE_NUMBERS, ...EDGE_BIG_NUMBERS]));
      }
  }
  return bytes;
}

function spliced(random: Random, bytes: Uint8Array, inputs: readonly Uint8Array[]): Uint8Array {
  const at = placeIn(random, bytes.length + 1);
  const end = Math.min(bytes.length, at + 1 + random.below(16));
  switch (random.below(5)) {
    case 0:
      return bytes.slice(0, at);
    case 1:
      return joined(bytes.subarray(0, at), bytes.subarray(end));
    case 2:
      return joined(bytes.subarray(0, end), bytes.subarray(at));
    case 3:
      return joined(bytes.subarray(0, at), random.bytes(1 + random.below(8)), bytes.subarray(at));
    default: {
      const other = random.pick(inputs);
      return joined(bytes.subarray(0, at), other.subarray(random.below(other.length + 1)));
    }
  }
}

/** Heads and tails hold the lengths and counts: half of all places lie in the first or last bytes. */
function placeIn(random: Random, length: number): number {
  const edge = Math.min(length, 24);
  if (random.chance(0.35)) return random.below(edge);
  if (random.chance(0.2)) return length - 1 - random.below(edge);
  return random.below(length);
}

export function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}
