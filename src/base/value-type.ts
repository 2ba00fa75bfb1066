/**
 * The types of an entry.
 *
 * Owns: the value types and their table, the questions that every type must answer, and the check of a stored number.
 * Persisted in logs and tables. Never renumber; append only.
 *
 * A decoder of a file that meets a number it does not know refuses by name with IncompatibleFormatError: the checksum
 * was right, so a newer engine wrote it. In memory such a number is a bug, and an assertion fails. No decoder takes
 * one type for another: a new type fails to compile in each switch here until the switch names it.
 *
 * Suspension: every function here is synchronous.
 */
import { AssertionError, unreachable } from './assert.ts';

/** The key has no value from this sequence number on (a tombstone). */
export const DELETION = 0;
/** The key has this value, which may be empty. */
export const VALUE = 1;
/** Every key in [start, end) has no value from this sequence number on (a range tombstone). */
export const RANGE_DELETION = 2;
/** As VALUE, up to a time: the second bytes are the time (bytes/expiry.ts), then the value. */
export const EXPIRING_VALUE = 3;

/** Every type, at its number. */
export const VALUE_TYPES: readonly [
  typeof DELETION,
  typeof VALUE,
  typeof RANGE_DELETION,
  typeof EXPIRING_VALUE,
] = [DELETION, VALUE, RANGE_DELETION, EXPIRING_VALUE];

export type ValueType = (typeof VALUE_TYPES)[number];
/** The types of entries that have one key. Tables keep the others apart. */
export type PointType = Exclude<ValueType, typeof RANGE_DELETION>;

/** Whether a second byte string follows the key: the value, or the exclusive end of the range. */
export function hasSecondBytes(type: ValueType): boolean {
  switch (type) {
    case DELETION:
      return false;
    case VALUE:
    case RANGE_DELETION:
    case EXPIRING_VALUE:
      return true;
    default:
      return unreachable(type);
  }
}

/** Whether a reader that finds the entry finds a value, unless the value has expired. */
export function showsValue(type: PointType): boolean {
  switch (type) {
    case DELETION:
      return false;
    case VALUE:
    case EXPIRING_VALUE:
      return true;
    default:
      return unreachable(type);
  }
}

export function isValueType(type: number): type is ValueType {
  return VALUE_TYPES[type] !== undefined; // at its number, so at no other
}

/** The same for an entry with one key. */
export function isPointType(type: number): type is PointType {
  return isValueType(type) && type !== RANGE_DELETION;
}

/** A type that memory of this process holds as a number. */
export function mustBeValueType(type: number): ValueType {
  if (!isValueType(type)) throw new AssertionError(`Unknown value type in memory: type=${type}`);
  return type;
}

/** The same for an entry with one key. */
export function mustBePointType(type: number): PointType {
  if (!isPointType(type)) throw new AssertionError(`Unknown value type in memory: type=${type}`);
  return type;
}
