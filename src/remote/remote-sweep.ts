/**
 * Deleting rows in lots.
 *
 * Owns: what a dropped keyspace leaves, and what has expired. Each lot is one commit, as large as the backend takes.
 *
 * What a kill leaves: the rows of the lots that were not committed. The next sweep takes them.
 *
 * Suspension: both functions suspend for the backend.
 */
import { abortedBy } from '../base/abort.ts';
import { ConflictError } from '../base/errors.ts';
import { CommitBatch } from '../batch/commit-batch.ts';
import { keySuccessor } from '../bytes/bytes.ts';
import type { BoundedRange } from '../bytes/key-range.ts';
import type { BackendRange, BackendRow } from './backend.ts';
import { FoldedWrites } from './folded-writes.ts';
import { isExpired } from './remote-records.ts';
import type { RemoteState } from './remote-state.ts';
import type { RemotePlace } from './remote-view.ts';

const LOT_COUNT_MAX = 1024;
const LOT_SIZE_BYTES = 1024 * 1024;

/** What a sweep needs of the store. */
export interface SweepHost {
  readonly wallMs: number;
  readonly writeCountMax: number;
  newPlace(): RemotePlace;
  /** Commits; with a state rejects with ConflictError when a row was written since. */
  apply(folded: FoldedWrites, state: RemoteState | undefined): Promise<void>;
}

/** Deletes every row of a range to which nothing is written any more. */
export async function deleteRows(host: SweepHost, range: BoundedRange): Promise<void> {
  await eachLot(host, range, undefined, async (rows) => {
    await host.apply(deletionsOf(rows), undefined);
  });
}

/** Deletes the rows of a range that have expired. One that is written meanwhile stays. */
export async function deleteExpired(
  host: SweepHost,
  range: BackendRange,
  signal: AbortSignal | undefined,
): Promise<void> {
  await eachLot(host, range, signal, async (rows, state) => {
    const expired = rows.filter(({ key, value }) => isExpired(value, key, host.wallMs));
    if (expired.length === 0) return;
    try {
      await host.apply(deletionsOf(expired), state);
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error; // the next sweep takes the others
    }
  });
}

async function eachLot(
  host: SweepHost,
  range: BackendRange,
  signal: AbortSignal | undefined,
  take: (rows: readonly BackendRow[], state: RemoteState) => Promise<void>,
): Promise<void> {
  let { start } = range;
  for (let hasMore = true; hasMore;) {
    if (signal?.aborted === true) throw abortedBy(signal, 'Compaction was aborted');
    const place = host.newPlace();
    try {
      const page = await place.state.page({
        start,
        end: range.end,
        isReverse: false,
        rowCountMax: Math.min(LOT_COUNT_MAX, host.writeCountMax),
        sizeBytesMax: LOT_SIZE_BYTES,
      });
      const last = page.rows.at(-1);
      if (last === undefined) return;
      await take(page.rows, place.state);
      start = keySuccessor(last.key);
      ({ hasMore } = page);
    } finally {
      place.close();
    }
  }
}

function deletionsOf(rows: readonly BackendRow[]): FoldedWrites {
  const folded = new FoldedWrites(new CommitBatch());
  for (const { key } of rows) folded.put(key, undefined);
  return folded;
}
