/**
 * Ranges of keys, each question held against the keys themselves.
 *
 * Bounds are taken from a few keys, and the keys that are counted lie at and around them, so that two ranges share a key
 * exactly when they share one of those.
 */
import { describe, expect, it } from 'vitest';
import { compareBytes } from '../../src/bytes/bytes.ts';
import {
  ALL_KEYS,
  type BoundedRange,
  doBoundsOverlap,
  doRangesOverlap,
  doRangesTouch,
  endsBelow,
  firstNotBelow,
  holdsKey,
  hullOf,
  hullOfRanges,
  isAround,
  isInRange,
  type KeyBounds,
  type KeyRange,
  overlappingInOrder,
  nonEmpty,
  overlapsRange,
  rangeOf,
  startsAbove,
} from '../../src/bytes/key-range.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text, 'latin1');
const ENDS = ['b', 'd', 'f'].map(bytes);
const KEYS = ['', 'a', 'b', 'b\0', 'c', 'd', 'd\0', 'e', 'f', 'f\0', 'g'].map(bytes);

const SPANS: BoundedRange[] = ENDS.flatMap((start, i) =>
  ENDS.slice(i + 1).map((end) => ({ start, end })),
);
const RANGES: KeyRange[] = [
  ALL_KEYS,
  ...ENDS.flatMap((lower) => [
    { lower, upper: undefined },
    { lower: undefined, upper: lower },
  ]),
  ...SPANS.map(({ start, end }) => ({ lower: start, upper: end })),
];
const BOUNDS: KeyBounds[] = ENDS.flatMap((smallest, i) =>
  ENDS.slice(i).flatMap((largest) => [
    { smallest, largest, isLargestExclusive: false },
    ...(smallest === largest ? [] : [{ smallest, largest, isLargestExclusive: true }]),
  ]),
);

const inSpan = ({ start, end }: BoundedRange): Set<Uint8Array> =>
  new Set(KEYS.filter((key) => compareBytes(start, key) <= 0 && compareBytes(key, end) < 0));
const inRange = ({ lower, upper }: KeyRange): Set<Uint8Array> =>
  new Set(
    KEYS.filter(
      (key) =>
        (lower === undefined || compareBytes(lower, key) <= 0) &&
        (upper === undefined || compareBytes(key, upper) < 0),
    ),
  );
const inBounds = ({ smallest, largest, isLargestExclusive }: KeyBounds): Set<Uint8Array> =>
  new Set(
    KEYS.filter((key) => {
      const order = compareBytes(key, largest);
      return compareBytes(smallest, key) <= 0 && (isLargestExclusive ? order < 0 : order <= 0);
    }),
  );
const doMeet = (a: Set<Uint8Array>, b: Set<Uint8Array>): boolean =>
  [...a].some((key) => b.has(key));
const show = (value: unknown): string =>
  JSON.stringify(value, (_, each: unknown) =>
    each instanceof Uint8Array ? Buffer.from(each).toString('latin1') : each,
  );

describe('ranges with both ends', () => {
  it('hold, contain, meet and touch as their keys say', () => {
    for (const a of SPANS) {
      const keysOfA = inSpan(a);
      for (const key of KEYS) expect(isInRange(a, key), show([a, key])).toBe(keysOfA.has(key));
      for (const b of SPANS) {
        const keysOfB = inSpan(b);
        expect(doRangesOverlap(a, b), show([a, b])).toBe(doMeet(keysOfA, keysOfB));
        expect(isAround(a, b), show([a, b])).toBe([...keysOfB].every((key) => keysOfA.has(key)));
        const isNext = compareBytes(a.end, b.start) === 0 || compareBytes(b.end, a.start) === 0;
        expect(doRangesTouch(a, b), show([a, b])).toBe(isNext || doMeet(keysOfA, keysOfB));
      }
    }
  });
});

describe('ranges with open bounds', () => {
  it('have a hull that holds the keys of both and begins and ends with one of them', () => {
    for (const a of RANGES) {
      expect(hullOfRanges(undefined, a)).toBe(a);
      for (const b of RANGES) {
        const hull = hullOfRanges(a, b);
        const keys = inRange(hull);
        for (const key of [...inRange(a), ...inRange(b)]) expect(keys.has(key)).toBe(true);
        expect([a.lower, b.lower]).toContain(hull.lower);
        expect([a.upper, b.upper]).toContain(hull.upper);
      }
    }
  });
});

describe('nonEmpty()', () => {
  it('has no answer for a range without a key', () => {
    for (const start of ENDS) {
      for (const end of ENDS) {
        const range = { start, end };
        expect(nonEmpty(range)).toBe(Buffer.compare(start, end) < 0 ? range : undefined);
      }
    }
  });
});

describe('bounds of tables', () => {
  it('hold, end and begin as their keys say', () => {
    for (const bounds of BOUNDS) {
      const keys = inBounds(bounds);
      expect(inRange(rangeOf(bounds)), show(bounds)).toEqual(keys);
      for (const key of KEYS) {
        const padded = Buffer.concat([bytes('x'), key, bytes('y')]);
        const isBelow = [...keys].every((each) => compareBytes(each, key) < 0);
        expect(holdsKey(bounds, key), show([bounds, key])).toBe(keys.has(key));
        expect(holdsKey(bounds, padded, 1, padded.length - 1)).toBe(keys.has(key));
        expect(endsBelow(bounds, key), show([bounds, key])).toBe(isBelow);
        expect(endsBelow(bounds, padded, 1, padded.length - 1)).toBe(isBelow);
      }
    }
  });

  it('meet ranges and each other as their keys say', () => {
    for (const bounds of BOUNDS) {
      const keys = inBounds(bounds);
      for (const range of RANGES) {
        const { upper } = range;
        const isAbove =
          upper !== undefined && [...keys].every((key) => compareBytes(key, upper) >= 0);
        expect(overlapsRange(bounds, range), show([bounds, range])).toBe(
          doMeet(keys, inRange(range)),
        );
        expect(startsAbove(bounds, range), show([bounds, range])).toBe(isAbove);
      }
      for (const other of BOUNDS) {
        expect(doBoundsOverlap(bounds, other), show([bounds, other])).toBe(
          doMeet(keys, inBounds(other)),
        );
        const hull = hullOf([bounds, other])!; // of two
        const union = [...keys, ...inBounds(other)];
        expect([union.every((key) => inBounds(hull).has(key)), hullOf([])]).toEqual([
          true,
          undefined,
        ]);
        expect(union.some((key) => compareBytes(key, hull.smallest) === 0)).toBe(true);
      }
    }
  });

  it('are found in order', () => {
    const rows: KeyBounds[] = [
      { smallest: bytes('b'), largest: bytes('c'), isLargestExclusive: true },
      { smallest: bytes('c'), largest: bytes('d'), isLargestExclusive: false },
      { smallest: bytes('e'), largest: bytes('f'), isLargestExclusive: false },
    ];
    for (const key of KEYS) {
      const expected = rows.findIndex((row) => !endsBelow(row, key));
      expect(firstNotBelow(rows, key)).toBe(expected < 0 ? rows.length : expected);
    }
    for (const bounds of BOUNDS) {
      const expected = rows.filter((row) => doBoundsOverlap(row, bounds));
      expect(overlappingInOrder(rows, bounds), show(bounds)).toEqual(expected);
    }
    expect(overlappingInOrder(rows, undefined)).toEqual([]);
  });
});
