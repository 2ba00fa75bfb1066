/** Secondary indexes through the public API: what histories.test.ts does not reach. */
import { describe, expect, it } from 'vitest';
import {
  ClosedError,
  ConflictError,
  type Database,
  InvalidArgumentError,
  type Keyspace,
  MemoryVfs,
  NotReadyError,
  open,
  UniqueError,
} from '../../src/index.ts';
import { decodeRecord, encodeRecord } from '../../src/api/catalog.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { CRASH_MODES, CrashVfs } from '../support/crash-vfs.ts';
import { DIRECTORY, errorOf, openMemory } from '../api/fixture.ts';
import { INDEXES, type Person } from './oracle.ts';

type People = Keyspace<string, Person>;

const BASE = { keyEncoding: 'utf8', valueEncoding: 'json' } as const;

async function peopleOf(db: Database<never, never>, indexes?: object): Promise<People> {
  const options = { ...BASE, ...(indexes && { indexes }) };
  return db.keyspace<string, Person>('people', options as never);
}

async function openPeople(
  indexes?: object,
): Promise<{ db: Database<string, string>; people: People }> {
  const db = await openMemory();
  return { db, people: await peopleOf(db as never, indexes) };
}

describe('a row that expires', () => {
  it.each(['put', 'del', 'delRange'] as const)(
    'takes its entries along when it is replaced later, also for a clock that is set back then: %s (index-maintenance/expired-too)',
    async (way) => {
      const clock = new ManualClock();
      const db = await openMemory({ environment: { clock } });
      const people = await peopleOf(db as never, { byPlace: { on: ['country'] } });
      await people.put('ada', { country: 'DE' }, { ttlMs: 1000 });
      clock.advance(2000);
      expect(await people.get('ada')).toBe(undefined);
      if (way === 'put') await people.put('ada', { country: 'FR' });
      else if (way === 'del') await people.del('ada');
      else await people.delRange({ gte: 'a' });
      clock.wallErrorMs = -2 * 3_600_000;
      const found = await people.index('byPlace').entries().all();
      expect(found.map(({ values }) => values)).toEqual(way === 'put' ? [['FR']] : []);
      expect((await db.verify()).problems).toEqual([]);
    },
  );
});

describe('a unique value whose row has expired', () => {
  it.each(['put', 'del'] as const)(
    'stays with the row that took it, when the expired one is written again: %s (index-maintenance/expired-too)',
    async (way) => {
      const clock = new ManualClock();
      const db = await openMemory({ environment: { clock } });
      const people = await peopleOf(db as never, { byEmail: { on: ['email'], unique: true } });
      await people.put('ada', { email: 'a@x' }, { ttlMs: 1000 });
      clock.advance(2000);
      await people.put('bob', { email: 'a@x' });
      if (way === 'del') await people.del('ada');
      else {
        const again = people.put('ada', { email: 'a@x' });
        expect(await errorOf(() => again)).toBeInstanceOf(UniqueError);
        await people.put('ada', { email: 'b@x' });
      }
      expect((await people.index('byEmail').get(['a@x']))?.key).toBe('bob');
      expect((await db.verify()).problems).toEqual([]);
    },
  );
});

