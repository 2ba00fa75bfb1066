/**
 * Conditions on documents.
 *
 * Owns: the words of `where`, what they mean, and whether a document meets them.
 *
 * Invariants:
 *   where/two-valued: a condition holds or does not. `not` holds exactly where its condition does not, for a missing field
 *       too.
 *   where/by-type: `lt`, `lte`, `gt`, `gte` and `between` hold for values of the type of their bound alone. So `age < 18`
 *       holds neither for a missing age nor for a text.
 *   where/missing-is-null: what is missing equals null, as it does in an index. `exists` alone tells them apart.
 *
 * Suspension: everything here is synchronous.
 */
import { DocumentError, shown } from './document-error.ts';
import { copyValue } from './document-encoding.ts';
import { parsePath, type Path, valueAt, valuesAt } from './paths.ts';
import {
  compareText,
  compareValues,
  hasLoneSurrogate,
  isPlainObject,
  NULL_RANK,
  OBJECT_RANK,
  rankOf,
  TEXT_RANK,
} from './values.ts';

/** Conditions on one value; all of them hold. */
export interface Operators {
  /** Equals. Objects by their properties in any order; null equals what is missing. */
  readonly eq?: unknown;
  /** The opposite of `eq`: also where the field is missing, or of another type. */
  readonly ne?: unknown;
  /** Equals one of these. */
  readonly in?: readonly unknown[];
  /** Comes before, and is of the same type. */
  readonly lt?: unknown;
  /** Comes before or equals, and is of the same type. */
  readonly lte?: unknown;
  /** Comes after, and is of the same type. */
  readonly gt?: unknown;
  /** Comes after or equals, and is of the same type. */
  readonly gte?: unknown;
  /** From the first to the last, both included. */
  readonly between?: readonly [unknown, unknown];
  /** A text that begins with this. */
  readonly prefix?: string;
  /** True: the field is there, even as null. False: it is not. */
  readonly exists?: boolean;
  /** An array with an element that equals this. */
  readonly contains?: unknown;
  /** A value or operators, of which this is the opposite. */
  readonly not?: unknown;
}

/** A value, which stands for `{ eq: value }`, or operators. */
export type FieldCondition<V> = V | null | (Operators & { readonly eq?: V | null });

/**
 * Which documents: every field meets its condition. A name may be a path: `'address.city'`, `'items[].sku'`. With `[]` one
 * element meets all of the condition.
 */
export type Where<T> = {
  readonly [P in keyof T & string]?: FieldCondition<T[P]>;
} & {
  /** The id of the document. */
  readonly id?: FieldCondition<string>;
} & {
  readonly [path: `${string}.${string}` | `${string}[]`]: unknown;
} & {
  /** All of these hold. */
  readonly and?: readonly Where<T>[];
  /** One of these holds. */
  readonly or?: readonly Where<T>[];
  /** This does not hold. */
  readonly not?: Where<T>;
};

export type Test =
  | { readonly op: 'eq' | 'ne' | 'lt' | 'lte' | 'gt' | 'gte'; readonly value: unknown }
  | { readonly op: 'in'; readonly values: readonly unknown[] }
  | { readonly op: 'prefix'; readonly text: string }
  | { readonly op: 'exists'; readonly isThere: boolean };

export interface FieldNode {
  readonly kind: 'field';
  readonly path: Path;
  readonly tests: readonly Test[];
}

export type Condition =
  | FieldNode
  | { readonly kind: 'and' | 'or'; readonly of: readonly Condition[] }
  | { readonly kind: 'not'; readonly of: Condition };

/** Holds always. */
export const EVERYTHING: Condition = { kind: 'and', of: [] };

/** Throws a DocumentError `INVALID_QUERY`. What is given may change after the call. */
export function parseWhere(where: unknown): Condition {
  if (where === undefined) return EVERYTHING;
  if (!isPlainObject(where)) throw invalid(`Where must be an object: found=${shown(where)}`);
  const of = Object.entries(where).map(([name, value]): Condition => {
    if (value === undefined) throw invalid(`Condition is undefined: ${name}`);
    if (name === 'and' || name === 'or')
      return { kind: name, of: listOf(name, value).map(parseWhere) };
    if (name === 'not') return { kind: 'not', of: parseWhere(value) };
    return parseField(parsePath(name, 'INVALID_QUERY'), value);
  });
  return of.length === 1 ? of[0]! : { kind: 'and', of }; // length is 1
}

function parseField(path: Path, condition: unknown): Condition {
  if (!isPlainObject(condition)) {
    return { kind: 'field', path, tests: [{ op: 'eq', value: valueOf(path, 'eq', condition) }] };
  }
  const tests: Test[] = [];
  const others: Condition[] = [];
  const names = Object.keys(condition);
  if (names.length === 0) throw invalid(`Condition is empty: path=${path.text}`);
  for (const name of names) {
    const value = condition[name];
    if (name === 'not') {
      others.push({ kind: 'not', of: parseField(path, mustBeGiven(path, name, value)) });
    } else if (name === 'contains') {
      others.push(elementNode(path, value));
    } else {
      tests.push(...testsOf(path, name, value));
    }
  }
  const field: FieldNode = { kind: 'field', path, tests };
  if (others.length === 0) return field;
  return { kind: 'and', of: tests.length === 0 ? others : [field, ...others] };
}

