/**
 * Conditions on a property.
 *
 * Owns: their public shape, their checks, the range of an index that has them, and the test of a value. Both say the same
 * (values/same-order).
 *
 * A condition takes values of one type, that of its bounds; numbers and bigints are one type. Example: `{ gte: 30 }` takes
 * no text, although text and numbers have an order.
 *
 * Suspension: everything here is synchronous.
 */
import { types } from 'node:util';
import { InvalidArgumentError, type RangeOptions, type Tuple } from '../index.ts';
import { compareValues, type PropertyValue, shown, typeRank } from './values.ts';

/** What a property must be: equal to a value, or within bounds of one type. Without any it must be there. */
export interface Condition {
  /** Equal to this. */
  readonly eq?: PropertyValue;
  /** After this value. */
  readonly gt?: PropertyValue;
  /** This value, or after it. */
  readonly gte?: PropertyValue;
  /** Before this value. */
  readonly lt?: PropertyValue;
  /** This value, or before it. */
  readonly lte?: PropertyValue;
}

const NAMES: ReadonlySet<string> = new Set(['eq', 'gt', 'gte', 'lt', 'lte']);

/** A condition, or a value that stands for `{ eq: value }`. */
export type ConditionOrValue = Condition | PropertyValue;

/** Where values of a type begin, and where they end: inclusive, or exclusive as `before`. */
interface TypeRange {
  readonly first: PropertyValue;
  readonly last?: PropertyValue;
  readonly before?: PropertyValue;
}

/** By the places of types (values.ts). */
const TYPE_RANGES: Readonly<Record<number, TypeRange>> = {
  1: { first: new Uint8Array(0), before: '' },
  2: { first: '', before: [] },
  3: { first: [], before: -Infinity },
  4: { first: -Infinity, last: Infinity },
  5: { first: false, last: true },
  6: { first: false, last: true },
  7: { first: new Date(-8_640_000_000_000_000), last: new Date(8_640_000_000_000_000) },
};

/** The condition, checked. Throws InvalidArgumentError. */
export function checkCondition(given: unknown): Condition {
  if (given === undefined) return {};
  if (given === null) throw noCondition(given);
  if (!isPlainObject(given)) return { eq: given as PropertyValue };
  const condition = given as Condition;
  let rank: number | undefined;
  for (const [name, value] of Object.entries(condition) as [string, PropertyValue][]) {
    if (!NAMES.has(name)) throw noCondition(name);
    if (value === undefined || value === null) throw noCondition(value);
    const found = typeRank(value) === 6 ? 5 : typeRank(value);
    if (rank !== undefined && rank !== found) {
      throw new InvalidArgumentError('Bounds of a condition must be of one type');
    }
    rank = found;
  }
  return condition;
}

/** The range of the keys of an index that fulfil the condition. */
export function rangeOfIndex(id: number, condition: Condition): RangeOptions<Tuple> {
  const { eq, gt, gte, lt, lte } = condition;
  if (eq !== undefined) return { prefix: [id, eq] };
  const bound = gt ?? gte ?? lt ?? lte;
  if (bound === undefined) return { prefix: [id] };
  const { first, last, before } = TYPE_RANGES[typeRank(bound)]!; // of a value
  // A bound is compared with as many elements as it has; behind the value is the id of the node.
  const range: { gt?: Tuple; gte?: Tuple; lt?: Tuple; lte?: Tuple } = {};
  if (gt !== undefined) range.gt = [id, gt, Infinity];
  range.gte = [id, gte ?? first];
  if (lt !== undefined) range.lt = [id, lt];
  else if (before !== undefined && lte === undefined) range.lt = [id, before];
  if (lte !== undefined) range.lte = [id, lte, Infinity];
  else if (last !== undefined) range.lte = [id, last, Infinity];
  return range;
}

/** Whether a value fulfils the condition; an absent one fulfils none. */
export function fulfils(value: PropertyValue | undefined, condition: Condition): boolean {
  if (value === undefined) return false;
  const { eq, gt, gte, lt, lte } = condition;
  if (eq !== undefined && compareValues(value, eq) !== 0) return false;
  const bound = gt ?? gte ?? lt ?? lte;
  if (bound !== undefined && !isOneType(value, bound)) return false;
  if (gt !== undefined && compareValues(value, gt) <= 0) return false;
  if (gte !== undefined && compareValues(value, gte) < 0) return false;
  if (lt !== undefined && compareValues(value, lt) >= 0) return false;
  return lte === undefined || compareValues(value, lte) <= 0;
}

function isOneType(a: PropertyValue, b: PropertyValue): boolean {
  return typeRank(a) === typeRank(b) || (typeof a === 'boolean' && typeof b === 'boolean');
}

function isPlainObject(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return !types.isUint8Array(value) && !types.isDate(value);
}

function noCondition(found: unknown): InvalidArgumentError {
  return new InvalidArgumentError(
    `Condition must be a value, or an object with eq, gt, gte, lt, lte: found=${shown(found)}`,
  );
}
