/**
 * Where jobs run.
 *
 * Owns: the JobRunner contract, and the runner that shares the caller's thread.
 *
 * Suspension: `run` and `close` suspend; nothing else here does.
 */
import { backgroundTurn, type Clock, systemClock } from '../base/clock.ts';
import { ClosedError } from '../base/errors.ts';
import type { Vfs } from '../vfs/vfs.ts';
import { cancelJob, type JobDescription, type JobProgress, type ResultOf } from './compaction.ts';
import { INLINE_PACE, Pacer } from './pacer.ts';
import { runJob } from './run-job.ts';

/** Several jobs may run at once; the caller sees to it that they do not work on the same tables. */
export interface JobRunner {
  /**
   * The largest tables that jobs should write here. Finishing a table (filter, index) is one step that nothing
   * interrupts, so a runner that shares the caller's thread wants small ones.
   */
  readonly targetFileSizeBytesMax: number;
  /** Threads of the process that run jobs, and jobs that wait for one of them. */
  readonly workerCount: number;
  readonly waitingCount: number;
  /**
   * Runs a job to its end. Rejects with AbortedError when it was cancelled (`cancelJob`), ClosedError after `close`,
   * and otherwise with what the job threw: IoError, CorruptionError, IncompatibleFormatError, AssertionError. The
   * outputs of a job that failed are removed, as far as the system lets it.
   */
  run<J extends JobDescription>(
    job: J,
    onProgress?: (progress: JobProgress) => void,
  ): Promise<ResultOf<J>>;
  /** Asks a job to stop: it ends with AbortedError, at once when it has not begun, or normally when it was about to. */
  cancel(job: JobDescription): void;
  /** A job is to come soon: starts the worker, which takes long. Cheap when called again; never throws. */
  prepare(): void;
  /** Cancels running jobs and waits for them to end. Idempotent. */
  close(): Promise<void>;
}

const MIB = 1024 * 1024;

/** Runs jobs in the caller's thread, in slices of half a millisecond: for tests, and where workers cannot see the files. */
export class InlineJobRunner implements JobRunner {
  readonly targetFileSizeBytesMax: number = 2 * MIB;
  readonly workerCount: number = 0;
  readonly waitingCount: number = 0;
  readonly #vfs: Vfs;
  readonly #clock: Clock;
  readonly #running = new Map<JobDescription, Promise<unknown>>();
  #isClosed = false;

  constructor(vfs: Vfs, clock: Clock = systemClock) {
    this.#vfs = vfs;
    this.#clock = clock;
  }

  async run<J extends JobDescription>(
    job: J,
    onProgress: (progress: JobProgress) => void = () => undefined,
  ): Promise<ResultOf<J>> {
    if (this.#isClosed) throw new ClosedError('Job runner is closed');
    const { cancellation } = job;
    const pacer = new Pacer({
      clock: this.#clock,
      pace: INLINE_PACE,
      cancellation,
      turn: backgroundTurn,
    });
    const running = runJob(job, { vfs: this.#vfs, pacer, onProgress });
    this.#running.set(job, running);
    try {
      return await running;
    } finally {
      this.#running.delete(job);
    }
  }

  cancel(job: JobDescription): void {
    cancelJob(job);
  }

  prepare(): void {
    // This thread is there.
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const job of this.#running.keys()) cancelJob(job);
    await Promise.allSettled(this.#running.values()); // each failure reaches the caller of `run`
  }
}
