/**
 * A log file, a stretch of it in memory at a time.
 *
 * Owns: reading the file, and the check whether a whole frame lies at an offset. Bytes that are no frame are judged
 * by the reader (log-reader.ts) or the salvager (log-salvager.ts).
 *
 * Invariants:
 *   log-window/bounded-memory: memory is bounded by the chunk size or the largest frame, not by the file.
 *   log-window/short-file-is-an-error: a file that gives fewer bytes than its size says is an IoError, never the end
 *       of the log. Recovery would take the missing bytes for a torn tail, and cut them.
 *
 * Suspension: `cover`, `loadFrame` and `isZeroFrom` suspend for reads; `bytes` and `start` may be others afterwards.
 */
import { IoError } from '../base/errors.ts';
import { EMPTY_BYTES } from '../bytes/bytes.ts';
import type { FileCipher } from '../encryption/file-cipher.ts';
import { readFullyAsync, type VfsFile } from '../vfs/vfs.ts';
import {
  FRAME_HEADER_SIZE_BYTES,
  FRAME_SIZE_BYTES_MIN,
  FrameHeader,
  isFrameIntact,
} from './frame-format.ts';
import { decryptFrame } from './log-encryption.ts';

export interface LogFrame {
  /** Where the frame begins in its file. */
  readonly offset: number;
  readonly firstSequence: number;
  /** 0 for a durable mark. */
  readonly operationCount: number;
  readonly durableSequence: number;
  /** Milliseconds since 1970 when it was written; never below that of the frame before it (frame-clock/never-back). */
  readonly wallMs: number;
  /** Bytes of the whole frame, in the file. */
  readonly sizeBytes: number;
  /** True when readers of its writer saw it as soon as it was written (frame-format/published-when-written). */
  readonly isPublished: boolean;
  /** May lie in the window: it stays as it is until another part of the file is read. */
  readonly payload: Uint8Array;
}

const CHUNK_SIZE_BYTES_DEFAULT = 1024 * 1024;

/** Answers of `examine`; an answer above zero is a number of bytes. */
export const FRAME_GOOD = 0;
const FRAME_BAD = -1;

export interface LogWindowOptions {
  /** Default 1 MiB. */
  readonly chunkSizeBytes?: number;
  /** The file is read as if it ended here. Default: its size. */
  readonly sizeBytesMax?: number;
}

/** `bytes` holds the file's bytes from `start` on. */
export class LogWindow {
  sizeBytes: number;
  /** Given once the head of an encrypted log was read. */
  cipher: FileCipher | undefined = undefined;
  /** The header of the frame that was examined last. */
  readonly header: FrameHeader = new FrameHeader();
  readonly #file: VfsFile;
  readonly #lowNumber: number;
  readonly #chunkSizeBytes: number;
  bytes: Uint8Array;
  start = 0;
  #end = 0;

  /** `lowNumber` is what every frame of this log carries. */
  constructor(file: VfsFile, lowNumber: number, options: LogWindowOptions = {}) {
    this.#file = file;
    this.#lowNumber = lowNumber;
    this.#chunkSizeBytes = options.chunkSizeBytes ?? CHUNK_SIZE_BYTES_DEFAULT;
    this.sizeBytes = Math.min(file.sizeSync(), options.sizeBytesMax ?? Infinity);
    this.bytes = EMPTY_BYTES;
  }

  /** Whole frames were written up to here since; bytes that were read before stay as they are (log-writer/written-once). */
  extend(sizeBytes: number): void {
    this.sizeBytes = Math.max(this.sizeBytes, sizeBytes);
  }

  /** The file has this size now, and what was read of it may be other by now: it is read anew. */
  renew(sizeBytes: number): void {
    this.sizeBytes = sizeBytes;
    this.#end = this.start;
  }

  /** The file is finished, and has this size: zeros may have been cut off since. */
  finish(sizeBytes: number): void {
    this.sizeBytes = sizeBytes;
    this.#end = Math.max(this.start, Math.min(this.#end, sizeBytes));
  }

