/** The table iterator obeys the contract of every iterator, however small its blocks and its cache are. */
import { describe, expect, it, vi } from 'vitest';
import { hashKey } from '../../src/bytes/hash.ts';
import { ALL_VERSIONS } from '../../src/iterator/internal-iterator.ts';
import { BlockCache } from '../../src/cache/block-cache.ts';
import type { TableIterator } from '../../src/sstable/table-iterator.ts';
import { TableReader } from '../../src/sstable/table-reader.ts';
import {
  compareEntries,
  type Entry,
  entry,
  showEntry,
  visibleEntries,
} from '../support/array-iterator.ts';
import {
  collect,
  describeInternalIterator,
  equalRuns,
  type MakeIterator,
  settleSync,
} from '../support/iterator-contract.ts';
import { makeRandom, type Random } from '../support/prng.ts';
import { type BuiltTable, buildTable, FILE_NUMBER, fileOf, openTable } from './table-helpers.ts';

const ANCHOR = Uint8Array.of(0x6b, 0x65, 0x79, 0x61);

/** A table is not empty: without entries it has a range tombstone. */
function buildAny(entries: readonly Entry[], random: Random): BuiltTable {
  const tombstones = entries.length === 0 ? [{ start: 'a', end: 'b', sequence: 1 }] : [];
  return buildTable(
    entries,
    {
      blockSizeBytes: random.pick([1, 40, 90, 300, 4096]),
      compression: random.pick(['none', 'snappy']),
    },
    tombstones,
  );
}

function iteratorOver(
  entries: readonly Entry[],
  readSequence: number,
  random: Random,
): TableIterator {
  const cacheSize = random.pick([undefined, 0, 1500, 1e9]);
  const cache = cacheSize === undefined ? undefined : new BlockCache(cacheSize);
  return openTable(buildAny(entries, random).bytes, cache).iterator(readSequence, {
    fillCache: random.chance(0.7),
    readaheadBytes: random.pick([0, 1, 200, 100_000]),
  });
}

describeInternalIterator('TableIterator', iteratorOver satisfies MakeIterator, { runs: 60 });

describeInternalIterator('TableIterator over equal records', iteratorOver satisfies MakeIterator, {
  makeEntries: equalRuns,
  runs: 60,
});

/** Few keys with many versions, so that one key fills many blocks. */
function manyVersions(random: Random): Entry[] {
  const keys = Array.from({ length: 1 + random.below(4) }, (_, i) =>
    Uint8Array.from([...ANCHOR, ...random.bytes(random.below(8)), i]),
  );
  return Array.from({ length: 1 + random.below(120) }, (_, i): Entry => {
    const type = random.chance(0.2) ? 0 : 1;
    const value = type === 0 ? new Uint8Array(0) : random.bytes(random.below(30));
    return { key: random.pick(keys), sequence: i + 1, type, value };
  }).sort(compareEntries);
}

describe('TableIterator over keys that fill many blocks (table-builder/separators)', () => {
  it('shows the newest visible version of each key, in both directions, at every sequence (table-iterator/scratch-key, table-iterator/steps-resume)', async () => {
    for (let seed = 1; seed <= 60; seed++) {
      const random = makeRandom(seed);
      const entries = manyVersions(random);
      for (const readSequence of [0, 1, 5, random.below(130), random.below(130), 130]) {
        const cursor = iteratorOver(entries, readSequence, random);
        const expected = visibleEntries(entries, readSequence).map(showEntry);
        const forward = await collect(cursor, cursor.seekFirst(), 'next', random);
        expect(forward.map(showEntry), `seed=${seed} at=${readSequence}`).toEqual(expected);
        const backward = await collect(cursor, cursor.seekLast(), 'prev', random);
        expect(backward.map(showEntry).toReversed(), `seed=${seed} at=${readSequence}`).toEqual(
          expected,
        );
        cursor.close();
      }
    }
  });
});

