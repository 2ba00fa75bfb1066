/**
 * The indexes of a collection.
 *
 * Owns: how a declaration by paths becomes an index of the database, by a function, and its version.
 *
 * An index by a function has entries for every document, where one by paths leaves out a document without any of the fields.
 * So an index gives the whole of an order, and finds what is missing.
 *
 * Invariants:
 *   document-index/of-its-version: the version of the function is a digest of the declaration and of the version of the schema.
 *       Entries follow from documents as migrated, so another version of the schema has another index, which is built anew.
 *
 * Suspension: everything here is synchronous.
 */
import { createHash } from 'node:crypto';
import type { IndexByFunction, IndexInfo, Tuple, TupleElement } from '../index.ts';
import { DocumentError, shown } from './document-error.ts';
import { parsePath, type Path, valueAt, valuesAt } from './paths.ts';
import { isPlainObject } from './values.ts';

/** An index of a collection. */
export interface DocumentIndex {
  /**
   * Paths of its values, in their order: `['country', 'address.city']`. One of them may go through an array, `'tags[]'` or
   * `'items[].sku'`: then a document has an entry for each element.
   */
  readonly on: readonly string[];
  /** No two documents have the same values; documents with null or without one of them may. Default false. */
  readonly unique?: boolean;
}

export interface KnownIndex {
  readonly name: string;
  readonly paths: readonly Path[];
  /** A document may have several entries, or none. */
  readonly isMultiple: boolean;
  /** No two documents have the same values, but for those with null. */
  readonly isUnique: boolean;
  readonly declared: IndexByFunction;
}

/** Throws a DocumentError `INVALID_OPTION` for a declaration that is wrong. */
export function parseIndexes(given: unknown, schemaVersion: number): KnownIndex[] {
  if (given === undefined) return [];
  if (!isPlainObject(given)) throw invalid(`indexes must be an object: found=${shown(given)}`);
  return Object.entries(given).map(([name, declaration]) =>
    parseIndex(name, declaration, schemaVersion),
  );
}

function parseIndex(name: string, declaration: unknown, schemaVersion: number): KnownIndex {
  const { on, unique = false, ...others } = isPlainObject(declaration) ? declaration : {};
  const [other] = Object.keys(others);
  if (!Array.isArray(on) || on.length === 0 || typeof unique !== 'boolean' || other !== undefined) {
    throw invalid(`Index is declared as { on: [paths], unique? }: index=${name}`);
  }
  const paths = on.map((path) => parsePath(path, 'INVALID_OPTION'));
  const eachCount = paths.filter(({ each }) => each !== undefined).length;
  if (eachCount > 1) throw invalid(`Index goes through one array at most: index=${name}`);
  const isMultiple = eachCount === 1;
  const text = JSON.stringify([paths.map((path) => path.text), unique, schemaVersion]);
  const version = createHash('sha256').update(text).digest().readUIntBE(0, VERSION_SIZE_BYTES);
  const of = isMultiple
    ? (document: unknown) => tuplesOf(name, paths, document)
    : (document: unknown) =>
        paths.map((path) => elementOf(name, path, valueAt(document, path.names)));
  return {
    name,
    paths,
    isMultiple,
    isUnique: unique,
    declared: { of, version, unique, ...(isMultiple && { multiple: true }) },
  };
}

const VERSION_SIZE_BYTES = 6;

/** A tuple for each element of the array. */
function tuplesOf(name: string, paths: readonly Path[], document: unknown): Tuple[] {
  const through = paths.find(({ each }) => each !== undefined)!; // one path has it
  return valuesAt(document, through).map((element) =>
    paths.map((path) =>
      elementOf(name, path, path === through ? element : valueAt(document, path.names)),
    ),
  );
}

function elementOf(name: string, path: Path, value: unknown): TupleElement {
  if (value === undefined) return null;
  if (!holdsObject(value)) return value as TupleElement;
  throw new DocumentError(
    'INVALID_DOCUMENT',
    `Document has an object where an index needs a value: index=${name} path=${path.text}`,
  );
}

function holdsObject(value: unknown): boolean {
  return Array.isArray(value) ? value.some(holdsObject) : isPlainObject(value);
}

/** Whether the database has the index as it is declared; undefined when it does not have it. */
export function isSameIndex(index: KnownIndex, infos: readonly IndexInfo[]): boolean | undefined {
  const info = infos.find(({ name }) => name === index.name);
  return info && info.version === index.declared.version;
}

function invalid(message: string): DocumentError {
  return new DocumentError('INVALID_OPTION', message);
}
