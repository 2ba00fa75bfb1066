/**
 * Keeps indexes beside their rows: the writes to indexes that follow from a commit.
 *
 * Owns: the late operations of a commit to keyspaces with indexes. In the step that gives the commit its place it reads the
 * rows that the commit replaces, and adds what changes in each index.
 *
 * Invariants:
 *   index-maintenance/same-commit: a row and its entries are written by one commit, and expire together. So no reader
 *       and no crash sees one without the other.
 *   index-maintenance/newest: what is taken out is what the newest row has put in, commits in flight included: no other
 *       commit comes between (committer/step-alone).
 *   index-maintenance/expired-too: what is taken out counts as there until it is gone, expired or not. The clock may be
 *       set back, and then the entries of a row that was replaced meanwhile would come back without it.
 *   index-maintenance/unique: a commit is refused when its row would have the values of another row, be that row in
 *       flight, or of this commit. Rows that the commit deletes or changes make room first.
 *
 * Suspension: `addTo` is synchronous; `readAhead` returns what there is to wait for.
 */
import { InvalidArgumentError } from '../base/errors.ts';
import { DELETION, EXPIRING_VALUE, RANGE_DELETION } from '../base/value-type.ts';
import { BatchReader } from '../batch/batch-reader.ts';
import type { CommitBatch } from '../batch/commit-batch.ts';
import { compareBytes, copyRange, EMPTY_SLICE, sliceOf } from '../bytes/bytes.ts';
import { EXPIRY_SIZE_BYTES, expiryIn, NEVER } from '../bytes/expiry.ts';
import { hashKey } from '../bytes/hash.ts';
import { type BoundedRange, isInRange } from '../bytes/key-range.ts';
import { keyspaceOf } from '../bytes/keyspace-number.ts';
import { loadedSync, LookupResult, READY } from '../iterator/internal-iterator.ts';
import { allOf, type LateOperations, readKeyAhead, type TurnView } from '../txn/late-operations.ts';
import { valueAt } from '../txn/view-reads.ts';
import type { IndexEntry } from './index-entry.ts';
import { mustBeOwn, timedValue, uniqueErrorOf } from './index-writes.ts';
import { type IndexedRows, type LiveIndex, nameOf } from './live-index.ts';

/** A row as a commit leaves it. */
interface ChangedRow {
  readonly rows: IndexedRows;
  /** In the tree. */
  readonly key: Uint8Array;
  /** The value of a row that is there afterwards; undefined for a deleted one. */
  readonly bytes: Uint8Array | undefined;
  readonly start: number;
  readonly end: number;
  readonly expiresAtMs: number;
}

/** The entry of one index for one row, with the time at which both expire. */
interface TimedEntry extends IndexEntry {
  readonly index: LiveIndex;
  readonly rows: IndexedRows;
  readonly expiresAtMs: number;
}

export type IndexedRowsLookup = (keyspace: number) => IndexedRows | undefined;

export class IndexMaintenance implements LateOperations {
  readonly keys: readonly Uint8Array[] = [];
  readonly operationCount = 0;
  readonly sizeBytes = 0;
  readonly #rowsOf: IndexedRowsLookup;
  readonly #result = new LookupResult();
  readonly #reader = new BatchReader();

  constructor(rowsOf: IndexedRowsLookup) {
    this.#rowsOf = rowsOf;
  }

