/**
 * Where a frame is put together.
 *
 * Owns: one growing buffer with room for a frame's header at its start, and the commits or edits behind it.
 *
 * Layout of the payload of a WAL frame: docs/formats/batch.md.
 *
 * Invariants:
 *   frame-builder/room-for-the-end-mark: `bytes[FRAME_HEADER_SIZE_BYTES, length)` is the payload so far. There is
 *       always room for one byte after it, the end mark.
 *   frame-builder/growing-replaces: growing replaces `bytes` and keeps its content: read `bytes` again after each call
 *       that may grow.
 *   frame-builder/whole-or-nothing: a call that throws leaves the builder as it was.
 *   frame-builder/sealed-again: `seal` changes no field: a frame whose append failed may be sealed again, for another
 *       log too.
 *
 * Suspension: every method is synchronous and keeps no reference to its arguments.
 */
import { assert } from '../base/assert.ts';
import type { CommitBatch } from '../batch/commit-batch.ts';
import {
  type OneOperation,
  OperationEncoder,
  type OperationPlace,
  operationSizeBytes,
} from '../batch/operation-encoder.ts';
import { copyInto } from '../bytes/bytes.ts';
import { WordCopier } from '../bytes/word-copier.ts';
import { InvalidArgumentError } from '../base/errors.ts';
import { WALL_MS_MAX } from './frame-clock.ts';
import {
  FRAME_HEADER_SIZE_BYTES,
  FRAME_SIZE_BYTES_MAX,
  type FrameStamp,
  sealFrame,
} from './frame-format.ts';

const CAPACITY_BYTES_INITIAL = 64 * 1024;
/** The copier holds on to no larger batch. */
const SOURCE_SIZE_BYTES_MAX = 64 * 1024;
/** A buffer that one huge commit made is let go at the next reset. */
const CAPACITY_BYTES_KEPT_MAX = 8 * 1024 * 1024;

export class FrameBuilder {
  /** Replaced when it grows (frame-builder/growing-replaces). */
  bytes: Uint8Array = new Uint8Array(CAPACITY_BYTES_INITIAL);
  /** Where the payload ends. Written here, and by an encoder that writes in place after `reserve`. */
  length: number = FRAME_HEADER_SIZE_BYTES;
  /** The time that it was sealed with last. */
  wallMs = 0;

  #operationCount = 0;
  readonly #copier = new WordCopier(SOURCE_SIZE_BYTES_MAX);
  readonly #encoder = new OperationEncoder();

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
    const needed = this.length + size + 1; // frame-builder/room-for-the-end-mark
    if (needed > this.bytes.length) this.#grow(needed);
  }

  /** Adds a commit and returns where it begins in `bytes`. Where there is no memory for it, nothing of it is there. */
  append(batch: CommitBatch): number {
    assert(batch.operationCount > 0, 'a commit has operations');
    const batchStart = batch.seal();
    const sizeBytes = batch.end - batchStart;
    this.reserve(sizeBytes);
    const start = this.length;
    this.#copier.copy(this.bytes, start, batch.bytes, batchStart, batch.end);
    this.length = start + sizeBytes;
    this.#operationCount += batch.operationCount;
    return start;
  }

  /** Adds a commit of one operation, as `append` does. */
  appendOne({ type, key, value }: OneOperation, place: OperationPlace): void {
    const valueLength = value.end - value.start;
    const sizeBytes = 1 + operationSizeBytes(type, key.end - key.start, valueLength);
    this.reserve(sizeBytes);
    const start = this.length;
    this.bytes[start] = 1; // the count, a varint of one byte
    this.#encoder.put(this.bytes, start + 1, type, key, value, place);
    this.length = start + sizeBytes;
    this.#operationCount++;
  }

  /** Adds bytes that are no commits and count as `operationCount` operations: a version edit, for one. */
  payload(source: Uint8Array, operationCount: number): void {
    this.reserve(source.length);
    copyInto(this.bytes, this.length, source, 0, source.length);
    this.length += source.length;
    this.#operationCount += operationCount;
  }

  /**
   * Completes the frame in `bytes[0, n)` and returns n (frame-builder/sealed-again). Without operations it is a
   * durable mark, and `firstSequence` is that of the next operation.
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
    assert(stamp.wallMs <= WALL_MS_MAX, 'frame-clock/fits-the-field: a time has 48 bits');
    const length = this.length + 1;
    this.wallMs = stamp.wallMs;
    sealFrame(this.bytes, length, this.#operationCount, stamp);
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
    this.bytes = grown; // frame-builder/growing-replaces
  }
}
