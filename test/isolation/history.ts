/**
 * A history of transactions over lists, as its clients saw it.
 *
 * Owns: the vocabulary of the checker (checker.ts) and of the clients that record histories (list-client.ts).
 *
 * Each key stands for a list to which transactions append unique elements, so that what a reader sees tells which
 * version it read and which came before. A negative element is a deletion: the list goes on, but scans do not show the
 * key until something is appended again.
 *
 * Times count events of the whole history: smaller is earlier, and no two are equal.
 */
export type List = readonly number[];

/** An element written at the end of a list. The writer has read the list before, in the same transaction. */
export interface Append {
  readonly kind: 'append';
  readonly key: string;
  readonly element: number;
}

/** The list that a point read found; empty when the key was never written. */
export interface Read {
  readonly kind: 'read';
  readonly key: string;
  readonly list: List;
}

/** The keys that a range scan found, of those that are not deleted: in [lower, upper) as far as it came. */
export interface RangeRead {
  readonly kind: 'scan';
  readonly lower: string;
  readonly upper: string;
  readonly isReverse: boolean;
  /** False when it was left, or stopped by its limit, at its last row. */
  readonly isComplete: boolean;
  readonly rows: readonly (readonly [key: string, list: List])[];
}

/** A key in a state that no transaction leaves behind. */
export interface Torn {
  readonly kind: 'torn';
  readonly key: string;
  readonly found: string;
}

export type Operation = Append | Read | RangeRead | Torn;

export interface TransactionRecord {
  readonly id: number;
  readonly beganAt: number;
  /** When the client learned the outcome, or the process died. */
  endedAt: number;
  /** `unknown` when the process died, or an error struck, during the commit. */
  outcome: 'committed' | 'aborted' | 'unknown';
  readonly operations: Operation[];
}

export interface History {
  /** Every key that exists, ascending. */
  readonly keys: readonly string[];
  readonly transactions: readonly TransactionRecord[];
}

export function isDeletion(element: number | undefined): boolean {
  return element !== undefined && element < 0;
}

/** True when a scan shows the key with this list. */
export function isLive(list: List): boolean {
  return list.length > 0 && !isDeletion(list.at(-1));
}

/** True when `key` lies in the part of the range that the scan has covered. */
export function covers(scan: RangeRead, key: string): boolean {
  if (key < scan.lower || key >= scan.upper) return false;
  if (scan.isComplete) return true;
  const last = scan.rows.at(-1)?.[0];
  if (last === undefined) return false;
  return scan.isReverse ? key >= last : key <= last;
}
