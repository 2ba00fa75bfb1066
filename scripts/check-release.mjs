/**
 * What must hold before a version is published: package.json says where the project lives, and the changelog has the version.
 *
 * `npm publish` runs it. The other steps of a release are in docs/releasing.md.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const PLACEHOLDER = /github\.com\/OWNER\//;

/** What is missing, as sentences. */
export function missingForRelease(manifest, changelog) {
  const missing = [];
  const addresses = [manifest.repository?.url, manifest.bugs, manifest.homepage];
  if (addresses.some((address) => typeof address !== 'string' || PLACEHOLDER.test(address))) {
    missing.push('package.json: put the address of the repository for OWNER');
  }
  const dated = changelog
    .split('\n')
    .some((line) => line.startsWith(`## ${manifest.version}, `) && /\d{4}-\d\d-\d\d$/.test(line));
  if (!dated) {
    missing.push(`CHANGELOG.md: begin with "## ${manifest.version}, year-month-day"`);
  }
  return missing;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const missing = missingForRelease(manifest, readFileSync(join(ROOT, 'CHANGELOG.md'), 'utf8'));
  for (const sentence of missing) console.error(sentence);
  process.exitCode = missing.length === 0 ? 0 : 1;
}
