/**
 * What an entry means.
 *
 * Owns: the value types. Persisted in logs and tables. Never renumber; append only. A reader that meets a number it
 * does not know refuses by name with IncompatibleFormatError.
 */

/** The key has no value from this sequence number on (a tombstone). */
export const DELETION = 0;
/** The key has this value, which may be empty. */
export const VALUE = 1;
/** Every key in [start, end) has no value from this sequence number on (a range tombstone). */
export const RANGE_DELETION = 2;

export type ValueType = typeof DELETION | typeof VALUE | typeof RANGE_DELETION;
