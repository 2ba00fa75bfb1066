/**
 * Property values as text.
 *
 * Owns: their form in JSON, for lines, cells and data, and that of labels. What JSON lacks is an object with one property, as the `varve` command
 * prints it: `{"bytes":"00ff"}` in hexadecimal, `{"date":"2026-01-31T12:00:00.000Z"}`, `{"bigint":"5"}`,
 * `{"number":"Infinity"}`.
 *
 * Invariants:
 *   text-values/back: a value that was written is read again as it was.
 *
 * Suspension: everything here is synchronous.
 */
import { types } from 'node:util';
import type { TupleElement } from '../index.ts';
import { type PropertyValue, shown } from './values.ts';

/** The end of a name whose values are JSON. */
export const JSON_SUFFIX = ':json';

/** Labels as one text: divided by semicolons, with a backslash before one that is part of a label. */
export function labelsText(labels: readonly string[]): string {
  return labels.map((label) => label.replaceAll(/[\\;]/g, String.raw`\$&`)).join(';');
}

/** The labels of a text. */
export function labelsOf(text: string): string[] {
  const labels = text.match(/(?:\\.|[^;\\])+/gsu) ?? [];
  return labels.map((label) => label.replaceAll(/\\(.)/gsu, '$1'));
}

/** The value as JSON can write it. */
export function toJson(value: TupleElement): unknown {
  switch (typeof value) {
    case 'bigint':
      return { bigint: String(value) };
    case 'number':
      return Number.isFinite(value) ? value : { number: String(value) };
    case 'object':
      if (value === null) return null;
      if (types.isUint8Array(value)) return { bytes: Buffer.from(value).toString('hex') };
      if (types.isDate(value)) return { date: value.toISOString() };
      return value.map(toJson);
    default:
      return value;
  }
}

/** The value of what JSON has read. Throws SyntaxError for what is none. */
export function fromJson(json: unknown): PropertyValue {
  if (json === null) throw new SyntaxError('A property has a value');
  return elementOf(json) as PropertyValue; // it is not null
}

function elementOf(json: unknown): TupleElement {
  if (typeof json !== 'object' || json === null) return json as TupleElement;
  if (Array.isArray(json)) return json.map(elementOf);
  const [entry, ...more] = Object.entries(json as Record<string, unknown>);
  if (entry === undefined || more.length > 0 || typeof entry[1] !== 'string') throw noValue(json);
  const [kind, text] = entry;
  switch (kind) {
    case 'bigint':
      return BigInt(text);
    case 'number':
      return Number(text);
    case 'date':
      return dateOf(text);
    case 'bytes':
      if (!/^([0-9a-f]{2})*$/i.test(text)) throw noValue(text);
      return new Uint8Array(Buffer.from(text, 'hex'));
    default:
      throw noValue(kind);
  }
}

function dateOf(text: string): Date {
  const date = new Date(text);
  if (Number.isNaN(date.getTime())) throw noValue(text);
  return date;
}

function noValue(found: unknown): SyntaxError {
  return new SyntaxError(`No value of a property: found=${shown(found)}`);
}

/** Pieces of text or bytes as lines, without their ends. A line that is not ended is one too. */
export async function* linesOf(source: TextSource): AsyncGenerator<string, void, void> {
  let rest = '';
  for await (const text of textOf(source)) {
    const lines = (rest + text).split('\n');
    rest = lines.pop()!; // there is one at least
    for (const line of lines) yield line.endsWith('\r') ? line.slice(0, -1) : line;
  }
  if (rest !== '') yield rest;
}

/** Text in pieces, of any size: a stream that was opened for reading, for one. */
export type TextSource = Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>;

/** Pieces as text. A character may be divided between two. */
export async function* textOf(source: TextSource): AsyncGenerator<string, void, void> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  for await (const piece of source) {
    yield typeof piece === 'string' ? piece : decoder.decode(piece, { stream: true });
  }
  yield decoder.decode();
}
