/** Reading the past: every state within the retention, after whatever flush, compaction, restart or power cut. */
import { afterEach, describe, expect, it } from 'vitest';
import { HistoryGoneError, InvalidArgumentError } from '../../../src/base/errors.ts';
import { ReaderHorizon } from '../../../src/engine/state/reader-horizon.ts';
import { Retention } from '../../../src/engine/state/retention.ts';
import { MemoryVfs } from '../../../src/vfs/memory-vfs.ts';
import { CRASH_MODES, CrashVfs } from '../../support/crash-vfs.ts';
import { byExtent, drawCases } from '../../support/extent.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { makeRandom } from '../../support/prng.ts';
import { checkPast, KEEP_MS, openAt, type PastState, RetainedLife } from './retention-life.ts';

const SEED = Number(process.env['SEED'] ?? 1);
const LIFE_COUNT = byExtent('VARVE_PAST_CUTS', { all: 60, sample: 2, quick: 1 });

/** A clock that is where another one is. */
function clockAt(wallMs: number): ManualClock {
  const clock = new ManualClock();
  clock.advance(wallMs - clock.wallMs());
  return clock;
}

async function checkedLife(seed: number, stepCount = 120): Promise<number> {
  const clock = new ManualClock();
  const life = new RetainedLife(new MemoryVfs(), clock, seed);
  await life.start();
  const random = makeRandom(seed);
  let readCount = 0;
  for (let part = 0; part < 4; part++) {
    await life.run(stepCount / 4);
    readCount += await checkPast(life.db, life.states, clock, KEEP_MS, random);
  }
  await life.db.close();
  return readCount;
}

describe('a database with versionRetentionMs', () => {
  it(`shows every state that it keeps, by sequence and by time, seed=${SEED} (past/as-of-then, past/whole-or-refused, compaction-iterator/retained-stay)`, async () => {
    for (let i = 0; i < LIFE_COUNT; i++) {
      const readCount = await checkedLife(SEED * 100 + i);
      expect(readCount, `seed=${SEED * 100 + i}`).toBeGreaterThan(20);
    }
  });

  it(`keeps them over a power cut or a kill at any operation, seed=${SEED} (retention/recorded-with-the-drop, retention/flushed-is-marked, retention/never-back)`, async () => {
    let stateCount = 0;
    for (let i = 0; i < byExtent('VARVE_PAST_CUTS', { all: 20, sample: 1, quick: 1 }); i++) {
      const seed = SEED * 1000 + i;
      const isTaken = drawCases('VARVE_PAST_CUTS', seed, { sample: 0.03, quick: 0.02 });
      const disk = new CrashVfs();
      const life = new RetainedLife(disk, new ManualClock(), seed);
      const moments: { what: string; image: CrashVfs; states: PastState[]; wallMs: number }[] = [];
      let nth = 0;
      disk.beforeOperation = ({ operation, path }) => {
        if (!isTaken(++nth) || life.states.length === 0) return;
        const what = `seed=${seed} ${life.what}: operation ${nth}, ${operation} ${path}`;
        const { states, clock } = life;
        moments.push({ what, image: disk.kill(), states: [...states], wallMs: clock.wallMs() });
      };
      await life.start();
      await life.run(80);
      await life.db.close();
      disk.beforeOperation = undefined;
      for (const [at, { what, image, states, wallMs }] of moments.entries()) {
        const mode = CRASH_MODES[at % CRASH_MODES.length]!; // under the length
        for (const disk of [image.crash({ seed: seed + at, mode }), image]) {
          const clock = clockAt(wallMs);
          const db = await openAt(disk, clock);
          try {
            await checkPast(db, states, clock, KEEP_MS, makeRandom(seed + at));
            await db.flush();
            await db.compact();
            await checkPast(db, states, clock, KEEP_MS, makeRandom(seed + at));
          } catch (cause) {
            throw new Error(`${what}: ${String(cause)}`, { cause });
          } finally {
            await db.close();
          }
          stateCount++;
        }
      }
    }
    expect(stateCount).toBeGreaterThan(1);
  });

  it('costs nothing and keeps nothing without it (retention/nothing-when-off)', async () => {
    const clock = new ManualClock();
    const db = await openAt(new MemoryVfs(), clock);
    await db.put('a', '1');
    await db.put('a', '2');
    await db.flush();
    expect(db.stats().versions).toEqual({
      keepMs: 0,
      oldestTime: undefined,
      oldestSequence: undefined,
      markCount: 0,
      supersededCount: 0,
    });
    expect(db.stats().levels[0]?.entryCount).toBe(1);
    await expect(db.get('a', { at: { sequence: 1 } })).rejects.toThrow(
      /Old versions are gone: at=1 oldest=2 .*versionRetentionMs/,
    );
    expect(await db.get('a', { at: { sequence: 2 } })).toBe('2');
    await db.close();
  });

  it('begins with the open that asks for it, is recorded, and ends with 0', async () => {
    const clock = new ManualClock();
    const vfs = new MemoryVfs();
    let db = await openAt(vfs, clock);
    await db.put('a', '1');
    await db.close();
    clock.advance(10);
    db = await openAt(vfs, clock, { versionRetentionMs: KEEP_MS });
    expect(() => db.snapshot({ at: { sequence: 0 } })).toThrow(HistoryGoneError);
    await db.put('a', '2');
    await db.close();
    db = await openAt(vfs, clock);
    expect(db.stats().versions.keepMs).toBe(KEEP_MS);
    expect(await db.get('a', { at: { sequence: 1 } })).toBe('1');
    await db.close();
    db = await openAt(vfs, clock, { versionRetentionMs: 0 });
    await db.flush();
    expect(() => db.snapshot({ at: { sequence: 1 } })).toThrow(/oldest=2/);
    expect(db.stats().versions.markCount).toBe(0);
    await db.close();
    db = await openAt(vfs, clock, { versionRetentionMs: KEEP_MS });
    expect(() => db.snapshot({ at: { sequence: 1 } })).toThrow(/oldest=2/);
    await db.close();
  });

  it('gives old versions back when their time is over, without another write', async () => {
    const clock = new ManualClock();
    const db = await openAt(new MemoryVfs(), clock, { versionRetentionMs: KEEP_MS });
    for (let i = 0; i < 40; i++) await db.put('a', `${i}`);
    await db.flush();
    await db.compact();
    expect(db.stats().versions.supersededCount).toBe(39);
    const held = db.snapshot({ at: { sequence: 7 } });
    clock.advance(2 * KEEP_MS);
    for (let i = 0; i < 50; i++) await new Promise(setImmediate);
    expect(await db.get('a', { snapshot: held })).toBe('6');
    expect(db.stats().versions.supersededCount).toBe(39); // its table is not written again before
    held.close();
    for (let i = 0; i < 50; i++) await new Promise(setImmediate);
    expect(db.stats().versions.supersededCount).toBe(0);
    await db.close();
  });

  it('is asked for by a time or a sequence, and by nothing else', async () => {
    const clock = new ManualClock();
    const db = await openAt(new MemoryVfs(), clock, { versionRetentionMs: KEEP_MS });
    await db.put('a', '1');
    const bad: unknown[] = [
      {},
      { time: 1, sequence: 1 },
      { sequence: -1 },
      { sequence: 1.5 },
      { time: NaN },
      { time: 'now' },
      { time: new Date(NaN) },
      { sequence: 2 },
      { time: clock.wallMs() + 1 },
      5,
      null,
    ];
    for (const at of bad) {
      expect(() => db.snapshot({ at } as never), String(at)).toThrow(InvalidArgumentError);
      await expect(db.get('a', { at } as never)).rejects.toThrow(InvalidArgumentError);
    }
    const snapshot = db.snapshot();
    await expect(db.get('a', { snapshot, at: { sequence: 1 } })).rejects.toThrow(/both/);
    await db.close();
  });
});

