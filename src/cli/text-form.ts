/**
 * Keys and values as text: how the command reads them from its arguments and prints them.
 *
 * Owns: the three forms, and the rule that nothing is lost. Bytes that are no UTF-8 are printed as they are, and in
 * JSON, which cannot hold them, become `{ "base64": "..." }`. Malformed hex or base64 is refused, where Buffer.from
 * would cut it short.
 */
import { isUtf8 } from 'node:buffer';

import { bufferOf } from '../bytes/bytes.ts';
import { UsageError } from '../programs/outcome.ts';

export type TextForm = 'utf8' | 'hex' | 'base64';

const HEX = /^([0-9a-f]{2})*$/i;
const BASE64 = /^[A-Za-z0-9+/_-]*={0,2}$/;

/** Throws UsageError when `text` is not of this form. */
export function parseBytes(text: string, form: TextForm): Uint8Array {
  if (form === 'utf8') return Buffer.from(text, 'utf8');
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

/**
 * The printed form: in a pipe, for `utf8`, the bytes themselves, whether they are UTF-8 or not. `onTerminal` makes
 * text of them that a terminal only shows.
 */
export function bytesToPrint(
  bytes: Uint8Array,
  form: TextForm,
  onTerminal?: (text: string) => string,
): Uint8Array {
  if (form !== 'utf8') return Buffer.from(bufferOf(bytes).toString(form), 'latin1');
  if (onTerminal === undefined) return bytes;
  return Buffer.from(onTerminal(bufferOf(bytes).toString('utf8')), 'utf8');
}

export function bytesToJson(bytes: Uint8Array, form: TextForm): string | { base64: string } {
  if (form !== 'utf8') return bufferOf(bytes).toString(form);
  return isUtf8(bytes)
    ? bufferOf(bytes).toString('utf8')
    : { base64: bufferOf(bytes).toString('base64') };
}
