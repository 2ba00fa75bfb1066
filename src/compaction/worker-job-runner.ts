/**
 * Jobs in one long-lived worker thread, which keeps them off the application's event loop.
 *
 * Owns: starting the worker, for the first job or a little before it, matching answers to jobs, and what happens when the
 * worker dies.
 *
 * The worker keeps no process alive, not even while a job runs: a call that waits for a job does (base/liveness.ts). A process
 * that ends under a job leaves files that nothing names; the next open removes them.
 *
 * Invariants:
 *   T1. Every `run` settles: by its answer, or with IoError when the worker it ran in is gone.
 *   T2. A worker that died is not used again; the next job starts another.
 *
 * Suspension: `run` and `close` suspend. Fields are read again after each.
 */
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { unreachable } from '../base/assert.ts';
import { ClosedError, IoError } from '../base/errors.ts';
import { NodeVfs } from '../vfs/node-vfs.ts';
import { cancelJob, type JobDescription, type JobProgress, type JobResult } from './compaction.ts';
import { decodeError, type RunMessage, type WorkerMessage } from './job-protocol.ts';
import type { JobRunner } from './job-runner.ts';

interface PendingJob {
  readonly job: JobDescription;
  readonly worker: Worker;
  readonly onProgress: ((progress: JobProgress) => void) | undefined;
  readonly resolve: (result: JobResult) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Blocks lie outside the heap and are let go when the small objects that stand for them are collected: a small young
 * generation lets them go early, so that a job's memory stays near what it works on.
 */
const YOUNG_GENERATION_SIZE_MB = 8;

/** The built entry of the worker: Node cannot run TypeScript in a worker thread before 22.18. */
function builtWorkerUrl(): URL {
  const here = import.meta.url;
  return here.endsWith('.ts')
    ? new URL('../../dist/compaction/job-worker.js', here)
    : new URL('./job-worker.js', here);
}

/** Jobs see the operating system's files, so only a database over NodeVfs can use this runner. */
export class WorkerJobRunner implements JobRunner {
  readonly targetFileSizeBytesMax: number = Infinity;
  readonly #workerUrl: URL;
  readonly #pending = new Map<number, PendingJob>();
  readonly #answers = new Set<Promise<JobResult>>();
  #worker: Worker | undefined = undefined;
  #hasPrepared = false;
  #nextId = 1;
  #isClosed = false;

  /** `workerUrl` is where job-worker.js lies, if not where the build puts it. */
  constructor(workerUrl: URL = builtWorkerUrl()) {
    this.#workerUrl = workerUrl;
  }

  /** Whether the worker's file is there: a program that was bundled into one file may have lost it. */
  static isAvailable(workerUrl: URL = builtWorkerUrl()): boolean {
    return new NodeVfs().exists(fileURLToPath(workerUrl));
  }

  async run(job: JobDescription, onProgress?: (progress: JobProgress) => void): Promise<JobResult> {
    if (this.#isClosed) throw new ClosedError('Job runner is closed');
    const worker = this.#mustWorker();
    const id = this.#nextId++;
    const answer = new Promise<JobResult>((resolve, reject) => {
      this.#pending.set(id, { job, worker, onProgress, resolve, reject });
      const message: RunMessage = { id, job };
      worker.postMessage(message);
    });
    this.#answers.add(answer);
    try {
      return await answer;
    } finally {
      this.#answers.delete(answer);
      this.#pending.delete(id);
    }
  }

  /** Once: what became of that worker is for the jobs to find out (T2). */
  prepare(): void {
    if (this.#hasPrepared || this.#isClosed) return;
    this.#hasPrepared = true;
    try {
      this.#mustWorker();
    } catch {
      // The job that needs it is told.
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const { job } of this.#pending.values()) cancelJob(job);
    await Promise.allSettled(this.#answers); // each failure reaches the caller of `run`
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
  }

  #mustWorker(): Worker {
    this.#worker ??= this.#startWorker();
    return this.#worker;
  }

  #startWorker(): Worker {
    const path = fileURLToPath(this.#workerUrl);
    if (!WorkerJobRunner.isAvailable(this.#workerUrl)) {
      throw new IoError(`File of the job worker is missing, was the package built: path=${path}`, {
        path,
      });
    }
    // No flags of the parent: a debugger's port or a loader is not meant for this thread.
    const worker = new Worker(this.#workerUrl, {
      name: 'varve-jobs',
      execArgv: [],
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_SIZE_MB },
    });
    let failure: unknown;
    worker.on('message', (message: WorkerMessage) => this.#onMessage(message));
    worker.on('error', (error) => (failure = error));
    worker.on('messageerror', (error) => {
      failure = error; // an answer that cannot be read: whose it was is not known (T1)
      void worker.terminate();
    });
    worker.on('exit', (exitCode) => this.#onExit(worker, exitCode, failure));
    worker.unref();
    return worker;
  }

  #onMessage(message: WorkerMessage): void {
    const pending = this.#pending.get(message.id);
    if (pending === undefined) return;
    try {
      settle(pending, message);
    } catch (error) {
      pending.reject(error); // an event's listener throws to nobody (T1)
    }
  }

  #onExit(worker: Worker, exitCode: number, cause: unknown): void {
    if (this.#worker === worker) this.#worker = undefined; // T2
    for (const pending of this.#pending.values()) {
      if (pending.worker !== worker) continue;
      pending.reject(new IoError(`Job worker ended: exitCode=${exitCode}`, { cause })); // T1
    }
  }
}

function settle(pending: PendingJob, message: WorkerMessage): void {
  switch (message.kind) {
    case 'progress':
      pending.onProgress?.(message.progress);
      return;
    case 'done':
      pending.resolve(message.result);
      return;
    case 'failed':
      pending.reject(decodeError(message.error));
      return;
    default:
      unreachable(message);
  }
}
