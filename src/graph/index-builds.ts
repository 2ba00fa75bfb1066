/**
 * The builds of property indexes.
 *
 * Owns: how an index comes to be over nodes that are there, beside writes, and how it goes.
 *
 * From the commit that adds an index to the catalog on, every write keeps it. The build goes through the nodes of the
 * label, a lot in a commit, and how far it came is part of that commit: a kill costs no lot that was written.
 *
 * A transaction that began before the index was added does not know it, and may commit later. So a lot writes again, as it
 * is, whatever such a transaction might write: the entries of its nodes in the label, by a range deletion that takes the
 * gaps between them along, and the property of each. The transaction then conflicts, and runs again with the index. On
 * servers that is not needed: each write has read the catalog, which a lot changes (transact.ts).
 *
 * Invariants:
 *   index-builds/whole: an index that the catalog has without `builtTo` has an entry for each node that should have one.
 *   index-builds/goes-on: after a kill the next open builds from the last lot on.
 *
 * Suspension: every function suspends for commits. A lot is computed in the turn of its commit.
 */
import type { Tuple } from '../index.ts';
import {
  CATALOG,
  type CatalogReader,
  type CatalogRecord,
  encodeCatalog,
  indexOf,
  type IndexRecord,
  withIndex,
} from './catalog.ts';
import type { WriteSpaces } from './layout.ts';
import { transact, type TransactTarget } from './transact.ts';
import type { NodeId, PropertyValue } from './values.ts';
import { touchProperty } from './writer.ts';

const LOT_COUNT = 256;
/** Commits on servers may be small (docs/guides/cluster.md). */
const LOT_COUNT_REMOTE = 100;
const NOTHING: Tuple = [];

/** What builds are made on. */
export interface BuildTarget extends TransactTarget {
  readonly catalog: CatalogReader;
}

/** Adds an index to the catalog, unless it is there. */
export async function declareIndex(
  target: BuildTarget,
  label: string,
  property: string,
): Promise<void> {
  await changeCatalog(target, (record) => {
    if (indexOf(record, label, property) !== undefined) return undefined;
    const id = record.nextIndexId;
    const added = withIndex(record, id, { id, label, property, builtTo: 0 });
    return { ...added, nextIndexId: id + 1 };
  });
}

/** Builds the index to its end. False when there is none. */
export async function buildIndex(
  target: BuildTarget,
  label: string,
  property: string,
): Promise<boolean> {
  for (;;) {
    const found = indexOf(
      target.catalog.read(await target.spaces.meta.get(CATALOG)),
      label,
      property,
    );
    if (found === undefined) return false;
    if (found.builtTo === undefined) return true;
    await buildLot(target, found.id);
  }
}

/** Builds what an earlier process left. */
export async function resumeBuilds(target: BuildTarget): Promise<void> {
  const { indexes } = target.catalog.read(await target.spaces.meta.get(CATALOG));
  for (const { label, property, builtTo } of indexes) {
    if (builtTo !== undefined) await buildIndex(target, label, property);
  }
}

/** Takes an index out of the catalog, and its entries with it. False when there is none. */
export async function dropIndex(
  target: BuildTarget,
  label: string,
  property: string,
): Promise<boolean> {
  return changeCatalog(target, (record, { values }) => {
    const found = indexOf(record, label, property);
    if (found === undefined) return undefined;
    values.delRange({ prefix: [found.id] }); // so that a late entry of it conflicts
    return withIndex(record, found.id, undefined);
  });
}

/** Changes the catalog in the turn of a commit; undefined leaves it. True when it was changed. */
export function changeCatalog(
  target: BuildTarget,
  change: (record: CatalogRecord, inTx: WriteSpaces) => CatalogRecord | undefined,
): Promise<boolean> {
  return transact(target, (inTx) => {
    const next = change(target.catalog.readForWrite(inTx.meta.getSync(CATALOG)), inTx);
    if (next === undefined) return false;
    inTx.meta.put(CATALOG, encodeCatalog(next));
    return true;
  });
}

async function buildLot(target: BuildTarget, id: number): Promise<void> {
  const { isRemote } = target.db;
  await changeCatalog(target, (record, inTx) => {
    const index = record.indexes.find((each) => each.id === id);
    if (index?.builtTo === undefined) return undefined;
    const { builtTo, ...whole } = index;
    const lotCount = isRemote ? LOT_COUNT_REMOTE : LOT_COUNT;
    const found = nodesAfter(inTx, index.label, builtTo, lotCount);
    const last = found.at(-1);
    const isLast = found.length < lotCount || last === undefined;
    inTx.nodes.expect?.(found.map((node) => [node, index.property]));
    if (!isRemote) guard(inTx, index, isLast ? undefined : last);
    for (const node of found) {
      if (!isRemote) inTx.labels.put([index.label, node], NOTHING);
      const value = isRemote
        ? (inTx.nodes.getSync([node, index.property])?.[0] as PropertyValue | undefined)
        : touchProperty(inTx, node, index.property);
      if (value !== undefined) inTx.values.put([id, value, node], NOTHING);
    }
    return withIndex(record, id, isLast ? whole : { ...whole, builtTo: last });
  });
}

function nodesAfter(
  { labels }: WriteSpaces,
  label: string,
  after: NodeId,
  limit: number,
): NodeId[] {
  const nodes: NodeId[] = [];
  for (const key of labels.keys({ gt: [label, after], prefix: [label], limit })) {
    nodes.push(key[1] as NodeId);
  }
  return nodes;
}

/** Deletes the label's entries of the lot, gaps included; the last lot takes all that could come behind it. */
function guard(
  { labels }: WriteSpaces,
  { label, builtTo = 0 }: IndexRecord,
  last: NodeId | undefined,
): void {
  if (last === undefined) labels.delRange({ gt: [label, builtTo], prefix: [label] });
  else labels.delRange({ gt: [label, builtTo], lte: [label, last] });
}
