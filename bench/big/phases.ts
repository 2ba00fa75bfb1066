/**
 * A database ten times larger than its memory: filled, opened again, compacted and read back.
 *
 * Owns: the order of the phases and what is recorded of each. Runs in a process of its own, so that memory is the
 * engine's and not that of a program which did other things before.
 *
 *   fill      random puts and a few deletions, acknowledged by the operating system
 *   reopen    close, open: recovery of what was not flushed
 *   scan      everything, forward, from the tree as the fill left it
 *   compact   everything to the bottom
 *   points    every key by get, getSync and getMany; keys that are missing
 *   reverse   everything, backward
 *   verify    every block of every table
 */
import { open } from '../../src/api/open.ts';
import type { Database } from '../../src/api/database.ts';
import type { TuningOptions } from '../../src/base/options.ts';
import { checkPoints, checkScan, Differences, fill } from './contents.ts';
import { History, type HistorySettings } from './history.ts';
import { peakResidentBytes, residentBytes } from './memory.ts';

const SMALL_PUT_COUNT = 100_000;
const SMALL_KEY_COUNT = 2000;
export const MEMTABLE_SIZE_BYTES_MIN: number = 256 * 1024;

export interface BigSettings extends HistorySettings {
  readonly memtableSizeBytes: number;
  readonly immutableMemtableCountMax: number;
  readonly blockCacheSizeBytes: number;
  readonly targetFileSizeBytes: number;
}

export interface PhaseReport {
  readonly name: string;
  readonly seconds: number;
  /** Resident memory: the mean and the highest of the samples of this phase, and the peak until its end. */
  readonly residentMeanBytes: number;
  readonly residentMaxBytes: number;
  readonly peakResidentBytes: number;
  /** Bytes that the engine says it holds: memtables, block cache, filters and indexes. */
  readonly accountedBytes: number;
  /** V8's heap of the main thread at the end of the phase, and buffers outside of it, garbage included. */
  readonly heapBytes: number;
  readonly externalBytes: number;
}

export interface BigReport {
  readonly phases: readonly PhaseReport[];
  readonly putCount: number;
  readonly liveCount: number;
  readonly liveSizeBytes: number;
  readonly userSizeBytes: number;
  readonly tableSizeBytes: number;
  readonly writtenSizeBytes: number;
  readonly tableMetadataMaxBytes: number;
  readonly peakResidentBytes: number;
  readonly differenceCount: number;
  readonly differences: readonly string[];
}

/** Memtables that may live at once, and the block cache. */
export function budgetBytes(settings: BigSettings): number {
  const memtableCount = settings.immutableMemtableCountMax + 1;
  return memtableCount * settings.memtableSizeBytes + settings.blockCacheSizeBytes;
}

function tuningOf(settings: BigSettings): TuningOptions {
  const { memtableSizeBytes, immutableMemtableCountMax } = settings;
  const { blockCacheSizeBytes, targetFileSizeBytes } = settings;
  return { memtableSizeBytes, immutableMemtableCountMax, blockCacheSizeBytes, targetFileSizeBytes };
}

class Recorder {
  readonly phases: PhaseReport[] = [];
  tableMetadataMaxBytes = 0;
  #samples: number[] = [];

  readonly sample = (): void => {
    this.#samples.push(residentBytes());
  };

  async run<T>(name: string, db: () => Database, work: () => Promise<T>): Promise<T> {
    this.#samples = [];
    const startMs = performance.now();
    const result = await work();
    const seconds = (performance.now() - startMs) / 1000;
    this.sample();
    const { memtableBytes, blockCacheBytes, tableMetadataBytes } = db().stats().memory;
    const { heapTotal, external } = process.memoryUsage();
    this.tableMetadataMaxBytes = Math.max(this.tableMetadataMaxBytes, tableMetadataBytes);
    this.phases.push({
      name,
      seconds,
      residentMeanBytes: this.#samples.reduce((sum, each) => sum + each, 0) / this.#samples.length,
      residentMaxBytes: this.#samples.reduce((max, each) => Math.max(max, each), 0),
      peakResidentBytes: peakResidentBytes(),
      accountedBytes: memtableBytes + blockCacheBytes + tableMetadataBytes,
      heapBytes: heapTotal,
      externalBytes: external,
    });
    return result;
  }
}

/** Runs all phases in `directory`, which must not hold a database yet. */
export async function runBig(directory: string, settings: BigSettings): Promise<BigReport> {
  const history = new History(settings);
  const differences = new Differences();
  const recorder = new Recorder();
  const { sample: onWindow } = recorder;
  const tuning = tuningOf(settings);
  let db = await open(directory, { ...tuning, errorIfExists: true });
  const current = (): Database => db;
  try {
    await recorder.run('fill', current, () => fill(db, history, onWindow));
    let writtenSizeBytes = bytesWritten(db);
    await recorder.run('reopen', current, async () => {
      await db.close();
      db = await open(directory, { ...tuning, createIfMissing: false });
    });
    const live = history.live();
    const scan = (reverse: boolean) => async (): Promise<void> => {
      const count = await checkScan(db, history, differences, { reverse, onWindow });
      if (count !== live.count) differences.add('scan', `entries=${count} expected=${live.count}`);
    };
    await recorder.run('scan', current, scan(false));
    await recorder.run('compact', current, () => db.compact());
    writtenSizeBytes += bytesWritten(db);
    await recorder.run('points', current, () => checkPoints(db, history, differences, onWindow));
    await recorder.run('reverse', current, scan(true));
    await recorder.run('verify', current, async () => {
      for (const { message } of (await db.verify()).problems) differences.add('verify', message);
    });
    return {
      phases: recorder.phases,
      putCount: settings.putCount,
      liveCount: live.count,
      liveSizeBytes: live.sizeBytes,
      userSizeBytes: history.userSizeBytes,
      tableSizeBytes: db.stats().tables.sizeBytes,
      writtenSizeBytes,
      tableMetadataMaxBytes: recorder.tableMetadataMaxBytes,
      peakResidentBytes: peakResidentBytes(),
      differenceCount: differences.count,
      differences: differences.described,
    };
  } finally {
    await db.close();
  }
}

/** By the log, flushes and compactions, since the database was opened. */
function bytesWritten(db: Database): number {
  const { log, background } = db.stats();
  return log.bytesWritten + background.flushBytesWritten + background.compactionBytesWritten;
}

/**
 * The same phases over a database of 2,000 keys with the smallest memtables and cache: what Node.js, the engine's code,
 * its worker thread and the garbage of both cost whatever the size of the database and of its budget.
 */
export async function runSmall(directory: string, settings: BigSettings): Promise<number> {
  const report = await runBig(directory, {
    putCount: Math.min(settings.putCount, SMALL_PUT_COUNT),
    valueSizeBytes: settings.valueSizeBytes,
    seed: settings.seed,
    keyCount: SMALL_KEY_COUNT,
    memtableSizeBytes: MEMTABLE_SIZE_BYTES_MIN,
    immutableMemtableCountMax: settings.immutableMemtableCountMax,
    blockCacheSizeBytes: MEMTABLE_SIZE_BYTES_MIN,
    targetFileSizeBytes: MEMTABLE_SIZE_BYTES_MIN,
  });
  return report.peakResidentBytes;
}

/** The engine with the same options and one entry. */
export async function runEmpty(directory: string, settings: BigSettings): Promise<number> {
  const db = await open(directory, tuningOf(settings));
  try {
    await db.put(Uint8Array.of(1), Uint8Array.of(1));
    await db.compact();
    return peakResidentBytes();
  } finally {
    await db.close();
  }
}
