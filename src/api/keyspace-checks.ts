/**
 * Small questions about keyspaces.
 *
 * Owns: which names and modes are allowed, and the errors about them.
 *
 * Suspension: every function here is synchronous.
 */
import { describe } from '../base/describe.ts';
import { AppendOnlyError, InvalidArgumentError, StorageError } from '../base/errors.ts';
import { isName } from '../base/names.ts';
import type { CatalogRecord } from './catalog.ts';

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

/** What may become of entries: `'mutable'` anything, `'append-only'` nothing. */
export type KeyspaceMode = 'mutable' | 'append-only';

/** The mode that an open asks for; undefined: as it is recorded. */
interface AskedMode {
  readonly mode: KeyspaceMode | undefined;
  readonly isVerifiable: boolean | undefined;
  readonly ttlMs: number | undefined;
}

/** What the record of a new keyspace says of its mode. Throws InvalidArgumentError for what goes not together. */
export function newMode(name: string, asked: AskedMode): { readonly mode?: 'append-only' } {
  const { mode = 'mutable', isVerifiable = false } = asked;
  if (mode === 'append-only') {
    mustNotExpire(name, asked);
    return { mode };
  }
  if (!isVerifiable) return {};
  throw new InvalidArgumentError(
    `Option verifiable needs mode 'append-only', since a tree is over what never changes: keyspace=${name}`,
  );
}

/** Throws InvalidArgumentError for another mode than that of the keyspace. */
export function mustHaveMode(
  { name, mode: recorded, tree }: Pick<CatalogRecord, 'name' | 'mode' | 'tree'>,
  asked: AskedMode,
): void {
  const mode: KeyspaceMode = recorded ?? 'mutable';
  if (asked.mode !== undefined && asked.mode !== mode) {
    throw new InvalidArgumentError(
      `Keyspace ${name} has another mode, which binds: recorded=${mode} asked=${asked.mode}`,
    );
  }
  const isVerifiable = tree !== undefined;
  if (asked.isVerifiable !== undefined && asked.isVerifiable !== isVerifiable) {
    throw new InvalidArgumentError(
      `Keyspace ${name} was created otherwise, which binds: recorded verifiable=${isVerifiable} ` +
        `asked=${asked.isVerifiable}`,
    );
  }
  if (mode === 'append-only') mustNotExpire(name, asked);
}

function mustNotExpire(name: string, { ttlMs = 0 }: AskedMode): void {
  if (ttlMs === 0) return;
  throw new InvalidArgumentError(
    `Entries of an append-only keyspace do not expire: keyspace=${name} ttlMs=${ttlMs}`,
  );
}

/** Throws AppendOnlyError for an append-only keyspace, which stays under its name for ever. */
export function mustBeMutable(
  { name, mode }: Pick<CatalogRecord, 'name' | 'mode'>,
  what: 'dropped' | 'renamed',
): void {
  if (mode === undefined) return;
  throw new AppendOnlyError(`Keyspace is append-only and is never ${what}: keyspace=${name}`, {
    keyspace: name,
  });
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
