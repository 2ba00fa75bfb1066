/**
 * What the catalog records of a secondary index.
 *
 * Owns: the recorded form of a definition, its checks, and when two definitions are the same.
 *
 * Suspension: everything here is synchronous.
 */
import { InvalidArgumentError } from '../base/errors.ts';
import { isName, isText } from '../base/names.ts';
import { describe } from '../base/describe.ts';
import { FIRST_NAMED_KEYSPACE, KEYSPACE_NUMBER_MAX } from '../bytes/keyspace-number.ts';
import { arePaths } from './paths.ts';

/** How entries follow from a value: by paths, or by a function that the program brings. */
export interface IndexDefinition {
  /** Paths of its elements (paths.ts); absent for an index by a function. */
  readonly on?: readonly string[];
  /** The version of the function; absent for an index by paths. */
  readonly version?: number;
  /** The function returns an array of tuples, not one tuple. */
  readonly isMultiple?: true;
  readonly isUnique?: true;
}

export interface IndexRecord extends IndexDefinition {
  /** Its entries are those of the keyspace with this number. */
  readonly number: number;
  /** Rows from before it may be missing. */
  readonly isBuilding?: true;
}

/** The indexes of a keyspace, by name. */
export type IndexRecords = Readonly<Record<string, IndexRecord>>;

const FIELDS: Readonly<Record<keyof IndexRecord, (value: unknown) => boolean>> = {
  on: (value) => Array.isArray(value) && value.length > 0 && value.every(isText) && arePaths(value),
  version: (value) => Number.isSafeInteger(value),
  isMultiple: isTrue,
  isUnique: isTrue,
  number: (value) =>
    Number.isInteger(value) &&
    Number(value) >= FIRST_NAMED_KEYSPACE &&
    Number(value) <= KEYSPACE_NUMBER_MAX,
  isBuilding: isTrue,
};

/** A property that no record of this version has; undefined when there is none. */
export function unknownProperty(records: object): string | undefined {
  for (const record of Object.values(records)) {
    if (typeof record !== 'object' || record === null) continue;
    const name = Object.keys(record as object).find((each) => !Object.hasOwn(FIELDS, each));
    if (name !== undefined) return name;
  }
  return undefined;
}

/** Whether a value is IndexRecords, unknown properties aside. */
export function areIndexRecords(value: unknown): value is IndexRecords {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.entries(value).every(([name, record]) => name !== '' && isRecord(record));
}

function isRecord(record: unknown): boolean {
  if (typeof record !== 'object' || record === null) return false;
  const hasFields = Object.entries(record).every(
    ([name, value]) => !Object.hasOwn(FIELDS, name) || FIELDS[name as keyof IndexRecord](value),
  );
  const isByPath = Object.hasOwn(record, 'on');
  return (
    hasFields && Object.hasOwn(record, 'number') && isByPath !== Object.hasOwn(record, 'version')
  );
}

/** Throws InvalidArgumentError when an index of that name is there with another definition. */
export function mustBeSame(name: string, recorded: IndexDefinition, asked: IndexDefinition): void {
  if (shown(recorded) === shown(asked)) return;
  throw new InvalidArgumentError(
    `Index has another definition; drop it first: index=${name} recorded=${shown(recorded)} ` +
      `asked=${shown(asked)}`,
  );
}

function shown({ on, version, isMultiple, isUnique }: IndexDefinition): string {
  return JSON.stringify({ on, version, isMultiple, isUnique });
}

/** Throws InvalidArgumentError for a name that no index can have. */
export function checkIndexName(name: string): void {
  if (isName(name)) return;
  throw new InvalidArgumentError(
    `Name of an index must be text of 1 to 200 characters: found=${describe(name)}`,
  );
}

function isTrue(value: unknown): boolean {
  return value === true;
}
