/**
 * The edges of a whole frontier, read by the threads of a pool.
 *
 * Owns: cutting a frontier into parts, each a call of the pool at the snapshot of the view, and handing out the answers in
 * the order of the frontier. The caller meets the nodes, with its filter and its memory, as if it had read the edges itself:
 * so the answer is the same, and in the same order. graph-functions.ts reads the parts.
 *
 *      frontier    | 1 2 3 | 4 5 6 | 7 8 |
 *      threads         a       b      a        each at the same snapshot
 *      caller      meets the ends of 1 2 3, then those of 4 5 6, then those of 7 8
 *
 * Memory: a bit for each id of the graph, up to 32 MiB; the answers of WAITING_COUNT_MAX parts.
 *
 * Invariants:
 *   frontier-threads/in-order: parts come in the order of the frontier, whichever thread answers first.
 *   frontier-threads/told-at-once: a pool that cannot help is told before the first node, however small the graph is.
 *
 * Suspension: `of` and `parts` suspend for the threads.
 */
import { randomUUID } from 'node:crypto';
import { InvalidArgumentError, type Pool, type Snapshot } from '../index.ts';
import { type PartAnswer, type PartRequest, READ_PART, setBit } from './graph-functions.ts';
import { mustGoOn, orAborted } from './graph-stream.ts';
import { NEXT_ID, nextIdOf } from './id-blocks.ts';
import type { ReadView, ViewForThreads } from './read-view.ts';
import { type Direction, type NodeId, shown } from './values.ts';

/** Frontiers of fewer nodes are read by the caller: that takes as long as to ask. */
const FRONTIER_COUNT_MIN = 64;
const PART_SIZE_MIN = 32;
const PART_SIZE_MAX = 1024;
/** Parts of a frontier of middle size, so that no thread is without work at the end of it. */
const PART_COUNT = 16;
/** Parts that are asked for at once. */
const WAITING_COUNT_MAX = 16;
/** Nodes beyond so many ids have no bit. */
const BIT_COUNT_MAX = 2 ** 28;

/** Which edges are read, and how. */
export interface FrontierPlan {
  readonly pool: Pool | undefined;
  readonly direction: Direction;
  readonly types: readonly string[] | undefined;
  readonly signal: AbortSignal | undefined;
  /** True where each node comes once: then known ones need not be sent. */
  readonly isOnce: boolean;
  readonly wantsEdges: boolean;
}

/** The edges of some nodes of a frontier. */
export interface Part extends PartAnswer {
  /** The place of the first of the nodes in the frontier. */
  readonly first: number;
}

/** A pool, or undefined. Throws InvalidArgumentError. */
export function checkPool(pool: unknown): Pool | undefined {
  if (pool === undefined) return undefined;
  const isPool = typeof pool === 'object' && pool !== null && 'run' in pool;
  if (isPool && typeof pool.run === 'function') return pool as Pool; // it has the one call that is made
  throw new InvalidArgumentError(`Option pool must be one of db.pool(): found=${shown(pool)}`);
}

export class FrontierThreads {
  readonly #pool: Pool;
  readonly #snapshot: Snapshot;
  readonly #signal: AbortSignal | undefined;
  readonly #request: Omit<PartRequest, 'nodes'>;
  readonly #met: Uint32Array | undefined;

  private constructor(pool: Pool, view: ViewForThreads, plan: FrontierPlan, bitCount: number) {
    const { direction, types, wantsEdges, signal } = plan;
    this.#pool = pool;
    this.#snapshot = view.snapshot;
    this.#signal = signal;
    const met = plan.isOnce ? new SharedArrayBuffer(4 * Math.ceil(bitCount / 32)) : undefined;
    this.#met = met && new Uint32Array(met);
    const traversal = randomUUID();
    this.#request = { traversal, adjacency: view.adjacency, direction, types, wantsEdges, met };
  }

  /** Undefined without a pool. Rejects with InvalidArgumentError for one that cannot help (frontier-threads/told-at-once). */
  static async of(view: ReadView, plan: FrontierPlan): Promise<FrontierThreads | undefined> {
    const { pool } = plan;
    if (pool === undefined) return undefined;
    if (view.forThreads === undefined) throw notForThreads(view.isRemote);
    const bitCount = Math.min(nextIdOf(await view.meta.get(NEXT_ID)), BIT_COUNT_MAX);
    const threads = new FrontierThreads(pool, view.forThreads, plan, bitCount);
    await orAborted(threads.#ask(new Float64Array(0)), plan.signal);
    return threads;
  }

  isFor(nodeCount: number): boolean {
    return nodeCount >= FRONTIER_COUNT_MIN;
  }

  /** A node was met: no thread need send it. */
  note(node: NodeId): void {
    if (this.#met !== undefined) setBit(this.#met, node);
  }

  /** The edges of nodes (frontier-threads/in-order). Throws AbortedError, and as `Pool.run` does. */
  async *parts(
    count: number,
    nodeAt: (index: number) => NodeId,
  ): AsyncGenerator<Part, void, undefined> {
    const even = Math.ceil(count / PART_COUNT);
    const size = Math.min(Math.max(even, PART_SIZE_MIN), PART_SIZE_MAX);
    const waiting: Promise<PartAnswer>[] = [];
    let asked = 0;
    for (let first = 0; first < count;) {
      for (; asked < count && waiting.length < WAITING_COUNT_MAX; asked += size) {
        const start = asked;
        const length = Math.min(size, count - start);
        const answer = this.#ask(Float64Array.from({ length }, (_, i) => nodeAt(start + i)));
        answer.catch(() => undefined); // a traversal that has ended leaves answers behind
        waiting.push(answer);
      }
      const answer = await orAborted(waiting.shift()!, this.#signal); // one was asked for, or first is count
      mustGoOn(this.#signal);
      yield { first, ...answer };
      first += answer.counts.length;
    }
  }

  async #ask(nodes: Float64Array): Promise<PartAnswer> {
    const request: PartRequest = { ...this.#request, nodes };
    try {
      return await this.#pool.run<PartAnswer>(READ_PART, request, this.#snapshot);
    } catch (error) {
      const isUnknown = error instanceof InvalidArgumentError && error.message.includes(READ_PART);
      throw isUnknown ? notServed(error) : error;
    }
  }
}

function notForThreads(isRemote: boolean): InvalidArgumentError {
  return new InvalidArgumentError(
    isRemote
      ? 'Threads do not read a graph on servers: leave out the pool'
      : 'Threads do not see the writes of a transaction: leave out the pool, or traverse the graph or g.at(snapshot)',
  );
}

function notServed(cause: InvalidArgumentError): InvalidArgumentError {
  return new InvalidArgumentError(
    'Module of the pool does not read graphs: it must call servePool with graphFunctions() of varve/graph',
    { cause },
  );
}
