/**
 * Files that are read for long, and the descriptors that they take.
 *
 * Owns: how many of these files have a descriptor at once. A file that was not read for a while gives its descriptor
 * to another. It gets a new one, by its name, with its next read. So a reader keeps its knowledge of a file, and not
 * the descriptor. CLOCK chooses the file that is replaced, as in the table cache.
 *
 * Invariants:
 *   open-files/bounded: at most `countMax` files of the set have a descriptor. A read that waits anyway waits for
 *       one, and a synchronous read that finds all of them in use takes one more until it is done.
 *   open-files/not-under-a-read: no descriptor is taken away while a read that was begun with it is under way.
 *   open-files/own-first: where the system has no descriptor left, idle ones of the set are given back before the
 *       failure is told.
 *   open-files/name-stays: a file keeps its name as long as it is read. Its owner says `keepOpen` before the name goes.
 *
 * Suspension: `read` suspends; everything else is synchronous.
 */
import { CorruptionError } from '../base/errors.ts';
import { isOutOfDescriptors } from '../base/shortage.ts';
import { passedOn } from './passed-on.ts';
import type { OpenMode, Vfs, VfsFile } from './vfs.ts';

/** So many are given back at once where the system has none: one is rarely the last that is wanted. */
const RELEASE_COUNT = 16;

