/**
 * How an index is read: of a keyspace, and of one in a transaction.
 *
 * Owns: the way from a range of values to entries of the index, and from these to rows, all in one view.
 *
 * Invariants:
 *   index-reads/one-view: entries and rows come from one view, with one clock. So every entry has its row.
 *   index-reads/own-writes: in a transaction the index shows what its own writes up to the call would make of it.
 *   index-reads/whole: no view from before the end of its build reads an index.
 *
 * Suspension: `nextRows` and `nextEntries` suspend for blocks, and for the event loop. In a transaction `open` reads the rows
 * that the transaction has written, and may read blocks for that at once. On servers the first step waits for these rows.
 */
import {
  ClosedError,
  CorruptionError,
  InvalidArgumentError,
  NotReadyError,
} from '../base/errors.ts';
import { isArray } from '../base/caller-value.ts';
import type { Taken } from '../base/options.ts';
import { BatchReader } from '../batch/batch-reader.ts';
import { CommitBatch } from '../batch/commit-batch.ts';
import { compareBytes, type ByteSlice, sliceOf } from '../bytes/bytes.ts';
import { type BoundedRange, nonEmpty } from '../bytes/key-range.ts';
import { keyspaceOf } from '../bytes/keyspace-number.ts';
import { type TupleElement, tuplePrefixEnd } from '../bytes/tuple.ts';
import { indexedRow, type IndexedRow } from '../indexes/index-entry.ts';
import type { IndexMaintenance } from '../indexes/index-maintenance.ts';
import type { IndexedRows, LiveIndex } from '../indexes/live-index.ts';
import type { Overlay } from '../iterator/overlay.ts';
import type { Store, StoreView } from '../store/contract.ts';
import type { ReadSet } from '../txn/read-set.ts';
import { WriteSet } from '../txn/write-set.ts';
import { WriteSetIterator } from '../txn/write-set-iterator.ts';
import { type Indexing, mustBeReady } from './indexing.ts';
import type { OwnValue, Reader, ScanView } from './reader.ts';
import type { ScanOptions } from './ranges.ts';
import { type ReadFrom, readView } from './snapshot.ts';
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

export interface IndexScanRequest extends IndexRangeRequest, ReadFrom {
  readonly reverse: boolean | undefined;
  readonly limit: number | undefined;
}

export const NO_TUPLE: IndexRangeRequest = {
  gt: undefined,
  gte: undefined,
  lt: undefined,
  lte: undefined,
  prefix: undefined,
};

/** An entry of the index, and the value of its row. */
export interface IndexedValue<V> {
  readonly row: IndexedRow;
  readonly value: V;
}

export interface OpenIndexScan<V> {
  /** Up to `count` more entries; fewer only at the end. */
  nextRows(this: void, count: number): Promise<IndexedRow[]>;
  /** The same with the values of their rows. */
  nextEntries(this: void, count: number): Promise<IndexedValue<V>[]>;
  close(this: void): void;
}

export interface IndexReads<K, V> {
  readonly index: LiveIndex;
  ready(): Promise<void>;
  /** Throws as `SecondaryIndex` documents. */
  open(request: IndexScanRequest): OpenIndexScan<V>;
  /** The first entry whose values begin with these, and its row; undefined when there is none. */
  first(values: readonly TupleElement[], from: ReadFrom): Promise<IndexedValue<V> | undefined>;
  keyOf(row: IndexedRow): K;
}

/** The session, as reads of indexes need it. */
interface IndexHost extends SpaceShare {
  readonly store: Pick<Store, 'view' | 'viewAt'>;
  readonly indexing: Indexing;
}

/** What is read with: the view of a keyspace, or of a transaction with its writes over it. */
interface Target<V> {
  mustBeActive(): void;
  scanView(from: ReadFrom): ScanView;
  /** In a transaction: what its writes so far make of the index. */
  readonly overlay: (() => Overlay | undefined | Promise<Overlay | undefined>) | undefined;
  readonly own: ((key: ByteSlice, hash: number) => OwnValue<V>) | undefined;
}

