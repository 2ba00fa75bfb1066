/**
 * A cursor over the frames of a log that may still be written.
 *
 * Owns: one open file, and the place in it up to which frames were read. A log that is being written holds whole frames up
 * to a limit that the caller knows. A finished one holds frames, and zeros after them. Anything else is damage, and never
 * a torn tail: recovery has cut those.
 *
 * Invariants:
 *   frame-cursor/within-the-limit: no byte at or above the limit is looked at. A frame is whole, and never changes, once
 *       the limit has passed it (log-writer/written-once).
 *   frame-cursor/keeps-its-file: the file may lose its name meanwhile: the cursor reads it to its end.
 *
 * Suspension: `next` and `rawBytes` suspend for reads.
 */
import { assert } from '../base/assert.ts';
import { CorruptionError, IoError } from '../base/errors.ts';
import { readFullyAsync, type Vfs, type VfsFile } from '../vfs/vfs.ts';
import {
  decodeLogHeader,
  LOG_HEADER_SIZE_BYTES,
  LOG_KIND_WAL,
  lowNumberOf,
  mustBeLog,
} from './frame-format.ts';
import { type LogFrame, LogWindow } from './log-window.ts';

/** Most commits are small, and a reader that follows looks often. */
const CHUNK_SIZE_BYTES = 64 * 1024;

export class FrameCursor {
  readonly number: number;
  readonly #file: VfsFile;
  readonly #window: LogWindow;
  /** Where the next frame begins; 0 before the header was checked. */
  #offset = 0;

  /** Opens the log. Throws IoError. */
  constructor(vfs: Vfs, path: string, number: number) {
    this.number = number;
    this.#file = vfs.open(path, 'read');
    try {
      this.#window = new LogWindow(this.#file, lowNumberOf(number), {
        chunkSizeBytes: CHUNK_SIZE_BYTES,
        sizeBytesMax: 0,
      });
    } catch (error) {
      this.#file.closeSync();
      throw error;
    }
  }

  /**
   * The next frame, undefined when there is none below the limit; without a limit the log is finished. The payload stays
   * as it is until the next call. Throws CorruptionError, IncompatibleFormatError or IoError.
   */
  async next(limit: number | undefined): Promise<LogFrame | undefined> {
    const window = this.#window;
    if (limit === undefined) window.finish(this.#file.sizeSync());
    else window.extend(limit);
    if (this.#offset === 0) await this.#readHeader();
    if (this.#offset >= window.sizeBytes) return undefined;
    if (!(await window.loadFrame(this.#offset))) {
      if (limit === undefined && (await window.isZeroFrom(this.#offset))) return undefined;
      throw this.#corruption('Log holds no frame');
    }
    const { header } = window;
    header.mustBeReadable(this.#file.path, this.#offset);
    const frame = window.frameAt(this.#offset);
    this.#offset += header.length;
    return frame;
  }

  /** Where the next frame begins: all before it was delivered. 0 before the header was checked. */
  get offset(): number {
    return this.#offset;
  }

  /** The bytes `[start, end)` of the file as they lie there, header and frames that were delivered. Throws IoError. */
  async rawBytes(start: number, end: number): Promise<Uint8Array> {
    assert(end <= this.#offset, 'frame-cursor/within-the-limit: only what was delivered is given');
    const bytes = new Uint8Array(end - start);
    const count = await readFullyAsync(this.#file, bytes, 0, bytes.length, start);
    if (count === bytes.length) return bytes;
    throw new IoError(
      `File ends before its size: path=${this.#file.path} offset=${start + count}`,
      {
        path: this.#file.path,
      },
    );
  }

  close(): void {
    this.#file.closeSync();
  }

  async #readHeader(): Promise<void> {
    const window = this.#window;
    const isThere = await window.cover(0, LOG_HEADER_SIZE_BYTES);
    const header = isThere ? decodeLogHeader(window.bytes) : undefined;
    if (header === undefined) throw this.#corruption('Log header is damaged');
    mustBeLog(header, LOG_KIND_WAL, this.number, this.#file.path);
    this.#offset = LOG_HEADER_SIZE_BYTES;
  }

  #corruption(message: string): CorruptionError {
    return new CorruptionError(message, { file: this.#file.path, offset: this.#offset });
  }
}
