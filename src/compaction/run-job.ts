/**
 * One entrance to every kind of job, the same for both runners.
 *
 * Owns: the choice of the function that runs a description.
 */
import { unreachable } from '../base/assert.ts';
import { FileKeys } from '../encryption/file-keys.ts';
import { keyedVfs } from '../vfs/keyed-vfs.ts';
import { runCheck } from './check-job.ts';
import type { CheckedTable, JobDescription, JobResult, ResultOf } from './compaction.ts';
import { runCompaction } from './compaction-job.ts';
import { runFlush } from './flush-job.ts';
import type { JobContext } from './job-context.ts';

/**
 * Runs a job to its end. Rejects with AbortedError when it was cancelled, CorruptionError when an input is damaged,
 * IoError when the system refuses; its outputs are removed then, as far as that is possible.
 */
export function runJob<J extends JobDescription>(job: J, given: JobContext): Promise<ResultOf<J>> {
  const { keys } = job;
  const context =
    keys === undefined ? given : { ...given, vfs: keyedVfs(given.vfs, new FileKeys(keys)) };
  return runKind(job, context) as Promise<ResultOf<J>>; // of its kind
}

function runKind(job: JobDescription, context: JobContext): Promise<JobResult | CheckedTable> {
  switch (job.kind) {
    case 'flush':
      return runFlush(job, context);
    case 'compaction':
      return runCompaction(job, context);
    case 'check':
      return runCheck(job, context);
    default:
      return unreachable(job);
  }
}
