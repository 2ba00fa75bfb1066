/**
 * The refusal of files that another version of the engine wrote.
 *
 * Owns: the words of these errors, so that a log, a table and a manifest say the same.
 *
 * Suspension: every function here is synchronous.
 */
import { IncompatibleFormatError } from './errors.ts';

/** The part of a file whose version was read: `subject` begins the message. */
export interface VersionFound {
  readonly subject: 'Database' | 'Key ring' | 'Log' | 'Manifest' | 'Table';
  readonly file: string;
  readonly found: number;
  readonly supported: number;
}

/** The error for a version that is not the supported one. A smaller version was never released. */
export function otherVersion(version: VersionFound): IncompatibleFormatError {
  const { subject, file, found, supported } = version;
  const facts = `file=${file} version=${found} supported=${supported}`;
  return new IncompatibleFormatError(
    found > supported
      ? `${subject} is of a newer format: ${facts}`
      : `${subject} was written by a version that was never released, ` +
          `export the database with that version: ${facts}`,
  );
}

/** The error for bytes that were transformed, by an encryption for example, in a way that this engine cannot undo. */
export function unknownTransform(
  subject: 'Block' | 'Frame' | 'Log' | 'Table',
  transform: number,
  file: string,
  offset: number,
): IncompatibleFormatError {
  return new IncompatibleFormatError(
    `${subject} has an unknown transform: file=${file} offset=${offset} transform=${transform}`,
  );
}
