/**
 * Builds the Merkle tree of a verifiable keyspace anew, for a repair.
 *
 * Owns: the order of the new tree: the entries that the old one knew, as far as they are there, in their order; then the rest,
 * in the order of their keys. Where nothing is lost but records that follow from others, the root is as it was.
 *
 * A power cut leaves a part of a tree. So nobody but a repair calls this, whose target counts when it is whole
 * (repair/whole-or-absent).
 *
 * Suspension: suspends for blocks, for its commits, and for a turn of the event loop after each.
 */
import { nextTurn } from '../base/clock.ts';
import { RANGE_DELETION, VALUE } from '../base/value-type.ts';
import type { CommitBatch } from '../batch/commit-batch.ts';
import { bufferOf, copyRange, keySuccessor, sliceOf } from '../bytes/bytes.ts';
import { hashKey } from '../bytes/hash.ts';
import type { BoundedRange } from '../bytes/key-range.ts';
import { type InternalIterator, LookupResult } from '../iterator/internal-iterator.ts';
import { Frontier } from '../merkle/frontier.ts';
import { leafHashOf } from '../merkle/tree-hash.ts';
import type { Store, StoreView } from '../store/contract.ts';
import { lotOf } from '../txn/view-reads.ts';
import { addLeaf } from './append-only-rules.ts';
import type { AppendOnlyRows } from './append-only-rows.ts';
import { encodeHead, hashIn, keyInLeaf, type TreeKeys } from './tree-records.ts';

/** Entries of one commit: some milliseconds. */
const LOT_COUNT = 512;

export interface RebuiltTree {
  readonly size: number;
  /** Entries that the old tree knew, and that are gone. */
  readonly lostCount: number;
  /** Entries whose place the old tree did not tell: they come last. */
  readonly unplacedCount: number;
}

/** `check` throws when the call must end. Rejects as reads and writes do. */
export async function rebuildTree(
  store: Store,
  rows: AppendOnlyRows,
  tree: TreeKeys,
  check: () => void,
): Promise<RebuiltTree> {
  const place = store.snapshot();
  const view = place.view(); // it shows the old tree, whatever is written now
  view.hold();
  try {
    const growing = new GrowingTree(store, rows, tree);
    await growing.begin();
    let lostCount = 0;
    await eachLot(view, tree.leaves, check, async (lot) => {
      for (const { value } of lot) {
        const isSound = hashIn(value, 0) !== undefined;
        if (!isSound || !growing.append(keyInLeaf(value), view)) {
          lostCount++;
        }
      }
      await growing.commit();
    });
    const placedCount = growing.size;
    await eachLot(view, rows.range, check, async (lot) => {
      for (const { key } of lot) growing.append(key.slice(rows.headSize), view);
      await growing.commit();
    });
    return { size: growing.size, lostCount, unplacedCount: growing.size - placedCount };
  } finally {
    view.release();
    place.close();
  }
}

/** The tree that is built, a lot of entries in each commit. */
class GrowingTree {
  readonly #store: Store;
  readonly #rows: AppendOnlyRows;
  readonly #tree: TreeKeys;
  readonly #frontier = new Frontier(0, []);
  readonly #result = new LookupResult();
  /** Entries of the commit that is not made yet. */
  readonly #names = new Set<string>();
  #batch: CommitBatch;

  constructor(store: Store, rows: AppendOnlyRows, tree: TreeKeys) {
    this.#store = store;
    this.#rows = rows;
    this.#tree = tree;
    this.#batch = store.batch();
  }

  get size(): number {
    return this.#frontier.size;
  }

  async begin(): Promise<void> {
    const { start, end } = this.#tree.range;
    this.#batch.add(RANGE_DELETION, sliceOf(start), sliceOf(end));
    await this.#write();
  }

  /** Adds an entry, unless the tree has it. False when there is none of this key. */
  append(userKey: Uint8Array, view: StoreView): boolean {
    const key = this.#rows.treeKeyOf(userKey);
    const result = this.#result;
    const name = bufferOf(key).toString('latin1');
    const position = this.#tree.position(sliceOf(userKey));
    if (this.#names.has(name) || find(this.#store.view(), position, result)) return true;
    if (!find(view, key, result)) return false;
    const { value, valueStart, valueEnd } = result;
    const hash = leafHashOf(userKey, [0, userKey.length], value, [valueStart, valueEnd]);
    addLeaf(this.#batch, this.#tree, this.#frontier, hash, userKey);
    this.#names.add(name);
    return true;
  }

  async commit(): Promise<void> {
    if (this.#names.size === 0) return;
    const head = sliceOf(encodeHead(this.#frontier));
    this.#batch.add(VALUE, sliceOf(this.#tree.head), head);
    await this.#write();
    this.#names.clear();
  }

  async #write(): Promise<void> {
    const batch = this.#batch;
    await this.#store.commit({ batch, durability: 'os', signal: undefined });
    this.#batch = this.#store.batch();
  }
}

function find(view: StoreView, key: Uint8Array, result: LookupResult): boolean {
  return view.findSync(sliceOf(key), hashKey(key, 0, key.length), result);
}

interface Record {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** Hands the records of a range to `take`, some at a time. */
async function eachLot(
  view: StoreView,
  { start, end }: BoundedRange,
  check: () => void,
  take: (lot: readonly Record[]) => Promise<void>,
): Promise<void> {
  let from = start;
  for (;;) {
    const lot = await lotOf(view, { start: from, end }, LOT_COUNT, recordAt);
    const last = lot.at(-1);
    if (last === undefined) return;
    await take(lot);
    from = keySuccessor(last.key);
    await nextTurn();
    check();
  }
}

function recordAt(cursor: InternalIterator): Record {
  return {
    key: copyRange(cursor.key, cursor.keyStart, cursor.keyEnd),
    value: copyRange(cursor.value, cursor.valueStart, cursor.valueEnd),
  };
}
