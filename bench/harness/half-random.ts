/**
 * Values that compress to a half: half random bytes, half zero, as in the comparison.
 *
 * Suspension: synchronous.
 */

/** The value number `i`, of that many bytes. */
export function halfRandom(i: number, sizeBytes: number): Uint8Array {
  const value = new Uint8Array(sizeBytes);
  let state = i + 1;
  for (let at = 0; at < sizeBytes / 2; at++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    value[at] = state >>> 16;
  }
  return value;
}
