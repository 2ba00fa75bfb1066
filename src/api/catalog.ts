/**
 * The catalog: which keyspaces there are.
 *
 * Owns: the bytes of its records, which are ordinary entries of the system's keyspace. So creating, renaming and
 * dropping a keyspace are commits.
 *
 * Layout (normative text and a worked example in docs/formats/keyspace.md):
 *
 *      key:    head of keyspace 0 | 1 | head of the keyspace's number
 *      value:  JSON text, CatalogRecord; of number 0 { "nextNumber": n }
 *
 * Invariants:
 *   catalog/number-once: a number is given out once. What is left of a dropped keyspace can never show in another.
 *   catalog/unknown-refused: a record with a field that this engine does not know is refused as incompatible: the
 *       engine that wrote it relies on it.
 *
 * Suspension: every function here is synchronous.
 */
import { CorruptionError, IncompatibleFormatError } from '../base/errors.ts';
import { isName, isText } from '../base/names.ts';
import type { Compression } from '../base/options.ts';
import { areIndexRecords, type IndexRecords, unknownProperty } from '../indexes/index-record.ts';
import { type BoundedRange, isInRange } from '../bytes/key-range.ts';
import {
  CATALOG_KIND,
  FIRST_NAMED_KEYSPACE,
  KEYSPACE_NUMBER_MAX,
  keyspaceHead,
  keyspaceOf,
  SYSTEM_KEY_HEAD_SIZE_BYTES,
  SYSTEM_KEYSPACE,
  systemKey,
  systemRange,
} from '../bytes/keyspace-number.ts';

/** What the system's keyspace says of one keyspace. An absent field is the database's own choice. */
export interface CatalogRecord {
  readonly name: string;
  /** The encoding that binds its keys, by its name; absent when they are bytes. */
  readonly keyEncoding?: string;
  readonly valueEncoding?: string;
  readonly compression?: Compression;
  readonly filterBitsPerKey?: number;
  /** How long its entries live that say nothing of it, in milliseconds; 0: without end. */
  readonly ttlMs?: number;
  /** Its entries are added and never changed; absent for a keyspace that is written as usual. */
  readonly mode?: 'append-only';
  /** The number of the keyspace that holds its Merkle tree; absent for one that is not verifiable. */
  readonly tree?: number;
  /** Its indexes, by name. */
  readonly indexes?: IndexRecords;
  /** Its entries are hidden by a range tombstone, and its tables may still be there. */
  readonly isDropped?: true;
}

/** The record of the system's keyspace. */
export interface NextNumber {
  readonly nextNumber: number;
}

/** Every record of the catalog. */
export const CATALOG_RANGE: BoundedRange = systemRange(CATALOG_KIND);

export function catalogKey(number: number): Uint8Array {
  return systemKey(CATALOG_KIND, keyspaceHead(number));
}

/** Whether a key in the tree is one of the catalog. */
export function isCatalogKey(key: Uint8Array): boolean {
  return isInRange(CATALOG_RANGE, key);
}

/** The key of the record that holds the next number. */
export const NEXT_NUMBER_KEY: Uint8Array = catalogKey(SYSTEM_KEYSPACE);

/** The keyspace that a catalog key is about; SYSTEM_KEYSPACE for that of the next number. Throws CorruptionError. */
export function numberIn(key: Uint8Array): number {
  const number = keyspaceOf(key, SYSTEM_KEY_HEAD_SIZE_BYTES);
  if (number >= 0 && catalogKey(number).length === key.length) return number;
  throw new CorruptionError('Key of the keyspace catalog is malformed');
}

const FIELDS: Readonly<Record<keyof CatalogRecord, (value: unknown) => boolean>> = {
  name: isName,
  keyEncoding: isText,
  valueEncoding: isText,
  compression: (value) => value === 'snappy' || value === 'none',
  filterBitsPerKey: (value) => Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 32,
  ttlMs: (value) => Number.isSafeInteger(value) && Number(value) >= 0,
  mode: (value) => value === 'append-only',
  tree: (value) =>
    Number.isInteger(value) &&
    Number(value) > FIRST_NAMED_KEYSPACE &&
    Number(value) <= KEYSPACE_NUMBER_MAX,
  indexes: areIndexRecords,
  isDropped: (value) => value === true,
};

export function encodeRecord(record: CatalogRecord | NextNumber): Uint8Array {
  return Buffer.from(JSON.stringify(record), 'utf8');
}

/** Throws CorruptionError, or IncompatibleFormatError (catalog/unknown-refused). */
export function decodeRecord(number: number, bytes: Uint8Array): CatalogRecord {
  const record = parse(bytes);
  for (const [name, value] of Object.entries(record)) {
    if (!Object.hasOwn(FIELDS, name)) {
      throw new IncompatibleFormatError(
        `Keyspace has a property of a newer version: number=${number} property=${name}`,
      );
    }
    if (!FIELDS[name as keyof CatalogRecord](value)) throw malformed(); // an own name of FIELDS
  }
  const { indexes = {}, mode, tree } = record as CatalogRecord;
  if (tree !== undefined && mode === undefined) throw malformed();
  const unknown = unknownProperty(indexes);
  if (unknown !== undefined) {
    throw new IncompatibleFormatError(
      `Index has a property of a newer version: number=${number} property=${unknown}`,
    );
  }
  if (!Object.hasOwn(record, 'name') || number < FIRST_NAMED_KEYSPACE) throw malformed();
  return record as CatalogRecord; // every field was checked
}

/** Throws CorruptionError. */
export function decodeNextNumber(bytes: Uint8Array): number {
  const nextNumber: unknown = Reflect.get(parse(bytes), 'nextNumber');
  const isOne =
    typeof nextNumber === 'number' &&
    Number.isInteger(nextNumber) &&
    nextNumber > FIRST_NAMED_KEYSPACE &&
    nextNumber <= KEYSPACE_NUMBER_MAX + 1;
  if (!isOne) throw malformed();
  return nextNumber;
}

function parse(bytes: Uint8Array): object {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch (cause) {
    throw new CorruptionError('Record of the keyspace catalog is no JSON', { cause });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformed();
  return value;
}

function malformed(): CorruptionError {
  return new CorruptionError('Record of the keyspace catalog is malformed');
}
