/**
 * The command: what each subcommand prints, in both forms, and how it ends. One test of each kind runs it as a user
 * does, in a process of its own.
 *
 * The exit status is the contract of scripts: 0 done, 1 the answer is no, 2 wrong command line, 3 storage error,
 * 4 locked.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import { nextTurn } from '../../src/base/clock.ts';
import { open } from '../../src/index.ts';
import {
  MAIN,
  mustVarve,
  mustVarveHere,
  parseLines,
  varve,
  varveHere,
  withFolder,
} from './run-varve.ts';

const COMMANDS = [
  'get',
  'put',
  'del',
  'scan',
  'count',
  'consumers',
  'keyspaces',
  'index',
  'stats',
  'shell',
  'studio',
  'dump',
  'completions',
  'export',
  'import',
  'migrate',
  'compact',
  'verify',
  'doctor',
  'repair',
  'bank',
  'bench',
];
/** Commands that only open what is there, with what they need after the directory. */
const READERS: readonly { name: string; rest: readonly string[] }[] = [
  { name: 'get', rest: ['k'] },
  { name: 'del', rest: ['k'] },
  ...['scan', 'count', 'consumers', 'keyspaces', 'stats', 'compact', 'verify'].map((name) => ({
    name,
    rest: [],
  })),
];

/** A database in a new folder with keys k00, k01... */
function withEntries<T>(count: number, use: (directory: string) => Promise<T>): Promise<T> {
  return withFolder(async (folder) => {
    const directory = join(folder, 'db');
    const db = await open(directory, { keyEncoding: 'utf8', valueEncoding: 'utf8' });
    for (let i = 0; i < count; i++) await db.put(keyOf(i), `v${i}`, { durability: 'os' });
    await db.close();
    return use(directory);
  });
}

const keyOf = (i: number): string => `k${String(i).padStart(2, '0')}`;