describe('a declaration', () => {
  it('is recorded, holds for every handle, and is refused when it differs', async () => {
    const { db, people } = await openPeople(INDEXES);
    const other = await peopleOf(db as never);
    await other.put('ada', { email: 'a@x', age: 36 });
    expect((await people.index('byEmail').get(['a@x']))?.key).toBe('ada');
    for (const index of [{ on: ['email'] }, { on: ['mail'], unique: true }]) {
      const error = await errorOf(() => peopleOf(db as never, { byEmail: index }));
      expect(error).toBeInstanceOf(InvalidArgumentError);
    }
    const byDecade = { ...INDEXES.byDecade, version: 2 };
    expect(await errorOf(() => peopleOf(db as never, { byDecade }))).toBeInstanceOf(
      InvalidArgumentError,
    );
    const infos = (await db.keyspaces())[1]?.indexes.map(
      ({ name, isUnique, isReady, on, version }) => [...[name, isUnique, isReady, on, version]],
    );
    expect(infos).toEqual([
      ['byEmail', true, true, ['email'], undefined],
      ['byPlace', false, true, ['country', 'city'], undefined],
      ['byTag', false, true, ['tags[]'], undefined],
      ['byDecade', false, true, undefined, 1],
    ]);
  });

  it.each([
    { a: {} },
    { a: { on: [] } },
    { a: { on: ['x'], of: () => [1], version: 1 } },
    { a: { on: 'x' } },
    { a: { on: [7] } },
    { a: { on: ['x.'] } },
    { a: { on: ['x'], sparse: true } },
    { a: { of: () => [1] } },
    { a: { of: 'f', version: 1 } },
    { a: { on: ['x'], unique: 'yes' } },
    { '': { on: ['x'] } },
    { a: 7 },
    [],
    7,
  ])('that is wrong is refused, and creates nothing: %j', async (indexes) => {
    const { db } = await openPeople();
    const error = await errorOf(() => db.keyspace('other', { ...BASE, indexes } as never));
    expect(error).toBeInstanceOf(InvalidArgumentError);
    expect((await db.keyspaces()).length).toBe(2);
  });

  it('by paths needs values with properties', async () => {
    const { db } = await openPeople();
    const indexes = { a: { on: ['x'] } };
    for (const valueEncoding of ['view', 'utf8', 'buffer'] as const) {
      const error = await errorOf(() => db.keyspace('other', { valueEncoding, indexes }));
      expect(error).toBeInstanceOf(InvalidArgumentError);
    }
  });

  it('by a function of bytes binds its values to bytes', async () => {
    const { db } = await openPeople();
    const bySize = { of: (value: unknown) => [(value as Uint8Array).length], version: 1 };
    const blobs = await db.keyspace('blobs', { indexes: { bySize } });
    await blobs.put(Uint8Array.of(1), Uint8Array.of(1, 2));
    const error = await errorOf(() => db.keyspace('blobs', { valueEncoding: 'json' }));
    expect(error).toBeInstanceOf(InvalidArgumentError);
    expect(await blobs.index('bySize').count({ prefix: [2] })).toBe(1);
  });

  it('of a newer version is refused by name', () => {
    const record = { name: 'a', indexes: { b: { number: 3, on: ['x'], sparse: true } } };
    expect(() => decodeRecord(2, encodeRecord(record))).toThrow('property=sparse');
    const broken = { name: 'a', indexes: { b: { number: 3 } } };
    expect(() => decodeRecord(2, encodeRecord(broken as never))).toThrow('malformed');
  });
});

describe('a row', () => {
  it('has the entries of what is stored, not of what was given (live-index/of-stored-bytes)', async () => {
    const { people } = await openPeople({ byAt: { on: ['at'] } });
    const at = new Date(7);
    await people.put('a', { at } as never);
    expect((await people.index('byAt').get([at.toJSON()]))?.key).toBe('a');
    await people.put('a', { at: new Date(8) } as never);
    expect(await people.index('byAt').count()).toBe(1);
  });

  it('with a value that no tuple holds is refused, and nothing is written', async () => {
    const { people } = await openPeople({ byPlace: { on: ['country'] } });
    await people.put('a', { country: 'DE' });
    const error = await errorOf(() => people.put('a', { country: { code: 'DE' } } as never));
    expect(error).toBeInstanceOf(InvalidArgumentError);
    expect(
      await people
        .index('byPlace')
        .keys({ prefix: ['DE'] })
        .all(),
    ).toEqual(['a']);
  });

  it('is found by the first of its values and by all of them, where a function gives as many as it likes', async () => {
    const of = (value: unknown): readonly string[] => (value as { parts: string[] }).parts;
    const { people } = await openPeople({ byParts: { of, version: 1, unique: true } });
    const byParts = people.index('byParts');
    await people.put('long', { parts: ['a', 'b'] } as never);
    expect((await byParts.get(['a']))?.key).toBe('long');
    await people.put('short', { parts: ['a'] } as never);
    expect((await byParts.get(['a']))?.key).toBe('short');
    expect((await byParts.get(['a', 'b']))?.key).toBe('long');
    expect(await byParts.get(['b'])).toBeUndefined();
    expect(await byParts.values({ prefix: ['a'] }).all()).toEqual([
      { parts: ['a'] },
      { parts: ['a', 'b'] },
    ]);
  });

  it('is not written while its function is missing, and is read all the same (live-index/no-write-blind)', async () => {
    const vfs = new MemoryVfs();
    const { byDecade } = INDEXES;
    let db = await open(DIRECTORY, { vfs });
    await (await peopleOf(db as never, { byDecade })).put('ada', { age: 36 });
    await db.close();
    db = await openMemory({ vfs, keyEncoding: 'view', valueEncoding: 'view' });
    const blind = await peopleOf(db as never);
    expect((await blind.index('byDecade').get([3]))?.key).toBe('ada');
    for (const write of [
      () => blind.put('bob', { age: 5 }),
      () => blind.del('ada'),
      () => blind.batch([{ type: 'del', key: 'ada' }]),
      () => blind.update('ada', (now) => ({ ...now, age: 40 })),
      () => db.transaction((tx) => tx.in(blind).put('bob', {})),
    ]) {
      expect(await errorOf(write)).toBeInstanceOf(InvalidArgumentError);
    }
    await peopleOf(db as never, { byDecade });
    await blind.put('ada', { age: 45 });
    expect(
      await blind
        .index('byDecade')
        .keys({ prefix: [4] })
        .all(),
    ).toEqual(['ada']);
    expect(await blind.index('byDecade').count()).toBe(1);
  });

  it('and its entries are one commit: a power cut leaves both or neither', async () => {
    for (const mode of CRASH_MODES) {
      const vfs = new CrashVfs();
      const tuning = { vfs, background: 'inline' } as const;
      const db = await open(DIRECTORY, { ...tuning, durability: 'os' });
      const people = await peopleOf(db as never, { byEmail: INDEXES.byEmail });
      for (let i = 0; i < 40; i++) await people.put(`p${i % 7}`, { email: `e${i}` });
      for (let seed = 1; seed <= 8; seed++) {
        const image = vfs.crash({ seed, mode });
        const after = await open(DIRECTORY, { vfs: image, background: 'inline' });
        const { problems, indexCount } = await after.verify();
        expect([problems, indexCount]).toEqual([[], 1]);
        await after.close();
      }
      await db.close();
    }
  });

  it('cannot be loaded in bulk beside indexes', async () => {
    const { people } = await openPeople({ byEmail: INDEXES.byEmail });
    const error = await errorOf(() => people.ingest([['a', { email: 'x' }]]));
    expect(error).toBeInstanceOf(InvalidArgumentError);
    expect(await people.keys().all()).toEqual([]);
  });
});

