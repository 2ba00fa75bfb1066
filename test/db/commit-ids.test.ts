/**
 * Commits that carry an id are applied once.
 */
import { describe, expect, it } from 'vitest';
import { type Database, MemoryVfs, open } from '../../src/index.ts';
import { CrashVfs } from '../support/crash-vfs.ts';
import { ManualClock } from '../support/manual-clock.ts';

function openCounter(
  vfs: MemoryVfs | CrashVfs,
  clock = new ManualClock(),
): Promise<Database<string, number>> {
  return open<string, number>('/db', {
    vfs,
    keyEncoding: 'utf8',
    valueEncoding: 'json',
    commitIdRetentionMs: 1000,
    environment: { clock, randomSeed: 1 },
  });
}

function increment(db: Database<string, number>, commitId: string): Promise<number | undefined> {
  return db.transaction(
    async (tx) => {
      const next = ((await tx.get('count')) ?? 0) + 1;
      tx.put('count', next);
      return next;
    },
    { commitId },
  );
}

describe('a transaction with a commitId', () => {
  it('is applied once, however often and however concurrently it is run (H1)', async () => {
    const db = await openCounter(new MemoryVfs());
    const results = await Promise.all(Array.from({ length: 20 }, () => increment(db, 'payment 1')));
    expect(results.filter((result) => result !== undefined)).toEqual([1]);
    expect(await increment(db, 'payment 1')).toBeUndefined();
    expect(await increment(db, 'payment 2')).toBe(2);
    expect(await db.hasCommitted('payment 1')).toBe(true);
    expect(await db.hasCommitted('payment 3')).toBe(false);
    expect(await db.entries().all()).toEqual([['count', 2]]); // ids are no keys
    await db.close();
  });

  it('is applied once in pessimistic mode too, where locks move the snapshot', async () => {
    const db = await openCounter(new MemoryVfs());
    await db.put('count', 0);
    const results = await Promise.all(
      Array.from({ length: 5 }, () =>
        db.transaction(
          async (tx) => {
            const next = ((await tx.getForUpdate('count')) ?? 0) + 1;
            tx.put('count', next);
            return next;
          },
          { mode: 'pessimistic', commitId: 'payment 1' },
        ),
      ),
    );
    expect(results.filter((result) => result !== undefined)).toEqual([1]);
    expect(await db.get('count')).toBe(1);
    await db.close();
  });

  it('is known again after kill, flush and reopen; one that was rolled back is not', async () => {
    const vfs = new CrashVfs();
    let db = await openCounter(vfs);
    await increment(db, 'a');
    await expect(
      db.transaction(
        (tx) => {
          tx.put('count', 100);
          throw new Error('no');
        },
        { commitId: 'b' },
      ),
    ).rejects.toThrow('no');
    const killed = vfs.kill();
    await db.close();
    db = await openCounter(killed);
    expect(await increment(db, 'a')).toBeUndefined();
    expect(await increment(db, 'b')).toBe(2);
    await db.flush();
    await db.compact();
    await db.delRange({});
    expect(await increment(db, 'a')).toBeUndefined(); // deleting everything deletes no ids
    expect(await db.entries({ reverse: true }).all()).toEqual([]);
    await db.close();
  });

  it('is remembered for the retention, across its periods, and then dropped (H2)', async () => {
    const clock = new ManualClock();
    const db = await openCounter(new MemoryVfs(), clock);
    await increment(db, 'old');
    for (let elapsedMs = 0; elapsedMs < 1000; elapsedMs += 250) {
      expect(await db.hasCommitted('old')).toBe(true);
      clock.advance(250);
    }
    clock.advance(2000);
    expect(await db.hasCommitted('old')).toBe(false);
    await increment(db, 'new');
    await db.compact();
    expect(db.stats().levels.reduce((sum, level) => sum + level.entryCount, 0)).toBeLessThanOrEqual(
      5,
    );
    await db.close();
  });

  it('refuses what is no id', async () => {
    const db = await openCounter(new MemoryVfs());
    await expect(increment(db, '')).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    await expect(increment(db, 'x'.repeat(1025))).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    });
    await expect(increment(db, 7 as unknown as string)).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    });
    await expect(
      db.transaction(() => undefined, { commitId: 'a', readOnly: true }),
    ).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    await db.close();
  });
});
