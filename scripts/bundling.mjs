/**
 * How modules of src become bundles, for the build, for run-ts and for tests.
 *
 * Owns: the settings that both must share, the packages that are bundled, the worker inside the bundles, and how a build
 * that is older than the sources is told.
 *
 * Not by esbuild, which makes `var` of each `const` and `class` of a module: V8 then loads them anew at each use, and
 * scans took 1.15 times as long.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
export const sources = join(root, 'src') + sep;

/** The command's packages are loaded by few. Those that an entry stands on are the program's own. */
const EXTERNAL_PACKAGES = [
  'commander',
  'cli-progress',
  'abstract-level',
  '@aws-sdk/client-s3',
  'foundationdb',
  'pg',
  '@grpc/grpc-js',
  '@grpc/proto-loader',
  'sax',
];

/** Entries of the package beside the library: `varve/level` is src/level/index.ts. */
export const ENTRIES = [
  'level',
  'documents',
  'graph',
  'metrics',
  's3',
  'fastify',
  'session',
  'keyv',
  'postgres',
  'ledger',
  'worker',
  'etcd',
  'foundationdb',
];

/** The sources of the entries, by the names under which programs load them. */
export function entryAliases() {
  return Object.fromEntries(
    ENTRIES.map((entry) => [`varve/${entry}`, join(sources, entry, 'index.ts')]),
  );
}

const codeModule = join(sources, 'compaction', 'job-worker-code.ts');
const workerModule = join(sources, 'compaction', 'job-worker.ts');
const studioAssets = join(sources, 'studio', 'assets.ts');
const studioPage = join(sources, 'studio', 'page');

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
 * Puts the bundle of the job worker, as text, where the sources have an empty string. For rolldown, and for vite in tests.
 * `onModules` hears which modules are in it.
 */
export function embedJobWorker(onModules = () => {}) {
  let bundling;
  return {
    name: 'job-worker',
    async load(path) {
      if (path !== codeModule) return undefined;
      bundling ??= bundleJobWorker();
      const { code, moduleIds } = await bundling;
      onModules(moduleIds);
      return `export const JOB_WORKER_CODE = ${JSON.stringify(code)};`;
    },
  };
}

/**
 * The job worker as text that runs as a script and as a module: no runtime evaluates both alike, and only the first has a
 * `require`. Names and lines stay, for stack traces; comments go.
 */
async function bundleJobWorker() {
  const [chunk] = await bundleModules({
    input: { 'job-worker': workerModule },
    format: 'cjs',
    sourcemap: false,
    comments: false,
    plugins: [withAddresses((path) => (path.startsWith(sources) ? 'undefined' : undefined))],
    intro: '(function (require) {',
    outro: `})(typeof require === 'function' ? require : process.getBuiltinModule('node:module').createRequire('/'));`,
  });
  return { ...chunk, code: `${chunk.code.trim()}\n//# sourceURL=varve-job-worker.cjs\n` };
}

/** Puts the script and the style of the studio's page, as text, where the sources have empty strings; likewise. */
export function embedStudioPage() {
  let bundling;
  return {
    name: 'studio-page',
    async load(path) {
      if (path !== studioAssets) return undefined;
      bundling ??= bundleStudioPage();
      const script = await bundling;
      const style = await readFile(join(studioPage, 'style.css'), 'utf8');
      return [
        `export const PAGE_SCRIPT = ${JSON.stringify(script)};`,
        `export const PAGE_STYLE = ${JSON.stringify(style)};`,
      ].join('\n');
    },
  };
}

/** One script for browsers, small, without a package in it. */
async function bundleStudioPage() {
  const bundle = await rolldown({
    input: join(studioPage, 'main.ts'),
    cwd: root,
    platform: 'browser',
    transform: { target: 'es2022' },
    logLevel: 'warn',
  });
  try {
    const { output } = await bundle.generate({ format: 'esm', codeSplitting: false, minify: true });
    return output[0].code;
  } finally {
    await bundle.close();
  }
}

/** What tells one state of the sources from another: dist keeps that of its build. */
export function digestSources() {
  const hash = createHash('sha256');
  const own = dirname(fileURLToPath(import.meta.url));
  for (const folder of [sources, own]) {
    for (const name of readdirSync(folder, { recursive: true }).sort()) {
      if (!/\.(ts|mjs|css)$/.test(name)) continue;
      hash.update(`${name}\n`).update(readFileSync(join(folder, name)));
    }
  }
  return hash.digest('hex');
}

/** Undefined when dist was built from the sources as they are, otherwise what to do. */
export function staleBuild() {
  const stamp = join(root, 'dist', '.built');
  const built = existsSync(stamp) ? readFileSync(stamp, 'utf8').trim() : undefined;
  return built === digestSources()
    ? undefined
    : 'dist was built from other sources: run make build';
}

/**
 * What a module of src is told about its place: in a bundle all modules share one address. `addressOf` gets the place that
 * the module would have in dist by itself, and returns the expression.
 */
export function sourcePlaces(addressOf) {
  return withAddresses((path) => {
    if (!path.startsWith(sources)) return undefined;
    return addressOf(relative(sources, path).split(sep).join('/').replace(/\.ts$/, '.js'));
  });
}

/** Leaves the library out of the bundle of an entry, which loads it from beside: a program has one copy of its classes. */
export function libraryBeside(file) {
  const library = join(sources, 'index.ts');
  return {
    name: 'library-beside',
    resolveId(id, importer) {
      if (importer === undefined || !id.startsWith('.')) return undefined;
      return join(dirname(importer), id) === library
        ? { id: file, external: 'absolute' }
        : undefined;
    },
  };
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
