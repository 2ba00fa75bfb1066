/**
 * Bulk loading: `db.ingest`.
 *
 * Owns: what a load promises beside the crash tests and the model: one place in the commit order, nothing of it before
 * and all of it after, whatever lies around it, and nothing left when it ends early.
 */
import { describe, expect, it } from 'vitest';
import {
  AbortedError,
  ClosedError,
  ConflictError,
  DatabaseFailedError,
  InvalidArgumentError,
  IoError,
} from '../../../src/base/errors.ts';
import type { Database } from '../../../src/api/database.ts';
import type { IngestSource } from '../../../src/engine/bulk/ingest.ts';
import type { OpenOptions } from '../../../src/api/open.ts';
import { MemoryVfs } from '../../../src/vfs/memory-vfs.ts';
import type { OpenMode, Vfs, VfsFile } from '../../../src/vfs/vfs.ts';
import { CrashVfs } from '../../support/crash-vfs.ts';
import { FaultVfs } from '../../support/fault-vfs.ts';
import { GateVfs } from '../../support/gate-vfs.ts';
import { WrappedVfs } from '../../support/wrapped-vfs.ts';
import {
  DIRECTORY,
  errorOf,
  filler,
  isSettled,
  makeDirectory,
  openMemory,
  TINY,
  turns,
} from '../../api/fixture.ts';

type Db = Database<string, string>;

const key = (index: number): string => `k${String(index).padStart(6, '0')}`;

function* entries(from: number, to: number, value = 'new', step = 1): Generator<[string, string]> {
  for (let i = from; i < to; i += step) yield [key(i), `${value}${i}`];
}

async function openTiny(options: OpenOptions = {}): Promise<Db> {
  return openMemory({
    ...TINY,
    background: 'inline',
    ...options,
    keyEncoding: 'utf8',
    valueEncoding: 'utf8',
  });
}

const tablesOf = (vfs: Vfs): string[] =>
  vfs.list(DIRECTORY).filter((name) => name.endsWith('.sst'));

/** Everything, as a scan and as point reads see it. */
async function contentOf(db: Db): Promise<Map<string, string>> {
  const found = new Map(await db.entries().all());
  for (const [name, value] of found) expect(db.getSync(name), name).toBe(value);
  expect((await db.verify()).problems).toEqual([]);
  return found;
}

