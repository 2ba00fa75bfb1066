/**
 * The event loop turns while the database works.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Database, MemoryVfs, open, type TuningOptions } from '../../src/index.ts';
import { ManualClock } from '../support/manual-clock.ts';

const KEY_COUNT = 2000;
const keyOf = (i: number): string => `key:${String(i).padStart(6, '0')}`;

/** How often the event loop turns until `work` has ended. */
async function turnsDuring(work: () => Promise<unknown>): Promise<number> {
  let turns = 0;
  let isDone = false;
  const count = (): void => {
    turns++;
    if (!isDone) setImmediate(count);
  };
  setImmediate(count);
  await work();
  isDone = true;
  return turns;
}

it.each([1, 32])(
  'turns while %i callers await one os commit after the other (commit-pipeline/loop-turns)',
  async (callers) => {
    const db = await open<string, string>('/db', {
      vfs: new MemoryVfs(),
      keyEncoding: 'utf8',
      valueEncoding: 'utf8',
      durability: 'os',
    });
    const total = 8192;
    let next = 0;
    const turns = await turnsDuring(() =>
      Promise.all(
        Array.from({ length: callers }, async () => {
          while (next < total) await db.put(`key:${next++}`, 'value');
        }),
      ),
    );
    expect(turns).toBeGreaterThanOrEqual(total / 512);
    await db.close();
  },
);

/** Its entries are there when the clock begins to tick. */
async function openTicking(
  clock: ManualClock,
  options: TuningOptions,
  valueOf: (i: number) => string,
  count: number,
): Promise<Database<string, string>> {
  clock.tickMs = 0;
  const db = await open<string, string>('/db', {
    vfs: new MemoryVfs(),
    keyEncoding: 'utf8',
    valueEncoding: 'utf8',
    durability: 'os',
    environment: { clock },
    ...options,
  });
  const numbers = Array.from({ length: count }, (_, i) => i);
  await db.batch(numbers.map((i) => ({ type: 'put', key: keyOf(i), value: valueOf(i) })));
  return db;
}

describe('awaited reads of blocks that calls load', () => {
  const rowCount = 1500;
  const every = Array.from({ length: rowCount }, (_, i) => i);
  const clock = new ManualClock();
  let db: Database<string, string>;

  beforeEach(async () => {
    const options = { blockSizeBytes: 256, blockCacheSizeBytes: 0 };
    db = await openTicking(clock, options, (i) => `${i}`.padEnd(300), rowCount);
    await db.flush();
    clock.tickMs = 0.02; // quick enough for calls; a load looks at the clock twice
  });
  afterEach(() => db.close());

  const calls: Record<string, () => Promise<unknown>> = {
    'for await, backward': async () => {
      let count = 0;
      for await (const _ of db.entries({ reverse: true })) count++;
      expect(count).toBe(rowCount);
    },
    'all, backward': async () =>
      expect(await db.keys({ reverse: true }).all()).toHaveLength(rowCount),
    get: async () => {
      for (const i of every) expect(await db.get(keyOf(i))).toHaveLength(300);
    },
    getMany: async () => expect(await db.getMany(every.map(keyOf))).toHaveLength(rowCount),
  };
  it.each(Object.keys(calls))(
    'let the event loop turn: %s (load-choice/a-budget-a-turn)',
    async (name) => {
      const before = db.stats().blockCache.missCount;
      expect(await turnsDuring(calls[name]!)).toBeGreaterThanOrEqual(5); // a name of calls
      expect(db.stats().blockCache.missCount - before).toBeGreaterThanOrEqual(rowCount / 2);
    },
  );
});

