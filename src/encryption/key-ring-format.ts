/**
 * The bytes of the key ring.
 *
 * Owns: the file KEYRING: the database keys, sealed with a key that is derived from the caller's.
 *
 * Layout (little-endian; normative text and a worked example in docs/formats/encryption.md):
 *
 *      | magic 'varvekey' (8) | version (4) | generation count (4) | ring id (16) | salt (16)
 *      | sealed generations: (name (8) | key (32)) x count, tag (16) | checksum (4) |
 *
 * Invariants:
 *   key-ring-format/sealed-under-a-new-key: each writing takes a new salt, so each ring is sealed under a key of its own,
 *       and the one nonce is used once.
 *   key-ring-format/newest-last: generations stand in the order of their making; the last is the current one.
 *   key-ring-format/damage-is-not-a-wrong-key: the checksum is over the sealed bytes. A ring that is whole and does not
 *       open was given another key, or was written by somebody without the key: nobody can tell these two apart.
 *
 * Suspension: every function here is synchronous and keeps no reference to its arguments.
 */
import {
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import { CorruptionError, EncryptionKeyError } from '../base/errors.ts';
import { otherVersion } from '../base/format-refusals.ts';
import { getUint32, putUint32 } from '../bytes/coding.ts';
import { maskedCrc32 } from '../bytes/crc32.ts';
import { KEY_SIZE_BYTES, SALT_SIZE_BYTES, TAG_SIZE_BYTES } from './file-cipher.ts';
import { GENERATION_SIZE_BYTES, nameOf } from './file-keys.ts';

/** The ASCII text 'varvekey'. Persisted. */
const MAGIC: Uint8Array = Buffer.from('varvekey', 'latin1');
/** Persisted. A reader refuses all others by name. */
export const KEY_RING_VERSION = 1;

const RING_ID_SIZE_BYTES = 16;
const RING_ID_OFFSET = 16;
const SALT_OFFSET: number = RING_ID_OFFSET + RING_ID_SIZE_BYTES;
const HEAD_SIZE_BYTES: number = SALT_OFFSET + SALT_SIZE_BYTES;
const ENTRY_SIZE_BYTES: number = GENERATION_SIZE_BYTES + KEY_SIZE_BYTES;
/** More than any ring has; what says more is damaged. */
export const GENERATION_COUNT_MAX = 1000;
const INFO: Uint8Array = Buffer.from('varve key ring 1', 'latin1');
/** One nonce, of zeros (key-ring-format/sealed-under-a-new-key). */
const NONCE_SIZE_BYTES = 12;
const ALGORITHM = 'aes-256-gcm';
const GCM_OPTIONS = { authTagLength: TAG_SIZE_BYTES } as const;

/** The largest file that may be a ring. */
export const KEY_RING_SIZE_BYTES_MAX: number =
  HEAD_SIZE_BYTES + ENTRY_SIZE_BYTES * GENERATION_COUNT_MAX + TAG_SIZE_BYTES + 4;

/** A ring that is open. */
export interface KeyRing {
  /** Sixteen random bytes, the same in every later ring of the database and in its copies. */
  readonly id: Uint8Array;
  /** By name in hexadecimal digits (key-ring-format/newest-last). */
  readonly generations: ReadonlyMap<string, KeyObject>;
}

export function newRing(): KeyRing {
  const none = { id: new Uint8Array(randomBytes(RING_ID_SIZE_BYTES)), generations: new Map() };
  return withNewGeneration(none);
}

/** The ring with a random key more, which is the current one. */
export function withNewGeneration({ id, generations }: KeyRing): KeyRing {
  const name = nameOf(randomBytes(GENERATION_SIZE_BYTES));
  const key = createSecretKey(randomBytes(KEY_SIZE_BYTES));
  return { id, generations: new Map([...generations, [name, key]]) };
}

/** `salt` is for tests of the format; a random one else (key-ring-format/sealed-under-a-new-key). */
export function encodeKeyRing(
  { id, generations }: KeyRing,
  callerKey: KeyObject,
  salt: Uint8Array = randomBytes(SALT_SIZE_BYTES),
): Uint8Array {
  const textSize = ENTRY_SIZE_BYTES * generations.size;
  const bytes = new Uint8Array(HEAD_SIZE_BYTES + textSize + TAG_SIZE_BYTES + 4);
  bytes.set(MAGIC);
  putUint32(bytes, 8, KEY_RING_VERSION);
  putUint32(bytes, 12, generations.size);
  bytes.set(id, RING_ID_OFFSET);
  bytes.set(salt, SALT_OFFSET);
  const text = Buffer.alloc(textSize);
  let position = 0;
  for (const [name, key] of generations) {
    text.set(Buffer.from(name, 'hex'), position);
    text.set(key.export(), position + GENERATION_SIZE_BYTES);
    position += ENTRY_SIZE_BYTES;
  }
  const cipher = createCipheriv(
    ALGORITHM,
    ringKey(callerKey, salt),
    new Uint8Array(NONCE_SIZE_BYTES),
    GCM_OPTIONS,
  );
  cipher.setAAD(bytes.subarray(0, HEAD_SIZE_BYTES));
  bytes.set(cipher.update(text), HEAD_SIZE_BYTES);
  cipher.final();
  bytes.set(cipher.getAuthTag(), HEAD_SIZE_BYTES + textSize);
  text.fill(0);
  putUint32(bytes, bytes.length - 4, maskedCrc32(bytes, 0, bytes.length - 4));
  return bytes;
}

/** The id of a ring, without a key. Throws CorruptionError and IncompatibleFormatError, which name `path`. */
export function ringIdOf(bytes: Uint8Array, path: string): Uint8Array {
  mustBeWhole(bytes, path);
  return bytes.slice(RING_ID_OFFSET, RING_ID_OFFSET + RING_ID_SIZE_BYTES);
}

/** Throws EncryptionKeyError for another key, and as `ringIdOf`. */
export function decodeKeyRing(bytes: Uint8Array, callerKey: KeyObject, path: string): KeyRing {
  const id = ringIdOf(bytes, path);
  const textEnd = bytes.length - TAG_SIZE_BYTES - 4;
  const salt = bytes.slice(SALT_OFFSET, HEAD_SIZE_BYTES);
  const decipher = createDecipheriv(
    ALGORITHM,
    ringKey(callerKey, salt),
    new Uint8Array(NONCE_SIZE_BYTES),
    GCM_OPTIONS,
  );
  decipher.setAAD(bytes.subarray(0, HEAD_SIZE_BYTES));
  decipher.setAuthTag(bytes.subarray(textEnd, textEnd + TAG_SIZE_BYTES));
  const text = decipher.update(bytes.subarray(HEAD_SIZE_BYTES, textEnd));
  try {
    decipher.final();
  } catch {
    throw new EncryptionKeyError(
      `Key does not open this database: it is another key, or KEYRING was replaced: file=${path}`,
    );
  }
  const generations = new Map<string, KeyObject>();
  for (let start = 0; start < text.length; start += ENTRY_SIZE_BYTES) {
    const keyStart = start + GENERATION_SIZE_BYTES;
    const key = createSecretKey(text.subarray(keyStart, start + ENTRY_SIZE_BYTES));
    generations.set(nameOf(text.subarray(start, keyStart)), key);
  }
  text.fill(0);
  return { id, generations };
}

function mustBeWhole(bytes: Uint8Array, path: string): void {
  const at = { file: path, offset: 0 };
  const count = bytes.length < HEAD_SIZE_BYTES ? 0 : getUint32(bytes, 12);
  const isWhole =
    bytes.length >= HEAD_SIZE_BYTES &&
    MAGIC.every((byte, index) => bytes[index] === byte) &&
    getUint32(bytes, bytes.length - 4) === maskedCrc32(bytes, 0, bytes.length - 4);
  if (!isWhole) throw new CorruptionError('Key ring is damaged', at);
  const found = getUint32(bytes, 8);
  if (found !== KEY_RING_VERSION) {
    throw otherVersion({ subject: 'Key ring', file: path, found, supported: KEY_RING_VERSION });
  }
  const isSized =
    count >= 1 &&
    count <= GENERATION_COUNT_MAX &&
    bytes.length === HEAD_SIZE_BYTES + ENTRY_SIZE_BYTES * count + TAG_SIZE_BYTES + 4;
  if (!isSized) throw new CorruptionError('Key ring breaks its layout', at);
}

function ringKey(callerKey: KeyObject, salt: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', callerKey, salt, INFO, KEY_SIZE_BYTES));
}
