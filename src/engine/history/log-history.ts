/**
 * The history of a database: logs that stay after their operations are in tables.
 *
 * Owns: which logs a reader of the history may read, where each begins, and which of them go.
 *
 *      kept logs (oldest first)        live logs
 *      [ 1 .. 90 ] [ 91 .. 200 ]       [ 201 .. 260 ] [ 261 ..
 *      read by the history alone       replayed by recovery, and read by the history too
 *
 * What a power cut leaves: a log is cut to its frames and synced before the edit of a flush turns it into a kept one, in the
 * step in which its table appears; the edit that drops a kept log is durable before its file goes. So a kept log that the
 * manifest names is there, whole, and recovery never has to cut one.
 *
 * Invariants:
 *   log-history/oldest-first: kept logs go from the oldest on. What is left has no hole that was not there before.
 *   log-history/within-bounds: after a flush, kept logs are within `keepBytes`, and none of them has only commits older
 *       than `keepMs`. A database that is not written to keeps what it has.
 *   log-history/consumers-first: a log with commits that a named consumer has not acknowledged stays beyond these bounds, while
 *       the kept logs from there on have no more bytes than the consumer may hold.
 *   log-history/live-stay: a log that recovery needs is no matter of the history's: it never goes here.
 *   log-history/held-stay: a log that an archive has not shipped yet keeps its file, also when nothing else needs it. A hold
 *       is of this process alone: after a crash the next open removes such a file.
 *   log-history/ended-first: no frame comes into a log that is kept, not even a mark (commit-pipeline's `endLog`).
 *   log-history/upkeep-only: what cannot be dropped now, because a file cannot be read or the disk is full, is looked at
 *       again after the next flush. It stops no flush and no open.
 *
 * Followers show only what is durable, and an `os` commit may become that late: `syncSoon` sees to it.
 *
 * Suspension: `startOf` suspends for a read, `retire` for the end of a log, `trim` for reads and an edit of the version.
 */
import type { Clock } from '../../base/clock.ts';
import { StorageError } from '../../base/errors.ts';
import type { FileNumber, SequenceNumber } from '../../base/ids.ts';
import { FrameCursor } from '../../log/frame-cursor.ts';
import type { VersionSet } from '../../version/version-set.ts';
import type { Vfs } from '../../vfs/vfs.ts';
import type { ReadView } from '../read/read-view.ts';
import type { CommitPipeline } from '../commit/commit-pipeline.ts';
import type { Horizons } from '../state/horizons.ts';
import { logExtentsOf } from '../state/log-extents.ts';
import type { MemtableSlot } from '../state/memtable-slot.ts';
import type { ReadState } from '../state/read-state.ts';
import { isHistoryKept } from '../../version/version.ts';
import type { FlushedLogs } from '../upkeep/flushed-logs.ts';
import type { ObsoleteFiles } from '../upkeep/obsolete-files.ts';
import { type ConsumerPlace, consumersIn } from './consumer-places.ts';

/** The parts of the engine that the history needs. */
export interface HistoryHost {
  readonly parts: { readonly vfs: Vfs; readonly clock: Clock; readonly versions: VersionSet };
  readonly state: ReadState;
  readonly obsolete: Pick<ObsoleteFiles, 'add' | 'collect' | 'pending'>;
  readonly pipeline: Pick<CommitPipeline, 'endLog' | 'makeDurable'>;
  readonly isIngesting: boolean;
  readonly horizons: Horizons;
  viewAt(sequence: SequenceNumber): ReadView;
  pathOf(kind: 'log', number: number): string;
}

/** How long `os` commits wait for a sync when somebody follows: at most fifty syncs a second beside those of writers. */
const SYNC_DELAY_MS = 20;

/** A log of the history. */
export interface HistoryLog {
  readonly number: FileNumber;
  readonly path: string;
  /** Where its frames end while it is written; undefined once it is finished. */
  readonly sizeBytes: number | undefined;
}

/** Keeps logs on the disk from one on, whatever becomes of them in the database. */
export interface LogHold {
  /** The first log that is kept. It only grows. */
  from: number;
}

/** The first frame of a log. */
export interface LogStart {
  readonly firstSequence: number;
  readonly wallMs: number;
}

