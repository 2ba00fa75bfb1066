/**
 * Numbers that must not be mixed up.
 *
 * Owns: the branded identifiers, and the only casts to them.
 */
import { assert } from './assert.ts';

declare const kind: unique symbol;
type Id<Name extends string> = number & { readonly [kind]: Name };

/** Position of an operation in the one commit order; the first is 1, 0 is before everything. */
export type SequenceNumber = Id<'SequenceNumber'>;

/** Number of a log, table or manifest; never used twice in one database. */
export type FileNumber = Id<'FileNumber'>;

/** 2^52 - 1: at one million operations a second this lasts 142 years, and eight times it still is an exact number. */
export const SEQUENCE_NUMBER_MAX: SequenceNumber = (2 ** 52 - 1) as SequenceNumber;

export const SEQUENCE_NUMBER_ZERO: SequenceNumber = 0 as SequenceNumber;

/** 2^52 - 1, so that the largest number and small sums with it are exact. */
export const FILE_NUMBER_MAX: FileNumber = (2 ** 52 - 1) as FileNumber;

export function isFileNumber(value: number): boolean {
  return Number.isInteger(value) && value > 0 && value <= FILE_NUMBER_MAX;
}

export function sequenceNumber(value: number): SequenceNumber {
  assert(
    Number.isSafeInteger(value) && value >= 0 && value <= SEQUENCE_NUMBER_MAX,
    'sequence number out of range',
  );
  return value as SequenceNumber;
}

/** Unchecked form of `sequenceNumber` for hot paths: the caller added small numbers to a valid one. */
export function sequenceAfter(sequence: SequenceNumber, count: number): SequenceNumber {
  return (sequence + count) as SequenceNumber;
}

export function fileNumber(value: number): FileNumber {
  assert(isFileNumber(value), 'file number out of range');
  return value as FileNumber;
}
