/**
 * Records of the ledger, and the keyspaces that hold them.
 *
 * Owns: the records, their keys and their indexes, and the only cast. Values are JSON.
 *
 * Layout:
 *
 *      accounts   account                     Account    who owns it, in what currency; never changes
 *      balances   account                     Balance    what its postings and open holds add up to
 *      entries    entry                       Entry      a balanced set of postings; never changes
 *      lines      [account, time, number]     Line       one line of a statement; never changes
 *      holds      hold                        Hold       money put aside, and what became of it
 *
 *      accounts, index byPool      overdraft, owner, currency      the accounts that share one limit
 *      holds, index byStatus       status, account, expiry         the holds that still count, by account and time
 *
 * Invariants:
 *   L1. The keys of lines are tuples: `['a']` is a prefix of the lines of account `a` and of no other's, and numbers are
 *       ordered as numbers.
 *   L2. The database keeps the indexes, in the commit of their rows. So no rule here can forget one, and `db.verify()`
 *       holds them against the rows.
 *   L3. The postings of an account are numbered 1, 2, 3, ... and their times never decrease. So key order is the order
 *       in which they were committed, the last line carries the balance, and a missing line shows as a gap.
 *   L4. Entries are added and never changed. In a directory the keyspace is append-only: the database refuses what would change
 *       one, and keeps a Merkle tree over them, whose root an auditor keeps elsewhere. Databases on servers have no such
 *       keyspaces.
 */
import type { Database, Keyspace, Transaction, Tuple } from 'varve';
import type { Amount } from './money.ts';

/**
 * The limit on what an account may spend: `none` by itself, `pooled` together with its owner's other
 * pooled accounts of the currency, `unlimited` nothing at all (the world outside, equity, fees).
 */
export type Overdraft = 'none' | 'pooled' | 'unlimited';

export interface Account {
  readonly id: string;
  readonly owner: string;
  /** Three letters, as in ISO 4217. */
  readonly currency: string;
  readonly overdraft: Overdraft;
  /** Many clients change it at once: they queue for it instead of running again. */
  readonly isHot: boolean;
}

export interface Balance {
  /** The sum of the account's postings. */
  readonly posted: Amount;
  /** The sum of its open holds; `posted - held` is what can be spent. */
  readonly held: Amount;
  /** The number of its last posting (L3). */
  readonly postingCount: number;
  /** The time of its last posting (L3). */
  readonly lastAt: number;
}

export interface Posting {
  readonly account: string;
  readonly currency: string;
  /** Above zero: the account receives. */
  readonly amount: Amount;
  /** Its number on the account: with the entry's time, the rest of the line's key. */
  readonly number: number;
}

export interface Entry {
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly memo: string;
  readonly postings: readonly Posting[];
}

export interface Line {
  readonly entry: string;
  /** Which of the entry's postings this is, from 0. */
  readonly index: number;
  readonly amount: Amount;
  /** The account's `posted` after this line. */
  readonly balance: Amount;
  readonly memo: string;
}

export type HoldStatus = 'open' | 'captured' | 'released' | 'expired';

export interface Hold {
  readonly id: string;
  readonly account: string;
  readonly amount: Amount;
  /** From this moment on it is as good as released. */
  readonly expiresAt: number;
  readonly status: HoldStatus;
  /** The entry that captured it. */
  readonly entry?: string;
}

export type LineKey = readonly [account: string, at: number, number: number];

/** The key of a line; bounds and prefixes have fewer elements. */
export function lineKeyOf(key: Tuple): LineKey {
  return key as LineKey;
}

/** A database and its keyspaces. */
export interface Books {
  readonly db: Database;
  readonly accounts: Keyspace<string, Account>;
  readonly balances: Keyspace<string, Balance>;
  readonly entries: Keyspace<string, Entry>;
  readonly lines: Keyspace<Tuple, Line>;
  readonly holds: Keyspace<string, Hold>;
}

/** A transaction, before it enters a keyspace. */
export type BooksTransaction = Transaction<Uint8Array, Uint8Array>;

/** The books in a database, which stays the caller's: it was opened and is closed there. */
export async function openBooks(db: Database): Promise<Books> {
  const byId = { keyEncoding: 'utf8', valueEncoding: 'json' } as const;
  const byTuple = { keyEncoding: 'tuple', valueEncoding: 'json' } as const;
  const ledger = isOnServers(db) ? {} : ({ mode: 'append-only', verifiable: true } as const); // L4
  const byPool = { on: ['overdraft', 'owner', 'currency'] };
  const byStatus = { on: ['status', 'account', 'expiresAt'] };
  const books = {
    db,
    accounts: await db.keyspace<string, Account>('accounts', { ...byId, indexes: { byPool } }),
    balances: await db.keyspace<string, Balance>('balances', byId),
    entries: await db.keyspace<string, Entry>('entries', { ...byId, ...ledger }),
    lines: await db.keyspace<Tuple, Line>('lines', byTuple),
    holds: await db.keyspace<string, Hold>('holds', { ...byId, indexes: { byStatus } }),
  };
  await books.accounts.index('byPool').ready();
  await books.holds.index('byStatus').ready();
  return books;
}

/** Whether the database lies on servers, where nobody keeps locks, and no keyspace is append-only. */
export function isOnServers(db: Database): boolean {
  return db.location.includes('://');
}

/** The accounts that share a limit with this one. */
export function poolOf({ owner, currency }: Account): { readonly prefix: string[] } {
  return { prefix: ['pooled', owner, currency] };
}

/** The open holds of an account that have expired at `now`. */
export function expiredHolds(account: string, now: number): ExpiredHolds {
  return { prefix: ['open', account], lte: ['open', account, now] };
}

export interface ExpiredHolds {
  readonly prefix: string[];
  readonly lte: (string | number)[];
}
