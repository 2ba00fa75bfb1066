/**
 * Files on disk, through node:fs.
 *
 * Owns: the mapping of the Vfs contract onto system calls, but for those on an open file (node-file.ts). With
 * `directory-lock.ts` these are the only importers of node:fs, so that nothing durable escapes the seam that tests stop,
 * fail and lose.
 *
 * Invariants:
 *   node-vfs/wrapped-once: a failure is wrapped once, where the call is made, in an IoError that names the operation and
 *       the path (vfs/failures-are-named). Damage (regular-file.ts) and the loss of the directory are errors of their
 *       own already.
 *   node-vfs/copy-is-synced: a linked file is as durable as its source was. Where the system refuses links, the copy
 *       made instead is synced before `link` returns. So a caller syncs only the directory in both cases.
 *   node-vfs/stays-in-the-directory: between lock and release of a directory, paths in it lead to the directory that
 *       was locked, where the system allows it (directory-lock-anchor.ts). A rename or mount over the path changes
 *       nothing. Errors show the path that the caller knows.
 *   node-vfs/looks-before-a-change: each change in a locked directory begins with a check that the directory is still
 *       the owner's.
 *
 * Suspension: as in the contract.
 */

import fs from 'node:fs';
import { basename, dirname } from 'node:path';

import {
  CorruptionError,
  DirectoryLostError,
  type IoError,
  LockedError,
  StorageError,
  systemCodeOf,
} from '../base/errors.ts';
import { type DirectoryLock, lockDirectory } from './directory-lock.ts';
import { livingOwner } from './directory-lock-file.ts';
import { mustBeOwned } from './directory-lock-anchor.ts';
import { newFileMode } from './file-modes.ts';
import { NodeFile } from './node-file.ts';
import { openRegular } from './regular-file.ts';
import { attempt, wrapError } from './system-call.ts';
import type { DirectoryAnchor, OpenMode, Vfs, VfsFile, VfsLock, VfsOwner } from './vfs.ts';

const PERMISSION_BITS = 0o777;
/** To create is exclusive: whatever has the name already is neither opened nor waited for. */
const CREATE_FLAGS = 'wx+';
const OPEN_FLAGS: Readonly<Record<Exclude<OpenMode, 'create'>, number>> = {
  read: fs.constants.O_RDONLY,
  modify: fs.constants.O_RDWR,
};
/** Windows has no such flag, and opens a directory without. */
const { O_DIRECTORY = 0 } = fs.constants as Partial<typeof fs.constants>;

/**
 * The codes of a file system that cannot make this link (across devices, or one too many) but may still hold a copy.
 */
const COPY_INSTEAD_CODES: ReadonlySet<string | undefined> = new Set([
  'EXDEV',
  'EPERM',
  'ENOTSUP',
  'ENOSYS',
  'EMLINK',
]);

/** The codes of Windows for the sync of a directory, which it neither offers nor, on NTFS, needs. */
const WINDOWS_SYNC_REFUSALS: ReadonlySet<string | undefined> = new Set([
  'EPERM',
  'EISDIR',
  'EINVAL',
  'ENOTSUP',
]);

/** How many descriptors this process may have; undefined where the system does not tell. */
export function descriptorCountMax(): number | undefined {
  try {
    const limits = fs.readFileSync('/proc/self/limits', 'latin1');
    const found = /^Max open files\s+(\d+)/m.exec(limits)?.[1];
    return found === undefined ? undefined : Number(found);
  } catch {
    return undefined; // no such file, or no descriptor to read it
  }
}

/**
 * The file system that Node.js sees. Its only state is where locked directories are
 * (node-vfs/stays-in-the-directory): any number of them, in any thread, are the same file system.
 */
export class NodeVfs implements Vfs {
  readonly isNodeFileSystem: boolean = true;
  /** By path. */
  readonly #anchors = new Map<string, DirectoryAnchor>();

  /** `anchors`: of directories that another thread of this process has locked. */
  constructor(anchors: readonly DirectoryAnchor[] = []) {
    for (const anchor of anchors) this.#anchors.set(anchor.directory, anchor);
  }

