/**
 * The manifest: version edits on disk, and CURRENT, which says in which file.
 *
 * Owns: the manifest file as a framed log of edits (docs/formats/manifest.md) and the CURRENT file
 * (docs/formats/directory.md).
 *
 * Invariants:
 *   manifest/snapshot-first: the first edit of a manifest is a snapshot: everything there is. The others are deltas.
 *       The i-th frame has the ordinal i as its sequence, and as durable sequence the last ordinal whose sync has
 *       returned.
 *   manifest/current-names-synced: CURRENT names a manifest whose snapshot and whose directory entry are synced.
 *   manifest/current-in-one-step: CURRENT is replaced in one step: temporary file, sync, rename, sync of the
 *       directory. Until the last returns, a power cut leaves either manifest, each whole.
 *   manifest/current-is-checked: CURRENT carries a checksum: a damaged digit never leads to another manifest.
 *
 * Suspension: functions that write suspend at their syncs; the encoding of CURRENT does not.
 */
import { join } from 'node:path';

import { crc32 } from '../bytes/crc32.ts';
import { CorruptionError } from '../base/errors.ts';
import { type FileNumber, fileNumber } from '../base/ids.ts';
import { shortageOf } from '../base/shortage.ts';
import { FrameBuilder } from '../log/frame-builder.ts';
import type { FrameClock } from '../log/frame-clock.ts';
import { LOG_KIND_MANIFEST } from '../log/frame-format.ts';
import { type LogSummary, readLog } from '../log/log-reader.ts';
import { LogWriter } from '../log/log-writer.ts';
import { fileName, parseFileName } from '../vfs/filenames.ts';
import { readFully, type Vfs, writeFully } from '../vfs/vfs.ts';
import { decodeVersionEdit, encodeVersionEdit, type VersionEdit } from './version-edit.ts';

export class ManifestWriter {
  readonly number: FileNumber;
  readonly #writer: LogWriter;
  readonly #builder: FrameBuilder;
  readonly #frameClock: FrameClock;
  #nextOrdinal = 1;
  #durableOrdinal = 0;
  #snapshotSizeBytes = 0;

  private constructor(number: FileNumber, writer: LogWriter, frameClock: FrameClock) {
    this.number = number;
    this.#writer = writer;
    this.#builder = new FrameBuilder();
    this.#frameClock = frameClock;
  }

  /**
   * Creates a manifest that holds `snapshot`, and syncs it. The caller syncs the directory and switches CURRENT; until
   * then a crash leaves a file that nothing refers to.
   */
  static async create(
    vfs: Vfs,
    directory: string,
    number: FileNumber,
    snapshot: VersionEdit,
    frameClock: FrameClock,
  ): Promise<ManifestWriter> {
    const path = join(directory, fileName('manifest', number));
    // Edits are seldom, so growing the file at each sync is no cost; zeros would be.
    const options = { zeroAheadBytes: 0 };
    const log = await LogWriter.create(vfs, path, LOG_KIND_MANIFEST, number, options);
    const writer = new ManifestWriter(number, log, frameClock);
    try {
      writer.append(snapshot);
      await writer.sync();
    } catch (error) {
      writer.discard(vfs);
      throw error;
    }
    writer.#snapshotSizeBytes = writer.sizeBytes;
    return writer;
  }

  get sizeBytes(): number {
    return this.#writer.position;
  }

  get snapshotSizeBytes(): number {
    return this.#snapshotSizeBytes;
  }

  /** True when nothing may be appended any more. */
  get isBroken(): boolean {
    return this.#writer.isBroken;
  }

  /** False when another program has written into the file, or cut it. */
  get isWhole(): boolean {
    return this.#writer.isBroken || this.#writer.isWhole;
  }

  /** Throws IoError, after which the manifest is as before or broken. A crash before `sync` keeps or loses the edit. */
  append(edit: VersionEdit): void {
    this.#builder.reset();
    this.#builder.payload(encodeVersionEdit(edit), 1);
    this.#appendFrame();
    this.#nextOrdinal++;
  }

  async sync(): Promise<void> {
    const ordinal = this.#nextOrdinal - 1;
    await this.#writer.sync();
    this.#durableOrdinal = ordinal;
  }

  /**
   * Says in the file that all of it is durable, so that any damage to it is seen, and closes it. A full disk may have
   * no room to say so: every edit is synced all the same.
   */
  async finish(): Promise<void> {
    try {
      this.#builder.reset();
      this.#appendFrame();
      await this.#writer.finish();
    } catch (error) {
      if (shortageOf(error) === undefined) throw error;
    } finally {
      this.#writer.close();
    }
  }

  /** Idempotent. Every edit was synced, so there is nothing left to do. */
  close(): void {
    this.#writer.close();
  }

