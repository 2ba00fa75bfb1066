/**
 * Paths to values within a document.
 *
 * Owns: their grammar, and what lies at them. `a.b` is the property `b` of the object at `a`. `a[]` stands for each element
 * of the array at `a`, and `a[].b` for a property of each. Arrays and all else have no properties.
 *
 * Suspension: everything here is synchronous.
 */
import { DocumentError, type DocumentErrorCode, shown } from './document-error.ts';
import { isPlainObject } from './values.ts';

export interface Path {
  readonly text: string;
  /** The properties up to the value, or up to the array. */
  readonly names: readonly string[];
  /** The properties behind the `[]`, perhaps none; undefined for a path without it. */
  readonly each: readonly string[] | undefined;
}

/** Throws a DocumentError of that code. */
export function parsePath(text: unknown, code: DocumentErrorCode): Path {
  if (typeof text !== 'string') {
    throw new DocumentError(code, `Path must be text: found=${shown(text)}`);
  }
  const [head = '', tail, ...more] = text.split('[]');
  const isWhole = tail === undefined || tail === '' || tail.startsWith('.');
  if (more.length > 0 || !isWhole) {
    throw new DocumentError(code, `Path goes through one array at most: path=${shown(text)}`);
  }
  const each = tail === undefined ? undefined : tail === '' ? [] : namesOf(tail.slice(1), code);
  return { text, names: namesOf(head, code), each };
}

/** A path without `[]`. */
export function parsePlainPath(text: unknown, code: DocumentErrorCode): Path {
  const path = parsePath(text, code);
  if (path.each === undefined) return path;
  throw new DocumentError(code, `Path must not have a []: path=${shown(text)}`);
}

function namesOf(text: string, code: DocumentErrorCode): string[] {
  const names = text.split('.');
  if (names.some((name) => name === '' || name === '__proto__' || name.includes('['))) {
    throw new DocumentError(code, `Path must be names with dots between: path=${shown(text)}`);
  }
  return names;
}

/** What lies there; undefined when nothing does. */
export function valueAt(document: unknown, names: readonly string[]): unknown {
  let value = document;
  for (const name of names) {
    if (!isPlainObject(value) || !Object.hasOwn(value, name)) return undefined;
    value = value[name];
  }
  return value;
}

/** What lies at a path with `[]`, for each element of the array; nothing when there is no array. */
export function valuesAt(document: unknown, { names, each }: Path): readonly unknown[] {
  const array = valueAt(document, names);
  if (!Array.isArray(array)) return [];
  return each === undefined || each.length === 0
    ? array
    : array.map((element) => valueAt(element, each));
}
