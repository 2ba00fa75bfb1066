/**
 * Keeps append-only keyspaces: what a commit may do to them, and what it adds to their trees.
 *
 * Owns: the late operations of a commit to append-only keyspaces. In the step that gives the commit its place it looks at
 * each operation, and at what is there. It refuses all but a new key, and adds the records of the Merkle tree.
 *
 * Nothing is kept in memory between commits. The size of a tree and its frontier are a record of it, which is read in that
 * step like any other. So a commit that is refused or taken back leaves nothing to undo.
 *
 * Invariants:
 *   append-only/whoever-asks: every write but that of a repair goes through this step: puts, batches, transactions, updates,
 *       those of other threads, an import. What does not, a bulk load and a drop, is refused before it begins.
 *   append-only/newest: a key counts as there from the place of its commit on, be that in flight (committer/step-alone). Of
 *       two commits with one key the second is refused, and so is the second put of a batch.
 *   append-only/same-commit: entries and records of their tree are written by one commit. So no reader and no crash sees one
 *       without the other.
 *   append-only/order: entries are in the tree in the order of their commits, and those of one commit in the order of its
 *       operations.
 *
 * Suspension: `addTo` is synchronous; `readAhead` returns what there is to wait for.
 */
import { AppendOnlyError } from '../base/errors.ts';
import {
  DELETION,
  EXPIRING_VALUE,
  type PointType,
  RANGE_DELETION,
  VALUE,
  type ValueType,
} from '../base/value-type.ts';
import { BatchReader } from '../batch/batch-reader.ts';
import type { CommitBatch } from '../batch/commit-batch.ts';
import { bufferOf, copyRange, describeKey, sliceOf } from '../bytes/bytes.ts';
import { hashKey } from '../bytes/hash.ts';
import { keyspaceOf } from '../bytes/keyspace-number.ts';
import { LookupResult } from '../iterator/internal-iterator.ts';
import type { Frontier } from '../merkle/frontier.ts';
import { leafHashOf } from '../merkle/tree-hash.ts';
import { allOf, type LateOperations, readKeyAhead, type TurnView } from '../txn/late-operations.ts';
import type { AppendOnlyRows } from './append-only-rows.ts';
import { encodeHead, encodeIndex, encodeLeaf, frontierIn, type TreeKeys } from './tree-records.ts';

/** The keyspaces of a database, as these rules need them. */
export interface AppendOnlyHost {
  /** Undefined for a keyspace that may be written as usual. */
  rowsOf(keyspace: number): AppendOnlyRows | undefined;
  /** A key in the tree as its user knows it. */
  userKeyOf(key: Uint8Array): {
    readonly bytes: Uint8Array;
    readonly key: unknown;
    readonly keyspaceName: string;
  };
}

export class AppendOnlyRules implements LateOperations {
  readonly keys: readonly Uint8Array[] = [];
  readonly operationCount = 0;
  readonly sizeBytes = 0;
  readonly #host: AppendOnlyHost;
  readonly #result = new LookupResult();
  readonly #reader = new BatchReader();

  constructor(host: AppendOnlyHost) {
    this.#host = host;
  }

