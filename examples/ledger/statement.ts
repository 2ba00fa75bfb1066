/**
 * Statements: an account's lines in the order in which they were committed.
 *
 * Owns: pages, cursors and periods.
 *
 * A page is one range scan, and a cursor is the rest of the last line's key. Lines are only ever added after an
 * account's last one and never change (L3, B4), so pages read one after the other fit together without a snapshot:
 * forward, what is added meanwhile comes on later pages; in reverse, it is newer than where the reader began.
 */
import type { ScanOptions, Tuple } from 'varve';
import { LedgerError } from './ledger-error.ts';
import type { Amount } from './money.ts';
import { type Line, lineKeyOf } from './records.ts';

/** The keyspace of lines, or a transaction in it. */
export interface Lines {
  entries(options: ScanOptions<Tuple>): AsyncIterable<[Tuple, Line]>;
}

export interface StatementOptions {
  /** The first moment that belongs to it. */
  readonly from?: number;
  /** The first moment that does not. */
  readonly until?: number;
  /** Newest first. */
  readonly reverse?: boolean;
  /** Lines on a page; default 50. */
  readonly limit?: number;
  /** The `next` of the page before; the other options must be the same. */
  readonly cursor?: string;
}

export interface StatementLine extends Line {
  readonly at: number;
  /** Counts the account's lines from 1. */
  readonly number: number;
}

export interface StatementPage {
  readonly lines: readonly StatementLine[];
  /** Where the next page goes on; undefined after the last. */
  readonly next: string | undefined;
}

const LIMIT_DEFAULT = 50;

export async function readStatement(
  book: Lines,
  account: string,
  options: StatementOptions,
): Promise<StatementPage> {
  const { reverse = false, limit = LIMIT_DEFAULT } = options;
  if (!Number.isSafeInteger(limit) || limit < 1) {
    throw new LedgerError('INVALID_REQUEST', `Limit must be above 0: found=${limit}`);
  }
  const lines: StatementLine[] = [];
  // One line more than a page has, to know whether there is another.
  const range = rangeOf(account, options);
  for await (const [key, line] of book.entries({ ...range, reverse, limit: limit + 1 })) {
    const [, at, number] = lineKeyOf(key);
    lines.push({ ...line, at, number });
  }
  const page = lines.slice(0, limit);
  const last = page.at(-1);
  const hasMore = lines.length > limit && last !== undefined;
  return { lines: page, next: hasMore ? `${last.at}:${last.number}` : undefined };
}

/** The sum of the account's postings before a moment: the opening balance of a statement. */
export async function balanceBefore(book: Lines, account: string, moment: number): Promise<Amount> {
  const { lines } = await readStatement(book, account, {
    until: moment,
    reverse: true,
    limit: 1,
  });
  return lines[0]?.balance ?? 0;
}

/** A cursor lies within the period, so it takes the place of the bound that its page started from. */
function rangeOf(account: string, options: StatementOptions): ScanOptions<Tuple> {
  const { from, until, reverse = false, cursor } = options;
  for (const time of [from, until]) {
    if (time === undefined || (Number.isSafeInteger(time) && time >= 0)) continue;
    throw new LedgerError('INVALID_REQUEST', `Time must be a whole number: found=${time}`);
  }
  if (cursor !== undefined && !CURSOR.test(cursor)) {
    throw new LedgerError('INVALID_REQUEST', `Not a cursor of a statement: found=${cursor}`);
  }
  const place = cursor && [account, ...cursor.split(':').map(Number)];
  const lower = from !== undefined && { gte: [account, from] };
  const upper = until !== undefined && { lt: [account, until] };
  return {
    prefix: [account],
    ...(place && !reverse ? { gt: place } : lower),
    ...(place && reverse ? { lt: place } : upper),
  };
}

const CURSOR = /^\d{1,16}:\d{1,16}$/;
