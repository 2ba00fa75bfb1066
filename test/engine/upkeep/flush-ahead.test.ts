/**
 * A job worker takes a tenth of a second to start: the engine asks for one before the flush that needs it.
 */
import { expect, it } from 'vitest';
import { InlineJobRunner } from '../../../src/compaction/job-runner.ts';
import { MemoryVfs } from '../../../src/index.ts';
import { DIRECTORY, openOnRunner, TINY } from '../../api/fixture.ts';

class CountingRunner extends InlineJobRunner {
  prepareCount = 0;

  override prepare(): void {
    this.prepareCount++;
  }
}

it('a job runner is prepared once a memtable is half full, and not for less', async () => {
  const vfs = new MemoryVfs();
  const runner = new CountingRunner(vfs);
  const { db, engine } = await openOnRunner({ directory: DIRECTORY, vfs, runner }, TINY);
  const value = 'x'.repeat(1000);
  const usedPart = (): number => {
    const { sizeBytes, capacityBytes } = engine.activeSlot.memtable;
    return sizeBytes / capacityBytes;
  };
  for (let i = 0; usedPart() < 0.5; i++) {
    expect(runner.prepareCount).toBe(0);
    await db.put(`key${i}`, value);
  }
  await db.put('one more', value);
  expect(runner.prepareCount).toBe(1);
  expect(engine.immutables).toEqual([]);
});
