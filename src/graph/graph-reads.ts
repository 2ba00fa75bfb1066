/**
 * The reads of a graph, as its user calls them.
 *
 * Owns: the calls that read, over the newest state, a snapshot or a transaction: their checks, and that each has one view
 * (graph-view/one-state).
 *
 * Suspension: every call suspends.
 */
import { InvalidArgumentError, type Pool, type Tuple } from '../index.ts';
import { CATALOG, type CatalogReader, type IndexRecord } from './catalog.ts';
import { checkCondition, type ConditionOrValue } from './conditions.ts';
import { byProperty, type FindOptions, idsIn, nodesInRange } from './finding.ts';
import { checkPool } from './frontier-threads.ts';
import { type GraphStream, type Lots, makeStream, mustGoOn } from './graph-stream.ts';
import {
  allPaths,
  cheapestPath,
  nearby,
  type Path,
  type PathsOptions,
  type SearchPlan,
  shortestPath,
  type ShortestPathOptions,
} from './paths.ts';
import { IN, OUT } from './layout.ts';
import { inView } from './graph-view.ts';
import { type EdgeNames, makeMatch, type Match, type MatchRow, type NodeNames } from './match.ts';
import type { ReadSource, ReadView } from './read-view.ts';
import { type GraphEdge, type GraphNode, readEdge, readNode } from './records.ts';
import {
  type BfsOptions,
  bfsPlan,
  breadthFirst,
  checkBound,
  depthFirst,
  type EdgeOptions,
  type EdgePlan,
  edgePlan,
  type Step,
  type TraversalOptions,
  traversalPlan,
  VISITED_MAX_DEFAULT,
} from './traversal.ts';
import {
  checkId,
  checkName,
  type Direction,
  type EdgeId,
  type NodeId,
  type PropertyValue,
  shown,
} from './values.ts';

const LOT_COUNT = 512;

/** An edge, as a node at one of its ends sees it. */
export interface Neighbor {
  /** The node at the other end. */
  readonly node: NodeId;
  /** The edge between. */
  readonly edge: EdgeId;
  /** The type of the edge. */
  readonly type: string;
  /** Whether the edge begins at this node, or ends there. */
  readonly direction: 'out' | 'in';
}

/** Options of `neighbors`. */
export interface NeighborOptions extends EdgeOptions {
  /** Ends the read with AbortedError. */
  readonly signal?: AbortSignal;
}

/** Options of `kHop`. */
export interface NearbyOptions extends NeighborOptions {
  /** As that of `traverseBfs`. */
  readonly pool?: Pool;
  /** As that of a traversal. */
  readonly visitedMax?: number;
}

/** A property index, as `propertyIndexes` lists it. */
export interface PropertyIndexInfo {
  /** Its nodes have this label. */
  readonly label: string;
  /** What it is ordered by. */
  readonly property: string;
  /** False while it is built: reads go without it. */
  readonly isReady: boolean;
}

/** A property index over edges, as `edgePropertyIndexes` lists it. */
export interface EdgePropertyIndexInfo {
  /** Its edges have this type. */
  readonly type: string;
  /** What it is ordered by. */
  readonly property: string;
  /** False while it is built: reads go without it. */
  readonly isReady: boolean;
}

/**
 * The reads of a graph. Each call reads one state of the graph, and a stream one state from its first step to its end.
 *
 * Every call fails with InvalidArgumentError for an argument that is wrong, with ClosedError after the end of the database,
 * the snapshot or the transaction, and as reads of a keyspace do. Absent nodes and edges are undefined, or no results.
 */
export class GraphReads {
  readonly #source: ReadSource;
  readonly #catalog: CatalogReader;

  protected constructor(source: unknown, catalog: unknown) {
    this.#source = source as ReadSource; // of graph.ts
    this.#catalog = catalog as CatalogReader;
  }

  /**
   * The node with its labels and properties, or undefined.
   *
   * @example
   * await g.getNode(ada); // => { id: 1, labels: [ 'Person' ], properties: { age: 36, name: 'Ada' } }
   */
  async getNode(id: NodeId): Promise<GraphNode | undefined> {
    checkId('Node', id);
    return this.#read((view) => readNode(view, id));
  }

  /**
   * The edge with its ends, type and properties, or undefined.
   *
   * @example
   * const [{ edge: id }] = await g.neighbors(ada).all();
   * (await g.getEdge(id)).type; // => 'KNOWS'
   */
  async getEdge(id: EdgeId): Promise<GraphEdge | undefined> {
    checkId('Edge', id);
    return this.#read((view) => readEdge(view, id));
  }