describe('a unique index', () => {
  it('refuses the values of another row and names it (index-maintenance/unique)', async () => {
    const { db, people } = await openPeople({ byEmail: INDEXES.byEmail });
    await people.put('ada', { email: 'a@x' });
    const error = (await errorOf(() => people.put('bob', { email: 'a@x' }))) as UniqueError;
    expect(error).toBeInstanceOf(UniqueError);
    expect([error.code, error.index, error.values, error.key]).toEqual([
      ...['UNIQUE', 'byEmail'],
      ['a@x'],
      'ada',
    ]);
    const both = [
      { type: 'put', key: 'c', value: { email: 'c@x' } },
      { type: 'put', key: 'd', value: { email: 'c@x' } },
    ] as const;
    for (const write of [
      () => people.batch(both),
      () => db.transaction((tx) => tx.in(people).batch(both)),
      () => people.update('bob', () => ({ email: 'a@x' })),
      () => db.transaction(async (tx) => tx.in(people).put('bob', { email: 'a@x' })),
    ]) {
      expect(await errorOf(write)).toBeInstanceOf(UniqueError);
    }
    expect(await people.keys().all()).toEqual(['ada']);
  });

  it('counts commits in flight, and makes room within one commit', async () => {
    const { people } = await openPeople({ byEmail: INDEXES.byEmail });
    const outcomes = await Promise.allSettled([
      people.put('a', { email: 'x' }),
      people.put('b', { email: 'x' }),
      people.del('a'),
      people.put('b', { email: 'x' }),
    ]);
    expect(outcomes.map(({ status }) => status === 'fulfilled')).toEqual([true, false, true, true]);
    await people.put('c', { email: 'y' });
    await people.batch([
      { type: 'put', key: 'b', value: { email: 'y' } },
      { type: 'put', key: 'c', value: { email: 'x' } },
    ]);
    expect((await people.index('byEmail').get(['x']))?.key).toBe('c');
    await people.put('n', { email: null });
    await people.put('m', { email: null });
    expect(await people.index('byEmail').count({ prefix: [null] })).toBe(2);
  });
});

