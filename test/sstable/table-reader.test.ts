/** A table answers point lookups as the sorted list of its entries does, and describes itself truly. */
import { describe, expect, it } from 'vitest';
import { sliceOf } from '../../src/bytes/bytes.ts';
import { AssertionError } from '../../src/base/assert.ts';
import { compareBytes } from '../../src/bytes/bytes.ts';
import { hashKey } from '../../src/bytes/hash.ts';
import { SEQUENCE_NUMBER_MAX } from '../../src/base/ids.ts';
import { ALL_VERSIONS, LookupResult, NEEDS_BLOCK } from '../../src/iterator/internal-iterator.ts';
import { CorruptionError } from '../../src/base/errors.ts';
import { BlockCache } from '../../src/cache/block-cache.ts';
import { PinnedBlocks } from '../../src/sstable/pinned-blocks.ts';
import { TableBuilder } from '../../src/sstable/table-builder.ts';
import { TableReader } from '../../src/sstable/table-reader.ts';
import { MemoryVfs } from '../../src/vfs/memory-vfs.ts';
import { compareEntries, type Entry, entry, showEntry } from '../support/array-iterator.ts';
import { collect, randomEntries, randomKey } from '../support/iterator-contract.ts';
import { makeRandom, type Random } from '../support/prng.ts';
import {
  addEntry,
  buildTable,
  lookUp,
  openTable,
  PLAIN_OPTIONS,
  showTombstones,
} from './table-helpers.ts';

const hashOf = (key: Uint8Array): number => hashKey(key, 0, key.length);

/** The specification of `get`: the first entry of the key, from new to old, at or below the sequence. */
function expectedAt(entries: readonly Entry[], key: Uint8Array, sequence: number): string {
  const found = entries.find(
    (each) => compareBytes(each.key, key) === 0 && each.sequence <= sequence,
  );
  return found === undefined ? 'absent' : showEntry(found);
}

function openSomehow(bytes: Uint8Array, random: Random): TableReader {
  const cacheSize = random.pick([undefined, 0, 1500, 1e9]);
  return openTable(bytes, cacheSize === undefined ? undefined : new BlockCache(cacheSize));
}

describe('TableReader.get', () => {
  it('finds the newest entry at or below the read sequence, whatever the block size (table-reader/goes-on-in-the-next-block, block-source/no-block-in-scratch, table-builder/filter-is-whole)', () => {
    for (let seed = 1; seed <= 150; seed++) {
      const random = makeRandom(seed);
      const entries = randomEntries(random, random.chance(0.3) ? 6 : 80);
      if (entries.length === 0) continue;
      const blockSizeBytes = random.pick([1, 40, 90, 300, 4096]);
      const compression = random.pick(['none', 'snappy'] as const);
      const filterBitsPerKey = random.pick([0, 1, 10]);
      const { bytes } = buildTable(entries, { blockSizeBytes, compression, filterBitsPerKey });
      const reader = openSomehow(bytes, random);
      reader.verify();
      for (let i = 0; i < 60; i++) {
        const key = random.chance(0.7) ? random.pick(entries).key : randomKey(random);
        const sequence = random.below(entries.length + 2);
        const found = lookUp(reader, key, sequence);
        const text = found === undefined ? 'absent' : showEntry(found);
        expect(text, `seed=${seed}`).toBe(expectedAt(entries, key, sequence));
        const newest = entries.find((each) => compareBytes(each.key, key) === 0)?.sequence ?? 0;
        expect(reader.newestSequence(key, 0, key.length, hashOf(key))).toBe(newest);
      }
      reader.close();
    }
  });

  it('follows one key through as many blocks as its versions fill (table-reader/goes-on-in-the-next-block)', () => {
    const entries = Array.from({ length: 300 }, (_, i) => entry('k', 300 - i, `v${300 - i}`));
    entries.push(entry('l', 1, 'x'));
    const reader = openTable(buildTable(entries, { blockSizeBytes: 50 }).bytes);
    reader.verify();
    for (let sequence = 0; sequence <= 300; sequence++) {
      const found = lookUp(reader, Buffer.from('k'), sequence);
      expect(found?.sequence).toBe(sequence === 0 ? undefined : sequence);
    }
  });

  it('takes a key out of the middle of a larger buffer', async () => {
    const reader = openTable(buildTable([entry('apple', 1, 'red')]).bytes);
    const bytes = Buffer.from('..apple..');
    const result = new LookupResult();
    const pins = new PinnedBlocks();
    const hash = hashKey(bytes, 2, 7);
    expect(reader.get({ bytes, start: 2, end: 7 }, hash, 9, result, pins)).toBe(NEEDS_BLOCK);
    await pins.load();
    expect(reader.get({ bytes, start: 2, end: 7 }, hash, 9, result, pins)).toBe(1);
    expect(reader.newestSequence(bytes, 2, 7, hash)).toBe(1);
  });

  it('takes range tombstones into account for the newest sequence only (table-reader/entries-only)', () => {
    const tombstones = [{ start: 'b', end: 'd', sequence: 9 }];
    const reader = openTable(buildTable([entry('c', 5, 'x')], {}, tombstones).bytes);
    const newest = (text: string): number => {
      const key = Buffer.from(text);
      return reader.newestSequence(key, 0, key.length, hashOf(key));
    };
    expect(lookUp(reader, Buffer.from('c'), 100)?.sequence).toBe(5);
    expect([newest('a'), newest('b'), newest('c'), newest('d')]).toEqual([0, 9, 9, 0]);
  });
});