  /**
   * Whether the node is there: one lookup.
   *
   * @example
   * await g.hasNode(ada); // => true
   */
  async hasNode(id: NodeId): Promise<boolean> {
    checkId('Node', id);
    return this.#read(async ({ nodes }) => (await nodes.get([id])) !== undefined);
  }

  /**
   * One property of a node, or undefined: one lookup.
   *
   * @example
   * await g.getNodeProperty(ada, 'age'); // => 36
   */
  async getNodeProperty(id: NodeId, name: string): Promise<PropertyValue | undefined> {
    checkId('Node', id);
    checkName('Name of a property', name);
    const found = await this.#read(({ nodes }) => nodes.get([id, name]));
    return found?.[0] as PropertyValue | undefined;
  }

  /**
   * One property of an edge, or undefined: one lookup.
   *
   * @example
   * const [{ edge: id }] = await g.neighbors(ada).all();
   * await g.getEdgeProperty(id, 'since'); // => 2020
   */
  async getEdgeProperty(id: EdgeId, name: string): Promise<PropertyValue | undefined> {
    checkId('Edge', id);
    checkName('Name of a property', name);
    const found = await this.#read(({ edges }) => edges.get([id, name]));
    return found?.[0] as PropertyValue | undefined;
  }

  /**
   * The nodes of these ids, in their order; undefined for each that is absent.
   *
   * @example
   * (await g.getNodes([ada, 4711])).map((node) => node?.properties.name); // => [ 'Ada', undefined ]
   */
  async getNodes(ids: readonly NodeId[]): Promise<(GraphNode | undefined)[]> {
    const given: unknown = ids;
    if (!Array.isArray(given)) {
      throw new InvalidArgumentError(`Ids must be an array: found=${shown(given)}`);
    }
    for (const id of given) checkId('Node', id);
    return this.#read(async (view) => {
      const found: (GraphNode | undefined)[] = [];
      for (const id of ids) found.push(await readNode(view, id));
      return found;
    });
  }

  // Finding.

  /**
   * The nodes with a label, by id.
   *
   * @example
   * await g.findNodesByLabel('Person').all(); // => [ 1, 2, 3 ]
   */
  findNodesByLabel(label: string, options: FindOptions = {}): GraphStream<NodeId> {
    checkName('Label', label);
    checkFind(options);
    return this.#stream((view) => idsIn(view.labels, { prefix: [label] }, options));
  }

  /**
   * The nodes with a label whose property is a value, or is within bounds: `{ gte: 30, lt: 40 }`. In the order of values,
   * then of ids. An index of `createPropertyIndex` gives them; without one every node of the label is looked at, and what
   * is found is kept in memory and sorted.
   *
   * @example
   * await g.findNodesByProperty('Person', 'name', 'Ada').all(); // => [ 1 ]
   * await g.findNodesByProperty('Person', 'age', { gt: 30 }, { reverse: true }).all(); // => [ 3, 1 ]
   */
  findNodesByProperty(
    label: string,
    property: string,
    condition?: ConditionOrValue,
    options: FindOptions = {},
  ): GraphStream<NodeId> {
    checkName('Label', label);
    checkName('Name of a property', property);
    checkFind(options);
    const over = { kind: 'node', of: label, property } as const;
    const wanted = { ...over, condition: checkCondition(condition) };
    return this.#stream((view) => byProperty(view, this.#catalog, wanted, options));
  }

  /**
   * The edges of a type whose property is a value, or is within bounds, as `findNodesByProperty` finds nodes. An index of
   * `createEdgePropertyIndex` gives them; without one all edges of the graph are looked at.
   *
   * @example
   * (await g.findEdgesByProperty('KNOWS', 'since', { lt: 2000 }).all()).length; // => 0
   */
  findEdgesByProperty(
    type: string,
    property: string,
    condition?: ConditionOrValue,
    options: FindOptions = {},
  ): GraphStream<EdgeId> {
    checkName('Type', type);
    checkName('Name of a property', property);
    checkFind(options);
    const over = { kind: 'edge', of: type, property } as const;
    const wanted = { ...over, condition: checkCondition(condition) };
    return this.#stream((view) => byProperty(view, this.#catalog, wanted, options));
  }

  /**
   * The nodes from one id to another, both included, by id.
   *
   * @example
   * await g.getNodesInRange(1, 2).all(); // => [ 1, 2 ]
   */
  getNodesInRange(first: NodeId, last: NodeId, options: FindOptions = {}): GraphStream<NodeId> {
    checkId('First', first);
    checkId('Last', last);
    checkFind(options);
    return this.#stream((view) => nodesInRange(view, first, last, options));
  }

  /**
   * The property indexes over nodes that there are.
   *
   * @example
   * await g.createPropertyIndex('Person', 'age');
   * await g.propertyIndexes(); // => [ { label: 'Person', property: 'age', isReady: true } ]
   */
  async propertyIndexes(): Promise<PropertyIndexInfo[]> {
    const found = await this.#indexes('node');
    return found.map(({ of, property, builtTo }) => {
      return { label: of, property, isReady: builtTo === undefined };
    });
  }

  /**
   * The property indexes over edges that there are.
   *
   * @example
   * await g.createEdgePropertyIndex('KNOWS', 'since');
   * await g.edgePropertyIndexes(); // => [ { type: 'KNOWS', property: 'since', isReady: true } ]
   */
  async edgePropertyIndexes(): Promise<EdgePropertyIndexInfo[]> {
    const found = await this.#indexes('edge');
    return found.map(({ of, property, builtTo }) => {
      return { type: of, property, isReady: builtTo === undefined };
    });
  }

  async #indexes(kind: IndexRecord['kind']): Promise<IndexRecord[]> {
    const text = await this.#read(({ meta }) => meta.get(CATALOG));
    return this.#catalog.read(text).indexes.filter((index) => index.kind === kind);
  }

  // Traversals.

  /**
   * The edges at a node, in both directions by default: those that begin there first, then by type and other end.
   *
   * @example
   * for await (const { node, type } of g.neighbors(ada, { direction: 'both' })) console.log(node, type);
   * // => 2 KNOWS
   */
  neighbors(id: NodeId, options: NeighborOptions = {}): GraphStream<Neighbor> {
    checkId('Node', id);
    const plan = edgePlan(options, 'both');
    return this.#stream((view) => neighborsOf(view, id, plan, options.signal));
  }

  /**
   * How many edges a node has; their keys are counted.
   *
   * @example
   * await g.degree(bob, { direction: 'both' }); // => 2
   */
  async degree(id: NodeId, options: NeighborOptions = {}): Promise<number> {
    checkId('Node', id);
    const { direction, types } = edgePlan(options, 'both');
    mustGoOn(options.signal);
    return this.#read(async (view) => {
      const adjacency = view.adjacency();
      try {
        if (adjacency.isAhead) await adjacency.ahead([id], direction, types);
        adjacency.load(id, direction, types);
        return adjacency.count;
      } finally {
        adjacency.close();
      }
    });
  }

  /**
   * Nodes from one on, breadth first: the start at depth 0, then by depth.
   *
   * @example
   * for await (const { node, depth } of g.traverseBfs(ada, { depthMax: 3 })) console.log(node, depth);
   * // => 1 0
   * // => 2 1
   * // => 3 2
   *
   * @example
   * const pool = db.pool('./graph-threads.js', { threads: 2 }); // the module of the example of `graphFunctions`
   * const steps = await g.traverseBfs(ada, { pool }).all(); // the edges are read by threads
   * steps.map(({ node }) => node); // => [ 1, 2, 3 ]
   * await pool.close();
   */
  traverseBfs(start: NodeId, options: BfsOptions = {}): GraphStream<Step> {
    checkId('Start', start);
    const plan = bfsPlan(options);
    return this.#stream((view) => breadthFirst(view, start, plan));
  }

  /**
   * Nodes from one on, depth first: each before those behind it.
   *
   * @example
   * for await (const { node, depth } of g.traverseDfs(ada)) console.log(node, depth);
   * // => 1 0
   * // => 2 1
   * // => 3 2
   */
  traverseDfs(start: NodeId, options: TraversalOptions = {}): GraphStream<Step> {
    checkId('Start', start);
    const plan = traversalPlan(options);
    return this.#stream((view) => depthFirst(view, start, plan));
  }

  /**
   * The nodes within `depth` edges of one, each once and without itself; along edges that begin there by default.
   *
   * @example
   * await g.kHop(ada, 2).all(); // => [ 2, 3 ]
   */
  kHop(start: NodeId, depth: number, options: NearbyOptions = {}): GraphStream<NodeId> {
    checkId('Start', start);
    const plan = { ...searchPlan({ ...options, depthMax: depth }), pool: checkPool(options.pool) };
    return this.#stream((view) => nearby(view, start, plan));
  }

  /**
   * The way from one node to another with the fewest edges; with `weight` that with the least sum of a property of edges.
   * Undefined when there is none. Rejects with WeightError for an edge without a weight, and TraversalLimitError.
   *
   * @example
   * (await g.shortestPath(ada, cyd)).nodes; // => [ 1, 2, 3 ]
   */
  async shortestPath(
    from: NodeId,
    to: NodeId,
    options: ShortestPathOptions = {},
  ): Promise<Path | undefined> {
    checkId('From', from);
    checkId('To', to);
    const { weight, weightDefault } = options;
    const plan = searchPlan(options);
    if (weight === undefined) return this.#read((view) => shortestPath(view, from, to, plan));
    if (options.depthMax !== undefined) {
      throw new InvalidArgumentError('Options weight and depthMax do not go together');
    }
    const by = { property: checkName('Weight', weight), otherwise: weightDefault };
    return this.#read((view) => cheapestPath(view, { from, to }, by, plan));
  }

  /**
   * Every way from a node, up to a number of edges, that meets no node twice.
   *
   * @example
   * for await (const { nodes } of g.paths(ada, { to: cyd, depthMax: 3 })) console.log(nodes);
   * // => [ 1, 2, 3 ]
   */
  paths(start: NodeId, options: PathsOptions): GraphStream<Path> {
    checkId('Start', start);
    if (options?.depthMax === undefined) {
      throw new InvalidArgumentError('Ways need depthMax: there may be too many without');
    }
    if (options.to !== undefined) checkId('To', options.to);
    checkBound('depthMin', options.depthMin ?? 1, 0);
    traversalPlan(options);
    return this.#stream((view) => allPaths(view, start, options));
  }

  /**
   * Finds where a pattern of nodes and edges in turn fits. It starts at the node with the fewest candidates.
   *
   * @example
   * const friends = g.match(node('a', 'Person').where({ name: 'Ada' }), edge('KNOWS'), node('b'));
   * await friends.select('b.name').all(); // => [ { 'b.name': 'Bob' } ]
   */
  match<const P extends readonly unknown[]>(
    ...pattern: P
  ): Match<NodeNames<P>, EdgeNames<P>, MatchRow<NodeNames<P>, EdgeNames<P>>> {
    return makeMatch(this.#source, this.#catalog, pattern);
  }

  async #read<T>(read: (view: ReadView) => Promise<T>): Promise<T> {
    const view = this.#source.open();
    try {
      return await read(view);
    } finally {
      view.close();
    }
  }

  #stream<T>(read: (view: ReadView) => Lots<T>): GraphStream<T> {
    const source = this.#source;
    return makeStream(() => inView(source, read));
  }
}

