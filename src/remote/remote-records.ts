/**
 * The bytes that a database on a backend writes.
 *
 * Owns: how an entry of the tree becomes a row of the backend and comes back, and the records that a directory has in files
 * of its own. Keys are those of the tree: the head of a keyspace, then what the caller's encoding makes.
 *
 * Layout:
 *
 *      value of a row:   value type (1) | value             the type is VALUE or EXPIRING_VALUE, whose value begins with
 *                                                           its time (bytes/expiry.ts)
 *      0x00 | 0x05 | 1   the number of the catalog: 16 random bytes, drawn anew by each commit that changes the catalog
 *      0x00 | 0x05 | 2   the encodings of the database's own keys and values: JSON text { "key", "value" }
 *      0x00 | 0x05 | 3   a mark, written by a stream that wants to know the end of what was committed: 16 random bytes
 *
 * Invariants:
 *   remote-records/never-empty: the value of a row has at least its type, so backends may use empty ones.
 *
 * Suspension: every function here is synchronous.
 */
import { CorruptionError } from '../base/errors.ts';
import { isText } from '../base/names.ts';
import {
  EXPIRING_VALUE,
  isPointType,
  type PointType,
  showsValue,
  VALUE,
} from '../base/value-type.ts';
import { describeKey } from '../bytes/bytes.ts';
import { EXPIRY_SIZE_BYTES, expiryIn, hasExpired, NEVER } from '../bytes/expiry.ts';
import { REMOTE_KIND, systemKey } from '../bytes/keyspace-number.ts';
import type { RecordedEncodings } from '../engine/recovery/recorded-encodings.ts';
import { ABSENT, FOUND, type LookupResult } from '../iterator/internal-iterator.ts';

// Persisted. Never renumber; append only.
export const CATALOG_NUMBER_KEY: Uint8Array = systemKey(REMOTE_KIND, Uint8Array.of(1));
export const ENCODINGS_KEY: Uint8Array = systemKey(REMOTE_KIND, Uint8Array.of(2));
export const MARK_KEY: Uint8Array = systemKey(REMOTE_KIND, Uint8Array.of(3));

/** Bytes of a value in a row before the value itself. */
export const TYPE_SIZE_BYTES = 1;

/** The row of an entry: `bytes[start, end)` are its second bytes. */
export function rowOf(type: PointType, bytes: Uint8Array, start: number, end: number): Uint8Array {
  const row = new Uint8Array(TYPE_SIZE_BYTES + end - start);
  row[0] = type;
  row.set(bytes.subarray(start, end), TYPE_SIZE_BYTES);
  return row;
}

/** The type of a row. Throws CorruptionError for bytes that `rowOf` does not make. */
export function typeOf(row: Uint8Array, key: Uint8Array): PointType {
  const type = row[0];
  if (type !== undefined && isPointType(type) && showsValue(type)) return type;
  throw new CorruptionError(`Row is none of a database: key=${describeKey(key)}`);
}

/** Puts a row into a result, as a view with this clock shows it. `row` is undefined for an absent key. */
export function showRow(
  row: Uint8Array | undefined,
  key: Uint8Array,
  wallMs: number,
  result: LookupResult,
): typeof FOUND | typeof ABSENT {
  if (row === undefined) return ABSENT;
  result.type = typeOf(row, key);
  result.value = row;
  result.valueStart = TYPE_SIZE_BYTES;
  result.valueEnd = row.length;
  result.expiresAtMs = NEVER;
  if (result.type !== EXPIRING_VALUE) return FOUND;
  result.expiresAtMs = expiryIn(row, TYPE_SIZE_BYTES, row.length);
  result.valueStart += EXPIRY_SIZE_BYTES;
  return hasExpired(result.expiresAtMs, wallMs) ? ABSENT : FOUND;
}

/** Whether a row has expired by this clock. */
export function isExpired(row: Uint8Array, key: Uint8Array, wallMs: number): boolean {
  if (typeOf(row, key) !== EXPIRING_VALUE) return false;
  return hasExpired(expiryIn(row, TYPE_SIZE_BYTES, row.length), wallMs);
}

export function encodeEncodings(encodings: RecordedEncodings): Uint8Array {
  const text = Buffer.from(JSON.stringify(encodings), 'utf8');
  return rowOf(VALUE, text, 0, text.length);
}

/** Throws CorruptionError. */
export function decodeEncodings(row: Uint8Array): RecordedEncodings {
  let found: unknown;
  try {
    found = JSON.parse(Buffer.from(row.subarray(TYPE_SIZE_BYTES)).toString('utf8'));
  } catch (cause) {
    throw new CorruptionError('Record of the encodings is no JSON', { cause });
  }
  const { key, value } = (found ?? {}) as { key?: unknown; value?: unknown };
  const isOne = [key, value].every((name) => name === undefined || isText(name));
  if (!isOne) throw new CorruptionError('Record of the encodings is malformed');
  return { key: key as string | undefined, value: value as string | undefined }; // checked above
}