  open(path: string, mode: OpenMode): VfsFile {
    const operation = mode === 'create' ? 'create' : 'open';
    return new NodeFile(
      path,
      this.#attempt(operation, path, () => {
        if (mode !== 'read') this.#mustOwn(path);
        const at = this.#at(path);
        return mode === 'create'
          ? fs.openSync(at, CREATE_FLAGS, newFileMode(dirname(at)))
          : openRegular(at, OPEN_FLAGS[mode], path);
      }),
    );
  }

  /**
   * Not `fs.existsSync`, which answers false where it may not look: absent and unreadable are
   * different things.
   */
  exists(path: string): boolean {
    return this.#statOf(path) !== undefined;
  }

  list(directory: string): string[] {
    return this.#attempt('list', directory, () => fs.readdirSync(this.#at(directory)));
  }

  rename(from: string, to: string): void {
    this.#attempt(
      'rename',
      from,
      () => {
        this.#mustOwn(from);
        this.#mustOwn(to);
        fs.renameSync(this.#inside(from), this.#inside(to));
      },
      to,
    );
  }

  link(from: string, to: string): void {
    this.#attempt('link', from, () => this.#mustOwn(to), to);
    try {
      fs.linkSync(this.#at(from), this.#at(to));
    } catch (cause) {
      if (!COPY_INSTEAD_CODES.has(systemCodeOf(cause))) {
        throw this.#humanError(wrapError(cause, 'link', from, to));
      }
      this.#attempt('copy', from, () => copyAndSync(this.#at(from), this.#at(to), from), to);
    }
  }

  unlink(path: string): void {
    this.#attempt('unlink', path, () => {
      this.#mustOwn(path);
      fs.unlinkSync(this.#inside(path));
    });
  }

  async unlinkAside(path: string): Promise<void> {
    this.#attempt('unlink', path, () => this.#mustOwn(path));
    return new Promise((resolve, reject) => {
      fs.unlink(this.#inside(path), (cause) => {
        if (cause === null) resolve();
        else reject(this.#humanError(wrapError(cause, 'unlink', path)));
      });
    });
  }

  makeDirectory(path: string): string | undefined {
    return attempt('make directory', path, () => makeWithParents(path));
  }

  removeDirectory(path: string): void {
    attempt('remove directory', path, () => {
      fs.rmdirSync(path);
    });
  }

  isDirectory(path: string): boolean {
    return this.#statOf(path)?.isDirectory() ?? false;
  }

  limitAccess(directory: string, model: string): void {
    this.#attempt('change mode', directory, () => {
      const at = this.#at(directory);
      const { mode } = fs.statSync(at);
      const limited = mode & fs.statSync(this.#at(model)).mode & PERMISSION_BITS;
      if (limited !== (mode & PERMISSION_BITS)) fs.chmodSync(at, limited);
    });
  }

  isWritable(directory: string): boolean {
    try {
      fs.accessSync(this.#at(directory), fs.constants.W_OK | fs.constants.X_OK);
      return true;
    } catch {
      // Whatever the reason, the answer to the question asked is no; a later write says why.
      return false;
    }
  }

  async syncDirectory(path: string): Promise<void> {
    let descriptor: number | undefined;
    try {
      const opened = fs.openSync(this.#at(path), fs.constants.O_RDONLY | O_DIRECTORY);
      descriptor = opened;
      await new Promise<void>((resolve, reject) => {
        fs.fsync(opened, (cause) => {
          if (cause === null) resolve();
          else reject(cause);
        });
      });
    } catch (cause) {
      this.#mustBeHarmlessRefusal(cause, path);
    } finally {
      if (descriptor !== undefined) fs.closeSync(descriptor);
    }
  }

  syncDirectorySync(path: string): void {
    let descriptor: number | undefined;
    try {
      descriptor = fs.openSync(this.#at(path), fs.constants.O_RDONLY | O_DIRECTORY);
      fs.fsyncSync(descriptor);
    } catch (cause) {
      this.#mustBeHarmlessRefusal(cause, path);
    } finally {
      if (descriptor !== undefined) fs.closeSync(descriptor);
    }
  }

  realPath(path: string): string {
    return attempt('resolve', path, () => fs.realpathSync.native(path));
  }

  async owner(directory: string): Promise<VfsOwner | undefined> {
    try {
      return await livingOwner(this.#at(directory));
    } catch (error) {
      throw error instanceof StorageError
        ? error
        : wrapError(error, 'ask for the owner of', directory);
    }
  }

  async lock(directory: string): Promise<VfsLock> {
    let lock: DirectoryLock;
    try {
      lock = await lockDirectory(directory);
    } catch (error) {
      throw error instanceof StorageError ? error : wrapError(error, 'lock', directory);
    }
    if (this.#anchors.has(directory)) {
      // Another directory has this path now; in this object the path stands for the one that was locked before.
      await lock.release();
      throw new LockedError(`Path stands for a directory that is already open: path=${directory}`);
    }
    const { anchor } = lock;
    this.#anchors.set(directory, anchor);
    return {
      anchor,
      mustHold: () => lock.mustHold(),
      release: async () => {
        // A second release must not touch the lock of the handle that came after.
        if (this.#anchors.get(directory) === anchor) this.#anchors.delete(directory);
        return lock.release();
      },
    };
  }

  /** Where the system finds a file, or a directory (node-vfs/stays-in-the-directory). */
  #at(path: string): string {
    return this.#anchors.get(path)?.at ?? this.#inside(path);
  }

  /** As `#at`, for calls about a name, and not about the target of a link. */
  #inside(path: string): string {
    if (this.#anchors.size === 0) return path;
    const anchor = this.#anchors.get(dirname(path));
    if (anchor === undefined || anchor.at === anchor.directory) return path;
    return `${anchor.at}/${basename(path)}`;
  }

  /** Keeps node-vfs/looks-before-a-change. */
  #mustOwn(path: string): void {
    if (this.#anchors.size === 0) return;
    const anchor = this.#anchors.get(dirname(path));
    if (anchor !== undefined) mustBeOwned(anchor);
  }

  /** Runs one system call and wraps its failure (node-vfs/wrapped-once). */
  #attempt<T>(operation: string, path: string, call: () => T, target?: string): T {
    try {
      return call();
    } catch (error) {
      if (error instanceof DirectoryLostError) throw error;
      if (error instanceof CorruptionError) throw this.#humanError(error);
      throw this.#humanError(wrapError(error, operation, path, target));
    }
  }

  /** The system's error names the way through a descriptor: the path that the caller knows is put in its place. */
  #humanError<E extends IoError | CorruptionError>(error: E): E {
    const { cause } = error;
    if (!(cause instanceof Error)) return error;
    for (const { at, directory } of this.#anchors.values()) {
      if (at === directory) continue;
      for (const field of ['message', 'path', 'dest', 'stack'] as const) {
        const text: unknown = Reflect.get(cause, field);
        if (typeof text === 'string' && text.includes(at)) {
          Reflect.set(cause, field, text.replaceAll(at, directory));
        }
      }
    }
    return error;
  }

  /** Undefined when nothing has this name, be it for lack of a directory on the way. */
  #statOf(path: string): fs.Stats | undefined {
    try {
      return fs.statSync(this.#at(path), { throwIfNoEntry: false });
    } catch (cause) {
      if (systemCodeOf(cause) === 'ENOTDIR') return undefined;
      throw this.#humanError(wrapError(cause, 'stat', path));
    }
  }

  /** Throws unless this is Windows declining to sync a directory. */
  #mustBeHarmlessRefusal(cause: unknown, path: string): void {
    if (process.platform === 'win32' && WINDOWS_SYNC_REFUSALS.has(systemCodeOf(cause))) return;
    throw this.#humanError(wrapError(cause, 'sync directory', path));
  }
}

