/**
 * The value that a batch or a transaction has written itself.
 *
 * Owns: the answer of a write set to a read, in the caller's types.
 *
 * Suspension: everything here is synchronous.
 */
import { DELETION } from '../base/value-type.ts';
import type { ByteSlice } from '../bytes/bytes.ts';
import { NO_SLOT } from '../txn/key-table.ts';
import type { WriteSet } from '../txn/write-set.ts';
import { NOT_OWN } from './reader.ts';
import type { Space } from './space.ts';

/** The value written, undefined for a key that was deleted, NOT_OWN for one that was not written. */
export function ownValue<V>(
  writes: WriteSet,
  space: Space<unknown, V>,
  { bytes, start, end }: ByteSlice,
  hash: number,
): V | undefined | typeof NOT_OWN {
  if (writes.isEmpty) return NOT_OWN;
  const slot = writes.find(hash, bytes, start, end);
  if (slot === NO_SLOT) return writes.isRangeDeleted(bytes, start, end) ? undefined : NOT_OWN;
  if (writes.typeOf(slot) === DELETION) return undefined;
  return space.translator.decodeValue(
    writes.bytes,
    writes.valueStart(slot),
    writes.valueEnd(slot),
    bytes,
    start,
    end,
  );
}