  /** Removes a manifest that nothing refers to. Best effort: a file that stays is removed as obsolete later. */
  discard(vfs: Vfs): void {
    try {
      this.#writer.close();
      vfs.unlink(this.#writer.path);
    } catch {
      // The error that led here is the one to report.
    }
  }

  #appendFrame(): void {
    const length = this.#builder.seal({
      fileNumber: this.number,
      firstSequence: this.#nextOrdinal,
      durableSequence: this.#durableOrdinal,
      wallMs: this.#frameClock.next(),
    });
    this.#writer.append(this.#builder.bytes, length);
  }
}

/**
 * Calls back with every edit in order. Throws CorruptionError with file and offset, and IncompatibleFormatError; a
 * CorruptionError that `onEdit` throws without a file gets both.
 */
export function readManifest(
  vfs: Vfs,
  directory: string,
  number: FileNumber,
  onEdit: (edit: VersionEdit, ordinal: number) => void,
  options: { isReferenced: boolean } = { isReferenced: true },
): Promise<LogSummary> {
  const path = join(directory, fileName('manifest', number));
  return readLog(
    vfs,
    path,
    LOG_KIND_MANIFEST,
    number,
    (frame) => {
      if (frame.operationCount === 0) return; // a durable mark
      if (frame.operationCount !== 1) throw new CorruptionError('Manifest frame is not one edit');
      onEdit(decodeVersionEdit(frame.payload), frame.firstSequence);
    },
    { firstSequence: 1, isHeaderDurable: options.isReferenced }, // manifest/current-names-synced
  );
}

/** `MANIFEST-000007 1a2b3c4d` and a newline: the name, and the CRC-32 of the name in eight hexadecimal digits. */
export function encodeCurrent(number: FileNumber): Uint8Array {
  const name = fileName('manifest', number);
  const checksum = crc32(Buffer.from(name, 'latin1')).toString(16).padStart(8, '0');
  return Buffer.from(`${name} ${checksum}\n`, 'latin1');
}

/**
 * The manifest that CURRENT names, undefined when the content is not exactly what `encodeCurrent` gives
 * (manifest/current-is-checked).
 */
export function decodeCurrent(bytes: Uint8Array): FileNumber | undefined {
  const text = Buffer.from(bytes).toString('latin1');
  const parsed = parseFileName(text.slice(0, Math.max(0, text.indexOf(' '))));
  if (parsed?.kind !== 'manifest') return undefined;
  const number = fileNumber(parsed.number);
  return Buffer.from(encodeCurrent(number)).toString('latin1') === text ? number : undefined;
}

/** Larger than CURRENT can be. */
const CURRENT_SIZE_BYTES_LIMIT = 128;

/** The number of the current manifest. Throws CorruptionError when CURRENT is damaged or missing. */
export function readCurrent(vfs: Vfs, directory: string): FileNumber {
  const path = join(directory, fileName('current'));
  if (!vfs.exists(path)) throw new CorruptionError('CURRENT is missing', { file: path });
  const file = vfs.open(path, 'read');
  try {
    const bytes = new Uint8Array(CURRENT_SIZE_BYTES_LIMIT);
    const count = readFully(file, bytes, 0, bytes.length, 0);
    const number = decodeCurrent(bytes.subarray(0, count));
    if (number === undefined) {
      throw new CorruptionError('CURRENT is damaged', { file: path, offset: 0 });
    }
    return number;
  } finally {
    file.closeSync();
  }
}

/**
 * First half of the switch (manifest/current-in-one-step): the new content, synced, under another name. A crash
 * changes nothing.
 */
export async function writeCurrentTemporary(
  vfs: Vfs,
  directory: string,
  number: FileNumber,
): Promise<void> {
  const path = join(directory, fileName('currentTemporary'));
  if (vfs.exists(path)) vfs.unlink(path); // left by a crash
  const file = vfs.open(path, 'create');
  try {
    const bytes = encodeCurrent(number);
    writeFully(file, bytes, 0, bytes.length, 0);
    await file.sync();
  } finally {
    file.closeSync();
  }
}

/**
 * Second half (manifest/current-in-one-step), but for the sync: until the caller has synced the directory a crash
 * leaves either manifest.
 */
export function renameCurrent(vfs: Vfs, directory: string): void {
  vfs.rename(join(directory, fileName('currentTemporary')), join(directory, fileName('current')));
}

/**
 * Second half (manifest/current-in-one-step). Once it has begun, which manifest a crash leaves is open until it
 * returns.
 */
export async function installCurrent(vfs: Vfs, directory: string): Promise<void> {
  renameCurrent(vfs, directory);
  await vfs.syncDirectory(directory);
}
