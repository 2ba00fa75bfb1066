/**
 * Where the caller's key comes from.
 *
 * Owns: the request that a key provider gets, and the check of what it gives.
 *
 * Suspension: a key source suspends while the provider works.
 */
import { createSecretKey, type KeyObject } from 'node:crypto';
import { EncryptionKeyError } from '../base/errors.ts';
import { KEY_SIZE_BYTES } from './file-cipher.ts';

/** What a key provider is told. */
export interface KeyRequest {
  /** The directory of the database, as an absolute path. */
  readonly location: string;
  /**
   * The id of the database's key ring, 32 hexadecimal digits: the same in every copy and after every rotation. Undefined
   * for a database that is about to be created.
   */
  readonly ringId: string | undefined;
}

/** Gives the key of a database: 32 bytes. */
export type KeySource = (request: KeyRequest) => Promise<KeyObject>;

/** The key that a caller gave, as an object that shows no byte of it. Throws EncryptionKeyError; shows nothing of it. */
export function callerKeyOf(key: unknown): KeyObject {
  if (key instanceof Uint8Array && key.length === KEY_SIZE_BYTES) {
    return createSecretKey(Uint8Array.from(key));
  }
  const found = key instanceof Uint8Array ? `${key.length} bytes` : typeof key;
  throw new EncryptionKeyError(
    `Key must be a Uint8Array of ${KEY_SIZE_BYTES} bytes: found=${found}`,
  );
}
