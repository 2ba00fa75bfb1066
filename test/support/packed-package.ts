/**
 * The package as it is published, laid into a directory where there is nothing else.
 *
 * Owns: that directory's content: the files that npm would pack, and links to the packages that are not in the bundles.
 *
 * Suspension: every function here is synchronous.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, realpathSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { builtFile } from './built.ts';

export const ROOT: string = fileURLToPath(new URL('../../', import.meta.url));
/** The packages that are not in the bundles, with what they need. */
export const OUTSIDE: readonly string[] = [
  'snappy',
  '@napi-rs',
  'commander',
  'cli-progress',
  'string-width',
];

/** What `varve/level` stands on: the package that the program installs, with what it needs. */
export const LEVEL_PACKAGES: readonly string[] = [
  'abstract-level',
  'base64-js',
  'buffer',
  'ieee754',
  'is-buffer',
  'level-supports',
  'level-transcoder',
  'maybe-combine-errors',
  'module-error',
];

interface Packed {
  readonly files: readonly { readonly path: string }[];
}

/** Returns the directory; the caller removes it. */
export function layPackage(outside: readonly string[] = OUTSIDE): string {
  builtFile('index.js'); // refuses a stale build
  const place = realpathSync(mkdtempSync(join(tmpdir(), 'varve-package-')));
  // Without scripts: the build would replace the dist that other tests run from.
  const args = ['pack', '--dry-run', '--json', '--ignore-scripts'];
  const report = execFileSync('npm', args, { cwd: ROOT, encoding: 'utf8', stdio: 'pipe' });
  const [packed] = JSON.parse(report) as [Packed];
  const modules = join(place, 'node_modules');
  for (const { path } of packed.files) {
    const target = join(modules, 'varve', path);
    mkdirSync(dirname(target), { recursive: true });
    cpSync(join(ROOT, path), target);
  }
  for (const name of outside) symlinkSync(join(ROOT, 'node_modules', name), join(modules, name));
  return place;
}
