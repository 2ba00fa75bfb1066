/**
 * Runs one TypeScript program of this repository on any supported Node: `node scripts/run-ts.mjs bench/x.ts [args]`.
 *
 * For bench/ and crash-tests/, which import '../src/....ts' and are type-checked like that, and for examples/, which
 * import 'varve'. Their own files are bundled into node_modules/.cache; imports of src and of the package are sent to
 * dist, so that what is measured and crashed is the build that users get, with its worker files in place. Build first:
 * `make build`.
 *
 * - The program runs in this process: its pid, signals and node flags (`node --expose-gc scripts/run-ts.mjs ...`) are
 *   what they seem.
 * - process.argv[1] is the bundle, named by its content and never rewritten. To start a copy of the program as a
 *   child, spawn [process.argv[1], ...args]; it is not bundled again.
 * - import.meta.url is the address of the TypeScript file, so that test data is found beside it.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build, stop } from 'esbuild';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const sources = join(root, 'src') + sep;

const toBuiltPackage = {
  name: 'to-built-package',
  setup(bundle) {
    bundle.onResolve({ filter: /^varve$/ }, () => ({
      path: pathToFileURL(join(root, 'dist', 'index.js')).href,
      external: true,
    }));
    bundle.onResolve({ filter: /^\.\.?\// }, ({ path, resolveDir }) => {
      const file = resolve(resolveDir, path);
      if (!file.startsWith(sources)) return undefined;
      const built = join(root, 'dist', relative(sources, file).replace(/\.ts$/, '.js'));
      if (!existsSync(built))
        return { errors: [{ text: `${built} is not built: run make build` }] };
      return { path: pathToFileURL(built).href, external: true };
    });
    bundle.onLoad({ filter: /\.ts$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8');
      const address = JSON.stringify(pathToFileURL(path).href);
      return { contents: text.replaceAll('import.meta.url', address), loader: 'ts' };
    });
  },
};

/** Bundles the program and returns the path of the bundle. */
async function bundleProgram(entry) {
  const folder = join(root, 'node_modules', '.cache', 'varve-run');
  const name = basename(entry, '.ts');
  const result = await build({
    entryPoints: [entry],
    outfile: join(folder, `${name}.mjs`),
    bundle: true,
    write: false,
    platform: 'node',
    format: 'esm',
    target: 'node20.15',
    packages: 'external',
    sourcemap: 'inline',
    keepNames: true,
    plugins: [toBuiltPackage],
    logLevel: 'error',
  });
  await stop();
  const bytes = result.outputFiles[0].contents;
  const digest = createHash('sha256').update(bytes).digest('hex').slice(0, 16);
  const bundle = join(folder, `${name}-${digest}.mjs`);
  if (!existsSync(bundle)) {
    mkdirSync(folder, { recursive: true });
    const partial = `${bundle}.${process.pid}`;
    writeFileSync(partial, bytes);
    renameSync(partial, bundle);
  }
  return bundle;
}

const entry = process.argv[2];
if (entry === undefined) {
  console.error('usage: node scripts/run-ts.mjs <file.ts> [arguments]');
  process.exit(2);
}
const bundle = await bundleProgram(resolve(entry)).catch(() => process.exit(1)); // esbuild has said why
process.argv.splice(1, 2, bundle);
process.setSourceMapsEnabled(true);
await import(pathToFileURL(bundle).href);
