/**
 * Encrypted logs.
 *
 * Owns: the key reference behind the header of an encrypted log, and the sealing of its frames. A log without encryption
 * has neither. Normative text and a worked example in docs/formats/encryption.md.
 *
 * Layout (little-endian):
 *
 *      file:      header (32), its transform 1 | key reference (32) | frame | frame | ...
 *
 *      reference: generation (8) | salt (16) | zeros (4) | checksum (4)
 *
 *      payload of a frame, its transform 1:  counter (8) | ciphertext | tag (16)
 *
 * Invariants:
 *   log-encryption/counter-never-back: the writer counts the frames that it seals, those that fail to be written too. A
 *       frame that is written over another at one place has another nonce (file-cipher/nonce-once).
 *   log-encryption/header-is-bound: all of a frame's header but the checksum is associated data, and so is the offset. A
 *       durable mark is sealed like any frame, around nothing.
 *   log-encryption/damage-first: checksum and end mark are over the sealed bytes. A frame that is torn is told from one
 *       that somebody changed, and the judgement of a tail needs no key.
 *
 * Suspension: `openLog` suspends for reads; everything else is synchronous.
 */
import { getUint32, getUint64, putUint32, putUint64 } from '../bytes/coding.ts';
import { maskedCrc32 } from '../bytes/crc32.ts';
import {
  type FileCipher,
  SALT_SIZE_BYTES,
  TRANSFORM_ENCRYPTED,
  TRANSFORM_NONE,
  USE_FRAME,
} from '../encryption/file-cipher.ts';
import {
  type FileKeys,
  GENERATION_SIZE_BYTES,
  keyMissing,
  type KeyReference,
  plainRefused,
} from '../encryption/file-keys.ts';
import {
  decodeLogHeader,
  FRAME_HEADER_SIZE_BYTES,
  FRAME_SEAL_SIZE_BYTES,
  FRAME_TRANSFORM_OFFSET,
  LOG_HEADER_SIZE_BYTES,
  type LogHeader,
  type LogKind,
  mustBeReadable,
  sealBytes,
} from './frame-format.ts';

/** Behind the header of an encrypted log. */
export const KEY_REFERENCE_SIZE_BYTES = 32;
const CHECKSUM_OFFSET = 28;
const COUNTER_SIZE_BYTES = 8;
/** Checksums are not bound: they follow from the sealed bytes. */
const BOUND_OFFSET = 4;

export function encodeKeyReference({ generation, salt }: KeyReference): Uint8Array {
  const bytes = new Uint8Array(KEY_REFERENCE_SIZE_BYTES);
  bytes.set(generation);
  bytes.set(salt, GENERATION_SIZE_BYTES);
  putUint32(bytes, CHECKSUM_OFFSET, maskedCrc32(bytes, 0, CHECKSUM_OFFSET));
  return bytes;
}

/** The reference in `bytes`; undefined when it is damaged. */
export function decodeKeyReference(bytes: Uint8Array): KeyReference | undefined {
  const end = GENERATION_SIZE_BYTES + SALT_SIZE_BYTES;
  if (getUint32(bytes, CHECKSUM_OFFSET) !== maskedCrc32(bytes, 0, CHECKSUM_OFFSET))
    return undefined;
  if (getUint32(bytes, end) !== 0) return undefined;
  return {
    generation: bytes.slice(0, GENERATION_SIZE_BYTES),
    salt: bytes.slice(GENERATION_SIZE_BYTES, end),
  };
}

/** A log of which somebody asks for the frames. */
export interface LogToOpen {
  readonly path: string;
  readonly kind: LogKind;
  readonly number: number;
  readonly keys: FileKeys | undefined;
}

/** What the head of a log says about what follows. */
export interface OpenedLog {
  readonly header: LogHeader;
  /** Where the first frame begins. */
  readonly start: number;
  /** Undefined: frames are plain. */
  readonly cipher: FileCipher | undefined;
}

