/**
 * The footer: the last 64 bytes of a table.
 *
 * Owns: the places of the blocks that are not data, the format version, and the magic bytes of a table.
 *
 * Layout (little-endian; normative text and a worked example in docs/formats/table.md):
 *
 *      | properties | index | filter | range tombstones | version u16 | transform u8 | zero u8 | checksum u32
 *        | magic 8 bytes |
 *      each handle: | offset u64 | length u32 |           length 0: the table has no such block
 *
 * Invariants:
 *   footer/told-from-damage: every version of the format keeps the size of the footer, its last sixteen bytes, and the
 *       checksum over everything before the checksum. So a newer version is told from damage, and refused by number.
 *   footer/unknown-transform-refused: a transform says how all bytes before the footer were changed after they were
 *       encoded: 0 not at all, 1 by encryption, of the handles too (block-encryption.ts). Any other is refused.
 *   footer/no-gaps: blocks and footer fill the file without gaps: data, filter, range tombstones, properties, index,
 *       footer. Every byte is under a checksum, and `open` notices a file that lost or gained bytes.
 *
 * Suspension: every function here is synchronous.
 */
import { getUint32, getUint64, putUint32, putUint64 } from '../bytes/coding.ts';
import { maskedCrc32 } from '../bytes/crc32.ts';
import { CorruptionError } from '../base/errors.ts';
import { otherVersion, unknownTransform } from '../base/format-refusals.ts';
import { type FileCipher, TRANSFORM_ENCRYPTED, TRANSFORM_NONE } from '../encryption/file-cipher.ts';
import { keyMissing } from '../encryption/file-keys.ts';
import { ENVELOPE_SIZE_BYTES, openHandles, sealHandles } from './block-encryption.ts';
import { ABSENT_BLOCK, type BlockHandle } from './block-handle.ts';
import { TRAILER_SIZE_BYTES } from './block-trailer.ts';

export const FOOTER_SIZE_BYTES = 64;
/** Persisted. A reader refuses all others by name; 1 was never released. */
export const TABLE_FORMAT_VERSION = 2;

/** "varvetbl", as two little-endian words. Persisted. */
const MAGIC_LOW = 0x76726176;
const MAGIC_HIGH = 0x6c627465;

const HANDLE_SIZE_BYTES = 12;
const VERSION_OFFSET = 48;
const TRANSFORM_OFFSET = 50;
const ZERO_OFFSET = 51;
const CHECKSUM_OFFSET = 52;
const MAGIC_OFFSET = 56;
export const MAGIC_SIZE_BYTES: number = FOOTER_SIZE_BYTES - MAGIC_OFFSET;

export interface Footer {
  readonly properties: BlockHandle;
  readonly index: BlockHandle;
  readonly filter: BlockHandle;
  readonly rangeTombstones: BlockHandle;
}

/** The key of the handles, and their tag, which lies in the envelope. */
export interface FooterSeal {
  readonly cipher: FileCipher;
  readonly tag: Uint8Array;
}

/**
 * Writes the encrypted form of a footer at `target[start...]`, for that offset in the file. Returns the tag for the
 * envelope.
 */
export function encodeSealedFooter(
  footer: Footer,
  cipher: FileCipher,
  offset: number,
): { readonly bytes: Uint8Array; readonly tag: Uint8Array } {
  const bytes = new Uint8Array(FOOTER_SIZE_BYTES);
  encodeFooter(footer, bytes, 0);
  bytes[TRANSFORM_OFFSET] = TRANSFORM_ENCRYPTED;
  const clear = bytes.subarray(VERSION_OFFSET, CHECKSUM_OFFSET);
  const { handles, tag } = sealHandles(cipher, bytes.slice(0, VERSION_OFFSET), clear, offset);
  bytes.set(handles);
  putUint32(bytes, CHECKSUM_OFFSET, maskedCrc32(bytes, 0, CHECKSUM_OFFSET));
  return { bytes, tag };
}

/** Writes FOOTER_SIZE_BYTES at `target[start...]`. */
export function encodeFooter(footer: Footer, target: Uint8Array, start: number): void {
  const handles = [footer.properties, footer.index, footer.filter, footer.rangeTombstones];
  handles.forEach((handle, i) => {
    putUint64(target, start + HANDLE_SIZE_BYTES * i, handle.offset);
    putUint32(target, start + HANDLE_SIZE_BYTES * i + 8, handle.length);
  });
  putUint32(target, start + VERSION_OFFSET, TABLE_FORMAT_VERSION); // transform and zero are its upper half
  const checksum = maskedCrc32(target, start, start + CHECKSUM_OFFSET);
  putUint32(target, start + CHECKSUM_OFFSET, checksum);
  putUint32(target, start + MAGIC_OFFSET, MAGIC_LOW);
  putUint32(target, start + MAGIC_OFFSET + 4, MAGIC_HIGH);
}

