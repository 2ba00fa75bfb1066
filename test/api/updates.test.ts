/** Updates: functions from the value of a key to its next one, run in the step that gives their commit its place. */
import { describe, expect, it } from 'vitest';
import type { Database } from '../../src/api/database.ts';
import { AbortedError, ClosedError, InvalidArgumentError } from '../../src/base/errors.ts';
import { MemoryVfs } from '../../src/vfs/memory-vfs.ts';
import { FaultVfs } from '../support/fault-vfs.ts';
import { GateVfs } from '../support/gate-vfs.ts';
import {
  closeLater,
  errorOf,
  filler,
  isSettled,
  openMemory,
  slowDiskClock,
  TINY,
  turns,
} from './fixture.ts';

const next = (current = '0'): string => `${Number(current) + 1}`;

/** A database whose only memtable is full, so that commits wait, and what lets them go on. */
async function openFull(): Promise<{ db: Database<string, string>; goOn: () => void }> {
  const vfs = new GateVfs(new MemoryVfs());
  const db = await openMemory({ vfs, ...TINY, immutableMemtableCountMax: 1 });
  await db.put('n', '0');
  await turns();
  const goOn = vfs.shut('sync', /\.log$/);
  for (let i = 0; db.stats().commits.waitingCount === 0; i++) {
    db.put(`fill ${i}`, filler(60_000, i)).catch(() => undefined);
  }
  return { db, goOn };
}

describe('update()', () => {
  it('writes what the function returns, and resolves with it', async () => {
    const db = await openMemory();
    expect(await db.update('n', next)).toBe('1');
    expect(await db.update('n', next, { durability: 'os' })).toBe('2');
    expect(db.getSync('n')).toBe('2');
  });

  it('deletes a key for undefined, and writes nothing when there was none', async () => {
    const db = await openMemory();
    await db.put('k', 'v');
    const given: unknown[] = [];
    const end = (current: string | undefined): undefined => void given.push(current);
    expect(await db.update('k', end)).toBeUndefined();
    expect(db.getSync('k')).toBeUndefined();
    const { operationCount } = db.stats().commits;
    expect(await db.update('k', end)).toBeUndefined();
    expect(given).toEqual(['v', undefined]);
    expect(db.stats().commits.operationCount).toBe(operationCount);
  });

  it('loses none of many at once: each sees the one before, published or not (late-operations/newest)', async () => {
    const db = await openMemory();
    const results = await Promise.all(Array.from({ length: 200 }, () => db.update('n', next)));
    expect(results).toEqual(Array.from({ length: 200 }, (_, i) => `${i + 1}`));
    expect(db.stats().commits.conflictCount).toBe(0);
  });

  it('resolves with nothing to write only when what it has seen is published', async () => {
    const vfs = new GateVfs(new MemoryVfs());
    const db = await openMemory({ vfs });
    await turns();
    const open = vfs.shut('sync', /\.log$/);
    const deleted = db.put('k', 'v');
    const gone = db.update('k', () => undefined);
    const seen = db.update('k', (current) => current);
    expect(await isSettled(seen)).toBe(false);
    open();
    await Promise.all([deleted, gone]);
    expect(await seen).toBeUndefined();
  });

  it('rejects with exactly what the function throws, and writes nothing', async () => {
    const db = await openMemory();
    await db.put('k', 'v');
    const thrown = new Error('not today');
    const refused = db.update('k', () => {
      throw thrown;
    });
    await expect(refused).rejects.toBe(thrown);
    expect(db.getSync('k')).toBe('v');
    expect(await db.update('k', (current) => `${current} 2`)).toBe('v 2');
  });

  it('refuses what is no function, and what is no value, before or with nothing written', async () => {
    const db = await openMemory();
    for (const wrong of [undefined, null, 'text', {}]) {
      expect(await errorOf(() => db.update('k', wrong as never))).toBeInstanceOf(
        InvalidArgumentError,
      );
    }
    for (const wrong of [null, 7, {}]) {
      const refused = errorOf(() => db.update('k', () => wrong as never));
      expect(await refused).toBeInstanceOf(InvalidArgumentError);
    }
    expect(await errorOf(() => db.update(7 as never, next))).toBeInstanceOf(InvalidArgumentError);
    expect(await db.keys().all()).toEqual([]);
  });

  it.each([
    ['a promise', async () => 'later'],
    ['a promise that rejects', async () => Promise.reject(new Error('later'))],
    ['a thenable', () => ({ then: () => undefined })],
    ['a callable thenable', () => Object.assign(() => 1, { then: () => undefined })],
  ])('refuses a function that returns %s', async (_, update) => {
    const db = await openMemory({ valueEncoding: 'json' });
    const error = await errorOf(() => db.update('k', update));
    expect(error).toBeInstanceOf(InvalidArgumentError);
    expect(error.message).toContain('must be synchronous');
    expect(db.getSync('k')).toBeUndefined();
  });

  it('takes a value that has a field `then`, which is no function', async () => {
    const db = await openMemory({ valueEncoding: 'json' });
    expect(await db.update('k', () => ({ then: 'text' }))).toEqual({ then: 'text' });
  });

  it('is in the types and the keyspace of the handle', async () => {
    const db = await openMemory();
    const counters = await db.keyspace('counters', { keyEncoding: 'utf8', valueEncoding: 'json' });
    const count = async (): Promise<unknown> =>
      counters.update('n', (current) => ((current as number | undefined) ?? 0) + 1);
    await count();
    expect(await count()).toBe(2);
    expect(await db.get('n')).toBeUndefined();
    await db.dropKeyspace('counters');
    expect(await errorOf(count)).toBeInstanceOf(ClosedError);
  });

  it('reads blocks ahead without stopping the event loop, and keeps its place before later calls', async () => {
    const vfs = new GateVfs(new MemoryVfs());
    const environment = { clock: slowDiskClock() };
    const db = await openMemory({ vfs, environment, blockCacheSizeBytes: 0 });
    for (let i = 0; i < 50; i++) await db.put(`k${i}`, filler(2000, i), { durability: 'os' });
    await db.flush();
    await db.get('k1');
    const open = vfs.shut('read');
    const updated = db.update('k7', (current) => `${current?.length}`);
    expect(vfs.waiterCount).toBe(1);
    expect(await isSettled(updated)).toBe(false);
    const put = db.put('k7', 'newer');
    open();
    expect(await updated).toBe('2000');
    await put;
    expect(db.getSync('k7')).toBe('newer');
  });
});