describe('a table', () => {
  it('keeps the empty key, keys of zeros, keys of 64 KiB and huge values', async () => {
    const long = Buffer.alloc(65536, 0x61);
    const entries: Entry[] = [
      entry('', 9, 'empty key'),
      ...[1, 2, 3, 4, 5, 6].map((n) => entry('\0'.repeat(n), 10 - n, `zeros ${n}`)),
      { key: long.subarray(0, 65535), sequence: 4, type: 1, value: Buffer.from('long') },
      { key: long, sequence: 3, type: 1, value: Buffer.alloc(300_000, 0x62) },
      { key: Buffer.concat([long, Buffer.of(0)]), sequence: 2, type: 0, value: Buffer.of() },
      { key: Buffer.from('b'), sequence: 1, type: 1, value: Buffer.alloc(5_000_000, 0x63) },
      { key: Buffer.from('c'), sequence: SEQUENCE_NUMBER_MAX, type: 1, value: Buffer.of(1) },
      { key: Buffer.from('c'), sequence: 0, type: 1, value: Buffer.of(0) },
    ];
    for (const compression of ['none', 'snappy'] as const) {
      for (const blockSizeBytes of [64, 4096, 1e6]) {
        const { bytes } = buildTable(entries, { compression, blockSizeBytes });
        const reader = openTable(bytes);
        reader.verify();
        const cursor = reader.iterator(ALL_VERSIONS, { fillCache: true });
        const found = await collect(cursor, cursor.seekFirst(), 'next');
        expect(found.length).toBe(entries.length);
        found.forEach((each, i) => expect(showEntry(each) === showEntry(entries[i]!)).toBe(true));
        for (const each of entries) {
          const one = lookUp(reader, each.key, each.sequence);
          expect(one !== undefined && showEntry(one) === showEntry(each)).toBe(true);
        }
      }
    }
  });

  it('gives a large value a block of its own (table-builder/large-values-apart)', () => {
    const entries = [entry('a', 1, 'x'), entry('b', 1, 'y'.repeat(4096)), entry('c', 1, 'z')];
    expect(buildTable(entries).properties.dataBlockCount).toBe(3);
  });

  it('describes itself: counts, sizes and bounds (table-properties/bounds-cover-all)', () => {
    const entries = [entry('b', 7, 'xx'), entry('b', 3), entry('cc', 5, 'yyy')];
    const shown = { entryCount: 3, deletionCount: 1, rawKeySizeBytes: 4, rawValueSizeBytes: 5 };
    const { bytes, properties } = buildTable(entries);
    expect(properties).toMatchObject({
      ...shown,
      rangeTombstoneCount: 0,
      smallestSequence: 3,
      largestSequence: 7,
      smallestKey: Uint8Array.from(Buffer.from('b')),
      largestKey: Uint8Array.from(Buffer.from('cc')),
      isLargestExclusive: false,
    });
    expect(openTable(bytes).properties).toEqual(properties);
  });

  it.each([
    [[{ start: 'a', end: 'b', sequence: 1 }], 'a', 'cc', false],
    [[{ start: 'bb', end: 'cc', sequence: 1 }], 'b', 'cc', false],
    [[{ start: 'bb', end: 'd', sequence: 1 }], 'b', 'd', true],
    [
      [
        { start: 'a', end: 'z', sequence: 8 },
        { start: 'c', end: 'f', sequence: 9 },
      ],
      'a',
      'z',
      true,
    ],
  ] as const)(
    'bounds cover range tombstones: %j (table-properties/bounds-cover-all)',
    (tombstones, low, high, isExclusive) => {
      const entries = [entry('b', 7, 'xx'), entry('cc', 5, 'yyy')];
      const { bytes } = buildTable(entries, {}, tombstones);
      const reader = openTable(bytes);
      reader.verify();
      expect(Buffer.from(reader.properties.smallestKey).toString()).toBe(low);
      expect(Buffer.from(reader.properties.largestKey).toString()).toBe(high);
      expect(reader.properties.isLargestExclusive).toBe(isExclusive);
    },
  );

  it('keeps range tombstones, alone or beside entries (tombstone-block/ranges-ascend)', () => {
    const tombstones = [
      { start: 'b', end: 'f', sequence: 7 },
      { start: 'd', end: 'h', sequence: 9 },
      { start: 'x', end: 'y', sequence: SEQUENCE_NUMBER_MAX },
    ];
    const expected = ['b-f@7', 'd-h@9', `x-y@${SEQUENCE_NUMBER_MAX}`];
    for (const entries of [[], [entry('c', 8, 'x')]]) {
      for (const compression of ['none', 'snappy'] as const) {
        const reader = openTable(buildTable(entries, { compression }, tombstones).bytes);
        reader.verify();
        expect(showTombstones(reader.rangeTombstones)).toEqual(expected);
        expect(reader.properties.rangeTombstoneCount).toBe(3);
        expect(lookUp(reader, Buffer.from('e'), 100)).toBeUndefined();
      }
    }
  });

  it('reports what it keeps in memory', () => {
    const entries = Array.from({ length: 1000 }, (_, i) => entry(String(1000 + i), 1, 'value'));
    const reader = openTable(buildTable(entries, { blockSizeBytes: 200 }).bytes);
    expect(reader.memoryBytes).toBeGreaterThan((1000 * 10) / 8);
    expect(reader.memoryBytes).toBeLessThan(20_000);
  });

  it('is smaller with snappy, and keeps blocks raw that do not shrink (block-trailer/compression-pays)', () => {
    const random = makeRandom(1);
    const size = (value: () => Uint8Array, compression: 'none' | 'snappy'): number => {
      const entries = Array.from({ length: 200 }, (_, i): Entry => {
        return { key: Buffer.from(String(1000 + i)), sequence: 1, type: 1, value: value() };
      });
      return buildTable(entries, { compression }).properties.dataSizeBytes;
    };
    const text = (): Uint8Array => Buffer.from('the same again and again '.repeat(4));
    expect(size(text, 'snappy')).toBeLessThan(size(text, 'none') / 3);
    const noise = (): Uint8Array => random.bytes(100);
    expect(size(noise, 'snappy')).toBe(size(noise, 'none'));
  });
});

