/**
 * Calling code of the caller's that only listens.
 *
 * Owns: the guard around a listener. What it throws, or rejects with, becomes a process warning.
 *
 * Suspension: everything here is synchronous.
 */
import process from 'node:process';
import { textOf } from './describe.ts';

/** Calls `deliver`, which calls a listener of what is named. Never throws. */
export function callListener(name: string, deliver: () => unknown): void {
  try {
    const returned = deliver();
    if (typeof returned !== 'object' && typeof returned !== 'function') return;
    // A promise, or what passes for one: asked only inside the promise machinery, which catches all that it throws.
    void new Promise((resolve) => resolve(returned)).then(undefined, (reason: unknown) =>
      warn(`A varve listener of '${name}' rejected: ${textOf(reason)}`),
    );
  } catch (error) {
    warn(`A varve listener of '${name}' threw: ${textOf(error)}`);
  }
}

/** The program may have replaced this too. */
function warn(message: string): void {
  try {
    process.emitWarning(message);
  } catch {
    // Then no one is to be warned.
  }
}
