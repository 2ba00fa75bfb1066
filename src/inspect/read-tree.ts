/**
 * Reads the tree of a database from its manifest, beside the process that writes it.
 *
 * Owns: which tables and logs count right now, with the sizes of the logs, for those who look at a database from outside.
 *
 * Invariants:
 *   read-tree/changes-nothing: nothing is locked, written or removed.
 *   read-tree/newest: when the writer moves on to a newer manifest amid the read, the read begins again with that one.
 *
 * Suspension: suspends while it reads the manifest.
 */
import { join } from 'node:path';

import type { FileNumber } from '../base/ids.ts';
import { readCurrent } from '../version/manifest.ts';
import { recoverState } from '../version/version-set.ts';
import { Version } from '../version/version.ts';
import { fileName } from '../vfs/filenames.ts';
import type { Vfs } from '../vfs/vfs.ts';

/** A log that counts, and its bytes on disk; 0 for one that has gone since. */
export interface SizedLog {
  readonly number: FileNumber;
  readonly sizeBytes: number;
  /** True for a log whose operations are all in tables, and which stays for the history. */
  readonly isKept: boolean;
}

export interface Tree {
  readonly version: Version;
  readonly logs: readonly SizedLog[];
}

/** A writer makes a new manifest when it opens and once in a long while after. */
const ATTEMPT_COUNT_MAX = 5;

/**
 * `vfs` has the keys of an encrypted database. Throws CorruptionError, IncompatibleFormatError and IoError.
 */
export async function readTree(vfs: Vfs, directory: string): Promise<Tree> {
  for (let attempt = 1; ; attempt++) {
    const number = readCurrent(vfs, directory);
    try {
      const { state } = await recoverState(vfs, directory, number);
      const version = new Version(state);
      return { version, logs: sizedLogs(vfs, directory, version) };
    } catch (error) {
      // read-tree/newest: any error may be that of a manifest which was removed under the reader.
      const hasMoved = readCurrent(vfs, directory) !== number;
      if (!hasMoved || attempt === ATTEMPT_COUNT_MAX) throw error;
    }
  }
}

function sizedLogs(vfs: Vfs, directory: string, version: Version): SizedLog[] {
  const sized = (number: FileNumber, isKept: boolean): SizedLog => {
    const path = join(directory, fileName('log', number));
    return { number, sizeBytes: sizeOf(vfs, path), isKept };
  };
  return [
    ...version.keptLogs.map((number) => sized(number, true)),
    ...version.liveLogs.map((number) => sized(number, false)),
  ];
}

function sizeOf(vfs: Vfs, path: string): number {
  if (!vfs.exists(path)) return 0;
  const file = vfs.open(path, 'read');
  try {
    return file.sizeSync();
  } finally {
    file.closeSync();
  }
}
