/**
 * Answers of the engine beside the model's.
 *
 * Owns: their comparison, and the digest of all that were given, by which two runs are told apart. Rows and values are
 * compared as text that is short enough to print.
 */
import { createHash, type Hash } from 'node:crypto';
import {
  type Key,
  keyBytes,
  keyText,
  type Row,
  type RowKind,
  type Value,
  valueOf,
} from './step.ts';

export class Answers {
  readonly #digest: Hash = createHash('sha256');

  compare(found: unknown, expected: unknown, what: string): void {
    this.#digest.update(`${String(found)}\n`);
    if (found !== expected) {
      throw new Error(`Differs: ${what} found=${String(found)} expected=${String(expected)}`);
    }
  }

  compareRows(found: readonly string[], expected: readonly Row[], kind: RowKind): void {
    const wanted = expected.map((row) => rowText(row, kind));
    const index = wanted.findIndex((row, i) => row !== found[i]);
    if (index >= 0 || found.length !== wanted.length) {
      const at = index >= 0 ? index : wanted.length;
      throw new Error(
        `Rows differ: at=${at} found=${found[at]} expected=${wanted[at]} ` +
          `foundCount=${found.length} expectedCount=${wanted.length}`,
      );
    }
    this.#digest.update(found.join('\n'));
  }

  /** The digest of every answer, in order. Ends the comparison. */
  digest(): string {
    return this.#digest.digest('hex');
  }
}

const knownDigests = new Map<Value, string>();

export function digestOfValue(value: Value | undefined): string {
  if (value === undefined) return 'absent';
  let digest = knownDigests.get(value);
  if (digest === undefined) knownDigests.set(value, (digest = digestOf(valueOf(value))));
  return digest;
}

export function digestOf(bytes: Uint8Array | undefined): string {
  if (bytes === undefined) return 'absent';
  return `${bytes.length}:${createHash('md5').update(bytes).digest('hex').slice(0, 12)}`;
}

function keyDigest(key: Key): string {
  return key.length <= 40 ? JSON.stringify(key) : `${key.slice(0, 8)}...${digestOf(keyBytes(key))}`;
}

function rowText({ key, value }: Row, kind: RowKind): string {
  if (kind === 'keys') return keyDigest(key);
  if (kind === 'values') return digestOfValue(value);
  return `${keyDigest(key)}=${digestOfValue(value)}`;
}

export function entryText([key, value]: [Uint8Array, Uint8Array]): string {
  return `${keyDigest(keyText(key))}=${digestOf(value)}`;
}

export function textOf(kind: RowKind): (row: unknown) => string {
  if (kind === 'keys') return (row) => keyDigest(keyText(row as Uint8Array));
  if (kind === 'values') return (row) => digestOf(row as Uint8Array);
  return (row) => entryText(row as [Uint8Array, Uint8Array]);
}
