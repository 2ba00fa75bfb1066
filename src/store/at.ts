/**
 * The option `at`: a state of the past.
 *
 * Owns: its form and its check.
 */
import { types } from 'node:util';
import { timeOf } from '../base/caller-value.ts';
import { describe } from '../base/describe.ts';
import { InvalidArgumentError } from '../base/errors.ts';
import { takeOptions, type Template } from '../base/options.ts';
import { WALL_MS_MAX } from '../log/frame-clock.ts';
import type { PastPlace } from '../engine/state/past.ts';

/**
 * A state of the database, by one of the two: as it was at a time, or after the commit with a sequence. Reads reach back
 * by `versionRetentionMs` of `open`, and `restore` as far as there are backups.
 */
export type At =
  | {
      /** A Date, or milliseconds since 1970: everything that was written at or before it. Not in the future. */
      readonly time: Date | number;
      readonly sequence?: never;
    }
  | {
      /**
       * The `sequence` of a commit, as `db.changes` shows it, or `stats().sequence.published` of some moment. A number
       * within a commit would show a part of it.
       */
      readonly sequence: number;
      readonly time?: never;
    };

interface AtFields {
  readonly time: unknown;
  readonly sequence: unknown;
}

const AT_OPTIONS: Template<AtFields> = { time: undefined, sequence: undefined };

/** Throws InvalidArgumentError. */
export function placeOf(at: unknown): PastPlace {
  if (types.isDate(at)) {
    throw new InvalidArgumentError('Option at must be { time } or { sequence }: found=Date');
  }
  const { time, sequence } = takeOptions('at', at as AtFields, AT_OPTIONS);
  if ((time === undefined) === (sequence === undefined)) {
    throw new InvalidArgumentError(
      `Option at must be { time } or { sequence }: found=${describe(at)}`,
    );
  }
  if (sequence !== undefined) {
    const isOne = typeof sequence === 'number' && Number.isSafeInteger(sequence);
    if (isOne && sequence >= 0) return { sequence };
    throw new InvalidArgumentError(`Sequence must be a whole number: found=${describe(sequence)}`);
  }
  const wallMs = types.isDate(time) ? timeOf(time) : time;
  if (typeof wallMs === 'number' && wallMs >= 0 && wallMs <= WALL_MS_MAX) {
    return { wallMs: Math.floor(wallMs) };
  }
  throw new InvalidArgumentError(
    `Time must be a Date or milliseconds since 1970: found=${describe(time)}`,
  );
}
