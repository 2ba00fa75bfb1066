/**
 * Backups of an open database, as its user asks for them.
 *
 * Owns: the options of `backup`, and the check of its target.
 *
 * Suspension: `makeBackup` suspends as long as the backup takes.
 */
import { StoreCalls } from '../backup/backup-store.ts';
import { type BackupTarget, storeOf } from '../backup/backups.ts';
import { isBackupName } from '../backup/layout.ts';
import { BackupMaker, type BackupReport } from '../backup/make-backup.ts';
import { Meter, type ProgressListener } from '../backup/meter.ts';
import { describe } from '../base/describe.ts';
import { InvalidArgumentError } from '../base/errors.ts';
import type { Taken, Template } from '../base/options.ts';
import type { BackupStore } from '../backup/backup-store.ts';
import type { Store } from '../store/contract.ts';
import type { StoreUpkeep } from '../store/upkeep.ts';
import { isInside } from '../vfs/nesting.ts';

/** Options of `backup`. */
export interface BackupOptions {
  /** 1 to 100 letters, digits, dots, dashes and underscores, unique in the store. By default the time, and some digits. */
  readonly name?: string;
  /** Ends the call with AbortedError. What it has moved stays for the next backup, or goes with the next prune. */
  readonly signal?: AbortSignal;
  /** Hears how far the call has come. What it throws becomes a process warning. */
  readonly onProgress?: ProgressListener;
  /** At most so many bytes a second are moved; 1,024 or more. Default: as fast as it goes. */
  readonly bytesPerSecond?: number;
}

export const BACKUP_OPTIONS: Template<BackupOptions> = {
  name: undefined,
  signal: undefined,
  onProgress: undefined,
  bytesPerSecond: undefined,
};

/** The part of a session that backups need. */
export interface BackupHost {
  readonly store: Store & StoreUpkeep;
}

/** Rejects with InvalidArgumentError for a bad target or option, and as `Database.backup` says. */
export async function makeBackup(
  { store }: BackupHost,
  target: BackupTarget,
  { name, signal, onProgress, bytesPerSecond }: Taken<BackupOptions>,
): Promise<BackupReport> {
  if (name !== undefined && !isBackupName(name)) {
    throw new InvalidArgumentError(
      `Option name must be 1 to 100 letters, digits, dots, dashes and underscores: found=${describe(name)}`,
    );
  }
  const backups = storeFor(store, target);
  return store.capture('Backup', signal, (capture, _, ended) => {
    const meter = new Meter(store.clock, ended, { onProgress, bytesPerSecond });
    const source = { capture, incarnation: store.incarnation };
    return new BackupMaker(source, new StoreCalls(backups, ended), meter).run(name);
  });
}

/** The store that a target of this database means. Throws InvalidArgumentError for one inside the database. */
export function storeFor({ vfs, location }: StoreUpkeep, target: unknown): BackupStore {
  const backups = storeOf(target, vfs);
  if (typeof target !== 'string' || !isInside(vfs, location, target)) return backups;
  throw new InvalidArgumentError(
    `Backups must not lie in the directory of the database: target=${target} database=${location}`,
  );
}
