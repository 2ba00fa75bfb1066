/**
 * The logs of another process, read while it writes.
 *
 * Owns: the place in the logs up to which frames were read, the step from one log to the next, and which frames are shown.
 *
 *      log 9                                     log 12 (made ahead, empty)
 *      | frame | frame | frame | frame?  zeros   |
 *                        shown   held back until something follows it
 *
 * Invariants:
 *   followed-logs/published-only: a frame is delivered once the readers of its writer see it, or saw it when the writer died.
 *       That is so when its flag says so (frame-format/published-when-written), when any frame or mark follows it, when it is
 *       in tables, when nobody has the directory, or when its owner came after the frame: recovery keeps every whole frame.
 *   followed-logs/whole-and-once: frames are delivered whole, once, and in their order. Example: a log that loses its name
 *       while it is read is read to its end all the same.
 *   followed-logs/damage-stays: a hole before a log, or a log that is missing, is damage unless a newer manifest explains it. Bytes
 *       that are no frame are the end so far. They are damage once frames follow them, here or in the next log.
 *   followed-logs/never-back: a log that begins at or below what was read says that the writer has lost commits, as after a
 *       failed sync. Then nothing is delivered any more.
 *
 * Suspension: `read` and `settle` suspend for reads; calls do not overlap.
 */
import { join } from 'node:path';
import { nextTurn } from '../../base/clock.ts';
import { CorruptionError, IoError, StateGoneError, type StorageError } from '../../base/errors.ts';
import type { FileNumber } from '../../base/ids.ts';
import { copyRange } from '../../bytes/bytes.ts';
import { FrameCursor } from '../../log/frame-cursor.ts';
import { LOG_KIND_WAL } from '../../log/frame-format.ts';
import { readLog } from '../../log/log-reader.ts';
import type { LogFrame } from '../../log/log-window.ts';
import { fileName } from '../../vfs/filenames.ts';
import type { Vfs, VfsOwner } from '../../vfs/vfs.ts';

/** What is read for: the logs of a version, and how far its tables go. */
export interface LogTarget {
  readonly liveLogs: readonly FileNumber[];
  readonly flushedSequence: number;
}

/** Takes what is read. */
export interface FrameSink {
  /** A frame with operations; its payload stays as it is until this returns. */
  take(frame: LogFrame): void;
  /** Frames come from another log from now on. */
  logEnded(): void;
  /** What lies between the last frame and the next is in tables alone. */
  jump(): void;
}

interface Held {
  readonly frame: LogFrame;
  readonly last: number;
  /** Who had the directory when the frame was first seen; undefined: it was not asked for. */
  token: string | undefined;
}

/** The first frame of the next log. */
interface Peeked {
  readonly cursor: FrameCursor;
  readonly frame: LogFrame;
}

const BYTES_PER_TURN = 1024 * 1024;

export class FollowedLogs {
  /** The last sequence of the frames that were read, those held back too; that of the tables before the first. */
  reached = 0;
  /** The largest sequence of which a frame says that it is synced. */
  durable = 0;
  /** The largest wall time of the frames. */
  wallMs = 0;
  readonly #vfs: Vfs;
  readonly #directory: string;
  readonly #sink: FrameSink;
  /** The log that is read; undefined until one has a frame. */
  #cursor: FrameCursor | undefined = undefined;
  /** Logs after it that are open and had no frame yet. */
  readonly #ahead: Map<number, FrameCursor> = new Map();
  #peeked: Peeked | undefined = undefined;
  /** The first sequence of the next frame of the log. */
  #expected = 0;
  #held: Held | undefined = undefined;
  /** Where the bytes after the last frame were judged: once for each frame. */
  #judgedAt = '';
  #bytesSinceTurn = 0;

  constructor(vfs: Vfs, directory: string, sink: FrameSink) {
    this.#vfs = vfs;
    this.#directory = directory;
    this.#sink = sink;
  }

