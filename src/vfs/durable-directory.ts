/**
 * Directories that a power cut cannot take back.
 *
 * Owns: making a directory with its parents, each entry synced.
 *
 * Suspension: every function here is synchronous.
 */
import { dirname } from 'node:path';

import type { Vfs } from './vfs.ts';

/** Makes `directory` and its parents, and syncs their entries. Returns the outermost one made, undefined for none. */
export function makeDurableDirectory(vfs: Vfs, directory: string): string | undefined {
  const firstMade = vfs.makeDirectory(directory);
  if (firstMade === undefined) return undefined;
  for (let path = directory; ; path = dirname(path)) {
    vfs.syncDirectorySync(dirname(path));
    if (path === firstMade || dirname(path) === path) return firstMade;
  }
}
