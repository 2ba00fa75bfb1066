/**
 * How a document becomes bytes and back.
 *
 * Owns: the stored form, and what a document may hold: null, booleans, finite numbers, text, arrays and plain objects as JSON
 * has them, and dates, bytes (Uint8Array) and bigints besides.
 *
 *      1 {"id":"a","n":1}                           version of the schema, space, JSON
 *      1t {"id":"a","at":{"$date":0}}               t: with tags, for what JSON lacks
 *
 *      {"$date": milliseconds}   {"$bytes": base64}   {"$bigint": decimal}
 *
 * In a text with tags a name that begins with `$` has one more.
 *
 * Invariants:
 *   document-encoding/back: what is decoded equals what was encoded. What could not come back is refused by its path: class
 *       instances, functions, symbols, NaN and infinities, invalid dates, holes, lone surrogates. Four things change: a
 *       property that is undefined is left out, -0 comes back as 0, a Buffer as a Uint8Array, and an object with the
 *       prototype of Object.
 *
 * Suspension: everything here is synchronous.
 */
import { types } from 'node:util';
import { DocumentError, shown } from './document-error.ts';
import { hasLoneSurrogate, isPlainObject } from './values.ts';

/** Objects and arrays within each other. */
export const DEPTH_MAX = 100;
const SPACE = 0x20;
const DIGIT_ZERO = 0x30;
const DIGIT_COUNT_MAX = 15;
const TAGS_MARK = 0x74;
/** JSON escapes lone surrogates alone, and each backslash of a text. */
const MAYBE_LONE_SURROGATE = /\\ud[89a-f]/;

/** A stored document, and the version of the schema that it was written by. */
export interface StoredDocument {
  readonly version: number;
  readonly document: unknown;
}

/** Throws a DocumentError `INVALID_DOCUMENT` (document-encoding/back). */
export function encodeDocument(document: unknown, version: number): Uint8Array {
  const hasTags = needsTags(document, '', 0);
  const json = JSON.stringify(hasTags ? tagged(document) : document);
  if (MAYBE_LONE_SURROGATE.test(json)) refuseLoneSurrogates(document, '');
  return Buffer.from(`${version}${hasTags ? 't' : ''} ${json}`);
}

/** `Buffer.prototype.utf8Slice` works on any Uint8Array and needs no Buffer around it; it is not in the typings. */
const utf8Slice = Reflect.get(Buffer.prototype, 'utf8Slice') as (
  this: Uint8Array,
  start: number,
  end: number,
) => string;

/** The document in `bytes[start, end)`. Throws SyntaxError for other bytes. */
export function decodeDocument(
  bytes: Uint8Array,
  start = 0,
  end: number = bytes.length,
): StoredDocument {
  const { version, hasTags, size } = headerOf(bytes, start, end);
  const value: unknown = JSON.parse(utf8Slice.call(bytes, start + size, end));
  return { version, document: hasTags ? untagged(value) : value };
}

/** The version of the schema that a document was written by. Throws SyntaxError for other bytes. */
export function versionOf(bytes: Uint8Array): number {
  return headerOf(bytes, 0, bytes.length).version;
}

/** Reads digits, perhaps a t, and a space; runs for every document, so without a regular expression. */
function headerOf(
  bytes: Uint8Array,
  start: number,
  end: number,
): { version: number; hasTags: boolean; size: number } {
  let at = start;
  let version = 0;
  for (const last = Math.min(end, start + DIGIT_COUNT_MAX); at < last; at++) {
    const digit = bytes[at]! - DIGIT_ZERO; // at < end
    if (digit < 0 || digit > 9) break;
    version = version * 10 + digit;
  }
  const hasTags = at < end && bytes[at] === TAGS_MARK;
  const size = at - start + (hasTags ? 2 : 1);
  const isHeaded = at > start && start + size <= end && bytes[start + size - 1] === SPACE;
  if (!isHeaded) throw new SyntaxError('Bytes are no document');
  return { version, hasTags, size };
}

/** Whether a value holds what JSON lacks. Throws for what cannot come back. */
function needsTags(value: unknown, path: string, depth: number): boolean {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return false;
    case 'number':
      if (Number.isFinite(value)) return false;
      throw refused(path, 'no finite number', value);
    case 'bigint':
      return true;
    case 'object':
      return value !== null && objectNeedsTags(value, path, depth);
    default:
      throw refused(path, 'no value of a document', value);
  }
}

function objectNeedsTags(value: object, path: string, depth: number): boolean {
  if (depth > DEPTH_MAX) throw refused(path, `nested deeper than ${DEPTH_MAX}`, value);
  let found = false;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      if (needsTags(value[i], `${path}[${i}]`, depth + 1)) found = true;
    }
    return found;
  }
  if (types.isDate(value)) {
    if (Number.isNaN(value.getTime())) throw refused(path, 'no valid date', value);
    return true;
  }
  if (types.isUint8Array(value)) return true;
  if (!isPlainObject(value) || Object.getOwnPropertySymbols(value).length > 0) {
    throw refused(path, 'neither a plain object, a date nor a Uint8Array', value);
  }
  for (const name of Object.keys(value)) {
    const each = value[name];
    if (name === '__proto__') throw refused(path, 'an object with a property __proto__', value);
    if (each === undefined) continue;
    if (needsTags(each, path === '' ? name : `${path}.${name}`, depth + 1)) found = true;
  }
  return found;
}

function refused(path: string, what: string, value: unknown): DocumentError {
  return new DocumentError(
    'INVALID_DOCUMENT',
    `Document holds what could not be read back: path=${path || '(document)'} is ${what}: found=${shown(value)}`,
  );
}

function refuseLoneSurrogates(value: unknown, path: string): void {
  if (typeof value === 'string') {
    if (hasLoneSurrogate(value)) throw refused(path, 'a text with a lone surrogate', value);
  } else if (Array.isArray(value)) {
    value.forEach((each, i) => refuseLoneSurrogates(each, `${path}[${i}]`));
  } else if (isPlainObject(value)) {
    for (const [name, each] of Object.entries(value)) {
      refuseLoneSurrogates(name, path);
      refuseLoneSurrogates(each, path === '' ? name : `${path}.${name}`);
    }
  }
}

function tagged(value: unknown): unknown {
  if (typeof value === 'bigint') return { $bigint: String(value) };
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(tagged);
  if (types.isDate(value)) return { $date: value.getTime() };
  if (types.isUint8Array(value)) return { $bytes: Buffer.from(value).toString('base64') };
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [
      name.startsWith('$') ? `$${name}` : name,
      tagged(each),
    ]),
  );
}

function untagged(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(untagged);
  const object = value as Readonly<Record<string, unknown>>;
  const names = Object.keys(object);
  const [name] = names;
  if (names.length === 1 && name?.startsWith('$') === true && !name.startsWith('$$')) {
    return ofTag(name, object[name]);
  }
  return Object.fromEntries(
    names.map((each) => [each.startsWith('$') ? each.slice(1) : each, untagged(object[each])]),
  );
}

function ofTag(name: string, value: unknown): unknown {
  if (name === '$date' && typeof value === 'number') return new Date(value);
  if (name === '$bigint' && typeof value === 'string') return BigInt(value);
  if (name === '$bytes' && typeof value === 'string') {
    return Uint8Array.from(Buffer.from(value, 'base64'));
  }
  throw new SyntaxError(`Document has an unknown tag: ${name}`);
}

/** A deep copy, which later changes of the original do not reach. Throws as `encodeDocument` does. */
export function copyValue<T>(value: T): T {
  return (decodeDocument(encodeDocument({ value }, 0)).document as { value: T }).value;
}
