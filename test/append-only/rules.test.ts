/** Append-only keyspaces: an entry is added once, and nothing that anybody does changes or removes it. */
import { describe, expect, it } from 'vitest';
import { attach } from '../../src/api/attach.ts';
import type { Database } from '../../src/api/database.ts';
import type { Keyspace } from '../../src/api/keyspace.ts';
import { open } from '../../src/api/open.ts';
import { AppendOnlyError } from '../../src/base/errors.ts';
import { MemoryVfs } from '../../src/vfs/memory-vfs.ts';
import {
  closeLater,
  DIRECTORY,
  errorOf,
  makeDirectory,
  openMemory,
  TINY,
  turns,
} from '../api/fixture.ts';

const TEXT = { keyEncoding: 'utf8', valueEncoding: 'utf8' } as const;
const LEDGER = { ...TEXT, mode: 'append-only' } as const;

type Text = Keyspace<string, string>;

/** Every write that would do more than add an entry. `k` is there, `new` is not. */
const REFUSED: Readonly<Record<string, (db: Database<string, string>, log: Text) => unknown>> = {
  'a put over an entry': (_, log) => log.put('k', 'other'),
  'a put of the same value': (_, log) => log.put('k', 'v'),
  'a put that expires': (_, log) => log.put('new', 'v', { ttlMs: 1000 }),
  'a put that expires at a time': (_, log) => log.put('new', 'v', { expiresAt: Date.now() + 1000 }),
  'a deletion': (_, log) => log.del('k'),
  'a deletion of an absent key': (_, log) => log.del('new'),
  'a deletion of a range': (_, log) => log.delRange({ gte: 'a' }),
  'a deletion of a range without entries': (_, log) => log.delRange({ gte: 'x' }),
  'a clear': (_, log) => log.clear(),
  'an update': (_, log) => log.update('k', (value) => `${value}!`),
  'an update that keeps the value': (_, log) => log.update('k', (value) => value),
  'an update that deletes': (_, log) => log.update('k', () => undefined),
  'a batch with a put over an entry': (_, log) =>
    log.batch([
      { type: 'put', key: 'new', value: 'v' },
      { type: 'put', key: 'k', value: 'v2' },
    ]),
  'a batch with a key twice': (_, log) =>
    log.batch([
      { type: 'put', key: 'new', value: 'v' },
      { type: 'put', key: 'new', value: 'v2' },
    ]),
  'a batch of the database with a deletion': (db, log) =>
    db.batch([
      { type: 'put', key: 'own', value: 'v' },
      { type: 'del', in: log, key: 'k' },
    ]),
  'a batch with a deletion of a range': (db, log) =>
    db.batch([{ type: 'delRange', in: log, gte: 'a' } as never]),
  'a batch with an update': (db, log) =>
    db.batch([{ type: 'update', in: log, key: 'k', update: () => 'other' } as never]),
  'a transaction in one turn': (db, log) => db.transaction((tx) => tx.in(log).put('k', 'other')),
  'a transaction': (db, log) =>
    db.transaction(async (tx) => {
      await tx.in(log).get('k');
      tx.in(log).put('k', 'other');
    }),
  'a serializable transaction': (db, log) =>
    db.transaction(async (tx) => tx.in(log).del('k'), { isolation: 'serializable' }),
  'a pessimistic transaction': (db, log) =>
    db.transaction(
      async (tx) => {
        await tx.in(log).getForUpdate('k');
        tx.in(log).put('k', 'other');
      },
      { mode: 'pessimistic' },
    ),
  'a transaction that deletes a range': (db, log) =>
    db.transaction(async (tx) => tx.in(log).delRange({ gte: 'a' })),
  'a transaction with an update': (db, log) =>
    db.transaction(async (tx) => tx.in(log).update('k', () => 'other')),
  'an explicit transaction': async (db, log) => {
    const tx = db.begin();
    tx.in(log).put('k', 'other');
    await tx.commit();
  },
  'a drop': (db) => db.dropKeyspace('log'),
  'a rename': (db) => db.renameKeyspace('log', 'old'),
};

/** That nothing was written, here and in the keyspace of the database. */
async function isUntouched(db: Database<string, string>, log: Text): Promise<void> {
  expect(await log.entries().all()).toEqual([['k', 'v']]);
  expect(await db.entries().all()).toEqual([]);
  expect((await db.keyspaces()).map(({ name, mode }) => [name, mode])).toEqual([
    ['default', 'mutable'],
    ['log', 'append-only'],
  ]);
  expect((await db.verify()).problems).toEqual([]);
}

