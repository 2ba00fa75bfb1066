/**
 * How modules of src become bundles, for the build and for run-ts.
 *
 * Owns: the settings that both must share, the packages that are bundled, and the addresses that modules see.
 *
 * Not by esbuild, which makes `var` of each `const` and `class` of a module: V8 then loads them anew at each use, and
 * scans took 1.15 times as long.
 */
import { readFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
export const sources = join(root, 'src') + sep;

/** snappy is native code, and the command's packages are loaded by few. */
const EXTERNAL_PACKAGES = ['snappy', 'commander', 'cli-progress'];

/** Bundles modules; returns the files that come of them, none of which is written. One file for each entry, unless told. */
export async function bundleModules({ input, plugins, ...output }) {
  const bundle = await rolldown({
    input,
    plugins,
    cwd: root,
    platform: 'node',
    external: EXTERNAL_PACKAGES,
    transform: { target: 'node20.15' },
    logLevel: 'warn',
  });
  try {
    const result = await bundle.generate({ codeSplitting: false, sourcemap: true, ...output });
    return result.output;
  } finally {
    await bundle.close();
  }
}

/**
 * What a module of src is told about its place. In a bundle all modules share one address, and CommonJS has none: each
 * use of import.meta.url becomes the address in dist that the module would have by itself, so that
 * `new URL('./job-worker.js', import.meta.url)` finds the file. `addressOf` gets that place, relative to dist, and
 * returns the expression.
 */
export function sourcePlaces(addressOf) {
  return withAddresses((path) => {
    if (!path.startsWith(sources)) return undefined;
    return addressOf(relative(sources, path).split(sep).join('/').replace(/\.ts$/, '.js'));
  });
}

/** Puts the expression that `addressOf` returns for a TypeScript file in place of import.meta.url. */
export function withAddresses(addressOf) {
  return {
    name: 'addresses',
    async load(path) {
      const address = path.endsWith('.ts') ? addressOf(path) : undefined;
      if (address === undefined) return undefined;
      return (await readFile(path, 'utf8')).replaceAll('import.meta.url', address);
    },
  };
}
