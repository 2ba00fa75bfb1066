/**
 * Taking tombstones away.
 *
 * Owns: the order of steps by which a key that was deleted goes, and no commit overlooks it.
 *
 *      1. the horizon is written, at revision H: from now on no commit from a snapshot before H is applied;
 *      2. the tombstones of the range are read as of H;
 *      3. each one that is still the same is deleted.
 *
 * Invariants:
 *   etcd-tidy/behind-the-horizon: a tombstone that goes is older than every snapshot from which a commit can still come. So
 *       nobody needs it to find a conflict.
 *
 * What a kill leaves: a horizon, which makes older transactions run again, and the tombstones that were not deleted yet.
 *
 * Suspension: `tidy` suspends for the servers.
 */
import { AbortedError, type BackendRange } from '../index.ts';
import type { Layout } from './layout.ts';
import type { Members } from './members.ts';
import { COMPARE, type KeyValue, TARGET } from './protocol.ts';

const PAGE_COUNT = 1000;

export interface TidyParts {
  readonly members: Members;
  readonly layout: Layout;
  readonly txnOperationCountMax: number;
}

export async function tidy(
  { members, layout, txnOperationCountMax }: TidyParts,
  { start, end }: BackendRange,
  signal: AbortSignal | undefined,
): Promise<void> {
  const horizon = { request_put: { key: layout.horizon, value: Buffer.of(1) } };
  // Carried out twice, it only moves the horizon on.
  const { header } = await members.commit({ compare: [], success: [horizon], failure: [] });
  const { revision } = header;
  let key = layout.dataKey(start);
  for (let more = true; more;) {
    if (signal?.aborted === true) {
      throw new AbortedError('Compaction was aborted', { cause: signal.reason });
    }
    const range = { key, range_end: layout.dataEnd(end), limit: PAGE_COUNT };
    const page = await members.range({ ...range, revision, serializable: true });
    const dead = page.kvs.filter(({ value }) => value.length === 0);
    for (let at = 0; at < dead.length; at += txnOperationCountMax) {
      await remove(members, dead.slice(at, at + txnOperationCountMax));
    }
    ({ more } = page);
    const last = page.kvs.at(-1);
    if (last !== undefined) key = Buffer.concat([last.key, Buffer.of(0)]);
  }
}

/** Deletes those that nobody has written since. */
async function remove(members: Members, dead: readonly KeyValue[]): Promise<void> {
  const { succeeded } = await members.commit({
    compare: dead.map(({ key, mod_revision }) => ({
      result: COMPARE.EQUAL,
      target: TARGET.MOD,
      key,
      mod_revision,
    })),
    success: dead.map(({ key }) => ({ request_delete_range: { key } })),
    failure: [],
  });
  if (succeeded || dead.length === 1) return;
  const half = dead.length >> 1;
  await remove(members, dead.slice(0, half));
  await remove(members, dead.slice(half));
}
