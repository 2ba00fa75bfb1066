/**
 * Statements: an account's lines in the order in which they were committed.
 *
 * Owns: pages, cursors and periods.
 *
 * A page is one range scan, and a cursor is the end of the last line's key. Lines are only ever added after an
 * account's last one and never change (L3, B4), so pages read one after the other fit together without a snapshot:
 * forward, what is added meanwhile comes on later pages; in reverse, it is newer than where the reader began.
 */
import type { RangeOptions } from 'varve';
import { LedgerError } from './ledger-error.ts';
import type { Amount } from './money.ts';
import { type Line, padded, partsOf, type Range, ranges, type Reader, scan } from './records.ts';

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
  reader: Reader,
  account: string,
  options: StatementOptions,
): Promise<StatementPage> {
  const { reverse = false, limit = LIMIT_DEFAULT } = options;
  if (!Number.isSafeInteger(limit) || limit < 1) {
    throw new LedgerError('INVALID_REQUEST', `Limit must be above 0: found=${limit}`);
  }
  const lines: StatementLine[] = [];
  // One line more than a page has, to know whether there is another.
  const found = scan(reader, rangeOf(account, options), { reverse, limit: limit + 1 });
  for await (const [key, line] of found) {
    const [, , at, number] = partsOf(key);
    lines.push({ ...line, at: Number(at), number: Number(number) });
  }
  const page = lines.slice(0, limit);
  const last = page.at(-1);
  const hasMore = lines.length > limit && last !== undefined;
  return { lines: page, next: hasMore ? `${padded(last.at)}:${padded(last.number)}` : undefined };
}

/** The sum of the account's postings before a moment: the opening balance of a statement. */
export async function balanceBefore(
  reader: Reader,
  account: string,
  moment: number,
): Promise<Amount> {
  const { lines } = await readStatement(reader, account, {
    until: moment,
    reverse: true,
    limit: 1,
  });
  return lines[0]?.balance ?? 0;
}

/** A cursor lies within the period, so it takes the place of the bound that its page started from. */
function rangeOf(account: string, options: StatementOptions): Range<Line> {
  const { from, until, reverse = false, cursor } = options;
  if (cursor !== undefined && !CURSOR.test(cursor)) {
    throw new LedgerError('INVALID_REQUEST', `Not a cursor of a statement: found=${cursor}`);
  }
  const { prefix = '' } = ranges.linesOf(account);
  const range: Mutable<RangeOptions<string>> = { prefix };
  if (cursor !== undefined && !reverse) range.gt = `${prefix}${cursor}`;
  else if (from !== undefined) range.gte = `${prefix}${padded(from)}`;
  if (cursor !== undefined && reverse) range.lt = `${prefix}${cursor}`;
  else if (until !== undefined) range.lt = `${prefix}${padded(until)}`;
  return range;
}

const CURSOR = /^\d{16}:\d{16}$/;

type Mutable<T> = { -readonly [P in keyof T]: T[P] };
