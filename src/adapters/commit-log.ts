/**
 * A log of commits, where an engine keeps none that streams can read.
 *
 * Owns: how much of it a stream reads at once, how often a stream looks by itself, and when a client cuts it. Every client
 * does so at intervals. One that finds another at it, or fails, goes on at the next interval: the log is longer for a while.
 *
 * Suspension: everything here is synchronous, but for what `LogUpkeep` is given.
 */
import { startTimeout, stopTimeout } from './time.ts';

/** Rows of a lot, and the bytes after which it ends. */
export const LOT_ROW_COUNT_MAX = 2000;
export const LOT_SIZE_BYTES_MAX: number = 4 * 1024 * 1024;
/** How often a stream looks for commits by itself: beside an engine that wakes it, and where none does. */
export const LOOK_MS = 5000;
export const LOOK_UNTOLD_MS = 200;
/** Commits are kept for the time that is asked for, and up to this part of it longer. */
export const HISTORY_PARTS = 4;

const PAUSE_MIN_MS = 1000;
const PAUSE_MAX_MS = 60_000;

/** Cuts a log at intervals, until it is closed. It keeps no process alive. */
export class LogUpkeep {
  readonly #pauseMs: number;
  readonly #cut: () => Promise<unknown>;
  #timeout: NodeJS.Timeout | undefined;
  #isClosed = false;

  /** `historyMs`: how long commits are kept. */
  constructor(historyMs: number, cut: () => Promise<unknown>) {
    this.#pauseMs = Math.min(Math.max(historyMs / HISTORY_PARTS, PAUSE_MIN_MS), PAUSE_MAX_MS);
    this.#cut = cut;
    this.#wait();
  }

  close(): void {
    this.#isClosed = true;
    stopTimeout(this.#timeout);
  }

  #wait(): void {
    if (this.#isClosed) return;
    this.#timeout = startTimeout(() => void this.#tend(), this.#pauseMs);
    this.#timeout.unref();
  }

  async #tend(): Promise<void> {
    try {
      await this.#cut();
    } catch {
      // The log is longer for a while: the next turn cuts more.
    }
    this.#wait();
  }
}
