/** The background scrub: bounded, patient, and heard when it finds something. */
import { describe, expect, it } from 'vitest';

import { InvalidArgumentError } from '../../../src/base/errors.ts';
import type { EventMap } from '../../../src/engine/state/events.ts';
import { SCRUB_PASS_MS_MIN } from '../../../src/engine/upkeep/scrub.ts';
import { MemoryVfs } from '../../../src/vfs/memory-vfs.ts';
import {
  bytesOf,
  damage,
  filesOf,
  fill,
  openText,
  SOURCE,
  type TextDatabase,
} from '../../support/text-database.ts';
import { FaultVfs } from '../../support/fault-vfs.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { turns } from '../../support/settle.ts';

const RATE = 1000;
type Damage = EventMap['damage-found'];

/** A database with two tables that nothing moves, closed: the scrub begins when a database is opened. */
async function makeDatabase(): Promise<MemoryVfs> {
  const vfs = new MemoryVfs();
  const db = await openText(vfs);
  await fill(db, 0, 200);
  await db.flush();
  await fill(db, 100, 150, (index) => `newer-${index}`);
  await db.flush();
  await db.close();
  return vfs;
}

async function openScrubbed(
  vfs: MemoryVfs | FaultVfs,
  clock: ManualClock,
  scrubBytesPerSecond = RATE,
): Promise<{ db: TextDatabase; damages: Damage[] }> {
  const damages: Damage[] = [];
  const environment = { clock };
  const db = await openText(vfs, SOURCE, {
    environment,
    scrubBytesPerSecond,
    level0CompactionTrigger: 8,
  });
  db.on('damage-found', (event) => damages.push(event));
  return { db, damages };
}

/** Lets time pass until a whole pass is done. */
async function finishPass(db: TextDatabase, clock: ManualClock): Promise<void> {
  const { passCount } = db.stats().scrub;
  for (let i = 0; i < 20_000 && db.stats().scrub.passCount === passCount; i++) {
    clock.advance(10);
    await turns(3);
  }
  expect(db.stats().scrub.passCount).toBe(passCount + 1);
}

function tableBytes(vfs: MemoryVfs): number {
  const sizes = filesOf(vfs, SOURCE, 'table').map((path) => bytesOf(vfs, path).length);
  return sizes.reduce((sum, size) => sum + size, 0);
}

