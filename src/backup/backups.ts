/**
 * Backups, as a program calls them: without a database at hand.
 *
 * Owns: the public functions over a store: restore, list, verify, prune; and how a target becomes a store.
 *
 * Suspension: every function suspends.
 */
import { resolve } from 'node:path';

import { whenAborted } from '../base/abort.ts';
import { isArray } from '../base/caller-value.ts';
import { systemClock } from '../base/clock.ts';
import { describe } from '../base/describe.ts';
import { InvalidArgumentError } from '../base/errors.ts';
import { keepingAlive } from '../base/liveness.ts';
import {
  checkInteger,
  checkSignal,
  hasMethods,
  type Taken,
  takeOptions,
  type Template,
} from '../base/options.ts';
import { NodeVfs } from '../vfs/node-vfs.ts';
import type { Vfs } from '../vfs/vfs.ts';
import { type BackupStore, mustBeStore, StoreCalls } from './backup-store.ts';
import { DirectoryStore } from './directory-store.ts';
import { type At, placeOf } from '../store/at.ts';
import { isBackupName, recordName } from './layout.ts';
import { ABANDONED_MS_DEFAULT } from './lease.ts';
import { type EncryptionOptions, keySourceOf } from '../encryption/encryption-options.ts';
import { Meter, type ProgressListener } from './meter.ts';
import { Prune, type PruneReport } from './prune.ts';
import { findBackups, readBackup } from './read-backup.ts';
import { sizeOf } from './record.ts';
import { planRestore, type RestoreTarget } from './restore-plan.ts';
import { type RestoreReport, restorePlanned } from './restore.ts';
import { BackupVerifier, type BackupVerifyReport } from './verify-backups.ts';

/** Where backups lie: a directory, or a store of the caller's. */
export type BackupTarget = string | BackupStore;

/** Options that all calls on a store take. */
export interface BackupCallOptions {
  /** Ends the call with AbortedError. */
  readonly signal?: AbortSignal;
  /** Hears how far the call has come. What it throws becomes a process warning. */
  readonly onProgress?: ProgressListener;
  /** At most so many bytes a second are moved; 1,024 or more. Default: as fast as it goes. */
  readonly bytesPerSecond?: number;
  /** Where directories live; the operating system's by default. */
  readonly vfs?: Vfs;
}

/** Options of `restore`. Without `name` and `at` it restores all that there is. */
export interface RestoreOptions extends BackupCallOptions {
  /** Exactly this backup. */
  readonly name?: string;
  /** All commits up to this `{ time }` or this `{ sequence }`, and none after it. */
  readonly at?: At;
  /** The id of the database (`stats().databaseId`), where the store has backups of several. */
  readonly database?: string;
  /**
   * The key of an encrypted database at the time of the backup. It is needed to go beyond the backup or to stop before its
   * end; a backup as it is can be put back without.
   */
  readonly encryption?: EncryptionOptions;
}

/** Options of `listBackups` and of `verifyBackups`. */
export interface ListBackupsOptions extends BackupCallOptions {
  /** Only backups of this database. */
  readonly database?: string;
}

/** Options of `verifyBackups`. */
export interface VerifyBackupsOptions extends ListBackupsOptions {
  /** Only this backup. */
  readonly name?: string;
}

/** Options of `pruneBackups`. A backup stays when any rule keeps it; with neither rule, all do but those to drop. */
export interface PruneBackupsOptions extends ListBackupsOptions {
  /** So many of each database stay, the newest; 1 or more. */
  readonly keepLast?: number;
  /** Those made within so many milliseconds stay, and the newest of each database. */
  readonly keepMs?: number;
  /** Backups that go in any case, by name. */
  readonly drop?: readonly string[];
  /** A backup that gave no sign of life for so long was killed; default an hour. No object goes while one is at work. */
  readonly abandonedMs?: number;
}

/** A backup, as `listBackups` shows it. */
export interface BackupInfo {
  /** The name by which it is restored. */
  readonly name: string;
  /** The id of the database that it is of. */
  readonly database: string;
  /** When it was made, by the clock of its maker. */
  readonly made: Date;
  /** No commit in it is newer. */
  readonly time: Date;
  /** The last operation in it. */
  readonly sequence: number;
  /** Files of the database. */
  readonly files: number;
  /** Their bytes; backups share them. */
  readonly bytes: number;
  /** Why its record cannot be read; undefined when it can. Files and bytes are 0 then. */
  readonly problem: string | undefined;
}

