/**
 * Random histories keep what their isolation level promises, through flushes, compactions, kills and power cuts.
 *
 * ISOLATION_RUNS is how many, ISOLATION_SEED the first seed: `make isolation RUNS=1000 SEED=1`.
 */
import { afterAll, describe, expect, it } from 'vitest';
import type { Isolation } from '../../src/api/transaction-options.ts';
import { printTestProof } from '../support/proof-line.ts';
import { findViolation } from './checker.ts';
import { CROWDS, targetOf } from './locking-target.ts';
import { runHistory } from './run-history.ts';

const RUNS = Number(process.env['ISOLATION_RUNS'] ?? 30);
const SEED = Number(process.env['ISOLATION_SEED'] ?? 1);
const IS_LONG = process.env['ISOLATION_RUNS'] !== undefined;
/** Histories per test: enough that each test has seen everything at least once. */
const RUNS_PER_TEST = 30;

const LEVELS: readonly Isolation[] = ['snapshot', 'serializable'];
const CASES = CROWDS.flatMap((crowd) =>
  Array.from({ length: Math.ceil(RUNS / RUNS_PER_TEST) }, (_, i) => {
    const count = Math.min(RUNS_PER_TEST, RUNS - i * RUNS_PER_TEST);
    return { crowd, from: SEED + i * RUNS_PER_TEST, to: SEED + i * RUNS_PER_TEST + count - 1 };
  }),
);

interface Tally {
  committed: number;
  aborted: number;
  unknown: number;
  flushes: number;
  compactions: number;
  deaths: number;
}

const proof = { histories: 0, transactions: 0 };

afterAll(() => printTestProof('isolation', proof));

describe.each(LEVELS)('%s histories', (isolation) => {
  it.each(CASES)('of seeds $from to $to, $crowd, have no anomaly', async ({ crowd, from, to }) => {
    const makeTarget = targetOf(crowd);
    const tally: Tally = {
      committed: 0,
      aborted: 0,
      unknown: 0,
      flushes: 0,
      compactions: 0,
      deaths: 0,
    };
    for (let seed = from; seed <= to; seed++) {
      const history = await runHistory({ seed, isolation, makeTarget }).catch((cause: unknown) => {
        throw new Error(`History failed: isolation=${isolation} crowd=${crowd} seed=${seed}`, {
          cause,
        });
      });
      const violation = findViolation(history, isolation);
      expect(
        violation?.message,
        `isolation=${isolation} crowd=${crowd} seed=${seed}`,
      ).toBeUndefined();
      for (const { outcome } of history.transactions) tally[outcome]++;
      proof.histories++;
      proof.transactions += history.transactions.length;
      tally.flushes += history.flushCount;
      tally.compactions += history.compactionCount;
      tally.deaths += history.deathCount;
    }
    if (IS_LONG) console.log(`${isolation} ${crowd} seeds ${from}-${to}: ${JSON.stringify(tally)}`);
    // A batch that never saw a conflict or a compaction would prove little.
    if (to - from + 1 < RUNS_PER_TEST) return;
    for (const [what, count] of Object.entries(tally)) expect(count, what).toBeGreaterThan(0);
  });
});
