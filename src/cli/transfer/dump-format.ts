/**
 * An export as a binary dump (docs/formats/export.md).
 *
 * Owns: the bytes.
 *
 *      magic          "VARVEDMP"
 *      block ...      | payload length | CRC-32 of the payload | payload |
 *                     |<----- 4 ------>|<--------- 4 --------->|
 *      payload        | type | content |
 *                     |<-1 ->|
 *
 * Invariants:
 *   dump-format/checked-first: no byte of a payload is interpreted before its checksum has matched.
 *
 * Suspension: everything here is synchronous.
 */
import { CorruptionError, IncompatibleFormatError } from '../../base/errors.ts';
import { unreachable } from '../../base/assert.ts';
import { ByteReader, putVarint, varintLength } from '../../bytes/coding.ts';
import { crc32 } from '../../bytes/crc32.ts';
import { bufferOf } from '../../bytes/bytes.ts';
import type { TransferEntry } from '../../migrate/tally.ts';
import {
  doneFrom,
  endFrom,
  headerFrom,
  keyspaceFrom,
  type TransferItem,
  TRANSFER_VERSION,
} from './items.ts';

export const DUMP_MAGIC: Uint8Array = Buffer.from('VARVEDMP', 'latin1');
export const BLOCK_HEAD_SIZE_BYTES = 8;
/** Above the largest entry. A length above it is damage. */
export const PAYLOAD_SIZE_BYTES_MAX: number = 1024 * 1024 * 1024;

// Types of a payload. Persisted. Never renumber; append only.
const TYPE_HEADER = 1;
const TYPE_KEYSPACE = 2;
const TYPE_ENTRIES = 3;
const TYPE_END = 4;
const TYPE_DONE = 5;

/** The block of one item. */
export function blockOf(item: TransferItem): Uint8Array {
  switch (item.kind) {
    case 'header':
      return jsonBlock(TYPE_HEADER, item.header);
    case 'keyspace':
      return jsonBlock(TYPE_KEYSPACE, item.keyspace);
    case 'entries':
      return entriesBlock(item.entries);
    case 'end': {
      const { name, entryCount, checksum } = item;
      return jsonBlock(TYPE_END, { keyspace: name, entries: entryCount, checksum });
    }
    case 'done':
      return jsonBlock(TYPE_DONE, { keyspaces: item.keyspaceCount, entries: item.entryCount });
    default:
      return unreachable(item);
  }
}

function jsonBlock(type: number, value: unknown): Uint8Array {
  const text = Buffer.from(JSON.stringify(value), 'utf8');
  const block = Buffer.allocUnsafe(BLOCK_HEAD_SIZE_BYTES + 1 + text.length);
  block[BLOCK_HEAD_SIZE_BYTES] = type;
  text.copy(block, BLOCK_HEAD_SIZE_BYTES + 1);
  return sealed(block);
}

/** Each entry: when it expires (varint, 0 for never, otherwise milliseconds and one), key and value after their lengths. */
function entriesBlock(entries: readonly TransferEntry[]): Uint8Array {
  let size = BLOCK_HEAD_SIZE_BYTES + 1;
  for (const { key, value, expiresAt } of entries) {
    size += varintLength(expiryNumber(expiresAt));
    size += varintLength(key.length) + key.length + varintLength(value.length) + value.length;
  }
  const block = Buffer.allocUnsafe(size);
  block[BLOCK_HEAD_SIZE_BYTES] = TYPE_ENTRIES;
  let offset = BLOCK_HEAD_SIZE_BYTES + 1;
  for (const { key, value, expiresAt } of entries) {
    offset = putVarint(block, offset, expiryNumber(expiresAt));
    offset = putVarint(block, offset, key.length);
    block.set(key, offset);
    offset = putVarint(block, offset + key.length, value.length);
    block.set(value, offset);
    offset += value.length;
  }
  return sealed(block);
}

const expiryNumber = (expiresAt: number): number => (expiresAt === Infinity ? 0 : expiresAt + 1);

function sealed(block: Buffer): Uint8Array {
  block.writeUInt32LE(block.length - BLOCK_HEAD_SIZE_BYTES, 0);
  block.writeUInt32LE(crc32(block, BLOCK_HEAD_SIZE_BYTES), 4);
  return block;
}

/** Throws CorruptionError for what is no dump. */
export function checkMagic(bytes: Uint8Array, file: string): void {
  if (!bufferOf(bytes).equals(DUMP_MAGIC)) {
    throw new CorruptionError('File is no dump: its first bytes are others', { file, offset: 0 });
  }
}

/** The length of the payload that follows the head of a block. Throws CorruptionError. */
export function payloadLengthOf(head: Uint8Array, file: string, offset: number): number {
  const length = bufferOf(head).readUInt32LE(0);
  if (length >= 1 && length <= PAYLOAD_SIZE_BYTES_MAX) return length;
  throw new CorruptionError('Block of a dump has a wrong length', { file, offset });
}

/** The item of a block. Keys and values are views of the payload. Throws CorruptionError, IncompatibleFormatError. */
export function itemOf(
  head: Uint8Array,
  payload: Uint8Array,
  file: string,
  offset: number,
): TransferItem {
  if (crc32(payload) !== bufferOf(head).readUInt32LE(4)) {
    throw new CorruptionError('Block checksum mismatch', { file, offset });
  }
  const type = payload[0];
  if (type === TYPE_ENTRIES) return { kind: 'entries', entries: entriesIn(payload) };
  const json = jsonIn(payload, file, offset);
  switch (type) {
    case TYPE_HEADER: {
      const header = headerFrom(json, file, offset);
      if (header.version <= TRANSFER_VERSION) return { kind: 'header', header };
      throw new IncompatibleFormatError(
        `Dump is of a newer version: version=${header.version} known=${TRANSFER_VERSION}`,
      );
    }
    case TYPE_KEYSPACE:
      return { kind: 'keyspace', keyspace: keyspaceFrom(json, file, offset) };
    case TYPE_END:
      return endFrom(json, file, offset);
    case TYPE_DONE:
      return doneFrom(json, file, offset);
    default:
      throw new IncompatibleFormatError(`Dump has a block of an unknown type: type=${type}`);
  }
}

function entriesIn(payload: Uint8Array): TransferEntry[] {
  const reader = new ByteReader(payload, 1);
  const entries: TransferEntry[] = [];
  while (reader.remaining > 0) {
    const expiry = reader.varint();
    const key = reader.lengthPrefixed();
    const value = reader.lengthPrefixed();
    entries.push({ key, value, expiresAt: expiry === 0 ? Infinity : expiry - 1 });
  }
  return entries;
}

function jsonIn(payload: Uint8Array, file: string, offset: number): unknown {
  try {
    return JSON.parse(bufferOf(payload).toString('utf8', 1));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new CorruptionError('Block is no JSON', { file, offset, cause: error });
  }
}
