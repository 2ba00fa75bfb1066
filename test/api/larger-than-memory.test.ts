/**
 * A database ten times larger than the memory it may use gives back every byte.
 *
 * The short form of bench/larger-than-memory.ts, which also bounds resident memory in a process of its own; in a test
 * process that figure would be the test runner's, so here the engine's own account is held to the budget.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkPoints, checkScan, Differences, fill } from '../../bench/big/contents.ts';
import { History } from '../../bench/big/history.ts';
import { type BigSettings, budgetBytes, runBig } from '../../bench/big/phases.ts';
import { open } from '../../src/api/open.ts';
import { MemoryVfs } from '../../src/vfs/memory-vfs.ts';

const KIB = 1024;
const SEED = 20_240_607;

const SETTINGS: BigSettings = {
  putCount: 100_000,
  valueSizeBytes: 200,
  seed: SEED,
  memtableSizeBytes: 256 * KIB,
  immutableMemtableCountMax: 1,
  blockCacheSizeBytes: 512 * KIB,
  targetFileSizeBytes: 512 * KIB,
};
const SIZE_FACTOR = 10;

describe('a database larger than its memory', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'varve-big-test-'));
  });

  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it('returns every key by get, getSync, getMany and both scans, after a reopen and a compaction', async () => {
    const report = await runBig(join(folder, 'db'), SETTINGS);
    expect(report.differences, `seed=${SEED}`).toEqual([]);
    expect(report.differenceCount, `seed=${SEED}`).toBe(0);
    expect(report.tableSizeBytes).toBeGreaterThan(SIZE_FACTOR * budgetBytes(SETTINGS));
    const metadata = report.tableMetadataMaxBytes;
    for (const { name, accountedBytes } of report.phases) {
      expect(accountedBytes, name).toBeLessThanOrEqual(budgetBytes(SETTINGS) + metadata);
    }
    expect(metadata, 'filters and indexes').toBeLessThan(report.tableSizeBytes / 40);
  });
});

describe('the comparison with the model', () => {
  const onWindow = (): void => undefined;

  async function differencesAfter(
    spoil: (db: Awaited<ReturnType<typeof openSmall>>, present: readonly number[]) => Promise<void>,
  ): Promise<{ scan: Differences; reverse: Differences; points: Differences }> {
    const history = new History({ putCount: 1000, valueSizeBytes: 50, seed: SEED });
    const db = await openSmall();
    try {
      await fill(db, history, onWindow);
      const indexes = Array.from({ length: history.keyCount }, (_, index) => index);
      await spoil(
        db,
        indexes.filter((index) => history.isPresent(index)),
      );
      const [scan, reverse, points] = [new Differences(), new Differences(), new Differences()];
      await checkScan(db, history, scan, { reverse: false, onWindow });
      await checkScan(db, history, reverse, { reverse: true, onWindow });
      await checkPoints(db, history, points, onWindow);
      return { scan, reverse, points };
    } finally {
      await db.close();
    }
  }

  const openSmall = () => open('/db', { vfs: new MemoryVfs() });
  const keyOf = (number: number): Uint8Array =>
    new TextEncoder().encode(String(number).padStart(16, '0'));

  it('finds nothing wrong with what was written', async () => {
    const found = await differencesAfter(() => Promise.resolve());
    for (const each of Object.values(found)) expect(each.described, `seed=${SEED}`).toEqual([]);
  });

  it('reports a lost key, a changed value and a key that was never written, wherever it reads', async () => {
    const found = await differencesAfter(async (db, present) => {
      const [lost = 0, changed = 0] = [present.at(0), present.at(-1)];
      await db.del(keyOf(2 * lost));
      await db.put(keyOf(2 * changed), new Uint8Array(3));
      await db.put(keyOf(1), new Uint8Array(3)); // a number that no put has; missingKey(0)
    });
    for (const [name, each] of Object.entries(found)) {
      expect(each.count, `${name}: ${each.described.join('; ')}`).toBe(3);
    }
  });
});