describe('TableBuilder', () => {
  const make = (): TableBuilder =>
    new TableBuilder(new MemoryVfs().open('/t', 'create'), { ...PLAIN_OPTIONS, blockSizeBytes: 1 });

  it.each([
    ['a smaller key', entry('b', 1, ''), entry('a', 1, '')],
    ['a newer version', entry('a', 1, ''), entry('a', 2, '')],
    ['the same entry', entry('a', 1, ''), entry('a', 1, '')],
  ])(
    'refuses %s after a larger or older one (table-builder/entries-ascend, block-builder/order-is-the-callers, block-format/entries-ascend)',
    (_, first, second) => {
      const builder = make();
      addEntry(builder, first);
      expect(() => addEntry(builder, second)).toThrow(AssertionError);
    },
  );

  it('refuses to finish an empty table, or a table twice (table-properties/not-empty)', () => {
    const builder = make();
    expect(builder.isEmpty).toBe(true);
    expect(() => builder.finish()).toThrow('table-properties/not-empty');
    addEntry(builder, entry('a', 1, ''));
    builder.finish();
    expect(() => builder.finish()).toThrow(AssertionError);
    expect(() => addEntry(builder, entry('b', 1, ''))).toThrow(AssertionError);
  });

  it('knows its size while it is being built, and exactly at the end (block-writer/position-counts-the-buffer)', () => {
    const file = new MemoryVfs().open('/t', 'create');
    const builder = new TableBuilder(file, PLAIN_OPTIONS);
    for (let i = 0; i < 10_000; i++)
      addEntry(builder, entry(String(100_000 + i), 1, 'x'.repeat(99)));
    expect(builder.entryCount).toBe(10_000);
    expect(builder.sizeBytes).toBeGreaterThan(1_000_000);
    expect(builder.sizeBytes).toBeLessThan(1_200_000);
    const estimate = builder.sizeBytes;
    builder.finish();
    expect(file.sizeSync()).toBe(builder.sizeBytes);
    expect(builder.sizeBytes - estimate).toBeLessThan(50_000);
  });
});

