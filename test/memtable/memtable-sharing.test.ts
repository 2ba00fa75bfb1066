/** Range tombstones, other threads, and arenas that are used again. */
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { ALL_VERSIONS } from '../../src/iterator/internal-iterator.ts';
import type { RangeTombstones } from '../../src/iterator/range-tombstones.ts';
import { Arena } from '../../src/memtable/arena.ts';
import { ArenaPool } from '../../src/memtable/arena-pool.ts';
import { Memtable } from '../../src/memtable/memtable.ts';
import { makeRandom, type Random } from '../support/prng.ts';
import type { WorkerReport } from './attach-worker.ts';
import {
  checkStructure,
  decimalKey,
  drain,
  mixedKey,
  ModelTable,
  ONE_MIB,
} from './memtable-fixture.ts';

function showTombstones(tombstones: RangeTombstones): string[] {
  const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
  return Array.from(
    tombstones.all(),
    ({ start, end, sequence }) => `${sequence}:${hex(start)}-${hex(end)}`,
  ).sort();
}

function filledModel(random: Random): ModelTable {
  const model = new ModelTable({ baseSequence: 2 ** 33 });
  const keys = Array.from({ length: 900 }, () => mixedKey(random));
  for (let i = 0; i < 1500; i++) {
    if (random.chance(0.02)) model.deleteRange(random.pick(keys), random.pick(keys));
    else model.putRandom(random, keys);
  }
  return model;
}

describe('deleteRange', () => {
  it('adds a range tombstone over a copy of its keys and leaves the entries alone', () => {
    const model = new ModelTable({ baseSequence: 50 });
    const start = Buffer.from('b');
    const end = Buffer.from('d');
    model.put(Buffer.from('c'), Buffer.from('1'));
    model.deleteRange(start, end);
    start.fill(0);
    end.fill(0xff);
    const covering = (key: string, readSequence: number): number =>
      model.table.rangeTombstones.newestCovering(Buffer.from(key), 0, key.length, readSequence);
    expect(['a', 'b', 'c', 'd'].map((key) => covering(key, 52))).toEqual([0, 52, 52, 0]);
    expect(covering('c', 51)).toBe(0);
    expect([model.table.lastSequence, model.table.entryCount]).toEqual([52, 1]);
    model.checkGets([], [50, 51, 52]);
  });

  it('alone makes a memtable non-empty', () => {
    const model = new ModelTable();
    model.deleteRange(decimalKey(1), decimalKey(2));
    expect([model.table.isEmpty, model.table.keyCount]).toEqual([false, 0]);
    expect(Memtable.attach(model.table.shared()).isEmpty).toBe(false);
  });
});

describe('attach', () => {
  it('reads the writes of the owner, from the buffer alone (memtable/shared-whole)', () => {
    for (let seed = 1; seed <= 4; seed++) {
      const random = makeRandom(seed);
      const model = filledModel(random);
      const { table } = model;
      const attached = Memtable.attach({ buffer: table.shared().buffer });
      const sequences = [0, 2 ** 33 + 700, model.lastSequence];
      model.checkGets([mixedKey(random), mixedKey(random)], sequences, attached);
      model.checkScans([...sequences, ALL_VERSIONS], attached);
      expect(showTombstones(attached.rangeTombstones)).toEqual(
        showTombstones(table.rangeTombstones),
      );
      for (const name of [
        'firstSequence',
        'lastSequence',
        'baseSequence',
        'keyCount',
        'entryCount',
        'sizeBytes',
        'capacityBytes',
        'isEmpty',
      ] as const) {
        expect(attached[name], name).toBe(table[name]);
      }
    }
  });

  it('refuses writes, and buffers that are no memtables (memtable/shared-whole)', () => {
    const attached = Memtable.attach(new ModelTable().table.shared());
    expect(() => attached.deleteRange(attached.lastSequence, decimalKey(1), decimalKey(2))).toThrow(
      'memtable/shared-whole',
    );
    expect(() => attached.hasRoom(1, 1)).toThrow('memtable/shared-whole');
    expect(() => Memtable.attach({ buffer: new SharedArrayBuffer(4096) })).toThrow('no memtable');
  });

  it('works in another thread (memtable/shared-whole)', async () => {
    const model = filledModel(makeRandom(9));
    const bundle = await build({
      entryPoints: [fileURLToPath(new URL('attach-worker.ts', import.meta.url))],
      bundle: true,
      write: false,
      platform: 'node',
      format: 'cjs',
    });
    const code = bundle.outputFiles[0]!.text; // one entry point
    const worker = new Worker(code, { eval: true, workerData: model.table.shared() });
    const report = await new Promise<WorkerReport>((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', reject);
    });
    await worker.terminate();
    expect(report.allVersions).toEqual(drain(model.table.iterator(ALL_VERSIONS), 'next'));
    expect(report.newestBackward).toEqual(drain(model.table.iterator(model.lastSequence), 'prev'));
    expect(report.tombstoneCount).toBe(showTombstones(model.table.rangeTombstones).length);
  });
});

