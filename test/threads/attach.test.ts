import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { attach, open } from '../../src/index.ts';

it('smoke', async () => {
  const path = mkdtempSync(join(tmpdir(), 'varve-threads-'));
  const owner = await open(join(path, 'db'), {
    keyEncoding: 'utf8',
    valueEncoding: 'json',
    memtableSizeBytes: 1 << 20,
  });
  const db = await attach(owner.share(), { keyEncoding: 'utf8', valueEncoding: 'json' });
  await owner.put('a', 1);
  expect(db.getSync('a')).toBe(1);
  await db.put('b', 2);
  expect(owner.getSync('b')).toBe(2);
  expect(db.getSync('b')).toBe(2);
  expect(await db.update('b', (n) => (n as number) + 1)).toBe(3);
  await Promise.all(Array.from({ length: 20 }, () => db.update('b', (n) => (n as number) + 1)));
  expect(owner.getSync('b')).toBe(23);
  const snap = db.snapshot();
  const big = 'x'.repeat(10_000);
  for (let i = 0; i < 1000; i++) await owner.put(`k${i}`, big + i);
  await owner.flush();
  await owner.compact();
  expect(db.getSync('k5')).toBe(big + 5);
  expect(db.getSync('k5', { snapshot: snap })).toBeUndefined();
  expect(await db.entries({ limit: 3 }).all()).toHaveLength(3);
  snap.close();
  await db.transaction(async (tx) => {
    tx.put('t', ((await tx.get('a')) as number) + 1);
  });
  expect(owner.getSync('t')).toBe(2);
  await db.transaction((tx) => {
    tx.put('t', (tx.getSync('t') as number) + 1);
  });
  expect(owner.getSync('t')).toBe(3);
  await db.transaction(
    async (tx) => {
      const v = await tx.getForUpdate('t');
      tx.put('t', (v as number) + 1);
    },
    { mode: 'pessimistic' },
  );
  expect(owner.getSync('t')).toBe(4);
  await db.transaction(
    (tx) => {
      tx.put('id', 1);
    },
    { commitId: 'x' },
  );
  expect(
    await db.transaction(
      (tx) => {
        tx.put('id', 2);
        return 5;
      },
      { commitId: 'x' },
    ),
  ).toBeUndefined();
  expect(await owner.hasCommitted('x')).toBe(true);
  expect(await db.hasCommitted('x')).toBe(true);
  const users = await db.keyspace('users', {
    keyEncoding: 'utf8',
    valueEncoding: 'json',
    indexes: { byMail: { on: ['mail'], unique: true } },
  });
  await users.put('u1', { mail: 'a@x' });
  await expect(users.put('u2', { mail: 'a@x' })).rejects.toMatchObject({
    code: 'UNIQUE',
    index: 'byMail',
    values: ['a@x'],
  });
  expect(await users.index('byMail').get(['a@x'])).toBeDefined();
  const mine = await owner.keyspace('users', { keyEncoding: 'utf8', valueEncoding: 'json' });
  expect(await mine.get('u1')).toEqual({ mail: 'a@x' });
  await owner.dropKeyspace('users');
  await expect(users.put('u3', { mail: 'b' })).rejects.toMatchObject({ code: 'CLOSED' });
  expect(() => db.stats()).toThrow(expect.objectContaining({ code: 'OWNER_ONLY' }));
  await db.close();
  await owner.close();
  rmSync(path, { recursive: true });
}, 60000);
