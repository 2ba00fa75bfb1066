/**
 * The check of a graph: do its keyspaces say the same?
 *
 * Owns: what each entry needs elsewhere, and the report. Everything is looked at from both sides, in one snapshot:
 *
 *      adjacency, each side of each edge    <->  the edge's record, and through it the other side
 *      the edge's record                     ->  both nodes
 *      entries of labels                    <->  the labels of the node's record
 *      entries of whole indexes             <->  labels and properties of the node
 *      properties                            ->  the record of their node or edge
 *      ids                                   ->  below the next id
 *
 * Invariants:
 *   verify/both-ways: an entry that is missing, and one that is too many, are each found.
 *
 * Suspension: every lot of entries suspends.
 */
import type { Tuple, TupleElement } from '../index.ts';
import { CATALOG, type CatalogReader, type IndexRecord } from './catalog.ts';
import { mustGoOn } from './graph-stream.ts';
import { NEXT_ID, nextIdOf } from './id-blocks.ts';
import { IN, OUT } from './layout.ts';
import type { ReadView, SpaceReads } from './read-view.ts';
import { recordsIn } from './records.ts';
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
  await check.edges(nextId);
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
    for await (const { id, entries } of recordsIn(nodes, {})) {
      mustGoOn(this.#signal);
      if (!this.#hasRecord('node', id, entries, nextId)) continue;
      this.#nodeCount++;
      const own = entries[0]![1] as readonly string[]; // its record
      const properties = new Map(entries.slice(1).map(([key, [value]]) => [key[1], value]));
      for (const label of own) {
        if (labels.getSync([label, id]) === undefined) {
          this.#found(`Node has a label without an entry: node=${id} label=${label}`);
        }
      }
      for (const index of indexes) {
        const value = properties.get(index.property);
        if (index.builtTo !== undefined || value === undefined || !own.includes(index.label))
          continue;
        if (values.getSync([index.id, value, id]) !== undefined) continue;
        this.#found(`Node has no entry in an index: node=${id} ${shownIndex(index)}`);
      }
    }
  }

  /** Each edge has its two sides, and two nodes. */
  async edges(nextId: number): Promise<void> {
    const { edges, nodes, adjacencyKeys } = this.#view;
    for await (const { id, entries } of recordsIn(edges, {})) {
      mustGoOn(this.#signal);
      if (!this.#hasRecord('edge', id, entries, nextId)) continue;
      this.#edgeCount++;
      const [from, to, type] = entries[0]![1] as [NodeId, NodeId, string]; // its record
      for (const key of sidesOf(id, from, to, type)) {
        if (adjacencyKeys.getSync(key) === undefined) {
          this.#found(`Edge is not at its node: edge=${id} node=${String(key[0])}`);
        }
        if (nodes.getSync([key[0] as NodeId]) === undefined) {
          this.#found(`Edge dangles: edge=${id} node=${String(key[0])}`);
        }
      }
    }
  }

  /** Each side of an edge is one that its record says. */
  async adjacency(): Promise<void> {
    const { adjacencyKeys, edges } = this.#view;
    for await (const key of this.#keysOf(adjacencyKeys)) {
      const [node, side, type, other, edge] = key;
      const record = edges.getSync([edge!]); // keys have five elements
      const wanted = side === OUT ? [node, other, type] : [other, node, type];
      if (record !== undefined && wanted.every((each, i) => each === record[i])) continue;
      this.#found(`Node has an edge that is none: node=${String(node)} edge=${String(edge)}`);
    }
  }

  /** Each entry of a label is of a node that has it. */
  async labels(): Promise<void> {
    const { labels, nodes } = this.#view;
    for await (const [label, node] of this.#keysOf(labels)) {
      this.#entryCount++;
      if (nodes.getSync([node!])?.includes(label!) === true) continue; // keys have two elements
      this.#found(`Label has a node without it: label=${String(label)} node=${String(node)}`);
    }
  }

  /** Each entry of an index is of a node with that label and that value. */
  async values(indexes: readonly IndexRecord[]): Promise<void> {
    const { values, nodes } = this.#view;
    const byId = new Map<TupleElement, IndexRecord>(indexes.map((index) => [index.id, index]));
    for await (const key of this.#keysOf(values)) {
      this.#entryCount++;
      const [id, value, node] = key as [number, PropertyValue, NodeId];
      const index = byId.get(id);
      if (index === undefined) {
        this.#found(`Entry is of no index: index=${id} node=${node}`);
        continue;
      }
      const found = nodes.getSync([node, index.property])?.[0];
      const isLabelled = nodes.getSync([node])?.includes(index.label) === true;
      if (isLabelled && found !== undefined && compareValues(found, value) === 0) continue;
      this.#found(`Index has an entry that is none: node=${node} ${shownIndex(index)}`);
    }
  }

  async *#keysOf(space: SpaceReads<Tuple, Tuple>): AsyncGenerator<Tuple, void, void> {
    const scan = space.keys();
    try {
      for (;;) {
        mustGoOn(this.#signal);
        const keys = await scan.nextMany(LOT_COUNT);
        yield* keys;
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

function sidesOf(edge: number, from: NodeId, to: NodeId, type: string): Tuple[] {
  return [
    [from, OUT, type, to, edge],
    [to, IN, type, from, edge],
  ];
}

function shownIndex({ label, property }: IndexRecord): string {
  return `label=${label} property=${property}`;
}
