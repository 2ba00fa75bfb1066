/**
 * Tuples as JSON: how the command reads the keys of a keyspace whose encoding is `tuple`, and prints them.
 *
 * Owns: the form of the elements that JSON lacks. Each is an object with one property, which no element is otherwise:
 *
 *      bytes                   {"bytes":"00ff"}                         hexadecimal
 *      a date                  {"date":"2026-01-31T12:00:00.000Z"}      in UTC; read without milliseconds or time too
 *      a bigint                {"bigint":"-18446744073709551616"}
 *      Infinity, -Infinity     {"number":"Infinity"}
 *
 * Invariants:
 *   tuple-form/back: the JSON of a tuple is read as that tuple again.
 *
 * Suspension: every function here is synchronous.
 */
import { types } from 'node:util';

import { describe } from '../base/describe.ts';
import { InvalidArgumentError } from '../base/errors.ts';
import { bufferOf } from '../bytes/bytes.ts';
import { decodeTuple, NESTING_MAX, type TupleElement, TupleEncoder } from '../bytes/tuple.ts';
import { UsageError } from '../programs/outcome.ts';

/** Digits of a bigint of the largest size, and its sign. More are refused before they are computed. */
const BIGINT_LENGTH_MAX = 620;

const INTEGER = /^-?[0-9]+$/;
const HEX = /^([0-9a-f]{2})*$/i;
/** A day, or a moment with seconds. The groups: the day, the seconds, the milliseconds. */
const DATE = /^((?:\d{4}|[+-]\d{6})-\d\d-\d\d)(?:T(\d\d:\d\d:\d\d)(\.\d{3})?Z)?$/;

const EXPECTED = `a JSON array, such as '["alice", 17]'`;

/** The bytes of the tuple that `text` writes as JSON. Throws UsageError for any other text. */
export function parseTuple(text: string): Uint8Array {
  const given = parseJson(text, EXPECTED);
  if (!Array.isArray(given)) throw new UsageError(`Expected ${EXPECTED}: found=${describe(text)}`);
  try {
    return new TupleEncoder().encode(given.map((each) => elementOf(each, 1)));
  } catch (error) {
    if (error instanceof InvalidArgumentError) throw new UsageError(error.message);
    throw error;
  }
}

/** Throws UsageError, which names what is expected, for text that is no JSON. */
export function parseJson(text: string, expected: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new UsageError(`Expected ${expected}: found=${describe(text)}`);
  }
}

/** The array that a tuple is in JSON; undefined for bytes that are no tuple. */
export function tupleToJson(bytes: Uint8Array): unknown[] | undefined {
  try {
    return elementsToJson(decodeTuple(bytes, 0, bytes.length));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** The same of decoded elements. An array of JSON is left as it is. */
export function elementsToJson(elements: readonly TupleElement[]): unknown[] {
  return elements.map(jsonOf);
}

function jsonOf(element: TupleElement): unknown {
  if (Array.isArray(element)) return element.map(jsonOf);
  if (element instanceof Uint8Array) return { bytes: bufferOf(element).toString('hex') };
  if (types.isDate(element)) return { date: element.toISOString() };
  if (typeof element === 'bigint') return { bigint: String(element) };
  if (typeof element === 'number' && !Number.isFinite(element)) return { number: String(element) };
  return element;
}

function elementOf(given: unknown, depth: number): TupleElement {
  if (Array.isArray(given)) {
    if (depth > NESTING_MAX) {
      throw new UsageError(`Expected arrays within arrays up to a depth of ${NESTING_MAX}`);
    }
    return given.map((each) => elementOf(each, depth + 1));
  }
  // Written with more digits than a number has, such as 1e999.
  if (typeof given === 'number' && !Number.isFinite(given)) throw refused(given);
  if (typeof given !== 'object' || given === null) return given as TupleElement;
  const [[name, text] = [], second] = Object.entries(given);
  if (second !== undefined || typeof text !== 'string') throw refused(given);
  const element = namedElement(name, text);
  if (element === undefined) throw refused(given);
  return element;
}

/** Undefined for what is none. */
function namedElement(name: string | undefined, text: string): TupleElement | undefined {
  switch (name) {
    case 'bytes':
      return HEX.test(text) ? Buffer.from(text, 'hex') : undefined;
    case 'date':
      return dateOf(text);
    case 'bigint':
      return INTEGER.test(text) && text.length <= BIGINT_LENGTH_MAX ? BigInt(text) : undefined;
    case 'number':
      return text === 'Infinity' || text === '-Infinity' ? Number(text) : undefined;
    default:
      return undefined;
  }
}

/** Undefined for a day that the calendar lacks: the language would take the 31st of April as the first of May. */
function dateOf(text: string): Date | undefined {
  const [, day, seconds = '00:00:00', milliseconds = '.000'] = DATE.exec(text) ?? [];
  if (day === undefined) return undefined;
  const whole = `${day}T${seconds}${milliseconds}Z`;
  const date = new Date(whole);
  return !Number.isNaN(date.getTime()) && date.toISOString() === whole ? date : undefined;
}

function refused(given: unknown): UsageError {
  const found = typeof given === 'number' ? String(given) : JSON.stringify(given);
  return new UsageError(
    'Expected an element of a key: null, a boolean, a number, text, an array, {"bytes":"00ff"}, ' +
      '{"date":"2026-01-31T12:00:00Z"}, {"bigint":"1"} or {"number":"Infinity"}: ' +
      `found=${describe(found)}`,
  );
}
