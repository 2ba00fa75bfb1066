/** The command on keyspaces whose keys are tuples and whose values are JSON: what it takes and what it prints. */
import { join } from 'node:path';
import { expect, it } from 'vitest';

import { open, type Tuple } from '../../src/index.ts';
import { mustVarve, mustVarveHere, parseLines, varveHere, withFolder } from './run-varve.ts';

const IN_POSTINGS = ['--keyspace', 'postings'];
const BY_TUPLE = { keyEncoding: 'tuple', valueEncoding: 'json' } as const;
const KEYS: readonly Tuple[] = [
  ['alice', 1],
  ['alice', 2],
  ['alice', 10],
  ['alice\0', 1],
  ['alicia', 1],
  ['bob', 1],
];

/** A database with the keyspace `postings`. */
function withPostings(use: (directory: string) => Promise<void>): Promise<void> {
  return withFolder(async (folder) => {
    const directory = join(folder, 'db');
    const db = await open(directory);
    const postings = await db.keyspace('postings', BY_TUPLE);
    await postings.batch(KEYS.map((key, amount) => ({ type: 'put', key, value: { amount } })));
    await db.close();
    await use(directory);
  });
}

/** The keys that `varve scan` prints, as a tuple each. */
async function scanned(directory: string, ...rest: string[]): Promise<unknown[]> {
  return parseLines(await mustVarveHere(['scan', directory, ...IN_POSTINGS, '--keys', ...rest]));
}

it('get, put and del take a key as JSON, and print it so', () =>
  withPostings(async (directory) => {
    const get = (...rest: string[]): string[] => ['get', directory, ...IN_POSTINGS, ...rest];
    expect(await mustVarve(get('["alice", 10]'))).toBe('{"amount":2}\n');
    expect(JSON.parse(await mustVarveHere(get('["alice",10]', '--json')))).toEqual({
      key: ['alice', 10],
      value: { amount: 2 },
    });
    expect(await varveHere(get('["alice",11]'))).toMatchObject({ status: 1, stdout: '' });

    const key = '[{"date":"2026-01-31"},{"bytes":"00ff"},{"bigint":"5"},null]';
    const put = ['put', directory, key, '{ "amount": 7 }', ...IN_POSTINGS, '--json'];
    const shown = [{ date: '2026-01-31T00:00:00.000Z' }, { bytes: '00ff' }, { bigint: '5' }, null];
    expect(JSON.parse(await mustVarveHere(put))).toMatchObject({ key: shown, valueSizeBytes: 12 });
    const db = await open(directory);
    const postings = await db.keyspace('postings', BY_TUPLE);
    const tuple = [new Date('2026-01-31'), Uint8Array.of(0, 255), 5n, null];
    expect(await postings.get(tuple)).toEqual({ amount: 7 });
    await db.close();
    expect(await mustVarveHere(get(JSON.stringify(shown)))).toBe('{"amount":7}\n');
    const del = ['del', directory, ...IN_POSTINGS, '--json', key];
    expect(JSON.parse(await mustVarveHere(del))).toEqual({ key: shown, durability: 'sync' });
    expect(await scanned(directory)).toEqual(KEYS);
  }));

it('scan prints keys as JSON, and takes its bounds so', () =>
  withPostings(async (directory) => {
    const scan = ['scan', directory, ...IN_POSTINGS];
    expect(await mustVarve([...scan, '--limit', '2'])).toBe(
      '["alice",1]\t{"amount":0}\n["alice",2]\t{"amount":1}\n',
    );
    expect(
      parseLines(await mustVarveHere([...scan, '--json', '--reverse', '--limit', '1'])),
    ).toEqual([{ key: ['bob', 1], value: { amount: 5 } }]);
    expect(await scanned(directory)).toEqual(KEYS);
    const alice = KEYS.slice(0, 3);
    const bounds = (...rest: string[]): Promise<unknown[]> => scanned(directory, ...rest);
    expect(await bounds('--prefix', '["alice"]')).toEqual(alice);
    expect(await bounds('--prefix', '["alice"]', '--gt', '["alice",1]')).toEqual(alice.slice(1));
    expect(await bounds('--prefix', '["alice"]', '--gte', '["alice",2]')).toEqual(alice.slice(1));
    expect(await bounds('--prefix', '["alice"]', '--gte', '["a"]')).toEqual(alice);
    expect(await bounds('--prefix', '["alice"]', '--lt', '["alice",2]')).toEqual([KEYS[0]]);
    expect(await bounds('--prefix', '["alice"]', '--lte', '["alice",2]')).toEqual(
      alice.slice(0, 2),
    );
    expect(await bounds('--prefix', '["alice"]', '--lt', '["z"]')).toEqual(alice);
    expect(await bounds('--prefix', '[]')).toEqual(KEYS);
    expect(await bounds('--gt', '["alice",10]', '--lte', '["bob",1]')).toEqual(KEYS.slice(3));
  }));

