/**
 * Settings that the soak's parent and child share.
 *
 * Owns: the settings, the options of the database, the lines that pass between the processes.
 *
 * Lines of the child (standard output):
 *   ready                             the database is open, the load starts
 *   bank {<client> <sequence>}...     transfers acknowledged since the last line
 *   load {<writer> <number>}...       commits acknowledged since the last line
 *   sample <JSON>                     one Sample
 *   warning <text>                    a process warning, which nothing in a sound run emits
 *   closed                            the database is closed; the process ends by itself
 * Line of the parent (standard input):
 *   stop                              end the load, close, go; the end of the input says the same
 *
 * Invariants:
 *   L1. The database acknowledged a commit before the child wrote its line. The client or writer goes on only when the
 *       line is in the pipe, which outlives the child. So the parent does not know of at most one committed transfer
 *       of each client, and PIPELINE_MAX commits of each writer.
 */
import type { TuningOptions } from '../../src/base/options.ts';

const KIB = 1024;
const MIB = 1024 * KIB;

export const ACCOUNT_COUNT = 200;
export const INITIAL_BALANCE = 1000;
/** Half of them run at each isolation level. */
export const BANK_CLIENT_COUNT = 4;
export const WRITER_COUNT = 6;
export const PIPELINE_MAX = 8;
export const OPEN_TABLE_COUNT_MAX = 32;

/** Small, so that flush, compaction, eviction and reopening of tables never rest. */
export const TUNING: TuningOptions = {
  memtableSizeBytes: MIB,
  blockCacheSizeBytes: MIB,
  targetFileSizeBytes: 512 * KIB,
  level1SizeBytes: 4 * MIB,
  levelSizeMultiplier: 4,
  level0CompactionTrigger: 3,
  openTableCountMax: OPEN_TABLE_COUNT_MAX,
};

export interface ChildSettings {
  readonly directory: string;
  readonly seed: number;
  /** Counts the children of a run; it is in every value, so that no two of them write the same. */
  readonly epoch: number;
  /** By writer: the number of its last commit that the database holds. */
  readonly lastNumbers: readonly number[];
  readonly sampleEveryMs: number;
  readonly upkeepEveryMs: number;
}

/** How the child is at one moment. */
export interface Sample {
  /** Since the child was ready. */
  readonly ageMs: number;
  readonly rssBytes: number;
  readonly heapBytes: number;
  /** Memory outside the heap: buffers, memtables, native memory that Node accounts for. */
  readonly externalBytes: number;
  readonly arrayBufferBytes: number;
  /** Open descriptors of the process; 0 where the system does not tell. */
  readonly descriptorCount: number;
  readonly fileCount: number;
  readonly tableCount: number;
  readonly sizeBytes: number;
  /** The delay of the event loop since the last sample. */
  readonly delayP99Ms: number;
  readonly delayMaxMs: number;
  /** Since the child was ready, as the two below. */
  readonly stallCount: number;
  readonly stallMs: number;
  readonly commitCount: number;
  readonly flushCount: number;
  readonly compactionCount: number;
}
