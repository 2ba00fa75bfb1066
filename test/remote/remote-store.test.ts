/** The store over a backend: what it asks for, what it refuses, and what it owes to no backend. A backend in memory counts. */
import { describe, expect, it } from 'vitest';

import {
  type BackendCapabilities,
  type BackendCommit,
  type BackendOutcome,
  type Database,
  openBackend,
  UnavailableError,
} from '../../src/index.ts';
import { MemoryBackend, MemoryServers } from './memory-backend.ts';

const ENCODINGS = { keyEncoding: 'utf8', valueEncoding: 'json' } as const;

interface Opened {
  readonly backend: MemoryBackend;
  readonly db: Database<string, unknown>;
}

async function openOn(
  servers: MemoryServers,
  capabilities: Partial<BackendCapabilities> = {},
): Promise<Opened> {
  const backend = new MemoryBackend(servers, capabilities);
  return { backend, db: await openBackend<string, unknown>(backend, ENCODINGS) };
}

/** Runs with one client, and looks that it gives back every snapshot. */
async function withOne(
  run: (opened: Opened, servers: MemoryServers) => Promise<void>,
  capabilities: Partial<BackendCapabilities> = { canWatch: false },
): Promise<void> {
  const servers = new MemoryServers();
  const opened = await openOn(servers, capabilities);
  await run(opened, servers);
  await opened.db.close();
  expect(servers.openSnapshotCount, 'open snapshots').toBe(0);
}

/** Requests that a call makes. */
async function requestsOf({ backend }: Opened, call: () => Promise<unknown>): Promise<number> {
  const before = backend.requestCount;
  await call();
  return backend.requestCount - before;
}

describe('reads', () => {
  it('of one turn are one request (remote-state/together)', () =>
    withOne(async (opened) => {
      const { db } = opened;
      await db.batch([1, 2, 3].map((i) => ({ type: 'put', key: `k${i}`, value: i })));
      expect(await requestsOf(opened, () => db.get('k1'))).toBe(2); // the snapshot, and the key
      expect(await requestsOf(opened, () => db.getMany(['k1', 'k2', 'k3', 'k4']))).toBe(2);
    }));

  it('of a transaction come from one snapshot (remote-state/one-snapshot, remote-view/one-state)', () =>
    withOne(async ({ db }) => {
      await db.batch([1, 2].map((i) => ({ type: 'put', key: `k${i}`, value: 0 })));
      const tx = db.begin();
      expect(await tx.get('k1')).toBe(0);
      await db.batch([1, 2].map((i) => ({ type: 'put', key: `k${i}`, value: 1 })));
      expect(await tx.get('k2')).toBe(0);
      expect(await tx.entries().all()).toEqual([
        ['k1', 0],
        ['k2', 0],
      ]);
      tx.rollback();
    }));

  it('keep a bounded number of rows (remote-state/rows-bounded)', () =>
    withOne(async (opened) => {
      const { db } = opened;
      await db.put('small', 1);
      await db.put('large', 'x'.repeat(5 * 1024 * 1024));
      const tx = db.begin();
      const requests = (key: string): Promise<number> => requestsOf(opened, () => tx.get(key));
      await requests('small');
      await requests('large');
      expect([await requests('small'), await requests('large')]).toEqual([0, 1]);
      tx.rollback();
    }));

  it('let go of their snapshots, left early or not (remote-state/given-back)', () =>
    withOne(async ({ db }, servers) => {
      for (let i = 0; i < 100; i++) await db.put(`k${String(i).padStart(3, '0')}`, i);
      for await (const [key] of db.entries()) if (key === 'k040') break;
      expect(await db.entries().count()).toBe(100);
      const snapshot = db.snapshot();
      await db.get('k001', { snapshot });
      expect(servers.openSnapshotCount).toBe(1);
      snapshot.close();
      db.entries(); // never stepped: the close of the database ends it
      await expect(db.transaction(() => Promise.reject(new RangeError('mine')))).rejects.toThrow(
        'mine',
      );
    }));

  it('of the catalog need no request (remote-view/catalog-at-hand)', () =>
    withOne(async (opened) => {
      const { db } = opened;
      await db.keyspace('mine', ENCODINGS);
      expect(await requestsOf(opened, () => db.keyspace('mine', ENCODINGS))).toBe(0);
      expect(await requestsOf(opened, () => db.keyspaces())).toBe(0);
    }));
});

