/**
 * A commit as a value: its operations, encoded as the log holds them.
 *
 * Owns: the bytes of one commit, the count of its operations, and the size of its keys and values. The frame of a group
 * takes the same bytes. Memtable, validation and locks read them with a BatchReader.
 *
 * Layout (normative text and a worked example in docs/formats/batch.md):
 *
 *      unused | varint operation count | operation | operation | ...
 *             ^ start                                               ^ end
 *
 * The count is known last and stands first. So `seal` writes it, right before the operations.
 *
 * Invariants:
 *   commit-batch/own-bytes: a batch keeps copies. The caller's bytes may change or go away once `add` has returned.
 *   commit-batch/whole-or-nothing: an `add` that throws leaves the batch as it was.
 *
 * Suspension: every method is synchronous.
 */
import type { ByteSlice } from '../bytes/bytes.ts';
import { putVarint, VARINT_SIZE_BYTES_MAX, varintLength } from '../bytes/coding.ts';
import { InvalidArgumentError } from '../base/errors.ts';
import { hasSecondBytes, type ValueType } from '../base/value-type.ts';
import { OperationEncoder, operationSizeBytes } from './operation-encoder.ts';

/** Keys and values of one commit have at most this many bytes. */
export const COMMIT_SIZE_BYTES_MAX: number = 1024 * 1024 * 1024;

/** Where the operations begin: there is room for the count before them. */
const OPERATIONS_START = VARINT_SIZE_BYTES_MAX;
const CAPACITY_BYTES_INITIAL = 4096;
/** A larger buffer, which one huge batch made, is let go at the next `clear`. */
const CAPACITY_BYTES_KEPT_MAX = 8 * 1024 * 1024;
/** No frame of the log could hold more. */
const CAPACITY_BYTES_MAX = 2 ** 31 - 8192;

/** How far a batch was filled. */
export interface BatchMark {
  readonly end: number;
  readonly operationCount: number;
  readonly sizeBytes: number;
}

/** How much operations are. */
export interface Counts {
  readonly operationCount: number;
  /** Bytes of their keys and values. */
  readonly sizeBytes: number;
}

export class CommitBatch {
  /** Replaced when it grows. */
  bytes: Uint8Array = new Uint8Array(CAPACITY_BYTES_INITIAL);
  /** Where the encoded commit ends. */
  end: number = OPERATIONS_START;
  operationCount = 0;
  /** Bytes of all keys and values; the memtable asks for it. */
  sizeBytes = 0;
  readonly #encoder = new OperationEncoder();

  /**
   * Adds an operation: VALUE takes a value as `second`, EXPIRING_VALUE its time and a value, RANGE_DELETION the exclusive
   * end of its range, and DELETION nothing. Throws InvalidArgumentError when the commit would be too large, before any memory is taken for it.
   */
  add(type: ValueType, key: ByteSlice, second: ByteSlice): void {
    const keyLength = key.end - key.start;
    const secondLength = hasSecondBytes(type) ? second.end - second.start : 0;
    const sizeBytes = this.sizeBytes + keyLength + secondLength;
    if (sizeBytes > COMMIT_SIZE_BYTES_MAX) throw tooLarge(sizeBytes);
    const end = this.end + operationSizeBytes(type, keyLength, secondLength);
    if (end > this.bytes.length) this.#grow(end);
    this.#encoder.put(this.bytes, this.end, type, key, second);
    this.end = end;
    this.sizeBytes = sizeBytes;
    this.operationCount++;
  }

  /** Adds operations that another batch has encoded: `bytes[start, end)` without a count before them. */
  addEncoded(bytes: Uint8Array, [start, end]: readonly [number, number], counts: Counts): void {
    const sizeBytes = this.sizeBytes + counts.sizeBytes;
    if (sizeBytes > COMMIT_SIZE_BYTES_MAX) throw tooLarge(sizeBytes);
    const length = end - start;
    if (this.end + length > this.bytes.length) this.#grow(this.end + length);
    this.bytes.set(bytes.subarray(start, end), this.end);
    this.end += length;
    this.sizeBytes = sizeBytes;
    this.operationCount += counts.operationCount;
  }

  /** Adds the operations of another batch. */
  addAll(other: CommitBatch): void {
    this.addEncoded(other.bytes, [OPERATIONS_START, other.end], other);
  }

  /** A copy of the operations from a mark on, as `addEncoded` takes them. No mark: all. */
  encodedFrom(mark?: BatchMark): Uint8Array {
    return this.bytes.slice(mark?.end ?? OPERATIONS_START, this.end);
  }

  /**
   * Writes the count and returns where the encoded commit begins: it is `bytes[start, end)` until the next `add`. A
   * batch without operations is no commit, and has no bytes.
   */
  seal(): number {
    if (this.operationCount === 0) return this.end;
    const start = OPERATIONS_START - varintLength(this.operationCount);
    putVarint(this.bytes, start, this.operationCount);
    return start;
  }

  mark(): BatchMark {
    const { end, operationCount, sizeBytes } = this;
    return { end, operationCount, sizeBytes };
  }

  /** Takes out every operation that was added since the mark. */
  truncate({ end, operationCount, sizeBytes }: BatchMark): void {
    this.end = end;
    this.operationCount = operationCount;
    this.sizeBytes = sizeBytes;
  }

  /** Makes the batch empty for its next user. */
  clear(): void {
    if (this.bytes.length > CAPACITY_BYTES_KEPT_MAX) {
      this.bytes = new Uint8Array(CAPACITY_BYTES_INITIAL);
    }
    this.end = OPERATIONS_START;
    this.operationCount = 0;
    this.sizeBytes = 0;
  }

  #grow(needed: number): void {
    if (needed > CAPACITY_BYTES_MAX) throw tooLarge(needed);
    const capacity = Math.min(CAPACITY_BYTES_MAX, Math.max(needed, this.bytes.length * 2));
    const grown = new Uint8Array(capacity);
    grown.set(this.bytes.subarray(0, this.end));
    this.bytes = grown;
  }
}

function tooLarge(sizeBytes: number): InvalidArgumentError {
  return new InvalidArgumentError(
    `Commit is too large: size=${sizeBytes} max=${COMMIT_SIZE_BYTES_MAX}`,
  );
}