describe('PinnedBlocks', () => {
  const entries = Array.from({ length: 100 }, (_, i) => entry(String(100 + i), 1, 'value'));
  const { bytes } = buildTable(entries, { blockSizeBytes: 60 });
  const key = Buffer.from('150');

  it('makes the second try find its block when the cache keeps nothing', async () => {
    const reader = openTable(bytes, new BlockCache(0));
    const pins = new PinnedBlocks();
    const result = new LookupResult();
    expect(reader.get(sliceOf(key), hashOf(key), 9, result, pins)).toBe(NEEDS_BLOCK);
    expect(pins.isWaiting).toBe(true);
    await pins.load();
    expect(pins.isWaiting).toBe(false);
    expect(reader.get(sliceOf(key), hashOf(key), 9, result, pins)).toBe(1);
    pins.clear();
    expect(reader.get(sliceOf(key), hashOf(key), 9, result, pins)).toBe(NEEDS_BLOCK);
    pins.clear();
  });

  it('can load after the reader was closed, since the request holds the file (pinned-blocks/request-holds-the-file)', async () => {
    const reader = openTable(bytes);
    const pins = new PinnedBlocks();
    const result = new LookupResult();
    reader.get(sliceOf(key), hashOf(key), 9, result, pins);
    reader.close();
    await pins.load();
    const anew = openTable(bytes); // pinned-blocks/known-by-numbers
    expect(anew.get(sliceOf(key), hashOf(key), 9, result, pins)).toBe(1);
  });

  it.each(['none', 'snappy'] as const)(
    'caches no block that is damaged, and then takes the next (%s; block-source/decoded-in-place)',
    (compression) => {
      const entries = Array.from({ length: 40 }, (_, i) => entry(`k${10 + i}`, 1, 'v'.repeat(40)));
      const { bytes } = buildTable(entries, { blockSizeBytes: 200, compression });
      const cache = new BlockCache(64 * 1024);
      const vfs = new MemoryVfs();
      const file = vfs.open('/table', 'create');
      file.writeSync(bytes, 0, bytes.length, 0);
      const reader = TableReader.open(vfs.open('/table', 'read'), 1, cache);
      file.writeSync(Uint8Array.of(bytes[3]! ^ 1), 0, 1, 3); // a byte of the first block
      const lookFor = (key: string): string | undefined => {
        const found = lookUp(reader, Buffer.from(key), 9);
        return found && showEntry(found);
      };
      expect(() => lookFor('k10')).toThrow(CorruptionError);
      expect(cache.statistics().blockCount).toBe(0);
      expect(lookFor('k49')).toContain('k49');
      file.writeSync(bytes, 3, 1, 3);
      expect(lookFor('k10')).toContain('k10');
      expect(lookFor('k10')).toContain('k10');
      expect(cache.statistics()).toMatchObject({ blockCount: 2, insertCount: 2, missCount: 3 });
      reader.close();
    },
  );

  it('keeps one of two blocks that were loaded at once (block-source/one-copy)', async () => {
    const cache = new BlockCache(1e6);
    const reader = openTable(bytes, cache);
    const result = new LookupResult();
    const both = [new PinnedBlocks(), new PinnedBlocks()];
    for (const pins of both) reader.get(sliceOf(key), hashOf(key), 9, result, pins);
    await Promise.all(both.map((pins) => pins.load()));
    expect(cache.statistics()).toMatchObject({ blockCount: 1, insertCount: 1, missCount: 2 });
    const blocks = both.map((pins) => {
      expect(reader.get(sliceOf(key), hashOf(key), 9, result, pins)).toBe(1);
      return result.value;
    });
    expect(blocks[0]).toBe(blocks[1]);
    expect(cache.statistics().hitCount).toBe(2);
  });
});

describe('entries in any order of insertion', () => {
  it('sort as the model does, so that these tests test what they mean', () => {
    const entries = [entry('b', 1, ''), entry('a', 1, ''), entry('a', 2, '')].sort(compareEntries);
    expect(entries.map(showEntry)).toEqual(['a@2=', 'a@1=', 'b@1=']);
  });
});
