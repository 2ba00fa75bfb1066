/**
 * The archive of an open database, as its user holds it.
 *
 * Owns: the options of `archive`, and the object by which it is watched and ended.
 *
 * Suspension: `ship` and `close` suspend for the store.
 */
import { ArchiveLoop, type ArchiveStats } from '../backup/archive.ts';
import type { BackupTarget } from '../backup/backups.ts';
import type { ProgressListener } from '../backup/meter.ts';
import { AbortedError } from '../base/errors.ts';
import { checkInteger, checkSignal, type Taken, type Template } from '../base/options.ts';
import { type BackupHost, storeFor } from './backup.ts';
import { INTERNAL, noConstructor, shows } from './facade.ts';

/** Options of `archive`. */
export interface ArchiveOptions {
  /** How long it waits from one shipment to the next, in milliseconds; 10 to an hour, default 2,000. */
  readonly intervalMs?: number;
  /**
   * Bytes of logs that stay on the disk while the store cannot be reached; default 1 GiB. Beyond it the archive begins anew
   * with a backup when the store is back, and the commits between cannot be restored one by one.
   */
  readonly holdBytes?: number;
  /** At most so many bytes a second are moved; 1,024 or more. Default: as fast as it goes. */
  readonly bytesPerSecond?: number;
  /** Hears how far a backup of the archive has come. What it throws becomes a process warning. */
  readonly onProgress?: ProgressListener;
  /** Ends the start of the archive with AbortedError. One that runs is ended by `close`. */
  readonly signal?: AbortSignal;
}

export const ARCHIVE_OPTIONS: Template<ArchiveOptions> = {
  intervalMs: undefined,
  holdBytes: undefined,
  bytesPerSecond: undefined,
  onProgress: undefined,
  signal: undefined,
};

const INTERVAL_MS_DEFAULT = 2000;
const HOLD_BYTES_DEFAULT = 1024 ** 3;

// Set by the class, whose private members nothing else can reach.
let construct: (loop: ArchiveLoop, onClosed: () => void) => Archive;

/**
 * A running archive. Made by `db.archive`; it goes on until it is closed, or the database is, which ships what is left. It
 * keeps no process alive.
 */
export class Archive {
  readonly #loop: ArchiveLoop;
  readonly #onClosed: () => void;

  private constructor(token: symbol, loop: ArchiveLoop, onClosed: () => void) {
    if (token !== INTERNAL) throw noConstructor('Archive', 'db.archive()');
    this.#loop = loop;
    this.#onClosed = onClosed;
  }

  static {
    construct = (loop, onClosed) => new Archive(INTERNAL, loop, onClosed);
    shows(Archive, (archive) => (#loop in archive ? archive.#loop.stats() : undefined));
  }

  /**
   * How far it is, how far behind, and why the last shipment failed, if it did.
   *
   * @example
   * const archive = await db.archive('./backups');
   * const { sequence, lagMs, error } = archive.stats();
   */
  stats(): ArchiveStats {
    return this.#loop.stats();
  }

  /**
   * Ships at once. When it resolves, everything that was acknowledged before the call can be restored.
   *
   * @example
   * const archive = await db.archive('./backups');
   * await accounts.del('bob');
   * await archive.ship();
   * archive.stats().sequence === db.stats().sequence.published; // => true
   */
  async ship(): Promise<void> {
    await this.#loop.ship();
  }

  /**
   * Ships what is left and ends the archive. Rejects when that fails; the archive has ended all the same. Idempotent.
   *
   * @example
   * const archive = await db.archive('./backups');
   * await archive.close(); // ships what is left
   */
  async close(): Promise<void> {
    try {
      await this.#loop.close();
    } finally {
      this.#onClosed();
    }
  }

  /** As `close`; for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/** The part of a session that an archive needs. */
export interface ArchiveHost extends BackupHost {
  readonly archives: Set<ArchiveLoop>;
  mustBeOpen(): void;
}

/** Rejects as `Database.archive` says. */
export async function startArchive(
  host: ArchiveHost,
  target: BackupTarget,
  options: Taken<ArchiveOptions>,
): Promise<Archive> {
  const { store } = host;
  const { bytesPerSecond, onProgress } = options;
  const signal = checkSignal(options.signal);
  const settings = {
    intervalMs: checkInteger(
      'intervalMs',
      options.intervalMs ?? INTERVAL_MS_DEFAULT,
      10,
      3_600_000,
    ),
    holdBytes: checkInteger(
      'holdBytes',
      options.holdBytes ?? HOLD_BYTES_DEFAULT,
      0,
      Number.MAX_SAFE_INTEGER,
    ),
    bytesPerSecond,
    onProgress,
  };
  const loop = new ArchiveLoop(store, storeFor(store, target), store.databaseId, settings);
  if (signal?.aborted === true) {
    throw new AbortedError('Archive was aborted', { cause: signal.reason });
  }
  host.archives.add(loop);
  try {
    await loop.start(signal);
    host.mustBeOpen();
    return construct(loop, () => host.archives.delete(loop));
  } catch (error) {
    host.archives.delete(loop);
    throw error;
  }
}

/** Ships what is left of each. What fails is told by the archives, and stops no close. */
export async function closeArchives({ archives, store }: ArchiveHost): Promise<void> {
  if (archives.size === 0) return;
  await store.published(store.horizons.assigned)?.catch(() => undefined); // no commit comes after these
  await Promise.allSettled([...archives].map((loop) => loop.close()));
}
