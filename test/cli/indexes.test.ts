/** The command on keyspaces with secondary indexes: `varve index`, and what the others do there. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

import { type KeyspaceOptions, open } from '../../src/index.ts';
import { mustVarveHere, varveHere, withFolder } from './run-varve.ts';

const IN_USERS = ['--keyspace', 'users'];
const ROWS = {
  ada: { email: 'ada@x', country: 'DE', tags: ['a', 'b'] },
  bob: { email: 'bob@x', country: 'FR', tags: ['b'] },
};

/** A database with the keyspace `users`. */
function withUsers(
  indexes: KeyspaceOptions['indexes'] & object,
  use: (directory: string) => Promise<void>,
): Promise<void> {
  return withFolder(async (directory) => {
    const db = await open(directory);
    const options = { keyEncoding: 'utf8', valueEncoding: 'json', indexes } as const;
    const users = await db.keyspace('users', options);
    for (const [key, row] of Object.entries(ROWS)) await users.put(key, row);
    await db.close();
    await use(directory);
  });
}

async function keysOf(directory: string, index: string): Promise<string[]> {
  const db = await open(directory);
  const users = await db.keyspace('users', { keyEncoding: 'utf8', valueEncoding: 'json' });
  const keys = await users.index(index).keys().all();
  expect(await db.verify()).toMatchObject({ problems: [] });
  await db.close();
  return keys;
}

it('varve index builds, lists and drops', () =>
  withUsers({}, async (directory) => {
    const build = ['index', 'build', directory, 'byPlace', ...IN_USERS];
    const paths = ['--on', 'country', '--on', 'email'];
    expect(await mustVarveHere([...build, ...paths])).toMatch(
      /^byPlace +country email +ready +\d+ +/m,
    );
    await mustVarveHere(['index', 'build', directory, 'byTag', ...IN_USERS, '--on', 'tags[]']);
    await mustVarveHere(build); // it is there
    expect(await keysOf(directory, 'byPlace')).toEqual(['ada', 'bob']);
    const list = ['index', 'list', directory, ...IN_USERS];
    expect(JSON.parse(await mustVarveHere([...list, '--json']))).toMatchObject([
      { name: 'byPlace', on: ['country', 'email'], isUnique: false, isReady: true },
      { name: 'byTag', on: ['tags[]'] },
    ]);
    expect(await mustVarveHere(['keyspaces', directory])).toMatch(/^users .* byPlace, byTag$/m);
    expect(await mustVarveHere(['verify', directory])).toMatch(/^indexes: 2 held/m);
    expect(await mustVarveHere(['index', 'drop', directory, 'byPlace', ...IN_USERS])).not.toMatch(
      /byPlace/,
    );
    const other = await varveHere([...build, '--on', 'email']);
    expect(other.status).toBe(0); // the name is free again
    const another = await varveHere([...build, '--on', 'name']);
    expect(another).toMatchObject({ status: 3 });
    expect(another.stderr).toContain('Index has another definition; drop it first');
  }));

it('varve index build tells which rows have equal values, and goes on when they have not', () =>
  withUsers({}, async (directory) => {
    const cyd = ['put', directory, 'cyd', '{"email":"ada@x"}', ...IN_USERS];
    await mustVarveHere(cyd);
    const build = ['index', 'build', directory, 'byEmail', ...IN_USERS];
    const failed = await varveHere([...build, '--on', 'email', '--unique']);
    expect(failed).toMatchObject({ status: 3, stdout: '' });
    expect(failed.stderr).toMatch(/^varve: UNIQUE: .*index=byEmail values=\['ada@x'\] key='ada'/);
    expect(await mustVarveHere(['keyspaces', directory])).toContain('byEmail (not built)');
    expect(await mustVarveHere(['verify', directory])).toMatch(/^not checked.*: users\.byEmail$/m);
    await mustVarveHere(['del', directory, 'cyd', ...IN_USERS]);
    expect(await mustVarveHere(build)).toMatch(/^byEmail +email +unique +ready/m);
    expect(await keysOf(directory, 'byEmail')).toEqual(['ada', 'bob']);
    const json = await varveHere([...cyd, '--json']);
    expect(JSON.parse(json.stderr)).toMatchObject({
      error: { code: 'UNIQUE', index: 'byEmail', values: ['ada@x'], key: 'ada' },
    });
  }));

