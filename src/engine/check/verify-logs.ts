/**
 * Logs, read in full.
 *
 * Owns: every check of the logs that recovery would replay: they are there, every frame is whole and decodes, and the
 * logs follow one another as log-chain.ts says. And that of kept logs, each by itself.
 *
 * Where recovery stops at the first damage, this goes on: the rest of a damaged log is searched for intact frames, and
 * each stretch between them is a problem of its own.
 *
 * Suspension: suspends for reads; a log may be flushed and removed meanwhile, which `isGone` tells.
 */
import { CorruptionError, IncompatibleFormatError, IoError } from '../../base/errors.ts';
import type { FileNumber } from '../../base/ids.ts';
import { BatchReader } from '../../batch/batch-reader.ts';
import { LOG_KIND_WAL } from '../../log/frame-format.ts';
import { type ChainLog, LogChain } from '../../log/log-chain.ts';
import type { LogFrame } from '../../log/log-window.ts';
import { type LogSalvage, salvageLog } from '../../log/log-salvager.ts';
import type { Vfs } from '../../vfs/vfs.ts';
import type { StopCheck } from '../state/long-calls.ts';
import type { ProblemList, VerifyReport } from '../../version/verify-report.ts';

export interface LogToVerify extends ChainLog {
  readonly number: FileNumber;
}

export interface LogExpectations {
  /** Everything at or below it is in tables. */
  readonly flushedSequence: number;
  /** True when a torn tail of the last log is no problem: a crash may have left it, and recovery cuts it. */
  readonly isTornAllowed: boolean;
  /** True when the log is no longer needed, so that it may be missing. */
  readonly isGone: (number: FileNumber) => boolean;
}

/** Counts of the logs. */
export interface LogCensus {
  /** The last sequence that logs, or tables, hold; no bound once a log is gone, or cannot be read. */
  readonly reached: number;
  /** The log that holds the last frame; the first log when none holds one. */
  readonly endPath: string | undefined;
  /** Puts, deletions and range deletions in frames that are whole. */
  readonly operationCount: number;
  /** Bytes of these frames. */
  readonly sizeBytes: number;
}

/** Adds what is wrong to `list`. */
export async function verifyLogs(
  vfs: Vfs,
  logs: readonly LogToVerify[],
  expectations: LogExpectations,
  list: ProblemList,
  check: StopCheck,
): Promise<LogCensus> {
  const { flushedSequence, isTornAllowed, isGone } = expectations;
  const options = { flushedSequence, isTornAllowed, isUnreadableSkipped: true };
  const chain = await LogChain.of(vfs, logs, options);
  const counts = { operationCount: 0, sizeBytes: 0 };
  const cursor = new BatchReader();
  const onFrame = (frame: LogFrame): void => {
    check();
    cursor.reset(frame);
    while (cursor.next());
    counts.operationCount += frame.operationCount;
    counts.sizeBytes += frame.sizeBytes;
  };
  for (const log of logs) {
    check();
    try {
      await chain.read(log, onFrame);
    } catch (error) {
      check();
      if (isMissing(error) && isGone(log.number)) {
        chain.forget(); // flushed, and by now so may be what follows
        continue;
      }
      list.add(isMissing(error) ? missing(log, error) : error, log.path);
      if (error instanceof CorruptionError) {
        const last = await listDamages(vfs, log, error, list);
        if (last === undefined) chain.forget();
        else chain.goOnAfter(last);
      } else if (!isMissing(error)) {
        chain.forget(); // what it holds is not known, which is no hole before the next log
      }
    }
  }
  return { reached: chain.reached, endPath: chain.endLog?.path, ...counts };
}

/** Logs that stay for the history: each by itself, since a bulk load leaves a hole between two. None has a torn tail. */
export async function verifyKeptLogs(
  vfs: Vfs,
  logs: readonly LogToVerify[],
  isGone: (number: FileNumber) => boolean,
  list: ProblemList,
  check: StopCheck,
): Promise<Pick<VerifyReport, 'keptLogCount' | 'keptLogSizeBytes'>> {
  const expectations = { flushedSequence: Infinity, isTornAllowed: false, isGone };
  let keptLogSizeBytes = 0;
  for (const log of logs) {
    keptLogSizeBytes += (await verifyLogs(vfs, [log], expectations, list, check)).sizeBytes;
  }
  return { keptLogCount: logs.length, keptLogSizeBytes };
}

/**
 * Every damaged stretch but the one already told. Returns the last sequence of an intact frame, or 0; undefined when what the
 * log held cannot be known.
 */
async function listDamages(
  vfs: Vfs,
  { path, number }: LogToVerify,
  known: CorruptionError,
  list: ProblemList,
): Promise<number | undefined> {
  let last = 0;
  let salvage: LogSalvage;
  try {
    salvage = await salvageLog(vfs, path, LOG_KIND_WAL, number, (frame) => {
      last = Math.max(last, frame.firstSequence + frame.operationCount - 1);
    });
  } catch (error) {
    // No regular file, which is told already.
    if (error instanceof CorruptionError && error.message === known.message) return undefined;
    if (!(error instanceof IncompatibleFormatError)) throw error;
    list.add(error, path); // a frame behind the damage
    return undefined;
  }
  for (const damage of salvage.damages) {
    const { offset, sizeBytes, sequenceBefore = 'none', sequenceAfter = 'none' } = damage;
    if (offset === known.offset) continue;
    const message =
      `Log is damaged: size=${sizeBytes} ` + `before=${sequenceBefore} after=${sequenceAfter}`;
    list.add(new CorruptionError(message, { file: path, offset }), path);
  }
  return last;
}

function isMissing(error: unknown): boolean {
  return error instanceof IoError && error.systemCode === 'ENOENT';
}

function missing({ path }: LogToVerify, cause: unknown): CorruptionError {
  return new CorruptionError('Log is missing', { file: path, cause });
}
