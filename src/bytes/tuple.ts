/**
 * Tuples as bytes, in an order that is that of their elements.
 *
 * Owns: the `tuple` encoding: its codes, the order of types, and the rules for what has no place in that order.
 *
 * The order: null < bytes < text < arrays < numbers and bigints < false < true < dates. Within a type: bytes as unsigned
 * bytes, text by code point, arrays element by element, numbers and bigints together by value, dates by time. A tuple
 * comes before its extensions.
 *
 * Layout. It follows FoundationDB's tuple layer (github.com/apple/foundationdb, design/tuple.md) but for numbers and dates
 * (normative text and worked examples in docs/formats/tuple.md):
 *
 *      null      00                              inside of an array: 00 ff
 *      bytes     01 | bytes, 00 as 00 ff | 00
 *      text      02 | UTF-8, 00 as 00 ff | 00
 *      array     05 | elements | 00
 *      number    sign and size of the integer part (09 to 1e) | integer part, big-endian | kind (1) | fraction
 *      false     26
 *      true      27
 *      date      30 | milliseconds since 1970, as a number
 *
 *      size      14 + n: an integer part of n bytes, 0 to 8     13 - n: the same of a negative number
 *                1d | n, 0a | ff - n: of 9 to 255 bytes         1e, 09: Infinity, -Infinity, and nothing behind
 *      kind      00: a number without fraction   01: a bigint   02: a number with a fraction, 8 bytes, as a double
 *
 * What follows the size of a negative number is complemented, so that a greater magnitude comes first.
 *
 * Invariants:
 *   tuple/order: the bytes of two tuples have the order of the tuples.
 *   tuple/back: decoding gives the encoded tuple again. Three things change: -0 comes back as 0, a subclass of
 *       Uint8Array as a Uint8Array, a subclass of Date as a Date.
 *   tuple/prefix: the tuples that begin with the elements of one are exactly those from its bytes up to, and without, its
 *       bytes and ff. The bytes alone are a prefix of others too: those of ['a'] begin ['a\0b'], behind which an ff
 *       follows. No element begins with an ff.
 *   tuple/refuses: the encoder refuses values without a place in the order: undefined, NaN, an invalid date, text with a
 *       lone surrogate, and every other type.
 *
 * Suspension: every function here is synchronous. Reading an element of an array may run code of the caller's.
 */
import { TextDecoder, types } from 'node:util';
import { byteCountOf, isArray, isBytes, isGone, timeOf } from '../base/caller-value.ts';
import { describe } from '../base/describe.ts';
import { InvalidArgumentError } from '../base/errors.ts';

/** What a tuple may hold. */
export type TupleElement =
  null | boolean | number | bigint | string | Uint8Array | Date | readonly TupleElement[];

/** A key of several elements, ordered element by element. */
export type Tuple = readonly TupleElement[];

// Persisted. Never renumber; append only.
const NULL = 0x00;
const BYTES = 0x01;
const TEXT = 0x02;
const ARRAY = 0x05;
const MINUS_INFINITY = 0x09;
const NEGATIVE_LARGE = 0x0a;
/** Minus the bytes of the integer part. */
const NEGATIVE = 0x13;
/** Plus the bytes of the integer part. */
const POSITIVE = 0x14;
const POSITIVE_LARGE = 0x1d;
const INFINITY = 0x1e;
/** Up to as many bytes of an integer part are counted by the code itself. */
const SIZE_IN_CODE_MAX = 8;
const FALSE = 0x26;
const TRUE = 0x27;
const DATE = 0x30;
const END = 0x00;
const ESCAPE = 0xff;

const KIND_INTEGER = 0;
const KIND_BIGINT = 1;
const KIND_FRACTION = 2;

/** Arrays within arrays; one more is refused, so that no recursion is too deep. */
export const NESTING_MAX = 16;
/** Bytes of the magnitude of a bigint. */
export const BIGINT_SIZE_BYTES_MAX = 255;

const SCRATCH_SIZE_BYTES = 256;
/** A pair is one character where the pattern has the flag u, and no surrogate. */
const LONE_SURROGATE = /\p{Surrogate}/u;

/** Encodes into memory that grows. It may be used again and again, but not while it runs. */
export class TupleEncoder {
  #bytes = new Uint8Array(SCRATCH_SIZE_BYTES);
  #double = new DataView(new ArrayBuffer(8));
  #length = 0;

