/** Snapshot and serializable isolation, by the anomalies that each allows or forbids. */
import { describe, expect, it } from 'vitest';
import { ClosedError, ConflictError, InvalidArgumentError } from '../../src/base/errors.ts';
import type { Database } from '../../src/api/database.ts';
import type { Isolation } from '../../src/api/transaction-options.ts';
import { MemoryVfs } from '../../src/vfs/memory-vfs.ts';
import { GateVfs } from '../support/gate-vfs.ts';
import { errorOf, filler, isSettled, openMemory, TINY } from './fixture.ts';

type Db = Database<string, string>;

const BOTH: Isolation[] = ['snapshot', 'serializable'];

async function openWith(entries: Record<string, string>): Promise<Db> {
  const db = await openMemory(TINY);
  for (const [key, value] of Object.entries(entries)) await db.put(key, value);
  return db;
}

describe('reads in a transaction', () => {
  it('see its own writes, in point reads and scans, in both directions', async () => {
    const db = await openWith({ a: '1', b: '2', c: '3', d: '4' });
    const tx = db.begin();
    tx.put('b', 'own');
    tx.put('bb', 'new');
    tx.del('c');
    tx.delRange({ gte: 'd' });
    tx.put('e', 'after the range');
    expect(await tx.getMany(['a', 'b', 'bb', 'c', 'd', 'e'])).toEqual([
      '1',
      'own',
      'new',
      undefined,
      undefined,
      'after the range',
    ]);
    const rows = [
      ['a', '1'],
      ['b', 'own'],
      ['bb', 'new'],
      ['e', 'after the range'],
    ];
    expect(await tx.entries().all()).toEqual(rows);
    expect([...tx.entries({ reverse: true })]).toEqual(rows.toReversed());
    expect(await tx.keys({ gt: 'a', lt: 'e', limit: 1 }).all()).toEqual(['b']);
    expect(await db.keys().all()).toEqual(['a', 'b', 'c', 'd']);
    await tx.commit();
    expect(await db.entries().all()).toEqual(rows);
  });

  it('never see what others commit meanwhile, through flush and compaction (transaction-core/pinned)', async () => {
    const db = await openWith({ a: '1', b: '2' });
    const tx = db.begin();
    await db.put('a', 'changed');
    await db.del('b');
    await db.put('c', 'phantom');
    await db.compact();
    await db.delRange({});
    await db.compact();
    expect(await tx.entries().all()).toEqual([
      ['a', '1'],
      ['b', '2'],
    ]);
    expect(await tx.get('c')).toBeUndefined();
  });

  it('see commits whose sync is under way, and their commit waits for it', async () => {
    const vfs = new GateVfs(new MemoryVfs());
    const db = await openMemory({ vfs });
    const openSyncs = vfs.shut('sync');
    const first = db.put('a', '1');
    expect(db.getSync('a')).toBeUndefined(); // no plain read sees a commit that a power cut may take
    const tx = db.begin();
    expect(await tx.get('a')).toBe('1');
    const [readOnly, empty] = [db.begin({ readOnly: true }), db.begin()];
    expect(await readOnly.get('a')).toBeUndefined();
    expect(await empty.get('a')).toBe('1');
    tx.put('b', `${await tx.get('a')}+1`);
    const commits = [first, tx.commit(), empty.commit()];
    await readOnly.commit();
    for (const commit of commits) expect(await isSettled(commit)).toBe(false);
    openSyncs();
    await Promise.all(commits);
    expect(db.getSync('b')).toBe('1+1');
  });

  it('do not wait for the sync of others, nor for that of their own', async () => {
    const vfs = new GateVfs(new MemoryVfs());
    const db = await openMemory({ vfs });
    await db.put('a', 'old');
    const openSyncs = vfs.shut('sync');
    const put = db.put('a', 'new');
    expect(await db.get('a')).toBe('old');
    expect(await db.values().all()).toEqual(['old']);
    const snapshot = db.snapshot();
    openSyncs();
    await put;
    expect(db.getSync('a')).toBe('new');
    expect(await db.get('a', { snapshot })).toBe('old');
  });
});

