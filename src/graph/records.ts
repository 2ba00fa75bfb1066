/**
 * Nodes and edges, as they are read.
 *
 * Owns: their public shapes, and how they are put together from the keys of their records.
 *
 * Suspension: the functions suspend for blocks; those that say so read them by a call.
 */
import type { Tuple } from '../index.ts';
import type { ReadView, SpaceReads } from './read-view.ts';
import type { EdgeId, NodeId, PropertyValue } from './values.ts';

/** A node with all that it has. */
export interface GraphNode {
  /** Its id. */
  readonly id: NodeId;
  /** In order. */
  readonly labels: readonly string[];
  /** All of them, by name. */
  readonly properties: Readonly<Record<string, PropertyValue>>;
}

/** An edge with all that it has. */
export interface GraphEdge {
  /** Its id. */
  readonly id: EdgeId;
  /** The node that it begins at. */
  readonly from: NodeId;
  /** The node that it ends at. */
  readonly to: NodeId;
  /** What kind of edge it is. */
  readonly type: string;
  /** All of them, by name. */
  readonly properties: Readonly<Record<string, PropertyValue>>;
}

/** The node, or undefined. */
export async function readNode({ nodes }: ReadView, id: NodeId): Promise<GraphNode | undefined> {
  const entries = await nodes.entries({ prefix: [id] }).all();
  return entries.length === 0 ? undefined : nodeOf(id, entries);
}

/** The edge, or undefined. */
export async function readEdge({ edges }: ReadView, id: EdgeId): Promise<GraphEdge | undefined> {
  const entries = await edges.entries({ prefix: [id] }).all();
  return entries.length === 0 ? undefined : edgeOf(id, entries);
}

export function nodeOf(id: NodeId, entries: readonly [Tuple, Tuple][]): GraphNode {
  const [record] = entries;
  return { id, labels: record![1] as readonly string[], properties: propertiesOf(entries) };
}

export function edgeOf(id: EdgeId, entries: readonly [Tuple, Tuple][]): GraphEdge {
  const [from, to, type] = entries[0]![1] as [NodeId, NodeId, string];
  return { id, from, to, type, properties: propertiesOf(entries) };
}

/** A node or an edge, as it is stored. */
export interface RecordEntries {
  readonly id: number;
  readonly entries: [Tuple, Tuple][];
}

/** Records of nodes or edges in a range of ids, each with its entries. */
export async function* recordsIn(
  space: SpaceReads<Tuple, Tuple>,
  range: { readonly gte?: Tuple; readonly lt?: Tuple },
): AsyncGenerator<RecordEntries, void, void> {
  const scan = space.entries(range);
  try {
    let held: [Tuple, Tuple][] = [];
    let id = 0;
    for (;;) {
      const lot = await scan.nextMany(LOT_COUNT);
      for (const entry of lot) {
        const of = entry[0][0] as number;
        if (of !== id && held.length > 0) {
          yield { id, entries: held };
          held = [];
        }
        id = of;
        held.push(entry);
      }
      if (lot.length < LOT_COUNT) break;
    }
    if (held.length > 0) yield { id, entries: held };
  } finally {
    scan.close();
  }
}

const LOT_COUNT = 512;

/** Records, many at a time. */
export async function* recordLotsIn(
  space: SpaceReads<Tuple, Tuple>,
): AsyncGenerator<readonly RecordEntries[], void, void> {
  let lot: RecordEntries[] = [];
  for await (const record of recordsIn(space, {})) {
    lot.push(record);
    if (lot.length < LOT_COUNT) continue;
    yield lot;
    lot = [];
  }
  yield lot;
}

/** The first entry is that of the record; a property of any name is its own. */
function propertiesOf(entries: readonly [Tuple, Tuple][]): Record<string, PropertyValue> {
  const properties = entries.slice(1).map(([key, value]) => [key[1] as string, value[0]] as const);
  return Object.fromEntries(properties) as Record<string, PropertyValue>;
}
