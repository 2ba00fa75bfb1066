/**
 * Moments as a caller gives them.
 *
 * Owns: the check of a Date or a number of milliseconds.
 *
 * Suspension: synchronous.
 */
import { types } from 'node:util';

import { timeOf } from '../base/caller-value.ts';
import { describe } from '../base/describe.ts';
import { InvalidArgumentError } from '../base/errors.ts';

/** Milliseconds since 1970. Throws InvalidArgumentError. */
export function timeMsOf(name: string, value: unknown): number {
  const ms = types.isDate(value) ? timeOf(value) : value;
  if (typeof ms === 'number' && Number.isSafeInteger(ms) && ms >= 0) return ms;
  throw new InvalidArgumentError(
    `Option ${name} must be a Date or milliseconds since 1970: found=${describe(value)}`,
  );
}
