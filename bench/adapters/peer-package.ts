/**
 * Loading the engines that are compared with, from bench/node_modules.
 *
 * Owns: where they lie. They are no dependencies of the package, the compiler does not know their types, and any of
 * them may be missing. So each adapter declares the calls that it uses.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const requirePeer = createRequire(new URL('../package.json', import.meta.url));

/** Throws when the package is missing or its native part does not load. */
export function loadPeer<T>(name: string): T {
  return requirePeer(name) as T;
}

/** The installed version. Throws when the package is missing. */
export function versionOf(name: string): string {
  const path = fileURLToPath(new URL(`../node_modules/${name}/package.json`, import.meta.url));
  const { version } = JSON.parse(readFileSync(path, 'utf8')) as { version?: unknown };
  return String(version);
}
