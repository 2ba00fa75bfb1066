/**
 * Records: the small objects that say what the others are.
 *
 * Owns: their bytes, and the check of what they say. docs/formats/backup.md is normative.
 *
 *      {"varve":"backup","format":1, ...}        one line of JSON
 *      9f86d081...                               sha256 of that line without its newline, 64 hexadecimal digits
 *
 * Invariants:
 *   record/whole-or-refused: a record that was cut, changed, or is another one than its name says is refused with
 *       BACKUP_DAMAGED. No field of it is used before its checksum was right.
 *   record/names-are-files: each file of a backup has a name that the engine gives to tables, logs or manifests. A record
 *       that was made up writes no file elsewhere.
 *
 * Suspension: every function here is synchronous.
 */
import { createHash } from 'node:crypto';

import { isArray } from '../base/caller-value.ts';
import { BackupError, IncompatibleFormatError } from '../base/errors.ts';
import { parseFileName } from '../vfs/filenames.ts';

/** Persisted. */
const FORMAT = 1;

/** Records of a hundred thousand tables are a few tens of megabytes. */
export const RECORD_SIZE_BYTES_MAX: number = 512 * 1024 * 1024;

export type RecordKind = 'backup' | 'lease' | 'session' | 'segment';

/** A stretch of a file: an object of that hash. */
export interface FilePart {
  readonly hash: string;
  readonly sizeBytes: number;
}

/** A file of a backup, under the name that it has in a database directory. */
export interface BackupFile {
  readonly name: string;
  readonly parts: readonly FilePart[];
  /** Of a table: whoever has a table of this identity has these bytes. */
  readonly identity?: string;
}

export interface BackupRecord {
  readonly name: string;
  readonly database: string;
  /** The open of the database that made it. */
  readonly incarnation: string;
  readonly madeMs: number;
  readonly timeMs: number;
  readonly sequence: number;
  /** Operations up to it are in tables: the logs begin no later than after it. */
  readonly flushedSequence: number;
  readonly files: readonly BackupFile[];
  /** Of an encrypted database: the generation of its keys that new files were written with. */
  readonly keyGeneration?: string;
}

/** Where a session of an archive begins. */
export interface SessionRecord {
  readonly session: string;
  readonly database: string;
  readonly incarnation: string;
  /** The session that this one goes on from, after the segment of that ordinal, which ended with that commit. */
  readonly parent?: {
    readonly session: string;
    readonly ordinal: number;
    readonly lastSequence: number;
  };
}

/** A piece of a log in a segment. */
export interface SegmentPiece {
  readonly log: number;
  readonly offset: number;
  readonly sizeBytes: number;
  readonly firstSequence: number;
  readonly lastSequence: number;
  readonly firstMs: number;
  readonly lastMs: number;
}

/** The head of a segment. The bytes of the pieces follow it, in their order. */
export interface SegmentRecord {
  readonly session: string;
  readonly ordinal: number;
  readonly pieces: readonly SegmentPiece[];
  /** Of the bytes of all pieces. */
  readonly hash: string;
  /** The last log that was shipped: the sha256 of its first `prefixSizeBytes` bytes. The next session looks for it. */
  readonly prefixSizeBytes: number;
  readonly prefixHash: string;
}

export interface LeaseRecord {
  readonly kind: 'backup' | 'prune';
  readonly renewedMs: number;
}

export function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

export function encodeRecord(kind: RecordKind, fields: object): Uint8Array {
  const line = JSON.stringify({ varve: kind, format: FORMAT, ...fields });
  return Buffer.from(`${line}\n${sha256Of(Buffer.from(line, 'utf8'))}\n`, 'utf8');
}

/** Throws BackupError, and IncompatibleFormatError for what a newer version wrote (record/whole-or-refused). */
export function decodeRecord<T extends object>(
  kind: RecordKind,
  bytes: Uint8Array,
  name: string,
): T {
  const end = bytes.indexOf(0x0a);
  const line = bytes.subarray(0, Math.max(0, end));
  const expected = end < 0 ? '' : Buffer.from(bytes.subarray(end + 1)).toString('latin1');
  if (end < 0 || `${sha256Of(line)}\n` !== expected) throw damaged(name);
  const fields = parse(line, name);
  const { varve, format, ...rest } = fields;
  if (varve !== kind) throw damaged(name);
  if (format !== FORMAT) {
    throw new IncompatibleFormatError(
      `Backup was written by another version: format=${String(format)} supported=${FORMAT} object=${name}`,
    );
  }
  return rest as T;
}

function parse(line: Uint8Array, name: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(Buffer.from(line).toString('utf8'));
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch {
    // Not JSON: the checksum is right, so something else wrote it.
  }
  throw damaged(name);
}

/** Throws BackupError for a record that no backup of ours has written (record/names-are-files). */
export function mustBeBackup(record: BackupRecord, name: string): BackupRecord {
  const { files } = record;
  const isSound =
    isArray(files) &&
    [record.madeMs, record.timeMs, record.sequence, record.flushedSequence].every(isCount) &&
    files.every(isFile) &&
    files.filter((file) => parseFileName(file.name)?.kind === 'manifest').length === 1 &&
    new Set(files.map((file) => file.name)).size === files.length;
  if (!isSound) throw damaged(name);
  return record;
}

function isFile({ name, parts }: BackupFile): boolean {
  const kind = typeof name === 'string' ? parseFileName(name)?.kind : undefined;
  if (kind !== 'table' && kind !== 'log' && kind !== 'manifest' && kind !== 'keyRing') return false;
  return (
    isArray(parts) &&
    parts.every(
      ({ hash, sizeBytes }: FilePart) => /^[0-9a-f]{64}$/.test(hash) && isCount(sizeBytes),
    )
  );
}

function isCount(value: unknown): boolean {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

export function sizeOf(file: BackupFile): number {
  return file.parts.reduce((sum, part) => sum + part.sizeBytes, 0);
}

export function damaged(name: string): BackupError {
  return new BackupError('BACKUP_DAMAGED', 'Record is damaged or cut short', name);
}
