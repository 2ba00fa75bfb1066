/**
 * Operations of a commit on their way into a memtable, a run at a time.
 *
 * Owns: decoding and hashing of some operations before the memtable takes the first of them. The run loads the hash
 * slot of each key as soon as its hash is known, so that the cache misses of a run overlap. Commits and the replay of
 * logs both insert in this way.
 *
 * Suspension: everything here is synchronous. A run holds the bytes of its reader until the next `load`.
 */
import { hashKey } from '../bytes/hash.ts';
import { sequenceNumber } from '../base/ids.ts';
import { RANGE_DELETION } from '../base/value-type.ts';
import type { BatchReader } from '../batch/batch-reader.ts';
import type { Memtable } from './memtable.ts';
import { Operation } from './operation.ts';

/** The slots of so many operations stay in the first cache until they are used. */
const RUN_COUNT_MAX = 64;

export class OperationRun {
  /** How many operations are loaded. Their sequences follow one another. */
  count = 0;
  /** Bytes of their keys and values. */
  sizeBytes = 0;
  /** How many of them are the first of a commit. */
  commitCount = 0;
  /** How many of them delete a range. */
  rangeCount = 0;
  /** The objects of all runs; the array grows up to the longest run so far. */
  readonly #operations: Operation[] = [new Operation()];

  /** Takes the next operations above the sequence `flushed`. False after the last. */
  load(reader: BatchReader, flushed = 0): boolean {
    this.count = this.sizeBytes = this.commitCount = this.rangeCount = 0;
    while (this.count < RUN_COUNT_MAX && reader.next()) {
      if (reader.sequence <= flushed) continue;
      if (reader.isCommitStart) this.commitCount++;
      const operation = (this.#operations[this.count] ??= new Operation());
      const { bytes, keyStart, keyEnd } = reader;
      if (reader.type === RANGE_DELETION) this.rangeCount++;
      operation.type = reader.type;
      operation.sequence = sequenceNumber(reader.sequence);
      operation.hash = hashKey(bytes, keyStart, keyEnd);
      operation.bytes = bytes;
      operation.keyStart = keyStart;
      operation.keyEnd = keyEnd;
      operation.valueStart = reader.valueStart;
      operation.valueEnd = reader.valueEnd;
      this.sizeBytes += operation.sizeBytes;
      this.count++;
    }
    return this.count > 0;
  }

  /** The operation at an index below `count`. Valid until the next `load`. */
  at(index: number): Operation {
    return this.#operations[index]!; // index < count
  }

  /** Inserts all operations into a memtable that has room. */
  insertInto(memtable: Memtable): void {
    const { count } = this;
    if (count > 1) this.#warm(memtable); // one miss has no other to overlap with
    for (let i = 0; i < count; i++) memtable.insert(this.#operations[i]!); // i < count
  }

  /** Loads the slots of all operations. The loop does nothing else, so that the cache misses overlap. */
  #warm(memtable: Memtable): void {
    if (memtable.isAscending) return; // the memtable looks up no key
    for (let i = 0; i < this.count; i++) memtable.warm(this.#operations[i]!.hash); // i < count
  }
}
