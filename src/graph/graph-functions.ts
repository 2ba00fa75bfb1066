/**
 * The side of a traversal that runs in the threads of a pool.
 *
 * Owns: the public `graphFunctions`, and reading the edges of a part of a frontier. frontier-threads.ts asks for parts.
 *
 * Where each node comes once, a thread leaves out the ends of edges that the caller knows already. It finds them in the bits
 * that the caller shares, and in bits of its own for what it has sent before.
 *
 * Memory: two bits for each id of the graph, up to 64 MiB, for each of the last TRAVERSAL_COUNT_MAX traversals.
 *
 * Invariants:
 *   graph-functions/left-out-is-known: a thread leaves out a node only if the caller has met it before it takes this part.
 *       The bits of the caller say so. And a thread takes the parts of a traversal in their order, so what it has sent was in
 *       an earlier part. Example: an answer with node 7 is lost with its thread; the next thread has sent nothing.
 *
 * Suspension: a part suspends for its keyspace; then edges are read without. A block that is not in memory is read by a call.
 */
import type { Keyspace, PoolFunctions, Snapshot } from '../index.ts';
import { Adjacency } from './adjacency.ts';
import type { AnyDatabase } from './layout.ts';
import type { Direction, NodeId } from './values.ts';

/** The function, as the pool knows it. */
export const READ_PART = 'varve:graph:part';

/** A part of a frontier. */
export interface PartRequest {
  /** The same for all parts of a traversal, and for no other. */
  readonly traversal: string;
  /** The keyspace of the edges. */
  readonly adjacency: string;
  readonly nodes: Float64Array;
  readonly direction: Direction;
  readonly types: readonly string[] | undefined;
  readonly wantsEdges: boolean;
  /** A bit for each node that was met; undefined where nodes come more than once. */
  readonly met: SharedArrayBuffer | undefined;
}

/** The other ends of the edges of a part, node by node. */
export interface PartAnswer {
  /** How many of `others` are of each node. */
  readonly counts: Uint32Array;
  readonly others: Float64Array;
  /** The edges that lead to them; empty unless they were asked for. */
  readonly edges: Float64Array;
}

const TRAVERSAL_COUNT_MAX = 4;

/**
 * The functions that `{ pool }` of a graph's traversals needs in the threads of the pool. Its module serves them, beside its
 * own if it has any.
 *
 * @example
 * import { graphFunctions } from 'varve/graph';
 * import { servePool } from 'varve/worker';
 *
 * servePool(graphFunctions()); // or { ...graphFunctions(), total }
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- keys and values of the database are not touched
export function graphFunctions(): PoolFunctions<any, any> {
  const reader = new PartReader();
  return {
    [READ_PART]: (db: AnyDatabase, request: PartRequest, snapshot: Snapshot) =>
      reader.read(db, request, snapshot),
  };
}

/** What a thread keeps of a traversal. */
interface Traversal {
  readonly keyspace: Keyspace;
  /** Bits of the nodes that were sent. */
  readonly sent: Uint32Array | undefined;
}

class PartReader {
  /** The newest last. */
  readonly #traversals = new Map<string, Traversal>();

  async read(db: AnyDatabase, request: PartRequest, snapshot: Snapshot): Promise<PartAnswer> {
    const { nodes, direction, types, wantsEdges, met } = request;
    const { keyspace, sent } = await this.#traversal(db, request);
    const counts = new Uint32Array(nodes.length);
    const others = new Numbers();
    const edges = new Numbers();
    const bits = met && new Uint32Array(met);
    const adjacency = new Adjacency(() => keyspace.keys({ snapshot }), undefined);
    try {
      for (let i = 0; i < nodes.length; i++) {
        adjacency.load(nodes[i]!, direction, types); // i < length
        const before = others.count;
        for (let at = 0; at < adjacency.count; at++) {
          const other = adjacency.others[at]!; // at < count
          if (bits !== undefined && sent !== undefined) {
            if (hasBit(bits, other) || hasBit(sent, other)) continue;
            setBit(sent, other);
          }
          others.push(other);
          if (wantsEdges) edges.push(adjacency.edges[at]!); // at < count
        }
        counts[i] = others.count - before;
      }
    } finally {
      adjacency.close();
    }
    return { counts, others: others.taken(), edges: edges.taken() };
  }

  async #traversal(
    db: AnyDatabase,
    { traversal: id, adjacency, met }: PartRequest,
  ): Promise<Traversal> {
    const known = this.#traversals.get(id);
    if (known !== undefined) return known;
    const keyspace = await db.keyspace(adjacency, { createIfMissing: false });
    const sent = met && new Uint32Array(met.byteLength / 4);
    const traversal = { keyspace, sent };
    this.#traversals.set(id, traversal);
    if (this.#traversals.size > TRAVERSAL_COUNT_MAX) {
      const [oldest] = this.#traversals.keys();
      this.#traversals.delete(oldest!); // there are some
    }
    return traversal;
  }
}

/** Numbers, in memory that doubles. */
class Numbers {
  count = 0;
  #values = new Float64Array(256);

  push(value: number): void {
    if (this.count === this.#values.length) {
      const larger = new Float64Array(2 * this.count);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[this.count++] = value;
  }

  /** In memory of their own size: they are sent as they lie. */
  taken(): Float64Array {
    return this.#values.slice(0, this.count);
  }
}

/** Nodes beyond the bits have none. */
export function hasBit(bits: Uint32Array, node: NodeId): boolean {
  const word = Math.floor(node / 32);
  return word < bits.length && (bits[word]! & (1 << (node % 32))) !== 0;
}

export function setBit(bits: Uint32Array, node: NodeId): void {
  const word = Math.floor(node / 32);
  if (word < bits.length) bits[word]! |= 1 << (node % 32);
}
