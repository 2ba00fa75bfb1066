/**
 * The refusal of a read-only database.
 *
 * Owns: its words, which say what to do.
 *
 * Suspension: everything here is synchronous.
 */
import { ReadOnlyError } from '../base/errors.ts';

export function readOnly(what = 'Nothing can be written'): ReadOnlyError {
  return new ReadOnlyError(
    `${what}: the database was opened with readOnly or follow (write in the one process that opens it without)`,
  );
}
