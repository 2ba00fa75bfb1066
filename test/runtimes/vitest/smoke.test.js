import { expect, test } from 'vitest';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { open } from 'varve';

test.each(['worker', 'inline'])(
  'flushes and compacts: background=%s',
  async (background) => {
    const directory = mkdtempSync(join(tmpdir(), 'varve-jest-'));
    const text = { keyEncoding: 'utf8', valueEncoding: 'utf8' };
    const sizes = { memtableSizeBytes: 262144, level1SizeBytes: 262144 };
    const db = await open(directory, { ...text, ...sizes, background });
    await db.put('durable', 'v');
    for (let i = 0; i < 3000; i++) await db.put(`k${i}`, 'value '.repeat(80), { durability: 'os' });
    await db.flush();
    await db.compact();
    expect(await db.get('durable')).toBe('v');
    expect((await db.verify()).problems).toEqual([]);
    await db.close();
    rmSync(directory, { recursive: true });
  },
  300000,
);
