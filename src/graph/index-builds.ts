/**
 * The builds of property indexes.
 *
 * Owns: how an index comes to be over nodes that are there, beside writes, and how it goes.
 *
 * From the commit that adds an index to the catalog on, every write keeps it. The build goes through the nodes of the
 * label, or through all edges, a lot in a commit, and how far it came is part of that commit: a kill costs no lot that was written.
 *
 * A transaction that began before the index was added does not know it, and may commit later. So a lot writes again, as it
 * is, whatever such a transaction might write. The transaction then conflicts, and runs again with the index.
 *
 *      an index over nodes   the entries of its nodes in the label, by a range deletion that takes the gaps between them
 *                            along; the property of each
 *      an index over edges   the gaps between the records of edges; the property of each
 *
 * On servers that is not needed: each write has read the catalog, which a lot changes (transact.ts).
 *
 * Invariants:
 *   index-builds/whole: an index that the catalog has without `builtTo` has an entry for each node or edge that should have one.
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
  type IndexTarget,
  withIndex,
} from './catalog.ts';
import type { WriteSpaces } from './layout.ts';
import { transact, type TransactTarget } from './transact.ts';
import type { EdgeId, NodeId, PropertyValue } from './values.ts';
import { touchProperty } from './writer.ts';

const LOT_COUNT = 256;
/** Rows that a lot looks at for each edge that it may find. */
const ROWS_OF_EDGE = 8;
/** Commits on servers may be small (docs/guides/cluster.md). */
const LOT_COUNT_REMOTE = 100;
const NOTHING: Tuple = [];

/** What builds are made on. */
export interface BuildTarget extends TransactTarget {
  readonly catalog: CatalogReader;
}

/** Adds an index to the catalog, unless it is there. */
export async function declareIndex(target: BuildTarget, over: IndexTarget): Promise<void> {
  await changeCatalog(target, (record) => {
    if (indexOf(record, over) !== undefined) return undefined;
    const id = record.nextIndexId;
    const added = withIndex(record, id, { id, ...over, builtTo: 0 });
    return { ...added, nextIndexId: id + 1 };
  });
}

/** Builds the index to its end. False when there is none. */
export async function buildIndex(target: BuildTarget, over: IndexTarget): Promise<boolean> {
  for (;;) {
    const found = indexOf(target.catalog.read(await target.spaces.meta.get(CATALOG)), over);
    if (found === undefined) return false;
    if (found.builtTo === undefined) return true;
    await buildLot(target, found.id);
  }
}

/** Builds what an earlier process left. */
export async function resumeBuilds(target: BuildTarget): Promise<void> {
  const { indexes } = target.catalog.read(await target.spaces.meta.get(CATALOG));
  for (const { kind, of, property, builtTo } of indexes) {
    if (builtTo !== undefined) await buildIndex(target, { kind, of, property });
  }
}

/** Takes an index out of the catalog, and its entries with it. False when there is none. */
export async function dropIndex(target: BuildTarget, over: IndexTarget): Promise<boolean> {
  return changeCatalog(target, (record, { values }) => {
    const found = indexOf(record, over);
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
    const find = index.kind === 'node' ? nodesAfter : edgesAfter;
    const { found, last } = find(inTx, index, builtTo, isRemote ? LOT_COUNT_REMOTE : LOT_COUNT);
    const space = index.kind === 'node' ? inTx.nodes : inTx.edges;
    space.expect?.(found.map((each) => [each, index.property]));
    if (!isRemote) guard(inTx, index, found, last);
    for (const each of found) {
      const value = isRemote
        ? (space.getSync([each, index.property])?.[0] as PropertyValue | undefined)
        : touchProperty(space, each, index.property);
      if (value !== undefined) inTx.values.put([id, value, each], NOTHING);
    }
    return withIndex(record, id, last === undefined ? whole : { ...whole, builtTo: last });
  });
}

/** The nodes or edges of a lot; `last` is how far it came, undefined for the end. */
interface Lot {
  readonly found: readonly number[];
  readonly last: number | undefined;
}

function nodesAfter(
  { labels }: WriteSpaces,
  { of }: IndexRecord,
  after: number,
  limit: number,
): Lot {
  const found: number[] = [];
  for (const key of labels.keys({ gt: [of, after], prefix: [of], limit })) {
    found.push(key[1] as NodeId);
  }
  return { found, last: found.length < limit ? undefined : found.at(-1) };
}

/** Edges have no entries by type: a lot goes over records and properties of all. */
function edgesAfter(
  { edges }: WriteSpaces,
  { of }: IndexRecord,
  after: number,
  limit: number,
): Lot {
  const found: number[] = [];
  let rowCount = 0;
  let last = after;
  for (const [key, value] of edges.entries({ gte: [after + 1], limit: ROWS_OF_EDGE * limit })) {
    rowCount++;
    last = key[0] as EdgeId;
    if (key.length === 1 && value[2] === of) found.push(last);
    if (found.length === limit) return { found, last };
  }
  return { found, last: rowCount < ROWS_OF_EDGE * limit ? undefined : last };
}

/**
 * Deletes the ranges into which a transaction that does not know the index might put, and puts back what is there. Of a label
 * these are its entries, gaps included. Of edges it is the gaps alone: an edge that is there conflicts by its property. The
 * last lot takes all that could come behind it.
 */
function guard(
  { labels, edges }: WriteSpaces,
  { kind, of, builtTo = 0 }: IndexRecord,
  found: readonly number[],
  last: number | undefined,
): void {
  if (kind === 'node') {
    if (last === undefined) labels.delRange({ gt: [of, builtTo], prefix: [of] });
    else labels.delRange({ gt: [of, builtTo], lte: [of, last] });
    for (const node of found) labels.put([of, node], NOTHING);
    return;
  }
  let next = builtTo + 1;
  const there = edges.keys(last === undefined ? { gte: [next] } : { gte: [next], lt: [last + 1] });
  for (const [edge] of [...there]) {
    if ((edge as EdgeId) > next) edges.delRange({ gte: [next], lt: [edge!] });
    next = (edge as EdgeId) + 1;
  }
  if (last === undefined) edges.delRange({ gte: [next] });
}
