/** Numbers of files: those of strays, and the last ones that there are. */
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { AssertionError } from '../../src/base/assert.ts';
import { CorruptionError } from '../../src/base/errors.ts';
import { FILE_NUMBER_MAX, fileNumber } from '../../src/base/ids.ts';
import { open } from '../../src/api/open.ts';
import { repair } from '../../src/inspect/repair.ts';
import { verifyDirectory } from '../../src/inspect/verify-directory.ts';
import { VersionSet } from '../../src/version/version-set.ts';
import { fileName, parseFileName } from '../../src/vfs/filenames.ts';
import { MemoryVfs } from '../../src/vfs/memory-vfs.ts';
import { writeText } from '../support/vfs-contract.ts';
import { DIRECTORY, errorOf, openMemory } from './fixture.ts';

async function makeDatabase(): Promise<MemoryVfs> {
  const vfs = new MemoryVfs();
  const db = await openMemory({ vfs });
  await db.put('a', '1');
  await db.flush();
  await db.put('b', '2');
  await db.close();
  return vfs;
}

const NOT_OURS = [
  '000000.sst',
  '000000.log',
  'MANIFEST-000000',
  '9007199254740991.sst',
  '9007199254740991.log',
  'MANIFEST-9007199254740991',
  '9007199254740990.sst',
  '9999999999999999.log',
  '4503599627370496.sst',
  '0000000000000123.sst',
  '00000000000000000000000000000123.sst',
  '0000123.log',
  'MANIFEST-0000000000000123',
];

describe('a file whose number no version gives out', () => {
  it.each(NOT_OURS)('%s is left alone by open(), verify() and repair()', async (name) => {
    const vfs = await makeDatabase();
    const path = join(DIRECTORY, name);
    writeText(vfs, path, 'mine');
    for (let round = 0; round < 2; round++) {
      const db = await openMemory({ vfs });
      await db.put('c', String(round));
      await db.flush();
      await db.checkpoint(`/copies/${round}`);
      await db.close();
    }
    expect((await verifyDirectory(vfs, DIRECTORY)).problems).toEqual([]);
    const report = await repair(DIRECTORY, '/repaired', { vfs });
    expect(report).toMatchObject({ isComplete: true, entryCount: 3, notes: [] });
    expect(vfs.exists(path)).toBe(true);
    const others = vfs.list(DIRECTORY).filter((each) => each !== name);
    for (const each of others) expect(parseFileName(each)?.number).toBeLessThan(100);
  });

  it.each(NOT_OURS)('%s alone makes no database', async (name) => {
    const vfs = new MemoryVfs();
    vfs.makeDirectory(DIRECTORY);
    writeText(vfs, join(DIRECTORY, name), 'mine');
    const refusal = { code: 'INVALID_ARGUMENT' };
    expect(await errorOf(() => open(DIRECTORY, { vfs }))).toMatchObject(refusal);
    expect(await errorOf(() => verifyDirectory(vfs, DIRECTORY))).toMatchObject(refusal);
    expect(await errorOf(() => repair(DIRECTORY, '/repaired', { vfs }))).toMatchObject(refusal);
    expect(vfs.list(DIRECTORY)).toEqual([name]);
  });
});

describe('the last file numbers', () => {
  const largest = [FILE_NUMBER_MAX, FILE_NUMBER_MAX - 1, FILE_NUMBER_MAX - 1000];
  const names = largest.flatMap((number) =>
    (['table', 'log', 'manifest'] as const).map((kind) => fileName(kind, number)),
  );

  it.each(names)('%s leaves none: open() names it and changes nothing', async (name) => {
    const vfs = await makeDatabase();
    const path = join(DIRECTORY, name);
    writeText(vfs, path, 'mine');
    const before = vfs.list(DIRECTORY).sort();
    const error = await errorOf(() => openMemory({ vfs }));
    expect(error).toBeInstanceOf(CorruptionError);
    expect(error).toMatchObject({ file: path });
    expect(error.message).toContain('No file number is left');
    expect(vfs.list(DIRECTORY).sort()).toEqual(before);
    const report = await repair(DIRECTORY, '/repaired', { vfs });
    expect(report).toMatchObject({ isComplete: true, entryCount: 2 });
    vfs.unlink(path);
    await (await openMemory({ vfs })).close();
  });

  it('are refused one by one, as damage and not as a bug', async () => {
    const vfs = new MemoryVfs();
    vfs.makeDirectory(DIRECTORY);
    const versions = await VersionSet.create(vfs, DIRECTORY, 'id');
    await versions.close();
    const number = FILE_NUMBER_MAX - 2 ** 20 - 5;
    writeText(vfs, join(DIRECTORY, fileName('table', number)), 'mine');
    const last = await VersionSet.recover(vfs, DIRECTORY);
    let given = 0;
    let error: unknown;
    try {
      for (let i = 0; i < 2 ** 21; i++) given = last.newFileNumber();
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(CorruptionError);
    expect(error).not.toBeInstanceOf(AssertionError);
    // What a checkpoint takes, and what the manifest records, are still numbers.
    expect(fileName('manifest', fileNumber(given + 2))).toBe(`MANIFEST-${given + 2}`);
    await last.close();
  });
});
