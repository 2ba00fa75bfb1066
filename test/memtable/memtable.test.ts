/** The memtable against a plain list of entries: reads, scans, versions, sequences. */
import { describe, expect, it } from 'vitest';
import { compareBytes } from '../../src/bytes/bytes.ts';
import { hashKey } from '../../src/bytes/hash.ts';
import {
  ALL_VERSIONS,
  EXHAUSTED,
  FOUND,
  LookupResult,
  READY,
} from '../../src/iterator/internal-iterator.ts';
import { VALUE } from '../../src/base/value-type.ts';
import { insertEntry } from '../support/operations.ts';
import { Arena, HEAD_WORDS } from '../../src/memtable/arena.ts';
import { ArenaPool } from '../../src/memtable/arena-pool.ts';
import { Memtable } from '../../src/memtable/memtable.ts';
import { COUNT } from '../../src/memtable/skiplist.ts';
import { showEntry, visibleEntries } from '../support/array-iterator.ts';
import { currentEntry, describeInternalIterator } from '../support/iterator-contract.ts';
import { makeRandom, type Random } from '../support/prng.ts';
import { checkStructure, decimalKey, mixedKey, ModelTable, ONE_MIB } from './memtable-fixture.ts';

function seeded(seeds: number, check: (random: Random) => void): void {
  for (let seed = 1; seed <= seeds; seed++) {
    try {
      check(makeRandom(seed));
    } catch (error) {
      throw new Error(`seed=${seed}`, { cause: error });
    }
  }
}

const makeKeys = (random: Random, count: number): Uint8Array[] =>
  Array.from({ length: count }, () => mixedKey(random));

function someSequences(random: Random, model: ModelTable): number[] {
  const { baseSequence } = model.table;
  const inside = Array.from({ length: 3 }, () => baseSequence + random.below(model.entries.length));
  return [0, baseSequence, baseSequence + 1, ...inside, model.lastSequence, 2 ** 52 - 1];
}

// A call of `load` would reject (iterator/memory-needs-no-load).
for (const entryCountMax of [80, 600]) {
  describeInternalIterator(
    `MemtableIterator over up to ${entryCountMax} entries`,
    (sorted, readSequence) => {
      const model = new ModelTable();
      const inOrder = sorted.toSorted((a, b) => a.sequence - b.sequence);
      for (const { key, type, value } of inOrder)
        model.put(key, type === VALUE ? value : undefined);
      return model.table.iterator(readSequence);
    },
    { entryCountMax, runs: entryCountMax > 100 ? 6 : 30 },
  );
}

