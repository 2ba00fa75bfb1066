/**
 * What a query must find, by the most naive way: every document is looked at, all are sorted, and the page is cut out.
 *
 * Owns: a second reading of the documented semantics, which shares no code with the entry. Values are compared by the bytes
 * of their tuples, as the indexes of the engine do; objects come behind all else.
 *
 * Suspension: everything here is synchronous.
 */
import { types } from 'node:util';
import { TupleEncoder } from '../../src/bytes/tuple.ts';

export interface Doc extends Record<string, unknown> {
  readonly id: string;
}
export type Raw = Readonly<Record<string, unknown>>;
export type Sorting = readonly (readonly [path: string, direction: 'asc' | 'desc'])[];

const encoder = new TupleEncoder();

function isObject(value: unknown): value is Raw {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !types.isDate(value) &&
    !types.isUint8Array(value)
  );
}

/** Below 0, 0, above 0. Objects, which tuples lack, by the text of their sorted properties. */
export function compare(a: unknown, b: unknown): number {
  if (isObject(a) || isObject(b)) {
    if (!isObject(a)) return -1;
    if (!isObject(b)) return 1;
    const text = (value: Raw): unknown[] =>
      Object.keys(value)
        .sort()
        .flatMap((name) => [name, value[name]]);
    return compare(text(a), text(b));
  }
  return Buffer.compare(encoder.encode([a ?? null]), encoder.encode([b ?? null]));
}

function typeOf(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (Array.isArray(value)) return 'array';
  if (types.isDate(value)) return 'date';
  if (types.isUint8Array(value)) return 'bytes';
  return typeof value === 'bigint' ? 'number' : typeof value;
}

function at(document: unknown, path: string): unknown {
  let value = document;
  for (const name of path === '' ? [] : path.split('.')) {
    value = isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
  }
  return value;
}

/** The values that a condition on a path is about. */
function valuesAt(document: Doc, path: string): unknown[] {
  const [head = '', tail] = path.split('[]');
  const value = at(document, head);
  if (tail === undefined) return [value];
  return Array.isArray(value) ? value.map((each) => at(each, tail.replace(/^\./, ''))) : [];
}

/** Whether a document meets a `where`, as a program writes it. */
export function matches(where: Raw, document: Doc): boolean {
  return Object.entries(where).every(([name, condition]) => {
    if (name === 'and') return (condition as Raw[]).every((each) => matches(each, document));
    if (name === 'or') return (condition as Raw[]).some((each) => matches(each, document));
    if (name === 'not') return !matches(condition as Raw, document);
    return meets(document, name, condition);
  });
}

function meets(document: Doc, path: string, condition: unknown): boolean {
  if (!isObject(condition)) return meets(document, path, { eq: condition });
  const { not, contains, ...operators } = condition;
  if ('not' in condition && meets(document, path, not)) return false;
  if ('contains' in condition) {
    const array = at(document, path);
    if (!Array.isArray(array) || !array.some((each) => compare(each, contains) === 0)) return false;
  }
  if (Object.keys(operators).length === 0) return true;
  return valuesAt(document, path).some((value) =>
    Object.entries(operators).every(([name, operand]) => holds(name, value, operand)),
  );
}

function holds(name: string, value: unknown, operand: unknown): boolean {
  const isLike = (other: unknown): boolean => typeOf(value) === typeOf(other);
  switch (name) {
    case 'eq':
      return compare(value, operand) === 0;
    case 'ne':
      return compare(value, operand) !== 0;
    case 'in':
      return (operand as unknown[]).some((each) => compare(value, each) === 0);
    case 'lt':
      return isLike(operand) && compare(value, operand) < 0;
    case 'lte':
      return isLike(operand) && compare(value, operand) <= 0;
    case 'gt':
      return isLike(operand) && compare(value, operand) > 0;
    case 'gte':
      return isLike(operand) && compare(value, operand) >= 0;
    case 'between': {
      const [first, last] = operand as [unknown, unknown];
      return holds('gte', value, first) && holds('lte', value, last);
    }
    case 'prefix':
      return typeof value === 'string' && value.startsWith(operand as string);
    case 'exists':
      return (value !== undefined) === operand;
    default:
      throw new Error(`The oracle knows no operator ${name}`);
  }
}

/** The ids of what matches, sorted. */
export function answer(documents: Iterable<Doc>, where: Raw, sorting: Sorting): string[] {
  const idDirection = sorting.at(-1)?.[1] ?? 'asc';
  const found = [...documents].filter((document) => matches(where, document));
  found.sort((a, b) => {
    for (const [path, direction] of [...sorting, ['id', idDirection] as const]) {
      const order = compare(at(a, path), at(b, path));
      if (order !== 0) return direction === 'asc' ? order : -order;
    }
    return 0;
  });
  return found.map(({ id }) => id);
}
