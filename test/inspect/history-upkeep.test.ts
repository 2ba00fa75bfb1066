/** Kept logs beside the other ways to look after a database: verification, checkpoint, repair, with a manifest and without. */
import { describe, expect, it } from 'vitest';
import { MemoryVfs, repair, verifyDirectory } from '../../src/index.ts';
import type { Database } from '../../src/api/database.ts';
import { CorruptionError, HistoryGoneError } from '../../src/base/errors.ts';
import { makeRandom } from '../support/prng.ts';
import { DIRECTORY, errorOf, openMemory, TINY } from '../api/fixture.ts';

const KEPT = { history: { keepMs: 3_600_000, keepBytes: 1 << 30 } } as const;

async function sequencesOf(db: Database<string, string>, since: number): Promise<number[]> {
  const sequences: number[] = [];
  for await (const { sequence } of db.changes({ since, follow: false })) sequences.push(sequence);
  return sequences;
}

function logsOf(vfs: MemoryVfs): string[] {
  return vfs
    .list(DIRECTORY)
    .filter((name) => name.endsWith('.log'))
    .sort()
    .map((name) => `${DIRECTORY}/${name}`);
}

function damage(vfs: MemoryVfs, path: string, at: (sizeBytes: number) => number): void {
  const file = vfs.open(path, 'modify');
  const byte = new Uint8Array(1);
  const position = at(file.sizeSync());
  file.readSync(byte, 0, 1, position);
  byte[0]! ^= 0x40;
  file.writeSync(byte, 0, 1, position);
  file.closeSync();
}

function cut(vfs: MemoryVfs, path: string, byBytes: number): void {
  const file = vfs.open(path, 'modify');
  file.truncateSync(file.sizeSync() - byBytes);
  file.closeSync();
}

/** Three kept logs, with a bulk load after the first, and one that is live. */
async function makeHistory(vfs: MemoryVfs): Promise<Database<string, string>> {
  const db = await openMemory({ vfs, ...KEPT });
  await db.put('a', '1');
  await db.put('a2', '1');
  await db.ingest([['loaded', '1']]);
  await db.put('b', '1');
  await db.flush();
  await db.put('c', '1');
  await db.flush();
  await db.put('d', '1');
  return db;
}

describe('verification of a database with history', () => {
  it('reads every kept log, whatever holes lie between them', async () => {
    const vfs = new MemoryVfs();
    const db = await makeHistory(vfs);
    const report = await db.verify();
    expect(report).toMatchObject({ isSound: true, keptLogCount: 3, problems: [] });
    expect(report.keptLogSizeBytes).toBeGreaterThan(100);
    expect(db.stats().history).toMatchObject({
      keepMs: 3_600_000,
      keepBytes: 1 << 30,
      logCount: 3,
    });
    expect(db.stats().history.sizeBytes).toBeGreaterThan(report.keptLogSizeBytes);
    await db.close();
    expect(await verifyDirectory(vfs, DIRECTORY)).toMatchObject({ isSound: true, keptLogCount: 3 });
  });

  it.each([
    ['a damaged frame', (vfs: MemoryVfs, path: string) => damage(vfs, path, (size) => size - 20)],
    ['a damaged header', (vfs: MemoryVfs, path: string) => damage(vfs, path, () => 9)],
    ['a torn tail', (vfs: MemoryVfs, path: string) => cut(vfs, path, 3)],
    ['a missing file', (vfs: MemoryVfs, path: string) => vfs.unlink(path)],
  ])('names the log: %s', async (_, spoil) => {
    for (const nth of [0, 1, 2]) {
      const vfs = new MemoryVfs();
      const db = await makeHistory(vfs);
      const path = logsOf(vfs)[nth]!;
      spoil(vfs, path);
      expect(await db.verify()).toMatchObject({ isSound: false, problems: [{ file: path }] });
      await db.close();
      const report = await verifyDirectory(vfs, DIRECTORY);
      expect(report).toMatchObject({
        isSound: false,
        problems: [{ file: path, code: 'CORRUPTION' }],
      });
    }
  });

  it('does not miss logs that the history drops meanwhile', async () => {
    const vfs = new MemoryVfs();
    const db = await makeHistory(vfs);
    await db.close();
    const again = await openMemory({ vfs });
    const verified = again.verify();
    await again.close();
    await verified.catch(() => undefined); // the close came first, or not
    const off = await openMemory({ vfs, history: 'off' });
    expect(await off.verify()).toMatchObject({ isSound: true, keptLogCount: 0 });
  });
});

