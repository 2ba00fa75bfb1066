/**
 * Writing end of a log.
 *
 * Owns: one log file from its creation to its last byte: the header, frames in order, and zeros ahead of them. Zeros
 * spare a sync the growth of the file, 70 to 90 us each on ext4 (docs/formats/log.md).
 *
 * Invariants:
 *   log-writer/written-once: bytes below `position` are the header and whole frames, and are never written again.
 *       Frames and zeros are written at or after it.
 *   log-writer/no-gap: after `append` has thrown, `position` is what it was and the file ends there, or `isBroken` is
 *       true and nothing is appended any more. So no frame ever follows bytes that are no frame.
 *   log-writer/cut-before-append: a full disk may refuse the cut as well (btrfs does). Then the writer reads back
 *       what was written. Part of a frame is no frame: the next `append` begins with the cut. A whole frame breaks
 *       the writer.
 *   log-writer/header-first: the header is synced before the first frame is written, so a frame proves that there was
 *       a header.
 *   log-writer/zeros-may-fail: writing zeros ahead may fail: the frame before them stands, and the log works without.
 *   log-writer/failed-sync-breaks: after a failed sync the writer is broken, because the bytes on the disk can no
 *       longer be known. A system reports a failed write in one sync alone. So a sync that begins while another is
 *       under way shares its outcome.
 *   log-writer/synced-behind: frames that need no sync are synced in the background every 8 MiB, so that `finish` has
 *       little left to sync. No such sync starts while another is under way, because the other could miss a failure
 *       that this one is told (log-writer/failed-sync-breaks).
 *   log-writer/still-the-owners: a sync counts only if the log was its owner's when it returned. Bytes that are
 *       durable in a directory that was removed or taken over are lost all the same: that is a failed sync
 *       (log-writer/failed-sync-breaks).
 *
 * What a crash leaves: when the process alone dies, every written byte. After a power cut, everything up to the last
 * completed sync, and any part of later frames and zeros, in any order. The reader tells the two kinds of damage
 * apart.
 *
 * Suspension: `create`, `sync` and `finish` suspend; everything else is synchronous. `append` may run while a `sync`
 * is under way: the sync then promises nothing about that frame.
 */
import { assert } from '../base/assert.ts';
import { IoError } from '../base/errors.ts';
import { shortageOf } from '../base/shortage.ts';
import { type FileCipher, TRANSFORM_ENCRYPTED } from '../encryption/file-cipher.ts';
import { keysOf } from '../vfs/keyed-vfs.ts';
import { readFully, type Vfs, type VfsFile, writeFully } from '../vfs/vfs.ts';
import { encodeLogHeader, FRAME_SIZE_BYTES_MIN, type LogKind } from './frame-format.ts';
import { encodeKeyReference } from './log-encryption.ts';
import { FrameSealing } from './frame-sealing.ts';

/** 256 KiB: smaller steps sync no faster, and steps of 4 MiB cost 12 ms at the 99th percentile. */
export const ZERO_AHEAD_BYTES_DEFAULT: number = 256 * 1024;

/** So much is synced in some 10 ms; all of a log of 40 MiB at once takes 25 to 50. */
const SYNC_BEHIND_SIZE_BYTES = 8 * 1024 * 1024;

export interface LogWriterOptions {
  /** How far the file is zeroed ahead in one step; 0 for a log that is synced seldom. */
  readonly zeroAheadBytes: number;
  /** Throws when the log is not its owner's any more (log-writer/still-the-owners). */
  readonly mustCount?: (() => void) | undefined;
}

/** Written from, never to: all logs share them. */
let zeros = new Uint8Array(0);

function zerosOf(length: number): Uint8Array {
  if (zeros.length < length) zeros = new Uint8Array(length);
  return zeros.subarray(0, length);
}

export class LogWriter {
  readonly path: string;
  readonly number: number;
  readonly #file: VfsFile;
  readonly #zeros: Uint8Array;
  /** Where the first frame goes. */
  readonly #start: number;
  #position: number;
  /** Everything in `[#position, #zeroedEnd)` is zero; the file ends at the larger of the two or after. */
  #zeroedEnd: number;
  /** Bytes of the frames for which no sync was begun. */
  #unsyncedBytes = 0;
  /** The background sync (log-writer/synced-behind) while it is under way; kept for good when it failed. */
  #behind: Promise<void> | undefined = undefined;
  /** Calls of `sync` that are under way. */
  #syncCount = 0;
  #failure: unknown = undefined;
  /** True while part of a frame lies at `position` (log-writer/cut-before-append). */
  #mustCut = false;
  readonly #mustCount: () => void;
  #isZeroing: boolean;
  #isFinished = false;
  /** Undefined where frames are written as they are. */
  readonly #sealing: FrameSealing | undefined;

