/**
 * Keys and values as text: how the command reads them from its arguments and prints them.
 *
 * Owns: the forms, and the rule that nothing is lost. Bytes that are no UTF-8 are printed as they are, and in JSON, which
 * cannot hold them, become `{ "base64": "..." }`. Malformed hex or base64 is refused, where Buffer.from would cut it
 * short.
 *
 * The catalog of keyspaces says what keys and values are: keys of the encoding `tuple` are arrays of JSON, values of
 * `json` and `tuple` are JSON. All else is text. Bytes that are not what the catalog says were written through a handle
 * of bytes: they become `{ "base64": "..." }` too.
 */
import { isUtf8 } from 'node:buffer';

import { unreachable } from '../base/assert.ts';
import { describe } from '../base/describe.ts';
import { bufferOf } from '../bytes/bytes.ts';
import { UsageError } from '../programs/outcome.ts';
import { safeJson } from './terminal-text.ts';
import { parseJson, parseTuple, tupleToJson } from './tuple-form.ts';

/** Forms that need no catalog. */
export type BytesForm = 'utf8' | 'hex' | 'base64';
export type TextForm = BytesForm | 'json' | 'tuple';

/** How the keys and the values of a keyspace are written. */
export interface Forms {
  readonly key: TextForm;
  readonly value: TextForm;
}

/** What a catalog records of a keyspace. */
export interface RecordedNames {
  readonly keyEncoding: string | undefined;
  readonly valueEncoding: string | undefined;
}

/** The forms of a keyspace: what was asked for, and by the encodings that are recorded otherwise. */
export function formsIn({ keyEncoding, valueEncoding }: RecordedNames, asked: BytesForm): Forms {
  if (asked !== 'utf8') return { key: asked, value: asked };
  const value = valueEncoding === 'json' || valueEncoding === 'tuple' ? valueEncoding : asked;
  return { key: keyEncoding === 'tuple' ? keyEncoding : asked, value };
}

const HEX = /^([0-9a-f]{2})*$/i;
const BASE64 = /^[A-Za-z0-9+/_-]*={0,2}$/;

/** Throws UsageError when `text` is not of this form. */
export function parseBytes(text: string, form: TextForm): Uint8Array {
  if (form === 'utf8') return Buffer.from(text, 'utf8');
  if (form === 'tuple') return parseTuple(text);
  if (form === 'json') {
    return Buffer.from(JSON.stringify(parseJson(text, `JSON, such as '{"a": 1}'`)), 'utf8');
  }
  if (form === 'hex') {
    if (!HEX.test(text)) throw new UsageError(`Not hexadecimal: '${text}'`);
    return Buffer.from(text, 'hex');
  }
  const bytes = Buffer.from(text, 'base64');
  const unpadded = text.replace(/=+$/, '').replaceAll('-', '+').replaceAll('_', '/');
  const isWhole = bytes.toString('base64').replace(/=+$/, '') === unpadded;
  if (!BASE64.test(text) || !isWhole) throw new UsageError(`Not base64: '${text}'`);
  return bytes;
}

/** As `parseBytes`, of standard input, which is JSON or byte for byte. */
export function bytesFromInput(input: Uint8Array, form: TextForm): Uint8Array {
  if (form !== 'json' && form !== 'tuple') return input;
  if (!isUtf8(input)) throw new UsageError(`Expected JSON, in UTF-8: found=${describe(input)}`);
  return parseBytes(bufferOf(input).toString('utf8'), form);
}

/**
 * The printed form: in a pipe, for `utf8` and `json`, the bytes themselves, whether they are UTF-8 or not. `onTerminal`
 * makes text of them that a terminal only shows.
 */
export function bytesToPrint(
  bytes: Uint8Array,
  form: TextForm,
  onTerminal?: (text: string) => string,
): Uint8Array {
  if (form === 'tuple') return Buffer.from(safeJson(bytesToJson(bytes, form)), 'utf8');
  if (form === 'hex' || form === 'base64') {
    return Buffer.from(bufferOf(bytes).toString(form), 'latin1');
  }
  if (onTerminal === undefined) return bytes;
  return Buffer.from(onTerminal(bufferOf(bytes).toString('utf8')), 'utf8');
}

/** A value for JSON.stringify. */
export function bytesToJson(bytes: Uint8Array, form: TextForm): unknown {
  switch (form) {
    case 'hex':
    case 'base64':
      return bufferOf(bytes).toString(form);
    case 'utf8':
      return isUtf8(bytes) ? bufferOf(bytes).toString('utf8') : base64Of(bytes);
    case 'json':
      return jsonIn(bytes);
    case 'tuple':
      return tupleToJson(bytes) ?? base64Of(bytes);
    default:
      return unreachable(form);
  }
}

function jsonIn(bytes: Uint8Array): unknown {
  if (!isUtf8(bytes)) return base64Of(bytes);
  try {
    return JSON.parse(bufferOf(bytes).toString('utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) return base64Of(bytes);
    throw error;
  }
}

function base64Of(bytes: Uint8Array): { base64: string } {
  return { base64: bufferOf(bytes).toString('base64') };
}
