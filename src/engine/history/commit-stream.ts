/**
 * A stream of commits, read from the logs.
 *
 * Owns: one place in the commit order, and the log that holds what comes next. It reads what was written long ago and what
 * was written just now in the same way: from files, which the system has in memory while they are new. So its own memory
 * is one frame, however slow its reader is.
 *
 * Invariants:
 *   commit-stream/durable-only: a commit is shown only once it survives a power cut. What is shown is never taken back.
 *   commit-stream/whole-and-gapless: every commit after the place is shown, whole, once, in order; where one is not in the
 *       logs any more, the stream ends with HistoryGoneError instead.
 *
 * Suspension: `next` suspends for reads, and reads the list of logs anew after each.
 */
import { BatchReader } from '../../batch/batch-reader.ts';
import { HistoryGoneError, InvalidArgumentError } from '../../base/errors.ts';
import type { ValueType } from '../../base/value-type.ts';
import { FrameCursor } from '../../log/frame-cursor.ts';
import type { LogFrame } from '../../log/log-window.ts';
import type { VersionSet } from '../../version/version-set.ts';
import type { Vfs } from '../../vfs/vfs.ts';
import type { Horizons } from '../state/horizons.ts';
import type { HistoryLog, LogHistory, LogStart } from './log-history.ts';

/** The parts of the engine that a stream needs. */
export interface StreamHost {
  readonly parts: { readonly vfs: Vfs; readonly versions: Pick<VersionSet, 'frameClock'> };
  readonly horizons: Horizons;
  readonly history: StreamHistory;
}

/** The logs that a stream may read. */
export type StreamHistory = Pick<LogHistory, 'logs' | 'has' | 'limitOf' | 'startOf'>;

/** Where a stream begins: after a sequence, or with the first commit at or after a time (milliseconds since 1970). */
export type StreamStart = { readonly sequence: number } | { readonly wallMs: number };

/** Where a stream begins that was asked for at this state. Throws InvalidArgumentError for a sequence in the future. */
export function startAt(asked: StreamStart | undefined, published: number): StreamStart {
  const start = asked ?? { sequence: published };
  if (!('sequence' in start) || start.sequence <= published) return start;
  throw new InvalidArgumentError(
    `Sequence is in the future: since=${start.sequence} newest=${published}`,
  );
}

/** An operation as the log holds it. The bytes stay as they are until the next step of the stream. */
export interface LoggedOperation {
  readonly type: ValueType;
  readonly key: Uint8Array;
  /** Behind its time in an entry that expires; the end of a range; empty for a deletion. */
  readonly value: Uint8Array;
}

export interface LoggedCommit {
  /** Of its last operation. */
  readonly sequence: number;
  /** When its frame was written: milliseconds since 1970. */
  readonly wallMs: number;
  readonly operations: readonly LoggedOperation[];
}

export class CommitStream {
  readonly #host: StreamHost;
  readonly #reader = new BatchReader();
  /** Commits before this time are passed over. */
  #sinceMs = 0;
  /** The last sequence that was shown or passed over; undefined until the first log is found. */
  #position: number | undefined;
  #cursor: FrameCursor | undefined = undefined;
  /** A frame whose commits are shown next, once it is durable. */
  #frame: LogFrame | undefined = undefined;
  /** True when the reader stands on the first operation of the next commit of `#frame`. */
  #isInFrame = false;

  constructor(host: StreamHost, start: StreamStart) {
    this.#host = host;
    if ('sequence' in start) this.#position = start.sequence;
    else this.#sinceMs = start.wallMs;
  }

