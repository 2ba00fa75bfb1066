/** Memtables that are filled without order and then put in order at once, as in a replay. */
import { describe, expect, it } from 'vitest';
import { compareBytes } from '../../src/bytes/bytes.ts';
import { ALL_VERSIONS } from '../../src/iterator/internal-iterator.ts';
import {
  Arena,
  HEADER_LENGTH,
  NODE_START_WORD,
  RECORD_END_WORD,
} from '../../src/memtable/arena.ts';
import { OPERATION_LENGTH_MAX, wordCount } from '../../src/memtable/key-node.ts';
import { Memtable } from '../../src/memtable/memtable.ts';
import { loadedLength } from '../../src/memtable/skiplist-loader.ts';
import { EMPTY_LENGTH, nodeLengthMax } from '../../src/memtable/skiplist-writer.ts';
import { visibleEntries } from '../support/array-iterator.ts';
import { makeRandom, type Random } from '../support/prng.ts';
import {
  checkStructure,
  decimalKey,
  drain,
  mixedKey,
  ModelTable,
  ONE_MIB,
  order,
} from './memtable-fixture.ts';

const repeated = (byte: number, length: number): Uint8Array => new Uint8Array(length).fill(byte);
const text = (value: string): Uint8Array => Buffer.from(value, 'latin1');

/** Keys by shape: the bytes that they share, where they differ, how they end. */
const SHAPES: Readonly<Record<string, (random: Random, index: number) => Uint8Array>> = {
  'random bytes': (random) => random.bytes(16),
  'short random bytes': (random) => random.bytes(random.below(4)),
  'mixed lengths and prefixes': (random) => mixedKey(random),
  'random digits': (random) => decimalKey(random.below(1e9)),
  'ascending digits': (_, index) => decimalKey(index * 3),
  'descending digits': (_, index) => decimalKey(1e6 - index),
  'ties in the first eight bytes': (random) =>
    text(`${random.pick(['left', 'right'])}:${'same'.repeat(5)}:${random.below(3000)}`),
  'ties at several depths': (random) =>
    text(
      Array.from({ length: 1 + random.below(5) }, () =>
        random.pick(['aaaaaaaa', 'aaaaaaab', 'b']),
      ).join(''),
    ),
  'zeros of all lengths': (random) => repeated(0, random.below(200)),
  'ones of all lengths': (random) => repeated(0xff, random.below(100)),
  'prefixes of each other': (random) =>
    text('abcdefghijklmnopqrstuvwxyz'.repeat(4).slice(0, random.below(105))),
  'strays at both borders of the prefix': (random) =>
    random.chance(0.9)
      ? text(`user:${random.below(3000)}`)
      : text(`${random.pick(['', 'us', 'user', 'user9', 'user;', 'zz', '\0'])}${random.below(9)}`),
  'strays that look alike': (random) =>
    random.chance(0.9)
      ? text(`user:${random.pick(['\0', '\xff']).repeat(random.below(12))}${random.below(300)}`)
      : text(`${random.pick(['a', 'z'])}${random.below(500)}`),
  'two halves without a common prefix': (random) =>
    text(`${random.pick(['a', 'z'])}${random.below(5000)}`),
  'a prefix that later keys lack': (random, index) =>
    text(`${index < 400 ? 'user:00' : 'u'}${random.below(9999)}`),
};
const COUNTS = [0, 1, 2, 62, 63, 64, 65, 126, 127, 1500];

/** The same history in a memtable that keeps order and in one that is put in order at the end. */
class Twins {
  readonly plain: ModelTable;
  readonly loaded: ModelTable;

  constructor(baseSequence = 0) {
    const options = { capacityBytes: 4 * ONE_MIB, baseSequence };
    this.plain = new ModelTable(options);
    this.loaded = new ModelTable({ ...options, isUnordered: true });
  }

  put(key: Uint8Array, value: Uint8Array | undefined): void {
    this.plain.put(key, value);
    this.loaded.put(key, value);
  }

  deleteRange(start: Uint8Array, end: Uint8Array): void {
    this.plain.deleteRange(start, end);
    this.loaded.deleteRange(start, end);
  }

