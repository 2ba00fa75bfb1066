/**
 * Holds the memory of a plain fill to what was configured: `make bench-memory`, or
 * `node scripts/run-ts.mjs bench/memory.ts`.
 *
 * Owns: its settings, from the environment, the bound and the verdict:
 *
 *   PUTS         random puts of 16-digit keys and 100-byte values, in windows of 1000; 2,000,000
 *   DURABILITY   sync or os; sync, the engine's default, like every other option
 *
 * Ends with status 1 when resident memory after the last put, nothing closed and nothing collected by request, is above
 *
 *      1.3 x (memtableSizeBytes x (immutableMemtableCountMax + 1) + blockCacheSizeBytes)
 *
 * Node.js itself, the program and the worker thread are in that figure; what the process takes before the first put is
 * printed, and where the rest goes. Ends with status 1 too when an entry is missing or wrong.
 * bench/larger-than-memory.ts is about databases far above their budget, and about every phase of their life; this is
 * one process that only writes.
 *
 * The work is done by a child process, so that the program which was bundled and started before it is not counted.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';

import { type Durability, resolveOptions } from '../src/base/options.ts';
import { describeMachine, machineLine } from '../src/programs/bench/suite.ts';
import type { BenchData, BenchDatabase } from '../src/programs/bench/workloads.ts';
import { formatBytes, formatCount, formatTable } from '../src/programs/figures.ts';
import { open } from '../src/index.ts';
import { peakResidentBytes, residentBytes } from './big/memory.ts';
import {
  checkEntries,
  conclude,
  durabilityOf,
  fillData,
  putEntries,
  SEED,
  VALUE_SIZE_BYTES,
} from './harness/random-fill.ts';
import { inScratch } from './harness/scratch.ts';

const PUT_COUNT = 2_000_000;
/** That of the default would depend on the machine. */
const CACHE_SIZE_BYTES = 64 * 1024 * 1024;
const SAMPLE_STEP = 50_000;
const PRINTED_STEP = 4 * SAMPLE_STEP;
const BOUND_FACTOR = 1.3;
const CHILD_FLAG = '--child';
const USAGE_STATUS = 2;

interface Settings {
  readonly putCount: number;
  readonly durability: Durability;
}

/** Where the memory is, at one moment. */
interface Sample {
  readonly putCount: number;
  readonly residentBytes: number;
  /** V8's heap of the main thread, in use and reserved, and buffers outside of it. */
  readonly heapUsedBytes: number;
  readonly heapTotalBytes: number;
  readonly externalBytes: number;
  readonly arrayBufferBytes: number;
  readonly engine: ReturnType<BenchDatabase['stats']>['memory'];
}

function settingsOf(environment: NodeJS.ProcessEnv): Settings | undefined {
  const putCount = Number(environment['PUTS'] || PUT_COUNT);
  const durability = durabilityOf(environment, 'sync');
  if (!Number.isSafeInteger(putCount) || putCount < 1) return undefined;
  return durability === undefined ? undefined : { putCount, durability };
}

function budgetBytes(): number {
  const { memtableSizeBytes, immutableMemtableCountMax, blockCacheSizeBytes } = resolveOptions({});
  return memtableSizeBytes * (immutableMemtableCountMax + 1) + blockCacheSizeBytes;
}

function sampleOf(db: BenchDatabase, putCount: number): Sample {
  const { heapUsed, heapTotal, external, arrayBuffers } = process.memoryUsage();
  return {
    putCount,
    residentBytes: residentBytes(),
    heapUsedBytes: heapUsed,
    heapTotalBytes: heapTotal,
    externalBytes: external,
    arrayBufferBytes: arrayBuffers,
    engine: db.stats().memory,
  };
}

async function fill(
  db: BenchDatabase,
  data: BenchData,
  { putCount, durability }: Settings,
): Promise<Sample[]> {
  const samples: Sample[] = [];
  for (let first = 0; first < putCount; first += SAMPLE_STEP) {
    const end = Math.min(first + SAMPLE_STEP, putCount);
    await putEntries(db, data, [first, end], durability);
    samples.push(sampleOf(db, end));
  }
  return samples;
}

