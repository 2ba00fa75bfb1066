/**
 * The engine's standing benchmark: `make bench`, or `node scripts/run-ts.mjs bench/db-bench.ts [entries]`.
 *
 * Owns: the fixed settings, those of the peers in docs/performance.md: keys of 16 digits, values of 100 bytes. The
 * workloads and their checks are those of `varve bench`.
 *
 * Two figures are comparable when they come from one machine, one run order and a quiet moment; see us/op, not ops/s,
 * when the gap is small.
 */

import {
  describeMachine,
  describeResult,
  describeSummary,
  machineLine,
  resultHeading,
  runSuite,
} from '../src/programs/bench/suite.ts';
import { WORKLOAD_NAMES } from '../src/programs/bench/workload-names.ts';
import { BenchData } from '../src/programs/bench/workloads.ts';
import { inScratch } from './harness/scratch.ts';

const ENTRY_COUNT = 200_000;
const VALUE_SIZE_BYTES = 100;
const SEED = 1;

const entryCount = Number(process.argv[2] ?? ENTRY_COUNT);
if (!Number.isSafeInteger(entryCount) || entryCount < 1) {
  console.error('usage: db-bench [entries]');
  process.exit(2);
}

const data = new BenchData({
  entryCount,
  valueSizeBytes: VALUE_SIZE_BYTES,
  seed: SEED,
  tuning: {},
});

console.log(machineLine(describeMachine()));
console.log(`${entryCount} entries, keys of 16 B, values of ${VALUE_SIZE_BYTES} B, seed ${SEED}\n`);
console.log(resultHeading());
await inScratch('bench', async (root) => {
  const summary = await runSuite(
    data,
    {
      root,
      workloads: WORKLOAD_NAMES,
      putClientCounts: [1, 32, 512],
      transferClientCounts: [1, 32, 128],
      fillDurability: 'os',
      transferDurability: 'sync',
    },
    {
      onStart: () => Promise.resolve(),
      onResult: (result) => Promise.resolve(console.log(describeResult(result))),
    },
  );
  console.log(`\n${describeSummary(summary)}`);
});
