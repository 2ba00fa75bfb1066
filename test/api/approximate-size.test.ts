/** How much room a range takes: `approximateSizeBytes`, against what the tables are. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Database, MemoryVfs, open } from '../../src/index.ts';

const ROW_COUNT = 2000;
const keyOf = (i: number): string => `k${String(i).padStart(5, '0')}`;

let db: Database<string, string>;

beforeEach(async () => {
  db = await open('/db', {
    vfs: new MemoryVfs(),
    compression: 'none',
    keyEncoding: 'utf8',
    valueEncoding: 'utf8',
    durability: 'os',
  });
});

afterEach(() => db.close());

async function fill(): Promise<void> {
  for (let i = 0; i < ROW_COUNT; i++) await db.put(keyOf(i), 'x'.repeat(100));
}

describe('approximateSizeBytes()', () => {
  it('counts what is in tables, and nothing of memtables', async () => {
    await fill();
    expect(await db.approximateSizeBytes()).toBe(0);
    await db.flush();
    expect(await db.approximateSizeBytes()).toBe(db.stats().tables.sizeBytes);
  });

  it('adds up, within a block, whatever table an end lies in', async () => {
    await fill();
    await db.flush();
    await fill(); // a second table over the same keys
    await db.flush();
    const whole = await db.approximateSizeBytes({ gte: keyOf(0) });
    for (const i of [1, 20, 500, 1999]) {
      const below = await db.approximateSizeBytes({ lt: keyOf(i) });
      const above = await db.approximateSizeBytes({ gte: keyOf(i) });
      // Footer, index and filter count only with a whole table.
      expect(below + above).toBeLessThanOrEqual(whole);
      expect(below + above).toBeGreaterThan(whole * 0.9);
      expect(Math.abs(below / (below + above) - i / ROW_COUNT)).toBeLessThan(0.05);
    }
  });

  it('is 0 for a range that holds nothing', async () => {
    await fill();
    await db.compact();
    expect(await db.approximateSizeBytes({ gt: keyOf(ROW_COUNT) })).toBe(0);
    expect(await db.approximateSizeBytes({ lt: 'a' })).toBe(0);
    expect(await db.approximateSizeBytes({ gte: 'z', lt: 'a' })).toBe(0);
  });

  it('counts a keyspace alone', async () => {
    const other = await db.keyspace('other', { keyEncoding: 'utf8', valueEncoding: 'utf8' });
    await fill();
    await other.put('k', 'v');
    await db.compact();
    const own = await db.approximateSizeBytes();
    expect(await other.approximateSizeBytes()).toBeLessThan(own / 100);
    await db.clear();
    await db.compact();
    expect(await db.approximateSizeBytes()).toBe(0);
  });

  it('refuses what is no range, and a database that is closed', async () => {
    await expect(db.approximateSizeBytes({ limit: 1 } as object)).rejects.toThrow('limit');
    await db.close();
    await expect(db.approximateSizeBytes()).rejects.toMatchObject({ code: 'CLOSED' });
  });
});
