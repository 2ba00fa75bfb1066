/**
 * How a background thread shares the processor with the event loop.
 *
 * Owns: the priority that it gives itself. On few cores a compaction otherwise keeps the event loop waiting for a
 * time slice again and again, some 10 ms each (docs/performance.md, the event loop); while no other thread runs it
 * loses nothing.
 */
import { setPriority } from 'node:os';
import { platform } from 'node:process';

/** About a tenth of the share of a thread at 0, where both want to run. */
export const BACKGROUND_NICENESS = 10;

/**
 * Lowers the priority of the calling thread. Only on Linux, where a thread has one of its own: elsewhere it would be the
 * whole process.
 */
export function lowerThreadPriority(): void {
  if (platform !== 'linux') return;
  try {
    setPriority(0, BACKGROUND_NICENESS);
  } catch {
    // A sandbox may forbid it; the work is the same.
  }
}
