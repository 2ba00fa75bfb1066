/** The tuple encoding against an oracle: the order of values, told by comparing values. */
import { describe, expect, it } from 'vitest';

import { InvalidArgumentError } from '../../src/base/errors.ts';
import { compareBytes } from '../../src/bytes/bytes.ts';
import {
  BIGINT_SIZE_BYTES_MAX,
  decodeTuple,
  NESTING_MAX,
  type Tuple,
  type TupleElement,
  TupleEncoder,
  tuplePrefixEnd,
} from '../../src/bytes/tuple.ts';
import { hexExample } from '../support/doc-hex.ts';
import { makeRandom, type Random } from '../support/prng.ts';
import { BIGINTS, NUMBERS, randomElement, randomTuple } from '../support/random-tuple.ts';

const encoder = new TupleEncoder();
const encode = (tuple: unknown): Uint8Array => encoder.encode(tuple);
const decode = (bytes: Uint8Array): TupleElement[] => decodeTuple(bytes, 0, bytes.length);

const CLASSES = ['null', 'bytes', 'text', 'array', 'number', 'false', 'true', 'date'];

function classOf(element: TupleElement): number {
  if (element === null) return 0;
  if (element instanceof Uint8Array) return 1;
  if (typeof element === 'string') return 2;
  if (Array.isArray(element)) return 3;
  if (typeof element === 'number' || typeof element === 'bigint') return 4;
  if (typeof element === 'boolean') return element ? 6 : 5;
  return 7;
}

function compareElements(a: TupleElement, b: TupleElement): number {
  const classes = classOf(a) - classOf(b);
  if (classes !== 0) return classes;
  if (a instanceof Uint8Array) return compareBytes(a, b as Uint8Array);
  if (typeof a === 'string') return compareText(a, b as string);
  if (Array.isArray(a)) return compareTuples(a as Tuple, b as Tuple);
  if (a instanceof Date) return a.getTime() - (b as Date).getTime();
  if (typeof a === 'number' || typeof a === 'bigint')
    return compareNumbers(a, b as number | bigint);
  return 0;
}

/** By value, which the language compares exactly; an equal bigint lies further from zero. */
function compareNumbers(a: number | bigint, b: number | bigint): number {
  if (a < b) return -1;
  if (a > b) return 1;
  if (typeof a === typeof b) return 0;
  return (typeof a === 'number') === a >= 0 ? -1 : 1;
}

function compareText(a: string, b: string): number {
  const [left, right] = [[...a], [...b]];
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const order = left[i]!.codePointAt(0)! - right[i]!.codePointAt(0)!;
    if (order !== 0) return order;
  }
  return left.length - right.length;
}

function compareTuples(a: Tuple, b: Tuple): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const order = compareElements(a[i]!, b[i]!);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

function withZero(bytes: Uint8Array): Uint8Array {
  return Uint8Array.of(...bytes, 0);
}

