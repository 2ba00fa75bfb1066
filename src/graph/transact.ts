/**
 * Transactions that a graph runs by itself.
 *
 * Owns: how a body that reads and writes by calls becomes a commit: in a directory in one turn, on servers with what it reads
 * read ahead (ahead.ts).
 *
 * A range deletion on servers deletes the rows that it finds. So a property that is put into the range of a deleted node
 * would not conflict at `'snapshot'`. On servers a graph therefore writes at `'serializable'`, where it conflicts by what it
 * has read: the record of the node, and the list of indexes.
 *
 * Suspension: `transact` suspends for its commit, and on servers for reads. A body never waits.
 */
import { type Transaction, type Tuple, UnsupportedError } from '../index.ts';
import { AheadWrites, runAhead } from './ahead.ts';
import { CATALOG } from './catalog.ts';
import {
  type AnyDatabase,
  type AnyTransaction,
  type Spaces,
  spacesIn,
  type TransactionSpaces,
  type WriteSpaces,
} from './layout.ts';

/** What a write is known to read: on servers one request. */
export interface Wanted {
  readonly nodes?: readonly Tuple[];
  readonly edges?: readonly Tuple[];
}

/** What transactions are run on. */
export interface TransactTarget {
  readonly db: AnyDatabase;
  readonly spaces: Spaces;
}

/** Commits what the body writes, or nothing. It may run several times. Rejects with what it throws. */
export function transact<T>(
  { db, spaces }: TransactTarget,
  body: (spaces: WriteSpaces) => T,
  wanted?: () => Wanted,
): Promise<T> {
  // In a directory a body does not wait: nothing comes between its reads and its commit.
  if (!db.isRemote) return db.transaction((tx) => body(spacesIn(tx, spaces)));
  return db.transaction(
    async (tx: AnyTransaction) => writeAhead(tx, spacesIn(tx, spaces), body, wanted),
    { isolation: 'serializable' },
  );
}

/** Writes in a transaction on servers. */
export async function writeAhead<T>(
  tx: AnyTransaction,
  inTx: TransactionSpaces,
  body: (spaces: WriteSpaces) => T,
  wanted: (() => Wanted) | undefined,
): Promise<T> {
  const spaces = {
    nodes: aheadIn(inTx.nodes),
    edges: aheadIn(inTx.edges),
    adjacency: aheadIn(inTx.adjacency),
    labels: aheadIn(inTx.labels),
    values: aheadIn(inTx.values),
    meta: new AheadWrites(inTx.meta),
  };
  const { nodes = [], edges = [] } = wanted?.() ?? {};
  await Promise.all([
    spaces.meta.ahead([CATALOG]),
    spaces.nodes.ahead(nodes),
    spaces.edges.ahead(edges),
  ]);
  return runAhead(tx, () => body(spaces));
}

function aheadIn(tx: Transaction<Tuple, Tuple>): AheadWrites<Tuple, Tuple> {
  return new AheadWrites(tx);
}

/** Throws UnsupportedError for a transaction on servers that does not conflict by what it reads. */
export function mustConflictByReads({ isolation }: AnyTransaction): void {
  if (isolation === 'serializable') return;
  throw new UnsupportedError(
    "Graph on servers is written in transactions at 'serializable': name it as isolation of db.transaction or db.begin",
  );
}
