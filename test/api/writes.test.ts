/** Durability as asked for, backpressure that never stops the loop, and what stats and events say of both. */
import { describe, expect, it } from 'vitest';
import { AbortedError } from '../../src/base/errors.ts';
import type { Database } from '../../src/api/database.ts';
import type { EventMap, EventName } from '../../src/engine/state/events.ts';
import { MemoryVfs } from '../../src/vfs/memory-vfs.ts';
import { FaultVfs } from '../support/fault-vfs.ts';
import { GateVfs } from '../support/gate-vfs.ts';
import { errorOf, filler, isSettled, openMemory, TINY, turns } from './fixture.ts';

describe('durability', () => {
  it('sync is acknowledged after a sync of the log, os after its write', async () => {
    const vfs = new GateVfs(new MemoryVfs());
    const db = await openMemory({ vfs });
    const openSyncs = vfs.shut('sync');
    await db.put('os', 'v', { durability: 'os' });
    expect(db.getSync('os')).toBe('v');
    const synced = db.put('sync', 'v');
    expect(await isSettled(synced)).toBe(false);
    expect(db.getSync('sync')).toBeUndefined();
    openSyncs();
    await synced;
    expect(db.getSync('sync')).toBe('v');
  });

  it('an os commit behind a sync one waits for it: acknowledgements follow the commit order (commit-pipeline/published-in-order)', async () => {
    const vfs = new GateVfs(new MemoryVfs());
    const db = await openMemory({ vfs });
    const openSyncs = vfs.shut('sync');
    const order: string[] = [];
    const commits = (['sync', 'os', 'sync', 'os'] as const).map((durability, i) =>
      db.put(`k${i}`, 'v', { durability }).then(() => order.push(`k${i}`)),
    );
    await turns();
    expect(order).toEqual([]);
    openSyncs();
    await Promise.all(commits);
    expect(order).toEqual(['k0', 'k1', 'k2', 'k3']);
  });

  it('of the database is the default, and each commit may differ', async () => {
    const vfs = new FaultVfs(new MemoryVfs());
    const db = await openMemory({ vfs, durability: 'os' });
    await db.put('first', '0', { durability: 'os' });
    await turns(); // the next log is made with the first commit
    const before = vfs.count('sync');
    await db.put('a', '1');
    await db.del('a');
    await db.batch([{ type: 'put', key: 'b', value: '2' }]);
    await db.delRange({ gte: 'x' });
    await db.transaction((tx) => tx.put('c', '3'));
    expect(vfs.count('sync')).toBe(before);
    await db.put('d', '4', { durability: 'sync' });
    expect(vfs.count('sync')).toBe(before + 1);
    expect(db.stats().log.syncCount).toBe(1);
    await db.transaction((tx) => tx.put('e', '5'), { durability: 'sync' });
    expect(vfs.count('sync')).toBe(before + 2);
  });

  it('many callers share one sync', async () => {
    const vfs = new FaultVfs(new MemoryVfs());
    const db = await openMemory({ vfs });
    await db.put('first', '0', { durability: 'os' });
    await turns(); // the next log is made with the first commit
    const before = vfs.count('sync');
    await Promise.all(Array.from({ length: 500 }, (_, i) => db.put(`k${i}`, 'v')));
    expect(vfs.count('sync') - before).toBeLessThanOrEqual(3);
    expect(db.stats().commits).toMatchObject({ count: 501, operationCount: 501 });
    expect(db.stats().commits.groupCount).toBeLessThanOrEqual(4);
  });

  it('a commit that writes nothing is acknowledged without one', async () => {
    const db = await openMemory();
    const { assigned } = db.stats().sequence;
    await db.batch([]);
    await db.delRange({ gte: 'b', lt: 'a' });
    await db.batch([{ type: 'delRange', gte: 'b', lt: 'b' }]);
    await db.transaction(() => undefined);
    expect(db.stats().sequence.assigned).toBe(assigned);
  });

  it('the operations of a batch apply in their order, also to one key', async () => {
    const db = await openMemory();
    await db.batch([
      { type: 'put', key: 'a', value: '1' },
      { type: 'put', key: 'a', value: '2' },
      { type: 'put', key: 'b', value: '1' },
      { type: 'del', key: 'b' },
      { type: 'del', key: 'c' },
      { type: 'put', key: 'c', value: '1' },
      { type: 'delRange', gte: 'a', lt: 'b' },
      { type: 'put', key: 'aa', value: '3' },
    ]);
    expect(await db.entries().all()).toEqual([
      ['aa', '3'],
      ['c', '1'],
    ]);
  });
});

