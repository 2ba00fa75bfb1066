/**
 * Point gets from two threads against one: `make bench-threads`, or `node scripts/run-ts.mjs bench/threads.ts`.
 *
 * Owns: its settings, from the environment, and the order of runs:
 *
 *   ENTRIES   in the tables, and at most in the memtable; 500,000
 *   OPS       reads of one thread in one run; 2,000,000
 *   RUNS      repetitions, one thread and two in turn; 7
 *
 * It measures the structures and no API: the engine has none for reading from other threads. The main thread fills a
 * memtable of the default size, whose memory is shared, and tables on disk; each reading thread attaches to the
 * memtable, and opens the tables with a block cache of its own, warm before the clock starts. What a read through the
 * database does besides, finding the read state, range tombstones, copying the value, decoding, is not in it.
 *
 *   memtable     the hash index and the version chain, in memory that all threads share
 *   tables       filter, index and cached block, of the table that has the key; the files are shared
 *   arithmetic   what two threads of this machine gain where nothing is shared: no row can be expected above it
 *
 * Both threads of a run start at one signal and do as many reads; a run lasts from the first start to the last end.
 * The column `on a core` is how much of that time the threads really ran, at worst: the process's CPU time over its
 * wall time. Where it is far from 100 %, others wanted the same cores, and the ratio says nothing.
 *
 * Ends with status 1 when a thread found another number of values, other lengths, or another sum over all values in the
 * order of the reads, or when a timed run read a block from a file.
 */
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';

import { hashKey } from '../src/bytes/hash.ts';
import { SEQUENCE_NUMBER_ZERO, sequenceNumber } from '../src/base/ids.ts';
import { resolveOptions } from '../src/base/options.ts';
import { Random } from '../src/base/random.ts';
import { VALUE } from '../src/base/value-type.ts';
import { describeMachine, machineLine } from '../src/programs/bench/suite.ts';
import { shuffled } from '../src/programs/bench/workloads.ts';
import { formatCount, formatTable } from '../src/programs/figures.ts';
import { Memtable, type SharedMemtable } from '../src/memtable/memtable.ts';
import { Operation } from '../src/memtable/operation.ts';
import { TableBuilder } from '../src/sstable/table-builder.ts';
import { NodeVfs } from '../src/vfs/node-vfs.ts';
import { median, spreadText } from './harness/results.ts';
import {
  drawEntries,
  KEY_SIZE_BYTES,
  makeKeys,
  VALUE_SIZE_BYTES,
  writeValue,
} from './threads/entries.ts';
import {
  Arithmetic,
  MemtableReader,
  type Reader,
  type StoredTable,
  TablesReader,
} from './threads/readers.ts';
import { inScratch } from './harness/scratch.ts';

const THREAD_COUNT = 2;
const SEED = 1;
const AIM = 1.8;
const TARGETS = ['memtable', 'tables', 'arithmetic'] as const;
type Target = (typeof TARGETS)[number];

/** The data that a thread is started with; all memory in it is shared. */
interface Setting {
  readonly keys: Uint8Array;
  readonly memtable: SharedMemtable;
  /** Entries of the memtable. */
  readonly inserted: Uint32Array;
  readonly tables: readonly StoredTable[];
  readonly readCount: number;
  /** Its one word is the number of the run that has started. */
  readonly gate: Int32Array;
}

interface Run {
  readonly number: number;
  readonly target: Target;
  readonly seed: number;
}

interface Timing {
  readonly startNs: bigint;
  readonly endNs: bigint;
  readonly missCount: number;
}

function numberOf(name: string, fallback: number): number {
  const text = process.env[name];
  const value = text === undefined || text === '' ? fallback : Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new Error(`${name} must be a positive integer: found=${text}`);
}

