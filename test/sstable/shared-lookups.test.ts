/** Threads of a process have index and filter of a table once, and answers stay what they are. */
import { describe, expect, it } from 'vitest';
import { hashKey } from '../../src/bytes/hash.ts';
import { type LookupParts, SharedLookups } from '../../src/sstable/shared-lookups.ts';
import { TableCache } from '../../src/sstable/table-cache.ts';
import { TableReader } from '../../src/sstable/table-reader.ts';
import { fileName } from '../../src/vfs/filenames.ts';
import { MemoryVfs } from '../../src/vfs/memory-vfs.ts';
import { OpenFiles } from '../../src/vfs/open-files.ts';
import { ALL_VERSIONS } from '../../src/iterator/internal-iterator.ts';
import { entry } from '../support/array-iterator.ts';
import { collect } from '../support/iterator-contract.ts';
import { buildTable, FILE_NUMBER, fileOf, lookUp, openTable } from './table-helpers.ts';

const COUNT = 500;
const COUNT_MAX = 4;
const keyOf = (i: number): string => `account:${String(i * 3).padStart(6, '0')}`;
const ENTRIES = Array.from({ length: COUNT }, (_, i) => entry(keyOf(i), i + 1, `value ${i}`));
const OPTIONS = { blockSizeBytes: 256, compression: 'snappy' } as const;
const TABLE = buildTable(ENTRIES, OPTIONS, [{ start: 'b', end: 'c', sequence: 9 }]);

function partsOf(fileNumber: number): LookupParts {
  const reader = openTable(TABLE.bytes);
  const parts = reader.share();
  reader.close();
  return { ...parts, fileNumber };
}

/** Every answer of a reader: hits, misses on either side, scans, sizes. */
async function answersOf(reader: TableReader): Promise<unknown> {
  const keys = Array.from({ length: COUNT * 3 }, (_, i) => `account:${String(i).padStart(6, '0')}`);
  const found = [...keys, '', 'a', 'z'].map((key) => {
    const bytes = Buffer.from(key);
    return [
      lookUp(reader, bytes, COUNT),
      reader.mayContain(hashKey(bytes, 0, bytes.length)),
      reader.sizeBetween(Buffer.from('a'), bytes),
    ];
  });
  const cursor = reader.iterator(ALL_VERSIONS, { fillCache: false });
  const all = await collect(cursor, cursor.seekFirst(), 'next');
  cursor.close();
  return { found, all, memoryBytes: reader.memoryBytes, tombstones: reader.rangeTombstones.count };
}

describe('a table', () => {
  it('answers as before from shared memory, its own and that of another thread (shared-lookups/checked-once)', async () => {
    const expected = await answersOf(openTable(TABLE.bytes));
    const first = openTable(TABLE.bytes);
    const parts = first.share();
    const clone = structuredClone(parts); // as a message brings it
    expect(clone.index.payload.buffer).toBeInstanceOf(SharedArrayBuffer);
    const second = TableReader.open(fileOf(TABLE.bytes), FILE_NUMBER, undefined, undefined, clone);
    const third = openTable(TABLE.bytes);
    third.useShared(clone);
    for (const reader of [first, second, third]) expect(await answersOf(reader)).toEqual(expected);
  });

  it('is one piece of memory in all readers', () => {
    const first = openTable(TABLE.bytes);
    const clone = structuredClone(first.share());
    const key = Buffer.from(keyOf(7));
    const hash = hashKey(key, 0, key.length);
    expect(first.mayContain(hash)).toBe(true);
    clone.filter!.bits.fill(0);
    expect(first.mayContain(hash)).toBe(false);
  });

  it('needs no index and filter of the file when it has those of another thread', () => {
    const reads: number[] = [];
    const file = fileOf(TABLE.bytes);
    const { readSync } = file;
    file.readSync = (target, start, length, offset): number => {
      reads.push(length);
      return readSync.call(file, target, start, length, offset);
    };
    const parts = partsOf(FILE_NUMBER);
    TableReader.open(file, FILE_NUMBER, undefined, undefined, parts);
    const bytes = reads.reduce((sum, length) => sum + length, 0);
    expect(bytes).toBeLessThan(parts.index.payload.length + parts.filter!.bits.length);
  });
});

