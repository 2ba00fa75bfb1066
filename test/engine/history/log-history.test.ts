/** Which logs stay, which go, and in which state they are: on the disk, after a power cut, and while files fail. */
import { describe, expect, it } from 'vitest';
import type { Database } from '../../../src/api/database.ts';
import { open } from '../../../src/api/open.ts';
import { CorruptionError, HistoryGoneError } from '../../../src/base/errors.ts';
import { MemoryVfs } from '../../../src/vfs/memory-vfs.ts';
import type { Vfs } from '../../../src/vfs/vfs.ts';
import { CrashVfs } from '../../support/crash-vfs.ts';
import { FaultVfs } from '../../support/fault-vfs.ts';
import { GateVfs } from '../../support/gate-vfs.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { closeLater, DIRECTORY, errorOf, openMemory, turns } from '../../api/fixture.ts';

const MIB = 1024 * 1024;
const KEPT = { history: { keepMs: 3_600_000, keepBytes: MIB } } as const;

function logsOf(vfs: Vfs): string[] {
  return vfs
    .list(DIRECTORY)
    .filter((name) => name.endsWith('.log'))
    .sort();
}

async function keysOf(db: Database<string, string>, since: number | Date): Promise<string[]> {
  const keys: string[] = [];
  for await (const { operations } of db.changes({ since, follow: false }))
    for (const operation of operations)
      if (operation.type === 'put') keys.push(String(operation.key));
  return keys;
}

async function openAt(vfs: Vfs, options: object = {}): Promise<Database<string, string>> {
  return closeLater(
    await open(DIRECTORY, { vfs, keyEncoding: 'utf8', valueEncoding: 'utf8', ...options }),
  );
}

describe('a log that is kept', () => {
  it.each(['synced-only', 'prefix', 'subset', 'torn', 'everything'] as const)(
    'is whole after a power cut that leaves %s, when its commits were never synced (log-history/ended-first)',
    async (mode) => {
      for (let seed = 1; seed <= 8; seed++) {
        const disk = new CrashVfs();
        const db = await openAt(disk, { ...KEPT, durability: 'os' });
        for (const key of ['a', 'b', 'c']) await db.put(key, 'x'.repeat(700));
        await db.flush();
        const crashed = disk.crash({ mode, seed });
        const again = await openAt(crashed);
        expect(await keysOf(again, 0), `seed=${seed}`).toEqual(['a', 'b', 'c']);
        expect((await again.verify()).problems).toEqual([]);
      }
    },
  );

  it('gets nothing more, be it a mark or the end of a close (log-history/ended-first)', async () => {
    const vfs = new MemoryVfs();
    const db = await openMemory({ vfs, ...KEPT });
    await db.put('a', '1');
    await db.flush();
    const [first] = logsOf(vfs);
    const sizeOf = (): number => {
      const file = vfs.open(`${DIRECTORY}/${first}`, 'read');
      const size = file.sizeSync();
      file.closeSync();
      return size;
    };
    const sizeBytes = sizeOf();
    expect(sizeBytes).toBeLessThan(1000);
    await turns(5);
    expect(sizeOf()).toBe(sizeBytes);
    await db.close();
    expect(sizeOf()).toBe(sizeBytes);
  });

  it('lets a flush wait for its end while groups are on their way', async () => {
    const vfs = new GateVfs(new MemoryVfs());
    const db = await openMemory({ vfs, ...KEPT });
    await db.put('a', '1', { durability: 'os' });
    const open_ = vfs.shut('sync', /\.log$/);
    const put = db.put('b', '2');
    const flushed = db.flush();
    const later = db.put('c', '3');
    await turns(5);
    open_();
    await Promise.all([put, flushed, later]);
    expect(await keysOf(db, 0)).toEqual(['a', 'b', 'c']);
  });
});

describe('a log that recovery needs', () => {
  it('stays, however small the bounds are (log-history/live-stay)', async () => {
    const vfs = new MemoryVfs();
    const clock = new ManualClock();
    const options = { environment: { clock }, history: { keepMs: 1, keepBytes: MIB } };
    const db = await openMemory({ vfs, ...options });
    await db.put('flushed', 'x'.repeat(MIB));
    await db.flush();
    await db.put('a', 'x'.repeat(MIB));
    await db.put('b', 'x'.repeat(MIB));
    clock.advance(10_000);
    await db.close();
    const again = await openMemory({ vfs, ...options }); // this trims
    await turns(20);
    expect(await keysOf(again, 1)).toEqual(['a', 'b']);
    expect(await errorOf(() => keysOf(again, 0))).toBeInstanceOf(HistoryGoneError);
    expect(again.getSync('b')).toHaveLength(MIB);
  });
});

describe('a file that fails in the upkeep of the history (log-history/upkeep-only)', () => {
  it.each(['EIO', 'EMFILE', 'ENOSPC'])('stops no flush and no open: %s', async (code) => {
    const vfs = new FaultVfs(new MemoryVfs());
    const db = await openMemory({ vfs, ...KEPT });
    for (let i = 0; i < 4; i++) {
      await db.put(`k${i}`, 'x'.repeat(MIB / 2));
      await db.flush();
    }
    await turns(20);
    await db.put('k4', 'x'.repeat(MIB / 2));
    const kept = logsOf(vfs).slice(0, -2);
    vfs.inject({ kinds: ['open', 'read'], path: /\.log$/, sticky: true, code });
    await db.flush();
    await turns(20);
    vfs.heal();
    await db.put('k5', '1');
    await db.flush();
    await turns(20);
    expect(logsOf(vfs)).not.toContain(kept[0]);
    await db.close();
    await openMemory({ vfs, history: 'off' });
  });

  it('nor does a damaged log, which a stream tells of', async () => {
    const vfs = new MemoryVfs();
    const db = await openMemory({ vfs, ...KEPT });
    for (const key of ['a', 'b']) {
      await db.put(key, '1');
      await db.flush();
    }
    await db.close();
    const [first] = logsOf(vfs);
    const file = vfs.open(`${DIRECTORY}/${first}`, 'modify');
    file.writeSync(Uint8Array.of(0xff), 0, 1, file.sizeSync() - 3);
    file.closeSync();
    const again = await openMemory({ vfs, ...KEPT });
    await again.put('c', '1');
    await again.flush();
    await turns(20);
    expect(await errorOf(() => keysOf(again, 0))).toBeInstanceOf(CorruptionError);
    expect(await keysOf(again, 1)).toEqual(['b', 'c']);
  });
});

describe('an open', () => {
  it('is refused while a kept log is missing', async () => {
    const vfs = new MemoryVfs();
    const db = await openMemory({ vfs, ...KEPT });
    await db.put('a', '1');
    await db.flush();
    await db.close();
    const path = `${DIRECTORY}/${logsOf(vfs)[0]!}`;
    vfs.unlink(path);
    const error = await errorOf(() => openMemory({ vfs }));
    expect(error).toBeInstanceOf(CorruptionError);
    expect(error).toMatchObject({ file: path });
  });
});
