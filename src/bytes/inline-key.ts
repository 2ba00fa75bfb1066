/**
 * A few bytes of a key as an integer.
 *
 * Owns: the form in which sorted arrays hold parts of keys. Persisted in blocks: never change it.
 *
 * The integer is big-endian, with its sign bit flipped. So integers compare as the bytes do, and never leave the
 * range of a small integer.
 */

export const INLINE_KEY_SIZE_BYTES = 4;

/** The first four bytes of `bytes[start, end)`, zero padded, as an int32 that orders as they do. Past the end: none. */
export function inlineKey(bytes: Uint8Array, start: number, end: number): number {
  if (end - start >= INLINE_KEY_SIZE_BYTES) {
    // start + 3 < end
    const word =
      (bytes[start]! << 24) |
      (bytes[start + 1]! << 16) |
      (bytes[start + 2]! << 8) |
      bytes[start + 3]!;
    return word ^ 0x80000000;
  }
  let word = 0;
  for (let i = start, shift = 24; i < end; i++, shift -= 8) word |= bytes[i]! << shift; // i < end
  return word ^ 0x80000000;
}