describe('commits', () => {
  it('come after the snapshots that were asked for before (remote-store/own-order)', () =>
    withOne(async ({ db }) => {
      await db.put('k', 'old');
      const snapshot = db.snapshot();
      const scan = db.entries();
      const put = db.put('k', 'new');
      expect(await db.get('k', { snapshot })).toBe('old');
      expect(await scan.all()).toEqual([['k', 'old']]);
      await put;
      snapshot.close();
    }));

  it('of one key keep the order of their calls (remote-store/key-order)', () =>
    withOne(async ({ db, backend }) => {
      let count = 0;
      backend.onCommit = () => {
        const turns = 5 - count++; // the first is the slowest
        return new Promise((resolve) => {
          const wait = (left: number): void => {
            if (left <= 0) resolve(undefined);
            else setImmediate(() => wait(left - 1));
          };
          wait(turns);
        });
      };
      await Promise.all([1, 2, 3, 4].map((i) => db.put('k', i)));
      expect(await db.get('k')).toBe(4);
    }));

  it('write each key once, as the last operation says (folded-writes/last-wins)', () =>
    withOne(async ({ db, backend }) => {
      await db.batch(['a', 'b', 'c', 'd'].map((key) => ({ type: 'put', key, value: 0 })));
      const sent: number[] = [];
      backend.onCommit = ({ writes }) => sent.push(writes.length);
      await db.batch([
        { type: 'put', key: 'a', value: 1 },
        { type: 'delRange', gte: 'a', lt: 'd' },
        { type: 'put', key: 'b', value: 2 },
        { type: 'del', key: 'b' },
        { type: 'put', key: 'b', value: 3 },
      ]);
      expect(sent).toEqual([3]);
      expect(await db.entries().all()).toEqual([
        ['b', 3],
        ['d', 0],
      ]);
    }));

  it('lose a range deletion to a row that came in between (folded-writes/last-wins)', () =>
    withOne(async ({ db, backend }, servers) => {
      const other = await openOn(servers, { canWatch: false });
      await db.put('a', 0);
      let isFirst = true;
      backend.onCommit = async () => {
        if (!isFirst) return;
        isFirst = false;
        await other.db.put('b', 0);
      };
      await db.delRange({ gte: 'a', lt: 'z' });
      expect(await db.entries().all()).toEqual([]);
      await other.db.close();
    }));

  it('check updates at the snapshot of their transaction (remote-store/one-snapshot)', () =>
    withOne(async ({ db }) => {
      await db.batch(['read', 'n'].map((key) => ({ type: 'put', key, value: 1 })));
      let runCount = 0;
      await db.transaction(async (tx) => {
        runCount++;
        await tx.get('read');
        tx.update('n', (n) => (n as number) + 1);
        if (runCount === 1) await db.put('n', 10);
      });
      expect([runCount, await db.get('n')]).toEqual([2, 11]);
    }));

  it('keep an empty value apart from none (remote-records/never-empty)', async () => {
    const servers = new MemoryServers();
    const db = await openBackend(new MemoryBackend(servers));
    await db.put(Buffer.from('k'), new Uint8Array(0));
    expect(await db.get(Buffer.from('k'))).toEqual(new Uint8Array(0));
    for (const { versions } of servers.rows.values()) {
      for (const { value } of versions) expect(value?.length).not.toBe(0);
    }
    await db.close();
  });

  it('are refused before a request when the backend cannot take them (remote-store/told-before)', () =>
    withOne(
      async (opened) => {
        const { db } = opened;
        const many = Array.from(
          { length: 11 },
          (_, i) => ({ type: 'put', key: `${i}`, value: i }) as const,
        );
        const refused: [code: string, call: () => unknown][] = [
          ['INVALID_ARGUMENT', () => db.put('k', 'x'.repeat(100))],
          ['INVALID_ARGUMENT', () => db.put('k'.repeat(60), 1)],
          ['INVALID_ARGUMENT', () => db.batch(many)],
          ['UNSUPPORTED', () => db.getSync('k')],
          ['UNSUPPORTED', () => [...db.keys()]],
          ['UNSUPPORTED', () => db.begin({ mode: 'pessimistic' })],
          ['UNSUPPORTED', () => db.changes()],
          ['UNSUPPORTED', () => db.watch({}, () => undefined)],
          ['UNSUPPORTED', () => db.stats()],
          ['UNSUPPORTED', () => db.share()],
          ['UNSUPPORTED', () => db.backup('/nowhere')],
          ['UNSUPPORTED', () => db.checkpoint('/nowhere')],
          ['UNSUPPORTED', () => db.ingest([])],
          ['UNSUPPORTED', () => db.on('flush-finished', () => undefined)],
        ];
        for (const [code, call] of refused) {
          const made = await requestsOf(opened, () =>
            expect((async () => call())(), String(call)).rejects.toMatchObject({ code }),
          );
          if (!String(call).includes('keys')) expect(made, String(call)).toBe(0);
        }
      },
      { canWatch: false, commitWriteCountMax: 10, valueSizeBytesMax: 90, keySizeBytesMax: 50 },
    ));
});

