/** When a memtable is full, and that no write fails before `hasRoom` is false. */
import { describe, expect, it } from 'vitest';
import { SEQUENCE_NUMBER_ZERO } from '../../src/base/ids.ts';
import { VALUE } from '../../src/base/value-type.ts';
import { CAPACITY_BYTES_MAX, NODE_START_WORD } from '../../src/memtable/arena.ts';
import { insertEntry } from '../support/operations.ts';
import { Memtable } from '../../src/memtable/memtable.ts';
import { capacityFor } from '../../src/memtable/room.ts';
import { INDEX_NODE_LENGTH, LEAF_LENGTH } from '../../src/memtable/skiplist.ts';
import { nodeLengthMax } from '../../src/memtable/skiplist-writer.ts';
import { makeRandom } from '../support/prng.ts';
import { checkStructure, decimalKey, mixedKey, ModelTable, ONE_MIB } from './memtable-fixture.ts';

const VALUE_SIZES = [0, 3, 8, 100, 5000];

function emptyTable(capacityBytes: number): Memtable {
  return Memtable.create({
    capacityBytes,
    baseSequence: SEQUENCE_NUMBER_ZERO,
  });
}

describe('hasRoom', () => {
  for (const valueSize of VALUE_SIZES) {
    it(`is true until a memtable is well used, with values of ${valueSize} bytes (memtable/certain-room)`, () => {
      for (const capacityBytes of [1000, 100_000, ONE_MIB]) {
        const random = makeRandom(valueSize + capacityBytes);
        const model = new ModelTable({ capacityBytes });
        const { table } = model;
        while (true) {
          const key = random.bytes(1 + random.below(24));
          if (!table.hasRoom(1, key.length + valueSize)) break;
          model.put(key, random.bytes(valueSize));
        }
        model.checkGets([], [model.lastSequence]);
        model.checkScans([model.lastSequence]);
        checkStructure(table);
        if (capacityBytes < ONE_MIB) continue;
        const isHashFull = table.keyCount >= (capacityBytes / 64) * (7 / 8);
        if (!isHashFull) expect(table.sizeBytes).toBeGreaterThan(0.8 * capacityBytes);
      }
    });
  }

  it('stands for whole batches, new keys, updates and range tombstones alike (memtable/certain-room)', () => {
    for (let seed = 1; seed <= 10; seed++) {
      const random = makeRandom(seed);
      const model = new ModelTable({ capacityBytes: 200_000 });
      while (true) {
        const ops = Array.from({ length: 1 + random.below(300) }, () => mixedKey(random));
        const valueSize = random.below(40);
        const size = ops.reduce((sum, key) => sum + key.length + valueSize, 0);
        if (!model.table.hasRoom(ops.length, size)) break;
        for (const key of ops) {
          if (random.chance(0.1)) model.deleteRange(key, random.bytes(valueSize));
          else model.put(key, random.bytes(valueSize));
        }
      }
      expect(model.table.hasRoom(1, 16), `seed=${seed}`).toBe(true);
      model.checkScans([model.lastSequence]);
    }
  });

  it('counts the hash slots: no more than 7/8 are used (hash-index/probes-end)', () => {
    const table = emptyTable(60 * 1024); // 1024 slots
    expect([table.hasRoom(896, 0), table.hasRoom(897, 0)]).toEqual([false, false]);
    const large = emptyTable(76 * 1024); // still 1024 slots, and room for the records
    expect([large.hasRoom(896, 0), large.hasRoom(897, 0)]).toEqual([true, false]);
  });

  it('counts the sequences (memtable/sequences-grow)', () => {
    const table = emptyTable(ONE_MIB);
    const key = decimalKey(1);
    const put = (sequence: number): void => insertEntry(table, { type: VALUE, sequence, key });
    put(2 ** 31 - 12);
    expect([table.hasRoom(10, 160), table.hasRoom(11, 176)]).toEqual([true, false]);
  });

  it('is the only guard: a put beyond it fails an assertion (memtable/certain-room, arena/never-grows)', () => {
    const model = new ModelTable({ capacityBytes: 16384 });
    const fill = (size: number): void => {
      for (let i = 0; i < 10000; i++) model.put(decimalKey(i), new Uint8Array(size));
    };
    expect(() => fill(0)).toThrow('memtable/certain-room');
    expect(() => fill(500)).toThrow('memtable/certain-room');
  });
});

