/**
 * A graph, as its user holds it.
 *
 * Owns: the handle of a graph, its form in a transaction and that of a snapshot, and the calls about the whole.
 *
 * Invariants:
 *   graph/fails-whole: a call in a transaction that fails leaves nothing of itself there: it goes back to a savepoint.
 *
 * Suspension: every call suspends, but for `in` and `at`.
 */
import { ClosedError, InvalidArgumentError, type Snapshot } from '../index.ts';
import { CATALOG, CatalogReader, type IndexTarget, shownIndex } from './catalog.ts';
import {
  clearGraph,
  type LoadInput,
  loadGraph,
  type LoadOptions,
  type LoadReport,
} from './bulk-load.ts';
import { checkCsvKind, csvOf, itemsOfCsv } from './csv.ts';
import { GraphReads } from './graph-reads.ts';
import { graphMlOf } from './graphml.ts';
import { type GraphMlReading, itemsOfGraphMl } from './graphml-reader.ts';
import { type GraphParts, GraphWrites } from './graph-writes.ts';
import { type GraphStream, makeStream } from './graph-stream.ts';
import { inView } from './graph-view.ts';
import { importItems, type ImportOptions, type ImportReport } from './import.ts';
import { itemsOfJsonLines, jsonLinesOf } from './json-lines.ts';
import { IdBlocks } from './id-blocks.ts';
import {
  type BuildTarget,
  buildIndex,
  declareIndex,
  dropIndex,
  resumeBuilds,
} from './index-builds.ts';
import {
  type AnyDatabase,
  type AnyTransaction,
  openSpaces,
  type Spaces,
  spacesIn,
  type TransactionSpaces,
} from './layout.ts';
import { type ReadSource, SnapshotSource, TransactionSource } from './read-view.ts';
import type { TextSource } from './text-values.ts';
import { mustConflictByReads, transact, writeAhead } from './transact.ts';
import { checkName } from './values.ts';
import { type GraphReport, verifyGraph, type VerifyGraphOptions } from './verify.ts';
import { Writer } from './writer.ts';

/** Options of `importGraphMl`. */
export interface GraphMlOptions extends ImportOptions, GraphMlReading {}

/** What the handles of one graph share. */
interface Shared extends BuildTarget {
  readonly ids: IdBlocks;
  /** On servers the last write of each transaction: the next one begins after it (ahead/one-state). */
  readonly turns: WeakMap<AnyTransaction, Promise<unknown>>;
}

// Set by the classes, whose constructors nothing else can reach.
let makeInTransaction: (tx: AnyTransaction, shared: Shared) => GraphTransaction;
let makeAtSnapshot: (snapshot: Snapshot, shared: Shared) => GraphSnapshot;
let makeGraph: (name: string, shared: Shared) => Graph;

/** A graph in a transaction, made by `g.in(tx)`: it reads the snapshot with the transaction's own writes over it. */
export class GraphTransaction extends GraphWrites {
  private constructor(parts: GraphParts) {
    super(parts);
  }

  static {
    makeInTransaction = (tx, shared) => {
      const { db, spaces, catalog, ids } = shared;
      const inTx = spacesIn(tx, spaces);
      const source = new TransactionSource(inTx, spaces, db.isRemote);
      if (db.isRemote) {
        const write = remoteWrite(tx, inTx, shared);
        return new GraphTransaction({ source, catalog, ids, write });
      }
      const writer = new Writer(inTx, catalog);
      const write = <T>(body: (writer: Writer) => T): Promise<T> => {
        try {
          return Promise.resolve(wholly(tx, () => body(writer)));
        } catch (error) {
          // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- as it was thrown
          return Promise.reject(error);
        }
      };
      return new GraphTransaction({ source, catalog, ids, write });
    };
  }
}

/** A graph as of a snapshot, made by `g.at(snapshot)`. It reads until the snapshot is closed. */
export class GraphSnapshot extends GraphReads {
  private constructor(source: SnapshotSource, catalog: CatalogReader) {
    super(source, catalog);
  }

  static {
    makeAtSnapshot = (snapshot, { db, spaces, catalog }) =>
      new GraphSnapshot(new SnapshotSource(db, spaces, snapshot), catalog);
  }
}

