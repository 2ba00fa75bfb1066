/**
 * Opens that only read leave a database as it was, and the first commit after one is as durable as any
 * (engine/reads-change-nothing); logs that were cut since the last close are told (recovery/reaches-the-close).
 */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CorruptionError, DirectoryLostError } from '../../../src/base/errors.ts';
import { repair } from '../../../src/inspect/repair.ts';
import { verifyDirectory } from '../../../src/inspect/verify-directory.ts';
import { LOG_HEADER_SIZE_BYTES } from '../../../src/log/frame-format.ts';
import { MemoryVfs } from '../../../src/vfs/memory-vfs.ts';
import { CrashVfs } from '../../support/crash-vfs.ts';
import { bytesOf, imageOf } from '../../support/text-database.ts';
import { DIRECTORY, errorOf, filler, openMemory, TINY } from '../../api/fixture.ts';

/** A database with tables and logs, closed. */
async function makeDatabase(vfs: MemoryVfs): Promise<void> {
  const db = await openMemory({ ...TINY, vfs });
  for (let i = 0; i < 40; i++) await db.put(`old${i}`, filler(3000, i));
  await db.flush();
  for (let i = 0; i < 40; i++) await db.put(`new${i}`, filler(300, i));
  await db.close();
}

describe('an open that only reads (engine/reads-change-nothing)', () => {
  it('leaves every file as it was, hundreds of times', async () => {
    const vfs = new MemoryVfs();
    await makeDatabase(vfs);
    const before = imageOf(vfs, DIRECTORY);
    for (let i = 0; i < 300; i++) {
      const db = await openMemory({ ...TINY, vfs });
      expect(await db.get('new7')).toBe(filler(300, 7));
      if (i % 100 === 0) {
        expect((await db.keys().all()).length).toBe(80);
        expect((await db.verify()).isSound).toBe(true);
        db.stats();
        await db.transaction(async (tx) => tx.get('old3'));
      }
      await db.close();
    }
    expect(imageOf(vfs, DIRECTORY)).toEqual(before);
  });

  it('so does the second open after a crash', async () => {
    const disk = new CrashVfs();
    const db = await openMemory({ ...TINY, vfs: disk });
    for (let i = 0; i < 50; i++) await db.put(`k${i}`, filler(2000, i));
    const after = disk.crash({ mode: 'synced-only', seed: 1 });
    await (await openMemory({ ...TINY, vfs: after })).close();
    const before = after.operationCount;
    await (await openMemory({ ...TINY, vfs: after })).close();
    expect(after.operationCount - before).toBeLessThan(10); // the lock, and syncs of what is there
  });

  it('and many short lives that write leave few files (recovery/old-logs-stay)', async () => {
    const vfs = new MemoryVfs();
    for (let i = 0; i < 60; i++) {
      const db = await openMemory({ ...TINY, vfs });
      await db.put(`k${i}`, 'v');
      await db.close();
    }
    expect(vfs.list(DIRECTORY).length).toBeLessThan(30);
    const db = await openMemory({ ...TINY, vfs });
    expect((await db.keys().all()).length).toBe(60);
  });
});

