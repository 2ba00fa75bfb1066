/**
 * Verification beside a writer.
 *
 * Owns: the same checks that a database makes of itself, on the state that a read-only database shows. What the writer
 * removes meanwhile is no problem.
 *
 * Suspension: suspends within tables and logs, holding the version referenced.
 */
import { join } from 'node:path';
import { StateGoneError } from '../../base/errors.ts';
import type { FileNumber } from '../../base/ids.ts';
import { fileName } from '../../vfs/filenames.ts';
import { checkShape } from '../check/verify.ts';
import { type LogToVerify, verifyKeptLogs, verifyLogs } from '../check/verify-logs.ts';
import { ProblemList, type VerifyReport } from '../../version/verify-report.ts';
import { verifyTableFile } from '../../version/verify-tables.ts';
import type { StopCheck } from '../state/long-calls.ts';
import type { Follower } from './follower.ts';
import { ManifestWatch } from './manifest-watch.ts';

/** Rejects with StateGoneError when a table has gone that could not be held. */
export async function verifyFollower(follower: Follower, check: StopCheck): Promise<VerifyReport> {
  const { vfs, directory } = follower;
  const { version } = follower.state;
  const list = new ProblemList();
  const pathOf = (kind: 'log' | 'table', number: FileNumber): string =>
    join(directory, fileName(kind, number));
  const lockPath = join(directory, fileName('lock'));
  const isGone = (number: FileNumber): boolean => !vfs.exists(pathOf('log', number));
  version.ref();
  try {
    const { flushedSequence } = version;
    const logs = logsOf(follower, pathOf);
    const expectations = { flushedSequence, isTornAllowed: false, isGone };
    const census = await verifyLogs(vfs, logs, expectations, list, check);
    const keptLogs = version.keptLogs.map((number) => ({ number, path: pathOf('log', number) }));
    const kept = await verifyKeptLogs(vfs, keptLogs, isGone, list, check);
    try {
      await new ManifestWatch(vfs, directory).look();
    } catch (error) {
      list.add(error, directory);
    }
    if (vfs.exists(lockPath)) list.attempt(lockPath, () => vfs.open(lockPath, 'read').closeSync()); // it keeps writers out
    checkShape(version, list);
    let entryCount = 0;
    for (const metadata of version.levels.flat()) {
      const { number } = metadata;
      const path = pathOf('table', number);
      if (!follower.isHeld(number) && !vfs.exists(path)) {
        throw new StateGoneError(
          `Table is gone that the writer has compacted away: file=${path} (call refresh, and verify again)`,
        );
      }
      entryCount += await verifyTableFile(vfs, { number, metadata, path }, list, check);
    }
    return list.reportOf({
      tableCount: version.fileCount,
      entryCount,
      sizeBytes: version.sizeBytes,
      logCount: version.liveLogs.length,
      logOperationCount: census.operationCount,
      logSizeBytes: census.sizeBytes,
      ...kept,
    });
  } finally {
    version.unref();
  }
}

/** The live logs as far as they were read. */
function logsOf(
  follower: Follower,
  pathOf: (kind: 'log', number: FileNumber) => string,
): LogToVerify[] {
  const logs: LogToVerify[] = [];
  for (const number of follower.state.version.liveLogs) {
    const sizeBytes = follower.endOf(number);
    if (sizeBytes === 0) continue; // it had no frame
    logs.push({ number, path: pathOf('log', number), sizeBytes });
  }
  return logs;
}