  /** The bytes of a tuple, in memory of their own. Throws InvalidArgumentError (tuple/refuses). */
  encode(tuple: unknown): Uint8Array {
    if (!isArray(tuple)) {
      throw new InvalidArgumentError(
        `Expected an array, for the encoding 'tuple': found=${describe(tuple)}`,
      );
    }
    this.#length = 0;
    this.#elements(tuple, 0);
    return this.#bytes.slice(0, this.#length);
  }

  #elements(elements: readonly unknown[], depth: number): void {
    const { length } = elements;
    for (let i = 0; i < length; i++) this.#element(elements[i], depth);
  }

  #element(element: unknown, depth: number): void {
    switch (typeof element) {
      case 'string':
        this.#text(element);
        return;
      case 'number':
        this.#number(element);
        return;
      case 'bigint':
        this.#bigint(element);
        return;
      case 'boolean':
        this.#push(element ? TRUE : FALSE);
        return;
      case 'object':
        this.#object(element, depth);
        return;
      default:
        throw refused(element);
    }
  }

  #object(element: object | null, depth: number): void {
    if (element === null) {
      this.#push(NULL);
      if (depth > 0) this.#push(ESCAPE);
    } else if (isArray(element)) {
      if (depth === NESTING_MAX) {
        throw new InvalidArgumentError(`Tuple is nested too deeply: max=${NESTING_MAX}`);
      }
      this.#push(ARRAY);
      this.#elements(element, depth + 1);
      this.#push(END);
    } else if (isBytes(element)) {
      this.#byteString(element);
    } else if (types.isDate(element)) {
      const time = timeOf(element);
      if (Number.isNaN(time)) throw refused(element);
      this.#push(DATE);
      this.#number(time);
    } else {
      throw refused(element);
    }
  }

  #text(text: string): void {
    const { length } = text;
    this.#reserve(2 + 2 * length);
    const bytes = this.#bytes;
    let at = this.#length;
    bytes[at++] = TEXT;
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code > 0x7f) {
        this.#wideText(text);
        return;
      }
      bytes[at++] = code;
      if (code === 0) bytes[at++] = ESCAPE;
    }
    bytes[at++] = END;
    this.#length = at;
  }

  #wideText(text: string): void {
    if (LONE_SURROGATE.test(text)) throw new InvalidArgumentError('Text has a lone surrogate');
    this.#escaped(TEXT, Buffer.from(text, 'utf8'));
  }

  #byteString(given: Uint8Array): void {
    const length = byteCountOf(given);
    if (length === 0 && isGone(given)) {
      throw new InvalidArgumentError('Bytes were transferred away or lie outside of their buffer');
    }
    const bytes = new Uint8Array(length);
    bytes.set(given);
    this.#escaped(BYTES, bytes);
  }

  #escaped(code: number, source: Uint8Array): void {
    this.#reserve(2 + 2 * source.length);
    const bytes = this.#bytes;
    let at = this.#length;
    bytes[at++] = code;
    for (const byte of source) {
      bytes[at++] = byte;
      if (byte === 0) bytes[at++] = ESCAPE;
    }
    bytes[at++] = END;
    this.#length = at;
  }

  #number(value: number): void {
    if (Number.isNaN(value)) throw refused(value);
    const magnitude = Math.abs(value);
    if (magnitude === Infinity) {
      this.#push(value > 0 ? INFINITY : MINUS_INFINITY);
      return;
    }
    const integer = Math.trunc(magnitude);
    if (integer > Number.MAX_SAFE_INTEGER) {
      this.#integer(BigInt(integer), value < 0, KIND_INTEGER);
      return;
    }
    const mask = value < 0 ? 0xff : 0;
    this.#reserve(18);
    const bytes = this.#bytes;
    const size = integerSize(integer);
    let at = this.#length;
    bytes[at++] = value < 0 ? NEGATIVE - size : POSITIVE + size;
    let rest = integer;
    for (let i = at + size - 1; i >= at; i--) {
      bytes[i] = (rest & 0xff) ^ mask;
      rest = Math.floor(rest / 0x100);
    }
    at += size;
    const fraction = magnitude - integer;
    if (fraction === 0) {
      bytes[at++] = KIND_INTEGER ^ mask;
    } else {
      bytes[at++] = KIND_FRACTION ^ mask;
      this.#double.setFloat64(0, fraction);
      for (let i = 0; i < 8; i++) bytes[at++] = this.#double.getUint8(i) ^ mask;
    }
    this.#length = at;
  }

  #bigint(value: bigint): void {
    this.#integer(value < 0n ? -value : value, value < 0n, KIND_BIGINT);
  }

  /** An integer part of any size, and its kind. */
  #integer(magnitude: bigint, isNegative: boolean, kind: number): void {
    const hex = magnitude === 0n ? '' : magnitude.toString(16);
    const size = (hex.length + 1) >>> 1;
    if (size > BIGINT_SIZE_BYTES_MAX) {
      throw new InvalidArgumentError(`Bigint is too large: max=${BIGINT_SIZE_BYTES_MAX} bytes`);
    }
    const mask = isNegative ? 0xff : 0;
    this.#reserve(size + 3);
    const bytes = this.#bytes;
    let at = this.#length;
    if (size <= SIZE_IN_CODE_MAX) {
      bytes[at++] = isNegative ? NEGATIVE - size : POSITIVE + size;
    } else {
      bytes[at++] = isNegative ? NEGATIVE_LARGE : POSITIVE_LARGE;
      bytes[at++] = size ^ mask;
    }
    const padded = hex.padStart(2 * size, '0');
    for (let i = 0; i < size; i++) {
      bytes[at++] = Number.parseInt(padded.slice(2 * i, 2 * i + 2), 16) ^ mask;
    }
    bytes[at++] = kind ^ mask;
    this.#length = at;
  }

  #push(byte: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = byte;
  }

  #reserve(size: number): void {
    const needed = this.#length + size;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, 2 * this.#bytes.length));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}