describe('a build', () => {
  it('tells that it runs, and why it has failed (index-build/unique)', async () => {
    const { db, people } = await openPeople();
    for (let i = 0; i < 600; i++) await people.put(`p${i}`, { email: `e${i % 599}` });
    const early = db.snapshot();
    const { byPlace, byEmail } = INDEXES;
    await peopleOf(db as never, { byPlace });
    const index = people.index('byPlace');
    expect(index.isReady).toBe(false);
    expect(await errorOf(() => index.get(['DE']))).toBeInstanceOf(NotReadyError);
    expect(await errorOf(() => index.count())).toBeInstanceOf(NotReadyError);
    await index.ready();
    expect([index.isReady, index.builtCount]).toEqual([true, 600]);
    const stale = await errorOf(() => index.count({ snapshot: early })); // index-reads/whole
    expect(stale).toBeInstanceOf(NotReadyError);
    early.close();
    await peopleOf(db as never, { byEmail });
    const unique = people.index('byEmail');
    expect(await errorOf(() => unique.ready())).toBeInstanceOf(UniqueError);
    expect((await errorOf(() => unique.count())).cause).toBeInstanceOf(UniqueError);
    await people.put('p599', { email: 'free' });
    await peopleOf(db as never); // tries again
    await unique.ready();
    expect(await unique.count()).toBe(600);
  });

  it('ends at a row that it cannot take, which can be changed', async () => {
    const { db, people } = await openPeople();
    await people.put('odd', { country: { code: 'DE' } } as never);
    await people.put('ada', { country: 'FR' });
    await peopleOf(db as never, { byPlace: INDEXES.byPlace });
    const index = people.index('byPlace');
    expect(await errorOf(() => index.ready())).toBeInstanceOf(InvalidArgumentError);
    expect(await errorOf(() => index.count())).toBeInstanceOf(NotReadyError);
    await people.put('odd', { country: 'DE' });
    await peopleOf(db as never);
    await index.ready();
    expect(await index.keys().all()).toEqual(['odd', 'ada']);
  });

  it('goes on where a kill stopped it, with a handle (index-build/resumed, indexing/built-by-a-handle)', async () => {
    const vfs = new CrashVfs();
    const db = await open(DIRECTORY, { vfs, background: 'inline' });
    const people = await peopleOf(db as never);
    const rows = Array.from({ length: 2000 }, (_, i) => ({
      type: 'put' as const,
      key: `p${String(i).padStart(4, '0')}`,
      value: { country: `c${i % 10}` },
    }));
    await people.batch(rows);
    await peopleOf(db as never, { byPlace: INDEXES.byPlace });
    const index = people.index('byPlace');
    while (index.builtCount < 500) await new Promise((resolve) => setImmediate(resolve));
    const image = vfs.kill();
    await db.close();
    const again = await open(DIRECTORY, { vfs: image, background: 'inline' });
    const info = async (): Promise<unknown> => (await again.keyspaces())[1]?.indexes[0]?.isReady;
    expect(await info()).toBe(false);
    expect((await again.verify()).uncheckedIndexes).toEqual(['people.byPlace']);
    const resumed = (await peopleOf(again as never)).index('byPlace');
    await resumed.ready();
    expect(resumed.builtCount).toBeLessThanOrEqual(1500);
    expect(await resumed.count({ prefix: ['c3'] })).toBe(200);
    expect((await again.verify()).problems).toEqual([]);
    expect(await info()).toBe(true);
    await again.close();
  });
});

describe('an index in a transaction', () => {
  it('is read as of its snapshot, with its own writes, and counts as read (index-reads/one-view)', async () => {
    const { db, people } = await openPeople(INDEXES);
    await people.put('ada', { country: 'DE' });
    const tx = db.begin({ isolation: 'serializable' });
    const inPeople = tx.in(people);
    await people.put('bob', { country: 'DE' });
    expect(
      await inPeople
        .index('byPlace')
        .keys({ prefix: ['DE'] })
        .all(),
    ).toEqual(['ada']);
    inPeople.put('cyd', { country: 'DE' });
    inPeople.delRange({ lt: 'b' });
    expect(
      await inPeople
        .index('byPlace')
        .keys({ prefix: ['DE'] })
        .all(),
    ).toEqual(['cyd']);
    expect(await errorOf(() => tx.commit())).toBeInstanceOf(ConflictError);
    expect(await people.index('byPlace').keys().all()).toEqual(['ada', 'bob']);
    expect(await errorOf(() => inPeople.index('byPlace'))).toBeInstanceOf(ClosedError);
  });
});

