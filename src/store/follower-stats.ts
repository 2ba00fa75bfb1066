/**
 * Statistics of a read-only database.
 *
 * Owns: what of the public statistics a reader has. What belongs to the writer is zero: no reader can tell it.
 */
import { textOf } from '../base/describe.ts';
import type { Follower } from '../engine/follow/follower.ts';
import type { Latencies } from '../base/latency.ts';
import type { Version } from '../version/version.ts';
import { type DatabaseStats, latencyStats, type TransactionUsage } from './stats.ts';

export function followerStatsOf(
  follower: Follower,
  latencies: Latencies,
  transactions: TransactionUsage,
  scanCount: number,
): DatabaseStats {
  const { horizons, state, tables, resources, failure } = follower;
  const { version } = state;
  const cache = resources.blocks.statistics();
  return {
    location: follower.directory,
    databaseId: follower.databaseId,
    failure: failure === undefined ? undefined : textOf(failure),
    follower: {
      isFollowing: follower.isFollowing,
      behindOperationCount: follower.behindCount,
      behindMs: follower.behindMs,
      lookCount: follower.lookCount,
      versionCount: follower.versionCount,
      heldTableCount: follower.heldTableCount,
    },
    sequence: {
      assigned: horizons.assigned,
      published: horizons.published,
      durable: horizons.durable,
      flushed: version.flushedSequence,
    },
    ...writerStats(),
    latencies: latencyStats(latencies),
    threads: { count: 0, stateSwapCount: 0, waitingStateCount: 0, each: [] },
    history: { ...version.historyBounds, logCount: version.keptLogs.length, sizeBytes: 0 },
    versions: versionStats(follower),
    memory: {
      memtableBytes: sum(state.slots, ({ memtable }) => memtable.capacityBytes),
      memtableUsedBytes: sum(state.slots, ({ memtable }) => memtable.sizeBytes),
      immutableMemtableCount: Math.max(0, state.slots.length - 1),
      blockCacheBytes: cache.sizeBytes,
      tableMetadataBytes: tables.memoryBytes,
    },
    shared: {
      databaseCount: resources.databaseCount,
      blockCacheBytes: resources.blocks.sizeBytes,
      blockCacheBytesMax: resources.blocks.capacityBytes,
      descriptorCount: resources.files.openCount,
      descriptorCountMax: resources.files.countMax,
      workerCount: 0,
      waitingJobCount: 0,
    },
    blockCache: {
      hitCount: cache.hitCount,
      missCount: cache.missCount,
      evictionCount: cache.evictionCount,
    },
    levels: levelStats(version),
    tables: {
      count: version.fileCount,
      openCount: tables.openTableCount,
      sizeBytes: version.sizeBytes,
    },
    readers: {
      snapshotCount: follower.snapshots.count,
      ...transactions,
      scanCount,
      oldestPinMs: oldestPinMs(follower),
      pinnedTableBytes: follower.pinnedSizeBytes(),
    },
    recovery: follower.recovery,
  };
}

type WriterStats = Pick<
  DatabaseStats,
  'commits' | 'log' | 'background' | 'ingest' | 'scrub' | 'stalls' | 'locks'
>;

/** Of a database that writes nothing. */
function levelStats({ levels }: Version): DatabaseStats['levels'] {
  return levels.map((files, level) => ({
    level,
    tableCount: files.length,
    sizeBytes: sum(files, (file) => file.sizeBytes),
    entryCount: sum(files, (file) => file.entryCount),
  }));
}

function writerStats(): WriterStats {
  return {
    commits: {
      count: 0,
      operationCount: 0,
      groupCount: 0,
      conflictCount: 0,
      readConflictCount: 0,
      validationStepCount: 0,
      retryCount: 0,
      waitingCount: 0,
    },
    log: { bytesWritten: 0, syncCount: 0, syncMsMax: 0, syncMsMean: 0 },
    background: {
      flushCount: 0,
      flushBytesWritten: 0,
      compactionCount: 0,
      trivialMoveCount: 0,
      compactionBytesRead: 0,
      compactionBytesWritten: 0,
      retryCount: 0,
      obsoleteFileCount: 0,
    },
    ingest: { count: 0, entryCount: 0, bytesWritten: 0, holdMsMax: 0 },
    scrub: { bytesRead: 0, tableCount: 0, passCount: 0, damageCount: 0 },
    stalls: {
      count: 0,
      totalMs: 0,
      slowdownCount: 0,
      outOfSpaceCount: 0,
      outOfResourcesCount: 0,
    },
    locks: {
      heldKeyCount: 0,
      heldRangeCount: 0,
      waiterCount: 0,
      waitCount: 0,
      deadlockCount: 0,
      timeoutCount: 0,
    },
  };
}

function versionStats({ state, reach }: Follower): DatabaseStats['versions'] {
  const { retention } = state.version;
  return {
    keepMs: retention?.keepMs ?? 0,
    oldestTime: retention?.from.wallMs,
    oldestSequence: retention?.from.sequence,
    markCount: reach?.marks.count ?? 0,
    supersededCount: 0,
  };
}

function oldestPinMs({ clock, snapshots, readers }: Follower): number {
  const nowMs = clock.nowMs();
  let oldestMs = nowMs;
  for (const list of [snapshots, readers]) {
    for (const { pinnedAtMs } of list.pins()) oldestMs = Math.min(oldestMs, pinnedAtMs);
  }
  return nowMs - oldestMs;
}

function sum<T>(items: readonly T[], valueOf: (item: T) => number): number {
  let total = 0;
  for (const item of items) total += valueOf(item);
  return total;
}
