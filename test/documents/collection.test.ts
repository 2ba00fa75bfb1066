/** Collections: writes, their refusals, patches, pages, live queries. */
import { describe, expect, it } from 'vitest';
import { collection, type DocumentError } from '../../src/documents/index.ts';
import { MemoryVfs } from '../../src/index.ts';
import { type AnyDatabase, openOn, refusal, withDatabase } from './document-database.ts';

interface User {
  name?: string;
  age?: number;
  visits?: number;
  tags?: string[];
  address?: { city?: string; zip?: string };
  big?: bigint;
}

const openUsers = (db: AnyDatabase) =>
  collection<User>(db, 'users', {
    indexes: { byName: { on: ['name'], unique: true }, byAge: { on: ['age'] } },
  });

describe('writes', () => {
  it('insert, replace and delete by ids that are given or made', () =>
    withDatabase(async (db) => {
      const users = await openUsers(db);
      expect(await users.insert({ id: 'ada', name: 'Ada' })).toBe('ada');
      const made = [
        await users.insert({ age: 1 }),
        ...(await users.insertMany([{ age: 2 }, { age: 3 }])),
      ];
      expect(made.every((id) => /^[0-9a-f]{8}-[0-9a-f]{4}-7/.test(id))).toBe(true);
      expect([...made].sort()).toEqual(made);
      expect(await users.get('ada')).toEqual({ id: 'ada', name: 'Ada' });
      await users.replace('ada', { age: 36 });
      expect(await users.getMany(['nobody', 'ada'])).toEqual([undefined, { id: 'ada', age: 36 }]);
      expect(await users.delete('ada')).toBe(true);
      expect(await users.delete('ada')).toBe(false);
      expect(await users.count()).toBe(3);
    }));

  it('are refused by name, and change nothing', () =>
    withDatabase(async (db) => {
      const users = await openUsers(db);
      await users.insert({ id: 'ada', name: 'Ada' });
      await refusal(users.insert({ id: 'ada' }), 'ID_EXISTS');
      await refusal(users.insertMany([{ id: 'new' }, { id: 'ada' }]), 'ID_EXISTS');
      await refusal(users.insertMany([{ id: 'twice' }, { id: 'twice' }]), 'ID_EXISTS');
      await refusal(users.insert({ id: 'other', name: 'Ada' }), 'UNIQUE');
      await refusal(users.insert({ id: '' }), 'INVALID_ID');
      await refusal(users.insert({ id: '\ud800' }), 'INVALID_ID');
      await refusal(users.insert({ id: 5 } as never), 'INVALID_ID');
      await refusal(users.insert(5 as never), 'INVALID_DOCUMENT');
      await refusal(users.insert({ age: NaN }), 'INVALID_DOCUMENT');
      await refusal(users.insert({ age: { years: 5 } } as never), 'INVALID_DOCUMENT');
      await refusal(users.replace('nobody', {}), 'NOT_FOUND');
      await refusal(users.replace('ada', { id: 'bob' }), 'INVALID_ID');
      await refusal(users.patch('nobody', { set: { age: 1 } }), 'NOT_FOUND');
      await refusal(users.get(''), 'INVALID_ID');
      expect(await users.find().all()).toEqual([{ id: 'ada', name: 'Ada' }]);
    }));

  it('store what the call was given, whatever becomes of it later (codec/at-the-call)', () =>
    withDatabase(async (db) => {
      const users = await openUsers(db);
      const user = { id: 'a', tags: ['x'] };
      const inserted = users.insert(user);
      user.tags.push('y');
      await inserted;
      const patch = { set: { tags: ['z'] } };
      await db.transaction(async (tx) => {
        await users.in(tx).patch('a', patch);
        patch.set.tags.push('no');
      });
      expect(await users.get('a')).toEqual({ id: 'a', tags: ['z'] });
    }));

  it('are there after a reopen, with their indexes', async () => {
    const vfs = new MemoryVfs();
    await withDatabase(async (db) => {
      await (await openUsers(db)).insert({ id: 'ada', name: 'Ada', big: 5n });
    }, vfs);
    await withDatabase(async (db) => {
      const users = await openUsers(db);
      expect(await users.first({ where: { name: 'Ada' } })).toEqual({
        id: 'ada',
        name: 'Ada',
        big: 5n,
      });
      expect((await users.explain({ where: { name: 'Ada' } })).plan).toBe('index-order');
      expect((await db.verify()).problems).toEqual([]);
    }, vfs);
  });

  it('need the indexes that are there, which can be dropped', async () => {
    const vfs = new MemoryVfs();
    await withDatabase(async (db) => void (await (await openUsers(db)).insert({ age: 1 })), vfs);
    await withDatabase(async (db) => {
      const users = await collection<User>(db, 'users');
      expect(await users.count({ age: 1 })).toBe(1);
      await refusal(users.insert({ age: 2 }), 'INVALID_ARGUMENT');
      await users.dropIndex('byAge');
      await users.dropIndex('byName');
      await users.insert({ age: 2 });
    }, vfs);
  });
});

