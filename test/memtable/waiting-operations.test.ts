/**
 * Operations that a memtable inserts later, together (memtable/settled-when-seen): no answer tells when it did.
 *
 * Each question is put to a memtable in which entries wait, and to one that inserted the same entries at once.
 */
import { describe, expect, it } from 'vitest';
import { sequenceNumber } from '../../src/base/ids.ts';
import { DELETION, VALUE } from '../../src/base/value-type.ts';
import { ALL_VERSIONS } from '../../src/iterator/internal-iterator.ts';
import { ArenaPool } from '../../src/memtable/arena-pool.ts';
import { hashKey } from '../../src/bytes/hash.ts';
import { copyThrough } from '../../src/memtable/copy-through.ts';
import { Memtable } from '../../src/memtable/memtable.ts';
import { WAITING_COUNT_MAX } from '../../src/memtable/waiting-operations.ts';
import { insertEntry, insertEntrySoon, type PlainEntry } from '../support/operations.ts';
import { makeRandom } from '../support/prng.ts';
import { checkStructure, drain, ModelTable, ONE_MIB } from './memtable-fixture.ts';

const BASE = 100;
const KEYS = ['a', 'b', 'c', 'd'].map((text) => Buffer.from(text));
const ENTRIES: readonly PlainEntry[] = Array.from({ length: 10 }, (_, i) => ({
  type: i === 7 ? DELETION : VALUE,
  sequence: BASE + 1 + i,
  key: KEYS[i % 3]!, // three keys
  value: Buffer.from(i === 7 ? '' : `value ${i}`),
}));
const LAST = BASE + ENTRIES.length;

function create(capacityBytes = ONE_MIB): Memtable {
  return Memtable.create({ capacityBytes, baseSequence: sequenceNumber(BASE) });
}

/** The first entries are inserted, the others wait. */
function waitingAfter(count: number): Memtable {
  const table = create();
  ENTRIES.slice(0, count).forEach((entry) => insertEntry(table, entry));
  ENTRIES.slice(count).forEach((entry) => insertEntrySoon(table, entry));
  return table;
}

function getAll(table: Memtable, readSequence: number): unknown[] {
  const model = new ModelTable();
  return KEYS.map((key) => model.get(table, key, readSequence));
}

const QUESTIONS: readonly (readonly [string, (table: Memtable) => unknown])[] = [
  ['lookups of the newest entries', (table) => getAll(table, LAST)],
  ['lookups amid those that wait', (table) => getAll(table, LAST - 2)],
  ['lookups below those that wait', (table) => getAll(table, BASE + 1)],
  [
    'newest sequences',
    (table) => KEYS.map((key) => table.newestSequence(key, 0, 1, hashKey(key, 0, 1))),
  ],
  ['a scan', (table) => drain(table.iterator(LAST), 'prev')],
  ['a scan of all versions', (table) => drain(table.iterator(ALL_VERSIONS), 'next')],
  [
    'a key written since',
    (table) =>
      [BASE, LAST - 1, LAST].map((since) =>
        table.keyWrittenSince(KEYS[0]!, undefined, since, { walkedCount: 0 }),
      ),
  ],
  [
    'counts and sequences',
    (table) => [
      table.isEmpty,
      table.keyCount,
      table.entryCount,
      table.firstSequence,
      table.lastSequence,
    ],
  ],
  ['its size', (table) => table.sizeBytes],
  ['a copy of a part', (table) => drain(copied(table).iterator(ALL_VERSIONS), 'next')],
  ['another thread, at the end', (table) => getAll(Memtable.attach(table.shared()), LAST)],
  ['another thread, beside', (table) => getAll(Memtable.attachBeside(table.shareBeside()), LAST)],
  ['the order of keys', (table) => void [...table.order()]],
];

function copied(table: Memtable): Memtable {
  return copyThrough(table, sequenceNumber(LAST - 1), new ArenaPool(0));
}

describe('entries that wait in a memtable (memtable/settled-when-seen)', () => {
  it.each(QUESTIONS)('%s', (_, ask) => {
    for (let count = 0; count < ENTRIES.length; count++) {
      const table = waitingAfter(count);
      expect(ask(table)).toEqual(ask(waitingAfter(ENTRIES.length)));
      checkStructure(table);
    }
  });

  it('are below what is inserted behind them, a range deletion too', () => {
    const table = waitingAfter(4);
    table.deleteRange(sequenceNumber(LAST + 1), KEYS[0]!, KEYS[1]!);
    insertEntry(table, { type: VALUE, sequence: LAST + 2, key: KEYS[1]! });
    expect(table.newestSequence(KEYS[1]!, 0, 1, hashKey(KEYS[1]!, 0, 1))).toBe(LAST + 2);
    expect([...table.rangeDeletions()].map(({ sequence }) => sequence)).toEqual([LAST + 1]);
    expect(() => insertEntrySoon(table, { type: VALUE, sequence: LAST, key: KEYS[1]! })).toThrow(
      'memtable/sequences-grow',
    );
  });

  it('refer to the bytes of the caller until they are inserted, and no longer', () => {
    const table = create();
    const arrays = ENTRIES.map((entry) => insertEntrySoon(table, entry));
    table.settle();
    for (const array of arrays) array.fill(0xee);
    expect(getAll(table, LAST)).toEqual(getAll(waitingAfter(ENTRIES.length), LAST));
    expect(table.nextOperation().bytes).toHaveLength(0);
  });

  it('have their room at once: a memtable that says it has room takes all of them (memtable/certain-room)', () => {
    for (let seed = 1; seed <= 40; seed++) {
      const random = makeRandom(seed);
      const table = create(64 * 1024);
      let sequence = BASE;
      const keyLengthMax = random.pick([4, 40, 400]);
      while (true) {
        const key = random.bytes(1 + random.below(keyLengthMax));
        const value = random.bytes(random.below(200));
        if (!table.hasRoom(1, key.length + value.length)) break;
        insertEntrySoon(table, { type: VALUE, sequence: ++sequence, key, value });
      }
      table.settle();
      expect(table.entryCount, `seed=${seed}`).toBe(sequence - BASE);
      expect(sequence - BASE).toBeGreaterThan(WAITING_COUNT_MAX);
      checkStructure(table);
    }
  });
});
