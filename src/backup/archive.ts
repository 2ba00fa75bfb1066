/**
 * The continuous archive: logs are shipped while they grow.
 *
 * Owns: the loop, its retries, its end, and how far behind it is. What is shipped is in archive-session.ts.
 *
 * Invariants:
 *   archive/lag-told: what a machine that is lost now would lose is at most what `lagMs` says: every commit that was
 *       acknowledged before that time is in the store.
 *   archive/outage-bounded: while the store fails, logs stay on the disk up to `holdBytes`. Beyond it they go, and the
 *       archive begins anew with a backup once the store works: what was between is in that backup, and cannot be restored
 *       one by one.
 *   archive/close-ships: the close of the database ships what is left, and does not wait for the store longer than ten
 *       seconds.
 *
 * Suspension: a round suspends for the store; rounds do not overlap. Between rounds a timer waits, which keeps no process.
 */
import { AbortedError, ClosedError, HistoryGoneError } from '../base/errors.ts';
import type { Timer } from '../base/clock.ts';
import { keepingAlive } from '../base/liveness.ts';
import type { Store } from '../store/contract.ts';
import type { StoreUpkeep } from '../store/upkeep.ts';
import { type ArchiveCounts, ArchiveSession } from './archive-session.ts';
import { type BackupStore, StoreCalls } from './backup-store.ts';
import { Meter, type ProgressListener } from './meter.ts';

/** How an archive runs. */
export interface ArchiveSettings {
  readonly intervalMs: number;
  readonly holdBytes: number;
  readonly bytesPerSecond: number | undefined;
  readonly onProgress: ProgressListener | undefined;
}

/** How far an archive is. */
export interface ArchiveStats {
  /** The last commit that can be restored. */
  readonly sequence: number;
  /** Its time. */
  readonly time: Date;
  /** Operations that were acknowledged and cannot be restored yet. */
  readonly lagOperations: number;
  /** How long ago everything that was acknowledged by then could be restored. A machine lost now loses no more than that. */
  readonly lagMs: number;
  /** Bytes of logs that stay on the disk for the archive alone. */
  readonly heldBytes: number;
  /** Segments that were shipped since it began. */
  readonly segments: number;
  /** Backups that it made since it began. */
  readonly backups: number;
  /** Bytes of these segments and backups that were moved. */
  readonly bytes: number;
  /** Why the last round failed; undefined when it did not. The archive goes on trying. */
  readonly error: unknown;
}

const RETRY_MS_MAX = 60_000;
const LAST_ROUND_MS_MAX = 10_000;

export class ArchiveLoop {
  readonly #store: Store & StoreUpkeep;
  readonly #target: BackupStore;
  readonly #database: string;
  readonly #settings: ArchiveSettings;
  readonly #counts: ArchiveCounts = { segments: 0, bytes: 0, backups: 0 };
  readonly #ended = new AbortController();
  #session: ArchiveSession | undefined = undefined;
  #hasBegun = false;
  #timer: Timer | undefined = undefined;
  #round: Promise<void> = Promise.resolve();
  #failureCount = 0;
  #error: unknown = undefined;
  #sequence = 0;
  #sequenceMs = 0;
  /** Everything that was acknowledged by then can be restored. */
  #safeSinceMs: number;
  #closing: Promise<void> | undefined = undefined;

  constructor(
    store: Store & StoreUpkeep,
    target: BackupStore,
    database: string,
    settings: ArchiveSettings,
  ) {
    this.#store = store;
    this.#target = target;
    this.#database = database;
    this.#settings = settings;
    this.#safeSinceMs = store.clock.nowMs();
  }

  /** The first round, whose failure is the caller's; those after it go on by themselves. */
  async start(signal: AbortSignal | undefined): Promise<void> {
    try {
      await this.ship(signal);
    } catch (error) {
      this.#session?.close();
      throw error;
    }
    this.#schedule();
  }

