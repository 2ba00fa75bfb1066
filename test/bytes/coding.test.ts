/** Integers in files: every width and boundary there and back, and no damage that decodes. */
import { describe, expect, it } from 'vitest';
import {
  ByteReader,
  ByteWriter,
  getUint32,
  getUint64,
  putUint32,
  putUint64,
  putVarint,
  VARINT_CUT_SHORT,
  VARINT_MALFORMED,
  VARINT_SIZE_BYTES_MAX,
  varintAt,
  varintLength,
} from '../../src/bytes/coding.ts';
import { CorruptionError } from '../../src/base/errors.ts';
import { makeRandom } from '../support/prng.ts';

const BOUNDARIES = [0, 1, ...Array.from({ length: 53 }, (_, i) => 2 ** (i + 1))]
  .flatMap((value) => [value - 1, value, value + 1])
  .filter((value) => value >= 0 && Number.isSafeInteger(value));

describe('varints', () => {
  it('hold every safe integer, in the length foretold and no more', () => {
    const random = makeRandom(1);
    const some = Array.from({ length: 5000 }, () => random.next() * 2 ** random.below(22));
    for (const value of [...BOUNDARIES, ...some.filter(Number.isSafeInteger)]) {
      const bytes = new Uint8Array(VARINT_SIZE_BYTES_MAX + 2);
      const end = putVarint(bytes, 1, value);
      expect([value, end - 1]).toEqual([value, varintLength(value)]);
      const reader = new ByteReader(bytes, 1, end);
      expect([reader.varint(), reader.remaining]).toEqual([value, 0]);
    }
  });

  it('are refused when cut short, overlong, or out of range', () => {
    const malformed = [
      [],
      [0x80],
      [0x80, 0x00],
      [0xff, 0x80, 0x00],
      [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f],
      [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01],
      new Array<number>(12).fill(0xff),
    ];
    for (const bytes of malformed) {
      expect(() => new ByteReader(Uint8Array.from(bytes)).varint()).toThrow(CorruptionError);
      expect(varintAt(Uint8Array.from(bytes), 0, bytes.length)).toBeLessThan(0);
    }
  });

  it('end before the end that is given, whatever follows', () => {
    const bytes = Uint8Array.from([0x80, 0x80, 0x01, 0x05]);
    expect([0, 1, 2, 3, 4].map((end) => varintAt(bytes, 0, end))).toEqual([
      VARINT_CUT_SHORT,
      VARINT_CUT_SHORT,
      VARINT_CUT_SHORT,
      2 ** 14,
      2 ** 14,
    ]);
    expect(varintAt(bytes, 4, 4)).toBe(VARINT_CUT_SHORT);
    expect(varintAt(Uint8Array.from([0x80, 0x00]), 0, 2)).toBe(VARINT_MALFORMED);
  });
});

describe('fixed-width integers', () => {
  it('are little-endian, as DataView has them', () => {
    for (const value of BOUNDARIES) {
      const bytes = new Uint8Array(12);
      const view = new DataView(bytes.buffer);
      putUint64(bytes, 3, value);
      expect([value, Number(view.getBigUint64(3, true)), getUint64(bytes, 3)]).toEqual([
        value,
        value,
        value,
      ]);
      if (value >= 2 ** 32) continue;
      putUint32(bytes, 1, value);
      expect([view.getUint32(1, true), getUint32(bytes, 1)]).toEqual([value, value]);
    }
  });
});

describe('ByteWriter and ByteReader', () => {
  it('give back what was written, whatever the first capacity', () => {
    for (const capacity of [0, 1, 7, 1000]) {
      const writer = new ByteWriter(capacity);
      const long = new Uint8Array(3000).fill(5);
      writer.uint8(255).uint32(0xffffffff).uint64(Number.MAX_SAFE_INTEGER).varint(300);
      writer.lengthPrefixed(long).text('gr\u00fc\u00dfe').raw(long, 1, 3);
      const bytes = writer.finish();
      expect(writer.length).toBe(bytes.length);
      const reader = new ByteReader(bytes);
      expect([reader.uint8(), reader.uint32(), reader.uint64(), reader.varint()]).toEqual([
        255,
        0xffffffff,
        Number.MAX_SAFE_INTEGER,
        300,
      ]);
      expect(reader.lengthPrefixed()).toEqual(long);
      expect(reader.text()).toBe('gr\u00fc\u00dfe');
      expect([...reader.raw(2)]).toEqual([5, 5]);
      expect(reader.remaining).toBe(0);
      writer.reset();
      expect(writer.bytes()).toHaveLength(0);
    }
  });

  it('never read outside their range: every cut is CorruptionError', () => {
    const whole = new ByteWriter().uint8(1).uint32(2).uint64(3).varint(4000).text('text').finish();
    const readAll = (reader: ByteReader): unknown[] => [
      reader.uint8(),
      reader.uint32(),
      reader.uint64(),
      reader.varint(),
      reader.text(),
    ];
    expect(readAll(new ByteReader(whole))).toEqual([1, 2, 3, 4000, 'text']);
    for (let end = 0; end < whole.length; end++) {
      expect(() => readAll(new ByteReader(whole, 0, end))).toThrow(CorruptionError);
    }
    expect(() => new ByteReader(new Uint8Array(8).fill(0xff)).uint64()).toThrow(CorruptionError);
  });

  it('a writer refuses what a varint cannot hold', () => {
    for (const value of [-1, 1.5, 2 ** 53, NaN, Infinity]) {
      expect(() => new ByteWriter().varint(value)).toThrow(/varint/);
    }
  });
});
