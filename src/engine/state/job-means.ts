/**
 * What a job needs to open the files of its database, beside its description.
 *
 * Owns: that record: the anchor of the directory that is locked, and the keys of an encrypted database, as they are now.
 *
 * Suspension: synchronous.
 */
import type { JobDescription } from '../../compaction/compaction.ts';
import { keysOf } from '../../vfs/keyed-vfs.ts';
import type { Vfs, VfsLock } from '../../vfs/vfs.ts';

/** Where the files of jobs are. */
export interface JobPlace {
  readonly vfs: Vfs;
  readonly lock: VfsLock;
}

export function jobMeansOf({ vfs, lock }: JobPlace): Pick<JobDescription, 'anchor' | 'keys'> {
  const { anchor } = lock;
  const material = keysOf(vfs)?.material;
  return {
    ...(anchor !== undefined && { anchor }),
    ...(material !== undefined && { keys: { generations: material.generations } }),
  };
}
