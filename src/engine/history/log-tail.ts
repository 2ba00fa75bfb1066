/**
 * The logs as they grow, in pieces of raw bytes.
 *
 * Owns: one place in the logs, and a hold on what comes after it. An archive takes the pieces away and puts them together
 * again as the same files.
 *
 *      log 7   [ header | frames | frames ]        log 9   [ header | frames ...
 *               piece 1         | piece 2                   piece 3
 *
 * Invariants:
 *   log-tail/durable-only: a piece holds only commits that survive a power cut. What is shipped is never taken back.
 *   log-tail/whole-frames: a piece begins and ends between two frames, or at the start of its log. Pieces of a log join
 *       without a gap, and the last one ends with the last frame that has operations.
 *   log-tail/held: a log stays until all of its frames are in pieces, or the hold is given up (log-history/held-stay).
 *
 * Suspension: `next` suspends for reads, and reads the list of logs anew after each.
 */
import { HistoryGoneError } from '../../base/errors.ts';
import { FrameCursor } from '../../log/frame-cursor.ts';
import type { VersionSet } from '../../version/version-set.ts';
import type { Vfs } from '../../vfs/vfs.ts';
import type { Horizons } from '../state/horizons.ts';
import type { HistoryLog, LogHistory, LogHold } from './log-history.ts';

/** The parts of the engine that a tail needs. */
export interface TailHost {
  readonly parts: { readonly vfs: Vfs; readonly versions: Pick<VersionSet, 'frameClock'> };
  readonly horizons: Horizons;
  readonly history: LogHistory;
}

/** A place between two frames of a log. */
export interface LogPlace {
  readonly number: number;
  readonly offset: number;
}

/** Bytes of one log, whole frames with at least one commit in them. */
export interface LogPiece extends LogPlace {
  readonly bytes: Uint8Array;
  readonly firstSequence: number;
  readonly lastSequence: number;
  /** The time of the first frame, and of the last: milliseconds since 1970. */
  readonly firstMs: number;
  readonly lastMs: number;
}

/** A frame that is not in a piece yet. */
interface PendingFrame {
  readonly end: number;
  readonly firstSequence: number;
  readonly lastSequence: number;
  readonly wallMs: number;
}

export class LogTail {
  readonly #host: TailHost;
  readonly #hold: LogHold;
  #number: number;
  /** Where the next piece begins. */
  #offset = 0;
  #cursor: FrameCursor | undefined = undefined;
  /** Read, and not durable when it was. */
  #pending: PendingFrame | undefined = undefined;
  #isClosed = false;

  /** Begins with the oldest log that the database has, the history's included, and holds all from there on. */
  constructor(host: TailHost) {
    this.#host = host;
    this.#number = host.history.logs()[0]?.number ?? 0;
    this.#hold = host.history.hold(this.#number);
  }