describe('the first write after an open', () => {
  it.each([
    ['put', 1],
    ['batch', 2],
    ['transaction', 1],
    ['delRange', 0],
    ['ingest', 2],
  ] as const)('by %s is there after a power cut', async (kind, count) => {
    const disk = new CrashVfs();
    const first = await openMemory({ ...TINY, vfs: disk });
    await first.put('a', '1');
    await first.close();
    const db = await openMemory({ ...TINY, vfs: disk });
    if (kind === 'put') await db.put('b', '2');
    if (kind === 'batch') {
      await db.batch([
        { type: 'put', key: 'b', value: '2' },
        { type: 'put', key: 'c', value: '3' },
      ]);
    }
    if (kind === 'transaction') {
      await db.transaction(async (tx) => tx.put('b', (await tx.get('a')) ?? ''));
    }
    if (kind === 'delRange') await db.delRange({ gte: 'a', lt: 'b' });
    if (kind === 'ingest') {
      await db.ingest([
        ['b', '2'],
        ['c', '3'],
      ]);
    }
    const after = disk.crash({ mode: 'synced-only', seed: 1 });
    await db.close();
    const reopened = await openMemory({ ...TINY, vfs: after });
    expect((await reopened.keys({ gt: 'a' }).all()).length).toBe(count);
    expect(await reopened.get('a')).toBe(kind === 'delRange' ? undefined : '1');
  });

  it('many at once, with a flush and a compaction beside them, all are there', async () => {
    const vfs = new MemoryVfs();
    await makeDatabase(vfs);
    const db = await openMemory({ ...TINY, vfs });
    await Promise.all([
      db.flush(),
      ...Array.from({ length: 100 }, (_, i) => db.put(`x${i}`, filler(3000, i))),
      db.compact(),
      db.transaction(async (tx) => tx.put('sum', String((await tx.get('old1'))?.length))),
    ]);
    await db.close();
    const again = await openMemory({ ...TINY, vfs });
    expect((await again.keys().all()).length).toBe(181);
  });

  it('is not told as a stall', async () => {
    const vfs = new MemoryVfs();
    await makeDatabase(vfs);
    const db = await openMemory({ ...TINY, vfs });
    const stalls: unknown[] = [];
    db.on('stalled', (event) => stalls.push(event));
    await db.put('a', '1');
    expect(stalls).toEqual([]);
  });

  it('is refused when another database was laid over this one meanwhile', async () => {
    const vfs = new MemoryVfs();
    await makeDatabase(vfs);
    const manifest = vfs.list(DIRECTORY).find((name) => name.startsWith('MANIFEST'));
    const db = await openMemory({ ...TINY, vfs });
    const file = vfs.open(join(DIRECTORY, manifest!), 'modify'); // a closed database has one
    file.truncateSync(file.sizeSync() - 1);
    file.closeSync();
    const error = await errorOf(() => db.put('a', '1'));
    expect(error.cause).toBeInstanceOf(DirectoryLostError);
  });
});

describe('a log that was cut since the last close (recovery/reaches-the-close)', () => {
  /** A database whose last log holds ten commits, and the log's name and frames. */
  async function closedWithLog(): Promise<{ vfs: MemoryVfs; log: string; sizeBytes: number }> {
    const vfs = new MemoryVfs();
    const db = await openMemory({ ...TINY, vfs });
    for (let i = 0; i < 10; i++) await db.put(`k${i}`, filler(100, i));
    await db.close();
    const logs = vfs.list(DIRECTORY).filter((name) => name.endsWith('.log'));
    const log = logs.find(
      (name) => bytesOf(vfs, join(DIRECTORY, name)).length > LOG_HEADER_SIZE_BYTES,
    );
    return { vfs, log: log!, sizeBytes: bytesOf(vfs, join(DIRECTORY, log!)).length }; // the commits are in one
  }

  it.each([
    ['after its header', 0],
    ['in its middle', 0.5],
    ['before its last frame', 0.95],
  ])('%s is damage: open, verify and repair tell it', async (_, part) => {
    const { vfs, log, sizeBytes } = await closedWithLog();
    const file = vfs.open(join(DIRECTORY, log), 'modify');
    const end = LOG_HEADER_SIZE_BYTES + Math.floor((sizeBytes - LOG_HEADER_SIZE_BYTES) * part);
    file.truncateSync(end);
    file.closeSync();
    const error = await errorOf(() => openMemory({ ...TINY, vfs }));
    expect(error).toBeInstanceOf(CorruptionError);
    expect((error as CorruptionError).file).toBe(join(DIRECTORY, log));
    const report = await verifyDirectory(vfs, DIRECTORY);
    expect(report.problems.map(({ file: path }) => path)).toEqual([join(DIRECTORY, log)]);
    const repaired = await repair(DIRECTORY, '/test/repaired', { vfs });
    expect(repaired.losses.filter(({ kind }) => kind === 'commits' || kind === 'log')).not.toEqual(
      [],
    );
  });

  it('is refused as missing when its name is gone', async () => {
    const { vfs, log } = await closedWithLog();
    vfs.unlink(join(DIRECTORY, log));
    expect(await errorOf(() => openMemory({ ...TINY, vfs }))).toBeInstanceOf(CorruptionError);
  });

  it('a copy made by checkpoint knows its end as well', async () => {
    const { vfs } = await closedWithLog();
    const db = await openMemory({ ...TINY, vfs });
    await db.checkpoint('/test/copy');
    await db.close();
    const logs = vfs.list('/test/copy').filter((name) => name.endsWith('.log'));
    for (const name of logs) {
      const file = vfs.open(join('/test/copy', name), 'modify');
      file.truncateSync(LOG_HEADER_SIZE_BYTES);
      file.closeSync();
    }
    expect((await verifyDirectory(vfs, '/test/copy')).isSound).toBe(logs.length === 0);
  });
});
