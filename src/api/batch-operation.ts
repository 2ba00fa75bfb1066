/**
 * One operation of a batch, as the caller states it.
 *
 * Owns: its public shape, and the error for anything else.
 */
import { describe } from '../base/describe.ts';
import { InvalidArgumentError } from '../base/errors.ts';
import type { RangeOptions } from './ranges.ts';

/**
 * One operation of a batch: writes a value, deletes a key (an absent one is no error), deletes a range, or deletes
 * everything. A range that holds no bound deletes everything too; a bound that is there must not be undefined.
 */
export type BatchOperation<K, V> =
  | { readonly type: 'put'; readonly key: K; readonly value: V }
  | { readonly type: 'del'; readonly key: K }
  | ({ readonly type: 'delRange' } & RangeOptions<K>)
  | { readonly type: 'clear' };

/** The error for a value that is no operation of a batch. */
export function noOperation(found: unknown): InvalidArgumentError {
  return new InvalidArgumentError(
    `Batch operation must be an object of type 'put', 'del', 'delRange' or 'clear': ` +
      `found=${describe(found)}`,
  );
}
