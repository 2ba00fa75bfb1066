/**
 * The extent of a run: how much of a long proof it tries.
 *
 * Owns: the three extents, and which of a proof's numbered cases belong to a run.
 *
 *      all       every case; the variable of the proof is `all`, as `make prove` sets it
 *      sample    the first case and a seeded share of the rest: `make test`, and so CI
 *      quick     the same with a smaller share: `make quick` (vitest.config.mjs sets VARVE_QUICK)
 *
 * Suspension: every function here is synchronous.
 */
import process from 'node:process';
import { makeRandom } from './prng.ts';

export type Extent = 'all' | 'sample' | 'quick';

export function extentOf(variable: string): Extent {
  if (process.env[variable] === 'all') return 'all';
  return process.env['VARVE_QUICK'] === '1' ? 'quick' : 'sample';
}

/** The number for this run, of one for each extent. */
export function byExtent<T>(variable: string, values: Readonly<Record<Extent, T>>): T {
  return values[extentOf(variable)];
}

/** Tells of each case, asked in their order from 1 on, whether this run tries it. Equal seeds draw equal cases. */
export function drawCases(
  variable: string,
  seed: number,
  shares: { readonly sample: number; readonly quick: number },
): (nth: number) => boolean {
  const share = byExtent(variable, { all: 1, ...shares });
  const random = makeRandom(seed);
  return (nth) => nth === 1 || random.chance(share);
}
