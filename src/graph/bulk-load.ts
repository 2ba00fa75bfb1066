/**
 * Bulk loads: a whole graph goes past log and memtable into tables.
 *
 * Owns: the order of a load, and what a load that is cut off leaves.
 *
 *      mark in the catalog -> edges, adjacency, labels -> nodes = all is there -> mark away, indexes are built
 *
 * The nodes become visible last, in one step: until then no node is found, and no traversal begins. A load that fails, or
 * is killed, leaves the mark: the graph then takes no writes and no load until it is cleared. Who clears a graph must know
 * that no load of it is under way: the mark of one that was cut off looks the same.
 *
 * Memory: an entry for each node, from its key to its id, and some 60 bytes for each edge, which has to be sorted by both
 * its ends. Properties are streamed.
 *
 * Invariants:
 *   bulk-load/into-empty: a load begins with the deletion of all ranges of an empty graph. So a transaction that wrote
 *       there before, and commits after, conflicts.
 *   bulk-load/one-at-a-time: a load of a graph with the mark is refused.
 *
 * Suspension: suspends for the caller's nodes and edges, and for the loads of keyspaces.
 */
import { InvalidArgumentError, type Tuple, UnsupportedError } from '../index.ts';
import { CATALOG, type CatalogRecord, encodeCatalog } from './catalog.ts';
import type { IdBlocks } from './id-blocks.ts';
import { type BuildTarget, resumeBuilds } from './index-builds.ts';
import { IN, OUT, type WriteSpaces } from './layout.ts';
import { transact } from './transact.ts';
import {
  checkLabels,
  checkName,
  checkProperties,
  compareValues,
  type NodeId,
  type Properties,
  type PropertyValue,
  shown,
} from './values.ts';

/** What stands for a node in a load, and in text that is imported. */
export type NodeKey = string | number;

/** A node to load. */
export interface LoadNode {
  /** By which edges name it; no two nodes have the same. */
  readonly key: NodeKey;
  /** Default none. */
  readonly labels?: readonly string[];
  /** Default none. */
  readonly properties?: Properties;
}

/** An edge to load. */
export interface LoadEdge {
  /** The key of the node that it begins at. */
  readonly from: NodeKey;
  /** The key of the node that it ends at. */
  readonly to: NodeKey;
  /** What kind of edge it is. */
  readonly type: string;
  /** Default none. */
  readonly properties?: Properties;
}

/** Nodes or edges, however they come. */
export type Source<T> = Iterable<T> | AsyncIterable<T>;

/** The graph to load. */
export interface LoadInput {
  /** All nodes. */
  readonly nodes: Source<LoadNode>;
  /** Read when the nodes are at their end. */
  readonly edges?: Source<LoadEdge>;
}

/** Options of `load`. */
export interface LoadOptions {
  /** Ends the load with AbortedError. */
  readonly signal?: AbortSignal;
}

/** What was loaded. */
export interface LoadReport {
  /** Nodes that were loaded. */
  readonly nodeCount: number;
  /** Edges that were loaded. */
  readonly edgeCount: number;
}

export interface LoadTarget extends BuildTarget {
  readonly ids: IdBlocks;
}

const NOTHING: Tuple = [];
/** Ids that are taken at once; those that are left are passed over. */
const ID_COUNT = 16_384;

/** Loads an empty graph. */
export async function loadGraph(
  target: LoadTarget,
  input: LoadInput,
  { signal }: LoadOptions,
): Promise<LoadReport> {
  if (target.db.isRemote) {
    throw new UnsupportedError(
      'Graph on servers cannot be loaded past its log: use importJsonLines, or createNodes and createEdges',
    );
  }
  const options = signal === undefined ? {} : { signal };
  const load = new Load(target.ids);
  const number = await beginLoad(target);
  const { spaces } = target;
  const entries = load.nodes(input.nodes, async () => {
    await spaces.edges.ingest(load.edges(input.edges ?? []), options);
    await spaces.adjacency.ingest(load.adjacency(), options);
    await spaces.labels.ingest(load.labels(), options);
  });
  await spaces.nodes.ingest(entries, options);
  await changeMark(target, (record) => {
    if (record.loading !== number) throw overtaken();
    const { loading: _, ...rest } = record;
    return rest;
  });
  await resumeBuilds(target);
  return { nodeCount: load.nodeCount, edgeCount: load.edgeCount };
}

/** Deletes all that a graph holds, in one commit; ids go on, indexes stay. */
export async function clearGraph(target: BuildTarget): Promise<void> {
  await changeMark(target, (record, inTx) => {
    clearSpaces(inTx);
    const { loading: _, ...rest } = record;
    return { ...rest, indexes: rest.indexes.map(({ builtTo: __, ...whole }) => whole) };
  });
}

/** The number of the load. */
async function beginLoad(target: BuildTarget): Promise<number> {
  let number = 0;
  await changeMark(target, (record, inTx) => {
    if (record.loading !== undefined) throw markedAlready();
    mustBeEmpty(inTx);
    clearSpaces(inTx); // bulk-load/into-empty
    number = record.loads === undefined ? 1 : record.loads + 1;
    const indexes = record.indexes.map((index) => ({ ...index, builtTo: 0 }));
    return { ...record, indexes, loads: number, loading: number };
  });
  return number;
}

function mustBeEmpty({ nodes, edges }: WriteSpaces): void {
  for (const space of [nodes, edges]) {
    for (const _ of space.keys({ limit: 1 })) {
      throw new InvalidArgumentError('Graph has nodes already: load into another one, or clear it');
    }
  }
}

function clearSpaces({ nodes, edges, adjacency, labels, values }: WriteSpaces): void {
  for (const space of [nodes, edges, adjacency, labels, values]) space.clear();
}

