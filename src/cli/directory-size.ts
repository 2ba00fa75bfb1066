/**
 * The size of a database on disk.
 *
 * Owns: counting files that may vanish meanwhile, since compaction removes obsolete files.
 */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Bytes of the files in a directory. */
export function directorySize(directory: string): number {
  return readdirSync(directory).reduce((sum, name) => {
    const stats = statSync(join(directory, name), { throwIfNoEntry: false });
    return sum + (stats !== undefined && stats.isFile() ? stats.size : 0);
  }, 0);
}
