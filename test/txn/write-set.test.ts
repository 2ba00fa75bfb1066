/** A transaction's own writes against a plain map, and its reads against a plain list. */
import { describe, expect, it } from 'vitest';
import { sliceOf } from '../../src/bytes/bytes.ts';
import { hashKey } from '../../src/bytes/hash.ts';
import { EXHAUSTED } from '../../src/iterator/internal-iterator.ts';
import { DELETION, VALUE } from '../../src/base/value-type.ts';
import { NO_SLOT } from '../../src/txn/key-table.ts';
import { ReadSet } from '../../src/txn/read-set.ts';
import { WriteSetIterator } from '../../src/txn/write-set-iterator.ts';
import { WriteSet } from '../../src/txn/write-set.ts';
import { makeRandom } from '../support/prng.ts';

const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'));
const text = (view: Uint8Array): string => Buffer.from(view).toString('latin1');

function write(writes: WriteSet, key: string, value: string | undefined): void {
  const k = bytes(key);
  const v = bytes(value ?? '');
  const type = value === undefined ? DELETION : VALUE;
  writes.write(type, hashKey(k, 0, k.length), sliceOf(k), sliceOf(v));
}

function slotOf(writes: WriteSet, key: string): number {
  const k = bytes(key);
  return writes.find(hashKey(k, 0, k.length), k, 0, k.length);
}

function valueAt(writes: WriteSet, slot: number): string | undefined {
  if (writes.typeOf(slot) === DELETION) return undefined;
  return text(writes.bytes.slice(writes.valueStart(slot), writes.valueEnd(slot)));
}

/** The same keys as disjoint ranges that do not adjoin. */
function joined(ranges: readonly [string, string][]): [string, string][] {
  const result: [string, string][] = [];
  for (const [start, end] of ranges.toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    const last = result.at(-1);
    if (last === undefined || start > last[1]) result.push([start, end]);
    else if (end > last[1]) last[1] = end;
  }
  return result;
}

describe('WriteSet', () => {
  it.each([3, 12, 400])(
    'answers as a map does, with %i keys (write-set/one-slot, write-set/live-slots)',
    (keyCount) => {
      for (let seed = 1; seed <= 10; seed++) {
        const random = makeRandom(seed);
        const writes = new WriteSet();
        const model = new Map<string, string | undefined>();
        const ranges: [string, string][] = [];
        const keyAt = (i: number): string => `key${String(i).padStart(4, '0')}`;
        for (let step = 0; step < 600; step++) {
          const key = keyAt(random.below(keyCount));
          const kind = random.below(20);
          if (kind === 0) {
            const end = keyAt(random.below(keyCount));
            writes.deleteRange(bytes(key), bytes(end));
            if (key >= end) continue;
            ranges.push([key, end]);
            for (const each of [...model.keys()]) if (each >= key && each < end) model.delete(each);
          } else {
            const value = kind < 6 ? undefined : 'v'.repeat(random.below(40)) + step;
            write(writes, key, value);
            model.set(key, value);
          }
          const asked = keyAt(random.below(keyCount));
          const slot = slotOf(writes, asked);
          expect([seed, step, slot !== NO_SLOT]).toEqual([seed, step, model.has(asked)]);
          if (slot !== NO_SLOT) expect(valueAt(writes, slot)).toBe(model.get(asked));
          const isCovered = ranges.some(([from, to]) => from <= asked && asked < to);
          expect(writes.isRangeDeleted(bytes(asked), 0, asked.length)).toBe(isCovered);
        }
        expect(writes.countOperations()).toBe(model.size + joined(ranges).length);
        const deleted = writes.deletedRanges().map(({ start, end }) => [text(start), text(end)]);
        expect(deleted).toEqual(joined(ranges));
        const ordered = [...writes.orderedSlots()].map((each) => text(writes.keyOf(each)));
        expect(ordered).toEqual([...model.keys()].sort());
      }
    },
  );

  it('starts over empty after clear(), with nothing of its last user', () => {
    const writes = new WriteSet();
    for (let i = 0; i < 300; i++) write(writes, `k${i}`, 'v'.repeat(i));
    writes.deleteRange(bytes('a'), bytes('z'));
    writes.clear();
    expect([writes.isEmpty, writes.countOperations(), writes.slotCount]).toEqual([true, 0, 0]);
    expect(slotOf(writes, 'k1')).toBe(NO_SLOT);
    expect(writes.isRangeDeleted(bytes('k1'), 0, 2)).toBe(false);
    write(writes, 'k1', 'new');
    expect(valueAt(writes, slotOf(writes, 'k1'))).toBe('new');
    expect(writes.countOperations()).toBe(1);
  });

  it('an empty range deletes nothing and is no operation', () => {
    const writes = new WriteSet();
    writes.deleteRange(bytes('b'), bytes('b'));
    writes.deleteRange(bytes('c'), bytes('b'));
    expect(writes.isEmpty).toBe(true);
  });

  it('its iterator seeks to either side of any key and steps both ways', () => {
    const writes = new WriteSet();
    for (const key of ['b', 'd', 'f', '']) write(writes, key, key);
    write(writes, 'd', undefined);
    const cursor = new WriteSetIterator(writes);
    const here = (): string => text(cursor.key.slice(cursor.keyStart, cursor.keyEnd));
    const seek = (step: number): string => (step === EXHAUSTED ? 'end' : here());
    expect(seek(cursor.seekFirst())).toBe('');
    expect(seek(cursor.seekAtLeast(bytes('c')))).toBe('d');
    expect(cursor.type).toBe(DELETION);
    expect(seek(cursor.next())).toBe('f');
    expect(seek(cursor.next())).toBe('end');
    expect(seek(cursor.seekBelow(bytes('d')))).toBe('b');
    expect(seek(cursor.prev())).toBe('');
    expect(seek(cursor.prev())).toBe('end');
    expect(seek(cursor.seekLast())).toBe('f');
    expect(seek(cursor.seekAtLeast(bytes('g')))).toBe('end');
  });
});

