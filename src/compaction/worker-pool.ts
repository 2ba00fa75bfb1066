/**
 * The worker threads that run the jobs of all databases of a process.
 *
 * Owns: how many workers there are, which of them runs a job, the line of jobs that wait for one, matching answers to
 * jobs, and what happens when a worker dies.
 *
 * The first job, or the wish to have a worker soon, starts one. Another is started when all are busy, up to a count that
 * follows the processors. All but one end when they have had nothing to do for a while, and the last one when no database
 * needs it any more.
 *
 * A worker keeps no process alive, not even while a job runs: a call that waits for a job does (base/liveness.ts). A
 * process that ends under a job leaves files that nothing names; the next open removes them.
 *
 * Invariants:
 *   worker-pool/settles: every `run` settles: by its answer, with IoError when the worker it ran in is gone or none can be
 *       started, or with AbortedError when it was cancelled while it waited.
 *   worker-pool/one-a-database: all jobs of an owner that run at once share a worker, as long as that has room, where a
 *       compaction or a check stands back while a flush runs.
 *   worker-pool/flushes-first: a worker runs one compaction and one check at a time, so that there is room for flushes of others: a flush
 *       waits for other flushes, never for a compaction.
 *   worker-pool/no-reuse: a worker that died is not used again.
 *
 * Suspension: `run` and `leave` suspend; everything else is synchronous.
 */
import { availableParallelism } from 'node:os';
import type { Worker } from 'node:worker_threads';
import { unreachable } from '../base/assert.ts';
import { systemClock, type Timer } from '../base/clock.ts';
import { AbortedError, IoError, systemCodeOf } from '../base/errors.ts';
import { shortageOf, WORKER_ENDED_CODE } from '../base/shortage.ts';
import {
  cancelJob,
  type CheckedTable,
  type JobDescription,
  type JobProgress,
  type JobResult,
  type ResultOf,
} from './compaction.ts';
import { decodeError, type RunMessage, type WorkerMessage } from './job-protocol.ts';
import { startJobWorker } from './worker-source.ts';

/** A heap costs some 12 MB, and jobs wait for the disk as well as for a processor. */
const WORKER_COUNT_MAX = 4;
/** Two hide the syncs of one behind the entries of the other. */
const FLUSH_COUNT_MAX = 2;
/** Of compactions, and of checks. */
const OTHER_COUNT_MAX = 1;
const IDLE_MS = 10_000;

/** Stands for a database: jobs of one owner share a worker. */
export type JobOwner = object;

interface PoolJob {
  readonly owner: JobOwner;
  readonly job: JobDescription;
  readonly onProgress: ((progress: JobProgress) => void) | undefined;
  readonly resolve: (result: JobResult | CheckedTable) => void;
  readonly reject: (error: unknown) => void;
}

/** One thread and its jobs. */
interface PoolWorker {
  readonly thread: Worker;
  /** By the id that its answer carries. */
  readonly jobs: Map<number, PoolJob>;
  idleTimer: Timer | undefined;
}

/** By the program of their workers: undefined is the job worker, else the address of a file. */
const pools = new Map<string | undefined, WorkerPool>();

export class WorkerPool {
  readonly #script: URL | undefined;
  readonly #workerCountMax: number;
  readonly #workers: PoolWorker[] = [];
  /** Not begun, first come first served among those of a kind. */
  readonly #waiting: PoolJob[] = [];
  readonly #owners = new Set<JobOwner>();
  #nextId = 1;

  private constructor(script: URL | undefined) {
    this.#script = script;
    this.#workerCountMax = Math.min(WORKER_COUNT_MAX, availableParallelism());
  }

  /** The pool of this process, and of this copy of the package, for workers of that kind. `leave` gives it back. */
  static join(script: URL | undefined, owner: JobOwner): WorkerPool {
    let pool = pools.get(script?.href);
    if (pool === undefined) pools.set(script?.href, (pool = new WorkerPool(script)));
    pool.#owners.add(owner);
    return pool;
  }

  get workerCount(): number {
    return this.#workers.length;
  }

  get waitingCount(): number {
    return this.#waiting.length;
  }

  /** Rejects with the error of the job, and see worker-pool/settles. */
  run<J extends JobDescription>(
    owner: JobOwner,
    job: J,
    onProgress: ((progress: JobProgress) => void) | undefined,
  ): Promise<ResultOf<J>> {
    return new Promise((resolveJob, reject) => {
      const resolve = resolveJob as PoolJob['resolve']; // the answer is of its kind
      this.#waiting.push({ owner, job, onProgress, resolve, reject });
      this.#dispatch();
    });
  }

