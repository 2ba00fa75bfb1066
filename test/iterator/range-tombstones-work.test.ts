/** What range tombstones cost, counted: four times as many cost about four times as much, whatever they cover. */
import { describe, expect, it } from 'vitest';
import { sliceOf } from '../../src/bytes/bytes.ts';
import { hashKey } from '../../src/bytes/hash.ts';
import { sequenceNumber } from '../../src/base/ids.ts';
import { EXHAUSTED, READY } from '../../src/iterator/internal-iterator.ts';
import { RangeTombstones } from '../../src/iterator/range-tombstones.ts';
import { TombstoneCursor } from '../../src/iterator/tombstone-cursor.ts';
import { VALUE } from '../../src/base/value-type.ts';
import { StripedTombstones } from '../../src/compaction/striped-tombstones.ts';
import { ShadowedIterator } from '../../src/iterator/shadowed-iterator.ts';
import { Memtable } from '../../src/memtable/memtable.ts';
import { WriteSet } from '../../src/txn/write-set.ts';
import { ArrayIterator, type Entry } from '../support/array-iterator.ts';
import { numberKey, RANGE_PATTERNS } from '../support/range-patterns.ts';

const COUNT = 1000;
/** Four times as many, and the logarithm has grown by a fifth: the square would be sixteen. */
const GROWTH_MAX = 6;

type Pattern = (typeof RANGE_PATTERNS)[string];

function filled(
  pattern: Pattern,
  count: number,
  onAdd?: (list: RangeTombstones) => void,
): RangeTombstones {
  const list = new RangeTombstones();
  for (let i = 0; i < count; i++) {
    const { from, to } = pattern(i, count);
    list.add(numberKey(from), numberKey(to), i + 1);
    onAdd?.(list);
  }
  return list;
}

function expectLinear(cost: (count: number) => number): void {
  const few = cost(COUNT);
  const many = cost(4 * COUNT);
  expect(many, `few=${few} many=${many}`).toBeLessThanOrEqual(GROWTH_MAX * Math.max(few, 100));
}

const CASES = Object.entries(RANGE_PATTERNS).map(([name, pattern]) => ({ name, pattern }));

describe.each(CASES)('range deletions $name', ({ pattern }) => {
  it('with a lookup after each cost O(log n) comparisons each', () => {
    expectLinear((count) => {
      const list = filled(pattern, count, (each) => {
        const key = numberKey(count / 2);
        each.newestCovering(key, 0, key.length, Infinity);
      });
      return list.comparedCount;
    });
  });

  it('take O(n) memory, with all that lookups at every sequence add (tombstone-map/few-boundaries)', () => {
    expectLinear((count) => {
      const list = filled(pattern, count);
      const key = numberKey(count / 2);
      for (let i = 0; i <= count; i++) list.newestCovering(key, 0, key.length, i);
      return list.memoryBytes;
    });
    expect(filled(pattern, COUNT).memoryBytes).toBeLessThan(COUNT * 150);
  });

  it('are asked at old sequences for few comparisons each', () => {
    expectLinear((count) => {
      const list = filled(pattern, count);
      for (let i = 0; i <= count; i++) {
        const key = numberKey((i * 7) % count);
        list.newestCovering(key, 0, key.length, i);
      }
      return list.comparedCount;
    });
  });

  it('are validated against for few comparisons each', () => {
    expectLinear((count) => {
      const list = filled(pattern, count);
      for (let i = 0; i < count; i++) {
        list.wasAnyDeletedSince(numberKey(i), numberKey(i + 3), i);
        list.wasAnyDeletedSince(numberKey(10 ** 9), undefined, i);
      }
      return list.comparedCount;
    });
  });

  it('are kept as at most two pieces each by a flush, whatever snapshots live', () => {
    for (const every of [Infinity, 100, 1]) {
      const snapshots = Array.from({ length: COUNT }, (_, i) => i + 1).filter(
        (sequence) => sequence % every === 0,
      );
      const kept = new StripedTombstones(filled(pattern, COUNT), snapshots, undefined).kept();
      expect(kept.length).toBeLessThanOrEqual(2 * COUNT);
    }
    expectLinear((count) => {
      const list = filled(pattern, count);
      return new StripedTombstones(list, [], undefined).kept().length + list.comparedCount;
    });
  });

  it('are passed by a scan once', () => {
    expectLinear((count) => {
      const list = filled(pattern, count);
      const cursor = TombstoneCursor.over([{ tombstones: list, readSequence: Infinity }]);
      for (let i = 0; i < 2 * count; i++) {
        const key = numberKey(i);
        cursor?.newestCovering(key, 0, key.length);
      }
      return list.comparedCount;
    });
  });

  it('are recovered into a memtable, and read by its flush, in linear work', () => {
    expectLinear((count) => {
      const memtable = Memtable.create({
        capacityBytes: 4 * 1024 * 1024,
        baseSequence: sequenceNumber(0),
      });
      for (let i = 0; i < count; i++) {
        const { from, to } = pattern(i, count);
        memtable.deleteRange(sequenceNumber(i + 1), numberKey(from), numberKey(to));
      }
      const attached = Memtable.attach(memtable.shared()).rangeTombstones;
      const kept = new StripedTombstones(attached, [], undefined).kept();
      return memtable.rangeTombstones.comparedCount + attached.comparedCount + kept.length;
    });
  });

  it('in a transaction, with a put before each, cost O(log n) each until its commit', () => {
    expectLinear((count) => {
      const writes = new WriteSet();
      let compared = 0;
      for (let i = 0; i < count; i++) {
        const { from, to } = pattern(i, count);
        const key = numberKey(from);
        writes.write(VALUE, hashKey(key, 0, key.length), sliceOf(key), sliceOf(key));
        writes.deleteRange(key, numberKey(to));
        expect(writes.sizeBytes).toBeGreaterThan(0);
        if (i % 10 !== 9) continue;
        const mark = writes.mark();
        writes.deleteRange(key, numberKey(to));
        writes.rollbackTo(mark);
      }
      expect(writes.countOperations()).toBeLessThanOrEqual(2 * count);
      compared += writes.tombstones?.comparedCount ?? 0;
      return compared;
    });
  });
});

describe('a scan of a source under a newer range deletion', () => {
  it.each([0, 5_000])('seeks past what it covers, with %i rows outside', (outsideCount) => {
    let stepCount = 0;
    class Counted extends ArrayIterator {
      override next(): ReturnType<ArrayIterator['next']> {
        stepCount++;
        return super.next();
      }
      override prev(): ReturnType<ArrayIterator['prev']> {
        stepCount++;
        return super.prev();
      }
    }
    const total = 20_000;
    const entries = Array.from({ length: total + outsideCount }, (_, i): Entry => {
      return { key: numberKey(i), sequence: 1, type: VALUE, value: numberKey(i) };
    });
    const list = new RangeTombstones();
    list.add(numberKey(0), numberKey(total), 2);
    const make = (): ShadowedIterator => {
      const cursor = TombstoneCursor.over([{ tombstones: list, readSequence: 9 }]);
      const source = new Counted(entries, 9);
      return new ShadowedIterator(source, cursor!); // there is a tombstone
    };
    const isShown = outsideCount > 0 ? READY : EXHAUSTED;
    expect(make().seekFirst()).toBe(isShown);
    expect(make().seekAtLeast(numberKey(7))).toBe(isShown);
    expect(make().seekBelow(numberKey(total))).toBe(EXHAUSTED);
    expect(stepCount).toBeLessThan(60);
  });
});
