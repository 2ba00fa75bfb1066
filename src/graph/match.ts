/**
 * A match, as its user builds and reads it.
 *
 * Owns: what a row holds, the order and the limit of rows, and the explanation of a match.
 *
 * Memory: one lot of rows. With `orderBy` all rows, and with `limit` beside it twice as many as that.
 *
 * Suspension: each lot of rows suspends.
 */
import { InvalidArgumentError } from '../index.ts';
import type { CatalogReader } from './catalog.ts';
import { inView } from './graph-view.ts';
import { type GraphStream, type Lots, makeStream } from './graph-stream.ts';
import { chooseStart, legsFrom, type Start, type StartKind } from './match-plan.ts';
import { type Bindings, search, type SearchCounts, type SearchRequest } from './match-run.ts';
import {
  checkPattern,
  type EdgePattern,
  type EdgeSpec,
  type NodePattern,
  type NodeSpec,
} from './pattern.ts';
import type { ReadSource, ReadView } from './read-view.ts';
import { checkBound } from './traversal.ts';
import { compareValues, type EdgeId, type NodeId, type PropertyValue, shown } from './values.ts';

/** The names of nodes in a pattern. */
export type NodeNames<P extends readonly unknown[]> = {
  [I in keyof P]: P[I] extends NodePattern<infer N> ? N : never;
}[number];

/** The names of edges in a pattern. */
export type EdgeNames<P extends readonly unknown[]> = {
  [I in keyof P]: P[I] extends EdgePattern<infer E> ? E : never;
}[number];

/** A row without `select`: a node for each name, and the edges of each edge that has one. */
export type MatchRow<N extends string, E extends string> = Readonly<
  Record<N, NodeId> & Record<E, readonly EdgeId[]>
>;

/** What `select` takes: names, and properties of nodes as `name.property`. */
export type Selectable<N extends string, E extends string> = N | E | `${N}.${string}`;

/** A row of what was selected. */
export type SelectedRow<N extends string, E extends string, S extends string> = Readonly<{
  [K in S]: K extends N ? NodeId : K extends E ? readonly EdgeId[] : PropertyValue | undefined;
}>;

/** How a match is found, and with `run` what it cost. */
export interface MatchExplanation {
  /** The name of the node that the search starts at, or the edge: `a -[KNOWS]-> b`. */
  readonly start: string;
  /** How its nodes are found, or its edges: with `'edge-index'`. */
  readonly by: StartKind;
  /** The property of the index, when one is used. */
  readonly property: string | undefined;
  /** Nodes or edges of the start, or keys of all nodes, counted up to 1,024. */
  readonly startCount: number;
  /** False when there are more. */
  readonly isExact: boolean;
  /** The other edges, in the order in which they are gone along: `a -[KNOWS *1..3]-> b`. */
  readonly legs: readonly string[];
  /** Nodes and edges that were looked at. */
  readonly examined?: number;
  /** Rows that came of it. */
  readonly returned?: number;
}

/** What a match is made of. */
export interface MatchParts {
  readonly source: ReadSource;
  readonly catalog: CatalogReader;
  readonly nodes: readonly NodeSpec[];
  readonly edges: readonly EdgeSpec[];
  readonly selected: readonly string[] | undefined;
  readonly order: { readonly by: string; readonly isReverse: boolean } | undefined;
  readonly limitCount: number;
  readonly abortSignal: AbortSignal | undefined;
}

interface Ordered<Row> {
  readonly row: Row;
  readonly by: PropertyValue | undefined;
}

// Set by the class, whose constructor nothing else can reach.
let construct: <N extends string, E extends string, Row>(parts: MatchParts) => Match<N, E, Row>;

/**
 * A match of a pattern, made by `match`. Each call returns another match; reading begins with an iteration, `all` or
 * `first`. Rows have no order but that of `orderBy`.
 */
export class Match<N extends string, E extends string, Row> implements AsyncIterable<Row> {
  readonly #parts: MatchParts;

  private constructor(parts: MatchParts) {
    this.#parts = parts;
  }

  static {
    construct = (parts) => new Match(parts);
  }

