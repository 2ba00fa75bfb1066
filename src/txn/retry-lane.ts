/**
 * The retry lane: where transactions wait to run again.
 *
 * Owns: one ticket, handed from its holder to the next in line. A transaction runs optimistically first. After a conflict
 * it waits for the ticket, so that at most one retrier runs at a time, and competes only with first attempts.
 *
 * Invariants:
 *   retry-lane/one-holder: the ticket has at most one holder. A release hands it over directly, first come first served.
 *   retry-lane/bounded-wait: after `waitMaxMs` a waiter goes on without the ticket, merely optimistic again. Otherwise a
 *       holder that waits for the waiter would stop both. Example: a transaction started inside another's retry.
 *   retry-lane/ends-at-once: a signal ends a wait at once. `close` ends all waits, and no later call gets the ticket.
 *   retry-lane/timer-while-waiting: a timer runs only while a transaction waits.
 *
 * Suspension: only the promise of `acquire` is waited for; everything else is synchronous.
 */
import { abortedBy, whenAborted } from '../base/abort.ts';
import type { Clock, Timer } from '../base/clock.ts';
import { hold, letGo } from '../base/liveness.ts';

interface Waiter {
  readonly sinceMs: number;
  readonly admit: (hasTicket: boolean) => void;
  readonly refuse: (error: Error) => void;
}

export class RetryLane {
  readonly #clock: Clock;
  readonly #waitMaxMs: number;
  #isHeld = false;
  /** Waiters in the order in which they came. */
  readonly #waiters = new Set<Waiter>();
  #timer: Timer | undefined = undefined;
  #closedBy: Error | undefined = undefined;

  constructor(clock: Clock, waitMaxMs: number) {
    this.#clock = clock;
    this.#waitMaxMs = waitMaxMs;
  }

  get waiterCount(): number {
    return this.#waiters.size;
  }

  /**
   * Resolves true with the ticket, which must be released, or false after the longest wait. Rejects with AbortedError, or
   * with the error of `close`.
   */
  acquire(signal?: AbortSignal): Promise<boolean> {
    if (this.#closedBy !== undefined) return Promise.reject(this.#closedBy);
    if (signal?.aborted === true) {
      return Promise.reject(abortedBy(signal, 'Transaction was aborted'));
    }
    if (!this.#isHeld) {
      this.#isHeld = true;
      return Promise.resolve(true);
    }
    return new Promise((resolve, reject) => {
      const forget = whenAborted(signal, () =>
        waiter.refuse(abortedBy(signal, 'Transaction was aborted')),
      );
      const leave = (): void => {
        letGo();
        this.#leave(waiter);
        forget();
      };
      const waiter = {
        sinceMs: this.#clock.nowMs(),
        admit: (hasTicket: boolean) => {
          leave();
          resolve(hasTicket);
        },
        refuse: (error: Error) => {
          leave();
          reject(error);
        },
      };
      hold();
      this.#waiters.add(waiter);
      this.#watch();
    });
  }

  release(): void {
    const next = this.#first;
    if (next === undefined) this.#isHeld = false;
    else next.admit(true);
  }

  /** Every wait, now and later, ends with this error. */
  close(error: Error): void {
    this.#closedBy = error;
    for (const waiter of this.#waiters) waiter.refuse(error);
  }

  get #first(): Waiter | undefined {
    for (const waiter of this.#waiters) return waiter;
    return undefined;
  }

  #leave(waiter: Waiter): void {
    this.#waiters.delete(waiter);
    if (this.#waiters.size > 0) return;
    this.#timer?.cancel(); // retry-lane/timer-while-waiting
    this.#timer = undefined;
  }

  /** One timer for the whole line: the longest wait ends first. */
  #watch(): void {
    this.#timer ??= this.#clock.schedule(this.#waitMaxMs, () => {
      this.#timer = undefined;
      const dueMs = this.#clock.nowMs() - this.#waitMaxMs;
      for (const waiter of this.#waiters) {
        if (waiter.sinceMs > dueMs) break;
        waiter.admit(false);
      }
      if (this.#waiters.size > 0) this.#watch();
    });
  }
}
