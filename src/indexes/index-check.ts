/**
 * Whether an index and its rows agree.
 *
 * Owns: the check of one index in both directions.
 *
 * Every row is read, and each entry that follows from it is looked up. If all are there, and the index has no more entries
 * than that, each of its entries has its row. Otherwise every entry is read, for the ones that have none.
 *
 * Suspension: suspends for the event loop and for blocks.
 */
import { compareBytes, copyRange, describeKey, sliceOf } from '../bytes/bytes.ts';
import { LookupResult } from '../iterator/internal-iterator.ts';
import type { StoreView } from '../store/contract.ts';
import { eachEntry, valueNowOrLater, type WalkContext } from '../txn/view-reads.ts';
import { indexedRow } from './index-entry.ts';
import { type IndexedRows, type LiveIndex, nameOf } from './live-index.ts';

export interface IndexCheckContext extends WalkContext {
  /** Fixed, and pinned by the caller. */
  readonly view: StoreView;
  readonly report: (message: string) => void;
}

/** Lookups that wait for blocks at a time. */
const LOOKUP_COUNT_MAX = 256;

/** Reports each row that lacks an entry, and each entry that lacks its row. Rejects as reads and functions do. */
export async function checkIndex(
  rows: IndexedRows,
  index: LiveIndex,
  context: IndexCheckContext,
): Promise<void> {
  const { view, report } = context;
  const lookups = new Lookups(view);
  let expectedCount = 0;
  let missingCount = 0;
  await eachEntry(rows.range, context, (cursor) => {
    const key = copyRange(cursor.key, cursor.keyStart, cursor.keyEnd);
    const primaryKey = rows.primaryKeyOf(key);
    const value = rows.decode(key, cursor.value, cursor.valueStart, cursor.valueEnd);
    for (const entry of index.entriesOf(value, primaryKey).values()) {
      expectedCount++;
      lookups.add(entry.key, (_key, bytes) => {
        if (bytes !== undefined && compareBytes(bytes, entry.value) === 0) return;
        missingCount++;
        report(`Row lacks its entry: index=${index.name} key=${describeKey(primaryKey)}`);
      });
    }
    return lookups.settleMany();
  });
  await lookups.settle();
  let count = 0;
  await eachEntry(index.range, context, () => void count++);
  if (missingCount === 0 && count === expectedCount) return;
  await eachEntry(index.range, context, (cursor) => {
    const key = copyRange(cursor.key, cursor.keyStart, cursor.keyEnd);
    const value = copyRange(cursor.value, cursor.valueStart, cursor.valueEnd);
    const { primaryKey } = indexedRow(index.keys.withoutHead(key), sliceOf(value));
    lookups.add(rows.treeKeyOf(primaryKey), (rowKey, bytes) => {
      const row = bytes && rows.decode(rowKey, bytes, 0, bytes.length);
      if (bytes !== undefined && index.entriesOf(row, primaryKey).has(nameOf(key))) return;
      report(`Entry lacks its row: index=${index.name} key=${describeKey(primaryKey)}`);
    });
    return lookups.settleMany();
  });
  await lookups.settle();
}

type TakeValue = (key: Uint8Array, bytes: Uint8Array | undefined) => void;

/** Lookups, of which those that wait for a block wait together. */
class Lookups {
  readonly #view: StoreView;
  readonly #result = new LookupResult();
  #waiting: Promise<void>[] = [];

  constructor(view: StoreView) {
    this.#view = view;
  }

  /** `take` is given a copy of the value, undefined for an absent key: now, or before `settle` resolves. */
  add(key: Uint8Array, take: TakeValue): void {
    const found = valueNowOrLater(this.#view, key, this.#result);
    if (found instanceof Promise) this.#waiting.push(found.then((bytes) => take(key, bytes)));
    else take(key, found);
  }

  /** Waits once there are many. */
  settleMany(): Promise<void> | undefined {
    return this.#waiting.length < LOOKUP_COUNT_MAX ? undefined : this.settle();
  }

  async settle(): Promise<void> {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const outcome of await Promise.allSettled(waiting)) {
      if (outcome.status === 'rejected') throw outcome.reason;
    }
  }
}
