/**
 * Statistics: the answer of `db.stats()`.
 *
 * Owns: the shape of the public statistics. A plain object of numbers and strings, made anew at each call.
 */
import { textOf } from '../base/describe.ts';
import type { Latencies, LatencyStats } from '../base/latency.ts';
import type { ThreadUsage } from '../engine/read/shared-states.ts';
import type { Engine } from '../engine/engine.ts';
import type { RecoveryReport } from '../engine/state/events.ts';

/** One level of the tree. */
export interface LevelStats {
  /** Its number, from 0. */
  readonly level: number;
  /** Tables in it. */
  readonly tableCount: number;
  /** Bytes of these tables. */
  readonly sizeBytes: number;
  /** Entries in these tables, old versions and tombstones included. */
  readonly entryCount: number;
}

/**
 * The statistics of a database: a plain object, made anew at each call. Counts and times are since `open`, times in
 * milliseconds; sizes are in bytes, as of now.
 */
export interface DatabaseStats {
  /** The directory, as an absolute path. */
  readonly location: string;
  /** The id of this database, unlike all others; a checkpoint has an id of its own. */
  readonly databaseId: string;
  /** Set once a fatal error has stopped writes, or the following of them: its text. */
  readonly failure: string | undefined;
  /** Of a database that was opened with `readOnly` or `follow`: how it keeps up with the writer. Else undefined. */
  readonly follower: FollowerStats | undefined;
  /** How far the database has come; each operation of a commit takes one number. */
  readonly sequence: {
    /** The last number that a commit was given. */
    assigned: number;
    /** The last one that reads see. */
    published: number;
    /** The last one known to survive a power cut. */
    durable: number;
    /** The last one that is in tables, with all before it. */
    flushed: number;
  };
  /** Commits: of single writes, batches and transactions. */
  readonly commits: {
    /** Commits that were written. */
    count: number;
    /** Operations in these commits. */
    operationCount: number;
    /** WAL frames; commits over groups is how many share a sync. */
    groupCount: number;
    /** All conflicts; of those some were on what was only read. */
    conflictCount: number;
    /** Conflicts on what was only read. */
    readConflictCount: number;
    /** Keys, rows of ranges and writes that validations looked at. */
    validationStepCount: number;
    /** Times that `db.transaction` ran a body again. */
    retryCount: number;
    /** Commits that wait for room now. */
    waitingCount: number;
  };
  /** The log of commits. */
  readonly log: {
    /** Bytes of frames that were written. */
    bytesWritten: number;
    /** Syncs that were made. */
    syncCount: number;
    /** The longest sync. */
    syncMsMax: number;
    /** The mean time of a sync; 0 before the first. */
    syncMsMean: number;
  };
  /** The history: logs that stay though their operations are in tables. */
  readonly history: {
    /** For how long commits stay; 0 when none is kept. */
    keepMs: number;
    /** How many bytes of logs may stay. */
    keepBytes: number;
    /** Logs that stay. */
    logCount: number;
    /** Bytes of these logs. */
    sizeBytes: number;
  };
  /** Old versions that stay, so that the past can be read (`versionRetentionMs`). */
  readonly versions: {
    /** For how long they stay; 0 when none is kept. */
    keepMs: number;
    /** The oldest time that can be read: milliseconds since 1970. Undefined when none is kept. */
    oldestTime: number | undefined;
    /** The oldest sequence that can be read. Undefined when none is kept. */
    oldestSequence: number | undefined;
    /** Moments whose place in the order of commits is known. */
    markCount: number;
    /** Old versions in tables that were written since `open`: of keys that have a newer one beside. */
    supersededCount: number;
  };
  /** Memory that this database holds. */
  readonly memory: {
    /** Room of all memtables, used or not. */
    memtableBytes: number;
    /** The used part of them. */
    memtableUsedBytes: number;
    /** Full memtables that wait for their flush. */
    immutableMemtableCount: number;
    /** Table blocks of this database in the cache. */
    blockCacheBytes: number;
    /** Filters and indexes of open tables. */
    tableMetadataBytes: number;
  };
  /** Resources that databases of this process share, unless an option gives this one its own; totals of all of them. */
  readonly shared: {
    /** Open databases over the system's files, this one included. */
    databaseCount: number;
    /** Bytes of the blocks in memory. */
    blockCacheBytes: number;
    /** How many bytes of blocks there may be. */
    blockCacheBytesMax: number;
    /** Tables with an open descriptor. */
    descriptorCount: number;
    /** How many of these there may be. */
    descriptorCountMax: number;
    /** Worker threads that run. */
    workerCount: number;
    /** Jobs that wait for a worker thread. */
    waitingJobCount: number;
  };
  /** Reads of table blocks. */
  readonly blockCache: {
    /** Blocks that were found in memory. */
    hitCount: number;
    /** Blocks that had to be read. */
    missCount: number;
    /** Blocks that made room for others. */
    evictionCount: number;
  };
  /** Every level, from 0 on, empty ones included. */
  readonly levels: readonly LevelStats[];
  /** Tables of all levels. */
  readonly tables: {
    /** Tables that the database consists of. */
    count: number;
    /** Tables that are open. */
    openCount: number;
    /** Bytes of all tables that the database consists of. */
    sizeBytes: number;
  };
  /** Flushes and compactions. */
  readonly background: {
    /** Memtables that became tables. */
    flushCount: number;
    /** Bytes of these tables. */
    flushBytesWritten: number;
    /** Compactions, without the moves. */
    compactionCount: number;
    /** Tables that changed their level without being read. */
    trivialMoveCount: number;
    /** Bytes that compactions read. */
    compactionBytesRead: number;
    /** Bytes that compactions wrote. */
    compactionBytesWritten: number;
    /** Times that a job failed and was put off. */
    retryCount: number;
    /** Files that are no longer needed and not yet removed. */
    obsoleteFileCount: number;
  };
  /** Bulk loads (`ingest`) that became visible. */
  readonly ingest: {
    /** Loads. */
    count: number;
    /** Entries that they brought. */
    entryCount: number;
    /** Bytes of their tables. */
    bytesWritten: number;
    /** Longest time for which commits were held back. */
    holdMsMax: number;
  };
  /** Counts of the background scrub; zeros while `scrubBytesPerSecond` is 0. */
  readonly scrub: {
    /** Bytes that were read. */
    bytesRead: number;
    /** Tables that were read to their end. */
    tableCount: number;
    /** Times that it came through all tables. */
    passCount: number;
    /** Damaged places. */
    damageCount: number;
  };
  /** Writes that were held up or refused. */
  readonly stalls: {
    /** Times that writes had to wait. */
    count: number;
    /** How long they waited, those that are over. */
    totalMs: number;
    /** Commits that were slowed because of level 0. */
    slowdownCount: number;
    /** Writes refused for lack of space. */
    outOfSpaceCount: number;
    /** Writes refused for want of a descriptor, memory or a thread. */
    outOfResourcesCount: number;
  };
  /** Locks of pessimistic transactions. */
  readonly locks: {
    /** Keys that are locked now. */
    heldKeyCount: number;
    /** Ranges that are locked now. */
    heldRangeCount: number;
    /** Requests that wait now. */
    waiterCount: number;
    /** Requests that had to wait. */
    waitCount: number;
    /** Requests that were refused to break a deadlock. */
    deadlockCount: number;
    /** Requests that waited too long. */
    timeoutCount: number;
  };
  /**
   * How long operations took. Times of reads are from the call to the answer; a commit is any write, from the call to its
   * promise, waits included.
   */
  readonly latencies: {
    /** Reads of one key: `get` and `getSync`. */
    get: LatencyStats;
    /** Commits that were written. */
    commit: LatencyStats;
    /** Steps of scans by `for` and `for await`, from the call to the row. */
    scanStep: LatencyStats;
    /** Syncs of the log. */
    sync: LatencyStats;
    /** Flushes. */
    flush: LatencyStats;
    /** Compactions, without the moves. */
    compaction: LatencyStats;
  };
  /** Open readers. */
  readonly readers: {
    /** Snapshots and read-only transactions. */
    snapshotCount: number;
    /** Transactions. */
    transactionCount: number;
    /** Scans. */
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
  /** Threads that have attached to this database (`db.share`). */
  readonly threads: {
    /** Threads that are attached. */
    count: number;
    /** Read states that were published to them. */
    stateSwapCount: number;
    /** Read states that are no longer current and stay for a reader among them. */
    waitingStateCount: number;
    /** What each thread does, and what waits for it. */
    each: readonly ThreadUsage[];
  };
  /** The recovery of this open. */
  readonly recovery: RecoveryReport;
}

/** How a read-only database keeps up with the writer. */
export interface FollowerStats {
  /** True with `follow`: it looks at the directory by itself. */
  readonly isFollowing: boolean;
  /** Operations that were read and are not shown yet: their commit is on its way to the disk. */
  readonly behindOperationCount: number;
  /** Everything that was published so many milliseconds ago is shown. */
  readonly behindMs: number;
  /** Looks at the directory. */
  readonly lookCount: number;
  /** States of the tables that were taken over from the writer. */
  readonly versionCount: number;
  /** Tables that are held open, so that they stay readable. */
  readonly heldTableCount: number;
}

/** Memory of running transactions. */
export interface TransactionUsage {
  readonly transactionCount: number;
  readonly writeSetBytes: number;
  readonly readSetBytes: number;
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
    follower: undefined,
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
    history: { ...parts.versions.current.historyBounds, ...engine.history.usage() },
    versions: versionStats(engine),
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
    latencies: latencyStats(metrics.latencies),
    readers: {
      snapshotCount: engine.snapshots.count + engine.pastSnapshots.count,
      ...transactions,
      scanCount,
      oldestPinMs: oldestPinMs(engine),
      pinnedTableBytes: parts.versions.pinnedSizeBytes(),
    },
    threads: threadStats(engine),
    recovery: parts.recovery,
  };
}

