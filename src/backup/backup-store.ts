/**
 * The contract of a store of backups: four verbs over names and bytes.
 *
 * Owns: the contract, which is all that a backup knows of where it lies, and the calls through it. What a store throws
 * becomes a BackupError that names the verb and the object. What a store gives is checked by those that read it.
 *
 * Guarantees of a store:
 *   backup-store/put-whole: when `put` has resolved, the object has all of its content, durably, and `get` and `list` show
 *       it, also to other processes. When it has rejected, or the process died, there is the whole object, the one that
 *       was there before, or none.
 *   backup-store/put-fails-with-its-source: when the content throws, `put` rejects, and no object of it appears.
 *   backup-store/replaces: `put` of a name that is there replaces it in one step.
 *   backup-store/list-complete: `list` shows each object whose `put` had resolved before the call, with its size, unless it
 *       was deleted since. It never shows half an object.
 *   backup-store/delete-idempotent: `delete` of a name that is not there resolves.
 *
 * Suspension: every verb suspends.
 */
import { abortedBy, whenAborted } from '../base/abort.ts';
import { describe } from '../base/describe.ts';
import { BackupError, InvalidArgumentError, StorageError } from '../base/errors.ts';
import { hasMethods } from '../base/options.ts';

/** An object in a store, as `list` shows it. */
export interface StoredObject {
  /** Its whole name, the prefix included. */
  readonly name: string;
  /** Bytes of its content. */
  readonly sizeBytes: number;
}

/** What `put` is told beside name and content. */
export interface BackupPutOptions {
  /** How many bytes the content has. */
  readonly sizeBytes: number;
  /** Aborted when the call that puts has ended early: the store may give up. */
  readonly signal: AbortSignal;
}

/**
 * Where backups lie. Names are of 1 to 250 characters: parts of lower-case letters, upper-case letters, digits, `-`, `_`
 * and `.`, none of which begins with a dot, with `/` between them. Anything that keeps the guarantees may be a store:
 * `checkBackupStore` tries them. Several databases, processes and machines may use one store at once.
 */
export interface BackupStore {
  /**
   * Stores an object, whole, durably, in one step. `content` gives as many bytes as `sizeBytes` says, in chunks that are
   * the store's to keep. When it throws, `put` rejects with that error and leaves no part of the object.
   */
  put(name: string, content: AsyncIterable<Uint8Array>, options: BackupPutOptions): Promise<void>;
  /** The content, in chunks of any size; undefined when there is no such object. */
  get(name: string): Promise<AsyncIterable<Uint8Array> | undefined>;
  /** All objects whose names begin with `prefix`, in any order. */
  list(prefix: string): AsyncIterable<StoredObject>;
  /** Removes the object; resolves when there is none. */
  delete(name: string): Promise<void>;
}

/** Throws InvalidArgumentError. */
export function mustBeStore(value: unknown): BackupStore {
  if (hasMethods(value, ['put', 'get', 'list', 'delete'])) return value as BackupStore;
  throw new InvalidArgumentError(
    `Target must be a directory or a store with put, get, list and delete: found=${describe(value)}`,
  );
}

/** A store under the signal of one call. What it throws is named, and a verb that hangs ends with the call. */
export class StoreCalls {
  readonly #store: BackupStore;
  readonly #signal: AbortSignal;

  constructor(store: BackupStore, signal: AbortSignal) {
    this.#store = store;
    this.#signal = signal;
  }

  /** As the contract says. */
  async put(name: string, sizeBytes: number, content: AsyncIterable<Uint8Array>): Promise<void> {
    const options = { sizeBytes, signal: this.#signal };
    await this.#named('put', name, () => this.#store.put(name, content, options));
  }

  async putBytes(name: string, bytes: Uint8Array): Promise<void> {
    await this.put(name, bytes.length, onceOf(bytes));
  }

  /** Throws BackupError, BACKUP_DAMAGED, when the object is not there. */
  async *get(name: string): AsyncGenerator<Uint8Array, void> {
    const content = await this.#named('get', name, () => this.#store.get(name));
    if (content === undefined) throw new BackupError('BACKUP_DAMAGED', 'Object is missing', name);
    const chunks = content[Symbol.asyncIterator]();
    let isDone = false;
    try {
      for (;;) {
        const step = await this.#named('get', name, () => chunks.next());
        if (step.done === true) break;
        yield mustBeBytes(step.value, name);
      }
      isDone = true;
    } finally {
      if (!isDone) void chunks.return?.()?.then(undefined, () => undefined);
    }
  }

  /** All of an object, which is of ours and small. Throws BackupError when it is larger than that. */
  async getBytes(name: string, sizeBytesMax: number): Promise<Uint8Array> {
    const chunks: Uint8Array[] = [];
    let sizeBytes = 0;
    for await (const chunk of this.get(name)) {
      sizeBytes += chunk.length;
      if (sizeBytes > sizeBytesMax) {
        throw new BackupError(
          'BACKUP_DAMAGED',
          `Object is larger than ${sizeBytesMax} bytes`,
          name,
        );
      }
      chunks.push(chunk);
    }
    return Buffer.concat(chunks, sizeBytes);
  }

  /** Sizes by name. */
  async list(prefix: string): Promise<Map<string, number>> {
    const found = new Map<string, number>();
    await this.#named('list', prefix, async () => {
      for await (const { name, sizeBytes } of this.#store.list(prefix)) {
        this.#mustGoOn();
        if (name.startsWith(prefix)) found.set(name, sizeBytes);
      }
    });
    return found;
  }

  async delete(name: string): Promise<void> {
    await this.#named('delete', name, () => this.#store.delete(name));
  }

  #mustGoOn(): void {
    if (this.#signal.aborted)
      throw abortedBy(this.#signal, 'Work on a store of backups was aborted');
  }

  async #named<T>(verb: string, name: string, call: () => Promise<T>): Promise<T> {
    this.#mustGoOn();
    let unlisten = (): void => undefined;
    const aborted = new Promise<never>((_, reject) => {
      unlisten = whenAborted(this.#signal, () =>
        reject(abortedBy(this.#signal, 'Work on a store of backups was aborted')),
      );
    });
    try {
      return await Promise.race([call(), aborted]);
    } catch (error) {
      if (error instanceof StorageError) throw error;
      throw new BackupError('BACKUP_STORE', `Store cannot ${verb}`, name, { cause: error });
    } finally {
      unlisten();
    }
  }
}

function mustBeBytes(chunk: unknown, name: string): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk;
  throw new BackupError('BACKUP_STORE', `Store gave no bytes: found=${describe(chunk)}`, name);
}

/** One chunk as a content. */
export async function* onceOf(bytes: Uint8Array): AsyncGenerator<Uint8Array, void> {
  await Promise.resolve();
  yield bytes;
}
