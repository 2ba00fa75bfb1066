/**
 * The order of results, and the place where a page ends.
 *
 * Owns: the words of `orderBy`, the comparison of documents by them, and cursors.
 *
 * Invariants:
 *   order/total: no two documents are equal in an order: those with equal values are ordered by their ids, in the direction
 *       of the last value. So a page begins exactly behind the one before it.
 *   order/cursor-of-its-query: a cursor is the values and the id of a document, with a digest of collection, condition and
 *       order. Another query refuses it. It names no state of the database, so writes meanwhile do not disturb it.
 *
 * Suspension: everything here is synchronous.
 */
import { createHash } from 'node:crypto';
import { decodeDocument, encodeDocument } from './document-encoding.ts';
import { DocumentError, shown } from './document-error.ts';
import { parsePlainPath, type Path, valueAt } from './paths.ts';
import { compareText, compareValues, isPlainObject } from './values.ts';
import { type Condition, invalid, textOf } from './where.ts';

/** The direction of an order. */
export type Direction = 'asc' | 'desc';

/** A path, in ascending order, or paths with directions, or several of these: `['country', { age: 'desc' }]`. */
export type OrderBy =
  | string
  | Readonly<Record<string, Direction>>
  | readonly (string | Readonly<Record<string, Direction>>)[];

export interface OrderKey {
  readonly path: Path;
  readonly isDescending: boolean;
}

/** The keys of an order, without the id behind them. */
export interface Order {
  readonly keys: readonly OrderKey[];
  /** Of the ids of equal documents. */
  readonly isIdDescending: boolean;
}

/** Throws a DocumentError `INVALID_QUERY`. */
export function parseOrder(orderBy: unknown): Order {
  const parts: readonly unknown[] = Array.isArray(orderBy)
    ? orderBy
    : orderBy === undefined
      ? []
      : [orderBy];
  const keys = parts.flatMap((part): OrderKey[] => {
    if (typeof part === 'string') return [keyOf(part, 'asc')];
    if (!isPlainObject(part)) throw invalid(`Order must be a path: found=${shown(part)}`);
    return Object.entries(part).map(([path, direction]) => keyOf(path, direction));
  });
  const id = keys.findIndex(({ path }) => path.text === 'id');
  const counted = id < 0 ? keys : keys.slice(0, id);
  const last = id < 0 ? keys.at(-1) : keys[id];
  return { keys: counted, isIdDescending: last?.isDescending ?? false };
}

function keyOf(path: string, direction: unknown): OrderKey {
  if (direction !== 'asc' && direction !== 'desc') {
    throw invalid(`Direction must be asc or desc: path=${path} found=${shown(direction)}`);
  }
  return { path: parsePlainPath(path, 'INVALID_QUERY'), isDescending: direction === 'desc' };
}

/** A place in an order: that of a document, or of a cursor. */
export interface Place {
  readonly values: readonly unknown[];
  readonly id: string;
}

export function placeOf(order: Order, document: { readonly id: string }): Place {
  return { values: order.keys.map(({ path }) => valueAt(document, path.names)), id: document.id };
}

export function comparePlaces(order: Order, a: Place, b: Place): number {
  for (let i = 0; i < order.keys.length; i++) {
    const compared = compareValues(a.values[i], b.values[i]);
    if (compared !== 0) return order.keys[i]!.isDescending ? -compared : compared; // i < length
  }
  const compared = compareText(a.id, b.id);
  return order.isIdDescending ? -compared : compared;
}

/** What a cursor belongs to. */
export function digestOf(collection: string, condition: Condition, order: Order): string {
  const keys = order.keys.map(({ path, isDescending }) => `${path.text} ${isDescending}`);
  const text = JSON.stringify([collection, textOf(condition), keys, order.isIdDescending]);
  return createHash('sha256').update(text).digest('base64url').slice(0, DIGEST_LENGTH);
}

const DIGEST_LENGTH = 12;

export function cursorOf(digest: string, { values, id }: Place): string {
  const stored = { digest, values: values.map((value) => value ?? null), id };
  return Buffer.from(encodeDocument(stored, 0)).toString('base64url');
}

/** The place that a cursor names. Throws a DocumentError (order/cursor-of-its-query). */
export function parseCursor(cursor: unknown, digest: string, order: Order): Place {
  const found = decodeCursor(cursor);
  if (found.digest !== digest || found.values.length !== order.keys.length) {
    throw new DocumentError(
      'OTHER_CURSOR',
      'Cursor is of another query: give the where and the orderBy of the page that it came with',
    );
  }
  return found;
}

function decodeCursor(cursor: unknown): Place & { readonly digest: unknown } {
  try {
    if (typeof cursor !== 'string') throw new SyntaxError('Cursor must be text');
    const { document } = decodeDocument(Buffer.from(cursor, 'base64url'));
    const { digest, values, id } = document as Record<string, unknown>;
    if (!Array.isArray(values) || typeof id !== 'string')
      throw new SyntaxError('Cursor is no place');
    return { digest, values, id };
  } catch (error) {
    throw new DocumentError('INVALID_CURSOR', `Cursor is none: found=${shown(cursor)}`, {
      cause: error,
    });
  }
}
