/** Where keys lie in a table: places as a map has them, and reads that say the same with them and without. */
import { describe, expect, it } from 'vitest';
import { tossCoins } from '../../src/base/coin.ts';
import { compareBytes } from '../../src/bytes/bytes.ts';
import { hashKey } from '../../src/bytes/hash.ts';
import { BlockCache } from '../../src/cache/block-cache.ts';
import { KeyPlaces, NO_PLACE } from '../../src/sstable/key-places.ts';
import type { TableReader } from '../../src/sstable/table-reader.ts';
import { type Entry, entry, showEntry } from '../support/array-iterator.ts';
import { randomEntries, randomKey } from '../support/iterator-contract.ts';
import { makeRandom } from '../support/prng.ts';
import { buildTable, lookUp, openTable } from './table-helpers.ts';

const hashOf = (key: Uint8Array): number => hashKey(key, 0, key.length);

describe('places of keys', () => {
  it('are found as they were added, most of them, and none for another hash', () => {
    for (const [keyCount, blockCount] of [
      [1, 1],
      [1000, 30],
      [50_000, 1700],
      [30, 30],
    ] as const) {
      const places = new KeyPlaces(keyCount, blockCount);
      const hashes = Array.from({ length: keyCount }, (_, i) => hashOf(Buffer.from(`key ${i}`)));
      const blockOf = (i: number): number => Math.floor((i * blockCount) / keyCount);
      const entryOf = (i: number): number => i % Math.ceil(keyCount / blockCount);
      hashes.forEach((hash, i) => places.add(hash, blockOf(i), entryOf(i)));
      const byHash = new Map(hashes.map((hash, i) => [hash, i]));
      let foundCount = 0;
      for (const [hash, i] of byHash) {
        const place = places.find(hash);
        if (place === NO_PLACE) continue;
        if (places.blockOf(place) === blockOf(i) && places.entryOf(place) === entryOf(i)) {
          foundCount++;
        }
      }
      expect(foundCount / byHash.size).toBeGreaterThan(0.9);
      const others = Array.from({ length: 1000 }, (_, i) => hashOf(Buffer.from(`other ${i}`)));
      const falseCount = others.filter((hash) => places.find(hash) !== NO_PLACE).length;
      expect(falseCount).toBeLessThan(60); // the slots keep at least four bits of a hash
    }
  });

  it('leave out an entry of a number that slots do not have', () => {
    const places = new KeyPlaces(40, 10);
    places.add(5, 3, 15);
    places.add(-5, 3, 16);
    expect([places.blockOf(places.find(5)), places.entryOf(places.find(5))]).toEqual([3, 15]);
    expect(places.find(-5)).toBe(NO_PLACE);
  });

  it('have no size for a table whose blocks a slot cannot name', () => {
    expect(KeyPlaces.sizeOf(2 ** 27, 2 ** 22)).toBeUndefined();
    expect(KeyPlaces.sizeOf(1_000_000, 30_000)).toBe(6_400_000);
  });
});

const hasPlaces = (reader: TableReader): boolean => reader.keyPlacesBytes > 0;

/** The specification of `get`: the first entry of the key, from new to old, at or below the sequence. */
function expectedAt(
  entries: readonly Entry[],
  key: Uint8Array,
  sequence: number,
): Entry | undefined {
  return entries.find((each) => compareBytes(each.key, key) === 0 && each.sequence <= sequence);
}

const show = (found: Entry | undefined): string =>
  found === undefined ? 'absent' : showEntry(found);

describe('a table whose keys have places', () => {
  it('answers as it did without, at every sequence (key-places/newest, key-places/believed-when-equal, table-reader/places-of-the-newest)', () => {
    let placesCount = 0;
    for (let seed = 1; seed <= 120; seed++) {
      tossCoins(seed % 3 === 0 ? seed : undefined);
      const random = makeRandom(seed);
      const entries = randomEntries(random, 80);
      if (entries.length === 0) continue;
      const options = {
        blockSizeBytes: random.pick([40, 300, 4096]),
        filterBitsPerKey: random.pick([0, 1, 10]),
      };
      const cache = new BlockCache(1e6);
      const reader = openTable(buildTable(entries, options).bytes, cache);
      const newest = entries.reduce((max, { sequence }) => Math.max(max, sequence), 0);
      const all = [...entries.map(({ key }) => key), randomKey(random), randomKey(random)];
      for (let round = 0; round < 4; round++) {
        for (const key of all) {
          const sequence = random.chance(0.5) ? newest : random.below(newest + 2);
          const found = lookUp(reader, key, sequence);
          expect(show(found), `seed=${seed}`).toBe(show(expectedAt(entries, key, sequence)));
          const sequenceOfNewest = reader.newestSequence(key, 0, key.length, hashOf(key));
          expect(sequenceOfNewest).toBe(expectedAt(entries, key, newest)?.sequence ?? 0);
        }
      }
      placesCount += hasPlaces(reader) ? 1 : 0;
      reader.close();
      expect(cache.sizeBytes).toBe(0);
    }
    tossCoins();
    expect(placesCount).toBeGreaterThan(60);
  });

  it('tells keys apart that share a hash (key-places/believed-when-equal)', () => {
    const keys = ['a', 'b', 'c'].map((text) => Buffer.from(text));
    const reader = openTable(
      buildTable(
        keys.map((key, i) => ({ key, sequence: i + 1, type: 1, value: key })),
        { filterBitsPerKey: 0 },
      ).bytes,
      new BlockCache(1e6),
    );
    for (let round = 0; round < 3; round++) {
      for (const key of keys)
        expect(String(lookUp(reader, key, 9, 77)?.value)).toBe(String(key[0]));
    }
    expect(hasPlaces(reader)).toBe(true);
  });

  it('has none while most of its blocks are not in memory, or most keys are not in it', () => {
    const entries = Array.from({ length: 400 }, (_, i) =>
      entry(`key ${String(i).padStart(3, '0')}`, i + 1, 'x'.repeat(50)),
    );
    const { bytes } = buildTable(entries, { blockSizeBytes: 500 });
    const small = openTable(bytes, new BlockCache(8_000));
    const absent = openTable(bytes, new BlockCache(1e6));
    for (const { key } of [...entries, ...entries]) {
      lookUp(small, key, 1000);
      lookUp(absent, key, 1000);
      for (const other of ['no', 'none'])
        lookUp(absent, Buffer.from(`${String(key)} ${other}`), 1000);
    }
    expect([hasPlaces(small), hasPlaces(absent)]).toEqual([false, false]);
  });

  it('has at most an eighth of the cache for them (block-cache/keys-within)', () => {
    const entries = Array.from({ length: 400 }, (_, i) =>
      entry(`key ${String(i).padStart(3, '0')}`, i + 1, 'x'),
    );
    const { bytes } = buildTable(entries); // its places have 2,560 bytes
    const cache = new BlockCache(45_000);
    const readers = [1, 2, 3].map(() => openTable(bytes, cache));
    for (const { key } of [...entries, ...entries]) {
      for (const reader of readers) lookUp(reader, key, 1000);
    }
    expect(readers.map(hasPlaces)).toEqual([true, true, false]);
    expect(cache.sizeBytes).toBeLessThanOrEqual(45_000);
    expect(cache.capacityBytes).toBe(45_000);
    for (const reader of readers) reader.close();
    expect([cache.sizeBytes, cache.capacityBytes]).toEqual([0, 45_000]);
  });
});