describe('code of the caller in the step of an update', () => {
  const inner: readonly [string, (db: Database<string, string>) => unknown][] = [
    ['put', (db) => db.put('other', 'x')],
    ['del', (db) => db.del('k')],
    ['batch', (db) => db.batch([{ type: 'put', key: 'other', value: 'x' }])],
    ['clear', (db) => db.clear()],
    ['update', (db) => db.update('k', () => 'inner')],
    ['transaction', (db) => db.transaction((tx) => tx.put('other', 'x'), { retryCountMax: 0 })],
    ['lock', (db) => db.begin({ mode: 'pessimistic' }).lock('k')],
  ];

  it.each(inner.filter(([name]) => name !== 'transaction'))(
    'cannot %s: both calls are refused (committer/step-alone, late-operations/writes-nothing-else)',
    async (_, write) => {
      const db = await openMemory();
      await db.put('k', 'v');
      let within: Promise<unknown> = Promise.resolve();
      const refused = db.update('k', () => {
        within = Promise.resolve(write(db));
        within.catch(() => undefined);
        return 'outer';
      });
      expect(await errorOf(() => refused)).toBeInstanceOf(InvalidArgumentError);
      expect(await errorOf(() => within)).toBeInstanceOf(InvalidArgumentError);
      expect(await db.entries().all()).toEqual([['k', 'v']]);
      await db.put('k', 'after');
    },
  );

  it('may read', async () => {
    const db = await openMemory();
    await db.put('rate', '3');
    await db.put('k', '2');
    const product = db.update('k', (current) => `${Number(current) * Number(db.getSync('rate'))}`);
    expect(await product).toBe('6');
  });

  it.each(['function', 'encoder'])(
    'may close the database, and then nothing is written: its %s',
    async (which) => {
      const vfs = new MemoryVfs();
      let mayClose = false;
      let closed: Promise<void> = Promise.resolve();
      const close = (): void => {
        if (mayClose) closed = db.close();
      };
      const valueEncoding = {
        encode: (text: string): Uint8Array => {
          if (which === 'encoder') close();
          return new TextEncoder().encode(text);
        },
        decode: (bytes: Uint8Array): string => new TextDecoder().decode(bytes),
      };
      const opening: Promise<unknown> = openMemory({ vfs, valueEncoding: valueEncoding as never });
      const db = closeLater((await opening) as Database<string, string>);
      await db.put('k', 'v');
      mayClose = true;
      const refused = db.update('k', () => {
        if (which === 'function') close();
        return 'never';
      });
      expect(await errorOf(() => refused)).toBeInstanceOf(ClosedError);
      await closed;
      const again = await openMemory({ vfs });
      expect(await again.entries().all()).toEqual([['k', 'v']]);
    },
  );

  it('may freeze the memtable that had room', async () => {
    const db = await openMemory({ ...TINY, durability: 'os' });
    await db.put('k', 'v');
    let flushed: Promise<void> = Promise.resolve();
    const big = filler(400_000); // more than a new memtable holds by itself
    await db.update('k', () => {
      flushed = db.flush();
      return big;
    });
    await flushed;
    expect(await db.get('k')).toBe(big);
  });
});

