/**
 * What varve/level does beyond the published suite: whose a database is, what `sync` means, what iterators and snapshots see,
 * and which memory results have.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Database, MemoryVfs, open } from '../../src/index.ts';
import { LevelError, type LevelOptions, VarveLevel } from '../../src/level/index.ts';

let vfs: MemoryVfs;
const closing: { close(): Promise<void> }[] = [];

beforeEach(() => {
  vfs = new MemoryVfs();
});

afterEach(async () => {
  for (const each of closing.splice(0).reverse()) await each.close();
});

function kept<T extends { close(): Promise<void> }>(database: T): T {
  closing.push(database);
  return database;
}

async function opened(options?: LevelOptions<string, string>): Promise<VarveLevel> {
  const db = kept(new VarveLevel('/db', { ...options, vfs }));
  await db.open();
  return db;
}

function varveOf(db: VarveLevel): Database<unknown, unknown> {
  if (db.database === undefined) throw new Error('Database is not open');
  return db.database;
}

const failureOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

describe('a VarveLevel', () => {
  it('closes the database that it opened, and opens it again (varve-level/owner-closes)', async () => {
    const db = await opened();
    const first = varveOf(db);
    await db.put('a', '1');
    await db.close();
    expect(first.isOpen).toBe(false);
    expect(db.database).toBeUndefined();
    await db.open();
    expect(varveOf(db)).not.toBe(first);
    expect(await db.get('a')).toBe('1');
    expect(db.location).toBe('/db');
  });

  it('leaves a database open that it was given (varve-level/owner-closes)', async () => {
    const database = kept(await open('/db', { vfs }));
    const db = new VarveLevel(database);
    await db.put('a', '1');
    expect(db.location).toBe(database.location);
    expect(db.database).toBe(database);
    await db.close();
    expect(database.isOpen).toBe(true);
    expect(database.getSync(Buffer.from('a'))).toEqual(new Uint8Array(Buffer.from('1')));
    await db.open();
    expect(await db.get('a')).toBe('1');
  });

  it('reads and writes a keyspace beside others of any types', async () => {
    const database = kept(
      await open('/db', { vfs, keyEncoding: 'utf8', valueEncoding: 'json' as const }),
    );
    const users = await database.keyspace('users', { keyEncoding: 'utf8', valueEncoding: 'json' });
    await database.put('a', { own: true });
    await users.put('a', { age: 1 });
    const db = new VarveLevel<string, object>(database, {
      keyspace: 'users',
      valueEncoding: 'json',
    });
    expect(await db.get('a')).toEqual({ age: 1 });
    await db.batch([{ type: 'put', key: 'b', value: { age: 2 } }]);
    expect(await users.get('b')).toEqual({ age: 2 });
    await db.clear();
    expect(await users.keys().all()).toEqual([]);
    expect(await database.get('a')).toEqual({ own: true });
  });

  it('opens a directory and a keyspace of it', async () => {
    const db = kept(new VarveLevel('/db', { vfs, keyspace: 'cache' }));
    await db.put('a', '1');
    expect((await varveOf(db).keyspaces()).map(({ name }) => name)).toEqual(['default', 'cache']);
    await db.close();
    const missing = new VarveLevel('/db', { vfs, keyspace: 'other', createIfMissing: false });
    expect(await failureOf(missing.open())).toMatchObject({
      code: 'LEVEL_DATABASE_NOT_OPEN',
      cause: { code: 'LEVEL_INVALID_ARGUMENT', cause: { code: 'INVALID_ARGUMENT' } },
    });
    const reopened = kept(new VarveLevel('/db', { vfs })); // the directory was given back
    expect(await reopened.get('a')).toBeUndefined();
  });

  it('refuses own keys that are no bytes, and what an open database cannot be asked', async () => {
    const database = kept(
      await open('/db', { vfs, keyEncoding: 'utf8', valueEncoding: 'json' as const }),
    );
    await new VarveLevel(database, { keyspace: 'there' }).open();
    const refused = [
      new VarveLevel(database),
      new VarveLevel(database, { keyspace: 'there', errorIfExists: true }),
      new VarveLevel(database, { keyspace: 'absent', createIfMissing: false }),
      new VarveLevel(database, { keyspace: 'there', blockSizeBytes: 4096 } as object),
    ];
    for (const db of refused) {
      expect(await failureOf(db.open())).toMatchObject({
        cause: { code: 'LEVEL_INVALID_ARGUMENT' },
      });
    }
  });

  it('refuses what is neither a path nor a database', () => {
    for (const source of ['', undefined, null, 1, {}, { keyspace: 1 }]) {
      expect(() => new VarveLevel(source as string)).toThrow(TypeError);
    }
  });

  it('takes options of Varve, and leaves those of others to hooks', async () => {
    const db = new VarveLevel('/db', { vfs, blockSizeBytes: 1 });
    expect(await failureOf(db.open())).toMatchObject({
      cause: { code: 'LEVEL_INVALID_ARGUMENT' },
    });
    const options = { vfs, compression: false, cacheSize: 1024, mine: 1 };
    const tolerant = kept(new VarveLevel('/db', options));
    const seen: unknown[] = [];
    tolerant.hooks.postopen.add((given) => {
      seen.push(given);
      return Promise.resolve();
    });
    await tolerant.open();
    expect(seen).toEqual([{ ...options, createIfMissing: true, errorIfExists: false }]);
  });

  it('says in its manifest what it keeps', async () => {
    const { supports } = await opened();
    expect(supports).toMatchObject({
      permanence: true,
      has: true,
      getSync: true,
      seek: true,
      implicitSnapshots: true,
      explicitSnapshots: true,
      createIfMissing: true,
      errorIfExists: true,
      deferredOpen: true,
      streams: false,
      signals: { iterators: true },
      encodings: { buffer: true, utf8: true, view: true },
    });
  });
});

describe('writes', () => {
  it.each([
    ['without the option', undefined, undefined, 0],
    ['with sync: true', undefined, true, 1],
    ['with sync: false', 'sync', false, 0],
    ['of a database with durability sync', 'sync', undefined, 1],
  ] as const)('%s are synced when they should be', async (_, durability, sync, count) => {
    const db = await opened(durability && { durability });
    await db.put('before', '1', { sync: true }); // makes the files
    const options = sync === undefined ? {} : { sync };
    const writes: Readonly<Record<string, () => Promise<void>>> = {
      put: () => db.put('a', '1', options),
      del: () => db.del('a', options),
      batch: () => db.batch([{ type: 'put', key: 'a', value: '1' }], options),
      chained: () => db.batch().put('b', '1').write(options),
      clear: () => db.clear({ gte: 'a', ...options }),
      limited: () => db.clear({ gte: 'b', limit: 1, ...options }),
      sublevel: () => db.sublevel('s').put('a', '1', options as object),
    };
    for (const [name, write] of Object.entries(writes)) {
      const before = varveOf(db).stats().log.syncCount;
      await write();
      const syncs = varveOf(db).stats().log.syncCount - before;
      // The limited clear finds nothing any more, and commits nothing.
      expect([name, syncs]).toEqual([name, name === 'limited' ? 0 : count]);
    }
  });

  it('of a chained batch keep their bytes as they were (level-batch/copied-at-the-call)', async () => {
    const db = await opened();
    const key = Buffer.from('key');
    const value = Uint8Array.of(1, 2);
    const batch = db.batch();
    batch.put(key, value, { keyEncoding: 'buffer', valueEncoding: 'view' });
    key.fill(0);
    value.fill(0);
    await batch.write();
    expect(await db.get('key', { valueEncoding: 'view' })).toEqual(Uint8Array.of(1, 2));
  });

  it('may say when an entry expires', async () => {
    const db = await opened();
    const past = { expiresAt: new Date(1000) };
    await db.put('a', '1', past);
    await db.put('b', '1', { ttlMs: 1_000_000 });
    await db.batch([{ type: 'put', key: 'c', value: '1', ...past } as never]);
    await db.batch().put('d', '1', past).put('e', '1').write();
    expect(await db.keys().all()).toEqual(['b', 'e']);
    const key = Buffer.from('b');
    expect(await varveOf(db).expiresAt(key)).toBeLessThan(Infinity);
  });
});

describe('a clear', () => {
  const rows = Array.from({ length: 2500 }, (_, i) => String(i).padStart(4, '0'));

  it('deletes as many as its limit says, from its end', async () => {
    const db = await opened();
    await db.batch(rows.map((key) => ({ type: 'put', key, value: 'v' })));
    await db.clear({ gte: '0100', limit: 1200, reverse: true });
    expect(await db.keys().all()).toEqual(rows.slice(0, 1300));
    await db.clear({ lt: '0100', limit: 10 });
    expect(await db.keys().all()).toEqual(rows.slice(10, 1300));
  });

  it('with a snapshot spares what came later', async () => {
    const db = await opened();
    await db.batch(rows.map((key) => ({ type: 'put', key, value: 'v' })));
    const snapshot = db.snapshot();
    await db.put('0000x', 'later');
    await db.clear({ snapshot });
    expect(await db.keys().all()).toEqual(['0000x']);
    expect(await db.keys({ snapshot }).all()).toEqual(rows);
    await snapshot.close();
  });
});

describe('an iterator', () => {
  it('sees one moment, also after a seek beyond its end (level-cursor/one-snapshot)', async () => {
    const db = await opened();
    await db.batch().put('a', '1').put('b', '1').put('c', '1').write();
    const iterator = db.iterator();
    await db.batch().put('a', '2').put('aa', '2').del('b').write();
    expect(await iterator.nextv(10)).toEqual([
      ['a', '1'],
      ['b', '1'],
      ['c', '1'],
    ]);
    expect(await iterator.next()).toBeUndefined();
    iterator.seek('b');
    expect(await iterator.next()).toEqual(['b', '1']);
    iterator.seek('a');
    await db.clear();
    expect(await iterator.all()).toEqual([
      ['a', '1'],
      ['b', '1'],
      ['c', '1'],
    ]);
  });

  it.each([false, true])('ends at a seek beyond its bounds: reverse %s', async (reverse) => {
    const db = await opened();
    await db.batch().put('a', '1').put('c', '1').put('e', '1').write();
    const keys = db.keys({ gte: 'b', gt: 'd', lt: 'e', reverse });
    for (const target of ['a', 'e', 'f']) {
      keys.seek(target);
      expect(await keys.next()).toBeUndefined();
    }
    keys.seek(reverse ? 'd' : 'b');
    expect(await keys.next()).toBe('c');
    await keys.close();
  });

  it('gives its own snapshot back and leaves the one it was given (level-cursor/lent-snapshot)', async () => {
    const db = await opened();
    await db.put('a', '1');
    const snapshotCount = (): number => varveOf(db).stats().readers.snapshotCount;
    await db.iterator().close();
    for await (const _ of db.keys()) break;
    await db.values().all();
    expect(snapshotCount()).toBe(0);
    const snapshot = db.snapshot();
    await db.put('a', '2');
    expect(await db.values({ snapshot }).all()).toEqual(['1']);
    expect(await db.get('a', { snapshot })).toBe('1');
    expect(snapshotCount()).toBe(1);
    await snapshot.close();
    expect(snapshotCount()).toBe(0);
  });

  it('that is open ends with its database', async () => {
    const db = await opened();
    await db.batch().put('a', '1').put('b', '1').write();
    const iterators = [db.iterator(), db.keys(), db.values()];
    for (const iterator of iterators) await iterator.next();
    db.snapshot();
    const varve = varveOf(db);
    await db.close();
    expect(varve.isOpen).toBe(false);
    for (const iterator of iterators) {
      expect(await failureOf(iterator.next())).toMatchObject({ code: 'LEVEL_ITERATOR_NOT_OPEN' });
      await iterator.close();
    }
  });

  it('is ended by its signal, between the parts of one long read', async () => {
    const db = await opened();
    await db.batch(
      Array.from({ length: 3000 }, (_, i) => ({ type: 'put', key: `${i}`, value: '' })),
    );
    const controller = new AbortController();
    const reason = new Error('enough');
    const reading = db.keys({ signal: controller.signal }).nextv(3000);
    controller.abort(reason);
    const error = await failureOf(reading);
    expect(error).toBeInstanceOf(LevelError);
    expect(error).toMatchObject({ name: 'AbortError', code: 'LEVEL_ABORTED', cause: reason });
  });

  it('refuses a snapshot of another kind', async () => {
    const db = await opened();
    const other = { ref() {}, unref() {} };
    expect(() => db.keys({ snapshot: other as never })).toThrow('snapshot of this database');
    expect(await failureOf(db.get('a', { snapshot: other as never }))).toBeInstanceOf(LevelError);
    const database = kept(await open('/other', { vfs }));
    const level = kept(new VarveLevel(database));
    await level.open();
    const foreign = level.snapshot();
    expect(await failureOf(db.get('a', { snapshot: foreign }))).toMatchObject({
      code: 'LEVEL_INVALID_ARGUMENT',
    });
  });
});

describe('sublevels', () => {
  it('share batches and snapshots with their database', async () => {
    const db = await opened();
    const users = db.sublevel<string, object>('users', { valueEncoding: 'json' });
    const nested = users.sublevel('byName');
    await db.batch([
      { type: 'put', sublevel: users, key: '1', value: { name: 'ada' } } as never,
      { type: 'put', sublevel: nested, key: 'ada', value: '1' } as never,
    ]);
    const snapshot = users.snapshot();
    await users.put('1', { name: 'eve' });
    expect(await users.get('1', { snapshot })).toEqual({ name: 'ada' });
    expect(users.getSync('1')).toEqual({ name: 'eve' });
    expect(await nested.iterator({ snapshot }).all()).toEqual([['ada', '1']]);
    expect(await db.keys().all()).toEqual(['!users!!byName!ada', '!users!1']);
    await users.clear();
    expect(await db.keys().all()).toEqual([]);
    await db.close();
    expect(users.status).toBe('closed');
  });
});

describe('bytes that are handed out', () => {
  it.each(['buffer', 'view'] as const)(
    'share memory with no others: %s (formats/own-memory)',
    async (format) => {
      const db = await opened();
      const encodings = { keyEncoding: format, valueEncoding: format };
      for (const size of [1, 100, 5000]) {
        await db.put(Buffer.alloc(4, size), Buffer.alloc(size, size), encodings);
      }
      const results: Uint8Array[] = [];
      for await (const row of db.iterator<Uint8Array, Uint8Array>(encodings)) results.push(...row);
      for (const size of [1, 100, 5000]) {
        const value = await db.get<Uint8Array, Uint8Array>(Buffer.alloc(4, size), encodings);
        const same = db.getSync<Uint8Array, Uint8Array>(Buffer.alloc(4, size), encodings);
        if (value === undefined || same === undefined) throw new Error('No value');
        expect(Buffer.compare(value, same)).toBe(0);
        results.push(value, same);
      }
      expect(results.length).toBe(12);
      expect(new Set(results.map(({ buffer }) => buffer)).size).toBe(12);
      for (const bytes of results) {
        expect(bytes.byteLength).toBe(bytes.buffer.byteLength);
        expect(Buffer.isBuffer(bytes)).toBe(format === 'buffer');
      }
    },
  );
});

describe('calls over a range of two keys', () => {
  it('compact what the keys include, in their encoding', async () => {
    const db = kept(new VarveLevel('/db', { vfs }));
    await db.compactRange('a', 'b'); // before it is open
    await db.batch().put('a', '1').put('b', '1').put('c', '1').write();
    await db.compactRange(Buffer.from('a'), Buffer.from('b'), { keyEncoding: 'buffer' });
    expect(varveOf(db).stats().tables.count).toBe(1);
  });

  it('tell the size of what is in tables', async () => {
    const db = kept(new VarveLevel('/db', { vfs, compression: false }));
    expect(await db.approximateSize('a', 'z')).toBe(0); // before it is open
    for (let i = 0; i < 1000; i++) await db.put(`k${1000 + i}`, 'x'.repeat(100));
    expect(await db.approximateSize('a', 'z')).toBe(0);
    await db.compactRange('a', 'z');
    const whole = await db.approximateSize('a', 'z');
    const half = await db.approximateSize('k1000', 'k1500');
    expect(whole).toBeGreaterThan(100_000);
    expect(half / whole).toBeCloseTo(0.5, 1);
    expect(await db.approximateSize('x', 'z')).toBe(0);
    expect(await db.approximateSize('z', 'a')).toBe(0);
  });

  it('need both keys and an open database', async () => {
    const db = await opened();
    const type = { name: 'TypeError' };
    expect(await failureOf(db.compactRange('a', undefined as never))).toMatchObject(type);
    expect(await failureOf(db.approximateSize(undefined as never, 'a'))).toMatchObject(type);
    await db.close();
    const closed = { code: 'LEVEL_DATABASE_NOT_OPEN' };
    expect(await failureOf(db.compactRange('a', 'b'))).toMatchObject(closed);
    expect(await failureOf(db.approximateSize('a', 'b'))).toMatchObject(closed);
  });
});
