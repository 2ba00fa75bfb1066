/**
 * The conformance check of a store of backups.
 *
 * Owns: trying each guarantee that can be tried from outside (backup-store.ts), with objects of its own under a prefix of
 * its own, which it removes. Durability, and what other processes see, it cannot try.
 *
 * Suspension: suspends for the store.
 */
import { randomUUID } from 'node:crypto';

import { abortedBy } from '../base/abort.ts';
import { BackupError } from '../base/errors.ts';
import { keepingAlive } from '../base/liveness.ts';
import { checkSignal, takeOptions, type Template } from '../base/options.ts';
import { type BackupStore, mustBeStore, onceOf } from './backup-store.ts';

/** The options of `checkBackupStore`. */
export interface CheckBackupStoreOptions {
  /** Ends the check with AbortedError, between two of its steps. */
  readonly signal?: AbortSignal;
}

const CHECK_OPTIONS: Template<CheckBackupStoreOptions> = { signal: undefined };

const LARGE_SIZE_BYTES = 9 * 1024 * 1024 + 1;

/**
 * Tries whether a store keeps the contract of BackupStore. Resolves when all that can be tried holds. Rejects with
 * BackupError, BACKUP_STORE, that says what does not. Works in a prefix of its own, `check-...`, and removes what it put.
 *
 * @example
 * await checkBackupStore(store); // a store of yours; rejects where it does not do what a store must
 */
export function checkBackupStore(
  store: BackupStore,
  options?: CheckBackupStoreOptions,
): Promise<void> {
  const signal = checkSignal(takeOptions('checkBackupStore', options, CHECK_OPTIONS).signal);
  return keepingAlive(() => new StoreCheck(mustBeStore(store), signal).run());
}

class StoreCheck {
  readonly #store: BackupStore;
  readonly #signal: AbortSignal | undefined;
  readonly #prefix = `check-${randomUUID()}/`;
  readonly #never = new AbortController().signal;

  constructor(store: BackupStore, signal: AbortSignal | undefined) {
    this.#store = store;
    this.#signal = signal;
  }

  async run(): Promise<void> {
    const steps: readonly (readonly [string, () => Promise<void>])[] = [
      ['get of an absent name gives undefined', () => this.#absent()],
      ['delete of an absent name resolves', () => this.#store.delete(this.#name('none'))],
      ['put, get and list agree on an object', () => this.#whole('one', bytesOf(1000))],
      ['an object may be empty', () => this.#whole('empty', bytesOf(0))],
      ['an object may be large', () => this.#whole('folder/large', bytesOf(LARGE_SIZE_BYTES))],
      ['put replaces', () => this.#whole('one', bytesOf(1001))],
      ['put fails with its content, and leaves what was there', () => this.#failing()],
      ['list shows the objects of a prefix, and no others', () => this.#lists()],
      ['delete removes', () => this.#deletes()],
    ];
    try {
      for (const [claim, step] of steps) await this.#try(claim, step);
    } finally {
      for (const name of ['one', 'empty', 'folder/large', 'half']) {
        await this.#store.delete(this.#name(name)).catch(() => undefined);
      }
    }
  }

  async #try(claim: string, step: () => Promise<void>): Promise<void> {
    if (this.#signal?.aborted === true) throw abortedBy(this.#signal, 'Check was aborted');
    try {
      await step();
    } catch (cause) {
      throw new BackupError(
        'BACKUP_STORE',
        `Store does not keep its contract: ${claim}`,
        undefined,
        {
          cause,
        },
      );
    }
  }

  #name(name: string): string {
    return this.#prefix + name;
  }

  async #absent(): Promise<void> {
    must((await this.#store.get(this.#name('none'))) === undefined, 'something was given');
  }

  async #whole(name: string, bytes: Uint8Array): Promise<void> {
    await this.#put(name, bytes);
    const found = await this.#read(name);
    must(found !== undefined && Buffer.compare(found, bytes) === 0, 'other bytes were given');
    must((await this.#list(name)).get(name) === bytes.length, 'list has another size, or none');
  }

  async #failing(): Promise<void> {
    const before = await this.#read('one');
    for (const name of ['one', 'half']) {
      const failure = new Error('The content ends early, as it shall');
      const content = async function* (): AsyncGenerator<Uint8Array, void> {
        yield await Promise.resolve(bytesOf(500));
        throw failure;
      };
      let isRejected = false;
      try {
        await this.#store.put(this.#name(name), content(), {
          sizeBytes: 5000,
          signal: this.#never,
        });
      } catch {
        isRejected = true;
      }
      must(isRejected, 'put resolved');
    }
    const after = await this.#read('one');
    must(before !== undefined && after !== undefined, 'the object is gone');
    must(Buffer.compare(before, after) === 0, 'the object was changed');
    must((await this.#read('half')) === undefined, 'part of an object is there');
    must(!(await this.#list('half')).has('half'), 'part of an object is listed');
  }

  async #lists(): Promise<void> {
    const all = [...(await this.#list('')).keys()].sort();
    must(all.join() === 'empty,folder/large,one', `list gave ${all.join()}`);
    must([...(await this.#list('folder/')).keys()].join() === 'folder/large', 'a prefix is wrong');
    must((await this.#list('nothing')).size === 0, 'a prefix without objects has some');
  }

  async #deletes(): Promise<void> {
    await this.#store.delete(this.#name('one'));
    must((await this.#read('one')) === undefined, 'the object is still given');
    must(!(await this.#list('')).has('one'), 'the object is still listed');
  }

  async #put(name: string, bytes: Uint8Array): Promise<void> {
    const options = { sizeBytes: bytes.length, signal: this.#never };
    await this.#store.put(this.#name(name), onceOf(bytes), options);
  }

  async #read(name: string): Promise<Uint8Array | undefined> {
    const content = await this.#store.get(this.#name(name));
    if (content === undefined) return undefined;
    const chunks: Uint8Array[] = [];
    for await (const chunk of content) chunks.push(chunk);
    return Buffer.concat(chunks);
  }

  async #list(prefix: string): Promise<Map<string, number>> {
    const found = new Map<string, number>();
    for await (const { name, sizeBytes } of this.#store.list(this.#prefix + prefix)) {
      must(name.startsWith(this.#prefix + prefix), `list gave a name of another prefix: ${name}`);
      found.set(name.slice(this.#prefix.length), sizeBytes);
    }
    return found;
  }
}

function must(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(message);
}

/** Bytes that are not all alike. */
function bytesOf(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = (i * 31 + (i >>> 8)) & 0xff;
  return bytes;
}
