/**
 * A directory as a store of backups.
 *
 * Owns: the files of such a store. An object is a file under its own name; the parts of the name are directories.
 *
 * What a power cut leaves, step by step of `put`: directories, synced one by one; a file in the folder `incoming`, whole or
 * not; after the rename the object, whole, or none; after the sync of the directory the object. What stays in `incoming`
 * is removed by the next prune.
 *
 * Invariants:
 *   directory-store/synced-then-named: a file is synced before it gets its name, and the entry is synced before `put`
 *       resolves (backup-store/put-whole).
 *   directory-store/inside: a name leads to no file outside of the directory.
 *
 * Suspension: `put` suspends for its content and for syncs, `get` for reads.
 */
import { randomUUID } from 'node:crypto';
import { dirname, join } from 'node:path';

import { nextTurn } from '../base/clock.ts';
import { BackupError, InvalidArgumentError, IoError } from '../base/errors.ts';
import { makeDurableDirectory } from '../vfs/durable-directory.ts';
import { readFullyAsync, type Vfs, type VfsFile, writeFully } from '../vfs/vfs.ts';
import type { BackupPutOptions, BackupStore, StoredObject } from './backup-store.ts';

/** Of objects that are on their way. Prune knows the name too. */
export const INCOMING = 'incoming';

const CHUNK_SIZE_BYTES = 256 * 1024;
const ENTRIES_PER_TURN = 256;
const NAME_LENGTH_MAX = 250;
const NAME = /^[A-Za-z0-9_-][A-Za-z0-9._-]*(\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$/;

export class DirectoryStore implements BackupStore {
  readonly #vfs: Vfs;
  readonly #directory: string;

  /** `directory` is made by the first `put`. */
  constructor(vfs: Vfs, directory: string) {
    this.#vfs = vfs;
    this.#directory = directory;
  }

  async put(
    name: string,
    content: AsyncIterable<Uint8Array>,
    { sizeBytes }: BackupPutOptions,
  ): Promise<void> {
    const path = this.#pathOf(name);
    const folder = dirname(path);
    const incoming = join(this.#directory, INCOMING);
    makeDurableDirectory(this.#vfs, folder);
    makeDurableDirectory(this.#vfs, incoming);
    const temporary = join(incoming, randomUUID());
    const file = this.#vfs.open(temporary, 'create');
    try {
      try {
        await fill(file, content, sizeBytes, name);
        await file.sync();
      } finally {
        file.closeSync();
      }
      this.#vfs.rename(temporary, path); // directory-store/synced-then-named
    } catch (error) {
      this.#tryUnlink(temporary);
      throw error;
    }
    await this.#vfs.syncDirectory(folder);
  }

  get(name: string): Promise<AsyncIterable<Uint8Array> | undefined> {
    const file = this.#tryOpen(this.#pathOf(name));
    return Promise.resolve(file === undefined ? undefined : contentOf(file));
  }

  async *list(prefix: string): AsyncGenerator<StoredObject, void> {
    const end = prefix.lastIndexOf('/');
    const folder = end < 0 ? '' : prefix.slice(0, end);
    const turn = { count: 0 };
    for await (const object of this.#under(folder, turn)) {
      if (object.name.startsWith(prefix)) yield object;
    }
  }

  async delete(name: string): Promise<void> {
    const path = this.#pathOf(name);
    try {
      await this.#vfs.unlinkAside(path);
    } catch (error) {
      if (isAbsence(error)) return;
      throw error;
    }
    await this.#vfs.syncDirectory(dirname(path));
  }

  async *#under(folder: string, turn: { count: number }): AsyncGenerator<StoredObject, void> {
    const path = folder === '' ? this.#directory : join(this.#directory, folder);
    if (!this.#vfs.exists(path)) return;
    for (const entry of this.#vfs.list(path)) {
      if (++turn.count % ENTRIES_PER_TURN === 0) await nextTurn();
      const name = folder === '' ? entry : `${folder}/${entry}`;
      if (!NAME.test(name)) continue;
      if (this.#vfs.isDirectory(join(path, entry))) {
        yield* this.#under(name, turn);
        continue;
      }
      const file = this.#tryOpen(join(path, entry)); // another process may have removed it
      if (file === undefined) continue;
      const sizeBytes = file.sizeSync();
      file.closeSync();
      yield { name, sizeBytes };
    }
  }

  /** Keeps directory-store/inside. */
  #pathOf(name: string): string {
    if (name.length <= NAME_LENGTH_MAX && NAME.test(name)) return join(this.#directory, name);
    throw new InvalidArgumentError(`Name is none of an object of a store: name=${name}`);
  }

  #tryOpen(path: string): VfsFile | undefined {
    try {
      return this.#vfs.open(path, 'read');
    } catch (error) {
      if (isAbsence(error)) return undefined;
      throw error;
    }
  }

  #tryUnlink(path: string): void {
    try {
      this.#vfs.unlink(path);
    } catch {
      // The next prune removes it. The error that led here is the one to report.
    }
  }
}

function isAbsence(error: unknown): boolean {
  return (
    error instanceof IoError && (error.systemCode === 'ENOENT' || error.systemCode === 'ENOTDIR')
  );
}

async function fill(
  file: VfsFile,
  content: AsyncIterable<Uint8Array>,
  sizeBytes: number,
  name: string,
): Promise<void> {
  let position = 0;
  for await (const chunk of content) {
    for (let start = 0; start < chunk.length; start += CHUNK_SIZE_BYTES) {
      const length = Math.min(CHUNK_SIZE_BYTES, chunk.length - start);
      writeFully(file, chunk, start, length, position);
      position += length;
    }
  }
  if (position === sizeBytes) return;
  const message = `Content has another size than was said: size=${position} expected=${sizeBytes}`;
  throw new BackupError('BACKUP_STORE', message, name);
}

async function* contentOf(file: VfsFile): AsyncGenerator<Uint8Array, void> {
  try {
    for (let position = 0; ;) {
      const chunk = new Uint8Array(CHUNK_SIZE_BYTES);
      const count = await readFullyAsync(file, chunk, 0, chunk.length, position);
      if (count === 0) return;
      position += count;
      yield chunk.subarray(0, count);
    }
  } finally {
    file.closeSync();
  }
}
