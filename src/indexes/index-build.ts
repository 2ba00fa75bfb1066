/**
 * Builds an index over rows that are there, while writes go on.
 *
 * Owns: one build: the rows from where an earlier build has come to, a few hundred at a time, each lot in one commit.
 *
 * Every commit from the one on that declares the index keeps it beside its rows (index-maintenance.ts). A lot reads its rows
 * in the step of its commit, so that it writes what the newest row says, be it written again meanwhile.
 *
 * Invariants:
 *   index-build/resumed: a lot and the record of how far the build has come are one commit. So a kill costs nothing that
 *       was built.
 *   index-build/no-write-after-drop: no lot has its place after the drop of its index or keyspace. The guard of its commit
 *       looks in the step (space/no-write-after-drop). Example: a lot that stands in line behind the drop.
 *   index-build/unique: rows that were there before may have equal values. The build of a unique index then ends with
 *       UniqueError, and the index stays unread.
 *
 * Suspension: `run` suspends for blocks, for its commits, and for a turn of the event loop after each.
 */
import { nextTurn } from '../base/clock.ts';
import { ClosedError, CorruptionError } from '../base/errors.ts';
import { VALUE } from '../base/value-type.ts';
import type { CommitBatch } from '../batch/commit-batch.ts';
import { copyRange, keySuccessor, sliceOf } from '../bytes/bytes.ts';
import { hashKey } from '../bytes/hash.ts';
import { isInRange } from '../bytes/key-range.ts';
import { INDEX_BUILD_KIND, keyspaceHead, systemKey } from '../bytes/keyspace-number.ts';
import { LookupResult } from '../iterator/internal-iterator.ts';
import type { Store } from '../store/contract.ts';
import { allOf, type LateOperations, readKeyAhead, type TurnView } from '../txn/late-operations.ts';
import { lotOf, valueAt, valueNowOrLater } from '../txn/view-reads.ts';
import { mustBeOwn, timedValue } from './index-writes.ts';
import type { IndexedRows, LiveIndex } from './live-index.ts';

/** Rows of one commit: some milliseconds. */
const LOT_COUNT_MAX = 256;
/** Operations of a commit for one row: its own and those of its entries, with room for rows that have several. */
const OPERATIONS_A_ROW = 8;

/** The key of the record that tells how far the build of an index has come: the last key that it has read. */
export function buildKey(indexNumber: number): Uint8Array {
  return systemKey(INDEX_BUILD_KIND, keyspaceHead(indexNumber));
}

export class IndexBuild {
  readonly #store: Store;
  readonly #rows: IndexedRows;
  readonly #index: LiveIndex;

  constructor(store: Store, rows: IndexedRows, index: LiveIndex) {
    this.#store = store;
    this.#rows = rows;
    this.#index = index;
  }

  /**
   * False when it was not wanted any more. Rejects with UniqueError, with ClosedError when that came about while a lot had to
   * wait, and as reads and writes do.
   */
  async run(isWanted: () => boolean): Promise<boolean> {
    const index = this.#index;
    const guard = (): undefined => {
      if (!isWanted()) throw new ClosedError(`Index was dropped: index=${index.name}`);
    };
    // At once when it is in memory, so that the first lot goes before every commit of later turns.
    const record = valueNowOrLater(this.#store.view(), buildKey(index.number));
    let from = this.#resumedFrom(record instanceof Promise ? await record : record);
    for (;;) {
      if (!isWanted()) return false;
      const keys = await this.#nextKeys(from);
      const last = keys.at(-1);
      if (last === undefined) return true;
      if (!isWanted()) return false;
      const batch = this.#store.batch();
      batch.add(VALUE, sliceOf(buildKey(index.number)), sliceOf(last)); // index-build/resumed
      const late = new Lot(this.#rows, index, keys);
      await this.#store.commit({ batch, durability: 'os', signal: undefined, late, guard });
      index.builtCount += keys.length;
      from = keySuccessor(last);
      await nextTurn();
    }
  }

  /** Throws CorruptionError. */
  #resumedFrom(last: Uint8Array | undefined): Uint8Array {
    const { range } = this.#rows;
    if (last === undefined) return range.start;
    if (isInRange(range, last)) return keySuccessor(last);
    throw new CorruptionError(`Record of a build is of no row: index=${this.#index.name}`);
  }

  #nextKeys(from: Uint8Array): Promise<Uint8Array[]> {
    const { end } = this.#rows.range;
    const operationCount = this.#store.commitOperationCountMax;
    const countMax = Math.max(1, Math.min(LOT_COUNT_MAX, operationCount / OPERATIONS_A_ROW));
    return lotOf(this.#store.view(), { start: from, end }, countMax, (cursor) =>
      copyRange(cursor.key, cursor.keyStart, cursor.keyEnd),
    );
  }
}

/** The entries of some rows, as they are in the step of their commit. */
class Lot implements LateOperations {
  readonly #rows: IndexedRows;
  readonly #index: LiveIndex;
  readonly #rowKeys: readonly Uint8Array[];
  readonly #result = new LookupResult();
  readonly keys: readonly Uint8Array[] = [];
  readonly operationCount = 0;
  readonly sizeBytes = 0;

  constructor(rows: IndexedRows, index: LiveIndex, rowKeys: readonly Uint8Array[]) {
    this.#rows = rows;
    this.#index = index;
    this.#rowKeys = rowKeys;
  }

  readAhead(view: TurnView): Promise<unknown> | undefined {
    return allOf(
      this.#rowKeys.map((key) =>
        readKeyAhead(view, sliceOf(key), hashKey(key, 0, key.length), this.#result),
      ),
    );
  }

  addTo(batch: CommitBatch, view: TurnView): void {
    const rows = this.#rows;
    const index = this.#index;
    const result = this.#result;
    const own = new Map<string, Uint8Array>();
    for (const key of this.#rowKeys) {
      if (!view.findSync(sliceOf(key), hashKey(key, 0, key.length), result)) continue;
      const { value, valueStart, valueEnd, expiresAtMs } = result;
      const decoded = rows.decode(key, value, valueStart, valueEnd);
      for (const [name, entry] of index.entriesOf(decoded, rows.primaryKeyOf(key))) {
        if (index.isUnique) {
          mustBeOwn(own.get(name) ?? valueAt(view, entry.key, result), entry, index, rows);
        }
        own.set(name, entry.value);
        const { type, bytes } = timedValue(entry.value, expiresAtMs);
        batch.add(type, sliceOf(entry.key), sliceOf(bytes));
      }
    }
  }
}
