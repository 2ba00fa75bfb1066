/**
 * The commits after a version, as they come.
 *
 * Owns: the place of a stream in the log, and what wakes it.
 *
 * The watch of FoundationDB is of one key, rings once, and says only that something has changed. So it only wakes: what a
 * stream gives, it reads from the log. The watch is made in the transaction that has read the log to its end, so no commit
 * falls between the two. A watch that is lost is made up for by a look after a while.
 *
 * Commits that the cluster has applied in one batch have one version, and no snapshot is between them. They are given as one
 * commit, by the order of their stamps: a key that several of them wrote has its last value. Only commits that depend on
 * nothing can meet like that.
 *
 * Invariants:
 *   foundationdb-feed/whole: commits of a version are given when all parts of all of them were read. The log is read in lots,
 *       and a lot may end within one.
 *   foundationdb-feed/gapless: a transaction sees every commit up to its version and none after it. So nothing appears later
 *       behind the place of a stream.
 *   foundationdb-feed/gone-is-told: a stream whose place was cut from the log ends with HistoryGoneError, and skips nothing.
 *
 * Suspension: a step suspends for the servers, and until there is a commit.
 */
import {
  type BackendWrite,
  ClosedError,
  HistoryGoneError,
  type WatchedCommit,
  type WatchRequest,
} from '../index.ts';
import {
  HISTORY_PARTS,
  LOOK_MS,
  LOOK_UNTOLD_MS,
  LOT_ROW_COUNT_MAX,
  LOT_SIZE_BYTES_MAX,
} from '../adapters/commit-log.ts';
import type { ClientTransaction, ClientWatch } from './client.ts';
import type { Cluster } from './cluster.ts';
import type { Layout } from './layout.ts';
import { decodeEntry } from './log-entry.ts';
import { sleep } from '../adapters/time.ts';
import { versionOf } from './versions.ts';

/** What streams stand on. */
export interface FeedSource {
  readonly cluster: Cluster;
  readonly layout: Layout;
  /** How long commits are kept. */
  readonly historyMs: number;
}

/** A part of an entry of the log. */
interface LogRow {
  readonly key: Buffer;
  readonly part: Buffer;
}

/** What one transaction has read of the log. */
interface Lot {
  readonly rows: readonly LogRow[];
  /** The state that it was read from. */
  readonly version: number;
  readonly horizon: number;
  /** Rings at the next commit; undefined: more rows follow. */
  readonly watch: ClientWatch | undefined;
}

/** Ends quietly with the signal; throws HistoryGoneError and ClosedError. */
export async function* watchCommits(
  { cluster, layout, historyMs }: FeedSource,
  { start, end, after, signal }: WatchRequest,
): AsyncGenerator<WatchedCommit, undefined> {
  // A place that is looked at moves on, so that it stays within the log.
  const lookMs = Math.min(LOOK_MS, historyMs / HISTORY_PARTS);
  let place = after;
  let from = layout.logAfter(after);
  let open: LogRow[] = [];
  while (!signal.aborted) {
    const lot = await readLot(cluster, layout, { from, signal });
    if (lot === undefined) break;
    try {
      mustHave(place, lot);
      open.push(...lot.rows);
      const { whole, rest } = split(open, layout, lot.watch !== undefined);
      open = rest;
      for (const rows of whole) {
        const commit = commitOf(rows, layout, { start, end });
        place = commit.version;
        if (commit.writes.length > 0) yield commit;
        if (signal.aborted) return undefined;
      }
      const last = lot.rows.at(-1);
      if (last !== undefined) from = Buffer.concat([last.key, Buffer.of(0)]);
      if (lot.watch === undefined) continue;
      place = Math.max(place, lot.version);
      from = layout.logAfter(place);
      await untilRung(lot.watch, lookMs, [signal, cluster.closing]);
    } finally {
      lot.watch?.cancel();
    }
  }
  if (!signal.aborted) throw new ClosedError('Database is closed');
  return undefined;
}

/** Undefined when the stream was ended meanwhile. */
async function readLot(
  cluster: Cluster,
  layout: Layout,
  { from, signal }: { readonly from: Buffer; readonly signal: AbortSignal },
): Promise<Lot | undefined> {
  try {
    return await cluster.read((transaction) => lotOf(transaction, layout, from), { signal });
  } catch (error) {
    if (signal.aborted) return undefined;
    throw error;
  }
}

