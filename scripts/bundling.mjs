/**
 * How modules of src become bundles, for the build and for run-ts.
 *
 * Owns: the settings that both must share, the packages that are bundled, and what keeps a bundle behaving like the
 * modules in it: the addresses that they see and the names of their classes.
 *
 * Not `keepNames` of esbuild: it names every closure anew each time it is made, in the paths of single operations too.
 * Only classes lose their names to bundling, and get them back here. A function that shares its name with another
 * module's has a number after it in stack traces; source maps tell both.
 */
import { readFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
export const sources = join(root, 'src') + sep;

/** snappy is native code, and the command's packages are loaded by few. */
const EXTERNAL_PACKAGES = ['snappy', 'commander', 'cli-progress'];

/** The settings of every bundle of modules of src. */
export const bundleSettings = {
  bundle: true,
  platform: 'node',
  target: 'node20.15',
  external: EXTERNAL_PACKAGES,
  logLevel: 'warning',
};

/**
 * What a module of src is told about its place. In a bundle all modules share one address, and CommonJS has none: each
 * use of import.meta.url becomes the address in dist that the module would have by itself, so that
 * `new URL('./job-worker.js', import.meta.url)` finds the file. `addressOf` gets that place, relative to dist, and
 * returns the expression.
 */
export function sourcePlaces(addressOf) {
  return {
    name: 'source-places',
    setup(bundle) {
      bundle.onLoad({ filter: /\.ts$/ }, async ({ path }) => {
        if (!path.startsWith(sources)) return undefined;
        const place = relative(sources, path).split(sep).join('/').replace(/\.ts$/, '.js');
        const text = await readFile(path, 'utf8');
        const contents = text.replaceAll('import.meta.url', addressOf(place));
        return { contents, loader: 'ts' };
      });
    },
  };
}

/**
 * Gives classes that mention themselves their names back: `var Block = class _Block {` names the class _Block. Nothing
 * moves, for the sake of the source map.
 */
export function withClassNames(text) {
  const renamed = [...text.matchAll(/^(?: *)var ([\w$]+) = class _\1\b/gm)].map(([, name]) => name);
  if (renamed.length === 0) return text;
  const uses = new RegExp(`(?<![\\w$.#'"\`])_(?=(?:${renamed.join('|')})(?![\\w$]))`, 'g');
  return text.replace(uses, ' ');
}