export function latencyStats(latencies: Latencies): DatabaseStats['latencies'] {
  return {
    get: latencies.get.stats,
    commit: latencies.commit.stats,
    scanStep: latencies.scanStep.stats,
    sync: latencies.sync.stats,
    flush: latencies.flush.stats,
    compaction: latencies.compaction.stats,
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
    waitingCount: pipeline.admission.waitingCount,
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

function threadStats({ sharedStates }: Engine): DatabaseStats['threads'] {
  const each = sharedStates?.usage() ?? []; // first: it looks which states are still used
  return {
    count: sharedStates?.threadCount ?? 0,
    stateSwapCount: sharedStates?.swapCount ?? 0,
    waitingStateCount: sharedStates?.waitingCount ?? 0,
    each,
  };
}

function versionStats({ retention, state }: Engine): DatabaseStats['versions'] {
  retention?.advance();
  let supersededCount = 0;
  state.version.forEachFile((file) => (supersededCount += file.supersededCount ?? 0));
  return {
    keepMs: retention?.keepMs ?? 0,
    oldestTime: retention?.from.wallMs,
    oldestSequence: retention?.from.sequence,
    markCount: retention?.marks.count ?? 0,
    supersededCount,
  };
}

function oldestPinMs(engine: Engine): number {
  const now = engine.parts.clock.nowMs();
  let oldestMs = now;
  const { snapshots, pastSnapshots, transactions, readers } = engine;
  for (const list of [snapshots, pastSnapshots, transactions, readers]) {
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
