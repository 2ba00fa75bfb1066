/**
 * Reading end of a log.
 *
 * Owns: which frames of a log file count, and the verdict on the bytes after them.
 *
 * Invariants:
 *   G1. Only frames whose checksum, end mark, log number and sequence fit are delivered, from the first on, without
 *       a gap: what a caller sees is always a prefix of what was written.
 *   G2. Damage before the proven durable point is CorruptionError. The proof is an intact frame of this log, anywhere
 *       after the damage, whose durable sequence reaches the first sequence lost: the writer had seen that sequence
 *       synced. An intact frame alone proves nothing, since pages reach the disk in any order.
 *   G3. Other damage is a torn tail: no sync that covered it can have returned (or its proof is lost as well). It is
 *       reported as such and is an error in a log that has a successor, for that one was fully synced.
 *   G4. Only zeros after the last frame, or nothing: a clean end.
 *   G5. Memory is bounded by the chunk size or the largest frame, not by the file.
 *
 * Limits: a file cut at its end looks like one that was never longer; a caller that knows better compares
 * `lastSequence` with what it knows. A value that holds a copy of a frame with this log's number may, when torn, pass
 * for a proof: that refuses an open that could have gone on, and loses nothing.
 *
 * Suspension: `readLog` suspends at every chunk and at every promise that `onFrame` returns.
 */
import { CorruptionError, IncompatibleFormatError } from '../base/errors.ts';
import type { Vfs, VfsFile } from '../vfs/vfs.ts';
import {
  decodeLogHeader,
  FRAME_HEADER_SIZE_BYTES,
  FRAME_SIZE_BYTES_MIN,
  FrameHeader,
  isFrameIntact,
  LOG_FORMAT_VERSION,
  LOG_HEADER_SIZE_BYTES,
  type LogKind,
  lowNumberOf,
} from './frame-format.ts';

const CHUNK_SIZE_BYTES_DEFAULT = 1024 * 1024;

/** What `#examine` finds; above zero it is a number of bytes. */
const FRAME_GOOD = 0;
const FRAME_BAD = -1;

export interface LogFrame {
  /** Where the frame begins in its file. */
  readonly offset: number;
  readonly firstSequence: number;
  /** 0 for a durable mark. */
  readonly operationCount: number;
  readonly durableSequence: number;
  /** Stays as it is until the callback returns, or the promise it returned settles. */
  readonly payload: Uint8Array;
}

export interface ReadLogOptions {
  /** False for a log that has a successor: it was fully synced, so a torn tail is damage (G3). Default true. */
  readonly isLast?: boolean;
  /** What the first frame must begin with, when known. It also sharpens G2 for damage in the first frame. */
  readonly firstSequence?: number;
  /** True when something durable refers to the log: a damaged header is then damage. Default false. */
  readonly isHeaderDurable?: boolean;
  /** Default 1 MiB. */
  readonly chunkSizeBytes?: number;
}

export interface LogSummary {
  /** Where the last good frame ends; 0 when not even the header is good. */
  readonly validEnd: number;
  /** The last sequence of the last good frame; 0 when there is none. */
  readonly lastSequence: number;
  /** The largest durable sequence that a good frame states. */
  readonly durableSequence: number;
  readonly frameCount: number;
  readonly end: 'clean' | 'torn';
  /** Offset of the first bad frame; undefined at a clean end. */
  readonly tornAt: number | undefined;
}

export type FrameHandler = (frame: LogFrame) => void | Promise<void>;

/**
 * Delivers the frames of a log in order. Throws CorruptionError for damage that is no torn tail (G2, G3) and for a file
 * that is another log, IncompatibleFormatError for a newer format, and what `onFrame` throws; a CorruptionError of
 * its making that names no file is given this file and the frame's offset.
 */
export async function readLog(
  vfs: Vfs,
  path: string,
  kind: LogKind,
  number: number,
  onFrame: FrameHandler,
  options: ReadLogOptions = {},
): Promise<LogSummary> {
  const file = vfs.open(path, 'read');
  try {
    const window = new FileWindow(file, options.chunkSizeBytes ?? CHUNK_SIZE_BYTES_DEFAULT);
    const reader = new LogReader(window, path, number, options);
    if (await reader.readHeader(kind)) await reader.readFrames(onFrame);
    return reader.summary();
  } finally {
    file.closeSync();
  }
}

class LogReader {
  readonly #window: FileWindow;
  readonly #path: string;
  readonly #number: number;
  readonly #lowNumber: number;
  readonly #isLast: boolean;
  readonly #isHeaderDurable: boolean;
  readonly #header = new FrameHeader();
  /** Where the next frame begins. */
  #offset = 0;
  /** What the next frame begins with; undefined before the first frame of a log whose start is not known. */
  #expectedSequence: number | undefined;
  #durableSequence = 0;
  #frameCount = 0;
  #isTorn = false;

