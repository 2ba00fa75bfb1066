/**
 * Encrypted tables.
 *
 * Owns: the sealing of blocks and of the footer's handles, and the envelope before the footer, which leads to the key. A
 * table without encryption has none of these. Normative text and a worked example in docs/formats/encryption.md.
 *
 * Layout (little-endian):
 *
 *      file:        block | ... | index | envelope (48) | footer (64), its transform 1
 *
 *      block:       ciphertext | tag (16) | codec byte, transform 1 in its upper half | checksum
 *      properties:  sequence base (8) | ciphertext | tag (16) | codec byte | checksum
 *      envelope:    generation (8) | salt (16) | tag of the footer (16) | zeros (4) | checksum (4)
 *      footer:      handles, encrypted (48) | the rest as it is
 *
 * Invariants:
 *   block-encryption/written-once: the nonce of a block is its offset: no table is written over there, but for its
 *       properties. Their nonce is the sequence base, which is all that differs between two writings.
 *   block-encryption/codec-is-bound: the codec byte and the offset are associated data of a block; version, transform
 *       and the offset of the footer are those of the handles. So a table that was cut, or whose end is another's, does
 *       not open.
 *   block-encryption/damage-first: checksums are over the sealed bytes, and are checked before a tag is.
 *
 * Suspension: every function here is synchronous and keeps no reference to its arguments.
 */
import { getUint32, getUint64, putUint32, putUint64 } from '../bytes/coding.ts';
import { maskedCrc32 } from '../bytes/crc32.ts';
import { CorruptionError } from '../base/errors.ts';
import {
  FILE_KIND_TABLE,
  type FileCipher,
  SALT_SIZE_BYTES,
  TAG_SIZE_BYTES,
  TRANSFORM_ENCRYPTED,
  USE_BLOCK,
  USE_FOOTER,
  USE_PROPERTIES,
} from '../encryption/file-cipher.ts';
import {
  type FileKeys,
  GENERATION_SIZE_BYTES,
  type KeyReference,
} from '../encryption/file-keys.ts';

/** Before the footer of an encrypted table. */
export const ENVELOPE_SIZE_BYTES = 48;
const ENVELOPE_CHECKSUM_OFFSET = 44;
/** Before the sealed bytes of the properties. */
export const BASE_SIZE_BYTES = 8;
/** The upper half of a codec byte. */
export const ENCRYPTED_BITS: number = TRANSFORM_ENCRYPTED << 4;

/** The most that a block grows by. */
export const BLOCK_SEAL_SIZE_BYTES: number = BASE_SIZE_BYTES + TAG_SIZE_BYTES;

/** What stands at the end of a table, before its footer. */
export interface Envelope extends KeyReference {
  readonly footerTag: Uint8Array;
}

/** The cipher of table `number`, which is about to be written to `path`; undefined without keys. */
export function tableCipher(
  keys: FileKeys | undefined,
  number: number,
  path: string,
): FileCipher | undefined {
  return keys?.create({ kind: FILE_KIND_TABLE, number }, path);
}

/** The cipher of a table that was written. Throws TamperedError for one of another key. */
export function cipherOf(
  keys: FileKeys,
  envelope: Envelope,
  number: number,
  path: string,
): FileCipher {
  return keys.open(envelope, { kind: FILE_KIND_TABLE, number }, path);
}

/** Seals `buffer[start, end)` where it lies, for the file offset `offset`. Returns the end of the sealed bytes. */
export function sealStored(
  cipher: FileCipher,
  buffer: Uint8Array,
  { start, end }: { readonly start: number; readonly end: number },
  codecByte: number,
  offset: number,
): number {
  const piece = {
    use: USE_BLOCK,
    number: offset,
    clear: Uint8Array.of(codecByte),
    offset,
  } as const;
  return cipher.seal(piece, buffer.subarray(start, end), buffer, start);
}

