/**
 * What a job needs to open the files of its database, beside its description.
 *
 * Owns: that record: the anchor of the directory that is locked, and the keys of an encrypted database, as they are now.
 *
 * Suspension: synchronous.
 */
import type { JobDescription } from '../../compaction/compaction.ts';
import type { DatabaseKeys } from '../../version/database-keys.ts';
import type { VfsLock } from '../../vfs/vfs.ts';

/** Where the files of jobs are. */
export interface JobPlace {
  readonly lock: VfsLock;
  /** Those of an encrypted database. */
  readonly keys: DatabaseKeys | undefined;
}

export function jobMeansOf({ lock, keys }: JobPlace): Pick<JobDescription, 'anchor' | 'keys'> {
  const { anchor } = lock;
  const material = keys?.fileKeys.material;
  return {
    ...(anchor !== undefined && { anchor }),
    ...(material !== undefined && { keys: { generations: material.generations } }),
  };
}