async function lotOf(transaction: ClientTransaction, layout: Layout, from: Buffer): Promise<Lot> {
  const reads = transaction.snapshot();
  const [version, horizon] = await Promise.all([
    transaction.getReadVersion(),
    reads.get(layout.horizon),
  ]);
  const rows: LogRow[] = [];
  let sizeBytes = 0;
  const options = { limit: LOT_ROW_COUNT_MAX };
  for await (const some of reads.getRangeBatch(from, layout.logEnd, options)) {
    for (const [key, part] of some) {
      rows.push({ key, part });
      sizeBytes += part.length;
    }
    if (sizeBytes >= LOT_SIZE_BYTES_MAX) break;
  }
  const isLast = rows.length < LOT_ROW_COUNT_MAX && sizeBytes < LOT_SIZE_BYTES_MAX;
  const watch = isLast ? transaction.watch(layout.bell) : undefined;
  if (isLast) await transaction.rawCommit(); // from here on the watch is there
  return {
    rows,
    version: versionOf(version),
    horizon: horizon === undefined ? 0 : versionOf(horizon),
    watch,
  };
}

/** foundationdb-feed/gone-is-told. */
function mustHave(place: number, { horizon, version }: Lot): void {
  if (place < horizon) {
    throw new HistoryGoneError(
      `Commits were removed from the log: after=${place} horizon=${horizon}, set history_ms= in the location to keep more`,
      horizon + 1,
    );
  }
  if (place > version) {
    throw new HistoryGoneError(
      `Cluster has not got the commit that a stream has come to: after=${place} newest=${version}; it is another cluster, or was restored`,
      version,
    );
  }
}

/** By version (foundationdb-feed/whole). */
function split(
  rows: readonly LogRow[],
  layout: Layout,
  isLast: boolean,
): { readonly whole: LogRow[][]; readonly rest: LogRow[] } {
  const whole: LogRow[][] = [];
  let lastVersion: number | undefined;
  for (const row of rows) {
    const version = versionOf(layout.stampIn(row.key));
    if (version === lastVersion) whole.at(-1)?.push(row);
    else whole.push([row]);
    lastVersion = version;
  }
  return { whole, rest: isLast ? [] : (whole.pop() ?? []) };
}

/** The commits of one version as one. */
function commitOf(
  rows: readonly LogRow[],
  layout: Layout,
  { start, end }: Pick<WatchRequest, 'start' | 'end'>,
): WatchedCommit {
  const entries: Buffer[][] = [];
  let stamp: Buffer | undefined;
  for (const { key, part } of rows) {
    const own = layout.stampIn(key);
    if (stamp !== undefined && own.equals(stamp)) entries.at(-1)?.push(part);
    else entries.push([part]);
    stamp = own;
  }
  const writes = new Map<string, BackendWrite>();
  let wallMs: number | undefined;
  for (const parts of entries) {
    const entry = decodeEntry(parts);
    ({ wallMs } = entry);
    for (const write of entry.writes) {
      const isIn =
        Buffer.compare(write.key, start) >= 0 &&
        (end === undefined || Buffer.compare(write.key, end) < 0);
      if (isIn) writes.set(Buffer.from(write.key).toString('latin1'), write);
    }
  }
  return {
    version: stamp === undefined ? 0 : versionOf(stamp), // a version has rows
    wallMs,
    writes: [...writes.values()].sort((a, b) => Buffer.compare(a.key, b.key)),
  };
}

/** Resolves when the watch rings, a signal is aborted, or after a while. */
async function untilRung(
  watch: ClientWatch,
  lookMs: number,
  signals: readonly AbortSignal[],
): Promise<void> {
  const over = new AbortController();
  const end = (): void => over.abort();
  for (const signal of signals) {
    signal.addEventListener('abort', end, { once: true });
    if (signal.aborted) end();
  }
  const looked = sleep(lookMs, over.signal);
  watch.promise.then(end, () => sleep(LOOK_UNTOLD_MS, over.signal).then(end)).catch(end);
  await looked;
  for (const signal of signals) signal.removeEventListener('abort', end);
}
