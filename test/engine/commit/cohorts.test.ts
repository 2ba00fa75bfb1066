/**
 * One cohort of callers or two: when the policy chooses which, and how large the groups become.
 */
import { describe, expect, it } from 'vitest';
import { Cohorts } from '../../../src/engine/commit/sync-policy.ts';
import { MemoryVfs } from '../../../src/vfs/memory-vfs.ts';
import type { VfsFile } from '../../../src/vfs/vfs.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { WrappedFile, WrappedVfs } from '../../support/wrapped-vfs.ts';
import { openMemory } from '../../api/fixture.ts';

/** Runs group after group: the callers compute for `computeMs`, then a sync takes 1 ms. */
function run(cohorts: Cohorts, groupCount: number, commitCount: number, computeMs: number): void {
  let nowMs = 0;
  for (let i = 0; i < groupCount; i++) {
    nowMs += computeMs;
    cohorts.starts(commitCount, nowMs);
    nowMs += 1;
    cohorts.synced(1, nowMs);
  }
}

describe('cohorts', () => {
  it('are two when callers compute longer than a sync takes', () => {
    const cohorts = new Cohorts();
    run(cohorts, 10, 64, 3);
    expect(cohorts.isSplit).toBe(true);
    expect(cohorts.isHalf(32)).toBe(true);
    expect(cohorts.isHalf(33)).toBe(false);
  });

  it.each([
    ['a sync takes as long', 64, 1],
    ['callers are few', 63, 3],
  ])('stay one while %s', (_, commitCount, computeMs) => {
    const cohorts = new Cohorts();
    run(cohorts, 20, commitCount, computeMs);
    expect(cohorts.isSplit).toBe(false);
    expect(cohorts.isHalf(commitCount >>> 1)).toBe(false);
  });

  it('become one again when a lease has ended and callers compute less (sync-policy/measured-as-one)', () => {
    const cohorts = new Cohorts();
    run(cohorts, 10, 64, 3);
    expect(cohorts.isSplit).toBe(true);
    run(cohorts, 300, 64, 0.1);
    expect(cohorts.isSplit).toBe(false);
    expect(cohorts.isHalf(32)).toBe(false);
  });
});

/** A disk whose syncs take a millisecond. */
class SlowVfs extends WrappedVfs {
  readonly clock = new ManualClock();

  constructor() {
    super(new MemoryVfs());
  }

  override wrap(file: VfsFile): VfsFile {
    return new SlowFile(file, this.clock);
  }
}

class SlowFile extends WrappedFile {
  readonly #clock: ManualClock;

  constructor(inner: VfsFile, clock: ManualClock) {
    super(inner);
    this.#clock = clock;
  }

  override async sync(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    this.#clock.advance(1);
    return super.sync();
  }
}

describe('groups of 64 callers', () => {
  it.each([
    ['hold all callers while a sync takes longer than the callers compute', 0, 64],
    ['hold half of the callers when computing takes longer', 0.1, 32],
  ])('%s', async (_, computeMs, expected) => {
    const vfs = new SlowVfs();
    const db = await openMemory({ vfs, environment: { clock: vfs.clock } });
    const roundCount = 200;
    const caller = async (name: string): Promise<void> => {
      for (let round = 0; round < roundCount; round++) {
        vfs.clock.advance(computeMs);
        await db.put(`${name}.${round}`, 'value');
      }
    };
    await Promise.all(Array.from({ length: 64 }, (_each, i) => caller(`caller ${i}`)));
    const { count, groupCount } = db.stats().commits;
    expect(count).toBe(64 * roundCount);
    expect(count / groupCount).toBeGreaterThan(expected * 0.85);
    expect(count / groupCount).toBeLessThan(expected * 1.15);
  });
});
