/**
 * The versions of a database that another process writes.
 *
 * Owns: the version that is shown, the newest one that was read, and the tables that are held open for them.
 *
 * Invariants:
 *   followed-versions/whole-before-newest: a version counts as the newest only when each of its tables was found, with the size
 *       that the manifest says. Tables of the version before were looked at then.
 *   followed-versions/held-while-read: a table is held as long as a version names it that is read, shown or the newest.
 *
 * Suspension: every method is synchronous.
 */
import { join } from 'node:path';
import { IoError, StateGoneError } from '../../base/errors.ts';
import type { FileNumber } from '../../base/ids.ts';
import { checkTable } from '../../version/database-directory.ts';
import type { FileMetadata } from '../../version/file-metadata.ts';
import { emptyVersionState } from '../../version/version-builder.ts';
import { Version, type VersionState, sizeBytesBeside } from '../../version/version.ts';
import { fileName, parseFileName } from '../../vfs/filenames.ts';
import { HeldFiles } from '../../vfs/held-files.ts';
import type { OpenMode, Vfs, VfsFile } from '../../vfs/vfs.ts';

export class FollowedVersions {
  /** Reads tables by the descriptors that are held. A table beyond them that has gone is a StateGoneError. */
  readonly vfs: Vfs;
  readonly #directory: string;
  readonly #files: HeldFiles;
  readonly #onTableReleased: (number: FileNumber) => void;
  /** Every version with a reader, the shown and the newest one included. */
  readonly #pinned: Set<Version> = new Set();
  #current: Version;
  #newest: Version;

  /** At most `countMax` tables are held. `onTableReleased`: nothing reads the table any more. */
  constructor(
    vfs: Vfs,
    directory: string,
    countMax: number,
    onTableReleased: (number: FileNumber) => void,
  ) {
    this.#directory = directory;
    this.#files = new HeldFiles(vfs, countMax);
    this.#onTableReleased = onTableReleased;
    const inner = this.#files.vfs;
    this.vfs = { ...inner, open: (path, mode) => openOrGone(inner, path, mode) };
    this.#current = this.#newest = this.#pin(emptyVersionState());
    this.#newest.ref();
  }

  /** The version that new readers read. */
  get current(): Version {
    return this.#current;
  }

  /** The newest that was read from the manifest, and is shown next. */
  get newest(): Version {
    return this.#newest;
  }

  get heldCount(): number {
    return this.#files.count;
  }

  /** Of the newest version: its logs are read before it is shown. */
  get keptLogs(): readonly FileNumber[] {
    return this.#newest.keptLogs;
  }

  get liveLogs(): readonly FileNumber[] {
    return this.#newest.liveLogs;
  }

  /** True when the table stays readable, whatever the writer does. */
  isHeld(number: FileNumber): boolean {
    return this.#files.isHeld(this.#pathOf(number));
  }

  /** Bytes of tables that only older states need. */
  pinnedSizeBytes(): number {
    return sizeBytesBeside(this.#pinned, numbersOf([this.#current, this.#newest]));
  }

  /**
   * Makes the newest version of a state that was read. Throws CorruptionError when a table of it is not
   * there (followed-versions/whole-before-newest); then everything is as before.
   */
  adopt(state: VersionState): void {
    const version = this.#pin(state);
    const known = numbersOf([this.#current, this.#newest]);
    const added: FileMetadata[] = [];
    version.forEachFile((file) => {
      if (!known.has(file.number)) added.push(file);
    });
    try {
      for (const { number } of added) this.#files.hold(this.#pathOf(number)); // level 0 first
      for (const file of added) checkTable(this.#files.vfs, this.#directory, file);
    } catch (error) {
      version.unref();
      throw error;
    }
    const previous = this.#newest;
    this.#newest = version;
    previous.unref();
  }

  /** The newest version is shown from now on. */
  install(): void {
    const previous = this.#current;
    this.#current = this.#newest.ref();
    previous.unref();
  }

  close(): void {
    this.#newest.unref();
    this.#current.unref();
    this.#files.keep(() => false);
  }

  #pin(state: VersionState): Version {
    const version = new Version(state, (released) => this.#onReleased(released));
    this.#pinned.add(version);
    return version.ref();
  }

  /** Keeps followed-versions/held-while-read. */
  #onReleased(version: Version): void {
    this.#pinned.delete(version);
    const needed = numbersOf(this.#pinned);
    version.forEachFile(({ number }) => {
      if (!needed.has(number)) this.#onTableReleased(number);
    });
    const paths = new Set<string>();
    for (const number of needed) paths.add(this.#pathOf(number));
    this.#files.keep((path) => paths.has(path));
  }

  #pathOf(number: number): string {
    return join(this.#directory, fileName('table', number));
  }
}

function numbersOf(versions: Iterable<Version>): Set<FileNumber> {
  const numbers = new Set<FileNumber>();
  for (const version of versions) version.forEachFile(({ number }) => numbers.add(number));
  return numbers;
}

function openOrGone(vfs: Vfs, path: string, mode: OpenMode): VfsFile {
  try {
    return vfs.open(path, mode);
  } catch (error) {
    const isTable = parseFileName(path.slice(path.lastIndexOf('/') + 1))?.kind === 'table';
    if (!isTable || !(error instanceof IoError) || error.systemCode !== 'ENOENT') throw error;
    throw new StateGoneError(
      `Table is gone that the writer has compacted away: file=${path} (call refresh, or open with a larger openTableCountMax)`,
      { cause: error },
    );
  }
}
