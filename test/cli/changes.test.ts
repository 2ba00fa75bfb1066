/** `varve changes`: what the history has, as lines and as JSON. */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { open } from '../../src/index.ts';
import { mustVarveHere, parseLines, varveHere, withFolder } from './run-varve.ts';

/** Five commits; with history all are kept, else the first three are gone. */
async function makeDatabase(directory: string, isKept: boolean): Promise<Date> {
  const db = await open(directory, {
    keyEncoding: 'utf8',
    valueEncoding: 'utf8',
    ...(isKept ? { history: {} } : {}),
  });
  const users = await db.keyspace('users', { keyEncoding: 'tuple', valueEncoding: 'json' });
  await db.put('a', 'one');
  await db.batch([
    { type: 'put', key: 'b', value: 'two' },
    { type: 'put', in: users, key: ['ada', 1], value: { age: 36 } },
  ]);
  await db.flush();
  let last = new Date(0);
  for await (const { time } of db.changes({ since: isKept ? 0 : 5, follow: false })) last = time;
  await db.del('a');
  await db.delRange({ gte: 'b', lt: 'c' });
  await users.clear();
  await db.close();
  return last;
}

it('prints one line an operation, in the order of the commits', () =>
  withFolder(async (folder) => {
    const directory = join(folder, 'db');
    await makeDatabase(directory, true);
    const lines = (await mustVarveHere(['changes', directory])).split('\n').slice(0, -1);
    const plain = lines.map((line) => line.split('\t'));
    expect(plain.map(([sequence, , ...rest]) => [sequence, ...rest].join(' '))).toEqual([
      '3 default put a one',
      '5 default put b two',
      '5 users put ["ada",1] {"age":36}',
      '6 default del a',
      '7 default delRange b c',
      '8 users delRange  ',
    ]);
    expect(plain.every(([, time]) => !Number.isNaN(Date.parse(time!)))).toBe(true);
  }));

it('prints the elements of a key that JSON lacks as scan does, and takes', () =>
  withFolder(async (folder) => {
    const directory = join(folder, 'db');
    const db = await open(directory, { history: {} });
    const seen = await db.keyspace('seen', { keyEncoding: 'tuple', valueEncoding: 'json' });
    await seen.put([Uint8Array.of(0, 255), new Date(0), 2n ** 70n], [1, ['a', null]]);
    await db.close();
    const [commit] = parseLines(await mustVarveHere(['changes', directory, '--json']));
    const [row] = parseLines(
      await mustVarveHere(['scan', directory, '--keyspace', 'seen', '--json']),
    );
    const key = [
      { bytes: '00ff' },
      { date: '1970-01-01T00:00:00.000Z' },
      { bigint: `${2n ** 70n}` },
    ];
    const value = [1, ['a', null]];
    expect(row).toMatchObject({ key, value });
    expect(commit).toMatchObject({ operations: [{ type: 'put', keyspace: 'seen', key, value }] });
  }));

it('prints one JSON object a commit, after a sequence, in a keyspace, at most so many', () =>
  withFolder(async (folder) => {
    const directory = join(folder, 'db');
    await makeDatabase(directory, true);
    const json = async (...rest: string[]): Promise<unknown[]> =>
      parseLines(await mustVarveHere(['changes', directory, '--json', ...rest]));
    expect(await json('--keyspace', 'users')).toMatchObject([
      {
        sequence: 5,
        operations: [{ type: 'put', keyspace: 'users', key: ['ada', 1], value: { age: 36 } }],
      },
      { sequence: 8, operations: [{ type: 'delRange', keyspace: 'users' }] },
    ]);
    expect(await json('--since', '5', '--limit', '1')).toMatchObject([
      { sequence: 6, operations: [{ type: 'del', keyspace: 'default', key: 'a' }] },
    ]);
    expect(await json('--keyspace', 'users', '--keyspace', 'default')).toHaveLength(5);
    expect(await json('--since', '1970-01-01T00:00:00Z')).toHaveLength(5);
    expect(await json('--since', '8')).toEqual([]);
    expect(await json('--limit', '0')).toEqual([]);
    expect(await json('--since', '2999-01-01')).toEqual([]);
  }));

it('begins where the history does, and says so where that is too late', () =>
  withFolder(async (folder) => {
    const directory = join(folder, 'db');
    await makeDatabase(directory, false);
    const text = await mustVarveHere(['changes', directory]);
    expect(text.split('\n')[0]).toMatch(/^6\t.*\tdefault\tdel\ta$/);
    const run = await varveHere(['changes', directory, '--since', '1']);
    expect(run.status).toBe(3);
    expect(run.stderr).toContain('HISTORY_GONE');
    expect(run.stderr).toContain('--since 5');
    const json = await varveHere(['changes', directory, '--since', '1', '--json']);
    expect(JSON.parse(json.stderr)).toMatchObject({ error: { code: 'HISTORY_GONE' } });
  }));

it.each([
  ['--since', 'yesterday'],
  ['--since', '-1'],
  ['--limit', 'few'],
])('refuses %s %s', (option, value) =>
  withFolder(async (folder) => {
    const directory = join(folder, 'db');
    await makeDatabase(directory, true);
    const run = await varveHere(['changes', directory, option, value]);
    expect(run.status).toBe(2);
  }),
);

it('shows the history in stats and verify', () =>
  withFolder(async (folder) => {
    const directory = join(folder, 'db');
    await makeDatabase(directory, true);
    const stats: unknown = JSON.parse(await mustVarveHere(['stats', directory, '--json']));
    expect(stats).toMatchObject({
      history: { keepMs: 604_800_000, keepBytes: 2 ** 30, logCount: 1 },
    });
    expect(await mustVarveHere(['verify', directory])).toContain('history: 1 kept logs');
  }));