/** The keys of a node are streamed, for one with more edges than fit into memory. */
async function* neighborsOf(
  view: ReadView,
  id: NodeId,
  { direction, types }: EdgePlan,
  signal: AbortSignal | undefined,
): Lots<Neighbor> {
  for (const prefix of prefixesOf(id, direction, types)) {
    const scan = view.adjacencyKeys.keys({ prefix });
    try {
      for (let lotCount = 16; ; lotCount = LOT_COUNT) {
        mustGoOn(signal);
        const keys = await scan.nextMany(lotCount);
        yield keys.map(neighborOf);
        if (keys.length < lotCount) break;
      }
    } finally {
      scan.close();
    }
  }
}

function prefixesOf(
  id: NodeId,
  direction: Direction,
  types: readonly string[] | undefined,
): Tuple[] {
  const sides = direction === 'both' ? [OUT, IN] : [direction === 'out' ? OUT : IN];
  return sides.flatMap((side) => types?.map((type) => [id, side, type]) ?? [[id, side]]);
}

function neighborOf([, side, type, node, edge]: Tuple): Neighbor {
  const direction = side === OUT ? 'out' : 'in';
  return { node: node as NodeId, edge: edge as EdgeId, type: type as string, direction };
}

function searchPlan(options: Omit<ShortestPathOptions, 'weight'>): SearchPlan {
  return {
    ...edgePlan(options),
    depthMax: checkBound('depthMax', options.depthMax ?? Infinity, 0),
    visitedMax: checkBound('visitedMax', options.visitedMax ?? VISITED_MAX_DEFAULT, 1),
    signal: options.signal,
  };
}

function checkFind({ limit }: FindOptions): void {
  if (limit !== undefined) checkBound('limit', limit, 0);
}
