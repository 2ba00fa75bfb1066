/**
 * Opening a database for one command.
 *
 * Owns: that only the commands that write new data may create one, that those which only read are let in beside the process
 * that writes, that bounds are checked before anything is
 * touched, and that the database is closed however the command ends. The engine is loaded only here, so that help and
 * mistakes are quick.
 */
import { InvalidArgumentError, UniqueError } from '../base/errors.ts';
import { resolveOptions, type TuningOptions } from '../base/options.ts';
import type { Database } from '../api/database.ts';
import type { Keyspace } from '../api/keyspace.ts';
import { UsageError } from '../programs/outcome.ts';
import { type FormOptions, formOf, type KeyspaceOption } from './arguments.ts';
import { encryptionOf } from './key-file.ts';
import { bytesToJson, type Forms, formsIn } from '../text/text-form.ts';

export type BytesKeyspace = Keyspace<Uint8Array, Uint8Array>;
export type BytesDatabase = Database<Uint8Array, Uint8Array>;

export interface OpenSettings extends TuningOptions {
  readonly createIfMissing: boolean;
  /** Of an encrypted database; undefined for a plain one. */
  readonly keyFile?: string | undefined;
}

/** Of commands that only read: the database may be in use by another process, or lie where nothing can be written. */
export interface ReadSettings extends TuningOptions {
  readonly readOnly: true;
  /** As of OpenSettings. */
  readonly keyFile?: string | undefined;
}

/** As ReadSettings, and keeps up with the process that writes. */
export interface FollowSettings extends TuningOptions {
  readonly follow: true;
  /** As of OpenSettings. */
  readonly keyFile?: string | undefined;
}

export const READ_ONLY: ReadSettings = { readOnly: true };

/** Opens the database, hands it to `use`, and closes it. Keys and values are bytes. */
export async function withDatabase<T>(
  directory: string,
  settings: OpenSettings | ReadSettings | FollowSettings,
  use: (db: BytesDatabase) => Promise<T>,
): Promise<T> {
  const { keyFile, ...tuning } = settings;
  checkTuning(tuning);
  const options = { ...tuning, ...encryptionOf({ keyFile }) };
  const { open } = await import('../api/open.ts');
  const db = await open(directory, { ...options, keyEncoding: 'view', valueEncoding: 'view' });
  try {
    return await use(db);
  } finally {
    await db.close();
  }
}

/** As `withDatabase`, for the entries of one keyspace, with the forms of its keys and values. */
export async function withKeyspace<T>(
  directory: string,
  settings: OpenSettings | ReadSettings,
  options: KeyspaceOption & FormOptions,
  use: (keyspace: BytesKeyspace, forms: Forms) => Promise<T>,
): Promise<T> {
  return withDatabase(directory, settings, async (db) => {
    const createIfMissing = 'createIfMissing' in settings && settings.createIfMissing;
    const { keyspace: name } = options;
    const keyspace = name === undefined ? db : await db.keyspace(name, { createIfMissing });
    const forms = await formsOf(db, options);
    try {
      return await use(keyspace, forms);
    } catch (error) {
      throw withKeyIn(error, forms);
    }
  });
}

/** A UniqueError of a handle of bytes, which has the key of the other row as bytes alone, gets its form. */
export function withKeyIn(error: unknown, forms: Forms): unknown {
  if (!(error instanceof UniqueError)) return error;
  const { message, index, values, keyBytes } = error;
  return new UniqueError(message, {
    index,
    values,
    keyBytes,
    key: bytesToJson(keyBytes, forms.key),
  });
}

/** The forms of the keyspace that the options name; of the database's own entries when they name none. */
export async function formsOf(
  db: BytesDatabase,
  options: KeyspaceOption & FormOptions,
): Promise<Forms> {
  const [own, ...named] = await db.keyspaces();
  const { keyspace } = options;
  const info = keyspace === undefined ? own : named.find(({ name }) => name === keyspace);
  const { keyEncoding, valueEncoding } = info ?? {};
  return formsIn({ keyEncoding, valueEncoding }, formOf(options));
}

/** A tuning option out of bounds is a wrong command line, not a storage error. */
export function checkTuning(settings: TuningOptions): void {
  try {
    resolveOptions(settings);
  } catch (error) {
    if (error instanceof InvalidArgumentError) throw new UsageError(error.message);
    throw error;
  }
}