describe('the end', () => {
  it('of an index, of its keyspace and of the database ends its reads', async () => {
    const { db, people } = await openPeople(INDEXES);
    await people.put('ada', { country: 'DE', tags: ['a'] });
    const index = people.index('byTag');
    const scan = index.entries();
    await people.dropIndex('byTag');
    expect(await errorOf(() => index.count())).toBeInstanceOf(ClosedError);
    expect(await errorOf(() => scan.all())).toBeInstanceOf(ClosedError);
    expect(await errorOf(() => people.dropIndex('byTag'))).toBeInstanceOf(InvalidArgumentError);
    expect(() => people.index('byTag')).toThrow(InvalidArgumentError);
    const place = people.index('byPlace');
    await db.dropKeyspace('people');
    expect(await errorOf(() => place.count())).toBeInstanceOf(ClosedError);
    const anew = await peopleOf(db as never, INDEXES);
    expect(await anew.index('byPlace').count()).toBe(0);
    const open = anew.index('byPlace');
    await db.close();
    expect(await errorOf(() => open.count())).toBeInstanceOf(ClosedError);
  });

  it('gives the space of a dropped index back, over a reopen too', async () => {
    const vfs = new MemoryVfs();
    let db = await open(DIRECTORY, { vfs, background: 'inline' });
    const people = await peopleOf(db as never, INDEXES);
    await people.put('ada', { country: 'DE' });
    await db.flush();
    await people.dropIndex('byPlace');
    await db.close();
    db = await open(DIRECTORY, { vfs, background: 'inline' });
    const again = await peopleOf(db as never, {
      byPlace: INDEXES.byPlace,
      byDecade: INDEXES.byDecade,
    });
    await again.index('byPlace').ready();
    expect(await again.index('byPlace').count()).toBe(1);
    await db.compact();
    expect((await db.verify()).problems).toEqual([]);
    await db.close();
  });
});

describe('verify', () => {
  it('finds a row without its entry and an entry without its row', async () => {
    const vfs = new MemoryVfs();
    let db = await open(DIRECTORY, { vfs });
    const { byPlace } = INDEXES;
    const people = await peopleOf(db as never, { byPlace });
    await people.put('ada', { country: 'DE' });
    await people.put('bob', { country: 'FR' });
    await db.close();
    const { openForRepair } = await import('../../src/api/open.ts');
    const raw = await openForRepair(DIRECTORY, { vfs }, { key: undefined, value: undefined });
    const keys = await raw.keys().all();
    const entry = keys.find((key) => key[0] === 3)!; // the index is the keyspace after that of the rows
    await raw.del(entry);
    await raw.put(Uint8Array.of(3, 0x02, 0x41, 0, 0x01, 0x63, 0), new Uint8Array(0));
    await raw.close();
    db = await openMemory({ vfs, keyEncoding: 'view', valueEncoding: 'view' });
    const { isSound, problems, indexCount } = await db.verify();
    expect([isSound, indexCount]).toEqual([false, 1]);
    expect(problems.map(({ message }) => message.split(':')[0])).toEqual([
      'Row lacks its entry',
      'Entry lacks its row',
    ]);
  });
});

describe('commits that read ahead', () => {
  it('keep the order of their calls (read-ahead-line/in-call-order, late-operations/derived-last)', async () => {
    const vfs = new MemoryVfs();
    const options = { vfs, blockCacheSizeBytes: 0 };
    let db = await open(DIRECTORY, options);
    let people = await peopleOf(db as never, INDEXES);
    for (let i = 0; i < 50; i++) await people.put(`p${i}`, { country: 'old', age: i });
    await db.flush();
    await db.close();
    db = await openMemory({ ...options, keyEncoding: 'view', valueEncoding: 'view' });
    people = await peopleOf(db as never, INDEXES);
    await Promise.all([
      people.batch([
        { type: 'put', key: 'p1', value: { country: 'batch' } },
        { type: 'put', key: 'p2', value: { country: 'batch' } },
      ]),
      people.put('p1', { country: 'put' }),
      people.update('p3', (now) => ({ ...now, country: 'update' })),
      people.put('p3', { country: 'put' }),
      people.update('p4', () => ({ country: 'update' })),
      people.delRange({ gte: 'p4', lt: 'p40' }),
      db.transaction((tx) => tx.in(people).put('p5', { country: 'tx' })),
      people.del('p5'),
    ]);
    const found = await people.getMany(['p1', 'p2', 'p3', 'p4', 'p5']);
    expect(found.map((row) => row?.country)).toEqual(['put', 'batch', 'put', undefined, undefined]);
    expect(
      await people
        .index('byPlace')
        .keys({ prefix: ['put'] })
        .all(),
    ).toEqual(['p1', 'p3']);
    expect((await db.verify()).problems).toEqual([]);
  });
});
