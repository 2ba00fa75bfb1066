/** Updates among the operations of a batch: each sees what came before it, and what comes after overrides it. */
import { describe, expect, it } from 'vitest';
import type { BatchOperation } from '../../src/api/batch-operation.ts';
import { InvalidArgumentError } from '../../src/base/errors.ts';
import { makeRandom, type Random } from '../support/prng.ts';
import { errorOf, openMemory } from './fixture.ts';

type Operation = BatchOperation<string, string>;

const KEYS = ['a', 'b', 'c', 'd'];

function randomOperation(random: Random, index: number): Operation {
  const key = KEYS[random.below(KEYS.length)]!;
  switch (random.below(8)) {
    case 0:
      return { type: 'put', key, value: `p${index}` };
    case 1:
      return { type: 'del', key };
    case 2:
      return { type: 'delRange', gte: key, lt: random.below(2) === 0 ? 'd' : `${key}z` };
    case 3:
      return { type: 'clear' };
    case 4:
      return { type: 'update', key, update: () => undefined };
    default:
      return { type: 'update', key, update: (current = '-') => `${current}u${index}` };
  }
}

/** What an operation does to a map. */
function apply(map: Map<string, string>, operation: Operation): void {
  switch (operation.type) {
    case 'put':
      map.set(operation.key, operation.value);
      return;
    case 'del':
      map.delete(operation.key);
      return;
    case 'update': {
      const next = operation.update(map.get(operation.key));
      if (next === undefined) map.delete(operation.key);
      else map.set(operation.key, next);
      return;
    }
    case 'delRange': {
      const { gte, lt } = operation;
      for (const key of KEYS) if (key >= gte! && key < lt!) map.delete(key);
      return;
    }
    case 'clear':
      map.clear();
  }
}

describe('a batch with updates', () => {
  it('is a transfer that checks its balance, and never conflicts', async () => {
    const db = await openMemory({ valueEncoding: 'json' });
    await db.batch([
      { type: 'put', key: 'alice', value: 100 },
      { type: 'put', key: 'bob', value: 0 },
    ]);
    const pay = (amount: number): Promise<void> =>
      db.batch([
        {
          type: 'update',
          key: 'alice',
          update: (current) => {
            const balance = (current as number) - amount;
            if (balance < 0) throw new RangeError('Too little');
            return balance;
          },
        },
        { type: 'update', key: 'bob', update: (current) => (current as number) + amount },
      ]);
    const done = await Promise.allSettled(Array.from({ length: 30 }, () => pay(7)));
    const refused = done.filter(({ status }) => status === 'rejected');
    expect(refused).toHaveLength(16);
    for (const each of refused) expect(each).toMatchObject({ reason: { message: 'Too little' } });
    expect(await db.entries().all()).toEqual([
      ['alice', 2],
      ['bob', 98],
    ]);
    expect(db.stats().commits).toMatchObject({ conflictCount: 0, retryCount: 0 });
  });

  it('does what its operations do one after the other (pending-updates/apart)', async () => {
    const db = await openMemory();
    for (let seed = 1; seed <= 300; seed++) {
      const random = makeRandom(seed);
      await db.clear({ durability: 'os' });
      const map = new Map<string, string>();
      for (const key of KEYS) if (random.below(2) === 0) map.set(key, `old ${key}`);
      await db.batch(
        [...map].map(([key, value]) => ({ type: 'put', key, value }) as const),
        { durability: 'os' },
      );
      const count = 1 + random.below(10);
      const operations = Array.from({ length: count }, (_, i) => randomOperation(random, i));
      for (const operation of operations) apply(map, operation);
      await db.batch(operations, { durability: 'os' });
      const sorted = [...map].sort(([a], [b]) => (a < b ? -1 : 1));
      expect(await db.entries().all(), `seed=${seed}`).toEqual(sorted);
    }
  });

  it('keeps other operations, in several keyspaces, and takes each key apart', async () => {
    const db = await openMemory();
    const counters = await db.keyspace('counters', { keyEncoding: 'utf8', valueEncoding: 'json' });
    await db.batch([
      { type: 'update', in: counters, key: 'k', update: () => 1 },
      { type: 'update', key: 'k', update: () => 'text' },
      { type: 'put', key: 'other', value: 'x' },
      { type: 'update', in: counters, key: 'k', update: (n: unknown) => (n as number) + 1 },
    ]);
    expect(await counters.get('k')).toBe(2);
    expect(await db.entries().all()).toEqual([
      ['k', 'text'],
      ['other', 'x'],
    ]);
  });

  it('is refused whole by what one function throws', async () => {
    const db = await openMemory();
    const thrown = new Error('no');
    const refused = db.batch([
      { type: 'put', key: 'a', value: '1' },
      { type: 'update', key: 'b', update: () => '1' },
      {
        type: 'update',
        key: 'c',
        update: () => {
          throw thrown;
        },
      },
    ]);
    await expect(refused).rejects.toBe(thrown);
    expect(await db.keys().all()).toEqual([]);
  });

  it('refuses an update without a function, before any function has run', async () => {
    const db = await openMemory();
    let runCount = 0;
    const operations = [
      { type: 'update', key: 'a', update: () => `${runCount++}` },
      { type: 'update', key: 'b' },
    ];
    const error = await errorOf(() => db.batch(operations as never));
    expect(error).toBeInstanceOf(InvalidArgumentError);
    expect(runCount).toBe(0);
  });

  it('with nothing to write is acknowledged', async () => {
    const db = await openMemory();
    await db.batch([{ type: 'update', key: 'a', update: () => undefined }]);
    expect(db.stats().commits.count).toBe(0);
  });
});
