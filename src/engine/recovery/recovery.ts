/**
 * Recovery: from a directory to an open engine.
 *
 * Owns: the order of steps in which a database is opened, and what of its logs counts.
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
import { randomUUID } from 'node:crypto';
import { dirname } from 'node:path';
import { nextTurn } from '../../base/clock.ts';
import { CorruptionError, InvalidArgumentError, IoError } from '../../base/errors.ts';
import {
  fileNumber,
  sequenceNumber,
  type FileNumber,
  type SequenceNumber,
} from '../../base/ids.ts';
import type { EngineOptions, Environment } from '../../base/options.ts';
import type { JobRunner } from '../../compaction/job-runner.ts';
import { BatchReader } from '../../batch/batch-reader.ts';
import { FrameClock } from '../../log/frame-clock.ts';
import { type ChainLog, endsEarly, LogChain } from '../../log/log-chain.ts';
import type { LogFrame } from '../../log/log-reader.ts';
import type { LogWriter } from '../../log/log-writer.ts';
import type { ArenaPool } from '../../memtable/arena.ts';
import { Memtable } from '../../memtable/memtable.ts';
import { TableCache } from '../../sstable/table-cache.ts';
import { findDatabase } from '../../version/database-directory.ts';
import { VersionSet } from '../../version/version-set.ts';
import { makeDurableDirectory } from '../../vfs/durable-directory.ts';
import { mustNotBeFileName } from '../../vfs/nesting.ts';
import { fileName, parseFileName } from '../../vfs/filenames.ts';
import { frugalVfs } from '../../vfs/open-files.ts';
import type { Vfs, VfsLock } from '../../vfs/vfs.ts';
import { Engine } from '../engine.ts';
import type { Events, RecoveryReport } from '../state/events.ts';
import { MemtableSlot } from '../state/memtable-slot.ts';
import { createNamedLog } from '../state/named-log.ts';
import { encodingsToRecord, type RecordedEncodings } from './recorded-encodings.ts';
import { OperationRun } from '../../memtable/operation-run.ts';
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
}

/** A recovered memtable takes new writes only if fewer logs than this feed it, */
const REUSED_LOG_COUNT_MAX = 8;
/** and if it uses less than this part of its memory: the open puts it in order before it returns. */
const REUSED_SIZE_PART_MAX = 1 / 8;

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
  makeDirectory(request, await checkDirectory(request));
  const lock = await request.vfs.lock(request.directory);
  try {
    return await openLocked(request, resources, lock, startMs);
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
  request: OpenRequest,
  resources: Resources,
  lock: VfsLock,
  startMs: number,
): Promise<Engine> {
  const { vfs, directory } = request;
  const isNew = await checkDirectory(request); // again: another process may have made one before the lock
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
    opened = await replayAndStart(request, resources, lock, versions, isNew, startMs);
    return opened;
  } catch (error) {
    await versions.close();
    throw error;
  }
}