  /** Starts a worker if there is none; throws what starting one throws. */
  prepare(): void {
    if (this.#workers.length === 0) this.#startWorker();
  }

  /** Asks a job to stop: one that waits ends here. */
  cancel(job: JobDescription): void {
    cancelJob(job);
    const index = this.#waiting.findIndex((waiting) => waiting.job === job);
    if (index < 0) return;
    const [waiting] = this.#waiting.splice(index, 1);
    waiting?.reject(new AbortedError('Background job was cancelled'));
  }

  /** The owner has no job any more. The last one ends the workers. */
  async leave(owner: JobOwner): Promise<void> {
    this.#owners.delete(owner);
    if (this.#owners.size > 0) return;
    const kind = this.#script?.href;
    if (pools.get(kind) === this) pools.delete(kind);
    await Promise.all(this.#workers.splice(0).map((worker) => this.#end(worker)));
  }

  #dispatch(): void {
    for (let i = 0; i < this.#waiting.length;) {
      const waiting = this.#waiting[i]!; // i < length
      let worker: PoolWorker | undefined;
      try {
        worker = this.#workerFor(waiting);
      } catch (error) {
        this.#waiting.splice(i, 1);
        waiting.reject(error);
        continue;
      }
      if (worker === undefined) {
        i++; // those of the other kind may have room
        continue;
      }
      this.#waiting.splice(i, 1);
      this.#give(worker, waiting);
    }
  }

  /** Undefined: the job waits. Throws IoError when there is no worker and none can be started. */
  #workerFor({ owner, job }: PoolJob): PoolWorker | undefined {
    const hasRoom = (worker: PoolWorker): boolean =>
      countOf(worker, job.kind) < (job.kind === 'flush' ? FLUSH_COUNT_MAX : OTHER_COUNT_MAX);
    const free = this.#workers.filter(hasRoom);
    const own = free.find(({ jobs }) => [...jobs.values()].some((other) => other.owner === owner));
    const best = own ?? free.find(({ jobs }) => jobs.size === 0);
    if (best !== undefined) return best;
    if (this.#workers.length < this.#workerCountMax) {
      try {
        return this.#startWorker();
      } catch (error) {
        if (this.#workers.length === 0) throw error;
        // Those that there are do it.
      }
    }
    return free.sort((one, other) => one.jobs.size - other.jobs.size)[0];
  }

  #give(worker: PoolWorker, given: PoolJob): void {
    const id = this.#nextId++;
    worker.idleTimer?.cancel();
    worker.idleTimer = undefined;
    worker.jobs.set(id, given);
    const message: RunMessage = { id, job: given.job };
    worker.thread.postMessage(message);
  }

  #startWorker(): PoolWorker {
    const thread = startJobWorker(this.#script);
    const worker: PoolWorker = { thread, jobs: new Map(), idleTimer: undefined };
    let failure: unknown;
    thread.on('message', (message: WorkerMessage) => this.#onMessage(worker, message));
    thread.on('error', (error) => (failure = error));
    thread.on('messageerror', (error) => {
      failure = error; // an answer that cannot be read: whose it was is not known (worker-pool/settles)
      void thread.terminate();
    });
    thread.on('exit', (exitCode) => this.#onExit(worker, exitCode, failure));
    thread.unref();
    this.#workers.push(worker);
    return worker;
  }

  #onMessage(worker: PoolWorker, message: WorkerMessage): void {
    const running = worker.jobs.get(message.id);
    if (running === undefined) return;
    try {
      this.#settle(worker, running, message);
    } catch (error) {
      running.reject(error); // an event's listener throws to no caller (worker-pool/settles)
    }
  }

  #settle(worker: PoolWorker, running: PoolJob, message: WorkerMessage): void {
    switch (message.kind) {
      case 'progress':
        running.onProgress?.(message.progress);
        return;
      case 'done':
        this.#onDone(worker, message.id);
        running.resolve(message.result);
        return;
      case 'failed':
        this.#onDone(worker, message.id);
        running.reject(decodeError(message.error));
        return;
      default:
        unreachable(message);
    }
  }

  #onDone(worker: PoolWorker, id: number): void {
    worker.jobs.delete(id);
    this.#dispatch();
    if (worker.jobs.size > 0) return;
    worker.idleTimer = systemClock.schedule(IDLE_MS, () => this.#onIdle(worker));
  }

  /** One stays: to start it again would take a tenth of a second. */
  #onIdle(worker: PoolWorker): void {
    const index = this.#workers.indexOf(worker);
    if (index < 0 || this.#workers.length === 1 || worker.jobs.size > 0) return;
    this.#workers.splice(index, 1);
    void this.#end(worker);
  }

  async #end(worker: PoolWorker): Promise<void> {
    worker.idleTimer?.cancel();
    await worker.thread.terminate();
  }

  #onExit(worker: PoolWorker, exitCode: number, failure: unknown): void {
    worker.idleTimer?.cancel();
    const index = this.#workers.indexOf(worker);
    if (index >= 0) this.#workers.splice(index, 1); // worker-pool/no-reuse
    const lost = [...worker.jobs.values()];
    worker.jobs.clear();
    for (const { reject } of lost) reject(workerEnded(exitCode, failure));
    this.#dispatch();
  }
}

/** Every end of a worker counts as a shortage: the job is as it was, and another worker may succeed. */
function workerEnded(exitCode: number, failure: unknown): IoError {
  const message = `Job worker ended: exitCode=${exitCode}`;
  const isNamed = systemCodeOf(failure)?.startsWith('ERR_WORKER_') === true;
  if (isNamed && shortageOf(failure) !== undefined) return new IoError(message, { cause: failure });
  const cause = Object.assign(new Error(message, { cause: failure }), { code: WORKER_ENDED_CODE });
  return new IoError(message, { cause });
}

function countOf({ jobs }: PoolWorker, kind: JobDescription['kind']): number {
  let count = 0;
  for (const { job } of jobs.values()) if (job.kind === kind) count++;
  return count;
}
