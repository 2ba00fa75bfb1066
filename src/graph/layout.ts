/**
 * Where a graph lies: six keyspaces, and the keys in them.
 *
 * Owns: the names of the keyspaces, and the layout of their keys, which are tuples.
 *
 * Layout (`e` an edge, `n` a node, `d` 1 for out and 2 for in; values are tuples too):
 *
 *      nodes       [n] = labels              [n, name] = [value]
 *      edges       [e] = [from, to, type]    [e, name] = [value]
 *      adjacency   [n, d, type, other, e] = []
 *      labels      [label, n] = []
 *      values      [index, value, n or e] = []
 *      meta        'catalog' = JSON          'next-id' = text
 *
 * Invariants:
 *   layout/one-range: all that belongs to one node alone lies in one range of `nodes` and one of `adjacency`, and all of an
 *       edge in one of `edges`. A deletion deletes these ranges. So whatever is put into one of them meanwhile, a property
 *       or an end of a new edge, conflicts with the deletion at either level, and puts do not conflict with one another.
 *
 * Suspension: `openSpaces` suspends for the keyspaces.
 */
import type { Database, Keyspace, Transaction, Tuple } from '../index.ts';
import type { SpaceWrites } from './ahead.ts';

// Persisted. Never renumber; append only.
export const OUT = 1;
export const IN = 2;

/** A database of any types: a graph uses keyspaces of its own. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- its keys and values are not touched
export type AnyDatabase = Database<any, any>;

/** A transaction of any types, of the database of the graph. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- its keys and values are not touched
export type AnyTransaction = Transaction<any, any>;

export type TupleSpace = Keyspace<Tuple, Tuple>;

/** The keyspaces of a graph. */
export interface Spaces {
  readonly nodes: TupleSpace;
  readonly edges: TupleSpace;
  readonly adjacency: TupleSpace;
  /** The same keyspace as bytes, for reads that decode only what they need (adjacency.ts). */
  readonly adjacencyBytes: Keyspace;
  readonly labels: TupleSpace;
  readonly values: TupleSpace;
  readonly meta: Keyspace<string, string>;
}

/** The keyspaces of the graph of that name, which are made when they are missing. */
export async function openSpaces(db: AnyDatabase, name: string): Promise<Spaces> {
  const tuples = { keyEncoding: 'tuple', valueEncoding: 'tuple' } as const;
  const space = (part: string): string => `graph:${name}:${part}`;
  return {
    nodes: await db.keyspace(space('nodes'), tuples),
    edges: await db.keyspace(space('edges'), tuples),
    adjacency: await db.keyspace(space('adjacency'), tuples),
    adjacencyBytes: await db.keyspace(space('adjacency')),
    labels: await db.keyspace(space('labels'), tuples),
    values: await db.keyspace(space('values'), tuples),
    meta: await db.keyspace(space('meta'), { keyEncoding: 'utf8', valueEncoding: 'utf8' }),
  };
}

/** The keyspaces as a write sees them, in a transaction. */
export interface WriteSpaces {
  readonly nodes: SpaceWrites<Tuple, Tuple>;
  readonly edges: SpaceWrites<Tuple, Tuple>;
  readonly adjacency: SpaceWrites<Tuple, Tuple>;
  readonly labels: SpaceWrites<Tuple, Tuple>;
  readonly values: SpaceWrites<Tuple, Tuple>;
  readonly meta: SpaceWrites<string, string>;
}

/** The keyspaces as a transaction has them. */
export interface TransactionSpaces {
  readonly nodes: Transaction<Tuple, Tuple>;
  readonly edges: Transaction<Tuple, Tuple>;
  readonly adjacency: Transaction<Tuple, Tuple>;
  readonly adjacencyBytes: Transaction<Uint8Array, Uint8Array>;
  readonly labels: Transaction<Tuple, Tuple>;
  readonly values: Transaction<Tuple, Tuple>;
  readonly meta: Transaction<string, string>;
}

/** The keyspaces in a transaction. Throws as `Transaction.in` does. */
export function spacesIn(tx: AnyTransaction, spaces: Spaces): TransactionSpaces {
  return {
    nodes: tx.in(spaces.nodes),
    edges: tx.in(spaces.edges),
    adjacency: tx.in(spaces.adjacency),
    adjacencyBytes: tx.in(spaces.adjacencyBytes),
    labels: tx.in(spaces.labels),
    values: tx.in(spaces.values),
    meta: tx.in(spaces.meta),
  };
}