  readAhead(view: TurnView, batch: CommitBatch): Promise<unknown> | undefined {
    if (batch.operationCount === 0) return undefined;
    const loading: (Promise<unknown> | undefined)[] = [];
    const trees = new Set<TreeKeys>();
    const reader = this.#reader;
    reader.resetToBatch(batch);
    while (reader.next()) {
      const { bytes, type, keyStart, keyEnd } = reader;
      const rows = this.#host.rowsOf(keyspaceOf(bytes, keyStart, keyEnd));
      if (rows === undefined || type !== VALUE) continue;
      const key = { bytes, start: keyStart, end: keyEnd };
      loading.push(readKeyAhead(view, key, hashKey(bytes, keyStart, keyEnd), this.#result));
      if (rows.tree !== undefined) trees.add(rows.tree);
    }
    for (const { head } of trees) {
      const hash = hashKey(head, 0, head.length);
      loading.push(readKeyAhead(view, sliceOf(head), hash, this.#result));
    }
    return allOf(loading);
  }

  addTo(batch: CommitBatch, view: TurnView): void {
    if (batch.operationCount === 0) return;
    const names = batch.operationCount > 1 ? new Set<string>() : undefined;
    const growing = new Map<AppendOnlyRows, Frontier>();
    const reader = this.#reader; // it goes on over the operations that the batch has now, whatever is added to it
    reader.resetToBatch(batch);
    while (reader.next()) {
      const { bytes, keyStart, keyEnd } = reader;
      const rows = this.#host.rowsOf(keyspaceOf(bytes, keyStart, keyEnd));
      if (rows === undefined) continue;
      this.#mustAdd(reader, view, names);
      if (rows.tree !== undefined) this.#addEntry(batch, view, rows, rows.tree, growing);
    }
    for (const [{ tree }, frontier] of growing) {
      if (tree !== undefined) batch.add(VALUE, sliceOf(tree.head), sliceOf(encodeHead(frontier)));
    }
  }

  /** Throws AppendOnlyError for an operation that does more than to add an entry. */
  #mustAdd(
    { bytes, type, keyStart, keyEnd }: BatchReader,
    view: TurnView,
    names: Set<string> | undefined,
  ): void {
    if (type !== VALUE) throw this.#refusal(type, copyRange(bytes, keyStart, keyEnd));
    const key = { bytes, start: keyStart, end: keyEnd };
    const isThere = view.findSync(key, hashKey(bytes, keyStart, keyEnd), this.#result);
    const name = names && bufferOf(bytes.subarray(keyStart, keyEnd)).toString('latin1');
    if (isThere || (name !== undefined && names?.has(name) === true)) {
      throw this.#refusal(type, copyRange(bytes, keyStart, keyEnd));
    }
    if (name !== undefined) names?.add(name);
  }

  /** Adds the records of the entry that the reader stands on (append-only/order). */
  #addEntry(
    batch: CommitBatch,
    view: TurnView,
    rows: AppendOnlyRows,
    tree: TreeKeys,
    growing: Map<AppendOnlyRows, Frontier>,
  ): void {
    let frontier = growing.get(rows);
    if (frontier === undefined) {
      frontier = this.#frontierOf(tree, view);
      growing.set(rows, frontier);
    }
    const { bytes, keyStart, keyEnd, valueStart, valueEnd } = this.#reader;
    const start = keyStart + rows.headSize;
    const hash = leafHashOf(bytes, [start, keyEnd], bytes, [valueStart, valueEnd]);
    addLeaf(batch, tree, frontier, hash, copyRange(bytes, start, keyEnd));
  }

  #frontierOf({ head }: TreeKeys, view: TurnView): Frontier {
    const result = this.#result;
    if (!view.findSync(sliceOf(head), hashKey(head, 0, head.length), result)) return frontierIn();
    return frontierIn({ bytes: result.value, start: result.valueStart, end: result.valueEnd });
  }

  #refusal(type: ValueType, treeKey: Uint8Array): AppendOnlyError {
    const { bytes, key, keyspaceName: keyspace } = this.#host.userKeyOf(treeKey);
    if (type === RANGE_DELETION) {
      const text = `Entries of an append-only keyspace are never deleted: keyspace=${keyspace}`;
      return new AppendOnlyError(text, { keyspace });
    }
    const place = `keyspace=${keyspace} key=${describeKey(bytes)}`;
    return new AppendOnlyError(`${REFUSALS[type]}: ${place}`, { keyspace, keyBytes: bytes, key });
  }
}

const REFUSALS: Readonly<Record<PointType, string>> = {
  [VALUE]:
    'Entry is there, and an append-only keyspace never changes one (add it under another key)',
  [DELETION]: 'Entries of an append-only keyspace are never deleted',
  [EXPIRING_VALUE]: 'Entries of an append-only keyspace never expire (put it without a time)',
};

/** Adds the records of one entry to a commit; the head of the tree comes when all of them are added. */
export function addLeaf(
  batch: CommitBatch,
  tree: TreeKeys,
  frontier: Frontier,
  leafHash: Uint8Array,
  userKey: Uint8Array,
): void {
  const key = sliceOf(userKey);
  const index = sliceOf(encodeIndex(frontier.size));
  batch.add(VALUE, sliceOf(tree.position(key)), index);
  frontier.append(leafHash, (level, at, hash) => {
    const record = level === 0 ? encodeLeaf(hash, key) : hash;
    batch.add(VALUE, sliceOf(tree.node(level, at)), sliceOf(record));
  });
}
