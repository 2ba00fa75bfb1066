/**
 * Stores of backups for tests.
 *
 * Owns: a store in memory that counts what it is asked for and fails on request, and what a test does to its objects.
 */
import type { BackupPutOptions, BackupStore, StoredObject } from '../../src/backup/backup-store.ts';

type Verb = 'put' | 'get' | 'list' | 'delete';

export class MemoryStore implements BackupStore {
  readonly objects = new Map<string, Uint8Array>();
  readonly calls: { readonly verb: Verb; readonly name: string }[] = [];
  /** Called before each verb; what it throws, or rejects with, the verb does. */
  before: (verb: Verb, name: string) => void | Promise<void> = () => undefined;
  /** Called when the content of a put was taken, and before the object is there. */
  beforeStored: (name: string) => void | Promise<void> = () => undefined;

  async put(
    name: string,
    content: AsyncIterable<Uint8Array>,
    { sizeBytes }: BackupPutOptions,
  ): Promise<void> {
    await this.#call('put', name);
    const chunks: Uint8Array[] = [];
    for await (const chunk of content) chunks.push(chunk);
    const bytes = Buffer.concat(chunks);
    if (bytes.length !== sizeBytes) throw new Error(`Size is wrong: ${bytes.length} ${sizeBytes}`);
    await this.beforeStored(name);
    this.objects.set(name, bytes);
  }

  async get(name: string): Promise<AsyncIterable<Uint8Array> | undefined> {
    await this.#call('get', name);
    const bytes = this.objects.get(name);
    return bytes === undefined ? undefined : inChunks(bytes);
  }

  async *list(prefix: string): AsyncGenerator<StoredObject, void> {
    await this.#call('list', prefix);
    for (const [name, bytes] of [...this.objects]) {
      if (name.startsWith(prefix)) yield { name, sizeBytes: bytes.length };
    }
  }

  async delete(name: string): Promise<void> {
    await this.#call('delete', name);
    this.objects.delete(name);
  }

  names(prefix: string): string[] {
    return [...this.objects.keys()].filter((name) => name.startsWith(prefix)).sort();
  }

  count(verb: Verb): number {
    return this.calls.filter((call) => call.verb === verb).length;
  }

  async #call(verb: Verb, name: string): Promise<void> {
    this.calls.push({ verb, name });
    await this.before(verb, name);
  }
}

async function* inChunks(bytes: Uint8Array): AsyncGenerator<Uint8Array, void> {
  for (let start = 0; start < bytes.length; start += 1000) {
    yield await Promise.resolve(bytes.slice(start, start + 1000));
  }
}
