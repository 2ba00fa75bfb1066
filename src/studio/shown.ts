/**
 * Keys and values as the page gets them.
 *
 * Owns: the form of bytes in JSON: text by the encoding of the keyspace where they are of it, hexadecimal otherwise; and
 * how much of them is sent.
 *
 * Suspension: every function here is synchronous.
 */
import { isUtf8 } from 'node:buffer';
import { types } from 'node:util';

import type { TupleElement } from '../bytes/tuple.ts';
import { bufferOf } from '../bytes/bytes.ts';
import { UsageError } from '../programs/outcome.ts';
import type { TextForm } from '../text/text-form.ts';
import { elementsToJson, tupleToJson } from '../text/tuple-form.ts';

export interface Shown {
  readonly text: string;
  /** What `text` is. */
  readonly form: TextForm;
  /** Bytes of the whole. */
  readonly sizeBytes: number;
  /** True when `text` is only the beginning. */
  readonly isCut: boolean;
}

/** A character of UTF-8 has at most four bytes. */
const CHARACTER_SIZE_BYTES_MAX = 4;

/** At most `sizeBytesMax` bytes of it. */
export function shownBytes(bytes: Uint8Array, form: TextForm, sizeBytesMax: number): Shown {
  const sizeBytes = bytes.length;
  if (form === 'tuple') {
    const elements = tupleToJson(bytes);
    if (elements !== undefined) return shownText(JSON.stringify(elements), form, sizeBytesMax);
  }
  const isCut = sizeBytes > sizeBytesMax;
  const part = isCut ? bytes.subarray(0, sizeBytesMax) : bytes;
  if (form === 'utf8' || form === 'json') {
    const whole = isCut ? wholeCharacters(part) : part;
    if (isUtf8(whole)) return { text: bufferOf(whole).toString('utf8'), form, sizeBytes, isCut };
  }
  return { text: bufferOf(part).toString('hex'), form: 'hex', sizeBytes, isCut };
}

function shownText(text: string, form: TextForm, lengthMax: number): Shown {
  const sizeBytes = Buffer.byteLength(text);
  const isCut = text.length > lengthMax;
  return { text: isCut ? text.slice(0, lengthMax) : text, form, sizeBytes, isCut };
}

/** Without the beginning of a character whose end was cut off. */
function wholeCharacters(part: Uint8Array): Uint8Array {
  for (let count = 1; count <= CHARACTER_SIZE_BYTES_MAX && count <= part.length; count++) {
    const byte = part[part.length - count]!; // within
    if (byte < 0x80) return part;
    if (byte >= 0xc0) return part.subarray(0, part.length - count);
  }
  return part;
}

/** What a stream of changes has decoded already. */
export function shownValue(value: unknown, lengthMax: number): Shown {
  if (value instanceof Uint8Array) return shownBytes(value, 'utf8', lengthMax);
  if (typeof value === 'string') return shownText(value, 'utf8', lengthMax);
  if (Array.isArray(value) && isTuple(value)) {
    return shownText(JSON.stringify(elementsToJson(value)), 'tuple', lengthMax);
  }
  return shownText(JSON.stringify(value) ?? String(value), 'json', lengthMax);
}

/** An array of JSON reads the same as the tuple of its elements, unless an object is in it. */
function isTuple(value: readonly unknown[]): value is readonly TupleElement[] {
  return value.every(
    (each) =>
      typeof each !== 'object' ||
      each === null ||
      each instanceof Uint8Array ||
      types.isDate(each) ||
      (Array.isArray(each) && isTuple(each)),
  );
}

/** Bytes as a part of an address. */
export function idOf(bytes: Uint8Array): string {
  return bufferOf(bytes).toString('base64url');
}

/** Throws UsageError for what `idOf` has not made. */
export function bytesOfId(id: string): Uint8Array {
  const bytes = Buffer.from(id, 'base64url');
  if (bytes.toString('base64url') !== id) throw new UsageError('Not the id of a key');
  return bytes;
}