  readAhead(view: TurnView, batch: CommitBatch): Promise<unknown> | undefined {
    if (batch.operationCount === 0) return undefined;
    const loading: (Promise<unknown> | undefined)[] = [];
    const reader = this.#reader;
    reader.resetToBatch(batch);
    while (reader.next()) {
      const { bytes, type, keyStart, keyEnd } = reader;
      if (type === RANGE_DELETION) continue;
      if (this.#rowsOf(keyspaceOf(bytes, keyStart, keyEnd)) === undefined) continue;
      const hash = hashKey(bytes, keyStart, keyEnd);
      const key = { bytes, start: keyStart, end: keyEnd };
      loading.push(readKeyAhead(view, key, hash, this.#result));
    }
    return allOf(loading);
  }

  addTo(batch: CommitBatch, view: TurnView): void {
    this.derive(batch, view, true);
  }

  /** As `addTo`; without checks for what a transaction shows of its own writes before its commit. */
  derive(batch: CommitBatch, view: TurnView, isChecked: boolean): void {
    const changed = new Map<string, ChangedRow>();
    const cleared = new Set<IndexedRows>();
    const whole = view.withExpired(); // index-maintenance/expired-too
    this.#gather(batch, whole, changed, cleared);
    const removed = new Map<string, TimedEntry>();
    const added = new Map<string, TimedEntry>();
    for (const row of changed.values()) {
      row.rows.mustBeWritable();
      if (!cleared.has(row.rows)) this.#takeOld(row, whole, removed);
    }
    for (const row of changed.values()) addNew(row, added, isChecked);
    for (const rows of cleared) clear(rows, batch);
    for (const [name, entry] of added) {
      const isRoomMade = removed.has(name) || cleared.has(entry.rows);
      if (isChecked && entry.index.isUnique && !isRoomMade) this.#mustBeFree(entry, view);
    }
    for (const [name, { key }] of removed) {
      if (!added.has(name)) batch.add(DELETION, sliceOf(key), EMPTY_SLICE);
    }
    for (const [name, entry] of added) {
      if (isSame(entry, removed.get(name))) continue;
      const { type, bytes } = timedValue(entry.value, entry.expiresAtMs);
      batch.add(type, sliceOf(entry.key), sliceOf(bytes));
    }
  }

  /** What the commit does to rows with indexes: the last word on each key. */
  #gather(
    batch: CommitBatch,
    view: TurnView,
    changed: Map<string, ChangedRow>,
    cleared: Set<IndexedRows>,
  ): void {
    if (batch.operationCount === 0) return;
    const reader = new BatchReader(); // functions of the caller's may read ahead for another commit meanwhile
    reader.resetToBatch(batch);
    while (reader.next()) {
      const { bytes, type, keyStart, keyEnd, valueStart, valueEnd } = reader;
      const rows = this.#rowsOf(keyspaceOf(bytes, keyStart, keyEnd));
      if (rows === undefined) continue;
      const key = copyRange(bytes, keyStart, keyEnd);
      if (type === RANGE_DELETION) {
        const range = { start: key, end: copyRange(bytes, valueStart, valueEnd) };
        this.#gatherRange(rows, range, view, changed, cleared);
        continue;
      }
      const isExpiring = type === EXPIRING_VALUE;
      changed.set(nameOf(key), {
        rows,
        key,
        bytes: type === DELETION ? undefined : bytes,
        start: isExpiring ? valueStart + EXPIRY_SIZE_BYTES : valueStart,
        end: valueEnd,
        expiresAtMs: isExpiring ? expiryIn(bytes, valueStart, valueEnd) : NEVER,
      });
    }
  }

  /** Every row of the range counts as deleted; of a whole keyspace the indexes are cleared as a whole. */
  #gatherRange(
    rows: IndexedRows,
    range: BoundedRange,
    view: TurnView,
    changed: Map<string, ChangedRow>,
    cleared: Set<IndexedRows>,
  ): void {
    for (const [name, row] of changed) {
      if (isInRange(range, row.key)) changed.set(name, deleted(rows, row.key));
    }
    if (isWithin(rows.range, range)) {
      cleared.add(rows);
      return;
    }
    const { cursor, close } = view.scan({ lower: range.start, upper: range.end });
    try {
      let step = cursor.seekAtLeast(range.start);
      while (loadedSync(cursor, step) === READY) {
        const key = copyRange(cursor.key, cursor.keyStart, cursor.keyEnd);
        const name = nameOf(key);
        if (!changed.has(name)) changed.set(name, deleted(rows, key));
        step = cursor.next();
      }
    } finally {
      close();
    }
  }

  /** Keeps index-maintenance/newest. */
  #takeOld({ rows, key }: ChangedRow, view: TurnView, removed: Map<string, TimedEntry>): void {
    const result = this.#result;
    const hash = hashKey(key, 0, key.length);
    if (!view.findSync(sliceOf(key), hash, result)) return;
    const { value, valueStart, valueEnd, expiresAtMs } = result;
    const decoded = rows.decode(key, value, valueStart, valueEnd);
    const primaryKey = rows.primaryKeyOf(key);
    for (const index of rows.indexes) {
      for (const [name, entry] of oldEntries(index, decoded, primaryKey)) {
        const isSure = !index.isBuilding && expiresAtMs === NEVER;
        if (isSure || !this.#isOthers(index, entry, view)) {
          removed.set(name, timed(entry, index, rows, expiresAtMs));
        }
      }
    }
  }

