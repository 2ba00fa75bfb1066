/**
 * A run of many workloads in the one order that makes sense.
 *
 * Owns: which database each workload meets. Every fill writes a new one. The reads share the one that fillrandom
 * left, compacted: their figures are for tables and caches, not for a memtable that still holds everything.
 */
import { arch, cpus, totalmem, type as systemName } from 'node:os';

import type { Durability } from '../../base/options.ts';
import { formatBytes, formatCount, formatRow } from '../figures.ts';
import type { WorkloadName } from './workload-names.ts';
import type { BenchResult } from './measuring.ts';
import {
  type BenchData,
  type BenchDatabase,
  checkEntryCount,
  fill,
  fillAwait,
  fillBatch,
  fillSync,
  readAll,
  readMany,
  readPoints,
  seekRandom,
  ingest,
  transfers,
  withNewDatabase,
} from './workloads.ts';

type ReadWork = (db: BenchDatabase, data: BenchData) => Promise<BenchResult>;

/** Run on the database that fillrandom left. */
const READS: Readonly<Partial<Record<WorkloadName, ReadWork>>> = {
  readrandom: (db, data) => readPoints(db, data, 'readrandom'),
  readrandomsync: (db, data) => readPoints(db, data, 'readrandomsync'),
  readmissing: (db, data) => readPoints(db, data, 'readmissing'),
  readmissingsync: (db, data) => readPoints(db, data, 'readmissingsync'),
  readmany: readMany,
  readseq: (db, data) => readAll(db, data, 'readseq'),
  readreverse: (db, data) => readAll(db, data, 'readreverse'),
  seekrandom: seekRandom,
};

type FillWork = (
  db: BenchDatabase,
  data: BenchData,
  durability: Durability,
) => Promise<BenchResult>;

/** Each run on a new database, removed at once. */
const FILLS: Readonly<Partial<Record<WorkloadName, FillWork>>> = {
  fillseq: (db, data, durability) => fill(db, data, 'fillseq', durability),
  fillawait: fillAwait,
  fillbatch: fillBatch,
  ingest,
};

export interface SuiteSettings {
  /** Databases are made in folders of this directory, and removed. */
  readonly root: string;
  readonly workloads: readonly WorkloadName[];
  readonly putClientCounts: readonly number[];
  readonly transferClientCounts: readonly number[];
  readonly fillDurability: Durability;
  readonly transferDurability: Durability;
}

export interface SuiteEvents {
  readonly onStart: (name: string) => Promise<void>;
  readonly onResult: (result: BenchResult) => Promise<void>;
}

export interface SuiteSummary {
  /** Keys and values of the database that was read, before any coding. */
  readonly rawSizeBytes: number;
  /** Its tables after compaction; undefined when nothing was read. */
  readonly tableSizeBytes: number | undefined;
}

export async function runSuite(
  data: BenchData,
  settings: SuiteSettings,
  events: SuiteEvents,
): Promise<SuiteSummary> {
  const { root, workloads, fillDurability } = settings;
  const { tuning } = data.settings;
  const run = async (name: string, work: () => Promise<BenchResult>): Promise<void> => {
    await events.onStart(name);
    await events.onResult(await work());
  };
  for (const name of workloads) {
    const work = FILLS[name];
    if (work === undefined) continue;
    await run(name, () =>
      withNewDatabase(root, name, tuning, (db) => work(db, data, fillDurability)),
    );
  }
  if (workloads.includes('fillsync')) {
    for (const clientCount of settings.putClientCounts) {
      await run('fillsync', () =>
        withNewDatabase(root, 'fillsync', tuning, (db) => fillSync(db, data, clientCount)),
      );
    }
  }
  const tableSizeBytes = await runReads(data, settings, run);
  if (workloads.includes('transfers')) {
    for (const clientCount of settings.transferClientCounts) {
      await run('transfers', () => transfers(root, data, clientCount, settings.transferDurability));
    }
  }
  return { rawSizeBytes: data.entryCount * data.entrySizeBytes, tableSizeBytes };
}

/** fillrandom and everything that reads what it wrote; returns the size of the tables. */
async function runReads(
  data: BenchData,
  { root, workloads, fillDurability }: SuiteSettings,
  run: (name: string, work: () => Promise<BenchResult>) => Promise<void>,
): Promise<number | undefined> {
  const reads = workloads.filter((name) => READS[name] !== undefined);
  if (reads.length === 0 && !workloads.includes('fillrandom')) return undefined;
  return withNewDatabase(root, 'fillrandom', data.settings.tuning, async (db) => {
    if (workloads.includes('fillrandom')) {
      await run('fillrandom', () => fill(db, data, 'fillrandom', fillDurability));
    } else {
      await fill(db, data, 'fillrandom', 'os');
    }
    await db.flush();
    await db.compact();
    await checkEntryCount(db, data, 'compact'); // and has read each block once, so that no read is the first
    for (const name of reads) {
      const work = READS[name];
      if (work !== undefined) await run(name, () => work(db, data));
    }
    return db.stats().tables.sizeBytes;
  });
}

export interface Machine {
  readonly cpu: string;
  readonly cpuCount: number;
  readonly memoryBytes: number;
  readonly system: string;
  readonly node: string;
}

export function describeMachine(): Machine {
  const processors = cpus();
  return {
    cpu: processors[0]?.model.trim() ?? arch(),
    cpuCount: processors.length,
    memoryBytes: totalmem(),
    system: `${systemName()} ${arch()}`,
    node: process.version,
  };
}

export function machineLine({ cpu, cpuCount, memoryBytes, system, node }: Machine): string {
  return `${cpuCount} x ${cpu}, ${formatBytes(memoryBytes)}, ${system}, Node.js ${node}`;
}

const COLUMNS: readonly (readonly [heading: string, width: number])[] = [
  ['workload', 15],
  ['durability', 10],
  ['clients', 7],
  ['operations', 12],
  ['ops/s', 12],
  ['us/op', 9],
  ['MB/s', 8],
];
const WIDTHS = COLUMNS.map(([, width]) => width);
const TEXT_COLUMNS = [0, 1];

export function resultHeading(): string {
  const headings = COLUMNS.map(([heading]) => heading);
  return formatRow(headings, WIDTHS, TEXT_COLUMNS);
}

export function describeResult(result: BenchResult): string {
  const cells = [
    result.name,
    result.durability ?? '-',
    String(result.clientCount),
    formatCount(result.operationCount),
    formatCount(result.operationsPerSecond),
    (1e6 / result.operationsPerSecond).toFixed(2),
    result.megabytesPerSecond?.toFixed(1) ?? '-',
  ];
  return formatRow(cells, WIDTHS, TEXT_COLUMNS);
}

export function describeSummary({ rawSizeBytes, tableSizeBytes }: SuiteSummary): string {
  const tables =
    tableSizeBytes === undefined ? '' : `, ${formatBytes(tableSizeBytes)} in compacted tables`;
  return `${formatBytes(rawSizeBytes)} of keys and values${tables}`;
}
