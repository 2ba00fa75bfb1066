/**
 * The database keys of an open database, with which its files are read and written.
 *
 * Owns: the generations of keys by name, which of them is the current one, and the ciphers of files. The ring that keeps
 * them on the disk is in key-ring-format.ts.
 *
 * Invariants:
 *   file-keys/fresh-salt: a new file gets sixteen random bytes of its own. Two files never share a key, not even two of
 *       one number in two copies of a database.
 *   file-keys/keys-stay-objects: keys are key objects of Node. They cross to another thread as such, and printing one
 *       shows no byte of it.
 *
 * Suspension: every method is synchronous. `material` may be another after an await.
 */
import { type KeyObject, randomFillSync } from 'node:crypto';
import { assert } from '../base/assert.ts';
import { EncryptionKeyError, TamperedError } from '../base/errors.ts';
import { FileCipher, type FileIdentity, SALT_SIZE_BYTES } from './file-cipher.ts';

export const GENERATION_SIZE_BYTES = 8;

/** Keys as a message to another thread can carry them. */
export interface KeyMaterial {
  /** By the name of the generation in hexadecimal digits, from the oldest to the newest. */
  readonly generations: ReadonlyMap<string, KeyObject>;
}

/** What a file states about its key. */
export interface KeyReference {
  readonly generation: Uint8Array;
  readonly salt: Uint8Array;
}

export class FileKeys {
  /** Replaced by a rotation. */
  #material: KeyMaterial;
  readonly #renew: (() => KeyMaterial | undefined) | undefined;

  /** `renew` is for a reader beside a writer that rotates: the newer keys, when a file names one that is not known. */
  constructor(material: KeyMaterial, renew?: () => KeyMaterial | undefined) {
    assert(material.generations.size > 0, 'there is a current generation');
    this.#material = material;
    this.#renew = renew;
  }

  get material(): KeyMaterial {
    return this.#material;
  }

  /** From now on new files use the newest generation of `material`. */
  replace(material: KeyMaterial): void {
    this.#material = material;
  }

  /** The cipher of a file that is being made (file-keys/fresh-salt). */
  create(identity: FileIdentity, path: string): FileCipher {
    const [name, key] = [...this.#material.generations].at(-1)!; // there is one
    const salt = randomFillSync(new Uint8Array(SALT_SIZE_BYTES));
    const generation = new Uint8Array(Buffer.from(name, 'hex'));
    return new FileCipher(key, generation, salt, identity, path);
  }

  /**
   * The cipher of a file that was made. Throws TamperedError for one whose key is not in the ring, and what `renew`
   * throws.
   */
  open({ generation, salt }: KeyReference, identity: FileIdentity, path: string): FileCipher {
    const name = nameOf(generation);
    const key = this.#keyOf(name);
    if (key === undefined) {
      throw new TamperedError(
        `File is encrypted with a key that this database does not have: generation=${name}`,
        { file: path },
      );
    }
    return new FileCipher(key, generation.slice(), salt.slice(), identity, path);
  }

  #keyOf(name: string): KeyObject | undefined {
    const known = this.#material.generations.get(name);
    if (known !== undefined || this.#renew === undefined) return known;
    this.#material = this.#renew() ?? this.#material;
    return this.#material.generations.get(name);
  }
}

/** The name of a generation as text. */
export function nameOf(generation: Uint8Array): string {
  return Buffer.from(generation).toString('hex');
}

/** The error for an encrypted file that is read without keys. */
export function keyMissing(path: string): EncryptionKeyError {
  return new EncryptionKeyError(
    `File is encrypted, and there is no key for it: give option encryption and keep KEYRING: file=${path}`,
  );
}

/** The error for a plain file, frame or block in an encrypted database: taking it would let anybody put one there. */
export function plainRefused(
  subject: 'Block' | 'Frame' | 'Log' | 'Table',
  path: string,
  offset: number,
): TamperedError {
  return new TamperedError(`${subject} is not encrypted in a database that is`, {
    file: path,
    offset,
  });
}
