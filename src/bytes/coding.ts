/**
 * Integers in files.
 *
 * Owns: little-endian fixed-width integers and LEB128 varints; ByteWriter, which grows, and ByteReader, which checks
 * every bound. Varints hold 0 .. 2^53 - 1 in at most eight bytes (53 bits need eight groups of seven). `putVarint` and
 * `varintAt` are their only encoder and decoder.
 *
 * Decoders never read outside the range they were given: a bad length ends in CorruptionError, not in other data.
 */
import { assert } from '../base/assert.ts';
import { copyInto, copyRange, viewOf } from './bytes.ts';
import { CorruptionError } from '../base/errors.ts';

export const VARINT_SIZE_BYTES_MAX = 8;

export function varintLength(value: number): number {
  let length = 1;
  let rest = value;
  while (rest >= 0x80) {
    rest = Math.floor(rest / 0x80);
    length++;
  }
  return length;
}

/** Writes `value` at `offset` and returns the offset after it. The caller has room for VARINT_SIZE_BYTES_MAX. */
export function putVarint(target: Uint8Array, offset: number, value: number): number {
  let rest = value;
  while (rest > 0x7fffffff) {
    target[offset++] = (rest % 0x80) | 0x80;
    rest = Math.floor(rest / 0x80);
  }
  while (rest >= 0x80) {
    target[offset++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  target[offset++] = rest;
  return offset;
}

/** Answers of `varintAt` where there is no varint: the bytes end inside of it, or are malformed. */
export const VARINT_CUT_SHORT = -1;
export const VARINT_MALFORMED = -2;

/**
 * The varint at `offset`, or a number below zero (above) when none ends before `end`. A varint has one form, the
 * shortest, so that the next field is `varintLength` of the answer further on.
 */
export function varintAt(bytes: Uint8Array, offset: number, end: number): number {
  let value = 0;
  let scale = 1;
  for (let i = 0; i < VARINT_SIZE_BYTES_MAX; i++) {
    if (offset + i >= end) return VARINT_CUT_SHORT;
    const byte = bytes[offset + i]!; // below end, which is at most bytes.length
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) {
      const isShortest = byte !== 0 || i === 0;
      return isShortest && value <= Number.MAX_SAFE_INTEGER ? value : VARINT_MALFORMED;
    }
    scale *= 0x80;
  }
  return VARINT_MALFORMED;
}

export function putUint32(target: Uint8Array, offset: number, value: number): void {
  target[offset] = value;
  target[offset + 1] = value >>> 8;
  target[offset + 2] = value >>> 16;
  target[offset + 3] = value >>> 24;
}

export function getUint32(source: Uint8Array, offset: number): number {
  return (
    (source[offset]! |
      (source[offset + 1]! << 8) |
      (source[offset + 2]! << 16) |
      (source[offset + 3]! << 24)) >>>
    0
  ); // callers have checked offset + 4 <= source.length
}

/** Eight bytes; values up to 2^53 - 1. */
export function putUint64(target: Uint8Array, offset: number, value: number): void {
  putUint32(target, offset, value >>> 0);
  putUint32(target, offset + 4, Math.floor(value / 2 ** 32));
}

/** May exceed 2^53 - 1 when the bytes are damaged: callers check the range of what they read. */
export function getUint64(source: Uint8Array, offset: number): number {
  return getUint32(source, offset) + getUint32(source, offset + 4) * 2 ** 32;
}

/** A growing buffer. `bytes()` is a view that the next write may invalidate; `finish()` is the caller's. */
export class ByteWriter {
  #bytes: Uint8Array;
  #length = 0;

  constructor(capacity = 256) {
    this.#bytes = new Uint8Array(capacity);
  }

  get length(): number {
    return this.#length;
  }

  uint8(value: number): this {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
    return this;
  }

  uint32(value: number): this {
    this.#reserve(4);
    putUint32(this.#bytes, this.#length, value);
    this.#length += 4;
    return this;
  }

  uint64(value: number): this {
    this.#reserve(8);
    putUint64(this.#bytes, this.#length, value);
    this.#length += 8;
    return this;
  }

  varint(value: number): this {
    assert(Number.isSafeInteger(value) && value >= 0, 'varint out of range');
    this.#reserve(VARINT_SIZE_BYTES_MAX);
    this.#length = putVarint(this.#bytes, this.#length, value);
    return this;
  }

  raw(source: Uint8Array, start = 0, end: number = source.length): this {
    this.#reserve(end - start);
    copyInto(this.#bytes, this.#length, source, start, end);
    this.#length += end - start;
    return this;
  }

  /** A varint length and the bytes. */
  lengthPrefixed(source: Uint8Array): this {
    return this.varint(source.length).raw(source);
  }

  text(value: string): this {
    return this.lengthPrefixed(Buffer.from(value, 'utf8'));
  }

  reset(): void {
    this.#length = 0;
  }

  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  finish(): Uint8Array {
    return copyRange(this.#bytes, 0, this.#length);
  }

  #reserve(count: number): void {
    const needed = this.#length + count;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}

/** Reads what ByteWriter wrote. Every method throws CorruptionError instead of leaving `[start, end)`. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #end: number;
  #offset: number;

  constructor(bytes: Uint8Array, start = 0, end: number = bytes.length) {
    this.#bytes = bytes;
    this.#view = viewOf(bytes);
    this.#offset = start;
    this.#end = end;
  }

  get offset(): number {
    return this.#offset;
  }

  get remaining(): number {
    return this.#end - this.#offset;
  }

  uint8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  uint32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  uint64(): number {
    const value = getUint64(this.#bytes, this.#take(8));
    if (!Number.isSafeInteger(value)) throw new CorruptionError('Integer out of range');
    return value;
  }

  varint(): number {
    const value = varintAt(this.#bytes, this.#offset, this.#end);
    if (value === VARINT_CUT_SHORT) throw new CorruptionError('Unexpected end of data');
    if (value === VARINT_MALFORMED) throw new CorruptionError('Malformed varint');
    this.#offset += varintLength(value);
    return value;
  }

  /** A view of the next `length` bytes. */
  raw(length: number): Uint8Array {
    const start = this.#take(length);
    return this.#bytes.subarray(start, start + length);
  }

  /** A view of the bytes after a varint length. */
  lengthPrefixed(): Uint8Array {
    return this.raw(this.varint());
  }

  text(): string {
    return Buffer.from(this.lengthPrefixed()).toString('utf8');
  }

  #take(count: number): number {
    const start = this.#offset;
    if (count > this.#end - start) throw new CorruptionError('Unexpected end of data');
    this.#offset = start + count;
    return start;
  }
}
