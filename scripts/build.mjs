/**
 * Builds dist from src: `node scripts/build.mjs [--loose]`.
 *
 *   dist/index.js                    the library, one ES module
 *   dist/varve.cjs                   the same for require()
 *   dist/level.js, dist/level.cjs    an entry over the library, which it loads from beside; each of ENTRIES has two such files
 *   dist/cli/                        the command: main.js, which loads the rest as it is needed
 *   dist/programs/bank/child.js      the process that the bank kills
 *   dist/index.d.ts                  the declarations of all public names, for TypeScript that imports us
 *   dist/varve.d.cts                 the same, for TypeScript that requires us
 *   dist/level.d.ts, dist/level.d.cts   those of the entry
 *   dist/THIRD-PARTY-LICENSES.txt    of the packages whose code is in the bundles
 *   dist/.built                      a digest of the sources, by which a stale build is told
 *
 * The worker thread's code is text inside of each bundle (docs/adr/0033-self-contained-bundles.md). So is the page of the
 * studio in the command.
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
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, posix, relative, sep } from 'node:path';
import {
  bundleModules,
  digestSources,
  embedJobWorker,
  embedStudioPage,
  ENTRIES,
  libraryBeside,
  root,
  sourcePlaces,
  sources,
} from './bundling.mjs';
import { bundleDeclarations } from './declarations.mjs';
import { thirdPartyLicenses } from './licenses.mjs';

const target = join(root, 'dist');
const staging = join(root, `.dist-${process.pid}`);
const retired = join(root, `.dist-${process.pid}-old`);
const workerModules = [];
const embedWorker = embedJobWorker((modules) => workerModules.push(...modules));
const isLoose = process.argv.includes('--loose');

/** Emits one file of declarations for each entry, from one per source by tsc; tells whether the types were right. */
function emitDeclarations() {
  const folder = join(staging, 'types');
  const areRight = runCompiler(folder);
  const library = join(folder, 'index.d.ts');
  const text = bundleDeclarations(library);
  for (const name of ['index.d.ts', 'varve.d.cts']) writeFileSync(join(staging, name), text);
  for (const entry of ENTRIES) {
    const path = join(folder, entry, 'index.d.ts');
    for (const [name, address] of [
      [`${entry}.d.ts`, './index.js'],
      [`${entry}.d.cts`, './varve.cjs'],
    ]) {
      writeFileSync(join(staging, name), bundleDeclarations(path, { library, address }));
    }
  }
  rmSync(folder, { recursive: true });
  return areRight;
}

function runCompiler(outDir) {
  const tsc = join(
    dirname(createRequire(import.meta.url).resolve('typescript/package.json')),
    'bin',
    'tsc',
  );
  const project = join(root, 'tsconfig.build.json');
  const result = spawnSync(process.execPath, [tsc, '-p', project, '--outDir', outDir], {
    stdio: 'inherit',
  });
  if (result.error) throw result.error;
  return result.status === 0;
}

async function bundleLibrary() {
  const files = await bundleModules({
    input: { index: join(sources, 'index.ts') },
    format: 'esm',
    plugins: [embedWorker],
  });
  writeFiles(files, '.', (code) => showToTracers(code, false));
  return files;
}

/**
 * The same for require(). A bundler that makes an ES module of it leaves no __filename. Tracers of files follow
 * createRequire where it is called by its name.
 */
async function bundleCommonJs() {
  const files = await bundleModules({
    input: { varve: join(sources, 'index.ts') },
    format: 'cjs',
    entryFileNames: '[name].cjs',
    plugins: [
      embedWorker,
      sourcePlaces(() => "(typeof __filename === 'string' ? __filename : '')"),
    ],
  });
  writeFiles(files, '.', (code) => showToTracers(code, true));
  return files;
}

/** The entries beside the library, for import and for require(). */
async function bundleEntries() {
  const bundled = [];
  for (const entry of ENTRIES) {
    for (const [format, entryFileNames, library] of [
      ['esm', '[name].js', './index.js'],
      ['cjs', '[name].cjs', './varve.cjs'],
    ]) {
      const input = { [entry]: join(sources, entry, 'index.ts') };
      const plugins = [libraryBeside(library)];
      const files = await bundleModules({ input, format, entryFileNames, plugins });
      writeFiles(files, '.');
      bundled.push(...files);
    }
  }
  return bundled;
}

