/**
 * One operation of a batch, as the caller states it.
 *
 * Owns: its public shape, how its fields are read, and the error for anything else.
 *
 * Suspension: every function here is synchronous.
 */
import { describe } from '../base/describe.ts';
import { InvalidArgumentError } from '../base/errors.ts';
import { fieldOf, type Taken } from '../base/options.ts';
import type { BoundedRange } from '../bytes/key-range.ts';
import type { ExpiryOptions } from './expiry-options.ts';
import type { KeyspaceRef } from './keyspace-ref.ts';
import type { RangeOptions } from './ranges.ts';
import type { Space } from './space.ts';

/**
 * One operation of a batch: writes a value, which may expire, deletes a key (an absent one is no error), updates the value
 * of a key, deletes a range, or deletes everything. A range that holds no bound deletes everything too; a bound that is
 * there must not be undefined.
 *
 * The function of an update is as Update says. In an operation that names a keyspace as `in`, its argument needs its type
 * written out, because the compiler takes that of the batch's own keyspace otherwise.
 */
export type BatchOperation<K, V> =
  | ({ readonly type: 'put'; readonly key: K; readonly value: V } & ExpiryOptions)
  | { readonly type: 'del'; readonly key: K }
  | { readonly type: 'update'; readonly key: K; update(current: V | undefined): V | undefined }
  | ({ readonly type: 'delRange' } & RangeOptions<K>)
  | { readonly type: 'clear' };

/** One operation in the keyspace that it names. */
export type KeyspaceOperation<K, V> = BatchOperation<K, V> & { readonly in: KeyspaceRef<K, V> };

/** One operation that names no keyspace: it is in that whose batch it is part of. */
export type OwnOperation<K, V> = BatchOperation<K, V> & { readonly in?: never };

/** Operations of one keyspace. The empty array says to the compiler that arrays are taken as ElementByElement says. */
export type OwnOperations<K, V> = readonly OwnOperation<K, V>[] | readonly [];

/**
 * What an operation must be that is not as it should be: that of the keyspace that it names, or of `K` and `V`. A union of
 * these for a union; `never` when all are as they should be.
 */
export type ExpectedOperation<K, V, T> = T extends { readonly in: infer In }
  ? In extends KeyspaceRef<infer K2, infer V2>
    ? T extends BatchOperation<K2, V2>
      ? never
      : KeyspaceOperation<K2, V2>
    : OwnOperation<K, V>
  : T extends OwnOperation<K, V>
    ? never
    : OwnOperation<K, V>;

/** `T` without what is not as it should be. */
export type FittingOperation<K, V, T> = T extends unknown
  ? [ExpectedOperation<K, V, T>] extends [never]
    ? T
    : never
  : never;

/**
 * Says to the compiler that an array is to be taken element by element. Otherwise it drops an element of `[...others, one]`
 * whose type another one has too, and does not find a place for one behind a spread.
 */
export interface ElementByElement {
  /** Not read. */
  readonly 0?: object;
}

/** The type that each of the operations must have: that of the keyspace that it names, or `K` and `V`. */
export type CheckedOperations<K, V, O extends readonly object[]> = ElementByElement & {
  readonly [I in keyof O]: FittingOperation<K, V, O[I]> | ExpectedOperation<K, V, O[I]>;
};

/** Takes what operations ask for. Encoders of the caller's have run when `put` and `del` are called, not before. */
export interface OperationTarget {
  /** The space of an operation that names a keyspace. Throws InvalidArgumentError for any other value. */
  enter(keyspace: unknown): Space<unknown, unknown>;
  put(space: Space<unknown, unknown>, key: unknown, value: unknown, expiresAtMs: number): void;
  del(space: Space<unknown, unknown>, key: unknown): void;
  update(space: Space<unknown, unknown>, key: unknown, update: unknown): void;
  /** The range is undefined when it holds no key. */
  delRange(space: Space<unknown, unknown>, range: BoundedRange | undefined): void;
}

/**
 * Gives an operation to the target, in `home` when it names no keyspace. Throws InvalidArgumentError for what is no
 * operation, and what the target throws.
 */
export function applyOperation(
  operation: unknown,
  home: Space<unknown, unknown>,
  target: OperationTarget,
): void {
  if (typeof operation !== 'object' || operation === null) throw noOperation(operation);
  const type = fieldOf(operation, 'type');
  const space = 'in' in operation ? spaceOf(operation, home, target) : home;
  switch (type) {
    case 'put':
      target.put(
        space,
        fieldOf(operation, 'key'),
        fieldOf(operation, 'value'),
        space.expiryOf(expiryIn(operation)),
      );
      return;
    case 'del':
      target.del(space, fieldOf(operation, 'key'));
      return;
    case 'update':
      target.update(space, fieldOf(operation, 'key'), fieldOf(operation, 'update'));
      return;
    case 'delRange':
      target.delRange(space, space.translator.operationRange(operation));
      return;
    case 'clear':
      target.delRange(space, space.translator.range);
      return;
    default:
      throw noOperation(type);
  }
}

/** What the operation says of its expiry; undefined for nothing. */
function expiryIn(operation: object): Taken<ExpiryOptions> | undefined {
  const ttlMs = fieldOf(operation, 'ttlMs');
  const expiresAt = fieldOf(operation, 'expiresAt');
  if (ttlMs === undefined && expiresAt === undefined) return undefined;
  return { ttlMs, expiresAt } as Taken<ExpiryOptions>; // checked by its taker
}

/** An operation that has the name `in` has a keyspace there: a variable that was forgotten writes nowhere. */
function spaceOf(
  operation: object,
  home: Space<unknown, unknown>,
  target: OperationTarget,
): Space<unknown, unknown> {
  const isInherited = fieldOf(operation, 'in') === undefined && !Object.hasOwn(operation, 'in');
  return isInherited ? home : target.enter(fieldOf(operation, 'in'));
}

function noOperation(found: unknown): InvalidArgumentError {
  return new InvalidArgumentError(
    `Batch operation must be an object of type 'put', 'del', 'update', 'delRange' or 'clear': ` +
      `found=${describe(found)}`,
  );
}