/** The part of a LogWindow that is needed for the head. */
export interface HeadWindow {
  readonly bytes: Uint8Array;
  readonly start: number;
  cover(offset: number, length: number): Promise<boolean>;
}

/**
 * Reads the head of a log; undefined when it is cut short or damaged. Throws IncompatibleFormatError for another format,
 * EncryptionKeyError for an encrypted log without keys, and TamperedError for a plain log where there are keys, and for
 * one of a key that is not among them. `mustBe` judges the other fields of the header, before the key is looked for.
 */
export async function openLog(
  window: HeadWindow,
  { path, kind, number, keys }: LogToOpen,
  mustBe: (header: LogHeader) => void,
): Promise<OpenedLog | undefined> {
  if (!(await window.cover(0, LOG_HEADER_SIZE_BYTES))) return undefined;
  const header = decodeLogHeader(window.bytes);
  if (header === undefined) return undefined;
  mustBeReadable(header, path);
  mustBe(header);
  if (header.transform === TRANSFORM_NONE) {
    if (keys !== undefined) throw plainRefused('Log', path, 0);
    return { header, start: LOG_HEADER_SIZE_BYTES, cipher: undefined };
  }
  if (keys === undefined) throw keyMissing(path);
  const start = LOG_HEADER_SIZE_BYTES + KEY_REFERENCE_SIZE_BYTES;
  if (!(await window.cover(0, start))) return undefined;
  const reference = decodeKeyReference(window.bytes.subarray(LOG_HEADER_SIZE_BYTES));
  if (reference === undefined) return undefined;
  return { header, start, cipher: keys.open(reference, { kind, number }, path) };
}

/** A frame, at the place in the file where it goes or was read. */
export interface PlacedFrame {
  readonly bytes: Uint8Array;
  /** Where it begins in `bytes`. */
  readonly start: number;
  readonly length: number;
  /** Where it begins in the file. */
  readonly offset: number;
}

/**
 * Seals the whole, plain frame `frame` to the start of `target`, which has room for FRAME_SEAL_SIZE_BYTES more. Returns
 * the length. The caller keeps log-encryption/counter-never-back.
 */
export function encryptFrame(
  cipher: FileCipher,
  counter: number,
  { bytes, start, length, offset }: PlacedFrame,
  target: Uint8Array,
): number {
  const sealedLength = length + FRAME_SEAL_SIZE_BYTES;
  const textStart = start + FRAME_HEADER_SIZE_BYTES;
  target.set(bytes.subarray(start, textStart));
  putUint32(target, 4, sealedLength);
  target[FRAME_TRANSFORM_OFFSET] = TRANSFORM_ENCRYPTED;
  putUint64(target, FRAME_HEADER_SIZE_BYTES, counter);
  const text = bytes.subarray(textStart, start + length - 1); // the end mark
  const clear = target.subarray(BOUND_OFFSET, FRAME_HEADER_SIZE_BYTES); // log-encryption/header-is-bound
  const piece = { use: USE_FRAME, number: counter, clear, offset } as const;
  cipher.seal(piece, text, target, FRAME_HEADER_SIZE_BYTES + COUNTER_SIZE_BYTES);
  sealBytes(target, sealedLength);
  return sealedLength;
}

/** The payload of a sealed frame that is intact, in memory of its own. Throws TamperedError. */
export function decryptFrame(
  cipher: FileCipher,
  { bytes, start, length, offset }: PlacedFrame,
): Uint8Array {
  const payloadStart = start + FRAME_HEADER_SIZE_BYTES;
  const number = getUint64(bytes, payloadStart);
  const clear = bytes.subarray(start + BOUND_OFFSET, payloadStart);
  const sealed = bytes.subarray(payloadStart + COUNTER_SIZE_BYTES, start + length - 1);
  return cipher.open({ use: USE_FRAME, number, clear, offset }, sealed);
}
