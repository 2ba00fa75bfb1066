/**
 * Databases written by each released format stay readable for ever: one directory a format, made by
 * scripts/make-golden.mjs.
 */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { open } from '../../src/index.ts';

const here = fileURLToPath(new URL('.', import.meta.url));
const formats = readdirSync(here, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

describe('a database of format', () => {
  it.each(formats)('%s reads as it was written, and can be written, compacted and read again', async (format) => {
    const copy = mkdtempSync(join(tmpdir(), 'varve-golden-'));
    try {
      cpSync(join(here, format, 'db'), copy, { recursive: true });
      const expected: unknown = JSON.parse(readFileSync(join(here, format, 'entries.json'), 'utf8'));
      const options = { keyEncoding: 'utf8', valueEncoding: 'utf8', background: 'inline' } as const;
      let db = await open(copy, options);
      expect(await db.entries().all()).toEqual(expected);
      expect((await db.verify()).problems).toEqual([]);
      // The records of ids before 4 were of a layout that was never released.
      expect(await db.hasCommitted('golden')).toBe(Number(format) >= 4);
      await db.put('zzz', 'new');
      await db.compact();
      await db.close();
      db = await open(copy, options);
      expect(await db.entries({ lt: 'zzz' }).all()).toEqual(expected);
      expect(await db.get('zzz')).toBe('new');
      await db.close();
    } finally {
      rmSync(copy, { recursive: true, force: true });
    }
  });

  it('there is at least one', () => {
    expect(formats.length).toBeGreaterThan(0);
  });
});
