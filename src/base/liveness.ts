/**
 * Keeps the process alive while a call waits.
 *
 * Owns: the one handle of the engine that does so. Node ends a process, with status 0, when nothing is left that
 * could call back: a promise alone does not count. No timer, worker or socket of the engine counts either, since the
 * engine has them while nothing is awaited. So a call that waits for one of them holds the process here until it
 * settles.
 *
 * Invariants:
 *   liveness/waiting-holds: while a call that has handed out its promise waits for anything but the operating system,
 *       the process is held. An operation on files keeps it by itself.
 *   liveness/idle-lets-go: when no such call waits, nothing of the engine keeps the process. Background work that
 *       runs then ends with the process, which leaves the same files as a kill: the next open removes them.
 *
 * The handle is made when this file is loaded, and never cleared: made by the first call that waits, it would keep that
 * call's asynchronous context for good.
 *
 * Suspension: everything here is synchronous, but for the promise that `keepingAlive` passes on.
 */
import { startInterval } from './scheduling.ts';

/** The longest that timers know: 25 days. Then it fires, does nothing, and goes on. */
const INTERVAL_MS = 2 ** 31 - 1;

const handle = startInterval(() => undefined, INTERVAL_MS).unref();
let holdCount = 0;

/** True while a call waits. */
export function isHeld(): boolean {
  return holdCount > 0;
}

/** A call waits; `letGo` is owed once, when it settles. */
export function hold(): void {
  if (holdCount++ === 0) handle.ref();
}

export function letGo(): void {
  if (--holdCount === 0) handle.unref();
}

/** Runs `call` and holds the process until it settles. */
export async function keepingAlive<T>(call: () => Promise<T>): Promise<T> {
  hold();
  try {
    return await call();
  } finally {
    letGo();
  }
}