describe('nodeLengthMax', () => {
  it('counts the leaf, the index node and the new top level that one insert can take (skiplist-writer/half-full)', () => {
    const [keyCount, leafCount] = [6400, 100];
    const splits = LEAF_LENGTH + INDEX_NODE_LENGTH;
    expect(nodeLengthMax(1, keyCount, leafCount, 1)).toBe(splits + INDEX_NODE_LENGTH);
    expect(nodeLengthMax(1, keyCount, leafCount, 2)).toBe(splits);
    expect(nodeLengthMax(0, keyCount, leafCount, 1)).toBe(0);
  });

  it('is never below the words that inserts allocate, whatever their order (skiplist-writer/half-full)', () => {
    for (let seed = 1; seed <= 24; seed++) {
      const random = makeRandom(seed);
      const model = new ModelTable({ capacityBytes: 4 * ONE_MIB });
      const stride = random.pick([1, 1, 40, 1000]);
      let ascending = 0;
      for (let batch = 0; batch < 60; batch++) {
        const { leafCount, topLevel } = checkStructureSometimes(model, batch);
        const before = nodeStart(model.table);
        const keyCount = model.table.keyCount;
        const insertCount = 1 + random.below(random.pick([2, 70, 300]));
        // Ascending runs fill leaves; keys a stride apart then hit a different full leaf each.
        const isAscending = random.chance(0.4);
        let at = random.below(20000);
        for (let i = 0; i < insertCount; i++) {
          if (isAscending) model.put(decimalKey(100 * ascending++), undefined);
          else model.put(decimalKey((at += stride * 50 + 1)), undefined);
        }
        if (leafCount < 0) continue;
        const inserted = model.table.keyCount - keyCount;
        const allowed = nodeLengthMax(inserted, keyCount, leafCount, topLevel);
        expect(before - nodeStart(model.table), `seed=${seed}`).toBeLessThanOrEqual(allowed);
      }
    }
  });
});

function checkStructureSometimes(
  model: ModelTable,
  batch: number,
): { leafCount: number; topLevel: number } {
  return batch % 4 === 0 ? checkStructure(model.table) : { leafCount: -1, topLevel: -1 };
}

function nodeStart(table: Memtable): number {
  return new Int32Array(table.shared().buffer)[NODE_START_WORD]!;
}

describe('capacityFor', () => {
  it('gives an empty memtable room for the batch, and not many times more', () => {
    for (const operationCount of [0, 1, 63, 1000, 30_000]) {
      for (const size of [0, 17, 40]) {
        const bytes = operationCount * size;
        const capacity = capacityFor(operationCount, bytes);
        expect(emptyTable(capacity).hasRoom(operationCount, bytes)).toBe(true);
        expect(capacity).toBeLessThan(20_000 + operationCount * (130 + 1.5 * size));
      }
    }
  });

  it('is enough for the batch that it was asked for (memtable/certain-room)', () => {
    const random = makeRandom(11);
    const keys = Array.from({ length: 20_000 }, () => mixedKey(random));
    const bytes = keys.reduce((sum, key) => sum + key.length + 9, 0);
    const model = new ModelTable({ capacityBytes: capacityFor(keys.length, bytes) });
    for (const key of keys) model.put(key, random.bytes(9));
    model.checkScans([model.lastSequence]);
  });

  it('exceeds the largest capacity for a batch that no memtable can hold', () => {
    expect(capacityFor(1, 2 ** 32)).toBeGreaterThan(CAPACITY_BYTES_MAX);
    expect(() => emptyTable(2 ** 32)).toThrow('4 GiB');
  });
});