describe('updates in a transaction', () => {
  const sum = (n: unknown): number => ((n as number | undefined) ?? 0) + 1;

  it('are settled beside the read that needs them, in one request for all (remote-state/step-again)', () =>
    withOne(async (opened) => {
      const { db } = opened;
      const keys = ['k1', 'k2', 'k3'];
      await db.batch(keys.map((key) => ({ type: 'put', key, value: 1 })));
      const begun = (): ReturnType<typeof db.begin> => {
        const tx = db.begin();
        for (const key of keys) tx.update(key, sum);
        return tx;
      };
      // The snapshot, and all keys; for a scan its page too.
      const many = begun();
      expect(await requestsOf(opened, () => many.getMany(['other', ...keys]))).toBe(2);
      const scanned = begun();
      expect(await requestsOf(opened, () => scanned.entries().all())).toBe(3);
      expect(await requestsOf(opened, () => scanned.getMany(keys))).toBe(0);
      for (const tx of [many, scanned]) tx.rollback();
    }));

  it('are refused within a turn, and the error says what to do', () =>
    withOne(async ({ db }) => {
      await db.put('k', 1);
      const tx = db.begin();
      tx.update('k', sum);
      const refused = { code: 'UNSUPPORTED', message: expect.stringMatching(/await/) as string };
      expect(() => tx.getSync('k')).toThrow(expect.objectContaining(refused));
      expect(() => [...tx.keys()]).toThrow(expect.objectContaining(refused));
      tx.entries(); // never stepped
      expect(await tx.get('k')).toBe(2);
      expect(tx.getSync('k')).toBe(2);
      await tx.commit();
      expect(await db.get('k')).toBe(2);
    }));

  it('may read within a turn themselves (remote-state/step-again)', () =>
    withOne(async ({ db }) => {
      await db.batch(['a', 'b', 'c'].map((key, i) => ({ type: 'put', key, value: i })));
      const tx = db.begin();
      tx.update(
        'a',
        (n) => (n as number) + (tx.getSync('b') as number) + (tx.getSync('c') as number),
      );
      expect(await tx.get('a')).toBe(3);
      await tx.commit();
      expect(await db.get('a')).toBe(3);
    }));

  it('are shown by an index, however much was read before (remote-state/rows-bounded)', () =>
    withOne(async ({ db }) => {
      const indexes = { byN: { on: ['n'] } };
      const rows = await db.keyspace<string, { n: number; text?: string }>('rows', {
        ...ENCODINGS,
        indexes,
      });
      const text = 'x'.repeat(3 * 1024 * 1024);
      for (let i = 0; i < 3; i++) await rows.put(`k${i}`, { n: i, text });
      const tx = db.begin();
      const inTx = tx.in(rows);
      await inTx.getMany(['k0', 'k1', 'k2']);
      inTx.put('k2', { n: 20 });
      inTx.update('k1', () => ({ n: 10 }));
      expect(await inTx.index('byN').keys().all()).toEqual(['k0', 'k1', 'k2']);
      expect(
        await inTx
          .index('byN')
          .keys({ gte: [10] })
          .all(),
      ).toEqual(['k1', 'k2']);
      tx.rollback();
    }));

  it('and reads that fail are told once, to who asked', () =>
    withOne(async ({ db, backend }) => {
      await db.put('k', 1);
      const tx = db.begin();
      tx.update('k', sum);
      tx.update('l', sum);
      await tx.get('other');
      backend.onRead = () => {
        throw new UnavailableError('Nobody is there');
      };
      const scan = tx.entries();
      const gone = { code: 'UNAVAILABLE' };
      await expect(tx.get('k')).rejects.toMatchObject(gone);
      await expect(scan.all()).rejects.toMatchObject(gone);
      await expect(tx.getMany(['k', 'l', 'm'])).rejects.toMatchObject(gone);
      backend.onRead = undefined;
      expect(await tx.getMany(['k', 'l', 'm'])).toEqual([2, 1, undefined]);
      await tx.commit();
      expect(await db.getMany(['k', 'l'])).toEqual([2, 1]);
    }));
});

