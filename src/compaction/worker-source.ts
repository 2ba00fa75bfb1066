/**
 * How a job worker is started.
 *
 * Owns: its code, which is text inside the program, and its settings.
 *
 * Invariants:
 *   worker-source/no-file: starting the worker reads no file of this package. A bundler that puts the program into one
 *     file, a tracer that copies some files, and a program in one executable take the worker along.
 *   worker-source/told-at-open: where no worker can ever start, `assertWorkersAllowed` says so before anything is written.
 *
 * Suspension: every function here is synchronous.
 */
import process from 'node:process';
import { Worker } from 'node:worker_threads';
import { InvalidArgumentError, IoError } from '../base/errors.ts';
import { isSnappyFound, snappyPlaces } from '../sstable/snappy-package.ts';
import { JOB_WORKER_CODE } from './job-worker-code.ts';

/** The data that the worker gets at its start. */
export interface JobWorkerData {
  readonly snappyPlaces: readonly string[];
  /** The package is there: the worker loads it at its start. */
  readonly isSnappyFound: boolean;
}

/**
 * Blocks lie outside the heap and are let go when the small objects that stand for them are collected. A small young
 * generation lets them go early, so that a job's memory stays near its working set.
 */
const YOUNG_GENERATION_SIZE_MB = 8;

/**
 * Throws InvalidArgumentError where threads are forbidden for good. A passing shortage, such as a full table of
 * threads, is not reported.
 */
export function assertWorkersAllowed(): void {
  const permission: Partial<NodeJS.ProcessPermission> | undefined = process.permission;
  if (permission?.has?.('worker') !== false) return;
  throw new InvalidArgumentError(
    'Option background must be inline: this process may not start worker threads (--allow-worker)',
  );
}

/** Starts the worker; `script` is a file to run in its place, for tests. Throws IoError, with the cause, when the system refuses. */
export function startJobWorker(script?: URL): Worker {
  if (script === undefined && JOB_WORKER_CODE === '') {
    throw new IoError(
      'Unbuilt sources have no job worker: run make build, or set background: inline',
    );
  }
  const workerData: JobWorkerData = {
    snappyPlaces: snappyPlaces(),
    isSnappyFound: isSnappyFound(),
  };
  try {
    return new Worker(script ?? JOB_WORKER_CODE, {
      name: 'varve-jobs',
      eval: script === undefined,
      workerData,
      // No flags of the parent: a debugger's port or a loader is not meant for this thread.
      execArgv: [],
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_SIZE_MB },
    });
  } catch (cause) {
    throw new IoError('Job worker cannot be started', { cause });
  }
}
