/**
 * Updates: functions from the value of a key to its next value.
 *
 * Owns: the shape of an update, the checks of what it is and of what it returns, and how it is run.
 *
 * Suspension: everything here is synchronous.
 */
import { types } from 'node:util';
import { describe } from '../base/describe.ts';
import { InvalidArgumentError } from '../base/errors.ts';
import { isThenable } from '../base/thenable.ts';
import { copyRange, sliceOf } from '../bytes/bytes.ts';
import { LookupResult } from '../iterator/internal-iterator.ts';
import type { TurnView } from '../txn/late-operations.ts';
import type { Space } from './space.ts';
import type { EncodedValue } from './translator.ts';

/**
 * Computes the next value of a key from the one that it has, undefined when it has none. To return undefined deletes the
 * key. It may run more than once, and another time than it was given: it must be synchronous, depend on nothing but
 * its argument, and have no effect but its result. What it throws refuses the whole commit. An entry keeps its time to
 * expire; a new one expires as its keyspace says.
 */
export type Update<V> = (current: V | undefined) => V | undefined;

/** One key, and the updates that are to be applied to its value one after the other. Never changed. */
export interface PendingUpdate {
  readonly space: Space<unknown, unknown>;
  /** In the tree; memory of its own. */
  readonly key: Uint8Array;
  readonly hash: number;
  readonly updates: readonly Update<unknown>[];
}

/** The value that updates are applied to. */
export interface ValueBefore {
  readonly isThere: boolean;
  /** Of the entry, or of a new one. */
  readonly expiresAtMs: number;
  /** Undefined for an absent key. A new value each time: a function may change what it is given. */
  decode(this: void): unknown;
}

/** Reads the value of a key within its turn. Runs no code of the caller's. */
export function valueBefore(view: TurnView, { space, key, hash }: PendingUpdate): ValueBefore {
  const result = new LookupResult();
  if (!view.findSync(sliceOf(key), hash, result)) {
    return { isThere: false, expiresAtMs: space.expiryOf(undefined), decode: () => undefined };
  }
  const { value, valueStart, valueEnd, expiresAtMs } = result;
  const bytes = copyRange(value, valueStart, valueEnd);
  const decode = (): unknown =>
    space.translator.decodeValue(bytes, 0, bytes.length, key, 0, key.length);
  return { isThere: true, expiresAtMs, decode };
}

/** Throws InvalidArgumentError for what is no function. */
export function mustBeUpdate(update: unknown): asserts update is Update<unknown> {
  if (typeof update === 'function') return;
  throw new InvalidArgumentError(`Update needs a function: found=${describe(update)}`);
}

/** Runs an update. Throws what it throws, and InvalidArgumentError when it returns a promise. */
export function runUpdate<V>(update: Update<V>, current: V | undefined): V | undefined {
  const next = update(current);
  if (!isThenable(next)) return next;
  if (types.isPromise(next)) next.catch(() => undefined); // its function is refused: that is told once
  throw new InvalidArgumentError('Update returned a promise: its function must be synchronous');
}

/**
 * Runs the updates of a key on the value that it has. The next value as encoded, valid until the next call of the
 * translator; undefined for none. It expires at `expiresAtMs`. Each update sees what a read after the one before it would see.
 */
export function runUpdates(
  { space, key, updates }: PendingUpdate,
  current: unknown,
  expiresAtMs: number,
): EncodedValue | undefined {
  const { translator } = space;
  let value = current;
  let encoded: EncodedValue | undefined;
  for (let i = 0; i < updates.length; i++) {
    if (i > 0) {
      value = encoded && translator.decodeEncoded(encoded, key);
    }
    const next = runUpdate(updates[i]!, value); // i < length
    encoded = next === undefined ? undefined : translator.encodeValue(next, expiresAtMs);
  }
  return encoded;
}
