/**
 * The rules of the ledger, inside one transaction.
 *
 * Owns: every write. A `Book` is made for one attempt of one transaction, reads and writes through it, and throws when
 * a rule would break, upon which nothing of it is committed. Nothing here knows of retries, locks or request ids: that
 * is ledger.ts.
 *
 * Invariants, each checked by audit.ts:
 *   B1. The postings of an entry sum to zero in each currency, and its account's currency is that of each posting.
 *   B2. A balance is the sum of its account's postings and of its open holds; it changes in the commit that changes
 *   them. B3. What can be spent, `posted - held`, is never below zero: for a pooled account summed over the pool. A
 *   rule over a
 *       pool spans keys that the transaction reads and does not write, so it holds under serializable isolation only.
 *   B4. An entry and its lines never change. Mistakes are corrected by further entries.
 *
 * Suspension: reads suspend, writes do not. The methods of one book are called one after the other.
 */
import type { Transaction, Tuple } from 'varve';
import { LedgerError } from './ledger-error.ts';
import { add, type Amount, mustBePositive, sumOf } from './money.ts';
import {
  type Account,
  type Balance,
  type Entry,
  type Hold,
  type HoldStatus,
  type Books,
  type BooksTransaction,
  expiredHolds,
  type Line,
  poolOf,
  type Posting,
} from './records.ts';

/** One account's part of an entry; above zero: it receives. */
export interface Leg {
  readonly account: string;
  readonly amount: Amount;
}

export type Capture = {
  readonly entry: string;
  readonly hold: string;
  readonly to: string;
  /** All that is held, unless given. */
  readonly amount: Amount | undefined;
  readonly memo: string;
};

export class Book {
  readonly #accounts: Transaction<string, Account>;
  readonly #balances: Transaction<string, Balance>;
  readonly #entries: Transaction<string, Entry>;
  readonly #lines: Transaction<Tuple, Line>;
  readonly #holds: Transaction<string, Hold>;
  readonly #now: number;

  constructor(tx: BooksTransaction, books: Books, now: number) {
    this.#accounts = tx.in(books.accounts);
    this.#balances = tx.in(books.balances);
    this.#entries = tx.in(books.entries);
    this.#lines = tx.in(books.lines);
    this.#holds = tx.in(books.holds);
    this.#now = now;
  }

  /** Opens an account; one that is open already, with the same facts, stays as it is. */
  async open(account: Account): Promise<Account> {
    const existing = await this.#accounts.get(account.id);
    if (existing !== undefined) return existing;
    this.#accounts.put(account.id, account);
    this.#balances.put(account.id, { posted: 0, held: 0, postingCount: 0, lastAt: 0 });
    return account;
  }

  entry(id: string): Promise<Entry | undefined> {
    return this.#entries.get(id);
  }

  hold(id: string): Promise<Hold | undefined> {
    return this.#holds.get(id);
  }

  /** Writes an entry, its lines, and the balances that they change. */
  async post(id: string, memo: string, legs: readonly Leg[]): Promise<Entry> {
    if ((await this.entry(id)) !== undefined) {
      throw new LedgerError('ID_REUSED', `Entry exists: entry=${id}`);
    }
    // Time does not run backward on any account, whatever the clock does: a statement stays in the order of commits.
    let at = this.#now;
    for (const { account } of legs) at = Math.max(at, (await this.#balance(account)).lastAt);
    const postings: Posting[] = [];
    for (const [index, { account: accountId, amount }] of legs.entries()) {
      const account = await this.#account(accountId);
      const balance = await this.#balance(accountId); // with what an earlier leg has done to it
      const posted = add(balance.posted, amount);
      const number = balance.postingCount + 1;
      this.#balances.put(accountId, {
        ...balance,
        posted,
        postingCount: number,
        lastAt: at,
      });
      const line = { entry: id, index, amount, balance: posted, memo };
      this.#lines.put([accountId, at, number], line);
      postings.push({ account: accountId, currency: account.currency, amount, number });
    }
    mustBalance(postings); // B1
    const entry: Entry = { id, at, memo, postings };
    this.#entries.put(id, entry);
    const payers = new Set(legs.filter(({ amount }) => amount < 0).map(({ account }) => account));
    for (const payer of payers) await this.#mustCover(payer);
    return entry;
  }

  /** Puts money aside. */
  async authorise(hold: Hold): Promise<Hold> {
    if (hold.expiresAt <= this.#now) {
      throw new LedgerError('INVALID_REQUEST', `Hold would have expired: hold=${hold.id}`);
    }
    this.#holds.put(hold.id, hold);
    await this.#addHeld(hold.account, hold.amount);
    await this.#mustCover(hold.account);
    return hold;
  }

