/** VisibleIterator: the contract over histories without deletions, and a model with them. */
import { describe, expect, it } from 'vitest';
import { compareBytes } from '../../src/bytes/bytes.ts';
import { sequenceNumber } from '../../src/base/ids.ts';
import { RangeTombstones } from '../../src/iterator/range-tombstones.ts';
import { TombstoneCursor } from '../../src/iterator/tombstone-cursor.ts';
import { VALUE } from '../../src/base/value-type.ts';
import { VisibleIterator } from '../../src/iterator/visible-iterator.ts';
import { ArrayIterator, type Entry, showEntry, visibleEntries } from '../support/array-iterator.ts';
import {
  collect,
  describeInternalIterator,
  randomEntries,
  randomKey,
} from '../support/iterator-contract.ts';
import { makeRandom, type Random } from '../support/prng.ts';

describeInternalIterator(
  'VisibleIterator',
  (sorted, readSequence, random) => {
    const values = sorted as Entry[];
    // The contract shows tombstones: give it a history that has none.
    for (let i = 0; i < values.length; i++) values[i] = { ...values[i]!, type: VALUE };
    return new VisibleIterator(new ArrayIterator(values, readSequence, random), undefined, {
      wallMs: 0,
    });
  },
  { hasAllVersions: false },
);

interface Deleted {
  readonly start: Uint8Array;
  readonly end: Uint8Array;
  readonly sequence: number;
}

function randomDeletions(random: Random, sequenceMax: number): Deleted[] {
  return Array.from({ length: random.below(5) }, () => {
    const [start, end] = [randomKey(random), randomKey(random)].sort(compareBytes);
    return { start: start!, end: end!, sequence: 1 + random.below(sequenceMax) };
  });
}

function isIn(
  key: Uint8Array,
  lower: Uint8Array | undefined,
  upper: Uint8Array | undefined,
): boolean {
  if (lower !== undefined && compareBytes(key, lower) < 0) return false;
  return upper === undefined || compareBytes(key, upper) < 0;
}

describe('VisibleIterator', () => {
  it('shows the values in its bounds that nothing deleted, in both directions (visible-iterator/values-in-bounds)', async () => {
    for (let seed = 1; seed <= 200; seed++) {
      const random = makeRandom(seed);
      const sorted = randomEntries(random, 60);
      // Half sequences are free for range deletions: no operation has two meanings.
      const deletions = randomDeletions(random, sorted.length + 1).map((each) => ({
        ...each,
        sequence: each.sequence - 0.5,
      }));
      const lists = Array.from({ length: 3 }, () => new RangeTombstones());
      for (const { start, end, sequence } of deletions)
        random.pick(lists).add(start, end, sequence);
      const readSequence = sequenceNumber(random.below(sorted.length + 2));
      const lower = random.chance(0.5) ? randomKey(random) : undefined;
      const upper = random.chance(0.5) ? randomKey(random) : undefined;

      const expected = visibleEntries(sorted, readSequence).filter(
        (each) =>
          each.type === VALUE &&
          isIn(each.key, lower, upper) &&
          !deletions.some(
            ({ start, end, sequence }) =>
              sequence > each.sequence && sequence <= readSequence && isIn(each.key, start, end),
          ),
      );
      const source = new ArrayIterator(sorted, readSequence, random);
      const tombstones = TombstoneCursor.over(
        lists.map((list) => ({ tombstones: list, readSequence })),
      );
      const iterator = new VisibleIterator(source, tombstones, { lower, upper, wallMs: 0 });
      const note = `seed=${seed}`;
      const show = (entries: readonly Entry[]): string[] => entries.map(showEntry);
      const forward = await collect(iterator, iterator.seekFirst(), 'next', random);
      expect(show(forward), note).toEqual(show(expected));
      const backward = await collect(iterator, iterator.seekLast(), 'prev', random);
      expect(show(backward), note).toEqual(show(expected.toReversed()));
      const target = randomKey(random);
      const above = await collect(iterator, iterator.seekAtLeast(target), 'next', random);
      expect(show(above), note).toEqual(
        show(expected.filter(({ key }) => isIn(key, target, undefined))),
      );
      const below = await collect(iterator, iterator.seekBelow(target), 'prev', random);
      expect(show(below), note).toEqual(
        show(expected.filter(({ key }) => isIn(key, undefined, target)).toReversed()),
      );
    }
  });
});