describe('a checkpoint', () => {
  it('has no kept logs, and keeps history from then on', async () => {
    const vfs = new MemoryVfs();
    const db = await makeHistory(vfs);
    await db.checkpoint('/test/copy');
    await db.close();
    const copy = await (
      await import('../../src/index.ts')
    ).open('/test/copy', {
      vfs,
      keyEncoding: 'utf8',
      valueEncoding: 'utf8',
    });
    expect(copy.stats().history).toMatchObject({ keepMs: 3_600_000, logCount: 0 });
    expect(await errorOf(() => sequencesOf(copy, 0))).toBeInstanceOf(HistoryGoneError);
    await copy.put('e', '1');
    await copy.flush();
    await copy.put('f', '1');
    expect(await sequencesOf(copy, 5)).toEqual([6, 7, 8]);
    expect(copy.stats().history.logCount).toBeGreaterThan(0);
    expect((await copy.verify()).problems).toEqual([]);
    await copy.close();
  });
});

describe('a repair', () => {
  /** Puts, deletions and range deletions over few keys, flushed and compacted. */
  async function makeRandomHistory(vfs: MemoryVfs, seed: number): Promise<[string, string][]> {
    const random = makeRandom(seed);
    const db = await openMemory({ vfs, ...TINY, ...KEPT });
    for (let step = 0; step < 150; step++) {
      const key = `k${random.below(30)}`;
      const kind = random.below(12);
      if (kind === 0) await db.flush();
      else if (kind === 1) await db.compact();
      else if (kind < 5) await db.del(key);
      else if (kind === 5) await db.delRange({ gte: key, lt: `${key}z` });
      else await db.put(key, `${step}`);
    }
    const rows = await db.entries().all();
    await db.close();
    return rows;
  }

  it.each([true, false])('gives the same rows, with a manifest: %s', async (hasManifest) => {
    for (let seed = 1; seed <= 8; seed++) {
      const vfs = new MemoryVfs();
      const rows = await makeRandomHistory(vfs, seed);
      if (!hasManifest) {
        for (const name of vfs.list(DIRECTORY)) {
          if (/^(MANIFEST|CURRENT)/.test(name)) vfs.unlink(`${DIRECTORY}/${name}`);
        }
      }
      const report = await repair(DIRECTORY, '/test/repaired', { vfs });
      expect(report.isComplete, `seed=${seed}`).toBe(hasManifest);
      if (hasManifest) expect(report.notes.join()).toContain('History is not copied');
      const db = await (
        await import('../../src/index.ts')
      ).open('/test/repaired', {
        vfs,
        keyEncoding: 'utf8',
        valueEncoding: 'utf8',
      });
      expect(await db.entries().all(), `seed=${seed}`).toEqual(rows);
      await db.close();
    }
  });

  it('goes on where a kept log is missing, which no open does', async () => {
    const vfs = new MemoryVfs();
    const db = await makeHistory(vfs);
    const rows = await db.entries().all();
    await db.close();
    vfs.unlink(logsOf(vfs)[1]!);
    expect(await errorOf(() => openMemory({ vfs }))).toBeInstanceOf(CorruptionError);
    const report = await repair(DIRECTORY, '/test/repaired', { vfs });
    expect(report).toMatchObject({ isComplete: true, entryCount: rows.length });
  });
});
