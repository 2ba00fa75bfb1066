/**
 * When an entry that is written expires, as the caller says it.
 *
 * Owns: the public options, and their checks.
 *
 * Suspension: everything here is synchronous.
 */
import { types } from 'node:util';
import { describe } from '../base/describe.ts';
import { InvalidArgumentError } from '../base/errors.ts';
import type { Taken, Template } from '../base/options.ts';
import { NEVER } from '../bytes/expiry.ts';
import { WALL_MS_MAX } from '../log/frame-clock.ts';

/**
 * When an entry expires: from then on it is absent, as if it had been deleted. At most one of the two; without one the
 * entry expires as its keyspace says. Nothing conflicts with an entry that expires.
 */
export interface ExpiryOptions {
  /** Milliseconds from the call on, a whole number above 0; Infinity for an entry that does not expire. */
  readonly ttlMs?: number;
  /** A Date, or milliseconds since 1970, up to 2^48 - 1; Infinity for an entry that does not expire. */
  readonly expiresAt?: number | Date;
}

export const EXPIRY_OPTIONS: Template<ExpiryOptions> = { ttlMs: undefined, expiresAt: undefined };

/**
 * Milliseconds since 1970, or NEVER; undefined when the options say nothing. `nowMs` tells the time. Throws
 * InvalidArgumentError.
 */
export function expiryOf(
  { ttlMs, expiresAt }: Taken<ExpiryOptions>,
  nowMs: () => number,
): number | undefined {
  if (ttlMs === undefined && expiresAt === undefined) return undefined;
  if (ttlMs === undefined)
    return checkTime(types.isDate(expiresAt) ? Number(expiresAt) : expiresAt);
  if (expiresAt !== undefined) {
    throw new InvalidArgumentError('Options ttlMs and expiresAt exclude each other');
  }
  return checkTime(nowMs() + checkTtl(ttlMs));
}

/** Throws InvalidArgumentError for what is no time to live. */
export function checkTtl(ttlMs: unknown): number {
  if (ttlMs === Infinity) return NEVER;
  if (typeof ttlMs === 'number' && Number.isSafeInteger(ttlMs) && ttlMs > 0) return ttlMs;
  throw new InvalidArgumentError(
    `Option ttlMs must be a whole number above 0: found=${describe(ttlMs)}`,
  );
}

function checkTime(timeMs: unknown): number {
  if (timeMs === Infinity) return NEVER;
  const isTime = typeof timeMs === 'number' && Number.isInteger(timeMs);
  if (isTime && timeMs >= 0 && timeMs <= WALL_MS_MAX) return timeMs;
  throw new InvalidArgumentError(
    `Time at which an entry expires must be a Date or milliseconds from 0 to 2^48 - 1: ` +
      `found=${describe(timeMs)}`,
  );
}