  step(random: Random, keys: readonly Uint8Array[], key: Uint8Array): void {
    if (random.chance(0.02)) this.deleteRange(key, random.pick(keys));
    else this.put(key, random.chance(0.2) ? undefined : random.bytes(random.below(40)));
    if (random.chance(0.3)) this.put(random.pick(keys), random.bytes(3));
    if (random.chance(0.01)) [this.plain, this.loaded].forEach((model) => model.skip(2));
  }

  check(random: Random, keys: readonly Uint8Array[]): void {
    const { plain, loaded } = this;
    const { baseSequence } = plain.table;
    const inside = baseSequence + random.below(plain.lastSequence - baseSequence + 1);
    const sequences = [baseSequence, inside, plain.lastSequence];
    const absent = Array.from({ length: 20 }, () => mixedKey(random));
    checkStructure(loaded.table);
    loaded.checkGets(absent, sequences);
    loaded.checkScans([...sequences, ALL_VERSIONS]);
    const attached = Memtable.attach(loaded.table.shared());
    loaded.checkScans([inside, ALL_VERSIONS], attached);
    for (const target of [...absent, ...keys.slice(0, 60), new Uint8Array(0)]) {
      this.#checkSeeks(target, inside);
      this.#checkWrittenSince(target, random.pick([undefined, ...keys]), inside);
    }
    for (const name of [
      'keyCount',
      'entryCount',
      'firstSequence',
      'lastSequence',
      'isEmpty',
    ] as const) {
      expect(loaded.table[name]).toBe(plain.table[name]);
    }
  }

  #checkSeeks(target: Uint8Array, readSequence: number): void {
    const cursors = [this.plain, this.loaded].map(({ table }) => table.iterator(readSequence));
    for (const seek of ['seekAtLeast', 'seekBelow'] as const) {
      const [expected, found] = cursors.map((cursor) => {
        const status = cursor[seek](target);
        return [
          status,
          cursor.sequence,
          Buffer.from(cursor.key.slice(cursor.keyStart, cursor.keyEnd)),
        ];
      });
      if (expected![0] === found![0] && expected![0] !== 0) expect(found).toEqual(expected);
      else expect(found![0]).toBe(expected![0]);
    }
  }

  #checkWrittenSince(from: Uint8Array, upper: Uint8Array | undefined, since: number): void {
    const counter = { walkedCount: 0 };
    const expected = this.plain.table.keyWrittenSince(from, upper, since, counter);
    expect(this.loaded.table.keyWrittenSince(from, upper, since, counter)).toEqual(expected);
  }
}

function nodesInUse(table: Memtable): number {
  const { words } = new Arena(table.shared().buffer);
  return words.length - words[NODE_START_WORD]!;
}

/** Eight bytes, as many as an entry holds of a key. A prefix may take all bytes before them. */
const TAIL = '/balance';

