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
 *   frame-cursor/whole-or-not-yet: of a log that another process may be writing, a frame counts once all of it is there. What
 *       is no frame is read anew at the next look, since it may be one by then.
 *   frame-cursor/keeps-its-file: the file may lose its name meanwhile: the cursor reads it to its end.
 *
 * Suspension: `next`, `look` and `rawBytes` suspend for reads.
 */
import { assert } from '../base/assert.ts';
import { CorruptionError, IoError } from '../base/errors.ts';
import type { FileKeys } from '../encryption/file-keys.ts';
import { keysOf } from '../vfs/keyed-vfs.ts';
import { readFullyAsync, type Vfs, type VfsFile } from '../vfs/vfs.ts';
import { LOG_KIND_WAL, lowNumberOf, mustBeLog } from './frame-format.ts';
import { openLog } from './log-encryption.ts';
import { type LogFrame, LogWindow } from './log-window.ts';

/** Most commits are small, and a reader that follows looks often. */
const CHUNK_SIZE_BYTES = 64 * 1024;

export class FrameCursor {
  readonly number: number;
  readonly #file: VfsFile;
  readonly #keys: FileKeys | undefined;
  readonly #window: LogWindow;
  /** Where the next frame begins; 0 before the header was checked. */
  #offset = 0;

  /** Opens the log. Throws IoError. */
  constructor(vfs: Vfs, path: string, number: number) {
    this.number = number;
    this.#keys = keysOf(vfs);
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
    return this.#take();
  }

  /**
   * The next frame of a log that another process may be writing; undefined when none is whole yet
   * (frame-cursor/whole-or-not-yet). The payload stays as it is until the next call. Throws as `next` does.
   */
  async look(): Promise<LogFrame | undefined> {
    const window = this.#window;
    window.extend(this.#file.sizeSync());
    if (this.#offset === 0) await this.#readHeader();
    let isFound = await window.loadFrame(this.#offset);
    if (!isFound) {
      window.renew(this.#file.sizeSync());
      isFound = await window.loadFrame(this.#offset);
    }
    if (isFound) return this.#take();
    window.renew(this.#file.sizeSync()); // frame-cursor/whole-or-not-yet
    return undefined;
  }

  /** Whether nothing but zeros is left from where the next frame would begin. */
  async isAtZeros(): Promise<boolean> {
    const window = this.#window;
    window.renew(this.#file.sizeSync());
    return window.isZeroFrom(this.#offset);
  }

  /** The frame at `offset`, where one began, comes next once more. */
  backTo(offset: number): void {
    this.#offset = offset;
    this.#window.renew(this.#file.sizeSync());
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

  /** The frame that was examined last, which is good. */
  #take(): LogFrame {
    const { header, cipher } = this.#window;
    header.mustBeReadable(cipher !== undefined, this.#file.path, this.#offset);
    const frame = this.#window.frameAt(this.#offset);
    this.#offset += header.length;
    return frame;
  }

  async #readHeader(): Promise<void> {
    const window = this.#window;
    const { path } = this.#file;
    const log = { path, kind: LOG_KIND_WAL, number: this.number, keys: this.#keys } as const;
    const opened = await openLog(window, log, (header) => {
      mustBeLog(header, LOG_KIND_WAL, this.number, path);
    });
    if (opened === undefined) throw this.#corruption('Log header is damaged');
    window.cipher = opened.cipher;
    this.#offset = opened.start;
  }

  #corruption(message: string): CorruptionError {
    return new CorruptionError(message, { file: this.#file.path, offset: this.#offset });
  }
}
