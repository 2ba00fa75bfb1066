/**
 * A database read from two threads against one: `make bench-workers`, or `node scripts/run-ts.mjs bench/workers.ts`.
 *
 * Owns: its settings, from the environment, and the order of runs:
 *
 *   ENTRIES   100,000, of 16 bytes and 100 bytes
 *   OPS       lookups of one thread in one run; 1,000,000
 *   RUNS      repetitions, one thread and two in turn; 5
 *   WRITES    puts of the owner, alone and beside readers; 200,000
 *
 * Threads attach with `db.share()` and read with the calls of the API: `getSync`, and a scan of everything in lots. Tables
 * are in the caches of the threads before the clock starts. `lmdb`, when it is installed, is read by threads of its own.
 *
 *   memtable   everything in the memtable that takes writes
 *   tables     everything in tables
 *   arithmetic what these cores give two threads that share nothing: the bound of every ratio
 *   writer     puts a second of the owner, and what part of them it makes beside 128 tasks that read in one thread, and
 *              beside two threads that only read: with two cores these three share them
 *
 * The last column is the ratio by processor time: what two threads would reach if each had a core to itself. Where it is far
 * above the ratio, others wanted the cores.
 *
 * Ends with status 1 when a thread finds another number of values.
 */
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { attach, type Database, type DatabaseHandle, open } from '../src/index.ts';
import { Random } from '../src/base/random.ts';
import { describeMachine, machineLine } from '../src/programs/bench/suite.ts';
import { formatCount, formatTable } from '../src/programs/figures.ts';
import { lmdb } from './adapters/lmdb.ts';
import { median } from './harness/results.ts';
import { inScratch } from './harness/scratch.ts';

const THREAD_COUNT = 2;
const TASK_COUNT = 128;
const VALUE_SIZE_BYTES = 100;
const MEMTABLE_SIZE_BYTES = 256 * 1024 * 1024;

interface Start {
  readonly handle: DatabaseHandle | undefined;
  /** The directory of lmdb; for a thread without a handle. */
  readonly directory: string;
  readonly entryCount: number;
  readonly readCount: number;
  /** Its one word is the number of the run that has started. */
  readonly gate: Int32Array;
}

interface Run {
  readonly number: number;
  readonly kind: 'get' | 'scan' | 'arithmetic' | 'tasks' | 'endless';
}

/** What a thread reads with; each returns how many values it has found. */
interface Reading {
  get(key: string): number;
  getLater(key: string): Promise<number>;
  scan(): number | Promise<number>;
}

function numberOf(name: string, fallback: number): number {
  const value = Number(process.env[name] ?? fallback);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new Error(`${name} must be a positive integer`);
}

const LMDB_SETTINGS = {
  durability: 'os',
  clientCount: 1,
  cacheSizeBytes: MEMTABLE_SIZE_BYTES,
  writeBufferSizeBytes: MEMTABLE_SIZE_BYTES,
} as const;

const keyOf = (i: number): string => String(i * 7).padStart(16, '0');

async function readingOf({ handle, directory }: Start): Promise<Reading> {
  if (handle !== undefined) {
    const db = await attach(handle, { keyEncoding: 'utf8' });
    return {
      get: (key) => (db.getSync(key) === undefined ? 0 : 1),
      getLater: async (key) => ((await db.get(key)) === undefined ? 0 : 1),
      scan: () => {
        let count = 0;
        for (const entry of db.entries()) if (entry.length === 2) count++;
        return count;
      },
    };
  }
  const store = await lmdb.open({ ...LMDB_SETTINGS, directory });
  return {
    get: (key) => (store.getSync?.(key) === undefined ? 0 : 1),
    getLater: async (key) => ((await store.get(key)) === undefined ? 0 : 1),
    scan: async () => {
      let count = 0;
      await store.scan({}, () => count++);
      return count;
    },
  };
}

/** Work that touches no memory: so many sums of a hundred steps. */
function sumUpTo(count: number): number {
  let sum = 0;
  for (let i = 0; i < count * 100; i++) sum = (sum + Math.imul(i, 0x9e3779b1)) | 0;
  return sum;
}

