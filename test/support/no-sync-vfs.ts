/**
 * A disk that forgets syncs, for canaries.
 *
 * Owns: `NoSyncVfs`, under which a sync of a file whose path matches does nothing and says that all is well.
 *
 * Suspension: as the Vfs inside.
 */
import type { Vfs, VfsFile } from '../../src/vfs/vfs.ts';
import { WrappedFile, WrappedVfs } from './wrapped-vfs.ts';

/** Syncs of the files that match do nothing. */
export class NoSyncVfs extends WrappedVfs {
  readonly #pattern: RegExp;

  constructor(inner: Vfs, pattern: RegExp) {
    super(inner);
    this.#pattern = pattern;
  }

  override wrap(file: VfsFile): VfsFile {
    return this.#pattern.test(file.path) ? new NoSyncFile(file) : file;
  }
}

/** A sync of it does nothing. */
export class NoSyncFile extends WrappedFile {
  override async sync(): Promise<void> {
    return Promise.resolve();
  }

  override syncSync(): void {}
}
