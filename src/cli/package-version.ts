/**
 * The version of this package.
 *
 * Owns: where package.json lies seen from here, which is the same from src/cli and from dist/cli.
 */
import { readFileSync } from 'node:fs';

export function packageVersion(): string {
  const place = new URL('../../package.json', import.meta.url);
  const manifest: unknown = JSON.parse(readFileSync(place, 'utf8'));
  const version: unknown =
    typeof manifest === 'object' && manifest !== null ? Reflect.get(manifest, 'version') : '';
  return String(version);
}
