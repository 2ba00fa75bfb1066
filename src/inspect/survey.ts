/**
 * Surveys the files of a database directory that no process has open.
 *
 * Owns: finding the files, and the manifest that says which of them count, however much of the directory is damaged.
 *
 * Invariants:
 *   survey/changes-nothing: the survey changes nothing. It takes the lock where the directory can be written at all.
 *       It reads a directory that cannot, such as one on a failing disk mounted read-only, without a lock.
 *   survey/which-manifest: the manifest is the one that CURRENT names. When CURRENT is lost, it is the newest that can
 *       be read from its first edit to its end. When that manifest is lost, it is a newer one: an older one would name
 *       tables that are gone.
 *   survey/other-formats-refused: a manifest of a format that this engine does not read is no damage. The whole
 *       directory is refused then, as an open refuses it: its other files are of that format too.
 *   survey/torn-and-missing: a manifest with a torn end that names missing tables has lost its last edits, and is not
 *       believed.
 *
 * Suspension: suspends while it reads manifests.
 */
import { join } from 'node:path';

import {
  CorruptionError,
  EncryptionKeyError,
  IncompatibleFormatError,
  InvalidArgumentError,
} from '../base/errors.ts';
import { type FileNumber, fileNumber } from '../base/ids.ts';
import { ProblemList } from '../version/verify-report.ts';
import { mustNotBeForeign } from '../version/foreign-database.ts';
import { readCurrent } from '../version/manifest.ts';
import { recoverState } from '../version/version-set.ts';
import { Version } from '../version/version.ts';
import { fileName, parseFileName } from '../vfs/filenames.ts';
import type { Vfs, VfsLock } from '../vfs/vfs.ts';

export interface SurveyedManifest {
  readonly path: string;
  readonly version: Version;
}

export interface Survey {
  readonly directory: string;
  /** By number, ascending: every file of the kind, whether it counts or not. */
  readonly tables: readonly FileNumber[];
  readonly logs: readonly FileNumber[];
  /** Undefined when none can be believed. */
  readonly manifest: SurveyedManifest | undefined;
  /** The problems of CURRENT and the manifests. */
  readonly problems: ProblemList;
}

/** Runs `use` with the directory locked (survey/changes-nothing), and the damage to LOCK that forbade that. */
export async function withDirectoryLocked<T>(
  vfs: Vfs,
  directory: string,
  use: (lockDamage: CorruptionError | undefined) => Promise<T>,
): Promise<T> {
  if (!vfs.isDirectory(directory)) {
    throw new InvalidArgumentError(`Path is not a directory: path=${directory}`);
  }
  mustNotBeForeign(vfs, directory); // before the lock: LOCK may be the other engine's
  const lock = vfs.isWritable(directory) ? await lockOrDamage(vfs, directory) : undefined;
  if (lock instanceof CorruptionError) return use(lock);
  try {
    return await use(undefined);
  } finally {
    await lock?.release();
  }
}

/**
 * A LOCK that is no regular file names no owner. An owner that lost its LOCK like that stops writing, and on Linux
 * keeps others out all the same.
 */
async function lockOrDamage(vfs: Vfs, directory: string): Promise<VfsLock | CorruptionError> {
  try {
    return await vfs.lock(directory);
  } catch (error) {
    if (error instanceof CorruptionError) return error;
    throw error;
  }
}

/**
 * Throws InvalidArgumentError when there is no file of a database, and IncompatibleFormatError
 * (survey/other-formats-refused).
 */
export async function surveyDirectory(vfs: Vfs, directory: string): Promise<Survey> {
  const numbers: Record<'table' | 'log' | 'manifest', FileNumber[]> = {
    table: [],
    log: [],
    manifest: [],
  };
  let isDatabase = false;
  for (const name of vfs.list(directory)) {
    const parsed = parseFileName(name);
    if (parsed === undefined || parsed.kind === 'lock') continue;
    isDatabase = true;
    const { kind, number } = parsed;
    if (kind !== 'table' && kind !== 'log' && kind !== 'manifest') continue;
    numbers[kind].push(fileNumber(number));
  }
  if (!isDatabase) {
    throw new InvalidArgumentError(`Directory is not a database: path=${directory}`);
  }
  for (const list of Object.values(numbers)) list.sort((a, b) => a - b);
  const problems = new ProblemList();
  const manifest = await findManifest(vfs, directory, numbers.manifest, problems);
  return { directory, tables: numbers.table, logs: numbers.log, manifest, problems };
}

/** Keeps survey/which-manifest. */
async function findManifest(
  vfs: Vfs,
  directory: string,
  numbers: readonly FileNumber[],
  problems: ProblemList,
): Promise<SurveyedManifest | undefined> {
  const currentPath = join(directory, fileName('current'));
  const named = problems.attempt(currentPath, () => readCurrent(vfs, directory));
  const candidates = numbers.filter((number) => named === undefined || number > named).reverse();
  if (named !== undefined) candidates.unshift(named);
  for (const number of candidates) {
    const path = join(directory, fileName('manifest', number));
    try {
      const { state, isTorn } = await recoverState(vfs, directory, number);
      const version = new Version(state);
      if (!isTorn || areTablesThere(vfs, directory, version)) return { path, version };
      // survey/torn-and-missing: the tables that are missing are problems of their own only where the manifest is
      // believed.
    } catch (error) {
      if (error instanceof IncompatibleFormatError || error instanceof EncryptionKeyError) {
        throw error; // survey/other-formats-refused
      }
      problems.add(error, path);
    }
  }
  return undefined;
}

function areTablesThere(vfs: Vfs, directory: string, version: Version): boolean {
  let areThere = true;
  version.forEachFile(({ number }) => {
    areThere &&= vfs.exists(join(directory, fileName('table', number)));
  });
  return areThere;
}
