/**
 * Parts of connection strings.
 *
 * Owns: numbers with bounds, prefixes of keys, paths that were encoded.
 *
 * Suspension: everything here is synchronous.
 */
import { InvalidArgumentError } from '../index.ts';

export interface Bounds {
  readonly min: number;
  readonly max: number;
  /** For a parameter that is not given. */
  readonly otherwise: number;
}

/** The number that a text is. Throws InvalidArgumentError for another text, and for a number beyond the bounds. */
export function wholeNumber(
  parameter: string,
  text: string | undefined,
  { min, max, otherwise }: Bounds,
): number {
  if (text === undefined) return otherwise;
  const number = /^\d+$/.test(text) ? Number(text) : NaN;
  if (number >= min && number <= max) return number;
  throw new InvalidArgumentError(
    `Parameter ${parameter} must be a whole number from ${min} to ${max}: found=${text}`,
  );
}

const PREFIX_SIZE_BYTES_MAX = 200;

/** What keys begin with. Without a zero byte, which ends it there (row-keys.ts). Throws InvalidArgumentError. */
export function prefixBytes(what: string, prefix: unknown): Buffer {
  const bytes = typeof prefix === 'string' ? Buffer.from(prefix, 'utf8') : Buffer.alloc(0);
  const isFit = bytes.length > 0 && bytes.length <= PREFIX_SIZE_BYTES_MAX && !bytes.includes(0);
  if (isFit) return bytes;
  throw new InvalidArgumentError(
    `${what} must be text of 1 to ${PREFIX_SIZE_BYTES_MAX} bytes without a zero byte: found=${String(prefix)}`,
  );
}

/** Throws InvalidArgumentError. */
export function decodedPath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch (cause) {
    throw new InvalidArgumentError(`Location has a malformed path: found=${path}`, { cause });
  }
}