describe('varve get, put, del', () => {
  it('a value is stored, printed, replaced and removed', () =>
    withFolder(async (folder) => {
      const directory = join(folder, 'new', 'db');
      expect(await mustVarve(['put', directory, 'alice', '100'])).toBe('');
      expect(await mustVarve(['get', directory, 'alice'])).toBe('100\n');
      const put = ['put', directory, 'alice', '7', '--json', '--durability', 'os'];
      expect(JSON.parse(await mustVarve(put))).toEqual({
        key: 'alice',
        valueSizeBytes: 1,
        durability: 'os',
      });
      const json = await mustVarve(['get', directory, 'alice', '--json']);
      expect(JSON.parse(json)).toEqual({ key: 'alice', value: '7' });
      expect(await mustVarve(['del', directory, 'alice'])).toBe('');
      expect(await mustVarve(['del', directory, 'alice'])).toBe('');
      const absent = await varve(['get', directory, 'alice', '--json']);
      expect(absent).toMatchObject({ status: 1, stdout: '', stderr: '' });
    }));

  it('an empty value is a value, and an absent key is not', () =>
    withFolder(async (directory) => {
      await mustVarveHere(['put', directory, 'empty', '']);
      expect(await mustVarveHere(['get', directory, 'empty'])).toBe('\n');
      expect(await varveHere(['get', directory, 'other'])).toMatchObject({ status: 1, stdout: '' });
    }));

  it('standard input and output carry any bytes', () =>
    withFolder(async (directory) => {
      const bytes = Buffer.from(Array.from({ length: 70_000 }, (_, i) => (i * 7) % 256));
      await mustVarve(['put', directory, 'blob', '-'], { input: bytes });
      const run = await varve(['get', directory, 'blob', '--no-newline']);
      expect(run.stdoutBytes.equals(bytes)).toBe(true);
      const json = JSON.parse(await mustVarve(['get', directory, 'blob', '--json'])) as {
        value: { base64: string };
      };
      expect(Buffer.from(json.value.base64, 'base64').equals(bytes)).toBe(true);
    }));

  it('hex and base64 name bytes', () =>
    withFolder(async (directory) => {
      await mustVarveHere(['put', directory, '00ff', 'cafe', '--hex']);
      expect(await mustVarveHere(['get', directory, 'AP8=', '--base64'])).toBe('yv4=\n');
      const json = await mustVarveHere(['get', directory, '00ff', '--hex', '--json']);
      expect(JSON.parse(json)).toEqual({ key: '00ff', value: 'cafe' });
      expect(await varveHere(['get', directory, '0', '--hex'])).toMatchObject({ status: 2 });
      expect(await varveHere(['get', directory, '00', '--hex', '--base64'])).toMatchObject({
        status: 2,
      });
    }));

  it('each work in the keyspace that they name, which only put creates', () =>
    withFolder(async (directory) => {
      const inAccounts = ['--keyspace', 'accounts'];
      await mustVarveHere(['put', directory, 'alice', '1']);
      const missing = await varveHere(['get', directory, 'alice', ...inAccounts]);
      expect(missing).toMatchObject({ status: 3, stdout: '' });
      expect(missing.stderr).toContain('There is no keyspace of this name: name=accounts');
      await mustVarveHere(['put', directory, 'alice', '100', ...inAccounts]);
      await mustVarveHere(['put', directory, 'bob', '5', ...inAccounts]);
      expect(await mustVarveHere(['get', directory, 'alice', ...inAccounts])).toBe('100\n');
      expect(await mustVarveHere(['get', directory, 'alice'])).toBe('1\n');
      expect(await mustVarveHere(['scan', directory, ...inAccounts])).toBe('alice\t100\nbob\t5\n');
      await mustVarveHere(['del', directory, '--prefix', 'a', ...inAccounts]);
      await mustVarveHere(['compact', directory, ...inAccounts]);
      expect(await mustVarveHere(['scan', directory, ...inAccounts, '--keys'])).toBe('bob\n');
      expect(await mustVarveHere(['scan', directory, '--keys'])).toBe('alice\n');
    }));

  it('put gives an entry a time to live, which is above 0 and whole', () =>
    withFolder(async (directory) => {
      const before = Date.now();
      const json = await mustVarveHere([
        'put',
        directory,
        's1',
        'alice',
        '--ttl',
        '60000',
        '--json',
      ]);
      expect(JSON.parse(json)).toMatchObject({ key: 's1', ttlMs: 60_000 });
      await mustVarveHere(['put', directory, 'short', 'x', '--ttl', '1']);
      while (Date.now() < before + 5) await nextTurn();
      expect(await mustVarveHere(['scan', directory, '--keys'])).toBe('s1\n');
      const db = await open(directory, { keyEncoding: 'utf8' });
      const expiresAt = (await db.expiresAt('s1')) ?? 0;
      await db.close();
      expect(expiresAt).toBeGreaterThanOrEqual(before + 60_000);
      expect(expiresAt).toBeLessThanOrEqual(Date.now() + 60_000);
      for (const ttl of ['0', '-1', '1.5', 'soon']) {
        const put = ['put', directory, 'a', 'b', '--ttl', ttl];
        expect(await varveHere(put)).toMatchObject({ status: 2, stdout: '' });
      }
    }));

  it('a key may start with a dash', () =>
    withFolder(async (directory) => {
      await mustVarveHere(['put', directory, '--', '--json', '1']);
      expect(await mustVarveHere(['get', directory, '--', '--json'])).toBe('1\n');
    }));

  it('del removes a range, and nothing by omission', () =>
    withEntries(20, async (directory) => {
      expect(await varveHere(['del', directory])).toMatchObject({ status: 2 });
      expect(await varveHere(['del', directory, 'k01', '--lt', 'k05'])).toMatchObject({
        status: 2,
      });
      await mustVarveHere(['del', directory, '--gte', 'k03', '--lt', 'k18']);
      const left = await mustVarveHere(['scan', directory, '--keys']);
      expect(left.trim().split('\n')).toEqual(['k00', 'k01', 'k02', 'k18', 'k19']);
      const json = await mustVarveHere(['del', directory, '--prefix', 'k0', '--json']);
      expect(JSON.parse(json)).toEqual({ range: { prefix: 'k0' }, durability: 'sync' });
      expect(await mustVarveHere(['scan', directory, '--keys'])).toBe('k18\nk19\n');
    }));
});

