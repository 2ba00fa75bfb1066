/**
 * A double-entry ledger on Varve: requests in, transactions out.
 *
 * Owns: the public face, the checks on requests, and how each becomes a transaction that is applied once. The rules are
 * in book.ts, the keyspaces in records.ts, the proof in audit.ts.
 *
 * Invariants:
 *   R1. Every change carries an id that its sender chose. The id is the commit's id: however often the request is sent,
 *       at the same time, after a crash, from another process, it is applied once. Beyond the time for which commit ids
 *       are remembered, the record that bears the id says the same.
 *   R2. A request that is sent again gets the answer of the first one. Another request under a used id is refused with
 *       ID_REUSED. A refusal is not remembered: the same request may succeed the next time.
 *   R3. Every change runs under serializable isolation. B3 needs it for pooled accounts, and holds only if every
 *       transaction that can break it runs like that.
 *   R4. A change to a hot account locks all accounts that it names, in the order of their ids, before it reads. So
 *       clients queue, no work is thrown away, and no two clients wait for each other.
 *
 * Suspension: everything waits for the database. An acknowledged change is durable.
 */
import { Book, type Leg, unknownAccount } from './book.ts';
import { LedgerError } from './ledger-error.ts';
import { add, type Amount, mustBePositive } from './money.ts';
import {
  type Account,
  type Books,
  type BooksTransaction,
  type Entry,
  expiredHolds,
  type Hold,
  isOnServers,
  type Overdraft,
} from './records.ts';
import { readStatement, type StatementOptions, type StatementPage } from './statement.ts';

export interface AccountRequest {
  readonly id: string;
  readonly owner: string;
  readonly currency: string;
  /** Default `'none'`. */
  readonly overdraft?: Overdraft;
  /** Default false. */
  readonly isHot?: boolean;
}

export interface EntryRequest {
  readonly id: string;
  readonly memo?: string;
  readonly legs: readonly Leg[];
}

export interface TransferRequest {
  readonly id: string;
  readonly memo?: string;
  readonly from: string;
  readonly to: string;
  readonly amount: Amount;
}

export interface HoldRequest {
  readonly id: string;
  readonly account: string;
  readonly amount: Amount;
  readonly expiresAt: number;
}

export interface CaptureRequest {
  readonly id: string;
  readonly memo?: string;
  readonly hold: string;
  readonly to: string;
  /** All that is held, unless given. What is not captured is released. */
  readonly amount?: Amount;
}

export interface Funds {
  readonly posted: Amount;
  /** Without holds that have expired. */
  readonly held: Amount;
  /** `posted - held`. */
  readonly available: Amount;
}

export class Ledger {
  readonly #books: Books;
  /** Milliseconds since 1970; injected, so that a test decides when a hold expires. */
  readonly #now: () => number;

  constructor(books: Books, now: () => number = Date.now) {
    this.#books = books;
    this.#now = now;
  }

  /** Opens an account. Throws ACCOUNT_EXISTS when it is open with other facts. */
  async openAccount(request: AccountRequest): Promise<Account> {
    const { id, owner, currency, overdraft = 'none', isHot = false } = request;
    mustBeId('account', id);
    mustBeId('owner', owner);
    mustBeId('currency', currency);
    const asked: Account = { id, owner, currency, overdraft, isHot };
    const opened =
      (await this.#change(`account:${id}`, [], (book) => book.open(asked))) ??
      mustBeStored(await this.#books.accounts.get(id));
    const facts = ['owner', 'currency', 'overdraft', 'isHot'] as const;
    if (facts.every((fact) => opened[fact] === asked[fact])) return opened;
    throw new LedgerError('ACCOUNT_EXISTS', `Account exists with other facts: account=${id}`);
  }

  /** Posts an entry of any number of legs: all of it or nothing. */
  async post({ id, memo = '', legs }: EntryRequest): Promise<Entry> {
    mustBeId('entry', id);
    mustBeLegs(legs);
    const accounts = legs.map(({ account }) => account);
    const entry =
      (await this.#change(
        `entry:${id}`,
        accounts,
        async (book) => (await book.entry(id)) ?? book.post(id, memo, legs), // R1
      )) ?? mustBeStored(await this.entry(id));
    mustMatch(entry, memo, legs); // R2
    return entry;
  }

  async transfer({ id, memo = '', from, to, amount }: TransferRequest): Promise<Entry> {
    mustBePositive(amount);
    return this.post({
      id,
      memo,
      legs: [
        { account: from, amount: -amount },
        { account: to, amount },
      ],
    });
  }

  /** Puts money aside until it is captured, released, or the time comes. */
  async authorise({ id, account, amount, expiresAt }: HoldRequest): Promise<Hold> {
    mustBeId('hold', id);
    mustBePositive(amount);
    const asked: Hold = { id, account, amount, expiresAt, status: 'open' };
    const hold =
      (await this.#change(
        `hold:${id}`,
        [account],
        async (book) => (await book.hold(id)) ?? book.authorise(asked),
      )) ?? mustBeStored(await this.hold(id));
    const facts = ['account', 'amount', 'expiresAt'] as const;
    if (facts.every((fact) => hold[fact] === asked[fact])) return hold;
    throw new LedgerError('ID_REUSED', `Id belongs to another hold: hold=${id}`);
  }