describe.each(BOTH)('%s isolation', (isolation) => {
  it('dirty write and lost update: the second of two writers of a key conflicts', async () => {
    const db = await openWith({ k: '0' });
    const [first, second] = [db.begin({ isolation }), db.begin({ isolation })];
    for (const tx of [first, second]) tx.put('k', `${Number(await tx.get('k')) + 1}`);
    await first.commit();
    const error = await errorOf(() => second.commit());
    expect(error).toBeInstanceOf(ConflictError);
    expect((error as ConflictError).key).toBe('k'); // a key of the write set
    expect(Buffer.from((error as ConflictError).keyBytes!).toString()).toBe('k');
    expect(db.getSync('k')).toBe('1');
    expect(db.stats().commits.conflictCount).toBe(1);
  });

  it('two commits queued behind one fsync conflict as if both were done (committer/one-step)', async () => {
    const vfs = new GateVfs(new MemoryVfs());
    const db = await openMemory({ vfs });
    const openSyncs = vfs.shut('sync');
    const [first, second, third] = [1, 2, 3].map(() => db.begin({ isolation }));
    first!.put('k', 'first');
    second!.put('k', 'second');
    third!.put('other', 'third');
    const outcomes = [first!, second!, third!].map((tx) =>
      tx.commit().then(
        () => 'done',
        (e: Error) => e.name,
      ),
    );
    const plain = db.put('k', 'plain');
    openSyncs();
    expect(await Promise.all(outcomes)).toEqual(['done', 'ConflictError', 'done']);
    await plain;
    expect(db.getSync('k')).toBe('plain');
  });

  it('plain writes count: put, delete, batch and range deletion', async () => {
    const writes: ((db: Db) => Promise<void>)[] = [
      (db) => db.put('k', 'plain'),
      (db) => db.del('k'),
      (db) => db.batch([{ type: 'put', key: 'k', value: 'b' }]),
      (db) => db.delRange({ gte: 'j', lt: 'l' }),
    ];
    for (const write of writes) {
      const db = await openWith({ k: '0' });
      const [put, del, range, above] = [1, 2, 3, 4].map(() => db.begin({ isolation }));
      put!.put('k', 'tx');
      del!.del('k');
      range!.delRange({ gte: 'k', lte: 'k' });
      above!.put('l', 'free');
      await write(db);
      for (const tx of [put!, del!, range!]) {
        expect(await errorOf(() => tx.commit())).toBeInstanceOf(ConflictError);
      }
      await above!.commit();
    }
  });

  it('a deletion of an absent key is a write like any other', async () => {
    const db = await openWith({});
    const [tx, range] = [db.begin({ isolation }), db.begin({ isolation })];
    tx.put('k', 'v');
    range.delRange({ gte: 'a', lt: 'z' });
    await db.del('k');
    expect(await errorOf(() => tx.commit())).toBeInstanceOf(ConflictError);
    expect(await errorOf(() => range.commit())).toBeInstanceOf(ConflictError);
  });

  it('range deletions that overlap conflict, and those that touch do not', async () => {
    const db = await openWith({ a: '1', m: '2', z: '3' });
    const begin = (gte: string, lt: string): ReturnType<Db['begin']> => {
      const tx = db.begin({ isolation });
      tx.delRange({ gte, lt });
      return tx;
    };
    const [first, overlapping, before, after] = [
      begin('f', 'p'),
      begin('o', 'q'),
      begin('a', 'f'),
      begin('p', 't'),
    ];
    await first.commit();
    expect(await errorOf(() => overlapping.commit())).toBeInstanceOf(ConflictError);
    await before.commit();
    await after.commit();
    expect(await db.keys().all()).toEqual(['z']);
  });

  it.each(['put', 'del', 'delRange'] as const)(
    'finds a conflict with a %s that was flushed and compacted away since',
    async (kind) => {
      const db = await openWith({ k: '0', other: '1' });
      await db.compact();
      const [tx, range, free] = [1, 2, 3].map(() => db.begin({ isolation }));
      tx!.put('k', 'late');
      range!.delRange({ gte: 'j', lt: 'l' });
      free!.put('other', 'fine');
      if (kind === 'put') await db.put('k', 'v');
      else if (kind === 'del') await db.del('k');
      else await db.delRange({ gte: 'a', lte: 'k' });
      await db.flush();
      for (let i = 0; i < 30; i++) await db.put(`x${i}`, filler(20_000, i), { durability: 'os' });
      await db.compact();
      await db.compact();
      expect(await errorOf(() => tx!.commit())).toBeInstanceOf(ConflictError);
      expect(await errorOf(() => range!.commit())).toBeInstanceOf(ConflictError);
      await free!.commit();
      expect(db.getSync('k')).toBe(kind === 'put' ? 'v' : undefined);
    },
  );

  it('a transaction does not conflict with itself, nor with what came before it', async () => {
    const db = await openWith({ k: '0' });
    await db.put('k', '1');
    const tx = db.begin({ isolation });
    await tx.get('k');
    tx.put('k', '2');
    tx.put('k', '3');
    tx.delRange({ gte: 'k' });
    tx.put('k', '4');
    await tx.commit();
    expect(db.getSync('k')).toBe('4');
  });

  it('one that has written nothing never conflicts', async () => {
    const db = await openWith({ k: '0' });
    const [reader, readOnly] = [db.begin({ isolation }), db.begin({ isolation, readOnly: true })];
    for (const tx of [reader, readOnly]) await tx.entries().all();
    await db.put('k', '1');
    await reader.commit();
    await readOnly.commit();
  });

  it('a conflict leaves nothing behind, in memory or after a restart', async () => {
    const vfs = new MemoryVfs();
    const db = await openMemory({ vfs });
    const tx = db.begin({ isolation });
    tx.put('a', 'refused');
    tx.put('k', 'refused');
    await db.put('k', 'first');
    const { assigned } = db.stats().sequence;
    expect(await errorOf(() => tx.commit())).toBeInstanceOf(ConflictError);
    expect(db.stats().sequence.assigned).toBe(assigned);
    expect(db.stats().readers.transactionCount).toBe(0);
    await db.close();
    const again = await openMemory({ vfs });
    expect(await again.entries().all()).toEqual([['k', 'first']]);
  });
});

