/** The command on verifiable keyspaces: `varve ledger`, and what the others do there. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

import { open } from '../../src/index.ts';
import { mustVarveHere, varveHere, withFolder } from './run-varve.ts';

const IN_BOOK = ['--keyspace', 'book'];

function withBook(use: (directory: string) => Promise<void>): Promise<void> {
  return withFolder(async (folder) => {
    const directory = join(folder, 'db');
    const db = await open(directory);
    const book = await db.keyspace('book', {
      keyEncoding: 'tuple',
      valueEncoding: 'json',
      mode: 'append-only',
      verifiable: true,
    });
    for (let i = 0; i < 7; i++) await book.put(['alice', i], { amount: i });
    await db.close();
    await use(directory);
  });
}

it('varve ledger prints roots and proofs, and checks them without a database', () =>
  withBook(async (directory) => {
    const kept = (await mustVarveHere(['ledger', 'root', directory, ...IN_BOOK])).trim();
    expect(kept).toMatch(/^7:[0-9a-f]{64}$/);
    const json = await mustVarveHere(['ledger', 'root', directory, ...IN_BOOK, '--json']);
    expect(JSON.parse(json)).toMatchObject({ size: 7, hash: kept.slice(2) });

    const prove = ['ledger', 'prove', directory];
    const text = await mustVarveHere([...prove, '["alice", 3]', ...IN_BOOK]);
    const file = join(directory, '..', 'proof.json');
    const verify = ['ledger', 'verify', file, '--root'];
    writeFileSync(file, text);
    expect(await mustVarveHere([...verify, kept])).toMatch(/^ok: entry 3 of 7 .*amount/);
    expect(JSON.parse(await mustVarveHere([...verify, kept, '--json']))).toMatchObject({
      ok: true,
      kind: 'inclusion',
      index: 3,
      value: '{"amount":3}',
    });
    expect((await varveHere([...prove, '["bob", 3]', ...IN_BOOK])).status).toBe(1);

    await mustVarveHere(['put', directory, '["alice", 7]', '{"amount":7}', ...IN_BOOK]);
    const extension = await mustVarveHere([...prove, ...IN_BOOK, '--from', kept]);
    writeFileSync(file, extension);
    const newer = (await mustVarveHere(['ledger', 'root', directory, ...IN_BOOK])).trim();
    expect(await mustVarveHere([...verify, kept])).toBe(`ok: ${newer} continues ${kept}\n`);
    const refused = await varveHere([...verify, newer]);
    expect([refused.status, refused.stdout]).toEqual([1, expect.stringMatching(/^REFUSED: /)]);

    writeFileSync(file, text.replace('"index":3', '"index":4'));
    const damaged = await varveHere([...verify, kept, '--json']);
    expect([damaged.status, JSON.parse(damaged.stdout)]).toEqual([
      1,
      { ok: false, message: 'Entry does not lead to the root' },
    ]);
    writeFileSync(file, '{');
    expect((await varveHere([...verify, kept])).status).toBe(1);
  }));

it('the other commands refuse what would change an entry, and tell of ledgers', () =>
  withBook(async (directory) => {
    const key = '["alice", 3]';
    for (const args of [
      ['put', directory, key, '{}', ...IN_BOOK],
      ['del', directory, key, ...IN_BOOK],
      ['keyspaces', directory, '--drop', 'book'],
      ['keyspaces', directory, '--rename', 'book', '--to', 'old'],
    ]) {
      const { status, stderr } = await varveHere(args);
      expect([status, stderr], args[0]).toEqual([3, expect.stringContaining('APPEND_ONLY')]);
    }
    expect(await mustVarveHere(['keyspaces', directory])).toMatch(
      /^book .*append-only, verifiable/m,
    );
    expect(await mustVarveHere(['verify', directory])).toMatch(/^ledgers: 1 held/m);
    const copy = join(directory, '..', 'copy');
    const dump = join(directory, '..', 'book.dump');
    await mustVarveHere(['export', directory, '--output', dump, '--json']);
    await mustVarveHere(['import', copy, dump]);
    const root = await mustVarveHere(['ledger', 'root', copy, ...IN_BOOK]);
    expect(root).toBe(await mustVarveHere(['ledger', 'root', directory, ...IN_BOOK])); // keys were in order
    const again = await varveHere(['import', copy, dump, '--merge']);
    expect([again.status, again.stderr]).toEqual([3, expect.stringContaining('APPEND_ONLY')]);
  }));

it.each([
  [['root', 'x'], '--keyspace'],
  [['root', 'x', 'key', ...IN_BOOK], 'neither a key'],
  [['prove', 'x', ...IN_BOOK], 'key of an entry'],
  [['prove', 'x', 'key', ...IN_BOOK, '--from', `0:${'0'.repeat(64)}`], 'key of an entry'],
  [['prove', 'x', ...IN_BOOK, '--from', '7'], 'size:hash'],
  [['verify', 'x'], '--root'],
  [['verify', 'absent', '--root', `0:${'0'.repeat(64)}`], 'cannot be read'],
  [['sign', 'x'], 'root, prove or verify'],
])('varve ledger %j is a wrong command line', async (args, message) => {
  const { status, stderr } = await varveHere(['ledger', ...args]);
  expect([status, stderr]).toEqual([2, expect.stringContaining(message)]);
});