it('reads of many keys that fail before all were asked for end no process', async () => {
  const servers = new MemoryServers();
  const backend = new MemoryBackend(servers, { canWatch: false });
  const db = await openBackend<string, unknown>(backend, ENCODINGS);
  backend.onRead = () => {
    throw new UnavailableError('Nobody is there');
  };
  const keys = Array.from({ length: 50_000 }, (_, i) => `k${i}`); // more than a turn has time for
  await expect(db.getMany(keys)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  await db.close();
});

describe('the catalog', () => {
  it('that another process has changed stops no commit, and is gone past by none (catalog-copy/no-commit-past, catalog-copy/of-one-snapshot)', async () => {
    const servers = new MemoryServers();
    const [mine, theirs] = [
      await openOn(servers, { canWatch: false }),
      await openOn(servers, { canWatch: false }),
    ];
    const plain = await theirs.db.keyspace('people', ENCODINGS);
    await plain.put('before', { name: 'Ada' });
    const indexes = { byName: { on: ['name'], unique: true } };
    const indexed = await mine.db.keyspace('people', { ...ENCODINGS, indexes });
    await indexed.index('byName').ready();
    await plain.put('after', { name: 'Bea' }); // its process has not heard of the index
    expect(await indexed.index('byName').keys().all()).toEqual(['before', 'after']);
    await expect(plain.put('again', { name: 'Ada' })).rejects.toMatchObject({ code: 'UNIQUE' });
    expect((await mine.db.verify()).problems).toEqual([]);
    await mine.db.dropKeyspace('people');
    await expect(plain.put('late', { name: 'Cy' })).rejects.toMatchObject({ code: 'CLOSED' });
    await mine.db.close();
    await theirs.db.close();
  });

  it.each([0, 1, 2, 3, 5, 8])(
    'keeps keyspaces that are made one after the other, when answers come %i turns after the watch (catalog-copy/never-back)',
    async (turnCount) => {
      class LateBackend extends MemoryBackend {
        override async commit(commit: BackendCommit): Promise<BackendOutcome> {
          const outcome = await super.commit(commit);
          for (let i = 0; i < turnCount; i++) await new Promise((done) => setImmediate(done));
          return outcome;
        }
      }
      const db = await openBackend<string, unknown>(new LateBackend(), ENCODINGS);
      const spaces = [];
      for (let i = 0; i < 8; i++) {
        const space = await db.keyspace(`space-${i}`, ENCODINGS);
        await space.put('a', i);
        spaces.push(space);
      }
      expect(await Promise.all(spaces.map((space) => space.get('a')))).toEqual([...spaces.keys()]);
      await db.close();
    },
  );

  it('binds a database to its encodings', async () => {
    const servers = new MemoryServers();
    const { db } = await openOn(servers);
    await db.put('k', 1);
    await db.close();
    const other = openBackend(new MemoryBackend(servers), { keyEncoding: 'tuple' });
    await expect(other).rejects.toThrow('another encoding: recorded=utf8 asked=tuple');
  });
});

describe('changes', () => {
  it('begin after their call, and after a sequence (remote-changes/after)', () =>
    withOne(
      async ({ db }) => {
        await db.put('before', 1);
        const stream = db.changes();
        await db.put('after', 2);
        const first = await stream.next();
        expect(first?.operations).toEqual([
          { type: 'put', keyspace: 'default', key: 'after', value: 2 },
        ]);
        await db.del('before');
        const { sequence } = (await stream.next())!; // it follows
        stream.close();
        await db.put('last', 3);
        const rest = db.changes({ since: sequence });
        expect((await rest.next())?.operations).toMatchObject([{ key: 'last' }]);
        rest.close();
        const future = db.changes({ since: sequence + 1000 });
        await expect(future.next()).rejects.toThrow('in the future');
        expect(() => db.changes({ since: new Date() })).toThrow('begin at a sequence');
      },
      { canWatch: true },
    ));

  it('end at a mark when they do not follow (remote-changes/ends-by-mark)', () =>
    withOne(
      async ({ db }) => {
        for (let i = 0; i < 5; i++) await db.put('k', i);
        const seen: unknown[] = [];
        for await (const { operations } of db.changes({ since: 0, follow: false })) {
          for (const each of operations) if (each.type === 'put') seen.push(each.value);
        }
        expect(seen).toEqual([0, 1, 2, 3, 4]);
      },
      { canWatch: true },
    ));
});
