/**
 * The files of an encrypted database, with their keys.
 *
 * Owns: a Vfs that carries keys. Whatever opens a file of a database is given its Vfs, and finds the keys there. A spread
 * copy of such a Vfs has them too.
 *
 * Suspension: as the Vfs inside.
 */
import type { FileKeys } from '../encryption/file-keys.ts';
import type { Vfs } from './vfs.ts';

const KEYS: unique symbol = Symbol('keys');

interface KeyedVfs extends Vfs {
  readonly [KEYS]: FileKeys;
}

/** The keys of the files; undefined where they are not encrypted. */
export function keysOf(vfs: Vfs): FileKeys | undefined {
  return KEYS in vfs ? (vfs as KeyedVfs)[KEYS] : undefined;
}

/** The same files with these keys; without keys, those of `vfs` itself. */
export function keyedVfs(vfs: Vfs, keys: FileKeys | undefined): Vfs {
  if (keys === undefined) return vfs;
  const keyed: KeyedVfs = {
    [KEYS]: keys,
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
  return keyed;
}