describe('scrub', () => {
  it('reads all tables once a pass, finds nothing in a sound database, and rests an hour', async () => {
    const vfs = await makeDatabase();
    const clock = new ManualClock();
    const { db, damages } = await openScrubbed(vfs, clock, 100_000);
    await finishPass(db, clock);
    const { tableCount, bytesRead, damageCount } = db.stats().scrub;
    const count = db.stats().tables.count;
    expect({ tableCount, damageCount }).toEqual({ tableCount: count, damageCount: 0 });
    expect(bytesRead).toBe(tableBytes(vfs));
    clock.advance(SCRUB_PASS_MS_MIN / 2);
    await turns(20);
    expect(db.stats().scrub.bytesRead).toBe(bytesRead);
    clock.advance(SCRUB_PASS_MS_MIN / 2);
    await finishPass(db, clock);
    expect(db.stats().scrub.bytesRead).toBe(2 * bytesRead);
    expect(damages).toEqual([]);
    await db.close();
  });

  it('never reads more than the rate allows, but for one block and the parts of one table (scrub/within-the-rate)', async () => {
    const vfs = await makeDatabase();
    const clock = new ManualClock();
    const { db } = await openScrubbed(vfs, clock);
    let lastBytes = 0;
    for (let ms = 0; ms < 60_000 && db.stats().scrub.passCount === 0; ms += 100) {
      const { bytesRead } = db.stats().scrub;
      expect(bytesRead, `ms=${ms}`).toBeLessThanOrEqual((ms * RATE) / 1000 + 2048);
      expect(bytesRead).toBeGreaterThanOrEqual(lastBytes);
      lastBytes = bytesRead;
      clock.advance(100);
      await turns(3);
    }
    expect(db.stats().scrub.passCount).toBe(1);
    await db.close();
  });

  it('reads at most one block in a turn of the event loop, however high its rate (scrub/a-block-a-turn)', async () => {
    const vfs = await makeDatabase();
    const { db } = await openScrubbed(vfs, new ManualClock(), 1_000_000_000);
    let turnCount = 0;
    for (let lastBytes = 0; db.stats().scrub.passCount === 0; turnCount++) {
      const { bytesRead } = db.stats().scrub;
      expect(bytesRead - lastBytes, `turn=${turnCount}`).toBeLessThanOrEqual(2048);
      lastBytes = bytesRead;
      await turns(1);
    }
    expect(turnCount).toBeGreaterThanOrEqual(4); // two tables of several blocks
    await db.close();
  });

  it('reads nothing while no time passes, and nothing at all by default', async () => {
    const vfs = await makeDatabase();
    const clock = new ManualClock();
    const { db } = await openScrubbed(vfs, clock);
    await turns(200);
    expect(db.stats().scrub.bytesRead).toBeLessThan(2048);
    await db.close();
    const quiet = await openText(vfs, SOURCE, { environment: { clock } });
    clock.advance(10 * SCRUB_PASS_MS_MIN);
    await turns(50);
    expect(quiet.stats().scrub).toEqual({
      bytesRead: 0,
      tableCount: 0,
      passCount: 0,
      damageCount: 0,
    });
    await quiet.close();
  });

  it('tells every damaged block with its place, once, and goes on (scrub/told-once)', async () => {
    const vfs = await makeDatabase();
    const clock = new ManualClock();
    const { db, damages } = await openScrubbed(vfs, clock, 1_000_000);
    const [path] = filesOf(vfs, SOURCE, 'table');
    damage(vfs, path!, 100);
    damage(vfs, path!, 4000);
    await finishPass(db, clock);
    expect(damages).toMatchObject([
      { file: path, offset: 0, code: 'CORRUPTION' },
      { file: path, code: 'CORRUPTION' },
    ]);
    expect(damages[1]!.offset).toBeGreaterThan(2000);
    expect(db.stats().scrub.damageCount).toBe(2);
    clock.advance(SCRUB_PASS_MS_MIN);
    await finishPass(db, clock);
    expect(damages.length).toBe(2);
    await db.put('writes', 'go on');
    await db.close();
  });

  it('tells a table that cannot be opened or read', async () => {
    const inner = await makeDatabase();
    const vfs = new FaultVfs(inner);
    const clock = new ManualClock();
    const { db, damages } = await openScrubbed(vfs, clock, 1_000_000);
    const paths = filesOf(vfs, SOURCE, 'table');
    vfs.inject({ kinds: ['open'], path: /\.sst$/ });
    vfs.inject({ kinds: ['read'], path: /\.sst$/ });
    await finishPass(db, clock);
    expect(damages.map(({ code }) => code)).toContain('IO_ERROR');
    expect(paths).toContain(damages[0]!.file);
    await db.close();
  });

  it('goes on over tables that compaction removes meanwhile', async () => {
    const vfs = await makeDatabase();
    const clock = new ManualClock();
    const { db, damages } = await openScrubbed(vfs, clock);
    clock.advance(500);
    await turns(5);
    await db.compact();
    await finishPass(db, clock);
    expect(damages).toEqual([]);
    await db.close();
  });

  it('stops when the database closes, wherever it is (scrub/ends-with-close)', async () => {
    for (let step = 0; step < 12; step++) {
      const vfs = await makeDatabase();
      const clock = new ManualClock();
      const { db } = await openScrubbed(vfs, clock);
      clock.advance(step * 300);
      await turns(step);
      await db.close();
      expect(clock.timerCount, `step=${step}`).toBe(0);
    }
  });

  it('refuses a rate that is none', async () => {
    for (const scrubBytesPerSecond of [-1, 0.5, 2 ** 31, Number.NaN]) {
      await expect(openText(new MemoryVfs(), SOURCE, { scrubBytesPerSecond })).rejects.toThrow(
        InvalidArgumentError,
      );
    }
  });
});