/** True when the last MAGIC_SIZE_BYTES of a file are those of a table, whatever else is in it. */
export function endsAsTable(tail: Uint8Array): boolean {
  return (
    tail.length === MAGIC_SIZE_BYTES &&
    getUint32(tail, 0) === MAGIC_LOW &&
    getUint32(tail, 4) === MAGIC_HIGH
  );
}

/**
 * Decodes the footer in `bytes`, which was read at `offset` of a file that it ends; `seal` is given for an encrypted
 * table. Throws CorruptionError, TamperedError, IncompatibleFormatError, and EncryptionKeyError for an encrypted one
 * without it.
 */
export function decodeFooter(
  bytes: Uint8Array,
  path: string,
  offset: number,
  seal?: FooterSeal,
): Footer {
  const transform = mustBeFooter(bytes, path, offset);
  let handles = bytes;
  let blocksEnd = offset;
  if (transform === TRANSFORM_ENCRYPTED) {
    if (seal === undefined) throw keyMissing(path);
    const clear = bytes.subarray(VERSION_OFFSET, CHECKSUM_OFFSET);
    handles = openHandles(seal.cipher, bytes.subarray(0, VERSION_OFFSET), seal.tag, clear, offset);
    blocksEnd -= ENVELOPE_SIZE_BYTES;
  }
  const footer = {
    properties: handleAt(handles, 0),
    index: handleAt(handles, 1),
    filter: handleAt(handles, 2),
    rangeTombstones: handleAt(handles, 3),
  };
  if (!isContiguous(footer, blocksEnd)) {
    throw new CorruptionError('Footer names blocks that do not fill the file', {
      file: path,
      offset,
    });
  }
  return footer;
}

/** True for a footer that says of its table that it is not encrypted. Throws as `decodeFooter`. */
export function isPlainFooter(bytes: Uint8Array, path: string, offset: number): boolean {
  return mustBeFooter(bytes, path, offset) === TRANSFORM_NONE;
}

/** Checks all but the handles, and returns the transform. */
function mustBeFooter(bytes: Uint8Array, path: string, offset: number): number {
  if (
    getUint32(bytes, MAGIC_OFFSET) !== MAGIC_LOW ||
    getUint32(bytes, MAGIC_OFFSET + 4) !== MAGIC_HIGH
  ) {
    throw new CorruptionError('File does not end as a table does', { file: path, offset });
  }
  if (maskedCrc32(bytes, 0, CHECKSUM_OFFSET) !== getUint32(bytes, CHECKSUM_OFFSET)) {
    throw new CorruptionError('Footer checksum mismatch', { file: path, offset });
  }
  const found = getUint32(bytes, VERSION_OFFSET) & 0xffff;
  if (found !== TABLE_FORMAT_VERSION) {
    throw otherVersion({ subject: 'Table', file: path, found, supported: TABLE_FORMAT_VERSION });
  }
  const transform = bytes[TRANSFORM_OFFSET]!; // the footer has 64 bytes
  if (transform > TRANSFORM_ENCRYPTED) throw unknownTransform('Table', transform, path, offset);
  if (bytes[ZERO_OFFSET] !== 0) {
    throw new CorruptionError('Footer breaks its layout', { file: path, offset });
  }
  return transform;
}

/** Where the data blocks end. */
export function dataEnd(footer: Footer): number {
  if (footer.filter.length > 0) return footer.filter.offset;
  if (footer.rangeTombstones.length > 0) return footer.rangeTombstones.offset;
  return footer.properties.offset;
}

function handleAt(bytes: Uint8Array, index: number): BlockHandle {
  const start = HANDLE_SIZE_BYTES * index;
  const length = getUint32(bytes, start + 8);
  const offset = getUint64(bytes, start);
  return length === 0 && offset === 0 ? ABSENT_BLOCK : { offset, length };
}

/** Keeps footer/no-gaps. */
function isContiguous(footer: Footer, blocksEnd: number): boolean {
  let position = dataEnd(footer);
  for (const handle of [footer.filter, footer.rangeTombstones, footer.properties, footer.index]) {
    if (handle === ABSENT_BLOCK) continue;
    if (handle.offset !== position) return false;
    position += handle.length + TRAILER_SIZE_BYTES;
  }
  const hasWhatItMust = footer.properties.length > 0 && footer.index.length > 0;
  return hasWhatItMust && position === blocksEnd;
}
