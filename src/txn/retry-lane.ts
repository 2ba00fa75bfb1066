/**
 * The lane that transactions retry in.
 *
 * Owns: one ticket, handed from holder to the next in line. A transaction runs optimistically first; after a conflict
 * it waits for the ticket, so that at most one retrier runs at a time and it only competes with first attempts.
 *
 * Invariants:
 *   L1. At most one holder. A release hands the ticket over directly, first come first served.
 *   L2. A wait is bounded: a holder that itself waits for the waiter (a transaction started inside another's retry)
 *       would stop both, so after `waitMaxMs` the waiter goes on without the ticket, merely optimistic again.
 */
import type { Clock } from '../base/clock.ts';
import { hold, letGo } from '../base/liveness.ts';

interface Waiter {
  readonly sinceMs: number;
  readonly admit: (hasTicket: boolean) => void;
}

export class RetryLane {
  readonly #clock: Clock;
  readonly #waitMaxMs: number;
  #isHeld = false;
  #waiters: Waiter[] = [];
  /** Index of the first waiter that still waits: shifting an array costs its length. */
  #firstIndex = 0;
  #isWatching = false;

  constructor(clock: Clock, waitMaxMs: number) {
    this.#clock = clock;
    this.#waitMaxMs = waitMaxMs;
  }

  get waiterCount(): number {
    return this.#waiters.length - this.#firstIndex;
  }

  /** Resolves true with the ticket, which must be released, or false after the longest wait. */
  acquire(): Promise<boolean> {
    if (!this.#isHeld) {
      this.#isHeld = true;
      return Promise.resolve(true);
    }
    return new Promise((resolve) => {
      const admit = (hasTicket: boolean): void => {
        letGo();
        resolve(hasTicket);
      };
      this.#waiters.push({ sinceMs: this.#clock.nowMs(), admit });
      hold();
      this.#watch();
    });
  }

  release(): void {
    const next = this.#takeFirst();
    if (next === undefined) this.#isHeld = false;
    else next.admit(true);
  }

  #takeFirst(): Waiter | undefined {
    const waiter = this.#waiters[this.#firstIndex];
    if (waiter === undefined) return undefined;
    this.#firstIndex++;
    if (this.#firstIndex > 64 && this.#firstIndex * 2 > this.#waiters.length) {
      this.#waiters = this.#waiters.slice(this.#firstIndex);
      this.#firstIndex = 0;
    }
    return waiter;
  }

  /** One timer for the whole line, since waiters leave in the order in which they came. */
  #watch(): void {
    if (this.#isWatching) return;
    this.#isWatching = true;
    this.#clock.schedule(this.#waitMaxMs, () => {
      this.#isWatching = false;
      const dueMs = this.#clock.nowMs() - this.#waitMaxMs;
      for (
        let first = this.#waiters[this.#firstIndex];
        first !== undefined && first.sinceMs <= dueMs;
        first = this.#waiters[this.#firstIndex]
      ) {
        this.#takeFirst();
        first.admit(false);
      }
      if (this.waiterCount > 0) this.#watch();
    });
  }
}
