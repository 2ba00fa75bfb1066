/** What a caller gets wrong is an InvalidArgumentError, and nothing has happened. */
import { describe, expect, it } from 'vitest';
import { InvalidArgumentError } from '../../src/base/errors.ts';
import type { TuningOptions } from '../../src/base/options.ts';
import type { Database } from '../../src/api/database.ts';
import { open } from '../../src/api/open.ts';
import { MemoryVfs } from '../../src/vfs/memory-vfs.ts';
import { DIRECTORY, errorOf, openMemory } from './fixture.ts';

/** Arguments of no type at all: what a caller without a compiler may pass. */
type Loose = Record<string, (...args: unknown[]) => unknown>;
const loose = (value: object): Loose => value as Loose;

describe('keys and values', () => {
  const noKeys: unknown[] = [undefined, null, 1, true, {}, [], Symbol('s'), new ArrayBuffer(1), 1n];

  it.each(noKeys.map((key) => [typeof key, key]))(
    'a key of type %s is refused everywhere',
    async (_, key) => {
      const db = loose(await openMemory());
      const tx = loose(db['begin']!() as object);
      const calls: [string, () => unknown][] = [
        ['get', () => db['get']!(key)],
        ['getSync', () => db['getSync']!(key)],
        ['has', () => db['has']!(key)],
        ['getMany', () => db['getMany']!(['a', key])],
        ['put', () => db['put']!(key, 'v')],
        ['del', () => db['del']!(key)],
        ['batch put', () => db['batch']!([{ type: 'put', key, value: 'v' }])],
        ['batch del', () => db['batch']!([{ type: 'del', key }])],
        ['getTx', () => db['getTx']!(tx, key)],
        ['putTx', () => db['putTx']!(tx, key, 'v')],
        ['delTx', () => db['delTx']!(tx, key)],
        ['tx.getSync', () => tx['getSync']!(key)],
      ];
      if (key !== undefined) {
        calls.push(
          ['delRange', () => db['delRange']!({ gte: key })],
          ['entries', () => db['entries']!({ lt: key })],
          ['keys', () => db['keys']!({ prefix: key })],
          ['compact', () => db['compact']!({ lte: key })],
          ['tx.delRange', () => tx['delRange']!({ gt: key })],
          ['tx.values', () => tx['values']!({ gt: key })],
        );
      }
      for (const [name, call] of calls) {
        expect([name, await errorOf(call)]).toEqual([name, expect.any(InvalidArgumentError)]);
      }
      expect(await (db as unknown as Database<string, string>).keys().all()).toEqual([]);
    },
  );

  it.each([undefined, null, 1, {}, []])('a value of %s is refused everywhere', async (value) => {
    const db = loose(await openMemory());
    const tx = db['begin']!();
    const calls = [
      () => db['put']!('k', value),
      () => db['batch']!([{ type: 'put', key: 'k', value }]),
      () => db['putTx']!(tx, 'k', value),
    ];
    for (const call of calls) expect(await errorOf(call)).toBeInstanceOf(InvalidArgumentError);
    expect(db['getSync']!('k')).toBeUndefined();
  });

  it('a batch with one bad operation writes none of it', async () => {
    const db = await openMemory();
    const bad: unknown[] = [
      { type: 'put', key: 'b', value: undefined },
      { type: 'del' },
      { type: 'merge', key: 'b' },
      { key: 'b', value: 'v' },
      { type: 'delRange', gte: 'a', above: 'b' },
      null,
      'put',
      undefined,
    ];
    for (const operation of bad) {
      const operations = [{ type: 'put', key: 'a', value: 'v' }, operation];
      const error = await errorOf(() => loose(db)['batch']!(operations));
      expect([operation, error]).toEqual([operation, expect.any(InvalidArgumentError)]);
    }
    for (const operations of [undefined, null, {}, 'ab', 5]) {
      const error = await errorOf(() => loose(db)['batch']!(operations));
      expect(error).toBeInstanceOf(InvalidArgumentError);
    }
    expect(db.stats().sequence.assigned).toBe(0);
  });

  it('a transaction\u0027s batch refuses what a batch refuses', async () => {
    const db = await openMemory();
    const tx = db.begin();
    for (const operations of [
      undefined,
      null,
      {},
      [null],
      [undefined],
      [{ type: 'merge' }],
      ['x'],
    ]) {
      const error = await errorOf(() => loose(tx)['batch']!(operations));
      expect([operations, error]).toEqual([operations, expect.any(InvalidArgumentError)]);
    }
  });

  it('getMany takes an array without holes, and nothing else', async () => {
    const db = loose(await openMemory());
    const tx = loose(db['begin']!() as object);
    for (const keys of [undefined, null, 'ab', { 0: 'a', length: 1 }, new Array(2)]) {
      for (const reader of [db, tx]) {
        const error = await errorOf(() => reader['getMany']!(keys));
        expect([keys, error]).toEqual([keys, expect.any(InvalidArgumentError)]);
      }
    }
  });
});

