/** Writes to a range since a sequence: against a plain list, and how many are walked (memtable/recent-writes). */
import { describe, expect, it } from 'vitest';
import { compareBytes } from '../../src/bytes/bytes.ts';
import { makeRandom } from '../support/prng.ts';
import { decimalKey, mixedKey, ModelTable, ONE_MIB } from './memtable-fixture.ts';

const KIB = 1024;

function isWrittenSince(
  model: ModelTable,
  from: Uint8Array,
  upper: Uint8Array | undefined,
  since: number,
): boolean {
  return model.entries.some(
    ({ key, sequence }) =>
      sequence > since &&
      compareBytes(key, from) >= 0 &&
      (upper === undefined || compareBytes(key, upper) < 0),
  );
}

describe('Memtable.keyWrittenSince()', () => {
  it('finds a key exactly when one was written, from any sequence, through overrun rings (memtable/recent-writes)', () => {
    for (let seed = 1; seed <= 40; seed++) {
      const random = makeRandom(seed);
      // The smallest ring holds 256 writes, fewer than this test makes.
      const capacityBytes = random.pick([64 * KIB, ONE_MIB]);
      const baseSequence = random.pick([0, 5, 2 ** 40]);
      const model = new ModelTable({ baseSequence, capacityBytes });
      const keys = Array.from({ length: random.pick([3, 40, 300]) }, () => mixedKey(random));
      const count = random.pick([0, 5, 60, 800]);
      for (let i = 0; i < count; i++) {
        if (random.chance(0.02)) model.deleteRange(random.pick(keys), random.pick(keys));
        else model.putRandom(random, keys);
        if (random.chance(0.02)) model.skip(1 + random.below(random.pick([3, 2000])));
      }
      for (let i = 0; i < 100; i++) {
        const from = random.pick(keys);
        const upper = random.chance(0.2) ? undefined : random.pick(keys);
        const back = random.below(random.pick([3, 40, model.lastSequence - baseSequence + 2]));
        const since = Math.max(0, model.lastSequence - back);
        const key = model.table.keyWrittenSince(from, upper, since, { walkedCount: 0 });
        const what = `seed=${seed} i=${i}`;
        expect(key !== undefined, what).toBe(isWrittenSince(model, from, upper, since));
        if (key === undefined) continue;
        const next = Uint8Array.from([...key, 0]);
        expect(isWrittenSince(model, key, next, since), what).toBe(true);
        expect(compareBytes(key, from), what).toBeGreaterThanOrEqual(0);
        if (upper !== undefined) expect(compareBytes(key, upper), what).toBeLessThan(0);
      }
    }
  });

  it('walks no more than the range or the writes since, whichever are fewer', () => {
    const model = new ModelTable();
    const value = new Uint8Array(1);
    for (let i = 0; i < 4000; i++) model.put(decimalKey(i), value);
    const walked = (from: number, upper: number, writes: number): number => {
      const counter = { walkedCount: 0 };
      const since = model.lastSequence - writes;
      const key = model.table.keyWrittenSince(decimalKey(from), decimalKey(upper), since, counter);
      expect(key).toBeUndefined();
      return counter.walkedCount;
    };
    for (let i = 0; i < 1000; i++) model.put(decimalKey(10_000 + i), value);
    expect(walked(0, 4000, 10)).toBe(10);
    expect(walked(0, 4000, 100)).toBe(200); // a try with the range, then the writes
    expect(walked(0, 4000, 1000)).toBe(2000);
    expect(walked(0, 5, 1000)).toBe(6); // the row behind the range ends it
    expect(walked(0, 50, 1000)).toBe(51);
  });

  it('walks the range when the ring holds too few writes, and finds no write that a later one replaced in it (memtable/recent-writes)', () => {
    const model = new ModelTable({ capacityBytes: 8 * ONE_MIB });
    const value = new Uint8Array(1);
    const [from, upper] = [decimalKey(0), decimalKey(20_000)];
    for (let i = 0; i < 20_000; i++) model.put(decimalKey(i), value);
    const since = model.lastSequence;
    model.put(decimalKey(19_000), value);
    for (let i = 0; i < 17_000; i++) model.put(decimalKey(30_000), value);
    const counter = { walkedCount: 0 };
    expect(model.table.keyWrittenSince(from, upper, since, counter)).toEqual(
      Uint8Array.from(decimalKey(19_000)),
    );
    for (let i = 0; i < 17_000; i++) model.put(decimalKey(i), value);
    for (let i = 0; i < 20; i++) model.put(decimalKey(30_000), value);
    for (let i = 0; i < 20; i++) model.deleteRange(decimalKey(40_000), decimalKey(50_000));
    const before = model.lastSequence - 10;
    expect(model.table.keyWrittenSince(from, upper, before, counter)).toBeUndefined();
  });
});
