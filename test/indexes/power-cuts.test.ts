/**
 * Power cuts and kills at the file operations of a life of keyspaces with indexes, and file operations that fail.
 *
 * crash-script.ts has the life and what must be found afterwards. A seeded share of the operations is tried, all with
 * VARVE_INDEX_CUTS=all; SEED draws others.
 */
import { afterAll, describe, expect, it } from 'vitest';
import { DatabaseFailedError, StorageError } from '../../src/base/errors.ts';
import { CRASH_MODES, CrashVfs } from '../support/crash-vfs.ts';
import { drawCases } from '../support/extent.ts';
import { type FaultKind, FaultVfs } from '../support/fault-vfs.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { printTestProof } from '../support/proof-line.ts';
import { settled, turns } from '../support/settle.ts';
import { checkRecovered, makeSteps, openAt, type State } from './crash-script.ts';

const SEED = Number(process.env['SEED'] ?? 1);

const proof = { 'crash states': 0, faults: 0 };

afterAll(() => printTestProof('indexes', proof));

interface Moment {
  readonly before: string;
  readonly disk: CrashVfs;
  readonly states: readonly State[];
  readonly elapsedMs: number;
}

/** A clock that shows what another showed. */
function clockAt(elapsedMs: number): ManualClock {
  const clock = new ManualClock();
  clock.advance(elapsedMs);
  return clock;
}

/** What the disk is before a share of the operations of the whole life. */
async function momentsOf(): Promise<Moment[]> {
  const isTaken = drawCases('VARVE_INDEX_CUTS', SEED, { sample: 0.12, quick: 0.015 });
  const disk = new CrashVfs();
  const clock = new ManualClock();
  const moments: Moment[] = [];
  let state: State = new Map();
  let next: State | undefined;
  let what = 'open';
  let nth = 0;
  disk.beforeOperation = ({ operation, path }) => {
    if (!isTaken(++nth) && !what.startsWith('build')) return;
    moments.push({
      before: `${what}: operation ${nth}, ${operation} ${path}`,
      disk: disk.kill(),
      states: next === undefined ? [state] : [state, next],
      elapsedMs: clock.nowMs(),
    });
  };
  const db = await openAt(disk, clock);
  for (const step of makeSteps(clock)) {
    what = step.what;
    next = step.apply(state, clock.wallMs());
    await settled(what, step.call(db), clock);
    state = next;
    next = undefined;
  }
  what = 'close';
  await db.close();
  return moments;
}

describe('keyspaces with indexes', () => {
  it(`are whole after a power cut or a kill at any operation, seed=${SEED} (index-maintenance/same-commit, index-build/resumed)`, async () => {
    const moments = await momentsOf();
    let resumedCount = 0;
    for (const [i, { before, disk, states, elapsedMs }] of moments.entries()) {
      const mode = CRASH_MODES[i % CRASH_MODES.length]!; // under the length
      const crashes = [
        [`power cut, ${mode}`, disk.crash({ seed: SEED * 1009 + i, mode })],
        ['power cut, all lost', disk.crash({ seed: i, mode: 'synced-only' })],
        ['kill', disk.kill()],
      ] as const;
      for (const [how, image] of crashes) {
        const clock = clockAt(elapsedMs);
        const recovered = checkRecovered(image, states, clock.wallMs(), clock);
        const { resumedCount: count } = await recovered.catch((cause: unknown) => {
          throw new Error(`seed=${SEED} ${before}: ${how}: ${String(cause)}`, { cause });
        });
        resumedCount += count;
        proof['crash states']++;
      }
    }
    expect(moments.length).toBeGreaterThan(3);
    expect(resumedCount, 'builds that went on').toBeGreaterThan(0);
  });
});

const FAULTS: readonly (readonly [FaultKind, string, boolean])[] = [
  ['write', 'EIO', false],
  ['write', 'ENOSPC', false],
  ['write', 'ENOSPC', true],
  ['sync', 'EIO', false],
  ['create', 'EMFILE', false],
  ['create', 'ENOSPC', true],
  ['open', 'EMFILE', false],
  ['open', 'EMFILE', true],
  ['readSync', 'EIO', false],
  ['rename', 'EIO', false],
  ['syncDirectory', 'EIO', false],
];

/** Runs the life with a fault. Resolves with false when nothing was left to fail. */
async function runFaulty(
  kind: FaultKind,
  code: string,
  sticky: boolean,
  nth: number,
): Promise<boolean> {
  const disk = new CrashVfs();
  const faults = new FaultVfs(disk);
  const clock = new ManualClock();
  const db = await openAt(faults, clock);
  faults.inject({ kinds: [kind], code, sticky, nth });
  let states: State[] = [new Map()];
  for (const step of makeSteps(clock)) {
    if (step.isRefusal) continue; // what it needs may not be there
    const nowMs = clock.wallMs();
    const after = states.map((state) => step.apply(state, nowMs));
    try {
      await settled(step.what, step.call(db), clock);
      states = after;
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      // Of a call that was refused nothing is there; of one whose outcome is unknown, all or nothing.
      if (Reflect.get(error, 'outcome') === 'unknown') states = [...states, ...after];
      if (error instanceof DatabaseFailedError) break; // it takes no writes any more
    }
    if (faults.firedCount > 0 && sticky) faults.heal();
  }
  const isFired = faults.firedCount > 0;
  faults.heal();
  await turns(20);
  await settled('close', db.close(), clock).catch((error: unknown) => {
    if (!(error instanceof StorageError)) throw error;
  });
  for (const image of [disk.crash({ seed: nth, mode: 'synced-only' }), disk.kill()]) {
    const then = clockAt(clock.nowMs());
    await checkRecovered(image, states, then.wallMs(), then);
  }
  return isFired;
}

describe('keyspaces with indexes', () => {
  it.each(FAULTS)(
    `are whole after %s has failed with %s, sticky: %s, seed=${SEED}`,
    async (kind, code, sticky) => {
      const isTaken = drawCases('VARVE_INDEX_CUTS', SEED, { sample: 0.08, quick: 0.015 });
      let count = 0;
      for (let nth = 1; ; nth++) {
        if (!isTaken(nth)) continue;
        const isFired = await runFaulty(kind, code, sticky, nth).catch((cause: unknown) => {
          throw new Error(`seed=${SEED} ${kind} number ${nth}: ${String(cause)}`, { cause });
        });
        if (!isFired) break;
        count++;
        proof.faults++;
      }
      expect(count).toBeGreaterThanOrEqual(kind === 'rename' ? 0 : 1);
    },
  );
});
