/** MergingIterator and ConcatenatingIterator against the contract of InternalIterator. */
import { describe, expect, it } from 'vitest';
import { compareBytes } from '../../src/bytes/bytes.ts';
import { ALL_VERSIONS, type InternalIterator } from '../../src/iterator/internal-iterator.ts';
import { ConcatenatingIterator, type RunList } from '../../src/iterator/concatenating-iterator.ts';
import { MergingIterator } from '../../src/iterator/merging-iterator.ts';
import { ArrayIterator, type Entry, entry, showEntry } from '../support/array-iterator.ts';
import { collect, describeInternalIterator } from '../support/iterator-contract.ts';
import { makeRandom, type Random } from '../support/prng.ts';

describeInternalIterator(
  'ArrayIterator',
  (sorted, readSequence, random) => new ArrayIterator(sorted, readSequence, random),
);

/** Cuts the history into sources by age, newest first, as memtables and level-0 tables are cut. */
function splitByAge(sorted: readonly Entry[], count: number, random: Random): Entry[][] {
  const cuts = Array.from({ length: count - 1 }, () => random.below(sorted.length + 2)).sort(
    (a, b) => b - a,
  );
  const bounds = [Infinity, ...cuts, -1];
  return Array.from({ length: count }, (_, i) =>
    sorted.filter(({ sequence }) => sequence <= bounds[i]! && sequence > bounds[i + 1]!),
  );
}

// The sources say NEEDS_BLOCK at random (merging-iterator/no-entry-unseen, merging-iterator/heap-is-ready), and overwrite
// their bytes at every call (merging-iterator/top-is-untouched).
for (const sourceCount of [1, 2, 3, 5, 13]) {
  describeInternalIterator(
    `MergingIterator of ${sourceCount}`,
    (sorted, readSequence, random) =>
      new MergingIterator(
        splitByAge(sorted, sourceCount, random).map(
          (part) => new ArrayIterator(part, readSequence, random),
        ),
        readSequence === ALL_VERSIONS ? 'all' : 'newest',
      ),
  );
}

class ArrayRuns implements RunList {
  readonly #runs: readonly (readonly Entry[])[];
  readonly #bounds: readonly (readonly [Uint8Array, Uint8Array, boolean])[];
  readonly #open: (run: readonly Entry[]) => InternalIterator;
  openIndex = -1;

  /** `upper[i]` closes run i exclusively, as a range tombstone does; undefined: its last key is its bound. */
  constructor(
    runs: readonly (readonly Entry[])[],
    bounds: readonly (readonly [Uint8Array, Uint8Array, boolean])[],
    open: (run: readonly Entry[]) => InternalIterator,
  ) {
    this.#runs = runs;
    this.#bounds = bounds;
    this.#open = open;
  }
  get count(): number {
    return this.#runs.length;
  }
  smallest(index: number): Uint8Array {
    return this.#bounds[index]![0];
  }
  largest(index: number): Uint8Array {
    return this.#bounds[index]![1];
  }
  isLargestExclusive(index: number): boolean {
    return this.#bounds[index]![2];
  }
  open(index: number): InternalIterator {
    expect(this.openIndex, 'concatenating-iterator/one-open-run: one run is open at a time').toBe(
      -1,
    );
    this.openIndex = index;
    return this.#open(this.#runs[index]!);
  }
  close(index: number): void {
    expect(index).toBe(this.openIndex);
    this.openIndex = -1;
  }
}

/**
 * Cuts sorted entries at user keys into runs (concatenating-iterator/runs-ascend); some runs are empty and bounded by
 * range tombstones alone.
 */
function splitByKey(
  sorted: readonly Entry[],
  random: Random,
  open: (run: readonly Entry[]) => InternalIterator,
): ArrayRuns {
  const runs: Entry[][] = [];
  const bounds: [Uint8Array, Uint8Array, boolean][] = [];
  for (const each of sorted) {
    const last = runs.at(-1)?.at(-1);
    const isNewKey = last === undefined || compareBytes(last.key, each.key) !== 0;
    if (isNewKey && last !== undefined && random.chance(0.2)) {
      const start = Uint8Array.from([...last.key, 0]);
      if (compareBytes(start, each.key) < 0) {
        runs.push([]);
        bounds.push([start, each.key, true]);
      }
    }
    const isCut =
      isNewKey && (runs.length === 0 || runs.at(-1)!.length === 0 || random.chance(0.2));
    if (isCut) {
      runs.push([each]);
      bounds.push([each.key, each.key, false]);
    } else {
      runs.at(-1)!.push(each);
      bounds.at(-1)![1] = each.key;
    }
  }
  return new ArrayRuns(runs, bounds, open);
}

describeInternalIterator('ConcatenatingIterator', (sorted, readSequence, random) => {
  const open = (run: readonly Entry[]): InternalIterator =>
    new ArrayIterator(run, readSequence, random);
  return new ConcatenatingIterator(splitByKey(sorted, random, open));
});

describeInternalIterator('MergingIterator of concatenations', (sorted, readSequence, random) => {
  const open = (run: readonly Entry[]): InternalIterator =>
    new ArrayIterator(run, readSequence, random);
  return new MergingIterator(
    splitByAge(sorted, 3, random).map(
      (part) => new ConcatenatingIterator(splitByKey(part, random, open)),
    ),
    readSequence === ALL_VERSIONS ? 'all' : 'newest',
  );
});

describe('ConcatenatingIterator', () => {
  it('leaves no run open after close (concatenating-iterator/one-open-run)', async () => {
    const runs = splitByKey(
      [entry('a', 1, 'x'), entry('b', 2, 'y'), entry('c', 3)],
      makeRandom(1),
      (run) => new ArrayIterator(run, 9),
    );
    const iterator = new ConcatenatingIterator(runs);
    expect((await collect(iterator, iterator.seekFirst(), 'next')).map(showEntry)).toEqual([
      'a@1=x',
      'b@2=y',
      'c@3!',
    ]);
    iterator.close();
    iterator.close();
    expect(runs.openIndex).toBe(-1);
  });
});

describe('MergingIterator', () => {
  it('throws the failure of a load and can be asked again (iterator/load-then-resume)', async () => {
    const random = makeRandom(5);
    const failing = new ArrayIterator([entry('a', 1, 'x')], 9, { ...random, chance: () => true });
    const other = new ArrayIterator([entry('b', 2, 'y')], 9, { ...random, chance: () => true });
    failing.load = () => Promise.reject(new Error('disk'));
    const iterator = new MergingIterator([failing, other], 'newest');
    iterator.seekFirst();
    await expect(iterator.load()).rejects.toThrow('disk');
    iterator.loadSync();
  });
});
