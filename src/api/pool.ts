/**
 * A pool of threads, as its user holds it.
 *
 * Owns: the options of `db.pool`, and the object that runs functions in its threads.
 *
 * Invariants:
 *   pool/holds-until-settled: the snapshots among the arguments of a call are held from `run` until its promise settles,
 *       however the call, its thread or the pool ends.
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
import { type SentSnapshot, THREAD_COUNT_MAX, ThreadPool } from '../threads/thread-pool.ts';
import { INTERNAL, noConstructor, shows } from './facade.ts';
import { type HeldSnapshot, holdSnapshot } from './snapshot.ts';

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

/** The part of a session that a pool needs; its snapshots are those of the database. */
export interface PoolHost {
  readonly pools: Set<ThreadPool>;
  share(blockCacheSizeBytes: number | undefined): DatabaseHandle;
}

// Set by the class, whose private members nothing else can reach.
let construct: (pool: ThreadPool, owner: PoolHost) => Pool;

/** Threads that run the functions of a module beside this one. Made by `db.pool`; ends with the database. */
export class Pool {
  readonly #pool: ThreadPool;
  readonly #owner: PoolHost;

  private constructor(token: symbol, pool: ThreadPool, owner: PoolHost) {
    if (token !== INTERNAL) throw noConstructor('Pool', 'db.pool()');
    this.#pool = pool;
    this.#owner = owner;
  }

  static {
    construct = (pool, owner) => new Pool(INTERNAL, pool, owner);
    shows(Pool, (pool) =>
      #pool in pool
        ? { threadCount: pool.#pool.threadCount, waitingCount: pool.#pool.waitingCount }
        : undefined,
    );
  }

  /**
   * Runs a function of the module in an idle thread, or waits for one, in the order of the calls. Arguments and result are
   * sent as `postMessage` sends values, but for an argument that is a snapshot of this database: the function gets it as a
   * snapshot of its own database, and passes it to reads. So calls in many threads read one and the same state. The call
   * holds the snapshot until it has settled, also one that is closed meanwhile. It is found as an argument, not within one.
   *
   * Rejects with what the function throws, InvalidArgumentError for a name that the module does not serve, for what
   * cannot be sent or for a snapshot of another database, and ClosedError when pool, database or snapshot are closed, or the
   * thread has ended in the middle of the call.
   *
   * @example
   * const pool = db.pool('./reports.js'); // the module of the example of `servePool`
   * using before = db.snapshot();
   * await accounts.put('alice', { balance: 0 });
   * await pool.run('total', 'accounts'); // => 20
   * await pool.run('total', 'accounts', before); // => 120
   * await pool.close();
   */
  async run<T = unknown>(name: string, ...args: readonly unknown[]): Promise<T> {
    if (typeof name !== 'string') {
      throw new InvalidArgumentError(`Name of a function must be text: found=${describe(name)}`);
    }
    const { sent, snapshots, held } = heldArguments(args, this.#owner);
    try {
      const call = { name, args: sent, snapshots };
      return (await keepingAlive(() => this.#pool.run(call))) as T; // of the function that the caller knows
    } finally {
      for (const each of held) each.release(); // pool/holds-until-settled
    }
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
    this.#owner.pools.delete(this.#pool);
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
  return construct(pool, host);
}

/** The arguments as they are sent, and what is held for them. Throws as `holdSnapshot` does, and holds nothing then. */
function heldArguments(
  args: readonly unknown[],
  owner: PoolHost,
): { sent: unknown[]; snapshots: SentSnapshot[]; held: HeldSnapshot[] } {
  const held: HeldSnapshot[] = [];
  const snapshots: SentSnapshot[] = [];
  try {
    const sent = args.map((arg, index) => {
      const found = holdSnapshot(arg, owner);
      if (found === undefined) return arg;
      held.push(found);
      const { sequence, wallMs } = found;
      snapshots.push({ index, sequence, wallMs });
      return undefined;
    });
    return { sent, snapshots, held };
  } catch (error) {
    for (const each of held) each.release();
    throw error;
  }
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
