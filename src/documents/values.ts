/**
 * The order of the values of documents.
 *
 * Owns: the one total order by which conditions compare, results are sorted and pages go on. It is that of tuples, in which
 * an index keeps its entries, with objects behind all else.
 *
 *      null < bytes < text < arrays < numbers and bigints < false < true < dates < objects
 *
 * Invariants:
 *   values/tuple-order: two values that an index can hold have the order of their tuples, and are equal when these are. So a
 *       plan by an index and a plan without one agree.
 *
 * Suspension: everything here is synchronous.
 */
import { types } from 'node:util';
import type { TupleElement } from '../index.ts';

/** The type of a value as the order sees it; a lower one comes first. What is missing counts as null. */
export type Rank = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7;
export const NULL_RANK = 0;
const BYTES_RANK = 1;
export const TEXT_RANK = 2;
const ARRAY_RANK = 3;
const NUMBER_RANK = 4;
const BOOLEAN_RANK = 5;
const DATE_RANK = 6;
export const OBJECT_RANK = 7;

export function rankOf(value: unknown): Rank {
  switch (typeof value) {
    case 'string':
      return TEXT_RANK;
    case 'number':
    case 'bigint':
      return NUMBER_RANK;
    case 'boolean':
      return BOOLEAN_RANK;
    case 'undefined':
      return NULL_RANK;
    default:
      if (value === null) return NULL_RANK;
      if (Array.isArray(value)) return ARRAY_RANK;
      if (types.isDate(value)) return DATE_RANK;
      return types.isUint8Array(value) ? BYTES_RANK : OBJECT_RANK;
  }
}

/** Below 0 when `a` comes first, 0 when they are equal. */
export function compareValues(a: unknown, b: unknown): number {
  const rank = rankOf(a);
  const other = rankOf(b);
  if (rank !== other) return rank - other;
  switch (rank) {
    case TEXT_RANK:
      return compareText(a as string, b as string);
    case NUMBER_RANK:
      return compareNumbers(a as number | bigint, b as number | bigint);
    case BOOLEAN_RANK:
      return Number(a) - Number(b);
    case ARRAY_RANK:
      return compareArrays(a as readonly unknown[], b as readonly unknown[]);
    case DATE_RANK:
      return (a as Date).getTime() - (b as Date).getTime();
    case BYTES_RANK:
      return Buffer.compare(a as Uint8Array, b as Uint8Array);
    case OBJECT_RANK:
      return compareArrays(entriesOf(a as object), entriesOf(b as object));
    case NULL_RANK:
      return 0;
  }
}

/** By code point. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const left = a.charCodeAt(i);
    const right = b.charCodeAt(i);
    if (left !== right) return placeOf(left) - placeOf(right);
  }
  return a.length - b.length;
}

/** Halves of a pair stand for what comes after every character of one unit. */
function placeOf(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}

/** By value; a number and a bigint of one value are neighbours, the number nearer to zero. */
function compareNumbers(a: number | bigint, b: number | bigint): number {
  if (a < b) return -1;
  if (a > b) return 1;
  if (typeof a === typeof b) return 0;
  return (typeof a === 'number') === a >= 0 ? -1 : 1;
}

function compareArrays(a: readonly unknown[], b: readonly unknown[]): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const order = compareValues(a[i], b[i]);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

/** Names and values in turn, by name. */
function entriesOf(value: object): unknown[] {
  return Object.entries(value)
    .filter(([, each]) => each !== undefined)
    .sort(([a], [b]) => compareText(a, b))
    .flat();
}

export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  // Objects of another realm have another Object.prototype.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

const LONE_SURROGATE = /\p{Surrogate}/u;

export function hasLoneSurrogate(text: string): boolean {
  return LONE_SURROGATE.test(text);
}

/** Deeper arrays, and larger values, are compared without an index. */
const INDEXED_DEPTH_MAX = 12;
const INDEXED_LENGTH_MAX = 4096;
const INDEXED_BIGINT_MAX = 1n << 1024n;

/** Whether a bound of an index can be made of it. */
export function isIndexable(value: unknown, depth = 0): value is TupleElement {
  switch (rankOf(value)) {
    case OBJECT_RANK:
      return false;
    case ARRAY_RANK: {
      const elements = value as readonly unknown[];
      return (
        depth < INDEXED_DEPTH_MAX &&
        elements.length <= INDEXED_DEPTH_MAX &&
        elements.every((each) => isIndexable(each, depth + 1))
      );
    }
    case TEXT_RANK:
    case BYTES_RANK:
      return (value as string | Uint8Array).length <= INDEXED_LENGTH_MAX / 2 ** Math.min(depth, 4);
    case NUMBER_RANK:
      return (
        typeof value !== 'bigint' || (value < INDEXED_BIGINT_MAX && value > -INDEXED_BIGINT_MAX)
      );
    default:
      return true;
  }
}

/** From the first to the last value of a type, as bounds of an index. */
export interface TypeBounds {
  readonly gte: TupleElement;
  readonly lt?: TupleElement;
  readonly lte?: TupleElement;
}

const TIME_MAX = 8.64e15;

export function boundsOfRank(rank: Rank): TypeBounds | undefined {
  switch (rank) {
    case BYTES_RANK:
      return { gte: new Uint8Array(0), lt: '' };
    case TEXT_RANK:
      return { gte: '', lt: [] };
    case ARRAY_RANK:
      return { gte: [], lt: -Infinity };
    case NUMBER_RANK:
      return { gte: -Infinity, lt: false };
    case BOOLEAN_RANK:
      return { gte: false, lte: true };
    case DATE_RANK:
      return { gte: new Date(-TIME_MAX), lte: new Date(TIME_MAX) };
    default:
      return undefined;
  }
}

/** The first text after all those that begin with `prefix`; undefined when there is none. */
export function textAfterPrefix(prefix: string): string | undefined {
  const points = Array.from(prefix, (character) => character.codePointAt(0)!); // one at least
  for (let last = points.pop(); last !== undefined; last = points.pop()) {
    if (last === 0x10ffff) continue;
    points.push(last === 0xd7ff ? 0xe000 : last + 1); // no surrogate
    return String.fromCodePoint(...points);
  }
  return undefined;
}
