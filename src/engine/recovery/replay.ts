/**
 * Replay: the logs of a directory become memtables.
 *
 * Owns: what of the logs counts, which memtable goes on taking writes, and which logs are kept and cut. The order of the
 * steps around it is in recovery.ts, and so are the invariants that it keeps: recovery/prefix, recovery/torn-tail-cut,
 * recovery/logs-synced-first and recovery/reaches-the-close.
 *
 * Suspension: `run` and `makeDurable` suspend; everything else is synchronous.
 */
import { nextTurn } from '../../base/clock.ts';
import { CorruptionError } from '../../base/errors.ts';
import { sequenceNumber, type FileNumber, type SequenceNumber } from '../../base/ids.ts';
import type { EngineOptions } from '../../base/options.ts';
import { BatchReader } from '../../batch/batch-reader.ts';
import { type ChainLog, endsEarly, LogChain } from '../../log/log-chain.ts';
import type { LogFrame } from '../../log/log-window.ts';
import type { LogWriter } from '../../log/log-writer.ts';
import type { ArenaPool } from '../../memtable/arena-pool.ts';
import { Memtable } from '../../memtable/memtable.ts';
import { capacityFor } from '../../memtable/room.ts';
import type { TimeMarks } from '../../version/time-marks.ts';
import type { VersionState } from '../../version/version.ts';
import { fileName } from '../../vfs/filenames.ts';
import type { Vfs } from '../../vfs/vfs.ts';
import type { RecoveryReport } from '../state/events.ts';
import { MemtableSlot } from '../state/memtable-slot.ts';

/** Where the logs are, and what the memtables are made for. */
export interface ReplayRequest {
  readonly directory: string;
  readonly vfs: Vfs;
  readonly options: Pick<EngineOptions, 'memtableSizeBytes'>;
}

/** A recovered memtable takes new writes only if fewer logs than this feed it, */
export const REUSED_LOG_COUNT_MAX = 8;
/** and if it uses less than this part of its memory: the open puts it in order before it returns. */
const REUSED_SIZE_PART_MAX = 1 / 8;

const BYTES_PER_TURN = 4 * 1024 * 1024;
const SYNC_AHEAD_SIZE_BYTES_MIN = 1024 * 1024;

/** Rebuilds memtables from logs. Writes nothing until `makeDurable`. */
export class Replay {
  lastSequence: SequenceNumber;
  /** The largest wall time of the frames. */
  wallMs = 0;
  /** Takes the time of each frame; undefined where old versions are not kept. */
  readonly timeMarks: TimeMarks | undefined;
  /** Logs whose operations are all in tables. */
  readonly emptyLogs: FileNumber[] = [];
  /** Those of them that have operations: a history keeps them. */
  readonly flushedLogs: FileNumber[] = [];
  readonly #request: ReplayRequest;
  readonly #flushedSequence: SequenceNumber;
  readonly #arenas: ArenaPool;
  readonly #cursor = new BatchReader();
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
  /** Operations of all frames, those that are in tables too. */
  #seenCount = 0;
  #cutBytes = 0;
  #bytesSinceTurn = 0;

  constructor(request: ReplayRequest, version: VersionState, arenas: ArenaPool) {
    this.#request = request;
    this.#flushedSequence = version.flushedSequence;
    this.lastSequence = version.flushedSequence;
    this.timeMarks = version.retention?.marks.copy();
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
      const start = this.#seenCount;
      await this.#replayLog(chain, log);
      if (this.#operationCount > before) {
        this.#memtableLogs.push(number);
      } else {
        this.emptyLogs.push(number);
        if (this.#seenCount > start) this.flushedLogs.push(number);
      }
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
    this.#seenCount += frame.operationCount;
    if (frame.operationCount > 0) {
      this.timeMarks?.add(frame.firstSequence + frame.operationCount - 1, frame.wallMs);
    }
    try {
      while (cursor.next()) if (cursor.sequence > this.#flushedSequence) this.#insert(cursor);
    } finally {
      this.#memtable?.settle(); // while the bytes of the frame are there
    }
    this.#bytesSinceTurn += frame.payload.length;
    if (this.#bytesSinceTurn < BYTES_PER_TURN) return undefined;
    this.#bytesSinceTurn = 0;
    return nextTurn();
  }

  /** Inserts the operation at which the reader stands. Makes a new memtable when the last is full. */
  #insert(reader: BatchReader): void {
    const { sequence, sizeBytes } = reader;
    if (reader.isCommitStart) this.#commitCount++;
    this.#operationCount++;
    if (this.#memtable?.hasRoom(1, sizeBytes) === false) this.#freeze();
    this.#memtable ??= this.#newMemtable(sequenceNumber(sequence - 1), 1, sizeBytes, true);
    this.lastSequence = this.#memtable.insertFrom(reader).sequence;
  }

  #freeze(): void {
    if (this.#memtable === undefined) return;
    this.#memtable.settle();
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
        capacityFor(operationCount, sizeBytes),
      ),
      baseSequence,
      pool: this.#arenas,
      isUnordered,
    });
  }
}