describe('a patch', () => {
  it('sets, unsets, increments and pushes at paths', () =>
    withDatabase(async (db) => {
      const users = await openUsers(db);
      await users.insert({
        id: 'a',
        name: 'Ada',
        visits: 1,
        tags: ['x'],
        address: { zip: '1' },
        big: 1n,
      });
      const patched = await users.patch('a', {
        set: { age: 36, 'address.city': 'London' },
        unset: ['name', 'address.zip', 'never.there'],
        increment: { visits: 2, 'counts.total': 1, big: 4n },
        push: { tags: 'y', seen: new Date(0) },
      });
      const expected = {
        id: 'a',
        visits: 3,
        tags: ['x', 'y'],
        address: { city: 'London' },
        big: 5n,
        age: 36,
        counts: { total: 1 },
        seen: [new Date(0)],
      };
      expect(patched).toEqual(expected);
      expect(await users.get('a')).toEqual(expected);
      expect(await users.count({ age: 36 })).toBe(1);
    }));

  it.each<[string, string, object]>([
    ['PATCH_MISMATCH', 'an increment of a text', { increment: { name: 1 } }],
    ['PATCH_MISMATCH', 'an increment of a number by a bigint', { increment: { visits: 1n } }],
    ['PATCH_MISMATCH', 'an increment of null', { increment: { nothing: 1 } }],
    ['PATCH_MISMATCH', 'a push to a text', { push: { name: 'x' } }],
    ['PATCH_MISMATCH', 'a path through a text', { set: { 'name.first': 'x' } }],
    ['INVALID_DOCUMENT', 'a sum beyond all numbers', { increment: { huge: 1e308 } }],
    ['INVALID_DOCUMENT', 'a value that no document holds', { set: { a: () => 1 } }],
    ['INVALID_PATCH', 'no change', {}],
    ['INVALID_PATCH', 'a word that there is not', { rename: { a: 'b' } }],
    ['INVALID_PATCH', 'undefined', { set: { a: undefined } }],
    ['INVALID_PATCH', 'an increment that is no number', { increment: { visits: '1' } }],
    ['INVALID_PATCH', 'the id', { set: { id: 'b' } }],
    ['INVALID_PATCH', 'a path with []', { set: { 'tags[]': 1 } }],
    ['INVALID_PATCH', 'an empty name', { set: { 'a..b': 1 } }],
    ['INVALID_PATCH', 'the prototype', { set: { '__proto__.x': 1 } }],
    ['INVALID_PATCH', 'unset that is no array', { unset: 'name' }],
    ['INVALID_PATCH', 'one path twice', { set: { a: 1 }, unset: ['a'] }],
    ['INVALID_PATCH', 'a path within another', { set: { a: 1 }, increment: { 'a.b': 1 } }],
  ])('is refused with %s: %s (patch/one-word-a-path)', (code, _, patch) =>
    withDatabase(async (db) => {
      const users = await openUsers(db);
      const user = { id: 'a', name: 'Ada', visits: 1, nothing: null, huge: 1e308 };
      await users.insert(user);
      await refusal(users.patch('a', patch), code);
      expect(await users.get('a')).toEqual(user);
    }),
  );

  it('is applied in a transaction at its commit, and conflicts with no other (collection-transaction/patch-is-late, patch/pure)', () =>
    withDatabase(async (db) => {
      const users = await openUsers(db);
      await users.insert({ id: 'a', name: 'Ada', visits: 0 });
      const first = db.begin({ isolation: 'serializable' });
      const second = db.begin({ isolation: 'serializable' });
      await users.in(first).patch('a', { set: { age: 1 }, increment: { visits: 1 } });
      await users.in(second).patch('a', { push: { tags: 'x' }, increment: { visits: 1 } });
      await users.patch('a', { increment: { visits: 1 } });
      await second.commit();
      await first.commit();
      expect(await users.get('a')).toEqual({
        id: 'a',
        name: 'Ada',
        visits: 3,
        age: 1,
        tags: ['x'],
      });

      const third = db.begin();
      await users.in(third).patch('nobody', { set: { age: 1 } });
      await users.in(third).insert({ id: 'b' });
      await refusal(third.commit(), 'NOT_FOUND');
      expect(await users.get('b')).toBeUndefined();
    }));
});

