/**
 * The published declarations, as TypeScript programs meet them: imported and required, strict, with every declaration checked.
 * That every way to resolve an entry finds its types. And that the package has all the files that its files import, and few.
 */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { checkPackage, Package } from '@arethetypeswrong/core';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { layPackage, LEVEL_PACKAGES } from '../support/packed-package.ts';
import { COMPILER_OPTIONS } from '../support/public-surface.ts';

let place = '';

beforeAll(() => {
  place = layPackage(['@types', 'undici-types', ...LEVEL_PACKAGES]);
  writeFileSync(join(place, 'package.json'), '{ "type": "module" }');
});

afterAll(() => rmSync(place, { recursive: true, force: true }));

/** What a program does with the types; each line that must not compile says so. */
const USE = `
interface Account { readonly balance: number }

export async function use(directory: string): Promise<void> {
  const bytes: Database = await open(directory);
  const one: Uint8Array | undefined = await bytes.get(Uint8Array.of(1));
  const db = await open<string, Account>(directory, { keyEncoding: 'utf8', valueEncoding: 'json', vfs: new MemoryVfs() });
  const buffers: Database<Buffer, string> = await open(directory, { keyEncoding: 'buffer', valueEncoding: 'utf8' });
  await db.put('alice', { balance: 1 }, { durability: 'os' });
  const total: number = await db.transaction(async (tx) => {
    const alice = await tx.getForUpdate('alice');
    await tx.lockRange({ prefix: 'a' });
    const savepoint: Savepoint = tx.savepoint();
    tx.rollbackTo(savepoint);
    return alice?.balance ?? 0;
  }, { mode: 'pessimistic' });
  const tx: Transaction<string, Account> = db.begin();
  const found: Account | undefined = await db.getTx(tx, 'alice');
  const snapshot: Snapshot = db.snapshot();
  for await (const [key, account] of db.entries({ gte: 'a', snapshot })) console.log(key.length, account.balance);
  for (const key of db.keys({ prefix: 'a' })) console.log(key.length);
  const stats: DatabaseStats = db.stats();
  db.on('flush-finished', ({ sizeBytes }) => console.log(sizeBytes, stats.levels[0]?.tableCount));
  try {
    await db.commit(tx);
  } catch (error) {
    if (error instanceof ConflictError) console.log(error.code === 'CONFLICT', error.keyBytes?.length);
  }
  // @ts-expect-error made by open
  new Database();
  // @ts-expect-error made by begin
  new Transaction();
  // @ts-expect-error what the engine keeps there is the engine's
  console.log(tx.sequence);
  // @ts-expect-error as above
  console.log(snapshot.owner);
  // @ts-expect-error a bound has a value
  await db.delRange({ prefix: undefined });
  console.log(one, buffers.location, total, found);
}
`;
const NAMES = [
  'ConflictError, Database, MemoryVfs, open, Transaction',
  'type DatabaseStats, type Savepoint, type Snapshot',
];
const IMPORTED = `import { ${NAMES.join(', ')} } from 'varve';\n${USE}`;
const REQUIRED = `import varve = require('varve');
import type { DatabaseStats, Savepoint, Snapshot } from 'varve';
import { ConflictError, Database, MemoryVfs, open, Transaction } from 'varve';
export const sameOpen: typeof open = varve.open;
${USE}`;

/** As USE, of the entry `varve/level`. */
const LEVEL_USE = `
export async function useLevel(directory: string): Promise<void> {
  const db = new VarveLevel<string, { n: number }>(directory, { valueEncoding: 'json', errorIfExists: true, durability: 'sync' });
  await db.open({ createIfMissing: true, blockCacheSizeBytes: 0 });
  await db.put('a', { n: 1 });
  await db.put('a', { n: 1 }, { sync: true, ttlMs: 1000 });
  await db.put(Buffer.from('a'), 'text', { keyEncoding: 'buffer', valueEncoding: 'utf8' });
  await db.del('a', { sync: false });
  await db.batch([{ type: 'put', key: 'a', value: { n: 2 } }, { type: 'del', key: 'b' }], { sync: true });
  await db.batch().put('a', { n: 3 }).put('b', { n: 3 }, { ttlMs: 1 }).del('b').write({ sync: true });
  await db.clear({ gte: 'a', limit: 1, sync: true });
  const value: { n: number } | undefined = await db.get('a', { snapshot: db.snapshot() });
  const found: boolean[] = await db.hasMany(['a']);
  for await (const [key, { n }] of db.iterator({ gte: 'a' })) console.log(key.length, n);
  await db.compactRange('a', 'b');
  const varve: Database<unknown, unknown> | undefined = db.database;
  const typed = await open<string, number>(directory, { keyEncoding: 'utf8', valueEncoding: 'json' });
  const text: VarveLevel = new VarveLevel(typed, { keyspace: 'k' });
  const sublevel = db.sublevel<string, number>('s', { valueEncoding: 'json' });
  const one: number | undefined = await sublevel.get('a');
  try {
    await db.close();
  } catch (error) {
    if (error instanceof LevelError) console.log(error.code.length, error.cause);
  }
  // @ts-expect-error of another type
  await db.put('a', 'text');
  // @ts-expect-error the database is open
  new VarveLevel(typed, { durability: 'sync' });
  // @ts-expect-error what abstract-level calls is not for others
  await db._get('a', {});
  console.log(value, found, varve, text, one);
}
`;
const LEVEL_IMPORTED = `import { type Database, open } from 'varve';
import { LevelError, VarveLevel } from 'varve/level';
${LEVEL_USE}`;

