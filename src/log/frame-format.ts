/**
 * The bytes that a log writer and a log reader must agree on.
 *
 * Owns: the header of a log file and the header of a frame, their constants, and the rules by which bytes may be a
 * frame at all. A log holds commits (the WAL) or version edits (the manifest).
 *
 * Layout (little-endian; normative text and worked examples in docs/formats/log.md):
 *
 *      file:   header (32) | frame | frame | ... | zeros up to the end of the file
 *
 *      header: magic 'varvelog' (8) | format version (4) | kind (4) | file number (8) | transform (1) | zeros (3)
 *              | checksum (4)
 *
 *      frame:  checksum (4) | frame length (4) | low 32 bits of the file number (4) | operation count (4)
 *              | first sequence (8) | durable sequence (8) | wall time (6) | transform (1) | flags (1)
 *              | payload | end mark 0xa5 (1)
 *
 * Invariants:
 *   frame-format/checksum-covers-all: a checksum is the masked CRC-32 of all bytes that it stands for: header bytes
 *       0..27, frame bytes 4..length-1.
 *   frame-format/length-not-zero: a frame length counts the whole frame and is never zero: a zero length is the end of
 *       a log zeroed ahead.
 *   frame-format/end-mark-not-zero: the last byte of a frame is not zero, so a frame that was cut short over zeros is
 *       never complete.
 *   frame-format/durable-below-first: a frame's durable sequence is below its first sequence. A sync of everything up
 *       to it had returned before the frame was written.
 *   frame-format/durable-mark: a frame without operations has no payload and no sequences of its own: it is a durable
 *       mark. Its first sequence is that of the frame that comes next.
 *   frame-format/published-when-written: the flag `published` says that readers saw the commits of the frame as soon as it
 *       was written: none of them asked for a sync. Other frames are published once a later frame or mark follows.
 *   frame-format/unknown-transform-refused: a transform says how a payload was changed after it was encoded: 0 not at
 *       all, 1 by encryption (log-encryption.ts). Any other is refused. That of the header speaks for the whole file, and
 *       each frame must have the same.
 *
 * Suspension: every function here is synchronous and keeps no reference to its arguments.
 */
import { getUint32, getUint64, putUint32, putUint64 } from '../bytes/coding.ts';
import { maskedCrc32 } from '../bytes/crc32.ts';
import { CorruptionError } from '../base/errors.ts';
import { otherVersion, unknownTransform } from '../base/format-refusals.ts';
import { SEQUENCE_NUMBER_MAX } from '../base/ids.ts';
import { TAG_SIZE_BYTES, TRANSFORM_ENCRYPTED, TRANSFORM_NONE } from '../encryption/file-cipher.ts';
import { plainRefused } from '../encryption/file-keys.ts';

/** The kind of content that a log holds. Persisted. Never renumber; append only. */
export const LOG_KIND_WAL = 1;
export const LOG_KIND_MANIFEST = 2;
export type LogKind = typeof LOG_KIND_WAL | typeof LOG_KIND_MANIFEST;

/** Persisted. A reader refuses all others by name; 1 was never released. */
export const LOG_FORMAT_VERSION = 2;

/** The ASCII text 'varvelog'. Persisted. */
const MAGIC: Uint8Array = Buffer.from('varvelog', 'latin1');

export const LOG_HEADER_SIZE_BYTES = 32;
export const FRAME_HEADER_SIZE_BYTES = 40;
/** Persisted. */
export const FRAME_END_MARK = 0xa5;
/** The flag `published` (frame-format/published-when-written). Persisted. Other bits are zero. */
const FLAG_PUBLISHED = 1;
/** A durable mark: header and end mark. */
export const FRAME_SIZE_BYTES_MIN: number = FRAME_HEADER_SIZE_BYTES + 1;
/** The most that one read or write call of the system takes, a little less than a signed 32-bit integer holds. */
export const FRAME_SIZE_BYTES_MAX: number = 2 ** 31 - 4096;
/** What encryption adds to a frame: a counter and a tag. A frame of the largest size may grow by that. */
export const FRAME_SEAL_SIZE_BYTES: number = 8 + TAG_SIZE_BYTES;
/** In the header of a frame. */
export const FRAME_TRANSFORM_OFFSET = 38;

