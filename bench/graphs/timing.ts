/** Milliseconds of some work, and their median. */

export async function timed(work: () => unknown): Promise<number> {
  const startMs = performance.now();
  await work();
  return performance.now() - startMs;
}

export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >>> 1]!; // there is one
}
