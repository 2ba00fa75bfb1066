/**
 * Pessimistic transactions on a whole database, alone and beside optimistic ones and plain writes.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Database, type LockingTransaction, MemoryVfs, open } from '../../src/index.ts';
import { makeRandom } from '../support/prng.ts';

let db: Database<string, number>;

beforeEach(async () => {
  db = await open<string, number>('/db', {
    vfs: new MemoryVfs(),
    keyEncoding: 'utf8',
    valueEncoding: 'json',
  });
});

afterEach(async () => {
  await db.close();
});

const PESSIMISTIC = { mode: 'pessimistic' } as const;

/** True when the promise has not settled after everything else that could run has run. */
async function isPending(promise: Promise<unknown>): Promise<boolean> {
  let isSettled = false;
  void promise.then(
    () => (isSettled = true),
    () => (isSettled = true),
  );
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
  return !isSettled;
}

describe('a pessimistic transaction', () => {
  it('reads the newest value once it has the lock, and cannot conflict on it', async () => {
    await db.put('a', 1);
    const first = db.begin(PESSIMISTIC);
    const second = db.begin(PESSIMISTIC);
    expect(await first.getForUpdate('a')).toBe(1);
    const waiting = second.getForUpdate('a');
    expect(await isPending(waiting)).toBe(true);
    first.put('a', 2);
    await first.commit();
    expect(await waiting).toBe(2);
    second.put('a', 3);
    await second.commit();
    expect(db.getSync('a')).toBe(3);
  });

  it('makes plain writes, batches and optimistic commits wait for what it holds', async () => {
    await db.batch([
      { type: 'put', key: 'a', value: 1 },
      { type: 'put', key: 'b', value: 1 },
    ]);
    const tx = db.begin(PESSIMISTIC);
    await tx.getForUpdate('a');
    const optimistic = db.begin();
    optimistic.put('a', 10);
    const waiting = [
      db.put('a', 20),
      db.batch([
        { type: 'put', key: 'c', value: 5 },
        { type: 'del', key: 'a' },
      ]),
      db.delRange({ gte: 'a', lte: 'b' }),
    ];
    const conflicting = optimistic.commit();
    for (const each of [...waiting, conflicting]) expect(await isPending(each)).toBe(true);
    await db.put('unrelated', 1); // not held up
    tx.put('a', 2);
    await tx.commit();
    await Promise.all(waiting);
    await expect(conflicting).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(await db.entries().all()).toEqual([
      ['c', 5],
      ['unrelated', 1],
    ]);
  });

  it('keeps phantoms out of a locked range', async () => {
    const tx = db.begin(PESSIMISTIC);
    await tx.lockRange({ prefix: 'order:' });
    expect(await tx.keys({ prefix: 'order:' }).all()).toEqual([]);
    const insert = db.put('order:7', 1);
    expect(await isPending(insert)).toBe(true);
    tx.put('order:count', 0);
    await tx.commit();
    await insert;
    expect(await db.keys().all()).toEqual(['order:7', 'order:count']);
  });

  const MUTEX = {
    lock: (tx) => tx.lock('mutex'),
    getForUpdate: (tx) => tx.getForUpdate('mutex'),
    lockRange: (tx) => tx.lockRange({ prefix: 'mut' }),
    'two keys': async (tx) => {
      await tx.lock('mutex');
      await tx.lock(`own ${Math.floor(db.stats().locks.waitCount)}`);
    },
    'a key that is read, then the mutex': async (tx) => {
      await tx.lock('other');
      await tx.getForUpdate('other');
      await tx.lock('mutex');
    },
    'a write, then the mutex': async (tx) => {
      tx.put('own', 1);
      await tx.lock('mutex');
    },
    'a write that is read back, then the mutex': async (tx) => {
      tx.put('own', 1);
      tx.delRange({ prefix: 'gone' });
      expect(await tx.getMany(['own', 'gone:1'])).toEqual([1, undefined]);
      await tx.lock('mutex');
    },
    'a savepoint, taken back after the mutex': async (tx) => {
      const savepoint = tx.savepoint();
      tx.put('n', -1);
      await tx.lock('mutex');
      tx.rollbackTo(savepoint);
    },
    'inside a transaction of its own': (tx) => tx.transaction((inner) => inner.lock('mutex')),
  } satisfies Record<string, (tx: LockingTransaction<string, number>) => Promise<unknown>>;

  describe.each(['snapshot', 'serializable'] as const)('at %s', (isolation) => {
    it.each(Object.entries(MUTEX))(
      'that takes a lock first is run once, after any holder: %s (transaction-locks/follows-the-locks)',
      async (_, takeMutex) => {
        await db.put('n', 0);
        let bodyCount = 0;
        const clients = Array.from({ length: 12 }, () =>
          db.transaction(
            async (tx) => {
              bodyCount++;
              await takeMutex(tx);
              const n = (await tx.get('n'))!; // it is there
              const rows = await tx.entries({ gte: 'n', lt: 'o' }).all();
              expect(rows).toEqual([['n', n]]);
              await new Promise((resolve) => setImmediate(resolve));
              tx.put('n', n + 1);
            },
            { ...PESSIMISTIC, isolation },
          ),
        );
        await Promise.all(clients);
        expect([db.getSync('n'), bodyCount]).toEqual([12, 12]);
        expect(db.stats().commits.retryCount).toBe(0);
      },
    );
  });

  it('sees with a lock that is granted at once what was committed since its begin (transaction-locks/follows-the-locks)', async () => {
    const tx = db.begin(PESSIMISTIC);
    await db.put('n', 1);
    await tx.lock('mutex');
    expect(tx.getSync('n')).toBe(1);
    await db.put('n', 2); // no lock is on it: the mutex covers itself alone
    expect(tx.getSync('n')).toBe(1);
    tx.put('n', 3);
    await expect(tx.commit()).rejects.toMatchObject({ code: 'CONFLICT' });
  });

  it('keeps its snapshot once it has read without a lock, be it by a lock on what is not newer (transaction-locks/stays-after-a-read)', async () => {
    await db.put('n', 1);
    for (const read of [
      (tx) => tx.get('n'),
      (tx) => tx.has('n'),
      (tx) => tx.getMany(['n']),
      (tx) => tx.keys({ prefix: 'n' }).all(),
    ] satisfies ((tx: LockingTransaction<string, number>) => Promise<unknown>)[]) {
      const tx = db.begin(PESSIMISTIC);
      await read(tx);
      await db.put('n', 2);
      await tx.lock('mutex');
      expect(tx.getSync('n')).toBe(1);
      await expect(tx.getForUpdate('n')).rejects.toMatchObject({ code: 'CONFLICT' });
      tx.rollback();
      await db.put('n', 1);
    }
  });

  it('refuses a lock on something newer than what it has read without locks (transaction-locks/stays-after-a-read)', async () => {
    await db.batch([
      { type: 'put', key: 'a', value: 1 },
      { type: 'put', key: 'b', value: 1 },
    ]);
    const tx = db.begin(PESSIMISTIC);
    expect(await tx.get('a')).toBe(1);
    await db.put('b', 2);
    await expect(tx.getForUpdate('b')).rejects.toMatchObject({ code: 'CONFLICT' });
    tx.rollback();
    const fresh = db.begin(PESSIMISTIC);
    await db.put('b', 3);
    expect(await fresh.getForUpdate('b')).toBe(3); // nothing read before: the snapshot moves
    await db.put('c', 3);
    expect(await fresh.getForUpdate('c')).toBe(3);
    fresh.rollback();
  });

  it('has no unlocked read in a scan of what it has locked: its snapshot may still move (transaction-locks/follows-the-locks)', async () => {
    await db.batch(['o1', 'o2', 'p1', 'total'].map((key) => ({ type: 'put', key, value: 1 })));
    const rowsAfterLock = async (range: object, scanned: object): Promise<number | undefined> => {
      const tx = db.begin({ ...PESSIMISTIC, isolation: 'serializable' });
      await tx.lockRange(range);
      const [entries, keys, values] = [tx.entries(scanned), tx.keys(scanned), tx.values(scanned)];
      for (const scan of [entries, keys, values]) expect((await scan.all()).length).toBe(2);
      await db.put('total', 2); // meanwhile
      try {
        const total = await tx.getForUpdate('total');
        tx.put('total', 1);
        await tx.commit();
        return total;
      } finally {
        tx.rollback();
      }
    };
    expect(await rowsAfterLock({ gte: 'o', lt: 'p' }, { gte: 'o', lt: 'p' })).toBe(2);
    expect(await rowsAfterLock({ gte: 'o', lt: 'p' }, { prefix: 'o', reverse: true })).toBe(2);
    expect(await rowsAfterLock({ gte: 'o', lt: 'p' }, { gt: 'o', lt: 'o9', limit: 5 })).toBe(2);
    // A scan that goes further than the lock, at either end, and one beside it.
    for (const scanned of [
      { gte: 'o2', lt: 'p2' },
      { lt: 'o9' },
      { gte: 'o2', limit: 2 },
      { gte: 'p', lte: 'total' },
    ]) {
      const refused = rowsAfterLock({ gte: 'o', lt: 'p' }, scanned);
      await expect(refused, JSON.stringify(scanned)).rejects.toMatchObject({ code: 'CONFLICT' });
    }
  });

  it('validates nothing of a scan of what it has locked', async () => {
    await db.batch(
      Array.from({ length: 500 }, (_, i) => ({ type: 'put', key: `o${1000 + i}`, value: 1 })),
    );
    const stepsWith = async (range: object | undefined): Promise<number> => {
      const tx = db.begin({ ...PESSIMISTIC, isolation: 'serializable' });
      if (range !== undefined) await tx.lockRange(range);
      expect((await tx.entries({ prefix: 'o' }).all()).length).toBe(500);
      for (let i = 0; i < 100; i++) await db.put('elsewhere', i);
      tx.put('total', 500);
      const before = db.stats().commits.validationStepCount;
      await tx.commit();
      return db.stats().commits.validationStepCount - before;
    };
    expect(await stepsWith({ prefix: 'o' })).toBe(1); // the key that it writes
    expect(await stepsWith(undefined)).toBeGreaterThan(100);
  });

  it('validates a scan of a range that it locked too late: its snapshot is older than the lock (transaction-locks/follows-the-locks)', async () => {
    await db.put('a', 1);
    const tx = db.begin({ ...PESSIMISTIC, isolation: 'serializable' });
    expect(await tx.get('other')).toBeUndefined();
    await db.put('a', 2);
    await expect(tx.lockRange({ gte: 'a', lt: 'b' })).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(await tx.entries({ gte: 'a', lt: 'b' }).all()).toEqual([['a', 1]]);
    tx.put('sum', 1);
    await expect(tx.commit()).rejects.toMatchObject({ code: 'CONFLICT' });
  });

  it('is told when it would wait for ever, and retried by db.transaction', async () => {
    await db.batch([
      { type: 'put', key: 'a', value: 0 },
      { type: 'put', key: 'b', value: 0 },
    ]);
    const add = (first: string, second: string): Promise<void> =>
      db.transaction(async (tx) => {
        const one = await tx.getForUpdate(first);
        await Promise.resolve();
        const two = await tx.getForUpdate(second);
        tx.put(first, one! + 1); // both exist
        tx.put(second, two! + 1);
      }, PESSIMISTIC);
    await Promise.all(
      Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? add('a', 'b') : add('b', 'a'))),
    );
    expect([db.getSync('a'), db.getSync('b')]).toEqual([20, 20]);
  });

  it('waits no longer than it was told to, and settles on abort, rollback and close', async () => {
    const holder = db.begin(PESSIMISTIC);
    await holder.lock('k');
    const impatient = db.begin({ ...PESSIMISTIC, lockTimeoutMs: 1 });
    await expect(impatient.lock('k')).rejects.toMatchObject({ code: 'LOCK_TIMEOUT' });
    const rolledBack = db.begin(PESSIMISTIC);
    const pending = rolledBack.lock('k');
    rolledBack.rollback();
    await expect(pending).rejects.toMatchObject({ code: 'CLOSED' });
    const aborter = new AbortController();
    const put = db.put('k', 1, { signal: aborter.signal });
    aborter.abort();
    await expect(put).rejects.toMatchObject({ code: 'ABORTED' });
    const atClose = db.begin(PESSIMISTIC);
    const closing = expect(atClose.lock('k')).rejects.toMatchObject({ code: 'CLOSED' });
    await db.close();
    await closing;
  });

  it('keeps the bank whole beside optimistic transfers and plain writes, without lost updates', async () => {
    const random = makeRandom(7);
    const accounts = ['a', 'b', 'c', 'd', 'e'];
    await db.batch(accounts.map((key) => ({ type: 'put', key, value: 100 })));
    const move = async (
      tx: { get(key: string): Promise<number | undefined>; put(key: string, value: number): void },
      read: (key: string) => Promise<number | undefined>,
    ): Promise<void> => {
      const [from, to] = [random.pick(accounts), random.pick(accounts)].sort();
      if (from === to) return;
      const amount = random.below(10) - 5;
      const source = (await read(from!))!; // every account exists
      const target = (await read(to!))!;
      tx.put(from!, source - amount);
      tx.put(to!, target + amount);
    };
    const clients = Array.from({ length: 24 }, async (_, id) => {
      for (let round = 0; round < 25; round++) {
        if (id % 3 === 0) {
          await db.transaction((tx) => move(tx, (key) => tx.get(key)));
        } else if (id % 3 === 1) {
          await db.transaction((tx) => move(tx, (key) => tx.getForUpdate(key)), PESSIMISTIC);
        } else {
          await db.put(`noise:${id}`, round);
        }
        const values = await db.values({ lt: 'f' }).all();
        expect(values.reduce((sum, value) => sum + value, 0)).toBe(500);
      }
    });
    await Promise.all(clients);
  });
});

describe('begin', () => {
  it('refuses what makes no sense for its mode', () => {
    expect(() => db.begin({ mode: 'careful' as 'pessimistic' })).toThrow(/mode/);
    expect(() => db.begin({ lockTimeoutMs: 5 })).toThrow(/lockTimeoutMs/);
    expect(() => db.begin({ ...PESSIMISTIC, lockTimeoutMs: 0 })).toThrow(/lockTimeoutMs/);
    expect(() => db.begin({ ...PESSIMISTIC, readOnly: true })).toThrow(/read-only/);
  });
});
