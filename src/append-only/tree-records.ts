/**
 * The records of the Merkle tree of a verifiable keyspace.
 *
 * Owns: their keys and values. They lie in a keyspace of their own, which no name leads to, as the entries of an index do.
 *
 * Layout (normative text and a worked example in docs/formats/ledger.md; integers of values are little-endian):
 *
 *      head | 0                              -> size u64 | hashes of the complete subtrees, the largest first
 *      head | 1 | key of the entry           -> index u64
 *      head | 2 | level u8 | index u64 BE    -> hash | at level 0 also the key of the entry
 *
 * Invariants:
 *   tree-records/whole: a complete subtree never changes, so its record is written once. Only the first record is written
 *       over, by each commit that adds entries.
 *
 * Suspension: everything here is synchronous.
 */
import { CorruptionError } from '../base/errors.ts';
import { type ByteSlice, copyRange, sliceOf } from '../bytes/bytes.ts';
import { getUint64, putUint64 } from '../bytes/coding.ts';
import type { BoundedRange } from '../bytes/key-range.ts';
import { keyspaceHead, keyspaceRange } from '../bytes/keyspace-number.ts';
import { Frontier, type NodePlace, peakCountOf } from '../merkle/frontier.ts';
import { HASH_SIZE_BYTES } from '../merkle/tree-hash.ts';

/** Kinds of records. Persisted. Never renumber; append only. */
const HEAD_KIND = 0;
const POSITION_KIND = 1;
const NODE_KIND = 2;

const COUNT_SIZE_BYTES = 8;
const LEVEL_MAX = 53;

/** The keys of the records of one tree. */
export class TreeKeys {
  /** The number of the keyspace that holds them. */
  readonly number: number;
  readonly range: BoundedRange;
  /** Of the record with the size. */
  readonly head: Uint8Array;
  readonly #keyspaceHead: Uint8Array;

  constructor(number: number) {
    this.number = number;
    this.range = keyspaceRange(number);
    this.#keyspaceHead = keyspaceHead(number);
    this.head = this.#keyOf(HEAD_KIND, 0);
  }

  /** Of the record that tells the index of an entry, by the key that its user has encoded. */
  position({ bytes, start, end }: ByteSlice): Uint8Array {
    const key = this.#keyOf(POSITION_KIND, end - start);
    key.set(bytes.subarray(start, end), this.#restStart);
    return key;
  }

  /** Of the record of a complete subtree. */
  node(level: number, index: number): Uint8Array {
    const key = this.#keyOf(NODE_KIND, 1 + COUNT_SIZE_BYTES);
    key[this.#restStart] = level;
    for (let at = key.length - 1, rest = index; rest > 0; at--, rest = Math.floor(rest / 256)) {
      key[at] = rest % 256;
    }
    return key;
  }

  /** All entries, in their order. */
  get leaves(): BoundedRange {
    return { start: this.node(0, 0), end: this.node(1, 0) };
  }

  /** The place that the key of a node names; undefined for another key. */
  placeIn(key: Uint8Array): NodePlace | undefined {
    const start = this.#restStart;
    if (key[start - 1] !== NODE_KIND || key.length !== start + 1 + COUNT_SIZE_BYTES)
      return undefined;
    let index = 0;
    for (let at = start + 1; at < key.length; at++) index = index * 256 + key[at]!; // below the length
    return { level: key[start]!, index }; // as long
  }

  get #restStart(): number {
    return this.#keyspaceHead.length + 1;
  }

  #keyOf(kind: number, restSize: number): Uint8Array {
    const key = new Uint8Array(this.#restStart + restSize);
    key.set(this.#keyspaceHead);
    key[this.#restStart - 1] = kind;
    return key;
  }
}

export function encodeHead({ size, peaks }: Frontier): Uint8Array {
  const bytes = new Uint8Array(COUNT_SIZE_BYTES + peaks.length * HASH_SIZE_BYTES);
  putUint64(bytes, 0, size);
  for (const [i, peak] of peaks.entries()) bytes.set(peak, COUNT_SIZE_BYTES + i * HASH_SIZE_BYTES);
  return bytes;
}

/** The frontier that the head tells; of an empty tree without one. Throws CorruptionError. */
export function frontierIn({ bytes, start, end }: ByteSlice = EMPTY_HEAD): Frontier {
  const size = countIn(bytes, start, end);
  const peakCount = peakCountOf(size);
  if (end - start !== COUNT_SIZE_BYTES + peakCount * HASH_SIZE_BYTES) throw malformed('head');
  const hashes = copyRange(bytes, start + COUNT_SIZE_BYTES, end);
  const peaks: Uint8Array[] = [];
  for (let at = 0; at < hashes.length; at += HASH_SIZE_BYTES) {
    peaks.push(hashes.subarray(at, at + HASH_SIZE_BYTES));
  }
  return new Frontier(size, peaks);
}

const EMPTY_HEAD: ByteSlice = sliceOf(new Uint8Array(COUNT_SIZE_BYTES));

export function encodeIndex(index: number): Uint8Array {
  const bytes = new Uint8Array(COUNT_SIZE_BYTES);
  putUint64(bytes, 0, index);
  return bytes;
}

/** Throws CorruptionError. */
export function indexIn(bytes: Uint8Array): number {
  if (bytes.length !== COUNT_SIZE_BYTES) throw malformed('position');
  return countIn(bytes, 0, bytes.length);
}

/** The record of a single entry: its hash, and its key as its user has encoded it. */
export function encodeLeaf(hash: Uint8Array, { bytes, start, end }: ByteSlice): Uint8Array {
  const record = new Uint8Array(HASH_SIZE_BYTES + end - start);
  record.set(hash);
  record.set(bytes.subarray(start, end), HASH_SIZE_BYTES);
  return record;
}

/** The hash of a record of a complete subtree, a view; undefined for bytes that are none. */
export function hashIn(record: Uint8Array, level: number): Uint8Array | undefined {
  const isWhole =
    level === 0 ? record.length >= HASH_SIZE_BYTES : record.length === HASH_SIZE_BYTES;
  return isWhole && level <= LEVEL_MAX ? record.subarray(0, HASH_SIZE_BYTES) : undefined;
}

/** The key of the entry in the record of level 0, a view; of a record that has a hash. */
export function keyInLeaf(record: Uint8Array): Uint8Array {
  return record.subarray(HASH_SIZE_BYTES);
}

function countIn(bytes: Uint8Array, start: number, end: number): number {
  if (end - start < COUNT_SIZE_BYTES) throw malformed('head');
  const count = getUint64(bytes, start);
  if (!Number.isSafeInteger(count)) throw malformed('head');
  return count;
}

function malformed(what: string): CorruptionError {
  return new CorruptionError(`Record of a Merkle tree is malformed: record=${what}`);
}
