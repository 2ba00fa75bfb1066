/**
 * The time at which an entry expires.
 *
 * Owns: how an entry of type EXPIRING_VALUE carries its time, and when it has expired.
 *
 *      second bytes of the entry: | time u64, milliseconds since 1970 | value |
 *
 * Invariants:
 *   expiry/absent-from-then-on: an entry is absent for every reader whose clock is at its time or later. Such a reader
 *       sees no older version of the key either: an expired entry hides what a tombstone would hide.
 *   expiry/clock-with-snapshot: the clock of a reader is fixed with its snapshot, so nothing vanishes half-way.
 *
 * Suspension: every function here is synchronous.
 */
import { CorruptionError } from '../base/errors.ts';
import { getUint64, putUint64 } from './coding.ts';

export const EXPIRY_SIZE_BYTES = 8;
/** The time of an entry that does not expire. */
export const NEVER: number = Infinity;

export function putExpiry(target: Uint8Array, start: number, expiresAtMs: number): void {
  putUint64(target, start, expiresAtMs);
}

/** The time of an entry whose second bytes are `bytes[start, end)`. Throws CorruptionError when they hold none. */
export function expiryIn(bytes: Uint8Array, start: number, end: number): number {
  if (end - start < EXPIRY_SIZE_BYTES) throw new CorruptionError('Entry that expires has no time');
  return getUint64(bytes, start);
}

/** Keeps expiry/absent-from-then-on. */
export function hasExpired(expiresAtMs: number, wallMs: number): boolean {
  return expiresAtMs <= wallMs;
}
