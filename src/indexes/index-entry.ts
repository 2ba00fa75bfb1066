/**
 * The entries of a secondary index, in the tree.
 *
 * Owns: their layout. An index is a keyspace of its own, which has one entry for each tuple of each row.
 *
 *      key:    head of the index | tuple | primary key, as a last element of bytes      value: empty
 *      key:    head of the index | tuple                                                value: 1 | primary key
 *
 * The second form is that of a unique index, for a tuple without null: one key then holds one row, and to look whether
 * it is free is one lookup, which the filter of a table answers mostly. A tuple with null may be there for many rows.
 * Normative text and a worked example: docs/formats/index.md. The primary key is as encoded, without the head of its
 * keyspace.
 *
 * Suspension: every function here is synchronous.
 */
import { CorruptionError, InvalidArgumentError } from '../base/errors.ts';
import { type ByteSlice, copyRange, EMPTY_BYTES } from '../bytes/bytes.ts';
import { decodeTuple, type TupleElement, TupleEncoder } from '../bytes/tuple.ts';

export interface IndexEntry {
  /** In the tree. */
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** What an entry says: its tuple, and the primary key of its row. */
export interface IndexedRow {
  readonly values: TupleElement[];
  readonly primaryKey: Uint8Array;
}

const HAS_PRIMARY_KEY = 1;

/** Makes the entries of one index. */
export class IndexKeys {
  readonly head: Uint8Array;
  readonly #isUnique: boolean;
  /** Undefined while it runs: the elements of a tuple may run code of the caller's. */
  #spare: TupleEncoder | undefined = new TupleEncoder();

  constructor(head: Uint8Array, isUnique: boolean) {
    this.head = head;
    this.#isUnique = isUnique;
  }

  /** The tuple in a key in the tree. */
  withoutHead(key: Uint8Array, start = 0, end: number = key.length): ByteSlice {
    return { bytes: key, start: start + this.head.length, end };
  }

  /** Throws InvalidArgumentError for an element that no tuple holds, and for a key that is too long. */
  entry(values: readonly unknown[], primaryKey: Uint8Array): IndexEntry {
    if (!this.#isUnique || values.includes(null)) {
      return { key: this.encode([...values, primaryKey]), value: EMPTY_BYTES };
    }
    return {
      key: this.encode(values),
      value: joined(Uint8Array.of(HAS_PRIMARY_KEY), primaryKey),
    };
  }

  /** The key in the tree with which the entries begin whose tuples begin with these values. Throws as `entry` does. */
  encode(values: readonly unknown[]): Uint8Array {
    const encoder = this.#spare ?? new TupleEncoder();
    this.#spare = undefined;
    try {
      const bytes = encoder.encode(values);
      if (bytes.length > KEY_SIZE_BYTES_MAX) {
        throw new InvalidArgumentError(
          `Key of an index is too long: size=${bytes.length} max=${KEY_SIZE_BYTES_MAX}`,
        );
      }
      return joined(this.head, bytes);
    } finally {
      this.#spare = encoder;
    }
  }
}

/** As that of a row. */
const KEY_SIZE_BYTES_MAX = 64 * 1024;

/** `key` is without the head of the index. Throws CorruptionError for what is no entry. */
export function indexedRow(key: ByteSlice, value: ByteSlice): IndexedRow {
  const values = elementsOf(key);
  const { bytes, start, end } = value;
  if (end > start) {
    if (bytes[start] !== HAS_PRIMARY_KEY) throw malformed();
    return { values, primaryKey: copyRange(bytes, start + 1, end) };
  }
  const primaryKey = values.pop();
  if (!(primaryKey instanceof Uint8Array)) throw malformed();
  return { values, primaryKey };
}

function elementsOf({ bytes, start, end }: ByteSlice): TupleElement[] {
  try {
    return decodeTuple(bytes, start, end);
  } catch {
    throw malformed();
  }
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(first.length + second.length);
  bytes.set(first);
  bytes.set(second, first.length);
  return bytes;
}

function malformed(): CorruptionError {
  return new CorruptionError('Entry of an index is malformed');
}
