/**
 * Counters since the database was opened.
 *
 * Owns: the numbers behind `db.stats()`. Each is written where the thing happens, by the main thread only.
 */
import { Latencies } from '../../base/latency.ts';

export class Metrics {
  readonly latencies: Latencies = new Latencies();
  commitCount = 0;
  operationCount = 0;
  /** WAL frames written, each one group of commits. */
  groupCount = 0;
  logBytesWritten = 0;
  syncCount = 0;
  /** Longest and total time of a log sync, in milliseconds. */
  syncMsMax = 0;
  syncMsTotal = 0;
  /** Commits refused because something they wrote, or read, was committed by others. */
  writeConflictCount = 0;
  readConflictCount = 0;
  transactionRetryCount = 0;
  /** Of validations: keys looked up in memory and in each newer table, rows and recent writes walked for ranges. */
  walkedCount = 0;
  stallCount = 0;
  stallMsTotal = 0;
  slowdownCount = 0;
  flushCount = 0;
  flushBytesWritten = 0;
  compactionCount = 0;
  trivialMoveCount = 0;
  compactionBytesRead = 0;
  compactionBytesWritten = 0;
  /** Bulk loads that became visible, what they brought, and how long commits were held back for them. */
  ingestCount = 0;
  ingestEntryCount = 0;
  ingestBytesWritten = 0;
  ingestHoldMsMax = 0;
  backgroundRetryCount = 0;
  outOfSpaceCount = 0;
  outOfResourcesCount = 0;
  /** Of the background scrub: tables read to their end, whole passes, damaged places. */
  scrubBytesRead = 0;
  scrubTableCount = 0;
  scrubPassCount = 0;
  scrubDamageCount = 0;

  noteFlush(writtenSizeBytes: number, elapsedMs: number): void {
    this.flushCount++;
    this.flushBytesWritten += writtenSizeBytes;
    this.latencies.flush.note(elapsedMs);
  }

  /** `sizes` are undefined for a move. */
  noteCompaction(
    sizes: { readonly readSizeBytes: number; readonly writtenSizeBytes: number } | undefined,
    elapsedMs: number,
  ): void {
    if (sizes === undefined) {
      this.trivialMoveCount++;
      return;
    }
    this.compactionCount++;
    this.compactionBytesRead += sizes.readSizeBytes;
    this.compactionBytesWritten += sizes.writtenSizeBytes;
    this.latencies.compaction.note(elapsedMs);
  }

  noteSync(elapsedMs: number): void {
    this.syncCount++;
    this.syncMsTotal += elapsedMs;
    if (elapsedMs > this.syncMsMax) this.syncMsMax = elapsedMs;
    this.latencies.sync.note(elapsedMs);
  }
}
