/**
 * The batch reader: reads commits as the log holds them, one operation at a time.
 *
 * Owns: decoding of the bytes that CommitBatch encodes. One reader serves a whole replay and allocates nothing per
 * operation.
 *
 * Layout (normative text and a worked example in docs/formats/batch.md):
 *
 *      payload:   commit | commit | ...
 *      commit:    varint operation count, at least 1 | operation | operation | ...
 *      operation: value type (1) | varint key length | key | varint value length | value
 *                 A DELETION ends after its key. A RANGE_DELETION has its start as key and its end as value. The value
 *                 of an EXPIRING_VALUE begins with its time (bytes/expiry.ts).
 *
 * Invariants:
 *   batch-reader/inside: the reader reads no byte outside of the payload, even when a damaged length points there.
 *   batch-reader/exact: the commits fill the payload exactly and hold as many operations as the frame says; anything
 *       else is CorruptionError.
 *   batch-reader/known-types: a value type that this engine does not know is IncompatibleFormatError: skipping it would
 *       lose a write.
 *
 * Suspension: every method is synchronous. The reader keeps the payload until the next reset.
 */
import { EMPTY_BYTES } from '../bytes/bytes.ts';
import { VARINT_CUT_SHORT, VARINT_MALFORMED, varintAt, varintLength } from '../bytes/coding.ts';
import { EXPIRY_SIZE_BYTES } from '../bytes/expiry.ts';
import { CorruptionError, IncompatibleFormatError } from '../base/errors.ts';
import {
  DELETION,
  EXPIRING_VALUE,
  hasSecondBytes,
  isValueType,
  type ValueType,
} from '../base/value-type.ts';
import type { CommitBatch } from './commit-batch.ts';
import type { OperationPlace } from './operation-encoder.ts';

/** The fields of a frame that the reader needs. */
export interface CommitSource {
  readonly payload: Uint8Array;
  readonly firstSequence: number;
  readonly operationCount: number;
}

export class BatchReader {
  /** The current operation, after `next` has returned true: its key is `bytes[keyStart, keyEnd)`. */
  bytes: Uint8Array = EMPTY_BYTES;
  type: ValueType = DELETION;
  sequence = 0;
  keyStart = 0;
  keyEnd = 0;
  /** `bytes[valueStart, valueEnd)` is the value, or the end of a range; empty for a deletion. */
  valueStart = 0;
  valueEnd = 0;
  /** True for the first operation of a commit. */
  isCommitStart = false;

  #offset = 0;
  #end = 0;
  #commitRemaining = 0;
  #frameRemaining = 0;

  /** Stands before the first operation of a frame. */
  reset(source: CommitSource): void {
    const { payload, firstSequence, operationCount } = source;
    this.resetTo(payload, 0, payload.length, firstSequence, operationCount);
  }

  /** Stands before the first operation of the commits in `bytes[start, end)`. */
  resetTo(
    bytes: Uint8Array,
    start: number,
    end: number,
    firstSequence: number,
    operationCount: number,
  ): void {
    this.bytes = bytes;
    this.sequence = firstSequence - 1;
    this.#offset = start;
    this.#end = end;
    this.#commitRemaining = 0;
    this.#frameRemaining = operationCount;
  }

  /** Stands before the first operation of a batch, which has no sequence yet: its operations count from 1. */
  resetToBatch(batch: CommitBatch): void {
    const start = batch.seal();
    this.resetTo(batch.bytes, start, batch.end, 1, batch.operationCount);
  }

  /**
   * Steps to the next operation; false after the last. Throws CorruptionError (batch-reader/exact) or
   * IncompatibleFormatError (batch-reader/known-types).
   */
  next(): boolean {
    if (this.#frameRemaining === 0) {
      if (this.#offset !== this.#end || this.#commitRemaining !== 0) {
        throw new CorruptionError('Frame holds more than its operation count says');
      }
      return false;
    }
    this.isCommitStart = this.#commitRemaining === 0;
    if (this.isCommitStart) this.#beginCommit();
    this.#commitRemaining--;
    this.#frameRemaining--;
    this.sequence++;
    if (this.#offset >= this.#end) throw endOfPayload();
    const type = this.bytes[this.#offset++]!; // offset < end
    if (!isValueType(type)) {
      throw new IncompatibleFormatError(`Unknown value type in a log: type=${type}`);
    }
    this.type = type;
    const keyLength = this.#varint();
    this.keyStart = this.#offset;
    this.keyEnd = this.#advance(keyLength);
    if (hasSecondBytes(type)) {
      const valueLength = this.#varint();
      if (type === EXPIRING_VALUE && valueLength < EXPIRY_SIZE_BYTES) throw endOfPayload();
      this.valueStart = this.#offset;
      this.valueEnd = this.#advance(valueLength);
    } else {
      this.valueStart = this.valueEnd = this.keyEnd;
    }
    return true;
  }

  /** Bytes of key and value of the current operation. */
  get sizeBytes(): number {
    return this.keyEnd - this.keyStart + (this.valueEnd - this.valueStart);
  }

  /** Fills `place` with the current operation. */
  readInto(place: OperationPlace): void {
    place.type = this.type;
    place.bytes = this.bytes;
    place.keyStart = this.keyStart;
    place.keyEnd = this.keyEnd;
    place.valueStart = this.valueStart;
    place.valueEnd = this.valueEnd;
  }

  #beginCommit(): void {
    const count = this.#varint();
    if (count === 0 || count > this.#frameRemaining) {
      throw new CorruptionError(`Commit has an impossible operation count: count=${count}`);
    }
    this.#commitRemaining = count;
  }

  #advance(length: number): number {
    if (length > this.#end - this.#offset) throw endOfPayload();
    this.#offset += length;
    return this.#offset;
  }

  #varint(): number {
    const value = varintAt(this.bytes, this.#offset, this.#end);
    if (value === VARINT_CUT_SHORT) throw endOfPayload();
    if (value === VARINT_MALFORMED) throw new CorruptionError('Malformed varint');
    this.#offset += varintLength(value);
    return value;
  }
}

function endOfPayload(): CorruptionError {
  return new CorruptionError('Operation runs past the end of its frame');
}
