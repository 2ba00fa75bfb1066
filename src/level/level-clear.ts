/**
 * The clear of Level.
 *
 * Owns: how entries of a range are deleted when not all of them may be: with a limit, or as an explicit snapshot saw them.
 *
 * A plain range is one range tombstone, and one commit. With a limit or a snapshot the keys are read and deleted in batches:
 * each batch is a commit, as in LevelDB.
 *
 * Suspension: everything here suspends for reads and commits.
 */
import type { Keyspace, Snapshot, WriteOptions } from '../index.ts';
import { type LevelBounds, rangeOf } from './level-range.ts';

/** Options of a clear as abstract-level hands them down. */
export interface ClearRequest extends LevelBounds {
  readonly reverse: boolean;
  /** -1 for all. */
  readonly limit: number;
}

/** Keys that one commit deletes. */
const KEYS_PER_BATCH = 1000;

/** Deletes the entries of a range, those that the snapshot has if there is one. Resolves when they are gone. */
export async function clearRange(
  keyspace: Keyspace,
  request: ClearRequest,
  place: { readonly snapshot: Snapshot | undefined; readonly write: WriteOptions | undefined },
): Promise<void> {
  const range = rangeOf(request);
  const { limit, reverse } = request;
  const { snapshot, write } = place;
  if (limit < 0 && snapshot === undefined) {
    await keyspace.delRange(range, write);
    return;
  }
  const scan = keyspace.keys({ ...range, reverse, limit, ...(snapshot && { snapshot }) });
  try {
    for (;;) {
      const keys = await scan.nextMany(KEYS_PER_BATCH);
      if (keys.length > 0)
        await keyspace.batch(
          keys.map((key) => ({ type: 'del', key })),
          write,
        );
      if (keys.length < KEYS_PER_BATCH) return;
    }
  } finally {
    scan.close();
  }
}
