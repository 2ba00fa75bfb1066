/**
 * Records of the ledger, and their keys.
 *
 * Owns: the records, their keys, and the only casts: a key carries the type of its value, so that `read` and `scan`
 * return the right one. Values are JSON, keys are text, ordered by code point.
 *
 * Layout:
 *
 *      account:<account>                        Account    who owns it, in what currency; never changes
 *      balance:<account>                        Balance    what its postings and open holds add up to
 *      pool:<owner>:<currency>:<account>        true       index of the accounts that share one limit
 *      entry:<entry>                            Entry      a balanced set of postings; never changes
 *      posting:<account>:<time>:<number>        Line       one line of a statement; never changes
 *      hold:<hold>                              Hold       money put aside, and what became of it
 *      open-hold:<account>:<expiry>:<hold>      Amount     index of the holds that still count
 *
 * Invariants:
 *   L1. No id contains a colon, so `posting:a:` is a prefix of the postings of account `a` and of no other's.
 *   L2. Numbers in keys are padded to 16 digits, as many as the largest safe integer has: their order as text is their
 *       order as numbers.
 *   L3. The postings of an account are numbered 1, 2, 3, ... and their times never decrease. So key order is the order
 *       in which they were committed, the last line carries the balance, and a missing line shows as a gap.
 */
import type { RangeOptions, ScanOptions, Snapshot } from 'varve';
import { LedgerError } from './ledger-error.ts';
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

declare const record: unique symbol;
/** A key whose value is a T. */
export type Key<T> = string & { readonly [record]: T };
/** A range of keys whose values are T. */
export type Range<T> = RangeOptions<string> & { readonly [record]?: T };

/** A database, a transaction, or `at(db, snapshot)`. */
export interface Reader {
  get(key: string): Promise<unknown>;
  entries(options: ScanOptions<string>): AsyncIterable<[string, unknown]>;
}

export interface Writer {
  put(key: string, value: unknown): void;
  del(key: string): void;
}

export const keys = {
  account: (id: string) => `account:${id}` as Key<Account>,
  balance: (account: string) => `balance:${account}` as Key<Balance>,
  pool: ({ owner, currency, id }: Account) => `pool:${owner}:${currency}:${id}` as Key<true>,
  entry: (id: string) => `entry:${id}` as Key<Entry>,
  line: (account: string, at: number, number: number) =>
    `posting:${account}:${padded(at)}:${padded(number)}` as Key<Line>,
  hold: (id: string) => `hold:${id}` as Key<Hold>,
  openHold: ({ account, expiresAt, id }: Hold) =>
    `open-hold:${account}:${padded(expiresAt)}:${id}` as Key<Amount>,
};

export const ranges = {
  accounts: { prefix: 'account:' } as Range<Account>,
  balances: { prefix: 'balance:' } as Range<Balance>,
  pools: { prefix: 'pool:' } as Range<true>,
  pool: ({ owner, currency }: Account): Range<true> => ({ prefix: `pool:${owner}:${currency}:` }),
  entries: { prefix: 'entry:' } as Range<Entry>,
  lines: { prefix: 'posting:' } as Range<Line>,
  linesOf: (account: string): Range<Line> => ({ prefix: `posting:${account}:` }),
  holds: { prefix: 'hold:' } as Range<Hold>,
  openHolds: { prefix: 'open-hold:' } as Range<Amount>,
  /** The open holds of an account that have expired at `now`. */
  expiredHolds: (account: string, now: number): Range<Amount> => ({
    prefix: `open-hold:${account}:`,
    lt: `open-hold:${account}:${padded(now + 1)}`,
  }),
};

/** The parts of a key: `posting:a:1:2` -> `['posting', 'a', '1', '2']` (L1). */
export function partsOf(key: string): [kind: string, ...rest: string[]] {
  const [kind = '', ...rest] = key.split(':');
  return [kind, ...rest];
}

const PADDED_LENGTH = String(Number.MAX_SAFE_INTEGER).length;

/** See L2. Throws INVALID_REQUEST for what is no time or count. */
export function padded(value: number): string {
  if (Number.isSafeInteger(value) && value >= 0) return String(value).padStart(PADDED_LENGTH, '0');
  throw new LedgerError('INVALID_REQUEST', `Time must be a whole number: found=${value}`);
}

export async function read<T>(from: Reader, key: Key<T>): Promise<T | undefined> {
  return (await from.get(key)) as T | undefined;
}

export function scan<T>(
  from: Reader,
  range: Range<T>,
  options: Pick<ScanOptions<string>, 'reverse' | 'limit'> = {},
): AsyncIterable<[string, T]> {
  return from.entries({ ...range, ...options }) as AsyncIterable<[string, T]>;
}

export function write<T>(to: Writer, key: Key<T>, value: T): void {
  to.put(key, value);
}

interface SnapshotReader {
  get(key: string, options: { readonly snapshot: Snapshot }): Promise<unknown>;
  entries(
    options: ScanOptions<string> & { readonly snapshot: Snapshot },
  ): AsyncIterable<[string, unknown]>;
}

/** The database as it was when the snapshot was made. */
export function at(db: SnapshotReader, snapshot: Snapshot): Reader {
  return {
    get: (key) => db.get(key, { snapshot }),
    entries: (options) => db.entries({ ...options, snapshot }),
  };
}
