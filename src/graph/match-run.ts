/**
 * How a match is found.
 *
 * Owns: the search: from each node of the start along the legs of the plan, one way after the other. An edge comes once in
 * a row; nodes may come again. Nothing is kept but the way that is being looked at.
 *
 * Invariants:
 *   match-run/any-start: the rows are the same, whichever node of the pattern the search starts at; their order is not.
 *
 * Suspension: lots suspend; edges and properties of cached blocks are read without (graph-view/loop-turns). On servers the
 * way stops for what it needs next, which is then read ahead (ahead.ts): the edges of a node, and what is behind them.
 */
import type { Tuple } from '../index.ts';
import type { Adjacency } from './adjacency.ts';
import { fulfils } from './conditions.ts';
import { type Lots, mustGoOn } from './graph-stream.ts';
import { type Leg, legsFrom, type Start } from './match-plan.ts';
import type { EdgeSpec, NodeSpec } from './pattern.ts';
import type { ReadView, SpaceReads } from './read-view.ts';
import { Breath } from './traversal.ts';
import type { EdgeId, NodeId, PropertyValue } from './values.ts';

/** What a row is made of: a node for each name, and the edges of each edge of the pattern. */
export interface Bindings {
  readonly nodes: ReadonlyMap<string, NodeId>;
  readonly edges: readonly (readonly EdgeId[])[];
}

/** Counts of a search. */
export interface SearchCounts {
  /** Nodes or edges of the start, and edges that were looked at. */
  examined: number;
  returned: number;
}

export interface SearchRequest {
  readonly nodes: readonly NodeSpec[];
  readonly edges: readonly EdgeSpec[];
  readonly start: Start;
  readonly signal: AbortSignal | undefined;
  readonly counts: SearchCounts;
}

/** True is a row; false says that it is time for a breath; a function reads what is needed next, on servers. */
type Stop = boolean | (() => Promise<void>);

/** The first lot is small, for those who want few rows. */
const LOT_COUNT_FIRST = 8;
const LOT_COUNT_MAX = 512;

/** Rows, made by `row` while the bindings hold. */
export async function* search<T>(
  view: ReadView,
  request: SearchRequest,
  row: (bindings: Bindings) => T,
): Lots<T> {
  const breath = new Breath(view, request.signal);
  const way = new Way(view, request, breath);
  let rows: T[] = [];
  let lotCount = LOT_COUNT_FIRST;
  try {
    for await (const lot of request.start.find(request.signal)) {
      for (const id of lot) {
        for (const stop of way.from(id)) {
          if (stop === true) rows.push(row(way));
          else if (stop === false) await breath.take();
          else await read(stop, request.signal);
          if (rows.length < lotCount) continue;
          yield rows;
          rows = [];
          lotCount = Math.min(4 * lotCount, LOT_COUNT_MAX);
        }
        if (breath.isDue(0)) await breath.take();
      }
      yield rows;
      rows = [];
    }
  } finally {
    way.close();
  }
}

async function read(ahead: () => Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  await ahead();
  mustGoOn(signal);
}

/** The edges at a node, kept while those behind them are looked at. */
interface Edges {
  readonly others: readonly NodeId[];
  readonly edges: readonly EdgeId[];
}

class Way implements Bindings {
  readonly nodes = new Map<string, NodeId>();
  readonly edges: EdgeId[][];
  readonly #view: ReadView;
  readonly #request: SearchRequest;
  readonly #legs: readonly Leg[];
  readonly #adjacency: Adjacency;
  readonly #breath: Breath;
  readonly #used = new Set<EdgeId>();

  constructor(view: ReadView, request: SearchRequest, breath: Breath) {
    this.#view = view;
    this.#request = request;
    this.#breath = breath;
    this.#legs = legsFrom(request.start, request.edges);
    this.#adjacency = view.adjacency();
    this.edges = request.edges.map(() => []);
  }

  close(): void {
    this.#adjacency.close();
  }

  /** The bindings of a row hold until the next step. */
  *from(id: NodeId): Generator<Stop, void, void> {
    const { start, counts } = this.#request;
    counts.examined++;
    if (start.by === 'edge-index') yield* this.#fromEdge(start.position, id);
    else yield* this.#fromNode(start.position, id);
  }

  *#fromNode(position: number, node: NodeId): Generator<Stop, void, void> {
    if (this.#view.isRemote) yield* this.#needNodes(position, [node]);
    const name = this.#bind(position, node);
    if (name === undefined) return;
    yield* this.#along(0);
    this.nodes.delete(name);
  }

  /** From an edge of the pattern, along which the index has come; its two nodes are bound first. */
  *#fromEdge(position: number, edge: EdgeId): Generator<Stop, void, void> {
    const { edges } = this.#view;
    const { direction, where } = this.#request.edges[position]!; // of the plan
    const keys = [[edge], ...where.map(([name]) => [edge, name])];
    if (this.#view.isRemote) yield* needed(edges, keys);
    const record = edges.getSync([edge]);
    if (record === undefined || !hasProperties(edges, edge, where)) return;
    const [from, to] = record as [NodeId, NodeId];
    this.#used.add(edge);
    this.edges[position]!.push(edge);
    if (direction !== 'in') yield* this.#between(position, from, to);
    const isTurned = direction === 'in' || (direction === 'both' && from !== to);
    if (isTurned) yield* this.#between(position, to, from);
    this.edges[position]!.pop();
    this.#used.delete(edge);
  }