/** The work of a reading thread, until it is terminated. */
async function serve(start: Start): Promise<void> {
  const { entryCount, readCount, gate } = start;
  const reading = await readingOf(start);
  const random = new Random(1);
  const keys = Array.from({ length: 1 << 16 }, () =>
    keyOf(Math.floor(random.nextFraction() * entryCount)),
  );
  const read = async ({ number, kind }: Run): Promise<void> => {
    while (Atomics.load(gate, 0) < number) Atomics.wait(gate, 0, number - 1);
    const startNs = process.hrtime.bigint();
    let found = 0;
    const isStopped = (): boolean => Atomics.load(gate, 0) !== number;
    const keyAt = (i: number): string => keys[i & 0xffff]!; // there are as many
    switch (kind) {
      case 'scan':
        found = await reading.scan();
        break;
      case 'arithmetic':
        found = sumUpTo(readCount);
        break;
      case 'get':
        for (let i = 0; i < readCount; i++) found += reading.get(keyAt(i));
        break;
      case 'endless':
        for (let i = 0; !isStopped(); i++) found += reading.get(keyAt(i));
        break;
      case 'tasks':
        await Promise.all(
          Array.from({ length: TASK_COUNT }, async (_, task) => {
            for (let i = task; !isStopped(); i += TASK_COUNT) await reading.getLater(keyAt(i));
          }),
        );
    }
    const endNs = process.hrtime.bigint();
    const expected = kind === 'scan' ? entryCount : readCount;
    const isCounted = kind === 'scan' || kind === 'get';
    if (isCounted && found !== expected) throw new Error(`A thread found ${found}`);
    parentPort?.postMessage({ startNs, endNs });
  };
  parentPort?.on('message', (run: Run) => {
    parentPort?.postMessage('ready');
    void read(run);
  });
  parentPort?.postMessage('attached');
}

async function heard(worker: Worker): Promise<unknown> {
  const [message] = (await once(worker, 'message')) as unknown[];
  return message;
}

interface Rate {
  readonly perSecond: number;
  /** Microseconds of processor time for each item. */
  readonly processorUs: number;
}

class Threads {
  readonly #workers: readonly Worker[];
  readonly #gate: Int32Array;
  #number = 0;

  private constructor(workers: readonly Worker[], gate: Int32Array) {
    this.#workers = workers;
    this.#gate = gate;
  }

  static async start(
    owner: Database<string> | undefined,
    start: Omit<Start, 'handle' | 'gate'>,
  ): Promise<Threads> {
    const gate = new Int32Array(new SharedArrayBuffer(4));
    const program = pathToFileURL(process.argv[1]!); // of this program
    const workers: Worker[] = [];
    for (let i = 0; i < THREAD_COUNT; i++) {
      const handle = owner?.share();
      const transferList = handle === undefined ? [] : [handle.port];
      const data: Start = { ...start, handle, gate };
      const worker = new Worker(program, { workerData: data, transferList, execArgv: [] });
      await heard(worker);
      workers.push(worker);
    }
    return new Threads(workers, gate);
  }

  /** What so many threads do together. */
  async rate(
    kind: 'get' | 'scan' | 'arithmetic',
    threadCount: number,
    itemCount: number,
  ): Promise<Rate> {
    const ends = await this.#begin(kind, threadCount);
    const before = process.cpuUsage();
    const times = (await Promise.all(ends)) as { startNs: bigint; endNs: bigint }[]; // of serve()
    const { user, system } = process.cpuUsage(before);
    const startNs = times.reduce((a, t) => (t.startNs < a ? t.startNs : a), times[0]!.startNs);
    const endNs = times.reduce((a, t) => (t.endNs > a ? t.endNs : a), startNs);
    const count = threadCount * itemCount;
    return {
      perSecond: (count * 1e9) / Number(endNs - startNs),
      processorUs: (user + system) / count,
    };
  }

  /** Does the work while so many threads read. */
  async beside<T>(
    kind: 'tasks' | 'endless',
    threadCount: number,
    work: () => Promise<T>,
  ): Promise<T> {
    const ends = await this.#begin(kind, threadCount);
    const result = await work();
    Atomics.store(this.#gate, 0, ++this.#number);
    await Promise.all(ends);
    return result;
  }

  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }

