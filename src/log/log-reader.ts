/**
 * Reading end of a log.
 *
 * Owns: which frames of a log file count, and the verdict on the bytes after them.
 *
 * Invariants:
 *   log-reader/only-a-prefix: a frame is delivered only if its checksum, end mark, log number and sequence fit.
 *       Delivery starts at the first frame and skips none, so the caller sees a prefix of what was written.
 *   log-reader/proven-damage: damage before the proven durable point is CorruptionError. The proof is an intact frame
 *       of this log, anywhere after the damage, whose durable sequence reaches the first sequence lost. For example
 *       sequence 5 is damaged and a later frame says "durable up to 6": the writer had seen sequence 5 synced. An
 *       intact frame alone proves nothing, since pages reach the disk in any order.
 *   log-reader/torn-tail: other damage is a torn tail: no sync that covered it can have returned, or its proof is lost
 *       as well. The reader reports it as such. In a log that has a successor it is an error, for that log was fully
 *       synced.
 *   log-reader/clean-end: only zeros after the last frame, or nothing, are a clean end.
 *
 * Limits: a file cut at its end looks like one that was never longer; a caller that knows the end compares it with
 * `lastSequence`. A value that holds a copy of a frame with this log's number may, when torn, pass for a proof: that
 * refuses an open that could have gone on, and loses nothing.
 *
 * Suspension: `readLog` suspends at every chunk and at every promise that `onFrame` returns.
 */
import { CorruptionError, IncompatibleFormatError } from '../base/errors.ts';
import type { FileKeys } from '../encryption/file-keys.ts';
import { keysOf } from '../vfs/keyed-vfs.ts';
import type { Vfs } from '../vfs/vfs.ts';
import { FRAME_SIZE_BYTES_MIN, type LogKind, lowNumberOf, mustBeLog } from './frame-format.ts';
import { openLog } from './log-encryption.ts';
import { FRAME_GOOD, type LogFrame, LogWindow } from './log-window.ts';

export interface ReadLogOptions {
  /**
   * False for a log that has a successor: it was fully synced, so a torn tail is damage (log-reader/torn-tail).
   * Default true.
   */
  readonly isLast?: boolean;
  /**
   * The first sequence of the first frame, when known. It also sharpens log-reader/proven-damage for damage in the
   * first frame.
   */
  readonly firstSequence?: number;
  /** True when something durable refers to the log: a damaged header is then damage. Default false. */
  readonly isHeaderDurable?: boolean;
  /** Default 1 MiB. */
  readonly chunkSizeBytes?: number;
  /** Reads the file as if it ended here: where the frames of a log that is being written end. Default: its size. */
  readonly sizeBytesMax?: number;
}

export interface LogSummary {
  /** Where the last good frame ends; 0 when not even the header is good. */
  readonly validEnd: number;
  /** The last sequence of the last good frame; 0 when there is none. */
  readonly lastSequence: number;
  /** The largest durable sequence that a good frame states. */
  readonly durableSequence: number;
  /** The largest wall time of a good frame; 0 when there is none. */
  readonly wallMs: number;
  readonly frameCount: number;
  readonly end: 'clean' | 'torn';
  /** Bytes of the file, or of as much of it as was to be read. */
  readonly sizeBytes: number;
  /** Offset of the first bad frame; undefined at a clean end. */
  readonly tornAt: number | undefined;
}

/** Called with each frame, whose payload stays as it is until this returns, or until the promise that it returns settles. */
export type FrameHandler = (frame: LogFrame) => void | Promise<void>;