  /**
   * What rows hold: names, whose nodes or edges they have, and properties: `select('a', 'b.name')`.
   *
   * @example
   * await g.match(node('a', 'Person'), edge('KNOWS'), node('b')).select('a.name', 'b.name').first(1); // => [ { 'a.name': 'Ada', 'b.name': 'Bob' } ]
   */
  select<const S extends readonly Selectable<N, E>[]>(
    ...selected: S
  ): Match<N, E, SelectedRow<N, E, S[number]>> {
    for (const name of selected) checkSelected(this.#parts, name);
    return construct({ ...this.#parts, selected });
  }

  /**
   * Orders rows by a property of a node, or by its id. Rows without the property come last.
   *
   * @example
   * await g.match(node('a', 'Person'), edge('KNOWS'), node('b')).select('b.name').orderBy('b.name', 'desc').first(1); // => [ { 'b.name': 'Cyd' } ]
   */
  orderBy(by: N | `${N}.${string}`, order: 'asc' | 'desc' = 'asc'): Match<N, E, Row> {
    checkSelected(this.#parts, by);
    if (order !== 'asc' && order !== 'desc') {
      throw new InvalidArgumentError(`Order must be 'asc' or 'desc': found=${shown(order)}`);
    }
    return construct({ ...this.#parts, order: { by, isReverse: order === 'desc' } });
  }

  /**
   * At most this many rows.
   *
   * @example
   * (await g.match(node('a', 'Person'), edge('KNOWS'), node('b')).limit(1).all()).length; // => 1
   */
  limit(count: number): Match<N, E, Row> {
    return construct({ ...this.#parts, limitCount: checkBound('limit', count, 0) });
  }

  /**
   * Ends the reading with AbortedError.
   *
   * @example
   * const rows = await g.match(node('a', 'Person'), edge('KNOWS'), node('b')).signal(AbortSignal.timeout(60_000)).all();
   * rows.length; // => 2
   */
  signal(signal: AbortSignal): Match<N, E, Row> {
    return construct({ ...this.#parts, abortSignal: signal });
  }

  /** One row after the other. Leaving the loop ends the search. */
  [Symbol.asyncIterator](): AsyncGenerator<Row, undefined, undefined> {
    return this.#stream()[Symbol.asyncIterator]();
  }

  /**
   * All rows, in one array.
   *
   * @example
   * await g.match(node('a', 'Person'), edge('KNOWS'), node('b')).select('b').all(); // => [ { b: 2 }, { b: 3 } ]
   */
  all(): Promise<Row[]> {
    return this.#stream().all();
  }

  /**
   * Up to `count` rows.
   *
   * @example
   * await g.match(node('a', 'Person'), edge('KNOWS'), node('b')).select('b').first(1); // => [ { b: 2 } ]
   */
  first(count: number): Promise<Row[]> {
    return this.#stream().first(count);
  }

  /**
   * How the match is found. With `run` it is found, and the counts of that are part of the answer.
   *
   * @example
   * (await g.match(node('a', 'Person'), edge('KNOWS'), node('b')).explain()).by; // => 'label'
   */
  async explain(options: { readonly run?: boolean } = {}): Promise<MatchExplanation> {
    const parts = this.#parts;
    const counts: SearchCounts = { examined: 0, returned: 0 };
    let returned = 0;
    let chosen: Start | undefined;
    const rows = inView(parts.source, async function* (view): Lots<unknown> {
      chosen = await chooseStart(view, parts.catalog, parts);
      if (options.run === true) yield* rowsOf(view, parts, chosen, counts);
    });
    for await (const lot of rows) returned += lot.length;
    const { position, by, property, count, isExact } = chosen!; // the first step has chosen it
    return {
      start: by === 'edge-index' ? shownEdge(parts, position) : parts.nodes[position]!.name,
      by,
      property,
      startCount: count,
      isExact,
      legs: legsFrom(chosen!, parts.edges).map((leg) => shownLeg(parts, leg)),
      ...(options.run === true && { examined: counts.examined, returned }),
    };
  }

  #stream(): GraphStream<Row> {
    const parts = this.#parts;
    return makeStream(() =>
      inView(parts.source, async function* (view): Lots<Row> {
        const start = await chooseStart(view, parts.catalog, parts);
        yield* rowsOf<Row>(view, parts, start, { examined: 0, returned: 0 });
      }),
    );
  }
}

/** A match of nodes and edges in turn. Throws InvalidArgumentError for another pattern. */
export function makeMatch<const P extends readonly unknown[]>(
  source: ReadSource,
  catalog: CatalogReader,
  pattern: P,
): Match<NodeNames<P>, EdgeNames<P>, MatchRow<NodeNames<P>, EdgeNames<P>>> {
  return construct({
    source,
    catalog,
    ...checkPattern(pattern),
    selected: undefined,
    order: undefined,
    limitCount: Infinity,
    abortSignal: undefined,
  });
}

async function* rowsOf<Row>(
  view: ReadView,
  parts: MatchParts,
  start: Start,
  counts: SearchCounts,
): Lots<Row> {
  const { nodes, edges, order, limitCount, abortSignal } = parts;
  const request = { nodes, edges, start, signal: abortSignal, counts };
  const row = (bindings: Bindings): Row => rowOf(view, parts, bindings) as Row;
  const searched = <T>(make: (bindings: Bindings) => T): Lots<T> =>
    view.isRemote ? searchAhead(view, parts, request, make) : search(view, request, make);
  if (order !== undefined) {
    const by = (bindings: Bindings): Ordered<Row> => ({
      row: row(bindings),
      by: valueOf(view, parts, bindings, order.by) as PropertyValue | undefined,
    });
    yield await ordered(searched(by), order.isReverse, limitCount);
    return;
  }
  let rest = limitCount;
  if (rest === 0) return;
  for await (const rows of searched(row)) {
    yield rest < rows.length ? rows.slice(0, rest) : rows;
    rest -= rows.length;
    if (rest <= 0) return;
  }
}

/** As `search`, on servers: the properties of a lot of rows are read in one request. */
async function* searchAhead<T>(
  view: ReadView,
  { selected = [], order }: MatchParts,
  request: SearchRequest,
  make: (bindings: Bindings) => T,
): Lots<T> {
  const wanted = [...selected, ...(order === undefined ? [] : [order.by])].flatMap((name) => {
    const [node, property] = splitOnce(name);
    return property === undefined ? [] : [{ node, property }];
  });
  const kept = ({ nodes, edges }: Bindings): Bindings => ({
    nodes: new Map(nodes),
    edges: edges.map((way) => [...way]),
  });
  for await (const lot of search(view, request, kept)) {
    const keys = lot.flatMap(({ nodes }) =>
      wanted.map(({ node, property }) => [nodes.get(node)!, property]),
    );
    await view.nodes.ahead!(keys); // a view on servers has it
    yield lot.map(make);
  }
}

/** The first rows by their values, at most `limitCount`. */
async function ordered<Row>(
  lots: Lots<Ordered<Row>>,
  isReverse: boolean,
  limitCount: number,
): Promise<Row[]> {
  let kept: Ordered<Row>[] = [];
  const sort = (): void => {
    kept.sort((a, b) => compareOrdered(a.by, b.by, isReverse));
    if (kept.length > limitCount) kept = kept.slice(0, limitCount);
  };
  for await (const lot of lots) {
    for (const each of lot) kept.push(each);
    if (kept.length > 2 * limitCount + ROWS_BEFORE_SORT) sort();
  }
  sort();
  return kept.map(({ row }) => row);
}

const ROWS_BEFORE_SORT = 256;

function compareOrdered(
  a: PropertyValue | undefined,
  b: PropertyValue | undefined,
  isReverse: boolean,
): number {
  if (a === undefined || b === undefined) return Number(a === undefined) - Number(b === undefined);
  return isReverse ? compareValues(b, a) : compareValues(a, b);
}

function rowOf(view: ReadView, parts: MatchParts, bindings: Bindings): object {
  const { selected, nodes, edges } = parts;
  const names =
    selected ??
    new Set([...nodes.map(({ name }) => name), ...edges.flatMap(({ name }) => name ?? [])]);
  return Object.fromEntries(
    Array.from(names, (name) => [name, valueOf(view, parts, bindings, name)]),
  );
}

/** What a name, or `name.property`, stands for in a row. */
function valueOf(
  { nodes }: ReadView,
  { edges }: MatchParts,
  bindings: Bindings,
  selected: string,
): unknown {
  const dot = selected.indexOf('.');
  if (dot >= 0) {
    const node = bindings.nodes.get(selected.slice(0, dot))!; // it was checked
    return nodes.getSync([node, selected.slice(dot + 1)])?.[0];
  }
  const edge = edges.findIndex(({ name }) => name === selected);
  return edge >= 0 ? [...bindings.edges[edge]!] : bindings.nodes.get(selected);
}

function checkSelected({ nodes, edges }: MatchParts, selected: unknown): void {
  const [name, property] = typeof selected === 'string' ? splitOnce(selected) : [];
  const isNode = nodes.some((each) => each.name === name);
  const isEdge = property === undefined && edges.some((each) => each.name === name);
  if ((isNode || isEdge) && property !== '') return;
  throw new InvalidArgumentError(`Pattern has no such name: found=${shown(selected)}`);
}

function splitOnce(text: string): [string, string | undefined] {
  const dot = text.indexOf('.');
  return dot < 0 ? [text, undefined] : [text.slice(0, dot), text.slice(dot + 1)];
}

function shownEdge(parts: MatchParts, edge: number): string {
  const { direction } = parts.edges[edge]!; // of the plan
  return shownLeg(parts, { edge, from: edge, to: edge + 1, direction });
}

function shownLeg(
  { nodes, edges }: MatchParts,
  { edge, from, to, direction }: { edge: number; from: number; to: number; direction: string },
): string {
  const { types = [], lengthMin, lengthMax } = edges[edge]!; // of the plan
  const isOne = lengthMin === 1 && lengthMax === 1;
  const what = [types.join('|'), isOne ? '' : `*${lengthMin}..${lengthMax}`]
    .filter(Boolean)
    .join(' ');
  const [left, right] =
    direction === 'both' ? ['-', '-'] : direction === 'out' ? ['-', '->'] : ['<-', '-'];
  return `${nodes[from]!.name} ${left}[${what}]${right} ${nodes[to]!.name}`;
}
