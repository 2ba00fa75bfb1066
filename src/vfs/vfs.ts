/**
 * Files as the engine sees them.
 *
 * Owns: the contract between the engine and whatever stores its bytes. Everything durable passes through here,
 * so a test can stop, fail or lose any single operation.
 *
 * Invariants every implementation keeps:
 *   vfs/sync-keeps-content: after `sync` or `syncSync` of a file returns, its content and size survive a power cut.
 *   vfs/sync-keeps-entries: after `syncDirectory` returns, the entries created, renamed or removed in the directory
 *       before survive a power cut. Before that a power cut may undo any of them, in any order. Syncing a file does not
 *       sync its entry.
 *   vfs/rename-is-one-step: `rename` replaces its target in one step: after a crash the name has the old content or
 *       the new.
 *   vfs/short-counts: reads and writes are positional, and may be short. They return how many bytes they took, at
 *       least 1 when any were asked for. A read returns 0 at the end of the file, and only there. Only `writeFully`,
 *       `readFully` and `readFullyAsync` below deal with short counts.
 *   vfs/no-more-public: a new file may be read and written by those that may read and write its directory, and by fewer
 *       where the process's umask says so. Implementations without permissions pass over this.
 *   vfs/regular-only: `open` opens regular files, links followed. It neither waits for anything else of that name nor
 *       reads it: that is a `CorruptionError` which names the kind. To `create`, it is a name that is taken.
 *   vfs/failures-are-named: every other failure is an `IoError` whose `cause` carries the system's code (`ENOSPC`,
 *       `EIO`, `ENOENT`...) and whose `path` names the file.
 *
 * Suspension: methods named *Sync and those returning plain values never suspend. The others suspend once.
 */

import { CorruptionError } from '../base/errors.ts';

/** `read`: must exist. `create`: must not exist; readable and writable. `modify`: must exist; readable and writable. */
export type OpenMode = 'read' | 'create' | 'modify';

/**
 * An open file. Every failure is an IoError whose `cause` carries the system's code and whose `path` names the file.
 */
export interface VfsFile {
  /** The path that it was opened by. */
  readonly path: string;
  /** Reads at most `length` bytes at `position` into `target[offset...]`; returns the count, 0 only at the end. */
  readSync(target: Uint8Array, offset: number, length: number, position: number): number;
  /** As `readSync`, without stopping the event loop. */
  read(target: Uint8Array, offset: number, length: number, position: number): Promise<number>;
  /** Writes at most `length` bytes of `source[offset...]` at `position`; returns the count, at least 1. */
  writeSync(source: Uint8Array, offset: number, length: number, position: number): number;
  /** Makes content and size durable (fdatasync). After a failure nothing about unsynced bytes may be assumed. */
  sync(): Promise<void>;
  /** As `sync`, stopping the event loop. */
  syncSync(): void;
  /** Size in bytes. */
  sizeSync(): number;
  /** Cuts the file, or extends it with zeros. */
  truncateSync(size: number): void;
  /** Idempotent. */
  closeSync(): void;
}

/** A lock on a database directory; the operating system frees it when the process dies. */
export interface VfsLock {
  /** By which another thread of this process finds the directory that was locked, whatever its path leads to. */
  readonly anchor?: DirectoryAnchor;
  /**
   * Throws `DirectoryLostError` when the directory was removed, emptied or taken over. Costs one look at an open
   * file, and is called after each sync of the log. Absent where that cannot happen.
   */
  mustHold?(): void;
  /** Gives the directory back. Idempotent. */
  release(): Promise<void>;
}

/** The process, or the handle, that has a directory locked. */
export interface VfsOwner {
  /** Unique to one taking of the lock. */
  readonly token: string;
  /** When the lock was taken: milliseconds since 1970, by the clock of the system. */
  readonly sinceMs: number;
}

/** A locked directory, as a message to another thread can carry it. */
export interface DirectoryAnchor {
  /** As the owner names it in paths. */
  readonly directory: string;
  /** Links resolved, when it was locked. */
  readonly realPath: string;
  /** Where the system finds it: `directory` itself, or a way through its open descriptor. */
  readonly at: string;
  /** The device that the directory is on. */
  readonly device: bigint;
  /** The inode of the directory. */
  readonly inode: bigint;
  /** The inode of its LOCK file. */
  readonly lockInode: bigint;
  /** When its LOCK file was written, in nanoseconds since 1970. */
  readonly lockMtimeNs: bigint;
  /** The text of its LOCK file. */
  readonly lockText: string;
}

