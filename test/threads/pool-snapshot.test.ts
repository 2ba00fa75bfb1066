/** Calls of a pool at a snapshot of the caller. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';

import { ClosedError, InvalidArgumentError } from '../../src/base/errors.ts';
import { type Database, open, type OpenOptions, type Pool } from '../../src/index.ts';
import { allAt, ROWS } from './all-at.ts';
import { threadProgram } from './program.ts';

type Texts = Database<string, string>;

const directories: string[] = [];

afterEach(() => {
  for (const path of directories.splice(0)) rmSync(path, { recursive: true, force: true });
});

async function openPool(
  threads: number,
  options: Partial<OpenOptions> = {},
): Promise<{ db: Texts; pool: Pool }> {
  const path = mkdtempSync(join(tmpdir(), 'varve-pool-'));
  directories.push(path);
  const text = { keyEncoding: 'utf8', valueEncoding: 'utf8' } as const;
  const tuning = { background: 'inline', memtableSizeBytes: 256 * 1024, durability: 'os' } as const;
  const db = await open<string, string>(join(path, 'db'), { ...tuning, ...options, ...text });
  return { db, pool: db.pool(await threadProgram('pool-program.ts'), { threads }) };
}

/** Overwrites every row; rows of an earlier round go. */
async function fill(db: Texts, round: number): Promise<void> {
  const rows = await db.keyspace('rows', ROWS);
  await db.delRange({ prefix: 'k' });
  await db.put('once', String(round));
  await db.batch(
    Array.from({ length: 40 }, (_, i) => ({
      type: 'put',
      key: `k${(i + round) % 50}`,
      value: `${round}:${'v'.repeat(50)}`,
    })),
  );
  for (let i = 0; i < 20; i++) await rows.put(`r${i}`, { group: (i + round) % 3, round });
  if (round % 2 === 0) await rows.del('r7');
}

it('shows one state in every thread, whatever is overwritten, flushed and compacted (pool/holds-until-settled, held-place/in-later-states, snapshot/held-place)', async () => {
  const { db, pool } = await openPool(2, { encryption: { key: new Uint8Array(32).fill(7) } });
  await fill(db, 0);
  const snapshot = db.snapshot();
  const expected = await allAt(db, snapshot);
  const calls = ['a', 'b'].map((name) => pool.run<string[]>('observe', name, snapshot));
  snapshot.close(); // the calls hold it
  const isReady = async (): Promise<boolean> =>
    (await db.keys({ prefix: 'ready:' }).all()).length === 2;
  let round = 1;
  for (; !(await isReady()); round++) await change(db, round);
  for (const last = round + 3; round < last; round++) await change(db, round);
  await db.put('end', '');
  expect(await allAt(db, undefined)).not.toBe(expected);
  expect(await Promise.all(calls)).toEqual([[expected], [expected]]);
  expect(db.stats().readers.snapshotCount).toBe(0);
  expect((await db.verify()).isSound).toBe(true);
  await db.close();
});

async function change(db: Texts, round: number): Promise<void> {
  await fill(db, round);
  await db.flush();
  if (round % 2 === 0) await db.compact();
  await nextTurn();
}

it('reads at a snapshot of the past, and at two at once', async () => {
  const { db, pool } = await openPool(1, { versionRetentionMs: 3_600_000 });
  await fill(db, 1);
  const expected = await allAt(db, undefined);
  using first = db.snapshot();
  await change(db, 2);
  const past = db.snapshot({ at: { sequence: first.sequence } });
  using second = db.snapshot();
  expect(await pool.run('sequences', first, 'word', second)).toEqual([
    first.sequence,
    second.sequence,
  ]);
  const call = pool.run('all', past);
  past.close();
  expect(await call).toBe(expected);
  expect(await pool.run('all', second)).toBe(await allAt(db, undefined));
  await db.close();
});

it('gives the place back when a thread, a pool or the database ends (pool/holds-until-settled)', async () => {
  const { db, pool } = await openPool(1);
  const held = (): number => db.stats().readers.snapshotCount;
  const snapshot = db.snapshot();
  const ended = pool.run('exit', snapshot);
  snapshot.close();
  expect(held()).toBe(1);
  await expect(ended).rejects.toThrow(ClosedError);
  expect(held()).toBe(0);

  const another = db.snapshot();
  const calls = [pool.run('wait', 'go', another), pool.run('all', another)];
  another.close();
  const closing = pool.close();
  await expect(calls[1]).rejects.toThrow(ClosedError); // it waited for the thread
  expect(held()).toBe(1);
  await db.put('go', '');
  await calls[0];
  expect(held()).toBe(0);
  await closing;

  const last = db.pool(await threadProgram('pool-program.ts'), { threads: 1 });
  const forever = last.run('wait', 'never', db.snapshot());
  const end = expect(forever).rejects.toThrow(ClosedError);
  await db.close();
  await end;
});

it('refuses a snapshot that is closed or of another database, and one within an argument', async () => {
  const { db, pool } = await openPool(1);
  const { db: other } = await openPool(1);
  const own = db.snapshot();
  const foreign = other.snapshot();
  await expect(pool.run('all', foreign)).rejects.toThrow('another database');
  await expect(pool.run('sequences', own, '', foreign)).rejects.toThrow(InvalidArgumentError);
  await expect(pool.run('nested', { snapshot: own })).rejects.toThrow('snapshot of this database');
  own.close();
  foreign.close();
  await expect(pool.run('all', own)).rejects.toThrow(ClosedError);
  expect(db.stats().readers.snapshotCount).toBe(0);
  expect(other.stats().readers.snapshotCount).toBe(0);
  await other.close();
  await db.close();
});

it('ends in the thread with its call (serve-pool/snapshots-end)', async () => {
  const { db, pool } = await openPool(1);
  using snapshot = db.snapshot();
  await pool.run('keep', snapshot);
  await expect(pool.run('readKept')).rejects.toThrow('Snapshot is closed');
  await db.close();
});
