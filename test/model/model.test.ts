/**
 * The engine against its specification, over seeded histories.
 *
 * `VARVE_MODEL_SEED` and `VARVE_MODEL_RUNS` (make model SEED= RUNS=) choose the first seed and how many histories each
 * option set runs; a failure prints a shrunk script for test/regress.
 */
import { afterAll, describe, expect, it } from 'vitest';
import { byExtent } from '../support/extent.ts';
import { printTestProof } from '../support/proof-line.ts';
import { Model, ModelScan } from './model.ts';
import { makeHistory } from './history.ts';
import { CANARY, OPTION_SETS, type OptionSet } from './option-sets.ts';
import { Mismatch, runHistory } from './runner.ts';
import { mustAgree, shrink } from './shrink.ts';
import { parseHistory, printStep, type Step } from './step.ts';

const FIRST_SEED = Number(process.env['VARVE_MODEL_SEED'] ?? 1);
const RUN_COUNT = Number(process.env['VARVE_MODEL_RUNS'] ?? 1);
const STEP_COUNT = byExtent('VARVE_MODEL', { all: 1000, sample: 600, quick: 40 });
const CONTENDED_STEP_COUNT = byExtent('VARVE_MODEL', { all: 2500, sample: 1500, quick: 150 });
/** By seed: many small commits, some that fill a memtable, and mostly those. */
const HUGE_SHARES = [0.005, 0.03, 0.2];

function historyOf(seed: number, { files }: OptionSet, stepCount: number = STEP_COUNT): Step[] {
  return makeHistory({
    seed,
    stepCount,
    hasCrashes: files === 'crash',
    hugeShare: HUGE_SHARES[seed % HUGE_SHARES.length]!, // the remainder is in range
  });
}

describe('the model', () => {
  it('reads as of a sequence, and forgets what a power cut takes', () => {
    const model = new Model();
    model.commit([{ op: 'put', key: 'a', value: '1:1' }]);
    model.commit([
      { op: 'del', key: 'a' },
      { op: 'put', key: 'b', value: '2:1' },
    ]);
    expect(model.get('a', 1)).toBe('1:1');
    expect(model.get('a')).toBeUndefined();
    expect(model.rows({})).toEqual([{ key: 'b', value: '2:1' }]);
    model.truncate(1);
    expect(model.rows({})).toEqual([{ key: 'a', value: '1:1' }]);
    expect(model.boundaries).toEqual([0, 1]);
  });

  it('reads by a clock, and what has expired hides what is older', () => {
    const model = new Model(100);
    model.commit([{ op: 'put', key: 'a', value: '1:1' }]);
    model.commit([{ op: 'put', key: 'a', value: '2:1', ttlMs: 5 }]);
    const tx = model.begin('pessimistic');
    model.wallMs += 5;
    expect([model.get('a', 2, 104), model.get('a')]).toEqual(['2:1', undefined]);
    expect([model.get('a', 1), tx.expiresAt('a')]).toEqual(['1:1', 105]);
    const later = model.begin('pessimistic');
    model.wallMs += 1;
    later.lock({ start: 'a', end: 'a\0' }, true);
    expect([later.wallMs, later.get('a')]).toEqual([106, undefined]);
  });

  it('lets the first committer win, range deletions included', () => {
    const model = new Model();
    const [first, second, third] = [model.begin(), model.begin(), model.begin()];
    first.write({ op: 'del', key: 'm' });
    second.write({ op: 'delRange', bounds: { gte: 'l', lt: 'n' } });
    third.write({ op: 'put', key: 'm', value: '1:1' });
    expect([first.commit(), second.commit(), third.commit()]).toEqual([true, false, false]);
  });

  it('lets a serializable transaction conflict with what came into what it read, and no further', () => {
    const model = new Model();
    model.commit(['a', 'c', 'e'].map((key) => ({ op: 'put', key, value: '1:1' })));
    for (const [phantom, isCommitted] of [
      ['b', false],
      ['c', false],
      ['d', true],
    ] as const) {
      const tx = model.begin('serializable');
      const shape = { bounds: {}, isReverse: false, limit: 2 };
      new ModelScan(tx.rows({}), shape, tx.reads).take(9);
      tx.write({ op: 'put', key: 'z', value: '2:1' });
      model.commit([{ op: 'put', key: phantom, value: '3:1' }]);
      expect([phantom, tx.commit()]).toEqual([phantom, isCommitted]);
      model.commit([{ op: 'del', key: phantom === 'c' ? 'none' : phantom }]);
    }
  });

  it('seeks in the direction of its scan', () => {
    const rows = ['a', 'c', 'e'].map((key) => ({ key, value: '1:1' }));
    const scan = new ModelScan(rows, { bounds: {}, isReverse: true, limit: 2 });
    scan.seek('d');
    expect(scan.take(5).map((row) => row.key)).toEqual(['c', 'a']);
    expect(scan.isClosed).toBe(true);
  });
});