  /**
   * While a unique index is built, and after a row has expired, the entry with the values of the row may be that of another
   * row.
   */
  #isOthers({ isUnique }: LiveIndex, entry: IndexEntry, view: TurnView): boolean {
    if (!isUnique || entry.value.length === 0) return false;
    const found = valueAt(view, entry.key, this.#result);
    return found !== undefined && compareBytes(found, entry.value) !== 0;
  }

  /** Keeps index-maintenance/unique against rows that the commit does not touch. */
  #mustBeFree({ key, value, index, rows }: TimedEntry, view: TurnView): void {
    if (value.length === 0) return;
    mustBeOwn(valueAt(view, key, this.#result), { key, value }, index, rows);
  }
}

/**
 * The entries of a row as it was. While an index is built there may be rows that it cannot take: they have none, so that
 * they can be changed and deleted.
 */
function oldEntries(
  index: LiveIndex,
  value: unknown,
  primaryKey: Uint8Array,
): ReadonlyMap<string, IndexEntry> {
  try {
    return index.entriesOf(value, primaryKey);
  } catch (error) {
    if (index.isBuilding && error instanceof InvalidArgumentError) return new Map();
    throw error;
  }
}

function deleted(rows: IndexedRows, key: Uint8Array): ChangedRow {
  return { rows, key, bytes: undefined, start: 0, end: 0, expiresAtMs: NEVER };
}

function isWithin(inner: BoundedRange, outer: BoundedRange): boolean {
  return compareBytes(outer.start, inner.start) <= 0 && compareBytes(inner.end, outer.end) <= 0;
}

/** Adds the entries of a row as it is afterwards. Throws UniqueError when another row of the commit has them. */
function addNew(row: ChangedRow, added: Map<string, TimedEntry>, isChecked: boolean): void {
  const { rows, key, bytes, start, end, expiresAtMs } = row;
  if (bytes === undefined) return;
  const decoded = rows.decode(key, bytes, start, end);
  const primaryKey = rows.primaryKeyOf(key);
  for (const index of rows.indexes) {
    for (const [name, entry] of index.entriesOf(decoded, primaryKey)) {
      const other = added.get(name);
      if (other !== undefined && isChecked)
        throw uniqueErrorOf(index, rows, entry.key, other.value);
      added.set(name, timed(entry, index, rows, expiresAtMs));
    }
  }
}

/** Property by property: a spread took half the time of a commit (bench/indexes.ts). */
function timed(
  { key, value }: IndexEntry,
  index: LiveIndex,
  rows: IndexedRows,
  expiresAtMs: number,
): TimedEntry {
  return { key, value, index, rows, expiresAtMs };
}

function clear({ indexes }: IndexedRows, batch: CommitBatch): void {
  for (const { range } of indexes) {
    batch.add(RANGE_DELETION, sliceOf(range.start), sliceOf(range.end));
  }
}

function isSame(a: TimedEntry, b: TimedEntry | undefined): boolean {
  return b !== undefined && a.expiresAtMs === b.expiresAtMs && compareBytes(a.value, b.value) === 0;
}