describe('a transaction', () => {
  it('sees its own writes, and its refusals come at the call', () =>
    withDatabase(async (db) => {
      const users = await openUsers(db);
      await users.insert({ id: 'a', age: 1 });
      await db.transaction(async (tx) => {
        const own = users.in(tx);
        await own.insert({ id: 'b', age: 2 });
        await own.patch('a', { increment: { age: 1 } });
        expect(await own.find({ where: { age: 2 } }).all()).toEqual([
          { id: 'a', age: 2 },
          { id: 'b', age: 2 },
        ]);
        await refusal(own.insert({ id: 'b' }), 'ID_EXISTS');
        await refusal(own.replace('c', {}), 'NOT_FOUND');
        expect(await own.delete('c')).toBe(false);
        expect(await users.count({ age: 2 })).toBe(0);
      });
      expect(await users.count({ age: 2 })).toBe(2);
    }));

  it('deletes what it iterates over', () =>
    withDatabase(async (db) => {
      const users = await openUsers(db);
      await users.insertMany(Array.from({ length: 600 }, (_, i) => ({ age: i % 3 })));
      await db.transaction(async (tx) => {
        const own = users.in(tx);
        for await (const { id } of own.find({ where: { age: 1 } })) await own.delete(id);
      });
      expect(await users.count()).toBe(400);
      expect(await users.count({ age: 1 })).toBe(0);
    }));
});

