/**
 * The parts of a job beside its description: those that cannot cross threads.
 *
 * Owns: that record.
 */
import type { Vfs } from '../vfs/vfs.ts';
import type { JobProgress } from './compaction.ts';
import type { Pacer } from './pacer.ts';

export interface JobContext {
  readonly vfs: Vfs;
  readonly pacer: Pacer;
  /** Called now and then while the job runs. */
  readonly onProgress: (progress: JobProgress) => void;
}
