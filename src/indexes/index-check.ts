/**
 * Whether an index and its rows agree.
 *
 * Owns: the check of one index in both directions.
 *
 * Every row is read, and each entry that follows from it is looked up. If all are there, and the index has no more entries
 * than that, each of its entries has its row. Otherwise every entry is read, for the ones that have none.
 *
 * Suspension: suspends for the event loop and for blocks of a scan; a lookup reads its block at once.
 */
import type { TurnBudget } from '../base/turn-budget.ts';
import { compareBytes, copyRange, describeKey, sliceOf } from '../bytes/bytes.ts';
import { hashKey } from '../bytes/hash.ts';
import type { BoundedRange } from '../bytes/key-range.ts';
import {
  type InternalIterator,
  LookupResult,
  NEEDS_BLOCK,
  READY,
} from '../iterator/internal-iterator.ts';
import type { StoreView } from '../store/contract.ts';
import { indexedRow } from './index-entry.ts';
import { type IndexedRows, type LiveIndex, nameOf } from './live-index.ts';

export interface IndexCheckContext {
  /** Fixed, and pinned by the caller. */
  readonly view: StoreView;
  readonly turns: TurnBudget;
  /** Called now and then; throws to end the check. */
  readonly check: () => void;
  readonly report: (message: string) => void;
}

/** Reports each row that lacks an entry, and each entry that lacks its row. Rejects as reads and functions do. */
export async function checkIndex(
  rows: IndexedRows,
  index: LiveIndex,
  context: IndexCheckContext,
): Promise<void> {
  const { view, report } = context;
  const result = new LookupResult();
  let expectedCount = 0;
  let missingCount = 0;
  await eachEntry(rows.range, context, (cursor) => {
    const key = copyRange(cursor.key, cursor.keyStart, cursor.keyEnd);
    const primaryKey = rows.primaryKeyOf(key);
    const value = rows.decode(key, cursor.value, cursor.valueStart, cursor.valueEnd);
    for (const entry of index.entriesOf(value, primaryKey).values()) {
      expectedCount++;
      const hash = hashKey(entry.key, 0, entry.key.length);
      const isThere = view.findSync(sliceOf(entry.key), hash, result);
      const { value: bytes, valueStart, valueEnd } = result;
      if (isThere && compareBytes(copyRange(bytes, valueStart, valueEnd), entry.value) === 0)
        continue;
      missingCount++;
      report(`Row lacks its entry: index=${index.name} key=${describeKey(primaryKey)}`);
    }
  });
  let count = 0;
  await eachEntry(index.range, context, () => count++);
  if (missingCount === 0 && count === expectedCount) return;
  await eachEntry(index.range, context, (cursor) => {
    const key = copyRange(cursor.key, cursor.keyStart, cursor.keyEnd);
    const value = copyRange(cursor.value, cursor.valueStart, cursor.valueEnd);
    const { primaryKey } = indexedRow(index.keys.withoutHead(key), sliceOf(value));
    const rowKey = rows.treeKeyOf(primaryKey);
    if (view.findSync(sliceOf(rowKey), hashKey(rowKey, 0, rowKey.length), result)) {
      const row = rows.decode(rowKey, result.value, result.valueStart, result.valueEnd);
      if (index.entriesOf(row, primaryKey).has(nameOf(key))) return;
    }
    report(`Entry lacks its row: index=${index.name} key=${describeKey(primaryKey)}`);
  });
}

async function eachEntry(
  { start, end }: BoundedRange,
  { view, turns, check }: IndexCheckContext,
  take: (cursor: InternalIterator) => void,
): Promise<void> {
  const { cursor, close } = view.scan({ lower: start, upper: end });
  try {
    for (let status = cursor.seekAtLeast(start); ; status = cursor.next()) {
      while (status === NEEDS_BLOCK) {
        await cursor.load();
        status = cursor.resume();
      }
      if (status !== READY) return;
      take(cursor);
      if (!turns.spend()) continue;
      await turns.turn();
      check();
    }
  } finally {
    close();
  }
}
