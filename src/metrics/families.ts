/**
 * What is measured of a database, by name.
 *
 * Owns: the names, units and meanings of the metrics, which dashboards and alerts are made of: they stay.
 *
 * Suspension: everything here is synchronous.
 */
import type { DatabaseStats, LatencyStats } from '../index.ts';

/** What metrics are made of: a database, or anything that answers as one. */
export interface StatsSource {
  /** The statistics, as `db.stats()` returns them. */
  stats(): DatabaseStats;
}

/** One number, with what it is about. */
interface Point {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A metric: numbers of one meaning. */
export interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge';
  readonly points: (stats: DatabaseStats) => readonly Point[];
}

function one(
  type: Family['type'],
  name: string,
  help: string,
  valueOf: (stats: DatabaseStats) => number,
): Family {
  return { name, help, type, points: (stats) => [{ labels: {}, value: valueOf(stats) }] };
}

function counter(name: string, help: string, valueOf: (stats: DatabaseStats) => number): Family {
  return one('counter', `${name}_total`, help, valueOf);
}

function gauge(name: string, help: string, valueOf: (stats: DatabaseStats) => number): Family {
  return one('gauge', name, help, valueOf);
}

function ofLevels(
  name: string,
  help: string,
  valueOf: (level: DatabaseStats['levels'][number]) => number,
): Family {
  return {
    name,
    help,
    type: 'gauge',
    points: ({ levels }) =>
      levels.map((level) => ({ labels: { level: String(level.level) }, value: valueOf(level) })),
  };
}

export const FAMILIES: readonly Family[] = Object.freeze([
  gauge('up', '1 while writes are taken, 0 after a fatal error', (s) =>
    s.failure === undefined ? 1 : 0,
  ),
  counter('commits', 'Commits that were written', (s) => s.commits.count),
  counter('operations', 'Operations in these commits', (s) => s.commits.operationCount),
  counter('commit_groups', 'Groups of commits, each one write', (s) => s.commits.groupCount),
  counter('conflicts', 'Transactions that lost to another commit', (s) => s.commits.conflictCount),
  counter('retries', 'Bodies of transactions that ran again', (s) => s.commits.retryCount),
  gauge('waiting_commits', 'Commits that wait for room', (s) => s.commits.waitingCount),
  counter('log_bytes', 'Bytes written to logs', (s) => s.log.bytesWritten),
  counter('syncs', 'Syncs of the log', (s) => s.log.syncCount),
  gauge('memtable_bytes', 'Room of all memtables', (s) => s.memory.memtableBytes),
  gauge('memtable_used_bytes', 'The used part of it', (s) => s.memory.memtableUsedBytes),
  gauge(
    'immutable_memtables',
    'Full memtables that wait for their flush',
    (s) => s.memory.immutableMemtableCount,
  ),
  gauge(
    'table_metadata_bytes',
    'Filters and indexes of open tables',
    (s) => s.memory.tableMetadataBytes,
  ),
  gauge('block_cache_bytes', 'Blocks of this database in memory', (s) => s.memory.blockCacheBytes),
  counter('block_cache_hits', 'Blocks found in memory', (s) => s.blockCache.hitCount),
  counter('block_cache_misses', 'Blocks that had to be read', (s) => s.blockCache.missCount),
  ofLevels('level_tables', 'Tables of a level', ({ tableCount }) => tableCount),
  ofLevels('level_bytes', 'Bytes of the tables of a level', ({ sizeBytes }) => sizeBytes),
  gauge(
    'consumer_behind_operations_max',
    'Operations that the last named consumer has not acknowledged',
    (s) => s.history.consumerBehindMax,
  ),
  gauge('table_bytes', 'Bytes of all tables', (s) => s.tables.sizeBytes),
  counter('flushes', 'Memtables that became tables', (s) => s.background.flushCount),
  counter('flush_bytes', 'Bytes of these tables', (s) => s.background.flushBytesWritten),
  counter('compactions', 'Compactions, without moves', (s) => s.background.compactionCount),
  counter(
    'compaction_read_bytes',
    'Bytes that compactions read',
    (s) => s.background.compactionBytesRead,
  ),
  counter(
    'compaction_written_bytes',
    'Bytes that compactions wrote',
    (s) => s.background.compactionBytesWritten,
  ),
  counter(
    'background_retries',
    'Jobs that failed and were put off',
    (s) => s.background.retryCount,
  ),
  counter('stalls', 'Times that writes had to wait', (s) => s.stalls.count),
  counter('stall_seconds', 'For how long they waited', (s) => s.stalls.totalMs / 1000),
  counter('slowdowns', 'Commits slowed because of level 0', (s) => s.stalls.slowdownCount),
  counter(
    'refused_writes',
    'Writes refused for lack of space or another resource',
    (s) => s.stalls.outOfSpaceCount + s.stalls.outOfResourcesCount,
  ),
  counter('damaged_places', 'Damaged places that the scrub found', (s) => s.scrub.damageCount),
  gauge('snapshots', 'Open snapshots and read-only transactions', (s) => s.readers.snapshotCount),
  gauge('transactions', 'Running transactions', (s) => s.readers.transactionCount),
  gauge('scans', 'Open scans', (s) => s.readers.scanCount),
  gauge(
    'oldest_reader_seconds',
    'Age of the oldest snapshot, transaction or scan',
    (s) => s.readers.oldestPinMs / 1000,
  ),
  gauge(
    'pinned_table_bytes',
    'Tables that only open readers need',
    (s) => s.readers.pinnedTableBytes,
  ),
  gauge('locked_keys', 'Keys that transactions hold locked', (s) => s.locks.heldKeyCount),
  counter('deadlocks', 'Lock requests refused to break a deadlock', (s) => s.locks.deadlockCount),
]);

/** Histograms, by the name of the operation. */
export function latenciesOf({
  latencies,
}: DatabaseStats): readonly (readonly [string, LatencyStats])[] {
  const { get, commit, scanStep, sync, flush, compaction } = latencies;
  return [
    ['get', get],
    ['commit', commit],
    ['scan_step', scanStep],
    ['sync', sync],
    ['flush', flush],
    ['compaction', compaction],
  ];
}

/**
 * The time that a share of the operations stayed within, in milliseconds: the bound of its bucket, so up to twice the
 * time itself. Undefined before the first operation, Infinity above half a minute.
 */
export function quantileMs(latency: LatencyStats, share: number): number | undefined {
  const wanted = latency.count * share;
  let count = 0;
  for (const [index, each] of latency.counts.entries()) {
    count += each;
    if (each > 0 && count >= wanted) return latency.boundsMs[index] ?? Infinity;
  }
  return undefined;
}
