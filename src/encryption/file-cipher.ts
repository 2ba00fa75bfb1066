/**
 * The cipher of one file.
 *
 * Owns: the key of a file, its nonces, and the sealing of a piece: a block, the handles of a footer, the payload of a
 * frame. AES-256-GCM of Node's OpenSSL; normative text in docs/formats/encryption.md.
 *
 *      sealed piece:  ciphertext, as long as the text | tag (16)
 *
 * Invariants:
 *   file-cipher/own-key: a key belongs to one file: it is derived from a database key and sixteen random bytes of the
 *       file, over the kind and the number of the file. So a piece of another file does not open.
 *   file-cipher/nonce-once: a nonce is a use and a number, and a file gives each number once for different bytes. Use
 *       and number: offset of a block, sequence base of properties, counter of a frame, 0 for a footer. For example a
 *       block at 4096 is written once, since a table is never written over there.
 *   file-cipher/bound-to-its-place: the associated data has the offset of the piece and the clear bytes that a reader
 *       acts on. A piece that was moved, or whose header was changed, does not open.
 *   file-cipher/opened-whole: no byte of a piece is handed out before its tag has matched.
 *
 * Suspension: every function here is synchronous and keeps no reference to its arguments.
 */
import {
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  hkdfSync,
  type KeyObject,
} from 'node:crypto';
import { assert } from '../base/assert.ts';
import { TamperedError } from '../base/errors.ts';
import { putUint32, putUint64 } from '../bytes/coding.ts';

const ALGORITHM = 'aes-256-gcm';
export const KEY_SIZE_BYTES = 32;
export const TAG_SIZE_BYTES = 16;
export const SALT_SIZE_BYTES = 16;
const NONCE_SIZE_BYTES = 12;
const GCM_OPTIONS = { authTagLength: TAG_SIZE_BYTES } as const;

/** Bytes as they were encoded, and encrypted by this file. Persisted. Never renumber; append only. */
export const TRANSFORM_NONE = 0;
export const TRANSFORM_ENCRYPTED = 1;

/** The kinds of files that have a key. Persisted: 1 and 2 are those of logs. Never renumber; append only. */
export const FILE_KIND_TABLE = 3;

/** What a nonce is for. Persisted. Never renumber; append only. */
export const USE_BLOCK = 1;
export const USE_PROPERTIES = 2;
export const USE_FOOTER = 3;
export const USE_FRAME = 4;
export type NonceUse =
  typeof USE_BLOCK | typeof USE_PROPERTIES | typeof USE_FOOTER | typeof USE_FRAME;

/** A file as its key is derived for it. */
export interface FileIdentity {
  /** 1 WAL, 2 manifest, 3 table. */
  readonly kind: number;
  readonly number: number;
}

/** Which piece of a file: the number of its nonce, the clear bytes that it is bound to, and where it lies. */
export interface PieceOfFile {
  readonly use: NonceUse;
  readonly number: number;
  readonly clear: Uint8Array;
  readonly offset: number;
}

const INFO_PREFIX: Uint8Array = Buffer.from('varve file 1', 'latin1');

/** The key of a file (file-cipher/own-key). */
function deriveFileKey(
  databaseKey: KeyObject,
  salt: Uint8Array,
  { kind, number }: FileIdentity,
): KeyObject {
  const info = new Uint8Array(INFO_PREFIX.length + 12);
  info.set(INFO_PREFIX);
  putUint32(info, INFO_PREFIX.length, kind);
  putUint64(info, INFO_PREFIX.length + 4, number);
  return createSecretKey(Buffer.from(hkdfSync('sha256', databaseKey, salt, info, KEY_SIZE_BYTES)));
}

function nonceOf(use: NonceUse, number: number): Uint8Array {
  const nonce = new Uint8Array(NONCE_SIZE_BYTES);
  putUint64(nonce, 0, number);
  putUint32(nonce, 8, use);
  return nonce;
}

/** Clear bytes and offset, as one. */
function boundBytes({ clear, offset }: PieceOfFile): Uint8Array {
  const bound = new Uint8Array(clear.length + 8);
  bound.set(clear);
  putUint64(bound, clear.length, offset);
  return bound;
}

export class FileCipher {
  /** The name of the database key that this one comes from. */
  readonly generation: Uint8Array;
  readonly salt: Uint8Array;
  readonly path: string;
  readonly #key: KeyObject;

  constructor(
    databaseKey: KeyObject,
    generation: Uint8Array,
    salt: Uint8Array,
    identity: FileIdentity,
    path: string,
  ) {
    assert(salt.length === SALT_SIZE_BYTES, 'a salt has sixteen bytes');
    this.generation = generation;
    this.salt = salt;
    this.path = path;
    this.#key = deriveFileKey(databaseKey, salt, identity);
  }

  /**
   * Seals `text` to `target[start...]`, which may lie over it, and returns the offset after the tag. The caller keeps
   * file-cipher/nonce-once.
   */
  seal(piece: PieceOfFile, text: Uint8Array, target: Uint8Array, start: number): number {
    const cipher = createCipheriv(
      ALGORITHM,
      this.#key,
      nonceOf(piece.use, piece.number),
      GCM_OPTIONS,
    );
    cipher.setAAD(boundBytes(piece)); // file-cipher/bound-to-its-place
    target.set(cipher.update(text), start);
    cipher.final();
    target.set(cipher.getAuthTag(), start + text.length);
    return start + text.length + TAG_SIZE_BYTES;
  }

  /** The text of a sealed piece, in memory of its own. Throws TamperedError (file-cipher/opened-whole). */
  open(piece: PieceOfFile, sealed: Uint8Array): Uint8Array {
    const length = sealed.length - TAG_SIZE_BYTES;
    if (length < 0) throw this.#tampered(piece.offset);
    const decipher = createDecipheriv(
      ALGORITHM,
      this.#key,
      nonceOf(piece.use, piece.number),
      GCM_OPTIONS,
    );
    decipher.setAAD(boundBytes(piece));
    decipher.setAuthTag(sealed.subarray(length));
    const text = decipher.update(sealed.subarray(0, length));
    try {
      decipher.final();
    } catch {
      throw this.#tampered(piece.offset); // OpenSSL says no more than that
    }
    return new Uint8Array(text.buffer, text.byteOffset, text.length);
  }

  #tampered(offset: number): TamperedError {
    return new TamperedError('Encrypted bytes are not those that were written here', {
      file: this.path,
      offset,
    });
  }
}