describe('options of calls', () => {
  it('unknown names and wrong types are refused', async () => {
    const db = loose(await openMemory());
    const calls: [string, () => unknown][] = [
      ['get', () => db['get']!('k', { snap: 1 })],
      ['get null', () => db['get']!('k', null)],
      ['get snapshot', () => db['get']!('k', { snapshot: {} })],
      ['get snapshot null', () => db['get']!('k', { snapshot: null })],
      ['getSync', () => db['getSync']!('k', 'sync')],
      ['put', () => db['put']!('k', 'v', { sync: true })],
      ['put null', () => db['put']!('k', 'v', null)],
      ['put durability', () => db['put']!('k', 'v', { durability: 'none' })],
      ['put signal', () => db['put']!('k', 'v', { signal: 5 })],
      ['put signal null', () => db['put']!('k', 'v', { signal: null })],
      ['del', () => db['del']!('k', { durable: 1 })],
      ['batch', () => db['batch']!([], { durability: 1 })],
      ['delRange', () => db['delRange']!({ from: 'a' })],
      ['delRange type', () => db['delRange']!({ gte: 'a', type: 'delRange' })],
      ['delRange none', () => db['delRange']!()],
      ['delRange null', () => db['delRange']!(null)],
      ['delRange text', () => db['delRange']!('a')],
      ['entries', () => db['entries']!({ start: 'a' })],
      ['entries null', () => db['entries']!(null)],
      ['entries reverse', () => db['entries']!({ reverse: 1 })],
      ['keys limit', () => db['keys']!({ limit: 1.5 })],
      ['keys limit below', () => db['keys']!({ limit: -2 })],
      ['keys limit text', () => db['keys']!({ limit: '3' })],
      ['values null', () => db['values']!(null)],
      ['values NaN', () => db['values']!({ limit: NaN })],
      ['compact', () => db['compact']!({ from: 'a' })],
      ['compact null', () => db['compact']!(null)],
      ['begin', () => db['begin']!({ level: 'snapshot' })],
      ['begin null', () => db['begin']!(null)],
      ['begin isolation', () => db['begin']!({ isolation: 'dirty' })],
      ['begin readOnly', () => db['begin']!({ readOnly: 1 })],
      ['begin durability', () => db['begin']!({ durability: 'fsync' })],
      ['transaction body', () => db['transaction']!('body')],
      ['transaction none', () => db['transaction']!()],
      ['transaction', () => db['transaction']!(() => 1, { retries: 3 })],
      ['transaction retries', () => db['transaction']!(() => 1, { retryCountMax: -1 })],
      ['transaction null', () => db['transaction']!(() => 1, null)],
      ['transaction signal', () => db['transaction']!(() => 1, { signal: 'now' })],
      ['commit', () => db['commit']!({})],
      ['commit none', () => db['commit']!()],
      ['rollback', () => db['rollback']!(null)],
      ['getTx', () => db['getTx']!(undefined, 'k')],
      ['putTx', () => db['putTx']!({}, 'k', 'v')],
      ['on', () => db['on']!('no-such-event', () => 1)],
      ['on listener', () => db['on']!('stalled', 'x')],
    ];
    for (const [name, call] of calls) {
      expect([name, await errorOf(call)]).toEqual([name, expect.any(InvalidArgumentError)]);
    }
  });

  it('of scans in transactions are checked as well', async () => {
    const db = await openMemory();
    const tx = loose(db.begin());
    const options: unknown[] = [null, 'a', { from: 'a' }, { reverse: 1 }, { limit: -3 }];
    options.push({ snapshot: db.snapshot() });
    for (const option of options) {
      const error = await errorOf(() => tx['entries']!(option));
      expect([option, error]).toEqual([option, expect.any(InvalidArgumentError)]);
    }
  });

  it('a scan refuses counts that are none, and stays usable', async () => {
    const db = await openMemory();
    await db.put('a', '1');
    const scan = db.keys();
    for (const count of [0, -1, 1.5, NaN, '2', undefined]) {
      const error = await errorOf(() => loose(scan)['nextMany']!(count));
      expect(error).toBeInstanceOf(InvalidArgumentError);
    }
    expect(await scan.nextMany(2)).toEqual(['a']);
  });

  it('a snapshot and a transaction of another database are refused', async () => {
    const db = await openMemory();
    const other = await openMemory();
    expect(await errorOf(() => db.get('k', { snapshot: other.snapshot() }))).toBeInstanceOf(
      InvalidArgumentError,
    );
    expect(await errorOf(() => db.commit(other.begin()))).toBeInstanceOf(InvalidArgumentError);
    expect(await errorOf(() => db.getTx(other.begin(), 'k'))).toBeInstanceOf(InvalidArgumentError);
  });
});

