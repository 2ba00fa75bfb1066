/**
 * The whole matrix: `make bench-matrix`, or `node scripts/run-ts.mjs bench/matrix.ts [--full]`.
 *
 * Owns: which scenes are compared, and what is written of them. A scene is a shape of keys, a size of values, and a share of
 * the data that the cache holds; each is a comparison of its own (harness/plan.ts), with every engine that is installed.
 *
 *   SHAPES=paths,uuids  VALUES=10,100,2000  CACHES=1.5,0.5,0.1    the scenes; a cache is a share of the raw data
 *   ENTRIES, RUNS, SEED, SECONDS, ENGINES, ONLY                    as of compare.ts, for each scene
 *
 * The short form has each shape once, with values of 100 bytes, all held, and each value and each cache once, with keys of
 * two kinds: ten minutes. Results go to bench/results/matrix.json after every scene, and to matrix.svg.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

import { ENGINES, mustEngine } from './adapters/engines.ts';
import { WORKLOADS, workloadsNamed } from './harness/catalogue.ts';
import { performTask, removeDirectory, taskOf } from './harness/child.ts';
import { countOf, endOnSignals, listOf, positiveOf, positivesOf } from './harness/environment.ts';
import { KEY_SHAPES, keysOf } from './harness/key-shapes.ts';
import { matrixChart, matrixTable, type Scene } from './harness/matrix-table.ts';
import { compare } from './harness/plan.ts';
import { ratioToBest } from './harness/results.ts';
import { makeScratch } from './harness/scratch.ts';
import { failuresOf } from './harness/table.ts';
import type { Workload } from './harness/workload.ts';

const OUT = 'bench/results/matrix.json';
const MIB = 1024 * 1024;
/** The least that every engine takes. */
const CACHE_SIZE_BYTES_MIN = 2 * MIB;
const SHORT_IDS = [
  'fillrandom',
  'fillbatch',
  'fillsync-32',
  'readrandom',
  'getmany',
  'seekrandom',
  'ycsb-b',
];
const FULL_IDS = [
  ...[
    'fillsync-1',
    'fillsync-32',
    'fillsync-512',
    'fillrandom',
    'fillbatch',
    'readrandom',
    'readhot',
  ],
  ...['readmissing', 'getmany', 'seekrandom', 'readseq', 'readreverse'],
  ...['ycsb-a', 'ycsb-b', 'ycsb-c', 'ycsb-d', 'ycsb-e', 'ycsb-f', 'transfers-32'],
];

type Setting = Pick<Scene, 'keyShape' | 'valueSizeBytes' | 'cacheShare'>;

/** Every combination where any was named or all are asked for; otherwise one dimension at a time. */
function chosenSettings(isFull: boolean): Setting[] {
  const shapes = listOf('SHAPES');
  const values = positivesOf('VALUES');
  const caches = positivesOf('CACHES');
  if (isFull || shapes.length + values.length + caches.length > 0) {
    return (shapes.length === 0 ? KEY_SHAPES : shapes).flatMap((keyShape) =>
      (values.length === 0 ? [10, 100, 2000] : values).flatMap((valueSizeBytes) =>
        (caches.length === 0 ? [1.5, 0.5, 0.1] : caches).map((cacheShare) => ({
          keyShape,
          valueSizeBytes,
          cacheShare,
        })),
      ),
    );
  }
  const kinds = 'two-kinds';
  return [
    ...KEY_SHAPES.map((keyShape) => ({ keyShape, valueSizeBytes: 100, cacheShare: 1.5 })),
    ...[10, 2000].map((valueSizeBytes) => ({ keyShape: kinds, valueSizeBytes, cacheShare: 1.5 })),
    ...[0.5, 0.1].map((cacheShare) => ({ keyShape: kinds, valueSizeBytes: 100, cacheShare })),
  ];
}

function chosenWorkloads(isFull: boolean): Workload[] {
  const prefixes = listOf('ONLY');
  if (prefixes.length > 0) return workloadsNamed(prefixes);
  const ids = isFull ? FULL_IDS : SHORT_IDS;
  return WORKLOADS.filter(({ id }) => ids.includes(id));
}

async function runScene(root: string, setting: Setting, isFull: boolean): Promise<Scene> {
  const { keyShape, valueSizeBytes, cacheShare } = setting;
  const budget = isFull ? 300_000 : 100_000;
  // Large values: as many bytes, not as many entries.
  const entryCount = countOf('ENTRIES', valueSizeBytes > 1000 ? budget / 5 : budget);
  const keySize = keysOf(keyShape, 2 * entryCount)(0).length;
  const rawSize = entryCount * (keySize + valueSizeBytes);
  const names = listOf('ENGINES');
  const comparison = await compare(
    {
      root,
      sizes: {
        entryCount,
        valueSizeBytes,
        keyShape,
        cacheSizeBytes: Math.max(CACHE_SIZE_BYTES_MIN, Math.round(rawSize * cacheShare)),
        writeBufferSizeBytes: 64 * MIB,
        seed: countOf('SEED', 1),
        secondsMin: positiveOf('SECONDS', isFull ? 1 : 0.3),
      },
      runCount: countOf('RUNS', isFull ? 3 : 1),
      engines: names.length === 0 ? ENGINES : names.map(mustEngine),
      workloads: chosenWorkloads(isFull),
    },
    {
      onEngine: ({ name, problem }) => {
        if (problem !== undefined) console.log(`${name}: MISSING`);
      },
      onRow: (row) => {
        const ratio = ratioToBest(row);
        console.log(`  ${row.id}: ${ratio === undefined ? 'no ratio' : `${ratio.toFixed(2)}x`}`);
      },
    },
  );
  return { ...setting, comparison };
}

async function main(args: readonly string[]): Promise<void> {
  const isFull = args.includes('--full');
  const out = resolve(OUT);
  mkdirSync(dirname(out), { recursive: true });
  const scenes: Scene[] = [];
  const root = makeScratch('matrix');
  endOnSignals(root, () => `${scenes.length} scenes are in ${out}`);
  try {
    for (const setting of chosenSettings(isFull)) {
      const { keyShape, valueSizeBytes, cacheShare } = setting;
      console.log(`${keyShape}, values of ${valueSizeBytes} B, cache ${cacheShare} of the data`);
      const place = join(root, `${scenes.length}`);
      scenes.push(await runScene(place, setting, isFull));
      removeDirectory(place);
      writeFileSync(out, `${JSON.stringify(scenes, undefined, 2)}\n`);
      writeFileSync(out.replace('.json', '.svg'), matrixChart(scenes));
    }
  } finally {
    removeDirectory(root);
  }
  console.log(`\n${matrixTable(scenes)}\n\nWritten to ${out}`);
  const failures = scenes.flatMap(({ comparison }) => failuresOf(comparison));
  if (failures.length === 0) return;
  console.log(`\nFAILED\n${failures.join('\n')}`);
  process.exitCode = 1;
}

const args = process.argv.slice(2);
const task = taskOf(args);
await (task === undefined ? main(args) : performTask(task));
