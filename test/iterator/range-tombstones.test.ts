/** Range tombstones against a plain list of ranges. */
import { describe, expect, it } from 'vitest';
import { RangeTombstones } from '../../src/iterator/range-tombstones.ts';
import { TombstoneCursor } from '../../src/iterator/tombstone-cursor.ts';
import { makeRandom, type Random } from '../support/prng.ts';

const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'));
const text = (view: Uint8Array): string => Buffer.from(view).toString('latin1');

interface Deleted {
  readonly start: string;
  readonly end: string;
  readonly sequence: number;
}

const newest = (ranges: readonly Deleted[]): number =>
  Math.max(0, ...ranges.map((range) => range.sequence));

function randomKey(random: Random): string {
  return 'abcdefghij'.slice(0, 1 + random.below(3)) + 'abcxyz'.charAt(random.below(7));
}

/** Sequences of the tombstones over a key, up to `readSequence`. */
function newestOver(model: readonly Deleted[], asked: string, readSequence: number): number {
  return newest(
    model.filter(
      ({ start, end, sequence }) => start <= asked && asked < end && sequence <= readSequence,
    ),
  );
}

/** Asks everything that there is to ask, once. */
function ask(random: Random, list: RangeTombstones, model: readonly Deleted[], max: number): void {
  const asked = random.chance(0.2) ? '' : randomKey(random);
  const readSequence = random.chance(0.3) ? Infinity : random.below(max + 2);
  const inside = bytes(`..${asked}.`);
  expect(list.newestCovering(inside, 2, 2 + asked.length, readSequence)).toBe(
    newestOver(model, asked, readSequence),
  );
  const to = random.chance(0.2) ? undefined : randomKey(random);
  if (to === undefined || asked < to) {
    const overlapping = model.filter(
      ({ start, end }) => asked < end && (to === undefined || start < to),
    );
    const since = random.below(max + 2);
    const upper = to === undefined ? undefined : bytes(to);
    expect(list.wasAnyDeletedSince(bytes(asked), upper, since)).toBe(newest(overlapping) > since);
  }
}

interface Order {
  readonly isAscending: boolean;
  readonly count: number;
}

function fill(
  random: Random,
  { isAscending, count }: Order,
  onAdd: (list: RangeTombstones, model: readonly Deleted[]) => void,
): void {
  const list = new RangeTombstones();
  const model: Deleted[] = [];
  for (let step = 1; step <= count; step++) {
    const sequence = isAscending ? step : 1 + random.below(count);
    const range = { start: randomKey(random), end: randomKey(random), sequence };
    list.add(bytes(range.start), bytes(range.end), range.sequence);
    if (range.start < range.end) model.push(range);
    onAdd(list, model);
  }
}

function eachSeed(count: number, run: (random: Random, isAscending: boolean) => void): void {
  for (let seed = 1; seed <= count; seed++) {
    try {
      run(makeRandom(seed), seed % 2 === 0);
    } catch (error) {
      throw new Error(`seed=${seed}`, { cause: error });
    }
  }
}

