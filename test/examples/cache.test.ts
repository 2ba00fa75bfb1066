/**
 * examples/cache: contents by digest, with a bound; over random calls at once.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Cache, integrityOf } from '../../examples/cache/cache.ts';
import { type Database, MemoryVfs, open } from '../../src/index.ts';
import { builtFile } from '../support/built.ts';
import { ROOT } from '../support/packed-package.ts';
import { makeRandom } from '../support/prng.ts';

const openDatabase = (vfs = new MemoryVfs()): Promise<Database<unknown, unknown>> =>
  open<unknown, unknown>('/cache', { vfs, keyEncoding: 'json', valueEncoding: 'json' });

const bytesOf = (fill: number, sizeBytes = 10): Uint8Array => new Uint8Array(sizeBytes).fill(fill);

describe('a cache', () => {
  it('keeps equal contents once, and lets go of them with their last key (C1, C2)', async () => {
    const db = await openDatabase();
    const cache = await Cache.open(db, { sizeBytesMax: 100 });
    expect(await cache.put('a', bytesOf(1), { from: 'x' })).toBe(integrityOf(bytesOf(1)));
    await cache.put('b', bytesOf(1));
    expect(await cache.sizeBytes()).toBe(10);
    expect(await cache.get('a')).toMatchObject({ data: bytesOf(1), metadata: { from: 'x' } });
    expect(await cache.delete('a')).toBe(true);
    expect((await cache.get('b'))?.data).toEqual(bytesOf(1));
    await cache.put('b', bytesOf(2));
    expect(await cache.sizeBytes()).toBe(10);
    expect([await cache.delete('b'), await cache.delete('b')]).toEqual([true, false]);
    expect([await cache.sizeBytes(), await cache.get('b')]).toEqual([0, undefined]);
    expect(await cache.audit()).toEqual([]);
    await expect(cache.put('c', bytesOf(1, 101))).rejects.toThrow(RangeError);
    await db.close();
  });

  it('tells of bytes that are not those of the digest (C3)', async () => {
    const db = await openDatabase();
    const cache = await Cache.open(db, { sizeBytesMax: 100 });
    const integrity = await cache.put('a', bytesOf(1));
    const contents = await db.keyspace('contents', { keyEncoding: 'utf8' });
    await contents.put(integrity, bytesOf(9));
    await expect(cache.get('a')).rejects.toThrow('Content is not what was stored');
    expect(await cache.audit()).toEqual([`damaged: ${integrity}`]);
    await db.close();
  });

  it('holds C1 to C3 over random calls at once, and after each end', async () => {
    const seed = 5;
    const random = makeRandom(seed);
    const vfs = new MemoryVfs();
    let now = 0;
    for (let life = 0; life < 4; life++) {
      const db = await openDatabase(vfs);
      const cache = await Cache.open(db, { sizeBytesMax: 200, touchAfterMs: 3, now: () => ++now });
      expect(await cache.audit(), `seed ${seed} life ${life}`).toEqual([]);
      for (let step = 0; step < 40; step++) {
        const calls = Array.from({ length: 3 }, (): Promise<unknown> => {
          const key = `k${random.below(12)}`;
          if (random.chance(0.5))
            return cache.put(key, bytesOf(random.below(8), 10 + random.below(60)));
          return random.chance(0.8) ? cache.get(key) : cache.delete(key);
        });
        await Promise.all(calls);
      }
      expect(await cache.audit(), `seed ${seed} life ${life}`).toEqual([]);
      expect((await cache.entries()).length).toBeGreaterThan(1);
      await db.close();
    }
  });

  it('lets go of what was not used for longest', () => {
    builtFile('index.js'); // refuses a stale build
    const args = [join(ROOT, 'scripts', 'run-ts.mjs'), 'examples/cache/main.ts'];
    const { stdout, status } = spawnSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8' });
    const integrity = integrityOf(bytesOf(1, 40));
    expect([stdout, status]).toEqual([`${integrity} 40\nc left-pad@latest 90\nwrong: 0\n`, 0]);
  });
});
