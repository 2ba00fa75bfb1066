/**
 * Counting: `count` of a keyspace and of a scan.
 */
import { describe, expect, it } from 'vitest';

import { ConflictError } from '../../src/base/errors.ts';
import { openMemory } from './fixture.ts';

describe('count()', () => {
  it('is that of the entries which a scan shows, within its bounds, limit and snapshot', async () => {
    const db = await openMemory({ keyEncoding: 'utf8', valueEncoding: 'utf8' });
    for (let i = 0; i < 50; i++) await db.put(`k${String(i).padStart(2, '0')}`, 'v');
    const snapshot = db.snapshot();
    await db.flush();
    await db.del('k07');
    await db.delRange({ gte: 'k40' });
    expect(await db.count()).toBe(39);
    expect(await db.count({ snapshot })).toBe(50);
    expect(await db.count({ prefix: 'k1' })).toBe(10);
    expect(await db.count({ gt: 'k00', lte: 'k08' })).toBe(7);
    expect(await db.count({ limit: 5, reverse: true })).toBe(5);
    expect(await db.count({ gte: 'z' })).toBe(0);
    snapshot.close();
  });

  it('counts what a scan has left, and ends it', async () => {
    const db = await openMemory({ keyEncoding: 'utf8', valueEncoding: 'utf8' });
    for (const key of ['a', 'b', 'c', 'd']) await db.put(key, 'v');
    const scan = db.keys();
    expect(await scan.nextMany(1)).toEqual(['a']);
    expect(await scan.count()).toBe(3);
    expect(await scan.nextMany(1)).toEqual([]);
    expect(await scan.count()).toBe(0);
  });

  it('is a read of a serializable transaction: an entry that joins the range conflicts', async () => {
    const db = await openMemory({ keyEncoding: 'utf8', valueEncoding: 'utf8' });
    const tx = db.begin({ isolation: 'serializable' });
    expect(await tx.keys({ prefix: 'a' }).count()).toBe(0);
    tx.put('n', '0');
    await db.put('a1', 'v');
    await expect(tx.commit()).rejects.toThrow(ConflictError);
  });
});
