/**
 * The cluster, as transactions of one client.
 *
 * Owns: the database of the client library, its transactions under way, the tries of a read, and the end of all of them.
 *
 * Invariants:
 *   foundationdb-cluster/ends-all: a close cancels every transaction under way and waits for its end. Then it gives back the
 *       database. So nothing waits for a server after it.
 *   foundationdb-cluster/bounded: every transaction has a timeout, so no call waits for ever on a cluster that is gone.
 *
 * Suspension: `run` and `read` suspend for the servers.
 */
import { ClosedError, InvalidArgumentError, StateGoneError, UnavailableError } from '../index.ts';
import type { ClientDatabase, ClientTransaction, ClientTransactionOptions } from './client.ts';
import { codeOf, describe, failureOf, isTimeout } from './failures.ts';
import { nowMs, sleep } from '../adapters/time.ts';

const PAUSE_MS_FIRST = 2;
const PAUSE_MS_MAX = 200;

/** What a transaction does. */
export type Use<T> = (transaction: ClientTransaction) => Promise<T>;

/** The time that is left for a call, over all of its tries. */
export class Patience {
  readonly #endMs: number;
  #pauseMs = PAUSE_MS_FIRST;

  constructor(ms: number) {
    this.#endMs = nowMs() + ms;
  }

  /** At least 1: the client takes 0 for no timeout. */
  get leftMs(): number {
    return Math.max(1, Math.ceil(this.#endMs - nowMs()));
  }

  /** For one try: half of what is left, so that time is left to find out what became of it. */
  get tryMs(): number {
    return Math.ceil(this.leftMs / 2);
  }

  get isOver(): boolean {
    return nowMs() >= this.#endMs;
  }

  /** Before the next try. */
  async rest(signal: AbortSignal): Promise<void> {
    await sleep(Math.min(this.#pauseMs, this.leftMs), signal);
    this.#pauseMs = Math.min(2 * this.#pauseMs, PAUSE_MS_MAX);
  }
}

export class Cluster {
  readonly timeoutMs: number;
  readonly #database: ClientDatabase;
  readonly #closing = new AbortController();
  readonly #transactions = new Set<ClientTransaction>();
  readonly #runs = new Set<Promise<unknown>>();
  #closed: Promise<void> | undefined = undefined;

  constructor(database: ClientDatabase, timeoutMs: number) {
    this.#database = database;
    this.timeoutMs = timeoutMs;
  }

  /** Aborted by the close. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  mustBeOpen(): void {
    if (this.#closing.signal.aborted) throw new ClosedError('Database is closed');
  }

  /** One transaction, once. Rejects with the error of the client. */
  async run<T>(options: ClientTransactionOptions, use: Use<T>): Promise<T> {
    this.mustBeOpen();
    const transaction = this.#database.rawCreateTransaction(options);
    this.#transactions.add(transaction);
    const run = use(transaction);
    this.#runs.add(run);
    try {
      return await run;
    } finally {
      this.#runs.delete(run);
      this.#transactions.delete(transaction);
    }
  }

  /** A transaction that commits nothing, as often as it takes. `version`: the state that it reads; undefined: the newest. */
  async read<T>(
    use: Use<T>,
    { version, signal }: { readonly version?: Buffer; readonly signal?: AbortSignal } = {},
  ): Promise<T> {
    const patience = new Patience(this.timeoutMs);
    for (;;) {
      try {
        return await this.run({ timeout: patience.leftMs }, async (transaction) => {
          const stop = (): void => transaction.rawCancel();
          signal?.addEventListener('abort', stop, { once: true });
          try {
            if (version !== undefined) transaction.setReadVersion(version);
            return await use(transaction);
          } finally {
            signal?.removeEventListener('abort', stop);
          }
        });
      } catch (error) {
        this.mustBeOpen();
        if (signal?.aborted === true || codeOf(error) === undefined) throw error;
        const failure = failureOf(error);
        if (failure === 'too-old' && version !== undefined) throw gone(error);
        if (failure === 'refused' || failure === 'too-large') throw refused(error);
        if (patience.isOver || isTimeout(error)) throw unanswered(error, 'read');
      }
      await patience.rest(this.closing);
    }
  }

  /** foundationdb-cluster/ends-all. */
  close(): Promise<void> {
    return (this.#closed ??= this.#close());
  }

  async #close(): Promise<void> {
    this.#closing.abort();
    for (const transaction of this.#transactions) transaction.rawCancel();
    await Promise.allSettled([...this.#runs]);
    this.#database.close();
  }
}

export function gone(cause: unknown): StateGoneError {
  return new StateGoneError(
    'Snapshot is older than the five seconds that FoundationDB keeps a state: take a new one, and make transactions shorter',
    { cause },
  );
}

export function refused(cause: unknown): InvalidArgumentError {
  return new InvalidArgumentError(`FoundationDB has refused a call: ${describe(cause)}`, { cause });
}

export function unanswered(
  cause: unknown,
  what: string,
  outcome: 'not-applied' | 'unknown' = 'not-applied',
): UnavailableError {
  return new UnavailableError(
    `Cluster has not answered a ${what} in time, see fdbcli --exec status: ${describe(cause)}`,
    { cause, outcome },
  );
}
