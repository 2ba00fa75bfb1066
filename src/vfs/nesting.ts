/**
 * Directories inside one another, and names that only the engine gives.
 *
 * Owns: whether a path is fit for a database, or for a copy of one. A directory called `CURRENT.tmp` in a database
 * stops that database from ever switching its manifest: such a name is refused wherever a directory is to be made.
 *
 * Suspension: every function here is synchronous.
 */
import { basename, dirname, join, relative, resolve, sep } from 'node:path';

import { InvalidArgumentError } from '../base/errors.ts';
import { fileName, parseFileName } from './filenames.ts';
import type { Vfs } from './vfs.ts';

/** Throws InvalidArgumentError when the last part of a path is a name that the engine gives to its own files. */
export function mustNotBeFileName(path: string): void {
  const name = basename(path);
  if (parseFileName(name) === undefined && !name.startsWith(`${fileName('lock')}.`)) return;
  throw new InvalidArgumentError(
    `A directory must not have the name of a file of a database: name=${name} path=${path}`,
  );
}

/** True when `path`, which may be absent, is the directory `outer` or lies in it; links are followed. */
export function isInside(vfs: Vfs, outer: string, path: string): boolean {
  const steps = relative(realPathOf(vfs, outer), realPathOf(vfs, path));
  return (
    steps === '' || !(steps === '..' || steps.startsWith(`..${sep}`) || resolve(steps) === steps)
  );
}

/** The real path of the nearest part that exists, and the rest as it is given. */
function realPathOf(vfs: Vfs, path: string): string {
  const absolute = resolve(path);
  if (vfs.exists(absolute)) return vfs.realPath(absolute);
  const parent = dirname(absolute);
  return parent === absolute ? absolute : join(realPathOf(vfs, parent), basename(absolute));
}
