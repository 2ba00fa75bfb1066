/**
 * Which database key a file names.
 *
 * Owns: reading it from the head of a log or a manifest, and from the end of a table. No key is needed for that.
 *
 * Suspension: synchronous.
 */
import { CorruptionError } from '../base/errors.ts';
import { LOG_HEADER_SIZE_BYTES } from '../log/frame-format.ts';
import { decodeKeyReference, KEY_REFERENCE_SIZE_BYTES } from '../log/log-encryption.ts';
import { decodeEnvelope, ENVELOPE_SIZE_BYTES } from '../sstable/block-encryption.ts';
import { FOOTER_SIZE_BYTES } from '../sstable/footer.ts';
import type { NumberedFileKind } from '../vfs/filenames.ts';
import { readFully, type Vfs, type VfsFile } from '../vfs/vfs.ts';

/** Throws CorruptionError for a file that names none, or is damaged there, and IoError. */
export function generationOf(vfs: Vfs, path: string, kind: NumberedFileKind): Uint8Array {
  const file = vfs.open(path, 'read');
  try {
    if (kind !== 'table') return generationOfLog(file);
    const offset = file.sizeSync() - FOOTER_SIZE_BYTES - ENVELOPE_SIZE_BYTES;
    return decodeEnvelope(bytesAt(file, offset, ENVELOPE_SIZE_BYTES), path, offset).generation;
  } finally {
    file.closeSync();
  }
}

function generationOfLog(file: VfsFile): Uint8Array {
  const bytes = bytesAt(file, LOG_HEADER_SIZE_BYTES, KEY_REFERENCE_SIZE_BYTES);
  const reference = decodeKeyReference(bytes);
  if (reference !== undefined) return reference.generation;
  throw new CorruptionError('Log header is damaged', { file: file.path, offset: 0 });
}

function bytesAt(file: VfsFile, offset: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  if (offset >= 0 && readFully(file, bytes, 0, length, offset) === length) return bytes;
  throw new CorruptionError('File is too short', { file: file.path, offset: 0 });
}
