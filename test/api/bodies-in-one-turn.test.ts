/** Bodies that return no promise: they commit in the turn in which they ran. */
import { describe, expect, it } from 'vitest';
import type { Database } from '../../src/api/database.ts';
import { AbortedError, ClosedError, InvalidArgumentError } from '../../src/base/errors.ts';
import { MemoryVfs } from '../../src/vfs/memory-vfs.ts';
import { FaultVfs } from '../support/fault-vfs.ts';
import { GateVfs } from '../support/gate-vfs.ts';
import { errorOf, filler, isSettled, openMemory, TINY, turns } from './fixture.ts';

type Body = Parameters<Database<string, string>['transaction']>[0];

const count: Body = (tx) => tx.put('n', `${Number(tx.getSync('n') ?? '0') + 1}`);

describe('a body that returns no promise', () => {
  it('commits in the turn of the call, and resolves with what it returned', async () => {
    const db = await openMemory();
    const done = db.transaction((tx) => {
      tx.put('k', 'v');
      return tx.getSync('k');
    });
    const next = db.transaction((tx) => tx.getSync('k')); // sees it before it is published
    expect(db.getSync('k')).toBeUndefined();
    expect(await done).toBe('v');
    expect(await next).toBe('v');
  });

  it('is not run again, however many there are (transaction-run/one-turn)', async () => {
    const db = await openMemory();
    await Promise.all(Array.from({ length: 200 }, () => db.transaction(count)));
    expect(db.getSync('n')).toBe('200');
    expect(db.stats().commits).toMatchObject({ conflictCount: 0, retryCount: 0, count: 200 });
  });

  it.each([{ durability: 'os' }, { mode: 'pessimistic' }, { isolation: 'serializable' }] as const)(
    'takes the options %o',
    async (options) => {
      const db = await openMemory();
      await Promise.all(Array.from({ length: 20 }, () => db.transaction(count, options)));
      expect(db.getSync('n')).toBe('20');
      expect(db.stats().commits.retryCount).toBe(0);
    },
  );

  it('rejects with what it throws, and writes nothing', async () => {
    const db = await openMemory();
    const thrown = new Error('no');
    let runCount = 0;
    const run = db.transaction((tx) => {
      runCount++;
      tx.put('k', 'v');
      throw thrown;
    });
    await expect(run).rejects.toBe(thrown);
    expect(runCount).toBe(1);
    expect(db.getSync('k')).toBeUndefined();
    expect(db.stats().readers.transactionCount).toBe(0);
  });

  it('rejects for a result whose `then` cannot be read', async () => {
    const db = await openMemory();
    const thrown = new Error('no');
    const run = db.transaction((tx) => {
      tx.put('k', 'v');
      return Object.defineProperty({}, 'then', {
        get: () => {
          throw thrown;
        },
      });
    });
    await expect(run).rejects.toBe(thrown);
    expect(db.getSync('k')).toBeUndefined();
  });

  it('may have ended its transaction itself', async () => {
    const db = await openMemory();
    let committed: Promise<void> = Promise.resolve();
    const run = db.transaction((tx) => {
      tx.put('k', 'v');
      committed = tx.commit();
      return 7;
    });
    expect(await run).toBe(7);
    await committed;
    expect(db.getSync('k')).toBe('v');
    const rolledBack = db.transaction((tx) => tx.rollback());
    expect(await errorOf(() => rolledBack)).toBeInstanceOf(ClosedError);
  });

  it('has ended when its call returns: later calls say so', async () => {
    const db = await openMemory();
    let kept: { put(key: string, value: string): void } | undefined;
    const run = db.transaction((tx) => {
      kept = tx;
      tx.put('k', 'v');
    });
    expect(() => kept!.put('k', 'late')).toThrow('under way');
    await run;
    expect(() => kept!.put('k', 'late')).toThrow('it was committed');
    expect(db.getSync('k')).toBe('v');
  });

  it('that only reads waits until what it has read is published', async () => {
    const vfs = new GateVfs(new MemoryVfs());
    const db = await openMemory({ vfs });
    await turns();
    const open = vfs.shut('sync', /\.log$/);
    const put = db.put('k', 'v');
    const read = db.transaction((tx) => tx.getSync('k'));
    const old = db.transaction((tx) => tx.getSync('k'), { readOnly: true });
    expect(await old).toBeUndefined();
    expect(await isSettled(read)).toBe(false);
    open();
    await put;
    expect(await read).toBe('v');
  });

  it('conflicts with a commit that it makes beside its transaction', async () => {
    const db = await openMemory();
    let runCount = 0;
    await db.transaction((tx) => {
      const n = Number(tx.getSync('n') ?? '0');
      if (runCount++ === 0) void db.put('n', '10');
      tx.put('n', `${n + 1}`);
    });
    expect(runCount).toBe(2);
    expect(db.getSync('n')).toBe('11');
  });

  it('is applied once by its commit id', async () => {
    const db = await openMemory();
    const options = { commitId: 'once' };
    const both = await Promise.allSettled([
      db.transaction(count, options),
      db.transaction(count, options),
    ]);
    await db.transaction(count, options);
    expect(both.filter(({ status }) => status === 'fulfilled').length).toBeGreaterThan(0);
    expect(db.getSync('n')).toBe('1');
    expect(await db.hasCommitted('once')).toBe(true);
  });

  it('does not begin after a close, nor with a signal that was given', async () => {
    const db = await openMemory();
    const signal = AbortSignal.abort();
    let runCount = 0;
    const body: Body = () => void runCount++;
    expect(await errorOf(() => db.transaction(body, { signal }))).toBeInstanceOf(AbortedError);
    expect(await errorOf(() => db.transaction(7 as never))).toBeInstanceOf(InvalidArgumentError);
    await db.close();
    expect(await errorOf(() => db.transaction(body))).toBeInstanceOf(ClosedError);
    expect(runCount).toBe(0);
  });

  it('is told an unknown outcome, and not run again', async () => {
    const vfs = new FaultVfs(new MemoryVfs());
    const db = await openMemory({ vfs });
    await db.put('a', '1');
    let runCount = 0;
    vfs.inject({ kinds: ['sync'], path: /\.log$/ });
    const error = await errorOf(() =>
      db.transaction((tx) => {
        runCount++;
        tx.put('k', 'v');
      }),
    );
    expect(error).toMatchObject({ code: 'FAILED', outcome: 'unknown' });
    expect(runCount).toBe(1);
  });
});