describe('ingest()', () => {
  it('loads entries as one commit, at one sequence, into the deepest level that is free', async () => {
    const vfs = new MemoryVfs();
    const db = await openTiny({ vfs });
    await db.put('a', 'before');
    const report = await db.ingest(entries(0, 20_000));
    expect(report.entryCount).toBe(20_000);
    expect(report.tableCount).toBeGreaterThan(2);
    expect(tablesOf(vfs)).toHaveLength(report.tableCount + 1); // and the flush of what came before
    const { sequence, levels, ingest } = db.stats();
    expect(sequence).toMatchObject({ assigned: 2, published: 2, durable: 2, flushed: 2 });
    expect(levels[6]).toMatchObject({
      tableCount: report.tableCount,
      sizeBytes: report.sizeBytes,
      entryCount: 20_000,
    });
    expect(ingest).toMatchObject({ count: 1, entryCount: 20_000, bytesWritten: report.sizeBytes });
    expect(await contentOf(db)).toEqual(new Map([['a', 'before'], ...entries(0, 20_000)]));
    expect(await db.get(key(20_000))).toBeUndefined();
  });

  it('is there after reopening, with commits before and after it in the logs', async () => {
    const vfs = new MemoryVfs();
    for (let round = 0; round < 3; round++) {
      const db = await openTiny({ vfs });
      if (round === 1) await db.put(key(1), 'put');
      await db.ingest(entries(round * 10, round * 10 + 10, `round${round}:`));
      if (round === 2) await db.put('zzz', 'after');
      await db.close();
    }
    const db = await openTiny({ vfs });
    expect(db.stats().sequence.published).toBe(5);
    const found = await contentOf(db);
    expect(found.size).toBe(31);
    expect(found.get(key(1))).toBe('put');
    expect(found.get(key(25))).toBe('round2:25');
  });

  it('gives its log no hole, also where a durable mark follows the last commit', async () => {
    const vfs = new CrashVfs();
    const db = await openTiny({ vfs });
    await db.put('a', '1');
    await turns(3); // the mark
    await db.flush();
    await db.ingest(entries(0, 3));
    await db.put('b', '2');
    await db.ingest(entries(3, 6));
    await db.ingest(entries(6, 9));
    await db.put('c', '3');
    const again = await openTiny({ vfs: vfs.kill() });
    expect((await contentOf(again)).size).toBe(12);
    await db.put('d', '4');
    expect((await contentOf(db)).size).toBe(13);
  });

  it('takes async iterables, and views of a buffer that is written again', async () => {
    const db = await openMemory({ keyEncoding: 'view', valueEncoding: 'view' });
    const buffer = new Uint8Array(2);
    async function* source(): AsyncGenerator<[Uint8Array, Uint8Array]> {
      for (let i = 0; i < 200; i++) {
        buffer.set([i, 255 - i]);
        yield [buffer.subarray(0, 1), buffer.subarray(1)];
        if (i % 50 === 0) await turns(1);
      }
    }
    await db.ingest(source());
    const all = await db.entries().all();
    expect(all.map(([k, v]) => k[0]! + v[0]!)).toEqual(Array.from({ length: 200 }, () => 255));
  });

  it('of nothing changes nothing', async () => {
    const vfs = new MemoryVfs();
    const db = await openTiny({ vfs });
    const before = db.stats().sequence;
    expect(await db.ingest([])).toEqual({ entryCount: 0, tableCount: 0, sizeBytes: 0 });
    expect(db.stats().sequence).toEqual(before);
    expect(tablesOf(vfs)).toEqual([]);
  });

  it('lets the event loop turn', async () => {
    const db = await openTiny();
    let turnCount = 0;
    let isDone = false;
    const turn = (): void => {
      turnCount++;
      if (!isDone) setImmediate(turn);
    };
    turn();
    await db.ingest(entries(0, 20_000));
    isDone = true;
    expect(turnCount).toBeGreaterThan(40);
  });

  it('runs with a worker for the background, on files', async () => {
    const directory = makeDirectory();
    const { open } = await import('../../../src/api/open.ts');
    const options = {
      ...TINY,
      keyEncoding: 'utf8',
      valueEncoding: 'utf8',
      background: 'worker',
    } as const;
    const db = await open(directory, options);
    try {
      for (let i = 0; i < 400; i++) void db.put(key(i), filler(1000, i), { durability: 'os' });
      await db.ingest(entries(100, 5000));
      for (let i = 0; i < 400; i++) void db.put(key(i), filler(1000, i), { durability: 'os' });
      await db.compact();
      expect((await db.entries().all()).length).toBe(5000);
      expect((await db.verify()).problems).toEqual([]);
    } finally {
      await db.close();
    }
  });
});

