/**
 * A Vfs around another, to change single operations of.
 *
 * Owns: passing everything on. Tests extend it to hold an operation back, or to plant a bug.
 *
 * Suspension: as the Vfs inside.
 */
import { type OpenMode, type Vfs, type VfsFile, type VfsLock } from '../../src/vfs/vfs.ts';

export class WrappedVfs implements Vfs {
  readonly isNodeFileSystem: boolean = false;
  readonly inner: Vfs;

  constructor(inner: Vfs) {
    this.inner = inner;
  }

  open(path: string, mode: OpenMode): VfsFile {
    return this.wrap(this.inner.open(path, mode));
  }

  /** Each file that is opened passes through here. */
  wrap(file: VfsFile): VfsFile {
    return file;
  }

  exists(path: string): boolean {
    return this.inner.exists(path);
  }

  list(directory: string): string[] {
    return this.inner.list(directory);
  }

  rename(from: string, to: string): void {
    this.inner.rename(from, to);
  }

  link(from: string, to: string): void {
    this.inner.link(from, to);
  }

  unlink(path: string): void {
    this.inner.unlink(path);
  }

  async unlinkAside(path: string): Promise<void> {
    this.unlink(path);
  }

  makeDirectory(path: string): string | undefined {
    return this.inner.makeDirectory(path);
  }

  removeDirectory(path: string): void {
    this.inner.removeDirectory(path);
  }

  isDirectory(path: string): boolean {
    return this.inner.isDirectory(path);
  }

  limitAccess(directory: string, model: string): void {
    this.inner.limitAccess(directory, model);
  }

  isWritable(directory: string): boolean {
    return this.inner.isWritable(directory);
  }

  async syncDirectory(path: string): Promise<void> {
    return this.inner.syncDirectory(path);
  }

  syncDirectorySync(path: string): void {
    this.inner.syncDirectorySync(path);
  }

  realPath(path: string): string {
    return this.inner.realPath(path);
  }

  async lock(directory: string): Promise<VfsLock> {
    return this.inner.lock(directory);
  }
}

export class WrappedFile implements VfsFile {
  readonly path: string;
  readonly inner: VfsFile;

  constructor(inner: VfsFile) {
    this.path = inner.path;
    this.inner = inner;
  }

  readSync(target: Uint8Array, offset: number, length: number, position: number): number {
    return this.inner.readSync(target, offset, length, position);
  }

  async read(
    target: Uint8Array,
    offset: number,
    length: number,
    position: number,
  ): Promise<number> {
    return this.inner.read(target, offset, length, position);
  }

  writeSync(source: Uint8Array, offset: number, length: number, position: number): number {
    return this.inner.writeSync(source, offset, length, position);
  }

  async sync(): Promise<void> {
    return this.inner.sync();
  }

  syncSync(): void {
    this.inner.syncSync();
  }

  sizeSync(): number {
    return this.inner.sizeSync();
  }

  truncateSync(size: number): void {
    this.inner.truncateSync(size);
  }

  closeSync(): void {
    this.inner.closeSync();
  }
}
