/**
 * The bank end to end: real processes, real kills, small rounds.
 *
 * That its audit can fail is shown by audit.test.ts on made-up histories, and here on a real database whose books
 * were changed between two runs.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import { type Database, open } from '../../src/index.ts';
import { parseLines, varve, varveHere, withFolder } from '../cli/run-varve.ts';

const SMALL = ['--accounts', '50', '--clients', '8', '--seconds', '0.3', '--rounds', '2'];

interface Line {
  readonly type: string;
  readonly [name: string]: unknown;
}

const OTHER = /holds something else than a bank/;
/** Databases that are no bank, how each comes to be, and what the refusal says. */
const SOMETHING_ELSE: readonly [string, (db: Database) => Promise<unknown>, RegExp][] = [
  [
    'a bank from before keyspaces',
    (db) =>
      db.batch([
        { type: 'put', key: Buffer.from('account:00000000'), value: Buffer.from('{"balance":5}') },
        {
          type: 'put',
          key: Buffer.from('checkpoint'),
          value: Buffer.from('{"balances":[5],"sequences":[]}'),
        },
      ]),
    /made by an earlier version.*: remove the directory, or name another one/,
  ],
  ['keys of its own', (db) => db.put(Buffer.from('a'), Buffer.from('b')), OTHER],
  ['a keyspace that no bank has', (db) => db.keyspace('postings'), OTHER],
  [
    'accounts of another kind',
    (db) => db.keyspace('accounts', { keyEncoding: 'utf8', valueEncoding: 'json' }),
    OTHER,
  ],
  [
    'accounts without a checkpoint',
    async (db) => {
      const encodings = { keyEncoding: 'tuple', valueEncoding: 'json' } as const;
      await (await db.keyspace('accounts', encodings)).put([1], { balance: 1 });
      await db.keyspace('transfers', encodings);
      await db.keyspace('checkpoints', { ...encodings, keyEncoding: 'utf8' });
    },
    OTHER,
  ],
];

/** Keyspaces by name and encodings, and the database's own keys. */
async function contentOf(db: Database): Promise<unknown> {
  const keyspaces = (await db.keyspaces()).map(({ name, keyEncoding, valueEncoding }) => ({
    name,
    keyEncoding,
    valueEncoding,
  }));
  return { keyspaces, entries: await db.entries().all() };
}

