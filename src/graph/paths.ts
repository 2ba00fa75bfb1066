/**
 * Ways between nodes: the shortest, the cheapest, all of them; and what is near.
 *
 * Owns: the searches. The shortest way is searched breadth first from both ends, from the end with less to look at. The
 * cheapest is searched by Dijkstra's algorithm.
 *
 * Memory: about 100 bytes for each node that was met, bounded by `visitedMax`; `paths` keeps one way and the edges along it.
 *
 * Invariants:
 *   paths/shortest: no way has fewer edges, or costs less, than the one that is found.
 *   paths/as-stored: a way goes along edges that are there, in the direction that was asked for.
 *
 * Suspension: every search suspends for the event loop; edges of cached blocks are read without.
 */
import type { Pool } from '../index.ts';
import type { Adjacency } from './adjacency.ts';
import { FrontierThreads } from './frontier-threads.ts';
import { TraversalLimitError, WeightError } from './graph-errors.ts';
import { type Lots, mustGoOn } from './graph-stream.ts';
import type { ReadView } from './read-view.ts';
import {
  Breath,
  depthFirst,
  type EdgeOptions,
  type EdgePlan,
  readAhead,
  type Step,
  type TraversalOptions,
  traversalPlan,
} from './traversal.ts';
import { type Direction, type EdgeId, type NodeId, shown } from './values.ts';

/** A way through the graph. */
export interface Path {
  /** From the first to the last: one more than edges. */
  readonly nodes: readonly NodeId[];
  /** The edges between them, in order. */
  readonly edges: readonly EdgeId[];
  /** The sum of the weights; without weights the number of edges. */
  readonly cost: number;
}

/** Options of `shortestPath`. */
export interface ShortestPathOptions extends EdgeOptions {
  /** A property of edges that holds their weight: then the cheapest way is searched. A number from 0. */
  readonly weight?: string;
  /** The weight of an edge without that property. By default there must be one: WeightError. */
  readonly weightDefault?: number;
  /** Edges at most; without end by default, and not with `weight`. */
  readonly depthMax?: number;
  /** As that of a traversal. */
  readonly visitedMax?: number;
  /** Ends the search with AbortedError. */
  readonly signal?: AbortSignal;
}

/** The options of a search, checked. */
export interface SearchPlan extends EdgePlan {
  readonly depthMax: number;
  readonly visitedMax: number;
  readonly signal: AbortSignal | undefined;
}

/** How a node was come to: the edge, and the node before. */
interface Arrival {
  readonly edge: EdgeId;
  readonly from: NodeId;
}

/** One half of a search from both ends. */
interface Half {
  readonly direction: Direction;
  readonly arrivals: Map<NodeId, Arrival | undefined>;
  frontier: NodeId[];
}

const OPPOSITE: Readonly<Record<Direction, Direction>> = { out: 'in', in: 'out', both: 'both' };

/** The way with the fewest edges; undefined when there is none. */
export async function shortestPath(
  view: ReadView,
  from: NodeId,
  to: NodeId,
  plan: SearchPlan,
): Promise<Path | undefined> {
  mustGoOn(plan.signal);
  if (!(await areNodes(view, [from, to]))) return undefined;
  if (from === to) return { nodes: [from], edges: [], cost: 0 };
  const forward = halfFrom(from, plan.direction);
  const backward = halfFrom(to, OPPOSITE[plan.direction]);
  const adjacency = view.adjacency();
  const breath = new Breath(view, plan.signal);
  try {
    for (let depth = 0; depth < plan.depthMax; depth++) {
      const isForward = forward.frontier.length <= backward.frontier.length;
      const half = isForward ? forward : backward;
      const other = isForward ? backward : forward;
      const next: NodeId[] = [];
      const { frontier } = half;
      for (let i = 0; i < frontier.length; i++) {
        const node = frontier[i]!; // i < length
        if (adjacency.isAhead) {
          await readAhead(
            adjacency,
            { ...plan, direction: half.direction },
            i,
            (at) => frontier[at],
          );
        }
        adjacency.load(node, half.direction, plan.types);
        const met = expand(adjacency, node, { half, other, next });
        if (met !== undefined) return joined(forward, backward, met);
        if (half.arrivals.size + other.arrivals.size > plan.visitedMax) {
          throw new TraversalLimitError(plan.visitedMax);
        }
        if (breath.isDue(adjacency.count)) await breath.take();
      }
      if (next.length === 0) return undefined;
      half.frontier = next;
    }
    return undefined;
  } finally {
    adjacency.close();
  }
}

function halfFrom(node: NodeId, direction: Direction): Half {
  return { direction, arrivals: new Map([[node, undefined]]), frontier: [node] };
}