/** Fills a memtable of the default size with entries in this order, as many as have room. */
function fillMemtable(keys: Uint8Array, order: Uint32Array): { memtable: Memtable; count: number } {
  const memtable = Memtable.create({
    capacityBytes: resolveOptions({}).memtableSizeBytes,
    baseSequence: SEQUENCE_NUMBER_ZERO,
  });
  const value = new Uint8Array(VALUE_SIZE_BYTES);
  const entry = new Uint8Array(KEY_SIZE_BYTES + VALUE_SIZE_BYTES);
  const operation = new Operation();
  operation.type = VALUE;
  operation.bytes = entry;
  operation.keyEnd = operation.valueStart = KEY_SIZE_BYTES;
  operation.valueEnd = entry.length;
  let count = 0;
  for (const index of order) {
    if (!memtable.hasRoom(1, KEY_SIZE_BYTES + VALUE_SIZE_BYTES)) break;
    const start = index * KEY_SIZE_BYTES;
    const end = start + KEY_SIZE_BYTES;
    writeValue(value, index);
    entry.set(keys.subarray(start, end));
    entry.set(value, KEY_SIZE_BYTES);
    operation.sequence = sequenceNumber(++count);
    operation.hash = hashKey(keys, start, end);
    memtable.insert(operation);
  }
  return { memtable, count };
}

/** Writes all entries into tables of the default size, as a compaction to the bottom would. */
function writeTables(keys: Uint8Array, directory: string): StoredTable[] {
  const { blockSizeBytes, filterBitsPerKey, targetFileSizeBytes } = resolveOptions({});
  const vfs = new NodeVfs();
  const entryCount = keys.length / KEY_SIZE_BYTES;
  const value = new Uint8Array(VALUE_SIZE_BYTES);
  const tables: StoredTable[] = [];
  for (let index = 0; index < entryCount;) {
    const path = join(directory, `${tables.length}.sst`);
    const file = vfs.open(path, 'create');
    const builder = new TableBuilder(file, {
      blockSizeBytes,
      filterBitsPerKey,
      compression: 'snappy',
    });
    for (; index < entryCount && builder.sizeBytes < targetFileSizeBytes; index++) {
      const start = index * KEY_SIZE_BYTES;
      writeValue(value, index);
      builder.add(keys, start, start + KEY_SIZE_BYTES, 0, VALUE, value, 0, VALUE_SIZE_BYTES);
    }
    builder.finish();
    file.closeSync();
    tables.push({ path, lastKeyStart: (index - 1) * KEY_SIZE_BYTES });
  }
  return tables;
}

/** The work of a reading thread, until it is terminated. */
function serve(setting: Setting): void {
  const { inserted, tables, readCount, gate } = setting;
  const keys = setting.keys.slice();
  const everything = Uint32Array.from({ length: keys.length / KEY_SIZE_BYTES }, (_, i) => i);
  const readers: Record<Target, Reader> = {
    memtable: new MemtableReader(keys, setting.memtable),
    tables: new TablesReader(keys, tables),
    arithmetic: new Arithmetic(),
  };
  parentPort?.on('message', ({ number, target, seed }: Run) => {
    const reader = readers[target];
    const entries = drawEntries(readCount, target === 'memtable' ? inserted : everything, seed);
    const expected = reader.expected(entries);
    const missCount = reader.missCount;
    parentPort?.postMessage('ready');
    while (Atomics.load(gate, 0) < number) Atomics.wait(gate, 0, number - 1);
    const startNs = process.hrtime.bigint();
    const tally = reader.read(entries);
    const endNs = process.hrtime.bigint();
    for (const name of ['foundCount', 'sizeBytes', 'sum'] as const) {
      if (tally[name] === expected[name]) continue;
      throw new Error(
        `A thread read something wrong: target=${target} ${name}=${tally[name]} expected=${expected[name]}`,
      );
    }
    const timing: Timing = { startNs, endNs, missCount: reader.missCount - missCount };
    parentPort?.postMessage(timing);
  });
}

/** The figures of one run. */
interface Rate {
  readonly perSecond: number;
  /** The share of its time in which the threads ran. */
  readonly coreShare: number;
}

/** The next thing that the thread says. Throws what it threw. */
async function heard(worker: Worker): Promise<unknown> {
  const [message] = (await once(worker, 'message')) as unknown[];
  return message;
}

/** The threads, and the runs that they are told to make. */
class Threads {
  readonly #workers: readonly Worker[];
  readonly #setting: Setting;
  #runCount = 0;

