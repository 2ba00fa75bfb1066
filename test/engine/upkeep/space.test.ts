/**
 * Space comes back when what held it ends: any kind of reader, in any way, with no write to wake anything
 * (pin-list/end-is-told); and when a range is deleted.
 */
import { describe, expect, it } from 'vitest';
import type { Database } from '../../../src/api/database.ts';
import { open } from '../../../src/index.ts';
import {
  backgroundUntil,
  errorOf,
  filler,
  makeDirectory,
  openMemory,
  TINY,
} from '../../api/fixture.ts';

type TextDatabase = Database<string, string>;
type End = () => unknown;

const COUNT = 100;
const keyOf = (i: number): string => `k${String(i).padStart(4, '0')}`;

async function fill(db: TextDatabase, round = 0): Promise<void> {
  const operations = Array.from({ length: COUNT }, (_, i) => ({
    type: 'put' as const,
    key: keyOf(i),
    value: filler(20_000, i + 1 + round * COUNT),
  }));
  for (let i = 0; i < COUNT; i += 10) await db.batch(operations.slice(i, i + 10));
  await db.compact();
}

/** What begins to read, and resolves with how it ends. */
const READERS: [string, (db: TextDatabase) => Promise<End> | End][] = [
  ['snapshot', (db) => endOf(db.snapshot())],
  ['scan', async (db) => endOf(await begun(db.entries()))],
  [
    'scan of a snapshot that was closed',
    async (db) => {
      const snapshot = db.snapshot();
      const scan = await begun(db.entries({ snapshot }));
      snapshot.close();
      return endOf(scan);
    },
  ],
  [
    'scan that runs to its end',
    async (db) => {
      const scan = await begun(db.entries());
      return () => scan.all();
    },
  ],
  [
    'for await that is left',
    async (db) => {
      const iterator = db.entries()[Symbol.asyncIterator]();
      await iterator.next();
      return () => iterator.return?.();
    },
  ],
  [
    'transaction that rolls back',
    (db) => {
      const tx = db.begin();
      return () => tx.rollback();
    },
  ],
  [
    'transaction that commits',
    (db) => {
      const tx = db.begin();
      tx.put('z', '1');
      return () => tx.commit();
    },
  ],
  [
    'transaction that has written nothing and commits',
    (db) => {
      const tx = db.begin();
      return () => tx.commit();
    },
  ],
  [
    'transaction that conflicts',
    (db) => {
      const tx = db.begin();
      tx.put(keyOf(1), '1');
      return () => errorOf(() => tx.commit());
    },
  ],
  [
    'read-only transaction',
    (db) => {
      const tx = db.begin({ readOnly: true });
      return () => tx.commit();
    },
  ],
  [
    'serializable transaction',
    async (db) => {
      const tx = db.begin({ isolation: 'serializable' });
      await tx.get(keyOf(1));
      return () => tx.rollback();
    },
  ],
  [
    'pessimistic transaction',
    async (db) => {
      const tx = db.begin({ mode: 'pessimistic' });
      await tx.getForUpdate('other');
      return () => tx.rollback();
    },
  ],
  [
    'pessimistic transaction that a lock moves on',
    (db) => {
      const tx = db.begin({ mode: 'pessimistic' });
      return () => tx.getForUpdate(keyOf(1));
    },
  ],
  [
    'transaction() whose body throws',
    (db) => {
      const { signal, ...controller } = stopper();
      const body = (): Promise<never> =>
        new Promise((_, reject) =>
          signal.addEventListener('abort', () => reject(new Error('mine'))),
        );
      const running = errorOf(() => db.transaction(body));
      return async () => {
        controller.abort();
        await running;
      };
    },
  ],
];

function stopper(): { signal: AbortSignal; abort: () => void } {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort() };
}

function endOf(reader: { close(): void }): End {
  return () => reader.close();
}

async function begun<T extends { nextMany(count: number): Promise<unknown> }>(scan: T): Promise<T> {
  await scan.nextMany(2);
  return scan;
}

/** One obsolete file is the log before, which goes with the next commit. */
async function expectFreed(db: TextDatabase, what: string): Promise<void> {
  await backgroundUntil(`space of ${what}`, () => {
    const { tables, background, readers } = db.stats();
    return (
      tables.sizeBytes + readers.pinnedTableBytes < 100_000 && background.obsoleteFileCount <= 1
    );
  });
}

describe.each(READERS)('the end of a %s', (what, begin) => {
  it('gives back what was deleted meanwhile', async () => {
    const db = await openMemory({ ...TINY, durability: 'os' });
    await fill(db);
    const end = await begin(db);
    for (let i = 0; i < COUNT; i++) await db.del(keyOf(i));
    await db.compact();
    const { tables, readers } = db.stats();
    expect(tables.sizeBytes + readers.pinnedTableBytes).toBeGreaterThan(1_000_000);
    await end();
    await expectFreed(db, what);
  });
});

it('the end of a snapshot gives back old versions, also where nothing was deleted', async () => {
  const db = await openMemory({ ...TINY, durability: 'os' });
  await fill(db);
  const { sizeBytes } = db.stats().tables;
  const snapshots = [db.snapshot()];
  await fill(db, 1);
  snapshots.push(db.snapshot());
  await fill(db, 2);
  expect(db.stats().tables.sizeBytes).toBeGreaterThan(2.5 * sizeBytes);
  for (const snapshot of snapshots) snapshot.close();
  await backgroundUntil('one version', () => db.stats().tables.sizeBytes < 1.2 * sizeBytes);
});

it.each(['verify', 'checkpoint', 'getMany'] as const)(
  '%s holds nothing once it has ended, or was aborted',
  async (call) => {
    const db = await openMemory({ ...TINY, durability: 'os', blockCacheSizeBytes: 0 });
    await fill(db);
    const controller = new AbortController();
    const { signal } = controller;
    const running =
      call === 'getMany'
        ? db.getMany(Array.from({ length: COUNT }, (_, i) => keyOf(i)))
        : call === 'verify'
          ? db.verify({ signal })
          : db.checkpoint('/test/copy', { signal });
    const ended = running.then(
      () => undefined,
      () => undefined,
    );
    await db.delRange({});
    await db.compact();
    controller.abort();
    await ended;
    await expectFreed(db, call);
  },
);

it.each([
  ['delRange', (db: TextDatabase) => db.delRange({ prefix: 'k' })],
  ['batch', (db: TextDatabase) => db.batch([{ type: 'delRange', prefix: 'k' }])],
  ['transaction', (db: TextDatabase) => db.transaction((tx) => tx.delRange({ prefix: 'k' }))],
  [
    'several ranges',
    async (db: TextDatabase) => {
      for (let i = 0; i < 2; i++) await db.delRange({ gte: keyOf(i * 50), lt: keyOf(i * 50 + 50) });
    },
  ],
])(
  'a %s of large tables gives them back with no further write, in memory and on files',
  async (_, remove) => {
    for (const background of ['inline', 'worker'] as const) {
      const location = makeDirectory();
      const options = { ...TINY, durability: 'os', background } as const;
      const db =
        background === 'inline'
          ? await openMemory(options)
          : await open<string, string>(location, {
              ...options,
              keyEncoding: 'utf8',
              valueEncoding: 'utf8',
            });
      await fill(db);
      await remove(db);
      if (background === 'inline') await expectFreed(db, 'a range');
      else
        while (db.stats().tables.sizeBytes > 100_000)
          await new Promise((resolve) => db.on('compaction-finished', resolve));
      await db.close();
    }
  },
);