  /** The next commit; undefined when everything that is durable was shown. Throws HistoryGoneError and what reads throw. */
  async next(): Promise<LoggedCommit | undefined> {
    for (;;) {
      if (this.#isInFrame) {
        const position = this.#position!; // a frame comes from a log that was found
        const commit = this.#takeCommit();
        const isOld = commit.sequence <= position || commit.wallMs < this.#sinceMs;
        this.#position = Math.max(position, commit.sequence);
        if (isOld) continue;
        return commit;
      }
      const frame = (this.#frame ??= await this.#nextFrame());
      if (frame === undefined) return undefined;
      if (!this.#begin(frame)) return undefined;
    }
  }

  close(): void {
    this.#cursor?.close();
    this.#cursor = undefined;
  }

  /** Stands before the commits of a frame; false while they are not durable (commit-stream/durable-only). */
  #begin(frame: LogFrame): boolean {
    const last = frame.firstSequence + frame.operationCount - 1;
    if (last > this.#host.horizons.durable) return false;
    const position = this.#position!; // as above
    if (frame.firstSequence > position + 1) throw goneAfter(position, frame.firstSequence);
    this.#reader.reset(frame);
    this.#isInFrame = this.#reader.next();
    return true;
  }

  /** The commit on whose first operation the reader stands; leaves it on the first one of the next. */
  #takeCommit(): LoggedCommit {
    const reader = this.#reader;
    const { wallMs } = this.#frame!; // commits lie in a frame
    const operations: LoggedOperation[] = [];
    let sequence: number;
    do {
      sequence = reader.sequence;
      const { type, bytes } = reader;
      operations.push({
        type,
        key: bytes.subarray(reader.keyStart, reader.keyEnd),
        value: bytes.subarray(reader.valueStart, reader.valueEnd),
      });
      this.#isInFrame = reader.next();
    } while (this.#isInFrame && !reader.isCommitStart);
    if (!this.#isInFrame) this.#frame = undefined;
    return { sequence, wallMs, operations };
  }

  /** The next frame with operations, durable or not; undefined when no more is written. */
  async #nextFrame(): Promise<LogFrame | undefined> {
    for (;;) {
      const { durable } = this.#host.horizons; // before the look: what is durable by now is in the logs, or gone
      const cursor = (this.#cursor ??= await this.#openFirst());
      if (cursor === undefined) return this.#caughtUp(durable);
      const frame = await this.#read(cursor);
      if (frame !== undefined) return frame;
      const following = await this.#following(cursor.number);
      if (following === undefined) return this.#caughtUp(durable);
      const rest = await this.#read(cursor); // what came while the other logs were looked at; it was the last
      if (rest !== undefined) return rest;
      this.close();
      this.#cursor = this.#open(following);
    }
  }

  /** The next frame with operations in the log of the cursor. */
  async #read(cursor: FrameCursor): Promise<LogFrame | undefined> {
    for (;;) {
      const frame = await cursor.next(this.#host.history.limitOf(cursor.number));
      if (frame === undefined || frame.operationCount > 0) return frame;
    }
  }

  /** The logs end before `durable` where a bulk load comes next, which is in none, or where they have gone. */
  #caughtUp(durable: number): undefined {
    if (this.#position !== undefined && this.#position < durable) {
      throw goneAfter(this.#position, durable + 1);
    }
    return undefined;
  }

  /** The first log after `number` that has a frame: the log before it had got its last one by then (log-extents/prefix). */
  async #following(number: number): Promise<HistoryLog | undefined> {
    for (const log of this.#host.history.logs()) {
      if (log.number > number && (await this.#host.history.startOf(log)) !== undefined) return log;
    }
    return undefined;
  }

  /** The log in which the stream begins; undefined while none has a frame. Throws HistoryGoneError. */
  async #openFirst(): Promise<FrameCursor | undefined> {
    const { history } = this.#host;
    let oldest: LogStart | undefined;
    for (const log of history.logs().reverse()) {
      const start = await history.startOf(log);
      if (start === undefined) continue;
      oldest = start;
      if (this.#isBefore(start)) return this.#open(log) ?? (await this.#openFirst());
    }
    if (oldest === undefined) return this.#beginWithout();
    throw goneAfter(this.#position ?? oldest.firstSequence - 2, oldest.firstSequence);
  }

  /** No log has a commit. A time after the last frame, and any before the first commit, are told all the same. */
  #beginWithout(): undefined {
    const { horizons, parts } = this.#host;
    const { published, durable } = horizons;
    if (this.#position === undefined && parts.versions.frameClock.lastMs < this.#sinceMs) {
      this.#position = published;
    }
    if (published === 0) this.#position = 0;
    if (this.#position === undefined || this.#position < durable) {
      throw new HistoryGoneError('History is gone: no log has a commit');
    }
    return undefined;
  }

  /** Whether a log that begins so has what the stream begins with, or what is before it. */
  #isBefore({ firstSequence, wallMs }: LogStart): boolean {
    if (this.#position !== undefined) return firstSequence <= this.#position + 1;
    if (wallMs >= this.#sinceMs && firstSequence > 1) return false;
    this.#position = firstSequence - 1;
    return true;
  }

  /** Undefined when the log has gone. */
  #open({ path, number }: HistoryLog): FrameCursor | undefined {
    try {
      return new FrameCursor(this.#host.parts.vfs, path, number);
    } catch (error) {
      if (this.#host.history.has(number)) throw error;
      return undefined;
    }
  }
}

function goneAfter(position: number, oldestSequence: number): HistoryGoneError {
  return new HistoryGoneError(
    `History is gone: after=${position} oldest=${oldestSequence}`,
    oldestSequence,
  );
}
