/**
 * Traversals: breadth first and depth first.
 *
 * Owns: the order in which nodes are met, and what is remembered of the way. Breadth first may have its edges read by the
 * threads of a pool (frontier-threads.ts); nodes are met here all the same.
 *
 * Memory: with `unique: 'node'` each node that was met, about 150 bytes with its step, bounded by `visitedMax`. With `'path'`
 * and `'none'` breadth first keeps the steps of one depth and those before them; depth first keeps the edges along one way.
 *
 * Invariants:
 *   traversal/breadth-first: a node comes at its least depth, and no node comes before one of less depth.
 *   traversal/ends: with `unique: 'node'` or `'path'` a traversal ends, whatever cycles there are.
 *
 * Suspension: lots suspend; edges of cached blocks are read without (graph-view/loop-turns).
 */
import { InvalidArgumentError, type Pool } from '../index.ts';
import type { Adjacency } from './adjacency.ts';
import { checkPool, FrontierThreads, type Part } from './frontier-threads.ts';
import { TraversalLimitError } from './graph-errors.ts';
import { type Lots, mustGoOn } from './graph-stream.ts';
import type { ReadView } from './read-view.ts';
import { checkName, type Direction, type EdgeId, type NodeId, shown } from './values.ts';

/** Which edges are gone along. */
export interface EdgeOptions {
  /** Default `'out'`; `neighbors` has `'both'`. */
  readonly direction?: Direction;
  /** One type, or several; all types when it is absent. */
  readonly type?: string | readonly string[];
}

/** Options of a traversal. */
export interface TraversalOptions extends EdgeOptions {
  /** Edges from the start at most; default without end. */
  readonly depthMax?: number;
  /** False: the node does not come, and the traversal does not go on from it. Synchronous. */
  readonly filter?: (step: Step) => boolean;
  /**
   * What comes once: each node (the default); each node once along one way, so that every way without a cycle comes; or
   * `'none'`, which needs `depthMax`.
   */
  readonly unique?: 'node' | 'path' | 'none';
  /** Nodes that the traversal may remember; then it throws TraversalLimitError. Default 10,000,000. */
  readonly visitedMax?: number;
  /** Ends the traversal with AbortedError. */
  readonly signal?: AbortSignal;
}

/** Options of `traverseBfs`. */
export interface BfsOptions extends TraversalOptions {
  /**
   * A pool of this database whose threads read the edges, all at the state of the traversal, for one that meets many
   * thousands of nodes. Its module serves `graphFunctions()`. The answer is the same, and in the same order. `filter` runs in
   * the thread of the caller. InvalidArgumentError in a transaction, on servers and for a database in memory.
   */
  readonly pool?: Pool;
}

/** A node as a traversal meets it. */
export interface Step {
  /** The node that is met. */
  readonly node: NodeId;
  /** Edges from the start. */
  readonly depth: number;
  /** The edge that led here; undefined at the start. */
  readonly edge: EdgeId | undefined;
  /** The step before; undefined at the start. */
  readonly previous: Step | undefined;
}

/** The options of edges, checked. */
export interface EdgePlan {
  readonly direction: Direction;
  readonly types: readonly string[] | undefined;
}

interface Plan extends EdgePlan {
  readonly depthMax: number;
  readonly filter: ((step: Step) => boolean) | undefined;
  readonly unique: 'node' | 'path' | 'none';
  readonly visitedMax: number;
  readonly signal: AbortSignal | undefined;
}

interface BfsPlan extends Plan {
  readonly pool: Pool | undefined;
}

export const VISITED_MAX_DEFAULT = 10_000_000;
/** Edges between two looks at the event loop. */
const BREATH_EDGE_COUNT = 2048;
const LOT_COUNT = 256;
/** Nodes whose edges are read at once, on servers. */
const AHEAD_COUNT = 64;

/** Throws InvalidArgumentError. */
export function edgePlan(options: EdgeOptions, otherwise: Direction = 'out'): EdgePlan {
  const { direction = otherwise, type } = options;
  if (direction !== 'out' && direction !== 'in' && direction !== 'both') {
    throw new InvalidArgumentError(
      `Option direction must be 'out', 'in' or 'both': found=${shown(direction)}`,
    );
  }
  const given: unknown = typeof type === 'string' ? [type] : type;
  if (given !== undefined && !Array.isArray(given)) {
    throw new InvalidArgumentError(`Option type must be text, or an array: found=${shown(given)}`);
  }
  const types = given?.map((each: unknown) => checkName('Type', each));
  return { direction, types: types && [...new Set(types)].sort() };
}

/** Throws InvalidArgumentError for what is no bound. */
export function checkBound(name: string, value: unknown, lowest: number): number {
  if (
    typeof value === 'number' &&
    value >= lowest &&
    (Number.isInteger(value) || value === Infinity)
  ) {
    return value;
  }
  throw new InvalidArgumentError(
    `Option ${name} must be a whole number from ${lowest}: found=${shown(value)}`,
  );
}

