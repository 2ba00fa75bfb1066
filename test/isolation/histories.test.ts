/**
 * Random histories keep what their isolation level promises, through flushes, compactions, kills and power cuts.
 *
 * ISOLATION_RUNS is how many, ISOLATION_SEED the first seed: `make isolation RUNS=1000 SEED=1`.
 */
import { afterAll, describe, expect, it } from 'vitest';
import type { Isolation } from '../../src/txn/transaction.ts';
import { printTestProof } from '../support/proof-line.ts';
import { findViolation } from './checker.ts';
import { runHistory } from './run-history.ts';

const RUNS = Number(process.env['ISOLATION_RUNS'] ?? 30);
const SEED = Number(process.env['ISOLATION_SEED'] ?? 1);
const IS_LONG = process.env['ISOLATION_RUNS'] !== undefined;
/** Histories per test: enough that each test has seen everything at least once. */
const RUNS_PER_TEST = 30;

const LEVELS: readonly Isolation[] = ['snapshot', 'serializable'];
const BATCHES = Array.from({ length: Math.ceil(RUNS / RUNS_PER_TEST) }, (_, i) => {
  const count = Math.min(RUNS_PER_TEST, RUNS - i * RUNS_PER_TEST);
  return { from: SEED + i * RUNS_PER_TEST, to: SEED + i * RUNS_PER_TEST + count - 1 };
});

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
  it.each(BATCHES)('of seeds $from to $to have no anomaly', async ({ from, to }) => {
    const tally: Tally = {
      committed: 0,
      aborted: 0,
      unknown: 0,
      flushes: 0,
      compactions: 0,
      deaths: 0,
    };
    for (let seed = from; seed <= to; seed++) {
      const history = await runHistory({ seed, isolation }).catch((cause: unknown) => {
        throw new Error(`History failed: isolation=${isolation} seed=${seed}`, { cause });
      });
      const violation = findViolation(history, isolation);
      expect(violation?.message, `isolation=${isolation} seed=${seed}`).toBeUndefined();
      for (const { outcome } of history.transactions) tally[outcome]++;
      proof.histories++;
      proof.transactions += history.transactions.length;
      tally.flushes += history.flushCount;
      tally.compactions += history.compactionCount;
      tally.deaths += history.deathCount;
    }
    if (IS_LONG) console.log(`${isolation} seeds ${from}-${to}: ${JSON.stringify(tally)}`);
    // A batch that never saw a conflict or a compaction would prove little.
    if (to - from + 1 < RUNS_PER_TEST) return;
    for (const [what, count] of Object.entries(tally)) expect(count, what).toBeGreaterThan(0);
  });
});
