/**
 * The logs of a database as one sequence of commits.
 *
 * Owns: the rule by which a log follows another, and the reading of logs by that rule. Recovery, verification and
 * checkpoints must agree on it, or one of them accepts logs that another refuses.
 *
 * Invariants:
 *   log-chain/contiguous: the first frame of a log begins where the last frame of the logs before it ended. Logs
 *       without a frame change nothing.
 *   log-chain/no-hole: no frame begins further on than one after the last sequence of the tables and the logs before
 *       it.
 *   log-chain/one-torn-tail: only the last log with frames, and logs after it, may end in a torn tail. A log is
 *       synced before the first frame of its successor is written, so a torn tail before that is damage. A damaged
 *       log counts as one with frames, since it may have had some.
 *
 * Suspension: `of` and `read` suspend for reads. Logs are read one after another, in their order.
 */
import { assert } from '../base/assert.ts';
import { CorruptionError } from '../base/errors.ts';
import type { Vfs } from '../vfs/vfs.ts';
import { LOG_KIND_WAL } from './frame-format.ts';
import { type FrameHandler, type LogSummary, readLog } from './log-reader.ts';
import type { LogFrame } from './log-window.ts';

export interface ChainLog {
  readonly number: number;
  readonly path: string;
  /** Where its frames end, for a log that is being written; undefined: it is read to the end of the file. */
  readonly sizeBytes?: number | undefined;
}

export interface LogChainOptions {
  /** Everything at or below it is in tables. */
  readonly flushedSequence: number;
  /** True when a crash may have left a torn tail, which the owner of the logs cuts. */
  readonly isTornAllowed: boolean;
  /** True when the reader goes on after a log that cannot be read. Default false: the first look at it throws. */
  readonly isUnreadableSkipped?: boolean;
}

/** The message about logs that do not reach the sequence of the last close. */
export function endsEarly(reached: number, closedSequence: number): string {
  return `Logs end before the last close: found=${reached} expected=${closedSequence}`;
}

export class LogChain<Log extends ChainLog = ChainLog> {
  /** From the oldest to the newest. */
  readonly logs: readonly Log[];
  readonly #vfs: Vfs;
  readonly #isTornAllowed: boolean;
  /** The last log with frames; those after it have none. */
  readonly #lastIndex: number;
  #index = 0;
  #endLog: Log | undefined;
  #reached: number;
  /** The first sequence of the next frame; undefined where no frame was read yet, or after damage. */
  #expected: number | undefined = undefined;

  private constructor(
    vfs: Vfs,
    logs: readonly Log[],
    lastIndex: number,
    { flushedSequence, isTornAllowed }: LogChainOptions,
  ) {
    this.logs = logs;
    this.#vfs = vfs;
    this.#isTornAllowed = isTornAllowed;
    this.#lastIndex = lastIndex;
    this.#endLog = logs[0];
    this.#reached = flushedSequence;
  }

  /** Throws IoError when a log cannot be read, unless told to skip it. */
  static async of<Log extends ChainLog>(
    vfs: Vfs,
    logs: readonly Log[],
    options: LogChainOptions,
  ): Promise<LogChain<Log>> {
    const { isUnreadableSkipped = false } = options;
    let lastIndex = logs.length - 1;
    while (lastIndex > 0 && !(await mayHoldFrames(vfs, logs[lastIndex]!, isUnreadableSkipped))) {
      lastIndex--; // lastIndex was in range
    }
    return new LogChain(vfs, logs, lastIndex, options);
  }

  /** The log that holds the last frame read so far; the first log when none was read. */
  get endLog(): Log | undefined {
    return this.#endLog;
  }

  /** The last sequence that the tables and the logs read so far hold. */
  get reached(): number {
    return this.#reached;
  }

  /**
   * Delivers the frames of the next log of `logs`. Throws CorruptionError for a log that breaks the chain or is
   * damaged, and what `readLog` throws. A caller that goes on after an error says so by `forget` or `goOnAfter`.
   */
  async read(log: Log, onFrame: FrameHandler): Promise<LogSummary> {
    assert(log === this.logs[this.#index], 'logs are read in their order');
    const isLast = this.#index >= this.#lastIndex;
    this.#index++;
    const expected = this.#expected;
    const take = (frame: LogFrame): void | Promise<void> => {
      this.#take(frame);
      return onFrame(frame);
    };
    const summary = await readLog(this.#vfs, log.path, LOG_KIND_WAL, log.number, take, {
      isLast,
      isHeaderDurable: true,
      ...(expected === undefined ? {} : { firstSequence: expected }), // log-chain/contiguous
      ...(log.sizeBytes === undefined ? {} : { sizeBytesMax: log.sizeBytes }),
    });
    if (summary.end === 'torn' && !this.#isTornAllowed) {
      throw new CorruptionError('Log ends in no frame', {
        file: log.path,
        offset: summary.validEnd,
      });
    }
    if (summary.frameCount > 0) {
      this.#expected = summary.lastSequence + 1;
      this.#endLog = log;
    }
    return summary;
  }

  /** The content of the log just read is not known, so the next log may start anywhere. */
  forget(): void {
    this.#reached = Number.MAX_SAFE_INTEGER;
    this.#expected = undefined;
  }

  /** The log just read is damaged, and `sequence` is the last one of its intact frames, 0 for none. */
  goOnAfter(sequence: number): void {
    this.#reached = Math.max(this.#reached, sequence);
    this.#expected = undefined;
  }

  /** log-chain/no-hole. */
  #take({ firstSequence, operationCount }: LogFrame): void {
    if (firstSequence > this.#reached + 1) {
      throw new CorruptionError(
        `Log begins after a hole: found=${firstSequence} expected=${this.#reached + 1}`,
      );
    }
    this.#reached = Math.max(this.#reached, firstSequence + operationCount - 1);
  }
}

/** Thrown to end a look at a log that has shown a frame. */
const FRAME_SEEN = new Error('frame seen');

function stopAtFirst(): never {
  throw FRAME_SEEN;
}

async function mayHoldFrames(
  vfs: Vfs,
  { number, path, sizeBytes }: ChainLog,
  isUnreadableSkipped: boolean,
): Promise<boolean> {
  try {
    await readLog(vfs, path, LOG_KIND_WAL, number, stopAtFirst, {
      isHeaderDurable: true,
      ...(sizeBytes === undefined ? {} : { sizeBytesMax: sizeBytes }),
    });
    return false;
  } catch (error) {
    if (error === FRAME_SEEN || error instanceof CorruptionError) return true;
    if (isUnreadableSkipped) return false;
    throw error;
  }
}
