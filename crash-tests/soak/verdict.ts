/**
 * The judgement of a soak, from its samples.
 *
 * Owns: the bounds, and what "flat" means.
 *
 * Memory is flat when, over the steady leg (the longest life of one process) without its first quarter, which warms
 * up, the median of the last quarter of the samples is at most that of the first quarter plus a fifth, plus
 * SLACK_BYTES: for resident, heap and external memory each. A steady leg under STEADY_MIN_MS is too short to tell
 * a leak from a process that is still warming up, and is held to RSS_MAX_BYTES alone.
 *
 * Suspension: every function here is synchronous.
 */
import { OPEN_TABLE_COUNT_MAX, type Sample } from './settings.ts';

const MIB = 1024 * 1024;
const STEADY_MIN_MS = 180_000;
const GROWTH_MAX = 1.2;
const SLACK_BYTES = 24 * MIB;
/** Memtables, block cache and a Node process under load take a third of it. */
const RSS_MAX_BYTES = 768 * MIB;
/** Node's own, pipes, logs, the inputs and outputs of a job, and a checkpoint being verified, with its tables. */
const OTHER_DESCRIPTORS_MAX = 64 + OPEN_TABLE_COUNT_MAX;
/** Files that are no live table: the outputs and obsolete inputs of jobs, logs, and what long scans still pin. */
const OTHER_FILES_MAX = 250;
const WINDOW_COUNT = 12;

export interface TimedSample extends Sample {
  /** Since the soak began. */
  readonly atMs: number;
  readonly leg: number;
}

export interface Check {
  readonly name: string;
  readonly isOk: boolean;
  readonly detail: string;
}

export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? 0;
}

const maxOf = (numbers: readonly number[]): number => numbers.reduce((a, b) => Math.max(a, b), 0);
const mib = (bytes: number): string => (bytes / MIB).toFixed(1);

export function checkSamples(samples: readonly TimedSample[], steadyLeg: number): Check[] {
  const steady = samples.filter(({ leg }) => leg === steadyLeg);
  return [
    checkCount(
      'open files',
      samples,
      'descriptorCount',
      OPEN_TABLE_COUNT_MAX + OTHER_DESCRIPTORS_MAX,
    ),
    checkFiles(samples),
    checkPeak(samples),
    checkFlat('resident memory', steady, 'rssBytes'),
    checkFlat('heap', steady, 'heapBytes'),
    checkFlat('external memory', steady, 'externalBytes'),
  ];
}

function checkCount(
  name: string,
  samples: readonly TimedSample[],
  field: 'descriptorCount',
  limit: number,
): Check {
  const peak = maxOf(samples.map((sample) => sample[field]));
  return { name, isOk: peak <= limit, detail: `at most ${peak}, limit ${limit}` };
}

function checkFiles(samples: readonly TimedSample[]): Check {
  const peak = maxOf(samples.map(({ fileCount, tableCount }) => fileCount - tableCount));
  const isOk = peak <= OTHER_FILES_MAX;
  const files = maxOf(samples.map(({ fileCount }) => fileCount));
  const detail = `at most ${files}, of which ${peak} no live tables, limit ${OTHER_FILES_MAX}`;
  return { name: 'files', isOk, detail };
}

function checkPeak(samples: readonly TimedSample[]): Check {
  const peak = maxOf(samples.map(({ rssBytes }) => rssBytes));
  const detail = `at most ${mib(peak)} MiB, limit ${mib(RSS_MAX_BYTES)}`;
  return { name: 'peak memory', isOk: peak <= RSS_MAX_BYTES, detail };
}

export function checkFlat(
  name: string,
  steady: readonly TimedSample[],
  field: 'rssBytes' | 'heapBytes' | 'externalBytes',
): Check {
  const warm = steady.slice(steady.length >> 2);
  const quarter = Math.max(1, warm.length >> 2);
  const first = median(warm.slice(0, quarter).map((sample) => sample[field]));
  const last = median(warm.slice(-quarter).map((sample) => sample[field]));
  const limit = first * GROWTH_MAX + SLACK_BYTES;
  const isJudged = (steady.at(-1)?.ageMs ?? 0) >= STEADY_MIN_MS;
  const change = `${mib(first)} -> ${mib(last)} MiB, medians of ${quarter} samples`;
  if (!isJudged) return { name, isOk: true, detail: `${change}; too short to be judged` };
  return { name, isOk: last <= limit, detail: `${change}, limit ${mib(limit)}` };
}

/** One line a window of the run: medians of what lives, maxima of delays, sums of work. */
export function describeWindows(samples: readonly TimedSample[], totalMs: number): string[] {
  const heading = [
    ...['until s', 'legs', 'rss MiB', 'heap', 'external', 'open files', 'files', 'size MiB'],
    ...['loop p99 ms', 'max ms', 'stalled ms', 'commits', 'flushes', 'compactions'],
  ];
  const rows = [heading];
  for (let window = 0; window < WINDOW_COUNT; window++) {
    const [from, to] = [window, window + 1].map((index) => (totalMs * index) / WINDOW_COUNT);
    const inside = samples.filter(({ atMs }) => atMs >= from! && atMs < to!); // two of two
    if (inside.length > 0) rows.push(describeWindow(inside, to!)); // as above
  }
  const widths = heading.map((_, column) => maxOf(rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) => row.map((cell, i) => cell.padStart(widths[i] ?? 0)).join('  '));
}

function describeWindow(samples: readonly TimedSample[], untilMs: number): string[] {
  const legs = [...new Set(samples.map(({ leg }) => leg))];
  const middle = (of: (sample: TimedSample) => number): number => median(samples.map(of));
  /** Counters start anew in each process. */
  const grown = (of: (sample: TimedSample) => number): string => {
    const increases = legs.map((leg) => {
      const own = samples.filter((sample) => sample.leg === leg).map(of);
      return (own.at(-1) ?? 0) - (own[0] ?? 0);
    });
    return String(increases.reduce((a, b) => a + b, 0));
  };
  return [
    (untilMs / 1000).toFixed(0),
    String(legs.length),
    mib(middle((sample) => sample.rssBytes)),
    mib(middle((sample) => sample.heapBytes)),
    mib(middle((sample) => sample.externalBytes)),
    String(middle((sample) => sample.descriptorCount)),
    String(middle((sample) => sample.fileCount)),
    mib(middle((sample) => sample.sizeBytes)),
    middle((sample) => sample.delayP99Ms).toFixed(1),
    maxOf(samples.map((sample) => sample.delayMaxMs)).toFixed(0),
    grown((sample) => sample.stallMs),
    grown((sample) => sample.commitCount),
    grown((sample) => sample.flushCount),
    grown((sample) => sample.compactionCount),
  ];
}
