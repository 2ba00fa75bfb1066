/**
 * Imports: nodes and edges of a text become those of a graph.
 *
 * Owns: the lots in which they are created, and the way from the keys of the text to ids.
 *
 * A lot is one commit. An import that fails leaves the lots before: import into a graph of its own, and clear it then.
 * In memory is an entry for each node, from its key to its id.
 *
 * Suspension: each lot suspends.
 */
import type { NodeKey } from './bulk-load.ts';
import { ImportError } from './graph-errors.ts';
import { mustGoOn } from './graph-stream.ts';
import type { EdgeInput, NodeInput } from './graph-writes.ts';
import type { NodeId, Properties } from './values.ts';

/** A node of a text. */
export interface ImportedNode extends NodeInput {
  readonly kind: 'node';
  readonly key: NodeKey;
  readonly line: number;
  readonly column?: number;
}

/** An edge of a text; its ends are keys of nodes that came before. */
export interface ImportedEdge {
  readonly kind: 'edge';
  readonly from: NodeKey;
  readonly to: NodeKey;
  readonly type: string;
  readonly properties: Properties;
  readonly line: number;
  readonly column?: number;
}

export type ImportedItem = ImportedNode | ImportedEdge;

/** What was imported. */
export interface ImportReport {
  /** Nodes that were created. */
  readonly nodeCount: number;
  /** Edges that were created. */
  readonly edgeCount: number;
  /** The id of each node, by what stood for it in the text. */
  readonly ids: ReadonlyMap<NodeKey, NodeId>;
}

/** Options of an import. */
export interface ImportOptions {
  /** Ends the import with AbortedError; what was imported before stays. */
  readonly signal?: AbortSignal;
}

/** What an import writes to. */
export interface ImportTarget {
  createNodes(nodes: readonly NodeInput[]): Promise<NodeId[]>;
  createEdges(edges: readonly EdgeInput[]): Promise<number[]>;
}

const LOT_COUNT = 500;

/** Commits on servers may be small: about so many keys (docs/guides/cluster.md). */
const KEY_COUNT_REMOTE = 96;

/** Keys that an item is written to, entries of indexes over half of its properties included. */
function keyCountOf(item: ImportedItem): number {
  const { properties = {} } = item;
  const others = item.kind === 'node' ? (item.labels?.length ?? 0) : 2;
  return 1 + others + 1.5 * Object.keys(properties).length;
}

/** Creates what comes, in its order. Throws ImportError with the line. */
export async function importItems(
  target: ImportTarget,
  items: AsyncIterable<ImportedItem>,
  { signal }: ImportOptions,
  isRemote: boolean,
): Promise<ImportReport> {
  const ids = new Map<NodeKey, NodeId>();
  let nodes: ImportedNode[] = [];
  let edges: ImportedEdge[] = [];
  let edgeCount = 0;
  const flush = async (): Promise<void> => {
    mustGoOn(signal);
    const made = await atLine(nodes, () => target.createNodes(nodes));
    nodes.forEach(({ key }, i) => ids.set(key, made[i]!)); // as many as nodes
    await atLine(edges, () => target.createEdges(edges.map((edge) => edgeInput(edge, ids))));
    edgeCount += edges.length;
    nodes = [];
    edges = [];
    keyCount = 0;
  };
  let keyCount = 0;
  const waiting = new Set<NodeKey>();
  for await (const item of items) {
    const count = isRemote ? keyCountOf(item) : 0;
    if (keyCount + count > KEY_COUNT_REMOTE) {
      await flush();
      waiting.clear();
    }
    keyCount += count;
    if (item.kind === 'node') {
      if (edges.length > 0) await flush();
      if (ids.has(item.key) || waiting.has(item.key)) {
        const { key, line, column } = item;
        throw new ImportError(`Two nodes have one key: key=${key}`, line, { column });
      }
      waiting.add(item.key);
      nodes.push(item);
    } else {
      edges.push(item);
    }
    if (nodes.length + edges.length < LOT_COUNT) continue;
    await flush();
    waiting.clear();
  }
  await flush();
  return { nodeCount: ids.size, edgeCount, ids };
}

function edgeInput(edge: ImportedEdge, ids: ReadonlyMap<NodeKey, NodeId>): EdgeInput {
  const { from, to, type, properties } = edge;
  return { from: mustId(ids, from, edge), to: mustId(ids, to, edge), type, properties };
}

function mustId(
  ids: ReadonlyMap<NodeKey, NodeId>,
  key: NodeKey,
  { line, column }: ImportedEdge,
): NodeId {
  const id = ids.get(key);
  if (id !== undefined) return id;
  throw new ImportError(`Edge names a node that did not come before: key=${key}`, line, { column });
}

/** What is refused is within the lot, which begins at its first line. */
async function atLine<T>(lot: readonly ImportedItem[], create: () => Promise<T>): Promise<T> {
  try {
    return await create();
  } catch (error) {
    const code: unknown = Reflect.get(error as object, 'code');
    if (code !== 'INVALID_ARGUMENT') throw error;
    const line = lot[0]?.line ?? 1;
    throw new ImportError(`Lot has what no graph takes: ${(error as Error).message}`, line, {
      cause: error,
    });
  }
}
