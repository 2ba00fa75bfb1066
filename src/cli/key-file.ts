/**
 * The key of an encrypted database, on the command line.
 *
 * Owns: the option `--key-file` and its environment variable, and reading the file. A key itself is never an argument: those
 * are in the list of processes and in the history of the shell.
 */
import { readFileSync } from 'node:fs';
import { type Command, Option } from 'commander';
import type { EncryptionOptions } from '../encryption/encryption-options.ts';
import { KEY_SIZE_BYTES } from '../encryption/file-cipher.ts';
import { UsageError } from '../programs/outcome.ts';

export interface KeyFileOption {
  /** The path of a file with the key. */
  readonly keyFile?: string | undefined;
}

/** Larger than any key file. */
const FILE_SIZE_BYTES_MAX = 1024;

export function addKeyFile(command: Command): Command {
  return command.addOption(
    new Option(
      '--key-file <path>',
      'file with the key of an encrypted database: 32 bytes, or 64 hexadecimal digits',
    ).env('VARVE_KEY_FILE'),
  );
}

/** Nothing without the option. Throws UsageError, which shows nothing of the file. */
export function encryptionOf({ keyFile }: KeyFileOption): { encryption?: EncryptionOptions } {
  return keyFile === undefined ? {} : { encryption: { key: readKeyFile(keyFile) } };
}

/** Throws UsageError for a file that cannot be read, or holds no key. */
export function readKeyFile(path: string): Uint8Array {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch (cause) {
    throw new UsageError(`Key file cannot be read: path=${path}`, { cause });
  }
  if (bytes.length === KEY_SIZE_BYTES) return new Uint8Array(bytes);
  const text =
    bytes.length > FILE_SIZE_BYTES_MAX ? '' : Buffer.from(bytes).toString('latin1').trim();
  if (/^[0-9a-fA-F]{64}$/.test(text)) return new Uint8Array(Buffer.from(text, 'hex'));
  throw new UsageError(
    `Key file must hold 32 bytes, or 64 hexadecimal digits: path=${path} size=${bytes.length}`,
  );
}
