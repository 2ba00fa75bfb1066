/**
 * Transactions that take their steps in a given order, whether or not some of them have to wait.
 *
 * Owns: clients, one transaction each, what their reads and writes are in each mode, and how a script goes on when a
 * client waits for a lock: its later steps queue behind, the others go on, and it finishes when it may.
 *
 * Nothing here waits for time: a client is at rest when its steps are done, or when the database counts it among those
 * that wait for a lock.
 *
 * Suspension: `step` and everything built on it suspends until every client is at rest.
 */
import { ConflictError } from '../../src/base/errors.ts';
import type { Database } from '../../src/api/database.ts';
import { LockingTransaction } from '../../src/api/locking-transaction.ts';
import type { Isolation, TransactionMode } from '../../src/api/transaction-options.ts';
import type { RangeOptions, ScanOptions } from '../../src/api/ranges.ts';
import type { Transaction } from '../../src/api/transaction.ts';

export type Db = Database<string, number>;
export type Tx = Transaction<string, number>;

/** How a transaction uses the modes; the two that lock are pessimistic. */
export type Manner = 'optimistic' | 'locks all' | 'locks writes';

const MODES: Readonly<Record<Manner, TransactionMode>> = {
  optimistic: 'optimistic',
  'locks all': 'pessimistic',
  'locks writes': 'pessimistic',
};

const ALL_KEYS = { gte: '' } as const;

export class Client {
  readonly tx: Tx;
  protected readonly at: Interleaving;
  readonly #manner: Manner;
  /** The transaction, if it is pessimistic. */
  readonly #locking: LockingTransaction<string, number> | undefined;
  #tail: Promise<void> = Promise.resolve();
  /** The values that `read` has read, newest last. */
  readonly seen: (number | undefined)[] = [];
  isCommitted = false;
  #queuedCount = 0;
  #isOver = false;

  constructor(at: Interleaving, tx: Tx, manner: Manner) {
    this.at = at;
    this.tx = tx;
    this.#manner = manner;
    this.#locking =
      tx instanceof LockingTransaction ? (tx as LockingTransaction<string, number>) : undefined;
  }

  /** Takes a step once the earlier ones are done; resolves when every client is at rest. After a conflict: nothing. */
  step(body: (client: this) => Promise<void> | void): Promise<void> {
    this.begin(body);
    return this.at.rest();
  }

