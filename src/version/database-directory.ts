/**
 * Is there a database in this directory?
 *
 * Owns: the answer before anything is read or changed, and the check that every file which a version names is there.
 *
 * Invariants:
 *   database-directory/no-current-no-new: files that hold or held data without a CURRENT are never taken for a new
 *       database.
 *   database-directory/cut-creation-is-new: a creation that a crash cut short is taken for a new database. CURRENT is
 *       switched, and its entry synced, before the first log or table is made. So without CURRENT there are at most
 *       manifests that list nothing, and they never counted.
 *   database-directory/other-files-refused: a directory of other programs' files is refused, not filled.
 *   database-directory/other-engines-first: a directory of another engine is told as such before the lock is taken:
 *       LOCK may be that engine's own.
 *
 * Suspension: `findDatabase` suspends while it reads logs; `checkFiles` is synchronous.
 */
import { join } from 'node:path';

import { CorruptionError, InvalidArgumentError, IoError } from '../base/errors.ts';
import { FILE_NUMBER_MAX, type FileNumber, fileNumber } from '../base/ids.ts';
import { decodeLogHeader, LOG_HEADER_SIZE_BYTES, LOG_KIND_WAL } from '../log/frame-format.ts';
import { readLog } from '../log/log-reader.ts';
import { fileName, parseFileName } from '../vfs/filenames.ts';
import { irregularFile, readFully, type Vfs } from '../vfs/vfs.ts';
import { mustNotBeForeign } from './foreign-database.ts';
import type { FileMetadata } from './file-metadata.ts';
import { readManifest } from './manifest.ts';
import type { Version } from './version.ts';

export type DirectoryState = 'new' | 'existing';

/**
 * `existing` when CURRENT is there; `new` for an absent or empty directory and for a creation cut short
 * (database-directory/cut-creation-is-new). Throws CorruptionError when CURRENT is missing among files of a database
 * (database-directory/no-current-no-new). Throws InvalidArgumentError for a path that is no directory, a directory
 * that only holds other files (database-directory/other-files-refused), and one of another engine
 * (database-directory/other-engines-first).
 */
export async function findDatabase(vfs: Vfs, directory: string): Promise<DirectoryState> {
  if (!vfs.exists(directory)) return 'new';
  if (!vfs.isDirectory(directory)) {
    throw new InvalidArgumentError(`Path is not a directory: path=${directory}`);
  }
  const names = vfs.list(directory).filter((name) => !isHarmless(name));
  if (names.length > 0) mustNotBeForeign(vfs, directory); // database-directory/other-engines-first
  if (names.includes(fileName('current'))) return 'existing';
  let isOurs = false;
  let foreignName: string | undefined;
  const suspects: { kind: 'log' | 'manifest'; number: number }[] = [];
  for (const name of names) {
    const parsed = parseFileName(name);
    if (parsed === undefined) {
      foreignName = name;
      continue;
    }
    const { kind, number } = parsed;
    if (kind === 'table') throw currentMissing(directory, name);
    if (kind === 'log' || kind === 'manifest') suspects.push({ kind, number });
    if (kind !== 'lock') isOurs = true;
  }
  for (const { kind, number } of suspects) await checkNeverUsed(vfs, directory, kind, number);
  if (!isOurs && foreignName !== undefined) {
    throw new InvalidArgumentError(
      `Directory is not a database and not empty: path=${directory} file=${foreignName}`,
    );
  }
  return 'new';
}

/** Names that file systems and file managers put into an empty directory, and those that taking the lock leaves. */
function isHarmless(name: string): boolean {
  return name.startsWith('.') || name === 'lost+found' || name.startsWith(`${fileName('lock')}.`);
}

/**
 * database-directory/cut-creation-is-new: a manifest with a snapshot of nothing, or a log without frames; anything
 * more is database-directory/no-current-no-new.
 */
async function checkNeverUsed(
  vfs: Vfs,
  directory: string,
  kind: 'log' | 'manifest',
  number: number,
): Promise<void> {
  let isUsed = false;
  try {
    if (isForeign(vfs, join(directory, fileName(kind, number)), number)) return;
    if (kind === 'manifest') {
      const options = { isReferenced: false };
      const onEdit = (edit: { addedFiles?: unknown; addedLogs?: unknown }): void => {
        isUsed ||= edit.addedFiles !== undefined || edit.addedLogs !== undefined;
      };
      const summary = await readManifest(vfs, directory, fileNumber(number), onEdit, options);
      isUsed ||= summary.frameCount > 1;
    } else {
      const path = join(directory, fileName(kind, number));
      isUsed = (await readLog(vfs, path, LOG_KIND_WAL, number, () => {})).frameCount > 0;
    }
  } catch (error) {
    if (error instanceof CorruptionError)
      throw currentMissing(directory, fileName(kind, number), error);
    throw error;
  }
  if (isUsed) throw currentMissing(directory, fileName(kind, number));
}