export class LogHistory implements FlushedLogs {
  readonly #host: HistoryHost;
  /** Of logs that have a frame: it never changes. */
  readonly #starts = new Map<number, LogStart>();
  /** Of kept logs. */
  readonly #sizes = new Map<number, number>();
  readonly #holds = new Set<LogHold>();
  /** Logs whose making failed: no commit was ever in them. */
  readonly #unused = new Set<number>();
  #isSyncDue = false;
  #isTrimming = false;

  constructor(host: HistoryHost) {
    this.#host = host;
  }

  /** Kept and live logs, in the order of their commits. */
  logs(): HistoryLog[] {
    const { state, parts } = this.#host;
    const kept = parts.versions.current.keptLogs.map((number) => ({
      number,
      sizeBytes: undefined,
    }));
    return [...kept, ...logExtentsOf(state)].map(({ number, sizeBytes }) => ({
      number,
      sizeBytes,
      path: this.#host.pathOf('log', number),
    }));
  }

  /** Kept logs and their bytes; one that cannot be looked at counts none. */
  usage(): { readonly logCount: number; readonly sizeBytes: number } {
    const { keptLogs } = this.#host.parts.versions.current;
    let sizeBytes = 0;
    for (const number of keptLogs) {
      try {
        sizeBytes += this.#sizeOf(number);
      } catch (error) {
        if (!(error instanceof StorageError)) throw error;
      }
    }
    return { logCount: keptLogs.length, sizeBytes };
  }

  /** From now on logs from this one on keep their files, until `release`. */
  hold(from: number): LogHold {
    const hold = { from };
    this.#holds.add(hold);
    return hold;
  }

