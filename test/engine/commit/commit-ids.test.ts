/**
 * Commits that carry an id are applied once.
 */
import { describe, expect, it } from 'vitest';
import { type Database, MemoryVfs, open, repair, type TuningOptions } from '../../../src/index.ts';
import { CrashVfs } from '../../support/crash-vfs.ts';
import { FaultVfs } from '../../support/fault-vfs.ts';
import { GateVfs } from '../../support/gate-vfs.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { closeLater, turns } from '../../api/fixture.ts';

const RETENTION_MS = 1000;

async function openCounter(
  vfs: MemoryVfs | CrashVfs | FaultVfs | GateVfs,
  clock = new ManualClock(),
  options: TuningOptions = {},
): Promise<Database<string, number>> {
  const db = await open<string, number>('/db', {
    vfs,
    keyEncoding: 'utf8',
    valueEncoding: 'json',
    commitIdRetentionMs: RETENTION_MS,
    environment: { clock },
    ...options,
  });
  return closeLater(db);
}

/** Commits that do nothing but to be remembered. */
async function remember(db: Database<string, number>, ids: readonly string[]): Promise<void> {
  await Promise.all(
    ids.map((commitId) => db.transaction(() => undefined, { commitId, durability: 'os' })),
  );
}

function entryCountOf(db: Database<string, number>): number {
  return db.stats().levels.reduce((sum, level) => sum + level.entryCount, 0);
}