/**
 * Delivers the frames of a log in order. Throws CorruptionError for damage that is no torn tail
 * (log-reader/proven-damage, log-reader/torn-tail) and for a file that is another log. Throws IncompatibleFormatError
 * for a format or a transform that this engine does not know, EncryptionKeyError for an encrypted log without keys, and
 * TamperedError. Errors of `onFrame` go through; a CorruptionError of `onFrame` that names no file gets this file and the
 * frame's offset.
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
    const window = new LogWindow(file, lowNumberOf(number), options);
    const reader = new LogReader(window, path, number, options);
    if (await reader.readHeader(kind, keysOf(vfs))) await reader.readFrames(onFrame);
    return reader.summary();
  } finally {
    file.closeSync();
  }
}

class LogReader {
  readonly #window: LogWindow;
  readonly #path: string;
  readonly #number: number;
  readonly #isLast: boolean;
  readonly #isHeaderDurable: boolean;
  /** Where the next frame begins. */
  #offset = 0;
  /** The first sequence of the next frame; undefined before the first frame of a log whose start is not known. */
  #expectedSequence: number | undefined;
  #durableSequence = 0;
  #wallMs = 0;
  #frameCount = 0;
  #isTorn = false;

  constructor(window: LogWindow, path: string, number: number, options: ReadLogOptions) {
    this.#window = window;
    this.#path = path;
    this.#number = number;
    this.#isLast = options.isLast ?? true;
    this.#isHeaderDurable = options.isHeaderDurable ?? false;
    this.#expectedSequence = options.firstSequence;
  }

  /** True when the header is good; false when the file was never finished being created. */
  async readHeader(kind: LogKind, keys: FileKeys | undefined): Promise<boolean> {
    const window = this.#window;
    const log = { path: this.#path, kind, number: this.#number, keys };
    const opened = await openLog(window, log, (header) => {
      mustBeLog(header, kind, this.#number, this.#path);
    });
    if (opened === undefined) {
      // The header is synced before any frame is written, so a frame proves damage and no frame means no promise.
      const isDamage = this.#isHeaderDurable || !this.#isLast || (await this.#findsFrame(0, 0));
      if (isDamage) throw this.#corruption('Log header is damaged', 0);
      this.#isTorn = true;
      return false;
    }
    window.cipher = opened.cipher;
    this.#offset = opened.start;
    return true;
  }

  async readFrames(onFrame: FrameHandler): Promise<void> {
    const window = this.#window;
    const { header } = window;
    // A frame that is in memory already takes no await, which would cost more than a small frame's checksum.
    while (window.examine(this.#offset) === FRAME_GOOD || (await window.loadFrame(this.#offset))) {
      const { length, operationCount, firstSequence, durableSequence, wallMs } = header;
      header.mustBeReadable(window.cipher !== undefined, this.#path, this.#offset);
      const frame = window.frameAt(this.#offset); // one that was moved here does not open
      if (firstSequence !== (this.#expectedSequence ?? firstSequence)) {
        // A frame that is whole and follows a whole one was written there, so this is no torn tail.
        throw this.#corruption(`Frame is out of sequence: first=${firstSequence}`, this.#offset);
      }
      try {
        const pending = onFrame(frame);
        if (pending !== undefined) await pending;
      } catch (error) {
        throw placed(error, this.#path, frame.offset);
      }
      this.#offset += length;
      this.#expectedSequence = firstSequence + operationCount;
      this.#durableSequence = Math.max(this.#durableSequence, durableSequence);
      this.#wallMs = Math.max(this.#wallMs, wallMs);
      this.#frameCount++;
    }
    await this.#judgeTail();
  }

  summary(): LogSummary {
    return {
      validEnd: this.#offset,
      lastSequence: this.#frameCount === 0 ? 0 : (this.#expectedSequence ?? 1) - 1,
      durableSequence: this.#durableSequence,
      wallMs: this.#wallMs,
      frameCount: this.#frameCount,
      end: this.#isTorn ? 'torn' : 'clean',
      sizeBytes: this.#window.sizeBytes,
      tornAt: this.#isTorn ? this.#offset : undefined,
    };
  }

  /**
   * Judges the bytes after the last good frame: a clean end (log-reader/clean-end), a torn tail
   * (log-reader/torn-tail) or damage (log-reader/proven-damage).
   */
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
      const skipped = window.skipTo(offset);
      if (skipped > offset) {
        offset = skipped;
      } else if (await window.loadFrame(offset)) {
        threshold ??= window.header.firstSequence - 1;
        if (window.header.durableSequence >= threshold) return true;
        offset += window.header.length;
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

/** Gives an error about a frame's content its place; other errors pass. */
function placed(error: unknown, file: string, offset: number): unknown {
  if (error instanceof IncompatibleFormatError) {
    const message = `${error.message} file=${file} offset=${offset}`;
    return new IncompatibleFormatError(message, { cause: error });
  }
  if (!(error instanceof CorruptionError) || error.file !== undefined) return error;
  return new CorruptionError(error.message, { file, offset, cause: error });
}
