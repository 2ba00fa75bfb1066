/**
 * Holds the Merkle tree of a verifiable keyspace against its entries, both ways.
 *
 * Owns: what must hold between the two, as one view shows them:
 *
 *      each entry has a position, and the record there has its hash and its key
 *      the records of entries have no gap, and each leads to an entry with that position
 *      each subtree has the hash that follows from its entries, and so has the head
 *      nothing else lies there
 *
 * Suspension: suspends for blocks, and for a turn of the event loop every so many records.
 */
import { compareBytes, copyRange, describeKey, equalBytes, sliceOf } from '../bytes/bytes.ts';
import { Frontier, nodeCountOf } from '../merkle/frontier.ts';
import { leafHashOf } from '../merkle/tree-hash.ts';
import type { TurnView } from '../txn/late-operations.ts';
import { eachEntry, valueAt, type WalkContext } from '../txn/view-reads.ts';
import type { AppendOnlyRows } from './append-only-rows.ts';
import { frontierIn, hashIn, indexIn, keyInLeaf, type TreeKeys } from './tree-records.ts';

export interface TreeCheckContext extends WalkContext {
  readonly view: TurnView;
  /** Takes what is wrong, in words. */
  readonly report: (message: string) => void;
}

/** Throws CorruptionError for a record that is malformed, and as reads do. */
export async function checkTree(
  rows: AppendOnlyRows,
  tree: TreeKeys,
  context: TreeCheckContext,
): Promise<void> {
  const { view, report } = context;
  const head = valueAt(view, tree.head);
  const { size, peaks } = frontierIn(head && sliceOf(head));
  const entryCount = await checkEntries(rows, tree, context);
  if (entryCount !== size) report(`Tree has another size: size=${size} entries=${entryCount}`);
  const grown = await checkLeaves(rows, tree, context);
  const isSame =
    grown.size === size &&
    grown.peaks.every((peak, i) => peaks[i] !== undefined && equalBytes(peak, peaks[i]));
  if (!isSame) report(`Root does not follow from the tree: size=${size} found=${grown.size}`);
  let recordCount = 0;
  await eachEntry(tree.range, context, () => void recordCount++);
  const expected = (head === undefined ? 0 : 1) + size + nodeCountOf(size);
  if (recordCount !== expected) {
    report(`Tree has records of no entry: records=${recordCount} expected=${expected}`);
  }
}

/** From the entries to their records. Resolves with how many entries there are. */
async function checkEntries(
  rows: AppendOnlyRows,
  tree: TreeKeys,
  context: TreeCheckContext,
): Promise<number> {
  const { view, report } = context;
  let count = 0;
  await eachEntry(rows.range, context, (cursor) => {
    count++;
    const userKey = copyRange(cursor.key, cursor.keyStart + rows.headSize, cursor.keyEnd);
    const { value, valueStart, valueEnd } = cursor;
    const expected = leafHashOf(userKey, [0, userKey.length], value, [valueStart, valueEnd]);
    const position = valueAt(view, tree.position(sliceOf(userKey)));
    const record = position && valueAt(view, tree.node(0, indexIn(position)));
    const hash = record && hashIn(record, 0);
    const isIn =
      record !== undefined &&
      hash !== undefined &&
      equalBytes(hash, expected) &&
      equalBytes(keyInLeaf(record), userKey);
    if (!isIn) report(`Entry is not in the tree as it is: key=${describeKey(userKey)}`);
  });
  return count;
}

/** From the records of entries to the entries, and to the subtrees above. Resolves with the tree that they make. */
async function checkLeaves(
  rows: AppendOnlyRows,
  tree: TreeKeys,
  context: TreeCheckContext,
): Promise<Frontier> {
  const { view, report } = context;
  const grown = new Frontier(0, []);
  await eachEntry(tree.leaves, context, (cursor) => {
    const { index } = tree.placeIn(copyRange(cursor.key, cursor.keyStart, cursor.keyEnd)) ?? {};
    const record = copyRange(cursor.value, cursor.valueStart, cursor.valueEnd);
    const hash = hashIn(record, 0);
    if (index !== grown.size || hash === undefined) {
      report(`Tree has a gap: index=${grown.size}`);
      return;
    }
    const userKey = keyInLeaf(record);
    const position = valueAt(view, tree.position(sliceOf(userKey)));
    const isThere = valueAt(view, rows.treeKeyOf(userKey)) !== undefined;
    if (!isThere || position === undefined || indexIn(position) !== index) {
      report(`Tree has an entry that is not there: index=${index} key=${describeKey(userKey)}`);
    }
    grown.append(hash, (level, at, made) => {
      if (level === 0) return;
      const found = valueAt(view, tree.node(level, at));
      if (found !== undefined && compareBytes(found, made) === 0) return;
      report(`Subtree does not follow from its entries: level=${level} index=${at}`);
    });
  });
  return grown;
}
