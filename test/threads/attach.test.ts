/** A database that was attached, with the calls of a program. Owner and thread are one thread here. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';

import { SharedWords, TURN_WORD } from '../../src/engine/read/shared-words.ts';
import { attach, type Database, type DatabaseHandle, MemoryVfs, open } from '../../src/index.ts';

const TEXT = { keyEncoding: 'utf8', valueEncoding: 'json' } as const;
const directories: string[] = [];

afterEach(() => {
  vi.restoreAllMocks();
  for (const path of directories.splice(0)) rmSync(path, { recursive: true, force: true });
});

type Numbers = Database<string, number>;

async function openOwner(): Promise<Numbers> {
  const path = mkdtempSync(join(tmpdir(), 'varve-attach-'));
  directories.push(path);
  const tuning = { memtableSizeBytes: 256 * 1024, background: 'inline' } as const;
  return open<string, number>(join(path, 'db'), { ...TEXT, ...tuning });
}

function attached(handle: DatabaseHandle): Promise<Numbers> {
  return attach<string, number>(handle, TEXT);
}

function wordsOf({ settings }: DatabaseHandle): SharedWords {
  return new SharedWords((settings as { words: SharedArrayBuffer }).words);
}

function usedCells(words: SharedWords, slot: number): number[] {
  return Array.from({ length: 64 }, (_, cell) => words.cell(slot, cell)).filter((n) => n !== 0);
}

it('reads and writes as the owner does, in every way there is', async () => {
  const path = mkdtempSync(join(tmpdir(), 'varve-threads-'));
  const owner = await open(join(path, 'db'), {
    keyEncoding: 'utf8',
    valueEncoding: 'json',
    memtableSizeBytes: 1 << 20,
  });
  const db = await attach(owner.share(), { keyEncoding: 'utf8', valueEncoding: 'json' });
  await owner.put('a', 1);
  expect(db.getSync('a')).toBe(1);
  await db.put('b', 2);
  expect(owner.getSync('b')).toBe(2);
  expect(db.getSync('b')).toBe(2);
  expect(await db.update('b', (n) => (n as number) + 1)).toBe(3);
  await Promise.all(Array.from({ length: 20 }, () => db.update('b', (n) => (n as number) + 1)));
  expect(owner.getSync('b')).toBe(23);
  const snap = db.snapshot();
  const big = 'x'.repeat(10_000);
  for (let i = 0; i < 1000; i++) await owner.put(`k${i}`, big + i);
  await owner.flush();
  await owner.compact();
  expect(db.getSync('k5')).toBe(big + 5);
  expect(db.getSync('k5', { snapshot: snap })).toBeUndefined();
  expect(await db.entries({ limit: 3 }).all()).toHaveLength(3);
  snap.close();
  await db.transaction(async (tx) => {
    tx.put('t', ((await tx.get('a')) as number) + 1);
  });
  expect(owner.getSync('t')).toBe(2);
  await db.transaction((tx) => {
    tx.put('t', (tx.getSync('t') as number) + 1);
  });
  expect(owner.getSync('t')).toBe(3);
  await db.transaction(
    async (tx) => {
      const v = await tx.getForUpdate('t');
      tx.put('t', (v as number) + 1);
    },
    { mode: 'pessimistic' },
  );
  expect(owner.getSync('t')).toBe(4);
  await db.transaction(
    (tx) => {
      tx.put('id', 1);
    },
    { commitId: 'x' },
  );
  expect(
    await db.transaction(
      (tx) => {
        tx.put('id', 2);
        return 5;
      },
      { commitId: 'x' },
    ),
  ).toBeUndefined();
  expect(await owner.hasCommitted('x')).toBe(true);
  expect(await db.hasCommitted('x')).toBe(true);
  const users = await db.keyspace('users', {
    keyEncoding: 'utf8',
    valueEncoding: 'json',
    indexes: { byMail: { on: ['mail'], unique: true } },
  });
  await users.put('u1', { mail: 'a@x' });
  await expect(users.put('u2', { mail: 'a@x' })).rejects.toMatchObject({
    code: 'UNIQUE',
    index: 'byMail',
    values: ['a@x'],
  });
  expect(await users.index('byMail').get(['a@x'])).toBeDefined();
  const mine = await owner.keyspace('users', { keyEncoding: 'utf8', valueEncoding: 'json' });
  expect(await mine.get('u1')).toEqual({ mail: 'a@x' });
  await owner.dropKeyspace('users');
  await expect(users.put('u3', { mail: 'b' })).rejects.toMatchObject({ code: 'CLOSED' });
  expect(() => db.stats()).toThrow(expect.objectContaining({ code: 'OWNER_ONLY' }));
  await db.close();
  await owner.close();
  rmSync(path, { recursive: true });
}, 60000);

it('keeps what a transaction of a thread is validated against (shared-states/place-or-turn)', async () => {
  const owner = await openOwner();
  const db = await attached(owner.share());
  await owner.put('a', 1);
  await owner.put('b', 1);
  await owner.flush();
  const tx = db.begin({ isolation: 'serializable' });
  expect(await tx.get('a')).toBe(1);
  await owner.del('a');
  await owner.compact(); // without the place of the thread the tombstone would go
  await owner.put('b', 2);
  await owner.compact();
  tx.put('c', 1);
  await expect(tx.commit()).rejects.toMatchObject({ code: 'CONFLICT', key: 'a' });
  expect(owner.getSync('c')).toBeUndefined();

  const set = vi.spyOn(SharedWords.prototype, 'setOldestPlace');
  set.mockImplementationOnce(function (this: SharedWords) {
    Atomics.add(this.words, TURN_WORD, 1); // the owner looks before the place is there
  });
  const late = db.begin();
  expect(set.mock.calls.length).toBeGreaterThan(2); // taken back, and taken again
  late.rollback();
  await db.close();
  await owner.close();
});

it('writes to no slot after its end (attached-states/own-slot)', async () => {
  const owner = await openOwner();
  const first = owner.share();
  const db = await attached(first);
  const snapshot = db.snapshot();
  await owner.put('a', 1);
  await owner.flush();
  await db.close();
  await vi.waitFor(() => expect(owner.stats().threads.count).toBe(0));
  const second = await attached(owner.share());
  const cells = usedCells(wordsOf(first), 0);
  expect(cells).toHaveLength(1);
  snapshot.close();
  await db.close();
  expect(usedCells(wordsOf(first), 0)).toEqual(cells);
  expect(second.getSync('a')).toBe(1);
  expect(() => db.getSync('a')).toThrow(expect.objectContaining({ code: 'CLOSED' }));
  await second.close();
  await owner.close();
});

it('leaves the memory of a state alone that a thread reads at the close (shared-states/end-keeps-memory)', async () => {
  const owner = await openOwner();
  const db = await attached(owner.share());
  await owner.put('a', 1);
  const snapshot = db.snapshot();
  await owner.close();
  const other = await openOwner(); // has the memory of memtables that were given back
  for (let i = 0; i < 500; i++) await other.put(`a${i}`, i);
  expect(() => db.getSync('a')).toThrow(expect.objectContaining({ code: 'CLOSED' }));
  snapshot.close();
  await expect(db.put('a', 2)).rejects.toMatchObject({ code: 'CLOSED' });
  await other.close();
});

it('rejects a commit whose answer is missing as one that may be there (thread-link/every-call-settles)', async () => {
  const owner = await openOwner();
  const handle = owner.share();
  const db = await attached(handle);
  const put = db.put('a', 1);
  const flush = db.flush();
  handle.port.close();
  await expect(put).rejects.toMatchObject({ code: 'FAILED', outcome: 'unknown' });
  await expect(flush).rejects.toMatchObject({ code: 'CLOSED' });
  await vi.waitFor(() => expect(owner.stats().threads.count).toBe(0));
  await owner.close();
});

it('shows the holder before to who gets a lock (thread-locks/granted-after)', async () => {
  const owner = await openOwner();
  const [one, two] = [await attached(owner.share()), await attached(owner.share())];
  await owner.put('n', 0);
  const add = (db: Numbers): Promise<void> =>
    db.transaction(async (tx) => tx.put('n', ((await tx.getForUpdate('n')) ?? 0) + 1), {
      mode: 'pessimistic',
    });
  const adds = [owner, one, two].flatMap((db) => Array.from({ length: 10 }, () => add(db)));
  await Promise.all(adds);
  expect(two.getSync('n')).toBe(30);
  expect(owner.stats().locks.heldKeyCount).toBe(0);
  await one.close();
  await two.close();
  await owner.close();
});

it('builds an index in the owner that a thread has declared (shared-catalog/builds-here)', async () => {
  const owner = await openOwner();
  const db = await attached(owner.share());
  const rows = await db.keyspace('rows', TEXT);
  for (let i = 0; i < 50; i++) await rows.put(`r${i}`, { group: i % 5 });
  const same = await db.keyspace('rows', { ...TEXT, indexes: { byGroup: { on: ['group'] } } });
  await same.index('byGroup').ready();
  await same.put('more', { group: 3 });
  expect(await same.index('byGroup').count({ prefix: [3] })).toBe(11);
  expect((await owner.verify()).isSound).toBe(true);
  await db.close();
  await owner.close();
});

it('says what cannot be shared or attached', async () => {
  const memory = await open('/db', { vfs: new MemoryVfs() });
  expect(() => memory.share()).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
  await memory.close();
  const owner = await openOwner();
  await expect(attach({} as DatabaseHandle)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  await expect(attach(owner.share(), { keyEncoding: 'tuple' })).rejects.toThrow('another encoding');
  const db = await attached(owner.share());
  for (const call of [() => db.stats(), () => db.changes(), () => db.share()]) {
    expect(call).toThrow(expect.objectContaining({ code: 'OWNER_ONLY' }));
  }
  await db.close();
  await owner.close();
});
