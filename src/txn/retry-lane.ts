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
 *   L3. A signal ends a wait at once. After `close` nobody waits, and nobody gets the ticket.
 *   L4. A timer runs only while somebody waits.
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
  /** In the order in which they came. */
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
    this.#timer?.cancel(); // L4
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