async function changeMark(
  target: BuildTarget,
  change: (record: CatalogRecord, inTx: WriteSpaces) => CatalogRecord,
): Promise<void> {
  const { catalog } = target;
  await transact(target, (inTx) => {
    inTx.meta.put(CATALOG, encodeCatalog(change(catalog.read(inTx.meta.getSync(CATALOG)), inTx)));
  });
}

function markedAlready(): InvalidArgumentError {
  return new InvalidArgumentError(
    'Graph is being loaded, or its load was cut off: wait for its end, or clear it',
  );
}

function overtaken(): InvalidArgumentError {
  return new InvalidArgumentError('Graph was cleared while it was loaded');
}

type Entry = readonly [Tuple, Tuple];

class Load {
  nodeCount = 0;
  readonly #ids: IdBlocks;
  #nextId = 0;
  #endId = 0;
  readonly #nodes = new Map<NodeKey, NodeId>();
  readonly #labels = new Map<string, NodeId[]>();
  readonly #types: string[] = [];
  readonly #typeIndexes = new Map<string, number>();
  readonly #columns = {
    id: [] as number[],
    from: [] as number[],
    to: [] as number[],
    type: [] as number[],
  };

  constructor(ids: IdBlocks) {
    this.#ids = ids;
  }

  get edgeCount(): number {
    return this.#columns.id.length;
  }

  /** Entries of nodes. Before their end, and so before any is there, all else is loaded. */
  async *nodes(source: Source<LoadNode>, rest: () => Promise<void>): AsyncGenerator<Entry> {
    for await (const node of source) {
      const key: unknown = node.key;
      if (typeof key !== 'string' && typeof key !== 'number') {
        throw new InvalidArgumentError(`Node needs a key, text or a number: found=${shown(key)}`);
      }
      if (this.#nodes.has(key)) {
        throw new InvalidArgumentError(`Two nodes have one key: key=${shown(key)}`);
      }
      const labels = checkLabels(node.labels);
      const properties = checkProperties(node.properties);
      const id = await this.#takeId();
      this.#nodes.set(key, id);
      this.nodeCount++;
      for (const label of labels) this.#labelled(label).push(id);
      yield [[id], labels];
      yield* propertyEntries(id, properties);
    }
    await rest();
  }

  async *edges(source: Source<LoadEdge>): AsyncGenerator<Entry> {
    const { id: ids, from: sources, to: targets, type: types } = this.#columns;
    for await (const edge of source) {
      const type = checkName('Type', edge.type);
      const properties = checkProperties(edge.properties);
      const from = this.#mustNode(edge.from);
      const to = this.#mustNode(edge.to);
      const id = await this.#takeId();
      ids.push(id);
      sources.push(from);
      targets.push(to);
      types.push(this.#typeIndex(type));
      yield [[id], [from, to, type]];
      yield* propertyEntries(id, properties);
    }
  }

  /** Both sides of each edge, in the order of keys. Side 2 i is that of the source of edge i, 2 i + 1 that of its target. */
  *adjacency(): Generator<Entry> {
    const { id, from, to, type } = this.#columns;
    const ranks = ranksOf(this.#types);
    const nodeOf = (side: number): number => ((side & 1) === 0 ? from : to)[side >>> 1]!;
    const otherOf = (side: number): number => ((side & 1) === 0 ? to : from)[side >>> 1]!;
    const sides = Uint32Array.from({ length: 2 * id.length }, (_, side) => side);
    sides.sort(
      (a, b) =>
        nodeOf(a) - nodeOf(b) ||
        (a & 1) - (b & 1) ||
        ranks[type[a >>> 1]!]! - ranks[type[b >>> 1]!]! ||
        otherOf(a) - otherOf(b) ||
        a - b, // ids ascend
    );
    for (const side of sides) {
      const edge = side >>> 1;
      const name = this.#types[type[edge]!]!;
      const direction = (side & 1) === 0 ? OUT : IN;
      yield [[nodeOf(side), direction, name, otherOf(side), id[edge]!], NOTHING];
    }
  }

  *labels(): Generator<Entry> {
    const labels = [...this.#labels].sort(([a], [b]) => compareValues(a, b));
    for (const [label, ids] of labels) for (const id of ids) yield [[label, id], NOTHING];
  }

  async #takeId(): Promise<number> {
    if (this.#nextId === this.#endId) {
      this.#nextId = await this.#ids.take(ID_COUNT);
      this.#endId = this.#nextId + ID_COUNT;
    }
    return this.#nextId++;
  }

  #labelled(label: string): NodeId[] {
    const known = this.#labels.get(label);
    if (known !== undefined) return known;
    const made: NodeId[] = [];
    this.#labels.set(label, made);
    return made;
  }

  #typeIndex(type: string): number {
    const known = this.#typeIndexes.get(type);
    if (known !== undefined) return known;
    this.#typeIndexes.set(type, this.#types.length);
    return this.#types.push(type) - 1;
  }

  #mustNode(key: NodeKey): NodeId {
    const id = this.#nodes.get(key);
    if (id !== undefined) return id;
    throw new InvalidArgumentError(`Edge names a node that is not loaded: key=${shown(key)}`);
  }
}

function propertyEntries(id: number, properties: [string, PropertyValue][]): Entry[] {
  if (properties.length > 1) properties.sort(([a], [b]) => compareValues(a, b));
  return properties.map(([name, value]): Entry => [[id, name], [value]]);
}

/** The place of each type in the order of keys. */
function ranksOf(types: readonly string[]): number[] {
  const sorted = [...types].sort(compareValues);
  return types.map((type) => sorted.indexOf(type));
}
