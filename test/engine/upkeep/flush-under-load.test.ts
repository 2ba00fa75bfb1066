/**
 * Upkeep ends while writes go on.
 */
import { expect, it } from 'vitest';
import { MemoryVfs, open } from '../../../src/index.ts';
import { makeRandom } from '../../support/prng.ts';
import { closeLater, makeDirectory, TINY } from '../../api/fixture.ts';

it('flush resolves under writes that never pause, with everything that was there before it', async () => {
  const db = await open<string, string>('/db', {
    vfs: new MemoryVfs(),
    keyEncoding: 'utf8',
    valueEncoding: 'utf8',
  });
  await db.put('before', '1');
  let isFlushed = false;
  let count = 0;
  // Two writers whose commits overlap: there is always a group on its way.
  const writers = [0, 1].map(async (id) => {
    while (!isFlushed && count < 20_000) await db.put(`${id}:${count++}`, 'x');
  });
  const { sequence } = db.stats();
  await db.flush();
  isFlushed = true;
  expect(db.stats().sequence.flushed).toBeGreaterThanOrEqual(sequence.assigned);
  await Promise.all(writers);
  expect(count).toBeLessThan(20_000);
  await db.close();
});

it('random writes that fill twenty memtables without a pause find level 0 bounded, and are all there (engine/oldest-first)', async () => {
  const seed = 11;
  const random = makeRandom(seed);
  const level0StopTrigger = 4;
  const db = closeLater(
    await open<string, string>(makeDirectory(), {
      ...TINY,
      keyEncoding: 'utf8',
      valueEncoding: 'utf8',
      durability: 'os',
      level0CompactionTrigger: 2,
      level0SlowdownTrigger: 3,
      level0StopTrigger,
      immutableMemtableCountMax: 1,
    }),
  );
  let longest = 0;
  let flushCount = 0;
  const note = (): void => {
    flushCount++;
    longest = Math.max(longest, db.stats().levels[0]?.tableCount ?? 0);
  };
  db.on('flush-finished', note);
  const expected = new Map<string, string>();
  while (flushCount < 20) {
    const puts: Promise<void>[] = [];
    for (let i = 0; i < 100; i++) {
      const [key, value] = [`key${random.below(1_000_000)}`, `${expected.size}:`.repeat(100)];
      puts.push(db.put(key, value));
      expected.set(key, value);
    }
    await Promise.all(puts);
  }
  // Of what was full when writes stopped, one memtable is flushed after: the one that waited.
  expect(longest, `seed=${seed}`).toBeLessThanOrEqual(level0StopTrigger + 1);
  expect(db.stats().background.compactionCount).toBeGreaterThan(0);
  await db.flush();
  db.off('flush-finished', note);
  expect(await db.entries().all()).toEqual([...expected].sort(([a], [b]) => (a < b ? -1 : 1)));
});
