/**
 * A Vfs that changes nothing.
 *
 * Owns: the last line behind a database that was opened to read only. Nothing of such a database is made to write; a
 * mistake that tries to is refused here, before the system is asked.
 *
 * Invariants:
 *   read-only-vfs/writes-nothing: no call reaches the Vfs inside that creates, changes, renames or removes anything, that
 *       syncs, or that takes a lock.
 *
 * Suspension: as the Vfs inside.
 */
import { ReadOnlyError } from '../base/errors.ts';
import type { Vfs } from './vfs.ts';

/** A view of `vfs` that refuses with ReadOnlyError what would change a file or a directory. */
export function readOnlyVfs(vfs: Vfs): Vfs {
  const refuse = (path: string): never => {
    throw new ReadOnlyError(`Directory is read only: path=${path}`);
  };
  const refuseLater = (path: string): Promise<never> => Promise.reject(toError(path));
  return {
    isNodeFileSystem: vfs.isNodeFileSystem,
    open: (path, mode) => (mode === 'read' ? vfs.open(path, mode) : refuse(path)),
    exists: (path) => vfs.exists(path),
    list: (directory) => vfs.list(directory),
    isDirectory: (path) => vfs.isDirectory(path),
    isWritable: () => false,
    realPath: (path) => vfs.realPath(path),
    ...(vfs.owner === undefined ? {} : { owner: (directory) => vfs.owner!(directory) }), // just looked
    rename: refuse,
    link: refuse,
    unlink: refuse,
    unlinkAside: refuseLater,
    makeDirectory: refuse,
    removeDirectory: refuse,
    limitAccess: refuse,
    syncDirectory: refuseLater,
    syncDirectorySync: refuse,
    lock: refuseLater,
  };
}

function toError(path: string): ReadOnlyError {
  return new ReadOnlyError(`Directory is read only: path=${path}`);
}