describe('a body that returns no promise, and whose commit has to wait', () => {
  async function openFull(): Promise<{ db: Database<string, string>; goOn: () => void }> {
    const vfs = new GateVfs(new MemoryVfs());
    const db = await openMemory({ vfs, ...TINY, immutableMemtableCountMax: 1 });
    await turns();
    const goOn = vfs.shut('sync', /\.log$/);
    for (let i = 0; db.stats().commits.waitingCount === 0; i++) {
      db.put(`fill ${i}`, filler(60_000, i)).catch(() => undefined);
    }
    return { db, goOn };
  }

  it('is run again when others came first', async () => {
    const { db, goOn } = await openFull();
    const all = Array.from({ length: 30 }, () => db.transaction(count));
    expect(await isSettled(all[0]!)).toBe(false);
    goOn();
    await Promise.all(all);
    expect(db.getSync('n')).toBe('30');
  });

  it('is serializable all the same, under snapshot isolation (transaction-run/one-turn)', async () => {
    const { db, goOn } = await openFull();
    // Each writes the key of the other when the own one is absent: at most one may.
    const skew =
      (own: string, other: string): Body =>
      (tx) => {
        if (tx.getSync(own) === undefined) tx.put(other, 'taken');
      };
    const both = [db.transaction(skew('x', 'y')), db.transaction(skew('y', 'x'))];
    goOn();
    await Promise.all(both);
    expect([db.getSync('x'), db.getSync('y')].filter((value) => value !== undefined)).toHaveLength(
      1,
    );
  });

  it('runs again once more than `retryCountMax` when nothing is known to stand against it', async () => {
    const { db, goOn } = await openFull();
    const read = db.transaction((tx) => tx.put('copy', tx.getSync('fill 0') ?? 'none'), {
      retryCountMax: 0,
    });
    const put = db.put('other', 'x');
    goOn();
    await Promise.all([read, put]);
    expect(db.getSync('copy')).toBe(filler(60_000, 0));
  });

  it('is ended by its signal', async () => {
    const { db, goOn } = await openFull();
    const stop = new AbortController();
    const refused = errorOf(() => db.transaction(count, { signal: stop.signal }));
    await turns();
    stop.abort();
    expect(await refused).toBeInstanceOf(AbortedError);
    goOn();
    await db.put('after', 'x');
    expect(db.getSync('n')).toBeUndefined();
  });

  it('waits for a lock, and sees what its owner wrote', async () => {
    const db = await openMemory();
    const holder = db.begin({ mode: 'pessimistic' });
    await holder.lock('n');
    const counted = db.transaction(count);
    expect(await isSettled(counted)).toBe(false);
    holder.put('n', '10');
    await holder.commit();
    await counted;
    expect(db.getSync('n')).toBe('11');
  });
});
