/** Pools: functions of a module, run in threads over one database. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';

import { ClosedError, InvalidArgumentError } from '../../src/base/errors.ts';
import { type Database, open, type Pool, servePool } from '../../src/index.ts';
import { threadProgram } from './program.ts';

const directories: string[] = [];

afterEach(() => {
  for (const path of directories.splice(0)) rmSync(path, { recursive: true, force: true });
});

async function openPool(threads: number): Promise<{ db: Database<string, string>; pool: Pool }> {
  const path = mkdtempSync(join(tmpdir(), 'varve-pool-'));
  directories.push(path);
  const db = await open<string, string>(join(path, 'db'), {
    keyEncoding: 'utf8',
    valueEncoding: 'utf8',
  });
  return { db, pool: db.pool(await threadProgram('pool-program.ts'), { threads }) };
}

it('runs functions over what was committed, and their commits are seen (serve-pool/in-order)', async () => {
  const { db, pool } = await openPool(2);
  await db.put('a:1', 'x');
  expect(await pool.run('read', 'a:')).toEqual(['a:1']);
  await pool.run('write', 'a:2', 'y');
  expect(db.getSync('a:2')).toBe('y');
  await pool.close();
  expect(db.stats().threads.count).toBe(0);
  await expect(pool.run('read', 'a:')).rejects.toThrow(ClosedError);
  await db.close();
});

it('gives each thread one call at a time, and begins no more threads than it may (thread-pool/one-at-a-time)', async () => {
  const { db, pool } = await openPool(2);
  const waiting = [pool.run('wait', 'go'), pool.run('wait', 'go')];
  const later = [pool.run('write', 'k', '1'), pool.run('read', 'k'), pool.run('read', 'k')];
  await db.put('go', '');
  const [first, second] = await Promise.all(waiting);
  expect(first).not.toBe(second);
  await Promise.all(later);
  expect(db.stats().threads.count).toBe(2);
  await db.close();
});

it('tells what a function throws, and what cannot be sent (serve-pool/always-answers)', async () => {
  const { db, pool } = await openPool(1);
  await expect(pool.run('refuse', 'no such order')).rejects.toThrow(InvalidArgumentError);
  await expect(pool.run('refuse', 'no such order')).rejects.toThrow('no such order');
  await expect(pool.run('unknown')).rejects.toThrow('read,write');
  await expect(pool.run('read', () => 1)).rejects.toThrow('cannot be sent');
  await expect(pool.run('give')).rejects.toThrow('cannot be sent');
  expect(await pool.run('read', 'none')).toEqual([]);
  await db.close();
});

it('rejects the call of a thread that ends, and goes on with another one (thread-pool/every-call-settles, thread-pool/idle-holds-nothing)', async () => {
  const { db, pool } = await openPool(1);
  const calls = [pool.run('exit'), pool.run('write', 'k', '1')];
  const [ended, written] = await Promise.allSettled(calls);
  expect(ended).toMatchObject({ status: 'rejected', reason: { code: 'CLOSED' } });
  expect(written).toMatchObject({ status: 'fulfilled' });
  expect(db.getSync('k')).toBe('1');
  await db.close();
});

it('ends with the database: calls that wait are refused', async () => {
  const { db, pool } = await openPool(1);
  const running = pool.run('wait', 'never');
  const waiting = pool.run('read', 'k');
  const ends = Promise.allSettled([running, waiting]);
  await db.close();
  for (const { status } of await ends) expect(status).toBe('rejected');
  await pool.close();
});

it('refuses what is no module, and a module that no pool has started', async () => {
  const { db } = await openPool(1);
  expect(() => db.pool('')).toThrow(InvalidArgumentError);
  expect(() => db.pool('./x.js', { threads: 0 })).toThrow(InvalidArgumentError);
  expect(() => {
    servePool({});
  }).toThrow('db.pool');
  await expect(db.pool('./no-such-module.js').run('x')).rejects.toThrow(ClosedError);
  await db.close();
});
