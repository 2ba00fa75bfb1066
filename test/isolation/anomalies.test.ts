/**
 * Isolation levels: what each allows and forbids, anomaly by anomaly (anomalies.ts has the interleavings), in each
 * mode.
 *
 * `snapshot` forbids all but write skew, phantoms and the read-only anomaly; of these it is shown that both sides
 * commit and a client sees the result. `serializable` forbids all, and so do locks on everything that is read and
 * written; locks on what is written alone leave things as they are. Over files in memory, and over real ones.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConflictError } from '../../src/base/errors.ts';
import { open, type OpenOptions } from '../../src/api/open.ts';
import type { Isolation } from '../../src/api/transaction-options.ts';
import type { ScanOptions } from '../../src/api/ranges.ts';
import { MemoryVfs } from '../../src/vfs/memory-vfs.ts';
import { ANOMALIES, type Anomaly } from './anomalies.ts';
import { type Db, Interleaving, type Manner } from './interleaving.ts';

const LEVELS: readonly Isolation[] = ['snapshot', 'serializable'];
const ENCODINGS = { keyEncoding: 'utf8', valueEncoding: 'json' } as const;

const openDatabase = (location: string, options: OpenOptions): Promise<Db> =>
  open<string, number>(location, { ...options, ...ENCODINGS });

async function fill(db: Db): Promise<void> {
  await db.batch([
    { type: 'put', key: 'k1', value: 10 },
    { type: 'put', key: 'k2', value: 20 },
  ]);
}

async function inMemory(run: (db: Db) => Promise<void>): Promise<void> {
  const db = await openDatabase('/db', { vfs: new MemoryVfs() });
  try {
    await fill(db);
    await run(db);
  } finally {
    await db.close();
  }
}

/** The clients: all of one kind, or in turn the one and the other. */
const MANNERS: readonly (readonly Manner[])[] = [
  ['optimistic'],
  ['locks all'],
  ['locks writes'],
  ['optimistic', 'locks all'],
  ['locks all', 'optimistic'],
];

function isAllowed(level: Isolation, manners: readonly Manner[], anomaly: Anomaly): boolean {
  if (level === 'serializable') return false;
  if (manners.length === 2) return anomaly.isAllowedWhenMixed[manners[0] === 'optimistic' ? 0 : 1];
  return anomaly.isAllowedBySnapshot && manners[0] !== 'locks all';
}

const CASES = LEVELS.flatMap((level) =>
  MANNERS.flatMap((manners) =>
    ANOMALIES.map((anomaly) => ({
      level,
      manners,
      who: manners.join(' beside '),
      anomaly,
      name: anomaly.name,
      verb: isAllowed(level, manners, anomaly) ? 'allows' : 'forbids',
    })),
  ),
);

async function check(db: Db, { anomaly, level, manners }: (typeof CASES)[number]): Promise<void> {
  const at = new Interleaving(db, level, manners);
  const expected = isAllowed(level, manners, anomaly);
  expect(await anomaly.run(at)).toBe(expected);
  const { waitCount, deadlockCount, conflictCount } = at;
  if (expected) expect(conflictCount, 'refusals').toBe(0);
  if (manners.every((manner) => manner === 'optimistic')) {
    expect([waitCount, deadlockCount], 'waits and deadlocks').toEqual([0, 0]);
  }
  if (manners.every((manner) => manner === 'locks all')) {
    // A client that locks before it reads or writes is refused only to break a deadlock.
    const isRefused = anomaly.locked === 'conflict';
    expect(conflictCount, 'refusals').toBe(isRefused ? 1 : deadlockCount);
    const found = deadlockCount > 0 ? 'deadlock' : waitCount > 0 ? 'waits' : 'apart';
    expect(isRefused ? 'conflict' : found).toBe(anomaly.locked);
  }
  const { heldKeyCount, heldRangeCount, waiterCount } = db.stats().locks;
  expect([heldKeyCount, heldRangeCount, waiterCount], 'left in the lock table').toEqual([0, 0, 0]);
}

describe('isolation in memory', () => {
  it.each(CASES)('$level, $who, $verb: $name', async (each) => inMemory((db) => check(db, each)));
});

