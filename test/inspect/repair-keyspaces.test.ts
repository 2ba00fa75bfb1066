/** Copies of a database carry its keyspaces: a repair, and a checkpoint. */
import { describe, expect, it } from 'vitest';
import { MemoryVfs, open, repair } from '../../src/index.ts';

const KINDS = { keyEncoding: 'tuple', valueEncoding: 'json' } as const;

describe('a copy of a database', () => {
  it.each(['repair', 'checkpoint'])(
    'by %s has its keyspaces, and not what was dropped',
    async (way) => {
      const vfs = new MemoryVfs();
      const db = await open('/a', { vfs });
      const kinds = await db.keyspace('kinds', KINDS);
      for (let i = 0; i < 100; i++) await kinds.put(['x', i], { i });
      await db.put(Uint8Array.of(1), Uint8Array.of(2));
      await (await db.keyspace('gone')).put(Uint8Array.of(1), Uint8Array.of(1));
      await db.dropKeyspace('gone');
      await db.flush();
      await kinds.put(['y'], 1);
      if (way === 'checkpoint') await db.checkpoint('/b');
      await db.close();
      if (way === 'repair') {
        const report = await repair('/a', '/b', { vfs });
        expect([report.isComplete, report.entryCount]).toEqual([true, 102]);
      }
      const copy = await open('/b', { vfs });
      const copied = await copy.keyspace('kinds', { ...KINDS, createIfMissing: false });
      expect((await copied.keys().all()).length).toBe(101);
      expect(await copied.get(['x', 7])).toEqual({ i: 7 });
      expect((await copy.keyspaces()).map(({ name }) => name)).toEqual(['default', 'kinds']);
      expect(await copy.get(Uint8Array.of(1))).toEqual(Uint8Array.of(2));
      await copy.close();
    },
  );

  it.each(['repair', 'checkpoint'])(
    'by %s has its indexes, and a repair builds them anew (repaired-indexes/catalog-first)',
    async (way) => {
      const vfs = new MemoryVfs();
      const options = {
        ...KINDS,
        indexes: { byN: { on: ['n'] }, byId: { on: ['id'], unique: true } },
      } as const;
      const db = await open('/a', { vfs });
      const kinds = await db.keyspace('kinds', options);
      for (let i = 0; i < 100; i++) await kinds.put(['x', i], { n: i % 10, id: `i${i}` });
      await db.flush();
      await kinds.del(['x', 0]);
      if (way === 'checkpoint') await db.checkpoint('/b');
      await db.close();
      if (way === 'repair') {
        const { notes } = await repair('/a', '/b', { vfs });
        expect(notes.filter((note) => note.includes('is built anew')).length).toBe(2);
      }
      const copy = await open('/b', { vfs });
      const copied = await copy.keyspace('kinds', options);
      const byN = copied.index('byN');
      expect(byN.isReady).toBe(way === 'checkpoint');
      await Promise.all([byN.ready(), copied.index('byId').ready()]);
      expect([await byN.count(), await byN.count({ prefix: [0] })]).toEqual([99, 9]);
      expect((await copied.index('byId').get(['i7']))?.key).toEqual(['x', 7]);
      const { problems, indexCount } = await copy.verify();
      expect([problems, indexCount]).toEqual([[], 2]);
      await copy.close();
    },
  );
});
