/** What `db.keyspaces()` tells. */
import { expect, it } from 'vitest';

import { MemoryVfs, open } from '../../src/index.ts';
import { closeLater, DIRECTORY, openMemory } from './fixture.ts';

const TEXT = { keyEncoding: 'utf8', valueEncoding: 'utf8' } as const;

it('db.keyspaces() tells the encodings of the database itself, also when it is opened by bytes', async () => {
  const vfs = new MemoryVfs();
  const own = { name: 'default', keyEncoding: 'tuple', valueEncoding: 'json' };
  const db = await open(DIRECTORY, { vfs, keyEncoding: 'tuple', valueEncoding: 'json' });
  expect(await db.keyspaces()).toMatchObject([own]);
  await db.close();
  const bytes = closeLater(await open(DIRECTORY, { vfs }));
  expect(await bytes.keyspaces()).toMatchObject([own]);
});

it('db.keyspaces() counts the tables that may hold keys: a shared one for all between its ends', async () => {
  const db = await openMemory();
  for (const name of ['a', 'b', 'c']) await db.keyspace(name, TEXT);
  const counts = async (): Promise<unknown> =>
    (await db.keyspaces()).map(({ name, tableCount, entryCount }) => [
      name,
      tableCount,
      entryCount,
    ]);
  const none = ['a', 'b', 'c'].map((name) => [name, 0, 0]);
  expect(await counts()).toEqual([['default', 0, 0], ...none]);
  await (await db.keyspace('b', TEXT)).put('k', 'v');
  await db.flush(); // one table: the catalog, which comes before all, and b
  expect(await counts()).toEqual([['default', 1, 0], ['a', 1, 0], ['b', 1, 0], none[2]]);
});
