/**
 * The jobs of one database, in the worker threads of the process.
 *
 * Owns: which jobs are this database's: those are cancelled when it closes. The workers
 * are the pool's, which all databases share.
 *
 * Suspension: `run` and `close` suspend. Fields are read again after each.
 */
import { ClosedError } from '../base/errors.ts';
import type { JobDescription, JobProgress, ResultOf } from './compaction.ts';
import type { JobRunner } from './job-runner.ts';
import { WorkerPool } from './worker-pool.ts';

/** Jobs see the operating system's files, so only a database over NodeVfs can use this runner. */
export class WorkerJobRunner implements JobRunner {
  readonly targetFileSizeBytesMax: number = Infinity;
  readonly #script: URL | undefined;
  readonly #running = new Map<JobDescription, Promise<unknown>>();
  /** From the first job on. */
  #pool: WorkerPool | undefined = undefined;
  #hasPrepared = false;
  #isClosed = false;

  /** `script` is a file to run in place of the job worker, for tests. */
  constructor(script?: URL) {
    this.#script = script;
  }

  get workerCount(): number {
    return this.#pool?.workerCount ?? 0;
  }

  get waitingCount(): number {
    return this.#pool?.waitingCount ?? 0;
  }

  async run<J extends JobDescription>(
    job: J,
    onProgress?: (progress: JobProgress) => void,
  ): Promise<ResultOf<J>> {
    if (this.#isClosed) throw new ClosedError('Job runner is closed');
    const running = this.#mustPool().run(this, job, onProgress);
    this.#running.set(job, running);
    try {
      return await running;
    } finally {
      this.#running.delete(job);
    }
  }

  cancel(job: JobDescription): void {
    this.#pool?.cancel(job);
  }

  /** Starts it once. A failure of that worker is left to the jobs. */
  prepare(): void {
    if (this.#hasPrepared || this.#isClosed) return;
    this.#hasPrepared = true;
    try {
      this.#mustPool().prepare();
    } catch {
      // The job that needs it is told.
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const pool = this.#pool;
    if (pool === undefined) return;
    for (const job of this.#running.keys()) pool.cancel(job);
    await Promise.allSettled(this.#running.values()); // each failure reaches the caller of `run`
    await pool.leave(this);
  }

  #mustPool(): WorkerPool {
    this.#pool ??= WorkerPool.join(this.#script, this);
    return this.#pool;
  }
}
