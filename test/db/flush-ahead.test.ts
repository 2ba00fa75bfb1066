/**
 * A job worker takes a tenth of a second to start: the engine asks for one before the flush that needs it.
 */
import { expect, it } from 'vitest';
import { type Codec, codecOf } from '../../src/base/encoding.ts';
import { resolveOptions, systemEnvironment } from '../../src/base/options.ts';
import { InlineJobRunner } from '../../src/compaction/job-runner.ts';
import { Database } from '../../src/db/database.ts';
import { Events } from '../../src/db/events.ts';
import { openEngine } from '../../src/db/recovery.ts';
import { MemoryVfs } from '../../src/index.ts';
import { closeLater, DIRECTORY, TINY } from './fixture.ts';

class CountingRunner extends InlineJobRunner {
  prepareCount = 0;

  override prepare(): void {
    this.prepareCount++;
  }
}

it('a job runner is prepared once a memtable is half full, and not for less', async () => {
  const vfs = new MemoryVfs();
  const runner = new CountingRunner(vfs);
  const engine = await openEngine({
    directory: DIRECTORY,
    vfs,
    options: resolveOptions(TINY),
    environment: systemEnvironment(),
    events: new Events(() => undefined),
    runner,
    createIfMissing: true,
    errorIfExists: false,
  });
  const codec = codecOf('keyEncoding', 'utf8') as Codec<string>;
  const db = closeLater(new Database(engine, codec, codec));
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
