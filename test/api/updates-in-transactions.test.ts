/** Updates in a transaction: applied at its commit, to what is newest then, unless it knows the value. */
import { describe, expect, it } from 'vitest';
import type { Database } from '../../src/api/database.ts';
import { ClosedError, ConflictError, InvalidArgumentError } from '../../src/base/errors.ts';
import { MemoryVfs } from '../../src/vfs/memory-vfs.ts';
import { errorOf, isSettled, openMemory } from './fixture.ts';

const add =
  (text: string) =>
  (current = ''): string =>
    current + text;

async function openWith(
  entries: Readonly<Record<string, string>>,
): Promise<Database<string, string>> {
  const db = await openMemory();
  for (const [key, value] of Object.entries(entries)) await db.put(key, value);
  return db;
}

const MODES = [{}, { isolation: 'serializable' }, { mode: 'pessimistic' }] as const;

describe.each(MODES)('tx.update() in %o', (options) => {
  it('is applied to the newest value, and conflicts with nothing (transaction-core/update-unread)', async () => {
    const db = await openWith({ k: 'a' });
    const tx = db.begin(options);
    tx.update('k', add('1'));
    await db.put('k', 'b');
    tx.update('k', add('2'));
    await tx.commit();
    expect(db.getSync('k')).toBe('b12');
  });

  it.each<[string, (tx: ReturnType<typeof db0.begin>) => unknown]>([
    ['get', (tx) => tx.get('k')],
    ['getSync', (tx) => tx.getSync('k')],
    ['getMany', async (tx) => (await tx.getMany(['x', 'k']))[1]],
    ['entries', async (tx) => (await tx.entries({ gte: 'j' }).all())[0]?.[1]],
    ['values', async (tx) => (await tx.values({ reverse: true, limit: 1 }).all())[0]],
  ])(
    'is seen by %s, and conflicts from then on (transaction-core/update-unread)',
    async (_, read) => {
      const db = await openWith({ k: 'a' });
      const tx = db.begin(options);
      tx.update('k', add('1'));
      tx.update('k', add('2'));
      expect(await read(tx)).toBe('a12');
      tx.update('k', add('3'));
      expect(tx.getSync('k')).toBe('a123');
      await db.put('k', 'b');
      const error = await errorOf(() => tx.commit());
      expect(error).toBeInstanceOf(ConflictError);
      expect(db.getSync('k')).toBe('b');
      const again = db.begin(options);
      again.update('k', add('1'));
      await read(again);
      await again.commit();
      expect(db.getSync('k')).toBe('b1');
    },
  );

  it('that was read absent conflicts with a key that comes, and writes nothing when it stays away', async () => {
    const db = await openWith({});
    const tx = db.begin(options);
    tx.update('k', () => undefined);
    expect(await tx.has('k')).toBe(false);
    tx.put('other', '1');
    await db.put('k', 'b');
    expect(await errorOf(() => tx.commit())).toBeInstanceOf(ConflictError);
    const { operationCount } = db.stats().commits;
    const second = db.begin(options);
    second.update('x', () => undefined);
    expect(await second.has('x')).toBe(false);
    second.put('other', '1');
    await second.commit();
    expect(db.stats().commits.operationCount).toBe(operationCount + 1);
  });

  it('is applied at once to what the transaction has written', async () => {
    const db = await openWith({ k: 'a', l: 'a', m: 'a' });
    const tx = db.begin(options);
    tx.put('k', 'own');
    tx.update('k', add('1'));
    tx.del('l');
    tx.update('l', add('1'));
    tx.delRange({ gte: 'm' });
    tx.update('m', add('1'));
    expect(await tx.getMany(['k', 'l', 'm'])).toEqual(['own1', '1', '1']);
    await tx.commit();
    expect(await db.values().all()).toEqual(['own1', '1', '1']);
  });

  it('is dropped by a later write of its key (pending-updates/apart)', async () => {
    const db = await openWith({ a: 'a', b: 'b', c: 'c', d: 'd' });
    const tx = db.begin(options);
    const never = (): string => {
      throw new Error('ran');
    };
    for (const key of ['a', 'b', 'c']) tx.update(key, never);
    tx.put('a', 'put');
    tx.del('b');
    tx.delRange({ gte: 'c', lt: 'd' });
    tx.update('d', add('1'));
    await tx.commit();
    expect(await db.entries().all()).toEqual([
      ['a', 'put'],
      ['d', 'd1'],
    ]);
    const clearing = db.begin(options);
    clearing.update('a', never);
    clearing.clear();
    await clearing.commit();
    expect(await db.keys().all()).toEqual([]);
  });

  it('is rolled back to a savepoint, read or not (pending-updates/rolled-back)', async () => {
    const db = await openWith({ a: '', b: '', c: '' });
    const tx = db.begin(options);
    const first = tx.savepoint();
    tx.update('a', add('1'));
    const second = tx.savepoint();
    tx.update('a', add('2'));
    tx.update('b', add('2'));
    tx.put('c', 'own');
    tx.update('c', add('2'));
    tx.rollbackTo(second);
    tx.update('c', add('3'));
    const third = tx.savepoint();
    expect(tx.getSync('a')).toBe('1');
    tx.del('a');
    tx.rollbackTo(third);
    tx.update('a', add('4'));
    expect(
      await tx.transaction((inner) =>
        errorOf(() => inner.batch([{ type: 'update', key: 'b', update: 7 as never }])),
      ),
    ).toBeInstanceOf(InvalidArgumentError);
    await tx.commit();
    expect(await db.values().all()).toEqual(['14', '', '3']);
    const none = db.begin(options);
    const begin = none.savepoint();
    none.update('a', add('x'));
    none.rollbackTo(begin);
    await none.commit();
    expect(db.getSync('a')).toBe('14');
    expect(first).toBeDefined();
  });

  it('that throws refuses the whole commit with that error, which is not run again', async () => {
    const db = await openWith({ k: 'a' });
    const thrown = new Error('no');
    let runCount = 0;
    const run = db.transaction(async (tx) => {
      runCount++;
      tx.put('other', 'x');
      tx.update('k', () => {
        throw thrown;
      });
    }, options);
    await expect(run).rejects.toBe(thrown);
    expect(runCount).toBe(1);
    expect(await db.entries().all()).toEqual([['k', 'a']]);
    const reading = db.begin(options);
    reading.update('k', () => {
      throw thrown;
    });
    await expect(reading.get('k')).rejects.toBe(thrown);
    expect(reading.isActive).toBe(true);
    reading.rollback();
  });

  it('is refused without a function, after the end, and beyond the budget', async () => {
    const db = await openMemory({ transactionSizeBytesMax: 64 * 1024 });
    const tx = db.begin(options);
    expect(await errorOf(() => tx.update('k', 'text' as never))).toBeInstanceOf(
      InvalidArgumentError,
    );
    const many = await errorOf(() => {
      for (let i = 0; i < 10_000; i++) tx.update(`k${i % 10}`, add('1'));
    });
    expect(many).toBeInstanceOf(InvalidArgumentError);
    tx.rollback();
    expect(await errorOf(() => tx.update('k', add('1')))).toBeInstanceOf(ClosedError);
  });

  it('counts in its keyspace, through `in` and in a batch', async () => {
    const db = await openMemory();
    const counters = await db.keyspace('counters', { keyEncoding: 'utf8', valueEncoding: 'json' });
    const count = (n: unknown): number => ((n as number | undefined) ?? 0) + 1;
    await db.transaction(async (tx) => {
      tx.in(counters).update('k', count);
      tx.batch([
        { type: 'update', in: counters, key: 'k', update: count },
        { type: 'update', key: 'k', update: add('own') },
      ]);
    }, options);
    expect([await counters.get('k'), await db.get('k')]).toEqual([2, 'own']);
  });
});

