/**
 * Logs that end with a chosen commit.
 *
 * Owns: cutting the logs of a copy, so that all commits up to a sequence and a time are in them and none after. The files
 * belong to nobody yet: they are changed in place.
 *
 * Invariants:
 *   log-cut/whole-commits: a commit stays whole or goes whole. Where a frame has both kinds, it is written again with those
 *       that stay: same sequences, same time.
 *
 * What a power cut leaves: a file that is half cut. Its owner syncs it before anything leads to it.
 *
 * Suspension: `cutLogs` suspends for reads.
 */
import { BatchReader } from '../batch/batch-reader.ts';
import { type Vfs, writeFully } from '../vfs/vfs.ts';
import { FrameBuilder } from './frame-builder.ts';
import { FrameCursor } from './frame-cursor.ts';
import type { LogFrame } from './log-window.ts';

export interface LogToCut {
  readonly number: number;
  readonly path: string;
}

export interface LogCut {
  /** Logs that stay: those up to the one that was cut. */
  readonly logCount: number;
  /** The last commit that stays; undefined when none does. */
  readonly lastSequence: number | undefined;
  /** The time of its frame. */
  readonly lastMs: number;
}

/** The last commit that stays, by its sequence and its time. */
export interface CutBounds {
  readonly sequenceMax: number;
  readonly timeMsMax: number;
}

/** Cuts finished logs, given in their order. Logs after the cut are left as they are. Throws CorruptionError or IoError. */
export async function cutLogs(
  vfs: Vfs,
  logs: readonly LogToCut[],
  { sequenceMax, timeMsMax }: CutBounds,
): Promise<LogCut> {
  let lastSequence: number | undefined;
  let lastMs = 0;
  for (const [index, { number, path }] of logs.entries()) {
    const cursor = new FrameCursor(vfs, path, number);
    try {
      for (;;) {
        const start = cursor.offset;
        const frame = await cursor.next(undefined);
        if (frame === undefined) break;
        if (frame.operationCount === 0) continue;
        const frameLast = frame.firstSequence + frame.operationCount - 1;
        if (frame.wallMs > timeMsMax || frameLast > sequenceMax) {
          const kept = frame.wallMs > timeMsMax ? undefined : headOf(frame, number, sequenceMax);
          rewrite(vfs, path, Math.max(start, frame.offset), kept?.bytes);
          if (kept !== undefined) [lastSequence, lastMs] = [kept.lastSequence, frame.wallMs];
          return { logCount: index + 1, lastSequence, lastMs };
        }
        [lastSequence, lastMs] = [frameLast, frame.wallMs];
      }
    } finally {
      cursor.close();
    }
  }
  return { logCount: logs.length, lastSequence, lastMs };
}

/** A frame with the commits up to a sequence; undefined when there is none. Keeps log-cut/whole-commits. */
function headOf(
  frame: LogFrame,
  fileNumber: number,
  sequenceMax: number,
): { readonly bytes: Uint8Array; readonly lastSequence: number } | undefined {
  const reader = new BatchReader();
  reader.reset(frame);
  let end = 0;
  let endSequence = 0;
  let isMore = reader.next();
  while (isMore) {
    let sequence: number;
    let commitEnd: number;
    do {
      sequence = reader.sequence;
      commitEnd = reader.valueEnd;
      isMore = reader.next();
    } while (isMore && !reader.isCommitStart);
    if (sequence > sequenceMax) break;
    end = commitEnd;
    endSequence = sequence;
  }
  if (end === 0) return undefined;
  const builder = new FrameBuilder();
  builder.reset();
  builder.payload(frame.payload.subarray(0, end), endSequence - frame.firstSequence + 1);
  const { firstSequence, durableSequence, wallMs } = frame;
  const length = builder.seal({ fileNumber, firstSequence, durableSequence, wallMs });
  return { bytes: builder.bytes.slice(0, length), lastSequence: endSequence };
}

function rewrite(vfs: Vfs, path: string, start: number, bytes: Uint8Array | undefined): void {
  const file = vfs.open(path, 'modify');
  try {
    file.truncateSync(start);
    if (bytes !== undefined) writeFully(file, bytes, 0, bytes.length, start);
  } finally {
    file.closeSync();
  }
}