describe('a read', () => {
  it('is of one snapshot, its own or one that is given (rows/one-moment)', () =>
    withDatabase(async (db) => {
      const users = await openUsers(db);
      await users.insertMany(
        Array.from({ length: 300 }, (_, i) => ({ id: `u${1000 + i}`, age: i % 2 })),
      );
      const before = db.snapshot();
      const seen: string[] = [];
      for await (const { id } of users.find({ where: { age: 1 } })) {
        if (seen.length === 0) {
          for (const each of await users.find().all()) await users.delete(each.id);
        }
        seen.push(id);
      }
      expect(seen.length).toBe(150);
      expect(await users.count()).toBe(0);
      expect(await users.count({ age: 1 }, { snapshot: before })).toBe(150);
      expect((await users.find({ snapshot: before }).all()).length).toBe(300);
      expect(await users.get('u1000', { snapshot: before })).toEqual({ id: 'u1000', age: 0 });
      before.close();
      expect(db.stats().readers.snapshotCount).toBe(0);
    }));

  it('of an index that is being built does without it, and of a snapshot from before', () =>
    withDatabase(async (db) => {
      const plain = await collection<User>(db, 'users');
      await plain.insertMany(Array.from({ length: 2000 }, (_, i) => ({ age: i % 10 })));
      const before = db.snapshot();
      const users = await collection<User>(db, 'users', { indexes: { byAge: { on: ['age'] } } });
      const where = { age: 3 };
      expect((await users.explain({ where })).plan).toBe('scan');
      expect(await users.count(where)).toBe(200);
      await users.ready();
      expect(await users.explain({ where })).toMatchObject({
        plan: 'index-order',
        examinedCount: 200,
      });
      expect((await users.explain({ where, snapshot: before })).plan).toBe('scan');
      before.close();
    }));

  it('tells what it did', () =>
    withDatabase(async (db) => {
      const users = await openUsers(db);
      const all = Array.from({ length: 500 }, (_, i) => ({
        id: `u${1000 + i}`,
        name: `n${i}`,
        age: i % 50,
      }));
      await users.insertMany(all);
      const explain = (query: object) => users.explain(query);
      expect(await explain({ orderBy: 'age', limit: 10 })).toEqual({
        plan: 'index-order',
        indexes: ['byAge'],
        isSorted: false,
        entryCount: 0,
        examinedCount: 10,
        returnedCount: 10,
      });
      expect(await explain({ where: { age: { lt: 10 }, name: { prefix: 'n1' } } })).toMatchObject({
        plan: 'intersection',
        isSorted: false,
        examinedCount: 21,
        returnedCount: 21,
      });
      expect(await explain({ where: { or: [{ age: 1 }, { name: 'n7' }] } })).toMatchObject({
        plan: 'union',
        indexes: ['byAge', 'byName'],
        examinedCount: 11,
      });
      expect(await explain({ where: { id: { in: ['u1001', 'x'] } } })).toMatchObject({
        plan: 'ids',
        examinedCount: 1,
      });
      expect(await explain({ where: { id: { gte: 'u1490' } } })).toMatchObject({
        plan: 'scan',
        examinedCount: 10,
      });
      expect(await explain({ where: { age: { gt: 5, lt: 3 } } })).toMatchObject({
        examinedCount: 0,
      });
    }));
});

describe('a cursor', () => {
  it('goes on behind its document while others write', () =>
    withDatabase(async (db) => {
      const users = await openUsers(db);
      await users.insertMany(
        Array.from({ length: 40 }, (_, i) => ({ id: `u${100 + i}`, age: i % 4 })),
      );
      const query = { orderBy: 'age', limit: 7 } as const;
      const first = await users.find(query).page();
      for (const { id } of first.documents) await users.delete(id);
      await users.insert({ id: 'u0', age: 0 }); // before the place of the cursor
      await users.insert({ id: 'u999', age: 0 }); // behind it
      const second = await users.find({ ...query, after: first.cursor! }).page();
      expect(second.documents.map(({ id }) => id)).toEqual([
        'u128',
        'u132',
        'u136',
        'u999',
        'u101',
        'u105',
        'u109',
      ]);
      const all = await users.find({ limit: 1000 }).page();
      expect(all.cursor).toBeUndefined();
    }));

  it('is of its query alone (order/cursor-of-its-query)', () =>
    withDatabase(async (db) => {
      const users = await openUsers(db);
      const others = await collection<User>(db, 'others');
      await users.insertMany([{ age: 1 }, { age: 2 }]);
      const query = { where: { age: { gt: 0 } }, orderBy: 'age', limit: 1 } as const;
      const { cursor: after = '' } = await users.find(query).page();
      const code = (query: object, from: Pick<typeof users, 'find'> = users): unknown => {
        try {
          from.find({ ...query, after });
          return undefined;
        } catch (error) {
          return (error as DocumentError).code;
        }
      };
      expect(code(query)).toBeUndefined();
      expect(code({ ...query, limit: 5 })).toBeUndefined();
      expect(code({ ...query, where: { age: { gt: 1 } } })).toBe('OTHER_CURSOR');
      expect(code({ ...query, orderBy: { age: 'desc' } })).toBe('OTHER_CURSOR');
      expect(code(query, others)).toBe('OTHER_CURSOR');
      for (const after of ['', 'x', 5, Buffer.from('1 {}').toString('base64url')]) {
        expect(() => users.find({ ...query, after } as never)).toThrow(
          expect.objectContaining({ code: 'INVALID_CURSOR' }),
        );
      }
    }));
});

