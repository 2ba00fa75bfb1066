/**
 * Scale: the engine as a database grows: `node scripts/run-ts.mjs bench/scale.ts [counts]`, counts being numbers of
 * entries such as 1000000,10000000 (the default).
 *
 * Owns: the amplifications. Each size is filled in random order in a process of its own, half of it then overwritten,
 * and measured as it lies, then compacted.
 *
 *   write amplification   bytes written by log, flush and compaction over bytes of keys and values put
 *   read amplification    blocks read from files for each point get that the block cache cannot answer: gets run with
 *                         the cache at its smallest
 *   space amplification   bytes of tables over bytes of live keys and values, before and after compaction
 *   memory                filters and indexes for each entry, and the peak of the process
 *   open                  after a clean close, until the first get
 *
 * Growth is each figure over that of the size before: constant work a byte shows as 1.0.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

import { describeMachine, machineLine } from '../src/programs/bench/suite.ts';
import { WrongResultError } from '../src/programs/bench/measuring.ts';
import { BenchData } from '../src/programs/bench/workloads.ts';
import { formatCount, formatTable } from '../src/programs/figures.ts';
import { type Database, open } from '../src/index.ts';
import { peakResidentBytes } from './big/memory.ts';
import { checkContents, inWindows } from './harness/measure.ts';
import { shortNumber } from './harness/results.ts';
import { varve } from './adapters/varve.ts';
import { inScratch } from './harness/scratch.ts';

const COUNTS = [1_000_000, 10_000_000];
const VALUE_SIZE_BYTES = 100;
const KEY_SIZE_BYTES = 16;
const SEED = 1;
const GET_COUNT = 20_000;
const MIB = 1024 * 1024;
const BYTES_PER_MB = 1e6;
/** The distance of the value that an overwrite puts to the one before. */
const OVERWRITE_SHIFT = 7;

type Figures = Record<string, number>;

function bytesWritten(db: Database<string>): number {
  const { log, background } = db.stats();
  return log.bytesWritten + background.flushBytesWritten + background.compactionBytesWritten;
}

/** Blocks read for each get, by keys that are there and keys that are not. */
async function readAmplification(directory: string, data: BenchData): Promise<Figures> {
  const options = { keyEncoding: 'utf8', blockCacheSizeBytes: 0 } as const;
  const startMs = performance.now();
  const db = await open(directory, options);
  const isFound = db.getSync(data.randomKey(0)) !== undefined;
  const openMs = performance.now() - startMs;
  const count = Math.min(GET_COUNT, data.entryCount);
  const blocksPerGet = (keyAt: (index: number) => string): number => {
    const before = db.stats().blockCache.missCount;
    for (let i = 0; i < count; i++) db.getSync(keyAt(i));
    return (db.stats().blockCache.missCount - before) / count;
  };
  try {
    if (!isFound) throw new WrongResultError('The first key is missing after a reopen');
    return {
      'open, ms': openMs,
      'blocks read a get': blocksPerGet((i) => data.randomKey(i)),
      'blocks read a miss': blocksPerGet((i) => data.missingKey(i)),
    };
  } finally {
    await db.close();
  }
}

async function measure(directory: string, entryCount: number): Promise<Figures> {
  const data = new BenchData({
    entryCount,
    valueSizeBytes: VALUE_SIZE_BYTES,
    seed: SEED,
    tuning: {},
  });
  const overwriteCount = entryCount >>> 1;
  const entrySizeBytes = KEY_SIZE_BYTES + VALUE_SIZE_BYTES;
  const options = { durability: 'os' } as const;
  let db: Database<string> = await open(directory, { keyEncoding: 'utf8' });
  const startMs = performance.now();
  await inWindows(entryCount, (i) => db.put(data.randomKey(i), data.value(i), options));
  await inWindows(overwriteCount, (i) =>
    db.put(data.randomKey(i), data.value(i + OVERWRITE_SHIFT), options),
  );
  const seconds = (performance.now() - startMs) / 1000;
  const putCount = entryCount + overwriteCount;
  await db.flush();
  const asFilled: Figures = {
    'puts a second': putCount / seconds,
    'write amplification': bytesWritten(db) / (putCount * entrySizeBytes),
    'space amplification': db.stats().tables.sizeBytes / (entryCount * entrySizeBytes),
    levels: db.stats().levels.filter(({ tableCount }) => tableCount > 0).length,
  };
  await db.close();
  const reads = await readAmplification(directory, data);
  db = await open(directory, { keyEncoding: 'utf8' });
  const compactStartMs = performance.now();
  await db.compact();
  const compacted: Figures = {
    'compact, s': (performance.now() - compactStartMs) / 1000,
    'space amplification, compacted': db.stats().tables.sizeBytes / (entryCount * entrySizeBytes),
    'tables, MB': db.stats().tables.sizeBytes / BYTES_PER_MB,
  };
  for (let i = 0; i < entryCount; i += 64) db.getSync(data.randomKey(i)); // opens every table
  compacted['filters and indexes an entry, B'] = db.stats().memory.tableMetadataBytes / entryCount;
  await db.close();
  const memory = { 'peak memory, MB': peakResidentBytes() / BYTES_PER_MB };
  await checkAll(directory, data, overwriteCount);
  return { ...asFilled, ...reads, ...compacted, ...memory };
}

/** Reads everything back, by the checks that the comparison uses. */
async function checkAll(directory: string, data: BenchData, overwriteCount: number): Promise<void> {
  const store = await varve.open({
    directory,
    durability: 'os',
    clientCount: 1,
    cacheSizeBytes: 64 * MIB,
    writeBufferSizeBytes: 64 * MIB,
  });
  try {
    await checkContents(store, data.entryCount, (i) => ({
      key: data.randomKey(i),
      value: data.value(i < overwriteCount ? i + OVERWRITE_SHIFT : i),
    }));
  } finally {
    await store.close();
  }
}

function measureInChild(entryCount: number): Figures {
  const child = spawnSync(process.execPath, [process.argv[1] ?? '', '--measure', `${entryCount}`], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (child.status !== 0) throw new Error(`The process for ${entryCount} entries failed`);
  return JSON.parse(child.stdout) as Figures;
}

function printTable(counts: readonly number[], results: readonly Figures[]): void {
  const headings = counts.flatMap((count, i) => [
    `${formatCount(count)} entries`,
    ...(i === 0 ? [] : ['growth']),
  ]);
  const names = Object.keys(results[0] ?? {});
  const rows = names.map((name) => [
    name,
    ...results.flatMap((figures, i) => {
      const value = figures[name] ?? 0;
      const before = results[i - 1]?.[name];
      const growth = before === undefined || before === 0 ? '-' : `${(value / before).toFixed(2)}x`;
      return [shortNumber(value), ...(i === 0 ? [] : [growth])];
    }),
  ]);
  console.log(machineLine(describeMachine()));
  console.log(`keys of ${KEY_SIZE_BYTES} B, values of ${VALUE_SIZE_BYTES} B, seed ${SEED}\n`);
  console.log(formatTable(['', ...headings], rows));
}

const [first, second] = process.argv.slice(2);
if (first === '--measure') {
  await inScratch('scale', async (root) => {
    process.stdout.write(JSON.stringify(await measure(join(root, 'db'), Number(second))));
  });
} else {
  const counts = first === undefined ? COUNTS : first.split(',').map(Number);
  if (!counts.every((count) => Number.isSafeInteger(count) && count > 1)) {
    console.error('usage: scale [counts]');
    process.exitCode = 2;
  } else {
    printTable(counts, counts.map(measureInChild));
  }
}
