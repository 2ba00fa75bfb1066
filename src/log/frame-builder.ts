/**
 * Where a frame is put together.
 *
 * Owns: one growing buffer with room for a frame's header at its start, and the encoding of commits into it.
 *
 * Layout of the payload of a WAL frame: docs/formats/batch.md.
 *
 * Invariants:
 *   B1. `bytes[FRAME_HEADER_SIZE_BYTES, length)` is the payload so far; there is always room for one byte after it,
 *       the end mark.
 *   B2. Growing replaces `bytes` and keeps what was in it: read `bytes` again after each call that may grow.
 *   B3. A call that throws leaves the builder as it was.
 *   B4. `seal` changes no field: a frame whose append failed may be sealed again, for another log too.
 *
 * Suspension: every method is synchronous and keeps no reference to its arguments.
 */
import { assert } from '../base/assert.ts';
import { copyInto, EMPTY_BYTES } from '../bytes/bytes.ts';
import { putVarint, VARINT_SIZE_BYTES_MAX, varintLength } from '../bytes/coding.ts';
import { InvalidArgumentError } from '../base/errors.ts';
import { hasSecondBytes, type ValueType } from '../base/value-type.ts';
import { FRAME_HEADER_SIZE_BYTES, FRAME_SIZE_BYTES_MAX, sealFrame } from './frame-format.ts';

const CAPACITY_BYTES_INITIAL = 64 * 1024;
/** A buffer that one huge commit made is let go at the next reset. */
const CAPACITY_BYTES_KEPT_MAX = 8 * 1024 * 1024;

export interface FrameStamp {
  readonly fileNumber: number;
  readonly firstSequence: number;
  /** Everything at or below it is synced. */
  readonly durableSequence: number;
}

export class FrameBuilder {
  /** Replaced when it grows (B2). */
  bytes: Uint8Array = new Uint8Array(CAPACITY_BYTES_INITIAL);
  /** Where the payload ends. Written here, and by whoever encodes in place after `reserve`. */
  length: number = FRAME_HEADER_SIZE_BYTES;
  /** Where the key of the last operation lies in `bytes`, and its value, which is the last of the payload. */
  keyStart = 0;
  valueStart = 0;

  #operationCount = 0;

  get operationCount(): number {
    return this.#operationCount;
  }

  /** Starts an empty frame in the same buffer. */
  reset(): void {
    if (this.bytes.length > CAPACITY_BYTES_KEPT_MAX) {
      this.bytes = new Uint8Array(CAPACITY_BYTES_INITIAL);
    }
    this.length = FRAME_HEADER_SIZE_BYTES;
    this.#operationCount = 0;
  }

  /** Makes room for `size` bytes at `length`. Throws InvalidArgumentError when no frame could hold them. */
  reserve(size: number): void {
    const needed = this.length + size + 1; // B1
    if (needed > this.bytes.length) this.#grow(needed);
  }

  /**
   * Opens a commit of exactly this many operations, at least one, whose keys and values have `sizeBytes`. Makes room
   * for all of it: where there is no memory, that is known before anything of the commit is there.
   */
  beginCommit(operationCount: number, sizeBytes: number): void {
    assert(operationCount > 0, 'a commit has operations');
    const headSizeMax = 1 + 2 * varintLength(sizeBytes); // type and two lengths
    this.reserve(VARINT_SIZE_BYTES_MAX + operationCount * headSizeMax + sizeBytes);
    this.length = putVarint(this.bytes, this.length, operationCount);
    this.#operationCount += operationCount;
  }

  /**
   * Adds the next operation of the commit, for which `beginCommit` made room. VALUE takes a value, RANGE_DELETION its
   * exclusive end as the value, and DELETION none.
   */
  operation(
    type: ValueType,
    key: Uint8Array,
    keyStart: number,
    keyEnd: number,
    value: Uint8Array = EMPTY_BYTES,
    valueStart = 0,
    valueEnd = 0,
  ): void {
    const keyLength = keyEnd - keyStart;
    const valueLength = valueEnd - valueStart;
    const bytes = this.bytes;
    let at = this.length;
    bytes[at++] = type;
    at = putVarint(bytes, at, keyLength);
    copyInto(bytes, at, key, keyStart, keyEnd);
    this.keyStart = at;
    at += keyLength;
    if (hasSecondBytes(type)) {
      at = putVarint(bytes, at, valueLength);
      copyInto(bytes, at, value, valueStart, valueEnd);
      at += valueLength;
    } else {
      assert(valueLength === 0, 'a deletion has no value');
    }
    assert(at < bytes.length, 'B1: a commit is no larger than it said when it began');
    this.valueStart = at - valueLength;
    this.length = at;
  }

  /** Adds bytes that are no commits and count as `operationCount` operations: a version edit, for one. */
  payload(source: Uint8Array, operationCount: number): void {
    this.reserve(source.length);
    copyInto(this.bytes, this.length, source, 0, source.length);
    this.length += source.length;
    this.#operationCount += operationCount;
  }

  /**
   * Completes the frame in `bytes[0, n)` and returns n (B4). Without operations it is a durable mark, and
   * `firstSequence` is that of the next operation.
   */
  seal(stamp: FrameStamp): number {
    const isEmpty = this.length === FRAME_HEADER_SIZE_BYTES;
    assert(
      isEmpty === (this.#operationCount === 0),
      'frame-format/durable-mark: a payload has operations',
    );
    assert(
      stamp.durableSequence < stamp.firstSequence,
      'frame-format/durable-below-first: durable is below first',
    );
    const length = this.length + 1;
    sealFrame(
      this.bytes,
      length,
      stamp.fileNumber,
      this.#operationCount,
      stamp.firstSequence,
      stamp.durableSequence,
    );
    return length;
  }

  #grow(needed: number): void {
    if (needed > FRAME_SIZE_BYTES_MAX) {
      throw new InvalidArgumentError(
        `Writes are too large for one log frame: size=${needed} max=${FRAME_SIZE_BYTES_MAX}`,
      );
    }
    const capacity = Math.min(FRAME_SIZE_BYTES_MAX, Math.max(needed, this.bytes.length * 2));
    const grown = new Uint8Array(capacity);
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown; // B2
  }
}