  /** Ships all that was acknowledged before the call, after the round that is under way. */
  ship(signal?: AbortSignal): Promise<void> {
    const round = this.#round.then(() => keepingAlive(() => this.#ship(signal)));
    this.#round = round.catch(() => undefined);
    return round;
  }

  stats(): ArchiveStats {
    const { clock, horizons } = this.#store;
    const lagOperations = Math.max(0, horizons.published - this.#sequence);
    return {
      sequence: this.#sequence,
      time: new Date(this.#sequenceMs),
      lagOperations,
      lagMs: lagOperations === 0 ? 0 : clock.nowMs() - this.#safeSinceMs,
      heldBytes: this.#session?.heldSizeBytes ?? 0,
      segments: this.#counts.segments,
      backups: this.#counts.backups,
      bytes: this.#counts.bytes,
      error: this.#error,
    };
  }

  /** Ships what is left, and ends. Rejects when that fails; it has ended all the same. Idempotent. */
  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  /** Keeps archive/close-ships. */
  async #close(): Promise<void> {
    this.#timer?.cancel();
    const { clock } = this.#store;
    const limit = clock.schedule(LAST_ROUND_MS_MAX, () => this.#ended.abort());
    try {
      await this.ship();
    } finally {
      limit.cancel();
      this.#ended.abort();
      this.#session?.close();
    }
  }

  async #ship(signal: AbortSignal | undefined): Promise<void> {
    const { clock } = this.#store;
    const beganMs = clock.nowMs();
    const controller = new AbortController();
    const end = (): void => controller.abort();
    this.#ended.signal.addEventListener('abort', end);
    signal?.addEventListener('abort', end);
    if (this.#ended.signal.aborted || signal?.aborted === true) end();
    try {
      const { bytesPerSecond, onProgress } = this.#settings;
      const meter = new Meter(clock, controller.signal, { bytesPerSecond, onProgress });
      await this.#run(new StoreCalls(this.#target, controller.signal), meter);
      this.#safeSinceMs = beganMs; // archive/lag-told
      this.#failureCount = 0;
      this.#error = undefined;
    } catch (error) {
      this.#onFailed(error);
      throw error;
    } finally {
      this.#ended.signal.removeEventListener('abort', end);
      signal?.removeEventListener('abort', end);
    }
  }

  async #run(store: StoreCalls, meter: Meter): Promise<void> {
    const session = (this.#session ??= this.#newSession());
    if (!this.#hasBegun) await session.begin(store, meter);
    this.#hasBegun = true;
    try {
      await session.ship(store, meter);
    } finally {
      this.#sequence = Math.max(this.#sequence, session.covered);
      this.#sequenceMs = Math.max(this.#sequenceMs, session.coveredMs);
    }
  }

  #newSession(): ArchiveSession {
    this.#hasBegun = false;
    return new ArchiveSession(this.#store, this.#database, this.#counts);
  }

  /** Keeps archive/outage-bounded. A session that did not begin, or whose logs are gone, is given up. */
  #onFailed(error: unknown): void {
    this.#failureCount++;
    this.#error = error;
    const session = this.#session;
    if (session === undefined) return;
    const isLost = error instanceof HistoryGoneError || !this.#hasBegun;
    if (!isLost && session.heldSizeBytes <= this.#settings.holdBytes) return;
    session.close();
    this.#session = undefined;
  }

  #schedule(): void {
    if (this.#closing !== undefined) return;
    const { intervalMs } = this.#settings;
    const delayMs =
      this.#failureCount === 0
        ? intervalMs
        : Math.max(intervalMs, Math.min(RETRY_MS_MAX, intervalMs * 2 ** this.#failureCount));
    this.#timer = this.#store.clock.schedule(delayMs, () => {
      if (this.#closing !== undefined) return;
      void this.ship().then(
        () => this.#schedule(),
        (error: unknown) => {
          if (!isEnd(error)) this.#schedule();
        },
      );
    });
  }
}

/** Errors after which there is nothing more to ship. */
function isEnd(error: unknown): boolean {
  return error instanceof ClosedError || error instanceof AbortedError;
}