/** The index of that name, for reads of the newest state or of snapshots. Throws InvalidArgumentError when there is none. */
export function keyspaceIndex<K, V>(
  session: IndexHost,
  space: Space<K, V>,
  name: string,
): IndexReads<K, V> {
  return new IndexReader(session, space, name, {
    mustBeActive: space.mustBeOpen,
    scanView: (from) => ({ view: readView(session, from, space.mustBeOpen).fixed() }),
    overlay: undefined,
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
  return new IndexReader(session, space, name, {
    mustBeActive: () => core.mustBeActive(),
    scanView: ({ at }) => {
      if (at !== undefined)
        throw new InvalidArgumentError('A transaction reads its own snapshot: at is given');
      core.isScanned = true;
      core.hasRead = true;
      const readsIn = (range: BoundedRange): ReadSet | undefined =>
        core.locks?.noteScan(nonEmpty(range)) === true ? undefined : core.noted;
      return { view: core.place.view(), readsIn };
    },
    overlay: () => ownOverlay(core, session.indexing, space.entry.indexed!, index), // it has an index
    own: (key, hash) => core.ownOrNoted(space, key, hash),
  });
}

class IndexReader<K, V> implements IndexReads<K, V> {
  readonly index: LiveIndex;
  readonly #host: IndexHost;
  readonly #space: Space<K, V>;
  readonly #rows: IndexedRows;
  readonly #entries: Reader<Uint8Array, Uint8Array>;
  readonly #target: Target<V>;

  /** Throws InvalidArgumentError when there is no index of that name. */
  constructor(host: IndexHost, space: Space<K, V>, name: string, target: Target<V>) {
    this.index = host.indexing.indexOf(space, name);
    this.#host = host;
    this.#space = space;
    this.#rows = space.entry.indexed!; // it has an index
    this.#entries = host.indexing.readerOf(host, this.index);
    this.#target = target;
  }

  async ready(): Promise<void> {
    this.#mustBeThere();
    await this.#host.indexing.ready(this.index);
  }

  keyOf({ primaryKey }: IndexedRow): K {
    const key = this.#rows.treeKeyOf(primaryKey);
    return this.#space.translator.decodeKey(key, 0, key.length);
  }

  async first(
    values: readonly TupleElement[],
    from: ReadFrom,
  ): Promise<IndexedValue<V> | undefined> {
    // Two lookups in place of a scan; own writes of a transaction are laid over scans alone.
    if (this.#target.own === undefined && isArray(values) && this.index.hasPlaceOf(values)) {
      const found = await this.#lookUp(values, from);
      if (found !== undefined || this.index.isWhole(values)) return found;
    }
    const range = { ...NO_TUPLE, prefix: values };
    const scan = this.open({ ...range, ...from, reverse: undefined, limit: 1 });
    try {
      const [entry] = await scan.nextEntries(1);
      return entry;
    } finally {
      scan.close();
    }
  }

  /** The row of these values in a unique index, which comes before those that only begin with them. */
  async #lookUp(
    values: readonly TupleElement[],
    from: ReadFrom,
  ): Promise<IndexedValue<V> | undefined> {
    const { view } = this.#scanView(from);
    const { keys, name } = this.index;
    const key = keys.encode(values);
    view.hold();
    try {
      const found = await this.#entries.find(key, view);
      if (found === undefined) return undefined;
      const row = indexedRow(keys.withoutHead(key), sliceOf(found));
      this.#mustBeThere();
      const value = await this.#space.reader.find(this.#rows.treeKeyOf(row.primaryKey), view);
      if (value === undefined) throw withoutRow(name);
      return { row, value };
    } finally {
      view.release();
    }
  }

  open(request: IndexScanRequest): OpenIndexScan<V> {
    this.#mustBeThere();
    const { overlay } = this.#target;
    if (overlay === undefined) return this.#open(request, undefined);
    this.#scanView(request); // refuses before anything is read
    const own = overlay();
    if (!(own instanceof Promise)) return this.#open(request, own);
    return later(own.then((known) => this.#open(request, known)));
  }

  #open(request: IndexScanRequest, overlay: Overlay | undefined): OpenIndexScan<V> {
    const scanView = { ...this.#scanView(request), overlay };
    const { view } = scanView;
    const { keys } = this.index;
    const scan = this.#entries.scan(
      scanOptions(this.index, request),
      () => scanView,
      ({ key, keyStart, keyEnd, value, valueStart, valueEnd }) =>
        indexedRow(keys.withoutHead(key, keyStart, keyEnd), {
          bytes: value,
          start: valueStart,
          end: valueEnd,
        }),
    );
    let isAtEnd = false; // the scan is closed, and the view is let go of
    const nextRows = async (count: number): Promise<IndexedRow[]> => {
      this.#mustBeThere();
      if (isAtEnd) return [];
      const rows = await scan.nextMany(count);
      if (rows.length < count) isAtEnd = true;
      return rows;
    };
    const nextEntries = async (count: number): Promise<IndexedValue<V>[]> => {
      if (isAtEnd) return [];
      view.hold();
      try {
        return await this.#withValues(await nextRows(count), view);
      } finally {
        view.release();
      }
    };
    const close = (): void => {
      isAtEnd = true;
      scan.close();
    };
    return { nextRows, nextEntries, close };
  }

  /** Keeps index-reads/one-view. The view is held. */
  async #withValues(found: readonly IndexedRow[], view: StoreView): Promise<IndexedValue<V>[]> {
    this.#mustBeThere();
    const keys = found.map(({ primaryKey }) => this.#rows.treeKeyOf(primaryKey));
    const values = await this.#space.reader.rowsOf(keys, view, this.#target.own);
    return found.map((row, i) => {
      const value = values[i];
      if (value === undefined) throw withoutRow(this.index.name);
      return { row, value };
    });
  }

  #scanView(from: ReadFrom): ScanView {
    this.#mustBeThere();
    mustBeReady(this.index);
    const scanView = this.#target.scanView(from);
    const { view } = scanView;
    const { readyAt, name } = this.index;
    const isWhole =
      view.sequence >= readyAt && this.#host.indexing.wasReady(this.#space.entry, this.index, view);
    if (!isWhole) throw olderThan(name); // index-reads/whole
    return scanView;
  }

  #mustBeThere(): void {
    this.#target.mustBeActive();
    const { name } = this.index;
    if (this.#space.entry.indexed?.get(name) === this.index) return;
    throw new ClosedError(`Index was dropped: index=${name}`);
  }
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

/** A scan that opens later. */
function later<V>(opening: Promise<OpenIndexScan<V>>): OpenIndexScan<V> {
  opening.catch(() => undefined); // its steps tell
  return {
    nextRows: async (count) => (await opening).nextRows(count),
    nextEntries: async (count) => (await opening).nextEntries(count),
    close: () => {
      opening.then(
        (scan) => scan.close(),
        () => undefined,
      );
    },
  };
}

/** What the writes of the transaction make of the index (index-reads/own-writes); undefined for nothing. */
function ownOverlay(
  core: TransactionCore,
  { maintenance }: Indexing,
  rows: IndexedRows,
  index: LiveIndex,
): Overlay | undefined | Promise<Overlay | undefined> {
  const settled = core.settleIn(rows.range);
  const { writes } = core;
  if (writes.isEmpty && settled === undefined) return undefined;
  const batch = new CommitBatch();
  writes.encodeInto(batch);
  if (settled instanceof Promise) {
    return settled.then((late) => {
      core.mustBeActive();
      late.encodeInto(batch);
      return derivedFrom(batch, core, maintenance, index);
    });
  }
  return derivedFrom(batch, core, maintenance, index);
}

function derivedFrom(
  batch: CommitBatch,
  core: TransactionCore,
  maintenance: IndexMaintenance,
  index: LiveIndex,
): Overlay | undefined | Promise<Overlay | undefined> {
  const mark = batch.mark();
  return core.inStep(
    (view) => maintenance.readAhead(view, batch),
    (view) => {
      batch.truncate(mark); // it may run again
      maintenance.derive(batch, view, false);
      return overlayIn(batch, index);
    },
  );
}

/** The operations of a batch on the index, to be laid over it. */
function overlayIn(batch: CommitBatch, { number }: LiveIndex): Overlay | undefined {
  const own = new WriteSet();
  const reader = new BatchReader();
  reader.resetToBatch(batch);
  while (reader.next()) {
    const { bytes, keyStart, keyEnd } = reader;
    if (keyspaceOf(bytes, keyStart, keyEnd) === number) own.take(reader);
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