export interface LogHeader {
  readonly formatVersion: number;
  readonly kind: number;
  readonly number: number;
  readonly transform: number;
  /** False when a byte is set that has no meaning. */
  readonly isPadded: boolean;
}

export function encodeLogHeader(
  kind: LogKind,
  number: number,
  transform: number = TRANSFORM_NONE,
): Uint8Array {
  const bytes = new Uint8Array(LOG_HEADER_SIZE_BYTES);
  bytes.set(MAGIC);
  putUint32(bytes, 8, LOG_FORMAT_VERSION);
  putUint32(bytes, 12, kind);
  putUint64(bytes, 16, number);
  bytes[24] = transform;
  putUint32(bytes, 28, maskedCrc32(bytes, 0, 28)); // frame-format/checksum-covers-all
  return bytes;
}

/**
 * The header at the start of `bytes`, undefined when magic or checksum is wrong. The caller has checked that there are
 * LOG_HEADER_SIZE_BYTES, and judges the fields.
 */
export function decodeLogHeader(bytes: Uint8Array): LogHeader | undefined {
  if (getUint32(bytes, 28) !== maskedCrc32(bytes, 0, 28)) return undefined;
  for (let i = 0; i < MAGIC.length; i++) if (bytes[i] !== MAGIC[i]) return undefined;
  return {
    formatVersion: getUint32(bytes, 8),
    kind: getUint32(bytes, 12),
    number: getUint64(bytes, 16),
    transform: bytes[24]!, // the caller has checked the size
    isPadded: getUint32(bytes, 24) < 0x100, // the three bytes after the transform are zero
  };
}

/** Throws IncompatibleFormatError for a log that another version of the engine wrote. */
export function mustBeReadable({ formatVersion, kind, transform }: LogHeader, file: string): void {
  if (formatVersion !== LOG_FORMAT_VERSION) {
    const subject = kind === LOG_KIND_MANIFEST ? 'Manifest' : 'Log';
    throw otherVersion({ subject, file, found: formatVersion, supported: LOG_FORMAT_VERSION });
  }
  if (transform > TRANSFORM_ENCRYPTED) throw unknownTransform('Log', transform, file, 24);
}

/**
 * Throws IncompatibleFormatError as above, and CorruptionError, which names the file, for a log of another kind or number
 * and for one with a byte set that has no meaning.
 */
export function mustBeLog(header: LogHeader, kind: LogKind, number: number, file: string): void {
  mustBeReadable(header, file);
  const at = { file, offset: 0 };
  if (!header.isPadded) throw new CorruptionError('Log header is damaged', at);
  if (header.kind !== kind) {
    throw new CorruptionError(`Log is of another kind: kind=${header.kind}`, at);
  }
  if (header.number !== number) {
    throw new CorruptionError(`Log has another number: number=${header.number}`, at);
  }
}

/** The number of its log as a frame carries it. */
export function lowNumberOf(fileNumber: number): number {
  return fileNumber % 2 ** 32;
}

/** The fields of a frame header; one object is filled again and again. */
export class FrameHeader {
  length = 0;
  lowNumber = 0;
  operationCount = 0;
  firstSequence = 0;
  durableSequence = 0;
  wallMs = 0;
  transform: number = TRANSFORM_NONE;
  #flags = 0;

  /** Reads the header at `offset`. The caller has checked that FRAME_HEADER_SIZE_BYTES are there. */
  decode(bytes: Uint8Array, offset: number): void {
    this.length = getUint32(bytes, offset + 4);
    this.lowNumber = getUint32(bytes, offset + 8);
    this.operationCount = getUint32(bytes, offset + 12);
    this.firstSequence = getUint64(bytes, offset + 16);
    this.durableSequence = getUint64(bytes, offset + 24);
    const last = getUint32(bytes, offset + 36);
    this.wallMs = getUint32(bytes, offset + 32) + (last & 0xffff) * 2 ** 32;
    this.transform = (last >>> 16) & 0xff;
    this.#flags = last >>> 24;
  }

