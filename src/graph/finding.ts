/**
 * Nodes by label, by property and by id; edges by property.
 *
 * Owns: the scans behind the `find` calls. Without a whole index the nodes of the label, or all edges, are read and tested,
 * and then sorted: the answer is the same, in the same order.
 *
 * Suspension: every lot suspends.
 */
import type { RangeOptions, Tuple } from '../index.ts';
import {
  CATALOG,
  type CatalogReader,
  indexOf,
  type IndexRecord,
  type IndexTarget,
} from './catalog.ts';
import { type Condition, fulfils, rangeOfIndex } from './conditions.ts';
import { type Lots, mustGoOn } from './graph-stream.ts';
import type { ReadView, SpaceReads } from './read-view.ts';
import { recordLotsIn } from './records.ts';
import { compareValues, type EdgeId, type NodeId, type PropertyValue } from './values.ts';

/** Options of what finds nodes. */
export interface FindOptions {
  /** From the last to the first. Default false. */
  readonly reverse?: boolean;
  /** At most this many. */
  readonly limit?: number;
  /** Ends the read with AbortedError. */
  readonly signal?: AbortSignal;
}

const LOT_COUNT = 512;

/** The index over a property, once it is whole; undefined otherwise. */
export async function wholeIndex(
  view: ReadView,
  catalog: CatalogReader,
  over: IndexTarget,
): Promise<IndexRecord | undefined> {
  const found = indexOf(catalog.read(await view.meta.get(CATALOG)), over);
  return found?.builtTo === undefined ? found : undefined;
}

/** The last elements of keys in a range. */
export async function* idsIn(
  space: SpaceReads<Tuple, Tuple>,
  range: RangeOptions<Tuple>,
  { reverse = false, limit = -1, signal }: FindOptions,
): Lots<NodeId> {
  const scan = space.keys({ ...range, reverse, limit });
  try {
    for (let lotCount = 32; ; lotCount = LOT_COUNT) {
      mustGoOn(signal);
      const keys = await scan.nextMany(lotCount);
      yield keys.map((key) => key.at(-1) as NodeId);
      if (keys.length < lotCount) return;
    }
  } finally {
    scan.close();
  }
}

/** The nodes from one id to another, both included. */
export async function* nodesInRange(
  { nodes }: ReadView,
  first: NodeId,
  last: NodeId,
  { reverse = false, limit = -1, signal }: FindOptions,
): Lots<NodeId> {
  const scan = nodes.keys({ gte: [first], lt: [last + 1], reverse });
  let rest = limit < 0 ? Infinity : limit;
  let previous = 0;
  try {
    while (rest > 0) {
      mustGoOn(signal);
      const keys = await scan.nextMany(LOT_COUNT);
      const found: NodeId[] = [];
      for (const key of keys) {
        const id = key[0] as NodeId;
        if (id !== previous && rest-- > 0) found.push(id);
        previous = id;
      }
      yield found;
      if (keys.length < LOT_COUNT) return;
    }
  } finally {
    scan.close();
  }
}

/** The edges of a type. Edges have no entries by type: the records of all are looked at. */
async function* edgesOfType(
  { edges }: ReadView,
  type: string,
  { signal }: FindOptions,
): Lots<EdgeId> {
  for await (const lot of recordLotsIn(edges)) {
    mustGoOn(signal);
    yield lot.filter(({ entries }) => entries[0]![1][2] === type).map(({ id }) => id); // its record
  }
}

/** The nodes of a label, or the edges of a type, whose property fulfils a condition, by value and then by id. */
export async function* byProperty(
  view: ReadView,
  catalog: CatalogReader,
  wanted: IndexTarget & { readonly condition: Condition },
  options: FindOptions,
): Lots<number> {
  const { kind, of, property, condition } = wanted;
  const index = await wholeIndex(view, catalog, wanted);
  if (index !== undefined) {
    yield* idsIn(view.values, rangeOfIndex(index.id, condition), options);
    return;
  }
  const found: { readonly id: number; readonly value: PropertyValue }[] = [];
  const { reverse = false, limit = -1, signal } = options;
  const rest = { ...(signal && { signal }) };
  const lots =
    kind === 'node' ? idsIn(view.labels, { prefix: [of] }, rest) : edgesOfType(view, of, rest);
  const space = kind === 'node' ? view.nodes : view.edges;
  for await (const ids of lots) {
    const values = await space.getMany(ids.map((id) => [id, property]));
    for (let i = 0; i < ids.length; i++) {
      const value = values[i]?.[0] as PropertyValue | undefined;
      if (value !== undefined && fulfils(value, condition)) found.push({ id: ids[i]!, value });
    }
  }
  found.sort((a, b) => compareValues(a.value, b.value) || a.id - b.id);
  if (reverse) found.reverse();
  yield (limit < 0 ? found : found.slice(0, limit)).map(({ id }) => id);
}
