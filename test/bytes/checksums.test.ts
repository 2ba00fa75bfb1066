/** Persisted functions: their values are fixed for ever, by known vectors and by other implementations. */
import * as zlib from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { crc32, maskCrc32, maskedCrc32, tableCrc32 } from '../../src/bytes/crc32.ts';
import { hashKey } from '../../src/bytes/hash.ts';
import { Random } from '../../src/base/random.ts';
import { makeRandom } from '../support/prng.ts';

const ascii = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'));

describe('crc32()', () => {
  it('has the published check values', () => {
    expect(crc32(ascii(''))).toBe(0);
    expect(crc32(ascii('123456789'))).toBe(0xcbf43926);
    expect(crc32(ascii('The quick brown fox jumps over the lazy dog'))).toBe(0x414fa339);
    expect(crc32(new Uint8Array(32))).toBe(0x190a55ad);
  });

  it('is the same from the table and from zlib, at every length and offset', () => {
    const random = makeRandom(5);
    const bytes = random.bytes(2000);
    for (let length = 0; length < 900; length++) {
      const start = random.below(100);
      const part = bytes.subarray(start, start + length);
      const expected = zlib.crc32(part);
      expect([length, tableCrc32(bytes, start, start + length, 0)]).toEqual([length, expected]);
      expect([length, crc32(bytes, start, start + length)]).toEqual([length, expected]);
    }
  });

  it('can be continued: the pieces give the whole', () => {
    const bytes = makeRandom(6).bytes(1500);
    const whole = zlib.crc32(bytes);
    for (let cut = 0; cut <= bytes.length; cut += 7) {
      expect(crc32(bytes, cut, bytes.length, crc32(bytes, 0, cut))).toBe(whole);
    }
  });

  it('masked differs from plain, and is not zero for zeros', () => {
    for (const length of [0, 4, 8, 28, 1000]) {
      const zeros = new Uint8Array(length);
      expect(maskedCrc32(zeros)).not.toBe(0);
      expect(maskedCrc32(zeros)).not.toBe(crc32(zeros));
      expect(maskCrc32(crc32(zeros))).toBe(maskedCrc32(zeros));
    }
    expect(maskedCrc32(ascii('123456789'))).toBe(0x14d082c0);
  });
});

describe('hashKey()', () => {
  it('is MurmurHash3_x86_32 with seed 0: published vectors', () => {
    const vectors: [string, number][] = [
      ['', 0],
      ['test', 0xba6bd213],
      ['Hello, world!', 0xc0363e43],
      ['The quick brown fox jumps over the lazy dog', 0x2e4ff723],
    ];
    for (const [text, expected] of vectors) {
      const key = ascii(text);
      expect([text, hashKey(key, 0, key.length) >>> 0]).toEqual([text, expected]);
      const inside = ascii(`..${text}..`);
      expect(hashKey(inside, 2, 2 + key.length) >>> 0).toBe(expected);
    }
  });

  it('takes every byte of a tail as unsigned', () => {
    const vectors: [number[], number][] = [
      [[0xff, 0xff, 0xff, 0xff], 0x76293b50],
      [[0x21, 0x43, 0x65, 0x87], 0xf55b516b],
      [[0x21, 0x43, 0x65], 0x7e4a8634],
      [[0x21, 0x43], 0xa0f7b07a],
      [[0x21], 0x72661cf4],
      [[0, 0, 0, 0], 0x2362f9de],
      [[0, 0, 0], 0x85f0b427],
      [[0, 0], 0x30f4c306],
      [[0], 0x514e28b7],
    ];
    for (const [values, expected] of vectors) {
      expect(hashKey(Uint8Array.from(values), 0, values.length) >>> 0).toBe(expected);
    }
  });
});

describe('Random', () => {
  it('repeats itself for a seed, and is spread evenly', () => {
    const draw = (seed: number): number[] => {
      const random = new Random(seed);
      return Array.from({ length: 1000 }, () => random.nextFraction());
    };
    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
    const mean = draw(1).reduce((a, b) => a + b) / 1000;
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.05);
    for (const value of draw(2)) expect(value >= 0 && value < 1).toBe(true);
  });
});
