/**
 * Updates of a history: functions that model and engine can both run.
 *
 * Owns: the function of a salt, over values and over bytes, and the way back from bytes to a value.
 *
 * Suspension: every function here is synchronous.
 */
import { digestOf, digestOfValue } from './answers.ts';
import { type Value, valueOf } from './step.ts';

/** One value for all bytes that are equal: an update sees bytes alone. */
const valueByDigest = new Map<string, Value>();

function canonical(value: Value): Value {
  const digest = digestOfValue(value);
  const known = valueByDigest.get(digest);
  if (known === undefined) valueByDigest.set(digest, value);
  return known ?? value;
}

/** The next value; undefined deletes. */
export function updated(current: Value | undefined, salt: number): Value | undefined {
  if (salt % 5 === 0) return undefined;
  const [seed = 0, size = 0] =
    current === undefined ? [] : canonical(current).split(':').map(Number);
  return `${(seed * 31 + salt) % 100_000}:${(size + salt) % 300}`;
}

/** The same over bytes. Every value of the history is known by then: the model writes before the engine is asked. */
export function updateOf(salt: number): (current?: Uint8Array) => Uint8Array | undefined {
  return (current) => {
    const value = current && valueByDigest.get(digestOf(current));
    if (current !== undefined && value === undefined) throw new Error('No value has these bytes');
    const next = updated(value, salt);
    if (next !== undefined) canonical(next);
    return next === undefined ? undefined : valueOf(next);
  };
}

/** Lets updates know a value that is written. */
export function noteValue(value: Value): void {
  canonical(value);
}