describe('Memtable', () => {
  it('reads every key at every sequence as a list of entries does (memtable/stable-reads, key-node/new-to-old)', () => {
    seeded(12, (random) => {
      const model = new ModelTable({ baseSequence: random.pick([0, 5, 2 ** 40]) });
      const keys = makeKeys(random, random.pick([3, 80, 1500]));
      for (let i = 0; i < 2500; i++) model.putRandom(random, keys);
      const sequences = someSequences(random, model);
      model.checkGets(makeKeys(random, 200), sequences);
      model.checkScans([...sequences, ALL_VERSIONS]);
      checkStructure(model.table);
      expect(model.table.entryCount).toBe(2500);
      expect(model.table.lastSequence).toBe(model.lastSequence);
      expect(model.table.firstSequence).toBe(model.table.baseSequence + 1);
    });
  });

  it('tells keys apart whose hashes are equal (hash-index/never-emptied)', () => {
    seeded(4, (random) => {
      const hash = (key: Uint8Array): number => hashKey(key, 0, key.length) & -8;
      const model = new ModelTable({ hash: (key) => hash(key) >> 26 });
      const keys = makeKeys(random, 300);
      for (let i = 0; i < 600; i++) model.putRandom(random, keys);
      model.checkGets(makeKeys(random, 50), [model.lastSequence]);
    });
  });

  it('finds the keys of ascending runs, whatever comes in between (hash-index/run-above)', () => {
    seeded(6, (random) => {
      const model = new ModelTable();
      const absent = Array.from({ length: 20 }, (_, i) => decimalKey(i * 100 + 50));
      for (let i = 0; i < 2000; i++) {
        if (i % 100 === 50) continue; // absent until a key arrives out of order
        const key = decimalKey(i);
        model.put(key, random.bytes(random.below(40)));
        if (random.chance(0.05))
          expect(model.get(model.table, key, model.lastSequence)?.key).toEqual(key);
        if (random.chance(0.02)) model.put(key, undefined);
        if (random.chance(0.02)) model.put(random.pick(absent), random.bytes(9));
        if (random.chance(0.01)) {
          const copy = Memtable.attach(model.table.shared());
          model.checkGets([], [model.lastSequence], copy);
        }
      }
      model.checkGets(absent, someSequences(random, model));
      model.checkScans([model.lastSequence, ALL_VERSIONS]);
      checkStructure(model.table);
    });
  });

  it('finds every key of a run before the first lookup gave it a slot (hash-index/run-above)', () => {
    seeded(6, (random) => {
      const model = new ModelTable({ capacityBytes: 4 * ONE_MIB });
      const keyOf = (i: number): Uint8Array => decimalKey(2 * i);
      for (let i = 0; i < 3000; i++) model.put(keyOf(i), random.bytes(random.below(20)));
      const attached = Memtable.attach(model.table.shared());
      // No lookup came so far, so the first ones find keys without slots. Twelve of them are at the borders of leaves.
      // Each lookup of the owner gives slots to the keys of one leaf, and the other reader sees the run shorten.
      const order = Array.from({ length: 3000 }, (_, i) =>
        i < 12 ? 62 * (i + 1) + (i % 3) - 1 : (i * 1237) % 3000,
      );
      for (const i of order.slice(0, 40)) {
        for (const table of [attached, model.table, attached]) {
          const key = keyOf(i);
          expect(model.get(table, key, model.lastSequence)?.key).toEqual(key);
          const absent = decimalKey(2 * i + 1);
          expect(model.get(table, absent, model.lastSequence)).toBe(undefined);
        }
      }
      // Some keys are written again, and keys between them, while others have no slot.
      for (const i of order.slice(40, 60)) {
        model.put(keyOf(i), random.bytes(5));
        model.put(decimalKey(2 * i + 1), random.bytes(5));
      }
      expect(model.table.keyCount).toBe(3020);
      model.checkGets([decimalKey(6001)], someSequences(random, model));
      model.checkScans([model.lastSequence]);
      checkStructure(model.table);
    });
  });

  it('holds large values, whatever their alignment in the source', () => {
    const arena = new ArenaPool(0).acquire(ONE_MIB);
    arena.reset(0);
    const source = makeRandom(1).bytes(120_000);
    for (const length of [255, 256, 257, 4096, 16_384, 16_385, 100_000]) {
      for (let start = 0; start < 9; start++) {
        const word = arena.allocateEvenRecord(Math.ceil(length / 4));
        arena.copyIn(word, source, start, start + length);
        const copied = arena.bytes.slice(word * 4, word * 4 + length);
        const isEqual = Buffer.compare(copied, source.subarray(start, start + length)) === 0;
        expect([length, start, isEqual]).toEqual([length, start, true]);
        if (arena.freeLength < 30_000) arena.reset(0);
      }
    }
  });

  it('lays every value at a multiple of eight bytes, whatever the keys are (key-node/aligned-values)', () => {
    const random = makeRandom(3);
    const model = new ModelTable();
    const result = new LookupResult();
    for (let i = 0; i < 500; i++) {
      const key = mixedKey(random);
      model.put(key, random.bytes(random.below(100)));
      const { table, lastSequence } = model;
      expect(table.get(key, 0, key.length, hashKey(key, 0, key.length), lastSequence, result)).toBe(
        FOUND,
      );
      expect(result.valueStart % 8).toBe(0);
    }
  });

  it('seeks to a key, between keys and outside of them, in both directions', () => {
    seeded(6, (random) => {
      const model = new ModelTable();
      const keys = makeKeys(random, 1200);
      for (let i = 0; i < 2000; i++) model.putRandom(random, keys);
      const readSequence = random.below(2000);
      const shown = visibleEntries(model.sorted(), readSequence);
      const iterator = model.table.iterator(readSequence);
      const targets = [...makeKeys(random, 100), ...keys.slice(0, 200), new Uint8Array(0)];
      for (const target of targets) {
        const at = shown.findIndex(({ key }) => compareBytes(key, target) >= 0);
        const above = shown.slice(at < 0 ? shown.length : at);
        expect(iterator.seekAtLeast(target)).toBe(above.length > 0 ? READY : EXHAUSTED);
        if (above[0]) expect(showEntry(currentEntry(iterator))).toBe(showEntry(above[0]));
        const below = shown[shown.length - above.length - 1];
        expect(iterator.seekBelow(target)).toBe(below ? READY : EXHAUSTED);
        if (below) expect(showEntry(currentEntry(iterator))).toBe(showEntry(below));
      }
    });
  });

  it('keeps a scan as it was while keys are inserted around it, splits included (memtable-iterator/own-copy, memtable-iterator/lasting-bytes, key-node/never-changes)', () => {
    for (const step of ['next', 'prev'] as const) {
      seeded(8, (random) => {
        const model = new ModelTable({ capacityBytes: 4 * ONE_MIB });
        const keys = makeKeys(random, 700);
        for (let i = 0; i < 900; i++) model.putRandom(random, keys);
        const readSequence = model.lastSequence - random.below(100);
        const expected = visibleEntries(model.sorted(), readSequence).map(showEntry);
        const iterator = model.table.iterator(readSequence);
        const shown: string[] = [];
        let status = step === 'next' ? iterator.seekFirst() : iterator.seekLast();
        while (status === READY) {
          const entry = currentEntry(iterator);
          shown.push(showEntry(entry));
          // New keys beside the current one split the leaves under the cursor again and again.
          for (let i = random.below(8); i > 0; i--) {
            const near = Uint8Array.from([...entry.key, ...random.bytes(3)]);
            model.putRandom(random, [near, random.pick(keys), mixedKey(random)]);
          }
          // The current entry stays as it is (iterator/entry-stays).
          expect(showEntry(currentEntry(iterator))).toBe(shown.at(-1));
          status = iterator[step]();
        }
        expect(shown).toEqual(step === 'next' ? expected : expected.toReversed());
        model.checkScans([readSequence, model.lastSequence]);
        checkStructure(model.table);
      });
    }
  });

  it('holds the empty key, keys of 64 KiB that differ in the last byte, and empty values', () => {
    const model = new ModelTable({ capacityBytes: 8 * ONE_MIB });
    const long = new Uint8Array(65536).fill(0x61);
    const longs = [2, 1, 3].map((last) => Uint8Array.from(long).fill(last, 65535));
    for (const key of [new Uint8Array(0), ...longs, long.subarray(0, 65535), Uint8Array.of(0)]) {
      model.put(key, new Uint8Array(0));
      model.put(key, undefined);
      model.put(key, Uint8Array.of(1));
    }
    model.checkGets([Uint8Array.of(0, 0), long], [1, 2, 3, 8, 18]);
    model.checkScans([1, 2, 3, 8, 18, ALL_VERSIONS]);
    const iterator = model.table.iterator(18);
    expect(iterator.seekAtLeast(longs[2]!)).toBe(READY);
    expect(iterator.key[iterator.keyEnd - 1]).toBe(3);
  });

  it('shows no entry while it is empty, nor to readers before its first sequence', () => {
    const model = new ModelTable({ baseSequence: 100 });
    const { table } = model;
    expect([table.isEmpty, table.firstSequence, table.lastSequence]).toEqual([true, 100, 100]);
    model.checkScans([0, 100, 2 ** 50, ALL_VERSIONS]);
    expect(table.iterator(200).seekAtLeast(decimalKey(1))).toBe(EXHAUSTED);
    expect(table.iterator(200).seekBelow(decimalKey(1))).toBe(EXHAUSTED);
    model.put(decimalKey(1), decimalKey(2));
    expect(table.isEmpty).toBe(false);
    model.checkScans([0, 99, 100, 101, ALL_VERSIONS]);
    model.checkGets([decimalKey(2)], [0, 99, 100, 101]);
  });

  it('stays exhausted however often it is stepped', () => {
    const model = new ModelTable();
    for (let i = 0; i < 200; i++) model.put(decimalKey(i), decimalKey(i));
    for (const readSequence of [200, ALL_VERSIONS]) {
      const iterator = model.table.iterator(readSequence);
      expect(iterator.seekAtLeast(decimalKey(199))).toBe(READY);
      for (let i = 0; i < 3; i++) expect(iterator.next()).toBe(EXHAUSTED);
    }
    const iterator = model.table.iterator(200);
    expect(iterator.seekBelow(decimalKey(1))).toBe(READY);
    for (let i = 0; i < 3; i++) expect(iterator.prev()).toBe(EXHAUSTED);
  });

  it('refuses a sequence that does not grow (memtable/sequences-grow)', () => {
    const model = new ModelTable({ baseSequence: 10 });
    const put = (sequence: number): void => {
      const key = decimalKey(1);
      insertEntry(model.table, { type: VALUE, sequence, key, value: key.subarray(0, 4) });
    };
    expect(() => put(10)).toThrow('memtable/sequences-grow');
    put(12);
    expect(() => put(12)).toThrow('memtable/sequences-grow');
    expect(() => put(11)).toThrow('memtable/sequences-grow');
    expect(() => put(10 + 2 ** 31 - 1)).toThrow('memtable/sequences-grow');
    put(10 + 2 ** 31 - 2);
    expect(model.table.lastSequence).toBe(10 + 2 ** 31 - 2);
    expect(model.table.newestSequence(decimalKey(1), 0, 16, hashKey(decimalKey(1), 0, 16))).toBe(
      10 + 2 ** 31 - 2,
    );
  });

  it('refuses a key under a second hash, which would enter the order twice (skiplist/keys-ascend)', () => {
    const model = new ModelTable();
    for (const key of [1, 2, 3].map(decimalKey)) {
      const sequence = model.table.lastSequence + 1;
      insertEntry(model.table, { type: VALUE, sequence, key, hash: 1 });
    }
    const key = decimalKey(2);
    expect(() => {
      insertEntry(model.table, { type: VALUE, sequence: 9, key, hash: -1 });
    }).toThrow('skiplist/keys-ascend');
  });
});

