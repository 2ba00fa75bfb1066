/** Databases that are opened to read only, beside a writer and without one. */
import { describe, expect, it } from 'vitest';
import {
  type Database,
  InvalidArgumentError,
  MemoryVfs,
  NotReadyError,
  ReadOnlyError,
} from '../../src/index.ts';
import { errorOf, openMemory, TINY } from './fixture.ts';

const READ_ONLY = { readOnly: true } as const;

async function entriesOf(db: Pick<Database<string, string>, 'entries'>): Promise<string[]> {
  const entries: string[] = [];
  for await (const [key, value] of db.entries()) entries.push(`${key}=${value}`);
  return entries;
}

describe('a read-only database beside a writer', () => {
  it('shows what the writer has published at its open, and goes on at a refresh alone (follower/prefix)', async () => {
    const vfs = new MemoryVfs();
    const writer = await openMemory({ vfs, ...TINY });
    await writer.put('a', '1');
    await writer.flush();
    await writer.put('b', '2');
    await writer.put('c', '3', { durability: 'os' });
    const reader = await openMemory({ vfs, ...READ_ONLY });
    expect(await entriesOf(reader)).toEqual(['a=1', 'b=2', 'c=3']);
    expect(reader.isReadOnly).toBe(true);
    expect(writer.isReadOnly).toBe(false);

    await writer.put('d', '4');
    await writer.del('a');
    expect(await entriesOf(reader)).toEqual(['a=1', 'b=2', 'c=3']);
    await reader.refresh();
    await writer.refresh();
    expect(await entriesOf(reader)).toEqual(['b=2', 'c=3', 'd=4']);
    expect(reader.getSync('d')).toBe('4');
    expect(await reader.getMany(['a', 'b'])).toEqual([undefined, '2']);
    expect(await reader.has('a')).toBe(false);
    const backwards: string[] = [];
    for await (const key of reader.keys({ reverse: true })) backwards.push(key);
    expect(backwards).toEqual(['d', 'c', 'b']);
  });

  it('keeps a snapshot as it was, whatever the writer compacts (read-only-store/place-keeps-its-state)', async () => {
    const vfs = new MemoryVfs();
    const writer = await openMemory({ vfs, ...TINY });
    for (let i = 0; i < 100; i++) await writer.put(`key${i}`, 'old', { durability: 'os' });
    await writer.flush();
    const reader = await openMemory({ vfs, ...READ_ONLY });
    const snapshot = reader.snapshot();
    for (let i = 0; i < 100; i++) await writer.put(`key${i}`, 'new', { durability: 'os' });
    await writer.delRange({ gte: 'key5' });
    await writer.compact();
    await reader.refresh();
    expect(await reader.get('key1')).toBe('new');
    expect(await reader.get('key7')).toBeUndefined();
    expect(await reader.get('key1', { snapshot })).toBe('old');
    expect(await reader.get('key7', { snapshot })).toBe('old');
    expect(reader.stats().readers.pinnedTableBytes).toBeGreaterThan(0);
    snapshot.close();
    expect(reader.stats().readers.pinnedTableBytes).toBe(0);
  });

  it('refuses by name whatever would write, and changes nothing (read-only-store/refused-by-name)', async () => {
    const vfs = new MemoryVfs();
    const writer = await openMemory({ vfs });
    await writer.keyspace('known', {
      keyEncoding: 'utf8',
      valueEncoding: 'json',
      indexes: { by: { on: ['x'] } },
    });
    await writer.put('a', '1');
    const reader = await openMemory({ vfs, ...READ_ONLY });
    const known = await reader.keyspace('known', { keyEncoding: 'utf8', valueEncoding: 'json' });
    const calls: Readonly<Record<string, () => unknown>> = {
      put: () => reader.put('a', '2'),
      putFor: () => reader.put('a', '2', { ttlMs: 1000 }),
      del: () => reader.del('a'),
      delRange: () => reader.delRange({ gte: 'b', lt: 'a' }),
      clear: () => reader.clear(),
      update: () => reader.update('a', () => '2'),
      batch: () => reader.batch([{ type: 'put', key: 'a', value: '2' }]),
      emptyBatch: () => reader.batch([]),
      transaction: () => reader.transaction((tx) => tx.put('a', '2')),
      later: () =>
        reader.transaction(async (tx) => {
          await tx.get('a');
          tx.del('a');
        }),
      begin: () => reader.begin().put('a', '2'),
      commitId: () => reader.transaction(() => 1, { commitId: 'once' }),
      pessimistic: () => reader.transaction((tx) => tx.get('a'), { mode: 'pessimistic' }),
      keyspace: () => reader.keyspace('other'),
      options: () => reader.keyspace('known', { ttlMs: 1000 }),
      newIndex: () =>
        reader.keyspace('known', { indexes: { other: { on: ['y'] } }, valueEncoding: 'json' }),
      inKeyspace: () => known.put('k', {}),
      dropKeyspace: () => reader.dropKeyspace('known'),
      renameKeyspace: () => reader.renameKeyspace('known', 'else'),
      dropIndex: () => known.dropIndex('by'),
      ingest: () => reader.ingest([['a', '2']]),
      flush: () => reader.flush(),
      compact: () => reader.compact(),
      compactRange: () => known.compact({ gte: 'a' }),
      checkpoint: () => reader.checkpoint('/copy'),
    };
    for (const [name, call] of Object.entries(calls)) {
      const error = await errorOf(async () => call());
      expect(error, name).toBeInstanceOf(ReadOnlyError);
    }
    expect(await entriesOf(writer)).toEqual(['a=1']);
    expect((await writer.keyspaces()).map(({ name }) => name)).toEqual(['default', 'known']);
  });

  it('runs transactions that only read, on one state', async () => {
    const vfs = new MemoryVfs();
    const writer = await openMemory({ vfs });
    await writer.put('a', '1');
    const reader = await openMemory({ vfs, ...READ_ONLY });
    expect(await reader.transaction((tx) => tx.getSync('a'))).toBe('1');
    const tx = reader.begin();
    expect(tx.isReadOnly).toBe(true);
    await writer.put('a', '2');
    await reader.refresh();
    expect(await tx.get('a')).toBe('1');
    await tx.commit();
    const body = async (): Promise<unknown> =>
      reader.transaction(async (each) => each.get('a'), { isolation: 'serializable' });
    expect(await body()).toBe('2');
  });

  it('follows the catalog: keyspaces that come, go and change their names, and indexes', async () => {
    const vfs = new MemoryVfs();
    const writer = await openMemory({ vfs });
    const reader = await openMemory({ vfs, ...READ_ONLY });
    const users = await writer.keyspace('users', { keyEncoding: 'utf8', valueEncoding: 'json' });
    await users.put('ada', { city: 'Paris' });
    await expect(reader.keyspace('users', { createIfMissing: false })).rejects.toThrow(
      InvalidArgumentError,
    );
    await reader.refresh();
    const seen = await reader.keyspace('users', { keyEncoding: 'utf8', valueEncoding: 'json' });
    expect(await seen.get('ada')).toEqual({ city: 'Paris' });

    const before = reader.snapshot();
    await writer.keyspace('users', {
      valueEncoding: 'json',
      indexes: { byCity: { on: ['city'] } },
    });
    await users.index('byCity').ready();
    await reader.refresh();
    expect(await seen.index('byCity').get(['Paris'])).toMatchObject({ key: 'ada' });
    const old = await errorOf(() => seen.index('byCity').get(['Paris'], { snapshot: before }));
    expect(old).toBeInstanceOf(NotReadyError);
    before.close();

    await writer.renameKeyspace('users', 'people');
    await reader.refresh();
    expect(seen.name).toBe('people');
    await writer.dropKeyspace('people');
    await reader.refresh();
    await expect(seen.get('ada')).rejects.toThrow('dropped');
    expect((await reader.keyspaces()).map(({ name }) => name)).toEqual(['default']);
  });

  it('verifies what it shows, while the writer goes on', async () => {
    const vfs = new MemoryVfs();
    const writer = await openMemory({ vfs, ...TINY, history: { keepMs: 1000 } });
    for (let i = 0; i < 50; i++) await writer.put(`k${i}`, 'v'.repeat(100));
    await writer.flush();
    await writer.put('more', '1');
    const reader = await openMemory({ vfs, ...READ_ONLY });
    await writer.put('else', '2');
    const report = await reader.verify();
    expect(report.problems).toEqual([]);
    expect(report.tableCount).toBe(1);
    expect(report.logOperationCount).toBeGreaterThan(0);
    expect(report.keptLogCount).toBe(1);
  });

  it('streams changes as far as it shows them (followed-history/as-far-as-shown)', async () => {
    const vfs = new MemoryVfs();
    const writer = await openMemory({ vfs, history: { keepMs: 3_600_000 } });
    await writer.put('a', '1');
    await writer.flush();
    await writer.put('b', '2');
    const reader = await openMemory({ vfs, ...READ_ONLY });
    await writer.put('c', '3');
    const keys: unknown[] = [];
    const read = async (since: number): Promise<number> => {
      let last = since;
      for await (const { sequence, operations } of reader.changes({ since, follow: false })) {
        last = sequence;
        for (const { type, ...rest } of operations) keys.push(type, 'key' in rest ? rest.key : '');
      }
      return last;
    };
    const last = await read(0);
    expect(keys).toEqual(['put', 'a', 'put', 'b']);
    await reader.refresh();
    await read(last);
    expect(keys.slice(4)).toEqual(['put', 'c']);
  });

  it('tells watchers what a refresh brings', async () => {
    const vfs = new MemoryVfs();
    const writer = await openMemory({ vfs });
    const reader = await openMemory({ vfs, ...READ_ONLY });
    const heard: number[] = [];
    reader.watch({ prefix: 'a' }, ({ sequence }) => heard.push(sequence));
    await writer.put('b', '1');
    await reader.refresh();
    expect(heard).toEqual([]);
    await writer.put('a', '1');
    await reader.refresh();
    expect(heard).toEqual([2]);
  });

  it('refuses options that mean nothing to it, and a directory without a database', async () => {
    const vfs = new MemoryVfs();
    await expect(openMemory({ vfs, ...READ_ONLY })).rejects.toThrow('does not exist');
    expect(vfs.exists('/test')).toBe(false);
    await openMemory({ vfs });
    for (const options of [
      { readOnly: true, createIfMissing: true },
      { readOnly: true, errorIfExists: true },
      { follow: true, history: 'off' },
      { follow: true, readOnly: false },
      { follow: 1 },
    ]) {
      const error = await errorOf(() => openMemory({ vfs, ...(options as object) }));
      expect(error, JSON.stringify(options)).toBeInstanceOf(InvalidArgumentError);
    }
  });

  it('refuses another encoding than the recorded one', async () => {
    const vfs = new MemoryVfs();
    const writer = await openMemory({ vfs });
    await writer.put('a', '1');
    await expect(openMemory({ vfs, ...READ_ONLY, valueEncoding: 'json' })).rejects.toThrow(
      'another encoding',
    );
  });
});
