/**
 * Upkeep ends while writes go on.
 */
import { expect, it } from 'vitest';
import { MemoryVfs, open } from '../../src/index.ts';

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
