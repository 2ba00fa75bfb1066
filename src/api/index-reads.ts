/**
 * How an index is read: of a keyspace, and of one in a transaction.
 *
 * Owns: the way from a range of values to entries of the index, and from these to rows, all in one view.
 *
 * Invariants:
 *   index-reads/one-view: entries and rows come from one view, with one clock. So every entry has its row.
 *   index-reads/own-writes: in a transaction the index shows what its own writes so far would make of it.
 *   index-reads/whole: no view from before the end of its build reads an index.
 *
 * Suspension: `nextRows` and `nextEntries` suspend for blocks, and for the event loop. In a transaction `open` reads the rows
 * that the transaction has written, and may read blocks for that at once.
 */
import { ClosedError, CorruptionError, NotReadyError } from '../base/errors.ts';
import type { Taken } from '../base/options.ts';
import { RANGE_DELETION } from '../base/value-type.ts';
import { BatchReader } from '../batch/batch-reader.ts';
import { CommitBatch } from '../batch/commit-batch.ts';
import { compareBytes, copyRange, type ByteSlice } from '../bytes/bytes.ts';
import { hashKey } from '../bytes/hash.ts';
import { type BoundedRange, nonEmpty } from '../bytes/key-range.ts';
import { keyspaceOf } from '../bytes/keyspace-number.ts';
import { type TupleElement, tuplePrefixEnd } from '../bytes/tuple.ts';
import { indexedRow, type IndexedRow } from '../indexes/index-entry.ts';
import type { LiveIndex } from '../indexes/live-index.ts';
import type { Overlay } from '../iterator/overlay.ts';
import type { Store, StoreView } from '../store/contract.ts';
import type { ReadSet } from '../txn/read-set.ts';
import { WriteSet } from '../txn/write-set.ts';
import { WriteSetIterator } from '../txn/write-set-iterator.ts';
import { type Indexing, mustBeReady } from './indexing.ts';
import type { NOT_OWN, ScanView } from './reader.ts';
import type { ScanOptions } from './ranges.ts';
import { snapshotView } from './snapshot.ts';
import type { Space, SpaceShare } from './space.ts';
import type { TransactionCore } from './transaction-core.ts';

/** A range of an index, checked for its names alone. */
export interface IndexRangeRequest {
  readonly gt: readonly TupleElement[] | undefined;
  readonly gte: readonly TupleElement[] | undefined;
  readonly lt: readonly TupleElement[] | undefined;
  readonly lte: readonly TupleElement[] | undefined;
  readonly prefix: readonly TupleElement[] | undefined;
}

export interface IndexScanRequest extends IndexRangeRequest {
  readonly reverse: boolean | undefined;
  readonly limit: number | undefined;
  readonly snapshot: unknown;
}

export const NO_TUPLE: IndexRangeRequest = {
  gt: undefined,
  gte: undefined,
  lt: undefined,
  lte: undefined,
  prefix: undefined,
};

export interface OpenIndexScan<V> {
  /** Up to `count` more entries; fewer only at the end. */
  nextRows(this: void, count: number): Promise<IndexedRow[]>;
  /** The same with the values of their rows. */
  nextEntries(
    this: void,
    count: number,
  ): Promise<{ readonly row: IndexedRow; readonly value: V }[]>;
  close(this: void): void;
}

export interface IndexReads<K, V> {
  readonly index: LiveIndex;
  ready(): Promise<void>;
  /** Throws as `SecondaryIndex` documents. */
  open(request: IndexScanRequest): OpenIndexScan<V>;
  keyOf(row: IndexedRow): K;
}

/** The session, as reads of indexes need it. */
interface IndexHost extends SpaceShare {
  readonly store: Pick<Store, 'view'>;
  readonly indexing: Indexing;
}

/** What is read with: the view of a keyspace, or of a transaction with its writes over it. */
interface Target<V> {
  mustBeActive(): void;
  scanView(snapshot: unknown): ScanView;
  readonly own: ((key: ByteSlice, hash: number) => V | undefined | typeof NOT_OWN) | undefined;
}

/** The index of that name, for reads of the newest state or of snapshots. Throws InvalidArgumentError when there is none. */
export function keyspaceIndex<K, V>(
  session: IndexHost,
  space: Space<K, V>,
  name: string,
): IndexReads<K, V> {
  const view = (snapshot: unknown): StoreView =>
    snapshot === undefined ? session.store.view() : snapshotView(snapshot, session);
  return indexReads(session, space, name, {
    mustBeActive: space.mustBeOpen,
    scanView: (snapshot) => ({ view: view(snapshot).fixed() }),
    own: undefined,
  });
}

/** The same in a transaction. */
export function transactionIndex<K, V>(
  core: TransactionCore,
  space: Space<K, V>,
  name: string,
): IndexReads<K, V> {
  const session = space.share as IndexHost; // the one share there is
  const index = session.indexing.indexOf(space, name);
  return indexReads(session, space, name, {
    mustBeActive: () => core.mustBeActive(),
    scanView: () => {
      const { indexed } = space.entry;
      if (indexed !== undefined) core.settleIn(indexed.range);
      core.isScanned = true;
      core.hasRead = true;
      const view = core.place.view();
      const overlay = indexOverlay(core, index, session, view);
      const readsIn = (range: BoundedRange): ReadSet | undefined =>
        core.locks?.noteScan(nonEmpty(range)) === true ? undefined : core.noted;
      return { view, overlay, readsIn };
    },
    own: (key, hash) => core.ownOrNoted(space, key, hash),
  });
}