describe('scripts', () => {
  it('say every step of a history as text and back', () => {
    const steps = makeHistory({ seed: 9, stepCount: 3000, hasCrashes: true, hugeShare: 0.1 });
    expect(new Set(steps.map((step) => step.do)).size).toBe(25);
    expect(parseHistory(steps.map(printStep).join('\n'))).toEqual(steps);
  });
});

describe('the harness', () => {
  it('finds a kill that loses what was written, and shrinks the history to it', async () => {
    const steps = [...historyOf(3, CANARY, 300), ...parseHistory('put os lost 1:5\nkill')];
    const run = async (candidate: readonly Step[]): Promise<Error | undefined> =>
      runHistory(candidate, CANARY, 3).then(
        () => undefined,
        (error: Error) => error,
      );
    const error = await run(steps);
    expect(error).toBeInstanceOf(Mismatch);
    const shrunk = await shrink(steps, error!, run, 150); // just seen
    expect(shrunk.steps.length).toBeLessThanOrEqual(6);
    expect(shrunk.steps.at(-1)).toEqual({ do: 'kill' });
  });
});

const proof = { histories: 0, steps: 0 };

afterAll(() => printTestProof('model', proof));

describe.each(Object.entries<OptionSet>(OPTION_SETS))('option set %s', (name, options) => {
  const runCount = options.files === 'node' ? Math.ceil(RUN_COUNT / 2) : RUN_COUNT;
  const seeds = Array.from({ length: runCount }, (_, index) => FIRST_SEED + index);

  it.each(seeds)('answers as the model does: seed=%i', async (seed) => {
    const result = await mustAgree(name, options, seed, historyOf(seed, options));
    expect(result.stepCount).toBe(STEP_COUNT);
    proof.histories++;
    proof.steps += result.stepCount;
  });
});

describe('transactions over few keys', () => {
  const names = ['tiny', 'tiny-uncached', 'crash', 'expiring'] as const;
  const counts = { conflicts: 0, transactions: 0, locks: 0 };
  const cases = names.flatMap((name) =>
    Array.from({ length: 2 * RUN_COUNT }, (_, index) => [name, FIRST_SEED + 500 + index] as const),
  );

  it.each(cases)(
    'conflict exactly when the model says so: options=%s seed=%i',
    async (name, seed) => {
      const options = OPTION_SETS[name];
      const hasCrashes = options.files === 'crash';
      const steps = makeHistory({
        seed,
        stepCount: CONTENDED_STEP_COUNT,
        hasCrashes,
        hugeShare: 0.02,
        isContended: true,
      });
      const result = await mustAgree(name, options, seed, steps);
      counts.conflicts += result.conflictCount;
      counts.transactions += result.transactionCount;
      counts.locks += result.lockCount;
    },
  );

  it('reach conflicts, commits and locks', () => {
    const stepCount = cases.length * CONTENDED_STEP_COUNT;
    for (const [what, count] of Object.entries(counts)) {
      expect(count / stepCount, `${what} of each step`).toBeGreaterThan(1 / 250);
    }
  });
});

describe('histories', () => {
  it('reach flushes, compactions, conflicts and more than one level', async () => {
    // How many compactions there are depends on time as well: a history of 200 steps has 9 to 18.
    const steps = historyOf(2, OPTION_SETS.tiny, Math.max(STEP_COUNT, 500));
    const result = await runHistory(steps, OPTION_SETS.tiny, 2);
    expect(result.flushCount).toBeGreaterThan(10);
    expect(result.compactionCount).toBeGreaterThan(10);
    expect(result.conflictCount).toBeGreaterThan(0);
    expect(result.levelMax).toBeGreaterThanOrEqual(2);
  });
});