export class OpenFiles {
  readonly countMax: number;
  /** Those with a descriptor, in the order in which the hand passes them. */
  readonly #open: LongReadFile[] = [];
  #hand = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(countMax: number) {
    this.countMax = countMax;
  }

  get openCount(): number {
    return this.#open.length;
  }

  /** Opens a file for reading. Throws IoError. */
  open(vfs: Vfs, path: string): LongReadFile {
    const file = new LongReadFile(this, vfs, path);
    file.begin();
    return file;
  }

  /** Gives back descriptors that no read is using, at most so many; how many there were. */
  releaseIdle(countMax: number = RELEASE_COUNT): number {
    let count = 0;
    while (count < countMax && this.#releaseOne()) count++;
    return count;
  }

  /** Runs a call that takes a descriptor (open-files/own-first). */
  withDescriptor<T>(call: () => T): T {
    try {
      return call();
    } catch (error) {
      if (!isOutOfDescriptors(error) || this.releaseIdle() === 0) throw error;
      return call();
    }
  }

  /** As `withDescriptor`, waiting for the call. */
  async withDescriptorAsync<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      if (!isOutOfDescriptors(error) || this.releaseIdle() === 0) throw error;
      return call();
    }
  }

  /** For a file: makes room for its descriptor. False: all are in use. */
  makeRoom(): boolean {
    while (this.#open.length >= this.countMax) if (!this.#releaseOne()) return false;
    return true;
  }

  /** For a file: resolves when there may be room. */
  nextRoom(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** For a file: it has a descriptor. */
  opened(file: LongReadFile): void {
    file.position = this.#open.length;
    this.#open.push(file);
  }

  /** For a file: it gave its descriptor back. */
  closed(file: LongReadFile): void {
    const last = this.#open.pop();
    if (last !== undefined && last !== file) {
      this.#open[file.position] = last;
      last.position = file.position;
    }
    this.mayHaveRoom();
  }

  /** For a file: a read has ended. */
  mayHaveRoom(): void {
    this.#waiting.shift()?.();
  }

  /** Two rounds, since each file passed is unmarked. */
  #releaseOne(): boolean {
    for (let steps = 2 * this.#open.length; steps > 0; steps--) {
      if (this.#hand >= this.#open.length) this.#hand = 0;
      const file = this.#open[this.#hand]!; // below length
      if (file.isInUse || file.isMarked) {
        file.isMarked = false;
        this.#hand++;
        continue;
      }
      file.releaseDescriptor();
      return true;
    }
    return false;
  }
}

/** One file of the set; read only. */
export class LongReadFile implements VfsFile {
  readonly path: string;
  readonly #files: OpenFiles;
  readonly #vfs: Vfs;
  /** As it was when the file was opened first. */
  #sizeBytes: number | undefined = undefined;
  #file: VfsFile | undefined = undefined;
  #readCount = 0;
  #isKeptOpen = false;
  #isClosed = false;
  /** Used since the hand last came by. Written by the set as well. */
  isMarked = false;
  /** Its place in the set. Written by the set only. */
  position = 0;

  constructor(files: OpenFiles, vfs: Vfs, path: string) {
    this.path = path;
    this.#files = files;
    this.#vfs = vfs;
  }

  /** For the set: opens the file first. */
  begin(): void {
    try {
      this.#sizeBytes = this.#mustFile().sizeSync();
    } catch (error) {
      this.closeSync();
      throw error;
    }
  }

  /** True while its descriptor must stay (open-files/not-under-a-read, open-files/name-stays). */
  get isInUse(): boolean {
    return this.#readCount > 0 || this.#isKeptOpen;
  }

  readSync(target: Uint8Array, offset: number, length: number, position: number): number {
    this.isMarked = true;
    return (this.#file ?? this.#mustFile()).readSync(target, offset, length, position);
  }

  async read(
    target: Uint8Array,
    offset: number,
    length: number,
    position: number,
  ): Promise<number> {
    while (this.#file === undefined && !this.#files.makeRoom()) await this.#files.nextRoom();
    this.isMarked = true;
    this.#readCount++;
    try {
      const file = this.#file ?? this.#mustFile();
      return await file.read(target, offset, length, position);
    } finally {
      this.#readCount--;
      this.#files.mayHaveRoom();
    }
  }

  sizeSync(): number {
    return this.#sizeBytes ?? 0;
  }

  /** The name goes while the file is still read: from now on it keeps a descriptor. */
  keepOpen(): void {
    if (this.#isClosed || this.#isKeptOpen) return;
    this.#mustFile();
    this.#isKeptOpen = true;
  }

  closeSync(): void {
    this.#isClosed = true;
    this.releaseDescriptor();
  }

  /** For the set, which calls it when the file is not in use. */
  releaseDescriptor(): void {
    const file = this.#file;
    if (file === undefined) return;
    this.#file = undefined;
    this.#files.closed(this);
    file.closeSync();
  }

  writeSync(): number {
    throw new TypeError('A file that is read for long is not written');
  }

  async sync(): Promise<void> {
    // Nothing was written.
  }

  syncSync(): void {
    // Nothing was written.
  }

  truncateSync(): void {
    throw new TypeError('A file that is read for long is not cut');
  }

  #mustFile(): VfsFile {
    if (this.#file !== undefined) return this.#file;
    this.#files.makeRoom();
    const file = this.#files.withDescriptor(() => this.#vfs.open(this.path, 'read'));
    try {
      if (this.#sizeBytes !== undefined) mustHaveSize(file, this.#sizeBytes);
    } catch (error) {
      file.closeSync();
      throw error;
    }
    this.#file = file;
    this.#files.opened(this);
    return file;
  }
}

/** A file that is read for long never changes: this one is another. */
function mustHaveSize(file: VfsFile, sizeBytes: number): void {
  const size = file.sizeSync();
  if (size === sizeBytes) return;
  throw new CorruptionError(`File has changed: size=${size} expected=${sizeBytes}`, {
    file: file.path,
  });
}

/**
 * A Vfs that gives back idle descriptors of `files` where the system has none left (open-files/own-first), and tries
 * again once. Files that it opens are those of the Vfs inside.
 */
export function frugalVfs(vfs: Vfs, files: OpenFiles): Vfs {
  return {
    ...passedOn(vfs),
    open: (path: string, mode: OpenMode) => files.withDescriptor(() => vfs.open(path, mode)),
    list: (directory) => files.withDescriptor(() => vfs.list(directory)),
    link: (from, to) => files.withDescriptor(() => vfs.link(from, to)),
    syncDirectory: (path) => files.withDescriptorAsync(() => vfs.syncDirectory(path)),
    syncDirectorySync: (path) => files.withDescriptor(() => vfs.syncDirectorySync(path)),
    lock: (directory) => files.withDescriptorAsync(() => vfs.lock(directory)),
    ...(vfs.owner === undefined
      ? {}
      : { owner: (directory) => files.withDescriptorAsync(() => vfs.owner!(directory)) }), // just looked
  };
}