describe('RangeTombstones', () => {
  it('answer as a list of ranges does, whatever the order of adding (range-tombstones/newest-owns, range-tombstones/views-stay, range-tombstones/any-order)', () => {
    eachSeed(60, (random, isAscending) => {
      fill(random, { isAscending, count: 120 }, (list, model) => {
        if (random.chance(0.5)) ask(random, list, model, 120);
        expect(list.isEmpty).toBe(model.length === 0);
        expect(list.newestSequence).toBe(newest(model));
      });
    });
  });

  it('answer the same when asked often, where maps are joined (range-tombstones/newest-owns)', () => {
    eachSeed(10, (random, isAscending) => {
      fill(random, { isAscending, count: 200 }, (list, model) => {
        if (!random.chance(0.02)) return;
        for (let i = 0; i < 300; i++) ask(random, list, model, 200);
      });
    });
  });

  it('that come in the order of their keys answer without being put in another (range-tombstones/any-order)', () => {
    eachSeed(60, (random) => {
      const list = new RangeTombstones();
      const model: Deleted[] = [];
      const keys = [...new Set(Array.from({ length: 40 }, () => randomKey(random)))].sort();
      for (let i = 0; i + 1 < keys.length; i += 1 + random.below(2)) {
        const range = { start: keys[i]!, end: keys[i + 1]!, sequence: 1 + random.below(9) };
        list.add(bytes(range.start), bytes(range.end), range.sequence);
        model.push(range);
      }
      for (let i = 0; i < 60; i++) ask(random, list, model, 9);
    });
  });

  it('between two sequences are disjoint, in order, and at most twice as many', () => {
    eachSeed(60, (random, isAscending) => {
      fill(random, { isAscending, count: 80 }, (list, model) => {
        if (!random.chance(0.1)) return;
        const [since, to] = [
          random.below(90) - 1,
          random.chance(0.3) ? Infinity : random.below(90),
        ];
        const inside = model.filter(({ sequence }) => since < sequence && sequence <= to);
        const fragments = list.fragmentsBetween(Math.min(since, to), to);
        expect(fragments.length).toBeLessThanOrEqual(2 * inside.length);
        fragments.forEach(({ start, end }, i) => {
          expect(text(start) < text(end)).toBe(true);
          if (i > 0) expect(text(fragments[i - 1]!.end) <= text(start)).toBe(true); // i > 0
        });
        for (let i = 0; i < 20; i++) {
          const asked = randomKey(random);
          const found = fragments.filter(
            ({ start, end }) => text(start) <= asked && asked < text(end),
          );
          expect(found[0]?.sequence ?? 0).toBe(newestOver(inside, asked, Infinity));
        }
        const above = model.filter(({ sequence }) => sequence > since);
        expect(list.firstAbove(since)).toBe(Math.min(...above.map(({ sequence }) => sequence)));
      });
    });
  });

  it('cover disjoint ranges that do not adjoin', () => {
    eachSeed(40, (random, isAscending) => {
      fill(random, { isAscending, count: 30 }, (list, model) => {
        if (!random.chance(0.2)) return;
        const covered = list.covered().map(({ start, end }) => [text(start), text(end)] as const);
        covered.slice(1).forEach(([start], i) => {
          expect(covered[i]![1] < start).toBe(true); // i is in range
        });
        for (let i = 0; i < 20; i++) {
          const asked = randomKey(random);
          const isCovered = covered.some(([start, end]) => start <= asked && asked < end);
          expect(isCovered).toBe(newestOver(model, asked, Infinity) > 0);
        }
      });
    });
  });

  it('are as they were before what truncate() took back', () => {
    eachSeed(40, (random) => {
      const list = new RangeTombstones();
      let model: Deleted[] = [];
      for (let step = 0; step < 200; step++) {
        if (random.chance(0.1)) {
          const count = random.below(model.length + 1);
          list.truncate(count);
          model = model.slice(0, count);
        }
        const [start, end] = [randomKey(random), randomKey(random)].sort();
        if (start === end) continue;
        const range = { start: start!, end: end!, sequence: model.length + 1 }; // of two
        list.add(bytes(range.start), bytes(range.end), range.sequence);
        model.push(range);
        if (random.chance(0.3)) ask(random, list, model, 200);
        expect(list.count).toBe(model.length);
      }
    });
  });
});

describe('TombstoneCursor', () => {
  it('answers for keys in any order as the lists did when it was made (tombstone-cursor/answers-as-made, tombstone-cursor/any-order, tombstone-map/never-changes, visible-iterator/later-ones-are-newer)', () => {
    eachSeed(60, (random, isAscending) => {
      const lists: { list: RangeTombstones; model: Deleted[] }[] = [];
      for (let i = 0; i < 1 + random.below(3); i++) {
        fill(random, { isAscending, count: 1 + random.below(60) }, (list, model) => {
          lists[i] = { list, model: [...model] };
        });
      }
      const readSequence = random.chance(0.5) ? Infinity : random.below(60);
      const before = lists.flatMap(({ model }) => model);
      const cursor = TombstoneCursor.over(
        lists.map(({ list }) => ({ tombstones: list, readSequence })),
      );
      // tombstone-cursor/answers-as-made: what comes later has larger sequences, or is taken back.
      for (const { list } of lists) {
        if (isAscending && random.chance(0.5)) list.truncate(random.below(list.count + 1));
        list.add(bytes('a'), bytes('z'), 1000 + list.newestSequence);
      }
      const keys = Array.from({ length: 60 }, () => randomKey(random));
      const order = random.below(3);
      if (order > 0) keys.sort();
      if (order > 1) keys.reverse();
      for (const key of keys) {
        const found = cursor?.newestCovering(bytes(key), 0, key.length) ?? 0;
        expect(found).toBe(newestOver(before, key, readSequence));
        if (found === 0 || cursor === undefined) continue;
        const [from, to] = [text(cursor.coverStart), text(cursor.coverEnd)];
        expect(from <= key && key < to).toBe(true);
        expect(newestOver(before, from, readSequence)).toBeGreaterThan(0);
      }
    });
  });
});
