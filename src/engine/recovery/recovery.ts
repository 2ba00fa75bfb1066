/**
 * Recovery: from a directory to an open engine.
 *
 * Owns: the order of steps in which a database is opened. What of its logs counts: replay.ts.
 *
 *      look -> lock -> CURRENT -> manifest -> check files -> replay logs     nothing is changed up to here
 *           -> cut the torn tail, sync the logs -> remove orphans
 *
 * A new database, and one that is bound to an encoding, gets its manifest and log here; any other with its first commit.
 *
 * Invariants:
 *   recovery/refused-unchanged: a directory that cannot be opened is left as it was found.
 *   recovery/prefix: recovery restores a prefix of the commit order, in whole commits. Frames are contiguous in sequence
 *       from one log to the next, and the first frame begins no later than the tables end. Example: with tables up to 9,
 *       logs may begin at 5 or at 10, not at 11.
 *   recovery/torn-tail-cut: only the last log that holds frames may have a torn tail. It is cut and synced before
 *       anything new is written, so that every later open finds it whole.
 *   recovery/old-logs-stay: no old log is appended to. An old log without unflushed operations is dropped by the edit that
 *       adds the first new log.
 *   recovery/logs-synced-first: every log that is kept is synced before anything new is written. After a kill its frames
 *       may be in the page cache alone. A power cut after the first new commit would leave a hole before that commit.
 *   recovery/reaches-the-close: tables and logs reach the sequence that the last close recorded, or the open is refused.
 *   recovery/durable-before-removed: the manifest is synced before a file that it does not name is removed.
 *
 * A crash in the middle of opening leaves a state that the next open handles like this one: a cut log is clean, a
 * new manifest says what the old one said, a log that no manifest names holds nothing.
 *
 * Suspension: every step here may suspend; the lock keeps other processes out of the directory meanwhile.
 */
import { type KeyObject, randomUUID } from 'node:crypto';
import { dirname } from 'node:path';
import { InvalidArgumentError, IoError } from '../../base/errors.ts';
import { fileNumber, type FileNumber } from '../../base/ids.ts';
import type { EngineOptions, Environment } from '../../base/options.ts';
import type { JobRunner } from '../../compaction/job-runner.ts';
import type { KeySource } from '../../encryption/key-source.ts';
import { FrameClock } from '../../log/frame-clock.ts';
import type { LogWriter } from '../../log/log-writer.ts';
import { TableCache } from '../../sstable/table-cache.ts';
import { findDatabase } from '../../version/database-directory.ts';
import { askForKey, DatabaseKeys } from '../../version/database-keys.ts';
import type { HistoryBounds } from '../../version/version-edit.ts';
import { isHistoryKept } from '../../version/version.ts';
import { TimeMarks } from '../../version/time-marks.ts';
import { VersionSet } from '../../version/version-set.ts';
import { makeDurableDirectory } from '../../vfs/durable-directory.ts';
import { mustNotBeFileName } from '../../vfs/nesting.ts';
import { parseFileName } from '../../vfs/filenames.ts';
import { keyedVfs } from '../../vfs/keyed-vfs.ts';
import { frugalVfs } from '../../vfs/open-files.ts';
import type { Vfs, VfsLock } from '../../vfs/vfs.ts';
import { Engine } from '../engine.ts';
import type { Events, RecoveryReport } from '../state/events.ts';
import { createNamedLog } from '../state/named-log.ts';
import { encodingsToRecord, type RecordedEncodings } from './recorded-encodings.ts';
import { Replay, REUSED_LOG_COUNT_MAX } from './replay.ts';
import { openResources, type Resources } from '../state/shared-resources.ts';

export interface OpenRequest {
  readonly directory: string;
  readonly vfs: Vfs;
  readonly options: EngineOptions;
  readonly environment: Environment;
  readonly events: Events;
  readonly runner: JobRunner;
  readonly createIfMissing: boolean;
  readonly errorIfExists: boolean;
  /** What the open binds the database to; nothing when absent. */
  readonly encodings?: RecordedEncodings;
  /** How much history is kept from now on; undefined: as it is recorded. */
  readonly historyBounds?: HistoryBounds | undefined;
  /** For how long old versions are kept from now on; 0: they are not; undefined: as it is recorded. */
  readonly versionRetentionMs?: number | undefined;
  /** Gives the key of an encrypted database. */
  readonly keySource?: KeySource | undefined;
}