describe('backpressure', () => {
  /** Commits of which most must wait: nothing is published, so nothing can be flushed. */
  async function stall(count = 20): Promise<{
    db: Database<string, string>;
    puts: Promise<void>[];
    openSyncs: () => void;
    events: { name: EventName; event: EventMap[EventName] }[];
  }> {
    const vfs = new GateVfs(new MemoryVfs());
    const events: { name: EventName; event: EventMap[EventName] }[] = [];
    const db = await openMemory({
      vfs,
      ...TINY,
      immutableMemtableCountMax: 1,
      onEvent: (name, event) => void events.push({ name, event }),
    });
    await turns();
    const openSyncs = vfs.shut('sync', /\.log$/);
    const puts = Array.from({ length: count }, (_, i) => db.put(`k${i}`, filler(100_000, i)));
    return { db, puts, openSyncs, events };
  }

  it('holds commits in their promises while the loop turns and reads are answered', async () => {
    const { db, puts, openSyncs, events } = await stall();
    const { waitingCount } = db.stats().commits;
    expect(waitingCount).toBeGreaterThan(5);
    await turns(20);
    expect(await db.get('k0')).toBeUndefined();
    expect(db.stats().commits.waitingCount).toBe(waitingCount);
    expect(db.stats().stalls.count).toBe(1);
    openSyncs();
    await Promise.all(puts);
    for (let i = 0; i < 20; i++) expect(db.getSync(`k${i}`)).toBe(filler(100_000, i));
    const names = events.map(({ name }) => name);
    expect(names.indexOf('stalled')).toBeGreaterThan(-1);
    expect(names.indexOf('resumed')).toBeGreaterThan(names.indexOf('stalled'));
    expect(db.stats().commits.waitingCount).toBe(0);
  });

  it('keeps the order of calls: a small commit does not overtake one that waits', async () => {
    const { db, puts, openSyncs } = await stall();
    const last = db.put('k0', 'last', { durability: 'os' });
    openSyncs();
    await Promise.all([...puts, last]);
    expect(db.getSync('k0')).toBe('last');
  });

  it('a signal ends waiting with AbortedError, and nothing is written; one that began is not undone', async () => {
    const { db, puts, openSyncs } = await stall();
    const controller = new AbortController();
    const { signal } = controller;
    const waiting = [
      db.put('p', 'v', { signal }),
      db.del('k1', { signal }),
      db.batch([{ type: 'put', key: 'b', value: 'v' }], { signal }),
      db.delRange({ lt: 'z' }, { signal }),
    ];
    const reason = new Error('too slow');
    const outcomes = Promise.allSettled(waiting);
    controller.abort(reason);
    for (const outcome of await outcomes) {
      expect(outcome).toMatchObject({
        status: 'rejected',
        reason: { name: 'AbortedError', cause: reason },
      });
    }
    openSyncs();
    await Promise.all(puts);
    expect(await db.keys().all()).toHaveLength(20);
    const begun = new AbortController();
    const put = db.put('begun', 'v', { signal: begun.signal });
    begun.abort();
    await put;
    expect(db.getSync('begun')).toBe('v');
    const late = await errorOf(() => db.put('x', 'v', { signal }));
    expect(late).toBeInstanceOf(AbortedError);
  });

  it('a signal that outlives its commits keeps none of their listeners', async () => {
    const { signal } = new AbortController();
    let listenerCount = 0;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      listenerCount++;
      add(...args);
    };
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      listenerCount--;
      remove(...args);
    };
    const { db, puts, openSyncs } = await stall();
    const waiting = Array.from({ length: 5 }, (_, i) => db.put(`w${i}`, 'v', { signal }));
    expect(listenerCount).toBe(5);
    openSyncs();
    await Promise.all([...puts, ...waiting]);
    expect(listenerCount).toBe(0);
  });

  it('by level 0 slows and stops writes, and every one settles', async () => {
    const db = await openMemory({
      ...TINY,
      level0CompactionTrigger: 2,
      level0SlowdownTrigger: 3,
      level0StopTrigger: 4,
      durability: 'os',
    });
    await Promise.all(
      Array.from({ length: 120 }, (_, i) => db.put(`k${i % 30}`, filler(50_000, i))),
    );
    for (let i = 0; i < 30; i++) expect(db.getSync(`k${i}`)).toBe(filler(50_000, 90 + i));
    expect(db.stats().stalls.count + db.stats().stalls.slowdownCount).toBeGreaterThan(0);
    expect(db.stats().background.flushCount).toBeGreaterThan(5);
  });
});

