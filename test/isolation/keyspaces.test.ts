/**
 * Random histories over several keyspaces, with indexes and entries that expire, keep what their isolation level promises.
 *
 * The clients and the checker are those of histories.test.ts; keyspace-target.ts says where the lists lie. ISOLATION_RUNS is
 * how many, ISOLATION_SEED the first seed: `make isolation RUNS=1000 SEED=1`.
 */
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { DELETION } from '../../src/base/value-type.ts';
import { IndexMaintenance } from '../../src/indexes/index-maintenance.ts';
import type { Isolation } from '../../src/api/transaction-options.ts';
import { printTestProof } from '../support/proof-line.ts';
import { findViolation, type Violation } from './checker.ts';
import { SPACES_CANARIES, spacesTargetOf } from './keyspace-target.ts';
import { CROWDS } from './locking-target.ts';
import { type HistoryOptions, runHistory } from './run-history.ts';

const RUNS = Number(process.env['ISOLATION_RUNS'] ?? 4);
const SEED = Number(process.env['ISOLATION_SEED'] ?? 1);
/** Within so many histories each planted bug shows; most in the first. */
const CANARY_RUN_COUNT_MAX = 40;

const LEVELS: readonly Isolation[] = ['snapshot', 'serializable'];

const proof = { histories: 0, transactions: 0 };

afterAll(() => printTestProof('isolation', proof));

describe.each(LEVELS)('%s histories over keyspaces and indexes', (isolation) => {
  it.each(CROWDS)(`of ${RUNS} seeds from ${SEED}, %s, have no anomaly`, async (crowd) => {
    const makeTarget = spacesTargetOf(crowd);
    const tally = { committed: 0, aborted: 0, unknown: 0, deaths: 0 };
    for (let seed = SEED; seed < SEED + RUNS; seed++) {
      const hint = `isolation=${isolation} crowd=${crowd} seed=${seed}`;
      const history = await runHistory({ seed, isolation, makeTarget }).catch((cause: unknown) => {
        throw new Error(`History failed: ${hint}`, { cause });
      });
      expect(findViolation(history, isolation)?.message, hint).toBeUndefined();
      for (const { outcome } of history.transactions) tally[outcome]++;
      tally.deaths += history.deathCount;
      proof.histories++;
      proof.transactions += history.transactions.length;
    }
    expect(Math.min(tally.committed, tally.aborted)).toBeGreaterThan(0);
    if (RUNS < 30) return; // few need not see everything
    for (const [what, count] of Object.entries(tally)) expect(count, what).toBeGreaterThan(0);
  });
});

/** The first anomaly in some histories, or the error that one of them ends with. */
async function firstFound(options: Omit<HistoryOptions, 'seed'>): Promise<Violation | Error> {
  for (let seed = 1; seed <= CANARY_RUN_COUNT_MAX; seed++) {
    const history = await runHistory({ ...options, seed }).catch((error: Error) => error);
    if (history instanceof Error) return history;
    const violation = findViolation(history, options.isolation);
    if (violation !== undefined) return violation;
  }
  return expect.unreachable(`not found in ${CANARY_RUN_COUNT_MAX} histories`);
}

describe('a database in which', () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  it.each(SPACES_CANARIES)('$bug is found out ($isolation)', async ({ isolation, makeTarget }) => {
    const { message } = await firstFound({ isolation, makeTarget });
    expect(message).not.toBe('');
  });

  it.each(LEVELS)(
    'an index keeps the old entries of its rows is found out (%s)',
    async (isolation) => {
      const { derive } = IndexMaintenance.prototype;
      vi.spyOn(IndexMaintenance.prototype, 'derive').mockImplementation(function (
        this: IndexMaintenance,
        batch,
        view,
        isChecked,
      ) {
        const add = batch.add.bind(batch);
        batch.add = (type, key, second) => {
          if (type !== DELETION) add(type, key, second);
        };
        try {
          derive.call(this, batch, view, isChecked);
        } finally {
          Reflect.deleteProperty(batch, 'add');
        }
      });
      const makeTarget = spacesTargetOf('optimistic');
      const { message } = await firstFound({ isolation, makeTarget, deathCount: 0 });
      expect(message).toMatch(/stray row|torn key|entry without its row/);
    },
  );
});
