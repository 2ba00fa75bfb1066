/** A search through fences finds what a search through whole keys finds, and the integers never order keys wrongly. */
import { describe, expect, it } from 'vitest';
import { compareBytes, compareRanges } from '../../src/bytes/bytes.ts';
import { inlineKey } from '../../src/bytes/inline-key.ts';
import { KeyFences } from '../../src/bytes/key-fences.ts';
import { makeRandom, type Random } from '../support/prng.ts';

const PREFIX = Buffer.from('pre');

/** Keys of few letters, zeros among them, so that many agree in eight bytes or are padded to them. */
function randomKey(random: Random): Uint8Array {
  const rest = Array.from({ length: random.below(12) }, () => random.pick([0, 0, 1, 97, 255]));
  return Uint8Array.from([...PREFIX, ...rest]);
}

function fencesOver(keys: readonly Uint8Array[]): KeyFences {
  const fences = new KeyFences(
    {
      isBelow: (index, key, start, end) =>
        compareRanges(keys[index]!, 0, keys[index]!.length, key, start, end) < 0,
    },
    PREFIX,
    keys.length,
  );
  for (const [i, key] of keys.entries()) {
    const start = PREFIX.length;
    fences.set(i, inlineKey(key, start, key.length), key, start + 4, key.length);
  }
  return fences;
}

describe('KeyFences', () => {
  it('finds the first key that is not below, among sorted keys (key-fences/sorted-keys)', () => {
    const random = makeRandom(5);
    for (let round = 0; round < 200; round++) {
      const keys = Array.from({ length: random.below(40) }, () => randomKey(random));
      keys.sort(compareBytes);
      const fences = fencesOver(keys);
      const others = ['', 'p', 'pr', 'pre', 'prd~', 'prf', 'z'].map((text) => Buffer.from(text));
      for (const key of [...others, ...keys, randomKey(random), randomKey(random)]) {
        const first = keys.findIndex((each) => compareBytes(each, key) >= 0);
        expect(fences.find(key, 0, key.length)).toBe(first < 0 ? keys.length : first);
      }
    }
  });

  it('has integers that differ only as the bytes do (key-fences/integers-agree)', () => {
    const random = makeRandom(6);
    let differing = 0;
    for (let i = 0; i < 5000; i++) {
      const keys = [randomKey(random), randomKey(random)];
      const order = fencesOver(keys).compareWithPrevious(1);
      if (order === 0) continue;
      differing++;
      expect(Math.sign(order)).toBe(Math.sign(compareBytes(keys[0]!, keys[1]!)));
    }
    expect(differing).toBeGreaterThan(1000);
  });
});
