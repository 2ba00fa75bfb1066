/**
 * Small tables do not pile up, whatever makes them (small-tables/ends), and loads of large ones are not rewritten for it
 * (small-tables/doubles).
 */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { VALUE } from '../../../src/base/value-type.ts';
import { metadataOf } from '../../../src/compaction/output-writer.ts';
import type { Database } from '../../../src/api/database.ts';
import { DEFAULT_KEYSPACE, keyspaceHead } from '../../../src/bytes/keyspace-number.ts';
import { TableBuilder } from '../../../src/sstable/table-builder.ts';
import { VersionSet } from '../../../src/version/version-set.ts';
import { fileName } from '../../../src/vfs/filenames.ts';
import { MemoryVfs } from '../../../src/vfs/memory-vfs.ts';
import { makeRandom } from '../../support/prng.ts';
import { backgroundUntil, DIRECTORY, openMemory, TINY } from '../../api/fixture.ts';

type TextDatabase = Database<string, string>;

const COUNT = 200;
/** Some levels may each keep a run that is too short, or grows by less than it has. */
const TABLE_COUNT_MAX = 30;
/** Logs, a manifest, CURRENT, and what is being made. */
const OTHER_FILE_COUNT_MAX = 12;

const keyOf = (index: number): string => String(index).padStart(6, '0');

const seed = 5;
const random = makeRandom(seed);

const LOADS: [string, (db: TextDatabase, index: number) => Promise<unknown>][] = [
  ['ascending puts', (db, i) => db.put(keyOf(i), 'x'.repeat(100))],
  ['descending puts', (db, i) => db.put(keyOf(COUNT - i), 'x'.repeat(100))],
  [`random puts, seed ${seed},`, (db) => db.put(keyOf(random.below(1e6)), 'x'.repeat(100))],
  ['deletions of absent keys', (db, i) => db.del(keyOf(i))],
  ['range deletions', (db, i) => db.delRange({ gte: keyOf(i), lt: keyOf(i + 1) })],
  ['both ends in turn', (db, i) => db.put(i % 2 === 0 ? keyOf(i) : `z${keyOf(1e5 - i)}`, 'x')],
  ['ascending ingests', (db, i) => db.ingest([[keyOf(i), 'x'.repeat(100)]])],
  ['descending ingests', (db, i) => db.ingest([[keyOf(COUNT - i), 'x'.repeat(100)]])],
];

describe.each([false, true])('with a snapshot open: %s,', (isHeld) => {
  it.each(LOADS)('%s, a flush each, leave few tables and few files', async (_, step) => {
    const vfs = new MemoryVfs();
    const db = await openMemory({
      ...TINY,
      targetFileSizeBytes: 1024 * 1024,
      vfs,
      durability: 'os',
    });
    await db.put('first', '1');
    const snapshot = isHeld ? db.snapshot() : undefined;
    for (let i = 0; i < COUNT; i++) {
      await step(db, i);
      await db.flush();
    }
    await backgroundUntil('few tables', () => {
      const isFew = db.stats().tables.count <= TABLE_COUNT_MAX;
      return isFew && db.stats().background.obsoleteFileCount <= 1;
    });
    const { count } = db.stats().tables;
    expect(vfs.list(DIRECTORY).length).toBeLessThanOrEqual(count + OTHER_FILE_COUNT_MAX);
    snapshot?.close();
  });
});

/** A database as an engine without merging left it: so many tables of one entry, side by side at the bottom. */
async function fragmented(vfs: MemoryVfs, count: number): Promise<TextDatabase> {
  const db = await openMemory({ vfs, durability: 'os' });
  await db.ingest([[keyOf(0), 'v']]);
  await db.close();
  const versions = await VersionSet.recover(vfs, DIRECTORY);
  await versions.beginWriting();
  const first = versions.current.files(6)[0]!; // where a load into nothing lands
  const addedFiles = [];
  for (let i = 1; i < count; i++) {
    const number = versions.newFileNumber();
    const key = Buffer.concat([keyspaceHead(DEFAULT_KEYSPACE), Buffer.from(keyOf(i))]);
    const file = vfs.open(join(DIRECTORY, fileName('table', number)), 'create');
    const builder = new TableBuilder(file, {
      blockSizeBytes: 4096,
      filterBitsPerKey: 10,
      compression: 'snappy',
    });
    builder.add(key, 0, key.length, first.largestSequence, VALUE, key, 1, key.length);
    const properties = builder.finish();
    await file.sync();
    file.closeSync();
    addedFiles.push({ level: 6, file: metadataOf(number, builder.sizeBytes, properties) });
  }
  await vfs.syncDirectory(DIRECTORY);
  await versions.apply({ addedFiles });
  await versions.close();
  return openMemory({ vfs, durability: 'os' });
}

describe('a database that has 600 tables of one entry', () => {
  const entries = Array.from({ length: 600 }, (_, i) => [keyOf(i), i === 0 ? 'v' : keyOf(i)]);

  it('heals by itself, with nothing written', async () => {
    const db = await fragmented(new MemoryVfs(), 600);
    await backgroundUntil('few tables', () => db.stats().tables.count <= TABLE_COUNT_MAX);
    expect(await db.entries().all()).toEqual(entries);
    expect((await db.verify()).problems).toEqual([]);
  });

  it('is one table after compact()', async () => {
    const db = await fragmented(new MemoryVfs(), 600);
    await db.compact();
    expect(db.stats().tables.count).toBe(1);
    expect(await db.entries().all()).toEqual(entries);
    const { compactionCount } = db.stats().background;
    await db.compact();
    expect(db.stats().background.compactionCount, 'nothing is left to do').toBe(compactionCount);
  });
});

it('an ascending load in tables of an eighth of the target size moves them as they are', async () => {
  const db = await openMemory({ ...TINY, targetFileSizeBytes: 1024 * 1024, durability: 'os' });
  for (let i = 0; i < 40; i++) {
    const operations = Array.from({ length: 16 }, (_, j) => ({
      type: 'put' as const,
      key: keyOf(i * 16 + j),
      value: 'x'.repeat(9000),
    }));
    await db.batch(operations);
    await db.flush();
  }
  await backgroundUntil('level 0 is short', () => db.stats().levels[0]!.tableCount < 4);
  const { trivialMoveCount } = db.stats().background;
  expect(trivialMoveCount).toBeGreaterThan(30);
  expect(db.stats().levels[1]!.tableCount).toBeGreaterThan(0);
});

it('a manifest that was replaced is removed, so that none is left behind for each', async () => {
  const vfs = new MemoryVfs();
  const db = await openMemory({ ...TINY, vfs, durability: 'os' });
  const manifests = (): string[] =>
    vfs.list(DIRECTORY).filter((name) => name.startsWith('MANIFEST'));
  const [first] = manifests();
  // Each load's table has a bound of 60 KiB: the manifest is soon worth a new one.
  for (let i = 0; manifests()[0] === first; i++) {
    await db.ingest([[keyOf(i) + 'x'.repeat(60_000), 'v']]);
    expect(i).toBeLessThan(200);
  }
  await backgroundUntil('one manifest', () => manifests().length === 1);
});