describe('stats() and events', () => {
  it('stats are plain, complete, and fresh at each call', async () => {
    const db = await openMemory(TINY);
    const stats = db.stats();
    expect(JSON.parse(JSON.stringify({ ...stats, failure: undefined }))).toMatchObject({
      location: '/test/db',
      sequence: { assigned: 0, published: 0, durable: 0, flushed: 0 },
      commits: { count: 0, operationCount: 0, waitingCount: 0, conflictCount: 0, retryCount: 0 },
      tables: { count: 0, sizeBytes: 0 },
      readers: { snapshotCount: 0, transactionCount: 0, scanCount: 0, oldestPinMs: 0 },
      recovery: { isNew: true, lastSequence: 0, cutBytes: 0, orphanCount: 0 },
    });
    expect(stats.levels).toHaveLength(7);
    await db.put('k', 'v');
    expect(stats.commits.count).toBe(0);
    expect(db.stats()).toMatchObject({
      sequence: { assigned: 1, published: 1 },
      commits: { count: 1, operationCount: 1 },
    });
    await db.compact();
    expect(db.stats()).toMatchObject({ sequence: { flushed: 1 }, tables: { count: 1 } });
    expect(db.stats().databaseId).toBe(stats.databaseId);
  });

  it('block cache hits and misses are counted, and its bytes bounded', async () => {
    const blockCacheSizeBytes = 64 * 1024;
    const db = await openMemory({ ...TINY, blockCacheSizeBytes });
    for (let i = 0; i < 100; i++) await db.put(`k${i}`, filler(3000, i), { durability: 'os' });
    await db.compact();
    for (let round = 0; round < 2; round++) for (let i = 0; i < 100; i++) await db.get(`k${i}`);
    const first = db.stats().blockCache;
    await db.get('k99');
    const second = db.stats().blockCache;
    expect(first.missCount).toBeGreaterThan(50);
    expect(first.evictionCount).toBeGreaterThan(10);
    expect(second.hitCount + second.missCount).toBeGreaterThan(first.hitCount + first.missCount);
    expect(db.stats().memory.blockCacheBytes).toBeLessThanOrEqual(blockCacheSizeBytes);
  });

  it('recovery reports what it replayed, to onEvent and in stats', async () => {
    const vfs = new MemoryVfs();
    const db = await openMemory({ vfs });
    await db.put('a', '1');
    await db.batch([
      { type: 'put', key: 'b', value: '2' },
      { type: 'del', key: 'a' },
    ]);
    await db.close();
    const reports: unknown[] = [];
    const again = await openMemory({
      vfs,
      onEvent: (name, event) => name === 'recovered' && reports.push(event),
    });
    expect(reports).toEqual([again.stats().recovery]);
    expect(reports[0]).toMatchObject({
      isNew: false,
      commitCount: 2,
      operationCount: 3,
      lastSequence: 3,
    });
  });

  it('events come to listeners until they are taken off, and one that throws does no harm', async () => {
    const db = await openMemory();
    const warnings: string[] = [];
    const onWarning = (warning: Error): void => void warnings.push(warning.message);
    process.on('warning', onWarning);
    try {
      const flushes: EventMap['flush-finished'][] = [];
      const listener = (event: EventMap['flush-finished']): void => void flushes.push(event);
      db.on('flush-finished', () => {
        throw new Error('bad listener');
      }).on('flush-finished', listener);
      await db.put('k', 'v');
      await db.flush();
      db.off('flush-finished', listener);
      await db.put('k', 'w');
      await db.flush();
      expect(flushes).toHaveLength(1);
      expect(flushes[0]).toMatchObject({ entryCount: 1 });
      let isClosed = false;
      db.on('closed', () => (isClosed = true));
      await db.close();
      expect(isClosed).toBe(true);
      await turns();
      expect(warnings.join()).toContain('bad listener');
    } finally {
      process.off('warning', onWarning);
    }
  });

  it('compactions and flushes say what they did', async () => {
    const events: { name: EventName; event: EventMap[EventName] }[] = [];
    const db = await openMemory({
      ...TINY,
      onEvent: (name, event) => void events.push({ name, event }),
    });
    for (let i = 0; i < 60; i++)
      await db.put(`k${i % 20}`, filler(10_000, i), { durability: 'os' });
    await db.compact();
    const names = new Set(events.map(({ name }) => name));
    expect([...names]).toEqual(
      expect.arrayContaining(['recovered', 'flush-finished', 'compaction-finished']),
    );
    const { background, levels } = db.stats();
    expect(background.flushCount).toBe(
      events.filter(({ name }) => name === 'flush-finished').length,
    );
    const compactionCount = events.filter(({ name }) => name === 'compaction-finished').length;
    expect(background.compactionCount + background.trivialMoveCount).toBe(compactionCount);
    expect(levels.reduce((sum, level) => sum + level.entryCount, 0)).toBe(20);
  });
});