describe('A memtable that is put in order at once', () => {
  for (const [shape, makeKey] of Object.entries(SHAPES)) {
    it(`reads and goes on as one that kept order, with ${shape} (skiplist-loader/as-inserted, key-sorter/words-restored, memtable/stable-reads)`, () => {
      for (const [seed, count] of COUNTS.entries()) {
        const random = makeRandom(seed + 1);
        const keys: Uint8Array[] = [new Uint8Array(0)];
        const twins = new Twins(random.pick([0, 7, 2 ** 40]));
        const steps = (from: number, to: number): void => {
          for (let i = from; i < to; i++) {
            keys.push(makeKey(random, i));
            twins.step(random, keys, keys.at(-1)!);
          }
        };
        try {
          steps(0, count);
          order(twins.loaded.table);
          twins.check(random, keys);
          steps(count, count + 200 + count);
          twins.check(random, keys);
        } catch (error) {
          throw new Error(`seed=${seed + 1} count=${count}`, { cause: error });
        }
      }
    });
  }

  it('has the leaves that ascending inserts leave, and an entry for every node (skiplist-writer/half-full, skiplist-loader/exact-length)', () => {
    const lengths: number[] = [];
    for (const count of [0, 1, 64, 65, 126, 127, 128, 62 * 64, 62 * 65 + 2, 9000, 62 * 62 * 66]) {
      const model = new ModelTable({ capacityBytes: 48 * ONE_MIB, isUnordered: true });
      const random = makeRandom(count + 1);
      while (model.table.keyCount < count) model.put(random.bytes(9), new Uint8Array(0));
      order(model.table);
      const { leafCount, topLevel } = checkStructure(model.table);
      expect(leafCount).toBe(count <= 64 ? 1 : Math.ceil((count - 64) / 62) + 1);
      expect(nodesInUse(model.table)).toBe(EMPTY_LENGTH + loadedLength(count));
      expect(loadedLength(count)).toBeLessThanOrEqual(nodeLengthMax(count, 0, 1, 1));
      lengths.push(topLevel);
    }
    expect(lengths).toEqual([1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 3]);
  });

  it('has heads behind what all keys share, less their last bytes (skiplist/fenced-heads)', () => {
    const depthOf = (keys: readonly string[]): number => {
      const model = new ModelTable({ isUnordered: true });
      for (const key of keys) model.put(text(key), undefined);
      order(model.table);
      const { leafDepths } = checkStructure(model.table);
      model.checkScans([model.lastSequence]);
      return leafDepths[0]!; // there is a leaf
    };
    const users = Array.from({ length: 900 }, (_, i) => `user:${((i * 617) % 1000) + 1000}`);
    expect(depthOf(users)).toBe(1);
    expect(depthOf(users.map((key) => key + TAIL))).toBe(6);
    expect(depthOf([...users.map((key) => key + TAIL), 'us'])).toBe(2);
  });

  it('goes on filling leaves with ascending keys (skiplist-writer/tails-rightmost)', () => {
    const model = new ModelTable({ capacityBytes: 16 * ONE_MIB, isUnordered: true });
    for (let i = 0; i < 7000; i++) {
      if (i === 1000) order(model.table);
      model.put(decimalKey(i), undefined);
    }
    expect(checkStructure(model.table).leafCount).toBe(Math.ceil((7000 - 64) / 62) + 1);
  });

  it('is ordered in steps, however many keys tie (key-sorter/shared-bytes)', () => {
    const seldom = (keys: number, makeKey: (i: number) => string): void => {
      const model = new ModelTable({ capacityBytes: 64 * ONE_MIB, isUnordered: true });
      for (let i = 0; i < keys; i++) model.put(text(makeKey(i)), undefined);
      expect(order(model.table)).toBeGreaterThan(keys / 25_000);
      expect(drain(model.table.iterator(model.lastSequence), 'next')).toHaveLength(keys);
    };
    seldom(100_000, (i) => String((i * 7919) % 100_000).padStart(16, '0'));
    seldom(100_000, (i) => `${'ab'[i % 2]}${'tied'.repeat(8)}${i}`);
  });

  it('is put in order by the first reader that needs order, whatever steps were taken before (memtable/ordered-on-demand)', () => {
    const needs: Record<string, (model: ModelTable) => void> = {
      'a cursor': ({ table }) => void table.iterator(100),
      'another thread': ({ table }) => void table.shared(),
      'a walk': ({ table }) =>
        void table.keyWrittenSince(decimalKey(0), undefined, 99, { walkedCount: 0 }),
    };
    for (const [name, need] of Object.entries(needs)) {
      for (const stepCount of [0, 1, 2]) {
        const model = new ModelTable({ capacityBytes: 8 * ONE_MIB, isUnordered: true });
        const keyCount = stepCount === 0 ? 100 : 40_000;
        for (let i = 0; i < keyCount; i++) model.put(decimalKey((i * 7919) % keyCount), undefined);
        const { table } = model;
        const steps = table.order();
        for (let i = 0; i < stepCount; i++) expect(steps.next().done).toBe(false);
        expect(model.get(table, decimalKey(1), keyCount)?.key).toEqual(decimalKey(1));
        expect(table.isOrdered).toBe(false);
        need(model);
        expect(table.isOrdered, name).toBe(true);
        expect(steps.next().done).toBe(true);
        expect(order(table)).toBe(1);
        model.checkScans([keyCount]);
        checkStructure(table);
      }
    }
  });

  it('takes no new key while it is being ordered (skiplist-loader/nothing-between)', () => {
    const model = new ModelTable({ capacityBytes: 8 * ONE_MIB, isUnordered: true });
    for (let i = 0; i < 40_000; i++) model.put(decimalKey(i), undefined);
    const steps = model.table.order();
    expect(steps.next().done).toBe(false);
    expect(() => model.put(decimalKey(50_000), undefined)).toThrow(
      'skiplist-loader/nothing-between',
    );
  });
});

