/**
 * The encoder of an operation, as a commit holds it.
 *
 * Owns: the bytes of one operation (docs/formats/batch.md), and the copies of keys and values into them. BatchReader reads
 * them back.
 *
 * Suspension: every method is synchronous and keeps no reference to what it is given, but for arrays of up to 64 KiB that
 * bytes were copied from.
 */
import type { ByteSlice } from '../bytes/bytes.ts';
import { putVarint, varintLength } from '../bytes/coding.ts';
import { WordCopier } from '../bytes/word-copier.ts';
import { hasSecondBytes, type ValueType } from '../base/value-type.ts';

/** The copiers hold on to no larger source. */
const SOURCE_SIZE_BYTES_MAX = 64 * 1024;

/** One operation. A type without second bytes has an empty value; the end of a range is the value of its deletion. */
export interface OneOperation {
  readonly type: ValueType;
  readonly key: ByteSlice;
  readonly value: ByteSlice;
}

/** Bytes of an encoded operation. `secondLength` is 0 for a type without second bytes. */
export function operationSizeBytes(
  type: ValueType,
  keyLength: number,
  secondLength: number,
): number {
  const headSizeBytes =
    1 + varintLength(keyLength) + (hasSecondBytes(type) ? varintLength(secondLength) : 0);
  return headSizeBytes + keyLength + secondLength;
}

export class OperationEncoder {
  readonly #keyCopier = new WordCopier(SOURCE_SIZE_BYTES_MAX);
  readonly #valueCopier = new WordCopier(SOURCE_SIZE_BYTES_MAX);

  /** Writes the operation at `bytes[offset...]`, which has `operationSizeBytes` of room. */
  put(bytes: Uint8Array, offset: number, type: ValueType, key: ByteSlice, second: ByteSlice): void {
    const keyLength = key.end - key.start;
    let at = offset;
    bytes[at++] = type;
    at = putVarint(bytes, at, keyLength);
    this.#keyCopier.copy(bytes, at, key.bytes, key.start, key.end);
    if (!hasSecondBytes(type)) return;
    at = putVarint(bytes, at + keyLength, second.end - second.start);
    this.#valueCopier.copy(bytes, at, second.bytes, second.start, second.end);
  }
}
