/**
 * A random load that fills ten memtables without a pause: `make bench-sustained`, or
 * `node scripts/run-ts.mjs bench/sustained.ts`.
 *
 * Owns: its settings, from the environment, and the verdict:
 *
 *   MEMTABLES    how many memtables of the default size are filled; 10
 *   DURABILITY   sync or os; os, which leaves the most to do beside the load
 *
 * Random puts of 16-digit keys and 100-byte values, in windows of 1000, with default options. For each tenth: the rate,
 * level 0 at its highest, how long the event loop was kept from a task, and how long commits were held back. Ends with
 * status 1 when level 0 was longer than flushes of memtables that were full already can make it once writes stop, when
 * nothing was compacted, or when an entry is missing or wrong.
 */

import { type Durability, resolveOptions } from '../src/base/options.ts';
import { describeMachine, machineLine } from '../src/programs/bench/suite.ts';
import type { BenchData, BenchDatabase } from '../src/programs/bench/workloads.ts';
import { formatCount, formatTable } from '../src/programs/figures.ts';
import { open } from '../src/index.ts';
import {
  corelessPercent,
  coreWaitMs,
  LoopDelay,
  type LoopDelayReport,
} from './harness/loop-delay.ts';
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

const MEMTABLE_COUNT = 10;
/** Bytes of a record in a memtable, with its share of nodes and slots. */
const ENTRY_SIZE_BYTES = 172;
const PART_COUNT = 10;
const USAGE_STATUS = 2;

interface Settings {
  readonly memtableCount: number;
  readonly durability: Durability;
}

/** A tenth of the load. */
interface Part {
  readonly rate: number;
  readonly level0CountMax: number;
  readonly loop: LoopDelayReport;
  /** Percent of the time in which the main thread had no core; undefined where the kernel does not tell. */
  readonly corelessPercent: number | undefined;
  readonly stalledMs: number;
  readonly slowdownCount: number;
}

function settingsOf(environment: NodeJS.ProcessEnv): Settings | undefined {
  const memtableCount = Number(environment['MEMTABLES'] || MEMTABLE_COUNT);
  const durability = durabilityOf(environment, 'os');
  if (!Number.isSafeInteger(memtableCount) || memtableCount < 1) return undefined;
  return durability === undefined ? undefined : { memtableCount, durability };
}

/** Level 0 at its highest since the last `take`. It grows with flushes alone. */
class Level0Watch {
  readonly #db: BenchDatabase;
  #countMax = 0;

  constructor(db: BenchDatabase) {
    this.#db = db;
    db.on('flush-finished', this.#note);
  }

  /** Before the database closes. */
  end(): void {
    this.#db.off('flush-finished', this.#note);
  }

  take(): number {
    this.#note();
    const countMax = this.#countMax;
    this.#countMax = 0;
    return countMax;
  }

  readonly #note = (): void => {
    this.#countMax = Math.max(this.#countMax, this.#db.stats().levels[0]?.tableCount ?? 0);
  };
}

async function fillPart(
  db: BenchDatabase,
  data: BenchData,
  level0: Level0Watch,
  [first, end]: readonly [number, number],
  durability: Durability,
): Promise<Part> {
  const before = db.stats().stalls;
  const delay = new LoopDelay();
  const coreWaitBeforeMs = coreWaitMs();
  const startMs = performance.now();
  await putEntries(db, data, [first, end], durability);
  const seconds = (performance.now() - startMs) / 1000;
  const coreWaitAfterMs = coreWaitMs();
  const after = db.stats().stalls;
  return {
    rate: (end - first) / seconds,
    level0CountMax: level0.take(),
    loop: await delay.stop(),
    corelessPercent: corelessPercent(coreWaitBeforeMs, coreWaitAfterMs, seconds),
    stalledMs: after.totalMs - before.totalMs,
    slowdownCount: after.slowdownCount - before.slowdownCount,
  };
}

function printParts(parts: readonly Part[]): void {
  const rows = parts.map((part, index) => [
    `${index + 1}`,
    formatCount(Math.round(part.rate)),
    `${part.level0CountMax}`,
    ...[part.loop.p50Ms, part.loop.p99Ms, part.loop.maxMs].map((ms) => ms.toFixed(1)),
    part.corelessPercent === undefined ? '?' : part.corelessPercent.toFixed(0),
    part.stalledMs.toFixed(0),
    `${part.slowdownCount}`,
  ]);
  const headings = [
    ...['tenth', 'puts/s', 'level 0, most', 'loop p50 ms', 'p99', 'max'],
    ...['% without a core', 'held back ms', 'slowed'],
  ];
  console.log(`${formatTable(headings, rows)}\n`);
}

function judge(db: BenchDatabase, parts: readonly Part[]): string[] {
  const { level0StopTrigger, immutableMemtableCountMax } = resolveOptions({});
  const bound = level0StopTrigger + immutableMemtableCountMax;
  const highest = Math.max(...parts.map(({ level0CountMax }) => level0CountMax));
  const { background } = db.stats();
  console.log(
    `${background.flushCount} flushes, ${background.compactionCount} compactions; ` +
      `level 0 at most ${highest} tables, writes stop at ${level0StopTrigger}`,
  );
  return [
    ...(highest > bound ? [`Level 0 is not bounded: found=${highest} bound=${bound}`] : []),
    ...(background.compactionCount === 0 ? ['Nothing was compacted: the load was none'] : []),
  ];
}

async function main({ memtableCount, durability }: Settings): Promise<void> {
  const { memtableSizeBytes } = resolveOptions({});
  const entryCount = Math.ceil((memtableCount * memtableSizeBytes) / ENTRY_SIZE_BYTES);
  const data = fillData(entryCount);
  await inScratch('sustained', async (directory) => {
    console.log(machineLine(describeMachine()));
    console.log(
      `${formatCount(entryCount)} random puts of ${VALUE_SIZE_BYTES} B, some ${memtableCount} memtables, ` +
        `durability ${durability}, default options, seed ${SEED}\n`,
    );
    const db = await open(directory, { keyEncoding: 'utf8', valueEncoding: 'view' });
    const level0 = new Level0Watch(db);
    const parts: Part[] = [];
    for (let i = 0; i < PART_COUNT; i++) {
      const range = [i, i + 1].map((each) => Math.floor((each * entryCount) / PART_COUNT));
      const [first = 0, end = 0] = range;
      parts.push(await fillPart(db, data, level0, [first, end], durability));
    }
    level0.end();
    printParts(parts);
    const failures = judge(db, parts);
    await checkEntries(db, data);
    await db.close();
    conclude(failures, 'Every entry is there, and level 0 stayed within its bound.');
  });
}

const settings = settingsOf(process.env);
if (settings === undefined) {
  console.error('usage: MEMTABLES=<count> DURABILITY=sync|os bench/sustained.ts');
  process.exitCode = USAGE_STATUS;
} else {
  await main(settings);
}