/**
 * True when the file begins with the header of a log of another number. Nothing of its own was ever synced then: after
 * a power cut a file that had only grown may show what its blocks held before.
 */
function isForeign(vfs: Vfs, path: string, number: number): boolean {
  const file = vfs.open(path, 'read');
  try {
    const bytes = new Uint8Array(LOG_HEADER_SIZE_BYTES);
    if (readFully(file, bytes, 0, bytes.length, 0) < bytes.length) return false;
    const header = decodeLogHeader(bytes);
    return header !== undefined && header.number !== number;
  } finally {
    file.closeSync();
  }
}

function currentMissing(directory: string, witness: string, cause?: unknown): CorruptionError {
  const file = join(directory, fileName('current'));
  const options = cause === undefined ? { file } : { file, cause };
  return new CorruptionError(`CURRENT is missing, yet the directory holds ${witness}`, options);
}

/**
 * Throws CorruptionError naming the file when a table or log of the version is missing, or a table's size is wrong.
 * It also throws when a directory has the name that the next CURRENT needs: anything else of that name is removed
 * then.
 */
export function checkFiles(vfs: Vfs, directory: string, version: Version): void {
  const temporary = join(directory, fileName('currentTemporary'));
  if (vfs.isDirectory(temporary)) throw irregularFile(temporary, 'directory');
  version.forEachFile((file) => checkTable(vfs, directory, file));
  for (const number of [...version.keptLogs, ...version.liveLogs]) {
    const path = join(directory, fileName('log', number));
    if (!vfs.exists(path)) throw new CorruptionError('Log is missing', { file: path });
  }
}

/** Throws CorruptionError naming the file when a table of this directory is missing or its size is wrong. */
export function checkTable(vfs: Vfs, directory: string, metadata: FileMetadata): void {
  const path = join(directory, fileName('table', metadata.number));
  const size = sizeOf(vfs, path);
  if (size !== metadata.sizeBytes) {
    throw new CorruptionError(
      `Table has the wrong size: size=${size} expected=${metadata.sizeBytes}`,
      { file: path },
    );
  }
}

function sizeOf(vfs: Vfs, path: string): number {
  let file;
  try {
    file = vfs.open(path, 'read');
  } catch (error) {
    if (error instanceof IoError && error.systemCode === 'ENOENT') {
      throw new CorruptionError('Table is missing', { file: path, cause: error });
    }
    throw error;
  }
  try {
    return file.sizeSync();
  } finally {
    file.closeSync();
  }
}

/** The manifests that copies of a database are given, above every number that its engine gave out. */
const NUMBER_COUNT_OF_COPIES = 1024;
/** So many must be left when a database is opened. It then fails at the open, and not at work. */
const NUMBER_COUNT_AT_OPEN = 2 ** 20;

/**
 * A number that no file in the directory has, nor any larger one. Throws CorruptionError, naming the file, when
 * hardly any number is left above it: the engine did not make that file.
 */
export function unusedFileNumber(vfs: Vfs, directory: string): FileNumber {
  let largest = 0;
  let name = '';
  for (const each of vfs.list(directory)) {
    const { number = 0 } = parseFileName(each) ?? {};
    if (number > largest) [largest, name] = [number, each];
  }
  return leavingFileNumbers(largest + 1, join(directory, name));
}

/** `next` when a database can go on from it; `file` says so, or has the number before. */
export function leavingFileNumbers(next: number, file: string): FileNumber {
  if (next <= FILE_NUMBER_MAX - NUMBER_COUNT_AT_OPEN) return fileNumber(next);
  throw noFileNumberLeft(next, file);
}

/** `next` when a file may have it. */
export function usableFileNumber(next: number, file: string): FileNumber {
  if (next <= FILE_NUMBER_MAX - NUMBER_COUNT_OF_COPIES) return fileNumber(next);
  throw noFileNumberLeft(next, file);
}

function noFileNumberLeft(next: number, file: string): CorruptionError {
  return new CorruptionError(`No file number is left: next=${next} max=${FILE_NUMBER_MAX}`, {
    file,
  });
}
