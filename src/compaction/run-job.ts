/**
 * One entrance to every kind of job, the same for both runners.
 *
 * Owns: the choice of the function that runs a description.
 */
import { unreachable } from '../base/assert.ts';
import { FileKeys } from '../encryption/file-keys.ts';
import { keyedVfs } from '../vfs/keyed-vfs.ts';
import type { JobDescription, JobResult } from './compaction.ts';
import { runCompaction } from './compaction-job.ts';
import { runFlush } from './flush-job.ts';
import type { JobContext } from './job-context.ts';

/**
 * Runs a job to its end. Rejects with AbortedError when it was cancelled, CorruptionError when an input is damaged,
 * IoError when the system refuses; its outputs are removed then, as far as that is possible.
 */
export function runJob(job: JobDescription, given: JobContext): Promise<JobResult> {
  const { keys } = job;
  const context =
    keys === undefined ? given : { ...given, vfs: keyedVfs(given.vfs, new FileKeys(keys)) };
  switch (job.kind) {
    case 'flush':
      return runFlush(job, context);
    case 'compaction':
      return runCompaction(job, context);
    default:
      return unreachable(job);
  }
}