describe('ReadSet', () => {
  const rangesOf = (reads: ReadSet): [string | undefined, string | undefined][] =>
    [...reads.ranges()].map(({ lower, upper }) => [
      lower === undefined ? undefined : text(lower),
      upper === undefined ? undefined : text(upper),
    ]);

  it('counts a scan up to its last row, and to its bound once it has ended (read-set/delivered-rows)', () => {
    const reads = new ReadSet();
    const forward = reads.addScan({ lower: bytes('b'), upper: bytes('x') }, false);
    expect(rangesOf(reads)).toEqual([]);
    forward.positioned(bytes('b'));
    expect(rangesOf(reads)).toEqual([]);
    forward.took(bytes('..c..'), 2, 3);
    expect(rangesOf(reads)).toEqual([['b', 'c\0']]);
    forward.exhausted();
    expect(rangesOf(reads)).toEqual([['b', 'x']]);
  });

  it('counts backward scans and every part between seeks (read-set/delivered-rows)', () => {
    const reads = new ReadSet();
    const backward = reads.addScan({ lower: undefined, upper: undefined }, true);
    backward.positioned(undefined);
    backward.took(bytes('m'), 0, 1);
    backward.positioned(bytes('f\0'));
    backward.took(bytes('e'), 0, 1);
    expect(rangesOf(reads)).toEqual([
      ['m', undefined],
      ['e', 'f\0'],
    ]);
    backward.exhausted();
    expect(rangesOf(reads)).toEqual([
      ['m', undefined],
      [undefined, 'f\0'],
    ]);
  });

  it('past its budget holds one range that covers every key read (read-set/bounded)', () => {
    const reads = new ReadSet();
    const stem = 'k'.repeat(60_000);
    for (let i = 0; i < 200; i++) {
      const key = bytes(`${stem}${String(i).padStart(3, '0')}`);
      reads.addKey(hashKey(key, 0, key.length), key, 0, key.length);
    }
    const [range] = rangesOf(reads);
    expect(range, 'reads were exchanged for a range').toBeDefined();
    const kept = Array.from({ length: reads.keys.count }, (_, slot) =>
      text(reads.keys.keyOf(slot)),
    );
    for (let i = 0; i < 200; i++) {
      const key = `${stem}${String(i).padStart(3, '0')}`;
      const isInRange = range![0]! <= key && key < range![1]!; // closed by keys on both sides
      expect(isInRange || kept.includes(key)).toBe(true);
    }
    reads.clear();
    expect([rangesOf(reads), reads.keys.count]).toEqual([[], 0]);
  });

  it('past its budget of scans holds one range that covers the bounds of all (read-set/bounded)', () => {
    const reads = new ReadSet();
    for (let i = 0; i < 5000; i++) {
      const lower = bytes(`k${String(i).padStart(5, '0')}`);
      const scan = reads.addScan({ lower, upper: bytes('l') }, false);
      scan.positioned(lower);
      scan.took(lower, 0, lower.length);
    }
    expect(rangesOf(reads)[0]).toEqual(['k00000', 'l']);
    expect(rangesOf(reads).length).toBeLessThan(5000);
  });
});
