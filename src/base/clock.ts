/**
 * The only clock and timers of the engine.
 *
 * Owns: what time it is and when to wake up, injected so that a test decides both.
 */

export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** Milliseconds that never go back; only differences mean anything. */
  nowMs(): number;
  /** Milliseconds since 1970 as the system tells them; may be set back. */
  wallMs(): number;
  /** Milliseconds for which the event loop has had nothing to do but wait; only differences mean anything. */
  loopIdleMs(): number;
  /** Calls back once after at least `delayMs`. The timer keeps no process alive. */
  schedule(delayMs: number, callback: () => void): Timer;
}

export const systemClock: Clock = {
  nowMs: () => performance.now(),
  wallMs: () => Date.now(),
  loopIdleMs: () => performance.eventLoopUtilization().idle,
  schedule(delayMs, callback) {
    const timeout = setTimeout(callback, delayMs);
    timeout.unref();
    return { cancel: () => clearTimeout(timeout) };
  },
};

/** Lets the event loop run once. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
