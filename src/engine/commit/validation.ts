/**
 * Validation: first committer wins.
 *
 * Owns: the comparison of a commit's writes, and of its reads, with the commits since its snapshot.
 *
 * Suspension: everything here is synchronous.
 */
import type { BatchReader } from '../../batch/batch-reader.ts';
import type { CommitBatch } from '../../batch/commit-batch.ts';
import { copyRange } from '../../bytes/bytes.ts';
import { hashKey } from '../../bytes/hash.ts';
import { RANGE_DELETION } from '../../base/value-type.ts';
import type { ReadSet } from '../../txn/read-set.ts';
import type { CommitsSince } from '../read/commits-since.ts';

/** A key that the batch writes and the commits have written, or undefined; a copy. */
export function writtenKey(
  commits: CommitsSince,
  batch: CommitBatch,
  reader: BatchReader,
): Uint8Array | undefined {
  reader.resetToBatch(batch);
  while (reader.next()) {
    const { bytes, keyStart, keyEnd } = reader;
    if (reader.type === RANGE_DELETION) {
      const start = copyRange(bytes, keyStart, keyEnd);
      const key = commits.keyInRange(start, copyRange(bytes, reader.valueStart, reader.valueEnd));
      if (key !== undefined) return key;
    } else if (commits.hasKey(bytes, keyStart, keyEnd, hashKey(bytes, keyStart, keyEnd))) {
      return copyRange(bytes, keyStart, keyEnd);
    }
  }
  return undefined;
}

/** A key that a serializable transaction has read and the commits have written, or undefined; a copy. */
export function readKey(commits: CommitsSince, reads: ReadSet): Uint8Array | undefined {
  const { keys } = reads;
  for (let slot = 0; slot < keys.count; slot++) {
    const [start, end] = [keys.keyStart(slot), keys.keyEnd(slot)];
    if (commits.hasKey(keys.bytes, start, end, keys.hashOf(slot))) return keys.keyOf(slot);
  }
  for (const { lower, upper } of reads.ranges()) {
    const key = commits.keyInRange(lower, upper);
    if (key !== undefined) return key;
  }
  return undefined;
}