  constructor(setting: Setting) {
    const program = process.argv[1];
    if (program === undefined) throw new Error('The program has no path');
    this.#setting = setting;
    this.#workers = Array.from(
      { length: THREAD_COUNT },
      () => new Worker(pathToFileURL(program), { workerData: setting, execArgv: [] }),
    );
  }

  /** Reads a second of so many threads; `isWarm` allows no block to be read from a file. */
  async rate(target: Target, threadCount: number, isWarm: boolean): Promise<Rate> {
    const { gate, readCount } = this.#setting;
    const number = ++this.#runCount;
    const workers = this.#workers.slice(0, threadCount);
    const ready = workers.map(heard);
    workers.forEach((worker, i) => {
      const run: Run = { number, target, seed: SEED + THREAD_COUNT * number + i };
      worker.postMessage(run);
    });
    await Promise.all(ready);
    const done = workers.map(heard);
    const usage = process.cpuUsage();
    const openedNs = process.hrtime.bigint();
    Atomics.store(gate, 0, number);
    Atomics.notify(gate, 0);
    const timings = (await Promise.all(done)) as Timing[]; // of serve()
    const { user, system } = process.cpuUsage(usage);
    const availableUs = (threadCount * Number(process.hrtime.bigint() - openedNs)) / 1000;
    const missCount = timings.reduce((sum, timing) => sum + timing.missCount, 0);
    if (isWarm && missCount > 0) throw new Error(`Blocks were not in memory: count=${missCount}`);
    const start = timings.reduce(
      (a, { startNs }) => (startNs < a ? startNs : a),
      timings[0]!.startNs,
    ); // one at least
    const end = timings.reduce((a, { endNs }) => (endNs > a ? endNs : a), start);
    const perSecond = (threadCount * readCount * 1e9) / Number(end - start);
    return { perSecond, coreShare: (user + system) / availableUs };
  }

  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }
}

async function measure(threads: Threads, target: Target, runCount: number): Promise<string[]> {
  // Twice: every block is read, then the loop is compiled for blocks that are there.
  for (const isWarm of [false, false]) await threads.rate(target, THREAD_COUNT, isWarm);
  const singles: Rate[] = [];
  const doubles: Rate[] = [];
  for (let run = 0; run < runCount; run++) {
    singles.push(await threads.rate(target, 1, true));
    doubles.push(await threads.rate(target, THREAD_COUNT, true));
  }
  // The ratio of two runs next to each other: the machine's mood is the same for both.
  const ratio =
    median(doubles.map(({ perSecond }, run) => perSecond / singles[run]!.perSecond)) ?? NaN; // as many of both
  const spread = (rates: readonly Rate[]): string =>
    spreadText({ values: rates.map((r) => r.perSecond), facts: {}, peakResidentBytes: 0 });
  const coreShare = Math.min(...[...singles, ...doubles].map((r) => r.coreShare));
  const coreText = `${(100 * Math.min(1, coreShare)).toFixed(0)} %`;
  const verdict = target === 'arithmetic' ? '' : ratio >= AIM ? 'reached' : 'not reached';
  return [target, spread(singles), spread(doubles), `${ratio.toFixed(2)}x`, verdict, coreText];
}

async function main(): Promise<void> {
  const entryCount = numberOf('ENTRIES', 500_000);
  const readCount = numberOf('OPS', 2_000_000);
  const runCount = numberOf('RUNS', 7);
  await inScratch('threads', async (root) => {
    mkdirSync(join(root, 'tables'));
    const keys = makeKeys(entryCount);
    const order = shuffled(entryCount, new Random(SEED));
    const { memtable, count } = fillMemtable(keys, order);
    const inserted = new Uint32Array(new SharedArrayBuffer(4 * count));
    inserted.set(order.subarray(0, count));
    const tables = writeTables(keys, join(root, 'tables'));
    console.log(machineLine(describeMachine()));
    console.log(
      `${formatCount(count)} entries in the memtable, ${formatCount(entryCount)} in ${tables.length} tables; ` +
        `${formatCount(readCount)} gets of random keys for each thread; seed ${SEED}\n` +
        `Gets a second, median of ${runCount} interleaved runs [lowest-highest]; the structures, not an API\n`,
    );
    const gate = new Int32Array(new SharedArrayBuffer(4));
    const shared = { keys, inserted, tables, readCount, gate };
    const threads = new Threads({ ...shared, memtable: memtable.shared() });
    const rows: string[][] = [];
    try {
      for (const target of TARGETS) rows.push(await measure(threads, target, runCount));
    } finally {
      await threads.close();
    }
    console.log(
      formatTable(
        ['', '1 thread', `${THREAD_COUNT} threads`, 'ratio', `aim ${AIM}x`, 'on a core'],
        rows,
      ),
    );
  });
}

if (isMainThread) await main();
else serve(workerData as Setting); // of Threads
