/**
 * Builds dist from src: `node scripts/build.mjs [--loose]`.
 *
 *   dist/<path>.js, .d.ts, .js.map   the ES modules, one per source file, by tsc
 *   dist/varve.cjs                   the same modules bundled for require(), by esbuild, packages left outside
 *   dist/types-cjs/                  the declarations again under "type": "commonjs", for TypeScript that requires us
 *
 * Everything is built beside dist and moved into place at the end, so that a program that runs from dist sees the old
 * build or the new one. Type errors fail the build; --loose still reports them, but leaves the exit status at 0.
 *
 * The CommonJS bundle is a second copy of the modules: a process that both imports and requires varve has two sets of
 * classes. State that must be one per process belongs on globalThis under Symbol.for(...).
 */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const target = join(root, 'dist');
const staging = join(root, `.dist-${process.pid}`);
const retired = join(root, `.dist-${process.pid}-old`);
const isLoose = process.argv.includes('--loose');

/** Emits modules and declarations; tells whether the types were right. */
function emitModules() {
  const tsc = join(
    dirname(createRequire(import.meta.url).resolve('typescript/package.json')),
    'bin',
    'tsc',
  );
  const project = join(root, 'tsconfig.build.json');
  const result = spawnSync(process.execPath, [tsc, '-p', project, '--outDir', staging], {
    stdio: 'inherit',
  });
  if (result.error) throw result.error;
  return result.status === 0;
}

/**
 * CommonJS has no import.meta.url, and in a bundle all modules share one place. Each use becomes the address of the
 * module that it was written in, so that `new URL('./worker.js', import.meta.url)` finds the file in dist.
 */
const importMetaUrl = {
  name: 'import-meta-url',
  setup(bundle) {
    bundle.onLoad({ filter: /\.js$/ }, async ({ path }) => {
      if (!path.startsWith(staging + sep)) return undefined;
      const place = relative(staging, path).split(sep).join('/');
      const text = await readFile(path, 'utf8');
      const address = `new URL(${JSON.stringify(place)}, varveDistUrl).href`;
      return { contents: text.replaceAll('import.meta.url', address), loader: 'js' };
    });
  },
};

async function bundleCommonJs() {
  await build({
    entryPoints: [join(staging, 'index.js')],
    outfile: join(staging, 'varve.cjs'),
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20.15',
    packages: 'external',
    sourcemap: true,
    // Stack traces and error.name must read the same from both builds.
    keepNames: true,
    banner: {
      js: "const varveDistUrl = require('node:url').pathToFileURL(__dirname + '/').href;",
    },
    plugins: [importMetaUrl],
    logLevel: 'warning',
  });
}

function copyDeclarations() {
  const folder = join(staging, 'types-cjs');
  const place = (path) => relative(staging, path);
  mkdirSync(folder);
  for (const entry of ['index.d.ts', ...publicFolders()]) {
    cpSync(join(staging, entry), join(folder, entry), {
      recursive: true,
      filter: (path) => !/\.(js|map)$/.test(place(path)),
    });
  }
  writeFileSync(join(folder, 'package.json'), '{ "type": "commonjs" }\n');
}

/** The folders of src that library code can reach: the command is not among them. */
function publicFolders() {
  const folders = ['base', 'vfs', 'cache', 'batch', 'iterator', 'log', 'memtable', 'sstable'];
  folders.push('version', 'compaction', 'txn', 'db', 'inspect', 'level', 'worker');
  return folders.filter((folder) => existsSync(join(staging, folder)));
}

/**
 * Loads both builds as a program would, and compares what they export. Types and vitest cannot tell: both forgive, for
 * one, a named import from a CommonJS package that plain Node refuses.
 */
function assertBothBuildsLoad() {
  const names = [
    `console.log(Object.keys(await import('./index.js')).sort().join())`,
    `import { createRequire } from 'node:module';
     const load = createRequire(process.cwd() + '/');
     console.log(Object.keys(load('./varve.cjs')).sort().join())`,
  ].map((program) => {
    const args = ['--input-type=module', '--eval', program];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, {
      cwd: staging,
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`The build does not load\n${stderr}`);
    return stdout.trim();
  });
  if (names[0] !== names[1]) {
    throw new Error(`The builds export different names: import=${names[0]} require=${names[1]}`);
  }
}

function moveIntoPlace() {
  if (existsSync(target)) renameSync(target, retired);
  renameSync(staging, target);
}

try {
  const areTypesRight = emitModules();
  if (existsSync(join(staging, 'index.js'))) {
    await bundleCommonJs();
    copyDeclarations();
    if (!isLoose) assertBothBuildsLoad();
  } else {
    console.warn('build: no src/index.ts yet, so no CommonJS bundle');
  }
  const command = join(staging, 'cli', 'main.js');
  if (existsSync(command)) chmodSync(command, 0o755);
  if (areTypesRight || isLoose) moveIntoPlace();
  process.exitCode = areTypesRight || isLoose ? 0 : 1;
} finally {
  rmSync(staging, { recursive: true, force: true });
  rmSync(retired, { recursive: true, force: true });
}