  private constructor(
    file: VfsFile,
    number: number,
    position: number,
    { zeroAheadBytes, mustCount = () => undefined }: LogWriterOptions,
    cipher: FileCipher | undefined,
  ) {
    this.path = file.path;
    this.number = number;
    this.#file = file;
    this.#zeros = zerosOf(zeroAheadBytes);
    this.#start = position;
    this.#position = position;
    this.#zeroedEnd = position;
    this.#mustCount = mustCount;
    this.#isZeroing = zeroAheadBytes > 0;
    this.#sealing = cipher === undefined ? undefined : new FrameSealing(cipher);
  }

  /**
   * Creates the file, which must not exist, and syncs its header. The caller syncs the directory before anything
   * refers to the log. After a crash in here the file is absent, empty, or has a header that is whole or not.
   */
  static async create(
    vfs: Vfs,
    path: string,
    kind: LogKind,
    number: number,
    options: LogWriterOptions,
  ): Promise<LogWriter> {
    const file = vfs.open(path, 'create');
    try {
      const cipher = keysOf(vfs)?.create({ kind, number }, path);
      const head = headOf(kind, number, cipher);
      writeFully(file, head, 0, head.length, 0);
      const writer = new LogWriter(file, number, head.length, options, cipher);
      writer.#zeroAhead();
      await file.sync(); // log-writer/header-first
      return writer;
    } catch (error) {
      discard(vfs, file);
      throw error;
    }
  }

  /** Where the next frame begins; the size of header and frames. */
  get position(): number {
    return this.#position;
  }

  /** True as long as no frame was appended. */
  get isUnwritten(): boolean {
    return this.#position === this.#start;
  }