describe('varve bank', () => {
  it('passes two rounds of kills, and says so in a line (books/folded-whole, bank-child/reported-after-commit, bank-child/one-in-flight, round/no-child-left, transfer/record-with-money, transfer/one-in-flight, transfer/checkpoint-adds-up)', () =>
    withFolder(async (directory) => {
      const run = await varve(['bank', join(directory, 'bank'), ...SMALL, '--seed', '11']);
      expect(run.status, run.stdout + run.stderr).toBe(0);
      expect(run.stdout).toMatch(/^VERDICT: PASS - .*total is still 50,000$/m);
      expect(run.stdout).toMatch(/seed 11/);
      expect(run.stdout.match(/ pass$/gm)).toHaveLength(2);
    }));

  it('prints rounds and verdict as JSON, and goes on with a bank that it finds', () =>
    withFolder(async (folder) => {
      const directory = join(folder, 'bank');
      const args = ['bank', directory, ...SMALL, '--json', '--seconds', '0.5', '--hot', '4'];
      // A busy machine may be killed before its first transfer: the bank goes on until there was one.
      let acknowledgedCount = 0;
      for (let attempt = 0; attempt < 2 || acknowledgedCount === 0; attempt++) {
        const durability = attempt % 2 === 0 ? 'os' : 'sync';
        const run = await varve([...args, '--durability', durability]);
        expect(run.status, run.stdout + run.stderr).toBe(0);
        const lines = parseLines(run.stdout) as Line[];
        expect(lines.map(({ type }) => type)).toEqual(['settings', 'round', 'round', 'verdict']);
        expect(lines[1]).toMatchObject({
          round: 1,
          acknowledgedCount: expect.any(Number) as number,
          recoveryMs: expect.any(Number) as number,
          audit: { isOk: true, total: 50_000, problems: [] },
        });
        const verdict = lines.at(-1);
        expect(verdict).toMatchObject({ isOk: true, roundCount: 2, problems: [] });
        acknowledgedCount += Number(verdict?.['acknowledgedCount']);
      }
    }));

  it('fails a bank whose books were changed behind its back', () =>
    withFolder(async (folder) => {
      const directory = join(folder, 'bank');
      const args = ['bank', directory, ...SMALL, '--rounds', '1'];
      expect(await varve(args)).toMatchObject({ status: 0 });
      const db = await open(directory);
      const encodings = { keyEncoding: 'tuple', valueEncoding: 'json' } as const;
      const accounts = await db.keyspace('accounts', encodings);
      await accounts.put([7], { balance: 1 });
      await db.close();
      const run = await varve(args);
      expect(run.status, run.stdout + run.stderr).toBe(1);
      expect(run.stdout).toMatch(/account 7 does not follow from its transfers/);
      expect(run.stdout).toMatch(/^VERDICT: FAIL/m);
      expect(existsSync(directory)).toBe(true);
    }));

  it('refuses a bank of another size', () =>
    withFolder(async (directory) => {
      expect(await varve(['bank', directory, ...SMALL, '--rounds', '1'])).toMatchObject({
        status: 0,
      });
      const run = await varve(['bank', directory, ...SMALL, '--accounts', '60']);
      expect(run.status).toBe(2);
      expect(run.stderr).toContain('--accounts 50');
    }));

  it.each(SOMETHING_ELSE)(
    'refuses %s, and leaves it as it is (books/nothing-else)',
    (_, fill, message) =>
      withFolder(async (directory) => {
        const db = await open(directory);
        await fill(db);
        const before = await contentOf(db);
        await db.close();
        const run = await varveHere(['bank', directory, ...SMALL]);
        expect(run.status, run.stdout + run.stderr).toBe(2);
        expect(run.stderr).toMatch(message);
        expect(run.stderr).toContain(directory);
        const after = await open(directory);
        expect(await contentOf(after)).toEqual(before);
        await after.close();
      }),
  );

  it('reports a database that another process has as locked', () =>
    withFolder(async (directory) => {
      const db = await open(directory);
      try {
        expect(await varve(['bank', directory, ...SMALL])).toMatchObject({ status: 4 });
      } finally {
        await db.close();
      }
    }));
});

describe('varve bench', () => {
  it('measures every workload, checks the counts and cleans up', () =>
    withFolder(async (directory) => {
      const args = [
        'bench',
        directory,
        '--entries',
        '500',
        '--value-size',
        '20',
        '--clients',
        '1,4',
      ];
      const run = await varve([...args, '--json']);
      expect(run.status, run.stdout + run.stderr).toBe(0);
      const lines = parseLines(run.stdout) as Line[];
      expect(lines[0]).toMatchObject({ type: 'settings', entryCount: 500, valueSizeBytes: 20 });
      expect(lines.at(-1)).toMatchObject({ type: 'summary', rawSizeBytes: 500 * 36 });
      const results = lines.filter(({ type }) => type === 'result');
      expect(new Set(results.map(({ name }) => name)).size).toBe(15);
      expect(results).toHaveLength(17);
      for (const result of results) {
        expect(result['operationsPerSecond']).toBeGreaterThan(0);
        expect(result['operationCount']).toBeGreaterThan(0);
      }
      expect(readdirSync(directory)).toEqual([]);
    }));

  it('prints a table with the machine and the durability', () =>
    withFolder(async (directory) => {
      const args = ['--entries', '200', '--workloads', 'fillseq,readseq', '--durability', 'sync'];
      const run = await varve(['bench', directory, ...args]);
      expect(run.status, run.stderr).toBe(0);
      expect(run.stdout).toContain(process.version);
      expect(run.stdout).toMatch(/^fillseq +sync +1 +200 /m);
      expect(run.stdout).toMatch(/^readseq +- +1 +200 /m);
      expect(run.stdout).not.toContain('fillrandom');
      expect(run.stdout).toMatch(/ in compacted tables$/m);
    }));
});