describe('an index that is unpacked later', () => {
  it('answers the same before and after (table-index/within-the-data)', async () => {
    const expected = await answersOf(openTable(TABLE.bytes));
    const later = (): TableReader =>
      TableReader.open(fileOf(TABLE.bytes), FILE_NUMBER, undefined, undefined, 'later');
    const reader = later();
    expect(await answersOf(reader)).toEqual(expected); // unpacked on the way
    expect(await answersOf(reader)).toEqual(expected);
    for (let i = 0; i < COUNT; i++) {
      const fresh = later(); // each key by the first search
      expect(lookUp(fresh, Buffer.from(keyOf(i)), COUNT)?.sequence).toBe(i + 1);
      expect(fresh.mayContain(hashKey(Buffer.from(keyOf(i)), 0, keyOf(i).length))).toBe(true);
    }
    later().verify();
  });
});

describe('the lookups', () => {
  it('keep the first of a table, and tell everyone but the one that brought it (shared-lookups/first-stays)', () => {
    const lookups = new SharedLookups(COUNT_MAX);
    const heard: string[] = [];
    const one = (): void => void heard.push('one');
    const stop = lookups.onAdded(one);
    lookups.onAdded(() => heard.push('two'));
    const parts = partsOf(7);
    expect(lookups.add(parts, one)).toBe(parts);
    expect(lookups.add(partsOf(7))).toBe(parts);
    expect(heard).toEqual(['two']);
    stop();
    lookups.add(partsOf(8));
    expect(heard).toEqual(['two', 'two']);
    const other = partsOf(7);
    lookups.replace(other);
    expect(lookups.find(7)).toBe(other);
  });

  it('keep no more than there may be open tables, the newest (shared-lookups/bounded)', () => {
    const lookups = new SharedLookups(COUNT_MAX);
    for (let number = 1; number <= COUNT_MAX + 2; number++) lookups.add(partsOf(number));
    expect(lookups.all.map(({ fileNumber }) => fileNumber)).toEqual([3, 4, 5, 6]);
    lookups.forget(5);
    expect(lookups.all.map(({ fileNumber }) => fileNumber)).toEqual([3, 4, 6]);
  });
});

describe('a table cache', () => {
  const makeVfs = (): MemoryVfs => {
    const vfs = new MemoryVfs();
    vfs.makeDirectory('/db');
    for (let number = 1; number <= 3; number++) {
      const file = vfs.open(`/db/${fileName('table', number)}`, 'create');
      file.writeSync(TABLE.bytes, 0, TABLE.bytes.length, 0);
      file.closeSync();
    }
    return vfs;
  };
  const cacheOf = (vfs: MemoryVfs, openTableCountMax: number): TableCache =>
    new TableCache({
      vfs,
      directory: '/db',
      blockCache: undefined,
      openTableCountMax,
      files: new OpenFiles(openTableCountMax),
    });

  it('shares what is open, what it opens, and what another has opened', () => {
    const vfs = makeVfs();
    const [one, two] = [cacheOf(vfs, COUNT_MAX), cacheOf(vfs, COUNT_MAX)];
    const lookups = new SharedLookups(COUNT_MAX);
    one.get(1);
    one.shareLookups(lookups);
    expect(lookups.all.map(({ fileNumber }) => fileNumber)).toEqual([1]);
    two.get(1); // before it shares: it takes over what the other has
    two.shareLookups(lookups);
    two.get(2);
    one.get(2);
    const key = Buffer.from(keyOf(3));
    const hash = hashKey(key, 0, key.length);
    for (const number of [1, 2]) {
      lookups.find(number)!.filter!.bits.fill(0);
      for (const cache of [one, two]) expect(cache.get(number).mayContain(hash)).toBe(false);
    }
  });

  it('counts what only others have open, and forgets a table that goes', () => {
    const vfs = makeVfs();
    const [one, two] = [cacheOf(vfs, COUNT_MAX), cacheOf(vfs, COUNT_MAX)];
    const lookups = new SharedLookups(COUNT_MAX);
    one.shareLookups(lookups);
    two.shareLookups(lookups);
    one.get(1);
    const { index, filter } = lookups.find(1)!;
    expect(two.memoryBytes).toBeGreaterThan(index.payload.length + filter!.bits.length);
    two.evict(1);
    expect(two.memoryBytes).toBe(0);
    expect(lookups.all).toEqual([]);
  });
});
