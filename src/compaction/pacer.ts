/**
 * How long a job may keep its thread.
 *
 * Owns: when a job stops to let others run, and when it finds out that it was cancelled.
 *
 * Inline, a job shares the thread of the application: it gives it back after half a millisecond or 250 entries, which
 * keeps the 99th percentile of the event loop under 5 ms. In the worker the thread is its own. It pauses every few
 * milliseconds only to let a flush in: writers wait for a flush, and not for a compaction.
 *
 * Invariants:
 *   pacer/notices-a-cancel: a cancelled job notices within CHECK_ENTRY_COUNT entries or CHECK_SIZE_BYTES bytes, by
 *       AbortedError.
 *
 * Suspension: only `pause` suspends. `tick` is called for every entry and is a few additions.
 */
import { type Clock, nextTurn } from '../base/clock.ts';
import { AbortedError } from '../base/errors.ts';

const CHECK_ENTRY_COUNT = 32;
const CHECK_SIZE_BYTES = 64 * 1024;

export interface Pace {
  readonly sliceMs: number;
  readonly sliceEntryCount: number;
}

export const INLINE_PACE: Pace = { sliceMs: 0.5, sliceEntryCount: 250 };
export const WORKER_PACE: Pace = { sliceMs: 5, sliceEntryCount: Infinity };

export interface PacerOptions {
  readonly clock: Clock;
  readonly pace: Pace;
  /** Becomes nonzero when the job is to stop. */
  readonly cancellation: Int32Array | undefined;
  /** The jobs that have to finish first, asked at every pause. */
  readonly moreUrgent?: (() => Promise<unknown> | undefined) | undefined;
  /** How the event loop is let turn; `nextTurn` unless the job runs behind a program that may end meanwhile. */
  readonly turn?: () => Promise<void>;
}

export class Pacer {
  readonly #clock: Clock;
  readonly #pace: Pace;
  readonly #cancellation: Int32Array | undefined;
  readonly #moreUrgent: () => Promise<unknown> | undefined;
  readonly #turn: () => Promise<void>;
  #sliceStartMs: number;
  #sliceEntryCount = 0;
  #entryCount = 0;
  #sizeBytes = 0;

  constructor(options: PacerOptions) {
    this.#clock = options.clock;
    this.#pace = options.pace;
    this.#cancellation = options.cancellation;
    this.#moreUrgent = options.moreUrgent ?? (() => undefined);
    this.#turn = options.turn ?? nextTurn;
    this.#sliceStartMs = options.clock.nowMs();
  }

  /** One more entry of this size is done. True when the job is to `pause` before the next. Throws AbortedError. */
  tick(sizeBytes: number): boolean {
    this.#entryCount++;
    this.#sizeBytes += sizeBytes;
    if (this.#entryCount < CHECK_ENTRY_COUNT && this.#sizeBytes < CHECK_SIZE_BYTES) return false;
    this.#sliceEntryCount += this.#entryCount;
    this.#entryCount = 0;
    this.#sizeBytes = 0;
    this.checkCancelled();
    if (this.#sliceEntryCount >= this.#pace.sliceEntryCount) return true;
    return this.#clock.nowMs() - this.#sliceStartMs >= this.#pace.sliceMs;
  }

  /** Lets the event loop turn. Throws AbortedError. */
  async pause(): Promise<void> {
    await this.#turn();
    const urgent = this.#moreUrgent();
    if (urgent !== undefined) await urgent;
    this.checkCancelled();
    this.#sliceStartMs = this.#clock.nowMs();
    this.#sliceEntryCount = 0;
  }

  /** Throws AbortedError when the job was cancelled. */
  checkCancelled(): void {
    if (this.#cancellation !== undefined && Atomics.load(this.#cancellation, 0) !== 0) {
      throw new AbortedError('Background job was cancelled');
    }
  }
}
