/** Which memtables may be flushed. */
import { expect, it } from 'vitest';
import { MemoryVfs } from '../../../src/vfs/memory-vfs.ts';
import { GateVfs } from '../../support/gate-vfs.ts';
import { backgroundUntil, DIRECTORY, filler, openMemory, TINY, turns } from '../../api/fixture.ts';

it('a full memtable becomes a table only after the sync of its last commit (background-work/published-first)', async () => {
  const vfs = new GateVfs(new MemoryVfs());
  const db = await openMemory({ ...TINY, vfs });
  await db.put('first', 'x');
  const tableCount = (): number =>
    vfs.list(DIRECTORY).filter((name) => name.endsWith('.sst')).length;
  const openSyncs = vfs.shut('sync', /\.log$/);
  const puts = [0, 1, 2, 3].map((i) => db.put(`k${i}`, filler(90_000, i), { durability: 'sync' }));
  await turns(50);
  const { immutableMemtableCount } = db.stats().memory;
  const early = tableCount();
  openSyncs();
  expect(immutableMemtableCount).toBeGreaterThan(0);
  expect(early).toBe(0);
  await Promise.all(puts);
  await backgroundUntil('the memtable is flushed', () => tableCount() > 0);
});
