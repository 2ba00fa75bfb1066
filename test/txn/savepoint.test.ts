/**
 * Savepoints against a model: a plain map that is copied at each savepoint.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Database, MemoryVfs, open, type Savepoint } from '../../src/index.ts';
import { makeRandom } from '../support/prng.ts';

let db: Database<string, string>;

beforeEach(async () => {
  db = await open<string, string>('/db', {
    vfs: new MemoryVfs(),
    keyEncoding: 'utf8',
    valueEncoding: 'utf8',
    transactionSizeBytesMax: 4096,
  });
});

afterEach(async () => {
  await db.close();
});

const KEYS = ['', 'a', 'b', 'ba', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j'];

describe('savepoints', () => {
  it('bring back exactly the writes there were, over puts, deletes and range deletes (write-set/rolled-back)', async () => {
    for (let seed = 1; seed <= 200; seed++) {
      const random = makeRandom(seed);
      const committed = new Map(await db.entries().all());
      const tx = db.begin();
      let model = new Map(committed);
      const saved: { savepoint: Savepoint; model: Map<string, string> }[] = [];
      for (let step = 0; step < 40; step++) {
        const key = random.pick(KEYS);
        const kind = random.below(10);
        if (kind < 4) {
          const value = `${seed}.${step}`;
          tx.put(key, value);
          model.set(key, value);
        } else if (kind < 6) {
          tx.del(key);
          model.delete(key);
        } else if (kind < 7) {
          const end = random.pick(KEYS);
          tx.delRange({ gte: key, lt: end });
          for (const each of [...model.keys()]) if (each >= key && each < end) model.delete(each);
        } else if (kind < 9) {
          saved.push({ savepoint: tx.savepoint(), model: new Map(model) });
        } else if (saved.length > 0) {
          const index = random.below(saved.length);
          const target = saved[index]!; // index < length
          saved.length = index + 1;
          tx.rollbackTo(target.savepoint);
          model = new Map(target.model);
        }
        expect(await tx.get(key), `seed=${seed} step=${step}`).toBe(model.get(key));
      }
      const expected = [...model].sort(([a], [b]) => (a < b ? -1 : 1));
      expect(await tx.entries().all(), `seed=${seed}`).toEqual(expected);
      await tx.commit();
      expect(await db.entries().all(), `seed=${seed}`).toEqual(expected);
    }
  });

  it('are void after a rollback to an earlier one, and belong to one transaction', () => {
    const tx = db.begin();
    const first = tx.savepoint();
    const second = tx.savepoint();
    tx.rollbackTo(first);
    expect(() => tx.rollbackTo(second)).toThrow(/rolled back past/);
    tx.rollbackTo(first); // again is fine
    const other = db.begin();
    expect(() => other.rollbackTo(first)).toThrow(/not one of this transaction/);
    tx.rollback();
    other.rollback();
    expect(() => tx.savepoint()).toThrow(/ended/);
  });

  it('carry nested transactions: a throw inside undoes the inside only', async () => {
    await db.transaction(async (tx) => {
      tx.put('outer', '1');
      await expect(
        tx.transaction((inner) => {
          inner.put('outer', '2');
          inner.put('inner', '2');
          throw new Error('inside');
        }),
      ).rejects.toThrow('inside');
      expect(await tx.get('outer')).toBe('1');
      expect(await tx.transaction((inner) => inner.get('inner'))).toBeUndefined();
    });
    expect(await db.entries().all()).toEqual([['outer', '1']]);
  });
});

describe('the write budget', () => {
  it('refuses a write beyond it, naming the option, and keeps what was written', async () => {
    const tx = db.begin();
    tx.put('a', 'x'.repeat(4000));
    expect(() => tx.put('b', 'y'.repeat(200))).toThrow(/transactionSizeBytesMax=4096/);
    await tx.commit();
    expect(await db.keys().all()).toEqual(['a']);
  });
});
