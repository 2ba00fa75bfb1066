/** The end of a database: every promise settles, nothing works afterwards, nothing is left behind. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ClosedError } from '../../src/base/errors.ts';
import type { Database } from '../../src/api/database.ts';
import { open } from '../../src/api/open.ts';
import { MemoryVfs } from '../../src/vfs/memory-vfs.ts';
import { GateVfs } from '../support/gate-vfs.ts';
import {
  closeLater,
  DIRECTORY,
  errorOf,
  filler,
  isSettled,
  makeDirectory,
  openMemory,
  slowDiskClock,
  TINY,
} from './fixture.ts';

const UTF8 = { keyEncoding: 'utf8', valueEncoding: 'utf8' } as const;

function openFiles(): string[] {
  return readdirSync('/proc/self/fd');
}

async function fill(db: Database<string, string>, count = 40): Promise<void> {
  for (let i = 0; i < count; i++) await db.put(`k${i}`, filler(8000, i), { durability: 'os' });
}

describe('close()', () => {
  it('settles every promise of calls in flight, and reopens with what was acknowledged', async () => {
    const vfs = new GateVfs(new MemoryVfs());
    const environment = { clock: slowDiskClock() };
    const db = await openMemory({ vfs, environment, ...TINY, blockCacheSizeBytes: 0 });
    await fill(db);
    await db.flush();
    await db.get('k0');
    const openReads = vfs.shut('read');
    const openSyncs = vfs.shut('sync', /\.log$/);
    const acknowledged = new Set<string>();
    const put = (key: string): Promise<void> =>
      db.put(key, filler(9000)).then(() => void acknowledged.add(key));
    const scan = db.entries();
    const tx = db.begin();
    tx.put('tx', 'v');
    const calls: Promise<unknown>[] = [
      db.get('k1'),
      db.getMany(['k2', 'k3']),
      db.has('k4'),
      scan.nextMany(30),
      tx.get('k5'),
      put('p1'),
      db.batch([{ type: 'put', key: 'p2', value: 'v' }]),
      db.del('k6'),
      db.delRange({ prefix: 'zz' }),
      db.commit(tx),
      db.transaction(async (inner) => {
        await inner.get('k7');
        inner.put('t', 'v');
      }),
      ...Array.from({ length: 200 }, (_, i) => put(`many${i}`)), // more than the memtables hold
      db.flush(),
      db.compact(),
      db.verify(),
    ];
    const settled = Promise.allSettled(calls);
    expect(db.stats().commits.waitingCount).toBeGreaterThan(0);
    const closed = db.close();
    expect(await isSettled(closed)).toBe(false);
    openReads();
    openSyncs();
    await closed;
    for (const result of await settled) {
      if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(ClosedError);
    }
    const again = await openMemory({ vfs, ...TINY });
    for (const key of acknowledged) expect(await again.has(key)).toBe(true);
    expect(again.getSync('k1')).toBe(filler(8000, 1));
  });

  it('called again is the same close', async () => {
    const db = await openMemory();
    await db.put('k', 'v');
    const first = db.close();
    const second = db.close();
    expect(db.isOpen).toBe(false);
    await Promise.all([first, second, db[Symbol.asyncDispose]()]);
    await db.close();
  });

  it('makes commits of os durability durable', async () => {
    const vfs = new MemoryVfs();
    const db = await openMemory({ vfs });
    await db.put('k', 'v', { durability: 'os' });
    await db.close();
    const again = await openMemory({ vfs });
    expect(again.getSync('k')).toBe('v');
    expect(again.stats().recovery.cutBytes).toBe(0);
  });

  it('rolls back transactions, ends scans with ClosedError, and leaves snapshots closable', async () => {
    const db = await openMemory(TINY);
    await fill(db);
    const [tx, readOnly, scan, fresh] = [
      db.begin(),
      db.begin({ readOnly: true }),
      db.keys(),
      db.keys(),
    ];
    const snapshot = db.snapshot();
    tx.put('k', 'v');
    await scan.nextMany(2);
    const txScan = tx.keys();
    await db.close();
    const ended: (() => unknown)[] = [
      () => tx.get('k'),
      () => tx.put('k', 'v'),
      () => tx.commit(),
      () => tx.keys(),
      () => readOnly.getSync('k'),
      () => scan.nextMany(1),
      () => fresh.all(),
      () => [...fresh],
      () => txScan.nextMany(1),
      () => scan.seek('a'),
    ];
    for (const call of ended) expect(await errorOf(call)).toBeInstanceOf(ClosedError);
    tx.rollback();
    scan.close();
    snapshot.close();
    snapshot.close();
  });

  it('after it every method throws or rejects with ClosedError', async () => {
    const db = await openMemory();
    const tx = db.begin();
    const snapshot = db.snapshot();
    await db.close();
    const calls: [string, () => unknown][] = [
      ['get', () => db.get('k')],
      ['get of a snapshot', () => db.get('k', { snapshot })],
      ['getSync', () => db.getSync('k')],
      ['getMany', () => db.getMany(['k'])],
      ['getMany of none', () => db.getMany([])],
      ['has', () => db.has('k')],
      ['entries', () => db.entries()],
      ['keys', () => db.keys()],
      ['values', () => db.values()],
      ['snapshot', () => db.snapshot()],
      ['put', () => db.put('k', 'v')],
      ['del', () => db.del('k')],
      ['delRange', () => db.delRange({})],
      ['batch', () => db.batch([])],
      ['begin', () => db.begin()],
      ['transaction', () => db.transaction(() => 1)],
      ['getTx', () => db.getTx(tx, 'k')],
      ['putTx', () => db.putTx(tx, 'k', 'v')],
      ['delTx', () => db.delTx(tx, 'k')],
      ['commit', () => db.commit(tx)],
      ['flush', () => db.flush()],
      ['compact', () => db.compact()],
      ['stats', () => db.stats()],
      ['verify', () => db.verify()],
      ['checkpoint', () => db.checkpoint('/elsewhere')],
    ];
    for (const [name, call] of calls) {
      expect([name, await errorOf(call)]).toEqual([name, expect.any(ClosedError)]);
    }
    expect(db.location).toBe('/test/db');
  });

  it('methods that return a promise reject and do not throw', async () => {
    const db = await openMemory();
    await db.close();
    const calls = [
      () => db.get('k'),
      () => db.put('k', 'v'),
      () => db.del('k'),
      () => db.batch([]),
      () => db.delRange({}),
      () => db.flush(),
    ];
    for (const call of calls) {
      let promise: Promise<unknown> | undefined;
      expect(() => (promise = call())).not.toThrow();
      await expect(promise).rejects.toThrow(ClosedError);
    }
  });

  it('during a compaction ends it and loses nothing', async () => {
    const vfs = new MemoryVfs();
    const db = await openMemory({ vfs, ...TINY });
    await fill(db, 200);
    const compacted = db.compact().catch((error: unknown) => error);
    await db.close();
    expect([undefined, 'ClosedError']).toContain(((await compacted) as Error | undefined)?.name);
    const again = await openMemory({ vfs, ...TINY });
    expect(await again.keys().all()).toHaveLength(200);
    expect((await again.verify()).isSound).toBe(true);
  });
});

describe('opening and closing 1000 times', () => {
  it('keeps every commit and a bounded number of files', async () => {
    const vfs = new MemoryVfs();
    let fileCountMax = 0;
    for (let round = 0; round < 1000; round++) {
      const db = await open(DIRECTORY, { ...UTF8, vfs, memtableSizeBytes: 256 * 1024 });
      expect(db.getSync('round')).toBe(round === 0 ? undefined : String(round - 1));
      await db.put('round', String(round), { durability: round % 50 === 0 ? 'sync' : 'os' });
      await db.close();
      fileCountMax = Math.max(fileCountMax, vfs.list(DIRECTORY).length);
    }
    expect(fileCountMax).toBeLessThan(30);
  });
});

describe('a scan', () => {
  it('gives back what it holds at its end, on close, and when its loop is left (scan/closed-once)', async () => {
    const db = await openMemory();
    for (const key of ['a', 'b', 'c']) await db.put(key, key);
    await db.keys().all();
    for (const key of db.keys()) if (key === 'b') break;
    for await (const key of db.keys()) if (key === 'b') break;
    await errorOf(() => {
      for (const key of db.keys()) throw new Error(key);
    });
    db.keys().close();
    db.keys()[Symbol.dispose]();
    await db.keys({ limit: 1 }).nextMany(5);
    expect(db.stats().readers.scanCount).toBe(0);
    const open = db.keys();
    expect(db.stats().readers.scanCount).toBe(1);
    open.close();
    open.close();
    expect(await open.nextMany(1)).toEqual([]);
  });

  it('stepped again while it loads a block gives each row once, in order (scan/one-step-at-a-time)', async () => {
    const vfs = new GateVfs(new MemoryVfs());
    const environment = { clock: slowDiskClock() };
    const db = await openMemory({ vfs, environment, ...TINY, blockCacheSizeBytes: 0 });
    await fill(db);
    await db.compact();
    const every = await db.keys().all();
    const scan = db.keys();
    const steps = scan[Symbol.asyncIterator]();
    await db.get('k0');
    const openReads = vfs.shut('read');
    const rows = Array.from({ length: 6 }, () => steps.next());
    expect(vfs.waiterCount).toBe(1);
    openReads();
    const found = (await Promise.all(rows)).map((row) => row.value);
    expect(found).toEqual(every.slice(0, 6));
  });

  it('closed while it loads a block ends quietly', async () => {
    const vfs = new GateVfs(new MemoryVfs());
    const environment = { clock: slowDiskClock() };
    const db = await openMemory({ vfs, environment, ...TINY, blockCacheSizeBytes: 0 });
    await fill(db);
    await db.compact();
    const scan = db.keys();
    await db.get('k0');
    const openReads = vfs.shut('read');
    const rows = scan.nextMany(40);
    scan.close();
    await db.put('k0', 'new');
    await db.compact(); // its tables are obsolete now
    openReads();
    expect((await rows).length).toBeLessThan(40);
    expect(await db.keys().all()).toHaveLength(40);
  });
});

describe('real files', () => {
  it.runIf(process.platform === 'linux')(
    'opening and closing leaves no descriptors behind, nor ever more files',
    async () => {
      const directory = join(makeDirectory(), 'db');
      const options = { ...UTF8, memtableSizeBytes: 256 * 1024, background: 'inline' } as const;
      let before = 0;
      for (let round = 0; round < 60; round++) {
        const db = await open(directory, options);
        await db.put('round', String(round), { durability: 'os' });
        await db.close();
        if (round === 5) before = openFiles().length;
      }
      expect(openFiles().length).toBeLessThanOrEqual(before);
      expect(readdirSync(directory).length).toBeLessThan(30);
    },
  );

  it.runIf(process.platform === 'linux')(
    'a closed database with its worker has no descriptor open',
    async () => {
      const directory = join(makeDirectory(), 'db');
      const before = openFiles().length;
      const db = closeLater(
        await open(directory, { ...TINY, keyEncoding: 'utf8', valueEncoding: 'utf8' }),
      );
      await fill(db, 150);
      await db.compact();
      await db.entries().all();
      expect(openFiles().length).toBeGreaterThan(before);
      const names = openFiles().length;
      await db.close();
      // The worker's own descriptors go as its thread ends.
      expect(openFiles().length).toBeLessThan(names);
    },
  );
});