/** A Vfs keeps the process alive while a promise of its own is pending, as operations on files do by themselves. */
export interface Vfs {
  /** True when a worker thread that makes its own `NodeVfs` sees the same files. */
  readonly isNodeFileSystem: boolean;
  /** Opens a file. Throws IoError: ENOENT when it must exist and does not, EEXIST when it must not and does. */
  open(path: string, mode: OpenMode): VfsFile;
  /** True when there is a file or a directory of this name. */
  exists(path: string): boolean;
  /** Names (not paths) in a directory, in no particular order. */
  list(directory: string): string[];
  /** Gives a file another name; a file that has this name is replaced in one step. */
  rename(from: string, to: string): void;
  /** A second name for the same file; copies where the file system cannot link. */
  link(from: string, to: string): void;
  /** Removes a file's name; handles that are open keep the file. */
  unlink(path: string): void;
  /** As `unlink`, without stopping the event loop: to give back the blocks of a large file takes milliseconds. */
  unlinkAside(path: string): Promise<void>;
  /** Creates the directory and its parents; returns the first one created, undefined when it was all there. */
  makeDirectory(path: string): string | undefined;
  /** Removes an empty directory. */
  removeDirectory(path: string): void;
  /** True when there is a directory of this name. */
  isDirectory(path: string): boolean;
  /**
   * Removes the permissions of a directory that the directory `model` does not give: a copy is no more public than
   * its source.
   */
  limitAccess(directory: string, model: string): void;
  /** True when the process may create files in the directory. */
  isWritable(directory: string): boolean;
  /** Makes the names in a directory durable. */
  syncDirectory(path: string): Promise<void>;
  /** As `syncDirectory`, stopping the event loop. */
  syncDirectorySync(path: string): void;
  /** A name that two paths share only when they are the same directory. */
  realPath(path: string): string;
  /**
   * Takes the directory for this process, before anything in it is read or written. Until the release, paths in it
   * lead to the directory that was locked, where the system allows that. Once the directory is another's, changes in
   * it are refused with `DirectoryLostError`. Throws `LockedError` when another process, or another handle of this
   * one, has it.
   */
  lock(directory: string): Promise<VfsLock>;
  /**
   * Who has the directory locked now; undefined when it is known that nobody has. Changes nothing, and waits for nobody.
   * Absent: it cannot be told, and a reader takes it that somebody has.
   */
  owner?(directory: string): Promise<VfsOwner | undefined>;
}

/** The kinds of things that a name may stand for. */
export type FileForm =
  'file' | 'directory' | 'FIFO' | 'socket' | 'character-device' | 'block-device' | 'unknown';

/** The error for a name that stands for no regular file (vfs/regular-only). */
export function irregularFile(path: string, form: FileForm, cause?: unknown): CorruptionError {
  const options = cause === undefined ? { file: path } : { file: path, cause };
  return new CorruptionError(`Not a regular file: kind=${form}`, options);
}

/** Writes all of `source[offset, offset + length)` at `position`, looping over short writes. */
export function writeFully(
  file: VfsFile,
  source: Uint8Array,
  offset: number,
  length: number,
  position: number,
): void {
  let written = 0;
  while (written < length) {
    written += file.writeSync(source, offset + written, length - written, position + written);
  }
}

/**
 * Reads exactly `length` bytes, looping over short reads, or returns how many there were before the end of the file.
 */
export function readFully(
  file: VfsFile,
  target: Uint8Array,
  offset: number,
  length: number,
  position: number,
): number {
  let count = 0;
  while (count < length) {
    const got = file.readSync(target, offset + count, length - count, position + count);
    if (got === 0) break;
    count += got;
  }
  return count;
}

/** As `readFully`, without stopping the event loop. */
export async function readFullyAsync(
  file: VfsFile,
  target: Uint8Array,
  offset: number,
  length: number,
  position: number,
): Promise<number> {
  let count = 0;
  while (count < length) {
    const got = await file.read(target, offset + count, length - count, position + count);
    if (got === 0) break;
    count += got;
  }
  return count;
}
