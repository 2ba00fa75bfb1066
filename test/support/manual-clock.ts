/**
 * A clock that stands still until a test moves it, or lets each look at it take a little.
 *
 * Owns: the time of a simulated run and the timers waiting for it.
 *
 * Invariants:
 *   M1. Timers fire only inside `advance`, in the order in which they are due, equal ones in the
 *       order of their scheduling.
 *
 * Suspension: everything here is synchronous.
 */
import { type Clock, type Timer } from '../../src/base/clock.ts';

/** Some day in 2023. */
const WALL_START_MS = 1_700_000_000_000;

interface PendingTimer {
  readonly dueMs: number;
  readonly callback: () => void;
}

export class ManualClock implements Clock {
  #nowMs = 0;
  #idleMs = 0;
  /** While true, `loopIdleMs` tells that the event loop only waits. */
  isLoopIdle = false;
  /** Milliseconds that each look at the clock takes. Above 0, everything takes some time. No timer falls due by it. */
  tickMs = 0;
  /** The error of the system's clock: it may be set to anything, at any time. */
  wallErrorMs = 0;
  #timers: PendingTimer[] = [];

  get timerCount(): number {
    return this.#timers.length;
  }

  nowMs(): number {
    this.#pass(this.tickMs);
    return this.#nowMs;
  }

  wallMs(): number {
    return WALL_START_MS + this.#nowMs + this.wallErrorMs;
  }

  loopIdleMs(): number {
    return this.#idleMs;
  }

  schedule(delayMs: number, callback: () => void): Timer {
    const timer = { dueMs: this.#nowMs + delayMs, callback };
    this.#timers.push(timer);
    return {
      cancel: () => {
        this.#timers = this.#timers.filter((other) => other !== timer);
      },
    };
  }

  /** Lets time pass; what falls due meanwhile, timers of timers included, is called. */
  advance(ms: number): void {
    const endMs = this.#nowMs + ms;
    for (;;) {
      let next: PendingTimer | undefined;
      for (const timer of this.#timers) {
        if (timer.dueMs <= endMs && (next === undefined || timer.dueMs < next.dueMs)) next = timer;
      }
      if (next === undefined) break;
      const due = next;
      this.#timers = this.#timers.filter((other) => other !== due);
      this.#pass(due.dueMs - this.#nowMs);
      due.callback();
    }
    this.#pass(endMs - this.#nowMs);
  }

  #pass(ms: number): void {
    const passedMs = Math.max(0, ms);
    this.#nowMs += passedMs;
    if (this.isLoopIdle) this.#idleMs += passedMs;
  }
}
