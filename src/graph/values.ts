/**
 * What a graph holds, as values: ids, labels, types, names and properties.
 *
 * Owns: their public types, their checks, and the order of property values, which is that of tuples.
 *
 * Invariants:
 *   values/same-order: `compareValues` orders two property values as their bytes in a tuple are ordered. So a condition
 *       takes the same nodes with an index and without one.
 *
 * Suspension: everything here is synchronous.
 */
import { types } from 'node:util';
import { InvalidArgumentError, type TupleElement } from '../index.ts';

/** The number of a node, from 1. No other node or edge of the graph has it, or ever had it. */
export type NodeId = number;

/** The number of an edge, from 1. No other node or edge of the graph has it, or ever had it. */
export type EdgeId = number;

/** What a property holds: what an element of a tuple may be, but for null, which stands for no value. */
export type PropertyValue = Exclude<TupleElement, null>;

/** Properties by their names. */
export type Properties = Readonly<Record<string, PropertyValue>>;

/** Changes of properties by their names: null removes one, and what is not named stays. */
export type PropertyChanges = Readonly<Record<string, PropertyValue | null>>;

/** Which edges of a node count: those that begin there, those that end there, or all. */
export type Direction = 'out' | 'in' | 'both';

/** Labels, types and names are keys: short text. */
export const NAME_LENGTH_MAX = 200;

/** A label, a type of edges, or a name of a property. Throws InvalidArgumentError. */
export function checkName(what: string, name: unknown): string {
  if (typeof name !== 'string' || name === '' || name.length > NAME_LENGTH_MAX) {
    throw new InvalidArgumentError(
      `${what} must be text of 1 to ${NAME_LENGTH_MAX} characters: found=${shown(name)}`,
    );
  }
  if (name.includes('\0')) {
    throw new InvalidArgumentError(`${what} must not hold a NUL: found=${shown(name)}`);
  }
  return name;
}

/** Throws InvalidArgumentError for what is no id of a node or an edge. */
export function checkId(what: string, id: unknown): number {
  if (typeof id === 'number' && Number.isSafeInteger(id) && id > 0) return id;
  throw new InvalidArgumentError(
    `${what} must be an id, a whole number from 1: found=${shown(id)}`,
  );
}

/** The labels of a node, each once, in order. Throws InvalidArgumentError. */
export function checkLabels(labels: unknown): string[] {
  if (labels === undefined) return [];
  if (!Array.isArray(labels)) {
    throw new InvalidArgumentError(`Labels must be an array of text: found=${shown(labels)}`);
  }
  return [...new Set(labels.map((label) => checkName('Label', label)))].sort();
}

/** The properties as entries. Throws InvalidArgumentError for a bad name, and for null; a bad value is refused by its put. */
export function checkProperties(properties: unknown): [string, PropertyValue][] {
  const changes = checkChanges(properties);
  for (const [name, value] of changes) {
    if (value !== null) continue;
    throw new InvalidArgumentError(
      `Property must have a value, leave it out for none: name=${name} found=null`,
    );
  }
  return changes as [string, PropertyValue][]; // none is null
}

/** The changes as entries. Throws InvalidArgumentError for a bad name. */
export function checkChanges(properties: unknown): [string, PropertyValue | null][] {
  if (properties === undefined) return [];
  if (typeof properties !== 'object' || properties === null || Array.isArray(properties)) {
    throw new InvalidArgumentError(
      `Properties must be an object of values by name: found=${shown(properties)}`,
    );
  }
  return Object.keys(properties).map((name) => {
    const value = (properties as PropertyChanges)[name];
    if (value === undefined) {
      throw new InvalidArgumentError(`Property must have a value: name=${name} found=undefined`);
    }
    return [checkName('Name of a property', name), value];
  });
}

/** A value as a message shows it. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 40));
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'array' : 'object';
  return String(value);
}

/** The types of values, in their order. */
const BYTES = 1;
const TEXT = 2;
const ARRAY = 3;
const NUMBER = 4;
const FALSE = 5;
const TRUE = 6;
const DATE = 7;

/** The place of the type of a value among types; false and true are one type to a condition. */
export function typeRank(value: TupleElement): number {
  switch (typeof value) {
    case 'string':
      return TEXT;
    case 'number':
    case 'bigint':
      return NUMBER;
    case 'boolean':
      return value ? TRUE : FALSE;
    default:
      if (value === null) return 0;
      if (types.isUint8Array(value)) return BYTES;
      return types.isDate(value) ? DATE : ARRAY;
  }
}

/** The order of two values (values/same-order). */
export function compareValues(a: TupleElement, b: TupleElement): number {
  const rank = typeRank(a);
  const difference = rank - typeRank(b);
  if (difference !== 0) return difference;
  switch (rank) {
    case TEXT:
      return compareText(a as string, b as string);
    case NUMBER:
      return compareNumbers(a as number | bigint, b as number | bigint);
    case BYTES:
      return Buffer.compare(a as Uint8Array, b as Uint8Array);
    case DATE:
      return (a as Date).getTime() - (b as Date).getTime();
    case ARRAY:
      return compareArrays(a as readonly TupleElement[], b as readonly TupleElement[]);
    default:
      return 0;
  }
}

/** By code point, as UTF-8 is ordered. Code units would put what needs two of them before U+E000. */
function compareText(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const left = a.charCodeAt(i);
    const right = b.charCodeAt(i);
    if (left !== right) return orderOf(left) - orderOf(right);
  }
  return a.length - b.length;
}

/** Halves of a pair come after all other code units. */
function orderOf(unit: number): number {
  return unit >= 0xd800 && unit < 0xe000 ? unit + 0x10000 : unit;
}

/** A number and a bigint of one value are two values: the bigint has the greater magnitude. */
function compareNumbers(a: number | bigint, b: number | bigint): number {
  if (a < b) return -1;
  if (a > b) return 1;
  if (typeof a === typeof b) return 0;
  const greater = typeof a === 'bigint' ? 1 : -1;
  return a < 0 ? -greater : greater;
}

function compareArrays(a: readonly TupleElement[], b: readonly TupleElement[]): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const difference = compareValues(a[i]!, b[i]!); // i < length
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}