  async #begin(kind: Run['kind'], threadCount: number): Promise<Promise<unknown>[]> {
    const number = ++this.#number;
    const workers = this.#workers.slice(0, threadCount);
    const ready = workers.map(heard);
    const run: Run = { number, kind };
    for (const worker of workers) worker.postMessage(run);
    await Promise.all(ready);
    const ends = workers.map(heard);
    Atomics.store(this.#gate, 0, number);
    Atomics.notify(this.#gate, 0);
    return ends;
  }
}

async function measure(
  name: string,
  threads: Threads,
  { entryCount, readCount, runCount }: { entryCount: number; readCount: number; runCount: number },
): Promise<string[][]> {
  const rows: string[][] = [];
  for (const [kind, itemCount] of [
    ...(name === 'memtable' ? [['arithmetic', readCount] as const] : []),
    ['get', readCount],
    ['scan', entryCount],
  ] as const) {
    for (let warm = 0; warm < 2; warm++) await threads.rate(kind, THREAD_COUNT, itemCount);
    const singles: Rate[] = [];
    const doubles: Rate[] = [];
    for (let run = 0; run < runCount; run++) {
      singles.push(await threads.rate(kind, 1, itemCount));
      doubles.push(await threads.rate(kind, THREAD_COUNT, itemCount));
    }
    const ratioOf = (valueOf: (single: Rate, double: Rate) => number): string =>
      `${(median(singles.map((single, run) => valueOf(single, doubles[run]!))) ?? NaN).toFixed(2)}x`;
    rows.push([
      kind === 'arithmetic' ? kind : `${name} ${kind}`,
      ...[singles, doubles].map((rates) =>
        formatCount(Math.round(median(rates.map(({ perSecond }) => perSecond)) ?? NaN)),
      ),
      ratioOf((single, double) => double.perSecond / single.perSecond),
      ratioOf((single, double) => (THREAD_COUNT * single.processorUs) / double.processorUs),
    ]);
  }
  return rows;
}

async function fill(db: Database<string>, entryCount: number): Promise<void> {
  const value = new Uint8Array(VALUE_SIZE_BYTES).fill(7);
  for (let i = 0; i < entryCount; i += 100) {
    const count = Math.min(100, entryCount - i);
    await db.batch(
      Array.from({ length: count }, (_, j) => ({ type: 'put' as const, key: keyOf(i + j), value })),
      { durability: 'os' },
    );
  }
}

/** Puts a second, each awaited, over keys that are there. */
async function putRate(db: Database<string>, count: number, entryCount: number): Promise<number> {
  const value = new Uint8Array(VALUE_SIZE_BYTES).fill(8);
  const random = new Random(2);
  const startNs = process.hrtime.bigint();
  for (let i = 0; i < count; i += 100) {
    await Promise.all(
      Array.from({ length: 100 }, () =>
        db.put(keyOf(Math.floor(random.nextFraction() * entryCount)), value, { durability: 'os' }),
      ),
    );
  }
  return (count * 1e9) / Number(process.hrtime.bigint() - startNs);
}

async function main(): Promise<void> {
  const entryCount = numberOf('ENTRIES', 100_000);
  const readCount = numberOf('OPS', 1_000_000);
  const runCount = numberOf('RUNS', 5);
  const writeCount = numberOf('WRITES', 200_000);
  const counts = { entryCount, readCount, runCount };
  console.log(machineLine(describeMachine()));
  const rows: string[][] = [];
  await inScratch('workers', async (root) => {
    const db = await open(join(root, 'varve'), {
      keyEncoding: 'utf8',
      memtableSizeBytes: MEMTABLE_SIZE_BYTES,
      blockCacheSizeBytes: MEMTABLE_SIZE_BYTES,
    });
    await fill(db, entryCount);
    const threads = await Threads.start(db, { directory: '', entryCount, readCount });
    try {
      rows.push(...(await measure('memtable', threads, counts)));
      await db.compact();
      rows.push(...(await measure('tables', threads, counts)));
      const puts = (): Promise<number> => putRate(db, writeCount, entryCount);
      await puts();
      for (const [title, kind, count] of [
        [`writer alone, beside ${TASK_COUNT} tasks`, 'tasks', 1],
        [`writer alone, beside ${THREAD_COUNT} threads`, 'endless', THREAD_COUNT],
      ] as const) {
        const alone: number[] = [];
        const beside: number[] = [];
        for (let run = 0; run < runCount; run++) {
          alone.push(await puts());
          beside.push(await threads.beside(kind, count, puts));
        }
        const [a, b] = [median(alone) ?? NaN, median(beside) ?? NaN];
        const shown = [a, b].map((rate) => formatCount(Math.round(rate)));
        rows.push([title, ...shown, `${Math.round((100 * b) / a)} %`, '']);
      }
    } finally {
      await threads.close();
      await db.close();
    }
    rows.push(...(await measureLmdb(root, counts)));
  });
  console.log(
    formatTable(['', '1 thread', `${THREAD_COUNT} threads`, 'ratio', 'by processor'], rows),
  );
}

async function measureLmdb(
  root: string,
  counts: { entryCount: number; readCount: number; runCount: number },
): Promise<string[][]> {
  const directory = join(root, 'lmdb');
  mkdirSync(directory);
  try {
    lmdb.version();
  } catch {
    return [['lmdb', 'not installed', '', '', '']];
  }
  const { entryCount, readCount } = counts;
  const store = await lmdb.open({ ...LMDB_SETTINGS, directory });
  const value = new Uint8Array(VALUE_SIZE_BYTES).fill(7);
  for (let i = 0; i < entryCount; i++) await store.put(keyOf(i), value);
  await store.close();
  const threads = await Threads.start(undefined, { directory, entryCount, readCount });
  try {
    return await measure('lmdb', threads, counts);
  } finally {
    await threads.close();
  }
}

if (isMainThread) await main();
else await serve(workerData as Start); // of Threads
