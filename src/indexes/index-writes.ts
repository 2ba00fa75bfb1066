/**
 * What writes to an index share.
 *
 * Owns: the bytes of an entry that expires with its row, and the error for a value that two rows would have.
 *
 * Suspension: everything here is synchronous.
 */
import { UniqueError } from '../base/errors.ts';
import { EXPIRING_VALUE, VALUE } from '../base/value-type.ts';
import { compareBytes, sliceOf } from '../bytes/bytes.ts';
import { EXPIRY_SIZE_BYTES, NEVER, putExpiry } from '../bytes/expiry.ts';
import { type IndexEntry, indexedRow } from './index-entry.ts';
import type { IndexedRows, LiveIndex } from './live-index.ts';

/** The second bytes of an entry, and their type. */
export function timedValue(
  value: Uint8Array,
  expiresAtMs: number,
): { readonly type: typeof VALUE | typeof EXPIRING_VALUE; readonly bytes: Uint8Array } {
  if (expiresAtMs === NEVER) return { type: VALUE, bytes: value };
  const bytes = new Uint8Array(EXPIRY_SIZE_BYTES + value.length);
  putExpiry(bytes, 0, expiresAtMs);
  bytes.set(value, EXPIRY_SIZE_BYTES);
  return { type: EXPIRING_VALUE, bytes };
}

/** Throws UniqueError when `found`, the value that is there, is that of another row. */
export function mustBeOwn(
  found: Uint8Array | undefined,
  { key, value }: IndexEntry,
  index: LiveIndex,
  rows: IndexedRows,
): void {
  if (found === undefined || compareBytes(found, value) === 0) return;
  throw uniqueErrorOf(index, rows, key, found);
}

/** `key`, in the tree, and `found` are those of the entry that is there. */
export function uniqueErrorOf(
  index: LiveIndex,
  rows: IndexedRows,
  key: Uint8Array,
  found: Uint8Array,
): UniqueError {
  const { values, primaryKey } = indexedRow(index.keys.withoutHead(key), sliceOf(found));
  return new UniqueError(`Another row has these values: index=${index.name}`, {
    index: index.name,
    values,
    keyBytes: primaryKey,
    key: rows.decoder?.describedKey(rows.treeKeyOf(primaryKey)),
  });
}
