/**
 * Calls of the database inside a transaction's body: each is a transaction of its own, and none can hang.
 */
import { describe, expect, it } from 'vitest';
import type { Database } from '../../src/api/database.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { errorOf, openMemory, turns } from './fixture.ts';

type Db = Database<string, string>;

const PESSIMISTIC = { mode: 'pessimistic' } as const;
const LOCK_TIMEOUT_MS = 10_000;

async function openAt(clock: ManualClock): Promise<Db> {
  const db = await openMemory({ environment: { clock } });
  await db.batch([
    { type: 'put', key: 'a', value: '0' },
    { type: 'put', key: 'b', value: '0' },
  ]);
  return db;
}

/** What commits inside the body of a transaction that holds a lock on `a`. */
const INNER: readonly [string, (db: Db) => Promise<unknown>][] = [
  ['a plain put', (db) => db.put('a', 'inner')],
  ['a plain del', (db) => db.del('a')],
  ['a batch', (db) => db.batch([{ type: 'put', key: 'a', value: 'inner' }])],
  ['a delRange', (db) => db.delRange({ gte: 'a', lt: 'b' })],
  ['an optimistic transaction', (db) => db.transaction((tx) => tx.put('a', 'inner'))],
  [
    'a serializable transaction',
    (db) =>
      db.transaction(
        async (tx) => {
          await tx.get('b');
          tx.put('a', 'inner');
        },
        { isolation: 'serializable' },
      ),
  ],
  [
    'a pessimistic transaction that locks',
    (db) =>
      db.transaction(async (tx) => {
        await tx.getForUpdate('a');
      }, PESSIMISTIC),
  ],
  [
    'a pessimistic transaction that only writes',
    (db) => db.transaction((tx) => tx.put('a', 'inner'), PESSIMISTIC),
  ],
];

describe('inside a pessimistic transaction that holds its key', () => {
  it.each(INNER)('%s is told so in time, and the outer one goes on', async (_name, inner) => {
    const clock = new ManualClock();
    const db = await openAt(clock);
    const { timerCount } = clock;
    const outer = db.transaction(async (tx) => {
      const value = await tx.getForUpdate('a');
      const error = errorOf(() => inner(db));
      while (db.stats().locks.waiterCount === 0) await turns(1);
      clock.advance(LOCK_TIMEOUT_MS - 1);
      await turns();
      expect(db.stats().locks.waiterCount).toBe(1);
      clock.advance(1);
      expect(await error).toMatchObject({ code: 'LOCK_TIMEOUT' });
      tx.put('a', `${value} outer`);
    }, PESSIMISTIC);
    await outer;
    expect(await db.getMany(['a', 'b'])).toEqual(['0 outer', '0']);
    expect(db.stats().locks).toMatchObject({ heldKeyCount: 0, heldRangeCount: 0, waiterCount: 0 });
    expect(clock.timerCount).toBe(timerCount);
  });

  it('a write elsewhere does not wait, and stays when the outer one fails', async () => {
    const db = await openAt(new ManualClock());
    const error = await errorOf(() =>
      db.transaction(async (tx) => {
        await tx.getForUpdate('a');
        await db.transaction((inner) => inner.put('b', 'inner'));
        throw new Error('outer');
      }, PESSIMISTIC),
    );
    expect(error.message).toBe('outer');
    expect(await db.getMany(['a', 'b'])).toEqual(['0', 'inner']);
  });

  it('a commit that only writes waits as long as its transaction was told to', async () => {
    const clock = new ManualClock();
    const db = await openAt(clock);
    const holder = db.begin(PESSIMISTIC);
    await holder.lock('a');
    const tx = db.begin({ ...PESSIMISTIC, lockTimeoutMs: 50 });
    tx.put('a', 'late');
    const error = errorOf(() => tx.commit());
    while (db.stats().locks.waiterCount === 0) await turns(1);
    clock.advance(50);
    expect(await error).toMatchObject({ code: 'LOCK_TIMEOUT' });
    holder.rollback();
    expect(await db.get('a')).toBe('0');
  });
});

describe('inside an optimistic transaction', () => {
  it('db.transaction is another one: on the same key, the outer one conflicts and runs again', async () => {
    const db = await openAt(new ManualClock());
    let runCount = 0;
    await db.transaction(async (tx) => {
      runCount++;
      const value = await tx.get('a');
      if (runCount === 1) await db.transaction((inner) => inner.put('a', 'inner'));
      tx.put('a', `${value} outer`);
    });
    expect([runCount, await db.get('a')]).toEqual([2, 'inner outer']);
  });

  it('tx.transaction joins as a savepoint: one commit, nothing to wait for, in both modes', async () => {
    const db = await openAt(new ManualClock());
    for (const mode of ['optimistic', 'pessimistic'] as const) {
      const before = db.stats().commits.count;
      const options: { mode: 'optimistic' | 'pessimistic' } = { mode };
      await db.transaction(async (tx) => {
        tx.put('a', mode);
        const refused = await errorOf(() =>
          tx.transaction((inner) => {
            inner.put('a', 'inner');
            throw new Error('inner');
          }),
        );
        expect(refused.message).toBe('inner');
        await tx.transaction((inner) => inner.put('b', mode));
      }, options);
      expect(db.stats().commits.count).toBe(before + 1);
      expect(await db.getMany(['a', 'b'])).toEqual([mode, mode]);
    }
  });
});
