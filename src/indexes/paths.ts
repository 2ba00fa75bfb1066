/**
 * Paths into the value of a row.
 *
 * Owns: what a path names, and the tuples that a list of paths gives for a value.
 *
 *      email            the property of that name
 *      address.city     a property of a property
 *      tags[]           each element of an array
 *      items[].sku      a property of each element
 *
 * Invariants:
 *   paths/missing-is-null: what is missing counts as null. A value that has nothing at any of the paths gives no tuple.
 *   paths/own-properties: a path follows own properties only, so that none leads into a prototype.
 *   paths/one-array: at most one path of a list goes through arrays: a value then gives one tuple for each element.
 *
 * Suspension: everything here is synchronous.
 */
import { InvalidArgumentError } from '../base/errors.ts';

interface Segment {
  readonly name: string;
  readonly isEach: boolean;
}

export type Path = readonly Segment[];

/** Throws InvalidArgumentError for what names nothing, or for a second path through arrays (paths/one-array). */
export function parsePaths(texts: readonly string[]): readonly Path[] {
  const paths = texts.map(parsePath);
  const arrayCount = paths.flat().filter(({ isEach }) => isEach).length;
  if (arrayCount <= 1) return paths;
  throw new InvalidArgumentError(
    `Index may go through one array: found=${texts.filter((text) => text.includes('[]')).join()}`,
  );
}

/** Whether `parsePaths` takes them. */
export function arePaths(texts: readonly string[]): boolean {
  try {
    parsePaths(texts);
    return true;
  } catch {
    return false;
  }
}

function parsePath(text: string): Path {
  const segments = text.split('.').map((part) => {
    const isEach = part.endsWith('[]');
    return { name: isEach ? part.slice(0, -2) : part, isEach };
  });
  if (segments.every(({ name }) => name !== '' && !name.includes('['))) return segments;
  throw new InvalidArgumentError(
    `Path must be names apart by dots, each with [] behind for the elements of an array: found=${text}`,
  );
}

/** The tuples of a value; the elements are as the value has them. */
export function tuplesAt(paths: readonly Path[], value: unknown): unknown[][] {
  const found = paths.map((path) => valuesAt(path, value));
  if (found.every((values) => values.every((each) => each === undefined))) return []; // paths/missing-is-null
  const count = Math.max(...found.map((values) => values.length));
  const isAnyEmpty = found.some((values) => values.length === 0);
  if (isAnyEmpty) return [];
  return Array.from({ length: count }, (_, index) =>
    found.map((values) => (values.length === 1 ? values[0] : values[index]) ?? null),
  );
}

/** One value, undefined for a missing one; of a path through an array that of each element. */
function valuesAt(path: Path, value: unknown): unknown[] {
  let values: unknown[] = [value];
  for (const { name, isEach } of path) {
    values = values.map((each) => ownProperty(each, name));
    if (!isEach) continue;
    const [array] = values; // one array at most, so one value before it
    if (array === undefined || array === null) return [];
    if (!Array.isArray(array)) {
      throw new InvalidArgumentError(`Path through an array meets none: path=${name}[]`);
    }
    values = array as unknown[];
  }
  return values;
}

/** Keeps paths/own-properties. */
function ownProperty(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return Reflect.get(value, name);
}
