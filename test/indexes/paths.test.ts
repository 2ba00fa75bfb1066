/** Paths into the value of a row, and the tuples that they give. */
import { describe, expect, it } from 'vitest';
import { InvalidArgumentError } from '../../src/base/errors.ts';
import { parsePaths, tuplesAt } from '../../src/indexes/paths.ts';

const at = (paths: readonly string[], value: unknown): unknown[][] =>
  tuplesAt(parsePaths(paths), value);

describe('paths', () => {
  it('name properties, and properties of properties', () => {
    expect(at(['a', 'b.c'], { a: 1, b: { c: 'x' } })).toEqual([[1, 'x']]);
  });

  it('take what is missing for null, and leave out what has nothing (paths/missing-is-null)', () => {
    expect(at(['a', 'b'], { b: 2 })).toEqual([[null, 2]]);
    expect(at(['a', 'b.c'], { a: 1, b: 'text' })).toEqual([[1, null]]);
    expect(at(['a', 'b'], { c: 3 })).toEqual([]);
    expect(at(['a'], { a: null })).toEqual([[null]]);
    for (const value of [undefined, null, 5, 'text']) expect(at(['a'], value)).toEqual([]);
  });

  it('go through one array: a tuple for each element (paths/one-array)', () => {
    expect(at(['tags[]'], { tags: ['a', 'b'] })).toEqual([['a'], ['b']]);
    expect(at(['x', 'items[].sku'], { x: 7, items: [{ sku: 1 }, {}, { sku: 2 }] })).toEqual([
      [7, 1],
      [7, null],
      [7, 2],
    ]);
    expect(at(['x', 'tags[]'], { x: 7, tags: ['a'] })).toEqual([[7, 'a']]);
    for (const value of [{ tags: [] }, {}, { tags: null }]) {
      expect(at(['tags[]'], value)).toEqual([]);
      expect(at(['x', 'tags[]'], { ...value, x: 1 })).toEqual([]);
    }
    expect(() => parsePaths(['a[]', 'b[].c'])).toThrow(InvalidArgumentError);
    expect(() => parsePaths(['a[].b[]'])).toThrow(InvalidArgumentError);
    expect(() => at(['tags[]'], { tags: 'a' })).toThrow(InvalidArgumentError);
  });

  it('lead into no prototype (paths/own-properties)', () => {
    expect(at(['constructor.name'], {})).toEqual([]);
    expect(at(['toString'], {})).toEqual([]);
    expect(at(['__proto__'], JSON.parse('{"__proto__":1}'))).toEqual([[1]]);
  });

  it.each(['', '.', 'a.', '.a', '[]', 'a[0]', 'a[].', 'a[]b'])('refuse %j', (path) => {
    expect(() => parsePaths([path])).toThrow(InvalidArgumentError);
  });
});