/** `contains` is a condition on some element. */
function elementNode(path: Path, value: unknown): FieldNode {
  if (path.each !== undefined) {
    throw invalid(`Operator contains takes a path without []: path=${path.text}`);
  }
  const element: Path = { text: `${path.text}[]`, names: path.names, each: [] };
  const tests: Test[] = [{ op: 'eq', value: valueOf(path, 'contains', value) }];
  return { kind: 'field', path: element, tests };
}

function testsOf(path: Path, name: string, value: unknown): Test[] {
  switch (name) {
    case 'eq':
    case 'ne':
      return [{ op: name, value: valueOf(path, name, value) }];
    case 'lt':
    case 'lte':
    case 'gt':
    case 'gte':
      return [{ op: name, value: boundOf(path, name, value) }];
    case 'between': {
      const bounds = listOf(name, value);
      if (bounds.length !== 2)
        throw invalid(`Operator between takes two values: path=${path.text}`);
      return [
        { op: 'gte', value: boundOf(path, name, bounds[0]) },
        { op: 'lte', value: boundOf(path, name, bounds[1]) },
      ];
    }
    case 'in':
      return [{ op: 'in', values: listOf(name, value).map((each) => valueOf(path, name, each)) }];
    case 'prefix':
      if (typeof value === 'string' && !hasLoneSurrogate(value)) return [{ op: name, text: value }];
      throw invalid(`Operator prefix takes a text: path=${path.text} found=${shown(value)}`);
    case 'exists':
      if (typeof value === 'boolean') return [{ op: name, isThere: value }];
      throw invalid(`Operator exists takes a boolean: path=${path.text} found=${shown(value)}`);
    default:
      throw invalid(
        `There is no such operator: path=${path.text} operator=${name}; for an object as a value write { eq: value }`,
      );
  }
}

function listOf(name: string, value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw invalid(`${name} takes an array: found=${shown(value)}`);
}

function mustBeGiven(path: Path, name: string, value: unknown): unknown {
  if (value !== undefined) return value;
  throw invalid(`Operator ${name} is undefined: path=${path.text}`);
}

/** A value that a document could have: a bound may be infinite besides. */
function valueOf(path: Path, name: string, value: unknown): unknown {
  mustBeGiven(path, name, value);
  if (value === Infinity || value === -Infinity || isPlainScalar(value)) return value;
  try {
    return copyValue(value);
  } catch (error) {
    throw new DocumentError(
      'INVALID_QUERY',
      `Operator ${name} takes a value that a document could have: path=${path.text} found=${shown(value)}`,
      { cause: error },
    );
  }
}

/** Needs no copy, and comes back from every document. */
function isPlainScalar(value: unknown): boolean {
  if (typeof value === 'string') return !hasLoneSurrogate(value);
  return value === null || typeof value === 'boolean' || Number.isFinite(value);
}

function boundOf(path: Path, name: string, value: unknown): unknown {
  const bound = valueOf(path, name, value);
  const rank = rankOf(bound);
  if (rank !== NULL_RANK && rank !== OBJECT_RANK) return bound;
  throw invalid(
    `Operator ${name} takes no ${rank === NULL_RANK ? 'null' : 'object'}: path=${path.text}`,
  );
}

export function invalid(message: string): DocumentError {
  return new DocumentError('INVALID_QUERY', message);
}

/** Whether a document meets a condition. */
export function isMet(condition: Condition, document: unknown): boolean {
  switch (condition.kind) {
    case 'and':
      return condition.of.every((each) => isMet(each, document));
    case 'or':
      return condition.of.some((each) => isMet(each, document));
    case 'not':
      return !isMet(condition.of, document);
    case 'field': {
      const { path, tests } = condition;
      return path.each === undefined
        ? passes(tests, valueAt(document, path.names))
        : valuesAt(document, path).some((value) => passes(tests, value));
    }
  }
}

function passes(tests: readonly Test[], value: unknown): boolean {
  return tests.every((test) => passesOne(test, value));
}

function passesOne(test: Test, value: unknown): boolean {
  switch (test.op) {
    case 'eq':
      return compareValues(value, test.value) === 0;
    case 'ne':
      return compareValues(value, test.value) !== 0;
    case 'in':
      return test.values.some((each) => compareValues(value, each) === 0);
    case 'prefix':
      return rankOf(value) === TEXT_RANK && (value as string).startsWith(test.text);
    case 'exists':
      return (value !== undefined) === test.isThere;
    default:
      return (
        rankOf(value) === rankOf(test.value) && isOnSide(test.op, compareValues(value, test.value))
      );
  }
}

function isOnSide(op: 'lt' | 'lte' | 'gt' | 'gte', order: number): boolean {
  if (op === 'lt') return order < 0;
  if (op === 'lte') return order <= 0;
  return op === 'gt' ? order > 0 : order >= 0;
}

/** One text for conditions that are the same. */
export function textOf(condition: Condition): string {
  if (condition.kind === 'field') {
    const { path, tests } = condition;
    return `${path.text}(${tests.map(textOfTest).sort(compareText).join()})`;
  }
  const of = condition.kind === 'not' ? [condition.of] : condition.of;
  return `${condition.kind}(${of.map(textOf).sort(compareText).join()})`;
}

function textOfTest(test: Test): string {
  return JSON.stringify(test, (_, value: unknown) =>
    typeof value === 'bigint' || value === Infinity || value === -Infinity ? `$${value}` : value,
  );
}
