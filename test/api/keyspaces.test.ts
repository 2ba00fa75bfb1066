/** Keyspaces: entries of their own under names of their own, in one commit order. */
import { describe, expect, it } from 'vitest';
import { type Keyspace, MemoryVfs, open } from '../../src/index.ts';
import { FaultVfs } from '../support/fault-vfs.ts';
import { closeLater, DIRECTORY, errorOf, openMemory, turns } from './fixture.ts';

const TEXT = { keyEncoding: 'utf8', valueEncoding: 'utf8' } as const;

describe('a keyspace', () => {
  it('holds entries of its own, beside those of the database and of others', async () => {
    const db = await openMemory();
    const a = await db.keyspace('a', TEXT);
    const b = await db.keyspace('b', TEXT);
    await Promise.all([db.put('k', 'own'), a.put('k', 'in a'), b.put('k', 'in b')]);
    await b.put('l', 'only b');
    expect([db.getSync('k'), a.getSync('k'), b.getSync('k')]).toEqual(['own', 'in a', 'in b']);
    expect(await a.get('l')).toBe(undefined);
    expect(await b.getMany(['l', 'k'])).toEqual(['only b', 'in b']);
    expect(await a.entries().all()).toEqual([['k', 'in a']]);
    expect(await b.keys({ reverse: true }).all()).toEqual(['l', 'k']);
    expect(await db.entries().all()).toEqual([['k', 'own']]);
    await a.del('k');
    await b.delRange({ lte: 'k' });
    expect([await a.has('k'), await b.has('k'), await db.has('k')]).toEqual([false, false, true]);
    await db.clear();
    expect(await b.keys().all()).toEqual(['l']);
  });

  it('takes every key, the empty one and one of 0xff alone included, and scans end at its own end', async () => {
    const db = closeLater(await open(DIRECTORY, { vfs: new MemoryVfs() }));
    const spaces = [db, await db.keyspace('a'), await db.keyspace('b')];
    const keys = [new Uint8Array(0), Uint8Array.of(0xff), new Uint8Array(2000).fill(0xff)];
    for (const [i, space] of spaces.entries()) {
      for (const key of keys) await space.put(key, Uint8Array.of(i));
    }
    for (const [i, space] of spaces.entries()) {
      const found = await space.entries({ prefix: Uint8Array.of(0xff) }).all();
      expect(found.map(([key]) => key.length)).toEqual([1, 2000]);
      expect((await space.values().all()).map(([value]) => value)).toEqual([i, i, i]);
    }
  });

  it('is the same after flush, compaction and reopen', async () => {
    const vfs = new MemoryVfs();
    let db = await open(DIRECTORY, { vfs, ...TEXT });
    let a = await db.keyspace('a', { ...TEXT, compression: 'none', filterBitsPerKey: 4 });
    for (let i = 0; i < 300; i++)
      await Promise.all([a.put(`${i}`, `a${i}`), db.put(`${i}`, `d${i}`)]);
    await db.flush();
    await a.put('after', 'flush');
    await db.close();
    db = closeLater(await open(DIRECTORY, { vfs, ...TEXT }));
    a = await db.keyspace('a', TEXT);
    await db.compact();
    expect(await a.get('after')).toBe('flush');
    expect((await a.keys().all()).length).toBe(301);
    expect((await db.keys().all()).length).toBe(300);
    expect((await db.verify()).problems).toEqual([]);
    expect((await db.keyspaces()).map(({ name, compression }) => [name, compression])).toEqual([
      ['default', undefined],
      ['a', 'none'],
    ]);
  });

  it('binds to its encodings, which another open is refused by name', async () => {
    const db = await openMemory();
    const a = await db.keyspace('a', { keyEncoding: 'tuple', valueEncoding: 'json' });
    await db.keyspace('a', TEXT); // nothing is in it yet
    await db.keyspace('a', { keyEncoding: 'tuple', valueEncoding: 'json' });
    await a.put(['x', 1], { n: 1 });
    expect(await a.entries({ prefix: ['x'] }).all()).toEqual([[['x', 1], { n: 1 }]]);
    const refused = await errorOf(() => db.keyspace('a', TEXT));
    expect(refused).toMatchObject({ code: 'INVALID_ARGUMENT' });
    expect(String(refused)).toMatch(/keyspace a .*recorded=tuple asked=utf8/);
    expect((await (await db.keyspace('a')).keys().all()).length).toBe(1); // bytes bind nothing
  });

  it.each([undefined, null, '', 'x'.repeat(201), 'default', 7, '\ud800'])(
    'is not made of the name %j',
    async (name) => {
      const db = await openMemory();
      const call = (): Promise<unknown> => db.keyspace(name as string);
      expect(await errorOf(call)).toMatchObject({ code: 'INVALID_ARGUMENT' });
    },
  );

  it('is created once by two that ask at once', async () => {
    const db = await openMemory();
    const [a, b] = await Promise.all([db.keyspace('a', TEXT), db.keyspace('a', TEXT)]);
    await a.put('k', 'v');
    expect(await b.get('k')).toBe('v');
    expect(await db.keyspaces()).toHaveLength(2);
  });

  it('of another database is refused', async () => {
    const [db, other] = [await openMemory(), await openMemory()];
    const foreign = await other.keyspace('a', TEXT);
    const tx = db.begin();
    for (const call of [
      () => tx.in(foreign),
      () => db.batch([{ type: 'put', in: foreign, key: 'k', value: 'v' }]),
      () => db.batch([{ type: 'put', in: undefined, key: 'k', value: 'v' }] as never),
      () => tx.batch([{ type: 'del', in: {}, key: 'k' }] as never),
    ]) {
      expect(await errorOf(call)).toMatchObject({ code: 'INVALID_ARGUMENT' });
    }
    tx.rollback();
  });
});

