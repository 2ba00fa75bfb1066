/**
 * The primitives of time and of the event loop, taken once.
 *
 * Owns: which functions of the runtime the engine counts and waits with. A test runner replaces the global ones while
 * a program runs (fake timers, jsdom). An engine that looked them up at each use would stop with the faked time. It
 * would then never acknowledge a commit.
 *
 * Invariants:
 *   scheduling/taken-once: every function is taken when this file is loaded, from Node's own modules where they have
 *       it.
 *   scheduling/genuine: a fake of sinon's kind (jest and vitest use it) that was installed earlier keeps what it
 *       replaced; that is taken instead.
 *
 * Limit: another kind of fake, installed before the engine is loaded, cannot be told from the real function.
 *
 * Suspension: nothing here suspends; callbacks run later.
 */
import { type EventLoopUtilization, performance } from 'node:perf_hooks';
import process from 'node:process';
import * as timers from 'node:timers';

export const startTimeout: typeof timers.setTimeout = genuine(timers, 'setTimeout');
export const stopTimeout: typeof timers.clearTimeout = genuine(timers, 'clearTimeout');
export const startInterval: typeof timers.setInterval = genuine(timers, 'setInterval');
export const stopInterval: typeof timers.clearInterval = genuine(timers, 'clearInterval');
export const afterTurn: typeof timers.setImmediate = genuine(timers, 'setImmediate');
export const stopImmediate: typeof timers.clearImmediate = genuine(timers, 'clearImmediate');
export const atNextTick: (callback: () => void) => void = genuine(process, 'nextTick');

const now = performance.now.bind(performance);
const wall = genuine(globalThis, 'Date').now;
const utilization = findUtilization();
const settled = Promise.resolve();

/** Calls back among the microtasks. The callback does not throw. No fake reaches a promise. */
export function inMicrotask(callback: () => void): void {
  void settled.then(callback);
}

/** Milliseconds that never go back; only differences mean anything. */
export function monotonicMs(): number {
  return now();
}

/** Milliseconds since 1970 as the system tells them; may be set back. */
export function systemMs(): number {
  return wall();
}

/** Milliseconds for which the event loop only waited; always 0 where the runtime does not tell. */
export function idleMs(): number {
  return utilization === undefined ? 0 : utilization().idle;
}

/** scheduling/genuine. */
function genuine<O extends object, N extends string & keyof O>(owner: O, name: N): O[N] {
  const found = owner[name];
  const fakeClock: unknown = typeof found === 'function' ? Reflect.get(found, 'clock') : undefined;
  if (typeof fakeClock !== 'object' || fakeClock === null) return found;
  const replaced: unknown = Reflect.get(fakeClock, `_${name}`);
  return typeof replaced === 'function' ? (replaced as O[N]) : found;
}

/** Bun and Deno have none, or one that throws or tells nothing. */
function findUtilization(): (() => EventLoopUtilization) | undefined {
  try {
    const found = performance.eventLoopUtilization.bind(performance);
    return Number.isFinite(found().idle) ? found : undefined;
  } catch {
    return undefined;
  }
}