describe('an update that cannot begin at once', () => {
  it('waits for room, and is applied once, to the newest value', async () => {
    const { db, goOn } = await openFull();
    let runCount = 0;
    const updates = Array.from({ length: 20 }, () =>
      db.update('n', (current) => {
        runCount++;
        return next(current);
      }),
    );
    await turns();
    expect(runCount).toBe(0);
    goOn();
    expect(await Promise.all(updates)).toEqual(Array.from({ length: 20 }, (_, i) => `${i + 1}`));
    expect(await db.get('n')).toBe('20');
  });

  it('asks for room again when its value is large, and runs its function again (late-operations/again)', async () => {
    const db = await openMemory({ ...TINY, durability: 'os' });
    await db.put('a', filler(150_000));
    let runCount = 0;
    const values = [filler(200_000, 1), filler(600_000, 2)];
    for (const value of values) {
      const before = runCount;
      await db.update('k', (current) => {
        runCount++;
        return `${current?.length ?? 0} ${value}`;
      });
      expect(runCount - before).toBeGreaterThanOrEqual(1);
    }
    expect(await db.get('k')).toBe(`${values[0]!.length + 2} ${values[1]}`);
    expect(db.stats().commits.operationCount).toBe(3);
  });

  it('many of them that grow wait in their order, and lose nothing', async () => {
    const { db, goOn } = await openFull();
    const grown = Array.from({ length: 40 }, (_, i) =>
      db.update('list', (current = '') => `${current}${i},${' '.repeat(20_000)}`),
    );
    goOn();
    await Promise.all(grown);
    const items = (await db.get('list'))!.replaceAll(' ', '').split(',').slice(0, -1);
    expect(items.map(Number).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 40 }, (_, i) => i),
    );
  });

  it('is ended by its signal while it waits, and leaves nothing', async () => {
    const { db, goOn } = await openFull();
    const stop = new AbortController();
    const refused = errorOf(() => db.update('n', next, { signal: stop.signal }));
    stop.abort();
    expect(await refused).toBeInstanceOf(AbortedError);
    goOn();
    expect(await db.update('n', next)).toBe('1');
  });

  it('lets no other waiting commit in while it computes (committer/step-alone)', async () => {
    const { db, goOn } = await openFull();
    const stop = new AbortController();
    const updated = db.update('n', (current) => {
      stop.abort(); // the next in the line leaves it, and the line looks who is first now
      return next(current);
    });
    const left = errorOf(() => db.put('left', 'x', { signal: stop.signal }));
    const put = db.put('n', '100');
    goOn();
    expect(await updated).toBe('1');
    expect(await left).toBeInstanceOf(AbortedError);
    await put;
    expect(db.getSync('n')).toBe('100');
  });

  it('that is refused in a shortage leaves nothing, and those that saw it are refused with it', async () => {
    const vfs = new FaultVfs(new MemoryVfs());
    const db = await openMemory({ vfs });
    expect(await db.update('n', next)).toBe('1');
    vfs.inject({ kinds: ['write'], path: /\.log$/, code: 'ENOSPC', sticky: true });
    const all = await Promise.all([1, 2, 3].map(() => errorOf(() => db.update('n', next))));
    for (const error of all)
      expect(error).toMatchObject({ code: 'IO_ERROR', outcome: 'not-applied' });
    vfs.heal();
    expect(await db.update('n', next)).toBe('2');
  });

  it('is refused by a close while it waits', async () => {
    const { db, goOn } = await openFull();
    const refused = errorOf(() => db.update('n', next));
    const closed = db.close();
    goOn();
    await closed;
    expect(await refused).toBeInstanceOf(ClosedError);
  });

  it('waits for the lock of its key, and sees what the owner wrote', async () => {
    const db = await openMemory();
    const tx = db.begin({ mode: 'pessimistic' });
    await tx.getForUpdate('n');
    const other = db.update('m', next);
    const updated = db.update('n', next);
    expect(await isSettled(updated)).toBe(false);
    expect(await other).toBe('1');
    tx.put('n', '10');
    await tx.commit();
    expect(await updated).toBe('11');
  });

  it('holds the lock of its key to its place: the next owner sees it', async () => {
    const db = await openMemory();
    const first = db.begin({ mode: 'pessimistic' });
    await first.lock('n');
    const updated = db.update('n', next);
    const second = db.begin({ mode: 'pessimistic' });
    const read = second.getForUpdate('n');
    first.rollback();
    expect(await read).toBe('1');
    expect(await updated).toBe('1');
    second.rollback();
    expect(
      await errorOf(() => db.update('n', next, { durability: 'never' as never })),
    ).toBeInstanceOf(InvalidArgumentError);
  });
});
