/**
 * Pruning: what no backup needs goes.
 *
 * Owns: which backups stay, and the order in which the rest is deleted.
 *
 *      lease -> records that go -> pieces of archives older than every backup that stays
 *            -> backups at work? then no object -> abandoned leases -> objects that no record refers to
 *
 * What a kill leaves: fewer backups, each whole. The next prune goes on.
 *
 * Invariants:
 *   prune/record-first: a record goes before the objects that it refers to. So no backup that is seen lacks one.
 *   prune/newest-stays: the newest backup of a database stays, whatever the bounds say.
 *   prune/unreadable-stops: while a record cannot be read, no object goes: it may be one of that backup.
 *   prune/archive-by-time: a segment goes when all of its commits are older than the oldest backup of the database that
 *       stays. Times of commits never go back. So that backup, and all later ones, have these commits. Where sessions begin
 *       stays as long as there is a backup: it says which backups a line goes on from.
 *
 * Suspension: suspends for the store.
 */
import { BackupError } from '../base/errors.ts';
import type { StoreCalls } from './backup-store.ts';
import { INCOMING } from './directory-store.ts';
import {
  ARCHIVE,
  type BackupKey,
  hashIn,
  OBJECTS,
  objectName,
  parseSegmentName,
  parseStartName,
  recordName,
} from './layout.ts';
import { Lease, leasesOf } from './lease.ts';
import type { Meter } from './meter.ts';
import { findBackups, readBackup } from './read-backup.ts';

/** What goes, and what stays. */
export interface PruneRules {
  /** So many of each database stay, the newest. */
  readonly keepLast: number | undefined;
  /** Those that were made within so many milliseconds stay. */
  readonly keepMs: number | undefined;
  /** These go in any case. */
  readonly drop: readonly string[];
  /** Only backups of this database go. */
  readonly database: string | undefined;
  readonly abandonedMs: number;
}

/** The report of a prune. */
export interface PruneReport {
  /** Names of the backups that went, oldest first. */
  readonly removed: readonly string[];
  /** Names of those that stay, oldest first. */
  readonly kept: readonly string[];
  /** Objects that went: content of files, pieces of archives, and what was left of killed backups. */
  readonly objects: number;
  /** Their bytes. */
  readonly bytes: number;
  /** Backups that were at work: because of them no object went. The next prune sees to it. */
  readonly waitingFor: number;
}

export class Prune {
  readonly #store: StoreCalls;
  readonly #meter: Meter;
  readonly #rules: PruneRules;
  readonly #lease: Lease;
  #objects = 0;
  #bytes = 0;

  constructor(store: StoreCalls, meter: Meter, rules: PruneRules) {
    this.#store = store;
    this.#meter = meter;
    this.#rules = rules;
    this.#lease = new Lease('prune', store, meter);
  }

  async run(): Promise<PruneReport> {
    await this.#lease.put();
    try {
      return await this.#prune();
    } finally {
      await this.#lease.drop();
    }
  }

  async #prune(): Promise<PruneReport> {
    const { abandonedMs, drop } = this.#rules;
    const all = await findBackups(this.#store);
    for (const name of drop) {
      if (all.some((key) => key.name === name)) continue;
      throw new BackupError('BACKUP_NOT_FOUND', `No backup to drop: name=${name}`);
    }
    const going = all.filter((key) => this.#goes(key, all));
    const kept = all.filter((key) => !going.includes(key));
    for (const key of going) await this.#store.delete(recordName(key)); // prune/record-first
    await this.#pruneArchives(kept);
    const { live, abandoned } = await leasesOf('backup', this.#store, this.#meter, abandonedMs);
    if (live.length === 0) {
      for (const name of abandoned) await this.#store.delete(name); // lease/fenced
      await this.#pruneObjects();
    }
    const prunes = await leasesOf('prune', this.#store, this.#meter, abandonedMs);
    for (const name of prunes.abandoned) {
      if (name !== this.#lease.name) await this.#store.delete(name);
    }
    return {
      removed: going.map(({ name }) => name),
      kept: kept.map(({ name }) => name),
      objects: this.#objects,
      bytes: this.#bytes,
      waitingFor: live.length,
    };
  }

  #goes(key: BackupKey, all: readonly BackupKey[]): boolean {
    const { keepLast, keepMs, drop, database } = this.#rules;
    if (drop.includes(key.name)) return true;
    if (keepLast === undefined && keepMs === undefined) return false;
    if (database !== undefined && key.database !== database) return false;
    const newer = all.slice(all.indexOf(key) + 1).filter((each) => each.database === key.database);
    if (newer.length < Math.max(1, keepLast ?? 1)) return false; // prune/newest-stays
    return keepMs === undefined || key.madeMs < this.#meter.clock.wallMs() - keepMs;
  }

  /** Keeps prune/archive-by-time. */
  async #pruneArchives(kept: readonly BackupKey[]): Promise<void> {
    const oldestMs = new Map<string, number>();
    for (const { database, timeMs } of kept) {
      oldestMs.set(database, Math.min(timeMs, oldestMs.get(database) ?? Infinity));
    }
    for (const [name, sizeBytes] of await this.#store.list(ARCHIVE)) {
      const segment = parseSegmentName(name);
      const database = (segment ?? parseStartName(name))?.database;
      if (database === undefined) continue;
      const limitMs = oldestMs.get(database) ?? Infinity; // pieces without a backup restore nothing
      const isOld = segment === undefined ? limitMs === Infinity : segment.lastMs < limitMs;
      if (isOld) await this.#delete(name, sizeBytes);
    }
  }

  async #pruneObjects(): Promise<void> {
    const needed = new Set<string>();
    for (const key of await findBackups(this.#store)) {
      const record = await this.#mustRead(key);
      for (const { parts } of record.files) for (const { hash } of parts) needed.add(hash);
    }
    for (const [name, sizeBytes] of await this.#store.list(OBJECTS)) {
      const hash = hashIn(name);
      if (hash === undefined || needed.has(hash)) continue;
      await this.#delete(objectName(hash), sizeBytes);
    }
    for (const [name, sizeBytes] of await this.#store.list(`${INCOMING}/`)) {
      await this.#delete(name, sizeBytes);
    }
  }

  /** Keeps prune/unreadable-stops. */
  async #mustRead(key: BackupKey): ReturnType<typeof readBackup> {
    try {
      return await readBackup(this.#store, key);
    } catch (error) {
      if (!(error instanceof BackupError) || error.code !== 'BACKUP_DAMAGED') throw error;
      throw new BackupError(
        'BACKUP_DAMAGED',
        `Record of a backup cannot be read, so no object goes; drop that backup by its name: name=${key.name}`,
        recordName(key),
        { cause: error },
      );
    }
  }

  async #delete(name: string, sizeBytes: number): Promise<void> {
    this.#meter.check();
    await this.#lease.renew();
    await this.#store.delete(name);
    this.#objects++;
    this.#bytes += sizeBytes;
  }
}