  constructor(window: FileWindow, path: string, number: number, options: ReadLogOptions) {
    this.#window = window;
    this.#path = path;
    this.#number = number;
    this.#lowNumber = lowNumberOf(number);
    this.#isLast = options.isLast ?? true;
    this.#isHeaderDurable = options.isHeaderDurable ?? false;
    this.#expectedSequence = options.firstSequence;
  }

  /** True when the header is good; false when the file was never finished being created. */
  async readHeader(kind: LogKind): Promise<boolean> {
    const window = this.#window;
    const isThere = await window.cover(0, LOG_HEADER_SIZE_BYTES);
    const header = isThere ? decodeLogHeader(window.bytes) : undefined;
    if (header === undefined) {
      // The header is synced before any frame is written, so a frame proves damage and no frame means no promise.
      const isDamage = this.#isHeaderDurable || !this.#isLast || (await this.#findsFrame(0, 0));
      if (isDamage) throw this.#corruption('Log header is damaged', 0);
      this.#isTorn = true;
      return false;
    }
    if (header.formatVersion > LOG_FORMAT_VERSION) {
      throw new IncompatibleFormatError(
        `Log is of a newer format: file=${this.#path} version=${header.formatVersion}`,
      );
    }
    if (header.formatVersion !== LOG_FORMAT_VERSION || header.kind !== kind) {
      throw this.#corruption(`Log is of another kind: kind=${header.kind}`, 0);
    }
    if (header.number !== this.#number) {
      throw this.#corruption(`Log has another number: number=${header.number}`, 0);
    }
    this.#offset = LOG_HEADER_SIZE_BYTES;
    return true;
  }

