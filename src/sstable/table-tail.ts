/**
 * The end of a table file: the footer and, in an encrypted table, the envelope before it.
 *
 * Owns: reading both in the order in which they can be trusted.
 *
 * Invariants:
 *   table-tail/all-or-nothing: with keys a table is encrypted, without it is not. Everything else is refused by name.
 *
 * Suspension: synchronous.
 */
import { CorruptionError } from '../base/errors.ts';
import type { FileCipher } from '../encryption/file-cipher.ts';
import { type FileKeys, plainRefused } from '../encryption/file-keys.ts';
import {
  cipherOf,
  decodeEnvelope,
  type Envelope,
  ENVELOPE_SIZE_BYTES,
} from './block-encryption.ts';
import { decodeFooter, type Footer, FOOTER_SIZE_BYTES, isPlainFooter } from './footer.ts';

/** A table whose end is read. */
export interface TableFile {
  readonly path: string;
  readonly number: number;
  readonly sizeBytes: number;
  readonly keys: FileKeys | undefined;
  /** Throws CorruptionError for bytes that are not there. */
  readonly read: (offset: number, length: number) => Uint8Array;
}

export interface TableTail {
  readonly footer: Footer;
  readonly cipher: FileCipher | undefined;
  /** Where the blocks end. */
  readonly blocksEnd: number;
}

/** Throws CorruptionError, TamperedError, EncryptionKeyError or IncompatibleFormatError. */
export function readTail(file: TableFile): TableTail {
  const { path, sizeBytes, keys } = file;
  const offset = sizeBytes - FOOTER_SIZE_BYTES;
  if (offset < 0)
    throw new CorruptionError('File is too short for a table', { file: path, offset: 0 });
  const bytes = file.read(offset, FOOTER_SIZE_BYTES);
  if (keys === undefined) {
    return { footer: decodeFooter(bytes, path, offset), cipher: undefined, blocksEnd: offset };
  }
  if (isPlainFooter(bytes, path, offset)) throw plainRefused('Table', path, offset);
  const { envelope, cipher } = readEnvelope(file, keys);
  const footer = decodeFooter(bytes, path, offset, { cipher, tag: envelope.footerTag });
  return { footer, cipher, blocksEnd: offset - ENVELOPE_SIZE_BYTES };
}

/** The key of an encrypted table, by its envelope alone. Throws CorruptionError or TamperedError. */
export function readEnvelope(
  { path, number, sizeBytes, read }: TableFile,
  keys: FileKeys,
): { readonly envelope: Envelope; readonly cipher: FileCipher } {
  const offset = sizeBytes - FOOTER_SIZE_BYTES - ENVELOPE_SIZE_BYTES;
  if (offset < 0)
    throw new CorruptionError('File is too short for a table', { file: path, offset: 0 });
  const envelope = decodeEnvelope(read(offset, ENVELOPE_SIZE_BYTES), path, offset);
  return { envelope, cipher: cipherOf(keys, envelope, number, path) };
}