describe('what lies around a load', () => {
  const write: Record<string, (db: Db) => Promise<unknown>> = {
    'in the memtable': (db) => db.put(key(2), 'old'),
    'in a table': async (db) => {
      await db.put(key(2), 'old');
      await db.flush();
    },
    'at the bottom': async (db) => {
      await db.put(key(2), 'old');
      await db.compact();
    },
    'deleted in the memtable': (db) => db.del(key(2)),
    'under a deleted range': (db) => db.delRange({ gte: key(1), lt: key(3) }),
    'under a deleted range in a table': async (db) => {
      await db.delRange({ gte: key(1), lt: key(3) });
      await db.flush();
    },
    'in a load before': (db) => db.ingest([[key(2), 'old']]),
  };

  it.each(Object.entries(write))(
    'it replaces what was %s, and a later commit replaces it (ingest/memtables-are-empty, read-state/by-age)',
    async (_, before) => {
      const vfs = new MemoryVfs();
      const db = await openTiny({ vfs });
      await before(db);
      await db.ingest(entries(0, 5));
      const loaded = new Map(entries(0, 5));
      expect(await contentOf(db)).toEqual(loaded);
      await db.compact();
      expect(await contentOf(db)).toEqual(loaded);
      await db.put(key(2), 'later');
      await db.delRange({ gte: key(3), lt: key(4) });
      loaded.set(key(2), 'later');
      loaded.delete(key(3));
      expect(await contentOf(db)).toEqual(loaded);
      await db.compact();
      expect(await contentOf(db)).toEqual(loaded);
      await db.close();
      expect(await contentOf(await openTiny({ vfs }))).toEqual(loaded);
    },
  );

  it('lies at the deepest level above everything that it overlaps (ingest/deepest-free-level)', async () => {
    const db = await openTiny();
    const shape = (): number[] => db.stats().levels.map(({ tableCount }) => tableCount);
    await db.ingest(entries(0, 10));
    expect(shape()).toEqual([0, 0, 0, 0, 0, 0, 1]);
    await db.ingest(entries(5, 15));
    expect(shape()).toEqual([0, 0, 0, 0, 0, 1, 1]);
    await db.ingest(entries(20, 30));
    expect(shape()).toEqual([0, 0, 0, 0, 0, 1, 2]);
    await db.put(key(22), 'x');
    await db.ingest(entries(21, 23)); // above the flushed put
    expect(shape()).toEqual([2, 0, 0, 0, 0, 1, 2]);
    expect(await db.get(key(22))).toBe('new22');
  });

  it('a snapshot and a transaction opened before do not see it', async () => {
    const db = await openTiny();
    await db.put(key(1), 'old');
    const snapshot = db.snapshot();
    const tx = db.begin();
    await db.ingest(entries(0, 3));
    await db.compact();
    expect(await db.get(key(1), { snapshot })).toBe('old');
    expect(await db.get(key(2), { snapshot })).toBeUndefined();
    expect(await db.keys({ snapshot }).all()).toEqual([key(1)]);
    expect(await tx.get(key(1))).toBe('old');
    expect(await tx.entries().all()).toEqual([[key(1), 'old']]);
    tx.rollback();
    snapshot.close();
    expect(await db.keys().all()).toHaveLength(3);
  });

  it('the later of two loads of the same keys, begun together, counts whole', async () => {
    const db = await openTiny();
    const order: string[] = [];
    await Promise.all(
      ['a', 'b', 'c'].map(async (name) => {
        await db.ingest(entries(0, 3000, name));
        order.push(name);
      }),
    );
    const winner = order.at(-1)!; // three were loaded
    expect(await contentOf(db)).toEqual(new Map(entries(0, 3000, winner)));
    expect(db.stats().sequence.published).toBe(3);
  });

  describe('beside a compaction that closes a gap in its level', () => {
    /** Two tables on each of the two deepest levels, with a gap between; compaction makes one of them all. */
    async function openGapped(gate: GateVfs): Promise<Db> {
      const db = await openTiny({ vfs: gate });
      for (const value of ['old', 'newer']) {
        for (const i of [0, 9]) await db.ingest([[key(i), value]]);
      }
      expect(
        db
          .stats()
          .levels.slice(5)
          .map(({ tableCount }) => tableCount),
      ).toEqual([2, 2]);
      return db;
    }
    const both = new Map([[key(0), 'newer'], ...entries(3, 6), [key(9), 'newer']] as [
      string,
      string,
    ][]);

    it('that runs already it lies above what that will write', async () => {
      const gate = new GateVfs(new MemoryVfs());
      const db = await openGapped(gate);
      const open = gate.shut('sync', /\.sst$/, 1);
      const compacting = db.compact();
      while (gate.waiterCount === 0) await turns(1);
      await db.ingest(entries(3, 6));
      open();
      await compacting;
      expect(db.stats().background.compactionCount).toBeGreaterThan(0);
      expect(await contentOf(db)).toEqual(both);
      await db.compact();
      expect(await contentOf(db)).toEqual(both);
    });

    it('that is asked for while it gets its place goes first', async () => {
      const gate = new GateVfs(new MemoryVfs());
      const db = await openGapped(gate);
      const open = gate.shut('sync', /MANIFEST/, 1);
      const loading = db.ingest(entries(3, 6));
      while (gate.waiterCount === 0) await turns(1);
      const compacting = db.compact();
      await turns(20);
      expect(db.stats().background.compactionCount).toBe(0);
      open();
      await Promise.all([loading, compacting]);
      expect(db.stats().levels.map(({ tableCount }) => tableCount)).toEqual([0, 0, 0, 0, 0, 0, 1]);
      expect(await contentOf(db)).toEqual(both);
    });
  });

  it('a commit that is larger than the empty memtable follows it', async () => {
    const vfs = new MemoryVfs();
    const db = await openTiny({ vfs });
    await db.ingest(entries(0, 3));
    await db.put(key(1), filler(600_000));
    await db.flush();
    expect(db.stats().sequence).toMatchObject({ published: 2, flushed: 2 });
    expect((await contentOf(db)).get(key(1))).toHaveLength(600_000);
    await db.close();
    expect((await contentOf(await openTiny({ vfs }))).size).toBe(3);
  });

  it('commits go on while it is built, and those that it holds back are made after it (ingest/sequence-last)', async () => {
    const gate = new GateVfs(new MemoryVfs());
    const db = await openTiny({ vfs: gate });
    const stalls: string[] = [];
    db.on('stalled', ({ reason }) => stalls.push(reason));
    let goOn = (): void => undefined;
    const waiting = new Promise<void>((resolve) => (goOn = resolve));
    async function* source(): AsyncGenerator<[string, string]> {
      yield [key(0), 'load'];
      await waiting;
      yield [key(1), 'load'];
    }
    const loading = db.ingest(source());
    await turns(3);
    await db.put(key(1), 'meanwhile');
    expect(await db.get(key(0))).toBeUndefined();
    await db.flush(); // so that the manifest is next written for the load
    const open = gate.shut('sync', /MANIFEST/);
    goOn();
    while (gate.waiterCount === 0) await turns(1);
    const held = db.put(key(1), 'after');
    const other = db.put('other', 'held back');
    expect(await isSettled(Promise.race([held, other]))).toBe(false);
    expect(await db.get(key(0))).toBeUndefined();
    expect(await db.get(key(1))).toBe('meanwhile');
    open();
    await Promise.all([loading, held, other]);
    expect(await db.get(key(0))).toBe('load');
    expect(await db.get(key(1))).toBe('after');
    expect(stalls).toEqual(['ingest']);
  });
});