describe('TableIterator', () => {
  const entries = Array.from({ length: 400 }, (_, i) =>
    entry(`key-${String(i).padStart(5, '0')}`, i + 1, `value ${i}`),
  );

  it('reads several blocks at once from the second miss in a row, and the same entries (table-iterator/holds-its-block)', () => {
    const { bytes, properties } = buildTable(entries, { blockSizeBytes: 100 });
    expect(properties.dataBlockCount).toBeGreaterThan(50);
    const counts = [0, 1000].map((readaheadBytes) => {
      const cache = new BlockCache(0);
      const cursor = openTable(bytes, cache).iterator(ALL_VERSIONS, {
        fillCache: false,
        readaheadBytes,
      });
      let loads = 0;
      const { loadSync } = cursor;
      cursor.loadSync = (): void => {
        loads++;
        loadSync.call(cursor);
      };
      let count = 0;
      for (let s = settleSync(cursor, cursor.seekFirst()); s === 1;) {
        expect(cursor.sequence).toBe(++count);
        s = settleSync(cursor, cursor.next());
      }
      expect(count).toBe(entries.length);
      return loads;
    });
    expect(counts[0]).toBe(properties.dataBlockCount);
    expect(counts[1]).toBeLessThan(properties.dataBlockCount / 4);
  });

  it('reads twice as much each time, up to the readahead: a short scan reads little', () => {
    const many = Array.from({ length: 20_000 }, (_, i) =>
      entry(`key-${String(i).padStart(5, '0')}`, i + 1, `value ${i}`),
    );
    const file = fileOf(buildTable(many, { blockSizeBytes: 1000 }).bytes);
    const reader = TableReader.open(file, FILE_NUMBER, undefined);
    const cursor = reader.iterator(ALL_VERSIONS, { fillCache: false, readaheadBytes: 40_000 });
    const readSync = vi.spyOn(file, 'readSync');
    for (let s = settleSync(cursor, cursor.seekFirst()); s === 1;) {
      s = settleSync(cursor, cursor.next());
    }
    const lengths = readSync.mock.calls.map(([, , length]) => length);
    const most = [1200, 8192, 16_384, 32_768];
    for (const [i, length] of lengths.slice(0, -1).entries()) {
      expect(length).toBeLessThanOrEqual(most[i] ?? 40_000);
      expect(length).toBeGreaterThan((most[i] ?? 40_000) - 1200);
    }
    expect(lengths.length).toBeGreaterThan(10);
  });

  it('fills the cache only when asked to', () => {
    const { bytes, properties } = buildTable(entries, { blockSizeBytes: 100 });
    for (const fillCache of [true, false]) {
      const cache = new BlockCache(1e9);
      const cursor = openTable(bytes, cache).iterator(1e6, { fillCache, readaheadBytes: 500 });
      for (let s = settleSync(cursor, cursor.seekFirst()); s === 1;) {
        s = settleSync(cursor, cursor.next());
      }
      expect(cache.statistics().insertCount).toBe(fillCache ? properties.dataBlockCount : 0);
    }
  });

  it('goes on reading after its reader was closed, until it is closed itself (block-source/open-while-used, table-iterator/file-stays-open)', async () => {
    const { bytes } = buildTable(entries, { blockSizeBytes: 100 });
    const cache = new BlockCache(1e9);
    const reader = openTable(bytes, cache);
    const cursor = reader.iterator(1e6, { fillCache: true });
    expect(settleSync(cursor, cursor.seekFirst())).toBe(1);
    reader.close();
    const rest = await collect(cursor, cursor.next(), 'next');
    expect(rest.map(showEntry)).toEqual(entries.slice(1).map(showEntry));
    expect(cache.statistics().blockCount).toBe(0); // block-source/detached-caches-nothing
    cursor.close();
    cursor.close();
    expect(() => cursor.seekFirst()).toThrow('table-iterator/file-stays-open');
  });

  it('lets go of the file when it is closed while a block is being read (block-source/open-while-used)', async () => {
    const { bytes } = buildTable(entries, { blockSizeBytes: 100 });
    const reader = openTable(bytes);
    const cursor = reader.iterator(1e6, { fillCache: true });
    cursor.seekFirst();
    const loading = cursor.load();
    cursor.close();
    reader.close();
    await loading;
    const key = entries[0]!.key;
    expect(() => reader.newestSequence(key, 0, key.length, hashKey(key, 0, key.length))).toThrow();
  });

  it('keeps the entry it shows when the cache drops the block (table-iterator/holds-its-block, block-cache/bytes-outlive-segments)', () => {
    const { bytes } = buildTable(entries, { blockSizeBytes: 100 });
    const cache = new BlockCache(700);
    const reader = openTable(bytes, cache);
    const cursor = reader.iterator(1e6, { fillCache: true });
    expect(settleSync(cursor, cursor.seekFirst())).toBe(1);
    const other = reader.iterator(1e6, { fillCache: true });
    for (let s = settleSync(other, other.seekFirst()); s === 1;) {
      s = settleSync(other, other.next());
    }
    expect(Buffer.from(cursor.value.subarray(cursor.valueStart, cursor.valueEnd)).toString()).toBe(
      'value 0',
    );
    expect(settleSync(cursor, cursor.next())).toBe(1);
    expect(cursor.sequence).toBe(2);
  });
});
