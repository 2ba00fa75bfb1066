/**
 * The scratch folder: where benchmarks make their databases.
 *
 * Owns: the choice of the place: below `VARVE_BENCH_DIR`, or the system's directory for temporary files, which may be
 * in memory and then says nothing about durability.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A new directory, which the caller removes. `purpose` is part of its name. */
export function makeScratch(purpose: string): string {
  return mkdtempSync(join(process.env['VARVE_BENCH_DIR'] ?? tmpdir(), `varve-${purpose}-`));
}

/** Does the work in a new directory, and removes that with all that is in it. */
export async function inScratch<T>(
  purpose: string,
  work: (directory: string) => Promise<T> | T,
): Promise<T> {
  const directory = makeScratch(purpose);
  try {
    return await work(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
