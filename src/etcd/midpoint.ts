/**
 * A key between two keys.
 *
 * Owns: halving a range of keys, taken as fractions to the base 256.
 *
 * Suspension: everything here is synchronous.
 */

/** Digits that are looked at behind the shared start. */
const DIGIT_COUNT = 6;

/** A key above `low` and below `high`, about in the middle; undefined when none is found near. */
export function midpoint(low: Buffer, high: Buffer): Buffer | undefined {
  let shared = 0;
  while (shared < low.length && shared < high.length && low[shared] === high[shared]) shared++;
  for (let digits = DIGIT_COUNT; digits <= 3 * DIGIT_COUNT; digits += DIGIT_COUNT) {
    const [a, b] = [numberAt(low, shared, digits), numberAt(high, shared, digits)];
    const middle = (a + b) / 2n;
    if (middle > a && middle < b) {
      return Buffer.concat([low.subarray(0, shared), digitsOf(middle, digits)]);
    }
  }
  return undefined;
}

function numberAt(key: Buffer, start: number, digits: number): bigint {
  let value = 0n;
  for (let i = 0; i < digits; i++) value = value * 256n + BigInt(key[start + i] ?? 0);
  return value;
}

/** Without zeros at the end. */
function digitsOf(value: bigint, digits: number): Buffer {
  const bytes = Buffer.alloc(digits);
  let rest = value;
  for (let i = digits - 1; i >= 0; i--) {
    bytes[i] = Number(rest % 256n);
    rest /= 256n;
  }
  let end = digits;
  while (end > 1 && bytes[end - 1] === 0) end--;
  return bytes.subarray(0, end);
}
