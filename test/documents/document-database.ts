/**
 * A database in memory for tests of documents.
 *
 * Owns: opening it, again over the same files, and closing it whatever happens.
 */
import { expect } from 'vitest';
import { type Database, MemoryVfs, open, type OpenOptions, type Vfs } from '../../src/index.ts';

export type AnyDatabase = Database<unknown, unknown>;

export async function openOn(vfs: Vfs, options: OpenOptions = {}): Promise<AnyDatabase> {
  return open('/db', { vfs, background: 'inline', ...options });
}

export async function withDatabase<T>(
  use: (db: AnyDatabase) => Promise<T>,
  vfs: Vfs = new MemoryVfs(),
): Promise<T> {
  const db = await openOn(vfs);
  try {
    return await use(db);
  } finally {
    await db.close();
  }
}

/** Expects a refusal with that code; gives the error. */
export async function refusal(promise: Promise<unknown>, code: string): Promise<Error> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(Error);
  expect(error).toMatchObject({ code });
  return error as Error;
}