  /** As `step`, without waiting: for two that happen at once. */
  begin(body: (client: this) => Promise<void> | void): void {
    this.#queuedCount++;
    if (this.#queuedCount === 1) this.at.busyCount++;
    this.#tail = this.#after(body);
  }

  read(key: string): Promise<void> {
    return this.step(async () => {
      this.seen.push(await this.get(key));
    });
  }

  write(key: string, value: (seen: readonly (number | undefined)[]) => number): Promise<void> {
    return this.step(() => this.put(key, value(this.seen)));
  }

  commit(): Promise<void> {
    return this.step(() => this.#commit());
  }

  /** For `commitBoth`: as `begin`. */
  beginCommit(): void {
    this.begin(() => this.#commit());
  }

  rollback(): Promise<void> {
    return this.step(async () => {
      await this.undo();
      this.#isOver = true;
    });
  }

  // What a step does.

  async get(key: string): Promise<number | undefined> {
    const locking = this.#locking;
    return locking !== undefined && this.#manner === 'locks all'
      ? locking.getForUpdate(key)
      : this.tx.get(key);
  }

  async put(key: string, value: number): Promise<void> {
    await this.#locking?.lock(key);
    this.tx.put(key, value);
  }

  async del(key: string): Promise<void> {
    await this.#locking?.lock(key);
    this.tx.del(key);
  }

  async delRange(range: RangeOptions<string>): Promise<void> {
    await this.#locking?.lockRange(range);
    this.tx.delRange(range);
  }

  async rows(options: ScanOptions<string> = {}): Promise<[string, number][]> {
    if (this.#manner === 'locks all') {
      const { reverse, limit, ...range } = options;
      await this.#locking?.lockRange(Object.keys(range).length > 0 ? range : ALL_KEYS);
    }
    const rows: [string, number][] = [];
    for await (const row of this.tx.entries(options)) rows.push(row);
    return rows;
  }

  /** Keys whose value fulfils a predicate: a read of the whole range, as a query without an index is. */
  async where(
    isWanted: (value: number) => boolean,
    options: ScanOptions<string> = {},
  ): Promise<string[]> {
    const rows = await this.rows(options);
    return rows.filter(([, value]) => isWanted(value)).map(([key]) => key);
  }

  /** A rollback. */
  undo(): Promise<void> | void {
    this.tx.rollback();
  }

  /** A commit. */
  finish(): Promise<void> {
    return this.tx.commit();
  }

  async #commit(): Promise<void> {
    await this.finish();
    this.isCommitted = true;
    this.#isOver = true;
  }

  async #after(body: (client: this) => Promise<void> | void): Promise<void> {
    await this.#tail;
    try {
      if (!this.#isOver) await body(this);
    } catch (error) {
      this.#isOver = true;
      this.tx.rollback(); // others may wait for what it holds
      this.at.noteFailure(error);
    }
    this.#queuedCount--;
    if (this.#queuedCount === 0) this.at.busyCount--;
  }
}

type Locks = Pick<ReturnType<Db['stats']>['locks'], 'waitCount' | 'deadlockCount' | 'waiterCount'>;

/** A database on servers counts nothing, and nobody waits there. */
function locksOf(db: Db): Locks {
  return db.location.includes('://')
    ? { waitCount: 0, deadlockCount: 0, waiterCount: 0 }
    : db.stats().locks;
}

export class Interleaving {
  readonly db: Db;
  readonly isolation: Isolation;
  /** Another class has a bug planted. */
  readonly #makeClient: typeof Client;
  /** Taken in turn by the transactions as they begin. */
  readonly #manners: readonly Manner[];
  #clientCount = 0;
  #failure: Error | undefined = undefined;
  /** Clients, and plain writes, that are not done with what they were asked for. */
  busyCount = 0;
  readonly #lockedBefore: Locks;
  conflictCount = 0;

  constructor(
    db: Db,
    isolation: Isolation,
    manners: readonly Manner[],
    makeClient: typeof Client = Client,
  ) {
    this.#makeClient = makeClient;
    this.db = db;
    this.isolation = isolation;
    this.#manners = manners;
    this.#lockedBefore = locksOf(db);
  }

  /** Nothing can be read within a turn. */
  get isOnServers(): boolean {
    return this.db.location.includes('://');
  }

  /** Reads within the turn, where that can be done. */
  getNow(key: string): Promise<number | undefined> | number | undefined {
    return this.isOnServers ? this.db.get(key) : this.db.getSync(key);
  }

  /** How often a client waited for a lock, and how often that would have been for ever. */
  get waitCount(): number {
    return locksOf(this.db).waitCount - this.#lockedBefore.waitCount;
  }

  get deadlockCount(): number {
    return locksOf(this.db).deadlockCount - this.#lockedBefore.deadlockCount;
  }

  begin(): Client {
    const manner = this.#manners[this.#clientCount++ % this.#manners.length]!; // some manner
    const { isolation } = this;
    return new this.#makeClient(this, this.db.begin({ isolation, mode: MODES[manner] }), manner);
  }

  beginReadOnly(): Client {
    const { isolation } = this;
    return new this.#makeClient(this, this.db.begin({ isolation, readOnly: true }), 'optimistic');
  }

  /** A plain write, which may have to wait as well. */
  async write(body: () => Promise<void>): Promise<void> {
    this.busyCount++;
    body()
      .catch((error: unknown) => this.noteFailure(error))
      .finally(() => this.busyCount--);
    await this.rest();
  }

  /** True when both commit. The second does not wait for the first: commits on their way to the disk count as done. */
  async commitBoth(first: Client, second: Client): Promise<boolean> {
    first.beginCommit();
    second.beginCommit();
    await this.rest();
    return first.isCommitted && second.isCommitted;
  }

  /** All values, once no client waits any more. */
  async finalValues(): Promise<Record<string, number>> {
    if (this.busyCount > 0) throw new Error('A script ended while a client waits for a lock');
    return Object.fromEntries(await this.db.entries().all());
  }

  noteFailure(error: unknown): void {
    if (error instanceof ConflictError) this.conflictCount++;
    else this.#failure ??= error instanceof Error ? error : new Error(String(error));
  }

  /**
   * Resolves when every client has ended or waits for a lock. A client waits for one lock, its later steps behind it.
   */
  async rest(): Promise<void> {
    while (this.busyCount > locksOf(this.db).waiterCount) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    if (this.#failure !== undefined) throw this.#failure;
  }
}
