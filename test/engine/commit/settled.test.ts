/** A memtable has inserted each commit before anybody is told that it is there (commit-pipeline/settled-first). */
import { afterEach, expect, it, vi } from 'vitest';
import type { Durability } from '../../../src/index.ts';
import { Memtable } from '../../../src/memtable/memtable.ts';
import type { Operation } from '../../../src/memtable/operation.ts';
import { openMemory } from '../../api/fixture.ts';

afterEach(() => vi.restoreAllMocks());

/** The operations that memtables have taken, each an object that a memtable fills again and again. */
function spyOnOperations(): Set<Operation> {
  const taken = new Set<Operation>();
  const { insertSoon } = Memtable.prototype;
  vi.spyOn(Memtable.prototype, 'insertSoon').mockImplementation(function (
    this: Memtable,
    operation,
  ) {
    taken.add(operation);
    insertSoon.call(this, operation);
  });
  return taken;
}

it.each<[Durability]>([['os'], ['sync']])(
  'one that is acknowledged waits in no memtable: %s (commit-pipeline/settled-first)',
  async (durability) => {
    const taken = spyOnOperations();
    const db = await openMemory({ durability });
    const puts = Array.from({ length: 10 }, (_, i) => db.put(`k${i}`, 'v'));
    const waiting = () => [...taken].filter(({ bytes }) => bytes.length > 0).length;
    expect(waiting()).toBeGreaterThan(1);
    await puts[0];
    expect(waiting()).toBe(0);
    const batch = db.batch([
      { type: 'put', key: 'a', value: 'v' },
      { type: 'del', key: 'k1' },
    ]);
    expect(waiting()).toBe(2);
    await Promise.all([...puts, batch]);
    expect(waiting()).toBe(0);
    await db.close();
  },
);
