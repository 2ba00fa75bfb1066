/**
 * The examples of the reference: each public call has one in its comment, and it runs and prints what it says.
 *
 * All run in one process, against the built package, each on a database of its own (reference-stage.mjs says what they find
 * there). `make test` builds the package before.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { transformSync } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { builtFile } from '../support/built.ts';
import { ROOT } from './documents.ts';
import { programOf, type PublicCall, publicCalls, statedOutput } from './reference.ts';

/** The entries. `varve/worker` has calls of the first alone. */
const ENTRIES = [
  'src/index.ts',
  'src/documents/index.ts',
  'src/etcd/index.ts',
  'src/fastify/index.ts',
  'src/foundationdb/index.ts',
  'src/graph/index.ts',
  'src/keyv/index.ts',
  'src/ledger/index.ts',
  'src/level/index.ts',
  'src/metrics/index.ts',
  'src/postgres/index.ts',
  'src/s3/index.ts',
  'src/session/index.ts',
];

/** Packages that examples use beside this one. */
const PACKAGES = [
  '@aws-sdk',
  '@opentelemetry',
  'express-session',
  'fastify',
  'keyv',
  's3rver',
];

/** Classes whose methods have none: the engine calls them. */
const OF_THE_ENGINE = ['MemoryVfs'];

/** Examples that do not run by themselves. */
const NOT_RUN = new Map([
  ['openBackend', 'it needs servers; docs/guides/cluster.md is run against one'],
  ['connect', 'it needs servers; the tests of each entry run its example'],
]);

/** Examples that are modules of worker threads: others run them, by these names. */
const MODULES = new Map([
  ['attach', 'worker.js'],
  ['graphFunctions', 'graph-threads.js'],
  ['servePool', 'reports.js'],
]);

interface Outcome {
  readonly name: string;
  readonly lines: readonly string[];
  readonly error?: string;
}

const isOfTheEngine = ({ name }: PublicCall): boolean =>
  OF_THE_ENGINE.includes(name.split('.')[0] ?? '');
const calls = ENTRIES.flatMap(publicCalls).filter((each) => !isOfTheEngine(each));

function moduleText(example: string, loader: 'ts' | 'js' = 'ts'): string {
  return transformSync(example, { loader, format: 'esm', target: 'node20.15' }).code;
}

/** The text of the modules that an example names. */
function modulesIn(example: string): string {
  const named = calls.filter(({ name }) => example.includes(`'./${MODULES.get(name) ?? ''}'`));
  return named.flatMap(({ examples }) => examples).join('\n');
}

/** Runs the examples of calls in one process, in their order. */
function runExamples(wanted: readonly PublicCall[]): readonly Outcome[] {
  builtFile('index.js');
  const home = mkdtempSync(join(tmpdir(), 'varve-reference-'));
  try {
    mkdirSync(join(home, 'node_modules'));
    symlinkSync(ROOT, join(home, 'node_modules', 'varve'));
    for (const name of PACKAGES) {
      symlinkSync(join(ROOT, 'node_modules', name), join(home, 'node_modules', name));
    }
    writeFileSync(join(home, 'package.json'), '{ "type": "module" }');
    cpSync(join(ROOT, 'test/docs/reference-stage.mjs'), join(home, 'stage.mjs'));
    for (const { name, examples } of calls) {
      const file = MODULES.get(name);
      if (file !== undefined) writeFileSync(join(home, file), moduleText(examples[0] ?? ''));
    }
    const list = wanted.flatMap(({ name, examples }) =>
      examples.map((example, index) => {
        const id = `${name}-${index}`;
        const file = join(home, `${id}.mjs`);
        writeFileSync(file, moduleText(programOf(example)));
        const directory = example.includes(`'./`) ? { directory: join(home, id) } : {};
        const hasDamage = example.includes(`'./damaged'`);
        return { name, text: example + modulesIn(example), file, modules: [...MODULES.values()], hasDamage, ...directory };
      }),
    );
    writeFileSync(join(home, 'list.json'), JSON.stringify(list));
    const args = ['stage.mjs', 'list.json'];
    // The SDK of S3 says on standard error which Node.js it will ask for one day.
    const env = { ...process.env, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' };
    const run = spawnSync(process.execPath, args, { cwd: home, encoding: 'utf8', env });
    expect(run.stderr).toBe('');
    expect(run.status).toBe(0);
    const lines = run.stdout.split('\n').filter((line) => line !== '');
    return lines.map((line): Outcome => JSON.parse(line) as Outcome);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

const call = (...examples: string[]): PublicCall => ({ name: 'canary', place: 'x.ts:1', examples });

describe('the reference', () => {
  it('has an example for each public call', () => {
    expect(calls.length).toBeGreaterThan(200);
    const without = calls.filter(({ examples }) => examples.length === 0);
    expect(without.map(({ name, place }) => `${name} (${place})`)).toEqual([]);
    const names = new Set(calls.map(({ name }) => name));
    const exceptions = [...NOT_RUN.keys(), ...MODULES.keys()];
    expect(exceptions.filter((name) => !names.has(name))).toEqual([]);
  });

  it('has examples that run, and print what they say', () => {
    const wanted = calls.filter(({ name }) => !NOT_RUN.has(name) && !MODULES.has(name));
    const stated = wanted.flatMap(({ name, examples }) =>
      examples.map((example) => ({ name, lines: statedOutput(example) })),
    );
    expect(runExamples(wanted)).toEqual(stated);
  });

  it('fails this test when an example prints something else, or throws (canary)', () => {
    expect(runExamples([call(`1 + 1; // => 3`, `await accounts.nothing();`)])).toEqual([
      { name: 'canary', lines: ['2'] },
      { name: 'canary', lines: [], error: expect.stringContaining('nothing is not a function') as string },
    ]);
  });
});
