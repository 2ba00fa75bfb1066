/**
 * Commits that ask for no sync: their log is synced behind them, and a failure of that sync stops all.
 */
import { describe, expect, it } from 'vitest';
import { DatabaseFailedError, IoError } from '../../../src/base/errors.ts';
import type { Database } from '../../../src/api/database.ts';
import { MemoryVfs } from '../../../src/vfs/memory-vfs.ts';
import type { Vfs } from '../../../src/vfs/vfs.ts';
import { CRASH_MODES, CrashVfs } from '../../support/crash-vfs.ts';
import { FaultVfs } from '../../support/fault-vfs.ts';
import { GateVfs } from '../../support/gate-vfs.ts';
import { turns } from '../../support/settle.ts';
import { errorOf, openMemory } from '../../api/fixture.ts';

const MIB = 'x'.repeat(1024 * 1024);
const OS = { durability: 'os' } as const;

/** In the order in which they are put. */
const KEYS = ['first', ...Array.from({ length: 8 }, (_, i) => `key ${i}`), 'while', 'after'];

/** Those that are there, in the order of KEYS. */
async function keysOf(db: Database<string, string>): Promise<string[]> {
  const values = await db.getMany(KEYS);
  return KEYS.filter((_, i) => values[i] !== undefined);
}

/** With its spare log made: from here on nothing but the log in use is synced. */
async function openWritten(vfs: Vfs): Promise<Database<string, string>> {
  const db = await openMemory({ vfs });
  await db.put('first', '1', OS);
  await turns(100);
  return db;
}

/** Eight MiB, and what frames add: the last of them begins a sync behind. */
async function putMuch(db: Database<string, string>): Promise<void> {
  for (let i = 0; i < 8; i++) await db.put(`key ${i}`, MIB, OS);
}

describe('a sync behind', () => {
  it('holds back no commit that asked for none, and is part of the next sync that a commit asks for', async () => {
    const vfs = new GateVfs(new MemoryVfs());
    const db = await openWritten(vfs);
    for (let i = 0; i < 5; i++) await db.put('alone', 'x'); // whose syncs become calls
    const open = vfs.shut('sync', /\.log$/, 1);
    await putMuch(db);
    expect(vfs.waiterCount).toBe(1);
    await db.put('more', MIB, OS);
    let isDurable = false;
    const durable = db.put('durable', 'x').then(() => (isDurable = true));
    await turns(100);
    expect(isDurable).toBe(false);
    open();
    await durable;
    await db.close();
  });

  it.each(CRASH_MODES)(
    'leaves a prefix after a power cut, and what it covered, mode=%s',
    async (mode) => {
      for (let seed = 1; seed <= 3; seed++) {
        const disk = new CrashVfs();
        const vfs = new GateVfs(disk);
        const db = await openWritten(vfs);
        const open = vfs.shut('sync', /\.log$/, 1);
        await putMuch(db);
        await db.put('while', 'under way', OS);
        expect(vfs.waiterCount).toBe(1);
        const during = await openMemory({ vfs: disk.crash({ seed, mode }) });
        const left = await keysOf(during);
        expect(left).toEqual(KEYS.slice(0, left.length));
        open();
        await turns(2);
        await db.put('after', 'x', OS);
        const after = await openMemory({ vfs: disk.crash({ seed, mode }) });
        const kept = await keysOf(after);
        expect(kept).toEqual(KEYS.slice(0, kept.length));
        expect(kept.length).toBeGreaterThanOrEqual(10);
      }
    },
  );

  it('ends the writes when it fails, and the commit that waits for it does not know', async () => {
    const faults = new FaultVfs(new MemoryVfs());
    const vfs = new GateVfs(faults);
    const db = await openWritten(vfs);
    const open = vfs.shut('sync', /\.log$/, 1);
    await putMuch(db);
    const durable = errorOf(() => db.put('durable', 'x'));
    await turns(100); // its own sync is over
    faults.inject({ kinds: ['sync'], nth: 1 });
    open();
    expect(await durable).toMatchObject({ constructor: DatabaseFailedError, outcome: 'unknown' });
    expect(await errorOf(() => db.put('more', 'x', OS))).toBeInstanceOf(DatabaseFailedError);
    expect(db.getSync('key 7')).toBe(MIB);
    await db.close();
  });

  it.each(['a commit', 'the close'])('that failed is told by %s', async (who) => {
    const vfs = new FaultVfs(new MemoryVfs());
    const db = await openWritten(vfs);
    vfs.inject({ kinds: ['sync'], path: /\.log$/, nth: 1 });
    await putMuch(db);
    await turns(2);
    if (who === 'a commit') {
      expect(await errorOf(() => db.put('more', 'x', OS))).toBeInstanceOf(DatabaseFailedError);
      await db.close();
    } else {
      expect(await errorOf(() => db.close())).toBeInstanceOf(IoError);
    }
  });
});
