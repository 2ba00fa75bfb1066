/** The table cache opens each table once, keeps to its limit, and closes no file that is in use. */
import { describe, expect, it } from 'vitest';
import { IoError } from '../../src/base/errors.ts';
import { BlockCache } from '../../src/cache/block-cache.ts';
import { TableCache } from '../../src/sstable/table-cache.ts';
import { fileName } from '../../src/vfs/filenames.ts';
import { MemoryVfs } from '../../src/vfs/memory-vfs.ts';
import { OpenFiles } from '../../src/vfs/open-files.ts';
import type { OpenMode, VfsFile } from '../../src/vfs/vfs.ts';
import { entry, showEntry } from '../support/array-iterator.ts';
import { collect } from '../support/iterator-contract.ts';
import { makeRandom } from '../support/prng.ts';
import { buildTable, lookUp } from './table-helpers.ts';

const TABLE_COUNT = 12;
const KEY = Buffer.from('key');

/** Counts the files that are open. */
class CountingVfs extends MemoryVfs {
  openCount = 0;

  override open(path: string, mode: OpenMode): VfsFile {
    const file = super.open(path, mode);
    this.openCount++;
    let isOpen = true;
    const { closeSync } = file;
    file.closeSync = (): void => {
      if (isOpen) this.openCount--;
      isOpen = false;
      closeSync.call(file);
    };
    return file;
  }
}

/** Tables 1 to 12; table n says `key@n=value n`. */
function makeVfs(): CountingVfs {
  const vfs = new CountingVfs();
  vfs.makeDirectory('/db');
  for (let number = 1; number <= TABLE_COUNT; number++) {
    const { bytes } = buildTable([entry('key', number, `value ${number}`)]);
    const file = vfs.open(`/db/${fileName('table', number)}`, 'create');
    file.writeSync(bytes, 0, bytes.length, 0);
    file.closeSync();
  }
  return vfs;
}

function makeCache(
  vfs: CountingVfs,
  openTableCountMax: number,
  blockCache?: BlockCache,
): TableCache {
  const files = new OpenFiles(openTableCountMax);
  return new TableCache({ vfs, directory: '/db', blockCache, openTableCountMax, files });
}

describe('TableCache', () => {
  it('keeps at most as many files open as it may, and answers from the right one (table-cache/one-reader)', () => {
    for (let seed = 1; seed <= 5; seed++) {
      const random = makeRandom(seed);
      const vfs = makeVfs();
      const blockCache = new BlockCache(1e6);
      const tables = makeCache(vfs, 4, blockCache);
      for (let step = 0; step < 300; step++) {
        const number = 1 + random.below(TABLE_COUNT);
        if (random.chance(0.1)) tables.evict(number);
        else expect(lookUp(tables.get(number), KEY, 100)?.sequence).toBe(number);
        expect(tables.openTableCount, `seed=${seed} step=${step}`).toBeLessThanOrEqual(4);
        expect(vfs.openCount).toBe(tables.openTableCount);
        expect(blockCache.statistics().blockCount).toBeLessThanOrEqual(4);
      }
      expect(tables.memoryBytes).toBeGreaterThan(0);
      tables.close();
      tables.close();
      expect(vfs.openCount).toBe(0);
      expect(blockCache.statistics().blockCount).toBe(0);
    }
  });

  it('gives the same reader while it is open, and keeps the one that is used', () => {
    const tables = makeCache(makeVfs(), 2);
    const first = tables.get(1);
    expect(tables.get(1)).toBe(first);
    tables.get(2);
    tables.get(3); // the hand passes over 1, which was used again, and takes 2
    expect(tables.get(1)).toBe(first);
  });

  it('keeps the file of an evicted table open for the cursor that reads it (table-cache/one-reader, block-source/open-while-used)', async () => {
    const vfs = makeVfs();
    const tables = makeCache(vfs, 2);
    const cursor = tables.get(5).iterator(100, { fillCache: true });
    tables.evict(5);
    vfs.unlink(`/db/${fileName('table', 5)}`);
    expect(tables.openTableCount).toBe(0);
    expect(vfs.openCount).toBe(1);
    const found = await collect(cursor, cursor.seekFirst(), 'next');
    expect(found.map(showEntry)).toEqual(['key@5=value 5']);
    cursor.close();
    expect(vfs.openCount).toBe(0);
  });

  it('leaves no file open when a table is damaged or missing', () => {
    const vfs = makeVfs();
    const file = vfs.open(`/db/${fileName('table', 3)}`, 'modify');
    file.truncateSync(50);
    file.closeSync();
    const tables = makeCache(vfs, 2);
    expect(() => tables.get(3)).toThrow('too short');
    expect(() => tables.get(99)).toThrow(IoError);
    expect(vfs.openCount).toBe(0);
    expect(tables.openTableCount).toBe(0);
  });
});
