/** Range tombstones against a plain list of ranges. */
import { describe, expect, it } from 'vitest';
import { compareBytes } from '../../src/base/bytes.ts';
import { newestAtMost, RangeTombstones } from '../../src/base/range-tombstones.ts';
import { makeRandom } from '../support/prng.ts';

const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'));
const text = (view: Uint8Array): string => Buffer.from(view).toString('latin1');

interface Deleted {
  readonly start: string;
  readonly end: string;
  readonly sequence: number;
}

const newest = (ranges: readonly Deleted[]): number =>
  Math.max(0, ...ranges.map((range) => range.sequence));

describe('RangeTombstones', () => {
  it('answer as a list of ranges does, whatever the order of adding (R1-R3)', () => {
    for (let seed = 1; seed <= 40; seed++) {
      const random = makeRandom(seed);
      const key = (): string =>
        'abcdefghij'.slice(0, 1 + random.below(3)) + 'abcxyz'.charAt(random.below(7));
      const tombstones = new RangeTombstones();
      const model: Deleted[] = [];
      for (let step = 0; step < 40; step++) {
        const range = { start: key(), end: key(), sequence: 1 + random.below(30) };
        tombstones.add(bytes(range.start), bytes(range.end), range.sequence);
        if (range.start < range.end) model.push(range);
        const asked = random.chance(0.2) ? '' : key();
        const readSequence = random.below(32);
        const covering = model.filter(
          ({ start, end, sequence }) => start <= asked && asked < end && sequence <= readSequence,
        );
        const inside = `..${asked}.`;
        expect([
          seed,
          step,
          tombstones.newestCovering(bytes(inside), 2, 2 + asked.length, readSequence),
        ]).toEqual([seed, step, newest(covering)]);
        const to = random.chance(0.2) ? undefined : key();
        if (to === undefined || asked < to) {
          const overlapping = model.filter(
            ({ start, end }) => asked < end && (to === undefined || start < to),
          );
          const found = tombstones.newestOverlapping(
            bytes(asked),
            to === undefined ? undefined : bytes(to),
          );
          expect([seed, step, asked, to, found]).toEqual([
            seed,
            step,
            asked,
            to,
            newest(overlapping),
          ]);
        }
      }
      expect(tombstones.isEmpty).toBe(model.length === 0);
      expect(tombstones.newestSequence).toBe(newest(model));
    }
  });

  it('are fragments in key order, disjoint, each with its sequences from new to old (R1, R2)', () => {
    const tombstones = new RangeTombstones();
    tombstones.add(bytes('b'), bytes('f'), 7);
    tombstones.add(bytes('d'), bytes('h'), 9);
    tombstones.add(bytes('d'), bytes('h'), 9);
    tombstones.add(bytes('x'), bytes('y'), 1);
    const fragments = [...tombstones.fragments()].map(({ start, end, stack }) => {
      const sequences: number[] = [];
      for (let deletion = stack as typeof stack | undefined; deletion; deletion = deletion.older) {
        sequences.push(deletion.sequence);
      }
      return [text(start), text(end), ...sequences];
    });
    expect(fragments).toEqual([
      ['b', 'd', 7],
      ['d', 'f', 9, 7],
      ['f', 'h', 9],
      ['x', 'y', 1],
    ]);
    const bounds = [...tombstones.fragments()];
    bounds.slice(1).forEach((fragment, i) => {
      expect(compareBytes(bounds[i]!.end, fragment.start)).toBeLessThanOrEqual(0); // i is in range
    });
  });

  it('a reader that holds a stack sees it unchanged by what is added later (R2)', () => {
    const tombstones = new RangeTombstones();
    tombstones.add(bytes('a'), bytes('z'), 5);
    const [fragment] = tombstones.fragments();
    tombstones.add(bytes('a'), bytes('z'), 3);
    tombstones.add(bytes('a'), bytes('z'), 8);
    expect(newestAtMost(fragment!.stack, 100)).toBe(5);
    expect(newestAtMost(fragment!.stack, 4)).toBe(0);
  });
});