describe('a transaction begun before a load', () => {
  const touching: Record<string, (db: Db) => Promise<void>> = {
    'that writes one of its keys': async (db) => {
      const tx = db.begin();
      await db.ingest(entries(0, 5));
      tx.put(key(2), 'mine');
      await db.commit(tx);
    },
    'that deletes a range over one': async (db) => {
      const tx = db.begin();
      await db.ingest(entries(0, 5));
      tx.delRange({ gte: key(4), lt: key(9) });
      await db.commit(tx);
    },
    'that read one, serializable': async (db) => {
      const tx = db.begin({ isolation: 'serializable' });
      await tx.get(key(2));
      await db.ingest(entries(0, 5));
      tx.put('elsewhere', 'mine');
      await db.commit(tx);
    },
    'that scanned where it put some, serializable': async (db) => {
      const tx = db.begin({ isolation: 'serializable' });
      await tx.entries({ gte: key(3), lt: key(9) }).all();
      await db.ingest(entries(0, 5));
      tx.put('elsewhere', 'mine');
      await db.commit(tx);
    },
  };

  for (const [name, run] of Object.entries(touching)) {
    it.each(['with an empty memtable', 'with a commit after it'])(
      `${name} conflicts, %s`,
      async (how) => {
        const db = await openTiny();
        await db.put('elsewhere', 'before');
        if (how === 'with an empty memtable') {
          expect(await errorOf(() => run(db))).toBeInstanceOf(ConflictError);
          return;
        }
        const ingest = db.ingest.bind(db);
        db.ingest = async (source: IngestSource<string, string>) => {
          const report = await ingest(source);
          await db.put('another', 'x');
          return report;
        };
        expect(await errorOf(() => run(db))).toBeInstanceOf(ConflictError);
      },
    );
  }

  it('that touched none of its keys commits', async () => {
    const db = await openTiny();
    const tx = db.begin({ isolation: 'serializable' });
    await tx.get(key(7));
    await tx.entries({ gte: key(5), lt: key(9) }).all();
    await db.ingest(entries(0, 5));
    tx.put(key(6), 'mine');
    await db.commit(tx);
    expect((await contentOf(db)).size).toBe(6);
  });

  it('is run again by transaction(), and sees the load', async () => {
    const db = await openTiny();
    let runCount = 0;
    await db.transaction(async (tx) => {
      const before = (await tx.get(key(1))) ?? 'none';
      if (runCount++ === 0) await db.ingest(entries(0, 5));
      tx.put(key(1), `${before}+`);
    });
    expect(runCount).toBe(2);
    expect(await db.get(key(1))).toBe('new1+');
  });

  it('that holds a lock in its range is waited for, and one that comes later waits', async () => {
    const gate = new GateVfs(new MemoryVfs());
    const db = await openTiny({ vfs: gate });
    const first = db.begin({ mode: 'pessimistic' });
    await first.getForUpdate(key(3));
    const loading = db.ingest(entries(0, 5));
    expect(await isSettled(loading)).toBe(false);
    first.put(key(3), 'mine');
    const open = gate.shut('sync', /MANIFEST/);
    await db.commit(first);
    while (db.stats().locks.heldRangeCount === 0) await turns(1);
    const second = db.begin({ mode: 'pessimistic' });
    const locking = second.getForUpdate(key(4));
    expect(await isSettled(locking)).toBe(false);
    const outside = db.begin({ mode: 'pessimistic' });
    expect(await outside.getForUpdate(key(5))).toBeUndefined();
    outside.rollback();
    open();
    await loading;
    expect(await locking).toBe('new4');
    second.put(key(4), 'later');
    await db.commit(second);
    expect(await db.get(key(3))).toBe('new3');
    expect(await db.get(key(4))).toBe('later');
  });
});