/**
 * Meets what lies behind a node. Returns a node that the other half has met: all nodes of a depth are as far from their
 * end, so the first way that joins is as short as any.
 */
function expand(
  { others, edges, count }: Adjacency,
  from: NodeId,
  search: { readonly half: Half; readonly other: Half; readonly next: NodeId[] },
): NodeId | undefined {
  const { arrivals } = search.half;
  for (let i = 0; i < count; i++) {
    const node = others[i]!; // i < count
    if (arrivals.has(node)) continue;
    arrivals.set(node, { edge: edges[i]!, from });
    if (search.other.arrivals.has(node)) return node;
    search.next.push(node);
  }
  return undefined;
}

function joined(forward: Half, backward: Half, met: NodeId): Path {
  const start = wayTo(forward.arrivals, met);
  const end = wayTo(backward.arrivals, met);
  return {
    nodes: [...start.nodes, ...end.nodes.reverse().slice(1)],
    edges: [...start.edges, ...end.edges.reverse()],
    cost: start.edges.length + end.edges.length,
  };
}

/** The way from where the arrivals began. */
function wayTo(
  arrivals: ReadonlyMap<NodeId, Arrival | undefined>,
  node: NodeId,
): { nodes: NodeId[]; edges: EdgeId[] } {
  const nodes = [node];
  const edges: EdgeId[] = [];
  for (let at = arrivals.get(node); at !== undefined; at = arrivals.get(at.from)) {
    nodes.push(at.from);
    edges.push(at.edge);
  }
  return { nodes: nodes.reverse(), edges: edges.reverse() };
}

/** The way with the least sum of weights; undefined when there is none. Throws WeightError. */
export async function cheapestPath(
  view: ReadView,
  ends: { readonly from: NodeId; readonly to: NodeId },
  weight: { readonly property: string; readonly otherwise: number | undefined },
  plan: SearchPlan,
): Promise<Path | undefined> {
  mustGoOn(plan.signal);
  if (!(await areNodes(view, [ends.from, ends.to]))) return undefined;
  const adjacency = view.adjacency();
  const breath = new Breath(view, plan.signal);
  const arrivals = new Map<NodeId, Arrival | undefined>([[ends.from, undefined]]);
  const costs = new Map<NodeId, number>([[ends.from, 0]]);
  const settled = new Set<NodeId>();
  const heap = new CostHeap();
  heap.push(0, ends.from);
  try {
    for (let node = heap.pop(); node !== undefined; node = heap.pop()) {
      if (settled.has(node)) continue;
      settled.add(node);
      const cost = costs.get(node)!; // it was pushed with one
      if (node === ends.to) return { ...wayTo(arrivals, node), cost };
      if (adjacency.isAhead) await adjacency.ahead([node], plan.direction, plan.types);
      adjacency.load(node, plan.direction, plan.types);
      const { others, edges, count } = adjacency;
      if (view.edges.ahead !== undefined) {
        await view.edges.ahead(edges.slice(0, count).map((edge) => [edge, weight.property]));
        mustGoOn(plan.signal);
      }
      for (let i = 0; i < count; i++) {
        const other = others[i]!; // i < count
        if (settled.has(other)) continue;
        const total = cost + weightOf(view, edges[i]!, weight);
        const known = costs.get(other);
        if (known !== undefined && known <= total) continue;
        costs.set(other, total);
        arrivals.set(other, { edge: edges[i]!, from: node });
        heap.push(total, other);
      }
      if (costs.size > plan.visitedMax) throw new TraversalLimitError(plan.visitedMax);
      if (breath.isDue(4 * count)) await breath.take();
    }
    return undefined;
  } finally {
    adjacency.close();
  }
}

function weightOf(
  { edges }: ReadView,
  edge: EdgeId,
  { property, otherwise }: { readonly property: string; readonly otherwise: number | undefined },
): number {
  const found = edges.getSync([edge, property]);
  const weight = found === undefined ? otherwise : found[0];
  if (typeof weight === 'number' && weight >= 0 && weight < Infinity) return weight;
  throw new WeightError(edge, shown(weight));
}

/** Nodes by cost, the least first: a binary heap. A node may be in it several times. */
class CostHeap {
  readonly #costs: number[] = [];
  readonly #nodes: NodeId[] = [];

  push(cost: number, node: NodeId): void {
    const costs = this.#costs;
    const nodes = this.#nodes;
    let at = costs.length;
    while (at > 0) {
      const parent = (at - 1) >>> 1;
      if (costs[parent]! <= cost) break; // parent < at
      costs[at] = costs[parent]!;
      nodes[at] = nodes[parent]!;
      at = parent;
    }
    costs[at] = cost;
    nodes[at] = node;
  }