describe('hasRoom of an unordered memtable', () => {
  for (const valueSize of [0, 8, 100, 5000]) {
    it(`counts the nodes to come, with values of ${valueSize} bytes (memtable/certain-room, skiplist-loader/exact-length)`, () => {
      for (const capacityBytes of [16_384, 100_000, ONE_MIB, 1_234_567]) {
        const random = makeRandom(valueSize + capacityBytes);
        const model = new ModelTable({ capacityBytes, isUnordered: true });
        const fill = (operationCount: number): void => {
          const keys = Array.from({ length: operationCount }, () =>
            random.bytes(1 + random.below(24)),
          );
          while (
            model.table.hasRoom(
              keys.length,
              keys.reduce((sum, key) => sum + key.length + valueSize, 0),
            )
          ) {
            for (const key of keys) model.put(key, random.bytes(valueSize));
            keys.forEach((_, i) => (keys[i] = random.bytes(1 + random.below(24))));
          }
        };
        fill(40);
        fill(1);
        order(model.table);
        const isHashFull = model.table.keyCount >= (capacityBytes / 64) * (7 / 8) * 0.7;
        const slots = HEADER_LENGTH * 4 + capacityBytes / 5;
        if (!isHashFull)
          expect(model.table.sizeBytes).toBeGreaterThan(0.9 * capacityBytes - slots - 6000);
        checkStructure(model.table);
        model.checkScans([model.lastSequence]);
      }
    });
  }

  it('counts from the loaded keys once it is ordered (memtable/certain-room, skiplist-writer/half-full)', () => {
    for (const count of [0, 1, 64, 65, 900, 3000]) {
      const model = new ModelTable({ capacityBytes: 400_000, isUnordered: true });
      for (let i = 0; i < count; i++) model.put(decimalKey((i * 7919) % 3000), new Uint8Array(0));
      order(model.table);
      const { leafCount, topLevel } = checkStructure(model.table);
      const { words } = new Arena(model.table.shared().buffer);
      const free = words[NODE_START_WORD]! - words[RECORD_END_WORD]!;
      for (let inserts = 1; inserts < 3000; inserts += 7) {
        const records = inserts * OPERATION_LENGTH_MAX + wordCount(inserts * 20);
        const nodes = nodeLengthMax(inserts, count, leafCount, topLevel);
        expect(model.table.hasRoom(inserts, inserts * 20)).toBe(records + nodes <= free);
      }
    }
  });

  it('is as careful after the order as before it: an operation with room can be put (memtable/certain-room)', () => {
    for (let seed = 1; seed <= 12; seed++) {
      const random = makeRandom(seed);
      const model = new ModelTable({ capacityBytes: 300_000, isUnordered: true });
      const loadedCount = random.pick([0, 1, 64, 65, 700, 2000]);
      const add = (key: Uint8Array): void => model.put(key, random.bytes(2));
      for (let i = 0; i < loadedCount; i++) add(random.bytes(6));
      order(model.table);
      const makeKey = random.pick([
        () => random.bytes(6),
        (i: number) => decimalKey(i),
        (i: number) => decimalKey(1e6 - i),
      ]);
      for (let i = 0; model.table.hasRoom(1, 18); i++) add(makeKey(i));
      checkStructure(model.table);
      model.checkScans([model.lastSequence]);
      const shown = visibleEntries(model.sorted(), model.lastSequence);
      expect(shown.length, `seed=${seed}`).toBe(model.table.keyCount);
      expect(compareBytes(shown[0]!.key, shown.at(-1)!.key)).toBeLessThan(0);
    }
  });
});