const CALL_OPTIONS: Template<BackupCallOptions> = {
  signal: undefined,
  onProgress: undefined,
  bytesPerSecond: undefined,
  vfs: undefined,
};
const RESTORE_OPTIONS: Template<RestoreOptions> = {
  ...CALL_OPTIONS,
  name: undefined,
  at: undefined,
  database: undefined,
  encryption: undefined,
};
const LIST_OPTIONS: Template<ListBackupsOptions> = { ...CALL_OPTIONS, database: undefined };
const VERIFY_OPTIONS: Template<VerifyBackupsOptions> = { ...LIST_OPTIONS, name: undefined };
const PRUNE_OPTIONS: Template<PruneBackupsOptions> = {
  ...LIST_OPTIONS,
  keepLast: undefined,
  keepMs: undefined,
  drop: undefined,
  abandonedMs: undefined,
};

/** What a call has at hand. */
interface Call {
  readonly store: StoreCalls;
  readonly meter: Meter;
  readonly vfs: Vfs;
}

/**
 * Puts a database back, into a directory that is absent or empty: the newest backup at or before what is asked for, and
 * what an archive has of the commits after it. Every byte is checked against its hash. The copy is complete, or it is not
 * there: when anything fails, what was made is removed, and a power cut leaves nothing that opens.
 *
 * Rejects with BackupError: BACKUP_NOT_FOUND, BACKUP_DAMAGED (an object is damaged or missing), BACKUP_GAP (commits are
 * missing, with which), BACKUP_STORE; with InvalidArgumentError for a directory that is not empty, and for a store of
 * several databases when none is named; with EncryptionKeyError for an encrypted database without its key, and
 * TamperedError; with IncompatibleFormatError, AbortedError or IoError.
 *
 * @example
 * await db.backup('./backups');
 * await restore('./backups', './restored');
 * const restored = await open('./restored', { keyEncoding: 'utf8', valueEncoding: 'json' });
 * await restored.get('visits'); // => 3
 * await restored.close();
 */
export async function restore(
  target: BackupTarget,
  directory: string,
  options?: RestoreOptions,
): Promise<RestoreReport> {
  const given = takeOptions('restore', options, RESTORE_OPTIONS);
  mustBePath('Directory', directory);
  const wanted = targetOf(given);
  const keySource = keySourceOf(given.encryption);
  return withStore(target, given, async ({ store, meter, vfs }) => {
    const place = { vfs, directory: resolve(directory), keySource };
    return restorePlanned(place, await planRestore(store, wanted), store, meter);
  });
}

/**
 * The backups in a store, oldest first. One whose record is damaged is listed, with its `problem`.
 *
 * @example
 * await db.backup('./backups', { name: 'monday' });
 * (await listBackups('./backups')).map(({ name }) => name); // => [ 'monday' ]
 */
export async function listBackups(
  target: BackupTarget,
  options?: ListBackupsOptions,
): Promise<BackupInfo[]> {
  const given = takeOptions('listBackups', options, LIST_OPTIONS);
  return withStore(target, given, async ({ store }) => {
    const infos: BackupInfo[] = [];
    for (const key of await findBackups(store)) {
      if (given.database !== undefined && key.database !== given.database) continue;
      const { name, database, madeMs, timeMs, sequence } = key;
      const dates = { made: new Date(madeMs), time: new Date(timeMs) };
      const facts = { name, database, ...dates, sequence };
      try {
        const { files } = await readBackup(store, key);
        const bytes = files.reduce((sum, file) => sum + sizeOf(file), 0);
        infos.push({ ...facts, files: files.length, bytes, problem: undefined });
      } catch (error) {
        const isThere = (await store.list(recordName(key))).size > 0;
        if (!isThere) continue; // a prune was faster
        if (!isOfTheRecord(error)) throw error;
        infos.push({ ...facts, files: 0, bytes: 0, problem: error.message });
      }
    }
    return infos;
  });
}

/**
 * Reads every object that the backups and the archives refer to, and resolves with all that is wrong. Changes nothing.
 * Rejects when the store cannot be read.
 *
 * @example
 * await db.backup('./backups');
 * (await verifyBackups('./backups')).problems; // => []
 */
