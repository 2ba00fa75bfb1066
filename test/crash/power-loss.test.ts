/**
 * Power cuts, and kills, at every operation of scripted runs.
 *
 * Owns: which scripts are explored how closely in the tests: at a seeded share of their operations. `make crash` goes
 * on from here, at every operation and to as many states as asked (crash-tests/power-loss.ts). What is checked of each
 * state: crash-harness.ts.
 */
import { describe, expect, test } from 'vitest';
import { explore, type ExploreOptions, type Script } from '../support/crash-harness.ts';
import { byExtent } from '../support/extent.ts';
import {
  checkpointScript,
  closingScript,
  commitScript,
  expiringScript,
  ingestScript,
  killScript,
  manifestScript,
  randomScript,
  rotationScript,
  tableScript,
  transactionScript,
} from '../support/crash-scripts.ts';

const SEED = Number(process.env['SEED'] ?? 1);
/** The share of operations that a case explores. */
const SHARE = byExtent('VARVE_CRASH', { all: 1, sample: 0.12, quick: 0.02 });
const CASE_COUNT = byExtent('VARVE_CRASH', { all: Infinity, sample: Infinity, quick: 2 });
const RANDOM_SEEDS = byExtent('VARVE_CRASH', {
  all: [1, 2, 3, 4],
  sample: [1, 2, 3, 4],
  quick: [1],
});
const RANDOM_SHARE = byExtent('VARVE_CRASH', { all: 0.2, sample: 0.04, quick: 0.02 });
/** Recovery from a random history takes many operations: a quick run breaks into that of the scripts only. */
const RANDOM_NEST_EVERY = byExtent('VARVE_CRASH', { all: 64, sample: 64, quick: Infinity });

interface Case extends Omit<ExploreOptions, 'name' | 'seed'> {
  readonly script: Script;
  /** The count of states, at every operation, below which the exploration has not happened as meant. */
  readonly stateCountMin: number;
  /** Tried at every operation, however little else is. */
  readonly isWhole?: boolean;
  /** True when copies are made: some must be databases, and some none. */
  readonly hasCopies?: boolean;
}

const CASES: Record<string, Case> = {
  'commits of every kind': {
    script: commitScript,
    seedCount: 3,
    nestEvery: 12,
    nestedFirstCount: 4,
    stateCountMin: 3000,
  },
  'transactions of every kind': {
    script: transactionScript,
    nestEvery: 128,
    stateCountMin: 1000,
  },
  'a close that makes commits durable': {
    script: closingScript,
    seedCount: 6,
    nestEvery: 64,
    isWhole: true,
    stateCountMin: 500,
  },
  'bulk loads between commits': { script: ingestScript, nestEvery: 64, stateCountMin: 2000 },
  'flushes and compactions': { script: tableScript, nestEvery: 64, stateCountMin: 2000 },
  'entries that expire': { script: expiringScript, nestEvery: 64, stateCountMin: 1500 },
  'rotating memtables': {
    script: rotationScript,
    momentShare: 0.5,
    nestEvery: 64,
    stateCountMin: 1000,
  },
  'a rotating manifest': {
    script: manifestScript,
    momentShare: 0.3,
    nestEvery: 64,
    stateCountMin: 1000,
  },
  'processes killed one after the other': {
    script: killScript,
    seedCount: 2,
    nestEvery: 32,
    stateCountMin: 3000,
  },
  'checkpoints while commits go on': {
    script: checkpointScript,
    nestEvery: 128,
    stateCountMin: 1000,
    hasCopies: true,
  },
};

describe('a crash before any operation leaves a prefix with all that was promised (recovery/prefix, commit-pipeline/one-order, commit-pipeline/log-by-log)', () => {
  test.each(Object.entries(CASES).slice(0, CASE_COUNT))(
    '%s',
    async (name, { script, hasCopies, isWhole, ...options }) => {
      const share = isWhole === true ? 1 : SHARE;
      const momentShare = (options.momentShare ?? 1) * share;
      // All scripts begin with the same creation: one of them is enough to break its recovery closely.
      const how = {
        nestedFirstCount: 1,
        name,
        seed: SEED,
        continueEvery: 8,
        ...options,
        momentShare,
      };
      const tally = await explore(script, how);
      expect(tally.stateCount).toBeGreaterThanOrEqual(options.stateCountMin * share);
      expect(tally.nestedCount).toBeGreaterThan(0);
      if (hasCopies !== true || SHARE < 0.1) return;
      expect(Math.min(tally.copyCount, tally.noCopyCount)).toBeGreaterThanOrEqual(2);
    },
  );

  test.each(RANDOM_SEEDS)('random histories %i', async (index) => {
    const tally = await explore(randomScript(150), {
      name: `random history ${index}`,
      seed: SEED * 1000 + index,
      momentShare: RANDOM_SHARE,
      nestEvery: RANDOM_NEST_EVERY,
      nestedFirstCount: 1,
      continueEvery: 8,
    });
    expect(tally.stateCount).toBeGreaterThan(1500 * RANDOM_SHARE);
  });
});
