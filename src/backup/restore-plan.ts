/**
 * Which backup and which pieces of the archive make up the state that is asked for.
 *
 * Owns: the choice. docs/guides/backup.md has it in words.
 *
 * Suspension: `planRestore` suspends for the store.
 */
import { BackupError, InvalidArgumentError } from '../base/errors.ts';
import { findLines, isOnLine, type Line, segmentsAfter } from './archive-lines.ts';
import type { StoreCalls } from './backup-store.ts';
import type { BackupKey, SegmentKey } from './layout.ts';
import { findBackups, readBackup } from './read-backup.ts';
import type { BackupRecord } from './record.ts';

/** What is asked for: a backup as it is; everything up to a time or a sequence; or, with neither, everything. */
export interface RestoreTarget {
  readonly database?: string | undefined;
  readonly name?: string | undefined;
  readonly wallMs?: number | undefined;
  readonly sequence?: number | undefined;
}

export interface RestorePlan {
  readonly backup: BackupRecord;
  /** Those with commits after the backup, in their order. */
  readonly segments: readonly SegmentKey[];
  /** The last commit that counts: by its sequence, and by its time. */
  readonly sequenceMax: number;
  readonly timeMsMax: number;
}

/** Throws BackupError and InvalidArgumentError. */
export async function planRestore(store: StoreCalls, target: RestoreTarget): Promise<RestorePlan> {
  const { name, wallMs, sequence } = target;
  const all = await findBackups(store);
  const backups = ofOneDatabase(all, target);
  if (name !== undefined) {
    const key = backups.findLast((each) => each.name === name);
    if (key === undefined) throw notFound(`name=${name}`, all);
    const backup = await readBackup(store, key);
    return { backup, segments: [], sequenceMax: Infinity, timeMsMax: Infinity };
  }
  const key = await newestWithin(store, backups, target);
  if (key === undefined) throw notFound(wanted(target), all);
  const backup = await readBackup(store, key);
  const line = (await findLines(store, key.database)).findLast((each) => isOnLine(each, backup));
  const segments = line === undefined ? [] : segmentsUpTo(line, backup, sequence);
  const end = Math.max(backup.sequence, segments.at(-1)?.lastSequence ?? 0);
  if (sequence !== undefined && sequence > end) {
    const later = await laterThatReachesBack(store, backups, sequence);
    if (later !== undefined) {
      return { backup: later, segments: [], sequenceMax: sequence, timeMsMax: Infinity };
    }
    throw new BackupError(
      'BACKUP_GAP',
      `Store does not reach the sequence: asked=${sequence} last=${end} backup=${backup.name}` +
        ` missing=${end + 1}..${sequence}`,
    );
  }
  return { backup, segments, sequenceMax: sequence ?? Infinity, timeMsMax: wallMs ?? Infinity };
}

/** A gap beyond what is asked for does no harm. */
function segmentsUpTo(
  line: Line,
  backup: BackupRecord,
  sequence: number | undefined,
): SegmentKey[] {
  if (sequence === undefined) return segmentsAfter(line, backup.sequence);
  const stretches = line.stretches.map((stretch) => ({
    ...stretch,
    segments: stretch.segments.filter(({ firstSequence }) => firstSequence <= sequence),
  }));
  return segmentsAfter({ stretches, end: undefined }, backup.sequence);
}

/** Backups of the database that is meant. Throws InvalidArgumentError when it may be one of several. */
function ofOneDatabase(all: readonly BackupKey[], { database, name }: RestoreTarget): BackupKey[] {
  if (database !== undefined) return all.filter((key) => key.database === database);
  const candidates = name === undefined ? all : all.filter((key) => key.name === name);
  const databases = new Set(candidates.map((key) => key.database));
  if (databases.size <= 1) return [...candidates];
  throw new InvalidArgumentError(
    `Store has backups of several databases; say which with the option database: ` +
      `databases=${[...databases].join(',')}`,
  );
}

/** The newest backup with no commit after what is asked for. Where there is none, one that can be cut. */
async function newestWithin(
  store: StoreCalls,
  backups: readonly BackupKey[],
  { wallMs, sequence }: RestoreTarget,
): Promise<BackupKey | undefined> {
  const within = backups.findLast(
    (key) =>
      (sequence === undefined || key.sequence <= sequence) &&
      (wallMs === undefined || key.timeMs <= wallMs),
  );
  if (within !== undefined || sequence === undefined) return within;
  return laterThatReachesBack(store, backups, sequence);
}

/** The oldest backup with the sequence in its logs: its tables have nothing newer, and its logs are cut. */
async function laterThatReachesBack(
  store: StoreCalls,
  backups: readonly BackupKey[],
  sequence: number,
): Promise<BackupRecord | undefined> {
  for (const key of backups) {
    if (key.sequence < sequence) continue;
    const backup = await readBackup(store, key);
    if (backup.flushedSequence <= sequence) return backup;
  }
  return undefined;
}

function wanted({ wallMs, sequence }: RestoreTarget): string {
  if (sequence !== undefined) return `sequence=${sequence}`;
  return wallMs === undefined ? 'any' : `time=${new Date(wallMs).toISOString()}`;
}

function notFound(what: string, all: readonly BackupKey[]): BackupError {
  const [oldest] = all;
  const found =
    oldest === undefined
      ? 'the store has none'
      : `oldest=${oldest.name} time=${new Date(oldest.timeMs).toISOString()} sequence=${oldest.sequence}`;
  return new BackupError('BACKUP_NOT_FOUND', `No backup has what is asked for: ${what} (${found})`);
}
