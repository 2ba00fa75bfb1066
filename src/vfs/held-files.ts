/**
 * Files that stay readable when another process removes their names.
 *
 * Owns: a descriptor of each file that is held, up to a bound. While a file is held, every open of its path reads through
 * that descriptor.
 *
 * Invariants:
 *   held-files/outlives-its-name: a file that is held can be opened and read after its name is gone, by whoever opens it
 *       here. It closes when it is let go, and the last of those that have opened it has closed it.
 *   held-files/bounded: at most `countMax` files are held. A file beyond that is opened by its name, and may be gone.
 *   held-files/shortage-is-no-failure: where the system has no descriptor left, a file is not held, and that is all.
 *
 * Suspension: as the Vfs inside; everything of its own is synchronous.
 */
import { IoError } from '../base/errors.ts';
import { isOutOfDescriptors } from '../base/shortage.ts';
import type { OpenMode, Vfs, VfsFile } from './vfs.ts';

export class HeldFiles {
  /** As the Vfs inside; files that are held are read by their descriptors. */
  readonly vfs: Vfs;
  readonly #inner: Vfs;
  readonly #countMax: number;
  readonly #held: Map<string, HeldFile> = new Map();

  constructor(vfs: Vfs, countMax: number) {
    this.#inner = vfs;
    this.#countMax = countMax;
    this.vfs = { ...vfs, open: (path, mode) => this.#open(path, mode) };
  }

  get count(): number {
    return this.#held.size;
  }

  isHeld(path: string): boolean {
    return this.#held.has(path);
  }

  /** Holds a file, unless there is no room for it or no such file. Throws IoError for anything else. Idempotent. */
  hold(path: string): void {
    if (this.#held.has(path) || this.#held.size >= this.#countMax) return;
    try {
      this.#held.set(path, new HeldFile(this.#inner.open(path, 'read')));
    } catch (error) {
      const isGone = error instanceof IoError && error.systemCode === 'ENOENT';
      if (!isGone && !isOutOfDescriptors(error)) throw error; // held-files/shortage-is-no-failure
    }
  }

  /** Lets go of every file for which `isNeeded` says no. */
  keep(isNeeded: (path: string) => boolean): void {
    for (const [path, file] of this.#held) {
      if (isNeeded(path)) continue;
      this.#held.delete(path);
      file.letGo();
    }
  }

  #open(path: string, mode: OpenMode): VfsFile {
    const held = mode === 'read' ? this.#held.get(path) : undefined;
    return held === undefined ? this.#inner.open(path, mode) : new SharedHandle(held);
  }
}

/** A descriptor, and how many use it. */
class HeldFile {
  readonly file: VfsFile;
  #userCount = 1;

  constructor(file: VfsFile) {
    this.file = file;
  }

  ref(): void {
    this.#userCount++;
  }

  letGo(): void {
    if (--this.#userCount === 0) this.file.closeSync();
  }
}

/** One open of a held file. */
class SharedHandle implements VfsFile {
  readonly path: string;
  readonly #held: HeldFile;
  #isClosed = false;

  constructor(held: HeldFile) {
    this.path = held.file.path;
    this.#held = held;
    held.ref();
  }

  readSync(target: Uint8Array, offset: number, length: number, position: number): number {
    return this.#held.file.readSync(target, offset, length, position);
  }

  async read(
    target: Uint8Array,
    offset: number,
    length: number,
    position: number,
  ): Promise<number> {
    this.#held.ref(); // a close meanwhile takes no descriptor from under a read
    try {
      return await this.#held.file.read(target, offset, length, position);
    } finally {
      this.#held.letGo();
    }
  }

  sizeSync(): number {
    return this.#held.file.sizeSync();
  }

  closeSync(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#held.letGo();
  }

  writeSync(): number {
    throw new TypeError('A held file is not written');
  }

  truncateSync(): void {
    throw new TypeError('A held file is not cut');
  }

  async sync(): Promise<void> {
    // Nothing was written.
  }

  syncSync(): void {
    // Nothing was written.
  }
}
