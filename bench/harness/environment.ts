/**
 * The settings of a benchmark, from the environment, and its end by a signal.
 *
 * Owns: how a variable is read, and that nothing stays behind when the run is ended.
 */
import { constants } from 'node:os';

import { killRunning, removeDirectory } from './child.ts';

/** The parts of `name=a,b`; none when the variable is absent or empty. */
export function listOf(name: string): string[] {
  return (process.env[name] ?? '').split(',').filter((each) => each !== '');
}

/** Numbers above zero. Throws Error for any other part. */
export function positivesOf(name: string): number[] {
  return listOf(name).map((text) => {
    const value = Number(text);
    if (Number.isFinite(value) && value > 0) return value;
    throw new Error(`${name} must be a positive number: found=${text}`);
  });
}

export function positiveOf(name: string, fallback: number): number {
  return positivesOf(name)[0] ?? fallback;
}

/** As `positiveOf`, of whole numbers. */
export function countOf(name: string, fallback: number): number {
  const value = positiveOf(name, fallback);
  if (Number.isSafeInteger(value)) return value;
  throw new Error(`${name} must be a positive integer: found=${value}`);
}

/** A signal leaves no child and no database behind. `what` is kept of the run is printed. */
export function endOnSignals(root: string, what: () => string): void {
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(name, () => {
      killRunning();
      removeDirectory(root);
      console.log(`\nEnded by ${name}; ${what()}`);
      process.exit(128 + constants.signals[name]);
    });
  }
}