  /** The last sequence of the frame that is held back; undefined when there is none. */
  get heldSequence(): number | undefined {
    return this.#held?.last;
  }

  /** Where the frames of a log end that were read: undefined for a log before the one that is read, 0 for one after it. */
  endOf(number: number): number | undefined {
    const current = this.#cursor?.number ?? 0;
    if (number < current) return undefined;
    return number === current ? (this.#cursor?.offset ?? 0) : 0;
  }

  /**
   * Delivers what is there. Returns why it cannot go on unless a newer manifest explains it; undefined at the end.
   * Throws CorruptionError, StateGoneError (followed-logs/never-back), IncompatibleFormatError or IoError.
   */
  async read(target: LogTarget): Promise<StorageError | undefined> {
    if (this.#cursor === undefined) this.reached = Math.max(this.reached, target.flushedSequence);
    this.#passFlushed(target);
    for (;;) {
      const frame = await this.#cursor?.look();
      if (frame !== undefined) {
        this.#accept(frame, target);
        await this.#mayTurn(frame);
        continue;
      }
      let following: Peeked | undefined;
      try {
        following = await this.#following(target);
      } catch (error) {
        if (!(error instanceof IoError) || error.systemCode !== 'ENOENT') throw error;
        const options = { cause: error, ...(error.path === undefined ? {} : { file: error.path }) };
        return new CorruptionError('Log is missing', options);
      }
      if (following === undefined) {
        if (await this.#isEnd()) return undefined;
        continue;
      }
      const rest = await this.#cursor?.look(); // what came while the next log was looked at; it was the last
      if (rest !== undefined) {
        this.#accept(rest, target);
        continue;
      }
      const hole = this.#holeBefore(following.frame, target);
      if (hole !== undefined) return hole;
      await this.#enter(following, target);
    }
  }

  /**
   * A frame that is held back is delivered if no writer can take it back (followed-logs/published-only). `owner`: who had the
   * directory after the frame was read.
   */
  settle(owner: VfsOwner | undefined): void {
    const held = this.#held;
    if (held === undefined) return;
    const token = owner?.token;
    const isOthers = held.token !== undefined && held.token !== token;
    if (owner === undefined || isOthers || owner.sinceMs > held.frame.wallMs) this.#release();
    else held.token = token;
  }

  close(): void {
    this.#cursor?.close();
    this.#cursor = undefined;
    for (const cursor of this.#ahead.values()) cursor.close();
    this.#ahead.clear();
  }

  /** Logs without a frame that are not live any more are not waited for. */
  #passFlushed({ liveLogs, flushedSequence }: LogTarget): void {
    for (const [number, cursor] of this.#ahead) {
      if (liveLogs.some((live) => live === number) || this.#peeked?.cursor === cursor) continue;
      this.#ahead.delete(number);
      cursor.close();
    }
    if (this.#held !== undefined && this.#held.last <= flushedSequence) this.#release();
  }

  #accept(frame: LogFrame, { flushedSequence }: LogTarget): void {
    const { firstSequence, operationCount, durableSequence, wallMs } = frame;
    // The mark of a close comes further on when a bulk load took a place meanwhile.
    const isPassedOver = operationCount === 0 && firstSequence > this.#expected;
    if (firstSequence !== this.#expected && !isPassedOver) {
      throw new CorruptionError(`Frame is out of sequence: first=${firstSequence}`, {
        file: this.#pathOf(this.#cursor?.number ?? 0),
        offset: frame.offset,
      });
    }
    this.durable = Math.max(this.durable, durableSequence);
    this.wallMs = Math.max(this.wallMs, wallMs);
    this.#release(); // something follows it
    if (operationCount === 0) return;
    const last = firstSequence + operationCount - 1;
    this.#expected = last + 1;
    this.reached = Math.max(this.reached, last);
    if (frame.isPublished || last <= flushedSequence) {
      this.#sink.take(frame);
    } else {
      const payload = copyRange(frame.payload, 0, frame.payload.length);
      this.#held = { frame: { ...frame, payload }, last, token: undefined };
    }
  }

  #release(): void {
    const held = this.#held;
    if (held === undefined) return;
    this.#held = undefined;
    this.#sink.take(held.frame);
  }

  /** The next live log that has a frame, in the order of the logs. */
  async #following({ liveLogs }: LogTarget): Promise<Peeked | undefined> {
    if (this.#peeked !== undefined) return this.#peeked;
    for (const number of liveLogs) {
      if (number <= (this.#cursor?.number ?? 0)) continue;
      let cursor = this.#ahead.get(number);
      if (cursor === undefined) {
        cursor = new FrameCursor(this.#vfs, this.#pathOf(number), number);
        this.#ahead.set(number, cursor);
      }
      const frame = await cursor.look();
      if (frame !== undefined) return (this.#peeked = { cursor, frame });
    }
    return undefined;
  }

  /** Why a log cannot come next. Throws StateGoneError (followed-logs/never-back). */
  #holeBefore({ firstSequence }: LogFrame, target: LogTarget): CorruptionError | undefined {
    const covered = Math.max(this.reached, target.flushedSequence);
    if (this.#cursor !== undefined && firstSequence <= this.reached) {
      throw new StateGoneError(
        `Writer has lost commits that were shown: read=${this.reached} found=${firstSequence} ` +
          '(a sync of it failed: open again)',
      );
    }
    if (firstSequence <= covered + 1) return undefined;
    return new CorruptionError(
      `Log begins after a hole: found=${firstSequence} expected=${covered + 1}`,
      { file: this.#pathOf(this.#peeked?.cursor.number ?? 0) },
    );
  }

  async #enter({ cursor, frame }: Peeked, target: LogTarget): Promise<void> {
    const previous = this.#cursor;
    if (previous !== undefined && !(await previous.isAtZeros())) {
      throw new CorruptionError('Log that has a successor is damaged', {
        file: this.#pathOf(previous.number),
        offset: previous.offset,
      });
    }
    this.#release();
    previous?.close();
    if (previous !== undefined) this.#sink.logEnded();
    if (frame.firstSequence > this.reached + 1) this.#sink.jump();
    this.#ahead.delete(cursor.number);
    for (const [number, passed] of this.#ahead) {
      if (number > cursor.number) continue;
      this.#ahead.delete(number);
      passed.close();
    }
    this.#cursor = cursor;
    this.#peeked = undefined;
    this.#expected = frame.firstSequence;
    this.#accept(frame, target);
  }

  /** Whether the frames end here, for now. Throws CorruptionError for damage (followed-logs/damage-stays). */
  async #isEnd(): Promise<boolean> {
    const cursor = this.#cursor;
    if (cursor === undefined) return true;
    const place = `${cursor.number}:${cursor.offset}`;
    if (this.#judgedAt === place) return true;
    if (await cursor.isAtZeros()) {
      this.#judgedAt = place;
      return true;
    }
    const path = this.#pathOf(cursor.number);
    const { offset } = cursor;
    try {
      await readLog(this.#vfs, path, LOG_KIND_WAL, cursor.number, () => undefined);
    } catch (error) {
      if (error instanceof IoError) return true; // it has lost its name, or is being cut
      // A frame that was being written is whole by the time at which another is seen behind it.
      const frame = await cursor.look();
      if (frame === undefined) throw error;
      cursor.backTo(offset);
      return false;
    }
    this.#judgedAt = place;
    return true;
  }

  async #mayTurn({ payload }: LogFrame): Promise<void> {
    this.#bytesSinceTurn += payload.length;
    if (this.#bytesSinceTurn < BYTES_PER_TURN) return;
    this.#bytesSinceTurn = 0;
    await nextTurn();
  }

  #pathOf(number: number): string {
    return join(this.#directory, fileName('log', number));
  }
}
