/**
 * Keyspace numbers: the head of every key in the tree.
 *
 * Owns: the order-preserving varint in front of a key, and the numbers that the engine gives a meaning.
 *
 * Layout (normative text and worked examples in docs/formats/keyspace.md):
 *
 *      0 .. 239                  | number |
 *      240 .. 2,287              | 240 .. 247 | u8 |          240 + 256 * (lead - 240) + rest
 *      2,288 .. 67,823           | 248 | u16 big-endian |     2,288 + rest
 *      67,824 .. 16,777,215      | 249 | u24 big-endian |     the number itself
 *      16,777,216 .. 2^32 - 1    | 250 | u32 big-endian |     the number itself
 *
 * Invariants:
 *   keyspace-number/in-order: heads are ordered as their numbers are, and none is the start of another. So all keys of
 *       one keyspace lie together, and the end of its range is the head of the next number.
 *   keyspace-number/one-form: each number has one head.
 *
 * Suspension: every function here is synchronous.
 */
import { describeKey } from './bytes.ts';
import type { BoundedRange } from './key-range.ts';

/** The catalog and the engine's own records. */
export const SYSTEM_KEYSPACE = 0;
/** The keys of the database itself. */
export const DEFAULT_KEYSPACE = 1;
/** Named keyspaces have this number or a larger one. */
export const FIRST_NAMED_KEYSPACE = 2;
export const KEYSPACE_NUMBER_MAX: number = 2 ** 32 - 2;

/** Bytes of the longest head. */
export const KEYSPACE_HEAD_SIZE_BYTES_MAX = 5;

const TWO_BYTES_LEAD = 240;
const THREE_BYTES_LEAD = 248;
const FOUR_BYTES_LEAD = 249;
const FIVE_BYTES_LEAD = 250;
const TWO_BYTES_MIN = 240;
const THREE_BYTES_MIN = 2288;
const FOUR_BYTES_MIN = 67_824;
const FIVE_BYTES_MIN = 2 ** 24;

/** Above every key. */
export const TREE_END: Uint8Array = Uint8Array.of(FIVE_BYTES_LEAD + 1);

/** Every key there is. */
export const WHOLE_TREE: BoundedRange = { start: new Uint8Array(0), end: TREE_END };

/** The head of the keys of a keyspace; `number` is a whole number from 0 to KEYSPACE_NUMBER_MAX + 1. */
export function keyspaceHead(number: number): Uint8Array {
  if (number < TWO_BYTES_MIN) return Uint8Array.of(number);
  if (number < THREE_BYTES_MIN) {
    const rest = number - TWO_BYTES_MIN;
    return Uint8Array.of(TWO_BYTES_LEAD + (rest >>> 8), rest & 0xff);
  }
  if (number < FOUR_BYTES_MIN) return withBytes(THREE_BYTES_LEAD, number - THREE_BYTES_MIN, 2);
  if (number < FIVE_BYTES_MIN) return withBytes(FOUR_BYTES_LEAD, number, 3);
  return withBytes(FIVE_BYTES_LEAD, number, 4);
}

function withBytes(lead: number, value: number, count: number): Uint8Array {
  const head = new Uint8Array(1 + count);
  head[0] = lead;
  for (let i = count, rest = value; i >= 1; i--, rest = Math.floor(rest / 256))
    head[i] = rest % 256;
  return head;
}

/** All keys of a keyspace. */
export function keyspaceRange(number: number): BoundedRange {
  return { start: keyspaceHead(number), end: keyspaceHead(number + 1) };
}

/** A key in the tree, taken apart: the number of its keyspace, -1 without a head, and a view of what its user encoded. */
export function splitTreeKey(key: Uint8Array): { keyspace: number; userKey: Uint8Array } {
  const keyspace = keyspaceOf(key);
  const headSize = keyspace < 0 ? 0 : headSizeBytes(key[0]!); // it has a head
  return { keyspace, userKey: key.subarray(headSize) };
}

/** A key in the tree, for people: as its user has encoded it, with the number of its keyspace unless that is the default. */
export function describeTreeKey(key: Uint8Array): string {
  const { keyspace, userKey } = splitTreeKey(key);
  const isPlain = keyspace < 0 || keyspace === DEFAULT_KEYSPACE;
  return isPlain ? describeKey(userKey) : `${describeKey(userKey)} keyspace=#${keyspace}`;
}

/** Kinds of records in the system's keyspace. Persisted. Never renumber; append only. */
export const CATALOG_KIND = 1;
export const COMMIT_ID_KIND = 2;
export const COMMIT_AGE_KIND = 3;
export const INDEX_BUILD_KIND = 4;
/** Of a database on a backend: what a directory keeps in files of its own (remote/remote-records.ts). */
export const REMOTE_KIND = 5;

/** Bytes of a system key before its parts. */
export const SYSTEM_KEY_HEAD_SIZE_BYTES = 2;

/** The key of a record in the system's keyspace. */
export function systemKey(kind: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const sizeBytes = parts.reduce((sum, part) => sum + part.length, SYSTEM_KEY_HEAD_SIZE_BYTES);
  const key = new Uint8Array(sizeBytes);
  key[0] = SYSTEM_KEYSPACE; // its head is one byte
  key[1] = kind;
  let at = SYSTEM_KEY_HEAD_SIZE_BYTES;
  for (const part of parts) {
    key.set(part, at);
    at += part.length;
  }
  return key;
}

/** Every record of a kind. */
export function systemRange(kind: number): BoundedRange {
  return { start: systemKey(kind), end: systemKey(kind + 1) };
}

/** Bytes of the head that `lead` begins; 0 when no head begins so. */
export function headSizeBytes(lead: number): number {
  if (lead < TWO_BYTES_LEAD) return 1;
  if (lead < THREE_BYTES_LEAD) return 2;
  return lead <= FIVE_BYTES_LEAD ? lead - THREE_BYTES_LEAD + 3 : 0;
}

/** The keyspace of `key[start, end)`; -1 when no head is there (keyspace-number/one-form). */
export function keyspaceOf(key: Uint8Array, start = 0, end: number = key.length): number {
  if (start >= end) return -1;
  const lead = key[start]!; // start < end
  if (lead < TWO_BYTES_LEAD) return lead;
  const size = headSizeBytes(lead);
  if (size === 0 || start + size > end) return -1;
  if (size === 2) return TWO_BYTES_MIN + ((lead - TWO_BYTES_LEAD) << 8) + key[start + 1]!; // start + size <= end
  let value = 0;
  for (let i = 1; i < size; i++) value = value * 256 + key[start + i]!; // start + size <= end
  if (size === 3) return THREE_BYTES_MIN + value;
  return value >= (size === 4 ? FOUR_BYTES_MIN : FIVE_BYTES_MIN) ? value : -1;
}
