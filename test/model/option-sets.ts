/**
 * Option sets that histories run under.
 *
 * Owns: their names, which regression scripts cite, and what files each one uses.
 */
import type { TuningOptions } from '../../src/base/options.ts';

const KIB = 1024;

/** `memory` and `crash` are simulated; `node` is the operating system's; `lossy` is for the canary alone. */
export type Files = 'memory' | 'crash' | 'node' | 'lossy';

export interface OptionSet {
  readonly files: Files;
  readonly tuning: TuningOptions;
  /** The history runs in this keyspace, with others on both sides; in the database itself without one. */
  readonly keyspace?: string;
  /** The database is encrypted. */
  readonly isEncrypted?: boolean;
  /** How long an entry of that keyspace lives whose put does not say; without end without it. */
  readonly ttlMs?: number;
}

/** Small enough that a short history makes many memtables, tables and levels. */
const TINY: TuningOptions = {
  memtableSizeBytes: 256 * KIB,
  targetFileSizeBytes: 64 * KIB,
  level1SizeBytes: 256 * KIB,
  level0CompactionTrigger: 2,
  level0SlowdownTrigger: 8,
  level0StopTrigger: 12,
  levelSizeMultiplier: 2,
};

export const OPTION_SETS = {
  tiny: { files: 'memory', tuning: TINY },
  'tiny-uncached': {
    files: 'memory',
    tuning: { ...TINY, blockCacheSizeBytes: 0, blockSizeBytes: 256, openTableCountMax: 8 },
  },
  'tiny-raw-unfiltered': {
    files: 'memory',
    tuning: { ...TINY, compression: 'none', filterBitsPerKey: 0, immutableMemtableCountMax: 1 },
  },
  'tiny-big-blocks': {
    files: 'memory',
    tuning: { ...TINY, blockSizeBytes: 64 * KIB, blockCacheSizeBytes: 128 * KIB },
  },
  // Writes are slowed and stopped most of the time.
  'tiny-tight': {
    files: 'memory',
    tuning: {
      ...TINY,
      level0SlowdownTrigger: 3,
      level0StopTrigger: 4,
      immutableMemtableCountMax: 1,
    },
  },
  defaults: { files: 'memory', tuning: { memtableSizeBytes: 4096 * KIB } },
  // Keys of several bytes more, and neighbours in the same memtables and tables.
  keyspace: { files: 'memory', tuning: TINY, keyspace: 'history' },
  'crash-keyspace': { files: 'crash', tuning: TINY, keyspace: 'history' },
  // Everything that is written expires, bulk loads too.
  expiring: { files: 'crash', tuning: TINY, keyspace: 'history', ttlMs: 100 },
  crash: { files: 'crash', tuning: TINY },
  'crash-medium': { files: 'crash', tuning: { ...TINY, memtableSizeBytes: 1024 * KIB } },
  encrypted: { files: 'crash', tuning: TINY, isEncrypted: true },
  'encrypted-uncached': {
    files: 'memory',
    tuning: { ...TINY, blockCacheSizeBytes: 0, compression: 'none', blockSizeBytes: 256 },
    isEncrypted: true,
  },
  'encrypted-worker': {
    files: 'node',
    tuning: { ...TINY, background: 'worker' },
    isEncrypted: true,
  },
  worker: { files: 'node', tuning: { ...TINY, background: 'worker' } },
  'node-inline': { files: 'node', tuning: { ...TINY, background: 'inline', blockSizeBytes: 512 } },
} as const satisfies Record<string, OptionSet>;

/** A file system that breaks its promise: a history over it must be found out. */
export const CANARY: OptionSet = { files: 'lossy', tuning: TINY };

export type OptionSetName = keyof typeof OPTION_SETS;

export function optionSetOf(name: string): OptionSet {
  if (Object.hasOwn(OPTION_SETS, name)) return OPTION_SETS[name as OptionSetName];
  throw new Error(`No such option set: ${name}`);
}
