/**
 * Files of the build, for tests that run what users run.
 *
 * Owns: the refusal of a build that was made from other sources: such a test would pass or fail for what is no more.
 *
 * Suspension: every function here is synchronous.
 */
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const DIST = fileURLToPath(new URL('../../dist/', import.meta.url));

/** The path of a file in dist. Throws when dist is stale (vitest.config.mjs finds out). */
export function builtFile(name: string): string {
  const complaint = process.env['VARVE_STALE_BUILD'];
  if (complaint !== '') throw new Error(complaint ?? 'VARVE_STALE_BUILD is not set');
  return join(DIST, name);
}
