/**
 * How much the validation of a transaction looks at: counted, not timed.
 */
import { describe, expect, it } from 'vitest';
import type { Database } from '../../../src/api/database.ts';
import { ConflictError } from '../../../src/base/errors.ts';
import { MemoryVfs } from '../../../src/vfs/memory-vfs.ts';
import { errorOf, openMemory } from '../../api/fixture.ts';
import { GateVfs } from '../../support/gate-vfs.ts';

type Db = Database<string, string>;

const READ_COUNT = 10_000;
const keyOf = (index: number): string => `r/${String(index).padStart(6, '0')}`;

async function filled(options: { isFlushed?: boolean } = {}): Promise<Db> {
  const db = await openMemory({ durability: 'os' });
  await db.batch(
    Array.from({ length: READ_COUNT }, (_, i) => ({ type: 'put', key: keyOf(i), value: 'v' })),
  );
  if (options.isFlushed === true) await db.flush();
  return db;
}

async function writeElsewhere(db: Db, count: number): Promise<void> {
  for (let i = 0; i < count; i++) await db.put(`w/${i}`, 'v');
}

/** What the commit of a transaction that has read so looks at, after others have committed. */
async function stepsOf(
  db: Db,
  read: (tx: ReturnType<Db['begin']>) => void,
  others: (db: Db) => Promise<void>,
): Promise<number> {
  const tx = db.begin({ isolation: 'serializable' });
  read(tx);
  await others(db);
  tx.put('x', 'v');
  const before = db.stats().commits.validationStepCount;
  await tx.commit();
  return db.stats().commits.validationStepCount - before;
}

const readKeys =
  (count: number) =>
  (tx: ReturnType<Db['begin']>): void => {
    for (let i = 0; i < count; i++) tx.getSync(keyOf(i));
  };

const scanRows =
  (count: number) =>
  (tx: ReturnType<Db['begin']>): void => {
    expect([...tx.keys({ gte: 'r/', lt: 'r0', limit: count })].length).toBe(count);
  };

const scanEachRow =
  (count: number) =>
  (tx: ReturnType<Db['begin']>): void => {
    for (let i = 0; i < count; i++) {
      expect([...tx.keys({ gte: keyOf(i), limit: 1 })]).toEqual([keyOf(i)]);
    }
  };

describe('validation', () => {
  it('finds a conflict in a memtable that waits for its flush (memtable/older-below)', async () => {
    const vfs = new GateVfs(new MemoryVfs());
    const db = await openMemory({ vfs, durability: 'os', memtableSizeBytes: 256 * 1024 });
    const open = vfs.shut('sync', /\.sst$/);
    try {
      const tx = db.begin();
      await db.put('k', 'other');
      const large = 'v'.repeat(40_000); // few entries lie between the conflict and the next memtable
      while (db.stats().memory.immutableMemtableCount === 0) await db.put('fill', large);
      tx.put('k', 'mine');
      const error = await errorOf(() => tx.commit());
      expect(error).toBeInstanceOf(ConflictError);
      expect(db.stats().memory.immutableMemtableCount).toBe(1);
    } finally {
      open();
    }
  });

  it('looks at each key that was read once, in memory and in tables', async () => {
    for (const isFlushed of [false, true]) {
      const db = await filled({ isFlushed });
      for (const count of [10, 1000, READ_COUNT]) {
        const steps = await stepsOf(db, readKeys(count), (each) => writeElsewhere(each, 100));
        expect(steps, `isFlushed=${isFlushed} count=${count}`).toBe(count + 1);
      }
      await db.close();
    }
  });

  it('of a long scan looks at no more than twice what was committed since (commits-since/cost)', async () => {
    for (const isFlushed of [false, true]) {
      const db = await filled({ isFlushed });
      for (const commitCount of [1, 16, 300]) {
        const steps = await stepsOf(db, scanRows(READ_COUNT), (each) =>
          writeElsewhere(each, commitCount),
        );
        expect(steps, `isFlushed=${isFlushed}`).toBeLessThanOrEqual(1 + 2 * commitCount);
      }
      await db.close();
    }
  });

  it('of many short scans looks at their rows, however much was committed since', async () => {
    const db = await filled();
    for (const count of [100, 1000]) {
      const steps = await stepsOf(db, scanEachRow(count), (each) => writeElsewhere(each, 500));
      expect(steps).toBeLessThanOrEqual(1 + 3 * count);
    }
  });

  it('asks no table when the transaction began after the last flush (commits-since/new-to-old)', async () => {
    const db = await filled({ isFlushed: true });
    const before = db.stats().blockCache;
    await stepsOf(
      db,
      (tx) => {
        tx.getSync('r/absent');
        tx.del('r/000007x');
      },
      (each) => writeElsewhere(each, 3),
    );
    const { hitCount, missCount } = db.stats().blockCache;
    expect(hitCount + missCount - before.hitCount - before.missCount).toBeLessThanOrEqual(1); // the read
  });

  it('is exact across a flush, for keys and ranges that only tables still know', async () => {
    for (const read of [readKeys(100), scanRows(100)]) {
      const db = await filled();
      const tx = db.begin({ isolation: 'serializable' });
      read(tx);
      await db.put(keyOf(50), 'other');
      await db.flush();
      await writeElsewhere(db, 20);
      tx.put('x', 'v');
      expect(await errorOf(() => tx.commit())).toMatchObject({ code: 'CONFLICT' });
      expect(await stepsOf(db, read, (each) => each.flush())).toBeLessThanOrEqual(250);
      await db.close();
    }
  });

  it('finds a write of another within a long scan by its commit, and in a short scan by its row', async () => {
    const db = await filled();
    for (const [read, key] of [
      [scanRows(READ_COUNT), keyOf(9_999)],
      [scanRows(20), keyOf(19)],
      [scanRows(20), 'r/000010x'],
    ] as const) {
      const conflict = errorOf(() =>
        stepsOf(db, read, async (each) => {
          await writeElsewhere(each, 100);
          await each.put(key, 'other');
          await writeElsewhere(each, 100);
        }),
      );
      expect(await conflict).toMatchObject({ code: 'CONFLICT' });
    }
    // Beside what was scanned nothing conflicts.
    await stepsOf(db, scanRows(20), (each) => each.put(keyOf(20), 'other'));
  });
});

describe('memory of a validation', () => {
  it('is shown while the transaction runs, grows with what it reads, and is given back', async () => {
    const db = await filled();
    const bytesOf = (): number => db.stats().readers.readSetBytes;
    expect(bytesOf()).toBe(0);
    const tx = db.begin({ isolation: 'serializable' });
    readKeys(10)(tx);
    expect(bytesOf()).toBe(10 * (1 + keyOf(0).length));
    readKeys(1000)(tx);
    expect(bytesOf()).toBe(1000 * (1 + keyOf(0).length));
    scanRows(5000)(tx);
    expect(bytesOf()).toBeLessThan(1000 * (1 + keyOf(0).length) + 100); // one range, however many rows
    tx.put('x', 'value');
    expect(db.stats().readers.writeSetBytes).toBe(7);
    await tx.commit();
    expect(db.stats().readers).toMatchObject({ readSetBytes: 0, writeSetBytes: 0 });
  });

  it('is bounded: past its budget, keys become the one range that holds them', async () => {
    const db = await openMemory({ durability: 'os' });
    const tx = db.begin({ isolation: 'serializable' });
    const long = 'k'.repeat(60_000);
    for (let i = 0; i < 200; i++) tx.getSync(`${long}${i}`);
    expect(db.stats().readers.readSetBytes).toBeLessThan(9 * 1024 * 1024);
    tx.rollback();
  });
});