/** As USE, of the entry `varve/s3`, where its package is not installed. */
const S3_IMPORTED = `import type { BackupStore } from 'varve';
import { type S3ClientLike, s3Store, type S3StoreOptions } from 'varve/s3';
export function useS3(client: S3ClientLike): BackupStore {
  const options: S3StoreOptions = { client, bucket: 'b', prefix: 'p' };
  // @ts-expect-error a bucket is needed
  s3Store({ client });
  return s3Store(options);
}
`;

/** All other entries, where none of the packages is installed that they stand on or are given. */
const OTHERS_IMPORTED = `import { collection } from 'varve/documents';
import { connect as connectEtcd } from 'varve/etcd';
import { varveFastify } from 'varve/fastify';
import { connect as connectFoundation } from 'varve/foundationdb';
import { edge, graph, node } from 'varve/graph';
import { keyvStore } from 'varve/keyv';
import { verifyExtension, verifyProof } from 'varve/ledger';
import { observeMetrics, prometheusText, traceEvents } from 'varve/metrics';
import { connect as connectPostgres } from 'varve/postgres';
import { sessionStore } from 'varve/session';
import { attach, servePool } from 'varve/worker';
export const connects = [connectEtcd, connectFoundation, connectPostgres];
export const calls = [collection, edge, graph, node, verifyExtension, verifyProof, attach, servePool];
export const fits = [varveFastify, keyvStore, observeMetrics, prometheusText, traceEvents, sessionStore];
`;

function complaintsAbout(
  files: Readonly<Record<string, string>>,
  options: ts.CompilerOptions,
): string[] {
  const paths = Object.entries(files).map(([name, text]) => {
    writeFileSync(join(place, name), text);
    return join(place, name);
  });
  const settings: ts.CompilerOptions = {
    ...COMPILER_OPTIONS,
    typeRoots: [],
    skipDefaultLibCheck: true, // the compiler's own
    exactOptionalPropertyTypes: true,
    ...options,
  };
  const host = ts.createCompilerHost(settings);
  host.getCurrentDirectory = () => place;
  const program = ts.createProgram(paths, settings, host);
  return ts
    .getPreEmitDiagnostics(program)
    .map(
      ({ file, messageText }) =>
        `${file?.fileName ?? ''}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`,
    );
}

describe('a strict program that checks all declarations', () => {
  const modes = [
    ['node16', { module: ts.ModuleKind.Node16, moduleResolution: ts.ModuleResolutionKind.Node16 }],
    [
      'nodenext',
      { module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext },
    ],
  ] as const;

  it.each(modes)('compiles as a module and as CommonJS: moduleResolution %s', (_name, options) => {
    const files = {
      'imports.mts': IMPORTED,
      'requires.cts': REQUIRED,
      'imports-level.mts': LEVEL_IMPORTED,
      'requires-level.cts': LEVEL_IMPORTED,
      'imports-s3.mts': S3_IMPORTED,
      'requires-s3.cts': S3_IMPORTED,
      'imports-others.mts': OTHERS_IMPORTED,
      'requires-others.cts': OTHERS_IMPORTED,
    };
    expect(complaintsAbout(files, options)).toEqual([]);
  });

  it('compiles for a bundler', () => {
    const options = {
      module: ts.ModuleKind.ESNext,
      moduleResolution: ts.ModuleResolutionKind.Bundler,
    };
    const files = { 'bundled.ts': IMPORTED, 'bundled-level.ts': LEVEL_IMPORTED };
    expect(complaintsAbout(files, options)).toEqual([]);
  });
});

describe('each entry', () => {
  it('has types for `import`, for `require` and for bundlers that are those of its code', async () => {
    const root = join(place, 'node_modules', 'varve');
    const contents = [
      'package.json',
      ...readdirSync(join(root, 'dist')).map((name) => `dist/${name}`),
    ]
      .filter((path) => /\.(json|js|cjs|ts|cts)$/.test(path))
      .map((path) => [`/node_modules/varve/${path}`, readFileSync(join(root, path))] as const);
    const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      readonly exports: object;
    };
    const checked = await checkPackage(new Package(Object.fromEntries(contents), 'varve', '0.0.0'));
    if (checked.types === false) throw new Error('The package has no types');
    const entries = Object.keys(manifest.exports);
    expect(Object.keys(checked.entrypoints).sort()).toEqual(entries.sort());
    // Resolution of before `exports`: no Node.js and no bundler that Varve runs on has it.
    const isOld = (problem: object): boolean => Reflect.get(problem, 'resolutionKind') === 'node10';
    expect(checked.problems.filter((problem) => !isOld(problem))).toEqual([]);
  });
});

