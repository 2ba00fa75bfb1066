/** pruneBackups: what stays, what goes, and backups that are at work meanwhile. */
import { describe, expect, it } from 'vitest';

import { listBackups, pruneBackups, restore, verifyBackups } from '../../src/backup/backups.ts';
import { systemClock } from '../../src/base/clock.ts';
import { MemoryVfs } from '../../src/vfs/memory-vfs.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { contentAt, contentOf, fill, openText, SOURCE } from '../support/text-database.ts';
import { MemoryStore } from './fixture.ts';

const environment = { clock: systemClock };

describe('a prune', () => {
  it('keeps the newest of each database, by count and by age, and removes what no backup needs (prune/record-first, prune/newest-stays)', async () => {
    const vfs = new MemoryVfs();
    const store = new MemoryStore();
    for (const directory of ['/a', '/b']) {
      const db = await openText(vfs, directory, { environment });
      for (let i = 0; i < 4; i++) {
        await fill(db, 0, 40, () => `${directory}-${i}`);
        await db.compact();
        await db.backup(store, { name: `${directory.slice(1)}${i}` });
      }
      await db.close();
    }
    const kept = async (): Promise<string> =>
      (await listBackups(store))
        .map(({ name }) => name)
        .sort()
        .join();
    expect(await pruneBackups(store)).toMatchObject({ removed: [], objects: 0 });
    expect(await pruneBackups(store, { keepLast: 3 })).toMatchObject({ removed: ['a0', 'b0'] });
    expect(await pruneBackups(store, { keepMs: 3600_000 })).toMatchObject({ removed: [] });
    expect(await pruneBackups(store, { keepLast: 1, keepMs: 3600_000 })).toMatchObject({
      removed: [],
    });
    const report = await pruneBackups(store, { drop: ['a1'] });
    expect(report.removed).toEqual(['a1']);
    expect(report.objects).toBeGreaterThan(0);
    expect(await kept()).toBe('a2,a3,b1,b2,b3');
    await pruneBackups(store, { keepMs: 0 });
    expect(await kept()).toBe('a3,b3');
    await expect(pruneBackups(store, { drop: ['zz'] })).rejects.toMatchObject({
      code: 'BACKUP_NOT_FOUND',
    });
    expect(await verifyBackups(store)).toMatchObject({ isSound: true, backups: 2 });
    expect(store.names('objects/').length).toBe((await verifyBackups(store)).objects);
    expect(store.names('leases/')).toEqual([]);
  });

  it('during a backup leaves every object, and a backup waits for a prune (lease/backup-safe)', async () => {
    const vfs = new MemoryVfs();
    const store = new MemoryStore();
    const db = await openText(vfs, SOURCE, { environment });
    await fill(db, 0, 40);
    await db.flush();
    await db.backup(store, { name: 'a' });
    const [record] = store.names('backups/');
    store.objects.delete(record!); // its objects are found by the next backup, and nothing refers to them
    const objects = store.names('objects/');
    let pruned: Awaited<ReturnType<typeof pruneBackups>> | undefined;
    store.before = async (verb, name) => {
      if (verb !== 'put' || !name.startsWith('backups/')) return;
      store.before = () => undefined;
      pruned = await pruneBackups(store);
    };
    await db.backup(store, { name: 'b' });
    expect(pruned).toMatchObject({ waitingFor: 1, objects: 0 });
    expect(store.names('objects/')).toEqual(expect.arrayContaining(objects));
    expect(await verifyBackups(store)).toMatchObject({ isSound: true });
    expect(await pruneBackups(store)).toMatchObject({ waitingFor: 0 });

    let second: Promise<unknown> = Promise.resolve();
    let isBackupDone = false;
    store.before = async (verb, name) => {
      if (verb !== 'delete' || !name.startsWith('objects/')) return;
      store.before = () => undefined;
      second = db.backup(store, { name: 'c' }).then(() => (isBackupDone = true));
      for (let i = 0; i < 50; i++) await new Promise((resolve) => setImmediate(resolve));
      expect(isBackupDone).toBe(false);
    };
    await fill(db, 0, 5);
    await db.backup(store, { name: 'x' });
    await pruneBackups(store, { drop: ['x'] });
    await second;
    expect(isBackupDone).toBe(true);
    expect(await verifyBackups(store)).toMatchObject({ isSound: true });
    await db.close();
  });

  it('takes a backup that is silent for killed, and that backup fails and does not count (lease/fenced)', async () => {
    const vfs = new MemoryVfs();
    for (const moment of ['before its record', 'while its record is put']) {
      const store = new MemoryStore();
      const db = await openText(vfs, `/${moment.length}`, { environment });
      await fill(db, 0, 40);
      const prune = async (name: string): Promise<void> => {
        if (!name.startsWith('backups/')) return;
        store.before = () => undefined;
        store.beforeStored = () => undefined;
        await pruneBackups(store, { abandonedMs: 0 });
      };
      if (moment === 'before its record') {
        let lists = 0;
        store.before = async (verb, name) => {
          if (verb === 'list' && name.startsWith('leases/backup') && ++lists === 1)
            await prune('backups/');
        };
      } else store.beforeStored = prune;
      await expect(db.backup(store), moment).rejects.toMatchObject({ code: 'BACKUP_SUPERSEDED' });
      expect(await listBackups(store), moment).toEqual([]);
      await db.backup(store);
      expect(await verifyBackups(store), moment).toMatchObject({ isSound: true, backups: 1 });
      await db.close();
    }
  });

  it('removes no object while a record cannot be read, until that backup is dropped (prune/unreadable-stops)', async () => {
    const store = new MemoryStore();
    const db = await openText(new MemoryVfs(), SOURCE, { environment });
    await fill(db, 0, 40);
    await db.backup(store, { name: 'a' });
    await db.close();
    const [record] = store.names('backups/');
    store.objects.set(record!, store.objects.get(record!)!.slice(0, 50));
    store.objects.set(`objects/00/${'0'.repeat(64)}`, Uint8Array.of(1));
    await expect(pruneBackups(store)).rejects.toMatchObject({
      code: 'BACKUP_DAMAGED',
      object: record,
    });
    expect(await listBackups(store)).toMatchObject([
      { name: 'a', problem: expect.any(String) as string },
    ]);
    expect(store.names('objects/').length).toBeGreaterThan(1);
    await pruneBackups(store, { drop: ['a'] });
    expect(store.names('')).toEqual([]);
  });

  it('keeps what an archive needs for the backups that stay (prune/archive-by-time)', async () => {
    const vfs = new MemoryVfs();
    const store = new MemoryStore();
    const clock = new ManualClock();
    const db = await openText(vfs, SOURCE, { environment: { clock } });
    const archive = await db.archive(store);
    const states = new Map<number, [string, string][]>();
    const names: string[] = [];
    for (let i = 0; i < 12; i++) {
      await db.put(`k${i % 4}`, String(i));
      await archive.ship();
      states.set(db.stats().sequence.published, await contentOf(db));
      clock.advance(10); // so that times differ
      if (i % 4 === 3) names.push((await db.backup(store)).name);
    }
    await db.close();
    const before = store.names('archive/').length;
    const { kept } = await pruneBackups(store, { keepLast: 2 });
    expect(kept).toEqual(names.slice(-2));
    expect(store.names('archive/').length).toBeLessThan(before);
    const oldest = (await listBackups(store))[0]!.sequence;
    for (const [sequence, expected] of states) {
      const at = restore(store, `/r${sequence}`, { vfs, at: { sequence } });
      if (sequence < oldest - 4) continue;
      await at;
      expect(await contentAt(vfs, `/r${sequence}`)).toEqual(expected);
    }
    expect(await verifyBackups(store)).toMatchObject({ isSound: true });
  });

  it.each([{ keepLast: 0 }, { keepMs: -1 }, { drop: 'a' }, { drop: ['/'] }, { keep: 1 }])(
    'refuses %o',
    async (options) => {
      await expect(pruneBackups(new MemoryStore(), options as object)).rejects.toMatchObject({
        code: 'INVALID_ARGUMENT',
      });
    },
  );
});
