/**
 * Commits that fail half-way for lack of memory: the log must never hold half a commit, because nothing could be
 * recovered from it.
 *
 * The seam are the constructors of byte arrays, of which frames are made, and of shared memory, of which memtables are:
 * they refuse what is larger than the test allows.
 */
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Database } from '../../../src/api/database.ts';
import { Memtable } from '../../../src/memtable/memtable.ts';
import { CrashVfs } from '../../support/crash-vfs.ts';
import { GateVfs } from '../../support/gate-vfs.ts';
import { closeLater, errorOf, openMemory, TINY } from '../../api/fixture.ts';

const MIB = 1024 * 1024;
const BIG = 'b'.repeat(3 * MIB);
const KIB = 'k'.repeat(1024);

const PlainBytes = globalThis.Uint8Array;
const PlainShared = globalThis.SharedArrayBuffer;

afterEach(() => {
  giveMemoryBack();
  vi.restoreAllMocks();
});

/** Until `giveMemoryBack`, or the end of the test. */
function refuseBytesAbove(sizeBytes: number): void {
  globalThis.Uint8Array = refusingAbove(sizeBytes, PlainBytes);
}

function refuseSharedAbove(sizeBytes: number): void {
  globalThis.SharedArrayBuffer = refusingAbove(sizeBytes, PlainShared);
}

function refusingAbove<T extends typeof PlainBytes | typeof PlainShared>(
  sizeBytes: number,
  plain: T,
): T {
  return new Proxy(plain, {
    construct(target, args: [unknown], newTarget): object {
      if (typeof args[0] === 'number' && args[0] > sizeBytes) {
        throw new RangeError('Array buffer allocation failed');
      }
      return Reflect.construct(target, args, newTarget) as object;
    },
  });
}

function giveMemoryBack(): void {
  globalThis.Uint8Array = PlainBytes;
  globalThis.SharedArrayBuffer = PlainShared;
}

type TextDatabase = Database<string, string>;

/** After a kill and an open. */
async function expectRecovered(disk: CrashVfs, keys: readonly string[]): Promise<void> {
  const db = closeLater(await openMemory({ vfs: disk.kill() }));
  expect(await db.keys().all()).toEqual(keys);
  expect((await db.verify()).problems).toEqual([]);
}

const ATTEMPTS: Readonly<Record<string, (db: TextDatabase) => () => Promise<void>>> = {
  put: (db) => () => db.put('big', BIG),
  batch: (db) => () =>
    db.batch([
      { type: 'put', key: 'half', value: 'x' },
      { type: 'put', key: 'big', value: BIG },
      { type: 'put', key: 'half too', value: 'x' },
    ]),
  transaction: (db) => {
    const tx = db.begin();
    tx.put('half', 'x');
    tx.put('big', BIG);
    return () => db.commit(tx);
  },
};

describe('a commit for which there is no memory', () => {
  it.each(Object.entries(ATTEMPTS))(
    '%s: is refused whole, and what else is in its group is kept',
    async (_, prepare) => {
      const disk = new CrashVfs();
      const db = await openMemory({ vfs: disk, durability: 'os' });
      await db.put('a', '1');
      const attempt = prepare(db);
      const before = db.put('b', '2');
      refuseBytesAbove(2 * MIB);
      const refused = errorOf(attempt);
      giveMemoryBack();
      const after = db.put('c', '3');
      expect(await refused).toBeInstanceOf(RangeError);
      await Promise.all([before, after]);
      expect(await db.keys().all()).toEqual(['a', 'b', 'c']);
      await expectRecovered(disk, ['a', 'b', 'c']);
      await prepare(db)();
      expect(await db.get('big')).toBe(BIG);
    },
  );

  it('is refused alone, and the database closes', async () => {
    const disk = new CrashVfs();
    const db = await openMemory({ vfs: disk });
    refuseBytesAbove(2 * MIB);
    const refused = errorOf(() => db.put('big', BIG));
    giveMemoryBack();
    expect(await refused).toBeInstanceOf(RangeError);
    await db.close();
    await expectRecovered(disk, []);
  });

  it.each([
    ['frame', refuseBytesAbove, BIG],
    ['memtable', refuseSharedAbove, 'b'.repeat(3_555_555)], // of a size that no idle arena has
  ])(
    'is refused as well when it had to wait, for its %s, and those behind it go on',
    async (_, refuseAbove, big) => {
      const disk = new CrashVfs();
      const gate = new GateVfs(disk);
      const db = await openMemory({ vfs: gate, ...TINY, durability: 'os' });
      const openGate = gate.shut('sync', /\.log$/);
      const puts: Promise<void>[] = [];
      for (let i = 0; db.stats().commits.waitingCount === 0; i++) puts.push(db.put(`k${i}`, KIB));
      const refused = errorOf(() => db.put('big', big));
      const behind = db.put('behind', '1');
      expect(db.stats().commits.waitingCount).toBeGreaterThan(2);
      refuseAbove(2 * MIB);
      openGate();
      expect(await refused).toBeInstanceOf(RangeError);
      await Promise.all([...puts, behind]);
      giveMemoryBack();
      expect(await db.keys().all()).toHaveLength(puts.length + 1);
      await expectRecovered(disk, await db.keys().all());
    },
  );
});

describe('a commit that something else stops half-way', () => {
  it('stops the database before its group is written (commit-pipeline/whole-commits)', async () => {
    const disk = new CrashVfs();
    const db = await openMemory({ vfs: disk, durability: 'os' });
    await db.put('a', '1');
    const before = errorOf(() => db.put('b', '2'));
    vi.spyOn(Memtable.prototype, 'deleteRange').mockImplementationOnce(() => {
      throw new RangeError('Array buffer allocation failed');
    });
    const operations = [
      { type: 'put', key: 'half', value: 'x' },
      { type: 'delRange', gte: 'x' },
      { type: 'put', key: 'half too', value: 'x' },
    ] as const;
    const broken = errorOf(() => db.batch(operations));
    const after = errorOf(() => db.put('c', '3'));
    for (const error of await Promise.all([before, broken, after])) {
      expect(error).toMatchObject({ code: 'FAILED', outcome: 'not-applied' });
    }
    await db.close();
    await expectRecovered(disk, ['a']);
  });
});