describe('the files of the package', () => {
  const filesIn = (folder: string): string[] =>
    readdirSync(join(place, 'node_modules', 'varve', folder), {
      recursive: true,
      withFileTypes: true,
    })
      .filter((entry) => entry.isFile())
      .map((entry) =>
        posix.join(
          folder,
          entry.parentPath.slice(join(place, 'node_modules', 'varve', folder).length),
          entry.name,
        ),
      );

  it('import no file that is not among them', () => {
    const files = new Set(filesIn('.'));
    const missing: string[] = [];
    for (const file of files) {
      if (!/\.(js|cjs|ts|cts)$/.test(file)) continue;
      const text = readFileSync(join(place, 'node_modules', 'varve', file), 'utf8');
      const { importedFiles, referencedFiles } = ts.preProcessFile(text, true, true);
      for (const { fileName } of [...importedFiles, ...referencedFiles]) {
        if (!fileName.startsWith('.')) continue;
        if (!files.has(posix.join(dirname(file), fileName))) missing.push(`${file}: ${fileName}`);
      }
    }
    expect(missing).toEqual([]);
  });

  it('are these, and fewer than 160 of the command', () => {
    const files = filesIn('.');
    const ofCommand = files.filter((file) => file.startsWith('dist/cli/'));
    expect(ofCommand.length).toBeLessThan(160);
    const documents = files.filter((file) => file.startsWith('docs/'));
    expect(documents.filter((file) => !/\.(md|svg|png|json)$/.test(file))).toEqual([]);
    const others = files.filter((file) => !ofCommand.includes(file) && !documents.includes(file));
    expect(others.sort()).toEqual([
      'CHANGELOG.md',
      'CONTRIBUTING.md',
      'LICENSE',
      'README.md',
      'SECURITY.md',
      'dist/THIRD-PARTY-LICENSES.txt',
      'dist/documents.cjs',
      'dist/documents.cjs.map',
      'dist/documents.d.cts',
      'dist/documents.d.ts',
      'dist/documents.js',
      'dist/documents.js.map',
      'dist/etcd.cjs',
      'dist/etcd.cjs.map',
      'dist/etcd.d.cts',
      'dist/etcd.d.ts',
      'dist/etcd.js',
      'dist/etcd.js.map',
      'dist/fastify.cjs',
      'dist/fastify.cjs.map',
      'dist/fastify.d.cts',
      'dist/fastify.d.ts',
      'dist/fastify.js',
      'dist/fastify.js.map',
      'dist/foundationdb.cjs',
      'dist/foundationdb.cjs.map',
      'dist/foundationdb.d.cts',
      'dist/foundationdb.d.ts',
      'dist/foundationdb.js',
      'dist/foundationdb.js.map',
      'dist/graph.cjs',
      'dist/graph.cjs.map',
      'dist/graph.d.cts',
      'dist/graph.d.ts',
      'dist/graph.js',
      'dist/graph.js.map',
      'dist/index.d.ts',
      'dist/index.js',
      'dist/index.js.map',
      'dist/keyv.cjs',
      'dist/keyv.cjs.map',
      'dist/keyv.d.cts',
      'dist/keyv.d.ts',
      'dist/keyv.js',
      'dist/keyv.js.map',
      'dist/ledger.cjs',
      'dist/ledger.cjs.map',
      'dist/ledger.d.cts',
      'dist/ledger.d.ts',
      'dist/ledger.js',
      'dist/ledger.js.map',
      'dist/level.cjs',
      'dist/level.cjs.map',
      'dist/level.d.cts',
      'dist/level.d.ts',
      'dist/level.js',
      'dist/level.js.map',
      'dist/metrics.cjs',
      'dist/metrics.cjs.map',
      'dist/metrics.d.cts',
      'dist/metrics.d.ts',
      'dist/metrics.js',
      'dist/metrics.js.map',
      'dist/postgres.cjs',
      'dist/postgres.cjs.map',
      'dist/postgres.d.cts',
      'dist/postgres.d.ts',
      'dist/postgres.js',
      'dist/postgres.js.map',
      'dist/programs/bank/child.js',
      'dist/programs/bank/child.js.map',
      'dist/s3.cjs',
      'dist/s3.cjs.map',
      'dist/s3.d.cts',
      'dist/s3.d.ts',
      'dist/s3.js',
      'dist/s3.js.map',
      'dist/session.cjs',
      'dist/session.cjs.map',
      'dist/session.d.cts',
      'dist/session.d.ts',
      'dist/session.js',
      'dist/session.js.map',
      'dist/varve.cjs',
      'dist/varve.cjs.map',
      'dist/varve.d.cts',
      'dist/worker.cjs',
      'dist/worker.d.cts',
      'dist/worker.d.ts',
      'dist/worker.js',
      'package.json',
    ]);
  });
});
