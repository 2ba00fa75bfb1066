/**
 * The only clock and timers of the engine.
 *
 * Owns: the time and the timers, which are injected so that a test controls both.
 */
import { isHeld } from './liveness.ts';
import {
  afterTurn,
  idleMs,
  monotonicMs,
  startTimeout,
  stopImmediate,
  stopTimeout,
  systemMs,
} from './scheduling.ts';

/** A call that is due later. */
export interface Timer {
  /** The callback is not called any more. Idempotent. */
  cancel(): void;
}

/** Time and timers, as a test may replace them. */
export interface Clock {
  /** Milliseconds that never go back; only differences mean anything. */
  nowMs(): number;
  /** Milliseconds since 1970 as the system tells them; may be set back. */
  wallMs(): number;
  /**
   * Milliseconds for which the event loop has had nothing to do but wait; only differences mean anything. A clock
   * that cannot tell has no such method, or answers 0 each time.
   */
  loopIdleMs?(): number;
  /**
   * Calls back once after at least `delayMs`. The timer keeps no process alive: a call that waits for it does
   * (liveness.ts).
   */
  schedule(delayMs: number, callback: () => void): Timer;
}

export const systemClock: Clock = {
  nowMs: monotonicMs,
  wallMs: systemMs,
  loopIdleMs: idleMs,
  schedule(delayMs, callback) {
    const timeout = startTimeout(callback, delayMs).unref();
    return { cancel: () => stopTimeout(timeout) };
  },
};

/** Lets the event loop run once. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => afterTurn(resolve));
}

/**
 * The same for work in the background, which keeps no process alive while no call waits (liveness/idle-lets-go). An
 * immediate that keeps none does not wake a loop that only waits; a timer does, a millisecond later.
 */
export function backgroundTurn(): Promise<void> {
  if (isHeld()) return nextTurn();
  return new Promise((resolve) => {
    const immediate = afterTurn(() => {
      stopTimeout(timeout);
      resolve();
    }).unref();
    const timeout = startTimeout(() => {
      stopImmediate(immediate);
      resolve();
    }, 1).unref();
  });
}