/** Opens or creates the database. Throws as `open` documents; then nothing was changed but a new, empty directory. */
export async function openEngine(request: OpenRequest): Promise<Engine> {
  const resources = openResources(request.options, request.vfs, request.environment.clock);
  try {
    const vfs = frugalVfs(request.vfs, resources.files);
    return await openWith({ ...request, vfs }, resources);
  } catch (error) {
    resources.close();
    throw error;
  }
}

async function openWith(request: OpenRequest, resources: Resources): Promise<Engine> {
  const startMs = request.environment.clock.nowMs();
  const { vfs, directory } = request;
  const callerKey = await askForKey(vfs, directory, request.keySource);
  const keys = DatabaseKeys.read(vfs, directory, callerKey); // database-keys/refused-before-a-byte
  const looking = { ...request, vfs: keyedVfs(vfs, keys?.fileKeys) };
  makeDirectory(looking, await checkDirectory(looking));
  const lock = await vfs.lock(directory);
  try {
    return await openLocked(request, resources, lock, startMs, callerKey);
  } catch (error) {
    await lock.release();
    throw error;
  }
}

async function checkDirectory({ vfs, directory, ...request }: OpenRequest): Promise<boolean> {
  const isNew = (await findDatabase(vfs, directory)) === 'new';
  if (isNew && !request.createIfMissing) {
    throw new InvalidArgumentError(`Database does not exist: path=${directory}`);
  }
  if (!isNew && request.errorIfExists) {
    throw new InvalidArgumentError(`Database already exists: path=${directory}`);
  }
  let existing = directory;
  while (!vfs.exists(existing) && dirname(existing) !== existing) existing = dirname(existing);
  if (!vfs.isWritable(existing)) {
    throw new IoError(`Directory cannot be written: path=${existing}`, { path: existing });
  }
  return isNew;
}

/**
 * The directory and its new parents are durable before a file is in them. Parents that were there may have been made by
 * a process that was killed before it could sync them. So for a new database they are synced as far as the system allows.
 */
function makeDirectory({ vfs, directory }: OpenRequest, isNew: boolean): void {
  if (isNew) mustNotBeFileName(directory);
  makeDurableDirectory(vfs, directory);
  if (!isNew) return;
  for (let path = directory; dirname(path) !== path; path = dirname(path)) {
    try {
      vfs.syncDirectorySync(dirname(path));
    } catch {
      // The process may have no right to sync it, as for a parent that it may only pass through.
    }
  }
}

async function openLocked(
  given: OpenRequest,
  resources: Resources,
  lock: VfsLock,
  startMs: number,
  callerKey: KeyObject | undefined,
): Promise<Engine> {
  const { directory } = given;
  // Again: another process may have made a database, or given it another key, before the lock.
  let keys = DatabaseKeys.read(given.vfs, directory, callerKey);
  const isNew = await checkDirectory({ ...given, vfs: keyedVfs(given.vfs, keys?.fileKeys) });
  if (isNew && callerKey !== undefined) {
    keys ??= await DatabaseKeys.create(given.vfs, directory, callerKey);
  }
  const request = { ...given, vfs: keyedVfs(given.vfs, keys?.fileKeys) };
  const { vfs } = request;
  // Until the engine is there nothing becomes obsolete but what the open itself removes.
  let opened: Engine | undefined;
  const versionOptions = {
    onVersionReleased: () => opened?.obsolete.collect(),
    onManifestReplaced: (number: FileNumber) => opened?.obsolete.add('manifest', number),
    frameClock: new FrameClock(request.environment.clock),
  };
  const versions = isNew
    ? await VersionSet.create(vfs, directory, randomUUID(), versionOptions)
    : await VersionSet.recover(vfs, directory, versionOptions);

  try {
    const place = { lock, keys };
    opened = await replayAndStart(request, resources, place, versions, isNew, startMs);
    return opened;
  } catch (error) {
    await versions.close();
    throw error;
  }
}

