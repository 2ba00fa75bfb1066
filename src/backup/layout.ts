/**
 * The names of the objects in a store of backups.
 *
 * Owns: the two-way mapping between what an object is and its name. docs/formats/backup.md is normative.
 *
 *      objects/<2 digits>/<sha256>                                content of files, by its hash
 *      backups/<database>/<made>-<time>-<sequence>-<name>         one record a backup: it makes the backup count
 *      leases/<kind>-<id>                                         who is at work
 *      archive/<database>/<session>/start                         where a session of an archive begins
 *      archive/<database>/<session>/<ordinal>-<first>-<last>-<time>   pieces of logs
 *
 * Invariants:
 *   layout/others-left-alone: a name that does not come out again when its parts are formatted is none of ours. Nothing reads
 *       or deletes it.
 *
 * Suspension: every function here is synchronous.
 */
import { SEQUENCE_NUMBER_MAX } from '../base/ids.ts';

export const OBJECTS = 'objects/';
export const BACKUPS = 'backups/';
export const LEASES = 'leases/';
export const ARCHIVE = 'archive/';

/** Numbers in names have so many digits, so that names sort as the numbers do. 2^53 has 16. */
const DIGITS = 16;
const ORDINAL_DIGITS = 10;

/** A name of a backup, as its user gives it. */
const BACKUP_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;
// Ids are UUIDs.
const BACKUP =
  /^backups\/([0-9a-f-]{36})\/(\d{16})-(\d{16})-(\d{16})-([A-Za-z0-9][A-Za-z0-9._-]{0,99})$/;
const START = /^archive\/([0-9a-f-]{36})\/([0-9a-f-]{36})\/start$/;
const SEGMENT = /^archive\/([0-9a-f-]{36})\/([0-9a-f-]{36})\/(\d{10})-(\d{16})-(\d{16})-(\d{16})$/;

/** What the name of a record tells. */
export interface BackupKey {
  readonly database: string;
  readonly name: string;
  /** When the backup was made, by the clock of its maker: milliseconds since 1970. */
  readonly madeMs: number;
  /** No commit in it has a later time. */
  readonly timeMs: number;
  /** Of the last commit in it. */
  readonly sequence: number;
}

export interface SegmentKey {
  readonly database: string;
  readonly session: string;
  /** From 1, without a gap. */
  readonly ordinal: number;
  readonly firstSequence: number;
  readonly lastSequence: number;
  /** The time of its last commit. */
  readonly lastMs: number;
}

export function isBackupName(name: unknown): name is string {
  return typeof name === 'string' && BACKUP_NAME.test(name);
}

export function objectName(hash: string): string {
  return `${OBJECTS}${hash.slice(0, 2)}/${hash}`;
}

/** The hash in the name of an object; undefined for another name. */
export function hashIn(name: string): string | undefined {
  const hash = name.slice(name.lastIndexOf('/') + 1);
  return /^[0-9a-f]{64}$/.test(hash) && objectName(hash) === name ? hash : undefined;
}

export function recordName(key: BackupKey): string {
  const { database, madeMs, timeMs, sequence, name } = key;
  return `${BACKUPS}${database}/${digits(madeMs)}-${digits(timeMs)}-${digits(sequence)}-${name}`;
}

export function parseRecordName(objectNameOf: string): BackupKey | undefined {
  const match = BACKUP.exec(objectNameOf);
  if (match === null) return undefined;
  const [, database = '', made, time, last, name = ''] = match;
  const key = {
    database,
    name,
    madeMs: Number(made),
    timeMs: Number(time),
    sequence: Number(last),
  };
  return isPossible(key.sequence) && recordName(key) === objectNameOf ? key : undefined;
}

export function startName(database: string, session: string): string {
  return `${ARCHIVE}${database}/${session}/start`;
}

export function parseStartName(
  name: string,
): { readonly database: string; readonly session: string } | undefined {
  const [, database, session] = START.exec(name) ?? [];
  return database === undefined || session === undefined ? undefined : { database, session };
}

export function segmentName(key: SegmentKey): string {
  const { database, session, ordinal, firstSequence, lastSequence, lastMs } = key;
  const numbers = [firstSequence, lastSequence, lastMs].map((each) => digits(each)).join('-');
  return `${ARCHIVE}${database}/${session}/${digits(ordinal, ORDINAL_DIGITS)}-${numbers}`;
}

export function parseSegmentName(name: string): SegmentKey | undefined {
  const match = SEGMENT.exec(name);
  if (match === null) return undefined;
  const [, database = '', session = '', ordinal, first, last, lastMs] = match;
  return {
    database,
    session,
    ordinal: Number(ordinal),
    firstSequence: Number(first),
    lastSequence: Number(last),
    lastMs: Number(lastMs),
  };
}

/** Oldest first: by the time of the commits, which never goes back, then by the commits, then by when it was made. */
export function compareBackups(a: BackupKey, b: BackupKey): number {
  return (
    a.timeMs - b.timeMs ||
    a.sequence - b.sequence ||
    a.madeMs - b.madeMs ||
    (a.name < b.name ? -1 : 1)
  );
}

function isPossible(sequence: number): boolean {
  return sequence <= SEQUENCE_NUMBER_MAX;
}

function digits(value: number, count: number = DIGITS): string {
  return String(Math.max(0, Math.floor(value))).padStart(count, '0');
}
