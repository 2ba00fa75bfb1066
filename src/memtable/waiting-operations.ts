/**
 * Operations that a memtable has taken and not yet inserted.
 *
 * Owns: their objects, their number and their size. The memtable inserts them together, so that the cache misses of their
 * hash slots overlap (memtable/settled-when-seen). An operation refers to bytes of the caller until then.
 *
 * Suspension: everything here is synchronous.
 */
import { EMPTY_BYTES } from '../bytes/bytes.ts';
import { Operation } from './operation.ts';

/** The slots of so many operations stay in the first cache until they are used. */
export const WAITING_COUNT_MAX = 64;

/** Above all relative sequences, and an int32 still. */
const NONE_WAITS = 2 ** 31 - 1;

export class WaitingOperations {
  /** The first `count` wait, and one behind them may be filled. The array grows up to WAITING_COUNT_MAX. */
  readonly operations: Operation[] = [];
  count = 0;
  /** Bytes of their keys and values. */
  sizeBytes = 0;
  /** The relative sequence of the first. Above all others when none waits. */
  from: number = NONE_WAITS;

  /** The object for the operation that comes next. */
  next(): Operation {
    return (this.operations[this.count] ??= new Operation());
  }

  /** Takes the object that `next` returned last. */
  add(operation: Operation, relative: number): void {
    if (this.count === 0) this.from = relative;
    this.sizeBytes += operation.sizeBytes;
    this.count++;
  }

  /** Forgets the first `count`, which are inserted, and lets go of their bytes. */
  clear(): void {
    for (let i = 0; i < this.count; i++) this.operations[i]!.bytes = EMPTY_BYTES; // i < count
    this.count = this.sizeBytes = 0;
    this.from = NONE_WAITS;
  }
}