/** Keeps node-vfs/copy-is-synced. A copy that fails half way is removed: a name must not stand for part of a file. */
function copyAndSync(from: string, to: string, shown: string): void {
  fs.closeSync(openRegular(from, OPEN_FLAGS.read, shown)); // the system's copy would wait for a FIFO
  try {
    fs.copyFileSync(from, to, fs.constants.COPYFILE_EXCL);
  } catch (cause) {
    if (systemCodeOf(cause) !== 'EEXIST') fs.rmSync(to, { force: true });
    throw cause;
  }
  let descriptor: number | undefined;
  try {
    descriptor = openRegular(to, OPEN_FLAGS.modify); // Windows syncs only what is open for writing
    fs.fsyncSync(descriptor);
  } catch (cause) {
    fs.rmSync(to, { force: true });
    throw cause;
  } finally {
    if (descriptor !== undefined) fs.closeSync(descriptor);
  }
}

/**
 * Makes a directory and its parents; gives the first that it made. Step by step: the recursive form of Node.js never returns
 * where the system refuses a child of a directory with ENOENT, as /proc does.
 */
function makeWithParents(path: string): string | undefined {
  try {
    fs.mkdirSync(path);
    return path;
  } catch (error) {
    if (fs.statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return undefined;
    const parent = dirname(path);
    const lacksParent = systemCodeOf(error) === 'ENOENT' && !fs.existsSync(parent);
    if (!lacksParent || parent === path) throw error;
    const first = makeWithParents(parent);
    return makeWithParents(path) === undefined ? first : (first ?? path);
  }
}