describe('options of open', () => {
  const KIB = 1024;
  const wrong: Record<string, unknown[]> = {
    durability: ['none', 1, true],
    memtableSizeBytes: [0, 256 * KIB - 1, 2 ** 31 + 1, 1.5e6 + 0.5, '64m', NaN, Infinity],
    immutableMemtableCountMax: [0, 17],
    blockCacheSizeBytes: [-1, 2 ** 40],
    blockSizeBytes: [255, 2 ** 20 + 1],
    compression: ['zstd', true],
    filterBitsPerKey: [-1, 33, 1.5],
    targetFileSizeBytes: [KIB, 2 ** 31],
    level0CompactionTrigger: [1, 65, 12],
    level0SlowdownTrigger: [4, 20],
    level0StopTrigger: [12, 1001],
    level1SizeBytes: [0, KIB],
    levelSizeMultiplier: [1, 101],
    openTableCountMax: [7, 100_001],
    background: ['thread', 'worker'], // there is no worker over files in memory
    keyEncoding: ['latin1', {}, { encode: () => 1 }, null, 'toString'],
    valueEncoding: ['text', 5],
    createIfMissing: [1, 'yes'],
    errorIfExists: ['no'],
    onEvent: [{}, 'log'],
    vfs: [{}, 5, null],
    environment: [{}, 5, null],
    cacheSize: [1],
  };

  it.each(Object.entries(wrong))(
    '%s is refused out of bounds, and nothing is created',
    async (name, values) => {
      for (const value of values) {
        const vfs = new MemoryVfs();
        const error = await errorOf(() => open(DIRECTORY, { vfs, [name]: value }));
        expect([value, error]).toEqual([value, expect.any(InvalidArgumentError)]);
        expect(vfs.list('/')).toEqual([]);
      }
    },
  );

  it.each(['', 'a\0b', 5, undefined, null, {}])('a location of %j is refused', async (location) => {
    const vfs = new MemoryVfs();
    const error = await errorOf(() => open(location as string, { vfs }));
    expect(error).toBeInstanceOf(InvalidArgumentError);
  });

  it('a message names the option and shows the value', async () => {
    const error = await errorOf(() => open(DIRECTORY, { vfs: new MemoryVfs(), blockSizeBytes: 7 }));
    expect(error.message).toMatch(/blockSizeBytes.*256.*found=7/);
  });

  it('every bound itself is accepted', async () => {
    const bounds: TuningOptions[] = [
      { memtableSizeBytes: 256 * KIB, level1SizeBytes: 256 * KIB },
      { blockSizeBytes: 256, targetFileSizeBytes: 64 * KIB, filterBitsPerKey: 0 },
      { blockSizeBytes: 2 ** 20, filterBitsPerKey: 32, blockCacheSizeBytes: 0 },
      { level0CompactionTrigger: 2, level0SlowdownTrigger: 3, level0StopTrigger: 4 },
      { openTableCountMax: 8, immutableMemtableCountMax: 1, levelSizeMultiplier: 2 },
      { openTableCountMax: 100_000, immutableMemtableCountMax: 16, levelSizeMultiplier: 100 },
    ];
    for (const tuning of bounds) {
      const db = await openMemory(tuning);
      await db.put('k', 'v');
      await db.compact();
      expect(db.getSync('k')).toBe('v');
      await db.close();
    }
  });
});
