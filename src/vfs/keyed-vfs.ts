/**
 * The files of an encrypted database, with their keys.
 *
 * Owns: a Vfs that carries keys. Whatever opens a file of a database is given its Vfs, and finds the keys there.
 *
 * Suspension: as the Vfs inside.
 */
import type { FileKeys } from '../encryption/file-keys.ts';
import type { OpenMode, Vfs, VfsFile, VfsLock } from './vfs.ts';

/** The keys of the files; undefined where they are not encrypted. */
export function keysOf(vfs: Vfs): FileKeys | undefined {
  return vfs instanceof KeyedVfs ? vfs.keys : undefined;
}

/** The same files with these keys; without keys, those of `vfs` itself. */
export function keyedVfs(vfs: Vfs, keys: FileKeys | undefined): Vfs {
  return keys === undefined ? vfs : new KeyedVfs(vfs, keys);
}

class KeyedVfs implements Vfs {
  readonly keys: FileKeys;
  readonly #inner: Vfs;

  constructor(inner: Vfs, keys: FileKeys) {
    this.#inner = inner;
    this.keys = keys;
  }

  get isNodeFileSystem(): boolean {
    return this.#inner.isNodeFileSystem;
  }

  open(path: string, mode: OpenMode): VfsFile {
    return this.#inner.open(path, mode);
  }

  exists(path: string): boolean {
    return this.#inner.exists(path);
  }

  list(directory: string): string[] {
    return this.#inner.list(directory);
  }

  rename(from: string, to: string): void {
    this.#inner.rename(from, to);
  }

  link(from: string, to: string): void {
    this.#inner.link(from, to);
  }

  unlink(path: string): void {
    this.#inner.unlink(path);
  }

  unlinkAside(path: string): Promise<void> {
    return this.#inner.unlinkAside(path);
  }

  makeDirectory(path: string): string | undefined {
    return this.#inner.makeDirectory(path);
  }

  removeDirectory(path: string): void {
    this.#inner.removeDirectory(path);
  }

  isDirectory(path: string): boolean {
    return this.#inner.isDirectory(path);
  }

  limitAccess(directory: string, model: string): void {
    this.#inner.limitAccess(directory, model);
  }

  isWritable(directory: string): boolean {
    return this.#inner.isWritable(directory);
  }

  syncDirectory(path: string): Promise<void> {
    return this.#inner.syncDirectory(path);
  }

  syncDirectorySync(path: string): void {
    this.#inner.syncDirectorySync(path);
  }

  realPath(path: string): string {
    return this.#inner.realPath(path);
  }

  lock(directory: string): Promise<VfsLock> {
    return this.#inner.lock(directory);
  }
}
