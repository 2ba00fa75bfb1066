/**
 * A new log that the manifest names.
 *
 * Owns: the order of its steps. The file and its entry are durable before the version names it, and it is named before a
 * commit is in it. A crash in between leaves an orphan, or an empty log more.
 *
 * Suspension: `createNamedLog` suspends for syncs.
 */
import { join } from 'node:path';
import type { FileNumber } from '../../base/ids.ts';
import { LOG_KIND_WAL } from '../../log/frame-format.ts';
import { LogWriter, ZERO_AHEAD_BYTES_DEFAULT } from '../../log/log-writer.ts';
import type { VersionEdit } from '../../version/version-edit.ts';
import type { VersionSet } from '../../version/version-set.ts';
import { fileName } from '../../vfs/filenames.ts';
import type { Vfs, VfsLock } from '../../vfs/vfs.ts';

/** Where a log is made. */
export interface LogPlace {
  readonly vfs: Vfs;
  readonly directory: string;
  readonly lock: VfsLock;
  readonly versions: VersionSet;
}

/** `edit` goes with the one that adds the log. Throws IoError; then the file may stay, and the manifest may name it. */
export async function createNamedLog(
  { vfs, directory, lock, versions }: LogPlace,
  number: FileNumber,
  edit: VersionEdit,
): Promise<LogWriter> {
  const path = join(directory, fileName('log', number));
  const log = await LogWriter.create(vfs, path, LOG_KIND_WAL, number, {
    zeroAheadBytes: ZERO_AHEAD_BYTES_DEFAULT,
    mustCount: () => lock.mustHold?.(),
  });
  try {
    await vfs.syncDirectory(directory);
    await versions.apply({ ...edit, addedLogs: [number] });
    return log;
  } catch (error) {
    log.close();
    throw error;
  }
}
