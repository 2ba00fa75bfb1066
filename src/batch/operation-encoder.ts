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

/** Where an encoded operation lies: its key is `bytes[keyStart, keyEnd)`, and its value or end `bytes[valueStart, valueEnd)`. */
export interface OperationPlace {
  type: ValueType;
  bytes: Uint8Array;
  keyStart: number;
  keyEnd: number;
  valueStart: number;
  valueEnd: number;
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

  /** Writes the operation at `bytes[offset...]`, which has `operationSizeBytes` of room. Fills `place`, if it is given. */
  put(
    bytes: Uint8Array,
    offset: number,
    type: ValueType,
    key: ByteSlice,
    second: ByteSlice,
    place?: OperationPlace,
  ): void {
    const keyLength = key.end - key.start;
    let at = offset;
    bytes[at++] = type;
    const keyStart = putVarint(bytes, at, keyLength);
    const keyEnd = keyStart + keyLength;
    this.#keyCopier.copy(bytes, keyStart, key.bytes, key.start, key.end);
    let valueStart = keyEnd;
    let valueEnd = keyEnd;
    if (hasSecondBytes(type)) {
      const valueLength = second.end - second.start;
      valueStart = putVarint(bytes, keyEnd, valueLength);
      valueEnd = valueStart + valueLength;
      this.#valueCopier.copy(bytes, valueStart, second.bytes, second.start, second.end);
    }
    if (place === undefined) return;
    place.type = type;
    place.bytes = bytes;
    place.keyStart = keyStart;
    place.keyEnd = keyEnd;
    place.valueStart = valueStart;
    place.valueEnd = valueEnd;
  }
}
