/**
 * What reads of a graph read from: the newest state, a snapshot, or a transaction.
 *
 * Owns: views. A view shows one state of the graph, however long a traversal takes. That of a transaction also shows what
 * the transaction has written, up to the beginning of each scan. On servers a view reads ahead (ahead.ts).
 *
 * Invariants:
 *   graph-view/one-state: a call reads from one view, which it opens at its first step and closes at its end.
 *   graph-view/loop-turns: traversals read cached blocks without a promise for each edge. So they call `breathe` every few
 *       hundred edges, which lets the event loop turn every few milliseconds.
 *
 * Suspension: reads suspend for blocks, but for `getSync` and iteration by `for`, which read a block by a call. On servers
 * `getSync` has what was read ahead.
 */
import type { Keyspace, RangeOptions, Scan, ScanOptions, Snapshot, Tuple } from '../index.ts';
import { Adjacency } from './adjacency.ts';
import { AheadKeys, AheadReads } from './ahead.ts';
import type { AnyDatabase, Spaces, TransactionSpaces, TupleSpace } from './layout.ts';

type KeyScan = Scan<Uint8Array, Uint8Array>;

/** Reads of one keyspace in one view. */
export interface SpaceReads<K, V> {
  get(key: K): Promise<V | undefined>;
  getSync(key: K): V | undefined;
  getMany(keys: readonly K[]): Promise<(V | undefined)[]>;
  entries(options?: ScanOptions<K>): Scan<K, [K, V]>;
  keys(options?: ScanOptions<K>): Scan<K, K>;
  /** On servers: reads values, for `getSync`. */
  ahead?(keys: readonly K[]): Promise<void>;
  /** On servers: whether `getSync` has the values. */
  isAhead?(keys: readonly K[]): boolean;
}

/** A state of the graph. */
export interface ReadView {
  readonly nodes: SpaceReads<Tuple, Tuple>;
  readonly edges: SpaceReads<Tuple, Tuple>;
  readonly labels: SpaceReads<Tuple, Tuple>;
  readonly values: SpaceReads<Tuple, Tuple>;
  readonly adjacencyKeys: SpaceReads<Tuple, Tuple>;
  readonly meta: SpaceReads<string, string>;
  /** True on servers: what `getSync` and `Adjacency.load` read is read ahead. */
  readonly isRemote: boolean;
  /** What threads beside this one read; undefined in a transaction, whose writes they do not see, and on servers. */
  readonly forThreads: ViewForThreads | undefined;
  /** The edges at nodes. */
  adjacency(): Adjacency;
  /** Lets the event loop turn when it has not for a few milliseconds. */
  breathe(): Promise<void>;
  close(): void;
}

/** The same state, for a thread. */
export interface ViewForThreads {
  readonly snapshot: Snapshot;
  /** The name of the keyspace of edges. */
  readonly adjacency: string;
}

/** Where views come from. */
export interface ReadSource {
  open(): ReadView;
}

/** Keys of no entry: a read of one costs nothing but its turn. */
const ABSENT = '';

class SnapshotReads<K, V> implements SpaceReads<K, V> {
  readonly #keyspace: Keyspace<K, V>;
  readonly #options: { readonly snapshot: Snapshot };

  constructor(keyspace: Keyspace<K, V>, options: { readonly snapshot: Snapshot }) {
    this.#keyspace = keyspace;
    this.#options = options;
  }

  get(key: K): Promise<V | undefined> {
    return this.#keyspace.get(key, this.#options);
  }

  getSync(key: K): V | undefined {
    return this.#keyspace.getSync(key, this.#options);
  }

  getMany(keys: readonly K[]): Promise<(V | undefined)[]> {
    return this.#keyspace.getMany(keys, this.#options);
  }

  entries(options?: ScanOptions<K>): Scan<K, [K, V]> {
    return this.#keyspace.entries({ ...options, ...this.#options });
  }

  keys(options?: ScanOptions<K>): Scan<K, K> {
    return this.#keyspace.keys({ ...options, ...this.#options });
  }
}

/** Views of snapshots: of one that is given, or of one that each view takes for itself. */
export class SnapshotSource implements ReadSource {
  readonly #db: AnyDatabase;
  readonly #spaces: Spaces;
  readonly #given: Snapshot | undefined;