const digits = (value: number, length: number): string => String(value).padStart(length, '0');

/** Keys as people have them. */
const SHAPES: Readonly<Record<string, (i: number) => string>> = {
  'two kinds': (i) => `${i % 2 === 0 ? 'account' : 'posting'}:${digits(i, 12)}`,
  'keyspace numbers': (i) =>
    `${['\x02', '\x03', '\xf1\x14', '\xf9\x01\x2c'][i % 4]!}${digits(i, 16)}`,
  paths: (i) => `tenants/${i % 7}/projects/${i % 31}/documents/${i}`,
  'prefixes of each other': (i) => 'ab'.repeat(i % 700),
  'long keys': (i) => `${'k'.repeat(300 + (i % 3) * 4100)}${i}`,
};

describe('Heads of nodes', () => {
  for (const [shape, keyOf] of Object.entries(SHAPES)) {
    for (const isRandom of [false, true]) {
      it(`keep ${shape} in order, ${isRandom ? 'random' : 'ascending in each kind'} (skiplist/fenced-heads, skiplist/outer-fences, skiplist-writer/fences-first)`, () => {
        const model = new ModelTable({ capacityBytes: 16 * ONE_MIB });
        for (let i = 0; i < 1500; i++) {
          model.put(Buffer.from(keyOf(isRandom ? (i * 617) % 1500 : i), 'latin1'), undefined);
          if (i % 97 === 0) checkStructure(model.table);
        }
        model.checkGets([new Uint8Array(0)], [model.lastSequence]);
        model.checkScans([model.lastSequence]);
        checkStructure(model.table);
      });
    }
  }

  it('lie behind what the fences of each node share (skiplist/fenced-heads)', () => {
    const model = new ModelTable({ capacityBytes: 4 * ONE_MIB });
    for (let i = 0; i < 6000; i++) {
      model.put(Buffer.from(SHAPES['two kinds']!((i * 617) % 6000)), undefined);
    }
    const { leafDepths } = checkStructure(model.table);
    // The leaf between the two kinds has the depth 0.
    expect(leafDepths.filter((depth) => depth < 8).length).toBeLessThanOrEqual(1);
  });

  it('give way to keys below and above all others (skiplist-writer/fences-first)', () => {
    for (const strays of [
      ['userz', 'users', 'zz', 'zzz'],
      ['user:', 'user', 'us', ''],
    ]) {
      const model = new ModelTable();
      for (let i = 0; i < 300; i++) model.put(Buffer.from(`user:${1000 + i}/balance`), undefined);
      expect(Math.min(...checkStructure(model.table).leafDepths)).toBeGreaterThan(5);
      for (const key of strays) {
        model.put(Buffer.from(key), undefined);
        model.put(Buffer.from(`user:${key}`), undefined);
        checkStructure(model.table);
        model.checkScans([model.lastSequence]);
      }
    }
  });

  it('of ascending digits stay as they are (node-heads/outer-reserve)', () => {
    const model = new ModelTable({ capacityBytes: 4 * ONE_MIB });
    for (let i = 0; i < 12000; i++) model.put(decimalKey(i), undefined);
    expect(new Set(checkStructure(model.table).leafDepths)).toEqual(new Set([8]));
  });
});

