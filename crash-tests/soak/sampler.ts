/**
 * The sampler: figures of the loaded process, measured from inside.
 *
 * Owns: what one Sample is made of, and the histogram of event-loop delays between two of them.
 */
import { readdirSync } from 'node:fs';
import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import process from 'node:process';
import { directorySize } from '../../src/cli/directory-size.ts';
import type { Database } from '../../src/api/database.ts';
import type { Sample } from './settings.ts';

/** The histogram counts the pause between two ticks; the delay is what exceeds it. */
const RESOLUTION_MS = 5;
const NS_PER_MS = 1e6;
const DESCRIPTORS = '/proc/self/fd';

export class Sampler {
  readonly #db: Database;
  readonly #startMs = performance.now();
  readonly #delays: IntervalHistogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });

  constructor(db: Database) {
    this.#db = db;
    this.#delays.enable();
  }

  take(): Sample {
    const memory = process.memoryUsage();
    const { stalls, commits, tables, background, location } = this.#db.stats();
    const sample: Sample = {
      ageMs: Math.round(performance.now() - this.#startMs),
      rssBytes: memory.rss,
      heapBytes: memory.heapUsed,
      externalBytes: memory.external,
      arrayBufferBytes: memory.arrayBuffers,
      descriptorCount: descriptorCount(),
      fileCount: readdirSync(location).length,
      tableCount: tables.count,
      sizeBytes: directorySize(location),
      delayP99Ms: delayOf(this.#delays.percentile(99)),
      delayMaxMs: delayOf(this.#delays.max),
      stallCount: stalls.count,
      stallMs: Math.round(stalls.totalMs),
      commitCount: commits.count,
      flushCount: background.flushCount,
      compactionCount: background.compactionCount,
    };
    this.#delays.reset();
    return sample;
  }

  stop(): void {
    this.#delays.disable();
  }
}

function delayOf(ns: number): number {
  return Math.max(0, Math.round((ns / NS_PER_MS - RESOLUTION_MS) * 100) / 100);
}

function descriptorCount(): number {
  try {
    return readdirSync(DESCRIPTORS).length;
  } catch {
    return 0; // only Linux has it
  }
}