  async readFrames(onFrame: FrameHandler): Promise<void> {
    const window = this.#window;
    const header = this.#header;
    // A frame that is in memory already takes no await, which would cost more than a small frame's checksum.
    while (this.#examine(this.#offset) === FRAME_GOOD || (await this.#loadFrame(this.#offset))) {
      const { length, operationCount, firstSequence, durableSequence } = header;
      if (firstSequence !== (this.#expectedSequence ?? firstSequence)) {
        // A frame that is whole and follows a whole one was written there, so this is no torn tail.
        throw this.#corruption(`Frame is out of sequence: first=${firstSequence}`, this.#offset);
      }
      const start = this.#offset - window.start;
      const payload = window.bytes.subarray(
        start + FRAME_HEADER_SIZE_BYTES,
        start + length - 1, // the end mark
      );
      const frame = {
        offset: this.#offset,
        firstSequence,
        operationCount,
        durableSequence,
        payload,
      };
      try {
        const pending = onFrame(frame);
        if (pending !== undefined) await pending;
      } catch (error) {
        throw placed(error, this.#path, frame.offset);
      }
      this.#offset += length;
      this.#expectedSequence = firstSequence + operationCount;
      this.#durableSequence = Math.max(this.#durableSequence, durableSequence);
      this.#frameCount++;
    }
    await this.#judgeTail();
  }

  summary(): LogSummary {
    return {
      validEnd: this.#offset,
      lastSequence: this.#frameCount === 0 ? 0 : (this.#expectedSequence ?? 1) - 1,
      durableSequence: this.#durableSequence,
      frameCount: this.#frameCount,
      end: this.#isTorn ? 'torn' : 'clean',
      tornAt: this.#isTorn ? this.#offset : undefined,
    };
  }

  /** As `#examine`, reading what it asks for; true when there is a good frame at `offset`. */
  async #loadFrame(offset: number): Promise<boolean> {
    let verdict = this.#examine(offset);
    while (verdict > FRAME_GOOD) {
      if (!(await this.#window.cover(offset, verdict))) return false;
      verdict = this.#examine(offset);
    }
    return verdict === FRAME_GOOD;
  }

  /**
   * Reads the header at `offset` into `#header` and checks the frame. FRAME_GOOD, FRAME_BAD, or how many bytes from
   * `offset` on the window must cover to tell.
   */
  #examine(offset: number): number {
    const window = this.#window;
    if (!window.covers(offset, FRAME_SIZE_BYTES_MIN)) {
      return offset + FRAME_SIZE_BYTES_MIN > window.sizeBytes ? FRAME_BAD : FRAME_SIZE_BYTES_MIN;
    }
    const header = this.#header;
    const start = offset - window.start;
    header.decode(window.bytes, start);
    if (!header.isPlausible(this.#lowNumber, window.sizeBytes - offset)) return FRAME_BAD;
    if (!window.covers(offset, header.length)) return header.length;
    return isFrameIntact(window.bytes, start, header.length) ? FRAME_GOOD : FRAME_BAD;
  }

  /** What lies after the last good frame: nothing (G4), a torn tail (G3) or damage (G2). */
  async #judgeTail(): Promise<void> {
    if (await this.#window.isZeroFrom(this.#offset)) return;
    if (await this.#findsFrame(this.#offset, this.#expectedSequence)) {
      throw this.#corruption('Log is damaged before its proven durable point', this.#offset);
    }
    if (!this.#isLast) {
      throw this.#corruption('Log that has a successor is damaged', this.#offset);
    }
    this.#isTorn = true;
  }

  /**
   * True when an intact frame at or after `from` says that `sequence` was synced. Without a sequence the first intact
   * frame gives one: what came right before it is lost too.
   */
  async #findsFrame(from: number, sequence: number | undefined): Promise<boolean> {
    const window = this.#window;
    let threshold = sequence;
    let offset = from;
    while (offset + FRAME_SIZE_BYTES_MIN <= window.sizeBytes) {
      if (!window.covers(offset, FRAME_SIZE_BYTES_MIN)) {
        if (!(await window.cover(offset, FRAME_SIZE_BYTES_MIN))) return false;
      }
      const skipped = window.skipTo(offset, this.#lowNumber);
      if (skipped > offset) {
        offset = skipped;
      } else if (await this.#loadFrame(offset)) {
        threshold ??= this.#header.firstSequence - 1;
        if (this.#header.durableSequence >= threshold) return true;
        offset += this.#header.length;
      } else {
        offset++;
      }
    }
    return false;
  }

  #corruption(message: string, offset: number): CorruptionError {
    return new CorruptionError(message, { file: this.#path, offset });
  }
}

/** A part of the file in memory: `bytes` holds the file's bytes from `start` on. */
class FileWindow {
  readonly sizeBytes: number;
  readonly #file: VfsFile;
  readonly #chunkSizeBytes: number;
  bytes: Uint8Array;
  start = 0;
  #end = 0;

  constructor(file: VfsFile, chunkSizeBytes: number) {
    this.#file = file;
    this.#chunkSizeBytes = chunkSizeBytes;
    this.sizeBytes = file.sizeSync();
    this.bytes = new Uint8Array(Math.min(chunkSizeBytes, this.sizeBytes));
  }

  covers(offset: number, length: number): boolean {
    return offset >= this.start && offset + length <= this.#end;
  }

  /** Makes `[offset, offset + length)` part of the window; false when the file ends before that. */
  async cover(offset: number, length: number): Promise<boolean> {
    if (this.covers(offset, length)) return true;
    const available = this.sizeBytes - offset;
    if (length > available) return false;
    const wanted = Math.min(available, Math.max(length, this.#chunkSizeBytes));
    if (wanted > this.bytes.length) this.bytes = new Uint8Array(wanted);
    this.start = offset;
    this.#end = offset; // nothing is covered while the read is under way
    const count = await this.#file.read(this.bytes, 0, wanted, offset);
    this.#end = offset + count;
    return count >= length;
  }

  async isZeroFrom(from: number): Promise<boolean> {
    let offset = from;
    while (offset < this.sizeBytes) {
      if (!(await this.cover(offset, 1))) return false;
      const { bytes } = this;
      const end = this.#end - this.start;
      for (let i = offset - this.start; i < end; i++) if (bytes[i] !== 0) return false;
      offset = this.#end;
    }
    return true;
  }

  /**
   * The first offset from `offset` on where a frame of log `lowNumber` may begin, or the first that the window is too
   * short to tell for. The window covers a smallest frame at `offset`.
   */
  skipTo(offset: number, lowNumber: number): number {
    const { bytes } = this;
    const last = this.#end - this.start - FRAME_SIZE_BYTES_MIN;
    const b0 = lowNumber & 0xff;
    const b1 = (lowNumber >>> 8) & 0xff;
    const b2 = (lowNumber >>> 16) & 0xff;
    const b3 = lowNumber >>> 24;
    let i = offset - this.start;
    for (; i <= last; i++) {
      // i + 11 < i + FRAME_SIZE_BYTES_MIN <= the end of what was read
      if (
        bytes[i + 8] === b0 &&
        bytes[i + 9] === b1 &&
        bytes[i + 10] === b2 &&
        bytes[i + 11] === b3
      )
        break;
    }
    return this.start + i;
  }
}

/** Gives a CorruptionError from a frame's content its place; other errors pass. */
function placed(error: unknown, file: string, offset: number): unknown {
  if (!(error instanceof CorruptionError) || error.file !== undefined) return error;
  return new CorruptionError(error.message, { file, offset, cause: error });
}