describe('isolation on disk', () => {
  let root: string;
  let db: Db;

  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'varve-isolation-'));
    db = await openDatabase(join(root, 'db'), {});
  });

  afterAll(async () => {
    await db.close();
    rmSync(root, { recursive: true, force: true });
  });

  // One database for all: what earlier cases left behind is deleted, partly in tables, partly in memory.
  it.each(CASES)('$level, $who, $verb: $name', async (each) => {
    await db.delRange({ gte: '' });
    await fill(db);
    if (each.name.includes('skew')) await db.flush();
    await check(db, each);
  });
});

/** A scan by one transaction, a write by another, and whether the two may go together. */
const NEIGHBOURS: readonly [string, ScanOptions<string>, string][] = [
  ['a key above the range', { gte: 'k1', lt: 'k3' }, 'k3'],
  ['a key below the range', { gt: 'k0', lte: 'k2' }, 'k0'],
  ['a key after the last row of a limit', { limit: 1 }, 'k15'],
  ['a key before the last row of a limit, backward', { reverse: true, limit: 1 }, 'k15'],
  ['any key, after a limit of 0', { limit: 0 }, 'k1'],
];

describe('serializable refuses no more than it must', () => {
  it.each(NEIGHBOURS)('%s may be written by another', async (_name, options, key) => {
    await inMemory(async (db) => {
      const [t1, t2] = [1, 2].map(() => db.begin({ isolation: 'serializable' }));
      await t1!.entries(options).all(); // both are there
      t1!.put('z1', 1);
      t2!.put(key, 1);
      await db.commit(t2!);
      await db.commit(t1!);
    });
  });

  it('a scan that was left early conflicts up to where it came', async () => {
    for (const [key, isConflict] of [
      ['k15', false],
      ['k05', true],
      ['k1', true],
    ] as const) {
      await inMemory(async (db) => {
        const tx = db.begin({ isolation: 'serializable' });
        for await (const row of tx.entries()) if (row[0] === 'k1') break;
        tx.put('z1', 1);
        await db.put(key, 1);
        const outcome = await db.commit(tx).catch((error: unknown) => error);
        expect(outcome instanceof ConflictError, key).toBe(isConflict);
      });
    }
  });

  it.each(LEVELS)('%s: a transaction that has only read never fails', async (isolation) => {
    await inMemory(async (db) => {
      const readers = [
        db.begin({ isolation }),
        db.begin({ isolation, readOnly: true }),
        db.begin({ isolation }),
      ];
      for (const tx of readers.slice(0, 2)) {
        await tx.get('k1');
        await tx.get('k9');
        await tx.entries().all();
      }
      await db.batch([
        { type: 'put', key: 'k1', value: 1 },
        { type: 'del', key: 'k2' },
      ]);
      await db.put('k9', 1);
      for (const tx of readers) {
        expect([await tx.get('k1'), await tx.get('k2'), await tx.get('k9')]).toEqual([
          10,
          20,
          undefined,
        ]);
        await db.commit(tx);
      }
    });
  });

  it.each(LEVELS)('%s: transactions on other keys go together', async (isolation) => {
    await inMemory(async (db) => {
      const all = Array.from({ length: 20 }, () => db.begin({ isolation }));
      for (const [i, tx] of all.entries()) tx.put(`own${i}`, ((await tx.get(`own${i}`)) ?? 0) + 1);
      await Promise.all(all.map((tx) => db.commit(tx)));
      expect((await db.keys({ prefix: 'own' }).all()).length).toBe(20);
    });
  });

  it('its own writes are no reads of others, and no conflict with itself', async () => {
    await inMemory(async (db) => {
      const tx = db.begin({ isolation: 'serializable' });
      tx.put('k1', 1);
      expect(await tx.get('k1')).toBe(1);
      tx.put('k1', 2);
      expect((await tx.entries().all()).length).toBe(2);
      await db.commit(tx);
      expect(await db.get('k1')).toBe(2);
    });
  });

  it('a transaction with very many scans still conflicts with a write in any of them', async () => {
    await inMemory(async (db) => {
      for (const key of ['s0000', 's2500', 's4999']) {
        const tx = db.begin({ isolation: 'serializable' });
        for (let i = 0; i < 5000; i++) {
          const gte = `s${String(i).padStart(4, '0')}`;
          expect([...tx.keys({ gte, lt: `${gte}~` })]).toEqual([]);
        }
        tx.put('z1', 1);
        await db.put(`${key}x`, 1);
        await expect(db.commit(tx), key).rejects.toThrow(ConflictError);
        await db.del(`${key}x`);
      }
    });
  });
});
