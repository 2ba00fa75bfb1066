/** Keys of several elements (docs/formats/tuple.md): order, prefixes on whole elements, and the record of the encoding. */
import { describe, expect, it } from 'vitest';

import { DecodingError, InvalidArgumentError } from '../../src/base/errors.ts';
import { MemoryVfs } from '../../src/vfs/memory-vfs.ts';
import { openMemory } from './fixture.ts';

const open = (vfs = new MemoryVfs()) =>
  openMemory({ vfs, keyEncoding: 'tuple', valueEncoding: 'json' });

describe('keys of several elements', () => {
  it('are ordered element by element, and scanned by whole elements', async () => {
    const db = await open();
    const keys = [
      ['alice'],
      ['alice', -1.5],
      ['alice', 2],
      ['alice', 10],
      ['alice', 10, 'note'],
      ['alicia', 1],
      ['bob', 3],
    ];
    await db.batch([...keys].reverse().map((key) => ({ type: 'put', key, value: key.length })));
    expect(await db.keys().all()).toEqual(keys);
    expect(await db.keys({ prefix: ['alice'] }).all()).toEqual(keys.slice(0, 5));
    expect(await db.keys({ prefix: ['alice', 10] }).all()).toEqual(keys.slice(3, 5));
    expect(await db.keys({ prefix: ['alice', 1] }).all()).toEqual([]);
    expect(await db.keys({ prefix: ['ali'] }).all()).toEqual([]);
    expect(await db.keys({ gt: ['alice', 2], lte: ['alice', 10] }).all()).toEqual([['alice', 10]]);
    expect(await db.keys({ prefix: ['alice'], reverse: true, limit: 1 }).all()).toEqual([
      ['alice', 10, 'note'],
    ]);
    await db.delRange({ prefix: ['alice'] });
    expect(await db.keys().all()).toEqual(keys.slice(5));
    expect(await db.keys({ prefix: [] }).all()).toEqual(keys.slice(5));
  });

  it('are deleted and locked by whole elements, though bytes of another begin with theirs', async () => {
    const db = await open();
    const others = [['a\0b'], ['a\0'], [['x', null]], [Uint8Array.of(1, 0)]];
    for (const key of [...others, ['a'], ['a', 1], [['x']], [Uint8Array.of(1)]])
      await db.put(key, 1);
    for (const prefix of [['a'], [['x']], [Uint8Array.of(1)]]) {
      await db.delRange({ prefix });
      expect(await db.keys({ prefix }).all()).toEqual([]);
    }
    expect((await db.keys().all()).length).toBe(others.length);
    const tx = db.begin({ mode: 'pessimistic' });
    await tx.lockRange({ prefix: ['a'] });
    await db.put(['a\0b'], 2); // waits for no lock
    tx.rollback();
  });

  it('are read and written by every call', async () => {
    const db = await open();
    await db.put(['account', 7n, null], 1);
    expect(db.getSync(['account', 7n, null])).toBe(1);
    expect(
      await db.getMany([
        ['account', 7n, null],
        ['account', 7],
      ]),
    ).toEqual([1, undefined]);
    await db.transaction(async (tx) => {
      expect(await tx.get(['account', 7n, null])).toBe(1);
      tx.put(['account', 8n], 2);
      expect(await tx.keys({ prefix: ['account'] }).all()).toEqual([
        ['account', 7n, null],
        ['account', 8n],
      ]);
    });
    await db.del(['account', 7n, null]);
    expect(await db.entries().all()).toEqual([[['account', 8n], 2]]);
  });

  it('refuse what has no place in the order, and nothing is written', async () => {
    const db = await open();
    for (const key of [[NaN], [undefined], 'text', [{}]]) {
      await expect(db.put(key as never, 1)).rejects.toThrow(InvalidArgumentError);
    }
    expect(await db.keys().all()).toEqual([]);
  });

  it('bind the database to the encoding, and damage is told with the key', async () => {
    const vfs = new MemoryVfs();
    const db = await open(vfs);
    await db.put(['a'], 1);
    await db.close();
    await expect(openMemory({ vfs })).rejects.toThrow('recorded=tuple');
    const raw = await openMemory({ vfs, keyEncoding: 'view', valueEncoding: 'json' });
    await raw.put(Buffer.from('no tuple'), 2);
    await raw.close();
    const again = await open(vfs);
    expect(again.getSync(['a'])).toBe(1);
    await expect(again.keys().all()).rejects.toThrow(DecodingError);
  });

  it('may be made by code that makes others meanwhile (encoding/placed-once)', async () => {
    const db = await open();
    const key = ['outer', 'replaced'];
    Object.defineProperty(key, 1, {
      get() {
        void db.put(['inner', 'a longer text than the outer one'], 1);
        return 'x';
      },
    });
    await db.put(key, 2);
    expect(await db.keys().all()).toEqual([
      ['inner', 'a longer text than the outer one'],
      ['outer', 'x'],
    ]);
  });
});
