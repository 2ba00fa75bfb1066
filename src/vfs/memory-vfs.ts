/**
 * A file system in memory.
 *
 * Owns: `MemoryVfs`, for in-memory databases and tests, and the two parts it shares with the crash
 * simulator of the tests: a tree of names (`FileTree`) and the bytes of one file (`MemoryBytes`).
 *
 * Invariants:
 *   memory-vfs/open-outlives-name: a name maps to a file object, not to bytes. An unlinked or replaced file stays
 *       readable and writable through the handles that are open on it, as in POSIX. It goes with the last of them.
 *   memory-vfs/zeros-behind-the-end: bytes between a file's size and its capacity are zero, so extending a file never
 *       shows old content.
 *   memory-vfs/codes-of-linux: a failure carries the system code that Linux gives for the same call
 *       (vfs/failures-are-named). Callers cannot tell the difference.
 *
 * `sync` does nothing: there is no power cut that memory survives.
 *
 * Suspension: as in the contract; the asynchronous methods resolve at once.
 */

import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { basename, dirname, resolve } from 'node:path';

import { systemClock } from '../base/clock.ts';
import { IoError, LockedError } from '../base/errors.ts';
import {
  irregularFile,
  type OpenMode,
  type Vfs,
  type VfsFile,
  type VfsLock,
  type VfsOwner,
} from './vfs.ts';

const CAPACITY_MIN_BYTES = 4096;

/** An `IoError` as the system would have caused it. */
export function makeIoError(code: string, operation: string, path: string): IoError {
  const message = `${code}: ${operation} '${path}'`;
  const cause = Object.assign(new Error(message), { code, syscall: operation });
  return new IoError(`Cannot ${operation}: path=${path} code=${code}`, { path, cause });
}

/** The content of one file: a buffer that grows by doubling. */
export class MemoryBytes {
  #bytes: Uint8Array;
  #size: number;

  constructor(bytes: Uint8Array = new Uint8Array(0)) {
    this.#bytes = bytes;
    this.#size = bytes.length;
  }

  get size(): number {
    return this.#size;
  }

