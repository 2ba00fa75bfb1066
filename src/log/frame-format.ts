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
 *      header: magic 'varvelog' (8) | format version (4) | kind (4) | file number (8) | zero (4) | checksum (4)
 *
 *      frame:  checksum (4) | frame length (4) | low 32 bits of the file number (4) | operation count (4)
 *              | first sequence (8) | durable sequence (8) | payload | end mark 0xa5 (1)
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
 *
 * Suspension: every function here is synchronous and keeps no reference to its arguments.
 */
import { getUint32, getUint64, putUint32, putUint64 } from '../bytes/coding.ts';
import { maskedCrc32 } from '../bytes/crc32.ts';
import { SEQUENCE_NUMBER_MAX } from '../base/ids.ts';

/** The kind of content that a log holds. Persisted. Never renumber; append only. */
export const LOG_KIND_WAL = 1;
export const LOG_KIND_MANIFEST = 2;
export type LogKind = typeof LOG_KIND_WAL | typeof LOG_KIND_MANIFEST;

/** Persisted. A reader refuses larger ones by name. */
export const LOG_FORMAT_VERSION = 1;

/** The ASCII text 'varvelog'. Persisted. */
const MAGIC: Uint8Array = Buffer.from('varvelog', 'latin1');

export const LOG_HEADER_SIZE_BYTES = 32;
export const FRAME_HEADER_SIZE_BYTES = 32;
/** Persisted. */
export const FRAME_END_MARK = 0xa5;
/** A durable mark: header and end mark. */
export const FRAME_SIZE_BYTES_MIN: number = FRAME_HEADER_SIZE_BYTES + 1;
/** The most that one read or write call of the system takes, a little less than a signed 32-bit integer holds. */
export const FRAME_SIZE_BYTES_MAX: number = 2 ** 31 - 4096;

export interface LogHeader {
  readonly formatVersion: number;
  readonly kind: number;
  readonly number: number;
}

export function encodeLogHeader(kind: LogKind, number: number): Uint8Array {
  const bytes = new Uint8Array(LOG_HEADER_SIZE_BYTES);
  bytes.set(MAGIC);
  putUint32(bytes, 8, LOG_FORMAT_VERSION);
  putUint32(bytes, 12, kind);
  putUint64(bytes, 16, number);
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
  };
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

  /** Reads the header at `offset`. The caller has checked that FRAME_HEADER_SIZE_BYTES are there. */
  decode(bytes: Uint8Array, offset: number): void {
    this.length = getUint32(bytes, offset + 4);
    this.lowNumber = getUint32(bytes, offset + 8);
    this.operationCount = getUint32(bytes, offset + 12);
    this.firstSequence = getUint64(bytes, offset + 16);
    this.durableSequence = getUint64(bytes, offset + 24);
  }

  /** True when the fields may be those of a frame of this log with `available` bytes from its start to the end. */
  isPlausible(lowNumber: number, available: number): boolean {
    const { length, operationCount, firstSequence } = this;
    return (
      this.lowNumber === lowNumber &&
      length >= FRAME_SIZE_BYTES_MIN &&
      length <= FRAME_SIZE_BYTES_MAX &&
      length <= available &&
      (operationCount === 0) === (length === FRAME_SIZE_BYTES_MIN) && // frame-format/durable-mark
      firstSequence >= 1 &&
      firstSequence + operationCount - 1 <= SEQUENCE_NUMBER_MAX &&
      this.durableSequence < firstSequence // frame-format/durable-below-first
    );
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

/** Fills in the header, the end mark and the checksum of a frame whose payload lies at its place in `bytes`. */
export function sealFrame(
  bytes: Uint8Array,
  length: number,
  fileNumber: number,
  operationCount: number,
  firstSequence: number,
  durableSequence: number,
): void {
  putUint32(bytes, 4, length);
  putUint32(bytes, 8, lowNumberOf(fileNumber));
  putUint32(bytes, 12, operationCount);
  putUint64(bytes, 16, firstSequence);
  putUint64(bytes, 24, durableSequence);
  bytes[length - 1] = FRAME_END_MARK;
  putUint32(bytes, 0, maskedCrc32(bytes, 4, length));
}