/** Notes every table that is made and deleted. */
class TableWatch extends WrappedVfs {
  readonly made: string[] = [];
  readonly deleted: string[] = [];

  override open(path: string, mode: OpenMode): VfsFile {
    if (mode === 'create' && path.endsWith('.sst')) this.made.push(path);
    return super.open(path, mode);
  }

  override unlink(path: string): void {
    if (path.endsWith('.sst')) this.deleted.push(path);
    super.unlink(path);
  }
}

it('a load uses each number once, and its tables outlive collections of obsolete files (ingest-tables/number-once)', async () => {
  const vfs = new TableWatch(new MemoryVfs());
  const db = await openTiny({ vfs });
  const failure = new Error('the source');
  const replaceTables = async (): Promise<void> => {
    for (const value of ['x', 'y']) {
      await db.put('other', value);
      await db.flush();
    }
    await db.compact();
    await turns(5);
  };
  async function* source(isFailing: boolean): AsyncGenerator<[string, string]> {
    yield* entries(0, 9000);
    await replaceTables(); // obsolete files are collected while tables of the load are there
    yield* entries(9000, 9010);
    if (isFailing) throw failure;
  }
  expect(await errorOf(() => db.ingest(source(true)))).toBe(failure);
  const deletedCount = vfs.deleted.length;
  await db.ingest(source(false));
  await replaceTables();
  expect(vfs.deleted.length).toBeGreaterThan(deletedCount);
  expect(new Set(vfs.made).size).toBe(vfs.made.length);
  expect(new Set(vfs.deleted).size).toBe(vfs.deleted.length);
  expect((await contentOf(db)).size).toBe(9011);
});