  /** Pays the whole of a hold, or a part; the rest is released. Throws HOLD_CLOSED when it is too late. */
  async capture({ id, memo = '', hold: holdId, to, amount }: CaptureRequest): Promise<Entry> {
    mustBeId('entry', id);
    const hold = await this.#mustHold(holdId);
    const entry =
      (await this.#change(`entry:${id}`, [hold.account, to], async (book) => {
        const existing = await book.entry(id);
        return existing ?? book.capture({ entry: id, hold: holdId, to, amount, memo });
      })) ?? mustBeStored(await this.entry(id));
    const captured = amount ?? hold.amount;
    mustMatch(entry, memo, [
      { account: hold.account, amount: -captured },
      { account: to, amount: captured },
    ]);
    if ((await this.#mustHold(holdId)).entry === id) return entry;
    throw new LedgerError('ID_REUSED', `Id belongs to another entry: entry=${id}`);
  }

  /** Gives the money of a hold back. One that was released or has expired stays as it is. */
  async release(holdId: string): Promise<Hold> {
    const { account } = await this.#mustHold(holdId);
    return (
      (await this.#change(`release:${holdId}`, [account], (book) => book.release(holdId))) ??
      this.#mustHold(holdId)
    );
  }

  /**
   * Closes every hold that has expired, and returns their count. Only tidies up: an expired hold keeps no client from
   * spending, since a request that needs its money closes it.
   */
  async expireHolds(): Promise<number> {
    const accounts = new Set<string>();
    const now = this.#now();
    const open = this.#books.holds.index('byStatus').entries({ prefix: ['open'] });
    for await (const { value } of open) if (value.expiresAt <= now) accounts.add(value.account);
    let count = 0;
    for (const account of accounts) {
      count +=
        (await this.#change(undefined, [account], (book) => book.releaseExpired(account))) ?? 0;
    }
    return count;
  }

  async funds(account: string): Promise<Funds> {
    const { db, balances, holds } = this.#books;
    const snapshot = db.snapshot();
    try {
      const balance = await balances.get(account, { snapshot });
      if (balance === undefined) throw unknownAccount(account);
      let { held } = balance;
      const expired = { ...expiredHolds(account, this.#now()), snapshot };
      for await (const { value } of holds.index('byStatus').entries(expired)) held -= value.amount;
      return { posted: balance.posted, held, available: add(balance.posted, -held) };
    } finally {
      snapshot.close();
    }
  }

  entry(id: string): Promise<Entry | undefined> {
    return this.#books.entries.get(id);
  }

  hold(id: string): Promise<Hold | undefined> {
    return this.#books.holds.get(id);
  }

  /** A page of an account's lines, by time, from either end; see statement.ts. */
  async statement(account: string, options: StatementOptions = {}): Promise<StatementPage> {
    const { accounts, lines } = this.#books;
    if (!(await accounts.has(account))) throw unknownAccount(account);
    return readStatement(lines, account, options);
  }

  /**
   * Runs `body` in a transaction (R3, R4). With a commit id it is applied once (R1): undefined when it was before.
   * Accounts are read beside the transaction, which is safe because they never change.
   */
  async #change<T>(
    commitId: string | undefined,
    accounts: readonly string[],
    body: (book: Book) => Promise<T>,
  ): Promise<T | undefined> {
    const books = this.#books;
    const ids = [...new Set(accounts)].sort();
    const known = await books.accounts.getMany(ids);
    const isHot = known.some((account) => account?.isHot === true);
    const options = {
      isolation: 'serializable',
      ...(commitId !== undefined && { commitId }),
    } as const;
    const run = (tx: BooksTransaction): Promise<T> => body(new Book(tx, books, this.#now()));
    // On servers nobody keeps locks: there, what has lost is run again.
    if (!isHot || isOnServers(books.db)) return books.db.transaction(run, options);
    return books.db.transaction(
      async (tx) => {
        const balances = tx.in(books.balances);
        for (const id of ids) await balances.lock(id);
        return run(tx);
      },
      { ...options, mode: 'pessimistic' },
    );
  }

  async #mustHold(id: string): Promise<Hold> {
    const hold = await this.hold(id);
    if (hold === undefined) throw new LedgerError('UNKNOWN_HOLD', `No such hold: hold=${id}`);
    return hold;
  }
}

const ID = /^[A-Za-z0-9_.-]{1,100}$/;

/** Ids that can be read, and be parts of a commit id. */
function mustBeId(name: string, id: string): void {
  if (typeof id === 'string' && ID.test(id)) return;
  throw new LedgerError(
    'INVALID_REQUEST',
    `Id of ${name} must be 1 to 100 letters, digits, dots, hyphens or underscores: found=${id}`,
  );
}

function mustBeLegs(legs: readonly Leg[]): void {
  if (legs.length < 2) throw new LedgerError('INVALID_REQUEST', 'An entry has two legs or more');
  for (const { amount } of legs) mustBePositive(Math.abs(amount));
}

/** R2: the entry is what this request asks for. */
function mustMatch({ id, memo, postings }: Entry, askedMemo: string, legs: readonly Leg[]): void {
  const isSame =
    memo === askedMemo &&
    postings.length === legs.length &&
    postings.every(({ account, amount }, i) => {
      return account === legs[i]?.account && amount === legs[i]?.amount;
    });
  if (isSame) return;
  throw new LedgerError('ID_REUSED', `Id belongs to another entry: entry=${id}`);
}

/** A commit id is remembered only together with the record that its commit wrote. */
function mustBeStored<T>(record: T | undefined): T {
  if (record === undefined) throw new Error('A change is applied, but its record is missing');
  return record;
}
