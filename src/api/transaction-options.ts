/**
 * Options of a transaction.
 *
 * Owns: the public names of isolation levels, modes and options. The transactor checks them and fills in defaults.
 */
import type { Durability, Isolation } from '../base/options.ts';

export type { Isolation };

/** `optimistic`: conflicts show at the commit. `pessimistic`: locks are held to the end. */
export type TransactionMode = 'optimistic' | 'pessimistic';

/** Options of `begin`. */
export interface TransactionOptions {
  /** Default `'snapshot'`. */
  readonly isolation?: Isolation;
  /** For its commit; the database's default otherwise. */
  readonly durability?: Durability;
  /**
   * `'optimistic'`, the default: conflicts show at the commit. `'pessimistic'`: `getForUpdate`, `lock` and `lockRange`
   * wait for locks that are held to the end, and what is locked cannot conflict.
   */
  readonly mode?: TransactionMode;
  /** Milliseconds that a pessimistic transaction waits for one lock; 1 to 3,600,000, default 10,000. */
  readonly lockTimeoutMs?: number;
  /** Refuses writes, never conflicts, and sees only what is already published. Default false. */
  readonly readOnly?: boolean;
}
