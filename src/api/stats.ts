/**
 * What `db.stats()` answers.
 *
 * Owns: the shape of the public statistics. A plain object of numbers and strings, made anew at each call.
 */
import { textOf } from '../base/describe.ts';
import type { Engine } from '../engine/engine.ts';
import type { TransactionUsage } from './transactor.ts';
import type { RecoveryReport } from '../engine/state/events.ts';

export interface LevelStats {
  readonly level: number;
  readonly tableCount: number;
  readonly sizeBytes: number;
  readonly entryCount: number;
}

export interface DatabaseStats {
  readonly location: string;
  readonly databaseId: string;
  /** Set once a fatal error has stopped writes. */
  readonly failure: string | undefined;
  readonly sequence: { assigned: number; published: number; durable: number; flushed: number };
  readonly commits: {
    count: number;
    operationCount: number;
    /** WAL frames; commits over groups is how many share a sync. */
    groupCount: number;
    /** All conflicts; of those some were on what was only read. */
    conflictCount: number;
    readConflictCount: number;
    /** What validations looked at: keys, rows of ranges, writes since. */
    validationStepCount: number;
    retryCount: number;
    waitingCount: number;
  };
  readonly log: {
    bytesWritten: number;
    syncCount: number;
    syncMsMax: number;
    syncMsMean: number;
  };
  readonly memory: {
    /** Room of all memtables, used or not. */
    memtableBytes: number;
    memtableUsedBytes: number;
    immutableMemtableCount: number;
    blockCacheBytes: number;
    /** Filters and indexes of open tables. */
    tableMetadataBytes: number;
  };
  /** What databases of this process share, as far as this one's options leave it open; totals of all of them. */
  readonly shared: {
    /** Open databases over the system's files, this one included. */
    databaseCount: number;
    /** Blocks in memory, and how many bytes of them there may be. */
    blockCacheBytes: number;
    blockCacheBytesMax: number;
    /** Tables with an open descriptor, and how many there may be. */
    descriptorCount: number;
    descriptorCountMax: number;
    /** Worker threads, and jobs that wait for one. */
    workerCount: number;
    waitingJobCount: number;
  };
  readonly blockCache: { hitCount: number; missCount: number; evictionCount: number };
  readonly levels: readonly LevelStats[];
  readonly tables: { count: number; openCount: number; sizeBytes: number };
  readonly background: {
    flushCount: number;
    flushBytesWritten: number;
    compactionCount: number;
    trivialMoveCount: number;
    compactionBytesRead: number;
    compactionBytesWritten: number;
    retryCount: number;
    obsoleteFileCount: number;
  };
  /** Bulk loads (`ingest`) that became visible. */
  readonly ingest: {
    count: number;
    entryCount: number;
    bytesWritten: number;
    /** Longest time for which commits were held back, in milliseconds. */
    holdMsMax: number;
  };
  /** What the background scrub has read and found; zeros while `scrubBytesPerSecond` is 0. */
  readonly scrub: { bytesRead: number; tableCount: number; passCount: number; damageCount: number };
  readonly stalls: {
    count: number;
    totalMs: number;
    slowdownCount: number;
    outOfSpaceCount: number;
    /** Writes refused for want of a descriptor, memory or a thread. */
    outOfResourcesCount: number;
  };
  /** Locks of pessimistic transactions. */
  readonly locks: {
    heldKeyCount: number;
    heldRangeCount: number;
    waiterCount: number;
    waitCount: number;
    deadlockCount: number;
    timeoutCount: number;
  };
  readonly readers: {
    snapshotCount: number;
    transactionCount: number;
    scanCount: number;
    /** Bytes that running transactions hold of what they wrote. */
    writeSetBytes: number;
    /** Bytes that serializable ones hold of what they read: keys and bounds, up to some 8 MiB each. */
    readSetBytes: number;
    /** Age of the oldest snapshot, transaction, scan, or call that reads for long; 0 when there is none. */
    oldestPinMs: number;
    /** Bytes of tables that only open scans and reads still need. */
    pinnedTableBytes: number;
  };
  readonly recovery: RecoveryReport;
}