function indexReads<K, V>(
  session: IndexHost,
  space: Space<K, V>,
  name: string,
  target: Target<V>,
): IndexReads<K, V> {
  const { indexing } = session;
  const index = indexing.indexOf(space, name);
  const rows = space.entry.indexed!; // it has an index
  const reader = indexing.readerOf(session, index);
  const mustBeThere = (): void => {
    target.mustBeActive();
    if (space.entry.indexed?.get(name) !== index) {
      throw new ClosedError(`Index was dropped: index=${name}`);
    }
  };
  return {
    index,
    ready: async () => {
      mustBeThere();
      await indexing.ready(index);
    },
    keyOf: ({ primaryKey }) => {
      const key = rows.treeKeyOf(primaryKey);
      return space.translator.decodeKey(key, 0, key.length);
    },
    open: (request) => {
      mustBeThere();
      mustBeReady(index);
      const options = scanOptions(index, request);
      const scanView = target.scanView(request.snapshot);
      const { view } = scanView;
      if (view.sequence < index.readyAt) throw olderThan(name); // index-reads/whole
      const scan = reader.entries(options, () => scanView);
      let isAtEnd = false; // the scan is closed, and the view is let go of
      const nextRows = async (count: number): Promise<IndexedRow[]> => {
        mustBeThere();
        if (isAtEnd) return [];
        const entries = await scan.nextMany(count);
        if (entries.length < count) isAtEnd = true;
        return entries.map(([key, value]) => indexedRow(key, value));
      };
      const nextEntries: OpenIndexScan<V>['nextEntries'] = async (count) => {
        if (isAtEnd) return [];
        view.hold();
        try {
          const found = await nextRows(count);
          mustBeThere();
          const keys = found.map(({ primaryKey }) => rows.treeKeyOf(primaryKey));
          const values = await space.reader.rowsOf(keys, view, target.own);
          return found.map((row, i) => {
            const value = values[i];
            if (value === undefined) throw withoutRow(name); // index-reads/one-view
            return { row, value };
          });
        } finally {
          view.release();
        }
      };
      const close = (): void => {
        isAtEnd = true;
        scan.close();
      };
      return { nextRows, nextEntries, close };
    },
  };
}

/** The options of a scan over the keys of the index: bounds of bytes, without its head. */
function scanOptions(
  { keys }: LiveIndex,
  request: IndexScanRequest,
): Taken<ScanOptions<Uint8Array>> {
  const { gt, gte, lt, lte, prefix, reverse, limit } = request;
  const encoded = (values: readonly TupleElement[]): Uint8Array =>
    keys.encode(values).subarray(keys.head.length);
  const starts: Uint8Array[] = [];
  const ends: Uint8Array[] = [];
  if (gte !== undefined) starts.push(encoded(gte));
  if (gt !== undefined) starts.push(tuplePrefixEnd(encoded(gt)));
  if (lt !== undefined) ends.push(encoded(lt));
  if (lte !== undefined) ends.push(tuplePrefixEnd(encoded(lte)));
  if (prefix !== undefined) {
    const bytes = encoded(prefix);
    starts.push(bytes);
    ends.push(tuplePrefixEnd(bytes));
  }
  return {
    gte:
      starts.length === 0 ? undefined : starts.reduce((a, b) => (compareBytes(a, b) < 0 ? b : a)),
    lt: ends.length === 0 ? undefined : ends.reduce((a, b) => (compareBytes(a, b) > 0 ? b : a)),
    gt: undefined,
    lte: undefined,
    prefix: undefined,
    reverse,
    limit,
  };
}

/** What the writes of the transaction make of the index (index-reads/own-writes); undefined for nothing. */
function indexOverlay(
  { writes }: TransactionCore,
  { number }: LiveIndex,
  { indexing }: IndexHost,
  view: StoreView,
): Overlay | undefined {
  if (writes.isEmpty) return undefined;
  const batch = new CommitBatch();
  writes.encodeInto(batch);
  indexing.maintenance.derive(batch, view, false);
  const own = new WriteSet();
  const reader = new BatchReader();
  reader.resetToBatch(batch);
  while (reader.next()) {
    const { bytes, type, keyStart, keyEnd, valueStart, valueEnd } = reader;
    if (keyspaceOf(bytes, keyStart, keyEnd) !== number) continue;
    if (type === RANGE_DELETION) {
      own.deleteRange(copyRange(bytes, keyStart, keyEnd), copyRange(bytes, valueStart, valueEnd));
      continue;
    }
    const key = { bytes, start: keyStart, end: keyEnd };
    const value = { bytes, start: valueStart, end: valueEnd };
    own.write(type, hashKey(bytes, keyStart, keyEnd), key, value);
  }
  if (own.isEmpty) return undefined;
  return { source: new WriteSetIterator(own), tombstones: own.tombstones };
}

function olderThan(name: string): NotReadyError {
  return new NotReadyError(`Snapshot is from before the index was built: index=${name}`);
}

function withoutRow(name: string): CorruptionError {
  return new CorruptionError(`Index has an entry without its row: index=${name}`);
}
