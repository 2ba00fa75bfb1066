/**
 * Tries the package where people run it: `make runtimes`, or `node test/runtimes/run.mjs [part of a name...]`.
 *
 * Owns: the list of runtimes, bundlers, tracers and test runners, and the table of what became of each. The package is
 * packed and installed as users do it. The smoke program then runs in each, four times: worker or inline, compressed or
 * not. A bundle runs from a directory that has the snappy package and nothing else. What is not installed is named as
 * skipped; anything that fails makes the status 1.
 */
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const root = dirname(dirname(here));
const modules = join(here, 'node_modules');
const place = mkdtempSync(join(tmpdir(), 'varve-runtimes-'));
const bare = join(place, 'bare');
const smoke = join(place, 'smoke.mjs');
const requireHere = createRequire(import.meta.url);
const SETTINGS = ['worker', 'inline'].flatMap((mode) => [
  [mode, 'snappy'],
  [mode, 'none'],
]);
const RUN_LIMIT_MS = 300_000;

/** Thrown for what is not to be had here. */
class Skipped extends Error {}

function run(command, args, cwd = place) {
  const settings = { NODE_ENV: 'production', NEXT_TELEMETRY_DISABLED: '1', SMOKE_PARTS: '1' };
  const env = { ...process.env, ...settings };
  const options = { cwd, env, encoding: 'utf8', timeout: RUN_LIMIT_MS, maxBuffer: 1 << 26 };
  const { status, stdout, stderr, error } = spawnSync(command, args, options);
  if (error) throw error;
  return { status, text: `${stdout}\n${stderr}` };
}

