/**
 * Logs, read in full.
 *
 * Owns: every check of the logs that recovery would replay: they are there, every frame is whole and decodes, the
 * sequences go on from frame to frame and from log to log, and begin no later than the tables end.
 *
 * Where recovery stops at the first damage, this goes on: the rest of a damaged log is searched for intact frames, and
 * each stretch between them is a problem of its own.
 *
 * Suspension: suspends for reads; a log may be flushed and removed meanwhile, which `isGone` tells.
 */
import { CorruptionError, IoError } from '../../base/errors.ts';
import type { FileNumber } from '../../base/ids.ts';
import { CommitCursor } from '../../log/commit-cursor.ts';
import { FRAME_SIZE_BYTES_MIN, LOG_KIND_WAL } from '../../log/frame-format.ts';
import { type LogFrame, type LogSummary, readLog } from '../../log/log-reader.ts';
import { type LogSalvage, salvageLog } from '../../log/log-salvager.ts';
import type { Vfs } from '../../vfs/vfs.ts';
import type { StopCheck } from '../state/long-calls.ts';
import type { ProblemList } from './verify-report.ts';

/** As where the logs reach: the next may begin anywhere. */
const ANY_SEQUENCE = Number.MAX_SAFE_INTEGER;

export interface LogToVerify {
  readonly number: FileNumber;
  readonly path: string;
  /** Where its frames end, for a log that is being written; undefined: it is read to the end of the file. */
  readonly sizeBytes: number | undefined;
}

export interface LogExpectations {
  /** Everything at or below it is in tables. */
  readonly flushedSequence: number;
  /** True when a torn tail of the last log is no problem: a crash may have left it, and recovery cuts it. */
  readonly isTornAllowed: boolean;
  /** True when the log is no longer needed, so that it may be missing. */
  readonly isGone: (number: FileNumber) => boolean;
}

/** What the logs hold. */
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
  const counts = { operationCount: 0, sizeBytes: 0 };
  let lastIndex = logs.length - 1;
  while (lastIndex > 0 && !(await holdsFrames(vfs, logs[lastIndex]!))) lastIndex--; // in range
  let reached = expectations.flushedSequence;
  let expected: number | undefined;
  let endPath = logs[0]?.path;
  for (const [index, log] of logs.entries()) {
    check();
    const isLast = index >= lastIndex;
    try {
      const summary = await readWhole(vfs, log, { isLast, expected, reached }, counts, check);
      if (summary.end === 'torn' && !expectations.isTornAllowed) {
        const offset = summary.validEnd;
        throw new CorruptionError('Log ends in no frame', { file: log.path, offset });
      }
      if (summary.frameCount > 0) [expected, endPath] = [summary.lastSequence + 1, log.path];
      reached = Math.max(reached, summary.lastSequence);
    } catch (error) {
      check();
      if (isMissing(error) && expectations.isGone(log.number)) {
        reached = ANY_SEQUENCE; // flushed, and by now so may be what follows: any start is as good
        continue;
      }
      list.add(isMissing(error) ? missing(log, error) : error, log.path);
      if (!(error instanceof CorruptionError)) {
        // What it holds is not known, which is no hole before the next log.
        if (!isMissing(error)) [reached, expected] = [ANY_SEQUENCE, undefined];
        continue;
      }
      reached = await listDamages(vfs, log, error, list, reached);
      expected = undefined; // after a hole nothing is known
    }
  }
  return { reached, endPath, ...counts };
}

/** What came before a log, and whether another follows. */
interface LogPlace {
  readonly isLast: boolean;
  readonly expected: number | undefined;
  readonly reached: number;
}

async function readWhole(
  vfs: Vfs,
  log: LogToVerify,
  { isLast, expected, reached }: LogPlace,
  counts: { operationCount: number; sizeBytes: number },
  check: StopCheck,
): Promise<LogSummary> {
  const cursor = new CommitCursor();
  let end = reached;
  const onFrame = (frame: LogFrame): void => {
    check();
    if (frame.firstSequence > end + 1) {
      throw new CorruptionError(
        `Log begins after a hole: found=${frame.firstSequence} expected=${end + 1}`,
      );
    }
    cursor.reset(frame);
    while (cursor.next()) end = Math.max(end, cursor.sequence);
    counts.operationCount += frame.operationCount;
    counts.sizeBytes += FRAME_SIZE_BYTES_MIN + frame.payload.length;
  };
  return readLog(vfs, log.path, LOG_KIND_WAL, log.number, onFrame, {
    isLast,
    isHeaderDurable: true,
    ...(expected === undefined ? {} : { firstSequence: expected }),
    ...(log.sizeBytes === undefined ? {} : { sizeBytesMax: log.sizeBytes }),
  });
}

/** Every damaged stretch but the one already told. Returns the last sequence of an intact frame, at least `reached`. */
async function listDamages(
  vfs: Vfs,
  { path, number }: LogToVerify,
  known: CorruptionError,
  list: ProblemList,
  reached: number,
): Promise<number> {
  let last = reached;
  let salvage: LogSalvage;
  try {
    salvage = await salvageLog(vfs, path, LOG_KIND_WAL, number, (frame) => {
      last = Math.max(last, frame.firstSequence + frame.operationCount - 1);
    });
  } catch (error) {
    // No regular file, which is told already: what the log held is not known.
    if (error instanceof CorruptionError && error.message === known.message) return ANY_SEQUENCE;
    throw error;
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

const FRAME_SEEN = new Error('frame seen');

/** As recovery has it: only the last log with frames may have a torn tail. A damaged log counts as one with frames. */
async function holdsFrames(vfs: Vfs, { number, path }: LogToVerify): Promise<boolean> {
  try {
    await readLog(vfs, path, LOG_KIND_WAL, number, stopAtFirst, { isHeaderDurable: true });
    return false;
  } catch (error) {
    return error === FRAME_SEEN || error instanceof CorruptionError;
  }
}

function stopAtFirst(): never {
  throw FRAME_SEEN;
}

function isMissing(error: unknown): boolean {
  return error instanceof IoError && error.systemCode === 'ENOENT';
}

function missing({ path }: LogToVerify, cause: unknown): CorruptionError {
  return new CorruptionError('Log is missing', { file: path, cause });
}
