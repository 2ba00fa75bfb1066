/**
 * The indexes of an open keyspace.
 *
 * Owns: how a row becomes entries of each index, and whether this process can tell.
 *
 * Invariants:
 *   live-index/of-stored-bytes: entries follow from the value as it is stored and decoded again, not from the value that
 *       the caller gave. So the entries of a row are found again when it changes. Example: JSON stores a Date as text.
 *   live-index/no-write-blind: no row is written while an index by a function lacks its function.
 *
 * Suspension: everything here is synchronous, and may run functions of the caller's.
 */
import { describe } from '../base/describe.ts';
import { InvalidArgumentError, type UniqueError } from '../base/errors.ts';
import { isArray } from '../base/caller-value.ts';
import { bufferOf, copyRange } from '../bytes/bytes.ts';
import { keyspaceHead, keyspaceRange } from '../bytes/keyspace-number.ts';
import type { BoundedRange } from '../bytes/key-range.ts';
import { type IndexEntry, IndexKeys } from './index-entry.ts';
import type { IndexRecord } from './index-record.ts';
import { parsePaths, type Path, tuplesAt } from './paths.ts';

/** Computes the tuple of a value, undefined for a row that the index leaves out; an array of tuples with `multiple`. */
export type IndexFunction = (value: unknown) => unknown;

/** How the program decodes the rows of a keyspace. Keys are those of the tree. */
export interface RowDecoder {
  decodeValue(
    bytes: Uint8Array,
    start: number,
    end: number,
    key: Uint8Array,
    keyStart: number,
    keyEnd: number,
  ): unknown;
  /** A key for an error; undefined when it cannot be decoded. */
  describedKey(key: Uint8Array): unknown;
}

export class LiveIndex {
  readonly name: string;
  readonly number: number;
  readonly range: BoundedRange;
  readonly isUnique: boolean;
  readonly keys: IndexKeys;
  readonly version: number | undefined;
  readonly #paths: readonly Path[] | undefined;
  readonly #isMultiple: boolean;
  /** The function of the program; undefined for an index by paths, and while no handle has brought it. */
  compute: IndexFunction | undefined;
  /** Rows from before it may be missing. */
  isBuilding: boolean;
  /** Why its build has ended without an end. */
  failure: UniqueError | Error | undefined = undefined;
  /** Rows that its build has read in this process. */
  builtCount = 0;
  /** The commit from which on it is whole: an older snapshot cannot read it. */
  readyAt = 0;

  constructor(name: string, record: IndexRecord, compute: IndexFunction | undefined) {
    this.compute = compute;
    this.name = name;
    this.number = record.number;
    this.range = keyspaceRange(record.number);
    this.isUnique = record.isUnique === true;
    this.keys = new IndexKeys(keyspaceHead(record.number), this.isUnique);
    this.version = record.version;
    this.isBuilding = record.isBuilding === true;
    this.#isMultiple = record.isMultiple === true;
    this.#paths = record.on && parsePaths(record.on);
  }

  /** Whether the entry of these values, if it is there, has a key of the values alone (IndexKeys). */
  hasPlaceOf(values: readonly unknown[]): boolean {
    return this.isUnique && !values.includes(null);
  }

  /** Of such values: whether no other entry begins with them. How many values a function gives is not known. */
  isWhole({ length }: readonly unknown[]): boolean {
    return length === this.#paths?.length;
  }

  /** False while it lacks its function (live-index/no-write-blind). */
  get isComputable(): boolean {
    return this.#paths !== undefined || this.compute !== undefined;
  }

  /**
   * The entries of a row, each once, by their keys as text. Throws InvalidArgumentError for a value that gives no tuple,
   * and what a function of the caller's throws.
   */
  entriesOf(value: unknown, primaryKey: Uint8Array): Map<string, IndexEntry> {
    const entries = new Map<string, IndexEntry>();
    for (const values of this.#tuplesOf(value)) {
      const entry = this.keys.entry(values, primaryKey);
      entries.set(nameOf(entry.key), entry);
    }
    return entries;
  }

  #tuplesOf(value: unknown): readonly (readonly unknown[])[] {
    if (this.#paths !== undefined) return tuplesAt(this.#paths, value);
    const { compute } = this;
    if (compute === undefined) throw withoutFunction(this.name);
    const result = compute(value);
    if (result === undefined) return [];
    const tuples = this.#isMultiple ? result : [result];
    if (!isArray(tuples)) throw noTuple(this.name, tuples);
    return Array.from(tuples, (tuple) => {
      if (!isArray(tuple)) throw noTuple(this.name, tuple);
      return Array.from(tuple);
    });
  }
}

/** A keyspace that has indexes. */
export class IndexedRows {
  /** The number of the keyspace. */
  readonly number: number;
  readonly headSize: number;
  /** Every row. */
  readonly range: BoundedRange;
  indexes: readonly LiveIndex[];
  /** Undefined before the first handle with an encoding of the program's own. */
  decoder: RowDecoder | undefined;

  constructor(number: number, indexes: readonly LiveIndex[], decoder: RowDecoder | undefined) {
    this.decoder = decoder;
    this.number = number;
    this.headSize = keyspaceHead(number).length;
    this.range = keyspaceRange(number);
    this.indexes = indexes;
  }

  get(name: string): LiveIndex | undefined {
    return this.indexes.find((index) => index.name === name);
  }

  /** Throws InvalidArgumentError while rows must not be written (live-index/no-write-blind). */
  mustBeWritable(): void {
    const blind = this.indexes.find((index) => !index.isComputable);
    if (blind !== undefined) throw withoutFunction(blind.name);
  }

  /** The value of a row, decoded; `key` is the whole of its key in the tree. */
  decode(key: Uint8Array, bytes: Uint8Array, start: number, end: number): unknown {
    if (this.decoder === undefined) throw withoutEncoding();
    return this.decoder.decodeValue(bytes, start, end, key, 0, key.length);
  }

  /** The part of a key in the tree that its user has encoded. */
  primaryKeyOf(key: Uint8Array): Uint8Array {
    return copyRange(key, this.headSize, key.length);
  }

  /** The key in the tree of a row. */
  treeKeyOf(primaryKey: Uint8Array): Uint8Array {
    const key = new Uint8Array(this.headSize + primaryKey.length);
    key.set(keyspaceHead(this.number));
    key.set(primaryKey, this.headSize);
    return key;
  }
}

/** Bytes as the key of a map: each byte one character. */
export function nameOf(bytes: Uint8Array): string {
  return bufferOf(bytes).toString('latin1');
}

function withoutFunction(name: string): InvalidArgumentError {
  return new InvalidArgumentError(
    `Keyspace is not written without the function of its index: open it with indexes: { ${name}: { of, version } }`,
  );
}

function withoutEncoding(): InvalidArgumentError {
  return new InvalidArgumentError(
    'Keyspace with indexes is not written without the encoding of its values: open it with its valueEncoding',
  );
}

function noTuple(name: string, found: unknown): InvalidArgumentError {
  return new InvalidArgumentError(
    `Function of an index must return an array: index=${name} found=${describe(found)}`,
  );
}