describe('a load that ends early leaves nothing (ingest/refused-leaves-nothing)', () => {
  async function leavesNothing(
    run: (db: Db) => Promise<unknown>,
    options: OpenOptions = {},
  ): Promise<Error> {
    const vfs = options.vfs ?? new MemoryVfs();
    const db = await openTiny({ ...options, vfs });
    await db.put(key(1), 'old');
    await db.flush();
    const [sequence, tables] = [db.stats().sequence.assigned, tablesOf(vfs)];
    const error = await errorOf(() => run(db));
    expect(tablesOf(vfs)).toEqual(tables);
    if (!db.isOpen) return error;
    expect(db.stats().sequence.assigned).toBe(sequence);
    expect(await contentOf(db)).toEqual(new Map([[key(1), 'old']]));
    await db.put(key(1), 'goes on');
    return error;
  }

  it.each([
    [
      'falls',
      [...entries(0, 9000), [key(8000), 'x']],
      "position=9000 key='k008000' previous='k008999'",
    ],
    ['repeats', [...entries(0, 3), [key(2), 'x']], 'position=3'],
  ])('for a key that %s', async (_, source, text) => {
    const error = await leavesNothing((db) => db.ingest(source as [string, string][]));
    expect(error).toBeInstanceOf(InvalidArgumentError);
    expect(error.message).toContain(text);
  });

  it.each([
    ['no pair', [key(1)], 'position=0'],
    ['a pair and more', [[key(1), 'x', 'y']], 'position=0'],
    [
      'no value',
      [
        [key(0), 'x'],
        [key(1), undefined],
      ],
      'Value must not be undefined',
    ],
  ])('for %s', async (_, source, text) => {
    const error = await leavesNothing((db) => db.ingest(source as never));
    expect(error).toBeInstanceOf(InvalidArgumentError);
    expect(error.message).toContain(text);
  });

  it.each([undefined, null, 7, 'text', {}])('for %s, which is not iterable', async (source) => {
    const error = await leavesNothing((db) => db.ingest(source as never));
    expect(error).toBeInstanceOf(InvalidArgumentError);
  });

  it('for an option that it does not have', async () => {
    const error = await leavesNothing((db) => db.ingest([], { durability: 'os' } as never));
    expect(error).toBeInstanceOf(InvalidArgumentError);
  });

  it.each([false, true])(
    'for a source that throws, with its error (async: %s)',
    async (isAsync) => {
      const failure = new Error('the source');
      function* source(): Generator<[string, string]> {
        yield* entries(0, 9000);
        throw failure;
      }
      async function* asyncSource(): AsyncGenerator<[string, string]> {
        await turns(1);
        yield* source();
      }
      expect(await leavesNothing((db) => db.ingest(isAsync ? asyncSource() : source()))).toBe(
        failure,
      );
    },
  );

  it.each([false, true])('and ends its source (async: %s)', async (isAsync) => {
    let isEnded = false;
    function* source(): Generator<[string, string]> {
      try {
        yield* entries(5, 7);
        yield* entries(0, 9);
      } finally {
        isEnded = true;
      }
    }
    async function* asyncSource(): AsyncGenerator<[string, string]> {
      await turns(1);
      yield* source();
    }
    await leavesNothing((db) => db.ingest(isAsync ? asyncSource() : source()));
    expect(isEnded).toBe(true);
  });

  it('for its signal: before, within a long source, and while the source says nothing', async () => {
    const reason = new Error('enough');
    const before = await leavesNothing((db) =>
      db.ingest(entries(0, 9), { signal: AbortSignal.abort(reason) }),
    );
    expect(before).toBeInstanceOf(AbortedError);
    expect(before.cause).toBe(reason);
    for (const isSilent of [false, true]) {
      const controller = new AbortController();
      async function* source(): AsyncGenerator<[string, string]> {
        yield* entries(0, 9000);
        setImmediate(() => controller.abort(reason));
        if (isSilent) await new Promise(() => undefined);
        for (let i = 9000; ; i++) yield [key(i), 'x'];
      }
      const error = await leavesNothing((db) => db.ingest(source(), { signal: controller.signal }));
      expect(error).toBeInstanceOf(AbortedError);
      expect(error.cause).toBe(reason);
    }
  });

  it('for its signal while it waits for a lock', async () => {
    const controller = new AbortController();
    const error = await leavesNothing(async (db) => {
      const tx = db.begin({ mode: 'pessimistic' });
      await tx.getForUpdate(key(1));
      const loading = db.ingest(entries(0, 3), { signal: controller.signal });
      await turns(10);
      controller.abort();
      try {
        await loading;
      } finally {
        tx.rollback();
      }
    });
    expect(error).toBeInstanceOf(AbortedError);
  });

  it('when the database closes, whatever the source does', async () => {
    for (const isSilent of [false, true]) {
      const error = await leavesNothing(async (db) => {
        async function* source(): AsyncGenerator<[string, string]> {
          yield* entries(0, 9000);
          if (isSilent) await new Promise(() => undefined);
          for (let i = 9000; ; i++) yield [key(i), 'x'];
        }
        const loading = db.ingest(source());
        await Promise.all([loading, turns(20).then(() => db.close())]);
      });
      expect(error).toBeInstanceOf(ClosedError);
    }
  });

  it('when the database is closed or has failed', async () => {
    const faults = new FaultVfs(new MemoryVfs());
    const db = await openTiny({ vfs: faults });
    faults.inject({ kinds: ['sync'] });
    await errorOf(() => db.put('a', '1'));
    faults.heal();
    expect(await errorOf(() => db.ingest(entries(0, 3)))).toBeInstanceOf(DatabaseFailedError);
    expect(tablesOf(faults)).toEqual([]);
    await db.close();
    expect(await errorOf(() => db.ingest(entries(0, 3)))).toBeInstanceOf(ClosedError);
  });

  it('for a full disk, and the next load succeeds', async () => {
    const vfs = new FaultVfs(new MemoryVfs());
    let loaded: Db | undefined;
    const error = await leavesNothing(
      (db) => {
        loaded = db;
        vfs.inject({ kinds: ['write'], path: /\.sst$/, code: 'ENOSPC' });
        return db.ingest(entries(0, 9000));
      },
      { vfs },
    );
    expect(error).toBeInstanceOf(IoError);
    expect((error as IoError).systemCode).toBe('ENOSPC');
    vfs.heal();
    await loaded!.ingest(entries(0, 9000)); // assigned above
    expect((await contentOf(loaded!)).size).toBe(9000);
  });
});