  /** Binds the nodes at both ends of an edge of the pattern, and goes on. */
  *#between(position: number, left: NodeId, right: NodeId): Generator<Stop, void, void> {
    if (this.#view.isRemote) {
      yield* this.#needNodes(position, [left]);
      yield* this.#needNodes(position + 1, [right]);
    }
    const name = this.#bind(position, left);
    if (name === undefined) return;
    const other = this.#request.nodes[position + 1]!.name;
    if (other === name) {
      if (left === right && this.#isWanted(position + 1, right)) yield* this.#along(0);
    } else if (this.#bind(position + 1, right) !== undefined) {
      yield* this.#along(0);
      this.nodes.delete(other);
    }
    this.nodes.delete(name);
  }

  *#along(step: number): Generator<Stop, void, void> {
    const leg = this.#legs[step];
    if (leg === undefined) {
      this.#request.counts.returned++;
      yield true;
      return;
    }
    const from = this.nodes.get(this.#request.nodes[leg.from]!.name)!; // bound by the leg before
    yield* this.#edge(step, leg, from);
  }

  /** One more edge of a leg, then what is behind its end when it is long enough. */
  *#edge(step: number, leg: Leg, from: NodeId): Generator<Stop, void, void> {
    const spec = this.#request.edges[leg.edge]!; // a leg has an edge
    const way = this.edges[leg.edge]!;
    if (this.#view.isRemote) yield* this.#needEdges(from, leg, spec);
    const { others, edges } = this.#edgesAt(from, leg, spec);
    if (this.#view.isRemote) yield* this.#needBehind(leg, spec, { others, edges });
    if (this.#breath.isDue(others.length)) yield false;
    const isForward = leg.from < leg.to;
    for (let i = 0; i < others.length; i++) {
      const edge = edges[i]!; // as many as others
      if (this.#view.isRemote)
        yield* this.#needBehind(leg, spec, { others: [others[i]!], edges: [edge] });
      if (this.#used.has(edge) || !hasProperties(this.#view.edges, edge, spec.where)) continue;
      this.#used.add(edge);
      if (isForward) way.push(edge);
      else way.unshift(edge);
      yield* this.#end(step, leg, others[i]!);
      if (isForward) way.pop();
      else way.shift();
      this.#used.delete(edge);
    }
  }

  *#end(step: number, leg: Leg, node: NodeId): Generator<Stop, void, void> {
    const { lengthMin, lengthMax } = this.#request.edges[leg.edge]!;
    const { length } = this.edges[leg.edge]!;
    if (length >= lengthMin) {
      const { name } = this.#request.nodes[leg.to]!;
      const bound = this.nodes.get(name);
      if (bound === undefined) {
        if (this.#bind(leg.to, node) !== undefined) {
          yield* this.#along(step + 1);
          this.nodes.delete(name);
        }
      } else if (bound === node && this.#isWanted(leg.to, node)) {
        yield* this.#along(step + 1); // a name that came before
      }
    }
    if (length < lengthMax) yield* this.#edge(step, leg, node);
  }

  // On servers.

  *#needEdges(node: NodeId, { direction }: Leg, { types }: EdgeSpec): Generator<Stop, void, void> {
    const adjacency = this.#adjacency;
    if (!adjacency.has(node, direction, types)) {
      yield () => adjacency.ahead([node], direction, types);
    }
  }

  /** What decides about edges and the nodes at their ends. */
  *#needBehind(
    leg: Leg,
    { where }: EdgeSpec,
    { others, edges }: Edges,
  ): Generator<Stop, void, void> {
    const keys = edges.flatMap((edge) => where.map(([name]) => [edge, name]));
    yield* needed(this.#view.edges, keys);
    yield* this.#needNodes(leg.to, others);
  }

  *#needNodes(position: number, nodes: readonly NodeId[]): Generator<Stop, void, void> {
    const { where } = this.#request.nodes[position]!;
    const keys = nodes.flatMap((node) => [[node], ...where.map(([name]) => [node, name])]);
    yield* needed(this.#view.nodes, keys);
  }

  #edgesAt(node: NodeId, { direction }: Leg, { types }: EdgeSpec): Edges {
    const adjacency = this.#adjacency;
    adjacency.load(node, direction, types);
    this.#request.counts.examined += adjacency.count;
    const others: NodeId[] = [];
    const edges: EdgeId[] = [];
    for (let i = 0; i < adjacency.count; i++) {
      const other = adjacency.others[i]!; // i < count
      const isSeenTwice = direction === 'both' && other === node && adjacency.areOut[i] === false;
      if (isSeenTwice) continue; // a loop begins and ends here
      others.push(other);
      edges.push(adjacency.edges[i]!);
    }
    return { others, edges };
  }

  /** The name of the position, which the node has now; undefined when it may not have it. */
  #bind(position: number, node: NodeId): string | undefined {
    if (!this.#isWanted(position, node)) return undefined;
    const { name } = this.#request.nodes[position]!;
    this.nodes.set(name, node);
    return name;
  }

  #isWanted(position: number, node: NodeId): boolean {
    const { id, label, where } = this.#request.nodes[position]!;
    const { nodes } = this.#view;
    if (id !== undefined && id !== node) return false;
    const { start } = this.#request;
    if (label !== undefined || (position === start.position && start.by !== 'edge-index')) {
      const labels = nodes.getSync([node]);
      if (labels === undefined || (label !== undefined && !labels.includes(label))) return false;
    }
    return hasProperties(nodes, node, where);
  }
}

/** Asks for keys that were not read ahead, or were forgotten. */
function* needed(space: SpaceReads<Tuple, Tuple>, keys: Tuple[]): Generator<Stop, void, void> {
  if (space.isAhead?.(keys) === false) yield () => space.ahead!(keys); // it is there beside isAhead
}

function hasProperties(
  space: SpaceReads<Tuple, Tuple>,
  id: number,
  where: NodeSpec['where'],
): boolean {
  return where.every(([name, condition]) => {
    const value = space.getSync([id, name])?.[0] as PropertyValue | undefined;
    return fulfils(value, condition);
  });
}
