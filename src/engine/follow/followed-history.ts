/**
 * The history of a database that another process writes.
 *
 * Owns: which logs a stream of changes may read beside the writer, and how far. The rules of the streams are those of
 * commit-stream.ts.
 *
 * Invariants:
 *   followed-history/as-far-as-shown: no frame is read that the follower has not read itself.
 *
 * Suspension: `startOf` suspends for a read.
 */
import { join } from 'node:path';
import { FrameCursor } from '../../log/frame-cursor.ts';
import { LOG_HEADER_SIZE_BYTES } from '../../log/frame-format.ts';
import type { Version } from '../../version/version.ts';
import { fileName } from '../../vfs/filenames.ts';
import type { Vfs } from '../../vfs/vfs.ts';
import type { StreamHistory } from '../history/commit-stream.ts';
import type { HistoryLog, LogStart } from '../history/log-history.ts';

/** The parts of the follower that its history needs. */
export interface FollowedHistoryHost {
  readonly vfs: Vfs;
  readonly directory: string;
  readonly version: Pick<Version, 'keptLogs' | 'liveLogs'>;
  /** Where the frames of a live log end that were read; undefined for one that was read to its end. */
  endOf(number: number): number | undefined;
}

export class FollowedHistory implements StreamHistory {
  readonly #host: FollowedHistoryHost;
  /** Of logs that have a frame: it never changes. */
  readonly #starts = new Map<number, LogStart>();

  constructor(host: FollowedHistoryHost) {
    this.#host = host;
  }

  /** Kept and live logs, in the order of their commits. */
  logs(): HistoryLog[] {
    const { keptLogs, liveLogs } = this.#host.version;
    return [...keptLogs, ...liveLogs].map((number) => ({
      number,
      path: this.#pathOf(number),
      sizeBytes: this.limitOf(number),
    }));
  }

  /** False once the writer has removed a log. */
  has(number: number): boolean {
    return this.#host.vfs.exists(this.#pathOf(number));
  }

  /** Keeps followed-history/as-far-as-shown; undefined for a log that is finished. */
  limitOf(number: number): number | undefined {
    if (!this.#host.version.liveLogs.some((live) => live === number)) return undefined;
    const end = this.#host.endOf(number);
    return end === undefined ? undefined : Math.max(end, LOG_HEADER_SIZE_BYTES);
  }

  /** Where a log begins; undefined while it has no frame, and when it has gone. Throws CorruptionError or IoError. */
  async startOf(log: HistoryLog): Promise<LogStart | undefined> {
    const known = this.#starts.get(log.number);
    if (known !== undefined) return known;
    if (!this.has(log.number)) return undefined;
    try {
      const start = await this.#readStart(log);
      if (start !== undefined) this.#starts.set(log.number, start);
      return start;
    } catch (error) {
      if (this.has(log.number)) throw error;
      return undefined;
    }
  }

  /** Forgets logs that no version names any more. */
  trim(): void {
    const { keptLogs, liveLogs } = this.#host.version;
    const present = new Set<number>([...keptLogs, ...liveLogs]);
    for (const number of this.#starts.keys()) if (!present.has(number)) this.#starts.delete(number);
  }

  async #readStart({ number, path, sizeBytes }: HistoryLog): Promise<LogStart | undefined> {
    const cursor = new FrameCursor(this.#host.vfs, path, number);
    try {
      const frame = await cursor.next(sizeBytes);
      return frame && { firstSequence: frame.firstSequence, wallMs: frame.wallMs };
    } finally {
      cursor.close();
    }
  }

  #pathOf(number: number): string {
    return join(this.#host.directory, fileName('log', number));
  }
}
