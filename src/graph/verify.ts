/**
 * The check of a graph: do its keyspaces say the same?
 *
 * Owns: what each entry needs elsewhere, and the report. Everything is looked at from both sides, in one snapshot:
 *
 *      adjacency, each side of each edge    <->  the edge's record, and through it the other side
 *      the edge's record                     ->  both nodes
 *      entries of labels                    <->  the labels of the node's record
 *      entries of whole indexes             <->  labels or type, and properties, of the node or edge
 *      properties                            ->  the record of their node or edge
 *      ids                                   ->  below the next id
 *
 * Invariants:
 *   verify/both-ways: an entry that is missing, and one that is too many, are each found.
 *
 * Suspension: every lot of entries suspends. On servers what a lot is compared with is read in one request.
 */
import type { Tuple, TupleElement } from '../index.ts';
import { CATALOG, type CatalogReader, type IndexRecord, shownIndex } from './catalog.ts';
import { mustGoOn } from './graph-stream.ts';
import { NEXT_ID, nextIdOf } from './id-blocks.ts';
import { IN, OUT } from './layout.ts';
import type { ReadView, SpaceReads } from './read-view.ts';
import { type RecordEntries, recordLotsIn } from './records.ts';
import { compareValues, type NodeId, type PropertyValue } from './values.ts';

/** What `verify` found. */
export interface GraphReport {
  /** Whether nothing is wrong. */
  readonly isOk: boolean;
  /** Nodes with a record. */
  readonly nodeCount: number;
  /** Edges with a record. */
  readonly edgeCount: number;
  /** Entries of labels and of property indexes. */
  readonly entryCount: number;
  /** What is wrong, in words; the first thousand. */
  readonly problems: readonly string[];
  /** How much is wrong. */
  readonly problemCount: number;
}

/** Options of `verify`. */
export interface VerifyGraphOptions {
  /** Ends the check with AbortedError. */
  readonly signal?: AbortSignal;
}

/** An entry of an index, and the index that it says. */
interface Entry {
  readonly index: IndexRecord | undefined;
  readonly id: number;
  readonly value: PropertyValue;
  /** The node or the edge. */
  readonly owner: number;
}

const LOT_COUNT = 512;
const PROBLEM_COUNT_MAX = 1000;

/** Checks the graph of a view. */
export async function verifyGraph(
  view: ReadView,
  catalog: CatalogReader,
  options: VerifyGraphOptions,
): Promise<GraphReport> {
  const check = new GraphCheck(view, options.signal);
  const { indexes } = catalog.read(await view.meta.get(CATALOG));
  const nextId = nextIdOf(await view.meta.get(NEXT_ID));
  await check.nodes(indexes, nextId);
  await check.edges(indexes, nextId);
  await check.adjacency();
  await check.labels();
  await check.values(indexes);
  return check.report();
}

class GraphCheck {
  readonly #view: ReadView;
  readonly #signal: AbortSignal | undefined;
  readonly #problems: string[] = [];
  #problemCount = 0;
  #nodeCount = 0;
  #edgeCount = 0;
  #entryCount = 0;

  constructor(view: ReadView, signal: AbortSignal | undefined) {
    this.#view = view;
    this.#signal = signal;
  }

  report(): GraphReport {
    return {
      isOk: this.#problemCount === 0,
      nodeCount: this.#nodeCount,
      edgeCount: this.#edgeCount,
      entryCount: this.#entryCount,
      problems: this.#problems,
      problemCount: this.#problemCount,
    };
  }