export async function verifyBackups(
  target: BackupTarget,
  options?: VerifyBackupsOptions,
): Promise<BackupVerifyReport> {
  const given = takeOptions('verifyBackups', options, VERIFY_OPTIONS);
  const { database, name } = given;
  return withStore(target, given, ({ store, meter }) =>
    new BackupVerifier(store, meter).run(
      (key) =>
        (database === undefined || key.database === database) &&
        (name === undefined || key.name === name),
    ),
  );
}

/**
 * Removes backups that no rule keeps, pieces of archives that are older than all that stay, and what killed backups left.
 * The newest backup of each database stays. While a backup is being made, no object goes.
 *
 * Rejects with BackupError: BACKUP_NOT_FOUND for a name to drop, BACKUP_DAMAGED while a record cannot be read; drop that one
 * by its name.
 *
 * @example
 * await db.backup('./backups');
 * await pruneBackups('./backups', { keepLast: 7 });
 */
export async function pruneBackups(
  target: BackupTarget,
  options?: PruneBackupsOptions,
): Promise<PruneReport> {
  const given = takeOptions('pruneBackups', options, PRUNE_OPTIONS);
  const { keepLast, keepMs, abandonedMs } = given;
  const drop: unknown = given.drop ?? [];
  if (!isArray(drop) || !drop.every(isBackupName)) {
    throw new InvalidArgumentError(`Option drop must be a list of names: found=${describe(drop)}`);
  }
  const rules = {
    keepLast: optionalInteger('keepLast', keepLast, 1),
    keepMs: optionalInteger('keepMs', keepMs, 0),
    abandonedMs: optionalInteger('abandonedMs', abandonedMs, 0) ?? ABANDONED_MS_DEFAULT,
    drop,
    database: given.database,
  };
  return withStore(target, given, ({ store, meter }) => new Prune(store, meter, rules).run());
}

/** The store that a target means. Throws InvalidArgumentError. */
export function storeOf(target: unknown, vfs: Vfs): BackupStore {
  if (typeof target !== 'string') return mustBeStore(target);
  mustBePath('Target', target);
  return new DirectoryStore(vfs, resolve(target));
}

async function withStore<T>(
  target: unknown,
  options: Taken<BackupCallOptions>,
  use: (call: Call) => Promise<T>,
): Promise<T> {
  const { vfs: givenVfs, onProgress, bytesPerSecond } = options;
  const signal = checkSignal(options.signal);
  if (givenVfs !== undefined && !hasMethods(givenVfs, ['open', 'lock', 'syncDirectory'])) {
    throw new InvalidArgumentError(`Option vfs must be a Vfs: found=${describe(givenVfs)}`);
  }
  const vfs = givenVfs ?? new NodeVfs();
  const store = storeOf(target, vfs);
  return withSignal(signal, (ended) => {
    const meter = new Meter(systemClock, ended, { onProgress, bytesPerSecond });
    return keepingAlive(() => use({ store: new StoreCalls(store, ended), meter, vfs }));
  });
}

/** A signal of our own that follows the caller's. */
async function withSignal<T>(
  signal: AbortSignal | undefined,
  use: (ended: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const end = (): void => controller.abort(signal?.reason);
  const unlisten = whenAborted(signal, end);
  if (signal?.aborted === true) end();
  try {
    return await use(controller.signal);
  } finally {
    unlisten();
  }
}

function targetOf({ name, at, database }: Taken<RestoreOptions>): RestoreTarget {
  if (name !== undefined && at !== undefined) {
    throw new InvalidArgumentError('Give one of the options name and at');
  }
  if (name !== undefined && !isBackupName(name)) {
    throw new InvalidArgumentError(`Option name must be one of a backup: found=${describe(name)}`);
  }
  if (database !== undefined && typeof database !== 'string') {
    throw new InvalidArgumentError(`Option database must be an id: found=${describe(database)}`);
  }
  return { name, database, ...(at !== undefined && placeOf(at)) };
}

function isOfTheRecord(error: unknown): error is Error & { readonly code: string } {
  if (!(error instanceof Error) || !('code' in error)) return false;
  return error.code === 'BACKUP_DAMAGED' || error.code === 'INCOMPATIBLE_FORMAT';
}

function optionalInteger(name: string, value: unknown, min: number): number | undefined {
  return value === undefined ? undefined : checkInteger(name, value, min, Number.MAX_SAFE_INTEGER);
}

function mustBePath(what: string, value: unknown): void {
  if (typeof value === 'string' && value !== '' && !value.includes('\0')) return;
  throw new InvalidArgumentError(`${what} must be a path: found=${describe(value)}`);
}
