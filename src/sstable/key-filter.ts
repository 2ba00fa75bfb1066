/**
 * The bloom filter over the keys of one table.
 *
 * Owns: the one filter class of the engine. It is a `BloomFilter` of the bloom-filters package: sized by its `create`,
 * its bits in its `BitSet`. Only the probing is our own: the package hashes each key anew with a JavaScript XXH64, at
 * 5 to 9 microseconds a key, where these probes take the 32-bit hash that the engine has anyway, at 10 to 20 ns.
 *
 * Probing (persisted; normative text in docs/formats/table.md):
 *
 *      line  = floor(hash * lineCount / 2^32)              hash as uint32; a line is 512 bits, one cache line
 *      state = hash * 0x9e3779b1 mod 2^32
 *      probeCount times: the bit (state >> 23) of the line; state = state * 0x9e3779b9 mod 2^32
 *      bit b of a line is bit b % 8 of its byte b / 8
 *
 * Invariants:
 *   Q1. No false negatives: `mayContainHash` sets nothing and probes what `addHash` set.
 *   Q2. Keys given as bytes or text hash like everything else, so the package's own `add` and `has` stay true.
 *
 * The package is loaded at the first filter, not with the engine, and only the part with this filter: it patches the
 * global Reflect.
 *
 * Suspension: every function here is synchronous.
 */
import { createRequire } from 'node:module';
import type BloomFilters from 'bloom-filters';
import { hashKey } from '../base/hash.ts';

export const FILTER_LINE_SIZE_BYTES = 64;
const FILTER_LINE_SIZE_BITS = 512;
const LINE_MULTIPLIER = 0x9e3779b1;
const PROBE_MULTIPLIER = 0x9e3779b9;

/** What the package hashes: text, or bytes in one of two wrappings. */
type Hashable = Parameters<BloomFilters.BloomFilter['add']>[0];

export interface KeyFilter extends BloomFilters.BloomFilter {
  readonly lineCount: number;
  readonly probeCount: number;
  readonly bits: Uint8Array;
  addHash(hash: number): void;
  mayContainHash(hash: number): boolean;
}

interface KeyFilterFactory {
  create(keyCount: number, falsePositiveRate: number): KeyFilter;
  fromBits(bits: Uint8Array, probeCount: number): KeyFilter;
}

let factory: KeyFilterFactory | undefined;

/** An empty filter for `keyCount` keys. */
export function createKeyFilter(keyCount: number, bitsPerKey: number): KeyFilter {
  factory ??= loadFactory();
  // The rate that the package's sizing answers with this many bits per key.
  const falsePositiveRate = Math.exp(-bitsPerKey * Math.LN2 * Math.LN2);
  return factory.create(Math.max(1, keyCount), falsePositiveRate);
}

/** A filter over stored bits, which it keeps. Their length is a positive multiple of FILTER_LINE_SIZE_BYTES. */
export function keyFilterFromBits(bits: Uint8Array, probeCount: number): KeyFilter {
  factory ??= loadFactory();
  return factory.fromBits(bits, probeCount);
}

function loadFactory(): KeyFilterFactory {
  const { BitSet, BloomFilter } = loadPackage();

  class EngineKeyFilter extends BloomFilter implements KeyFilter {
    lineCount: number;
    probeCount: number;
    bits: Uint8Array;

    constructor(size: number, probeCount: number) {
      const lineCount = Math.max(1, Math.ceil(size / FILTER_LINE_SIZE_BITS));
      super(lineCount * FILTER_LINE_SIZE_BITS, probeCount);
      this.lineCount = lineCount;
      this.probeCount = probeCount;
      this.bits = this._filter.array;
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

    override add(element: Hashable): void {
      this.addHash(hashOf(element)); // Q2
    }

    override has(element: Hashable): boolean {
      return this.mayContainHash(hashOf(element)); // Q2
    }
  }

  /** Skips the constructor, which seeds a random generator for 40 to 115 microseconds a filter. */
  function fromBits(bits: Uint8Array, probeCount: number): KeyFilter {
    const filter: EngineKeyFilter = Object.create(EngineKeyFilter.prototype) as EngineKeyFilter;
    const bitSet = Object.create(BitSet.prototype) as BloomFilters.BitSet;
    Object.assign(bitSet, { size: bits.length * 8, array: bits });
    filter._size = bits.length * 8;
    filter._nbHashes = probeCount;
    filter._filter = bitSet;
    filter.lineCount = bits.length / FILTER_LINE_SIZE_BYTES;
    filter.probeCount = probeCount;
    filter.bits = bits;
    return filter;
  }

  return {
    // `create` makes an instance of the class it is called on, which its declaration does not say.
    create: (keyCount, rate) => EngineKeyFilter.create(keyCount, rate) as EngineKeyFilter,
    fromBits,
  };
}

/** Two of the package's modules: all of it is seven times as many files, at 50 milliseconds instead of 10. */
function loadPackage(): Pick<typeof BloomFilters, 'BitSet' | 'BloomFilter'> {
  const load = createRequire(import.meta.url);
  const { default: BloomFilter } = load('bloom-filters/dist/bloom/bloom-filter.js') as {
    default: typeof BloomFilters.BloomFilter;
  };
  const { default: BitSet } = load('bloom-filters/dist/bloom/bit-set.js') as {
    default: typeof BloomFilters.BitSet;
  };
  return { BitSet, BloomFilter };
}

function hashOf(element: Hashable): number {
  const bytes =
    typeof element === 'string'
      ? Buffer.from(element)
      : element instanceof ArrayBuffer
        ? new Uint8Array(element)
        : element;
  return hashKey(bytes, 0, bytes.length);
}