describe('the check of the past', () => {
  const { forJob } = ReaderHorizon.prototype;
  const { record } = Retention.prototype;

  afterEach(() => {
    ReaderHorizon.prototype.forJob = forJob;
    Retention.prototype.record = record;
  });

  it('finds a compaction that drops a retained version', async () => {
    ReaderHorizon.prototype.forJob = function (this: ReaderHorizon) {
      return { ...forJob.call(this), isRetaining: false };
    };
    await expect(checkedLife(SEED * 100)).rejects.toThrow();
  });

  it('finds an edit that drops versions and does not record from where on they are kept', async () => {
    Retention.prototype.record = function (this: Retention, ...given) {
      return { timeMarks: record.apply(this, given).timeMarks ?? [] };
    };
    const clock = new ManualClock();
    const vfs = new MemoryVfs();
    let db = await openAt(vfs, clock, { versionRetentionMs: 10 });
    await db.put('a', '1');
    await db.put('a', '2');
    clock.advance(1000);
    await db.flush();
    await db.close();
    db = await openAt(vfs, clock, { versionRetentionMs: KEEP_MS }); // longer than what is there
    expect(await db.get('a', { at: { sequence: 1 } })).toBeUndefined(); // and it was 1
    await db.close();
  });

  it('knows that a longer retention does not bring back what is gone (retention/never-back)', async () => {
    const clock = new ManualClock();
    const vfs = new MemoryVfs();
    let db = await openAt(vfs, clock, { versionRetentionMs: 10 });
    await db.put('a', '1');
    await db.put('a', '2');
    clock.advance(1000);
    await db.flush();
    await db.close();
    db = await openAt(vfs, clock, { versionRetentionMs: KEEP_MS });
    await expect(db.get('a', { at: { sequence: 1 } })).rejects.toThrow(HistoryGoneError);
    await db.close();
  });
});
