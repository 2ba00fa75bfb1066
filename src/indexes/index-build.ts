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
 *   index-build/unique: rows that were there before may have equal values. The build of a unique index then ends with
 *       UniqueError, and the index stays unread.
 *
 * Suspension: `run` suspends for blocks, for its commits, and for a turn of the event loop after each.
 */
import { nextTurn } from '../base/clock.ts';
import { VALUE } from '../base/value-type.ts';
import type { CommitBatch } from '../batch/commit-batch.ts';
import { compareBytes, copyRange, keySuccessor, sliceOf } from '../bytes/bytes.ts';
import { hashKey } from '../bytes/hash.ts';
import { INDEX_BUILD_KIND, keyspaceHead, systemKey } from '../bytes/keyspace-number.ts';
import { LookupResult, NEEDS_BLOCK, READY } from '../iterator/internal-iterator.ts';
import type { Store } from '../store/contract.ts';
import type { LateOperations, TurnView } from '../txn/late-operations.ts';
import { timedValue, uniqueErrorOf } from './index-writes.ts';
import type { IndexedRows, LiveIndex } from './live-index.ts';

/** Rows of one commit: some milliseconds. */
const LOT_COUNT = 256;

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

  /** False when it was not wanted any more. Rejects with UniqueError, and as reads and writes do. */
  async run(isWanted: () => boolean): Promise<boolean> {
    const index = this.#index;
    let from = this.#resumedFrom();
    for (;;) {
      if (!isWanted()) return false;
      const keys = await this.#nextKeys(from);
      const last = keys.at(-1);
      if (last === undefined) return true;
      if (!isWanted()) return false;
      const batch = this.#store.batch();
      batch.add(VALUE, sliceOf(buildKey(index.number)), sliceOf(last)); // index-build/resumed
      const late = new Lot(this.#rows, index, keys);
      await this.#store.commit({ batch, durability: 'os', signal: undefined, late });
      index.builtCount += keys.length;
      from = keySuccessor(last);
      await nextTurn();
    }
  }

  #resumedFrom(): Uint8Array {
    const key = buildKey(this.#index.number);
    const result = new LookupResult();
    const isThere = this.#store.view().findSync(sliceOf(key), hashKey(key, 0, key.length), result);
    if (!isThere) return this.#rows.range.start;
    return keySuccessor(copyRange(result.value, result.valueStart, result.valueEnd));
  }

  async #nextKeys(from: Uint8Array): Promise<Uint8Array[]> {
    const keys: Uint8Array[] = [];
    const { end } = this.#rows.range;
    const { cursor, close } = this.#store.view().scan({ lower: from, upper: end });
    try {
      let status = cursor.seekAtLeast(from);
      while (keys.length < LOT_COUNT) {
        while (status === NEEDS_BLOCK) {
          await cursor.load();
          status = cursor.resume();
        }
        if (status !== READY) break;
        keys.push(copyRange(cursor.key, cursor.keyStart, cursor.keyEnd));
        status = cursor.next();
      }
      return keys;
    } finally {
      close();
    }
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
    const loading: Promise<unknown>[] = [];
    for (const key of this.#rowKeys) {
      const hash = hashKey(key, 0, key.length);
      if (view.find(sliceOf(key), hash, this.#result) !== NEEDS_BLOCK) continue;
      loading.push(view.findLater(key, hash, () => undefined));
    }
    return loading.length === 0 ? undefined : Promise.all(loading);
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
        if (index.isUnique) this.#mustBeFree(entry.key, entry.value, own.get(name), view);
        own.set(name, entry.value);
        const { type, bytes } = timedValue(entry.value, expiresAtMs);
        batch.add(type, sliceOf(entry.key), sliceOf(bytes));
      }
    }
  }

  /** `own`: the value of an entry of this lot. */
  #mustBeFree(
    key: Uint8Array,
    value: Uint8Array,
    own: Uint8Array | undefined,
    view: TurnView,
  ): void {
    const found = own ?? this.#found(key, view);
    if (found === undefined || compareBytes(found, value) === 0) return;
    throw uniqueErrorOf(this.#index, this.#rows, key, found);
  }

  #found(key: Uint8Array, view: TurnView): Uint8Array | undefined {
    const result = this.#result;
    if (!view.findSync(sliceOf(key), hashKey(key, 0, key.length), result)) return undefined;
    return copyRange(result.value, result.valueStart, result.valueEnd);
  }
}