it('a unique value that is taken names the other row by the encoding of its keyspace', () =>
  withFolder(async (directory) => {
    const db = await open(directory);
    const options = { keyEncoding: 'tuple', valueEncoding: 'json' } as const;
    const indexes = { byCode: { on: ['code'], unique: true } };
    const rooms = await db.keyspace('rooms', { ...options, indexes });
    await rooms.put(['bonn', 1n], { code: 'a' });
    await db.close();
    const put = ['put', directory, '["bonn",2]', '{"code":"a"}', '--keyspace', 'rooms'];
    const text = await varveHere(put);
    expect(text).toMatchObject({ status: 3 });
    expect(text.stderr).toContain(`values=['a'] key=["bonn",{"bigint":"1"}]`);
    const json = await varveHere([...put, '--json']);
    expect(JSON.parse(json.stderr)).toMatchObject({
      error: { code: 'UNIQUE', key: ['bonn', { bigint: '1' }] },
    });
    const other = ['put', directory, '["bonn",2]', '{"floor":1}', '--keyspace', 'rooms'];
    const both = ['put', directory, '["bonn",1]', '{"floor":1}', '--keyspace', 'rooms'];
    for (const args of [other, both]) await mustVarveHere(args);
    const build = ['index', 'build', directory, 'byFloor', '--keyspace', 'rooms', '--on', 'floor'];
    const failed = await varveHere([...build, '--unique', '--json']);
    expect(JSON.parse(failed.stderr)).toMatchObject({
      error: { code: 'UNIQUE', index: 'byFloor', values: [1], key: ['bonn', 1] },
    });
  }));

it('varve put and del keep indexes by paths, get and scan read beside them', () =>
  withUsers({ byEmail: { on: ['email'], unique: true } }, async (directory) => {
    await mustVarveHere(['put', directory, 'cyd', '{"email":"cyd@x"}', ...IN_USERS]);
    await mustVarveHere(['put', directory, 'ada', '{"email":"zoe@x"}', ...IN_USERS]);
    await mustVarveHere(['del', directory, 'bob', ...IN_USERS]);
    expect(await keysOf(directory, 'byEmail')).toEqual(['cyd', 'ada']);
    expect(await mustVarveHere(['get', directory, 'cyd', ...IN_USERS])).toBe('{"email":"cyd@x"}\n');
    expect(await mustVarveHere(['scan', directory, '--keys', ...IN_USERS])).toBe('ada\ncyd\n');
    const text = await varveHere(['put', directory, 'eve', 'no JSON', ...IN_USERS]);
    expect(text).toMatchObject({ status: 2 });
    const bytes = await varveHere(['put', directory, '65', '6e6f', '--hex', ...IN_USERS]);
    expect(bytes).toMatchObject({ status: 3 });
    expect(bytes.stderr).toContain('DECODING');
    await mustVarveHere(['del', directory, '--gte', 'b', ...IN_USERS]);
    expect(await keysOf(directory, 'byEmail')).toEqual(['ada']);
  }));

it('a keyspace with an index by a function is read, and not written', () =>
  withUsers(
    { size: { of: (row) => [JSON.stringify(row).length], version: 3 } },
    async (directory) => {
      for (const write of [
        ['put', directory, 'cyd', '{}'],
        ['del', directory, 'ada'],
      ]) {
        const { status, stderr } = await varveHere([...write, ...IN_USERS]);
        expect(status).toBe(3);
        expect(stderr).toContain('Keyspace is not written without the function of its index');
      }
      expect(await mustVarveHere(['get', directory, 'ada', ...IN_USERS])).toContain('ada@x');
      const list = await mustVarveHere(['index', 'list', directory, ...IN_USERS]);
      expect(list).toMatch(/^size +function, version 3 +ready/m);
      expect(await mustVarveHere(['verify', directory])).toMatch(/^not checked.*: users\.size$/m);
    },
  ));

it('varve index refuses what is wrong', () =>
  withUsers({}, async (directory) => {
    const wrong = [
      ['index', 'list', directory],
      ['index', 'show', directory, ...IN_USERS],
      ['index', 'list', directory, 'byEmail', ...IN_USERS],
      ['index', 'drop', directory, ...IN_USERS],
      ['index', 'drop', directory, 'byEmail', ...IN_USERS, '--on', 'email'],
      ['index', 'build', directory, 'byEmail', ...IN_USERS],
    ];
    for (const each of wrong)
      expect(await varveHere(each), each.join()).toMatchObject({ status: 2 });
    const absent = [
      ['index', 'drop', directory, 'byEmail', ...IN_USERS],
      ['index', 'list', directory, '--keyspace', 'others'],
      ['index', 'build', directory, 'a', '--keyspace', 'others', '--on', 'a'],
    ];
    for (const each of absent) {
      expect(await varveHere(each), each.join()).toMatchObject({ status: 3, stdout: '' });
    }
    await mustVarveHere(['put', directory, 'k', 'v', '--keyspace', 'bytes']);
    const flat = await varveHere([
      'index',
      'build',
      directory,
      'a',
      '--keyspace',
      'bytes',
      '--on',
      'a',
    ]);
    expect(flat.stderr).toContain('needs values with properties');
    const none = join(directory, 'none');
    expect(await varveHere(['index', 'list', none, ...IN_USERS])).toMatchObject({ status: 3 });
    expect(existsSync(none)).toBe(false);
  }));
