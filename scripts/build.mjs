/**
 * Builds dist from src: `node scripts/build.mjs [--loose]`.
 *
 *   dist/index.js                    the library, one ES module
 *   dist/varve.cjs                   the same for require()
 *   dist/compaction/job-worker.js    the worker thread
 *   dist/sstable/bloom-filters.cjs   what key-filter.ts loads of that package when it makes a filter
 *   dist/cli/                        the command: main.js, which loads the rest as it is needed, and bank/child.js
 *   dist/<path>.d.ts                 declarations, one per source file, by tsc
 *   dist/types-cjs/                  the same under "type": "commonjs", for TypeScript that requires us
 *   dist/THIRD-PARTY-LICENSES.txt    of the packages whose code is in the bundles
 *
 * Everything is built beside dist and moved into place at the end, so that a program that runs from dist sees the old
 * build or the new one. Type errors fail the build; --loose still reports them, but leaves the exit status at 0.
 *
 * Each bundle is a copy of the modules in it. Threads and processes load one each; a process that both imports and
 * requires varve has two sets of classes. State that must be one per process belongs on globalThis under Symbol.for(...).
 */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, posix, relative, sep } from 'node:path';
import { build } from 'esbuild';
import { bundleModules, root, sourcePlaces, sources } from './bundling.mjs';
import { thirdPartyLicenses } from './licenses.mjs';

const target = join(root, 'dist');
const staging = join(root, `.dist-${process.pid}`);
const retired = join(root, `.dist-${process.pid}-old`);
const isLoose = process.argv.includes('--loose');

/** Emits declarations; tells whether the types were right. */
function emitDeclarations() {
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

/** Bundles one module of src, or several that share theirs, into the folder of the first: addresses are relative to it. */
async function bundleEntries(entry, ...others) {
  const folder = posix.dirname(entry);
  const names = [entry, ...others].map((module) => [
    posix.relative(folder, module).replace(/\.js$/, ''),
    sourceOf(module),
  ]);
  const files = await bundleModules({
    input: Object.fromEntries(names),
    format: 'esm',
    codeSplitting: others.length > 0,
    chunkFileNames: '[name]-[hash].js',
    plugins: [
      sourcePlaces((place) => {
        const address = JSON.stringify(posix.relative(folder, place));
        return `new URL(${address}, import.meta.url).href`;
      }),
    ],
  });
  writeFiles(files, folder);
  for (const other of others) assertAddressesNothing(other);
  return files;
}

/** It lies in another folder than its addresses count on; in the chunks beside it they are right. */
function assertAddressesNothing(module) {
  if (!readFileSync(join(staging, module), 'utf8').includes('import.meta.url')) return;
  throw new Error(`import.meta.url is used outside of the chunks: module=${module}`);
}

const sourceOf = (module) => join(sources, module.replace(/\.js$/, '.ts'));

async function bundleCommonJs() {
  const files = await bundleModules({
    input: { varve: sourceOf('index.js') },
    format: 'cjs',
    entryFileNames: '[name].cjs',
    banner: "const varveDistUrl = require('node:url').pathToFileURL(__dirname + '/').href;",
    plugins: [sourcePlaces((place) => `new URL(${JSON.stringify(place)}, varveDistUrl).href`)],
  });
  writeFiles(files, '.');
  return files;
}

function writeFiles(files, folder) {
  for (const file of files) {
    const path = join(staging, folder, file.fileName);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, file.type === 'chunk' ? file.code : file.source);
  }
}

/** 23 files, of which Node.js would resolve, read and compile each: as one they load in half the time. */
async function bundleBloomFilters() {
  const { resolve } = createRequire(import.meta.url);
  const { metafile } = await build({
    entryPoints: [resolve('bloom-filters/dist/bloom/bloom-filter.js')],
    outfile: join(staging, 'sstable', 'bloom-filters.cjs'),
    absWorkingDir: root,
    bundle: true,
    platform: 'node',
    target: 'node20.15',
    format: 'cjs',
    metafile: true,
    logLevel: 'warning',
  });
  return Object.keys(metafile.inputs);
}

/** A check of the Node.js version that is loaded with what it protects comes too late (src/cli/main.ts). */
function assertNoStaticImports(files, entry) {
  const { imports } = files.find(({ fileName }) => fileName === entry);
  if (imports.length > 0) throw new Error(`${entry} imports statically: ${imports[0]}`);
}

async function bundleAll() {
  const command = await bundleEntries('cli/main.js', 'cli/bank/child.js');
  assertNoStaticImports(command, 'main.js');
  const files = [
    ...(await bundleEntries('index.js')),
    ...(await bundleCommonJs()),
    ...(await bundleEntries('compaction/job-worker.js')),
    ...command,
  ];
  const modules = files.flatMap(({ moduleIds = [] }) => moduleIds);
  const inputs = modules.map((path) => relative(root, path).split(sep).join('/'));
  inputs.push(...(await bundleBloomFilters()));
  writeFileSync(join(staging, 'THIRD-PARTY-LICENSES.txt'), thirdPartyLicenses(root, inputs));
  chmodSync(join(staging, 'cli', 'main.js'), 0o755);
}

function copyDeclarations() {
  const folder = join(staging, 'types-cjs');
  const place = (path) => relative(staging, path);
  mkdirSync(folder);
  for (const entry of ['index.d.ts', ...publicFolders()]) {
    cpSync(join(staging, entry), join(folder, entry), {
      recursive: true,
      filter: (path) => !/\.(c?js|map)$/.test(place(path)),
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
 * Loads both builds as a program would, and compares what they export, and what classes are called. Types and vitest
 * cannot tell: both forgive, for one, a named import from a CommonJS package that plain Node refuses.
 */
function assertBothBuildsLoad() {
  const list = `console.log(JSON.stringify(Object.entries(library).map(([key, { name }]) => [key, name]).sort()))`;
  const [imported, required] = [
    `const library = await import('./index.js'); ${list}`,
    `import { createRequire } from 'node:module';
     const library = createRequire(process.cwd() + '/')('./varve.cjs'); ${list}`,
  ].map((program) => {
    const args = ['--input-type=module', '--eval', program];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, {
      cwd: staging,
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`The build does not load\n${stderr}`);
    return stdout.trim();
  });
  if (imported !== required) {
    throw new Error(`The builds export different names: import=${imported} require=${required}`);
  }
  const renamed = JSON.parse(imported).find(([key, name]) => key !== name);
  if (renamed !== undefined) throw new Error(`Bundling renamed ${renamed.join(' to ')}`);
}

function moveIntoPlace() {
  if (existsSync(target)) renameSync(target, retired);
  renameSync(staging, target);
}

try {
  const areTypesRight = emitDeclarations();
  await bundleAll();
  copyDeclarations();
  if (!isLoose) assertBothBuildsLoad();
  if (areTypesRight || isLoose) moveIntoPlace();
  process.exitCode = areTypesRight || isLoose ? 0 : 1;
} finally {
  rmSync(staging, { recursive: true, force: true });
  rmSync(retired, { recursive: true, force: true });
}
