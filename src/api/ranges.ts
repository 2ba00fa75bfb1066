/**
 * Ranges of keys, as the caller states them.
 *
 * Owns: the public names of bounds and of the other options of a scan. The translator turns bounds into bytes.
 */
import type { Template } from '../base/options.ts';

/** Range of keys, in the caller's key type. At most one bound on each side is needed; the tighter one counts. */
export interface RangeOptions<K> {
  /** Keys after this one. */
  readonly gt?: K;
  /** This key and those after it. */
  readonly gte?: K;
  /** Keys before this one. */
  readonly lt?: K;
  /** This key and those before it. */
  readonly lte?: K;
  /** Keys whose encoded bytes start with these; with the encoding `tuple`, those that begin with these elements. */
  readonly prefix?: K;
}

/**
 * A range in which no bound may be undefined. The types refuse here what the calls refuse at run time, also where the
 * compiler lets optional properties be undefined.
 */
export type Bounded<R> = {
  readonly [Name in keyof R]: Name extends keyof RangeOptions<unknown>
    ? object extends Pick<R, Name>
      ? R[Name]
      : undefined extends R[Name]
        ? never
        : R[Name]
    : never;
};

export const RANGE_OPTIONS: Template<RangeOptions<unknown>> = {
  gt: undefined,
  gte: undefined,
  lt: undefined,
  lte: undefined,
  prefix: undefined,
};

/** Options of a scan: a range, a direction and a limit. */
export interface ScanOptions<K> extends RangeOptions<K> {
  /** From the last key to the first. Default false. */
  readonly reverse?: boolean;
  /** At most this many rows; -1 or absent for all. */
  readonly limit?: number;
}