describe('write skew', () => {
  async function skew(isolation: Isolation, how: 'get' | 'scan'): Promise<string[]> {
    const db = await openWith({ alice: 'on', bob: 'on' });
    const doctors = ['alice', 'bob'];
    const transactions = doctors.map(() => db.begin({ isolation }));
    for (const tx of transactions) {
      if (how === 'get') await tx.getMany(doctors);
      else await tx.entries().all();
    }
    transactions.forEach((tx, i) => tx.put(doctors[i]!, 'off')); // two of each
    return Promise.all(
      transactions.map((tx) =>
        tx.commit().then(
          () => 'done',
          (error: Error) => error.name,
        ),
      ),
    );
  }

  it.each(['get', 'scan'] as const)(
    'is allowed by snapshot and forbidden by serializable: %s',
    async (how) => {
      expect(await skew('snapshot', how)).toEqual(['done', 'done']);
      expect(await skew('serializable', how)).toEqual(['done', 'ConflictError']);
    },
  );
});

describe('phantoms', () => {
  it('conflict with a serializable scan that would have seen them, up to its last row', async () => {
    const cases: [string, boolean, boolean][] = [
      // the key that comes in; whether a scan to the end conflicts; whether one of two rows does
      ['aa', true, true],
      ['b', true, true],
      ['bb', true, false],
      ['zz', true, false],
    ];
    for (const [key, conflictsAll, conflictsTwo] of cases) {
      const db = await openWith({ a: '1', b: '2', c: '3' });
      const [all, two, none] = [1, 2, 3].map(() => db.begin({ isolation: 'serializable' }));
      await all!.keys().all();
      await two!.keys({ limit: 2 }).all();
      none!.keys().close();
      for (const tx of [all!, two!, none!]) tx.put('own', 'v');
      await db.put(key, 'phantom');
      const outcomes: boolean[] = [];
      for (const tx of [all!, two!]) {
        outcomes.push(
          await tx.commit().then(
            () => false,
            () => true,
          ),
        );
        if (!outcomes.at(-1)) await db.del('own');
      }
      expect([key, ...outcomes]).toEqual([key, conflictsAll, conflictsTwo]);
    }
  });

  it('of an absent key conflict with a serializable get of it', async () => {
    const db = await openWith({});
    const tx = db.begin({ isolation: 'serializable' });
    expect(await tx.get('absent')).toBeUndefined();
    tx.put('own', 'v');
    await db.put('absent', 'here');
    expect(await errorOf(() => tx.commit())).toBeInstanceOf(ConflictError);
  });
});

