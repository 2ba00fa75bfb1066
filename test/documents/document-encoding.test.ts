/** The stored form of documents: what comes back, and what is refused. */
import { describe, expect, it } from 'vitest';
import {
  decodeDocument,
  encodeDocument,
  versionOf,
} from '../../src/documents/document-encoding.ts';
import { compareValues, isIndexable, textAfterPrefix } from '../../src/documents/values.ts';
import { TupleEncoder } from '../../src/bytes/tuple.ts';
import { makeRandom } from '../support/prng.ts';
import { randomFields, randomValue } from './random-documents.ts';

const back = (value: unknown): unknown => decodeDocument(encodeDocument(value, 3)).document;

describe('a document', () => {
  it('comes back as it was (document-encoding/back)', () => {
    const document = {
      text: 'a"\\ud800\u{1f600}',
      n: [0, -1.5, 1e300, null, true],
      at: new Date(5),
      bytes: Uint8Array.of(0, 255),
      big: [-(2n ** 70n)],
      $date: 1,
      $$: { $bigint: '1', $x: 2n },
      nested: { deep: [{ at: new Date(-1) }] },
    };
    expect(back(document)).toEqual(document);
    const random = makeRandom(7);
    for (let i = 0; i < 2000; i++) {
      const fields = randomFields(random);
      expect(back(fields)).toEqual(fields);
    }
  });

  it('is text, with its version, and with tags where JSON lacks a type', () => {
    const text = (value: unknown): string => Buffer.from(encodeDocument(value, 12)).toString();
    expect(text({ a: 1, $b: 2 })).toBe('12 {"a":1,"$b":2}');
    expect(text({ a: new Date(5), $b: 2n })).toBe('12t {"a":{"$date":5},"$$b":{"$bigint":"2"}}');
    expect(versionOf(encodeDocument({}, 12))).toBe(12);
    for (const bytes of ['', '{}', '1', 'x {}', '1t {"a":{"$no":1}}', '1 {']) {
      expect(() => decodeDocument(Buffer.from(bytes)), bytes).toThrow(SyntaxError);
    }
  });

  it('changes in four ways alone (document-encoding/back)', () => {
    const bare = Object.assign(Object.create(null) as object, { a: 1 });
    const found = back({ gone: undefined, zero: -0, buffer: Buffer.of(1), bare }) as object;
    expect(found).toStrictEqual({ zero: 0, buffer: Uint8Array.of(1), bare: { a: 1 } });
  });

  class Point {
    x = 1;
  }
  const hole: unknown[] = [1];
  hole.length = 2;
  const circle: Record<string, unknown> = {};
  circle['again'] = circle;

  it.each<[string, unknown]>([
    ['a.b', { a: { b: NaN } }],
    ['a', { a: Infinity }],
    ['a[1]', { a: [1, undefined] }],
    ['a[1]', { a: hole }],
    ['a', { a: () => 1 }],
    ['a', { a: Symbol('s') }],
    ['a', { a: new Point() }],
    ['a', { a: new Map() }],
    ['a', { a: new Float32Array(1) }],
    ['a', { a: new Date(NaN) }],
    ['a', { a: '\ud800' }],
    ['a[0].b', { a: [{ b: 'x\udfff' }] }],
    ['(document)', { ['\ud800']: 1 }],
    ['a', { a: { [Symbol('s')]: 1 } }],
    ['again', circle],
    ['(document)', JSON.parse('{"__proto__": 1}')],
  ])('is refused by the path %s of what could not come back: case %#', (path, value) => {
    let error: unknown;
    try {
      encodeDocument(value, 1);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({ code: 'INVALID_DOCUMENT' });
    expect((error as Error).message).toContain(`path=${path}`);
  });
});

describe('the order of values', () => {
  it('is that of their tuples (values/tuple-order)', () => {
    const random = makeRandom(11);
    const encoder = new TupleEncoder();
    for (let i = 0; i < 20_000; i++) {
      const [a, b] = [randomValue(random), randomValue(random)];
      const expected = Buffer.compare(encoder.encode([a]), encoder.encode([b]));
      expect(Math.sign(compareValues(a, b)), `${String(a)} ${String(b)}`).toBe(expected);
      expect(isIndexable(a)).toBe(true);
    }
  });

  it('has objects last, by their properties in any order', () => {
    expect(compareValues({ a: 1, b: 2 }, { b: 2, a: 1 })).toBe(0);
    expect(compareValues({ a: 1 }, { a: 1, b: 0 })).toBeLessThan(0);
    expect(compareValues({}, new Date(0))).toBeGreaterThan(0);
    expect(compareValues({ a: undefined }, {})).toBe(0);
    expect(isIndexable([{ a: 1 }])).toBe(false);
  });

  it('knows the text behind a prefix', () => {
    expect(textAfterPrefix('ab')).toBe('ac');
    expect(textAfterPrefix('a\u{10ffff}')).toBe('b');
    expect(textAfterPrefix('\ud7ff')).toBe('\ue000');
    expect(textAfterPrefix('\u{10ffff}')).toBeUndefined();
    expect(textAfterPrefix('')).toBeUndefined();
  });
});