  /** Size of the file, zeros included. */
  get sizeBytes(): number {
    return Math.max(this.#position, this.#zeroedEnd);
  }

  /** False when the file has another size than the writer gave it. */
  get isWhole(): boolean {
    return this.#mustCut || this.#file.sizeSync() === this.sizeBytes;
  }

  /**
   * True while a background sync is under way. Only `sync` can wait for its outcome (log-writer/failed-sync-breaks).
   */
  get isSyncingBehind(): boolean {
    return this.#behind !== undefined;
  }

  /** True when nothing may be appended any more (log-writer/no-gap, log-writer/failed-sync-breaks). */
  get isBroken(): boolean {
    return this.#failure !== undefined;
  }

  /**
   * Writes the frame `bytes[0, length)`. After a crash in here the frame is whole, absent, or torn; torn means
   * checksum or end mark are wrong. Throws IoError, after which the log is as before or broken (log-writer/no-gap).
   *
   * Zeros are written ahead only when a sync comes next: nothing else is faster for them. Without one, now and then, a
   * sync is begun that is not waited for (log-writer/synced-behind); when it fails, the next `append` throws.
   */
  append(bytes: Uint8Array, length: number, isSyncNext = true): void {
    assert(!this.#isFinished, 'no frame is appended to a finished log');
    assert(length >= FRAME_SIZE_BYTES_MIN && length <= bytes.length, 'a frame has a length');
    if (this.#failure !== undefined) {
      throw new IoError(`Log can no longer be written: file=${this.path}`, {
        cause: this.#failure,
        path: this.path,
      });
    }
    if (this.#mustCut) this.#cut();
    const sealed = this.#sealing?.seal(bytes, length, this.#position);
    if (sealed === undefined) this.#write(bytes, length);
    else this.#write(sealed, sealed.length);
    if (!isSyncNext) this.#syncBehind();
    else if (this.#position >= this.#zeroedEnd) this.#zeroAhead();
  }

  /** Makes durable every frame appended before the call. */
  async sync(): Promise<void> {
    const behind = this.#behind;
    this.#unsyncedBytes = 0;
    this.#syncCount++;
    try {
      await this.#file.sync();
      if (behind !== undefined) await behind; // log-writer/failed-sync-breaks
      this.#mustCount();
    } catch (error) {
      this.#failure = error; // log-writer/failed-sync-breaks
      throw error;
    } finally {
      this.#syncCount--;
    }
  }

  /** As `sync`, stopping the event loop: faster for one caller who waits anyway. Not while `isSyncingBehind`. */
  syncSync(): void {
    assert(
      !this.isSyncingBehind,
      'the outcome of a sync under way is waited for (log-writer/failed-sync-breaks)',
    );
    this.#unsyncedBytes = 0;
    try {
      this.#file.syncSync();
      this.#mustCount();
    } catch (error) {
      this.#failure = error; // log-writer/failed-sync-breaks
      throw error;
    }
  }

  /**
   * Cuts the zeros off and syncs: nothing is appended after this. A crash between the two leaves the zeros, which a
   * reader takes for the clean end that they are; so does a disk without room for the cut. Throws IoError; after a
   * shortage, while part of a frame cannot be cut off, it may be called again.
   */
  async finish(): Promise<void> {
    this.#isFinished = true;
    try {
      this.#cut();
    } catch (error) {
      if (this.#mustCut || shortageOf(error) === undefined) throw error;
    }
    await this.sync();
  }

  /** Cuts off the zeros ahead. Not synced: a log reads the same with them and without. */
  trim(): void {
    if (this.#zeroedEnd > this.#position) this.#cut();
  }

  /** Idempotent; syncs nothing. */
  close(): void {
    this.#isFinished = true;
    this.#file.closeSync();
  }

  #write(bytes: Uint8Array, length: number): void {
    try {
      writeFully(this.#file, bytes, 0, length, this.#position);
    } catch (error) {
      this.#cutBack(bytes, length);
      throw error;
    }
    this.#position += length;
    this.#unsyncedBytes += length;
  }

  #syncBehind(): void {
    if (this.#unsyncedBytes < SYNC_BEHIND_SIZE_BYTES) return;
    if (this.#syncCount > 0 || this.#behind !== undefined) return;
    this.#unsyncedBytes = 0;
    this.#behind = this.#file.sync();
    this.#behind.then(
      () => (this.#behind = undefined),
      (error: unknown) => (this.#failure = error), // log-writer/failed-sync-breaks
    );
  }

  #cut(): void {
    this.#file.truncateSync(this.#position);
    this.#zeroedEnd = this.#position;
    this.#mustCut = false;
  }

  /** Takes back the frame `bytes[0, length)`, of which any part was written. */
  #cutBack(bytes: Uint8Array, length: number): void {
    try {
      this.#cut();
    } catch (error) {
      if (shortageOf(error) === undefined || this.#mayBeWhole(bytes, length))
        this.#failure = error; // log-writer/no-gap
      else this.#mustCut = true;
    }
  }

  /** Whether the file may hold this frame at `position`. */
  #mayBeWhole(bytes: Uint8Array, length: number): boolean {
    const found = new Uint8Array(length);
    try {
      readFully(this.#file, found, 0, length, this.#position);
    } catch {
      return true; // nothing is known
    }
    return Buffer.compare(found, bytes.subarray(0, length)) === 0;
  }

  /**
   * Writes one step of zeros from `position` on (log-writer/written-once). A crash or a failure may
   * leave a part of them, and that part is zeros too.
   */
  #zeroAhead(): void {
    if (!this.#isZeroing) return;
    const step = this.#zeros.length;
    // Steps end on multiples of their size, so that all writes but the first cover whole pages.
    const end = (Math.floor(this.#position / step) + 1) * step;
    try {
      writeFully(this.#file, this.#zeros, 0, end - this.#position, this.#position);
      this.#zeroedEnd = end;
    } catch (error) {
      // log-writer/zeros-may-fail. A shortage passes, so the next frame that needs zeros tries again. After anything
      // else it is left alone; if the disk is ill, the sync of the frames says so.
      if (shortageOf(error) === undefined) this.#isZeroing = false;
    }
  }
}

/** All that comes before the first frame. */
function headOf(kind: LogKind, number: number, cipher: FileCipher | undefined): Uint8Array {
  if (cipher === undefined) return encodeLogHeader(kind, number);
  const header = encodeLogHeader(kind, number, TRANSFORM_ENCRYPTED);
  return Buffer.concat([header, encodeKeyReference(cipher)]);
}

/** Best effort, since the error that brought us here is the one to report: nothing refers to the file yet. */
function discard(vfs: Vfs, file: VfsFile): void {
  try {
    file.closeSync();
    vfs.unlink(file.path);
  } catch {
    // An unreferenced file stays behind; the next open removes it as obsolete.
  }
}
