/**
 * The key of an encrypted database, as callers give it.
 *
 * Owns: the option `encryption` of `open`, `repair` and `verifyDirectory`, and its check.
 *
 * Suspension: a key source suspends while the provider works; everything else is synchronous.
 */
import { describe } from '../base/describe.ts';
import { EncryptionKeyError, InvalidArgumentError } from '../base/errors.ts';
import { takeOptions, type Template } from '../base/options.ts';
import { callerKeyOf, type KeyRequest, type KeySource } from './key-source.ts';

/** Gives the key of a database, 32 bytes, from wherever it is kept. */
export type KeyProvider = (request: KeyRequest) => Uint8Array | Promise<Uint8Array>;

/** The key of an encrypted database: one of the two. */
export interface EncryptionOptions {
  /** 32 random bytes, which are copied. A password is no key: derive one from it, by scrypt for example. */
  readonly key?: Uint8Array;
  /** Called at the open, before anything is written; what it throws is the `cause` of an EncryptionKeyError. */
  readonly keyProvider?: KeyProvider;
}

const ENCRYPTION_OPTIONS: Template<EncryptionOptions> = { key: undefined, keyProvider: undefined };

/** Undefined for a plain database. Throws InvalidArgumentError and EncryptionKeyError, which show nothing of a key. */
export function keySourceOf(option: unknown): KeySource | undefined {
  if (option === undefined) return undefined;
  if (typeof option !== 'object' || option === null) {
    throw new InvalidArgumentError('Option encryption must be { key } or { keyProvider }');
  }
  const { key, keyProvider } = takeOptions<EncryptionOptions>(
    'encryption',
    option,
    ENCRYPTION_OPTIONS,
  );
  if ((key === undefined) === (keyProvider === undefined)) {
    throw new InvalidArgumentError('Option encryption takes either key or keyProvider');
  }
  if (keyProvider === undefined) {
    const callerKey = callerKeyOf(key);
    return () => Promise.resolve(callerKey);
  }
  if (typeof keyProvider !== 'function') {
    throw new InvalidArgumentError(
      `Option keyProvider must be a function: found=${describe(typeof keyProvider)}`,
    );
  }
  return async (request) => {
    let given: unknown;
    try {
      given = await keyProvider(request);
    } catch (cause) {
      throw new EncryptionKeyError(`Key provider failed: path=${request.location}`, { cause });
    }
    return callerKeyOf(given);
  };
}
