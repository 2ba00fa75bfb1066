/**
 * Operations of a log on their way into a memtable, a run at a time.
 *
 * Owns: decoding and hashing of some operations before the first of them is inserted. Where a key is looked for is touched
 * as soon as its hash is known, so that the cache misses of a run overlap.
 *
 * Suspension: everything here is synchronous. A run holds the bytes of the cursor's frame until it is loaded again.
 */
import { unreachable } from '../../base/assert.ts';
import { EMPTY_BYTES } from '../../bytes/bytes.ts';
import { hashKey } from '../../bytes/hash.ts';
import { sequenceNumber, type SequenceNumber } from '../../base/ids.ts';
import { DELETION, VALUE, RANGE_DELETION, mustBeValueType } from '../../base/value-type.ts';
import type { CommitCursor } from '../../log/commit-cursor.ts';
import type { Memtable } from '../../memtable/memtable.ts';

/** As many slots stay in the first cache until they are used. */
const RUN_COUNT_MAX = 64;
/** Per operation: type, key start, key end, value start, value end, hash. */
const FIELD_COUNT = 6;

export class ReplayRun {
  /** How many operations were loaded; their sequences are one after another. */
  count = 0;
  /** Bytes of their keys and values. */
  sizeBytes = 0;
  /** How many of them are the first of a commit. */
  commitCount = 0;
  #bytes: Uint8Array = EMPTY_BYTES;
  #firstSequence = 0;
  readonly #fields = new Int32Array(RUN_COUNT_MAX * FIELD_COUNT);

  /** Takes the next operations above `flushed`; false after the last. `memtable` is where they will likely go. */
  load(cursor: CommitCursor, flushed: SequenceNumber, memtable: Memtable | undefined): boolean {
    const fields = this.#fields;
    this.#bytes = cursor.bytes;
    this.count = this.sizeBytes = this.commitCount = 0;
    while (this.count < RUN_COUNT_MAX && cursor.next()) {
      if (cursor.sequence <= flushed) continue;
      const { bytes, keyStart, keyEnd, valueStart, valueEnd } = cursor;
      if (this.count === 0) this.#firstSequence = cursor.sequence;
      if (cursor.isCommitStart) this.commitCount++;
      const hash = hashKey(bytes, keyStart, keyEnd);
      const at = this.count * FIELD_COUNT; // count < RUN_COUNT_MAX
      fields[at] = cursor.type;
      fields[at + 1] = keyStart;
      fields[at + 2] = keyEnd;
      fields[at + 3] = valueStart;
      fields[at + 4] = valueEnd;
      fields[at + 5] = hash;
      this.sizeBytes += keyEnd - keyStart + (valueEnd - valueStart);
      this.count++;
    }
    if (memtable !== undefined) this.#warm(memtable);
    return this.count > 0;
  }

  /** A loop of nothing else, so that as many misses overlap as the processor can keep waiting. */
  #warm(memtable: Memtable): void {
    const end = this.count * FIELD_COUNT;
    for (let at = FIELD_COUNT - 1; at < end; at += FIELD_COUNT) memtable.warm(this.#fields[at]!); // at < end
  }

  sequenceOf(index: number): number {
    return this.#firstSequence + index;
  }

  /** Bytes of key and value. */
  sizeOf(index: number): number {
    const fields = this.#fields;
    const at = index * FIELD_COUNT; // index < count
    return fields[at + 2]! - fields[at + 1]! + (fields[at + 4]! - fields[at + 3]!);
  }

  /** Inserts the operations `[start, end)`, for which the memtable has room. */
  insertInto(memtable: Memtable, start: number, end: number): void {
    const fields = this.#fields;
    const bytes = this.#bytes;
    for (let i = start; i < end; i++) {
      const at = i * FIELD_COUNT; // i < count
      const type = mustBeValueType(fields[at]!);
      const keyStart = fields[at + 1]!;
      const keyEnd = fields[at + 2]!;
      const valueStart = fields[at + 3]!;
      const valueEnd = fields[at + 4]!;
      const sequence = sequenceNumber(this.#firstSequence + i);
      switch (type) {
        case VALUE:
        case DELETION: {
          const hash = fields[at + 5]!;
          memtable.put(type, sequence, bytes, keyStart, keyEnd, hash, bytes, valueStart, valueEnd);
          break;
        }
        case RANGE_DELETION:
          memtable.deleteRange(
            sequence,
            bytes.subarray(keyStart, keyEnd),
            bytes.subarray(valueStart, valueEnd),
          );
          break;
        default:
          unreachable(type);
      }
    }
  }
}
