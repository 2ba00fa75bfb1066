/**
 * Verifying a database that is not open, and perhaps cannot be opened.
 *
 * Owns: the same checks that an open database makes of itself, on whatever of the directory can be made out. Without a
 * manifest there is nothing to hold the files against: each is then checked by itself.
 *
 * Suspension: suspends within files; the directory is locked meanwhile.
 */
import { join, resolve } from 'node:path';

import { type EncryptionOptions, keySourceOf } from '../encryption/encryption-options.ts';
import { CorruptionError } from '../base/errors.ts';
import { takeOptions, type Template } from '../base/options.ts';
import { stopCheckOf } from '../engine/state/long-calls.ts';
import { checkShape } from '../engine/check/verify.ts';
import { endsEarly } from '../log/log-chain.ts';
import { verifyKeptLogs, verifyLogs } from '../engine/check/verify-logs.ts';
import type { VerifyReport } from '../version/verify-report.ts';
import { type TableToVerify, verifyTableFile } from '../version/verify-tables.ts';
import type { FileMetadata } from '../version/file-metadata.ts';
import { unlockedVfs } from '../version/database-keys.ts';
import { fileName } from '../vfs/filenames.ts';
import type { Vfs } from '../vfs/vfs.ts';
import { type Survey, surveyDirectory, withDirectoryLocked } from './survey.ts';

/** The options of `verifyDirectory`. */
export interface VerifyDirectoryOptions {
  /** The key of an encrypted database. */
  readonly encryption?: EncryptionOptions;
  /** Ends the call with AbortedError. */
  readonly signal?: AbortSignal;
}

const VERIFY_OPTIONS: Template<VerifyDirectoryOptions> = {
  encryption: undefined,
  signal: undefined,
};

/**
 * Checks every byte of a database that no process has open, and resolves with all problems. Changes nothing. Rejects
 * with LockedError when it is open, InvalidArgumentError when there is none, EncryptionKeyError, and
 * IncompatibleFormatError.
 *
 * @example
 * const vfs = new MemoryVfs();
 * await (await open('/db', { vfs, background: 'inline' })).close();
 * (await verifyDirectory(vfs, '/db')).problems; // => []
 */
export async function verifyDirectory(
  vfs: Vfs,
  location: string,
  options?: VerifyDirectoryOptions,
): Promise<VerifyReport> {
  const { encryption, signal } = takeOptions('verifyDirectory', options, VERIFY_OPTIONS);
  const directory = resolve(location);
  const keySource = keySourceOf(encryption);
  return withDirectoryLocked(vfs, directory, async (lockDamage) => {
    const files = await unlockedVfs(vfs, directory, keySource);
    return verifySurvey(files, await surveyDirectory(files, directory), lockDamage, signal);
  });
}

async function verifySurvey(
  vfs: Vfs,
  survey: Survey,
  lockDamage: CorruptionError | undefined,
  signal: AbortSignal | undefined,
): Promise<VerifyReport> {
  const check = stopCheckOf('Verification', signal);
  const { directory, problems: list } = survey;
  const version = survey.manifest?.version;
  if (version === undefined && list.problems.length === 0) {
    const message =
      'No manifest can be believed: it has a torn end and names tables that are missing';
    list.add(new CorruptionError(message, { file: directory }));
  }
  if (lockDamage !== undefined) list.add(lockDamage);
  if (version !== undefined) checkShape(version, list);

  const logs = (version?.liveLogs ?? survey.logs).map((number) => ({
    number,
    path: join(directory, fileName('log', number)),
    sizeBytes: undefined,
  }));
  // Without a manifest any sequence may be the first, and logs may lack those that are gone for good.
  const flushedSequence = version?.flushedSequence ?? Infinity;
  const expectations = { flushedSequence, isTornAllowed: true, isGone: () => false };
  const problemCount = list.problems.length;
  const census = await verifyLogs(vfs, logs, expectations, list, check);
  const closedSequence = version?.closedSequence ?? 0;
  if (census.reached < closedSequence && list.problems.length === problemCount) {
    const file = census.endPath ?? directory;
    list.add(new CorruptionError(endsEarly(census.reached, closedSequence), { file }));
  }

  const keptLogs = (version?.keptLogs ?? []).map((number) => ({
    number,
    path: join(directory, fileName('log', number)),
  }));
  const kept = await verifyKeptLogs(vfs, keptLogs, () => false, list, check);

  const files: readonly (FileMetadata | undefined)[] =
    version?.levels.flat() ?? survey.tables.map(() => undefined);
  let entryCount = 0;
  for (const [index, metadata] of files.entries()) {
    const number = metadata?.number ?? survey.tables[index]!; // one or the other list was mapped
    const path = join(directory, fileName('table', number));
    const table: TableToVerify = { number, path, metadata };
    entryCount += await verifyTableFile(vfs, table, list, check);
  }
  return list.reportOf({
    tableCount: files.length,
    entryCount,
    sizeBytes: version?.sizeBytes ?? 0,
    logCount: logs.length,
    logOperationCount: census.operationCount,
    logSizeBytes: census.sizeBytes,
    ...kept,
  });
}