describe.each([false, true])('an append-only keyspace, verifiable: %s', (verifiable) => {
  it('refuses whatever would do more than add an entry, and nothing is written (append-only/whoever-asks)', async () => {
    const db = await openMemory();
    const log = await db.keyspace('log', { ...LEDGER, verifiable });
    await log.put('k', 'v');
    for (const isFlushed of [false, true]) {
      if (isFlushed) await db.flush();
      for (const [what, call] of Object.entries(REFUSED)) {
        const error = await errorOf(() => call(db, log));
        expect(error, what).toBeInstanceOf(AppendOnlyError);
        expect(error, what).toMatchObject({ code: 'APPEND_ONLY', keyspace: 'log' });
        expect(await log.entries().all(), what).toEqual([['k', 'v']]);
      }
      await isUntouched(db, log);
    }
  });

  it('refuses a bulk load', async () => {
    const db = await openMemory();
    const log = await db.keyspace('log', { ...LEDGER, verifiable });
    await log.put('k', 'v');
    expect(await errorOf(() => log.ingest([['new', 'v']]))).toBeInstanceOf(AppendOnlyError);
    await isUntouched(db, log);
  });

  it('tells the key of the entry', async () => {
    const db = await openMemory();
    const log = await db.keyspace('log', { ...LEDGER, verifiable });
    await log.put('k', 'v');
    const error = await errorOf(() => log.put('k', 'other'));
    expect(error).toMatchObject({ key: 'k', keyBytes: Uint8Array.from(Buffer.from('k')) });
    expect(error.message).toContain("keyspace=log key='k'");
    const ofRange = await errorOf(() => log.clear());
    expect(ofRange).toMatchObject({ key: undefined, keyBytes: undefined });
  });

  it('takes new keys by every call, and a transaction that changes its mind', async () => {
    const db = await openMemory();
    const log = await db.keyspace('log', { ...LEDGER, verifiable });
    await log.put('a', '1');
    await log.put('b', '2', { ttlMs: Infinity });
    await log.batch([{ type: 'put', key: 'c', value: '3' }]);
    await log.update('d', () => '4');
    expect(await log.update('absent', () => undefined)).toBe(undefined);
    await db.transaction((tx) => tx.in(log).put('e', '5'));
    await db.transaction(
      async (tx) => {
        tx.in(log).put('f', 'draft');
        tx.in(log).put('f', '6');
        const savepoint = tx.savepoint();
        tx.in(log).put('g', 'never');
        tx.rollbackTo(savepoint);
      },
      { mode: 'pessimistic' },
    );
    expect((await log.values().all()).join('')).toBe('123456');
    expect((await db.verify()).problems).toEqual([]);
  });

  it('takes one of two commits in flight with one key, and refuses the other (append-only/newest)', async () => {
    const db = await openMemory();
    const log = await db.keyspace('log', { ...LEDGER, verifiable });
    const calls = [
      () => log.put('k', 'a'),
      () => log.put('k', 'b', { durability: 'os' }),
      () => log.batch([{ type: 'put', key: 'k', value: 'c' }]),
      () => log.update('k', () => 'd'),
      () => db.transaction((tx) => tx.in(log).put('k', 'e')),
      () => db.transaction(async (tx) => tx.in(log).put('k', 'f')),
    ];
    const outcomes = await Promise.allSettled(calls.map((call) => call()));
    const errors = outcomes.flatMap((each): unknown[] =>
      each.status === 'rejected' ? [each.reason] : [],
    );
    expect(errors.length).toBe(calls.length - 1);
    for (const error of errors) expect(error).toBeInstanceOf(AppendOnlyError);
    expect(await log.count()).toBe(1);
    expect((await db.verify()).problems).toEqual([]);
  });

  it('refuses a put of a key whose block is not in memory', async () => {
    const db = await openMemory({ blockCacheSizeBytes: 0, ...TINY });
    const log = await db.keyspace('log', { ...LEDGER, verifiable });
    for (let i = 0; i < 60; i++) await log.put(`k${i}`, 'v'.repeat(1000));
    await db.compact();
    const first = log.put('new', 'v');
    const calls = Array.from({ length: 60 }, (_, i) => log.put(`k${i}`, 'other'));
    const outcomes = await Promise.allSettled([first, ...calls]);
    expect(outcomes.filter(({ status }) => status === 'fulfilled').length).toBe(1);
    expect(await log.count()).toBe(61);
    expect((await db.verify()).problems).toEqual([]);
  });

  it('is kept by worker threads too, for which the owner looks', async () => {
    const path = makeDirectory();
    const db = closeLater(await open(path, { ...TEXT, background: 'inline' }));
    const log = await db.keyspace('log', { ...LEDGER, verifiable });
    await log.put('k', 'v');
    const beside = closeLater(await attach<'utf8', 'utf8'>(db.share(), TEXT));
    const there = await beside.keyspace('log', TEXT);
    for (const [what, call] of Object.entries(REFUSED)) {
      const error = await errorOf(() => call(beside, there));
      expect(error, what).toBeInstanceOf(AppendOnlyError);
      expect(error, what).toMatchObject({ code: 'APPEND_ONLY', keyspace: 'log' });
    }
    await isUntouched(db, log);
    const both = [there.put('race', 'there'), log.put('race', 'here')];
    const statuses = (await Promise.allSettled(both)).map(({ status }) => status).sort();
    expect(statuses).toEqual(['fulfilled', 'rejected']);
    expect(await there.count()).toBe(2);
    const other = await errorOf(() => beside.keyspace('log', { ...TEXT, mode: 'mutable' }));
    expect(other).toMatchObject({ code: 'INVALID_ARGUMENT' });
  });

  it('keeps indexes over its entries, in the same commit', async () => {
    const db = await openMemory();
    const people = await db.keyspace('people', {
      keyEncoding: 'utf8',
      valueEncoding: 'json',
      mode: 'append-only',
      verifiable,
      indexes: { byName: { on: ['name'], unique: true } },
    });
    await people.put('a', { name: 'ada' });
    expect(await errorOf(() => people.put('b', { name: 'ada' }))).toMatchObject({ code: 'UNIQUE' });
    expect(await errorOf(() => people.put('a', { name: 'eve' }))).toMatchObject({
      code: 'APPEND_ONLY',
    });
    await db.transaction((tx) => {
      tx.put('own', 'v');
      tx.in(people).put('b', { name: 'bob' });
    });
    expect((await people.index('byName').get(['bob']))?.key).toBe('b');
    await people.dropIndex('byName'); // what follows from entries is none
    await people.put('c', { name: 'bob' });
    expect((await db.verify()).problems).toEqual([]);
  });
});

