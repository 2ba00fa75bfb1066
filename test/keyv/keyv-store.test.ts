/**
 * `varve/keyv` under the real Keyv.
 */
import { Keyv } from 'keyv';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ClosedError, type Database, MemoryVfs, open } from '../../src/index.ts';
import { keyvStore, type KeyvVarve } from '../../src/keyv/index.ts';
import { ManualClock } from '../support/manual-clock.ts';

let db: Database<string, string>;
let clock: ManualClock;
let store: KeyvVarve;

beforeEach(async () => {
  clock = new ManualClock();
  clock.advance(Date.now() - clock.wallMs()); // Keyv looks at the clock of the system too
  db = await open('/db', {
    vfs: new MemoryVfs(),
    environment: { clock },
    keyEncoding: 'utf8',
    valueEncoding: 'utf8',
  });
  store = await keyvStore({ database: db });
});

afterEach(() => db.close());

async function rowsOf(keyv: Keyv): Promise<unknown[]> {
  const rows: unknown[] = [];
  for await (const row of keyv.iterator?.(undefined) ?? []) rows.push(row);
  return rows;
}

describe('Keyv over Varve', () => {
  it.each(['n', undefined])('reads what it wrote (namespace %s)', async (namespace) => {
    const keyv = new Keyv({ store, ...(namespace !== undefined && { namespace }) });
    expect(await keyv.get('a')).toBe(undefined);
    expect(await keyv.set('a', { deep: [1, null, 'x'] })).toBe(true);
    expect(await keyv.get('a')).toEqual({ deep: [1, null, 'x'] });
    expect([await keyv.has('a'), await keyv.has('b')]).toEqual([true, false]);
    expect(await keyv.has(['b', 'a'])).toEqual([false, true]);
    expect([await keyv.delete('a'), await keyv.delete('a')]).toEqual([true, false]);
    expect(await keyv.get('a')).toBe(undefined);
  });

  it('sets, gets and deletes many, each in one commit (keyv-store/many-at-once)', async () => {
    const keyv = new Keyv({ store, namespace: 'n' });
    const before = db.stats().commits.count;
    const entries = ['a', 'b', 'c'].map((key, value) => ({ key, value }));
    expect(await keyv.setMany(entries)).toEqual([true, true, true]);
    expect(db.stats().commits.count).toBe(before + 1);
    expect(await keyv.get(['c', 'none', 'a'])).toEqual([2, undefined, 0]);
    expect(await keyv.delete(['a', 'c', 'none'])).toBe(true);
    expect(db.stats().commits.count).toBe(before + 2);
    expect(await keyv.delete(['a', 'c'])).toBe(false);
    expect(await keyv.get(['a', 'b', 'c'])).toEqual([undefined, 1, undefined]);
  });

  it('tells one of several deletes at the same time that the key was there', async () => {
    const keyv = new Keyv({ store });
    await keyv.set('a', 1);
    const told = await Promise.all([1, 2, 3, 4].map(() => keyv.delete('a')));
    expect(told.filter((wasThere) => wasThere)).toEqual([true]);
  });

  it('lets entries expire', async () => {
    const keyv = new Keyv({ store, ttl: 10_000 });
    await keyv.set('short', 1, 1_000.5);
    await keyv.set('default', 1);
    await keyv.set('ever', 1, 0);
    await keyv.setMany([
      { key: 'many', value: 1, ttl: 1_000 },
      { key: 'more', value: 1 },
    ]);
    const there = (): Promise<boolean[]> =>
      keyv.hasMany(['short', 'default', 'ever', 'many', 'more']);
    expect(await there()).toEqual([true, true, true, true, true]);
    clock.advance(1_001);
    expect(await there()).toEqual([false, true, true, false, true]);
    clock.advance(9_000);
    expect(await there()).toEqual([false, false, true, false, false]);
  });

  it('clears and lists one namespace (keyv-store/clear-within-namespace)', async () => {
    const of = async (namespace: string): Promise<Keyv> =>
      new Keyv({ store: await keyvStore({ database: db }), namespace });
    const [a, ab] = [await of('a'), await of('ab')];
    for (let i = 0; i < 600; i++) await a.set(`k${String(i).padStart(3, '0')}`, i);
    await ab.set('k', 'other');
    const rows = await rowsOf(a);
    expect([rows.length, rows[0], rows[599]]).toEqual([600, ['k000', 0], ['k599', 599]]);
    await a.clear();
    expect(await rowsOf(a)).toEqual([]);
    expect(await rowsOf(ab)).toEqual([['k', 'other']]);
  });

  it('clears everything without a namespace, and nothing else of the database', async () => {
    await db.put('mine', '1');
    const keyv = new Keyv({ store });
    await keyv.set('a', 1);
    await keyv.clear();
    expect(await keyv.get('a')).toBe(undefined);
    expect(await db.get('mine')).toBe('1');
  });

  it('leaves the database open when it disconnects, and emits what a closed one rejects with', async () => {
    const keyv = new Keyv({ store });
    await keyv.disconnect();
    expect(await keyv.set('a', 1)).toBe(true);
    await db.close();
    const errors: unknown[] = [];
    keyv.on('error', (error: unknown) => errors.push(error));
    expect(await keyv.set('a', 2)).toBe(false);
    expect(errors).toEqual([expect.any(ClosedError)]);
    await expect(store.get('a')).rejects.toBeInstanceOf(ClosedError);
  });
});
