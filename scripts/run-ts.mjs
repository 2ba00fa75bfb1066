/**
 * Runs one TypeScript program of this repository on any supported Node: `node scripts/run-ts.mjs bench/x.ts [args]`.
 *
 * For bench/ and crash-tests/, which import '../src/....ts' and are type-checked like that, and for examples/, which
 * import 'varve'. The program and what it imports of src are bundled into node_modules/.cache, by the settings of the
 * build (bundling.mjs), the worker thread among it; all else is what users get, in dist: the package by its name, the
 * process that the bank kills. So build first: `make build`. A build of other sources is refused: it would be a second
 * engine.
 *
 * - The program runs in this process: its pid, signals and node flags (`node --expose-gc scripts/run-ts.mjs ...`) are
 *   what they seem.
 * - process.argv[1] is the bundle, named by its content and never rewritten. To start a copy of the program as a
 *   child, spawn [process.argv[1], ...args]; it is not bundled again.
 * - import.meta.url is the address of the TypeScript file, so that test data is found beside it; in modules of src the
 *   one that they have in dist.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import {
  bundleModules,
  embedJobWorker,
  embedStudioPage,
  root,
  sourcePlaces,
  staleBuild,
  withAddresses,
} from './bundling.mjs';

const dist = join(root, 'dist');

const builtPackage = {
  name: 'built-package',
  resolveId(id) {
    const found = /^varve(?:\/(\w+))?$/.exec(id);
    if (found === null) return undefined;
    const [, entry = 'index'] = found;
    return { id: pathToFileURL(join(dist, `${entry}.js`)).href, external: true };
  },
};
const placesInDist = sourcePlaces((place) => JSON.stringify(pathToFileURL(join(dist, place)).href));
const ownPlaces = withAddresses((path) => JSON.stringify(pathToFileURL(path).href));

function assertBuilt() {
  const complaint = staleBuild();
  if (complaint === undefined) return;
  console.error(complaint);
  process.exit(1);
}

/** Bundles the program and returns the path of the bundle. */
async function bundleProgram(entry) {
  const folder = join(root, 'node_modules', '.cache', 'varve-run');
  const name = basename(entry, '.ts');
  const [{ code }] = await bundleModules({
    input: { [name]: entry },
    format: 'esm',
    sourcemap: 'inline',
    plugins: [builtPackage, embedJobWorker(), embedStudioPage(), placesInDist, ownPlaces],
  });
  const digest = createHash('sha256').update(code).digest('hex').slice(0, 16);
  const bundle = join(folder, `${name}-${digest}.mjs`);
  if (!existsSync(bundle)) {
    mkdirSync(folder, { recursive: true });
    const partial = `${bundle}.${process.pid}`;
    writeFileSync(partial, code);
    renameSync(partial, bundle);
  }
  return bundle;
}

const entry = process.argv[2];
if (entry === undefined) {
  console.error('usage: node scripts/run-ts.mjs <file.ts> [arguments]');
  process.exit(2);
}
assertBuilt();
const bundle = await bundleProgram(resolve(entry));
process.argv.splice(1, 2, bundle);
process.setSourceMapsEnabled(true);
await import(pathToFileURL(bundle).href);
