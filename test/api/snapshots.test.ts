/** Snapshots never change, and hold back only what they must. */
import { describe, expect, it } from 'vitest';
import { ClosedError } from '../../src/base/errors.ts';
import { MemoryVfs } from '../../src/vfs/memory-vfs.ts';
import { GateVfs } from '../support/gate-vfs.ts';
import { errorOf, filler, openMemory, slowDiskClock, TINY } from './fixture.ts';

describe('a snapshot', () => {
  it('reads the same through writes, range deletions, flushes and compactions (engine/state-in-one-step)', async () => {
    const db = await openMemory({ ...TINY, blockCacheSizeBytes: 0 });
    const taken: { snapshot: ReturnType<typeof db.snapshot>; rows: [string, string][] }[] = [];
    for (let round = 0; round < 8; round++) {
      for (let i = 0; i < 30; i++) {
        const key = `k${String((i * 7 + round) % 40).padStart(2, '0')}`;
        if (i % 5 === 0) await db.del(key, { durability: 'os' });
        else await db.put(key, `${round}:${filler(4000, round * 30 + i)}`, { durability: 'os' });
      }
      if (round % 3 === 2) await db.delRange({ gte: 'k10', lt: `k${10 + round}` });
      const snapshot = db.snapshot();
      taken.push({ snapshot, rows: await db.entries({ snapshot }).all() });
      if (round % 2 === 0) await db.flush();
      if (round % 3 === 0) await db.compact();
    }
    await db.delRange({});
    await db.compact();
    for (const { snapshot, rows } of taken) {
      expect(await db.entries({ snapshot }).all()).toEqual(rows);
      expect([...db.entries({ snapshot, reverse: true })]).toEqual(rows.toReversed());
      for (const [key, value] of rows) expect(await db.get(key, { snapshot })).toBe(value);
    }
    expect(await db.keys().all()).toEqual([]);
    for (const { snapshot } of taken) snapshot.close();
  });

  it('holds nothing back once it is closed: a compaction leaves no deleted entry', async () => {
    const db = await openMemory(TINY);
    for (let i = 0; i < 50; i++) await db.put(`k${i}`, filler(5000, i), { durability: 'os' });
    const snapshot = db.snapshot();
    await db.delRange({});
    await db.compact();
    expect(db.stats().tables.sizeBytes).toBeGreaterThan(100_000);
    expect(db.stats().readers.snapshotCount).toBe(1);
    snapshot.close();
    await db.compact();
    expect(db.stats().tables.count).toBe(0);
    expect(db.stats().readers).toMatchObject({ snapshotCount: 0, oldestPinMs: 0 });
  });

  it('closed is refused by reads, and closing it again does nothing', async () => {
    const db = await openMemory();
    const [snapshot, other] = [db.snapshot(), db.snapshot()];
    snapshot.close();
    snapshot.close();
    snapshot[Symbol.dispose]();
    expect(snapshot.isClosed).toBe(true);
    expect(db.stats().readers.snapshotCount).toBe(1);
    for (const call of [
      () => db.get('k', { snapshot }),
      () => db.getSync('k', { snapshot }),
      () => db.entries({ snapshot }),
    ]) {
      expect(await errorOf(call)).toBeInstanceOf(ClosedError);
    }
    other.close();
  });

  it('a scan goes on over its rows after its snapshot was closed and they were compacted away (read-state/held-whole)', async () => {
    const db = await openMemory(TINY);
    for (let i = 0; i < 60; i++) await db.put(`k${100 + i}`, filler(5000, i), { durability: 'os' });
    await db.flush();
    const snapshot = db.snapshot();
    const scan = db.keys({ snapshot });
    await scan.nextMany(5);
    snapshot.close();
    await db.delRange({});
    await db.compact();
    expect(await scan.all()).toHaveLength(55);
  });

  it('shows nothing of a commit that is on its way', async () => {
    const vfs = new GateVfs(new MemoryVfs());
    const db = await openMemory({ vfs });
    const openSyncs = vfs.shut('sync');
    const batch = db.batch([
      { type: 'put', key: 'a', value: '1' },
      { type: 'put', key: 'b', value: '2' },
    ]);
    const before = db.snapshot();
    openSyncs();
    await batch;
    const after = db.snapshot();
    expect(await db.getMany(['a', 'b'], { snapshot: before })).toEqual([undefined, undefined]);
    expect(await db.getMany(['a', 'b'], { snapshot: after })).toEqual(['1', '2']);
  });
});

describe('a lookup that waits for a block', () => {
  it('answers as of its call, whatever is written, flushed and compacted meanwhile (read-view/one-state)', async () => {
    const vfs = new GateVfs(new MemoryVfs());
    const environment = { clock: slowDiskClock() };
    const db = await openMemory({ vfs, environment, ...TINY, blockCacheSizeBytes: 0 });
    for (let i = 0; i < 50; i++) await db.put(`k${i}`, filler(5000, i), { durability: 'os' });
    await db.compact();
    await db.get('k0');
    const openReads = vfs.shut('read');
    const pending = db.getMany(['k1', 'k2', 'k49']);
    await db.put('k1', 'new');
    await db.delRange({ gte: 'k2', lt: 'k3' });
    await db.compact();
    expect(vfs.waiterCount).toBeGreaterThan(0);
    openReads();
    expect(await pending).toEqual([filler(5000, 1), filler(5000, 2), filler(5000, 49)]);
    expect(db.getSync('k1')).toBe('new');
  });
});
