/**
 * A whole comparison: which processes run, in which order.
 *
 * Owns: the databases on disk and the order of runs. Repetitions are interleaved, A B C A B C, so that a slow minute of
 * the machine falls on all engines; each measurement has a process of its own.
 */
import { cpSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { describeMachine } from '../../src/programs/bench/suite.ts';
import type { Adapter } from '../adapters/store.ts';
import { removeDirectory, runTask } from './child.ts';
import type { Comparison, EngineInfo, EngineResult, Row } from './results.ts';
import type { Sizes, Unit, Workload } from './workload.ts';

const BYTES_PER_MB = 1e6;

export interface ComparisonSettings {
  /** Databases are made in folders of this directory, and removed. */
  readonly root: string;
  readonly sizes: Sizes;
  readonly runCount: number;
  readonly engines: readonly Adapter[];
  readonly workloads: readonly Workload[];
}

export interface ComparisonEvents {
  readonly onEngine: (info: EngineInfo) => void;
  /** A row is complete; `soFar` is the comparison with it and all before. */
  readonly onRow: (row: Row, soFar: Comparison) => void;
}

/** One engine's runs of one workload, while they come in. */
interface Collected {
  readonly runs: { value: number; facts: Readonly<Record<string, number>> }[];
  readonly peaks: number[];
  error: string | undefined;
}

export async function compare(
  settings: ComparisonSettings,
  events: ComparisonEvents,
): Promise<Comparison> {
  const { root, sizes, runCount, workloads } = settings;
  const startedAt = new Date().toISOString();
  mkdirSync(root, { recursive: true });
  const engines: EngineInfo[] = [];
  for (const adapter of settings.engines) {
    const info = await describeEngine(adapter, sizes, root);
    engines.push(info);
    events.onEngine(info);
  }
  const names = engines.filter(({ problem }) => problem === undefined).map(({ name }) => name);
  const plannedIds = plannedIdsOf(workloads);
  const rows: Row[] = [];
  const setting = { machine: describeMachine(), startedAt, runCount, sizes, engines, plannedIds };
  const soFar = (): Comparison => ({ ...setting, rows: [...rows] });
  const add = (row: Row): void => {
    rows.push(row);
    events.onRow(row, soFar());
  };
  if (workloads.some(isPrepared)) add(await prepareAll(settings, names));
  for (const workload of workloads) {
    const collected = new Map(names.map((name) => [name, emptyCollected()]));
    for (let run = 0; run < runCount; run++) {
      for (const [name, results] of collected) {
        if (results.error === undefined) await measure(settings, workload, name, results);
      }
    }
    add(rowOf(workload, collected));
    const memory = memoryRowOf(workload, collected);
    if (memory !== undefined) add(memory);
  }
  return soFar();
}

function isPrepared({ source }: Workload): boolean {
  return source === 'prepared' || source === 'copy';
}

const SIZE_ID = 'size';
const memoryIdOf = (workloadId: string): string => `memory-${workloadId}`;

/** Every row that these workloads make, in order. */
export function plannedIdsOf(workloads: readonly Workload[]): string[] {
  return [
    ...(workloads.some(isPrepared) ? [SIZE_ID] : []),
    ...workloads.flatMap(({ id }) => (MEMORY_ROWS[id] === undefined ? [id] : [id, memoryIdOf(id)])),
  ];
}

async function describeEngine(adapter: Adapter, sizes: Sizes, root: string): Promise<EngineInfo> {
  const { name, idioms } = adapter;
  try {
    const task = { kind: 'version', engine: name, directory: root, sizes } as const;
    const { version } = await runTask(task);
    return { name, version, idioms, problem: undefined };
  } catch (error) {
    return { name, version: undefined, idioms, problem: messageOf(error) };
  }
}

const preparedDirectory = (root: string, engine: string): string => join(root, 'prepared', engine);

/** Fills a database for each engine; the row is what they take on disk. */
async function prepareAll(
  { root, sizes }: ComparisonSettings,
  names: readonly string[],
): Promise<Row> {
  const engines: Record<string, EngineResult> = {};
  for (const engine of names) {
    const directory = preparedDirectory(root, engine);
    try {
      mkdirSync(directory, { recursive: true });
      const { peakResidentBytes } = await runTask({ kind: 'prepare', engine, directory, sizes });
      const values = [sizeOf(directory) / BYTES_PER_MB];
      engines[engine] = { values, facts: {}, peakResidentBytes };
    } catch (error) {
      engines[engine] = {
        values: [],
        facts: {},
        peakResidentBytes: 0,
        error: messageOf(error),
      };
    }
  }
  return sizeRow(engines);
}

function sizeRow(engines: Row['engines']): Row {
  return {
    id: SIZE_ID,
    title: 'size on disk, compacted',
    unit: 'MB',
    clientCount: 1,
    durability: undefined,
    aim: { kind: 'ratio', ratio: 1 },
    engines,
  };
}

async function measure(
  { root, sizes }: ComparisonSettings,
  workload: Workload,
  engine: string,
  results: Collected,
): Promise<void> {
  const own = join(root, `${engine}-${workload.id}`);
  const isShared = workload.source === 'prepared';
  const directory = isShared ? preparedDirectory(root, engine) : own;
  try {
    if (workload.source === 'copy') {
      cpSync(preparedDirectory(root, engine), own, { recursive: true });
    } else if (!isShared) {
      mkdirSync(own, { recursive: true });
    }
    if (workload.source === 'crashed') {
      await runTask({ kind: 'crash', engine, directory, sizes });
    }
    const task = { kind: 'measure', engine, directory, sizes, workload: workload.id } as const;
    const { measurement, peakResidentBytes } = await runTask(task);
    if (measurement === undefined) throw new Error('The process measured nothing');
    results.runs.push(measurement);
    results.peaks.push(peakResidentBytes);
  } catch (error) {
    results.error = messageOf(error);
  } finally {
    removeDirectory(own);
  }
}

function rowOf(workload: Workload, collected: ReadonlyMap<string, Collected>): Row {
  const { id, title, unit, clientCount, durability, aim } = workload;
  const engines: Record<string, EngineResult> = {};
  for (const [name, { runs, peaks, error }] of collected) {
    const sorted = [...runs].sort((a, b) => a.value - b.value);
    engines[name] = {
      values: error === undefined ? runs.map(({ value }) => value) : [],
      facts: sorted[sorted.length >>> 1]?.facts ?? {},
      peakResidentBytes: Math.max(0, ...peaks),
      ...(error === undefined ? {} : { error }),
    };
  }
  return { id, title, unit, clientCount, durability, aim, engines };
}

/** Workloads whose peak memory is a row of its own. */
const MEMORY_ROWS: Readonly<Record<string, string>> = {
  fillrandom: 'peak memory of the random fill',
  readrandom: 'peak memory of the uniform gets',
};

function memoryRowOf(
  workload: Workload,
  collected: ReadonlyMap<string, Collected>,
): Row | undefined {
  const title = MEMORY_ROWS[workload.id];
  if (title === undefined) return undefined;
  const engines: Record<string, EngineResult> = {};
  for (const [name, { peaks }] of collected) {
    const values = peaks.map((bytes) => bytes / BYTES_PER_MB);
    engines[name] = { values, facts: {}, peakResidentBytes: Math.max(0, ...peaks) };
  }
  const { clientCount, durability } = workload;
  const unit: Unit = 'MB';
  return {
    id: memoryIdOf(workload.id),
    title,
    unit,
    clientCount,
    durability,
    aim: undefined,
    engines,
  };
}

function emptyCollected(): Collected {
  return { runs: [], peaks: [], error: undefined };
}

/** Bytes of all files below; of sparse files what they hold. */
function sizeOf(directory: string): number {
  return readdirSync(directory, { withFileTypes: true }).reduce((sum, entry) => {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) return sum + sizeOf(path);
    const { size, blocks } = statSync(path);
    return sum + Math.min(size, blocks * 512);
  }, 0);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