describe('varve consumers', () => {
  it('lists and drops', () =>
    withFolder(async (directory) => {
      const db = await open(directory, { history: {} });
      await db.consumer('mails', { holdBytes: 4096 });
      await db.put(Uint8Array.of(1), Uint8Array.of(2));
      const [info] = await db.consumers();
      await db.close();
      const list = ['consumers', directory];
      expect(JSON.parse(await mustVarveHere([...list, '--json']))).toEqual([
        { ...info, behindBytes: expect.any(Number) as unknown }, // the close has added a frame
      ]);
      expect(await mustVarveHere(list)).toMatch(/^mails +0 +2 +.* 4.0 KiB$/m);
      expect(await mustVarveHere([...list, '--drop', 'mails'])).toBe('no consumers\n');
      expect(await varveHere([...list, '--drop', 'mails'])).toMatchObject({ status: 3 });
    }));
});

describe('varve keyspaces', () => {
  it('lists, renames and drops', () =>
    withFolder(async (directory) => {
      const db = await open(directory);
      const kinds = await db.keyspace('kinds', { keyEncoding: 'tuple', valueEncoding: 'json' });
      await kinds.put(['a'], 1);
      await db.close();
      const names = async (...rest: string[]): Promise<unknown> => {
        const json = await mustVarveHere(['keyspaces', directory, '--json', ...rest]);
        return (JSON.parse(json) as { name: string }[]).map(({ name }) => name);
      };
      expect(await names()).toEqual(['default', 'kinds']);
      expect(await mustVarveHere(['keyspaces', directory])).toMatch(/^kinds +tuple +json +\d+ +/m);
      expect(await names('--rename', 'kinds', '--to', 'sorts')).toEqual(['default', 'sorts']);
      expect(await names('--drop', 'sorts')).toEqual(['default']);
      expect(await varveHere(['keyspaces', directory, '--drop', 'sorts'])).toMatchObject({
        status: 3,
      });
      for (const wrong of [
        ['--rename', 'a'],
        ['--to', 'b'],
        ['--drop', 'a', '--rename', 'b', '--to', 'c'],
      ]) {
        expect(await varveHere(['keyspaces', directory, ...wrong])).toMatchObject({ status: 2 });
      }
    }));
});

describe('varve keyspaces, of entries that expire', () => {
  it('tells how long entries live that do not say', () =>
    withFolder(async (directory) => {
      const db = await open(directory);
      await db.keyspace('sessions', { ttlMs: 5000 });
      await db.close();
      const text = await mustVarveHere(['keyspaces', directory]);
      expect(text).toMatch(/^name .* time to live {2}mode +indexes$/m);
      expect(text).toMatch(/^sessions .* 5000 ms +mutable *$/m);
      expect(text).toMatch(/^default .* - +mutable *$/m);
      const json = await mustVarveHere(['keyspaces', directory, '--json']);
      expect(JSON.parse(json)).toMatchObject([
        { name: 'default', ttlMs: null },
        { name: 'sessions', ttlMs: 5000 },
      ]);
    }));
});

