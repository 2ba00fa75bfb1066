/**
 * Secondary indexes, as a program declares them.
 *
 * Owns: the public shape of a declaration, its checks, and what of it is recorded.
 *
 * Suspension: everything here is synchronous.
 */
import { isArray } from '../base/caller-value.ts';
import { describe } from '../base/describe.ts';
import { InvalidArgumentError } from '../base/errors.ts';
import { checkBoolean, takeOptions, type Template } from '../base/options.ts';
import type { Tuple } from '../bytes/tuple.ts';
import { checkIndexName, type IndexDefinition } from '../indexes/index-record.ts';
import type { IndexFunction } from '../indexes/live-index.ts';
import { parsePaths } from '../indexes/paths.ts';
import type { Codec } from './encoding.ts';

/** An index by what lies at paths into the value. Every process that opens the keyspace keeps it. */
export interface IndexByPaths {
  /**
   * What its entries are ordered by: `['country', 'address.city']`. A path that ends with `[]`, or goes through one, stands
   * for each element of an array: `['tags[]']`, `['items[].sku']`; one of them at most. What is missing counts as null. A
   * row that has nothing at any of the paths is not in the index.
   */
  readonly on: readonly string[];
  /** No two rows have the same values; rows with null among them may. Default false. */
  readonly unique?: boolean;
}

/** An index by a function of the value. A process without the function can read it, and cannot write to the keyspace. */
export interface IndexByFunction {
  /**
   * The values of a row, an array; undefined for a row that is not in the index. With `multiple` an array of such arrays.
   * Synchronous, and of nothing but its argument.
   */
  of(value: unknown): Tuple | readonly Tuple[] | undefined;
  /** A whole number. A function that computes other values has another one: drop the index first, and declare it anew. */
  readonly version: number;
  /** The function returns one array for each entry of the row. Default false. */
  readonly multiple?: boolean;
  /** As that of an index by paths. */
  readonly unique?: boolean;
}

/** Indexes by their names. */
export type IndexDeclarations = Readonly<Record<string, IndexByPaths | IndexByFunction>>;

interface AnyDeclaration {
  readonly on?: unknown;
  readonly of?: unknown;
  readonly version?: unknown;
  readonly multiple?: boolean;
  readonly unique?: boolean;
}

const DECLARATION: Template<AnyDeclaration> = {
  on: undefined,
  of: undefined,
  version: undefined,
  multiple: undefined,
  unique: undefined,
};

/** Encodings whose values have no properties. */
const FLAT_ENCODINGS: readonly string[] = ['view', 'buffer', 'pooled', 'utf8'];

/** The indexes that an open of a keyspace asks for. */
export interface IndexRequest {
  readonly definitions: Readonly<Record<string, IndexDefinition>>;
  readonly functions: ReadonlyMap<string, IndexFunction>;
}

/** Throws InvalidArgumentError for a declaration that is wrong. */
export function indexRequest(given: unknown, valueCodec: Codec<unknown>): IndexRequest {
  const definitions = new Map<string, IndexDefinition>();
  const functions = new Map<string, IndexFunction>();
  if (given === undefined) return { definitions: {}, functions };
  if (typeof given !== 'object' || given === null || isArray(given)) {
    throw new InvalidArgumentError(
      `Option indexes must be an object of indexes by name: found=${describe(given)}`,
    );
  }
  for (const name of Object.keys(given)) {
    checkIndexName(name);
    const declaration: unknown = Reflect.get(given, name);
    const taken = takeOptions('an index', declaration as AnyDeclaration, DECLARATION);
    const { on, of, version } = taken;
    const isUnique = checkBoolean('unique', taken.unique ?? false);
    const isMultiple = checkBoolean('multiple', taken.multiple ?? false);
    const flags = { ...(isUnique && { isUnique }), ...(isMultiple && { isMultiple }) };
    if (on !== undefined) {
      if (of !== undefined || version !== undefined || isMultiple) throw neitherNor(name);
      definitions.set(name, { on: checkPaths(name, on, valueCodec), ...flags });
    } else {
      definitions.set(name, { version: checkVersion(name, version), ...flags });
      functions.set(name, checkFunction(name, of));
    }
  }
  return { definitions: Object.fromEntries(definitions), functions };
}

function checkPaths(name: string, on: unknown, { name: encoding }: Codec<unknown>): string[] {
  if (!isArray(on) || on.length === 0) {
    throw new InvalidArgumentError(
      `Option on of an index must be an array of paths: index=${name} found=${describe(on)}`,
    );
  }
  const paths = Array.from(on, (path) => {
    if (typeof path === 'string') return path;
    throw new InvalidArgumentError(`Path must be text: index=${name} found=${describe(path)}`);
  });
  parsePaths(paths);
  if (!FLAT_ENCODINGS.includes(encoding)) return paths;
  throw new InvalidArgumentError(
    `Index by paths needs values with properties, as of valueEncoding 'json': index=${name} ` +
      `valueEncoding=${encoding}`,
  );
}

function checkFunction(name: string, of: unknown): IndexFunction {
  if (typeof of === 'function') return of as IndexFunction;
  throw new InvalidArgumentError(
    `Index needs paths as 'on', or a function as 'of': index=${name} found=${describe(of)}`,
  );
}

function checkVersion(name: string, version: unknown): number {
  if (typeof version === 'number' && Number.isSafeInteger(version)) return version;
  throw new InvalidArgumentError(
    `Version of the function of an index must be a whole number: index=${name} ` +
      `found=${describe(version)}`,
  );
}

function neitherNor(name: string): InvalidArgumentError {
  return new InvalidArgumentError(`Index is by paths or by a function, not by both: index=${name}`);
}
