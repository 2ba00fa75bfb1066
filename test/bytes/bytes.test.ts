/** Byte strings against Buffer, which is the specification of their order. */
import { describe, expect, it } from 'vitest';
import {
  compareBytes,
  compareRanges,
  copyInto,
  copyRange,
  describeKey,
  equalBytes,
  equalRanges,
  keySuccessor,
  prefixSuccessor,
  sharedPrefixLength,
  shortestSeparator,
  viewOf,
} from '../../src/bytes/bytes.ts';
import { makeRandom, type Random } from '../support/prng.ts';

/** Strings that share prefixes, around the lengths at which the code takes another path. */
function someBytes(random: Random): Uint8Array {
  const length = random.pick([0, 1, 2, 3, 31, 32, 33, 47, 48, 49, 60, 200]);
  const bytes = new Uint8Array(length).fill(random.pick([0, 0x61, 0xff]));
  if (length > 0 && random.chance(0.8))
    bytes[length - 1 - random.below(Math.min(3, length))] = random.below(256);
  return bytes;
}

describe('bytes', () => {
  it('are ordered as unsigned bytes, a prefix before its extensions', () => {
    const random = makeRandom(1);
    for (let i = 0; i < 20_000; i++) {
      const [a, b] = [someBytes(random), someBytes(random)];
      const expected = Buffer.compare(a, b);
      expect(Math.sign(compareBytes(a, b))).toBe(expected);
      expect(equalBytes(a, b)).toBe(expected === 0);
      const [inA, inB] = [Uint8Array.of(9, ...a, 7), Uint8Array.of(1, 2, ...b, 3)];
      expect(Math.sign(compareRanges(inA, 1, 1 + a.length, inB, 2, 2 + b.length))).toBe(expected);
      const length = Math.min(a.length, b.length);
      expect(equalRanges(inA, 1, inB, 2, length)).toBe(
        Buffer.compare(a.subarray(0, length), b.subarray(0, length)) === 0,
      );
      const shared = sharedPrefixLength(a, b);
      expect(a.subarray(0, shared)).toEqual(b.subarray(0, shared));
      if (shared < length) expect(a[shared]).not.toBe(b[shared]);
    }
  });

  it('are copied whole, from and to any place', () => {
    const random = makeRandom(2);
    for (const length of [0, 1, 31, 32, 33, 100, 5000]) {
      const source = random.bytes(length + 8);
      const copy = copyRange(source, 3, 3 + length);
      expect(copy).toEqual(source.slice(3, 3 + length));
      expect(copy.buffer).not.toBe(source.buffer);
      const target = new Uint8Array(length + 4).fill(0xee);
      copyInto(target, 2, source, 3, 3 + length);
      expect([...target]).toEqual([0xee, 0xee, ...copy, 0xee, 0xee]);
    }
  });

  it('have successors: nothing lies between a key and keySuccessor, nor outside a prefix', () => {
    const random = makeRandom(3);
    for (let i = 0; i < 5000; i++) {
      const key = someBytes(random);
      expect(keySuccessor(key)).toEqual(Uint8Array.of(...key, 0));
      const successor = prefixSuccessor(key);
      if (successor === undefined) {
        expect(key.every((byte) => byte === 0xff)).toBe(true);
        continue;
      }
      const last = new Uint8Array(key.length + 300).fill(0xff);
      last.set(key);
      expect(compareBytes(last, successor)).toBeLessThan(0);
      const other = someBytes(random);
      const isPrefixed = sharedPrefixLength(key, other) === key.length;
      const isInside = compareBytes(key, other) <= 0 && compareBytes(other, successor) < 0;
      expect(isInside).toBe(isPrefixed);
    }
  });

  it('have short separators: at or above the lower, below the upper, never longer', () => {
    const random = makeRandom(4);
    for (let i = 0; i < 20_000; i++) {
      const [a, b] = [someBytes(random), someBytes(random)].sort(compareBytes) as [
        Uint8Array,
        Uint8Array,
      ];
      if (equalBytes(a, b)) continue;
      const separator = shortestSeparator(a, b);
      expect(compareBytes(a, separator)).toBeLessThanOrEqual(0);
      expect(compareBytes(separator, b)).toBeLessThan(0);
      expect(separator.length).toBeLessThanOrEqual(a.length);
    }
    const separator = shortestSeparator(Buffer.from('the quick fox'), Buffer.from('the who'));
    expect(Buffer.from(separator).toString()).toBe('the r');
  });

  it('viewOf() keeps the offset of a view', () => {
    const view = Uint8Array.of(9, 9, 1, 0, 0, 0).subarray(2);
    expect(viewOf(view).getUint32(0, true)).toBe(1);
    expect(viewOf(view).byteLength).toBe(4);
  });

  it('are described as text when printable, as hex otherwise, and cut when long', () => {
    expect(describeKey(Buffer.from('user:1'))).toBe(`'user:1'`);
    expect(describeKey(Uint8Array.of(0, 255))).toBe('0x00ff');
    expect(describeKey(new Uint8Array(100).fill(0x61))).toMatch(/^'a{32}'... \(100 bytes\)$/);
  });
});