const names = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, i) => `${prefix}${String(i).padStart(3, '0')}`);

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
  it('is applied once, however often and however concurrently it is run (commit-ids/applied-once)', async () => {
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

  it('is remembered for the retention, and then dropped (commit-ids/at-least)', async () => {
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

  it('is applied once whatever ends it: an empty body, one that commits itself, one that runs serializable', async () => {
    const db = await openCounter(new MemoryVfs());
    let runCount = 0;
    for (const [commitId, options, how] of [
      ['empty', {}, 'return'],
      ['by itself', {}, 'commit'],
      ['serializable', { isolation: 'serializable' }, 'return'],
      ['pessimistic', { mode: 'pessimistic' }, 'commit'],
    ] as const) {
      const run = (): Promise<unknown> =>
        db.transaction(
          async (tx) => {
            runCount++;
            if (how === 'commit') await tx.commit();
            return 'applied';
          },
          { ...options, commitId },
        );
      expect([await run(), await run()]).toEqual(['applied', undefined]);
    }
    expect(runCount).toBe(4);
  });

  it('tells one of two that run at once and may not retry that the other came first, without a key', async () => {
    const db = await openCounter(new MemoryVfs());
    const both = ['x', 'y'].map((key) =>
      db.transaction((tx) => Promise.resolve(tx.put(key, 1)), {
        commitId: 'one',
        retryCountMax: 0,
      }),
    );
    const outcomes = await Promise.allSettled(both);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    expect(outcomes[1]).toMatchObject({ reason: { code: 'CONFLICT', key: undefined } });
    expect(await db.keys().all()).toEqual(['x']);
  });
});

const HOUR = 3_600_000;
const RETENTIONS = [1000, 1001, 1999, 2000, HOUR, 24 * HOUR, 25 * HOUR, 48 * HOUR];

describe('a commit id is remembered', () => {
  it.each(RETENTIONS)(
    'for any retention that a later open asks for, after one of %i ms (commit-ids/at-least)',
    async (before) => {
      for (const after of RETENTIONS) {
        const vfs = new MemoryVfs();
        const clock = new ManualClock();
        let db = await openCounter(vfs, clock, { commitIdRetentionMs: before });
        clock.advance(10 * before); // as far along as a database may be
        await increment(db, 'one');
        clock.advance(before);
        expect(await increment(db, 'one')).toBeUndefined();
        await remember(db, ['two']);
        await db.close();
        clock.wallErrorMs += 12_345 * HOUR;
        db = await openCounter(vfs, clock, { commitIdRetentionMs: after });
        expect(await increment(db, 'two')).toBeUndefined();
        clock.advance(after);
        expect(await increment(db, 'two')).toBeUndefined();
        await db.close();
      }
    },
  );

  it('whatever the wall clock says: ahead, behind, at 1970 (commit-ids/at-least)', async () => {
    const clock = new ManualClock();
    const vfs = new MemoryVfs();
    let db = await openCounter(vfs, clock);
    const committed: string[] = [];
    for (const errorMs of [0, 400 * 24 * HOUR, 0, -1.7e12, 1e15, 0, -1e15, 5]) {
      clock.wallErrorMs = errorMs;
      committed.push(`at ${committed.length}`);
      await remember(db, committed.slice(-1));
      for (const id of committed) expect(await db.hasCommitted(id)).toBe(true);
      if (committed.length % 3 !== 0) continue;
      await db.close();
      db = await openCounter(vfs, clock);
    }
    expect(db.stats().levels.length).toBeGreaterThan(0);
  });

  it('through restarts, whose own time is lost and never counted twice (commit-ids/at-least)', async () => {
    const vfs = new MemoryVfs();
    for (let life = 0; life < 20; life++) {
      const clock = new ManualClock(); // it begins at 0 in each process
      const db = await openCounter(vfs, clock);
      if (life > 0) expect(await db.hasCommitted(`life ${life - 1}`)).toBe(true);
      clock.advance(RETENTION_MS - 1);
      if (life > 0) expect(await db.hasCommitted(`life ${life - 1}`)).toBe(true);
      await remember(db, [`life ${life}`]);
      if (life > 1) expect(await db.hasCommitted(`life ${life - 2}`)).toBe(false); // two lives since
      await db.close();
    }
  });

  it('from the moment in which it gets its place, however long it waited for that (commit-ids/at-least)', async () => {
    const vfs = new GateVfs(new MemoryVfs());
    const clock = new ManualClock();
    const db = await openCounter(vfs, clock, {
      memtableSizeBytes: 256 * 1024,
      immutableMemtableCountMax: 1,
      background: 'inline',
    });
    const openSyncs = vfs.shut('sync');
    const fill = names('fill', 12).map((key) => db.put(key, 10 ** 300, { durability: 'os' }));
    const bulky = db.batch(names('bulk', 20_000).map((key) => ({ type: 'put', key, value: 1 })));
    const waiting = remember(db, ['late']);
    await turns(2);
    clock.advance(5 * RETENTION_MS);
    openSyncs();
    await Promise.all([...fill, bulky, waiting]);
    expect(await db.hasCommitted('late')).toBe(true);
    clock.advance(RETENTION_MS);
    expect(await db.hasCommitted('late')).toBe(true);
  });

  it('by a checkpoint and by a repaired copy', async () => {
    const vfs = new MemoryVfs();
    const db = await openCounter(vfs);
    await increment(db, 'in a table');
    await db.flush();
    await increment(db, 'in the log');
    await db.checkpoint('/copy');
    await db.close();
    await repair('/db', '/repaired', { vfs });
    for (const directory of ['/copy', '/repaired']) {
      const options = { vfs, keyEncoding: 'utf8', valueEncoding: 'json' } as const;
      const copy = closeLater(await open<string, number>(directory, options));
      expect(await copy.hasCommitted('in a table')).toBe(true);
      expect(await increment(copy, 'in the log')).toBeUndefined();
      expect(await copy.entries().all()).toEqual([['count', 2]]);
      expect((await copy.verify()).problems).toEqual([]);
    }
  });
});

describe('commit ids that are over', () => {
  it('leave no more than the retention holds, of however many (commit-ids/bounded)', async () => {
    const clock = new ManualClock();
    const vfs = new MemoryVfs();
    let db = await openCounter(vfs, clock, { memtableSizeBytes: 256 * 1024 });
    for (let round = 0; round < 100; round++) {
      await remember(db, names(`${round}/`, 100));
      clock.advance(RETENTION_MS / 10);
      if (round % 30 !== 29) continue;
      await db.close();
      db = await openCounter(vfs, clock, { memtableSizeBytes: 256 * 1024 });
    }
    await db.compact();
    expect(entryCountOf(db)).toBeLessThan(2 * 1500);
    expect(entryCountOf(db)).toBeGreaterThan(2 * 900);
    clock.advance(2 * RETENTION_MS);
    await remember(db, names('late ', 200));
    await db.compact();
    expect(entryCountOf(db)).toBe(2 * 200);
    expect(await db.hasCommitted('0/0')).toBe(false);
  });

  it('are removed by commits that neither conflict with nor wait for each other (commit-ids/apart)', async () => {
    const clock = new ManualClock();
    const db = await openCounter(new MemoryVfs(), clock);
    await remember(db, names('old ', 500));
    clock.advance(2 * RETENTION_MS);
    const holder = db.begin({ mode: 'pessimistic' });
    await holder.lockRange({});
    const before = db.stats().commits.retryCount;
    const waiting = names('new ', 20).map((commitId, i) =>
      db.transaction(() => undefined, {
        commitId,
        ...(i % 2 === 0 ? { mode: 'pessimistic' } : { isolation: 'serializable' }),
        durability: 'os',
      }),
    );
    await Promise.all(waiting); // a lock on every key there is holds none of them up
    holder.rollback();
    expect(db.stats().commits.retryCount).toBe(before);
    await db.compact();
    expect(entryCountOf(db)).toBe(2 * (500 + 20 - 20 * 16));
  });

  it('are not removed once they are committed anew (expired-ids/never-a-new-one)', async () => {
    const clock = new ManualClock();
    const db = await openCounter(new MemoryVfs(), clock);
    const ids = names('id ', 40);
    await remember(db, ids);
    clock.advance(2 * RETENTION_MS);
    await remember(db, ids.slice(20).reverse()); // while they are listed to be removed
    await remember(db, names('more ', 10));
    for (const id of ids.slice(20)) expect(await db.hasCommitted(id)).toBe(true);
    for (const id of ids.slice(0, 20)) expect(await db.hasCommitted(id)).toBe(false);
    await db.compact();
    expect(entryCountOf(db)).toBe(2 * 30);
  });

  it('are removed later when the commit that was to do so was refused', async () => {
    const clock = new ManualClock();
    const vfs = new FaultVfs(new MemoryVfs());
    const db = await openCounter(vfs, clock);
    await remember(db, names('old ', 10));
    clock.advance(2 * RETENTION_MS);
    vfs.inject({ kinds: ['write'], path: /\.log$/, code: 'ENOSPC' });
    await expect(remember(db, ['refused'])).rejects.toMatchObject({ code: 'IO_ERROR' });
    vfs.heal();
    expect(await db.hasCommitted('refused')).toBe(false);
    await remember(db, ['new']);
    await db.compact();
    expect(entryCountOf(db)).toBe(2);
  });
});