describe('awaited reads of what is in memory', () => {
  let db: Database<string, string>;
  const clock = new ManualClock();

  beforeEach(async () => {
    db = await openTicking(clock, {}, (i) => `${i}`, KEY_COUNT);
    clock.tickMs = 1; // each look at the clock finds that a millisecond has passed
  });
  afterEach(() => db.close());

  const every = Array.from({ length: KEY_COUNT }, (_, i) => i);

  const calls: Record<string, () => Promise<unknown>> = {
    get: async () => {
      for (const i of every) expect(await db.get(keyOf(i))).toBe(`${i}`);
    },
    'get of absent keys': async () => {
      for (const i of every) expect(await db.get(`absent:${i}`)).toBe(undefined);
    },
    has: async () => {
      for (const i of every) expect(await db.has(keyOf(i))).toBe(true);
    },
    hasCommitted: async () => {
      for (const i of every) expect(await db.hasCommitted(`id ${i}`)).toBe(false);
    },
    getMany: async () => {
      expect(await db.getMany(every.map(keyOf))).toEqual(every.map(String));
    },
    'for await': async () => {
      let count = 0;
      for await (const [key, value] of db.entries()) {
        expect([key, value]).toEqual([keyOf(count), `${count}`]);
        count++;
      }
      expect(count).toBe(KEY_COUNT);
    },
    'for await, backward': async () => {
      let count = KEY_COUNT;
      for await (const key of db.keys({ reverse: true })) expect(key).toBe(keyOf(--count));
      expect(count).toBe(0);
    },
    nextMany: async () => {
      expect(await db.values().nextMany(KEY_COUNT + 1)).toEqual(every.map(String));
    },
    all: async () => {
      expect(await db.keys().all()).toEqual(every.map(keyOf));
    },
    'get in a transaction': () =>
      db.transaction(async (tx) => {
        for (const i of every) expect(await tx.get(keyOf(i))).toBe(`${i}`);
      }),
    'get of own writes': () =>
      db.transaction(async (tx) => {
        for (const i of every) tx.put(keyOf(i), `own ${i}`);
        for (const i of every) expect(await tx.get(keyOf(i))).toBe(`own ${i}`);
      }),
    'getMany in a pessimistic transaction': () =>
      db.transaction(
        async (tx) => {
          expect(await tx.getMany(every.map(keyOf))).toEqual(every.map(String));
        },
        { mode: 'pessimistic', isolation: 'serializable' },
      ),
    'transactions that only read': async () => {
      for (const i of every) {
        expect(await db.transaction((tx) => tx.getSync(keyOf(i)))).toBe(`${i}`);
      }
    },
  };
  it.each(Object.keys(calls))('let the event loop turn: %s (turn-budget/time)', async (name) => {
    expect(await turnsDuring(calls[name]!)).toBeGreaterThanOrEqual(KEY_COUNT / 100); // a name of calls
  });

  it('a getMany that gives way shows the moment of its call, of its own keys', async () => {
    const keys = every.map(keyOf);
    const reading = db.getMany(keys);
    keys.fill('changed');
    await db.batch(every.map((i) => ({ type: 'put', key: keyOf(i), value: 'newer' })));
    await db.flush();
    await db.compact();
    expect(await reading).toEqual(every.map(String));
  });

  it('a getMany in a transaction shows the own writes of the moment of its call', async () => {
    await db.transaction(async (tx) => {
      for (const i of every) if (i % 2 === 0) tx.put(keyOf(i), 'own');
      const reading = tx.getMany(every.map(keyOf));
      for (const i of every) tx.del(keyOf(i));
      expect(await reading).toEqual(every.map((i) => (i % 2 === 0 ? 'own' : `${i}`)));
    });
  });

  it('a getMany that gives way is what close waits for', async () => {
    const reading = db.getMany(every.map(keyOf));
    await db.close();
    expect(await reading).toEqual(every.map(String));
  });

  it('a refused key late in a getMany rejects it whole', async () => {
    const keys: (string | undefined)[] = every.map(keyOf);
    keys[KEY_COUNT - 1] = undefined;
    await expect(db.getMany(keys as string[])).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });

  it('a scan that gives way and is closed meanwhile ends', async () => {
    const scan = db.keys();
    const reading = scan.nextMany(KEY_COUNT);
    scan.close();
    expect((await reading).length).toBeLessThan(KEY_COUNT);
    expect(await scan.nextMany(1)).toEqual([]);
  });

  it('rows of overlapping steps come in key order, each once', async () => {
    const scan = db.keys()[Symbol.asyncIterator]();
    const rows = await Promise.all(every.map(() => scan.next()));
    expect(rows.map((row) => row.value)).toEqual(every.map(keyOf));
  });
});