/**
 * Shows the import of snappy to tracers of files, and to no bundler (sstable/snappy-package.ts). Tracers need names, where
 * rolldown leaves none; Turbopack sees as much as they do, and is told by the comment. The worker's text is not touched.
 */
function showToTracers(code, isCommonJs) {
  const edits = [
    [
      '\n\t\treturn createRequire(here)("snappy");\n',
      '\n\t\tconst requireHere = createRequire(here); return requireHere(/* turbopackIgnore: true */ "snappy");\n',
    ],
  ];
  if (isCommonJs) {
    edits.push([
      '\nconst { createRequire } = node_module.default;\n',
      '\nconst { createRequire } = require("node:module");\n',
    ]);
  }
  return edits.reduce((text, [found, put]) => {
    if (text.split(found).length !== 2) throw new Error(`rolldown writes otherwise now: ${found}`);
    return text.replace(found, () => put);
  }, code);
}

/** The command and the process that it kills. Modules are told where they would lie in dist: the chunks lie in cli. */
async function bundleCommand() {
  const files = await bundleModules({
    input: {
      'cli/main': join(sources, 'cli', 'main.ts'),
      'programs/bank/child': join(sources, 'programs', 'bank', 'child.ts'),
    },
    format: 'esm',
    codeSplitting: true,
    chunkFileNames: 'cli/[name]-[hash].js',
    plugins: [
      embedWorker,
      embedStudioPage(),
      sourcePlaces((place) => {
        const address = JSON.stringify(posix.relative('cli', place));
        return `new URL(${address}, import.meta.url).href`;
      }),
    ],
  });
  writeFiles(files, '.');
  assertAddressesNothing(join('programs', 'bank', 'child.js'));
  assertNoStaticImports(files, 'cli/main.js');
  chmodSync(join(staging, 'cli', 'main.js'), 0o755);
  return files;
}

/** It lies in another folder than its addresses count on; in the chunks beside it they are right. */
function assertAddressesNothing(module) {
  if (!readFileSync(join(staging, module), 'utf8').includes('import.meta.url')) return;
  throw new Error(`import.meta.url is used outside of the chunks: module=${module}`);
}

function writeFiles(files, folder, edit = (code) => code) {
  for (const file of files) {
    const path = join(staging, folder, file.fileName);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, file.type === 'chunk' ? edit(file.code) : file.source);
  }
}

/** A check of the Node.js version that is loaded with what it protects comes too late (src/cli/main.ts). */
function assertNoStaticImports(files, entry) {
  const { imports } = files.find(({ fileName }) => fileName === entry);
  if (imports.length > 0) throw new Error(`${entry} imports statically: ${imports[0]}`);
}

async function bundleAll() {
  const files = [
    ...(await bundleLibrary()),
    ...(await bundleCommonJs()),
    ...(await bundleEntries()),
    ...(await bundleCommand()),
  ];
  const modules = [...workerModules, ...files.flatMap(({ moduleIds = [] }) => moduleIds)];
  const inputs = modules.map((path) => relative(root, path).split(sep).join('/'));
  writeFileSync(join(staging, 'THIRD-PARTY-LICENSES.txt'), thirdPartyLicenses(root, inputs));
}

/**
 * Loads both builds of a file as a program would, and compares what they export, and what classes are called. Types and
 * vitest cannot tell: both forgive, for one, a named import from a CommonJS package that plain Node refuses.
 */
function assertBothBuildsLoad(module, commonJs) {
  const list = `console.log(JSON.stringify(Object.entries(library).map(([key, { name }]) => [key, name]).sort()))`;
  const [imported, required] = [
    `const library = await import('./${module}'); ${list}`,
    `import { createRequire } from 'node:module';
     const library = createRequire(process.cwd() + '/')('./${commonJs}'); ${list}`,
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
  writeFileSync(join(staging, '.built'), `${digest}\n`);
  if (existsSync(target)) renameSync(target, retired);
  renameSync(staging, target);
}

const digest = digestSources();
try {
  const areTypesRight = emitDeclarations();
  await bundleAll();
  if (!isLoose) {
    assertBothBuildsLoad('index.js', 'varve.cjs');
    for (const entry of ENTRIES) assertBothBuildsLoad(`${entry}.js`, `${entry}.cjs`);
  }
  if (areTypesRight || isLoose) moveIntoPlace();
  process.exitCode = areTypesRight || isLoose ? 0 : 1;
} finally {
  rmSync(staging, { recursive: true, force: true });
  rmSync(retired, { recursive: true, force: true });
}