describe('varve scan', () => {
  it('prints keys and values in order, within bounds, forward and back', () =>
    withEntries(30, async (directory) => {
      const scan = async (...args: string[]): Promise<string> =>
        mustVarveHere(['scan', directory, ...args]);
      const lines = Array.from({ length: 30 }, (_, i) => `${keyOf(i)}\tv${i}\n`);
      expect(await scan()).toBe(lines.join(''));
      expect(await scan('--reverse')).toBe([...lines].reverse().join(''));
      expect(await scan('--gt', 'k03', '--lte', 'k05')).toBe(lines.slice(4, 6).join(''));
      expect(await scan('--gte', 'k03', '--lt', 'k05')).toBe(lines.slice(3, 5).join(''));
      expect(await scan('--prefix', 'k2', '--limit', '2')).toBe(lines.slice(20, 22).join(''));
      expect(await scan('--reverse', '--limit', '1', '--keys')).toBe('k29\n');
      expect(await scan('--limit', '2', '--values')).toBe('v0\nv1\n');
      expect(await scan('--limit', '0')).toBe('');
      expect(await scan('--keys', '--hex', '--limit', '1')).toBe('6b3030\n');
    }));

  it('prints one JSON object a line', () =>
    withEntries(3, async (directory) => {
      expect(parseLines(await mustVarveHere(['scan', directory, '--json']))).toEqual([
        { key: 'k00', value: 'v0' },
        { key: 'k01', value: 'v1' },
        { key: 'k02', value: 'v2' },
      ]);
      const keys = await mustVarveHere(['scan', directory, '--json', '--keys', '--limit', '1']);
      expect(parseLines(keys)).toEqual([{ key: 'k00' }]);
      const values = await mustVarveHere(['scan', directory, '--json', '--values', '--limit', '1']);
      expect(parseLines(values)).toEqual([{ value: 'v0' }]);
    }));

  it('ends quietly with status 0 when its reader goes away (output/reader-gone)', () =>
    withFolder(async (directory) => {
      const db = await open(directory, { keyEncoding: 'utf8', valueEncoding: 'utf8' });
      await db.batch(
        Array.from({ length: 200 }, (_, i) => ({
          type: 'put' as const,
          key: `k${i}`,
          value: 'x'.repeat(20_000),
        })),
      );
      await db.close();
      const run = await varve(['scan', directory], { closeAfterBytes: 1 });
      expect(run).toMatchObject({ status: 0, signal: null, stderr: '' });
      expect(run.stdoutBytes.length).toBeLessThan(200 * 20_000);
      expect(await mustVarve(['scan', directory, '--keys', '--limit', '1'])).toBe('k0\n');
    }));
});

