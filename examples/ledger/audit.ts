/**
 * The audit: whether the books are right.
 *
 * Owns: the proof of every invariant of book.ts and records.ts from what is stored. It reads one snapshot, so that
 * clients go on meanwhile, and believes nothing that it can add up itself. It writes nothing.
 *
 * Checks, by the code of the problem:
 *   unbalanced   an entry's postings do not sum to zero in each currency (B1).
 *   currency     a posting is not in its account's currency, or an account is unknown (B1).
 *   line         an entry's posting has no line, a line belongs to no entry, or the two differ (B4).
 *   gap          the lines of an account are not numbered 1, 2, 3, ... in the order of time (L3).
 *   balance      a balance is not the sum of its account's lines, or a line's balance not that of those up to it (B2).
 *   hold         the record and the entry of a hold disagree, or a balance's `held` is not the sum of open ones (B2).
 *   overdraft    an account, or a pool, has spent what it had not (B3).
 *   total        the balances of a currency do not sum to zero.
 *
 * Suspension: a read that is answered from memory does not let the event loop run, so the auditor does, every
 * RECORDS_PER_TURN records: clients of the ledger go on working.
 *
 * Memory: one record per account. Lines, entries and holds stream by; each entry asks for its lines by key. That every
 * line belongs to an entry follows from counting: each posting has found its own, and there are as many lines.
 */
import type { Keyspace, LedgerRoot, Snapshot, Tuple } from 'varve';
import { sumsOf } from './book.ts';
import { add, type Amount } from './money.ts';
import {
  type Account,
  type Balance,
  type Books,
  type Entry,
  type Hold,
  isOnServers,
  lineKeyOf,
} from './records.ts';

export type ProblemCode =
  'unbalanced' | 'currency' | 'line' | 'gap' | 'balance' | 'hold' | 'overdraft' | 'total';

export interface Problem {
  readonly code: ProblemCode;
  readonly message: string;
}

export interface AuditReport {
  readonly isOk: boolean;
  readonly accountCount: number;
  readonly entryCount: number;
  readonly lineCount: number;
  readonly holdCount: number;
  /** The sum of all balances in each currency: zero, if all is well. */
  readonly totals: ReadonlyMap<string, Amount>;
  /**
   * Of the entries, as of the audit: with it an auditor can tell later whether one of them was changed (L4). Undefined on
   * servers.
   */
  readonly root: LedgerRoot | undefined;
  readonly problems: readonly Problem[];
}

/** Audits the books as of now, while writes go on. */
export async function audit(books: Books): Promise<AuditReport> {
  const snapshot = books.db.snapshot();
  try {
    return await new Auditor(books, snapshot).run();
  } finally {
    snapshot.close();
  }
}

/** The sums of an account in the audit. */
interface Tally {
  readonly account: Account;
  readonly balance: Balance;
  posted: Amount;
  lineCount: number;
  lastAt: number;
  held: Amount;
}

const RECORDS_PER_TURN = 256;

class Auditor {
  readonly #books: Books;
  /** Of every read. */
  readonly #at: { readonly snapshot: Snapshot };
  readonly #tallies = new Map<string, Tally>();
  readonly #totals = new Map<string, Amount>();
  readonly #problems: Problem[] = [];
  #entryCount = 0;
  #lineCount = 0;
  #postingCount = 0;
  #holdCount = 0;
  #recordCount = 0;

  constructor(books: Books, snapshot: Snapshot) {
    this.#books = books;
    this.#at = { snapshot };
  }

  async run(): Promise<AuditReport> {
    await this.#readAccounts();
    await this.#addUpLines();
    await this.#checkEntries();
    await this.#addUpHolds();
    for (const tally of this.#tallies.values()) this.#checkBalance(tally);
    this.#checkCover();
    for (const [currency, total] of this.#totals) {
      this.#expect('total', total, 0, `sum of all balances in ${currency}`);
    }
    const { db, entries } = this.#books;
    return {
      isOk: this.#problems.length === 0,
      accountCount: this.#tallies.size,
      entryCount: this.#entryCount,
      lineCount: this.#lineCount,
      holdCount: this.#holdCount,
      totals: this.#totals,
      root: isOnServers(db) ? undefined : await entries.root(this.#at),
      problems: this.#problems,
    };
  }

  async #readAccounts(): Promise<void> {
    const { accounts, balances } = this.#books;
    for await (const [, account] of this.#scan(accounts)) {
      const balance = await balances.get(account.id, this.#at);
      if (balance === undefined) this.#report('balance', `account=${account.id} has none`);
      this.#tallies.set(account.id, {
        account,
        balance: balance ?? { posted: 0, held: 0, postingCount: 0, lastAt: 0 },
        posted: 0,
        lineCount: 0,
        lastAt: 0,
        held: 0,
      });
    }
    for await (const [id, { posted }] of this.#scan(balances)) {
      const currency = this.#tallies.get(id)?.account.currency;
      if (currency === undefined) this.#report('balance', `account=${id} is unknown`);
      else this.#totals.set(currency, add(this.#totals.get(currency) ?? 0, posted));
    }
  }

