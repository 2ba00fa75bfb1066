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
 *       encoded. This engine knows none, so it refuses all but 0.
 *   footer/no-gaps: blocks and footer fill the file without gaps: data, filter, range tombstones, properties, index,
 *       footer. Every byte is under a checksum, and `open` notices a file that lost or gained bytes.
 *
 * Suspension: every function here is synchronous.
 */
import { getUint32, getUint64, putUint32, putUint64 } from '../bytes/coding.ts';
import { maskedCrc32 } from '../bytes/crc32.ts';
import { CorruptionError } from '../base/errors.ts';
import { otherVersion, unknownTransform } from '../base/format-refusals.ts';
import { ABSENT_BLOCK, type BlockHandle } from './block-handle.ts';
import { TRAILER_SIZE_BYTES } from './block-trailer.ts';

export const FOOTER_SIZE_BYTES = 64;
/** Persisted. A reader refuses all others by name; 1 was never released. */
export const TABLE_FORMAT_VERSION = 2;

/** Bytes as they were encoded. Persisted. Never renumber; append only. */
const TRANSFORM_NONE = 0;

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

/** Decodes the footer in `bytes`, which was read at `offset` of a file that it ends. */
export function decodeFooter(bytes: Uint8Array, path: string, offset: number): Footer {
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
  if (transform !== TRANSFORM_NONE) throw unknownTransform('Table', transform, path, offset);
  if (bytes[ZERO_OFFSET] !== 0) {
    throw new CorruptionError('Footer breaks its layout', { file: path, offset });
  }
  const footer = {
    properties: handleAt(bytes, 0),
    index: handleAt(bytes, 1),
    filter: handleAt(bytes, 2),
    rangeTombstones: handleAt(bytes, 3),
  };
  if (!isContiguous(footer, offset)) {
    throw new CorruptionError('Footer names blocks that do not fill the file', {
      file: path,
      offset,
    });
  }
  return footer;
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
function isContiguous(footer: Footer, footerOffset: number): boolean {
  let position = dataEnd(footer);
  for (const handle of [footer.filter, footer.rangeTombstones, footer.properties, footer.index]) {
    if (handle === ABSENT_BLOCK) continue;
    if (handle.offset !== position) return false;
    position += handle.length + TRAILER_SIZE_BYTES;
  }
  const hasWhatItMust = footer.properties.length > 0 && footer.index.length > 0;
  return hasWhatItMust && position === footerOffset;
}