describe('varve stats, compact, verify', () => {
  it('stats prints a table or JSON with what recovery found', () =>
    withEntries(5, async (directory) => {
      const json: unknown = JSON.parse(await mustVarveHere(['stats', directory, '--json']));
      expect(json).toHaveProperty('recovery');
      const table = await mustVarveHere(['stats', directory]);
      expect(table).toMatch(/^recovery\n {2}\S+ +\S+$/m);
      expect(table).toMatch(/^ {2}memtableBytes +[\d.]+ [KMG]iB$/m);
      expect(table).toMatch(/^levels\n {2}level +tables +size +entries\n {2}0 +\d+ +\d+ B +\d+$/m);
      expect(table).toMatch(/^ {2}commit +0 +- +- +- +-$/m);
      expect(table).not.toMatch(/boundsMs|\[object/);
      expect(table).not.toContain('\u001b');
    }));

  it('compact gives the space of removed entries back', () =>
    withFolder(async (directory) => {
      const value = { input: Buffer.alloc(2_000_000, 'abcdefghijklm') };
      for (const key of ['a', 'b']) await mustVarve(['put', directory, key, '-'], value);
      await mustVarveHere(['compact', directory]);
      await mustVarveHere(['del', directory, 'a']);
      const json: unknown = JSON.parse(await mustVarveHere(['compact', directory, '--json']));
      expect(json).toMatchObject({ beforeSizeBytes: expect.any(Number) as number });
      const { beforeSizeBytes, afterSizeBytes } = json as Record<string, number>;
      expect(afterSizeBytes).toBeLessThan(beforeSizeBytes ?? 0);
      expect(await mustVarveHere(['compact', directory, '--gte', 'a', '--lt', 'z'])).toMatch(/->/);
      expect(await mustVarveHere(['compact', directory, '--prefix', 'k'])).toMatch(/->/);
      expect(await mustVarveHere(['scan', directory, '--keys'])).toBe('b\n');
    }));

  it('verify passes a sound database, and finds a flipped bit in a table', () =>
    withEntries(50, async (directory) => {
      await mustVarveHere(['compact', directory]);
      expect(JSON.parse(await mustVarveHere(['verify', directory, '--json']))).toMatchObject({
        ok: true,
      });
      expect(await mustVarveHere(['verify', directory])).toMatch(/^ok/);
      const name = readdirSync(directory).find((file) => file.endsWith('.sst')) ?? '';
      const table = join(directory, name);
      const bytes = readFileSync(table);
      bytes[20]! ^= 1; // in the first block
      writeFileSync(table, bytes);
      const plain = await varveHere(['verify', directory]);
      expect(plain.status, plain.stdout + plain.stderr).toBe(1);
      expect(plain.stdout).toContain(name);
      const json = await varveHere(['verify', directory, '--json']);
      expect(json.status).toBe(1);
      expect(JSON.parse(json.stdout)).toMatchObject({ ok: false });
    }));
});

describe('varve: how it ends', () => {
  it.each(READERS)('$name creates no database where there is none', ({ name, rest }) =>
    withFolder(async (folder) => {
      const directory = join(folder, 'none');
      const run = await varveHere([name, directory, ...rest]);
      expect(run).toMatchObject({ status: 3, stdout: '' });
      expect(run.stderr).toMatch(/^varve: [A-Z_]+: .*none/);
      expect(existsSync(directory)).toBe(false);
      const json = await varveHere([name, directory, ...rest, '--json']);
      expect(json).toMatchObject({ status: 3, stdout: '' });
      expect(JSON.parse(json.stderr)).toMatchObject({
        error: { code: expect.any(String) as string, message: expect.any(String) as string },
      });
    }),
  );

  it('a directory of other files is refused, and left as it is', () =>
    withFolder(async (folder) => {
      writeFileSync(join(folder, 'letter.txt'), 'dear reader');
      const run = await varveHere(['scan', folder]);
      expect(run).toMatchObject({ status: 3, stdout: '' });
      expect(run.stderr).not.toBe('');
      expect(readFileSync(join(folder, 'letter.txt'), 'utf8')).toBe('dear reader');
    }));

  it('a file in the place of the directory is a storage error', () =>
    withFolder(async (folder) => {
      const file = join(folder, 'file');
      writeFileSync(file, 'x');
      expect(await varveHere(['scan', file])).toMatchObject({ status: 3, stdout: '' });
      expect(await varveHere(['put', file, 'a', 'b'])).toMatchObject({ status: 3, stdout: '' });
    }));

  it('a damaged CURRENT is a storage error with its code', () =>
    withEntries(3, async (directory) => {
      writeFileSync(join(directory, 'CURRENT'), 'nonsense');
      const run = await varve(['get', directory, 'k00', '--json']);
      expect(run).toMatchObject({ status: 3, stdout: '' });
      expect(JSON.parse(run.stderr)).toMatchObject({ error: { code: 'CORRUPTION' } });
    }));

  it('a database that another process has is status 4', () =>
    withEntries(3, async (directory) => {
      const db = await open(directory);
      try {
        const run = await varve(['del', directory, 'k00']);
        expect(run).toMatchObject({ status: 4, stdout: '' });
        expect(run.stderr).toMatch(/^varve: LOCKED: /);
        const json = await varve(['put', directory, 'a', 'b', '--json']);
        expect(json.status).toBe(4);
        expect(JSON.parse(json.stderr)).toMatchObject({ error: { code: 'LOCKED' } });
      } finally {
        await db.close();
      }
      expect(await mustVarve(['get', directory, 'k00'])).toBe('v0\n');
    }));

  it.each([
    [['frobnicate']],
    [['get']],
    [['get', 'x']],
    [['scan', 'x', '--limit', '-1']],
    [['scan', 'x', '--limit', 'many']],
    [['scan', 'x', '--keys', '--values']],
    [['scan', 'x', '--gt', 'a', '--gte', 'a']],
    [['put', 'x', 'a', 'b', '--durability', 'maybe']],
    [['put', 'x', 'a', 'b', 'c']],
    [['bank', '--memtable-size', '1']],
    [['bank', '--hot', '2000']],
    [['bench', '--workloads', 'sleep']],
    [[]],
  ])('%j is status 2, with nothing on standard output', async (args) => {
    const run = await varveHere(args);
    expect(run).toMatchObject({ status: 2, stdout: '' });
    expect(run.stderr).not.toBe('');
    if (args.length === 0) return;
    const json = await varveHere([...args, '--json']);
    expect(json).toMatchObject({ status: 2, stdout: '' });
    expect(JSON.parse(json.stderr)).toMatchObject({ error: { code: 'USAGE' } });
  });

  it('prints the version of the package', async () => {
    const manifest: unknown = JSON.parse(
      readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
    );
    expect({ version: (await mustVarve(['--version'])).trim() }).toMatchObject({
      version: (manifest as { version: string }).version,
    });
  });

  it.each(COMMANDS)('%s has help with examples', async (name) => {
    const help = await mustVarveHere([name, '--help']);
    expect(help).toContain('Examples:');
    expect(help).toContain(`$ varve ${name}`);
    expect(help).toContain('--json');
    expect(await mustVarveHere(['--help'])).toMatch(new RegExp(`^ {2}${name} `, 'm'));
  });

  it('refuses an old Node.js by name before it loads anything', async () => {
    const pretend = `
      Object.defineProperty(process.versions, 'node', { value: '18.20.0' });
      await import(${JSON.stringify(MAIN)});`;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', pretend]);
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    const status = await new Promise((resolve) => child.on('close', resolve));
    expect(status).toBe(2);
    expect(stderr).toMatch(/^varve: .*20\.15.*18\.20\.0\n$/);
  });

  it('get on an empty directory reads nothing and leaves it empty', () =>
    withFolder(async (folder) => {
      const directory = join(folder, 'empty');
      mkdirSync(directory);
      expect(await varveHere(['get', directory, 'k'])).toMatchObject({ status: 3, stdout: '' });
      expect(readdirSync(directory)).toEqual([]);
    }));
});

describe('every example of the help', () => {
  it.each(COMMANDS)('of varve %s means to a shell what it shows', async (name) => {
    const help = await mustVarveHere([name, '--help']);
    const examples = help
      .split('\n')
      .filter((line) => /^ +\$ varve /.test(line))
      .map((line) => line.replace(/^ +\$ /, ''));
    expect(examples.length).toBeGreaterThan(0);
    await withFolder((folder) => {
      for (const name of ['logo.png', 'entries.jsonl', 'changes.txt']) {
        writeFileSync(join(folder, name), 'what one of them reads');
      }
      for (const example of examples) {
        // Each word on a line of its own; what follows a pipe, a redirection or a remark is the shell's.
        const script = `varve() { printf '%s\\n' "$@" >&2; }\n${example}`;
        const { stderr, status } = spawnSync('sh', ['-c', script], {
          cwd: folder,
          encoding: 'utf8',
        });
        const [shown = ''] = example.trim().split(/ +(?:[|<>#]|\|\|) ?/);
        expect(status, example).toBe(0);
        expect(stderr.trim().split('\n').join(' '), example).toBe(
          shown.replace(/^varve /, '').replaceAll("'", ''),
        );
      }
      return Promise.resolve();
    });
  });
});

it.each(['SIGINT', 'SIGTERM'] as const)('varve bench leaves no folder when %s ends it', (signal) =>
  withFolder(async (folder) => {
    const args = [MAIN, 'bench', folder, '--entries', '1000000'];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    await once(child.stdout, 'data'); // the settings: its folder is made before
    expect(readdirSync(folder)).not.toEqual([]);
    child.kill(signal);
    const [, endedBy] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
    expect(endedBy).toBe(signal);
    expect(readdirSync(folder)).toEqual([]);
  }),
);

it('varve verify tells what is in the logs', () =>
  withEntries(408, async (directory) => {
    expect(await mustVarveHere(['verify', directory])).toMatch(
      /^ok: 0 tables with 0 entries, \d logs with 408 operations, .*iB checked/,
    );
    const json = JSON.parse(await mustVarveHere(['verify', directory, '--json'])) as object;
    expect(json).toMatchObject({ ok: true, logOperationCount: 408 });
  }));