/** Throws InvalidArgumentError. */
export function traversalPlan(options: TraversalOptions): Plan {
  const { depthMax = Infinity, filter, unique = 'node', visitedMax, signal } = options;
  if (unique !== 'node' && unique !== 'path' && unique !== 'none') {
    throw new InvalidArgumentError(
      `Option unique must be 'node', 'path' or 'none': found=${shown(unique)}`,
    );
  }
  checkBound('depthMax', depthMax, 0);
  if (unique === 'none' && depthMax === Infinity) {
    throw new InvalidArgumentError(`A traversal with unique 'none' needs depthMax`);
  }
  return {
    ...edgePlan(options),
    depthMax,
    filter,
    unique,
    visitedMax: checkBound('visitedMax', visitedMax ?? VISITED_MAX_DEFAULT, 1),
    signal,
  };
}

/** Throws InvalidArgumentError. */
export function bfsPlan(options: BfsOptions): BfsPlan {
  return { ...traversalPlan(options), pool: checkPool(options.pool) };
}

/** Counts what was read since the event loop was looked at. */
export class Breath {
  readonly #view: ReadView;
  readonly #signal: AbortSignal | undefined;
  #edgeCount = 0;

  constructor(view: ReadView, signal: AbortSignal | undefined) {
    this.#view = view;
    this.#signal = signal;
  }

  /** Counts edges, and a node. True when it is time to `take` a breath. */
  isDue(edgeCount: number): boolean {
    this.#edgeCount += edgeCount + 4;
    return this.#edgeCount >= BREATH_EDGE_COUNT;
  }

