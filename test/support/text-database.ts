/**
 * Small databases to copy, damage, check and repair.
 *
 * Owns: filling one in a known way, reading all of it, and breaking its files.
 *
 * Suspension: what opens or reads a database suspends.
 */
import { createHash } from 'node:crypto';

import { type Database } from '../../src/api/database.ts';
import { open, type OpenOptions } from '../../src/api/open.ts';
import { type FileKind, parseFileName } from '../../src/vfs/filenames.ts';
import { readFully, type Vfs } from '../../src/vfs/vfs.ts';
import { SMALL_TUNING } from './crash-session.ts';
import { ManualClock } from './manual-clock.ts';

export type TextDatabase = Database<string, string>;

export const SOURCE = '/data/db';

export function openText(
  vfs: Vfs,
  directory: string = SOURCE,
  options: OpenOptions = {},
): Promise<TextDatabase> {
  return open<string, string>(directory, {
    ...SMALL_TUNING,
    level0CompactionTrigger: 8,
    vfs,
    environment: { clock: new ManualClock() },
    ...options,
    keyEncoding: 'utf8',
    valueEncoding: 'utf8',
  });
}

export async function contentOf(db: TextDatabase): Promise<[string, string][]> {
  return db.entries().all();
}

/** Opens, reads everything, closes. */
export async function contentAt(vfs: Vfs, directory: string): Promise<[string, string][]> {
  const db = await openText(vfs, directory, { createIfMissing: false });
  try {
    return await contentOf(db);
  } finally {
    await db.close();
  }
}

export function keyOf(index: number): string {
  return `key-${String(index).padStart(5, '0')}`;
}

/** Puts the keys `[from, to)`, some blocks of them, in commits of ten. */
export async function fill(
  db: TextDatabase,
  from: number,
  to: number,
  value: (index: number) => string = (index) => `value-${index}-${'x'.repeat(60)}`,
): Promise<void> {
  for (let start = from; start < to; start += 10) {
    const operations = [];
    for (let i = start; i < Math.min(to, start + 10); i++) {
      operations.push({ type: 'put', key: keyOf(i), value: value(i) } as const);
    }
    await db.batch(operations);
  }
}

/** Two tables that overlap, a range tombstone in the second, deletions, and a log with more. */
export async function fillMixed(db: TextDatabase): Promise<void> {
  db.snapshot(); // so that no compaction comes to reclaim what is deleted here
  await fill(db, 0, 200);
  await db.flush();
  await fill(db, 100, 150, (index) => `newer-${index}`);
  await db.delRange({ gte: keyOf(20), lt: keyOf(30) });
  await db.del(keyOf(5));
  await db.flush();
  await fill(db, 190, 220, (index) => `logged-${index}`);
  await db.del(keyOf(7));
  await db.delRange({ gte: keyOf(40), lt: keyOf(45) });
}

export function filesOf(vfs: Vfs, directory: string, kind: FileKind): string[] {
  return vfs
    .list(directory)
    .filter((name) => parseFileName(name)?.kind === kind)
    .sort()
    .map((name) => `${directory}/${name}`);
}

export function bytesOf(vfs: Vfs, path: string): Uint8Array {
  const file = vfs.open(path, 'read');
  try {
    const bytes = new Uint8Array(file.sizeSync());
    readFully(file, bytes, 0, bytes.length, 0);
    return bytes;
  } finally {
    file.closeSync();
  }
}

/** Every file and the hash of its bytes, for comparison. */
export function imageOf(vfs: Vfs, directory: string): Record<string, string> {
  const image: Record<string, string> = {};
  for (const name of vfs.list(directory).sort()) {
    const bytes = bytesOf(vfs, `${directory}/${name}`);
    image[name] = createHash('sha256').update(bytes).digest('hex');
  }
  return image;
}

/** The log that `fillMixed` left its last commits in. */
export function liveLog(vfs: Vfs, directory: string = SOURCE): string {
  const holds = (path: string): boolean =>
    Buffer.from(bytesOf(vfs, path)).includes('logged-', 0, 'latin1');
  const found = filesOf(vfs, directory, 'log').find(holds);
  if (found === undefined) throw new Error('No log holds the last commits');
  return found;
}

/** Flips all bits of some bytes; a negative offset counts from the end. */
export function damage(vfs: Vfs, path: string, offset: number, count = 1): void {
  const file = vfs.open(path, 'modify');
  try {
    const position = offset < 0 ? file.sizeSync() + offset : offset;
    const bytes = new Uint8Array(count);
    readFully(file, bytes, 0, count, position);
    const flipped = bytes.map((byte) => byte ^ 0xff);
    file.writeSync(flipped, 0, count, position);
  } finally {
    file.closeSync();
  }
}

export function truncate(vfs: Vfs, path: string, size: number): void {
  const file = vfs.open(path, 'modify');
  file.truncateSync(size);
  file.closeSync();
}