  constructor(db: AnyDatabase, spaces: Spaces, given?: Snapshot) {
    this.#db = db;
    this.#spaces = spaces;
    this.#given = given;
  }

  open(): ReadView {
    const snapshot = this.#given ?? this.#db.snapshot();
    const options = { snapshot };
    const spaces = this.#spaces;
    const isOwn = this.#given === undefined;
    const bytes = new SnapshotReads(spaces.adjacencyBytes, options);
    const close = (): void => {
      if (isOwn) snapshot.close();
    };
    if (this.#db.isRemote) return remoteView(spaces, options, bytes, close);
    return {
      nodes: new SnapshotReads(spaces.nodes, options),
      edges: new SnapshotReads(spaces.edges, options),
      labels: new SnapshotReads(spaces.labels, options),
      values: new SnapshotReads(spaces.values, options),
      adjacencyKeys: new SnapshotReads(spaces.adjacency, options),
      meta: new SnapshotReads(spaces.meta, options),
      isRemote: false,
      forThreads: { snapshot, adjacency: spaces.adjacencyBytes.name },
      adjacency: () => new Adjacency(() => bytes.keys(), undefined),
      breathe: () => breathe(spaces),
      close,
    };
  }
}

function remoteView(
  spaces: Spaces,
  options: { readonly snapshot: Snapshot },
  bytes: SnapshotReads<Uint8Array, Uint8Array>,
  close: () => void,
): ReadView {
  const aheadOf = (space: TupleSpace): AheadReads<Tuple, Tuple> =>
    new AheadReads(new SnapshotReads(space, options));
  return {
    nodes: aheadOf(spaces.nodes),
    edges: aheadOf(spaces.edges),
    labels: aheadOf(spaces.labels),
    values: aheadOf(spaces.values),
    adjacencyKeys: aheadOf(spaces.adjacency),
    meta: new AheadReads(new SnapshotReads(spaces.meta, options)),
    isRemote: true,
    forThreads: undefined,
    adjacency: () => keptAdjacency((range) => bytes.keys(range)),
    breathe: () => Promise.resolve(), // every read ahead has let it turn
    close,
  };
}

function keptAdjacency(scan: (range: RangeOptions<Uint8Array>) => KeyScan): Adjacency {
  const kept = new AheadKeys(scan);
  return new Adjacency(undefined, ({ prefix }) => kept.of(prefix), kept);
}

/** The view of a transaction, which is one as long as it is active. */
export class TransactionSource implements ReadSource {
  /** Undefined on servers, where each call reads ahead for itself: writes may come between calls. */
  readonly #view: ReadView | undefined;
  readonly #inTx: TransactionSpaces;

  constructor(inTx: TransactionSpaces, spaces: Spaces, isRemote: boolean) {
    this.#inTx = inTx;
    if (isRemote) {
      this.#view = undefined;
      return;
    }
    const { adjacencyBytes, adjacency, nodes, edges, labels, values, meta } = inTx;
    const edgesOf = (range: RangeOptions<Uint8Array>): KeyScan => adjacencyBytes.keys(range);
    this.#view = {
      nodes,
      edges,
      labels,
      values,
      meta,
      adjacencyKeys: adjacency,
      isRemote: false,
      forThreads: undefined,
      adjacency: () => new Adjacency(undefined, edgesOf),
      breathe: () => breathe(spaces),
      close: () => undefined,
    };
  }

  open(): ReadView {
    return this.#view ?? remoteTransactionView(this.#inTx);
  }
}

function remoteTransactionView(inTx: TransactionSpaces): ReadView {
  const { adjacencyBytes, adjacency, nodes, edges, labels, values, meta } = inTx;
  return {
    nodes: new AheadReads(nodes),
    edges: new AheadReads(edges),
    labels: new AheadReads(labels),
    values: new AheadReads(values),
    meta: new AheadReads(meta),
    adjacencyKeys: new AheadReads(adjacency),
    isRemote: true,
    forThreads: undefined,
    adjacency: () => keptAdjacency((range) => adjacencyBytes.keys(range)),
    breathe: () => Promise.resolve(),
    close: () => undefined,
  };
}

async function breathe({ meta }: Spaces): Promise<void> {
  await meta.get(ABSENT);
}