describe('a query', () => {
  it.each<[string, object]>([
    ['an operator that there is not', { where: { age: { near: 5 } } }],
    ['undefined', { where: { age: undefined } }],
    ['undefined in an operator', { where: { age: { gt: undefined } } }],
    ['a bound of null', { where: { age: { gt: null } } }],
    ['a bound that is an object', { where: { age: { gt: { a: 1 } } } }],
    ['no operator', { where: { age: {} } }],
    ['in without an array', { where: { age: { in: 5 } } }],
    ['between with one value', { where: { age: { between: [1] } } }],
    ['a prefix that is no text', { where: { age: { prefix: 1 } } }],
    ['exists that is no boolean', { where: { age: { exists: 1 } } }],
    ['contains through an array', { where: { 'tags[]': { contains: 1 } } }],
    ['NaN', { where: { age: NaN } }],
    ['a function', { where: { age: () => 1 } }],
    ['a path through two arrays', { where: { 'a[].b[]': 1 } }],
    ['or that is no array', { where: { or: {} } }],
    ['an order by elements', { orderBy: 'tags[]' }],
    ['a direction that there is not', { orderBy: { age: 'up' } }],
    ['a limit that is no whole number', { limit: 1.5 }],
    ['an option that there is not', { skip: 1 }],
  ])('is refused by name: %s', (_, query) =>
    withDatabase(async (db) => {
      const users = await openUsers(db);
      expect(() => users.find(query as never)).toThrow(
        expect.objectContaining({ code: 'INVALID_QUERY' }),
      );
    }),
  );
});

describe('a live query', () => {
  it('gives the result, and each later one that differs (watching/latest, watching/bounded)', () =>
    withDatabase(async (db) => {
      const users = await openUsers(db);
      const results = users.watch({ where: { age: { gte: 18 } }, orderBy: 'age' });
      const next = async () => (await results.next()).value?.map(({ id }) => id);
      expect(await next()).toEqual([]);
      await users.insert({ id: 'a', age: 20 });
      expect(await next()).toEqual(['a']);
      await users.insert({ id: 'child', age: 5 }); // changes no result
      await users.insert({ id: 'b', age: 19 });
      for (let i = 0; i < 50; i++) await users.patch('b', { increment: { visits: 1 } });
      expect(await next()).toEqual(['b', 'a']); // one result for all of these
      const waiting = next();
      await users.insert({ id: 'baby', age: 0 });
      await users.delete('a');
      expect(await waiting).toEqual(['b']);
      expect(await results.return(undefined)).toEqual({ done: true, value: undefined });
    }));

  it('ends by its signal, and with the database', async () => {
    const db = await openOn(new MemoryVfs());
    const users = await openUsers(db);
    const stop = new AbortController();
    const watched = users.watch({}, { signal: stop.signal });
    await watched.next();
    const waiting = watched.next();
    stop.abort(new Error('enough'));
    expect(await refusal(waiting, 'ABORTED')).toMatchObject({ cause: new Error('enough') });
    const other = users.watch();
    await other.next();
    const closed = other.next();
    await Promise.all([refusal(closed, 'CLOSED'), db.close()]);
  });
});
