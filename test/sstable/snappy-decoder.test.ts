/** The decoder of snappy gives back what the package compressed, and refuses everything else within its bounds. */
import { compressSync, uncompressSync } from 'snappy';
import { describe, expect, it } from 'vitest';
import { viewOf } from '../../src/bytes/bytes.ts';
import { varintAt, varintLength } from '../../src/bytes/coding.ts';
import { decodeSnappy } from '../../src/sstable/snappy-decoder.ts';
import { makeRandom, type Random } from '../support/prng.ts';

const MARGIN = 24;
const UNTOUCHED = 0xa5;

/** Decodes amid other bytes, which stay as they are; undefined when it is refused. */
function decode(compressed: Uint8Array, size: number): Uint8Array | undefined {
  const source = new Uint8Array(MARGIN + compressed.length + MARGIN).fill(0x5a);
  source.set(compressed, MARGIN);
  const target = new Uint8Array(MARGIN + size + MARGIN).fill(UNTOUCHED);
  const start = MARGIN + varintLength(size);
  const isDecoded = decodeSnappy(
    { bytes: source, view: viewOf(source) },
    start,
    MARGIN + compressed.length,
    { bytes: target, view: viewOf(target) },
    MARGIN,
    MARGIN + size,
  );
  for (let i = 0; i < MARGIN; i++) {
    expect(target[i]).toBe(UNTOUCHED);
    expect(target[MARGIN + size + i]).toBe(UNTOUCHED);
  }
  return isDecoded ? target.slice(MARGIN, MARGIN + size) : undefined;
}

/** Runs, repeats from near and far, and noise: every kind of element comes of it. */
function mixture(random: Random, size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  let at = 0;
  while (at < size) {
    const length = Math.min(size - at, 1 + random.below(random.pick([4, 20, 100, 70_000])));
    const way = random.below(4);
    if (way === 0) bytes.fill(random.below(256), at, at + length);
    else if (way === 1) bytes.set(random.bytes(length), at);
    else {
      const back = 1 + random.below(Math.min(at + 1, random.pick([3, 8, 2000, 100_000])));
      for (let i = 0; i < length; i++) bytes[at + i] = bytes[at + i - back] ?? 7;
    }
    at += length;
  }
  return bytes;
}

function fromHex(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
}

describe('decodeSnappy()', () => {
  it('gives back what the package compressed', () => {
    const seed = 45;
    const random = makeRandom(seed);
    for (let i = 0; i < 400; i++) {
      const raw = mixture(random, random.below(random.pick([10, 300, 5000, 200_000])));
      const compressed = new Uint8Array(compressSync(raw));
      const decoded = decode(compressed, raw.length);
      expect(Buffer.compare(decoded ?? Buffer.alloc(0), raw), `seed=${seed} i=${i}`).toBe(0);
    }
  });

  it.each([
    ['a literal', '05 10 68 65 6c 6c 6f', 'hello'],
    ['a literal whose length has a byte of its own', '03 f0 02 61 62 63', 'abc'],
    ['a literal whose length has four bytes', '03 fc 02 00 00 00 61 62 63', 'abc'],
    ['a copy of one byte back', '06 00 61 05 01', 'aaaaaa'],
    ['a copy of three back, over itself', '09 08 61 62 63 09 03', 'abcabcabc'],
    ['a copy with an offset of two bytes', '08 0c 61 62 63 64 0e 04 00', 'abcdabcd'],
    ['a copy with an offset of four bytes', '08 0c 61 62 63 64 0f 04 00 00 00', 'abcdabcd'],
  ])('reads %s', (_, hex, text) => {
    expect(Buffer.from(decode(fromHex(hex), text.length) ?? []).toString()).toBe(text);
  });

  it.each([
    ['a literal that ends early', '05 10 68 65 6c 6c', 5],
    ['a literal longer than what is asked for', '04 10 68 65 6c 6c 6f', 4],
    ['a length that ends early', '03 f4 02', 3],
    ['a length of four bytes that is far too large', '03 fc ff ff ff ff 61 62 63', 3],
    ['an offset that ends early', '05 00 61 02 01', 5],
    ['an offset of zero', '05 00 61 01 00', 5],
    ['an offset before the start', '05 00 61 01 02', 5],
    ['a copy longer than what is asked for', '04 00 61 05 01', 4],
    ['too little', '06 10 68 65 6c 6c 6f', 6],
    ['nothing at all', '01', 1],
  ])('refuses %s (snappy-decoder/in-bounds)', (_, hex, size) => {
    expect(decode(fromHex(hex), size)).toBeUndefined();
  });

  it('agrees with the package on damaged bytes, and stays in its bounds (snappy-decoder/in-bounds)', () => {
    const seed = 46;
    const random = makeRandom(seed);
    let refusedCount = 0;
    for (let i = 0; i < 3000; i++) {
      const raw = mixture(random, 1 + random.below(600));
      const compressed = new Uint8Array(compressSync(raw));
      const prefix = varintLength(raw.length);
      for (let flips = 1 + random.below(3); flips > 0; flips--) {
        if (compressed.length === prefix) break;
        compressed[prefix + random.below(compressed.length - prefix)] = random.below(256);
      }
      expect(varintAt(compressed, 0, compressed.length)).toBe(raw.length);
      const decoded = decode(compressed, raw.length);
      const expected = uncompressed(compressed);
      if (expected === undefined) refusedCount++;
      expect(decoded && Buffer.from(decoded), `seed=${seed} i=${i}`).toEqual(expected);
    }
    expect(refusedCount).toBeGreaterThan(500);
  });
});

function uncompressed(compressed: Uint8Array): Buffer | undefined {
  try {
    return Buffer.from(uncompressSync(compressed, { asBuffer: true }));
  } catch {
    return undefined;
  }
}
