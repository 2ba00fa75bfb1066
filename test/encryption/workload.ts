/**
 * A life of an encrypted database, and the words that must not be readable anywhere.
 *
 * Owns: the workload, which leaves every kind of file: logs, kept logs, tables of flushes, compactions and bulk loads, range
 * tombstones, keyspaces with indexes, a checkpoint, a rotation.
 */
import { open, type Database, type OpenOptions, type Vfs } from '../../src/index.ts';

export const KEY: Uint8Array = Uint8Array.from({ length: 32 }, (_, i) => i * 7 + 1);
export const OTHER_KEY: Uint8Array = Uint8Array.from({ length: 32 }, (_, i) => i * 5 + 3);

export const MARKERS = [
  'keymarker',
  'valuemarker',
  'spacemarker',
  'indexmarker',
  'encodingmarker',
  'commitmarker',
  'rangemarker',
] as const;

export const SMALL: OpenOptions = {
  memtableSizeBytes: 256 * 1024,
  targetFileSizeBytes: 64 * 1024,
  level0CompactionTrigger: 2,
  compression: 'none',
};

export type TextDatabase = Database<string, string>;

/** A database of text in `/data`. */
export function openText(
  vfs: Vfs,
  options: OpenOptions = {},
  directory = '/data',
): Promise<TextDatabase> {
  return open(directory, {
    ...SMALL,
    encryption: { key: KEY },
    ...options,
    vfs,
    keyEncoding: 'utf8',
    valueEncoding: 'utf8',
  });
}

/** Fills the database with `count` entries, the value of each made of its number. */
export async function fill(db: TextDatabase, count: number, from = 0): Promise<void> {
  for (let i = from; i < from + count; i += 50) {
    const operations = Array.from({ length: Math.min(50, from + count - i) }, (_, j) => ({
      type: 'put' as const,
      key: keyOf(i + j),
      value: valueOf(i + j),
    }));
    await db.batch(operations, { durability: 'os' });
  }
}

export const keyOf = (i: number): string => `keymarker/${String(i).padStart(6, '0')}`;
export const valueOf = (i: number): string => `valuemarker ${i} `.repeat(1 + (i % 9));

/** The whole workload; closes the database. */
export async function runWorkload(vfs: Vfs, options: OpenOptions = {}): Promise<void> {
  const db = await openText(vfs, { history: { keepMs: 60_000 }, ...options });
  await fill(db, 1500);
  const rows = await db.keyspace('spacemarker', {
    keyEncoding: 'utf8',
    valueEncoding: 'json',
    indexes: { indexmarker: { on: ['place'] } },
  });
  for (let i = 0; i < 40; i++) await rows.put(`keymarker ${i}`, { place: `valuemarker ${i % 5}` });
  await db.flush();
  await db.batch([{ type: 'delRange', gte: 'rangemarker', lt: 'rangemarkes' }]);
  await db.put('keymarker', 'valuemarker', { ttlMs: 1e9 });
  const ingested = Array.from({ length: 400 }, (_, i) => {
    return [`keymarker-load/${String(i).padStart(5, '0')}`, valueOf(i)] as const;
  });
  await db.ingest(ingested);
  await db.transaction(async (tx) => tx.put('keymarker', 'valuemarker'), {
    commitId: 'commitmarker',
  });
  await db.compact();
  await db.checkpoint('/copy');
  await db.rotateKey(OTHER_KEY);
  await fill(db, 300, 5000);
  await db.rotateKey(KEY);
  await db.close();
}