export function statsOf(
  engine: Engine,
  transactions: TransactionUsage,
  scanCount: number,
): DatabaseStats {
  const { parts, metrics, horizons, state } = engine;
  const { version } = state;
  const cache = parts.blocks.statistics();
  return {
    location: parts.directory,
    databaseId: parts.versions.databaseId,
    failure: engine.error.isFailed ? textOf(engine.error.cause) : undefined,
    sequence: {
      assigned: horizons.assigned,
      published: horizons.published,
      durable: horizons.durable,
      flushed: version.flushedSequence,
    },
    commits: commitStats(engine),
    log: {
      bytesWritten: metrics.logBytesWritten,
      syncCount: metrics.syncCount,
      syncMsMax: metrics.syncMsMax,
      syncMsMean: metrics.syncCount === 0 ? 0 : metrics.syncMsTotal / metrics.syncCount,
    },
    memory: memoryStats(engine),
    shared: sharedStats(engine),
    blockCache: {
      hitCount: cache.hitCount,
      missCount: cache.missCount,
      evictionCount: cache.evictionCount,
    },
    levels: version.levels.map((files, level) => ({
      level,
      tableCount: files.length,
      sizeBytes: sum(files, (file) => file.sizeBytes),
      entryCount: sum(files, (file) => file.entryCount),
    })),
    tables: {
      count: version.fileCount,
      openCount: parts.tables.openTableCount,
      sizeBytes: version.sizeBytes,
    },
    background: backgroundStats(engine),
    ingest: ingestStats(engine),
    scrub: scrubStats(engine),
    stalls: {
      count: metrics.stallCount,
      totalMs: metrics.stallMsTotal,
      slowdownCount: metrics.slowdownCount,
      outOfSpaceCount: metrics.outOfSpaceCount,
      outOfResourcesCount: metrics.outOfResourcesCount,
    },
    locks: engine.locks.statistics,
    readers: {
      snapshotCount: engine.snapshots.count,
      ...transactions,
      scanCount,
      oldestPinMs: oldestPinMs(engine),
      pinnedTableBytes: parts.versions.pinnedSizeBytes(),
    },
    recovery: parts.recovery,
  };
}

function memoryStats({ state, immutables, parts }: Engine): DatabaseStats['memory'] {
  return {
    memtableBytes: sum(state.slots, ({ memtable }) => memtable.capacityBytes),
    memtableUsedBytes: sum(state.slots, ({ memtable }) => memtable.sizeBytes),
    immutableMemtableCount: immutables.length,
    blockCacheBytes: parts.blocks.statistics().sizeBytes,
    tableMetadataBytes: parts.tables.memoryBytes,
  };
}

function sharedStats({ parts }: Engine): DatabaseStats['shared'] {
  const { files, blocks, databaseCount } = parts.resources;
  return {
    databaseCount,
    blockCacheBytes: blocks.sizeBytes,
    blockCacheBytesMax: blocks.capacityBytes,
    descriptorCount: files.openCount,
    descriptorCountMax: files.countMax,
    workerCount: parts.runner.workerCount,
    waitingJobCount: parts.runner.waitingCount,
  };
}

function commitStats({ metrics, pipeline }: Engine): DatabaseStats['commits'] {
  return {
    count: metrics.commitCount,
    operationCount: metrics.operationCount,
    groupCount: metrics.groupCount,
    conflictCount: metrics.writeConflictCount + metrics.readConflictCount,
    readConflictCount: metrics.readConflictCount,
    validationStepCount: metrics.walkedCount,
    retryCount: metrics.transactionRetryCount,
    waitingCount: pipeline.waitingCount,
  };
}

function backgroundStats({ metrics, obsolete }: Engine): DatabaseStats['background'] {
  return {
    flushCount: metrics.flushCount,
    flushBytesWritten: metrics.flushBytesWritten,
    compactionCount: metrics.compactionCount,
    trivialMoveCount: metrics.trivialMoveCount,
    compactionBytesRead: metrics.compactionBytesRead,
    compactionBytesWritten: metrics.compactionBytesWritten,
    retryCount: metrics.backgroundRetryCount,
    obsoleteFileCount: obsolete.pendingCount,
  };
}

function ingestStats({ metrics }: Engine): DatabaseStats['ingest'] {
  return {
    count: metrics.ingestCount,
    entryCount: metrics.ingestEntryCount,
    bytesWritten: metrics.ingestBytesWritten,
    holdMsMax: metrics.ingestHoldMsMax,
  };
}

function scrubStats({ metrics }: Engine): DatabaseStats['scrub'] {
  return {
    bytesRead: metrics.scrubBytesRead,
    tableCount: metrics.scrubTableCount,
    passCount: metrics.scrubPassCount,
    damageCount: metrics.scrubDamageCount,
  };
}

function oldestPinMs(engine: Engine): number {
  const now = engine.parts.clock.nowMs();
  let oldestMs = now;
  for (const list of [engine.snapshots, engine.transactions, engine.readers]) {
    // All: a transaction that a lock moved to the end of its queue is older than those before it.
    for (const { pinnedAtMs } of list.pins()) oldestMs = Math.min(oldestMs, pinnedAtMs);
  }
  return now - oldestMs;
}

function sum<T>(items: readonly T[], valueOf: (item: T) => number): number {
  let total = 0;
  for (const item of items) total += valueOf(item);
  return total;
}
