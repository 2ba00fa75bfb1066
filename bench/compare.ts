/**
 * The comparative benchmark: `make bench`, `make bench-full`, or
 * `node scripts/run-ts.mjs bench/compare.ts [--full] [--out file.json]`.
 *
 * Owns: its settings, from the environment:
 *
 *   ENTRIES, VALUE_SIZE, RUNS, SEED     sizes and repetitions
 *   KEYS=paths                          the shape of the keys (harness/key-shapes.ts); digits
 *   SECONDS                             what a sustained row measures at least, after half a second of warm-up; 2
 *   CACHE_MIB, MEMTABLE_MIB             the same for every engine that has one
 *   ENGINES=varve,lmdb                  only these
 *   ONLY=fillsync,readrandom            only workloads whose name starts with one of these; whole, even without --full
 *
 * The results are written after every row (results-file.ts): a run that is ended keeps the rows that are complete, and
 * `make bench-report` says which those are.
 *
 * Ends with status 1 when a workload of any engine failed or found something wrong; engines that are not installed are
 * named and left out. What each workload does: bench/README.md.
 */
import { resolve } from 'node:path';

import { ENGINES, mustEngine } from './adapters/engines.ts';
import { WORKLOADS, workloadsNamed } from './harness/catalogue.ts';
import { performTask, removeDirectory, taskOf } from './harness/child.ts';
import { countOf, endOnSignals, listOf, positiveOf } from './harness/environment.ts';
import { SECONDS_MIN } from './harness/measure.ts';
import { compare } from './harness/plan.ts';
import { ratioToBest, spreadText } from './harness/results.ts';
import { writeComparison } from './harness/results-file.ts';
import { behindOf, describeSetting, factLines, failuresOf, textTable } from './harness/table.ts';
import type { Sizes, Workload } from './harness/workload.ts';
import { makeScratch } from './harness/scratch.ts';

const MIB = 1024 * 1024;
const DEFAULT_OUT = 'bench/results/comparison.json';
const SHORT = { entryCount: 50_000, runCount: 3 };
const FULL = { entryCount: 1_000_000, runCount: 3 };

function chosenWorkloads(isFull: boolean): Workload[] {
  const prefixes = listOf('ONLY');
  if (prefixes.length === 0) return WORKLOADS.filter(({ isShort }) => isFull || isShort);
  return workloadsNamed(prefixes);
}

async function main(args: readonly string[]): Promise<void> {
  const isFull = args.includes('--full');
  const outAt = args.indexOf('--out');
  const out = resolve(outAt < 0 ? DEFAULT_OUT : (args[outAt + 1] ?? DEFAULT_OUT));
  const { entryCount, runCount } = isFull ? FULL : SHORT;
  const sizes: Sizes = {
    entryCount: countOf('ENTRIES', entryCount),
    valueSizeBytes: countOf('VALUE_SIZE', 100),
    keyShape: listOf('KEYS')[0] ?? 'digits',
    cacheSizeBytes: countOf('CACHE_MIB', 256) * MIB,
    writeBufferSizeBytes: countOf('MEMTABLE_MIB', 64) * MIB,
    seed: countOf('SEED', 1),
    secondsMin: positiveOf('SECONDS', SECONDS_MIN),
  };
  const names = listOf('ENGINES');
  const root = makeScratch('compare');
  let isKept = false;
  endOnSignals(root, () => (isKept ? `the complete rows are in ${out}` : 'no row was complete'));
  try {
    const comparison = await compare(
      {
        root,
        sizes,
        runCount: countOf('RUNS', runCount),
        engines: names.length === 0 ? ENGINES : names.map(mustEngine),
        workloads: chosenWorkloads(isFull),
      },
      {
        onEngine: ({ name, version, problem }) => {
          console.log(
            problem === undefined ? `${name} ${version}` : `${name}: MISSING: ${problem}`,
          );
        },
        onRow: (row, soFar) => {
          writeComparison(out, soFar);
          isKept = true;
          const results = Object.entries(row.engines).map(
            ([name, result]) => `${name} ${spreadText(result)}`,
          );
          const ratio = ratioToBest(row);
          const end = ratio === undefined ? '' : `  => ${ratio.toFixed(2)}x`;
          console.log(`${row.id}: ${results.join(', ')} ${row.unit}${end}`);
        },
      },
    );
    console.log(`\n${describeSetting(comparison).join('\n')}\n\n${textTable(comparison)}\n`);
    for (const line of factLines(comparison)) console.log(line);
    const behind = behindOf(comparison).map(({ id }) => id);
    if (behind.length > 0) console.log(`\nBehind: ${behind.join(', ')}`);
    const failures = failuresOf(comparison);
    if (failures.length > 0) {
      console.log(`\nFAILED\n${failures.join('\n')}`);
      process.exitCode = 1;
    }
    console.log(`\nWritten to ${out}`);
  } finally {
    removeDirectory(root);
  }
}

const args = process.argv.slice(2);
const task = taskOf(args);
await (task === undefined ? main(args) : performTask(task));