describe('a tuple', () => {
  it('has bytes in the order of its elements, and comes back (tuple/order, tuple/back)', () => {
    for (let seed = 1; seed <= 4000; seed++) {
      const random = makeRandom(seed);
      const a = randomTuple(random);
      const b = random.chance(0.5) ? randomTuple(random) : [...a, randomElement(random, 0)];
      if (random.chance(0.3) && b.length > 0) b[random.below(b.length)] = randomElement(random, 0);
      const [left, right] = [encode(a), encode(b)];
      expect(decode(left), `seed=${seed}`).toEqual(a);
      expect(decode(right), `seed=${seed}`).toEqual(b);
      const order = Math.sign(compareBytes(left, right));
      expect(order, `seed=${seed}`).toBe(Math.sign(compareTuples(a, b)));
    }
  });

  it('has every number, beside every other, by value (tuple/order)', () => {
    const all = [...NUMBERS, ...BIGINTS].map((value) => ({ value, bytes: encode([value]) }));
    for (const a of all) {
      for (const b of all) {
        const order = Math.sign(compareBytes(a.bytes, b.bytes));
        expect([a.value, b.value, order]).toEqual([
          a.value,
          b.value,
          Math.sign(compareNumbers(a.value, b.value)),
        ]);
      }
    }
  });

  it('has its extensions from its bytes up to its bytes and ff, and nothing else (tuple/prefix)', () => {
    const tails = ['\0', '\0b', '\0\0', 'b'];
    let escapedCount = 0;
    for (let seed = 1; seed <= 4000; seed++) {
      const random = makeRandom(seed);
      const a = randomTuple(random);
      const b = random.chance(0.5) ? [...a, ...randomTuple(random)] : randomTuple(random);
      const last = a.at(-1);
      // Elements whose bytes begin with those of the last one.
      if (typeof last === 'string')
        b.splice(0, Infinity, ...a.slice(0, -1), last + random.pick(tails));
      else if (Array.isArray(last))
        b.splice(0, Infinity, ...a.slice(0, -1), [...(last as TupleElement[]), null]);
      else if (last instanceof Uint8Array) b.splice(0, Infinity, ...a.slice(0, -1), withZero(last));
      const isExtension = compareTuples(a, b.slice(0, a.length)) === 0;
      const [prefix, bytes] = [encode(a), encode(b)];
      const isInside =
        compareBytes(prefix, bytes) <= 0 && compareBytes(bytes, tuplePrefixEnd(prefix)) < 0;
      expect(isInside, `seed=${seed}`).toBe(isExtension);
      const isPrefix = compareBytes(prefix, bytes.slice(0, prefix.length)) === 0;
      if (isPrefix && !isExtension) escapedCount++;
    }
    expect(escapedCount).toBeGreaterThan(100);
  });

  it('orders its types', () => {
    const one: TupleElement[] = [null, new Uint8Array(), '', [], 0, false, true, new Date(0)];
    expect(one.map(classOf).map((index) => CLASSES[index])).toEqual(CLASSES);
    const sorted = one.map((element) => encode([element])).sort(compareBytes);
    expect(sorted.map((bytes) => decode(bytes)[0])).toEqual(one);
  });

  it('takes -0 for 0, and gives bytes and dates of its own (tuple/back)', () => {
    expect(decode(encode([-0]))).toEqual([0]);
    const bytes = Buffer.from('ab');
    const [plain] = decode(encode([bytes])) as [Uint8Array];
    expect(plain.constructor).toBe(Uint8Array);
    expect(plain).toEqual(Uint8Array.from(bytes));
  });

  it.each([
    undefined,
    NaN,
    new Date(NaN),
    'a\ud800',
    '\udc00',
    {},
    new Map(),
    () => 1,
    Symbol('x'),
    new Float64Array(1),
    2n ** BigInt(8 * BIGINT_SIZE_BYTES_MAX),
    Array.from({ length: 1 }),
  ])('refuses an element like %s (tuple/refuses)', (element) => {
    expect(() => encode(['a', element])).toThrow(InvalidArgumentError);
    expect(() => encode(['a', [element]])).toThrow(InvalidArgumentError);
    expect(decode(encode(['b']))).toEqual(['b']); // the encoder goes on
  });

  it('refuses what is no array, and arrays too deep (tuple/refuses)', () => {
    for (const value of ['a', null, undefined, 1, { length: 0 }]) {
      expect(() => encode(value)).toThrow(InvalidArgumentError);
    }
    let nested: TupleElement = [];
    for (let i = 1; i < NESTING_MAX; i++) nested = [nested];
    expect(decode(encode([nested]))).toEqual([nested]);
    expect(() => encode([[nested]])).toThrow('nested');
  });

  it('is encoded as the examples of docs/formats/tuple.md', () => {
    const tuple = ['alice', 17, -0.5, [null, true], 2n ** 64n];
    const bytes = hexExample('tuple.md', 'tuple');
    expect(Buffer.from(encode(tuple)).toString('hex')).toBe(Buffer.from(bytes).toString('hex'));
    expect(decode(bytes)).toEqual(tuple);
  });

  it('is refused when its bytes were never encoded, and otherwise encodes to the same bytes', () => {
    let refusedCount = 0;
    for (let seed = 1; seed <= 6000; seed++) {
      const random = makeRandom(seed);
      const bytes = random.chance(0.5)
        ? random.bytes(1 + random.below(12))
        : damaged(random, encode(randomTuple(random)));
      let tuple: TupleElement[];
      try {
        tuple = decode(bytes);
      } catch (error) {
        expect(error, `seed=${seed}`).toBeInstanceOf(SyntaxError);
        refusedCount++;
        continue;
      }
      expect(Buffer.from(encode(tuple)).toString('hex'), `seed=${seed}`).toBe(
        Buffer.from(bytes).toString('hex'),
      );
    }
    expect(refusedCount).toBeGreaterThan(1000);
  });
});

function damaged(random: Random, bytes: Uint8Array): Uint8Array {
  if (bytes.length === 0) return bytes;
  const copy = random.chance(0.5) ? bytes.slice(0, random.below(bytes.length)) : bytes.slice();
  if (copy.length > 0) copy[random.below(copy.length)]! ^= 1 << random.below(8);
  return copy;
}