  /** Each node has its entries in labels and indexes. */
  async nodes(indexes: readonly IndexRecord[], nextId: number): Promise<void> {
    const { nodes, labels, values } = this.#view;
    for await (const lot of recordLotsIn(nodes)) {
      mustGoOn(this.#signal);
      const wanted = lot
        .filter(({ id, entries }) => this.#hasRecord('node', id, entries, nextId))
        .map((record) => wantedOf(record, indexes));
      this.#nodeCount += wanted.length;
      await labels.ahead?.(wanted.flatMap(({ id, own }) => own.map((label) => [label, id])));
      await values.ahead?.(wanted.flatMap(({ entries }) => entries.map(({ key }) => key)));
      for (const { id, own, entries } of wanted) {
        for (const label of own) {
          if (labels.getSync([label, id]) !== undefined) continue;
          this.#found(`Node has a label without an entry: node=${id} label=${label}`);
        }
        for (const { key, index } of entries) {
          if (values.getSync(key) !== undefined) continue;
          this.#found(`Node has no entry in an index: node=${id} ${shownIndex(index)}`);
        }
      }
    }
  }

  /** Each edge has its two sides, two nodes, and its entries in indexes. */
  async edges(indexes: readonly IndexRecord[], nextId: number): Promise<void> {
    const { edges, nodes, adjacencyKeys, values } = this.#view;
    for await (const lot of recordLotsIn(edges)) {
      mustGoOn(this.#signal);
      const sides = lot
        .filter(({ id, entries }) => this.#hasRecord('edge', id, entries, nextId))
        .map((record) => ({
          id: record.id,
          keys: sidesOf(record.id, record.entries[0]![1]), // its record
          wanted: entriesOf(record, 'edge', [record.entries[0]![1][2]], indexes),
        }));
      this.#edgeCount += sides.length;
      await adjacencyKeys.ahead?.(sides.flatMap(({ keys }) => keys));
      await nodes.ahead?.(sides.flatMap(({ keys }) => keys.map(([node]) => [node!])));
      await values.ahead?.(sides.flatMap(({ wanted }) => wanted.map(({ key }) => key)));
      for (const { id, keys, wanted } of sides) {
        for (const { key, index } of wanted) {
          if (values.getSync(key) !== undefined) continue;
          this.#found(`Edge has no entry in an index: edge=${id} ${shownIndex(index)}`);
        }
        for (const key of keys) {
          const node = key[0] as NodeId;
          if (adjacencyKeys.getSync(key) === undefined) {
            this.#found(`Edge is not at its node: edge=${id} node=${node}`);
          }
          if (nodes.getSync([node]) === undefined) {
            this.#found(`Edge dangles: edge=${id} node=${node}`);
          }
        }
      }
    }
  }

  /** Each side of an edge is one that its record says. */
  async adjacency(): Promise<void> {
    const { adjacencyKeys, edges } = this.#view;
    for await (const keys of this.#keysOf(adjacencyKeys)) {
      await edges.ahead?.(keys.map((key) => [key[4]!])); // keys have five elements
      for (const [node, side, type, other, edge] of keys) {
        const record = edges.getSync([edge!]);
        const wanted = side === OUT ? [node, other, type] : [other, node, type];
        if (record !== undefined && wanted.every((each, i) => each === record[i])) continue;
        this.#found(`Node has an edge that is none: node=${String(node)} edge=${String(edge)}`);
      }
    }
  }

  /** Each entry of a label is of a node that has it. */
  async labels(): Promise<void> {
    const { labels, nodes } = this.#view;
    for await (const keys of this.#keysOf(labels)) {
      this.#entryCount += keys.length;
      await nodes.ahead?.(keys.map((key) => [key[1]!])); // keys have two elements
      for (const [label, node] of keys) {
        if (nodes.getSync([node!])?.includes(label!) === true) continue;
        this.#found(`Label has a node without it: label=${String(label)} node=${String(node)}`);
      }
    }
  }

  /** Each entry of an index is of a node with that label, or an edge of that type, and of that value. */
  async values(indexes: readonly IndexRecord[]): Promise<void> {
    const { values, nodes, edges } = this.#view;
    const byId = new Map<TupleElement, IndexRecord>(indexes.map((index) => [index.id, index]));
    for await (const keys of this.#keysOf(values)) {
      this.#entryCount += keys.length;
      const entries = keys.map(([id, value, owner]) => ({
        index: byId.get(id!), // keys have three elements
        id: id as number,
        value: value as PropertyValue,
        owner: owner as number,
      }));
      for (const kind of ['node', 'edge'] as const) {
        const read = entries.flatMap(({ index, owner }) =>
          index?.kind === kind ? [[owner], [owner, index.property]] : [],
        );
        await (kind === 'node' ? nodes : edges).ahead?.(read);
      }
      for (const entry of entries) this.#entry(entry);
    }
  }

  #entry({ index, id, value, owner }: Entry): void {
    if (index === undefined) {
      this.#found(`Entry is of no index: index=${id} owner=${owner}`);
      return;
    }
    const { kind, of, property } = index;
    const space = kind === 'node' ? this.#view.nodes : this.#view.edges;
    const found = space.getSync([owner, property])?.[0];
    const record = space.getSync([owner]);
    const isOver = kind === 'node' ? record?.includes(of) === true : record?.[2] === of;
    if (isOver && found !== undefined && compareValues(found, value) === 0) return;
    this.#found(`Index has an entry that is none: ${kind}=${owner} ${shownIndex(index)}`);
  }

  async *#keysOf(space: SpaceReads<Tuple, Tuple>): AsyncGenerator<Tuple[], void, void> {
    const scan = space.keys();
    try {
      for (;;) {
        mustGoOn(this.#signal);
        const keys = await scan.nextMany(LOT_COUNT);
        yield keys;
        if (keys.length < LOT_COUNT) return;
      }
    } finally {
      scan.close();
    }
  }

  #hasRecord(
    what: string,
    id: number,
    entries: readonly [Tuple, Tuple][],
    nextId: number,
  ): boolean {
    if (id >= nextId) this.#found(`Id was not given out: ${what}=${id} next=${nextId}`);
    if (entries[0]![0].length === 1) return true; // a lot has an entry at least
    this.#found(`Properties have no ${what}: ${what}=${id}`);
    return false;
  }

  #found(problem: string): void {
    this.#problemCount++;
    if (this.#problems.length < PROBLEM_COUNT_MAX) this.#problems.push(problem);
  }
}

interface WantedEntry {
  readonly key: Tuple;
  readonly index: IndexRecord;
}

/** What a node must have. */
function wantedOf(
  record: RecordEntries,
  indexes: readonly IndexRecord[],
): {
  readonly id: NodeId;
  readonly own: readonly string[];
  readonly entries: readonly WantedEntry[];
} {
  const own = record.entries[0]![1] as readonly string[]; // its record
  return { id: record.id, own, entries: entriesOf(record, 'node', own, indexes) };
}

/** The entries of indexes over labels, or a type, that a record must have. */
function entriesOf(
  { id, entries }: RecordEntries,
  kind: IndexRecord['kind'],
  own: readonly (TupleElement | undefined)[],
  indexes: readonly IndexRecord[],
): WantedEntry[] {
  if (indexes.length === 0) return [];
  const properties = new Map(entries.slice(1).map(([key, [value]]) => [key[1], value]));
  return indexes.flatMap((index) => {
    const value = properties.get(index.property);
    const isWanted = index.kind === kind && index.builtTo === undefined && own.includes(index.of);
    return isWanted && value !== undefined ? [{ key: [index.id, value, id], index }] : [];
  });
}

function sidesOf(edge: number, record: Tuple): Tuple[] {
  const [from, to, type] = record as [NodeId, NodeId, string];
  return [
    [from, OUT, type, to, edge],
    [to, IN, type, from, edge],
  ];
}