  read(target: Uint8Array, offset: number, length: number, position: number): number {
    const count = Math.min(length, this.#size - position);
    if (count <= 0) return 0;
    target.set(this.#bytes.subarray(position, position + count), offset);
    return count;
  }

  write(source: Uint8Array, offset: number, length: number, position: number): void {
    const end = position + length;
    this.#reserve(end);
    this.#bytes.set(source.subarray(offset, offset + length), position);
    if (end > this.#size) this.#size = end;
  }

  truncate(size: number): void {
    if (size < this.#size) this.#bytes.fill(0, size, this.#size); // memory-vfs/zeros-behind-the-end
    this.#reserve(size);
    this.#size = size;
  }

  /** A copy that shares nothing with this one. */
  clone(): MemoryBytes {
    return new MemoryBytes(this.#bytes.slice(0, this.#size));
  }

  #reserve(size: number): void {
    if (size <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(size, this.#bytes.length * 2, CAPACITY_MIN_BYTES));
    grown.set(this.#bytes.subarray(0, this.#size));
    this.#bytes = grown;
  }
}

/** A directory of a `FileTree`: names to files of type `F` or to further directories. */
export class TreeDirectory<F> {
  readonly entries: Map<string, F | TreeDirectory<F>> = new Map();
}

/** The target of a path: the directory that holds its last name, and the file or directory of that name. */
export interface TreePlace<F> {
  readonly parent: TreeDirectory<F>;
  readonly name: string;
  readonly node: F | TreeDirectory<F> | undefined;
}

/** The tree of names, with the failures of the system calls and without the bytes. */
export class FileTree<F> {
  readonly root: TreeDirectory<F>;

  constructor(root: TreeDirectory<F> = new TreeDirectory<F>()) {
    this.root = root;
  }

  lookup(path: string): F | TreeDirectory<F> | undefined {
    let node: F | TreeDirectory<F> | undefined = this.root;
    for (const name of namesOf(path)) {
      if (!(node instanceof TreeDirectory)) return undefined;
      node = node.entries.get(name);
    }
    return node;
  }

  /**
   * Throws ENOENT or ENOTDIR when the parent is no directory, and EBUSY for the root itself.
   * `reportedPath` is the path that the error names, where the call has two.
   */
  locate(operation: string, path: string, reportedPath: string = path): TreePlace<F> {
    const full = resolve(path);
    const name = basename(full);
    if (name === '') throw makeIoError('EBUSY', operation, reportedPath);
    const parent = this.mustDirectory(operation, dirname(full), reportedPath);
    return { parent, name, node: parent.entries.get(name) };
  }

  /** As `open` has it (vfs/regular-only). */
  mustFile(operation: string, path: string): F {
    const { node } = this.locate(operation, path);
    if (node === undefined) throw makeIoError('ENOENT', operation, path);
    if (node instanceof TreeDirectory) throw irregularFile(path, 'directory');
    return node;
  }

  mustDirectory(operation: string, path: string, reportedPath: string = path): TreeDirectory<F> {
    const node = this.lookup(path);
    if (node === undefined) throw makeIoError('ENOENT', operation, reportedPath);
    if (!(node instanceof TreeDirectory)) throw makeIoError('ENOTDIR', operation, reportedPath);
    return node;
  }

  /** The place for a new file; throws EEXIST when the name is taken. */
  mustBeFree(operation: string, path: string, reportedPath: string = path): TreePlace<F> {
    const place = this.locate(operation, path, reportedPath);
    if (place.node !== undefined) throw makeIoError('EEXIST', operation, reportedPath);
    return place;
  }

  /** Both ends of a rename, after the checks that the system makes. */
  locateRename(
    from: string,
    to: string,
  ): { source: TreePlace<F>; node: F | TreeDirectory<F>; target: TreePlace<F> } {
    const source = this.locate('rename', from);
    const target = this.locate('rename', to, from);
    const node = source.node;
    if (node === undefined) throw makeIoError('ENOENT', 'rename', from);
    if (target.node instanceof TreeDirectory && target.node !== node) {
      if (!(node instanceof TreeDirectory)) throw makeIoError('EISDIR', 'rename', from);
      if (target.node.entries.size > 0) throw makeIoError('ENOTEMPTY', 'rename', from);
    } else if (target.node !== undefined && node instanceof TreeDirectory) {
      if (target.node !== node) throw makeIoError('ENOTDIR', 'rename', from);
    }
    return { source, node, target };
  }

  /** The place of a file that may be unlinked. */
  locateFile(operation: string, path: string): TreePlace<F> & { readonly node: F } {
    const place = this.locate(operation, path);
    const node = place.node;
    if (node === undefined) throw makeIoError('ENOENT', operation, path);
    if (node instanceof TreeDirectory) throw makeIoError('EISDIR', operation, path);
    return { parent: place.parent, name: place.name, node };
  }

  /** The place of a directory that may be removed. */
  locateEmptyDirectory(path: string): TreePlace<F> {
    const place = this.locate('remove directory', path);
    this.mustDirectory('remove directory', path);
    if (place.node instanceof TreeDirectory && place.node.entries.size > 0) {
      throw makeIoError('ENOTEMPTY', 'remove directory', path);
    }
    return place;
  }

  /**
   * The places of the directories that `path` lacks, outermost first; each must be made before the
   * next is located.
   */
  missingDirectories(path: string): string[] {
    const missing: string[] = [];
    for (let at = resolve(path); ; at = dirname(at)) {
      const node = this.lookup(at);
      if (node instanceof TreeDirectory) return missing.reverse();
      if (node !== undefined) throw makeIoError('EEXIST', 'make directory', path);
      missing.push(at);
    }
  }
}

function namesOf(path: string): string[] {
  const names: string[] = [];
  // The root is its own parent on every platform, drive letters included, and has no base name.
  for (let at = resolve(path); basename(at) !== ''; at = dirname(at)) names.push(basename(at));
  return names.reverse();
}

class MemoryFile implements VfsFile {
  readonly path: string;
  readonly #bytes: MemoryBytes;
  readonly #isWritable: boolean;
  #isClosed: boolean;

  constructor(path: string, bytes: MemoryBytes, isWritable: boolean) {
    this.path = path;
    this.#bytes = bytes;
    this.#isWritable = isWritable;
    this.#isClosed = false;
  }

  readSync(target: Uint8Array, offset: number, length: number, position: number): number {
    this.#mustBeOpen('read');
    return this.#bytes.read(target, offset, length, position);
  }

  async read(
    target: Uint8Array,
    offset: number,
    length: number,
    position: number,
  ): Promise<number> {
    return Promise.resolve(this.readSync(target, offset, length, position));
  }

  writeSync(source: Uint8Array, offset: number, length: number, position: number): number {
    this.#mustBeWritable('write');
    this.#bytes.write(source, offset, length, position);
    return length;
  }

  async sync(): Promise<void> {
    this.syncSync();
    return Promise.resolve();
  }

  syncSync(): void {
    this.#mustBeOpen('sync');
  }

  sizeSync(): number {
    this.#mustBeOpen('stat');
    return this.#bytes.size;
  }

  truncateSync(size: number): void {
    this.#mustBeWritable('truncate');
    this.#bytes.truncate(size);
  }

  closeSync(): void {
    this.#isClosed = true;
  }

  #mustBeOpen(operation: string): void {
    if (this.#isClosed) throw makeIoError('EBADF', operation, this.path);
  }

  #mustBeWritable(operation: string): void {
    if (this.#isClosed || !this.#isWritable) throw makeIoError('EBADF', operation, this.path);
  }
}

/** Files that live and die with this object. Two of them share nothing, not even locks. */
export class MemoryVfs implements Vfs {
  readonly isNodeFileSystem: boolean = false;
  readonly #tree: FileTree<MemoryBytes> = new FileTree<MemoryBytes>();
  readonly #locks: InstanceLocks = new Map();

  open(path: string, mode: OpenMode): VfsFile {
    if (mode === 'create') {
      const { parent, name } = this.#tree.mustBeFree('create', path);
      const bytes = new MemoryBytes();
      parent.entries.set(name, bytes);
      return new MemoryFile(path, bytes, true);
    }
    return new MemoryFile(path, this.#tree.mustFile('open', path), mode === 'modify');
  }

  exists(path: string): boolean {
    return this.#tree.lookup(path) !== undefined;
  }

  list(directory: string): string[] {
    return [...this.#tree.mustDirectory('list', directory).entries.keys()];
  }

  rename(from: string, to: string): void {
    const { source, node, target } = this.#tree.locateRename(from, to);
    if (target.node === node) return; // two names of one file: POSIX keeps both
    source.parent.entries.delete(source.name);
    target.parent.entries.set(target.name, node);
  }

  link(from: string, to: string): void {
    const node = this.#tree.mustFile('link', from);
    const { parent, name } = this.#tree.mustBeFree('link', to, from);
    parent.entries.set(name, node);
  }

  unlink(path: string): void {
    const { parent, name } = this.#tree.locateFile('unlink', path);
    parent.entries.delete(name);
  }

  async unlinkAside(path: string): Promise<void> {
    this.unlink(path);
    return Promise.resolve();
  }

  makeDirectory(path: string): string | undefined {
    const missing = this.#tree.missingDirectories(path);
    for (const directory of missing) {
      const { parent, name } = this.#tree.locate('make directory', directory);
      parent.entries.set(name, new TreeDirectory());
    }
    return missing[0];
  }

  removeDirectory(path: string): void {
    const { parent, name } = this.#tree.locateEmptyDirectory(path);
    parent.entries.delete(name);
  }

  isDirectory(path: string): boolean {
    return this.#tree.lookup(path) instanceof TreeDirectory;
  }

  limitAccess(): void {
    // Memory is the process's own.
  }

  isWritable(directory: string): boolean {
    return this.isDirectory(directory);
  }

  async syncDirectory(path: string): Promise<void> {
    this.syncDirectorySync(path);
    return Promise.resolve();
  }

  syncDirectorySync(path: string): void {
    this.#tree.mustDirectory('sync directory', path);
  }

  realPath(path: string): string {
    if (!this.exists(path)) throw makeIoError('ENOENT', 'resolve', path);
    return resolve(path);
  }

  owner(directory: string): Promise<VfsOwner | undefined> {
    return Promise.resolve(this.#locks.get(resolve(directory)));
  }

  async lock(directory: string): Promise<VfsLock> {
    this.#tree.mustDirectory('lock', directory);
    return Promise.resolve(takeInstanceLock(this.#locks, this.realPath(directory)));
  }
}

/** Who has locked each path. */
export type InstanceLocks = Map<string, VfsOwner>;

/** A lock among the handles of one Vfs object: the one that adds the path to `held` has it. */
export function takeInstanceLock(held: InstanceLocks, path: string): VfsLock {
  const owner = held.get(path);
  if (owner !== undefined) {
    const since = new Date(owner.sinceMs);
    throw new LockedError(
      `Directory is already open in this process; share the handle that open() gave: path=${path} since=${since.toISOString()}`,
      { pid: process.pid, hostname: hostname(), since, path, isKnownAlive: true },
    );
  }
  held.set(path, { token: randomUUID(), sinceMs: systemClock.wallMs() });
  let isReleased = false;
  return {
    async release(): Promise<void> {
      // A second release must not free the lock of the handle that came after.
      if (!isReleased) held.delete(path);
      isReleased = true;
      return Promise.resolve();
    },
  };
}