  /** Idempotent. */
  release(hold: LogHold): void {
    if (this.#holds.delete(hold)) this.#host.obsolete.collect();
  }

  /** The hold needs no log below `from` any more. */
  advance(hold: LogHold, from: number): void {
    if (from <= hold.from) return;
    hold.from = from;
    this.#host.obsolete.collect();
  }

  /** Keeps log-history/held-stay. */
  isHeld(number: number): boolean {
    if (this.#unused.has(number)) return false;
    for (const { from } of this.#holds) if (number >= from) return true;
    return false;
  }

  /** A log that was never used: no hold keeps it. */
  onUnused(number: number): void {
    this.#unused.add(number);
  }

  /** `logs`, and before them those that only a hold keeps. */
  heldLogs(): HistoryLog[] {
    const known = this.logs();
    const numbers = new Set<number>(known.map(({ number }) => number));
    const held = this.#host.obsolete
      .pending('log')
      .filter((number) => this.isHeld(number) && !numbers.has(number))
      .map((number) => ({ number, sizeBytes: undefined, path: this.#host.pathOf('log', number) }));
    return [...held, ...known].sort((a, b) => a.number - b.number);
  }

  /** Bytes of the logs that only a hold keeps. */
  heldSizeBytes(): number {
    let sizeBytes = 0;
    const known = new Set<number>(this.logs().map(({ number }) => number));
    for (const { number } of this.heldLogs())
      if (!known.has(number)) sizeBytes += this.#sizeOf(number);
    return sizeBytes;
  }

  /** False once a log went, because it is flushed or beyond the bounds. */
  has(number: number): boolean {
    const { state, parts } = this.#host;
    const isLive = logExtentsOf(state).some((log) => log.number === number);
    return isLive || parts.versions.current.keptLogs.some((kept) => kept === number);
  }

  /** Where the frames of a log end while it is written; undefined for one that is finished or has gone. */
  limitOf(number: number): number | undefined {
    return logExtentsOf(this.#host.state).find((log) => log.number === number)?.sizeBytes;
  }

  /** Keeps log-history/ended-first. Logs of recovery are whole and durable. A log without a frame is not kept. */
  async retire({ logNumbers, writer }: MemtableSlot): Promise<readonly FileNumber[]> {
    if (!isHistoryKept(this.#host.parts.versions.current)) return [];
    if (writer === undefined) return logNumbers;
    if (writer.isUnwritten) return logNumbers.filter((number) => number !== writer.number);
    await this.#host.pipeline.endLog(writer.number);
    return logNumbers;
  }

  /** Where a log begins; undefined while it has no frame, and when it has gone. Throws CorruptionError or IoError. */
  async startOf(log: HistoryLog): Promise<LogStart | undefined> {
    const known = this.#starts.get(log.number);
    if (known !== undefined) return known;
    try {
      const start = await this.#readStart(log);
      if (start !== undefined && this.has(log.number)) this.#starts.set(log.number, start);
      return start;
    } catch (error) {
      if (this.has(log.number)) throw error;
      return undefined;
    }
  }

  async #readStart({ number, path, sizeBytes }: HistoryLog): Promise<LogStart | undefined> {
    const cursor = new FrameCursor(this.#host.parts.vfs, path, number);
    try {
      const frame = await cursor.next(sizeBytes);
      return frame && { firstSequence: frame.firstSequence, wallMs: frame.wallMs };
    } finally {
      cursor.close();
    }
  }

  /** Makes what is published durable in a moment. Its end moves the followers. */
  syncSoon(): void {
    if (this.#isSyncDue) return;
    this.#isSyncDue = true;
    const host = this.#host;
    host.parts.clock.schedule(SYNC_DELAY_MS, () => {
      this.#isSyncDue = false;
      if (host.isIngesting)
        this.syncSoon(); // it passes a sequence over between syncs, and makes all before it durable
      else host.pipeline.makeDurable();
    });
  }

  async trim(): Promise<void> {
    if (this.#isTrimming) return;
    this.#isTrimming = true;
    try {
      await this.#trim();
    } catch (error) {
      const { failure } = this.#host.parts.versions;
      if (failure !== undefined || !(error instanceof StorageError)) throw error; // log-history/upkeep-only
    } finally {
      this.#isTrimming = false;
    }
  }

  /** Keeps log-history/within-bounds. */
  async #trim(): Promise<void> {
    const { parts, obsolete } = this.#host;
    const droppedLogs = await this.#beyondBounds();
    if (droppedLogs.length > 0) {
      await parts.versions.apply({ droppedLogs });
      for (const number of droppedLogs) obsolete.add('log', number);
      obsolete.collect();
    }
    const present = new Set<number>(this.heldLogs().map(({ number }) => number));
    for (const number of this.#starts.keys()) if (!present.has(number)) this.#starts.delete(number);
    for (const number of this.#sizes.keys()) if (!present.has(number)) this.#sizes.delete(number);
  }

  /** The named consumers. Throws CorruptionError or IoError of a table. */
  consumers(): ConsumerPlace[] {
    return consumersIn(this.#host.viewAt(this.#host.horizons.published));
  }

  /** Keeps log-history/oldest-first. */
  async #beyondBounds(): Promise<FileNumber[]> {
    const { versions, clock } = this.#host.parts;
    const { keptLogs, historyBounds } = versions.current;
    if (keptLogs.length === 0) return [];
    const { keepMs, keepBytes } = historyBounds;
    if (keepMs === 0) return [...keptLogs];
    const logs = this.logs();
    const oldestMs = clock.wallMs() - keepMs;
    const consumers = this.consumers();
    let sizeBytes = keptLogs.reduce((sum, number) => sum + this.#sizeOf(number), 0);
    const beyond: FileNumber[] = [];
    for (const [i, number] of keptLogs.entries()) {
      const next = await this.#nextStart(logs, i);
      const isOld = next !== undefined && next.wallMs < oldestMs;
      if (!isOld && sizeBytes <= keepBytes) break;
      const last = (next?.firstSequence ?? Infinity) - 1;
      const isHeld = consumers.some((each) => each.sequence < last && sizeBytes <= each.holdBytes);
      if (isHeld) break; // log-history/consumers-first
      beyond.push(number);
      sizeBytes -= this.#sizeOf(number);
    }
    return beyond;
  }

  /** The start of the first log with frames after log `index`. One that cannot be read says nothing. */
  async #nextStart(logs: readonly HistoryLog[], index: number): Promise<LogStart | undefined> {
    for (const log of logs.slice(index + 1)) {
      const start = await this.startOf(log).catch(() => undefined);
      if (start !== undefined) return start;
    }
    return undefined;
  }

  #sizeOf(number: FileNumber): number {
    const known = this.#sizes.get(number);
    if (known !== undefined) return known;
    const file = this.#host.parts.vfs.open(this.#host.pathOf('log', number), 'read');
    try {
      const size = file.sizeSync();
      this.#sizes.set(number, size);
      return size;
    } finally {
      file.closeSync();
    }
  }
}