async function replayAndStart(
  request: OpenRequest,
  resources: Resources,
  { lock, keys }: { readonly lock: VfsLock; readonly keys: DatabaseKeys | undefined },
  versions: VersionSet,
  isNew: boolean,
  startMs: number,
): Promise<Engine> {
  const { vfs, directory, options, environment, events } = request;
  const { arenas, blocks } = resources;
  const replay = new Replay(request, versions.current, arenas);
  await replay.run(versions.current.liveLogs);
  versions.frameClock.follow(replay.wallMs); // frame-clock/never-back
  const isEmpty = versions.current.fileCount === 0 && replay.report().operationCount === 0;
  const encodings = encodingsToRecord(versions.current, request.encodings, isEmpty);
  replay.mustReach(versions.current.closedSequence);
  await replay.makeDurable();
  await recordBounds(versions, request.historyBounds);
  await recordRetention(versions, request.versionRetentionMs, replay.lastSequence);
  const { emptyLogs } = replay;
  const keptLogs = isHistoryKept(versions.current) ? replay.flushedLogs : [];
  let log: LogWriter | undefined;
  if (isNew || Object.keys(encodings).length > 0) {
    const place = { vfs, directory, lock, versions };
    const edit = { ...encodings, removedLogs: emptyLogs, keptLogs }; // recovery/old-logs-stay
    log = await createNamedLog(place, versions.newFileNumber(), edit);
  }
  const { active, immutables } = replay.slots(log);
  const orphanCount = await removeOrphans(vfs, directory, versions);

  const durationMs = environment.clock.nowMs() - startMs;
  const recovery: RecoveryReport = { isNew, durationMs, ...replay.report(), orphanCount };
  const engine = new Engine({
    directory,
    vfs,
    lock,
    keys,
    options,
    clock: environment.clock,
    events,
    versions,
    tables: new TableCache({
      vfs,
      directory,
      blockCache: blocks,
      openTableCountMax: options.openTableCountMax,
      files: resources.files,
    }),
    blocks,
    arenas,
    resources,
    runner: request.runner,
    active,
    immutables,
    emptyLogs: log === undefined ? emptyLogs : [],
    keptLogs: log === undefined ? keptLogs : [],
    lastSequence: replay.lastSequence,
    timeMarks: replay.timeMarks ?? (versions.current.retention && new TimeMarks()),
    recovery,
  });
  events.emit('recovered', recovery);
  if (request.historyBounds !== undefined) {
    await engine.history.trim().catch((error: unknown) => engine.error.fail(error));
  }
  if (immutables.some(({ logNumbers }) => logNumbers.length >= REUSED_LOG_COUNT_MAX)) {
    await flushBacklog(engine);
  }
  return engine;
}

async function recordBounds(versions: VersionSet, asked: HistoryBounds | undefined): Promise<void> {
  const { keepMs, keepBytes } = versions.current.historyBounds;
  if (asked === undefined || (asked.keepMs === keepMs && asked.keepBytes === keepBytes)) return;
  await versions.apply({ historyBounds: asked });
}

/**
 * Old versions are kept from the first open on that asks for it: of what was before, some may have gone. The logs were synced,
 * so no crash takes the sequence back.
 */
async function recordRetention(
  versions: VersionSet,
  asked: number | undefined,
  sequence: number,
): Promise<void> {
  const { retention } = versions.current;
  if (asked === undefined || asked === (retention?.keepMs ?? 0)) return;
  const wallMs = versions.frameClock.next();
  const retainedFrom = retention === undefined ? { retainedFrom: { sequence, wallMs } } : {};
  await versions.apply({ versionRetentionMs: asked, ...retainedFrom });
}

/**
 * A short life of a process leaves a log, and may end before its flush does. When many logs have piled up, the open
 * waits for their flush. Otherwise files and the time to open would grow with every restart.
 */
async function flushBacklog(engine: Engine): Promise<void> {
  try {
    await engine.background.flushedThrough(engine.horizons.published, engine.joins.next());
  } catch {
    // The disk is full, or the engine has noted a failure: it opens all the same, with everything in its logs.
  }
}

/**
 * Removes engine files that the durable manifest does not name. Other files are not touched. The removal is not synced: a
 * file that a power cut brings back is an orphan again, and its number is below those that the manifest gives out.
 */
async function removeOrphans(vfs: Vfs, directory: string, versions: VersionSet): Promise<number> {
  const tables = versions.liveFileNumbers();
  const { keptLogs, liveLogs } = versions.current;
  const logs = new Set<number>([...keptLogs, ...liveLogs]);
  const isOrphan = (name: string): boolean => {
    const parsed = parseFileName(name);
    if (parsed === undefined) return false;
    const { kind, number } = parsed;
    return (
      kind === 'currentTemporary' ||
      kind === 'keyRingTemporary' ||
      (kind === 'manifest' && number !== versions.manifestNumber) ||
      (kind === 'log' && !logs.has(number)) ||
      (kind === 'table' && !tables.has(fileNumber(number)))
    );
  };
  const orphans = vfs.list(directory).filter(isOrphan);
  if (orphans.length === 0) return 0;
  await versions.syncRecovered(); // recovery/durable-before-removed
  const removals = orphans.map((name) => vfs.unlinkAside(`${directory}/${name}`));
  // A removal that fails does no harm: the next open tries again.
  const outcomes = await Promise.allSettled(removals);
  return outcomes.filter(({ status }) => status === 'fulfilled').length;
}
