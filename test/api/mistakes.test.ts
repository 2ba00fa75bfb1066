/**
 * What newcomers do wrong, and that each error says what to do: encodings, a second process, a forgotten await, undefined,
 * a full disk, a closed database, a wrong path, a folder that cannot be written, an old Node.js. A bundle without the
 * worker does not come about: each has it inside (test/package/bundles.test.ts).
 */
import { EventEmitter } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { collection } from '../../src/documents/index.ts';
import { graph } from '../../src/graph/index.ts';
import { type Database, MemoryVfs, open } from '../../src/index.ts';
import { keyvStore } from '../../src/keyv/index.ts';
import { sessionStore } from '../../src/session/index.ts';
import { FaultVfs } from '../support/fault-vfs.ts';
import { DIRECTORY, errorOf, makeDirectory, openMemory } from './fixture.ts';

/** As a program in JavaScript has it, which no type warns. */
type Untyped = Database<unknown, unknown>;

async function messageOf(call: () => unknown): Promise<string> {
  const { message, ...rest } = await errorOf(call);
  return `${String(Reflect.get(rest, 'code'))} ${message}`;
}

describe('a mistake', () => {
  it('text without an encoding: the error names the options', async () => {
    const db = (await openMemory({ keyEncoding: 'view', valueEncoding: 'view' })) as Untyped;
    for (const call of [
      () => db.put('a', 'b'),
      () => db.get('a'),
      () => db.put(Uint8Array.of(1), { a: 1 }),
    ]) {
      expect(await messageOf(call)).toMatch(
        /^INVALID_ARGUMENT Expected a Uint8Array; or set keyEncoding and valueEncoding .* found=/,
      );
    }
  });

  it('another type than that of the encoding: the error names the encoding', async () => {
    const db = (await openMemory()) as Untyped;
    expect(await messageOf(() => db.put(1, 'v'))).toContain(
      "a string, for the encoding 'utf8': found=1",
    );
    const tuples = (await db.keyspace('t', { keyEncoding: 'tuple' })) as unknown as Untyped;
    expect(await messageOf(() => tuples.get('a'))).toContain(
      "an array, for the encoding 'tuple': found='a'",
    );
  });

  it('another encoding than the one that wrote: the error names both', async () => {
    const vfs = new MemoryVfs();
    const db = await openMemory({ vfs, valueEncoding: 'json' });
    await db.put('a', 1);
    await db.close();
    expect(await messageOf(() => openMemory({ vfs }))).toMatch(/recorded=json asked=utf8$/);
  });

  it('a forgotten await before a value or a key: the error says so, and nothing is written', async () => {
    const db = (await openMemory({ valueEncoding: 'json' })) as Untyped;
    const bytes = (await db.keyspace('bytes')) as unknown as Untyped;
    for (const call of [
      () => db.put('a', db.get('b')),
      () => db.put(Promise.resolve('a'), 1),
      () => bytes.put(Uint8Array.of(1), Promise.resolve(Uint8Array.of(1))),
    ]) {
      expect(await messageOf(call)).toBe(
        'INVALID_ARGUMENT Expected a value, not a promise: await it first',
      );
    }
    expect(await db.count()).toBe(0);
  });

  it('a forgotten await in a transaction: the late call says why it is late', async () => {
    const db = await openMemory();
    let late: Promise<unknown> | undefined;
    await db.transaction((tx) => {
      late = tx.get('a').then(() => tx.put('a', '1'));
    });
    expect(await messageOf(() => late)).toMatch(
      /^CLOSED Transaction has ended: its? .*; await all its calls in the function of the transaction$/,
    );
  });

  it('undefined as a key, a value or a bound: the error names which', async () => {
    const db = (await openMemory()) as Untyped;
    expect(await messageOf(() => db.get(undefined))).toContain('Key must not be undefined');
    expect(await messageOf(() => db.put('a', undefined))).toContain('Value must not be undefined');
    const range = { prefix: undefined } as never;
    expect(await messageOf(() => db.delRange(range))).toMatch(
      /Bound prefix .* must not be undefined/,
    );
  });

  it('a database that is open already: the error says where it is, and to share it', async () => {
    const vfs = new MemoryVfs();
    await openMemory({ vfs });
    expect(await messageOf(() => openMemory({ vfs }))).toMatch(
      /^LOCKED .* in this process; share the handle that open\(\) gave: path=/,
    );
  });

  it('a call after the close: the error says what to await', async () => {
    const db = await openMemory();
    await db.close();
    expect(await messageOf(() => db.get('a'))).toBe(
      'CLOSED Database is closed; await its calls before you close it',
    );
  });

  it('a full disk: the write is refused and told, and the next one after it goes through', async () => {
    const vfs = new FaultVfs(new MemoryVfs());
    const db = await openMemory({ vfs });
    await db.put('a', '1');
    vfs.inject({ kinds: ['write'], code: 'ENOSPC', sticky: true });
    expect(await messageOf(() => db.put('a', '2'))).toMatch(/^IO_ERROR No space left/);
    vfs.heal();
    await db.put('b', '1');
    expect(await db.entries().all()).toEqual([
      ['a', '1'],
      ['b', '1'],
    ]);
  });

  it('a path that is wrong: the error says what lies there', async () => {
    const root = makeDirectory();
    writeFileSync(join(root, 'file'), 'text');
    mkdirSync(join(root, 'project'));
    writeFileSync(join(root, 'project', 'package.json'), '{}');
    mkdirSync(join(root, 'level'));
    writeFileSync(join(root, 'level', 'CURRENT'), 'MANIFEST-000001\n');
    const comparator = Buffer.from(
      '\0\0\0\0\x1e\0\x01\x01\x1aleveldb.BytewiseComparator',
      'latin1',
    );
    writeFileSync(
      join(root, 'level', 'MANIFEST-000001'),
      Buffer.concat([Buffer.alloc(3), comparator]),
    );
    const at = (name: string): Promise<string> => messageOf(() => open(join(root, name)));
    expect(await at('file')).toContain('Path is not a directory: path=');
    expect(await at('project')).toMatch(/not a database and not empty: .* file=package\.json$/);
    expect(await at('level')).toContain(
      'Directory holds a database of LevelDB, not of Varve: path=',
    );
    expect(await messageOf(() => open(join(root, 'absent'), { createIfMissing: false }))).toContain(
      'Database does not exist: path=',
    );
    expect(await messageOf(() => open(undefined as never))).toContain('Location must be a path');
    const url = new URL('file:///data') as never;
    expect(await messageOf(() => open(url))).toMatch(/of a URL that is fileURLToPath.* found=URL$/);
    expect(await messageOf(() => open('file:///data'))).toMatch(
      /a directory is named by its path alone: found=file:\/\/ known=etcd/,
    );
  });

  it('a way of another store to say it: the error says how it is said here', async () => {
    expect(await messageOf(() => open(':memory:'))).toContain('give vfs: new MemoryVfs()');
    const db = await openMemory({ versionRetentionMs: 1000 });
    expect(await messageOf(() => db.get('a', { at: new Date() as never }))).toContain(
      'Option at must be { time } or { sequence }: found=Date',
    );
    expect(await messageOf(() => collection(db as never, undefined as never))).toContain(
      'Name of a collection must be text, and not empty: found=undefined',
    );
  });

  it('a database that was not awaited, or none, for another entry: the error says so', async () => {
    const database = openMemory() as never;
    const session = { Store: EventEmitter } as never;
    for (const call of [
      () => sessionStore(session, { database }),
      () => sessionStore(session, undefined as never),
      () => keyvStore({ database }),
      () => keyvStore(undefined as never),
      () => graph(database, 'g'),
      () => collection(database, 'c'),
    ]) {
      expect(await messageOf(call)).toMatch(
        /^INVALID_\w+ .*(database|Database) of a .* await open/,
      );
    }
  });

  it('a folder that cannot be written: the error names it, and what to do', async () => {
    const vfs = Object.assign(new MemoryVfs(), { isWritable: () => false });
    expect(await messageOf(() => open(DIRECTORY, { vfs }))).toMatch(
      /^IO_ERROR Directory cannot be written; change its owner or mode, or open it with readOnly: path=/,
    );
  });

  it('an option that there is not: the error names those that there are', async () => {
    expect(await messageOf(() => openMemory({ keyEnconding: 'utf8' } as never))).toMatch(
      /name=keyEnconding known=.*keyEncoding/,
    );
  });

  it('an old Node.js: the error names the versions that will do', async () => {
    const { versions } = process;
    Object.defineProperty(process, 'versions', { value: { ...versions, node: '18.20.4' } });
    try {
      const anew = '../../src/base/runtime.ts?old';
      const { message } = await errorOf(() => import(anew));
      expect(message).toBe('Varve needs Node.js 20.15, 22.2 or newer: found=18.20.4');
    } finally {
      Object.defineProperty(process, 'versions', { value: versions });
    }
  });
});