  /** Pays from a hold. What is not captured is released: a hold is captured once. */
  async capture({ entry, hold: id, to, amount, memo }: Capture): Promise<Entry> {
    const hold = await this.#mustBeOpen(id);
    const captured = mustBePositive(amount ?? hold.amount);
    if (captured > hold.amount) {
      throw new LedgerError(
        'INSUFFICIENT_FUNDS',
        `Hold is smaller than the capture: hold=${id} held=${hold.amount} amount=${captured}`,
      );
    }
    await this.#close(hold, { status: 'captured', entry });
    return this.post(entry, memo, [
      { account: hold.account, amount: -captured },
      { account: to, amount: captured },
    ]);
  }

  /** Gives the money back. A hold that was released or has expired stays as it is. */
  async release(id: string): Promise<Hold> {
    const hold = await this.#mustHold(id);
    if (hold.status === 'captured') throw isClosed(hold);
    if (hold.status !== 'open') return hold;
    return this.#close(hold, { status: this.#hasExpired(hold) ? 'expired' : 'released' });
  }

  /** Closes the account's expired holds; how many there were. */
  async releaseExpired(account: string): Promise<number> {
    const expired = await this.#holds
      .index('byStatus')
      .entries(expiredHolds(account, this.#now))
      .all();
    for (const { value } of expired) await this.#close(value, { status: 'expired' });
    return expired.length;
  }

  /** B3, for an account whose money went or was put aside. Expired holds do not count: they are closed on the way. */
  async #mustCover(id: string): Promise<void> {
    const account = await this.#account(id);
    if (account.overdraft === 'unlimited') return;
    const isPooled = account.overdraft === 'pooled';
    const members = isPooled
      ? await this.#accounts.index('byPool').keys(poolOf(account)).all()
      : [id];
    let available = 0;
    for (const member of members) {
      await this.releaseExpired(member);
      const { posted, held } = await this.#balance(member);
      available = add(available, posted - held);
    }
    if (available >= 0) return;
    throw new LedgerError(
      'INSUFFICIENT_FUNDS',
      `Account cannot cover this: account=${id} missing=${-available} ${account.currency}`,
    );
  }

  async #close(
    hold: Hold,
    outcome: { readonly status: HoldStatus; readonly entry?: string },
  ): Promise<Hold> {
    const closed: Hold = { ...hold, ...outcome };
    this.#holds.put(hold.id, closed);
    await this.#addHeld(hold.account, -hold.amount);
    return closed;
  }

  async #addHeld(account: string, amount: Amount): Promise<void> {
    const balance = await this.#balance(account);
    this.#balances.put(account, { ...balance, held: add(balance.held, amount) });
  }

  #hasExpired(hold: Hold): boolean {
    return hold.expiresAt <= this.#now;
  }

  async #mustBeOpen(id: string): Promise<Hold> {
    const hold = await this.#mustHold(id);
    if (hold.status !== 'open' || this.#hasExpired(hold)) throw isClosed(hold);
    return hold;
  }

  async #mustHold(id: string): Promise<Hold> {
    const hold = await this.hold(id);
    if (hold === undefined) throw new LedgerError('UNKNOWN_HOLD', `No such hold: hold=${id}`);
    return hold;
  }

  async #account(id: string): Promise<Account> {
    const account = await this.#accounts.get(id);
    if (account === undefined) throw unknownAccount(id);
    return account;
  }

  async #balance(account: string): Promise<Balance> {
    const balance = await this.#balances.get(account);
    if (balance === undefined) throw unknownAccount(account);
    return balance;
  }
}

/** The sum of an entry's postings in each currency. */
export function sumsOf(postings: readonly Posting[]): Map<string, Amount> {
  const currencies = new Set(postings.map(({ currency }) => currency));
  return new Map(
    Array.from(currencies, (currency) => {
      const own = postings.filter((posting) => posting.currency === currency);
      return [currency, sumOf(own.map(({ amount }) => amount))];
    }),
  );
}

function mustBalance(postings: readonly Posting[]): void {
  for (const [currency, sum] of sumsOf(postings)) {
    if (sum === 0) continue;
    throw new LedgerError('UNBALANCED', `Postings do not sum to zero: ${currency} sum=${sum}`);
  }
}

export function unknownAccount(id: string): LedgerError {
  return new LedgerError('UNKNOWN_ACCOUNT', `No such account: account=${id}`);
}

function isClosed({ id, status }: Hold): LedgerError {
  const state = status === 'open' ? 'expired' : status;
  return new LedgerError('HOLD_CLOSED', `Hold is closed: hold=${id} status=${state}`);
}
