/** A memtable rebuilt without its last operations, against a plain list of entries. */
import { describe, expect, it } from 'vitest';
import { sequenceNumber } from '../../src/base/ids.ts';
import { ALL_VERSIONS } from '../../src/iterator/internal-iterator.ts';
import { ArenaPool } from '../../src/memtable/arena-pool.ts';
import { copyThrough } from '../../src/memtable/copy-through.ts';
import type { Memtable } from '../../src/memtable/memtable.ts';
import { compareEntries, showEntry } from '../support/array-iterator.ts';
import { makeRandom } from '../support/prng.ts';
import { checkStructure, drain, mixedKey, ModelTable } from './memtable-fixture.ts';

const BASE = 100;

function copied(model: ModelTable, sequence: number): Memtable {
  const pool = new ArenaPool(0);
  return copyThrough(model.table, sequenceNumber(sequence), pool);
}

describe('copyThrough()', () => {
  it('keeps the operations up to a sequence, and leaves the source as it was (memtable/stable-reads)', () => {
    const random = makeRandom(31);
    const model = new ModelTable({ baseSequence: BASE });
    const keys = Array.from({ length: 60 }, () => mixedKey(random));
    for (let i = 0; i < 300; i++) {
      if (random.chance(0.1)) model.deleteRange(random.pick(keys), random.pick(keys));
      else model.putRandom(random, keys);
    }
    const before = drain(model.table.iterator(ALL_VERSIONS), 'next');
    for (const sequence of [BASE, BASE + 1, BASE + 150, model.lastSequence]) {
      const copy = copied(model, sequence);
      const kept = model.entries.filter((entry) => entry.sequence <= sequence);
      expect(drain(copy.iterator(ALL_VERSIONS), 'next')).toEqual(
        kept.toSorted(compareEntries).map(showEntry),
      );
      const ranges = [...model.table.rangeDeletions()];
      expect([...copy.rangeDeletions()]).toEqual(
        ranges.filter((each) => each.sequence <= sequence),
      );
      expect([copy.baseSequence, copy.lastSequence]).toEqual([BASE, sequence]);
      checkStructure(copy);
    }
    expect(drain(model.table.iterator(ALL_VERSIONS), 'next')).toEqual(before);
  });

  it('begins no later than the sequence, as the memtables before it end there (memtable/older-below)', () => {
    const model = new ModelTable({ baseSequence: BASE });
    for (let i = 0; i < 5; i++) model.put(Uint8Array.of(i), undefined);
    const earlier = copied(model, BASE - 10);
    expect([earlier.baseSequence, earlier.isEmpty]).toEqual([BASE - 10, true]);
    const later = copied(model, BASE + 3);
    expect([later.baseSequence, later.lastSequence]).toEqual([BASE, BASE + 3]);
  });
});