  /** frame-format/published-when-written. */
  get isPublished(): boolean {
    return this.#flags === FLAG_PUBLISHED;
  }

  /** True when the fields may be those of a frame of this log with `available` bytes from its start to the end. */
  isPlausible(lowNumber: number, available: number): boolean {
    const { operationCount, firstSequence } = this;
    const length =
      this.length - (this.transform === TRANSFORM_ENCRYPTED ? FRAME_SEAL_SIZE_BYTES : 0);
    return (
      this.lowNumber === lowNumber &&
      length >= FRAME_SIZE_BYTES_MIN &&
      length <= FRAME_SIZE_BYTES_MAX &&
      this.length <= available &&
      (operationCount === 0) === (length === FRAME_SIZE_BYTES_MIN) && // frame-format/durable-mark
      firstSequence >= 1 &&
      firstSequence + operationCount - 1 <= SEQUENCE_NUMBER_MAX &&
      this.durableSequence < firstSequence && // frame-format/durable-below-first
      (this.#flags | FLAG_PUBLISHED) === FLAG_PUBLISHED
    );
  }

  /**
   * Judges an intact frame with another transform than its log has (frame-format/unknown-transform-refused). Throws
   * TamperedError for a plain one in an encrypted log, and IncompatibleFormatError.
   */
  mustBeReadable(isEncrypted: boolean, file: string, offset: number): void {
    if (this.transform === (isEncrypted ? TRANSFORM_ENCRYPTED : TRANSFORM_NONE)) return;
    if (this.transform === TRANSFORM_NONE) throw plainRefused('Frame', file, offset);
    throw unknownTransform('Frame', this.transform, file, offset);
  }
}

/**
 * True when the checksum and the end mark of the frame in `bytes[offset, offset + length)` are right
 * (frame-format/checksum-covers-all, frame-format/end-mark-not-zero).
 */
export function isFrameIntact(bytes: Uint8Array, offset: number, length: number): boolean {
  const end = offset + length;
  return (
    bytes[end - 1] === FRAME_END_MARK &&
    getUint32(bytes, offset) === maskedCrc32(bytes, offset + 4, end)
  );
}

/** The fields of a frame's header that its payload does not give. */
export interface FrameStamp {
  readonly fileNumber: number;
  readonly firstSequence: number;
  /** Everything at or below it is synced. */
  readonly durableSequence: number;
  /** A time of the database's FrameClock. */
  readonly wallMs: number;
  /** frame-format/published-when-written. Default false. */
  readonly isPublished?: boolean;
}

/** Fills in the header, the end mark and the checksum of a frame whose payload lies at its place in `bytes`. */
export function sealFrame(
  bytes: Uint8Array,
  length: number,
  operationCount: number,
  { fileNumber, firstSequence, durableSequence, wallMs, isPublished = false }: FrameStamp,
): void {
  putUint32(bytes, 4, length);
  putUint32(bytes, 8, lowNumberOf(fileNumber));
  putUint32(bytes, 12, operationCount);
  putUint64(bytes, 16, firstSequence);
  putUint64(bytes, 24, durableSequence);
  putUint64(bytes, 32, wallMs); // below 2^48, so that the two bytes after it are zero: no transform, no flag
  if (isPublished) bytes[39] = FLAG_PUBLISHED;
  sealBytes(bytes, length);
}

/** Ends the frame `bytes[0, length)`: end mark and checksum. */
export function sealBytes(bytes: Uint8Array, length: number): void {
  bytes[length - 1] = FRAME_END_MARK;
  putUint32(bytes, 0, maskedCrc32(bytes, 4, length));
}