describe('A pooled arena', () => {
  it('shows no entry of the memtable that had it before (arena/written-first)', () => {
    const pool = new ArenaPool(2 * ONE_MIB);
    const random = makeRandom(21);
    let before: ModelTable | undefined;
    for (let round = 0; round < 5; round++) {
      const model = new ModelTable({ pool, baseSequence: round * 7 });
      expect(showTombstones(model.table.rangeTombstones)).toEqual([]);
      model.checkScans([ALL_VERSIONS, 2 ** 40]);
      if (before) {
        expect(model.table.shared().buffer).toBe(before.table.shared().buffer);
        expect(Memtable.attach(model.table.shared()).isEmpty).toBe(true);
      }
      const keys = Array.from({ length: random.pick([40, 1200]) }, () => mixedKey(random));
      for (let i = 0; i < 1500; i++) model.putRandom(random, keys);
      model.deleteRange(decimalKey(round), decimalKey(round + 1));
      const old = before?.entries.map(({ key }) => key) ?? [];
      model.checkGets(old, [model.lastSequence]);
      model.checkScans([model.lastSequence, ALL_VERSIONS]);
      checkStructure(model.table);
      model.table.release();
      before = model;
    }
  });

  it('goes back once (arena-pool/one-owner)', () => {
    const pool = new ArenaPool(ONE_MIB);
    const tables = [ONE_MIB, ONE_MIB, 3 * ONE_MIB].map(
      (capacityBytes) => new ModelTable({ capacityBytes, pool }).table,
    );
    const buffers = tables.map((table) => table.shared().buffer);
    for (const table of tables.toReversed()) {
      table.release();
      expect(() => table.release()).toThrow('arena-pool/one-owner');
    }
    const arena = pool.acquire(ONE_MIB);
    expect(buffers.slice(0, 2)).toContain(arena.buffer);
    const another = pool.acquire(ONE_MIB);
    expect(buffers).not.toContain(another.buffer); // the pool had one
    expect([arena.capacityBytes, another.capacityBytes]).toEqual([ONE_MIB, ONE_MIB]);
    pool.release(arena);
    expect(() => pool.release(arena)).toThrow('arena-pool/one-owner');
    pool.clear();
    expect(pool.acquire(ONE_MIB)).not.toBe(arena);
  });

  it('takes no more writes from a released memtable', () => {
    const model = new ModelTable();
    model.table.release();
    expect(() => model.put(decimalKey(1), undefined)).toThrow('memtable/shared-whole');
  });
});

describe('Arena', () => {
  it('rounds capacities up to cache lines and a least size', () => {
    const pool = new ArenaPool(0);
    expect(pool.acquire(1).capacityBytes).toBe(16384);
    expect(pool.acquire(16385).capacityBytes).toBe(16448);
    expect(new Arena(new SharedArrayBuffer(64)).capacityBytes).toBe(64);
  });
});
