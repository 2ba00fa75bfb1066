/**
 * A workload, and the result of a run of it.
 *
 * Owns: the words that parent and child processes, tables and charts share.
 */
import type { BenchData } from '../../src/programs/bench/workloads.ts';
import type { Adapter, StoreDurability } from '../adapters/store.ts';

/**
 * The database that a workload meets:
 *
 *   new        none yet
 *   prepared   all entries, written in random order, compacted, closed; only read
 *   copy       the same, its own copy
 *   crashed    what a process left that was killed with SIGKILL after CRASH_SIZE_BYTES of puts
 */
export type Source = 'new' | 'prepared' | 'copy' | 'crashed';
export type Unit = 'ops/s' | 'ms' | 'MB';

/** The aim: a ratio to the best peer, or a limit of its own. */
export type Aim =
  | { readonly kind: 'ratio'; readonly ratio: number }
  | { readonly kind: 'limit'; readonly limit: number };

/** Sizes of one comparison; the same for every engine. */
export interface Sizes {
  readonly entryCount: number;
  readonly valueSizeBytes: number;
  /** One of KEY_SHAPES. */
  readonly keyShape: string;
  readonly cacheSizeBytes: number;
  readonly writeBufferSizeBytes: number;
  readonly seed: number;
  /** Figures of a sustained workload alone. */
  readonly secondsMin: number;
}

export interface WorkloadContext {
  readonly adapter: Adapter;
  readonly directory: string;
  readonly sizes: Sizes;
  readonly data: BenchData;
  readonly clientCount: number;
  readonly durability: StoreDurability;
}

export interface Measurement {
  /** In the unit of the workload. */
  readonly value: number;
  readonly operationCount: number;
  readonly seconds: number;
  /** Further figures, by name with unit. */
  readonly facts: Readonly<Record<string, number>>;
}

export interface Workload {
  /** Unique; names the row in results and in ONLY=. */
  readonly id: string;
  readonly title: string;
  readonly unit: Unit;
  readonly clientCount: number;
  readonly durability: StoreDurability;
  readonly source: Source;
  readonly aim: Aim | undefined;
  /** True when its process first does the same to another database; false where a cold start is measured. */
  readonly isWarm: boolean;
  /** Part of the short form. */
  readonly isShort: boolean;
  readonly run: (context: WorkloadContext) => Promise<Measurement>;
}

export function isHigherBetter(unit: Unit): boolean {
  return unit === 'ops/s';
}
