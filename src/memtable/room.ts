/**
 * How much room a memtable needs for operations (memtable/certain-room).
 *
 * Owns: the bound on the records of operations, and the capacity that holds a batch.
 *
 * Suspension: every function here is synchronous.
 */
import { CAPACITY_BYTES_MIN, HEADER_LENGTH, roundedCapacity } from './arena.ts';
import { keyCountMaxFor, slotCountFor } from './hash-index.ts';
import { OPERATION_LENGTH_MAX, wordCount } from './key-node.ts';
import { EMPTY_LENGTH, nodeLengthMax } from './skiplist-writer.ts';

/** Words of the records of so many operations, with each byte string padded. */
export function recordLengthMax(operationCount: number, keyAndValueBytes: number): number {
  return operationCount * OPERATION_LENGTH_MAX + wordCount(keyAndValueBytes);
}

/** The capacity in bytes at which an empty memtable has room for a batch that the usual capacity does not hold. */
export function capacityFor(operationCount: number, keyAndValueBytes: number): number {
  const needed =
    HEADER_LENGTH +
    EMPTY_LENGTH +
    recordLengthMax(operationCount, keyAndValueBytes) +
    nodeLengthMax(operationCount, 0, 1, 1);
  let capacity = roundedCapacity(Math.max(CAPACITY_BYTES_MIN, needed * 4));
  while (true) {
    const slotCount = slotCountFor(capacity);
    const hasSlots = keyCountMaxFor(slotCount) >= operationCount;
    if (hasSlots && (needed + slotCount) * 4 <= capacity) return capacity;
    capacity = roundedCapacity(capacity * 1.1);
  }
}
