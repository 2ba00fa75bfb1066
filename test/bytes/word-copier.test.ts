/** The word copier against a copy by the system, over lengths, alignments and turns of arrays. */
import { describe, expect, it } from 'vitest';
import { makeRandom, type Random } from '../support/prng.ts';
import { WordCopier } from '../../src/bytes/word-copier.ts';

const SIZE = 1024;

function arrays(random: Random): Uint8Array[] {
  const shared = new Uint8Array(new SharedArrayBuffer(SIZE));
  const inside = new Uint8Array(new ArrayBuffer(SIZE + 3), 3); // its own start is at an odd byte
  for (const array of [shared, inside]) array.set(random.bytes(SIZE));
  return [shared, inside, random.bytes(SIZE)];
}

describe('WordCopier', () => {
  it('copies what a set of the same range does, and nothing beside it', () => {
    const random = makeRandom(24);
    const sources = arrays(random);
    const targets = arrays(random);
    const copiers = [new WordCopier(), new WordCopier(SIZE - 1)];
    for (let round = 0; round < 20_000; round++) {
      // Mostly the same two arrays, as in use.
      const source = sources[random.chance(0.8) ? 0 : random.below(3)]!;
      const target = targets[random.chance(0.8) ? 0 : random.below(3)]!;
      const length = random.below(random.chance(0.9) ? 64 : 400);
      const start = random.below(SIZE - length);
      const offset = random.below(SIZE - length);
      const expected = Buffer.from(target);
      expected.set(source.subarray(start, start + length), offset);
      copiers[round % 2]!.copy(target, offset, source, start, start + length);
      if (Buffer.compare(expected, target) !== 0) {
        expect.fail(`round=${round} length=${length} start=${start} offset=${offset}`);
      }
    }
  });

  it('sees what the source holds now, not what it held at the last copy', () => {
    const copier = new WordCopier();
    const [source, target] = [new Uint8Array(32), new Uint8Array(32)];
    for (let value = 1; value < 4; value++) {
      source.fill(value);
      copier.copy(target, 0, source, 0, 32);
      expect(target).toEqual(source);
    }
  });
});