function mustRun(command, args, cwd) {
  const { status, text } = run(command, args, cwd);
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}\n${text}`);
  return text;
}

const bin = (name) => join(modules, '.bin', name);
const versionOf = (name) =>
  JSON.parse(readFileSync(join(modules, ...name.split('/'), 'package.json'), 'utf8')).version;
const load = async (name) => import(pathToFileURL(requireHere.resolve(name)).href);
const extension = (format) => (format === 'cjs' ? 'cjs' : 'mjs');

function layPackage() {
  const [{ filename }] = JSON.parse(
    mustRun('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', place], root),
  );
  writeFileSync(
    join(place, 'package.json'),
    JSON.stringify({ private: true, dependencies: { varve: `file:./${filename}` } }),
  );
  mustRun('npm', ['install', '--no-audit', '--no-fund']);
  cpSync(join(here, 'smoke.mjs'), smoke);
  for (const name of ['snappy', '@napi-rs']) {
    cpSync(join(place, 'node_modules', name), join(bare, 'node_modules', name), {
      recursive: true,
    });
  }
}

/** Runs the smoke program by a command, in each setting. */
function smokeBy(command, args, cwd = bare) {
  for (const [mode, compression] of SETTINGS) {
    const directory = mkdtempSync(join(place, 'db-'));
    const { text } = run(command, [...args, directory, mode, compression], cwd);
    if (!text.includes('SMOKE OK')) throw new Error(`${mode}, ${compression}: ${text.trim()}`);
  }
}

const runtime = (name, version, command, args = []) => ({
  name,
  version,
  go: () => smokeBy(command(), [...args, smoke], place),
});

function nodeOf(line) {
  const command = () => join(modules, `node-${line}`, 'bin', 'node');
  return runtime(`Node.js ${line}`, () => versionOf(`node-${line}`), command);
}

/** `make` writes a bundle to the path that it is given. */
const bundler = (name, formats, make, version = () => versionOf(name)) =>
  formats.map((format) => ({
    name: `${name}, ${format}`,
    version,
    go: async () => {
      const file = join(bare, `${name.replaceAll('/', '-')}.${extension(format)}`);
      await make(file, format);
      smokeBy(process.execPath, [file]);
    },
  }));

const withEsbuild = (minify) => async (outfile, format) => {
  const { build } = await load('esbuild');
  const options = { entryPoints: [smoke], outfile, format, minify };
  await build({ ...options, bundle: true, platform: 'node', logLevel: 'warning' });
};

async function withRolldown(file, format) {
  const { rolldown } = await load('rolldown');
  const bundle = await rolldown({ input: smoke, platform: 'node' });
  await bundle.write({ file, format, minify: true, codeSplitting: false });
}

async function withRollup(file, format) {
  const [{ rollup }, { default: resolve }, { default: commonjs }] = await Promise.all(
    ['rollup', '@rollup/plugin-node-resolve', '@rollup/plugin-commonjs'].map(load),
  );
  const bundle = await rollup({
    input: smoke,
    plugins: [resolve(), commonjs()],
    external: /^node:/,
  });
  await bundle.write({ file, format, inlineDynamicImports: true });
}

async function withWebpack(file, format) {
  const { default: webpack } = await load('webpack');
  const isModule = format === 'esm';
  const stats = await new Promise((resolve, reject) =>
    webpack(
      {
        mode: 'production',
        target: 'node',
        context: place,
        entry: smoke,
        experiments: { outputModule: isModule },
        output: {
          path: bare,
          filename: file.slice(bare.length + 1),
          ...(isModule ? { module: true, chunkFormat: 'module' } : {}),
        },
      },
      (error, result) => (error ? reject(error) : resolve(result)),
    ),
  );
  const found = stats.toString({ all: false, errors: true, warnings: true });
  if (stats.hasErrors() || stats.hasWarnings()) throw new Error(found);
}

async function withVite(file, format) {
  const { build } = await load('vite');
  await build({
    root: place,
    logLevel: 'error',
    configFile: false,
    ssr: { noExternal: true },
    build: {
      ssr: smoke,
      outDir: join(place, 'vite'),
      rollupOptions: { output: { format, entryFileNames: `smoke.${extension(format)}` } },
    },
  });
  cpSync(join(place, 'vite', `smoke.${extension(format)}`), file);
}

async function withNcc(file) {
  mustRun(bin('ncc'), ['build', smoke, '-o', join(place, 'ncc')]);
  cpSync(join(place, 'ncc', 'index.mjs'), file);
}

async function withBun(file, format) {
  mustRun(bin('bun'), ['build', smoke, '--target=node', `--format=${format}`, `--outfile=${file}`]);
}

/** Copies what the tracer names, and nothing else. */
async function byTracer(entry) {
  const { nodeFileTrace } = await load('@vercel/nft');
  const program = join(place, entry);
  const { fileList } = await nodeFileTrace([program], { base: place });
  const target = mkdtempSync(join(tmpdir(), 'varve-traced-')); // no node_modules above it
  for (const file of fileList) cpSync(join(place, file), join(target, file));
  try {
    smokeBy(process.execPath, [join(target, entry)], '/');
  } finally {
    rmSync(target, { recursive: true, force: true });
  }
}

async function inExecutable() {
  const node = join(modules, 'node-26', 'bin', 'node');
  if (!existsSync(node)) throw new Skipped('needs Node.js 26, which is not installed');
  const main = join(bare, 'executable.cjs');
  const output = join(bare, 'executable');
  await withEsbuild(false)(main, 'cjs');
  const config = join(place, 'sea.json');
  writeFileSync(config, JSON.stringify({ main, output, disableExperimentalSEAWarning: true }));
  mustRun(node, ['--build-sea', config]);
  smokeBy(output, []);
}

/** A route handler of a production build, called over HTTP. */
async function inNext(isExternal) {
  const app = join(here, isExternal ? 'next-external' : 'next-bundled');
  rmSync(app, { recursive: true, force: true });
  cpSync(join(here, 'next'), app, { recursive: true });
  writeFileSync(
    join(app, 'next.config.mjs'),
    `export default { turbopack: { root: ${JSON.stringify(here)} },` +
      ` ${isExternal ? "serverExternalPackages: ['varve']" : ''} };`,
  );
  mkdirSync(join(app, 'node_modules'));
  for (const name of ['varve', 'snappy', '@napi-rs']) {
    cpSync(join(place, 'node_modules', name), join(app, 'node_modules', name), { recursive: true });
  }
  const next = join(modules, 'next', 'dist', 'bin', 'next');
  const main = join(here, 'next-main.mjs');
  const node = join(modules, 'node-24', 'bin', 'node');
  mustRun(node, [next, 'build'], app);
  const text = mustRun(node, [main, app], app);
  rmSync(app, { recursive: true, force: true });
  if (!text.includes('SMOKE OK')) throw new Error(text);
}

function byTestRunner(name, args) {
  const project = join(here, name);
  return {
    name: `${name}, jsdom`,
    version: () => versionOf(name),
    go: () => {
      const target = join(place, name);
      cpSync(project, target, { recursive: true });
      mustRun(bin(name), args(target), target);
    },
  };
}

const CASES = [
  runtime(
    'Node.js',
    () => process.versions.node,
    () => process.execPath,
  ),
  ...[22, 24, 26].map(nodeOf),
  runtime(
    'Bun',
    () => versionOf('bun'),
    () => bin('bun'),
  ),
  runtime(
    'Deno',
    () => versionOf('deno'),
    () => bin('deno'),
    ['run', '-A', '--node-modules-dir=manual'],
  ),
  ...bundler('esbuild', ['esm', 'cjs'], withEsbuild(false)),
  ...bundler('esbuild minified', ['esm', 'cjs'], withEsbuild(true), () => versionOf('esbuild')),
  ...bundler('rolldown', ['esm', 'cjs'], withRolldown),
  ...bundler('rollup', ['esm', 'cjs'], withRollup),
  ...bundler('webpack', ['esm', 'cjs'], withWebpack),
  ...bundler('vite', ['esm', 'cjs'], withVite),
  ...bundler('@vercel/ncc', ['esm'], withNcc),
  ...bundler('bun build', ['esm', 'cjs'], withBun, () => versionOf('bun')),
  {
    name: '@vercel/nft, import',
    version: () => versionOf('@vercel/nft'),
    go: () => byTracer('smoke.mjs'),
  },
  {
    name: '@vercel/nft, require',
    version: () => versionOf('@vercel/nft'),
    go: () => byTracer('smoke.cjs'),
  },
  { name: 'single executable', version: () => versionOf('node-26'), go: inExecutable },
  byTestRunner('jest', (target) => ['--rootDir', target]),
  { name: 'Next.js, bundled', version: () => versionOf('next'), go: () => inNext(false) },
  { name: 'Next.js, external', version: () => versionOf('next'), go: () => inNext(true) },
];

async function outcomeOf({ version, go }) {
  let found;
  try {
    found = version();
  } catch {
    return { found: '-', outcome: 'SKIPPED', why: 'not installed' };
  }
  try {
    await go();
    return { found, outcome: 'ok', why: '' };
  } catch (error) {
    if (error instanceof Skipped) return { found, outcome: 'SKIPPED', why: error.message };
    return { found, outcome: 'FAILED', why: String(error.message ?? error) };
  }
}

async function main(wanted) {
  layPackage();
  const text = readFileSync(smoke, 'utf8');
  writeFileSync(
    join(place, 'smoke.cjs'),
    text.replaceAll(/^import (.*) from '(.*)';$/gm, "const $1 = require('$2');"),
  );
  const rows = [];
  for (const one of CASES) {
    if (wanted.length > 0 && !wanted.some((part) => one.name.includes(part))) continue;
    const row = { name: one.name, ...(await outcomeOf(one)) };
    rows.push(row);
    console.log(
      `${row.name.padEnd(24)} ${row.found.padEnd(12)} ${row.outcome} ${row.why.slice(0, 1500)}`,
    );
  }
  const count = (outcome) => rows.filter((row) => row.outcome === outcome).length;
  console.log(`\n${count('ok')} ok, ${count('FAILED')} failed, ${count('SKIPPED')} skipped`);
  if (count('FAILED') > 0 || count('ok') === 0) process.exitCode = 1;
}

try {
  await main(process.argv.slice(2));
} finally {
  if (process.env.KEEP === undefined) rmSync(place, { recursive: true, force: true });
  else console.log(place);
}