async function replayAndStart(
  request: OpenRequest,
  resources: Resources,
  lock: VfsLock,
  versions: VersionSet,
  isNew: boolean,
  startMs: number,
): Promise<Engine> {
  const { vfs, directory, options, environment, events } = request;
  const { arenas, blocks } = resources;
  const replay = new Replay(request, versions.flushedSequence, arenas);
  await replay.run(versions.current.liveLogs);
  versions.frameClock.follow(replay.wallMs); // frame-clock/never-back
  const isEmpty = versions.current.fileCount === 0 && replay.report().operationCount === 0;
  const encodings = encodingsToRecord(versions.current, request.encodings, isEmpty);
  replay.mustReach(versions.current.closedSequence);
  await replay.makeDurable();
  const { emptyLogs } = replay;
  let log: LogWriter | undefined;
  if (isNew || Object.keys(encodings).length > 0) {
    const place = { vfs, directory, lock, versions };
    const edit = { ...encodings, removedLogs: emptyLogs }; // recovery/old-logs-stay
    log = await createNamedLog(place, versions.newFileNumber(), edit);
  }
  const { active, immutables } = replay.slots(log);
  const orphanCount = await removeOrphans(vfs, directory, versions);

  const recovery: RecoveryReport = {
    isNew,
    durationMs: environment.clock.nowMs() - startMs,
    ...replay.report(),
    orphanCount,
  };
  const engine = new Engine({
    directory,
    vfs,
    lock,
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
    lastSequence: replay.lastSequence,
    recovery,
  });
  events.emit('recovered', recovery);
  if (immutables.some(({ logNumbers }) => logNumbers.length >= REUSED_LOG_COUNT_MAX)) {
    await flushBacklog(engine);
  }
  return engine;
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

/** Rebuilds memtables from logs. Writes nothing until `makeDurable`. */
class Replay {
  lastSequence: SequenceNumber;
  /** The largest wall time of the frames. */
  wallMs = 0;
  /** Logs whose operations are all in tables. */
  readonly emptyLogs: FileNumber[] = [];
  readonly #request: OpenRequest;
  readonly #flushedSequence: SequenceNumber;
  readonly #arenas: ArenaPool;
  readonly #cursor = new BatchReader();
  readonly #run = new OperationRun();
  /** Filled memtables, oldest first, each with the logs whose last operations it holds. */
  readonly #filled: { memtable: Memtable; logNumbers: FileNumber[] }[] = [];
  #memtable: Memtable | undefined = undefined;
  #memtableLogs: FileNumber[] = [];
  /** Logs to make durable, and where to cut those with a torn tail; in the order of the commits. */
  readonly #kept = new Map<string, number | undefined>();
  #chain: LogChain | undefined = undefined;
  #logCount = 0;
  #logBytes = 0;
  #commitCount = 0;
  #operationCount = 0;
  #cutBytes = 0;
  #bytesSinceTurn = 0;

  constructor(request: OpenRequest, flushedSequence: SequenceNumber, arenas: ArenaPool) {
    this.#request = request;
    this.#flushedSequence = flushedSequence;
    this.lastSequence = flushedSequence;
    this.#arenas = arenas;
  }

  /** Rejects when a log cannot be read, or cannot be synced meanwhile. */
  async run(logs: readonly FileNumber[]): Promise<void> {
    const syncs = logs.map((number) => this.#syncAhead(number));
    // Listens from now on: a sync that fails during the replay would else be an unhandled rejection.
    const settled = Promise.allSettled(syncs);
    try {
      await this.#replay(logs);
    } finally {
      await settled; // so the files are closed, also when the replay has failed
    }
    await Promise.all(syncs);
  }

  /**
   * Syncs a large log while it is replayed: a killed process may have left it in the page cache. `makeDurable` keeps
   * recovery/logs-synced-first all the same; this only makes the sync there a short one.
   */
  async #syncAhead(number: FileNumber): Promise<void> {
    const file = this.#request.vfs.open(this.#pathOf(number), 'modify');
    try {
      if (file.sizeSync() >= SYNC_AHEAD_SIZE_BYTES_MIN) await file.sync();
    } finally {
      file.closeSync();
    }
  }

  async #replay(logs: readonly FileNumber[]): Promise<void> {
    this.#logCount = logs.length;
    const chain = await LogChain.of(
      this.#request.vfs,
      logs.map((number) => ({ number, path: this.#pathOf(number) })),
      { flushedSequence: this.#flushedSequence, isTornAllowed: true }, // recovery/torn-tail-cut
    );
    this.#chain = chain;
    for (const log of chain.logs) {
      const { number } = log;
      const before = this.#operationCount;
      await this.#replayLog(chain, log);
      if (this.#operationCount > before) this.#memtableLogs.push(number);
      else this.emptyLogs.push(number);
    }
    if (!this.#isReusable()) this.#freeze();
    await this.#orderReused();
  }

  #isReusable(): boolean {
    return (
      this.#memtable !== undefined &&
      this.#memtableLogs.length < REUSED_LOG_COUNT_MAX &&
      this.#memtable.sizeBytes < this.#request.options.memtableSizeBytes * REUSED_SIZE_PART_MAX
    );
  }

  /** Puts the memtable in order that takes writes from now on. The others are put in order before their flush. */
  async #orderReused(): Promise<void> {
    if (this.#memtable === undefined) return;
    const steps = this.#memtable.order();
    while (steps.next().done !== true) await nextTurn();
  }

  /**
   * Keeps recovery/torn-tail-cut and recovery/logs-synced-first. After a crash in the middle the next open does the same
   * again.
   */
  async makeDurable(): Promise<void> {
    for (const [path, end] of this.#kept) {
      const file = this.#request.vfs.open(path, 'modify');
      try {
        if (end !== undefined) file.truncateSync(end);
        await file.sync();
      } finally {
        file.closeSync();
      }
    }
  }

  /** Throws CorruptionError when the logs end before `closedSequence` (recovery/reaches-the-close). */
  mustReach(closedSequence: SequenceNumber): void {
    if (this.lastSequence >= closedSequence) return;
    throw new CorruptionError(endsEarly(this.lastSequence, closedSequence), {
      file: this.#chain?.endLog?.path ?? this.#request.directory,
    });
  }

  /** Hands over the memtables; `log`, if there is one yet, takes the writes to come. */
  slots(log: LogWriter | undefined): { active: MemtableSlot; immutables: MemtableSlot[] } {
    const immutables = this.#filled.map(
      ({ memtable, logNumbers }) => new MemtableSlot(memtable, undefined, logNumbers),
    );
    const memtable = this.#memtable ?? this.#newMemtable(this.lastSequence, 0, 0, false);
    const active = new MemtableSlot(memtable, undefined, this.#memtableLogs);
    if (log !== undefined) active.takeLog(log);
    return { active, immutables };
  }

  report(): Omit<RecoveryReport, 'isNew' | 'durationMs' | 'orphanCount'> {
    return {
      logCount: this.#logCount,
      logBytes: this.#logBytes,
      commitCount: this.#commitCount,
      operationCount: this.#operationCount,
      cutBytes: this.#cutBytes,
      lastSequence: this.lastSequence,
    };
  }

  #pathOf(number: FileNumber): string {
    return `${this.#request.directory}/${fileName('log', number)}`;
  }

  async #replayLog(chain: LogChain, log: ChainLog): Promise<void> {
    const { path } = log;
    const summary = await chain.read(log, (frame) => this.#replayFrame(frame));
    this.#logBytes += summary.validEnd;
    this.wallMs = Math.max(this.wallMs, summary.wallMs);
    if (summary.end === 'torn') this.#cutBytes += summary.sizeBytes - summary.validEnd;
    if (summary.frameCount > 0 || summary.end === 'torn') {
      this.#kept.set(path, summary.end === 'torn' ? summary.validEnd : undefined);
    }
  }

  #replayFrame(frame: LogFrame): Promise<void> | undefined {
    const cursor = this.#cursor;
    cursor.reset(frame);
    while (this.#run.load(cursor, this.#flushedSequence)) {
      this.#commitCount += this.#run.commitCount;
      this.#operationCount += this.#run.count;
      this.#insertRun();
    }
    this.#bytesSinceTurn += frame.payload.length;
    if (this.#bytesSinceTurn < BYTES_PER_TURN) return undefined;
    this.#bytesSinceTurn = 0;
    return nextTurn();
  }

  #insertRun(): void {
    const run = this.#run;
    const { count } = run;
    if (this.#memtable?.hasRoom(count, run.sizeBytes) === true) {
      run.insertInto(this.#memtable);
    } else {
      for (let i = 0; i < count; i++) {
        const operation = run.at(i);
        this.#memtableFor(operation.sequence, operation.sizeBytes).insert(operation);
      }
    }
    this.lastSequence = run.at(count - 1).sequence;
  }

  /** The memtable for one operation of that size: a new one when the last is full. */
  #memtableFor(sequence: number, size: number): Memtable {
    if (this.#memtable?.hasRoom(1, size) === false) this.#freeze();
    return (this.#memtable ??= this.#newMemtable(sequenceNumber(sequence - 1), 1, size, true));
  }

  #freeze(): void {
    if (this.#memtable === undefined) return;
    this.#filled.push({ memtable: this.#memtable, logNumbers: this.#memtableLogs });
    this.#memtable = undefined;
    this.#memtableLogs = [];
  }

  #newMemtable(
    baseSequence: SequenceNumber,
    operationCount: number,
    sizeBytes: number,
    isUnordered: boolean,
  ): Memtable {
    return Memtable.create({
      capacityBytes: Math.max(
        this.#request.options.memtableSizeBytes,
        Memtable.capacityFor(operationCount, sizeBytes),
      ),
      baseSequence,
      pool: this.#arenas,
      isUnordered,
    });
  }
}

const BYTES_PER_TURN = 4 * 1024 * 1024;
const SYNC_AHEAD_SIZE_BYTES_MIN = 1024 * 1024;
/**
 * Removes engine files that the durable manifest does not name. Other files are not touched. The removal is not synced: a
 * file that a power cut brings back is an orphan again, and its number is below those that the manifest gives out.
 */
async function removeOrphans(vfs: Vfs, directory: string, versions: VersionSet): Promise<number> {
  const tables = versions.liveFileNumbers();
  const logs = new Set<number>(versions.current.liveLogs);
  const isOrphan = (name: string): boolean => {
    const parsed = parseFileName(name);
    if (parsed === undefined) return false;
    const { kind, number } = parsed;
    return (
      kind === 'currentTemporary' ||
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
