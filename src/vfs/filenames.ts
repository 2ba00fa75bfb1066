/**
 * The names of the files in a database directory.
 *
 * Owns: the two-way mapping between a file's kind and number and its name.
 * `docs/formats/directory.md` is normative.
 *
 * Invariants:
 *   filenames/one-spelling: a name parses only if formatting the result gives the same name back. Each file has one
 *       spelling, so two names never stand for one table. For example `7.sst` is no name: table 7 is `000007.sst`.
 *   filenames/numbers-that-exist: a numbered file has a number from 1 to FILE_NUMBER_MAX. So a number that was read
 *       from a name can be used as one, and a stray file cannot push the series past its end.
 *   filenames/others-are-left-alone: any other name parses as undefined. The engine neither reads nor removes such a
 *       file: it is the user's.
 *
 * Suspension: every function here is synchronous.
 */

import { InvalidArgumentError } from '../base/errors.ts';
import { isFileNumber } from '../base/ids.ts';

/** Files of which there are many, told apart by number. */
export type NumberedFileKind = 'log' | 'table' | 'manifest';

/** Files of which there is one. */
export type SingleFileKind =
  'current' | 'currentTemporary' | 'keyRing' | 'keyRingTemporary' | 'lock';

export type FileKind = NumberedFileKind | SingleFileKind;

export interface ParsedFileName {
  readonly kind: FileKind;
  /** Zero for the kinds that carry no number. */
  readonly number: number;
}

/**
 * Persisted, as is every name below. Six digits keep a plain directory listing in order for the
 * first million.
 */
const NUMBER_DIGITS_MIN = 6;

const SINGLE_NAMES: Readonly<Record<SingleFileKind, string>> = {
  current: 'CURRENT',
  currentTemporary: 'CURRENT.tmp',
  keyRing: 'KEYRING',
  keyRingTemporary: 'KEYRING.tmp',
  lock: 'LOCK',
};

const SINGLE_KINDS: ReadonlyMap<string, SingleFileKind> = new Map([
  ['CURRENT', 'current'],
  ['CURRENT.tmp', 'currentTemporary'],
  ['KEYRING', 'keyRing'],
  ['KEYRING.tmp', 'keyRingTemporary'],
  ['LOCK', 'lock'],
]);

/**
 * The digits come first in logs and tables, last in manifests; 16 digits hold every file number.
 */
const NUMBERED_PATTERN = /^(?:(\d{6,16})\.(log|sst)|MANIFEST-(\d{6,16}))$/;

/**
 * The name, without its directory, of the file of this kind. Throws InvalidArgumentError for a number that no file has.
 */
export function fileName(kind: NumberedFileKind, number: number): string;
export function fileName(kind: SingleFileKind): string;
export function fileName(kind: FileKind, number = 0): string {
  switch (kind) {
    case 'log':
      return `${digitsOf(number)}.log`;
    case 'table':
      return `${digitsOf(number)}.sst`;
    case 'manifest':
      return `MANIFEST-${digitsOf(number)}`;
    case 'current':
    case 'currentTemporary':
    case 'keyRing':
    case 'keyRingTemporary':
    case 'lock':
      return SINGLE_NAMES[kind];
  }
}

/**
 * The kind and number that a name stands for; undefined for any other file (filenames/others-are-left-alone).
 */
export function parseFileName(name: string): ParsedFileName | undefined {
  const single = SINGLE_KINDS.get(name);
  if (single !== undefined) return { kind: single, number: 0 };

  const match = NUMBERED_PATTERN.exec(name);
  if (match === null) return undefined;
  const kind = match[2] === 'log' ? 'log' : match[2] === 'sst' ? 'table' : 'manifest';
  const number = Number(match[1] ?? match[3]);
  if (!isFileNumber(number)) return undefined;
  return fileName(kind, number) === name ? { kind, number } : undefined; // filenames/one-spelling
}

function digitsOf(number: number): string {
  if (!isFileNumber(number)) {
    throw new InvalidArgumentError(`File number is out of range: number=${String(number)}`);
  }
  return String(number).padStart(NUMBER_DIGITS_MIN, '0');
}
