/**
 * The permissions of the files that the engine makes.
 *
 * Owns: the permissions of new files. They follow the directory: a directory that its owner alone may enter gets files
 * that its owner alone may read, also when it was made private after the database was opened. The umask of the process
 * takes away more, and never less.
 *
 * Suspension: every function here is synchronous.
 */
import fs from 'node:fs';

const READ_AND_WRITE_BITS = 0o666;
const READ_BITS = 0o444;

/** For a new file in the directory. */
export function newFileMode(directory: string): number {
  return fs.statSync(directory).mode & READ_AND_WRITE_BITS;
}

/** For a socket in the directory: those that may read the directory may connect, which needs the right to write. */
export function newSocketMode(directory: string): number {
  const readers = fs.statSync(directory).mode & READ_BITS;
  return readers | (readers >> 1);
}
