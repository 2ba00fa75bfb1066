/**
 * The value that a batch or a transaction has written itself.
 *
 * Owns: the answer of a write set to a read, in the caller's types.
 *
 * Suspension: everything here is synchronous.
 */
import { DELETION, EXPIRING_VALUE, type PointType, showsValue } from '../base/value-type.ts';
import { type ByteSlice, EMPTY_SLICE } from '../bytes/bytes.ts';
import { EXPIRY_SIZE_BYTES, expiryIn, hasExpired, NEVER } from '../bytes/expiry.ts';
import { NO_SLOT } from '../txn/key-table.ts';
import type { WriteSet } from '../txn/write-set.ts';
import { NOT_OWN } from './reader.ts';
import type { Space } from './space.ts';
import { runUpdate, type Update } from './update.ts';

/**
 * The value written, undefined for a key that was deleted or that has expired by the clock `wallMs`, NOT_OWN for one that
 * was not written.
 */
export function ownValue<V>(
  writes: WriteSet,
  space: Space<unknown, V>,
  key: ByteSlice,
  hash: number,
  wallMs: number,
): V | undefined | typeof NOT_OWN {
  const slot = shownSlot(writes, key, hash, wallMs);
  if (slot === NOT_OWN || slot === undefined) return slot;
  const { bytes, start, end } = key;
  const headSize = writes.typeOf(slot) === EXPIRING_VALUE ? EXPIRY_SIZE_BYTES : 0;
  return space.translator.decodeValue(
    writes.bytes,
    writes.valueStart(slot) + headSize,
    writes.valueEnd(slot),
    bytes,
    start,
    end,
  );
}

/** When the value written expires: milliseconds since 1970, or NEVER; otherwise as `ownValue`. */
export function ownExpiry(
  writes: WriteSet,
  key: ByteSlice,
  hash: number,
  wallMs: number,
): number | undefined | typeof NOT_OWN {
  const slot = shownSlot(writes, key, hash, wallMs);
  return slot === NOT_OWN || slot === undefined ? slot : expiryOf(writes, slot);
}

/**
 * What an update makes of the value written: the next one, which keeps its time, or a tombstone; undefined when nothing is
 * to be written, NOT_OWN for a key that was not written. Valid until the next call of the translator.
 */
export function updatedOwn<V>(
  writes: WriteSet,
  space: Space<unknown, V>,
  key: ByteSlice,
  hash: number,
  { update, wallMs }: { readonly update: Update<V>; readonly wallMs: number },
): OwnWrite | undefined | typeof NOT_OWN {
  const current = ownValue(writes, space, key, hash, wallMs);
  if (current === NOT_OWN) return NOT_OWN;
  const before = ownExpiry(writes, key, hash, wallMs);
  const next = runUpdate(update, current);
  if (next === undefined) return current === undefined ? undefined : TOMBSTONE;
  const expiresAtMs = typeof before === 'number' ? before : space.expiryOf(undefined);
  return space.translator.encodeValue(next, expiresAtMs);
}

/** A write of a key, without the key. */
interface OwnWrite {
  readonly type: PointType;
  readonly value: ByteSlice;
}

const TOMBSTONE: OwnWrite = { type: DELETION, value: EMPTY_SLICE };

/** The slot that shows a value; otherwise as `ownValue`. */
function shownSlot(
  writes: WriteSet,
  { bytes, start, end }: ByteSlice,
  hash: number,
  wallMs: number,
): number | undefined | typeof NOT_OWN {
  if (writes.isEmpty) return NOT_OWN;
  const slot = writes.find(hash, bytes, start, end);
  if (slot === NO_SLOT) return writes.isRangeDeleted(bytes, start, end) ? undefined : NOT_OWN;
  if (!showsValue(writes.typeOf(slot))) return undefined;
  return hasExpired(expiryOf(writes, slot), wallMs) ? undefined : slot;
}

function expiryOf(writes: WriteSet, slot: number): number {
  if (writes.typeOf(slot) !== EXPIRING_VALUE) return NEVER;
  return expiryIn(writes.bytes, writes.valueStart(slot), writes.valueEnd(slot));
}
