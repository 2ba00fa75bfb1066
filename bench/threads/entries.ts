/**
 * The entries that the threads read: keys of 16 digits, values of 100 bytes. Both follow from the number of the entry.
 *
 * Owns: keys, values, random choices, and the sum by which a thread shows that it found the right values in the right
 * order: of each value it takes the four bytes at its start, which no two of the entries share.
 *
 * Suspension: everything here is synchronous.
 */
import { Random } from '../../src/base/random.ts';

export const KEY_SIZE_BYTES = 16;
export const VALUE_SIZE_BYTES = 100;
const DIGIT_ZERO = 0x30;

/** All keys one behind another, ascending, in memory that threads share. */
export function makeKeys(entryCount: number): Uint8Array {
  const keys = new Uint8Array(new SharedArrayBuffer(entryCount * KEY_SIZE_BYTES));
  for (let i = 0; i < entryCount; i++) {
    let rest = 2 * i;
    for (let at = (i + 1) * KEY_SIZE_BYTES - 1; at >= i * KEY_SIZE_BYTES; at--) {
      keys[at] = DIGIT_ZERO + (rest % 10);
      rest = Math.floor(rest / 10);
    }
  }
  return keys;
}

/** Odd factors and shifts can be undone: no two numbers have the same mark. */
export function markOf(index: number): number {
  const mixed = Math.imul(index ^ (index >>> 16), 0x85ebca6b);
  return Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
}

export function writeValue(target: Uint8Array, index: number): void {
  let state = markOf(index);
  for (let at = 0; at < VALUE_SIZE_BYTES; at += 4) {
    target[at] = state;
    target[at + 1] = state >>> 8;
    target[at + 2] = state >>> 16;
    target[at + 3] = state >>> 24;
    state = at < VALUE_SIZE_BYTES / 2 ? markOf(state + at) : 0; // half random, half zero
  }
}

export function markAt(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24); // a value has 100
}

/** `sum` with one more mark; another order of the same marks gives another sum. */
export function summed(sum: number, mark: number): number {
  return (Math.imul(sum, 31) + mark) | 0;
}

/** `count` entries at random, of those in `among`. */
export function drawEntries(count: number, among: Uint32Array, seed: number): Uint32Array {
  const random = new Random(seed);
  const draw = (): number => among[Math.floor(random.nextFraction() * among.length)]!; // below length
  return Uint32Array.from({ length: count }, draw);
}