it('del removes a range of tuples, and compact takes one', () =>
  withPostings(async (directory) => {
    const del = ['del', directory, ...IN_POSTINGS, '--prefix', '["alice"]', '--json'];
    expect(JSON.parse(await mustVarveHere(del))).toMatchObject({ range: { prefix: ['alice'] } });
    expect(await scanned(directory)).toEqual(KEYS.slice(3));
    const compact = ['compact', directory, ...IN_POSTINGS, '--gte', '["alice"]', '--lt', '["b"]'];
    await mustVarveHere(compact);
    expect(await scanned(directory)).toEqual(KEYS.slice(3));
  }));

it('the entries of the database itself have the forms of its own encodings', () =>
  withFolder(async (directory) => {
    const db = await open(directory, BY_TUPLE);
    await db.put([3, 17], { amount: 1 });
    await db.close();
    expect(await mustVarveHere(['get', directory, '[3, 17]'])).toBe('{"amount":1}\n');
    expect(await mustVarveHere(['scan', directory])).toBe('[3,17]\t{"amount":1}\n');
    expect(await mustVarveHere(['keyspaces', directory])).toMatch(/^default +tuple +json /m);
  }));

it('values of json are JSON, also from standard input, and keys of other encodings text', () =>
  withFolder(async (directory) => {
    const db = await open(directory);
    await db.keyspace('users', { keyEncoding: 'utf8', valueEncoding: 'json' });
    await db.close();
    const inUsers = ['--keyspace', 'users'];
    await mustVarve(['put', directory, 'ada', '-', ...inUsers], { input: '{ "age": 36 }\n' });
    expect(await mustVarveHere(['get', directory, 'ada', ...inUsers])).toBe('{"age":36}\n');
    expect(parseLines(await mustVarveHere(['scan', directory, '--json', ...inUsers]))).toEqual([
      { key: 'ada', value: { age: 36 } },
    ]);
    const wrong = await varveHere(['put', directory, 'bob', '{age: 1}', ...inUsers]);
    expect(wrong).toMatchObject({ status: 2, stdout: '' });
    expect(wrong.stderr).toContain(`Expected JSON, such as '{"a": 1}': found='{age: 1}'`);
  }));

it('--hex and --base64 are bytes, whatever the keyspace holds', () =>
  withPostings(async (directory) => {
    const hex = await mustVarveHere(['scan', directory, ...IN_POSTINGS, '--hex', '--limit', '1']);
    expect(hex).toBe('02616c69636500150100\t7b22616d6f756e74223a307d\n');
    const get = ['get', directory, '02616c69636500150100', ...IN_POSTINGS, '--hex'];
    expect(await mustVarveHere(get)).toBe('7b22616d6f756e74223a307d\n');
  }));

it('a key that is no tuple is refused by what was expected, and changes nothing', () =>
  withPostings(async (directory) => {
    const expected = `Expected a JSON array, such as '["alice", 17]': found='alice'`;
    for (const args of [
      ['get', directory, 'alice'],
      ['put', directory, 'alice', '1'],
      ['del', directory, 'alice'],
      ['del', directory, '--prefix', 'alice'],
      ['scan', directory, '--gte', 'alice'],
      ['compact', directory, '--lt', 'alice'],
    ]) {
      const run = await varveHere([...args, ...IN_POSTINGS]);
      expect(run, args.join(' ')).toMatchObject({ status: 2, stdout: '' });
      expect(run.stderr).toContain(expected);
    }
    const put = ['put', directory, '[{"hex":"00"}]', '1', ...IN_POSTINGS, '--json'];
    const run = await varveHere(put);
    expect(JSON.parse(run.stderr)).toMatchObject({ error: { code: 'USAGE' } });
    expect(run.stderr).toContain('null, a boolean, a number, text, an array');
    expect(await scanned(directory)).toEqual(KEYS);
  }));
