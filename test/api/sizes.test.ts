/** The smallest and the largest of everything. */
import { describe, expect, it } from 'vitest';
import { InvalidArgumentError } from '../../src/base/errors.ts';
import { COMMIT_SIZE_BYTES_MAX } from '../../src/batch/commit-batch.ts';
import { open } from '../../src/api/open.ts';
import { MemoryVfs } from '../../src/vfs/memory-vfs.ts';
import { closeLater, DIRECTORY, errorOf, filler, openMemory, TINY } from './fixture.ts';

const KEY_SIZE_MAX = 64 * 1024;

describe('an empty key and an empty value', () => {
  it('are a key and a value, in memory, in tables and after reopening', async () => {
    const vfs = new MemoryVfs();
    let db = await openMemory({ vfs });
    await db.batch([
      { type: 'put', key: '', value: 'first' },
      { type: 'put', key: 'e', value: '' },
    ]);
    for (const step of ['memory', 'flushed', 'compacted', 'reopened']) {
      if (step === 'flushed') await db.flush();
      if (step === 'compacted') await db.compact();
      if (step === 'reopened') {
        await db.close();
        db = await openMemory({ vfs });
      }
      expect([step, db.getSync(''), await db.get('e'), await db.has('e')]).toEqual([
        step,
        'first',
        '',
        true,
      ]);
      expect(await db.entries({ reverse: true }).all()).toEqual([
        ['e', ''],
        ['', 'first'],
      ]);
      expect(await db.keys({ gte: '', lte: '' }).all()).toEqual(['']);
      expect(await db.keys({ gt: '' }).all()).toEqual(['e']);
      expect(await db.keys({ lt: '' }).all()).toEqual([]);
    }
    await db.delRange({ lte: '' });
    expect(await db.keys().all()).toEqual(['e']);
  });
});

describe('keys', () => {
  it('of 64 KiB are stored, found and ordered; one byte more is refused', async () => {
    const db = await openMemory(TINY);
    const stem = 'k'.repeat(KEY_SIZE_MAX - 1);
    const keys = ['a', 'b', 'c'].map((last) => stem + last);
    for (const key of keys) await db.put(key, key.slice(-1));
    for (const isFlushed of [false, true]) {
      if (isFlushed) await db.compact();
      expect(
        (await db.keys({ prefix: stem, reverse: true }).all()).map((key) => key.slice(-1)),
      ).toEqual(['c', 'b', 'a']);
      expect(keys.map((key) => db.getSync(key))).toEqual(['a', 'b', 'c']);
      expect(await db.values({ gt: keys[0]!, lte: keys[1]! }).all()).toEqual(['b']);
    }
    await db.delRange({ gt: keys[0]!, lte: keys[1]! });
    expect(await db.values().all()).toEqual(['a', 'c']);
    for (const call of [
      () => db.put(`${stem}aa`, 'v'),
      () => db.getSync(`${stem}aa`),
      () => db.keys({ gte: `${stem}aa` }),
    ]) {
      expect(await errorOf(call)).toBeInstanceOf(InvalidArgumentError);
    }
  });

  it('may be any bytes at all, up to the longest key of 0xff', async () => {
    const db = closeLater(await open(DIRECTORY, { vfs: new MemoryVfs() }));
    const highest = new Uint8Array(65_536).fill(0xff);
    const keys = [new Uint8Array(0), Uint8Array.of(0), Uint8Array.of(1), highest.slice(1), highest];
    for (const key of keys) await db.put(key, Uint8Array.of(1));
    expect((await db.keys().all()).map((key) => key.length)).toEqual(keys.map((key) => key.length));
    expect(await db.keys({ prefix: Uint8Array.of(0xff) }).all()).toHaveLength(2);
    expect(await db.keys({ prefix: highest.slice(1), reverse: true }).all()).toHaveLength(2);
    expect(await errorOf(() => db.put(new Uint8Array(65_537), highest))).toBeInstanceOf(
      InvalidArgumentError,
    );
    await db.delRange({ gte: highest.slice(1) });
    expect(await db.keys().all()).toHaveLength(3);
  });
});

describe('large commits', () => {
  it('a value of 64 MiB is written, read, flushed, recovered and compacted', async () => {
    const vfs = new MemoryVfs();
    const value = new Uint8Array(64 * 1024 * 1024);
    for (let i = 0; i < value.length; i += 4096) value[i] = i >> 12;
    const key = Uint8Array.of(1);
    let db = closeLater(await open(DIRECTORY, { vfs, ...TINY }));
    await db.put(key, value);
    expect(Buffer.compare(db.getSync(key)!, value)).toBe(0); // just put
    await db.close();
    db = closeLater(await open(DIRECTORY, { vfs, ...TINY }));
    expect(Buffer.compare((await db.get(key))!, value)).toBe(0); // put before the close
    await db.compact();
    const [[, found] = []] = await db.entries().all();
    expect(Buffer.compare(found!, value)).toBe(0); // one entry
  });

  it('a batch larger than a memtable is one commit, before and after a restart', async () => {
    const vfs = new MemoryVfs();
    const operations = Array.from({ length: 300 }, (_, i) => ({
      type: 'put' as const,
      key: `k${String(i).padStart(4, '0')}`,
      value: filler(10_000, i),
    }));
    let db = await openMemory({ vfs, ...TINY });
    await db.put('before', 'x');
    await db.batch(operations);
    await db.put('after', 'y');
    expect(db.stats().sequence.published).toBe(302);
    await db.close();
    db = await openMemory({ vfs, ...TINY });
    expect(db.stats().recovery.commitCount).toBeLessThanOrEqual(3);
    expect(await db.keys().all()).toHaveLength(302);
    expect(db.getSync('k0299')).toBe(filler(10_000, 299));
  });

  it('a commit above the maximum is refused before anything is copied, in batches and transactions', async () => {
    const db = closeLater(await open(DIRECTORY, { vfs: new MemoryVfs() }));
    const value = new Uint8Array(COMMIT_SIZE_BYTES_MAX / 8);
    const tooLarge = new Uint8Array(512 * 1024 * 1024 + 1);
    expect(await errorOf(() => db.put(Uint8Array.of(1), tooLarge))).toBeInstanceOf(
      InvalidArgumentError,
    );
    const operations = Array.from({ length: 9 }, (_, i) => ({
      type: 'put' as const,
      key: Uint8Array.of(i),
      value,
    }));
    expect(await errorOf(() => db.batch(operations))).toBeInstanceOf(InvalidArgumentError);
    expect(db.stats().sequence.assigned).toBe(0);
    await db.put(Uint8Array.of(1), Uint8Array.of(2));
    expect(db.getSync(Uint8Array.of(1))).toEqual(Uint8Array.of(2));
  });
});