  /** As `examine`, with the reads that it needs; true when there is a good frame at `offset`. */
  async loadFrame(offset: number): Promise<boolean> {
    let verdict = this.examine(offset);
    while (verdict > FRAME_GOOD) {
      if (!(await this.cover(offset, verdict))) return false;
      verdict = this.examine(offset);
    }
    return verdict === FRAME_GOOD;
  }

  /**
   * Reads the header at `offset` into `header` and checks the frame. FRAME_GOOD, FRAME_BAD, or how many bytes from
   * `offset` on the window must cover to tell.
   */
  examine(offset: number): number {
    if (!this.covers(offset, FRAME_SIZE_BYTES_MIN)) {
      return offset + FRAME_SIZE_BYTES_MIN > this.sizeBytes ? FRAME_BAD : FRAME_SIZE_BYTES_MIN;
    }
    const { header } = this;
    const start = offset - this.start;
    header.decode(this.bytes, start);
    if (!header.isPlausible(this.#lowNumber, this.sizeBytes - offset)) return FRAME_BAD;
    if (!this.covers(offset, header.length)) return header.length;
    return isFrameIntact(this.bytes, start, header.length) ? FRAME_GOOD : FRAME_BAD;
  }

  /** The frame at `offset`, which was examined last and is good. Throws TamperedError for an encrypted one that is not. */
  frameAt(offset: number): LogFrame {
    const { length, operationCount, firstSequence, durableSequence, wallMs, isPublished } =
      this.header;
    const start = offset - this.start;
    const { bytes, cipher } = this;
    const payload =
      cipher === undefined
        ? bytes.subarray(start + FRAME_HEADER_SIZE_BYTES, start + length - 1) // the end mark
        : decryptFrame(cipher, { bytes, start, length, offset });
    return {
      offset,
      firstSequence,
      operationCount,
      durableSequence,
      wallMs,
      sizeBytes: length,
      isPublished,
      payload,
    };
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
    if (wanted > this.bytes.length) {
      this.bytes = new Uint8Array(Math.max(wanted, Math.min(this.#chunkSizeBytes, this.sizeBytes)));
    }
    this.start = offset;
    this.#end = offset; // nothing is covered while the read is under way
    const count = await readFullyAsync(this.#file, this.bytes, 0, wanted, offset);
    this.#end = offset + count;
    if (count >= length) return true;
    if (this.#file.sizeSync() >= offset + length) throw endsEarly(this.#file, offset + count);
    return false; // cut since the window was made
  }

  async isZeroFrom(from: number): Promise<boolean> {
    let offset = from;
    while (offset < this.sizeBytes) {
      if (!(await this.cover(offset, 1))) return false;
      if (!isZero(this.bytes, offset - this.start, this.#end - this.start)) return false;
      offset = this.#end;
    }
    return true;
  }

  /**
   * The first offset from `offset` on where a frame of this log may begin, or the first that the window is too
   * short to tell for. The window covers a smallest frame at `offset`.
   */
  skipTo(offset: number): number {
    const { bytes } = this;
    const lowNumber = this.#lowNumber;
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

/**
 * Checks for zeros by comparing the range, which is not empty, with itself shifted by one byte. Native code does
 * that: a loop takes milliseconds for the zeros ahead of one log, since at an open nothing is compiled yet.
 */
function isZero(bytes: Uint8Array, start: number, end: number): boolean {
  if (bytes[start] !== 0) return false;
  return Buffer.compare(bytes.subarray(start, end - 1), bytes.subarray(start + 1, end)) === 0;
}

/** Keeps log-window/short-file-is-an-error. */
function endsEarly(file: VfsFile, offset: number): IoError {
  const message = `File ends before its size: path=${file.path} offset=${offset}`;
  return new IoError(message, { path: file.path });
}