/**
 * A graph of a database: nodes with labels, edges with a type, properties on both. Made by `graph(db, name)`; it needs no
 * closing.
 */
export class Graph extends GraphWrites {
  readonly #name: string;
  readonly #shared: Shared;
  readonly #source: ReadSource;
  /** Of the builds that an earlier process left. */
  readonly #resumed: Promise<void>;

  private constructor(name: string, shared: Shared, parts: GraphParts) {
    super(parts);
    this.#name = name;
    this.#shared = shared;
    this.#source = parts.source;
    this.#resumed = resumeBuilds(shared);
    this.#resumed.catch(() => undefined); // `ready` tells
  }

  static {
    makeGraph = (name, shared) => {
      const { db, spaces, catalog, ids } = shared;
      const source = new SnapshotSource(db, spaces);
      const write: GraphParts['write'] = (body, wanted) =>
        transact(shared, (inTx) => body(new Writer(inTx, catalog)), wanted);
      return new Graph(name, shared, { source, catalog, ids, write });
    };
  }

  /** Its name. */
  get name(): string {
    return this.#name;
  }

  /**
   * This graph in a transaction of the database, of any level and mode: reads and writes are part of it. Throws
   * InvalidArgumentError for one of another database, and ClosedError for one that has ended. On servers writes reject with
   * UnsupportedError unless the transaction is `'serializable'`.
   *
   * @example
   * await db.transaction(async (tx) => {
   *   const dan = await g.in(tx).createNode({ labels: ['Person'] });
   *   await g.in(tx).createEdge({ from: dan, to: ada, type: 'KNOWS' });
   *   return g.in(tx).degree(dan);
   * }); // => 1
   */
  in(tx: AnyTransaction): GraphTransaction {
    return makeInTransaction(tx, this.#shared);
  }

  /**
   * This graph as of a snapshot of the database.
   *
   * @example
   * using before = db.snapshot();
   * await g.setNodeProperty(ada, 'name', 'Augusta');
   * await g.at(before).getNodeProperty(ada, 'name'); // => 'Ada'
   */
  at(snapshot: Snapshot): GraphSnapshot {
    return makeAtSnapshot(snapshot, this.#shared);
  }

  /**
   * Makes an index over a property of the nodes with a label. Resolves when it is whole; writes go on meanwhile, and keep
   * it from the call on. One that is there already is waited for. After a kill the next `graph(db, name)` goes on with it.
   * The key of an entry holds the value, so a value beyond some 64 KiB cannot be written while there is the index.
   *
   * @example
   * await g.createPropertyIndex('Person', 'age');
   * await g.findNodesByProperty('Person', 'age', { gte: 30, lt: 40 }).all(); // => [ 2, 1 ]
   */
  async createPropertyIndex(label: string, property: string): Promise<void> {
    checkName('Label', label);
    await this.#createIndex({ kind: 'node', of: label, property });
  }

  /**
   * Drops an index, in one commit. Rejects with InvalidArgumentError when there is none.
   *
   * @example
   * await g.createPropertyIndex('Person', 'age');
   * await g.dropPropertyIndex('Person', 'age');
   */
  async dropPropertyIndex(label: string, property: string): Promise<void> {
    checkName('Label', label);
    await this.#dropIndex({ kind: 'node', of: label, property });
  }

  /**
   * Makes an index over a property of the edges of a type, as `createPropertyIndex` does over nodes.
   *
   * @example
   * await g.createEdgePropertyIndex('KNOWS', 'since');
   * (await g.findEdgesByProperty('KNOWS', 'since', { gte: 2000 }).all()).length; // => 1
   */
  async createEdgePropertyIndex(type: string, property: string): Promise<void> {
    checkName('Type', type);
    await this.#createIndex({ kind: 'edge', of: type, property });
  }

  /**
   * Drops an index over edges, in one commit. Rejects with InvalidArgumentError when there is none.
   *
   * @example
   * await g.createEdgePropertyIndex('KNOWS', 'since');
   * await g.dropEdgePropertyIndex('KNOWS', 'since');
   */
  async dropEdgePropertyIndex(type: string, property: string): Promise<void> {
    checkName('Type', type);
    await this.#dropIndex({ kind: 'edge', of: type, property });
  }

  async #createIndex(over: IndexTarget): Promise<void> {
    checkName('Name of a property', over.property);
    await declareIndex(this.#shared, over);
    if (await buildIndex(this.#shared, over)) return;
    throw new ClosedError(`Index was dropped while it was built: ${shownIndex(over)}`);
  }

  async #dropIndex(over: IndexTarget): Promise<void> {
    checkName('Name of a property', over.property);
    if (await dropIndex(this.#shared, over)) return;
    throw new InvalidArgumentError(`There is no such index: ${shownIndex(over)}`);
  }

  /**
   * Compares records, both sides of each edge, labels and entries of indexes with one another, in one snapshot. Resolves
   * with what it found; changes nothing.
   *
   * @example
   * const { isOk, nodeCount, edgeCount } = await g.verify();
   * [isOk, nodeCount, edgeCount]; // => [ true, 3, 2 ]
   */
  async verify(options: VerifyGraphOptions = {}): Promise<GraphReport> {
    const view = this.#source.open();
    try {
      return await verifyGraph(view, this.#shared.catalog, options);
    } finally {
      view.close();
    }
  }

  // The whole.

  /**
   * Loads a whole graph into this one, which must be empty, past log and memtable: for graphs that are large. Nodes come
   * first, each with a key by which edges name it. No node is there before all are, with their edges; property indexes are
   * built at the end. In memory is an entry for each node and some 60 bytes for each edge. Not on servers: UnsupportedError.
   *
   * Rejects with InvalidArgumentError for a bad node or edge, with AbortedError for the signal, and with what the sources
   * throw. Then, and after a kill, the graph takes no writes until it is cleared.
   *
   * @example
   * const towns = await graph(db, 'towns');
   * const nodes = ['Graz', 'Linz'].map((key) => ({ key, labels: ['Town'], properties: { name: key } }));
   * const edges = [{ from: 'Graz', to: 'Linz', type: 'ROAD' }];
   * (await towns.load({ nodes, edges })).edgeCount; // => 1
   */
  load(input: LoadInput, options: LoadOptions = {}): Promise<LoadReport> {
    return loadGraph(this.#shared, input, options);
  }

  /**
   * Deletes all nodes and edges, in one commit, however many there are. Indexes stay; ids go on. Not beside a load.
   *
   * @example
   * await g.clear();
   */
  clear(): Promise<void> {
    return clearGraph(this.#shared);
  }

  /**
   * The graph as JSON Lines, in one state: `Readable.from(g.exportJsonLines())` is a stream of it.
   *
   * @example
   * const lines = await g.exportJsonLines().all();
   * lines.length; // => 5
   */
  exportJsonLines(options: ImportOptions = {}): GraphStream<string> {
    const { signal } = options;
    return makeStream(() => inView(this.#source, (view) => jsonLinesOf(view, signal)));
  }

  /**
   * Creates the nodes and edges of JSON Lines, in lots of 500, each a commit. Nodes and edges get ids of their own. Rejects
   * with ImportError, which has the line; the lots before stay.
   *
   * @example
   * const copy = await graph(db, 'copy');
   * (await copy.importJsonLines(g.exportJsonLines())).nodeCount; // => 3
   */
  importJsonLines(source: TextSource, options: ImportOptions = {}): Promise<ImportReport> {
    return importItems(this, itemsOfJsonLines(source), options, this.#shared.db.isRemote);
  }

  /**
   * The nodes, or the edges, as CSV, in one state. A first pass finds the columns.
   *
   * @example
   * const nodes = await g.exportCsv('nodes').all();
   */
  exportCsv(what: 'nodes' | 'edges', options: ImportOptions = {}): GraphStream<string> {
    const { signal } = options;
    checkCsvKind(what);
    return makeStream(() => inView(this.#source, (view) => csvOf(view, what, signal)));
  }

  /**
   * Creates the nodes of one CSV text, then the edges of another. Otherwise as `importJsonLines`.
   *
   * @example
   * const copy = await graph(db, 'copy');
   * await copy.importCsv({ nodes: g.exportCsv('nodes'), edges: g.exportCsv('edges') });
   * await copy.findNodesByLabel('Person').first(2); // => [ 1, 2 ]
   */
  importCsv(
    texts: { readonly nodes: TextSource; readonly edges?: TextSource },
    options: ImportOptions = {},
  ): Promise<ImportReport> {
    return importItems(
      this,
      itemsOfCsv(texts.nodes, texts.edges ?? []),
      options,
      this.#shared.db.isRemote,
    );
  }

  /**
   * The graph as GraphML, in one state. A first pass finds the keys. Fails with InvalidArgumentError for a label, a type or a
   * name of a property with a character that XML has not, such as a control.
   *
   * @example
   * const text = (await g.exportGraphMl().all()).join('');
   * text.includes('<graphml'); // => true
   */
  exportGraphMl(options: ImportOptions = {}): GraphStream<string> {
    const { signal } = options;
    return makeStream(() => inView(this.#source, (view) => graphMlOf(view, signal)));
  }

  /**
   * Creates the nodes and edges of GraphML, as `importJsonLines` does. The error has the column too. Nodes come before the
   * edges that name them; an undirected edge becomes one from its source to its target. Needs the package `sax`.
   *
   * @example
   * const copy = await graph(db, 'copy');
   * (await copy.importGraphMl(g.exportGraphMl())).nodeCount; // => 3
   */
  importGraphMl(source: TextSource, options: GraphMlOptions = {}): Promise<ImportReport> {
    const { edgeType } = options;
    if (edgeType !== undefined) checkName('Type', edgeType);
    const items = itemsOfGraphMl(source, edgeType === undefined ? {} : { edgeType });
    return importItems(this, items, options, this.#shared.db.isRemote);
  }

  /**
   * Resolves when the indexes are whole that an earlier process has begun. Rejects with what ended a build.
   *
   * @example
   * await g.ready();
   */
  ready(): Promise<void> {
    return this.#resumed;
  }
}

/**
 * The graph of that name, which is made when it is missing. It lies in keyspaces of its own, so a database has any number
 * of graphs beside other things. A name is 1 to 180 characters. Rejects with InvalidArgumentError, with
 * IncompatibleFormatError for a graph of a newer version, and as `db.keyspace` does.
 *
 * @example
 * const films = await graph(db, 'films');
 * await films.createNode({ labels: ['Film'], properties: { title: 'Metropolis' } }); // => 1
 */
export async function graph(db: AnyDatabase, name: string): Promise<Graph> {
  if (typeof (db as Partial<AnyDatabase> | undefined)?.keyspace !== 'function') {
    throw new InvalidArgumentError('Database of a graph must be open: await open(...) first');
  }
  checkName('Name of a graph', name);
  if (name.length > GRAPH_NAME_LENGTH_MAX) {
    throw new InvalidArgumentError(`Name of a graph is too long: max=${GRAPH_NAME_LENGTH_MAX}`);
  }
  const spaces: Spaces = await openSpaces(db, name);
  const catalog = new CatalogReader();
  catalog.read(await spaces.meta.get(CATALOG));
  const ids = new IdBlocks(spaces.meta);
  return makeGraph(name, { db, spaces, catalog, ids, turns: new WeakMap() });
}

/** Keyspaces have some characters more (layout.ts). */
const GRAPH_NAME_LENGTH_MAX = 180;

/** Writes of a transaction on servers, one after the other. They keep graph/fails-whole by their own savepoints. */
function remoteWrite(
  tx: AnyTransaction,
  inTx: TransactionSpaces,
  { catalog, turns }: Shared,
): GraphParts['write'] {
  return async (body, wanted) => {
    mustConflictByReads(tx);
    const write = (turns.get(tx) ?? Promise.resolve()).then(() =>
      writeAhead(tx, inTx, (spaces) => body(new Writer(spaces, catalog)), wanted),
    );
    turns.set(
      tx,
      write.catch(() => undefined),
    );
    return write;
  };
}

/** Keeps graph/fails-whole. */
function wholly<T>(tx: AnyTransaction, body: () => T): T {
  const before = tx.savepoint();
  try {
    return body();
  } catch (error) {
    if (tx.isActive) tx.rollbackTo(before);
    throw error;
  }
}