function printSamples(samples: readonly Sample[]): void {
  const last = samples[samples.length - 1];
  const printed = samples.filter((each) => each === last || each.putCount % PRINTED_STEP === 0);
  const rows = printed.map((sample) => [
    formatCount(sample.putCount),
    ...[
      sample.residentBytes,
      sample.engine.memtableBytes,
      sample.engine.blockCacheBytes,
      sample.engine.tableMetadataBytes,
      sample.heapUsedBytes,
      sample.heapTotalBytes,
      sample.externalBytes,
      sample.arrayBufferBytes,
    ].map(formatBytes),
  ]);
  const headings = [
    ...['puts', 'rss', 'memtables', 'block cache', 'filters, indexes'],
    ...['heap used', 'heap', 'external', 'array buffers'],
  ];
  console.log(`${formatTable(headings, rows)}\n`);
}

/** Prints the account, and returns what was wrong. */
function judge(samples: readonly Sample[], baselineBytes: number, peakBytes: number): string[] {
  const last = samples[samples.length - 1];
  if (last === undefined) return ['Nothing was measured'];
  const { residentBytes: endBytes, engine } = last;
  const budget = budgetBytes();
  const boundBytes = BOUND_FACTOR * budget;
  const tableBytes = engine.blockCacheBytes + engine.tableMetadataBytes;
  const usedBytes = engine.memtableUsedBytes + tableBytes;
  const heldText = `${formatBytes(usedBytes)} in use, ${formatBytes(engine.memtableBytes + tableBytes)} room`;
  // Room that was not used may not be resident, so what is neither is at most this.
  const otherBytes = Math.max(0, endBytes - baselineBytes - usedBytes);
  const highest = Math.max(...samples.map((sample) => sample.residentBytes));
  const facts = [
    ['budget', `${formatBytes(budget)} (memtables and block cache)`],
    ['bound', `${formatBytes(boundBytes)} (${BOUND_FACTOR} x budget)`],
    ['rss before', `${formatBytes(baselineBytes)} (Node.js, the program, its data)`],
    ['rss at the end', `${formatBytes(endBytes)}, ${(endBytes / budget).toFixed(2)} x budget`],
    ['rss, highest', `${formatBytes(highest)} of the samples, ${formatBytes(peakBytes)} the peak`],
    ['engine holds', heldText],
    ['neither', `${formatBytes(otherBytes)} at most (idle memtables, garbage, worker, allocator)`],
  ];
  for (const [name = '', text = ''] of facts) console.log(`${name.padEnd(15)} ${text}`);
  if (endBytes <= boundBytes) return [];
  return [`Resident memory is above its bound: ${formatBytes(endBytes)}`];
}

async function runChild(settings: Settings): Promise<void> {
  const data = fillData(settings.putCount);
  await inScratch('memory', async (directory) => {
    console.log(machineLine(describeMachine()));
    console.log(
      `${formatCount(settings.putCount)} random puts of ${VALUE_SIZE_BYTES} B, durability ` +
        `${settings.durability}, default options but a cache of ${formatBytes(CACHE_SIZE_BYTES)}, seed ${SEED}\n`,
    );
    const baselineBytes = residentBytes();
    const db = await open(directory, {
      keyEncoding: 'utf8',
      valueEncoding: 'view',
      blockCacheSizeBytes: CACHE_SIZE_BYTES,
    });
    const samples = await fill(db, data, settings);
    const peakBytes = peakResidentBytes(); // before the check, which reads everything
    printSamples(samples);
    const failures = judge(samples, baselineBytes, peakBytes);
    await checkEntries(db, data);
    await db.close();
    conclude(failures, '\nEvery entry is there, and memory stayed within its bound.');
  });
}

async function runParent(): Promise<void> {
  const program = process.argv[1];
  if (program === undefined) throw new Error('The program has no path');
  const child = spawn(process.execPath, [program, CHILD_FLAG], { stdio: 'inherit' });
  const [status] = (await once(child, 'close')) as [number | null];
  process.exitCode = status ?? 1;
}

const settings = settingsOf(process.env);
if (settings === undefined) {
  console.error('usage: PUTS=<count> DURABILITY=sync|os bench/memory.ts');
  process.exitCode = USAGE_STATUS;
} else {
  await (process.argv.includes(CHILD_FLAG) ? runChild(settings) : runParent());
}
