/**
 * A bank for the tests of examples/ledger: its accounts, its clock, and ways to ask it.
 *
 * Owns: opening the books on a simulated disk, on which clients overlap as on a real one.
 */
import { expect } from 'vitest';
import { audit } from '../../examples/ledger/audit.ts';
import { LedgerError } from '../../examples/ledger/ledger-error.ts';
import { type AccountRequest, Ledger } from '../../examples/ledger/ledger.ts';
import { type Books, type BooksTransaction, openBooks } from '../../examples/ledger/records.ts';
import type { StatementLine } from '../../examples/ledger/statement.ts';
import { open, type RunOptions, type Vfs } from '../../src/index.ts';
import { CrashVfs } from '../support/crash-vfs.ts';
import type { Answer } from './ledger-model.ts';

export const DIRECTORY = '/books';

/** Syncs take a turn of the event loop there, so that clients overlap. */
export async function booksOn(vfs: Vfs = new CrashVfs()): Promise<Books> {
  return openBooks(await open(DIRECTORY, { vfs, memtableSizeBytes: 256 * 1024 }));
}

/** All that the books hold. */
export async function allRecords({
  accounts,
  balances,
  entries,
  lines,
  holds,
}: Books): Promise<unknown[]> {
  return Promise.all(
    [accounts, balances, entries, lines, holds].map((kind) => kind.entries().all()),
  );
}

export class TestClock {
  ms = 1_000;
  readonly now = (): number => this.ms;
}

export const EUR: readonly AccountRequest[] = [
  { id: 'world', owner: 'bank', currency: 'EUR', overdraft: 'unlimited' },
  { id: 'fees', owner: 'bank', currency: 'EUR', isHot: true },
  { id: 'alice', owner: 'alice', currency: 'EUR' },
  { id: 'bob', owner: 'bob', currency: 'EUR' },
  { id: 'carol-a', owner: 'carol', currency: 'EUR', overdraft: 'pooled' },
  { id: 'carol-b', owner: 'carol', currency: 'EUR', overdraft: 'pooled' },
];
export const USD: readonly AccountRequest[] = [
  { id: 'world-usd', owner: 'bank', currency: 'USD', overdraft: 'unlimited' },
  { id: 'alice-usd', owner: 'alice', currency: 'USD' },
];
export const ACCOUNTS = [...EUR, ...USD];

export interface Bank {
  readonly books: Books;
  readonly ledger: Ledger;
  readonly clock: TestClock;
}

/** Runs `use` on a bank where Alice and Bob have 100 each and Carol 100 in the first of her accounts. */
export async function withBank(use: (bank: Bank) => Promise<void>): Promise<void> {
  const clock = new TestClock();
  const books = await booksOn();
  try {
    const ledger = new Ledger(books, clock.now);
    for (const account of ACCOUNTS) await ledger.openAccount(account);
    for (const to of ['alice', 'bob', 'carol-a']) {
      await ledger.transfer({ id: `pay-${to}`, from: 'world', to, amount: 100 });
    }
    await use({ books, ledger, clock });
    expect((await books.db.verify()).problems, 'rows and indexes (L2)').toEqual([]);
  } finally {
    await books.db.close();
  }
}

export async function answerOf(change: Promise<unknown>): Promise<Answer> {
  try {
    await change;
    return 'ok';
  } catch (error) {
    if (error instanceof LedgerError) return error.code;
    throw error;
  }
}

export async function expectSound(books: Books, place = ''): Promise<void> {
  expect((await audit(books)).problems, place).toEqual([]);
}

export async function allLines(
  ledger: Ledger,
  account: string,
  options: { reverse?: boolean; limit: number },
): Promise<StatementLine[]> {
  const lines: StatementLine[] = [];
  let cursor: string | undefined;
  do {
    const page = await ledger.statement(account, {
      ...options,
      ...(cursor !== undefined && { cursor }),
    });
    lines.push(...page.lines);
    if (lines.length > 10_000) throw new Error('The pages of a statement do not end');
    cursor = page.next;
  } while (cursor !== undefined);
  return lines;
}

export const linesAs = (lines: readonly StatementLine[]): object[] =>
  lines.map(({ entry, amount, balance }) => ({ entry, amount, balance }));

/** The books, with other options for every transaction: what the ledger would be without them. */
export function withRunOptions(
  books: Books,
  forced: { readonly [N in keyof RunOptions]?: RunOptions[N] | undefined },
): Books {
  const { db } = books;
  const transaction = (
    body: (tx: BooksTransaction) => Promise<unknown>,
    options: RunOptions,
  ): Promise<unknown> => {
    const entries = Object.entries({ ...options, ...forced });
    return db.transaction(body, Object.fromEntries(entries.filter(([, v]) => v !== undefined)));
  };
  const forcing = new Proxy(db, {
    get(target, name) {
      if (name === 'transaction') return transaction;
      const member: unknown = Reflect.get(target, name);
      return typeof member === 'function' ? (member.bind(target) as unknown) : member;
    },
  });
  return { ...books, db: forcing };
}
