/**
 * Small questions about keyspaces.
 *
 * Owns: which names are allowed, and the errors about them.
 *
 * Suspension: every function here is synchronous.
 */
import { describe } from '../base/describe.ts';
import { InvalidArgumentError, StorageError } from '../base/errors.ts';
import { isName } from '../base/names.ts';

/** The name of the database's own keys. */
export const DEFAULT_NAME = 'default';

/** Whether nothing of a commit that was rejected is there. */
export function isNotApplied(error: unknown): boolean {
  return error instanceof StorageError && Reflect.get(error, 'outcome') === 'not-applied';
}

/** Throws InvalidArgumentError for what is no name of a named keyspace. */
export function checkName(name: unknown): void {
  if (!isName(name)) {
    throw new InvalidArgumentError(
      `Name of a keyspace must be text of 1 to 200 characters: found=${describe(name)}`,
    );
  }
  if (name === DEFAULT_NAME) {
    throw new InvalidArgumentError(`Name '${DEFAULT_NAME}' is that of the database's own keys`);
  }
}

export function noKeyspace(name: string): InvalidArgumentError {
  return new InvalidArgumentError(`There is no keyspace of this name: name=${name}`);
}

type Defined<T> = { [Name in keyof T]?: Exclude<T[Name], undefined> };

/** The fields that have a value. */
export function definedOf<T extends object>(fields: T): Defined<T> {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined),
  ) as Defined<T>;
}