/** Bytes that an integer up to 2^53 - 1 takes; 0 for 0. */
function integerSize(value: number): number {
  let size = 0;
  for (let rest = value; rest >= 1; rest /= 0x100) size++;
  return size;
}

function refused(element: unknown): InvalidArgumentError {
  return new InvalidArgumentError(`Tuples hold no element like this: found=${describe(element)}`);
}

/** The tuple in `bytes[start, end)`. Throws SyntaxError for bytes that no encoder gives. */
export function decodeTuple(bytes: Uint8Array, start: number, end: number): TupleElement[] {
  return new TupleDecoder(bytes, start, end).decode();
}

/** Where the tuples end that begin with the elements of the encoded one (tuple/prefix). */
export function tuplePrefixEnd(encoded: Uint8Array): Uint8Array {
  const end = new Uint8Array(encoded.length + 1);
  end.set(encoded);
  end[encoded.length] = ESCAPE;
  return end;
}

class TupleDecoder {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  #at: number;

  constructor(bytes: Uint8Array, start: number, end: number) {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
  }

  decode(): TupleElement[] {
    const elements: TupleElement[] = [];
    while (this.#at < this.#end) elements.push(this.#element(this.#next(), 0));
    return elements;
  }

  #element(code: number, depth: number): TupleElement {
    if (code === TEXT) return this.#text();
    if (code >= MINUS_INFINITY && code <= INFINITY) return this.#number(code);
    switch (code) {
      case NULL:
        if (depth > 0 && this.#next() !== ESCAPE) throw malformed();
        return null;
      case BYTES:
        return this.#unescaped();
      case ARRAY:
        return this.#array(depth + 1);
      case FALSE:
        return false;
      case TRUE:
        return true;
      case DATE:
        return this.#date();
      default:
        throw malformed();
    }
  }

  #array(depth: number): TupleElement[] {
    if (depth > NESTING_MAX) throw malformed();
    const elements: TupleElement[] = [];
    for (;;) {
      const code = this.#next();
      if (code === END && this.#peek() !== ESCAPE) return elements;
      elements.push(this.#element(code, depth));
    }
  }

  #date(): Date {
    const time = this.#number(this.#next());
    if (typeof time !== 'number' || !Number.isInteger(time)) throw malformed();
    const date = new Date(time);
    if (Number.isNaN(date.getTime())) throw malformed();
    return date;
  }

  #text(): string {
    const bytes = this.#bytes;
    const start = this.#at;
    let text = '';
    for (let at = start; at < this.#end; at++) {
      const byte = bytes[at]!; // below end
      if (byte === END && (at + 1 === this.#end || bytes[at + 1] !== ESCAPE)) {
        this.#at = at + 1;
        return text;
      }
      if (byte > 0x7f || byte === END || at - start >= LOOP_TEXT_LENGTH_MAX) break;
      text += String.fromCharCode(byte);
    }
    return utf8(this.#unescaped());
  }

  /** Bytes up to the end mark, without their escapes; in memory of their own. */
  #unescaped(): Uint8Array {
    const bytes = this.#bytes;
    const start = this.#at;
    let at = start;
    let escapeCount = 0;
    for (; ; at++) {
      if (at >= this.#end) throw malformed();
      if (bytes[at] !== END) continue;
      if (at + 1 === this.#end || bytes[at + 1] !== ESCAPE) break;
      escapeCount++;
      at++;
    }
    this.#at = at + 1;
    const plain = new Uint8Array(at - start - escapeCount);
    for (let from = start, to = 0; from < at; from++) {
      plain[to++] = bytes[from]!; // below end
      if (bytes[from] === END) from++;
    }
    return plain;
  }

  #number(code: number): number | bigint {
    if (code === INFINITY) return Infinity;
    if (code === MINUS_INFINITY) return -Infinity;
    const isNegative = code < POSITIVE;
    const mask = isNegative ? 0xff : 0;
    let size = isNegative ? NEGATIVE - code : code - POSITIVE;
    if (size > SIZE_IN_CODE_MAX) {
      size = this.#next() ^ mask;
      if (size <= SIZE_IN_CODE_MAX) throw malformed();
    }
    const start = this.#at;
    this.#at += size;
    const kind = this.#next() ^ mask; // refuses a part that is cut short
    if (size > 0 && (this.#bytes[start]! ^ mask) === 0) throw malformed(); // one form each
    if (kind === KIND_BIGINT) {
      const magnitude = this.#bigint(start, size, mask);
      if (isNegative && magnitude === 0n) throw malformed();
      return isNegative ? -magnitude : magnitude;
    }
    const integer = this.#integer(start, size, mask);
    const fraction = kind === KIND_FRACTION ? this.#fraction(mask) : 0;
    if (kind > KIND_FRACTION || (isNegative && integer === 0 && fraction === 0)) throw malformed();
    const magnitude = integer + fraction;
    if (magnitude - integer !== fraction) throw malformed(); // more digits than a double has
    return isNegative ? -magnitude : magnitude;
  }

  #integer(start: number, size: number, mask: number): number {
    if (size >= 7) {
      const exact = this.#bigint(start, size, mask);
      const value = Number(exact);
      if (value === Infinity || BigInt(value) !== exact) throw malformed();
      return value;
    }
    let value = 0;
    for (let i = 0; i < size; i++) value = value * 0x100 + (this.#bytes[start + i]! ^ mask); // read before
    return value;
  }

  #bigint(start: number, size: number, mask: number): bigint {
    let hex = '0x0';
    for (let i = start; i < start + size; i++) {
      hex += (this.#bytes[i]! ^ mask).toString(16).padStart(2, '0'); // read before
    }
    return BigInt(hex);
  }

  #fraction(mask: number): number {
    const view = new DataView(new ArrayBuffer(8));
    for (let i = 0; i < 8; i++) view.setUint8(i, this.#next() ^ mask);
    const fraction = view.getFloat64(0);
    if (!(fraction > 0 && fraction < 1)) throw malformed();
    return fraction;
  }

  #next(): number {
    if (this.#at >= this.#end) throw malformed();
    return this.#bytes[this.#at++]!; // below end
  }

  #peek(): number | undefined {
    return this.#at < this.#end ? this.#bytes[this.#at] : undefined;
  }
}

/** A loop takes less than a call into the runtime for as many characters. */
const LOOP_TEXT_LENGTH_MAX = 24;

/** Bytes that are no UTF-8 are malformed. */
function utf8(bytes: Uint8Array): string {
  try {
    return UTF8.decode(bytes);
  } catch {
    throw malformed();
  }
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function malformed(): SyntaxError {
  return new SyntaxError('Bytes are no tuple');
}