  /** Lines come account by account, and of an account in the order of time and number. */
  async #addUpLines(): Promise<void> {
    for await (const [key, line] of this.#scan(this.#books.lines)) {
      this.#lineCount++;
      const [id, time, number] = lineKeyOf(key);
      const tally = this.#tallies.get(id);
      if (tally === undefined) {
        this.#report('currency', `account=${id} is unknown, but has a line: number=${number}`);
        continue;
      }
      tally.posted = add(tally.posted, line.amount);
      tally.lineCount++;
      tally.lastAt = time;
      this.#expect('gap', number, tally.lineCount, `number of a line of account=${id}`);
      this.#expect(
        'balance',
        line.balance,
        tally.posted,
        `balance of line ${number} of account=${id}`,
      );
    }
  }

  async #checkEntries(): Promise<void> {
    for await (const [, entry] of this.#scan(this.#books.entries)) {
      this.#entryCount++;
      for (const [currency, sum] of sumsOf(entry.postings)) {
        this.#expect('unbalanced', sum, 0, `sum in ${currency} of entry=${entry.id}`);
      }
      await this.#checkPostings(entry);
    }
    this.#expect('line', this.#lineCount, this.#postingCount, 'lines, against postings,');
  }

  async #checkPostings({ id, at: time, memo, postings }: Entry): Promise<void> {
    for (const [index, { account, currency, amount, number }] of postings.entries()) {
      this.#postingCount++;
      const expected = this.#tallies.get(account)?.account.currency;
      if (expected !== currency) {
        this.#report('currency', `entry=${id} account=${account}: ${currency}, not ${expected}`);
      }
      const line = await this.#books.lines.get([account, time, number], this.#at);
      const isRight =
        line?.entry === id && line.index === index && line.amount === amount && line.memo === memo;
      if (!isRight) this.#report('line', `entry=${id} account=${account} has no line that fits`);
    }
  }

  async #addUpHolds(): Promise<void> {
    for await (const [, hold] of this.#scan(this.#books.holds)) {
      this.#holdCount++;
      const tally = this.#tallies.get(hold.account);
      if (tally === undefined) {
        this.#report('hold', `hold=${hold.id}: account=${hold.account} is unknown`);
        continue;
      }
      if (hold.status === 'open') tally.held = add(tally.held, hold.amount);
      else await this.#checkCapture(hold);
    }
  }

  /** A captured hold has an entry that pays from its account, no more than was held; another has none. */
  async #checkCapture({ id, account, amount, status, entry: entryId }: Hold): Promise<void> {
    if (status !== 'captured') {
      if (entryId !== undefined) this.#report('hold', `hold=${id} is ${status}, with an entry`);
      return;
    }
    const entry = entryId && (await this.#books.entries.get(entryId, this.#at));
    const paid = entry && entry.postings.find((posting) => posting.account === account)?.amount;
    if (!paid || -paid <= 0 || -paid > amount) {
      this.#report('hold', `hold=${id} is captured, but entry=${entryId} does not pay from it`);
    }
  }

  #checkBalance({ account, balance, posted, lineCount, lastAt, held }: Tally): void {
    const where = `of account=${account.id}`;
    this.#expect('balance', balance.posted, posted, `posted ${where}`);
    this.#expect('balance', balance.postingCount, lineCount, `line count ${where}`);
    this.#expect('balance', balance.lastAt, lastAt, `time of the last line ${where}`);
    this.#expect('hold', balance.held, held, `held ${where}`);
  }

  #checkCover(): void {
    const available = new Map<string, Amount>();
    for (const { account, balance } of this.#tallies.values()) {
      if (account.overdraft === 'unlimited') continue;
      const isPooled = account.overdraft === 'pooled';
      const group = isPooled
        ? `pool=${account.owner}:${account.currency}`
        : `account=${account.id}`;
      const own = balance.posted - balance.held;
      available.set(group, add(available.get(group) ?? 0, own));
    }
    for (const [group, amount] of available) {
      if (amount < 0) this.#report('overdraft', `${group} has spent what it had not: ${amount}`);
    }
  }

  async *#scan<K extends string | Tuple, T>(kind: Keyspace<K, T>): AsyncGenerator<[K, T]> {
    for await (const row of kind.entries(this.#at)) {
      yield row;
      if (++this.#recordCount % RECORDS_PER_TURN === 0) await nextTurn();
    }
  }

  #expect(code: ProblemCode, found: number, expected: number, what: string): void {
    if (found !== expected) this.#report(code, `${what} found=${found} expected=${expected}`);
  }

  #report(code: ProblemCode, message: string): void {
    this.#problems.push({ code, message });
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
