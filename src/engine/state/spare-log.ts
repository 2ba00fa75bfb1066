/**
 * The log for the next memtable, made ahead so that a rotation waits for no disk.
 *
 * Owns: making it, the rest after a shortage, and the empty logs that the edit of the first one drops.
 *
 * The first log is made when a commit, or a flush, wants one: an open that only reads makes no file and no edit
 * (engine/reads-change-nothing).
 *
 * Suspension: `prepare` starts what suspends; `settled` resolves when that has ended.
 */
import { assert } from '../../base/assert.ts';
import type { Clock } from '../../base/clock.ts';
import type { FileNumber } from '../../base/ids.ts';
import { type Shortage, shortageOf, ShortageRetry } from '../../base/shortage.ts';
import type { LogWriter } from '../../log/log-writer.ts';
import { createNamedLog, type LogPlace } from './named-log.ts';

/** A log is small, and every commit waits for it. */
const RETRY_MS_MAX = 1000;

/** What it needs of the database around it. */
export interface SpareLogHost {
  /** True when no log is to be made any more. */
  isOver(): boolean;
  /** How many have ever joined those that wait (JoinOrder). */
  joinedCount(): number;
  /** True while a commit or a flush waits. */
  isAwaited(): boolean;
  onMade(): void;
  /** A shortage lasts: those that joined before the try are refused. */
  refuseJoined(joinedCount: number, shortage: Shortage, error: unknown): void;
  onFailed(error: unknown): void;
  /** The file of this log is not needed any more. */
  isObsolete(number: FileNumber): void;
  /** The same, and it never held anything. */
  isUnused(number: FileNumber): void;
}

export interface SpareLogParts extends LogPlace {
  readonly clock: Clock;
  /** Logs that hold nothing which is not in tables: the edit that names the first new log drops them. */
  readonly emptyLogs: readonly FileNumber[];
  /** Those of them that stay for the history. */
  readonly keptLogs: readonly FileNumber[];
}

export class SpareLog {
  readonly #parts: SpareLogParts;
  readonly #host: SpareLogHost;
  readonly #retry: ShortageRetry;
  #log: LogWriter | undefined = undefined;
  #emptyLogs: readonly FileNumber[];
  #isPreparing = false;
  /** True between a failure in a shortage and the next try. */
  #isResting = false;
  #prepared: Promise<void> = Promise.resolve();

  constructor(parts: SpareLogParts, host: SpareLogHost) {
    this.#parts = parts;
    this.#host = host;
    this.#emptyLogs = parts.emptyLogs;
    this.#retry = new ShortageRetry(parts.clock, RETRY_MS_MAX);
  }

  get isMade(): boolean {
    return this.#log !== undefined;
  }

  /** Resolves when no log is being made. */
  get settled(): Promise<void> {
    return this.#prepared;
  }

  /** Hands the log over, and makes the next one. */
  take(): LogWriter {
    const log = this.#log;
    assert(log !== undefined, 'a log is taken when it was made');
    this.#log = undefined;
    this.prepare();
    return log;
  }

  /** Makes a log, if there is none. */
  prepare(): void {
    if (this.#log !== undefined || this.#isPreparing || this.#isResting) return;
    if (this.#host.isOver()) return;
    this.#isPreparing = true;
    const joinedCount = this.#host.joinedCount(); // one that asks for the log has joined before
    this.#prepared = this.#create()
      .then(
        (log) => {
          this.#isPreparing = false;
          this.#log = log;
          this.#retry.succeeded();
          this.#host.onMade();
        },
        (error: unknown) => this.#onRefused(error, joinedCount),
      )
      .catch((error: unknown) => this.#host.onFailed(error)); // a promise that nothing awaits before the end
  }

  /** Gives back the zeros of a log without a frame: the next open drops it. Throws IoError. */
  trim(): void {
    this.#log?.trim();
  }

  close(): void {
    this.#log?.close();
  }

  async #create(): Promise<LogWriter> {
    const { versions } = this.#parts;
    const removedLogs = this.#emptyLogs;
    const keptLogs = removedLogs.length > 0 ? this.#parts.keptLogs : [];
    const number = versions.newFileNumber();
    try {
      const log = await createNamedLog(this.#parts, number, { removedLogs, keptLogs });
      this.#emptyLogs = [];
      for (const empty of removedLogs) {
        if (!keptLogs.includes(empty)) this.#host.isObsolete(empty);
      }
      return log;
    } catch (error) {
      // After a failed sync the manifest may name the log all the same: then only the next open can tell.
      if (versions.failure === undefined) this.#host.isUnused(number);
      throw error;
    }
  }

  #onRefused(error: unknown, joinedCount: number): void {
    this.#isPreparing = false;
    const shortage = shortageOf(error);
    if (shortage === undefined || this.#parts.versions.failure !== undefined) {
      this.#host.onFailed(error);
      return;
    }
    const { delayMs, isHeld } = this.#retry.failed(shortage);
    this.#isResting = true; // a refusal may let a later commit ask for the log
    if (this.#host.isAwaited() && !isHeld) this.#host.refuseJoined(joinedCount, shortage, error);
    this.#parts.clock.schedule(delayMs, () => {
      this.#isResting = false;
      this.prepare();
    });
  }
}
