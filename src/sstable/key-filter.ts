/**
 * The bloom filter over the keys of one table.
 *
 * Owns: the one filter class of the engine. A new filter is sized by the formulas of the bloom-filters package, its
 * bits are those of its `BitSet`. The probing is the engine's own: the package hashes each key anew with a JavaScript
 * XXH64, at 5 to 9 microseconds a key. These probes take the 32-bit hash that the engine has anyway, at 10 to 20 ns.
 *
 * Probing (persisted; normative text in docs/formats/table.md):
 *
 *      line  = floor(hash * lineCount / 2^32)              hash as uint32; a line is 512 bits, one cache line
 *      state = hash * 0x9e3779b1 mod 2^32
 *      probeCount times: the bit (state >> 23) of the line; state = state * 0x9e3779b9 mod 2^32
 *      bit b of a line is bit b % 8 of its byte b / 8
 *
 * Invariants:
 *   key-filter/no-false-negatives: `mayContainHash` is true for every hash that was added. It probes the bits that
 *       `addHash` set, and sets none.
 *   key-filter/sized-by-the-package: a new filter has at least the bits that the package's sizing asks for, and as
 *       many probes.
 *
 * Two modules of the package are used, and bundled. Its `BloomFilter` class is not: it brings a polyfill along that
 * adds functions to the global Reflect, which belongs to the application.
 *
 * Suspension: every function here is synchronous.
 */
import bitSet from 'bloom-filters/dist/bloom/bit-set.js';
import { optimalFilterSize, optimalHashes } from 'bloom-filters/dist/formulas.js';

export const FILTER_LINE_SIZE_BYTES = 64;
const FILTER_LINE_SIZE_BITS = 512;
const LINE_MULTIPLIER = 0x9e3779b1;
const PROBE_MULTIPLIER = 0x9e3779b9;

/** Bits with a way to probe them. */
export class KeyFilter {
  readonly lineCount: number;
  readonly probeCount: number;
  readonly bits: Uint8Array;

  /** Keeps `bits`. Their length is a positive multiple of FILTER_LINE_SIZE_BYTES. */
  constructor(bits: Uint8Array, probeCount: number) {
    this.lineCount = bits.length / FILTER_LINE_SIZE_BYTES;
    this.probeCount = probeCount;
    this.bits = bits;
  }

  addHash(hash: number): void {
    const bits = this.bits;
    const lineStart = Math.floor((hash >>> 0) * this.lineCount * 2 ** -32) * 64;
    let state = Math.imul(hash, LINE_MULTIPLIER);
    for (let i = this.probeCount; i > 0; i--) {
      const bit = state >>> 23;
      bits[lineStart + (bit >>> 3)]! |= 1 << (bit & 7); // line < lineCount, bit < 512
      state = Math.imul(state, PROBE_MULTIPLIER);
    }
  }

  mayContainHash(hash: number): boolean {
    const bits = this.bits;
    const lineStart = Math.floor((hash >>> 0) * this.lineCount * 2 ** -32) * 64;
    let state = Math.imul(hash, LINE_MULTIPLIER);
    for (let i = this.probeCount; i > 0; i--) {
      const bit = state >>> 23;
      if ((bits[lineStart + (bit >>> 3)]! & (1 << (bit & 7))) === 0) return false; // as in addHash
      state = Math.imul(state, PROBE_MULTIPLIER);
    }
    return true;
  }
}

/** An empty filter for `keyCount` keys, in whole lines. */
export function createKeyFilter(keyCount: number, bitsPerKey: number): KeyFilter {
  // The rate that the package's sizing answers with this many bits per key.
  const falsePositiveRate = Math.exp(-bitsPerKey * Math.LN2 * Math.LN2);
  const count = Math.max(1, keyCount);
  const size = optimalFilterSize(count, falsePositiveRate);
  const lineCount = Math.max(1, Math.ceil(size / FILTER_LINE_SIZE_BITS));
  const bits = new bitSet.default(lineCount * FILTER_LINE_SIZE_BITS);
  return new KeyFilter(bits.array, optimalHashes(size, count));
}