  pop(): NodeId | undefined {
    const first = this.#nodes[0];
    const cost = this.#costs.pop();
    const node = this.#nodes.pop();
    if (cost === undefined || node === undefined) return undefined;
    if (this.#costs.length > 0) this.#sink(cost, node);
    return first;
  }

  #sink(cost: number, node: NodeId): void {
    const costs = this.#costs;
    const nodes = this.#nodes;
    const { length } = costs;
    let at = 0;
    for (let child = 1; child < length; child = 2 * at + 1) {
      if (child + 1 < length && costs[child + 1]! < costs[child]!) child++; // below length
      if (costs[child]! >= cost) break;
      costs[at] = costs[child]!;
      nodes[at] = nodes[child]!;
      at = child;
    }
    costs[at] = cost;
    nodes[at] = node;
  }
}

/** The options of `kHop`, checked. */
export interface NearbyPlan extends SearchPlan {
  readonly pool: Pool | undefined;
}

/** The nodes within some edges of one, without itself, each once; by depth. */
export async function* nearby(view: ReadView, start: NodeId, plan: NearbyPlan): Lots<NodeId> {
  mustGoOn(plan.signal);
  const threads = await FrontierThreads.of(view, { ...plan, isOnce: true, wantsEdges: false });
  if (!(await areNodes(view, [start]))) return;
  const adjacency = view.adjacency();
  const breath = new Breath(view, plan.signal);
  const met = new Met(start, plan.visitedMax, threads);
  try {
    let frontier = [start];
    for (let depth = 0; depth < plan.depthMax && frontier.length > 0; depth++) {
      const nodes = frontier;
      const next: NodeId[] = [];
      if (threads?.isFor(nodes.length) === true) {
        for await (const { others } of threads.parts(nodes.length, (i) => nodes[i]!)) {
          met.take(others, others.length, next);
          if (breath.isDue(others.length)) await breath.take();
        }
      } else {
        for (let i = 0; i < nodes.length; i++) {
          if (adjacency.isAhead) await readAhead(adjacency, plan, i, (at) => nodes[at]);
          adjacency.load(nodes[i]!, plan.direction, plan.types); // i < length
          met.take(adjacency.others, adjacency.count, next);
          if (breath.isDue(adjacency.count)) await breath.take();
        }
      }
      yield next;
      frontier = next;
    }
  } finally {
    adjacency.close();
  }
}

/** The nodes that a search for what is near has met. */
class Met {
  readonly #nodes: Set<NodeId>;
  readonly #countMax: number;
  readonly #threads: FrontierThreads | undefined;

  constructor(start: NodeId, countMax: number, threads: FrontierThreads | undefined) {
    this.#nodes = new Set([start]);
    this.#countMax = countMax;
    this.#threads = threads;
    threads?.note(start);
  }

  /** Adds those that are new to `next`. Throws TraversalLimitError. */
  take(others: ArrayLike<NodeId>, count: number, next: NodeId[]): void {
    for (let at = 0; at < count; at++) {
      const other = others[at]!; // at < count
      if (this.#nodes.has(other)) continue;
      this.#nodes.add(other);
      this.#threads?.note(other);
      next.push(other);
    }
    if (this.#nodes.size > this.#countMax) throw new TraversalLimitError(this.#countMax);
  }
}

/** Options of `paths`. */
export interface PathsOptions extends EdgeOptions {
  /** The node at the end; any by default. */
  readonly to?: NodeId;
  /** Edges at least; default 1. */
  readonly depthMin?: number;
  /** Edges at most. */
  readonly depthMax: number;
  /** As that of a traversal. */
  readonly filter?: (step: Step) => boolean;
  /** Ends the search with AbortedError. */
  readonly signal?: AbortSignal;
}

/** Every way of some length that meets no node twice. */
export async function* allPaths(view: ReadView, start: NodeId, options: PathsOptions): Lots<Path> {
  const { to, depthMin = 1, ...rest } = options;
  const wanted: TraversalOptions = { ...rest, unique: 'path' };
  for await (const lot of depthFirst(view, start, traversalPlan(wanted))) {
    yield lot
      .filter(({ node, depth }) => depth >= depthMin && (to === undefined || node === to))
      .map(pathOf);
  }
}

/** The way of a step of a traversal, from its start. */
export function pathOf(last: Step): Path {
  const nodes: NodeId[] = [];
  const edges: EdgeId[] = [];
  for (let step: Step | undefined = last; step !== undefined; step = step.previous) {
    nodes.push(step.node);
    if (step.edge !== undefined) edges.push(step.edge);
  }
  return { nodes: nodes.reverse(), edges: edges.reverse(), cost: edges.length };
}

async function areNodes({ nodes }: ReadView, ids: readonly NodeId[]): Promise<boolean> {
  const records = await nodes.getMany(ids.map((id) => [id]));
  return records.every((record) => record !== undefined);
}