describe('the life of a transaction', () => {
  it('a rollback forgets everything, and is idempotent', async () => {
    const db = await openWith({ k: '0' });
    const tx = db.begin();
    tx.put('k', '1');
    db.rollback(tx);
    db.rollback(tx);
    tx.rollback();
    expect(db.getSync('k')).toBe('0');
    expect(db.stats().readers.transactionCount).toBe(0);
  });

  it.each(['commit', 'rollback', 'conflict'] as const)(
    'no call works after a %s (transaction-core/ended-is-over)',
    async (end) => {
      const db = await openWith({ k: '0' });
      const tx = db.begin();
      tx.put('k', '1');
      if (end === 'conflict') await db.put('k', '2');
      if (end === 'rollback') tx.rollback();
      else await tx.commit().catch(() => undefined);
      expect(tx.isActive).toBe(false);
      const calls: (() => unknown)[] = [
        () => tx.get('k'),
        () => tx.getSync('k'),
        () => tx.getMany(['k']),
        () => tx.getMany([]),
        () => tx.has('k'),
        () => tx.put('k', 'v'),
        () => tx.del('k'),
        () => tx.delRange({}),
        () => tx.batch([]),
        () => tx.entries(),
        () => tx.keys(),
        () => tx.values(),
        () => tx.commit(),
        () => db.commit(tx),
        () => db.getTx(tx, 'k'),
        () => db.putTx(tx, 'k', 'v'),
        () => db.delTx(tx, 'k'),
      ];
      for (const call of calls) expect(await errorOf(call)).toBeInstanceOf(ClosedError);
      tx.rollback();
    },
  );

  it('a second commit while the first is under way is refused, and the first goes on', async () => {
    const db = await openWith({});
    const tx = db.begin();
    tx.put('k', 'v');
    const first = tx.commit();
    expect(await errorOf(() => tx.commit())).toBeInstanceOf(ClosedError);
    expect(await errorOf(() => tx.put('k', 'w'))).toBeInstanceOf(ClosedError);
    tx.rollback(); // too late
    await first;
    expect(db.getSync('k')).toBe('v');
  });

  it('a read-only one refuses writes and sees one state', async () => {
    const db = await openWith({ k: '0' });
    const tx = db.begin({ readOnly: true });
    for (const write of [
      () => tx.put('k', 'v'),
      () => tx.del('k'),
      () => tx.delRange({}),
      () => tx.batch([]),
    ]) {
      expect(await errorOf(write)).toBeInstanceOf(InvalidArgumentError);
    }
    await db.put('k', '1');
    expect(await tx.get('k')).toBe('0');
    await tx.commit();
  });

  it('a scan made in a transaction outlives neither its data nor its neighbours', async () => {
    const db = await openWith({ a: '1', b: '2', c: '3' });
    const tx = db.begin();
    tx.put('bb', 'own');
    const scan = tx.keys();
    expect(await scan.nextMany(1)).toEqual(['a']);
    await tx.commit();
    // Whatever the next transaction writes, the scan shows what it showed.
    const next = db.begin();
    next.put('x', 'y'.repeat(2000));
    next.put('b', 'z');
    expect(await scan.all()).toEqual(['b', 'bb', 'c']);
    next.rollback();
  });

  it('durability of a commit can be chosen at its begin', async () => {
    const vfs = new GateVfs(new MemoryVfs());
    const db = await openMemory({ vfs });
    const openSyncs = vfs.shut('sync');
    await db.transaction((tx) => tx.put('k', 'v'), { durability: 'os' });
    expect(db.getSync('k')).toBe('v');
    openSyncs();
  });
});