describe('the mode of a keyspace', () => {
  it('binds: it is recorded, and another one is refused by name', async () => {
    const vfs = new MemoryVfs();
    let db = await openMemory({ vfs });
    await db.keyspace('log', { ...LEDGER, verifiable: true });
    await db.keyspace('plain', LEDGER);
    await db.keyspace('usual', TEXT);
    await db.close();
    db = await openMemory({ vfs });
    for (const [name, options, message] of [
      ['log', { mode: 'mutable' }, 'recorded=append-only asked=mutable'],
      ['log', { verifiable: false }, 'verifiable=true asked=false'],
      ['log', { ttlMs: 1000 }, 'do not expire'],
      ['plain', { verifiable: true }, 'verifiable=false asked=true'],
      ['usual', { mode: 'append-only' }, 'recorded=mutable asked=append-only'],
      ['usual', { verifiable: true }, 'verifiable=false asked=true'],
      ['fresh', { verifiable: true }, "needs mode 'append-only'"],
      ['fresh', { mode: 'append-only', ttlMs: 1000 }, 'do not expire'],
      ['fresh', { mode: 'frozen' }, 'mode'],
    ] as const) {
      const error = await errorOf(() => db.keyspace(name, { ...TEXT, ...options } as never));
      expect(error, name).toMatchObject({ code: 'INVALID_ARGUMENT' });
      expect(error.message).toContain(message);
    }
    const log = await db.keyspace('log', TEXT); // as it is
    await log.put('k', 'v');
    expect(await errorOf(() => log.del('k'))).toBeInstanceOf(AppendOnlyError);
    const infos = (await db.keyspaces()).map((each) => [each.name, each.mode, each.isVerifiable]);
    expect(infos).toEqual([
      ['default', 'mutable', false],
      ['log', 'append-only', true],
      ['plain', 'append-only', false],
      ['usual', 'mutable', false],
    ]);
  });

  it('binds for handles of bytes, and for followers, which write nothing', async () => {
    const vfs = new MemoryVfs();
    const db = await openMemory({ vfs });
    const log = await db.keyspace('log', { ...LEDGER, verifiable: true });
    await log.put('k', 'v');
    const raw = await db.keyspace('log');
    expect(await errorOf(() => raw.del(Buffer.from('k')))).toBeInstanceOf(AppendOnlyError);
    const follower = closeLater(await open(DIRECTORY, { vfs, ...TEXT, follow: true }));
    const followed = await follower.keyspace('log', TEXT);
    expect(await errorOf(() => followed.del('k'))).toMatchObject({ code: 'READ_ONLY' });
    expect(await followed.root()).toEqual(await log.root());
    await log.put('l', 'w');
    await turns(5);
    await follower.refresh();
    expect(await followed.root()).toEqual(await log.root());
    expect((await followed.prove('l'))?.index).toBe(1);
    expect((await follower.verify()).ledgerCount).toBe(1);
  });

  it('costs other keyspaces nothing: their commits bring no late operations', async () => {
    const db = await openMemory();
    await db.keyspace('log', { ...LEDGER, verifiable: true });
    const usual = await db.keyspace('usual', TEXT);
    await usual.put('k', 'v');
    await usual.put('k', 'w');
    await usual.del('k');
    await db.dropKeyspace('usual');
    expect((await db.keyspaces()).map(({ name }) => name)).toEqual(['default', 'log']);
  });
});
