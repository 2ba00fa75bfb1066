/**
 * The file KEYRING.
 *
 * Owns: reading it, and replacing it in one step. Its bytes are those of key-ring-format.ts.
 *
 * Invariants:
 *   key-ring-file/old-or-new: a ring is replaced as CURRENT is: temporary file, sync, rename, sync of the directory.
 *       Until the last returns, a power cut leaves either ring, each whole. So an old key or a new one opens, never none.
 *
 * Suspension: `writeKeyRing` suspends at its syncs.
 */
import { join } from 'node:path';
import { CorruptionError } from '../base/errors.ts';
import { KEY_RING_SIZE_BYTES_MAX } from '../encryption/key-ring-format.ts';
import { fileName } from '../vfs/filenames.ts';
import { readFully, type Vfs, writeFully } from '../vfs/vfs.ts';

export function keyRingPath(directory: string): string {
  return join(directory, fileName('keyRing'));
}

/** The bytes of the ring; undefined when there is none. Throws IoError or CorruptionError. */
export function readKeyRing(vfs: Vfs, directory: string): Uint8Array | undefined {
  const path = keyRingPath(directory);
  if (!vfs.exists(path)) return undefined;
  const file = vfs.open(path, 'read');
  try {
    const sizeBytes = file.sizeSync();
    if (sizeBytes > KEY_RING_SIZE_BYTES_MAX) {
      throw new CorruptionError('Key ring is damaged', { file: path, offset: 0 });
    }
    const bytes = new Uint8Array(sizeBytes);
    return bytes.subarray(0, readFully(file, bytes, 0, sizeBytes, 0));
  } finally {
    file.closeSync();
  }
}

/** Keeps key-ring-file/old-or-new. Throws IoError: before the rename nothing has changed, after it either ring may be there. */
export async function writeKeyRing(vfs: Vfs, directory: string, bytes: Uint8Array): Promise<void> {
  const temporary = join(directory, fileName('keyRingTemporary'));
  if (vfs.exists(temporary)) vfs.unlink(temporary); // left by a crash
  const file = vfs.open(temporary, 'create');
  try {
    writeFully(file, bytes, 0, bytes.length, 0);
    await file.sync();
  } finally {
    file.closeSync();
  }
  vfs.rename(temporary, keyRingPath(directory));
  await vfs.syncDirectory(directory);
}