  /** Throws AbortedError. */
  async take(): Promise<void> {
    this.#edgeCount = 0;
    mustGoOn(this.#signal);
    await this.#view.breathe();
    mustGoOn(this.#signal);
  }
}

/** On servers reads the edges of the next nodes of a frontier, when `at` is the first of them. */
export async function readAhead(
  adjacency: Adjacency,
  plan: EdgePlan & { readonly signal: AbortSignal | undefined },
  at: number,
  nodeAt: (index: number) => NodeId | undefined,
): Promise<void> {
  if (at % AHEAD_COUNT !== 0) return;
  const nodes: NodeId[] = [];
  for (let i = at; i < at + AHEAD_COUNT; i++) {
    const node = nodeAt(i);
    if (node !== undefined) nodes.push(node);
  }
  await adjacency.ahead(nodes, plan.direction, plan.types);
  mustGoOn(plan.signal);
}

/** What breadth first reads and remembers. */
interface Search {
  readonly plan: Plan;
  readonly adjacency: Adjacency;
  readonly breath: Breath;
  readonly visited: Visited;
}

/** Steps, each once for each way that counts, by depth (traversal/breadth-first). */
export async function* breadthFirst(view: ReadView, start: NodeId, plan: BfsPlan): Lots<Step> {
  mustGoOn(plan.signal);
  const isOnce = plan.unique === 'node';
  const threads = await FrontierThreads.of(view, { ...plan, isOnce, wantsEdges: true });
  if ((await view.nodes.get([start])) === undefined) return;
  const adjacency = view.adjacency();
  const breath = new Breath(view, plan.signal);
  const visited = new Visited(plan);
  const search = { plan, adjacency, breath, visited };
  try {
    const first: Step = { node: start, depth: 0, edge: undefined, previous: undefined };
    let frontier = visited.meet(first) === 'new' ? [first] : [];
    threads?.note(start);
    yield frontier;
    for (let depth = 0; frontier.length > 0 && depth < plan.depthMax; depth++) {
      const next: Step[] = [];
      if (threads?.isFor(frontier.length) === true) {
        yield* depthByThreads(search, threads, frontier, next);
      } else {
        for await (const lot of depthFrom(search, frontier, next)) {
          if (threads !== undefined) for (const { node } of lot) threads.note(node);
          yield lot;
        }
      }
      frontier = next;
    }
  } finally {
    adjacency.close();
  }
}

/** Meets what lies behind a frontier; `next` has it at the end. */
async function* depthFrom(
  { plan, adjacency, breath, visited }: Search,
  steps: readonly Step[],
  next: Step[],
): Lots<Step> {
  let delivered = 0;
  for (let i = 0; i < steps.length; i++) {
    const step = steps[i]!; // i < length
    if (adjacency.isAhead) await readAhead(adjacency, plan, i, (at) => steps[at]?.node);
    adjacency.load(step.node, plan.direction, plan.types);
    takeSteps(adjacency, step, visited, next);
    if (!breath.isDue(adjacency.count)) continue;
    await breath.take();
    yield next.slice(delivered);
    delivered = next.length;
  }
  yield next.slice(delivered);
}

/** As `depthFrom`, over edges that threads read. */
async function* depthByThreads(
  { breath, visited }: Search,
  threads: FrontierThreads,
  steps: readonly Step[],
  next: Step[],
): Lots<Step> {
  for await (const part of threads.parts(steps.length, (i) => steps[i]!.node)) {
    const delivered = next.length;
    takePart(part, steps, visited, next);
    const lot = next.slice(delivered);
    for (const { node } of lot) threads.note(node);
    if (breath.isDue(part.others.length)) await breath.take();
    yield lot;
  }
}

function takePart(
  { first, counts, others, edges }: Part,
  steps: readonly Step[],
  visited: Visited,
  into: Step[],
): void {
  let start = 0;
  for (let i = 0; i < counts.length; i++) {
    const end = start + counts[i]!; // i < length
    takeSteps({ others, edges, start, count: end }, steps[first + i]!, visited, into); // of the frontier
    start = end;
  }
}

/** Edges from `start` up to `count`, as two lists. */
interface Ends {
  readonly others: ArrayLike<NodeId>;
  readonly edges: ArrayLike<EdgeId>;
  readonly start?: number;
  readonly count: number;
}

function takeSteps(
  { others, edges, start = 0, count }: Ends,
  previous: Step,
  visited: Visited,
  into: Step[],
): void {
  for (let i = start; i < count; i++) {
    const node = others[i]!; // i < count
    const depth = previous.depth + 1;
    if (visited.isKnown(node, depth)) continue;
    const step: Step = { node, depth, edge: edges[i], previous };
    if (visited.meet(step) === 'new') into.push(step);
  }
}

/** Steps, each before those behind it; edges of a node in the order of `neighbors`. */
export async function* depthFirst(view: ReadView, start: NodeId, plan: Plan): Lots<Step> {
  mustGoOn(plan.signal);
  if ((await view.nodes.get([start])) === undefined) return;
  const adjacency = view.adjacency();
  const breath = new Breath(view, plan.signal);
  const visited = new Visited(plan);
  const waiting: Step[] = [{ node: start, depth: 0, edge: undefined, previous: undefined }];
  let lot: Step[] = [];
  try {
    for (let step = waiting.pop(); step !== undefined; step = waiting.pop()) {
      const met = visited.meet(step);
      if (met === undefined) continue;
      if (met === 'new') lot.push(step);
      if (step.depth < plan.depthMax) {
        if (adjacency.isAhead) await readNext(adjacency, plan, step.node, waiting);
        adjacency.load(step.node, plan.direction, plan.types);
        const { others, edges, count } = adjacency;
        for (let i = count - 1; i >= 0; i--) {
          const node = others[i]!; // i < count
          const depth = step.depth + 1;
          if (visited.isKnown(node, depth)) continue;
          waiting.push({ node, depth, edge: edges[i], previous: step });
        }
        if (breath.isDue(count)) await breath.take();
      }
      if (lot.length < LOT_COUNT) continue;
      yield lot;
      lot = [];
    }
    yield lot;
  } finally {
    adjacency.close();
  }
}

/** On servers reads the edges of a node, and of some that will come after it, unless they are at hand. */
async function readNext(
  adjacency: Adjacency,
  { direction, types, signal }: Plan,
  node: NodeId,
  waiting: readonly Step[],
): Promise<void> {
  if (adjacency.has(node, direction, types)) return;
  const next = waiting.slice(-AHEAD_COUNT / 4).map((step) => step.node);
  await adjacency.ahead([...new Set([node, ...next])], direction, types);
  mustGoOn(signal);
}

/** What was met, at which least depth, and what comes once. */
class Visited {
  readonly #plan: Plan;
  readonly #depths = new Map<NodeId, number>();

  constructor(plan: Plan) {
    this.#plan = plan;
  }

  /** A quick no, before a step is made. */
  isKnown(node: NodeId, depth: number): boolean {
    if (this.#plan.unique !== 'node') return false;
    const known = this.#depths.get(node);
    return known !== undefined && known <= depth;
  }

  /**
   * `new` for a step that comes; `closer` for a node that came already, at a greater depth: depth first must go on from
   * there again, or `depthMax` would hide what lies behind. Throws TraversalLimitError.
   */
  meet(step: Step): 'new' | 'closer' | undefined {
    const { unique, filter, visitedMax } = this.#plan;
    if (unique === 'path' && isOnWay(step)) return undefined;
    if (unique !== 'node') return filter === undefined || filter(step) ? 'new' : undefined;
    const known = this.#depths.get(step.node);
    if (known !== undefined) {
      if (known <= step.depth) return undefined;
      this.#depths.set(step.node, step.depth);
      return 'closer';
    }
    if (this.#depths.size >= visitedMax) throw new TraversalLimitError(visitedMax);
    const isWanted = filter === undefined || filter(step);
    this.#depths.set(step.node, isWanted ? step.depth : REFUSED);
    return isWanted ? 'new' : undefined;
  }
}

/** Less than any depth. */
const REFUSED = -1;

function isOnWay({ node, previous }: Step): boolean {
  for (let step = previous; step !== undefined; step = step.previous) {
    if (step.node === node) return true;
  }
  return false;
}