/** The payload of the sealed block `bytes[0, length)`, in memory of its own. Throws TamperedError. */
export function openStored(
  cipher: FileCipher,
  bytes: Uint8Array,
  length: number,
  offset: number,
): Uint8Array {
  const clear = bytes.subarray(length, length + 1); // the codec byte
  return cipher.open({ use: USE_BLOCK, number: offset, clear, offset }, bytes.subarray(0, length));
}

/** The stored form of `payload`, properties of a table with this sequence base, 0 for none. */
export function sealProperties(
  cipher: FileCipher,
  payload: Uint8Array,
  base: number,
  offset: number,
): Uint8Array {
  const sealed = new Uint8Array(BASE_SIZE_BYTES + payload.length + TAG_SIZE_BYTES);
  putUint64(sealed, 0, base);
  const clear = Uint8Array.of(ENCRYPTED_BITS);
  const piece = { use: USE_PROPERTIES, number: base, clear, offset } as const;
  cipher.seal(piece, payload, sealed, BASE_SIZE_BYTES);
  return sealed;
}

/** The properties in the sealed block `bytes[0, length)`. Throws TamperedError. */
export function openProperties(
  cipher: FileCipher,
  bytes: Uint8Array,
  length: number,
  offset: number,
): Uint8Array {
  const clear = bytes.subarray(length, length + 1);
  const number = length < BASE_SIZE_BYTES ? 0 : getUint64(bytes, 0);
  const sealed = bytes.subarray(Math.min(BASE_SIZE_BYTES, length), length);
  return cipher.open({ use: USE_PROPERTIES, number, clear, offset }, sealed);
}

/**
 * Seals the handles `target[start, start + size)` of the footer at file offset `offset`, where they lie; `clear` follows
 * them. Returns the tag, for the envelope.
 */
export function sealHandles(
  cipher: FileCipher,
  handles: Uint8Array,
  clear: Uint8Array,
  offset: number,
): { readonly handles: Uint8Array; readonly tag: Uint8Array } {
  const sealed = new Uint8Array(handles.length + TAG_SIZE_BYTES);
  cipher.seal({ use: USE_FOOTER, number: 0, clear, offset }, handles, sealed, 0);
  return { handles: sealed.subarray(0, handles.length), tag: sealed.subarray(handles.length) };
}

/** The handles of a footer. Throws TamperedError. */
export function openHandles(
  cipher: FileCipher,
  sealed: Uint8Array,
  tag: Uint8Array,
  clear: Uint8Array,
  offset: number,
): Uint8Array {
  return cipher.open({ use: USE_FOOTER, number: 0, clear, offset }, Buffer.concat([sealed, tag]));
}

export function encodeEnvelope({ generation, salt, footerTag }: Envelope): Uint8Array {
  const bytes = new Uint8Array(ENVELOPE_SIZE_BYTES);
  bytes.set(generation);
  bytes.set(salt, GENERATION_SIZE_BYTES);
  bytes.set(footerTag, GENERATION_SIZE_BYTES + SALT_SIZE_BYTES);
  putUint32(bytes, ENVELOPE_CHECKSUM_OFFSET, maskedCrc32(bytes, 0, ENVELOPE_CHECKSUM_OFFSET));
  return bytes;
}

/** Throws CorruptionError, naming `path`, for an envelope that is damaged. */
export function decodeEnvelope(bytes: Uint8Array, path: string, offset: number): Envelope {
  const saltEnd = GENERATION_SIZE_BYTES + SALT_SIZE_BYTES;
  const tagEnd = saltEnd + TAG_SIZE_BYTES;
  const isWhole =
    bytes.length === ENVELOPE_SIZE_BYTES &&
    getUint32(bytes, ENVELOPE_CHECKSUM_OFFSET) ===
      maskedCrc32(bytes, 0, ENVELOPE_CHECKSUM_OFFSET) &&
    getUint32(bytes, tagEnd) === 0;
  if (!isWhole) throw new CorruptionError('Envelope of a table is damaged', { file: path, offset });
  return {
    generation: bytes.slice(0, GENERATION_SIZE_BYTES),
    salt: bytes.slice(GENERATION_SIZE_BYTES, saltEnd),
    footerTag: bytes.slice(saltEnd, tagEnd),
  };
}
