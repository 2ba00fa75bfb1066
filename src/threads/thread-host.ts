/**
 * The threads of a database, as its owner knows them.
 *
 * Owns: the handles that were made, and what the threads behind them have.
 *
 * Suspension: `close` suspends until the calls of all threads are answered.
 */
import { MessageChannel } from 'node:worker_threads';
import { InvalidArgumentError } from '../base/errors.ts';
import { checkInteger } from '../base/options.ts';
import { THREAD_COUNT_MAX } from '../engine/read/shared-words.ts';
import type { DatabaseHandle } from './messages.ts';
import { ThreadOwner, type ThreadOwnerHost } from './thread-owner.ts';

/** Options of `db.share`. */
export interface ShareOptions {
  /**
   * Bytes of the block cache that the thread gets for its own blocks. The cache of the owner has so much less until the
   * thread ends. Default: a quarter of what the owner still has.
   */
  readonly blockCacheSizeBytes?: number;
}

/** Throws InvalidArgumentError for what is no share of a block cache. */
export function checkCacheShare(sizeBytes: number | undefined): void {
  if (sizeBytes === undefined) return;
  checkInteger('blockCacheSizeBytes', sizeBytes, 0, Number.MAX_SAFE_INTEGER);
}

export class ThreadHost {
  readonly #host: ThreadOwnerHost;
  readonly #threads = new Map<number, ThreadOwner>();
  #isClosed = false;

  constructor(host: ThreadOwnerHost) {
    this.#host = host;
  }

  /** Handles that were made and are not closed. */
  get count(): number {
    return this.#threads.size;
  }

  /** A handle for one thread. Throws InvalidArgumentError when there are too many. */
  share(blockCacheSizeBytes: number | undefined): DatabaseHandle {
    const slot = this.#freeSlot();
    const { access, catalog } = this.#host;
    const lentBytes = access.lendBlocks(blockCacheSizeBytes);
    const { port1, port2 } = new MessageChannel();
    const thread = new ThreadOwner(this.#host, port1, { slot, lentBytes }, () =>
      this.#threads.delete(slot),
    );
    this.#threads.set(slot, thread);
    return { port: port2, settings: access.settings(slot, lentBytes, catalog !== undefined) };
  }

  /** Tells every thread that the catalog has changed. */
  tellCatalog(): void {
    for (const thread of this.#threads.values()) thread.tellCatalog();
  }

  /** After the close of the store: answers what was asked, and tells the threads. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const threads = [...this.#threads.values()];
    await Promise.all(threads.map((thread) => thread.settled()));
    for (const thread of threads) thread.close();
  }

  #freeSlot(): number {
    for (let slot = 0; slot < THREAD_COUNT_MAX; slot++) if (!this.#threads.has(slot)) return slot;
    throw new InvalidArgumentError(
      `Database has too many threads: count=${THREAD_COUNT_MAX}; let one go with db.close() in it`,
    );
  }
}
