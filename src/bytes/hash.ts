/**
 * Hash of a user key.
 *
 * Owns: MurmurHash3_x86_32 (A. Appleby, public domain) with seed 0, computed once per operation and used for the
 * memtable's hash index and for every filter. Persisted through the filters: never change it.
 */

/** A signed 32-bit integer, so that it never becomes a heap number. */
export function hashKey(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start;
  const wordsEnd = end - (length & 3);
  let hash = 0;
  let i = start;
  for (; i < wordsEnd; i += 4) {
    // i + 3 < end
    let word = bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24);
    word = Math.imul(word, 0xcc9e2d51);
    word = (word << 15) | (word >>> 17);
    hash ^= Math.imul(word, 0x1b873593);
    hash = (hash << 13) | (hash >>> 19);
    hash = (Math.imul(hash, 5) + 0xe6546b64) | 0;
  }
  if (i < end) {
    let word = 0;
    for (let tail = end - 1; tail >= i; tail--) word = (word << 8) | bytes[tail]!;
    word = Math.imul(word, 0xcc9e2d51);
    word = (word << 15) | (word >>> 17);
    hash ^= Math.imul(word, 0x1b873593);
  }
  hash ^= length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
