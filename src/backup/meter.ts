/**
 * What a call on a store of backups counts and waits for.
 *
 * Owns: its progress, its rate limit, and the check whether it must end. Bytes pass through here.
 *
 * Invariants:
 *   meter/within-the-rate: over any stretch from the first byte on, no more bytes have passed than the rate allows for the
 *       time, and one chunk. Example: at 1 MB/s, ten seconds after the start at most 10 MB and a chunk have.
 *   meter/listener-harmless: what a listener throws becomes a process warning. The call goes on.
 *
 * Suspension: `pass` suspends while the rate says so.
 */
import { abortedBy, whenAborted } from '../base/abort.ts';
import type { Clock } from '../base/clock.ts';
import { InvalidArgumentError } from '../base/errors.ts';
import { callListener } from '../base/listeners.ts';
import { describe } from '../base/describe.ts';
import { checkInteger } from '../base/options.ts';

/** How far a call has come. */
export interface BackupProgress {
  /** What it is at: reading what is there, moving bytes, or checking them. */
  readonly phase: 'looking' | 'moving' | 'checking';
  /** Files that are done. */
  readonly filesDone: number;
  /** Files of this phase. */
  readonly files: number;
  /** Bytes that are done; those that need not be moved are done at once. */
  readonly bytesDone: number;
  /** Bytes of these files. */
  readonly bytes: number;
}

/** Hears how far a call has come. */
export type ProgressListener = (progress: BackupProgress) => void;

/** Options that calls on a store share. */
export interface MeterOptions {
  readonly onProgress?: unknown;
  readonly bytesPerSecond?: unknown;
}

/** The least rate: a chunk is at most 256 KiB, so that a call always gets on within seconds. */
const RATE_MIN = 1024;

export class Meter {
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly #onProgress: ProgressListener | undefined;
  readonly #bytesPerSecond: number;
  #startMs: number | undefined = undefined;
  #passedBytes = 0;
  #progress: BackupProgress = { phase: 'looking', filesDone: 0, files: 0, bytesDone: 0, bytes: 0 };

  /** Throws InvalidArgumentError for a bad option. */
  constructor(
    clock: Clock,
    signal: AbortSignal,
    { onProgress, bytesPerSecond }: MeterOptions = {},
  ) {
    if (onProgress !== undefined && typeof onProgress !== 'function') {
      throw new InvalidArgumentError(
        `Option onProgress must be a function: found=${describe(onProgress)}`,
      );
    }
    this.clock = clock;
    this.signal = signal;
    this.#onProgress = onProgress as ProgressListener | undefined;
    this.#bytesPerSecond =
      bytesPerSecond === undefined
        ? Infinity
        : checkInteger('bytesPerSecond', bytesPerSecond, RATE_MIN, Number.MAX_SAFE_INTEGER);
  }

  check(): void {
    if (this.signal.aborted) throw abortedBy(this.signal, 'Backup was aborted');
  }

  begin(phase: BackupProgress['phase'], files: number, bytes: number): void {
    this.#progress = { phase, files, filesDone: 0, bytes, bytesDone: 0 };
    this.#tell();
  }

  /** Bytes were dealt with, or need not be. */
  done(bytes: number, files = 0): void {
    const { bytesDone, filesDone, ...rest } = this.#progress;
    this.#progress = { ...rest, bytesDone: bytesDone + bytes, filesDone: filesDone + files };
    this.#tell();
  }

  /** Bytes are about to be moved: waits until the rate allows it (meter/within-the-rate). */
  async pass(bytes: number): Promise<void> {
    this.check();
    const nowMs = this.clock.nowMs();
    const startMs = (this.#startMs ??= nowMs);
    const dueMs = startMs + (this.#passedBytes / this.#bytesPerSecond) * 1000;
    this.#passedBytes += bytes;
    if (dueMs > nowMs) await this.wait(dueMs - nowMs);
  }

  /** Resolves after the time, or rejects when the call must end. */
  async wait(delayMs: number): Promise<void> {
    this.check();
    await new Promise<void>((resolve) => {
      const timer = this.clock.schedule(delayMs, () => {
        unlisten();
        resolve();
      });
      const unlisten = whenAborted(this.signal, () => {
        timer.cancel();
        resolve();
      });
    });
    this.check();
  }

  #tell(): void {
    const { bytesDone, bytes } = this.#progress;
    const progress = { ...this.#progress, bytesDone: Math.min(bytesDone, bytes) };
    if (this.#onProgress !== undefined) {
      callListener('onProgress', () => this.#onProgress?.(progress));
    }
  }
}
