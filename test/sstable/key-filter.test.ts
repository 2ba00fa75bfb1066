/** The key filter knows every key it was given, and few others. */
import bloomFilters from 'bloom-filters';
import { describe, expect, it } from 'vitest';
import { hashKey } from '../../src/bytes/hash.ts';
import { CorruptionError, IncompatibleFormatError } from '../../src/base/errors.ts';
import {
  decodeFilterBlock,
  encodeFilterBlock,
  filterBlockSize,
} from '../../src/sstable/filter-block.ts';
import { createKeyFilter, type KeyFilter } from '../../src/sstable/key-filter.ts';

const keyOf = (i: number): Buffer => Buffer.from(String(i).padStart(16, '0'));
const hashOf = (key: Uint8Array): number => hashKey(key, 0, key.length);

function filterOf(count: number, bitsPerKey: number): KeyFilter {
  const filter = createKeyFilter(count, bitsPerKey);
  for (let i = 0; i < count; i++) filter.addHash(hashOf(keyOf(i)));
  return filter;
}

function store(filter: KeyFilter): Uint8Array {
  const bytes = new Uint8Array(filterBlockSize(filter) + 1);
  expect(encodeFilterBlock(filter, bytes, 1)).toBe(bytes.length);
  return bytes.subarray(1); // odd, as in a file
}

describe('KeyFilter', () => {
  it('has no false negatives and under 1.5 % false positives at 10 bits per key (key-filter/no-false-negatives)', () => {
    for (const count of [1000, 20_000, 200_000]) {
      const stored = store(filterOf(count, 10));
      expect(stored.length).toBeLessThan((count * 10.2) / 8 + 72);
      const filter = decodeFilterBlock(stored, 'f', 0);
      for (let i = 0; i < count; i++) expect(filter.mayContainHash(hashOf(keyOf(i)))).toBe(true);
      let falsePositives = 0;
      for (let i = count; i < count + 50_000; i++) {
        if (filter.mayContainHash(hashOf(keyOf(i)))) falsePositives++;
      }
      expect(falsePositives / 50_000, `count=${count}`).toBeLessThan(0.015);
      expect(falsePositives / 50_000, `count=${count}`).toBeGreaterThan(0.002);
    }
  });

  it('uses the bits it is given: more of them, fewer false positives', () => {
    const rates = [4, 10, 16].map((bitsPerKey) => {
      const filter = filterOf(20_000, bitsPerKey);
      let falsePositives = 0;
      for (let i = 20_000; i < 70_000; i++) {
        if (filter.mayContainHash(hashOf(keyOf(i)))) falsePositives++;
      }
      return falsePositives / 50_000;
    });
    expect(rates[0]).toBeLessThan(0.25);
    expect(rates[2]).toBeLessThan(0.002);
    expect(rates).toEqual(rates.toSorted((a, b) => b - a));
  });

  it('is sized by the package, in whole lines (key-filter/sized-by-the-package)', () => {
    for (const [count, bitsPerKey] of [
      [1, 10],
      [100, 4],
      [5000, 10],
      [5000, 16],
    ] as const) {
      const rate = Math.exp(-bitsPerKey * Math.LN2 ** 2);
      const sized = bloomFilters.BloomFilter.create(count, rate);
      const filter = createKeyFilter(count, bitsPerKey);
      expect(filter.probeCount).toBe(sized._nbHashes);
      expect(filter.bits.length).toBe(Math.ceil(sized.size / 512) * 64);
      expect(filter.lineCount).toBe(filter.bits.length / 64);
    }
  });

  it('of no keys contains nothing', () => {
    const filter = createKeyFilter(0, 10);
    expect(filter.mayContainHash(hashOf(keyOf(1)))).toBe(false);
  });
});

describe('the filter block', () => {
  it('of another length or shape is corruption, of another layout incompatible', () => {
    const stored = store(filterOf(200, 10));
    for (let length = 0; length < stored.length; length++) {
      expect(() => decodeFilterBlock(stored.subarray(0, length), 'f', 0)).toThrow(CorruptionError);
    }
    const changed = (index: number, value: number): Uint8Array => {
      const copy = stored.slice();
      copy[index] = value;
      return copy;
    };
    for (const [index, value] of [
      [1, 0],
      [1, 33],
      [2, 1],
      [3, 1],
      [4, 99],
      [7, 1],
    ] as const) {
      expect(() => decodeFilterBlock(changed(index, value), 'f', 0)).toThrow(CorruptionError);
    }
    expect(() => decodeFilterBlock(changed(0, 2), 'f', 0)).toThrow(IncompatibleFormatError);
  });
});
