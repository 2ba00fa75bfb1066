/** smoke */
import { expect, it } from 'vitest';
import { openBackend } from '../../src/api/open-backend.ts';
import { MemoryBackend, MemoryServers } from './memory-backend.ts';

it('works', async () => {
  const servers = new MemoryServers();
  const db = await openBackend(new MemoryBackend(servers), {
    keyEncoding: 'utf8',
    valueEncoding: 'json',
  });
  await db.put('a', 1);
  expect(await db.get('a')).toBe(1);
  await db.transaction(async (tx) => {
    const a = (await tx.get('a')) as number;
    tx.put('b', a + 1);
    expect(await tx.get('b')).toBe(2);
    expect(await tx.entries().all()).toEqual([
      ['a', 1],
      ['b', 2],
    ]);
  });
  expect(await db.entries().all()).toEqual([
    ['a', 1],
    ['b', 2],
  ]);
  expect(await db.entries({ reverse: true, limit: 1 }).all()).toEqual([['b', 2]]);
  await db.update('a', (n) => (n as number) + 10);
  expect(await db.getMany(['a', 'b', 'c'])).toEqual([11, 2, undefined]);
  const users = await db.keyspace('users', {
    keyEncoding: 'utf8',
    valueEncoding: 'json',
    indexes: { byEmail: { on: ['email'], unique: true } },
  });
  await users.put('u1', { email: 'x' });
  await expect(users.put('u2', { email: 'x' })).rejects.toMatchObject({ code: 'UNIQUE' });
  expect(await users.index('byEmail').get(['x'])).toMatchObject({ key: 'u1' });
  const other = await openBackend(new MemoryBackend(servers), {
    keyEncoding: 'utf8',
    valueEncoding: 'json',
  });
  const theirs = await other.keyspace('users', { keyEncoding: 'utf8', valueEncoding: 'json' });
  await expect(theirs.put('u3', { email: 'x' })).rejects.toMatchObject({ code: 'UNIQUE' });
  expect(() => db.getSync('a')).toThrow(/network/);
  const snapshot = db.snapshot();
  await db.put('a', 99);
  expect(await db.get('a', { snapshot })).toBe(11);
  snapshot.close();
  expect((await db.verify()).isSound).toBe(true);
  await db.dropKeyspace('users');
  await expect(theirs.put('u4', { email: 'y' })).rejects.toMatchObject({ code: 'CLOSED' });
  await db.close();
  await other.close();
  expect(servers.openSnapshotCount).toBe(0);
});
