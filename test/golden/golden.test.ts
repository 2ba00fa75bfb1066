/**
 * Databases written by each released format stay readable for ever: one directory a format, made by
 * scripts/make-golden.mjs. Format 1 was never released.
 */
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { open } from '../../src/index.ts';
import { ENGINE_FORMAT } from '../../src/version/version-edit.ts';

const here = fileURLToPath(new URL('.', import.meta.url));
const formats = readdirSync(here, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

describe('a database of format', () => {
  it(`${ENGINE_FORMAT}, which this engine writes, is there`, () => {
    const isThere = existsSync(join(here, String(ENGINE_FORMAT), 'entries.json'));
    const hint = `make build, then: node scripts/make-golden.mjs test/golden/${ENGINE_FORMAT}`;
    expect(isThere, hint).toBe(true);
  });

  it.each(formats)('%s reads as it was written, and can be written, compacted and read again', async (format) => {
    const copy = mkdtempSync(join(tmpdir(), 'varve-golden-'));
    try {
      cpSync(join(here, format, 'db'), copy, { recursive: true });
      const expected: unknown = JSON.parse(readFileSync(join(here, format, 'entries.json'), 'utf8'));
      const options = { keyEncoding: 'utf8', valueEncoding: 'utf8', background: 'inline' } as const;
      let db = await open(copy, options);
      expect(await db.entries().all()).toEqual(expected);
      expect((await db.verify()).problems).toEqual([]);
      for (const id of ['golden', 'golden in a table']) expect(await db.hasCommitted(id)).toBe(true);
      expect((await db.keyspaces()).map(({ name }) => name)).toEqual(['default', 'hours', 'kinds', 'people', 'raw']);
      const lateMs = Date.UTC(9999, 0);
      const timesOf = async (): Promise<unknown> =>
        Promise.all([0, 1, 3, 4, 5].map((i) => db.expiresAt(`session:000${i}`)));
      const times = [Infinity, lateMs + 1, undefined, lateMs + 400, undefined];
      expect(await timesOf()).toEqual(times);
      await db.put('zzz', 'new');
      await db.compact();
      await db.close();
      db = await open(copy, options);
      expect(await db.entries({ lt: 'zzz' }).all()).toEqual(expected);
      expect(await db.get('zzz')).toBe('new');
      expect(await timesOf()).toEqual(times);
      expect((await db.keyspaces()).map(({ ttlMs }) => ttlMs)[1]).toBe(3_600_000);
      const people = await db.keyspace('people', { keyEncoding: 'utf8', valueEncoding: 'json' });
      expect((await people.index('byEmail').get(['ada@x']))?.key).toBe('ada');
      const byTag = await people.index('byTag').entries().all();
      expect(byTag.map(({ values, key }) => [...values, key])).toEqual([
        ['a', 37, 'ada'],
        ['b', null, 'bob'],
        ['b', 37, 'ada'],
      ]);
      const kinds = await db.keyspace('kinds', { keyEncoding: 'tuple', valueEncoding: 'json' });
      expect(await kinds.keys({ prefix: ['kind'] }).all()).toHaveLength(50);
      expect(await kinds.getMany([['kind', 7], ['kind', 8]])).toEqual([{ after: 'compaction' }, { i: 8 }]);
      expect(await (await db.keyspace('raw')).keys().all()).toEqual([Uint8Array.of(255)]);
      await db.close();
    } finally {
      rmSync(copy, { recursive: true, force: true });
    }
  });
});