describe('The skiplist', () => {
  it('fills leaves almost wholly under ascending inserts, and grows levels (skiplist-writer/half-full)', () => {
    const model = new ModelTable({ capacityBytes: 32 * ONE_MIB });
    for (let i = 0; i < 60000; i++) model.put(decimalKey(i), undefined);
    const { leafCount, topLevel } = checkStructure(model.table);
    expect(leafCount).toBe(Math.ceil((60000 - 64) / 62) + 1);
    expect(topLevel).toBeGreaterThanOrEqual(2);
  });

  it('stays in order under descending and random inserts on many levels (skiplist/keys-ascend, skiplist/high-bounds, skiplist/first-is-lowest, skiplist/nodes-stay)', () => {
    const random = makeRandom(5);
    const model = new ModelTable({ capacityBytes: 32 * ONE_MIB });
    for (let i = 30000; i > 0; i--) model.put(decimalKey(i * 3), undefined);
    for (let i = 0; i < 30000; i++) model.put(decimalKey(random.below(100000)), undefined);
    expect(checkStructure(model.table).topLevel).toBeGreaterThanOrEqual(2);
    model.checkScans([30000, model.lastSequence]);
  });

  it('is searched beside a split that the level above does not show yet (skiplist/known-upper)', () => {
    const model = new ModelTable();
    for (let i = 0; i < 900; i++) model.put(decimalKey((i * 617) % 900), undefined);
    const { words } = new Arena(model.table.shared().buffer);
    const root = words[HEAD_WORDS + 1]!;
    for (const count of [words[root + COUNT]! - 1, 3]) {
      words[root + COUNT] = count; // the leaves of the other entries are reached by moving right
      const iterator = Memtable.attach(model.table.shared()).iterator(model.lastSequence);
      for (let i = 0; i < 900; i++) {
        expect(iterator.seekAtLeast(decimalKey(i))).toBe(READY);
        expect(Buffer.from(currentEntry(iterator).key)).toEqual(decimalKey(i));
      }
    }
  });
});