  /** The place where the next piece begins. */
  get place(): LogPlace {
    return { number: this.#number, offset: this.#offset };
  }

  /** Bytes of logs that are on the disk for the sake of a tail alone. */
  get heldSizeBytes(): number {
    return this.#host.history.heldSizeBytes();
  }

  /** The logs that it can read, in their order. */
  logs(): readonly HistoryLog[] {
    return this.#host.history.heldLogs().filter(({ number }) => number >= this.#number);
  }

  /** Goes on from a place in a log that it holds, which was reached by whole frames. */
  async moveTo({ number, offset }: LogPlace): Promise<void> {
    this.#cursor?.close();
    this.#cursor = undefined;
    this.#pending = undefined;
    this.#number = number;
    this.#offset = 0;
    const log = this.#mustFind(number);
    this.#cursor = new FrameCursor(this.#host.parts.vfs, log.path, number);
    while (this.#cursor.offset < offset) {
      if ((await this.#cursor.next(this.#limitOf(number))) === undefined) break;
    }
    this.#offset = offset;
    this.#host.history.advance(this.#hold, number);
  }

  /** The bytes of a log from its start to an offset between two frames; undefined when it does not reach that far. */
  async prefixOf(number: number, end: number): Promise<Uint8Array | undefined> {
    const log = this.logs().find((each) => each.number === number);
    if (log === undefined) return undefined;
    const cursor = new FrameCursor(this.#host.parts.vfs, log.path, number);
    try {
      while (cursor.offset < end) {
        if ((await cursor.next(this.#limitOf(number))) === undefined) return undefined;
      }
      return cursor.offset === end ? await cursor.rawBytes(0, end) : undefined;
    } finally {
      cursor.close();
    }
  }

  /**
   * The next piece, of about `sizeBytesMax` bytes at most, or of one larger frame; undefined when all that is durable was
   * given. Throws HistoryGoneError when the logs that come next are gone, CorruptionError or IoError.
   */
  async next(sizeBytesMax: number): Promise<LogPiece | undefined> {
    for (;;) {
      const cursor = (this.#cursor ??= this.#open(this.#number));
      if (cursor === undefined) return undefined;
      const piece = await this.#pieceOf(cursor, sizeBytesMax);
      if (piece !== undefined || this.#pending !== undefined) return piece;
      const following = await this.#following();
      if (following === undefined) return undefined;
      const rest = await this.#pieceOf(cursor, sizeBytesMax); // what came while the others were looked at: it was the last
      if (rest !== undefined || this.#pending !== undefined) return rest;
      cursor.close();
      this.#cursor = undefined;
      this.#number = following.number;
      this.#offset = 0;
      this.#host.history.advance(this.#hold, following.number);
    }
  }

  /** Gives its file and its hold back. Idempotent. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#cursor?.close();
    this.#cursor = undefined;
    this.#host.history.release(this.#hold);
  }

  /** Keeps log-tail/durable-only and log-tail/whole-frames. */
  async #pieceOf(cursor: FrameCursor, sizeBytesMax: number): Promise<LogPiece | undefined> {
    let first: PendingFrame | undefined;
    let last: PendingFrame | undefined;
    const start = this.#offset;
    for (;;) {
      const frame = (this.#pending ??= await this.#read(cursor));
      if (frame === undefined || frame.lastSequence > this.#host.horizons.durable) break;
      if (last !== undefined && frame.end - start > sizeBytesMax) break;
      first ??= frame;
      last = frame;
      this.#pending = undefined;
    }
    if (first === undefined || last === undefined) return undefined;
    const bytes = await cursor.rawBytes(start, last.end);
    this.#offset = last.end;
    const { firstSequence, wallMs: firstMs } = first;
    const { lastSequence, wallMs: lastMs } = last;
    return {
      number: cursor.number,
      offset: start,
      bytes,
      firstSequence,
      lastSequence,
      firstMs,
      lastMs,
    };
  }

  /** The next frame with operations. */
  async #read(cursor: FrameCursor): Promise<PendingFrame | undefined> {
    for (;;) {
      const frame = await cursor.next(this.#limitOf(cursor.number));
      if (frame === undefined) return undefined;
      const { firstSequence, operationCount, wallMs } = frame;
      if (operationCount === 0) continue;
      const lastSequence = firstSequence + operationCount - 1;
      return { end: cursor.offset, firstSequence, lastSequence, wallMs };
    }
  }

  #limitOf(number: number): number | undefined {
    return this.#host.history.limitOf(number);
  }

  /** The first log after this one that has a frame: this one had got its last by then (log-extents/prefix). */
  async #following(): Promise<HistoryLog | undefined> {
    for (const log of this.#host.history.heldLogs()) {
      if (log.number > this.#number && (await this.#host.history.startOf(log)) !== undefined)
        return log;
    }
    return undefined;
  }

  /** Undefined where no log was made yet. */
  #open(number: number): FrameCursor | undefined {
    if (number === 0) {
      const oldest = this.#host.history.heldLogs()[0];
      if (oldest === undefined) return undefined;
      this.#number = oldest.number;
    }
    const { path } = this.#mustFind(this.#number);
    return new FrameCursor(this.#host.parts.vfs, path, this.#number);
  }

  #mustFind(number: number): HistoryLog {
    const log = this.#host.history.heldLogs().find((each) => each.number === number);
    if (log !== undefined) return log;
    throw new HistoryGoneError(
      `History is gone: the log to go on with is not there: log=${number}`,
    );
  }
}
