/**
 * A directory that becomes a database, or goes again.
 *
 * Owns: making it, the files that are made in it, the step that makes them count, and taking all of it back when that step
 * is not reached. Checkpoints and restores make their copies in one.
 *
 * Invariants:
 *   new-directory/current-last: CURRENT comes last, when everything that it leads to is synced, entries included. A crash
 *       before that leaves a directory that no `open` takes for a database with data. Once a table or a frame is in it,
 *       `open` refuses it with CorruptionError (CURRENT is missing); before that it is as good as empty.
 *   new-directory/empty-first: a directory with anything in it is refused, and left as it is.
 *   new-directory/no-file-name: the directory has no name of a database file.
 *
 * Suspension: `inNewDirectory` suspends for the lock and for its body, `complete` for syncs.
 */
import { dirname, join, resolve } from 'node:path';

import { InvalidArgumentError } from '../../base/errors.ts';
import type { FileNumber } from '../../base/ids.ts';
import { mustNotBeForeign } from '../../version/foreign-database.ts';
import { installCurrent, writeCurrentTemporary } from '../../version/manifest.ts';
import { makeDurableDirectory } from '../../vfs/durable-directory.ts';
import { fileName } from '../../vfs/filenames.ts';
import { mustNotBeFileName } from '../../vfs/nesting.ts';
import type { Vfs } from '../../vfs/vfs.ts';

/**
 * Runs `fill` with the directory, absent or empty before, and locked meanwhile. `model` is a directory that it shall not be
 * more public than. When `fill` rejects, what was made is removed.
 */
export async function inNewDirectory<T>(
  vfs: Vfs,
  target: string,
  model: string | undefined,
  fill: (directory: NewDirectory) => Promise<T>,
): Promise<T> {
  const path = resolve(target);
  mustNotBeFileName(path);
  mustBeEmpty(vfs, path);
  const firstMade = makeDurableDirectory(vfs, path);
  const directory = new NewDirectory(vfs, path, firstMade);
  try {
    if (model !== undefined) vfs.limitAccess(path, model); // while it is empty
    const lock = await vfs.lock(path);
    try {
      mustBeEmpty(vfs, path); // again: another process may have been faster
      return await fill(directory);
    } catch (error) {
      directory.discardFiles();
      throw error;
    } finally {
      await lock.release();
    }
  } catch (error) {
    directory.discardDirectories();
    throw error;
  }
}

/** Keeps new-directory/empty-first. */
function mustBeEmpty(vfs: Vfs, directory: string): void {
  if (!vfs.exists(directory)) return;
  if (!vfs.isDirectory(directory)) {
    throw new InvalidArgumentError(`Path is not a directory: path=${directory}`);
  }
  const isOther = (name: string): boolean => !name.startsWith(fileName('lock'));
  const found = vfs.list(directory).find(isOther);
  if (found === undefined) return;
  mustNotBeForeign(vfs, directory);
  throw new InvalidArgumentError(`Directory is not empty: path=${directory} file=${found}`);
}

/** The files of the new directory, and how they are taken back. */
export class NewDirectory {
  readonly vfs: Vfs;
  readonly path: string;
  /** The outermost directory that was made. */
  readonly #firstMade: string | undefined;
  /** Names, in the order of their making. */
  readonly #made: string[] = [];

  constructor(vfs: Vfs, path: string, firstMade: string | undefined) {
    this.vfs = vfs;
    this.path = path;
    this.#firstMade = firstMade;
  }

  /** The path of a file that is about to be made. */
  pathOf(name: string): string {
    if (!this.#made.includes(name)) this.#made.push(name);
    return join(this.path, name);
  }

  /** Keeps new-directory/current-last: all files are there and synced, the manifest of this number too. */
  async complete(manifestNumber: FileNumber): Promise<void> {
    const { vfs, path } = this;
    // The entries of everything before the name that leads to it.
    await vfs.syncDirectory(path);
    this.#made.push(fileName('currentTemporary'));
    await writeCurrentTemporary(vfs, path, manifestNumber);
    this.#made.push(fileName('current'));
    await installCurrent(vfs, path);
  }

  /** Best effort, CURRENT first, so that what stays is no database. The error that led here is the one to report. */
  discardFiles(): void {
    for (const name of this.#made.reverse()) {
      attempt(() => this.vfs.unlink(join(this.path, name)));
    }
  }

  discardDirectories(): void {
    if (this.#firstMade === undefined) return;
    for (let path = this.path; ; path = dirname(path)) {
      if (!attempt(() => this.vfs.removeDirectory(path))) return;
      if (path === this.#firstMade || dirname(path) === path) return;
    }
  }
}

/** False when it could not be done: it was never made, or stays. */
function attempt(remove: () => void): boolean {
  try {
    remove();
    return true;
  } catch {
    return false;
  }
}
