/**
 * Reading everything to see whether it is whole.
 *
 * Owns: the walk over an open database: its logs as far as they were written, those of its history, CURRENT and the
 * manifest, the shape of the tree, and every table in full. It reads and reports; it changes nothing and stops at no
 * damage. Writes go on.
 *
 * Invariants:
 *   verify/one-moment: the checked state is that of one moment: logs and version are taken in one step. Logs come
 *       first, since a flush may remove them; one that is gone because it was flushed is no problem.
 *
 * A directory that cannot be opened is checked by inspect/verify-directory.ts with the same parts.
 *
 * Suspension: suspends within tables and logs, holding the version referenced.
 */
import { CorruptionError } from '../../base/errors.ts';
import type { FileNumber } from '../../base/ids.ts';
import type { VersionSet } from '../../version/version-set.ts';
import { recoverState } from '../../version/version-set.ts';
import { readCurrent } from '../../version/manifest.ts';
import type { Version } from '../../version/version.ts';
import type { Vfs } from '../../vfs/vfs.ts';
import { logExtentsOf } from '../state/log-extents.ts';
import type { StopCheck } from '../state/long-calls.ts';
import type { ReadState } from '../state/read-state.ts';
import { verifyKeptLogs, verifyLogs } from './verify-logs.ts';
import { ProblemList, type VerifyReport } from '../../version/verify-report.ts';
import { verifyTableFile } from '../../version/verify-tables.ts';

export type { VerifyProblem, VerifyReport } from '../../version/verify-report.ts';

/** So many manifests are read that edits may replace. */
const MANIFEST_READ_COUNT_MAX = 3;

/** The parts of the engine that verification needs. */
export interface VerifyHost {
  readonly state: ReadState;
  readonly horizons: { readonly published: number };
  readonly parts: { readonly vfs: Vfs; readonly directory: string; readonly versions: VersionSet };
  pathOf(kind: 'log' | 'table', number: number): string;
}

export async function verifyDatabase(engine: VerifyHost, check: StopCheck): Promise<VerifyReport> {
  const { vfs } = engine.parts;
  const { version } = engine.state;
  const { keptLogs } = engine.parts.versions.current; // trims come between read states
  const list = new ProblemList();
  version.ref();
  try {
    const logs = await verifyLiveLogs(engine, version, list, check);
    const kept = await verifyHistory(engine, keptLogs, list, check);
    await verifyLiveManifest(engine, list, check);
    checkShape(version, list);
    let entryCount = 0;
    for (const metadata of version.levels.flat()) {
      const { number } = metadata;
      const table = { number, metadata, path: engine.pathOf('table', number) };
      entryCount += await verifyTableFile(vfs, table, list, check);
    }
    return list.reportOf({
      tableCount: version.fileCount,
      entryCount,
      sizeBytes: version.sizeBytes,
      ...logs,
      ...kept,
    });
  } finally {
    version.unref();
  }
}

/** Levels are in order and disjoint, and no table holds what was never flushed. */
export function checkShape(version: Version, list: ProblemList): void {
  const contradiction = version.checkConsistency();
  if (contradiction !== undefined) list.add(new CorruptionError(contradiction));
  const { flushedSequence } = version;
  version.forEachFile(({ number, largestSequence }) => {
    if (largestSequence <= flushedSequence) return;
    const message =
      `Table holds sequences above those flushed: number=${number} ` +
      `largest=${largestSequence} flushed=${flushedSequence}`;
    list.add(new CorruptionError(message));
  });
}

async function verifyLiveLogs(
  engine: VerifyHost,
  version: Version,
  list: ProblemList,
  check: StopCheck,
): Promise<Pick<VerifyReport, 'logCount' | 'logOperationCount' | 'logSizeBytes'>> {
  const { versions, vfs } = engine.parts;
  const { published } = engine.horizons;
  const logs = logExtentsOf(engine.state).map(({ number, sizeBytes }) => ({
    number,
    sizeBytes,
    path: engine.pathOf('log', number),
  }));
  let isAnyGone = false;
  const expectations = {
    flushedSequence: version.flushedSequence,
    isTornAllowed: false,
    isGone: (number: number) => {
      const isGone = !versions.current.liveLogs.some((live) => live === number);
      isAnyGone ||= isGone;
      return isGone;
    },
  };
  const before = list.problems.length;
  const census = await verifyLogs(vfs, logs, expectations, list, check);
  const { reached } = census;
  if (reached < published && !isAnyGone && list.problems.length === before) {
    const file = logs.at(-1)?.path;
    const message = `Logs end before the last published commit: end=${reached} published=${published}`;
    list.add(new CorruptionError(message, file === undefined ? {} : { file }));
  }
  return {
    logCount: logs.length,
    logOperationCount: census.operationCount,
    logSizeBytes: census.sizeBytes,
  };
}

/** A log that the history has dropped meanwhile may be missing. */
async function verifyHistory(
  engine: VerifyHost,
  keptLogs: readonly FileNumber[],
  list: ProblemList,
  check: StopCheck,
): Promise<Pick<VerifyReport, 'keptLogCount' | 'keptLogSizeBytes'>> {
  const { versions, vfs } = engine.parts;
  const logs = keptLogs.map((number) => ({ number, path: engine.pathOf('log', number) }));
  const isGone = (number: FileNumber): boolean => !versions.current.keptLogs.includes(number);
  return verifyKeptLogs(vfs, logs, isGone, list, check);
}

/**
 * A manifest may be replaced, and removed, while it is read. One that was read whole and sound says enough; otherwise
 * the next one is read, and after some of them one that cannot be replaced, since edits wait meanwhile.
 */
async function verifyLiveManifest(
  engine: VerifyHost,
  list: ProblemList,
  check: StopCheck,
): Promise<void> {
  const { vfs, directory, versions } = engine.parts;
  const read = async (): Promise<ProblemList> => {
    const found = new ProblemList();
    try {
      await recoverState(vfs, directory, readCurrent(vfs, directory));
    } catch (error) {
      found.add(error, directory);
    }
    return found;
  };
  for (let count = 1; count <= MANIFEST_READ_COUNT_MAX; count++) {
    const number = versions.manifestNumber;
    const { problems } = await read();
    check();
    if (problems.length === 0) return;
    if (versions.manifestNumber === number) return list.addAll(problems);
  }
  const { problems } = await versions.withoutEdits(read);
  check();
  list.addAll(problems);
}
