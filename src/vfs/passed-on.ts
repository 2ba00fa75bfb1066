/**
 * A Vfs that passes every call on.
 *
 * Owns: the list of what there is to pass on. A view of a Vfs begins with it and replaces what it changes, so none forgets a
 * call that not every Vfs has.
 *
 * Suspension: as the Vfs inside.
 */
import type { Vfs } from './vfs.ts';

/** A plain object: it may be spread. */
export function passedOn(vfs: Vfs): Vfs {
  return {
    isNodeFileSystem: vfs.isNodeFileSystem,
    open: (path, mode) => vfs.open(path, mode),
    exists: (path) => vfs.exists(path),
    list: (directory) => vfs.list(directory),
    rename: (from, to) => vfs.rename(from, to),
    link: (from, to) => vfs.link(from, to),
    unlink: (path) => vfs.unlink(path),
    unlinkAside: (path) => vfs.unlinkAside(path),
    makeDirectory: (path) => vfs.makeDirectory(path),
    removeDirectory: (path) => vfs.removeDirectory(path),
    isDirectory: (path) => vfs.isDirectory(path),
    limitAccess: (directory, model) => vfs.limitAccess(directory, model),
    isWritable: (directory) => vfs.isWritable(directory),
    syncDirectory: (path) => vfs.syncDirectory(path),
    syncDirectorySync: (path) => vfs.syncDirectorySync(path),
    realPath: (path) => vfs.realPath(path),
    lock: (directory) => vfs.lock(directory),
    ...(vfs.owner === undefined ? {} : { owner: (directory) => vfs.owner!(directory) }), // just looked
  };
}
