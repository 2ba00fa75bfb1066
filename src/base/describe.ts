/**
 * Any value as text.
 *
 * Owns: the text of a caller's value in a message, and the text or Error of a thrown value. A value from a caller, a
 * listener or a file may be anything: an object without prototype, a revoked proxy, a getter that throws.
 *
 * Invariants:
 *   describe/never-throws: no function here throws, and what each returns is short.
 *
 * Suspension: every function here is synchronous.
 */
import { byteCountOf, isBytes, isError, isGone } from './caller-value.ts';

const STRING_LENGTH_MAX = 40;
const TEXT_LENGTH_MAX = 2000;

/** A caller's value, short enough for a message. */
export function describe(value: unknown): string {
  try {
    return shown(value);
  } catch {
    return `${typeof value} that cannot be read`;
  }
}

function shown(value: unknown): string {
  if (typeof value === 'string') {
    const isLong = value.length > STRING_LENGTH_MAX;
    return isLong ? `'${value.slice(0, STRING_LENGTH_MAX)}...'` : `'${value}'`;
  }
  if (typeof value === 'function') return 'function';
  if (isBytes(value)) {
    return isGone(value) ? 'Uint8Array whose memory is gone' : `Uint8Array(${byteCountOf(value)})`;
  }
  if (Array.isArray(value)) return `Array(${value.length})`;
  if (typeof value !== 'object' || value === null) return clipped(String(value));
  const name: unknown = value.constructor?.name;
  return typeof name === 'string' && name !== '' ? clipped(name) : 'object';
}

/** A thrown value as `String` shows it, or as `describe` does where `String` throws. */
export function textOf(thrown: unknown): string {
  try {
    return clipped(String(thrown));
  } catch {
    return describe(thrown);
  }
}

/** The message of an Error; other things that were thrown as `textOf` shows them. */
export function messageOf(thrown: unknown): string {
  try {
    if (isError(thrown)) return clipped(String(thrown.message));
  } catch {
    // Neither its class nor its message can be had.
  }
  return textOf(thrown);
}

/**
 * The thrown value itself when it is an Error, of any realm. Otherwise an Error with its text, and the value as the
 * cause.
 */
export function asError(thrown: unknown): Error {
  if (isError(thrown)) return thrown;
  return new Error(textOf(thrown), { cause: thrown });
}

/** A promise that is rejected with what was thrown, as an Error: for a call that throws before its first wait. */
export function rejected(thrown: unknown): Promise<never> {
  return Promise.reject(asError(thrown));
}

function clipped(text: string): string {
  return text.length > TEXT_LENGTH_MAX ? `${text.slice(0, TEXT_LENGTH_MAX)}...` : text;
}
