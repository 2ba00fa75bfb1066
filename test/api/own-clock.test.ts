/** The engine keeps its own clock: fake timers, other runtimes, and clocks that fail. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { ConflictError, InvalidArgumentError } from '../../src/base/errors.ts';
import type * as Scheduling from '../../src/base/scheduling.ts';
import { MemoryVfs } from '../../src/vfs/memory-vfs.ts';
import { DIRECTORY, errorOf, filler, makeDirectory, openMemory, TINY } from './fixture.ts';
import { closeLater } from './fixture.ts';
import { open } from '../../src/api/open.ts';
import { run } from '../liveness/programs.ts';

const FAKED = [
  'setTimeout',
  'clearTimeout',
  'setInterval',
  'clearInterval',
  'setImmediate',
  'clearImmediate',
  'queueMicrotask',
  'performance',
  'Date',
  'hrtime',
] as const;

describe('under fake timers that never move (scheduling/taken-once)', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: [...FAKED] });
  });

  afterEach(() => {
    vi.useRealTimers();
  });

  it('every call settles: writes, transactions, lock waits, flush, compact, scans, upkeep, close', async () => {
    const db = await openMemory({ ...TINY });
    await db.put('a', '1');
    await db.put('a', '1', { durability: 'os' });
    await db.batch([{ type: 'put', key: 'b', value: '2' }]);
    for (let i = 0; i < 100; i++) await db.put(`k${i}`, filler(3000, i), { durability: 'os' });
    await Promise.all(Array.from({ length: 100 }, (_, i) => db.put(`s${i}`, '1')));
    await Promise.all(
      Array.from({ length: 10 }, () =>
        db.transaction(async (tx) => tx.put('n', `${(await tx.get('n')) ?? ''}x`)),
      ),
    );
    expect(await db.get('n')).toBe('xxxxxxxxxx');
    const holder = db.begin({ mode: 'pessimistic' });
    await holder.lock('a');
    const waiter = db.begin({ mode: 'pessimistic', lockTimeoutMs: 5 });
    expect(await errorOf(() => waiter.lock('a'))).toMatchObject({ code: 'LOCK_TIMEOUT' });
    holder.rollback();
    await db.flush();
    await db.compact();
    let count = 0;
    for await (const key of db.keys()) count += key === '' ? 0 : 1;
    expect(count).toBe(203);
    await db.ingest([['z', '1']]);
    expect((await db.verify()).isSound).toBe(true);
    await db.close();
  });

  it('so does every call over real files', async () => {
    const db = closeLater(await open(makeDirectory(), { ...TINY, background: 'inline' }));
    for (let i = 0; i < 50; i++) await db.put(Buffer.from(`k${i}`), Buffer.alloc(3000));
    await db.flush();
    await db.compact();
    await db.close();
  });

  // In a process of its own: the test runner's own messages need process.nextTick.
  it('nor does a process.nextTick that never calls back hold anything up', async () => {
    const { lines, stderr } = await run(`
      const { nextTick } = process;
      process.nextTick = () => undefined;
      const db = await open('/memory', { ...tiny, vfs: new MemoryVfs(), background: 'inline' });
      for (let i = 0; i < 100; i++) await db.put('k' + i, value, quiet);
      await Promise.all(Array.from({ length: 100 }, (_, i) => db.put('s' + i, '1')));
      await db.transaction(async (tx) => tx.put('n', String(await tx.get('s1'))));
      await db.flush();
      await db.compact();
      let count = 0;
      for await (const key of db.keys()) count += key === '' ? 0 : 1;
      await db.close();
      process.nextTick = nextTick;
      say(String(count));
    `);
    expect({ lines, stderr }).toEqual({ lines: ['201'], stderr: '' });
  });

  it('an engine that is loaded after the fakes takes what they replaced (scheduling/genuine)', async () => {
    vi.resetModules();
    const fresh: typeof Scheduling = await import('../../src/base/scheduling.ts');
    const before = fresh.monotonicMs();
    await new Promise<void>((resolve) => fresh.afterTurn(resolve));
    await new Promise<void>((resolve) => fresh.startTimeout(resolve, 1));
    await new Promise<void>((resolve) => fresh.inMicrotask(resolve));
    expect(fresh.monotonicMs()).toBeGreaterThan(before);
    expect(fresh.systemMs()).toBeGreaterThan(1_700_000_000_000);
  });
});

describe('a runtime or a clock that cannot tell how long the loop was idle', () => {
  it.each([
    ['no method', undefined],
    ['always 0', () => 0],
    ['no number', () => NaN],
  ])('makes no difference to commits: %s', async (_, loopIdleMs) => {
    const { nowMs, wallMs, schedule } = systemClock;
    const clock = { nowMs, wallMs, schedule, ...(loopIdleMs === undefined ? {} : { loopIdleMs }) };
    const db = await openMemory({ environment: { clock } });
    for (let round = 0; round < 10; round++) {
      await Promise.all(Array.from({ length: 70 }, (_, i) => db.put(`k${i}`, 'v')));
    }
    expect(db.stats().commits.count).toBe(700);
  });

  it('is refused up front when it has not the other methods', async () => {
    const { nowMs, schedule } = systemClock;
    for (const clock of [{ nowMs, schedule }, { ...systemClock, loopIdleMs: 3 }, null]) {
      const environment = { clock } as never;
      expect(
        await errorOf(() => open(DIRECTORY, { vfs: new MemoryVfs(), environment })),
      ).toBeInstanceOf(InvalidArgumentError);
    }
  });
});

describe('a clock that fails once', () => {
  /** How often a run looks at the clock, and whether it goes through when that one look throws. */
  async function runFailingAt(failing: number): Promise<number> {
    let lookCount = 0;
    const look = <T>(answer: () => T): T => {
      if (++lookCount === failing) throw new Error('The clock broke');
      return answer();
    };
    const clock = {
      ...systemClock,
      nowMs: () => look(systemClock.nowMs),
      loopIdleMs: () => look(() => 0),
    };
    const db = await openMemory({ ...TINY, environment: { clock } }).catch(() => undefined);
    if (db === undefined) return lookCount;
    const outcomes = await Promise.allSettled([
      ...Array.from({ length: 70 }, (_, i) => db.put(`k${i}`, filler(4000, i))),
      db.put('os', '1', { durability: 'os' }),
      db.transaction(async (tx) => tx.put('n', (await tx.get('n')) ?? '1')),
      db.flush(),
    ]);
    for (const outcome of outcomes) {
      if (outcome.status === 'fulfilled' || outcome.reason instanceof ConflictError) continue;
      expect(String(outcome.reason)).toMatch(/The clock broke/);
    }
    await db.compact().catch(() => undefined);
    await db.close().catch(() => undefined);
    return lookCount;
  }

  it('stops the database at most: every call settles, and nothing reaches the process (commit-pipeline/throws-to-no-caller, background-work/throws-to-no-caller)', async () => {
    const lookCount = await runFailingAt(Infinity);
    expect(lookCount).toBeGreaterThan(10);
    for (let failing = 1; failing <= lookCount; failing++) await runFailingAt(failing);
  });
});
