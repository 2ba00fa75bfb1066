/**
 * A job worker whose files fail, or that dies.
 *
 * Owns: the script of such a worker: the real one, over a node:fs in which the n-th call of a function fails, and how a
 * test arms it. Calls are counted from then on.
 *
 * Suspension: every function here is synchronous.
 */
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { JOB_WORKER_CODE } from '../../src/compaction/job-worker-code.ts';

/** Functions of node:fs that jobs call. */
export type JobCall = 'openSync' | 'readSync' | 'writeSync' | 'fdatasync' | 'fsync';

export interface WorkerFault {
  readonly call: JobCall;
  /** 1 is the first call from the arming on. */
  readonly nth: number;
  /** `EXIT` ends the worker there, in the middle of its job; anything else is the system's error. */
  readonly code: 'EIO' | 'ENOSPC' | 'EMFILE' | 'EXIT';
}

/** Lies in a directory of its own: what stands in for the worker is no file of the database. */
export class FaultyWorker {
  readonly url: URL;
  readonly #armed: string;
  readonly #fired: string;

  constructor(directory: string) {
    const script = join(directory, 'faulty-worker.cjs');
    this.#armed = join(directory, 'armed');
    this.#fired = join(directory, 'fired');
    writeFileSync(script, scriptOf(this.#armed, this.#fired));
    this.url = pathToFileURL(script);
  }

  get hasFired(): boolean {
    return existsSync(this.#fired);
  }

  /** The worker takes the fault at its next call, and the file with it. */
  arm(fault: WorkerFault): void {
    writeFileSync(this.#armed, JSON.stringify(fault));
  }

  /** A worker that has not taken the fault will not. */
  disarm(): void {
    rmSync(this.#armed, { force: true });
  }
}

function scriptOf(armed: string, fired: string): string {
  return `
    const fs = require('node:fs');
    let fault;
    let count = 0;
    function isDue(call) {
      if (fault === undefined && existsSync(${JSON.stringify(armed)})) {
        fault = JSON.parse(readFileSync(${JSON.stringify(armed)}, 'utf8'));
        unlinkSync(${JSON.stringify(armed)});
        count = 0;
      }
      if (fault?.call !== call || ++count !== fault.nth) return false;
      writeFileSync(${JSON.stringify(fired)}, '');
      if (fault.code === 'EXIT') process.exit(7);
      return true;
    }
    const failure = (call) =>
      Object.assign(new Error(fault.code + ': ' + call), { code: fault.code, syscall: call });
    const { existsSync, readFileSync, unlinkSync, writeFileSync } = { ...fs };
    for (const call of ['openSync', 'readSync', 'writeSync']) {
      const real = fs[call];
      fs[call] = (...args) => {
        if (isDue(call)) throw failure(call);
        return real(...args);
      };
    }
    for (const call of ['fdatasync', 'fsync']) {
      const real = fs[call];
      fs[call] = (descriptor, callback) => {
        if (isDue(call)) setImmediate(callback, failure(call));
        else real(descriptor, callback);
      };
    }
    ${JOB_WORKER_CODE}`;
}
