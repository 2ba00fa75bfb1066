/**
 * A pessimistic transaction, as its user holds it.
 *
 * Owns: the three calls that lock, in the caller's types. What the locks mean is said in transaction-locks.ts.
 *
 * Suspension: the three lock methods wait for their turn; everything else as in Transaction.
 */
import { type ByteSlice, copyRange } from '../bytes/bytes.ts';
import { InvalidArgumentError } from '../base/errors.ts';
import { INTERNAL, shows } from './facade.ts';
import type { KeyspaceRef } from './keyspace-ref.ts';
import type { Bounded, RangeOptions } from './ranges.ts';
import type { Space } from './space.ts';
import type { TransactionCore } from './transaction-core.ts';
import type { TransactionLocks } from './transaction-locks.ts';
import { stateOf, Transaction } from './transaction.ts';

// Set by the class, whose private members nothing else can reach.
let construct: <K, V>(
  core: TransactionCore,
  space: Space<K, V>,
  locks: TransactionLocks,
) => LockingTransaction<K, V>;

/**
 * A transaction begun with `mode: 'pessimistic'`: a Transaction that can also lock. Locks are held to its end and keep
 * out every other writer. What is locked before it is read cannot conflict.
 *
 * A lock that cannot be had rejects with ConflictError when this transaction is chosen to break a deadlock, with
 * LockTimeoutError after `lockTimeoutMs`, with AbortedError for the signal of `db.transaction`, and with ClosedError
 * when the transaction ends meanwhile.
 */
export class LockingTransaction<K, V> extends Transaction<K, V> {
  readonly #core: TransactionCore;
  readonly #space: Space<K, V>;
  readonly #locks: TransactionLocks;

  private constructor(
    token: symbol,
    core: TransactionCore,
    space: Space<K, V>,
    locks: TransactionLocks,
  ) {
    super(token, core, space);
    this.#core = core;
    this.#space = space;
    this.#locks = locks;
  }

  static {
    construct = (core, space, locks) => new LockingTransaction(INTERNAL, core, space, locks);
    shows(LockingTransaction, stateOf);
  }

  /**
   * As `in` of a transaction; what it locks is held to the end of this one.
   *
   * @example
   * await db.transaction(
   *   async (tx) => {
   *     const { balance } = await tx.in(accounts).getForUpdate('alice');
   *     tx.in(accounts).put('alice', { balance: balance - 30 });
   *   },
   *   { mode: 'pessimistic' },
   * );
   * await accounts.get('alice'); // => { balance: 70 }
   */
  override in<K2, V2>(keyspace: KeyspaceRef<K2, V2>): LockingTransaction<K2, V2> {
    this.#core.mustBeActive();
    const space = this.#core.enter(keyspace) as Space<K2, V2>; // the space of that handle
    return construct(this.#core, space, this.#locks);
  }

  /**
   * Waits for the key's lock and reads its newest value; undefined when it is absent. Rejects as said above, and with
   * ConflictError when the key is newer than what was already read without locks.
   *
   * @example
   * const tx = db.begin({ mode: 'pessimistic' });
   * tx.put('visits', (await tx.getForUpdate('visits')) + 1);
   * await tx.commit();
   */
  getForUpdate(key: K): Promise<V | undefined> {
    return quiet(this.#getForUpdate(key));
  }

  /**
   * Locks a key as `getForUpdate` does, and reads nothing. A lock on an absent key keeps others from inserting it.
   *
   * @example
   * const tx = db.begin({ mode: 'pessimistic' });
   * await tx.lock('name:ada'); // absent: nobody else puts it until the end of this transaction
   * tx.put('name:ada', 1);
   * await tx.commit();
   */
  lock(key: K): Promise<void> {
    return quiet(this.#lock(key).then(() => undefined));
  }

  /**
   * Locks every key in the range, present or absent. Rejects with InvalidArgumentError for a range that holds no key.
   *
   * @example
   * const tx = db.begin({ mode: 'pessimistic' });
   * await tx.in(accounts).lockRange({ prefix: 'a' });
   * tx.in(accounts).delRange({ prefix: 'a' });
   * await tx.commit();
   */
  lockRange<R extends RangeOptions<K>>(range: R & Bounded<R>): Promise<void> {
    return quiet(this.#lockRange(range));
  }

  async #getForUpdate(key: K): Promise<V | undefined> {
    const own = await this.#lock(key);
    return this.#core.get(this.#space, own); // not the key again: its memory is the caller's, and may hold another by now
  }

  async #lock(key: K): Promise<ByteSlice> {
    const core = this.#core;
    core.mustBeActive();
    const { bytes, start, end } = this.#space.translator.encodeKey(key);
    core.mustBeActive();
    const own = copyRange(bytes, start, end);
    await this.#locks.acquire(core, { keys: [own], ranges: [] });
    return { bytes: own, start: 0, end: own.length };
  }

  async #lockRange(range: RangeOptions<K>): Promise<void> {
    const core = this.#core;
    core.mustBeActive();
    const bounds = this.#space.translator.boundedRangeOf('a range', range);
    core.mustBeActive();
    if (bounds === undefined) throw new InvalidArgumentError('Range holds no key');
    await this.#locks.acquire(core, { keys: [], ranges: [bounds] });
  }
}

export function makeLockingTransaction<K, V>(
  core: TransactionCore,
  space: Space<K, V>,
  locks: TransactionLocks,
): LockingTransaction<K, V> {
  return construct(core, space, locks);
}

/**
 * A request may end before its caller looks at it: by the end of the transaction, or of the database. Its
 * rejection ends no process then; a caller that awaits the request later is told all the same.
 */
function quiet<T>(request: Promise<T>): Promise<T> {
  request.catch(() => undefined);
  return request;
}
