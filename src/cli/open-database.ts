/**
 * Opening a database for one command.
 *
 * Owns: that only the commands that write new data may create one, that bounds are checked before anything is
 * touched, and that the database is closed however the command ends. The engine is loaded only here, so that help and
 * mistakes are quick.
 */
import { InvalidArgumentError } from '../base/errors.ts';
import { resolveOptions, type TuningOptions } from '../base/options.ts';
import type { Database } from '../api/database.ts';
import type { Keyspace } from '../api/keyspace.ts';
import type { KeyspaceOption } from './arguments.ts';
import { UsageError } from '../programs/outcome.ts';

export type BytesKeyspace = Keyspace<Uint8Array, Uint8Array>;
export type BytesDatabase = Database<Uint8Array, Uint8Array>;

export interface OpenSettings extends TuningOptions {
  readonly createIfMissing: boolean;
}

/** Opens the database, hands it to `use`, and closes it. Keys and values are bytes. */
export async function withDatabase<T>(
  directory: string,
  settings: OpenSettings,
  use: (db: BytesDatabase) => Promise<T>,
): Promise<T> {
  checkTuning(settings);
  const { open } = await import('../api/open.ts');
  const db = await open(directory, { ...settings, keyEncoding: 'view', valueEncoding: 'view' });
  try {
    return await use(db);
  } finally {
    await db.close();
  }
}

/** As `withDatabase`, for the entries of one keyspace; those of the database itself without a name. */
export async function withKeyspace<T>(
  directory: string,
  { keyspace, ...settings }: OpenSettings & KeyspaceOption,
  use: (keyspace: BytesKeyspace) => Promise<T>,
): Promise<T> {
  return withDatabase(directory, settings, async (db) => {
    const { createIfMissing } = settings;
    return use(keyspace === undefined ? db : await db.keyspace(keyspace, { createIfMissing }));
  });
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
