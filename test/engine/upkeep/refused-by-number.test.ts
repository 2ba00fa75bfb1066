/** Whom the failure of a flush, or of a compaction, refuses on a full disk (join-order). */
import { beforeEach, describe, expect, it } from 'vitest';
import type { JobDescription, ResultOf } from '../../../src/compaction/compaction.ts';
import { InlineJobRunner } from '../../../src/compaction/job-runner.ts';
import type { Engine } from '../../../src/engine/engine.ts';
import { ALL_KEYS } from '../../../src/bytes/key-range.ts';
import { makeIoError, MemoryVfs } from '../../../src/vfs/memory-vfs.ts';
import {
  DIRECTORY,
  type EngineBench,
  filler,
  isSettled,
  openMemory,
  openOnRunner,
  TINY,
  turns,
} from '../../api/fixture.ts';
import { FaultVfs } from '../../support/fault-vfs.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const FULL = { code: 'IO_ERROR', systemCode: 'ENOSPC' };
const BIG = filler(200_000, 1);

/** While the disk is full, each job is held until the test lets it fail. */
class HeldRunner extends InlineJobRunner {
  isFull = false;
  #fail: (() => void) | undefined = undefined;

  get isHolding(): boolean {
    return this.#fail !== undefined;
  }

  override async run<J extends JobDescription>(job: J): Promise<ResultOf<J>> {
    if (!this.isFull) return super.run(job);
    await new Promise<void>((resolve) => (this.#fail = resolve));
    throw makeIoError('ENOSPC', 'write', `${DIRECTORY}/000099.sst`);
  }

  async fail(): Promise<void> {
    expect(this.isHolding).toBe(true);
    const fail = this.#fail;
    this.#fail = undefined;
    fail?.();
    await turns();
  }
}

let clock: ManualClock;
let runner: HeldRunner;
let db: EngineBench['db'];
let engine: Engine;

beforeEach(async () => {
  clock = new ManualClock();
  const vfs = new MemoryVfs();
  runner = new HeldRunner(vfs);
  const request = { directory: DIRECTORY, vfs, runner, environment: { clock } };
  ({ db, engine } = await openOnRunner(request, { ...TINY, immutableMemtableCountMax: 1 }));
  await db.put('a', BIG);
  await turns();
});

/** The error of a promise, or undefined. */
const outcomeOf = async (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

/** A flush is held, and the next commit must wait for it. */
async function holdFlush(): Promise<void> {
  runner.isFull = true;
  await db.put('b', BIG);
  await turns();
  expect(runner.isHolding).toBe(true);
}

const compact = async (): Promise<unknown> =>
  outcomeOf(engine.background.compactRange(ALL_KEYS, undefined));

async function tryAgain(): Promise<void> {
  clock.advance(5000);
  await turns();
  expect(runner.isHolding).toBe(true);
}

describe('the failure of a flush', () => {
  it('spares a commit that joined during the try, and the next failure refuses it (join-order/next-try)', async () => {
    await holdFlush();
    const late = outcomeOf(db.put('c', BIG));
    await runner.fail();
    expect(await isSettled(late)).toBe(false);
    await tryAgain();
    await runner.fail();
    expect(await late).toMatchObject(FULL);
  });

  it('spares a commit that took the place of one that left (join-order/before-the-try)', async () => {
    await holdFlush();
    const leaving = new AbortController();
    const left = outcomeOf(db.put('c', BIG, { signal: leaving.signal }));
    await runner.fail();
    await tryAgain(); // the one that leaves waits now
    leaving.abort();
    expect(await left).toMatchObject({ code: 'ABORTED' });
    const late = outcomeOf(db.put('d', BIG));
    await runner.fail();
    expect(await isSettled(late)).toBe(false);
    runner.isFull = false;
    clock.advance(5000);
    expect(await late).toBeUndefined();
  });

  it('refuses who joined before, while who joined during the try goes on (join-order/before-the-try)', async () => {
    await holdFlush();
    const earlier = outcomeOf(db.put('c', BIG));
    await runner.fail();
    await tryAgain();
    const later = outcomeOf(db.put('d', 'small'));
    await runner.fail();
    expect(await earlier).toMatchObject(FULL);
    expect(await later).toBeUndefined(); // there is room for it, and no one before it
  });

  it('refuses the call of flush() that began the try at once (join-order/before-the-try)', async () => {
    runner.isFull = true;
    const flushed = outcomeOf(db.flush());
    await turns();
    await runner.fail();
    expect(await isSettled(flushed)).toBe(true);
    expect(await flushed).toMatchObject(FULL);
  });

  it('spares a call of flush() that joined during the try (join-order/next-try)', async () => {
    await holdFlush();
    const late = outcomeOf(engine.flush());
    await runner.fail();
    expect(await isSettled(late)).toBe(false);
    await tryAgain();
    engine.background.changed(); // a call that looks again keeps its number
    await turns();
    await runner.fail();
    expect(await isSettled(late)).toBe(true);
    expect(await late).toMatchObject(FULL);
  });
});

describe('the failure of a compaction', () => {
  it('refuses the call that began it, and the next failure one that came later (join-order/next-try)', async () => {
    await db.flush();
    await db.put('a', 'again');
    await db.flush(); // two tables that overlap: no trivial move
    await turns();
    runner.isFull = true;
    const first = compact();
    await turns();
    const late = compact();
    await runner.fail();
    expect(await first).toMatchObject(FULL);
    expect(await isSettled(late)).toBe(false);
    await tryAgain();
    await runner.fail();
    expect(await late).toMatchObject(FULL);
  });
});

describe('the failure to make a log', () => {
  it('refuses the commit that began the try at once (join-order/before-the-try)', async () => {
    const faults = new FaultVfs(new MemoryVfs());
    const standing = new ManualClock();
    await (await openMemory({ vfs: faults })).close();
    const reopened = await openMemory({
      vfs: faults,
      environment: { clock: standing },
    });
    faults.inject({ kinds: ['create'], path: /\.log$/, code: 'ENOSPC', sticky: true });
    const put = outcomeOf(reopened.put('a', '1'));
    expect(await isSettled(put)).toBe(true);
    expect(await put).toMatchObject(FULL);
  });
});