const db0 = await openMemory();

describe('tx.update() beside other things', () => {
  it('is refused in a read-only transaction', async () => {
    const db = await openMemory();
    const tx = db.begin({ readOnly: true });
    expect(await errorOf(() => tx.update('k', add('1')))).toBeInstanceOf(InvalidArgumentError);
  });

  it('does not make a read before it conflict under snapshot isolation, and does under serializable', async () => {
    const db = await openWith({ k: 'a' });
    const snapshot = db.begin();
    const serializable = db.begin({ isolation: 'serializable' });
    for (const tx of [snapshot, serializable]) {
      await tx.get('k');
      tx.update('k', add('1'));
    }
    await db.put('k', 'b');
    await snapshot.commit();
    expect(db.getSync('k')).toBe('b1');
    expect(await errorOf(() => serializable.commit())).toBeInstanceOf(ConflictError);
  });

  it('is applied once with a commit id, also when it is tried again', async () => {
    const vfs = new MemoryVfs();
    const db = await openMemory({ vfs });
    for (let i = 0; i < 3; i++) {
      await db.transaction(async (tx) => tx.update('k', add('1')), { commitId: 'once' });
    }
    expect(db.getSync('k')).toBe('1');
    expect(await db.hasCommitted('once')).toBe(true);
    const both = [1, 2].map(() =>
      db.transaction(async (tx) => tx.update('k', add('2')), { commitId: 'twice' }),
    );
    await Promise.allSettled(both);
    expect(db.getSync('k')).toBe('12');
  });

  it('has its key locked by its commit, as a put has', async () => {
    const db = await openWith({ k: 'a' });
    const holder = db.begin({ mode: 'pessimistic' });
    await holder.lock('k');
    const tx = db.begin({ mode: 'pessimistic' });
    tx.update('k', add('1'));
    const committed = tx.commit();
    expect(await isSettled(committed)).toBe(false);
    holder.put('k', 'b');
    await holder.commit();
    await committed;
    expect(db.getSync('k')).toBe('b1');
  });

  it('sees the deletion of a range in the same transaction that comes before it alone', async () => {
    const db = await openWith({ k: 'a' });
    const tx = db.begin();
    tx.update('k', add('1'));
    tx.clear();
    tx.update('k', add('2'));
    await db.put('l', 'kept or not: the clear is at the commit');
    expect(await errorOf(() => tx.commit())).toBeInstanceOf(ConflictError);
    await db.transaction(async (again) => {
      again.clear();
      again.update('k', add('2'));
    });
    expect(await db.entries().all()).toEqual([['k', '2']]);
  });
});
