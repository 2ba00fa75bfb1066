/**
 * Moving in and out: `varve export` and `varve import`, through files, through lines of a scan, and from other engines.
 * VARVE_TRANSFER_ENTRIES=1000000 for the long run. The engines are those that bench/ installs: a test of one that is not
 * there is skipped, by name.
 */
import { spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

import { nextTurn } from '../../src/base/clock.ts';
import { AT_THE_BEGINNING, exportItems, headerOf } from '../../src/cli/transfer/database-source.ts';
import { fileTarget } from '../../src/cli/transfer/export-target.ts';
import { blockOf } from '../../src/cli/transfer/dump-format.ts';
import { Tally } from '../../src/migrate/tally.ts';
import { MemoryVfs, open } from '../../src/index.ts';
import { makeRandom } from '../support/prng.ts';
import { MAIN, mustVarve, mustVarveHere, varve, varveHere, withFolder } from './run-varve.ts';

const COUNT = Number(process.env['VARVE_TRANSFER_ENTRIES'] ?? 10_000);
const BENCH = fileURLToPath(new URL('../../bench/package.json', import.meta.url));
const bench = createRequire(BENCH);

interface Keyspace {
  readonly name: string;
  readonly entryCount: number;
  readonly checksum: string;
}

interface Report {
  readonly ok?: boolean;
  readonly isResumed: boolean;
  readonly entryCount: number;
  readonly keyspaces: readonly Keyspace[];
  readonly undeclaredIndexes: readonly string[];
}

const reportOf = (text: string): Report => JSON.parse(text) as Report;

const sums = ({ keyspaces }: Report): unknown[] =>
  keyspaces.map(({ name, entryCount, checksum }) => [name, entryCount, checksum]);

const keyOf = (i: number): string => `key:${String(i).padStart(9, '0')}`;

/** All kinds of keyspaces and entries, the most of them in `accounts`. */
async function makeDatabase(directory: string, count: number): Promise<void> {
  const db = await open(directory, { keyEncoding: 'utf8', valueEncoding: 'utf8' });
  const accounts = await db.keyspace('accounts', {
    keyEncoding: 'utf8',
    valueEncoding: 'json',
    indexes: { city: { on: ['city'] } },
  });
  for (let i = 0; i < count; i += 1000) {
    const length = Math.min(1000, count - i);
    const puts = Array.from({ length }, (_, j) => ({
      type: 'put' as const,
      key: keyOf(i + j),
      value: { city: `c${(i + j) % 7}`, n: i + j },
    }));
    await accounts.batch(puts, { durability: 'os' });
  }
  const postings = await db.keyspace('postings', { keyEncoding: 'tuple', valueEncoding: 'json' });
  await postings.put(['alice', 17, new Date(0)], { base64: 'YQ==' });
  await postings.put([Uint8Array.of(0, 255), 2n ** 70n, -Infinity], [1.5, null, '\u2028']);
  const bytes = await db.keyspace('bytes', { ttlMs: 3_600_000 });
  await bytes.put(Uint8Array.of(255, 0), Uint8Array.of(254));
  await bytes.put(Uint8Array.of(), Uint8Array.of(), { ttlMs: Infinity });
  const own = { name: 'mine', encode: (text: string) => Buffer.from(text), decode: String };
  await db.keyspace('own', { valueEncoding: own, ttlMs: 60_000 });
  await db.put('', 'the empty key');
  await db.put('text', 'line\nfeed\ttab "quote"');
  await db.close();
}

/** What the two databases say of their keyspaces, without what depends on their tables. */
async function catalogOf(directory: string): Promise<unknown> {
  const db = await open(directory);
  try {
    return (await db.keyspaces()).map(
      ({ name, keyEncoding, valueEncoding, ttlMs, compression, indexes }) => ({
        name,
        keyEncoding,
        valueEncoding,
        ttlMs,
        compression,
        indexes: indexes.map(({ name: index, on, isUnique }) => ({ index, on, isUnique })),
      }),
    );
  } finally {
    await db.close();
  }
}

/** Whether commits of more than 64 KiB are in the logs, which are made with room in them. */
function hasCommits(directory: string): boolean {
  if (!existsSync(directory)) return false;
  const logs = readdirSync(directory).filter((name) => name.endsWith('.log'));
  return logs.some((name) => {
    try {
      const bytes = readFileSync(join(directory, name));
      return bytes.subarray(64 * 1024, 66 * 1024).some((byte) => byte !== 0);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false; // the process has deleted it meanwhile
      throw error;
    }
  });
}

describe.each(['lines', 'dump'])('varve export --format %s, and varve import', (format) => {
  it('move all keyspaces with their options, entries and times, with equal checksums (json-lines/exact, import-run/compared)', () =>
    withFolder(async (folder) => {
      const [a, b, file] = ['a', 'b', 'file'].map((name) => join(folder, name)) as [
        string,
        string,
        string,
      ];
      await makeDatabase(a, COUNT);
      const args = ['export', a, '--format', format];
      const exported = reportOf(await mustVarveHere([...args, '--output', file, '--json']));
      expect(exported.entryCount).toBe(COUNT + 6);
      expect(existsSync(`${file}.partial`)).toBe(false);
      const imported = reportOf(await mustVarveHere(['import', b, file, '--json']));
      expect(imported).toMatchObject({ ok: true, isResumed: false, entryCount: COUNT + 6 });
      expect(sums(imported)).toEqual(sums(exported));
      expect(await catalogOf(b)).toEqual(await catalogOf(a));
      const again = reportOf(
        await mustVarveHere(['export', b, '--format', format, '--output', `${file}2`, '--json']),
      );
      expect(sums(again)).toEqual(sums(exported));
      const db = await open(b);
      const accounts = await db.keyspace('accounts', {
        keyEncoding: 'utf8',
        valueEncoding: 'json',
      });
      const rows = await accounts.index('city').count({ prefix: ['c1'] });
      expect(rows).toBe(Math.ceil((COUNT - 1) / 7));
      await db.close();
    }));

  it('an export that was cut anywhere goes on, and gives the same file (export-target/goes-on)', () =>
    withFolder(async (folder) => {
      const a = join(folder, 'a');
      await makeDatabase(a, 3000);
      const file = join(folder, 'file');
      const args = ['export', a, '--format', format, '--output', file, '--json'];
      await mustVarveHere(args);
      const whole = readFileSync(file);
      const prng = makeRandom(7);
      const cuts = [
        whole.length - 1,
        ...Array.from({ length: 12 }, () => prng.below(whole.length)),
      ];
      for (const cut of cuts) {
        renameSync(file, `${file}.old`);
        const garbage = Buffer.alloc(cut % 3 === 0 ? 4096 : 0); // blocks that a power cut left as zeros
        writeFileSync(`${file}.partial`, Buffer.concat([whole.subarray(0, cut), garbage]));
        const { isResumed } = reportOf(await mustVarveHere(args));
        const made = readFileSync(file);
        if (isResumed) expect(made.equals(whole), `cut at ${cut}`).toBe(true);
        else expect(made.length, `cut at ${cut}`).toBe(whole.length);
        if (cut > 1000) expect(isResumed, `cut at ${cut}`).toBe(true);
      }
    }));

  it('an export begins anew when the database has changed, and replaces no file', () =>
    withFolder(async (folder) => {
      const a = join(folder, 'a');
      await makeDatabase(a, 100);
      const file = join(folder, 'file');
      const args = ['export', a, '--format', format, '--output', file, '--json'];
      await mustVarveHere(args);
      const refused = await varveHere(args);
      expect(refused.status).toBe(2);
      expect(refused.stderr).toContain('File is there already');
      renameSync(file, `${file}.partial`);
      await mustVarveHere(['put', a, 'new', 'entry']);
      expect(reportOf(await mustVarveHere(args))).toMatchObject({
        isResumed: false,
        entryCount: 107,
      });
    }));

  it('an import that was killed goes on where its last commit is (import-run/once)', () =>
    withFolder(async (folder) => {
      const [a, b, file] = [join(folder, 'a'), join(folder, 'b'), join(folder, 'file')];
      await makeDatabase(a, COUNT);
      const args = ['export', a, '--format', format, '--output', file, '--json'];
      const exported = reportOf(await mustVarveHere(args));
      const bytes = readFileSync(file);
      const child = spawn(process.execPath, [MAIN, 'import', b, '-'], { stdio: 'pipe' });
      const ended = new Promise((resolve) => child.on('close', resolve));
      child.stdin.on('error', () => undefined);
      child.stdin.write(bytes.subarray(0, Math.floor(bytes.length / 2)));
      while (!hasCommits(b) && child.exitCode === null) await nextTurn();
      child.kill('SIGKILL');
      await ended;
      const other = await varveHere(['import', b, writeLines(folder)]);
      expect(other.status).toBe(2);
      expect(other.stderr).toContain('did not end');
      const imported = reportOf(await mustVarve(['import', b, '-', '--json'], { input: bytes }));
      expect(imported).toMatchObject({ ok: true, isResumed: true });
      expect(sums(imported)).toEqual(sums(exported));
    }));

  it('an import refuses a file that is cut short or damaged, and says where (dump-format/checked-first, file-source/whole-units)', () =>
    withFolder(async (folder) => {
      const [a, file] = [join(folder, 'a'), join(folder, 'file')];
      await makeDatabase(a, 500);
      await mustVarveHere(['export', a, '--format', format, '--output', file]);
      const whole = readFileSync(file);
      const prng = makeRandom(11);
      for (let i = 0; i < 8; i++) {
        const cut = prng.below(whole.length);
        writeFileSync(`${file}.bad`, whole.subarray(0, cut));
        const run = await varveHere(['import', join(folder, `cut${i}`), `${file}.bad`, '--merge']);
        if (cut > 0) expect([cut, run.status]).toEqual([cut, 3]);
        const flipped = Buffer.from(whole);
        const at = prng.below(whole.length);
        flipped[at] = flipped[at]! ^ 4; // at is within
        writeFileSync(`${file}.bad`, flipped);
        const damaged = await varveHere(['import', join(folder, `flip${i}`), `${file}.bad`]);
        expect([at, damaged.status]).not.toEqual([at, 0]);
      }
    }));
});

function writeLines(folder: string): string {
  const path = join(folder, 'lines.jsonl');
  writeFileSync(path, '{"key":"a","value":"1"}\n{"key":"b","value":"2"}');
  return path;
}

describe('an export', () => {
  it('is as of one moment, whatever is written meanwhile (database-source/one-moment)', async () => {
    const db = await open('/db', { vfs: new MemoryVfs() });
    const [b, a] = [await db.keyspace('b'), await db.keyspace('a')];
    await b.put(Uint8Array.of(1), Uint8Array.of(1));
    const snapshot = db.snapshot();
    const header = await headerOf(db, snapshot, undefined);
    const items = exportItems(db, snapshot, header, AT_THE_BEGINNING);
    const first = await items.next();
    await b.put(Uint8Array.of(2), Uint8Array.of(2));
    await a.put(Uint8Array.of(3), Uint8Array.of(3));
    const kinds: unknown[] = [first.value?.kind];
    for await (const item of items) {
      kinds.push(item.kind === 'entries' ? item.entries.length : item.kind);
    }
    expect(kinds.join(' ')).toBe('keyspace end keyspace end keyspace 1 end done');
    await db.close();
  });

  it('has its name only once it is whole and synced (export-target/whole-or-absent)', () =>
    withFolder(async (folder) => {
      const path = join(folder, 'file');
      const header = { version: 1, id: 'i', databaseId: 'd', sequence: 1, keyspaces: [] };
      const target = await fileTarget(path, 'lines', header);
      await target.write({ kind: 'header', header });
      expect([existsSync(path), existsSync(`${path}.partial`)]).toEqual([false, true]);
      await target.close();
      expect(existsSync(path)).toBe(false);
      const again = await fileTarget(path, 'lines', header);
      expect(again.resumed?.header.id).toBe('i');
      await again.write({ kind: 'done', keyspaceCount: 0, entryCount: 0 });
      await again.finish();
      expect([existsSync(path), existsSync(`${path}.partial`)]).toEqual([true, false]);
    }));
});

describe('docs/formats/export.md', () => {
  it('has the checksum and the block of an entry as they are', () => {
    const text = readFileSync(new URL('../../docs/formats/export.md', import.meta.url), 'utf8');
    const entry = { key: Buffer.from('a'), value: Buffer.from('1'), expiresAt: Infinity };
    const tally = new Tally();
    tally.add(entry);
    expect(text).toContain(`\`${tally.checksum}\``);
    const block = Buffer.from(blockOf({ kind: 'entries', entries: [entry] })).toString('hex');
    const spaced = /: `([0-9a-f ]+)`\.$/m.exec(text)?.[1] ?? '';
    expect(spaced.replaceAll(' ', '')).toBe(block);
  });
});

describe('varve import', () => {
  it('takes lines of a scan, and compares', () =>
    withFolder(async (folder) => {
      const lines = writeLines(folder);
      const b = join(folder, 'b');
      const args = ['import', b, lines, '--keys', 'text', '--values', 'text', '--json'];
      expect(reportOf(await mustVarveHere(args))).toMatchObject({ ok: true, entryCount: 2 });
      expect(await mustVarveHere(['scan', b])).toBe('a\t1\nb\t2\n');
      const refused = await varveHere(['import', b, lines]);
      expect(refused.status).toBe(2);
      expect(refused.stderr).toContain('is not empty');
      const into = ['import', b, lines, '--into', 'other'];
      expect(await mustVarveHere(into)).toContain('the same in the database');
      expect(await mustVarveHere([...into, '--merge'])).toContain('not compared');
      expect(await mustVarveHere(['keyspaces', b])).not.toContain('varve.import');
    }));

  it('tells that the source has a key twice (import-run/compared)', () =>
    withFolder(async (folder) => {
      const path = join(folder, 'twice.jsonl');
      writeFileSync(path, '{"key":"a","value":"1"}\n{"key":"a","value":"2"}\n');
      const run = await varveHere(['import', join(folder, 'b'), path]);
      expect(run.status).toBe(1);
      expect(run.stdout).toContain('DIFFERENT');
    }));

  it('passes over what has expired, and compares what stays (tally/expired-apart, import-run/empty-first)', () =>
    withFolder(async (folder) => {
      const path = join(folder, 'old.jsonl');
      writeFileSync(path, '{"key":"a","value":"1","expiresAt":5}\n{"key":"b","value":"2"}\n');
      const run = await varveHere(['import', join(folder, 'b'), path]);
      expect([run.status, run.stderr]).toEqual([0, '']);
      expect(run.stdout).toContain('1 had expired');
    }));

  it('says what to install for another engine, and what is none of its databases', () =>
    withFolder(async (folder) => {
      mkdirSync(join(folder, 'empty'));
      const target = join(folder, 'b');
      for (const [engine, name] of [
        ['level', 'classic-level'],
        ['lmdb', 'lmdb'],
      ] as const) {
        const args = ['import', target, join(folder, 'empty'), '--from', engine];
        const run = await varve(args, { cwd: folder });
        expect([run.status, run.stderr]).toEqual([
          2,
          expect.stringContaining(`npm install ${name}`),
        ]);
      }
      expect((await varveHere(['import', target, folder, '--table', 't'])).status).toBe(2);
    }));
});

/** Skips the test of an engine that bench/ has not installed. */
function withEngine(name: string): typeof it | typeof it.skip {
  try {
    bench.resolve(name);
    return it;
  } catch {
    return it.skip;
  }
}

/** Imports, once killed after the first chunks, and compares with what was put in. */
async function killedAndResumed(target: string, args: readonly string[]): Promise<Report> {
  const command = ['import', target, ...args, '--json'];
  const cwd = dirname(BENCH);
  const child = spawn(process.execPath, [MAIN, ...command], { cwd, stdio: 'ignore' });
  const ended = new Promise((resolve) => child.on('close', resolve));
  while (!hasCommits(target) && child.exitCode === null) await nextTurn();
  child.kill('SIGKILL');
  await ended;
  const run = await varve(command, { cwd });
  if (run.status === 2 && run.stderr.includes('is not empty')) return reportOf(ENDED); // before the kill
  expect([run.status, run.stderr]).toEqual([0, '']);
  return reportOf(run.stdout);
}

const ENDED = '{"ok":true,"isResumed":true,"keyspaces":[]}';

describe('varve import --from', () => {
  withEngine('classic-level')('level: all entries of classic-level, killed and resumed', () =>
    withFolder(async (folder) => {
      const { ClassicLevel } = bench('classic-level') as {
        ClassicLevel: new (
          path: string,
          options: object,
        ) => {
          batch(operations: object[]): Promise<void>;
          close(): Promise<void>;
        };
      };
      const source = join(folder, 'source');
      const level = new ClassicLevel(source, { valueEncoding: 'json' });
      for (let i = 0; i < COUNT; i += 1000) {
        const keys = Array.from({ length: Math.min(1000, COUNT - i) }, (_, j) => i + j);
        await level.batch(keys.map((n) => ({ type: 'put', key: keyOf(n), value: { n } })));
      }
      await level.close();
      const target = join(folder, 'b');
      const args = [source, '--from', 'level', '--keys', 'text', '--values', 'json'];
      expect((await killedAndResumed(target, args)).ok).toBe(true);
      await expectEntries(target, (n) => JSON.stringify({ n }));
    }),
  );

  withEngine('lmdb')('lmdb: all entries of lmdb-js, killed and resumed', () =>
    withFolder(async (folder) => {
      const lmdb = bench('lmdb') as {
        open(options: object): {
          put(key: unknown, value: unknown): Promise<unknown>;
          flushed: Promise<unknown>;
          close(): Promise<void>;
        };
      };
      const source = join(folder, 'source');
      const env = lmdb.open({ path: source });
      let last: Promise<unknown> = Promise.resolve();
      for (let i = 0; i < COUNT; i++) last = env.put(keyOf(i), { n: i });
      await last;
      await env.close();
      const target = join(folder, 'b');
      const args = [source, '--from', 'lmdb', '--keys', 'text', '--values', 'json'];
      expect((await killedAndResumed(target, args)).ok).toBe(true);
      await expectEntries(target, (n) => JSON.stringify({ n }));
    }),
  );

  withEngine('better-sqlite3')('sqlite: all rows of all tables, killed and resumed', () =>
    withFolder(async (folder) => {
      const Sqlite = bench('better-sqlite3') as new (path: string) => {
        exec(sql: string): void;
        close(): void;
      };
      const source = join(folder, 'source.sqlite');
      const sqlite = new Sqlite(source);
      sqlite.exec(`
        CREATE TABLE kv (k TEXT PRIMARY KEY, n INTEGER, note TEXT) WITHOUT ROWID;
        WITH RECURSIVE c(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM c WHERE i < ${COUNT - 1})
          INSERT INTO kv SELECT printf('key:%09d', i), i, NULL FROM c;
        CREATE TABLE "odd ""name""" (a INTEGER, b BLOB, c REAL, PRIMARY KEY (a, b));
        INSERT INTO "odd ""name""" VALUES (1, x'00ff', 1.5), (9007199254740993, x'', -1e400);
        CREATE TABLE nokey (t TEXT);
        INSERT INTO nokey VALUES ('x'), ('y');`);
      sqlite.close();
      const target = join(folder, 'b');
      const report = await killedAndResumed(target, [source, '--from', 'sqlite']);
      expect(report.ok).toBe(true);
      expect(await mustVarveHere(['scan', target, '--keyspace', 'odd "name"', '--json'])).toBe(
        '{"key":[1,{"bytes":"00ff"}],"value":{"c":1.5}}\n' +
          '{"key":[{"bigint":"9007199254740993"},{"bytes":""}],"value":{"c":{"number":"-Infinity"}}}\n',
      );
      expect(await mustVarveHere(['scan', target, '--keyspace', 'nokey'])).toBe(
        '[1]\t{"t":"x"}\n[2]\t{"t":"y"}\n',
      );
      const db = await open(target);
      const kv = await db.keyspace('kv', { keyEncoding: 'tuple', valueEncoding: 'json' });
      expect((await kv.keys().all()).length).toBe(COUNT);
      expect(await kv.get([keyOf(7)])).toEqual({ n: 7, note: null });
      await db.close();
    }),
  );
});

async function expectEntries(directory: string, valueOf: (n: number) => string): Promise<void> {
  const db = await open(directory, { keyEncoding: 'utf8', valueEncoding: 'buffer' });
  let n = 0;
  for await (const [key, value] of db.entries()) {
    if (key !== keyOf(n) || value.toString() !== valueOf(n)) {
      throw new Error(`Another entry: key=${key} expected=${keyOf(n)}`);
    }
    n++;
  }
  expect(n).toBe(COUNT);
  await db.close();
}
