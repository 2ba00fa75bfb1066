/** Indexes over random histories (history.ts), and faults that the histories must find. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { DELETION } from '../../src/base/value-type.ts';
import type { CommitBatch } from '../../src/batch/commit-batch.ts';
import { IndexMaintenance } from '../../src/indexes/index-maintenance.ts';
import type { TurnView } from '../../src/txn/late-operations.ts';
import { byExtent } from '../support/extent.ts';
import { History } from './history.ts';

const STEP_COUNT = byExtent('VARVE_INDEX_STEPS', { all: 250_000, sample: 2500, quick: 150 });
const SEEDS = [1, 2, 3, 4];

it.each(SEEDS)(
  'indexes show what follows from the rows, whatever happens: seed=%i (index-maintenance/same-commit, index-maintenance/newest, index-reads/own-writes)',
  async (seed) => {
    const history = new History(seed);
    await history.run(STEP_COUNT);
    expect(history.uniqueCount).toBeGreaterThan(0);
    expect(history.crashCount).toBeGreaterThan(0);
  },
);

describe('a planted fault', () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  /** Lets `derive` run in another way, and resolves with what the histories say. */
  async function foundWith(
    derive: (
      history: History,
      run: (batch: CommitBatch, view: TurnView) => void,
      batch: CommitBatch,
      view: TurnView,
    ) => void,
  ): Promise<unknown> {
    const { derive: whole } = IndexMaintenance.prototype;
    for (const seed of SEEDS) {
      const history = new History(seed);
      vi.spyOn(IndexMaintenance.prototype, 'derive').mockImplementation(function (
        this: IndexMaintenance,
        batch,
        view,
        isChecked,
      ) {
        const run = (b: CommitBatch, v: TurnView): void => whole.call(this, b, v, isChecked);
        derive(history, run, batch, view);
      });
      const error: unknown = await history.run(300).catch((reason: unknown) => reason);
      vi.restoreAllMocks();
      if (error !== undefined) return error;
    }
    return undefined;
  }

  it('that leaves an entry behind is found', async () => {
    const error = await foundWith((_history, run, batch, view) => {
      const add = batch.add.bind(batch);
      batch.add = (type, key, second) => {
        if (type !== DELETION) add(type, key, second);
      };
      try {
        run(batch, view);
      } finally {
        Reflect.deleteProperty(batch, 'add');
      }
    });
    expect(String(error)).toContain('seed=');
  });

  it('that lets a unique check pass over a commit in flight is found', async () => {
    const error = await foundWith((history, run, batch, view) => {
      const published = history.publishedSequence;
      run(batch, {
        sequence: view.sequence,
        find: (key, hash, result) => view.find(key, hash, result),
        findLater: (key, hash, take) => view.findLater(key, hash, take),
        scan: (range) => view.scan(range),
        withExpired: () => view.withExpired(),
        findSync: (key, hash, result) => {
          const isThere = view.findSync(key, hash, result);
          const isIndex = key.bytes[key.start]! > 2; // a key has a head; 2 is that of the rows
          return isThere && !(isIndex && result.sequence > published);
        },
      });
    });
    expect(String(error)).toContain('seed=');
  });
});