describe('a commit over keyspaces', () => {
  it('of a batch is all or nothing, each operation where it says', async () => {
    const db = await openMemory();
    const a = await db.keyspace('a', TEXT);
    const n = await db.keyspace('n', { keyEncoding: 'tuple', valueEncoding: 'json' });
    await a.put('gone', 'x');
    await db.batch([
      { type: 'put', key: 'k', value: 'own' },
      { type: 'put', in: a, key: 'k', value: 'in a' },
      { type: 'put', in: n, key: ['k', 1], value: { deep: true } },
      { type: 'delRange', in: a, gte: 'g', lt: 'h' },
    ]);
    expect([await db.get('k'), await a.get('k'), await n.get(['k', 1])]).toEqual([
      'own',
      'in a',
      { deep: true },
    ]);
    expect(await a.get('gone')).toBe(undefined);
    await n.batch([{ type: 'clear' }, { type: 'clear', in: a }, { type: 'del', in: db, key: 'k' }]);
    for (const space of [db, a, n]) expect(await space.keys().all()).toEqual([]);
  });

  it('of a transaction reads and writes in each, and conflicts in each', async () => {
    const db = await openMemory();
    const a = await db.keyspace('a', TEXT);
    await a.put('k', '1');
    const tx = db.begin();
    const inA = tx.in(a);
    expect(await inA.get('k')).toBe('1');
    inA.put('k', '2');
    tx.put('k', 'own');
    expect([await inA.get('k'), await tx.get('k'), inA.getSync('k')]).toEqual(['2', 'own', '2']);
    expect(await inA.entries().all()).toEqual([['k', '2']]);
    expect(await tx.in(db).keys().all()).toEqual(['k']);
    await inA.commit();
    expect([tx.isActive, await a.get('k'), await db.get('k')]).toEqual([false, '2', 'own']);

    const lost = db.begin();
    lost.in(a).put('k', 'lost');
    await a.put('k', '3');
    const error = await errorOf(() => lost.commit());
    expect(error).toMatchObject({ code: 'CONFLICT', key: 'k', keyBytes: new Uint8Array([107]) });
    expect(String(error)).toContain('keyspace=a');
  });

  it('of a pessimistic transaction locks in each', async () => {
    const db = await openMemory();
    const a = await db.keyspace('a', TEXT);
    const tx = db.begin({ mode: 'pessimistic' });
    await tx.in(a).lock('k');
    await db.put('k', 'another keyspace, another key');
    const waiting = a.put('k', 'later');
    tx.in(a).put('k', 'first');
    await tx.commit();
    await waiting;
    expect(await a.get('k')).toBe('later');
  });

  it('is seen whole by a snapshot', async () => {
    const db = await openMemory();
    const a = await db.keyspace('a', TEXT);
    await db.batch([
      { type: 'put', key: 'k', value: '1' },
      { type: 'put', in: a, key: 'k', value: '1' },
    ]);
    const snapshot = db.snapshot();
    await db.batch([
      { type: 'put', key: 'k', value: '2' },
      { type: 'put', in: a, key: 'k', value: '2' },
    ]);
    expect([await db.get('k', { snapshot }), await a.get('k', { snapshot })]).toEqual(['1', '1']);
    expect(await a.values({ snapshot }).all()).toEqual(['1']);
    snapshot.close();
  });

  it('of an ingest replaces what the keyspace has, and nothing else', async () => {
    const db = await openMemory();
    const a = await db.keyspace('a', TEXT);
    await Promise.all([a.put('b', 'old'), db.put('b', 'own')]);
    await a.ingest([
      ['a', '1'],
      ['b', '2'],
      ['c', '3'],
    ]);
    expect(await a.entries().all()).toEqual([
      ['a', '1'],
      ['b', '2'],
      ['c', '3'],
    ]);
    expect(await db.entries().all()).toEqual([['b', 'own']]);
    expect(
      String(
        await errorOf(() =>
          a.ingest([
            ['b', ''],
            ['a', ''],
          ]),
        ),
      ),
    ).toMatch(/key='a' keyspace=#2/);
  });
});

describe('a drop', () => {
  async function filled(
    vfs: MemoryVfs,
  ): Promise<{ db: Awaited<ReturnType<typeof open>>; a: Keyspace<string, string> }> {
    const db = await open(DIRECTORY, { vfs, background: 'inline' });
    const a = await db.keyspace('a', TEXT);
    const entries = Array.from({ length: 2000 }, (_, i): [string, string] => [
      String(i).padStart(6, '0'),
      'v'.repeat(100),
    ]);
    await a.ingest(entries);
    return { db, a };
  }

  it('takes tables away unread, and the space with them', async () => {
    const vfs = new MemoryVfs();
    const { db } = await filled(vfs);
    expect((await db.keyspaces())[1]).toMatchObject({ name: 'a', entryCount: 2000 });
    const before = db.stats();
    await db.dropKeyspace('a');
    await db.flush();
    await db.close();
    expect(vfs.list(DIRECTORY).filter((name) => name.endsWith('.sst')).length).toBeLessThanOrEqual(
      1,
    );
    const again = closeLater(await open(DIRECTORY, { vfs, background: 'inline' }));
    expect(again.stats().background.compactionBytesRead).toBe(0);
    expect(before.tables.sizeBytes).toBeGreaterThan(10_000);
    expect(again.stats().tables.sizeBytes).toBeLessThan(2000);
    expect((await again.keyspaces()).map(({ name }) => name)).toEqual(['default']);
  });

  it('ends its handles, refuses the commits that took part, and its name begins anew', async () => {
    const vfs = new MemoryVfs();
    const { db, a } = await filled(vfs);
    closeLater(db);
    const tx = db.begin();
    tx.in(a).put('late', 'x');
    tx.put(Uint8Array.of(1), Uint8Array.of(1));
    const scan = a.keys();
    await db.dropKeyspace('a');
    for (const call of [
      () => a.get('k'),
      () => a.put('k', 'v'),
      () => a.entries(),
      () => a.clear(),
      () => a.ingest([]),
      () => a.compact(),
      () => db.batch([{ type: 'del', in: a, key: 'k' }]),
      () => tx.commit(),
    ]) {
      expect(await errorOf(call)).toMatchObject({ code: 'CLOSED' });
    }
    expect(await db.get(Uint8Array.of(1))).toBe(undefined);
    expect((await scan.all()).length).toBe(2000); // begun before
    const anew = await db.keyspace('a', { keyEncoding: 'json' });
    expect(await anew.keys().all()).toEqual([]);
    expect(await errorOf(() => db.dropKeyspace('none'))).toMatchObject({
      code: 'INVALID_ARGUMENT',
    });
  });

  it('leaves what a snapshot sees until it is closed (range-releases/readers-first)', async () => {
    const vfs = new MemoryVfs();
    const { db } = await filled(vfs);
    const snapshot = db.snapshot();
    await db.dropKeyspace('a');
    await db.flush();
    expect(db.stats().tables.sizeBytes).toBeGreaterThan(10_000);
    await db.close();
    const again = closeLater(await open(DIRECTORY, { vfs, background: 'inline' })); // which goes on
    await again.flush();
    await again.compact();
    expect(again.stats().tables.sizeBytes).toBeLessThan(2000);
    snapshot.close();
  });

  it('that has its place comes before no write (space/no-write-after-drop)', async () => {
    const vfs = new MemoryVfs();
    const { db, a } = await filled(vfs);
    closeLater(db);
    const holder = db.begin({ mode: 'pessimistic' });
    await holder.in(a).lock('held');
    const dropped = db.dropKeyspace('a'); // waits for the lock
    await turns();
    const late = a.put('held', 'v'); // waits behind it
    const told = errorOf(() => late);
    holder.rollback();
    await dropped;
    expect(await told).toMatchObject({ code: 'CLOSED' });
    const report = await db.verify();
    expect(report.problems).toEqual([]);
    await db.flush();
    await db.compact();
    expect(db.stats().tables.count).toBeLessThanOrEqual(1); // the catalog
  });
});

describe('a rename', () => {
  it('keeps entries and handles, and the old name is free', async () => {
    const vfs = new MemoryVfs();
    let db = await open(DIRECTORY, { vfs });
    const a = await db.keyspace('a', TEXT);
    await a.put('k', 'v');
    await db.renameKeyspace('a', 'b');
    expect([a.name, await a.get('k')]).toEqual(['b', 'v']);
    const other = await db.keyspace('a', TEXT);
    expect(await other.get('k')).toBe(undefined);
    for (const [from, to] of [
      ['b', 'a'],
      ['none', 'c'],
      ['b', 'default'],
      ['b', ''],
    ] as const) {
      expect(await errorOf(() => db.renameKeyspace(from, to))).toMatchObject({
        code: 'INVALID_ARGUMENT',
      });
    }
    await db.close();
    db = closeLater(await open(DIRECTORY, { vfs }));
    expect((await db.keyspaces()).map(({ name }) => name)).toEqual(['default', 'a', 'b']);
    expect(await (await db.keyspace('b', TEXT)).get('k')).toBe('v');
  });
});

describe('changes of the catalog', () => {
  it('that are asked at once run one after the other (keyspaces/one-change)', async () => {
    const db = await openMemory();
    const asked = [
      db.keyspace('a', TEXT),
      db.renameKeyspace('a', 'b'),
      db.keyspace('a', TEXT),
      db.dropKeyspace('b'),
      db.renameKeyspace('a', 'b'),
    ];
    await Promise.all(asked);
    expect((await db.keyspaces()).map(({ name }) => name)).toEqual(['default', 'b']);
  });

  it('that are refused for want of space change nothing (keyspaces/as-committed)', async () => {
    const vfs = new FaultVfs(new MemoryVfs());
    const db = await openMemory({ vfs });
    const a = await db.keyspace('a', TEXT);
    await a.put('k', 'v');
    for (const change of [
      () => db.keyspace('b'),
      () => db.renameKeyspace('a', 'c'),
      () => db.dropKeyspace('a'),
    ]) {
      vfs.inject({ kinds: ['write'], path: /\.log$/, code: 'ENOSPC' });
      expect(await errorOf(change)).toMatchObject({ outcome: 'not-applied' });
      vfs.heal();
    }
    expect((await db.keyspaces()).map(({ name }) => name)).toEqual(['default', 'a']);
    await a.put('l', 'w');
    expect(await a.entries().all()).toEqual([
      ['k', 'v'],
      ['l', 'w'],
    ]);
    expect(await (await db.keyspace('b', TEXT)).keys().all()).toEqual([]);
  });
});
