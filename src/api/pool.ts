/**
 * A pool of threads, as its user holds it.
 *
 * Owns: the options of `db.pool`, and the object that runs functions in its threads.
 *
 * Suspension: `run` and `close` suspend.
 */
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { describe } from '../base/describe.ts';
import { InvalidArgumentError } from '../base/errors.ts';
import { keepingAlive } from '../base/liveness.ts';
import { checkInteger, type Taken, type Template } from '../base/options.ts';
import type { DatabaseHandle } from '../threads/messages.ts';
import { checkCacheShare } from '../threads/thread-host.ts';
import { THREAD_COUNT_MAX, ThreadPool } from '../threads/thread-pool.ts';
import { INTERNAL, noConstructor, shows } from './facade.ts';

/** Options of `db.pool`. */
export interface PoolOptions {
  /** At most so many threads; 1 to 64. Default: one for each processor but one. They begin when calls need them. */
  readonly threads?: number;
  /** Bytes of the block cache that each thread gets, as of `share`. */
  readonly blockCacheSizeBytes?: number;
}

export const POOL_OPTIONS: Template<PoolOptions> = {
  threads: undefined,
  blockCacheSizeBytes: undefined,
};

/** The part of a session that a pool needs. */
export interface PoolHost {
  readonly pools: Set<ThreadPool>;
  share(blockCacheSizeBytes: number | undefined): DatabaseHandle;
}

// Set by the class, whose private members nothing else can reach.
let construct: (pool: ThreadPool, onClosed: () => void) => Pool;

/** Threads that run the functions of a module beside this one. Made by `db.pool`; ends with the database. */
export class Pool {
  readonly #pool: ThreadPool;
  readonly #onClosed: () => void;

  private constructor(token: symbol, pool: ThreadPool, onClosed: () => void) {
    if (token !== INTERNAL) throw noConstructor('Pool', 'db.pool()');
    this.#pool = pool;
    this.#onClosed = onClosed;
  }

  static {
    construct = (pool, onClosed) => new Pool(INTERNAL, pool, onClosed);
    shows(Pool, (pool) =>
      #pool in pool
        ? { threadCount: pool.#pool.threadCount, waitingCount: pool.#pool.waitingCount }
        : undefined,
    );
  }

  /**
   * Runs a function of the module in an idle thread, or waits for one, in the order of the calls. Arguments and result are
   * sent as `postMessage` sends values.
   *
   * Rejects with what the function throws, InvalidArgumentError for a name that the module does not serve or for what
   * cannot be sent, and ClosedError when pool or database are closed, or the thread has ended in the middle of the call.
   *
   * @example
   * const pool = db.pool('./reports.js'); // the module of the example of `servePool`
   * await pool.run('total', 'accounts'); // => 120
   * await pool.close();
   */
  async run<T = unknown>(name: string, ...args: readonly unknown[]): Promise<T> {
    if (typeof name !== 'string') {
      throw new InvalidArgumentError(`Name of a function must be text: found=${describe(name)}`);
    }
    return keepingAlive(() => this.#pool.run(name, args)) as Promise<T>; // of the function that the caller knows
  }

  /**
   * Refuses calls that wait, lets those that run end, and ends the threads. Idempotent.
   *
   * @example
   * const pool = db.pool('./reports.js');
   * await pool.close(); // waits for the calls that run
   */
  async close(): Promise<void> {
    await keepingAlive(() => this.#pool.close());
    this.#onClosed();
  }

  /** As `close`; for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/** Throws as `Database.pool` documents. */
export function makePool(
  host: PoolHost,
  module: unknown,
  { threads, blockCacheSizeBytes }: Taken<PoolOptions>,
): Pool {
  const count = threads ?? Math.max(1, Math.min(availableParallelism() - 1, THREAD_COUNT_MAX));
  checkInteger('threads', count, 1, THREAD_COUNT_MAX);
  checkCacheShare(blockCacheSizeBytes);
  const pool = new ThreadPool(urlOf(module), count, () => host.share(blockCacheSizeBytes));
  host.pools.add(pool);
  return construct(pool, () => host.pools.delete(pool));
}

function urlOf(module: unknown): URL {
  if (module instanceof URL) return module;
  if (typeof module === 'string' && module !== '') {
    return pathToFileURL(module.startsWith('file:') ? fileURLToPath(module) : resolve(module));
  }
  throw new InvalidArgumentError(
    `Module of a pool must be a URL or a path: found=${describe(module)}`,
  );
}
