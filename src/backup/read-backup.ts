/**
 * Reading what is in a store: records and their objects.
 *
 * Owns: finding backups, and content that is checked against its hash while it is read.
 *
 * Invariants:
 *   read-backup/hash-checked: content counts once all of it has given the hash in its name. What its reader has got before
 *       that may be anything.
 *   read-backup/own-record: a record says the same as its name does. One that was copied under another name is refused.
 *
 * Suspension: every function here suspends.
 */
import { createHash } from 'node:crypto';

import { BackupError } from '../base/errors.ts';
import type { StoreCalls } from './backup-store.ts';
import {
  BACKUPS,
  type BackupKey,
  compareBackups,
  objectName,
  parseRecordName,
  recordName,
} from './layout.ts';
import {
  type BackupFile,
  type BackupRecord,
  damaged,
  decodeRecord,
  type FilePart,
  mustBeBackup,
  RECORD_SIZE_BYTES_MAX,
} from './record.ts';

/** All backups, oldest first. */
export async function findBackups(store: StoreCalls): Promise<BackupKey[]> {
  const keys: BackupKey[] = [];
  for (const name of (await store.list(BACKUPS)).keys()) {
    const key = parseRecordName(name);
    if (key !== undefined) keys.push(key);
  }
  return keys.sort(compareBackups);
}

/** Throws BackupError, BACKUP_DAMAGED, for a record that is none, or another one (read-backup/own-record). */
export async function readBackup(store: StoreCalls, key: BackupKey): Promise<BackupRecord> {
  const name = recordName(key);
  const bytes = await store.getBytes(name, RECORD_SIZE_BYTES_MAX);
  const record = mustBeBackup(decodeRecord<BackupRecord>('backup', bytes, name), name);
  if (recordName(record) !== name) throw damaged(name);
  return record;
}

/** The content of a part. Throws BackupError after its last chunk when it is not what it should be. */
export async function* contentOf(
  store: StoreCalls,
  { hash, sizeBytes }: FilePart,
): AsyncGenerator<Uint8Array, void> {
  const name = objectName(hash);
  const hasher = createHash('sha256');
  let size = 0;
  for await (const chunk of store.get(name)) {
    size += chunk.length;
    if (size > sizeBytes) break;
    hasher.update(chunk);
    yield chunk;
  }
  if (size === sizeBytes && hasher.digest('hex') === hash) return;
  throw new BackupError(
    'BACKUP_DAMAGED',
    `Object is not what was stored: size=${size} expected=${sizeBytes}`,
    name,
  );
}

/** All parts of a file, one after the other. */
export async function* contentOfFile(
  store: StoreCalls,
  file: BackupFile,
): AsyncGenerator<Uint8Array, void> {
  for (const part of file.parts) yield* contentOf(store, part);
}
