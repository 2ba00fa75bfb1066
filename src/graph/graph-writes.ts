/**
 * The writes of a graph, as its user calls them.
 *
 * Owns: the calls that write, of their own or in a transaction, and the checks of what they are given.
 *
 * Suspension: every call suspends, for ids and for its commit. What it writes is computed without (writer.ts).
 */
import { InvalidArgumentError, type Tuple } from '../index.ts';
import type { CatalogReader } from './catalog.ts';
import { GraphReads } from './graph-reads.ts';
import type { IdBlocks } from './id-blocks.ts';
import type { ReadSource } from './read-view.ts';
import type { Wanted } from './transact.ts';
import {
  checkChanges,
  checkId,
  checkLabels,
  checkName,
  checkProperties,
  type EdgeId,
  type NodeId,
  type Properties,
  type PropertyChanges,
  type PropertyValue,
  shown,
} from './values.ts';
import type { NewEdge, NewNode, Writer } from './writer.ts';

/** A node to create. */
export interface NodeInput {
  /** Default none. */
  readonly labels?: readonly string[];
  /** Default none. */
  readonly properties?: Properties;
}

/** An edge to create. */
export interface EdgeInput {
  /** The node that it begins at. */
  readonly from: NodeId;
  /** The node that it ends at; it may be the same. */
  readonly to: NodeId;
  /** What kind of edge it is. */
  readonly type: string;
  /** Default none. */
  readonly properties?: Properties;
}

/** Options of `deleteNode`. */
export interface DeleteNodeOptions {
  /** Deletes the edges of the node too. Default false: a node with edges is refused. */
  readonly cascade?: boolean;
}

/** What the calls are made of. */
export interface GraphParts {
  readonly source: ReadSource;
  readonly catalog: CatalogReader;
  readonly ids: IdBlocks;
  /** Runs a body that writes, all or nothing. On servers it first reads what is wanted, in one request. */
  write<T>(body: (writer: Writer) => T, wanted?: () => Wanted): Promise<T>;
}

/**
 * Reads and writes of a graph. A write of a graph is a commit of its own, which resolves as a put does; one of `g.in(tx)` is
 * part of the transaction. One that fails has written nothing.
 *
 * Writes reject with NodeNotFoundError or EdgeNotFoundError for what is absent, and InvalidArgumentError for what is wrong,
 * a property value that no tuple holds among them.
 */
export class GraphWrites extends GraphReads {
  readonly #parts: GraphParts;

  protected constructor(parts: unknown) {
    const { source, catalog } = parts as GraphParts; // of graph.ts
    super(source, catalog);
    this.#parts = parts as GraphParts;
  }

  // Nodes.

  /**
   * Creates a node. Resolves with its id.
   *
   * @example
   * const dan = await g.createNode({ labels: ['Person'], properties: { name: 'Dan' } });
   */
  async createNode(node: NodeInput = {}): Promise<NodeId> {
    const [id] = await this.createNodes([node]);
    return id!; // of the one node
  }

  /**
   * Creates several nodes in one commit. Resolves with their ids, which ascend.
   *
   * @example
   * const [dan, eve] = await g.createNodes([{ labels: ['Person'] }, { labels: ['Person', 'Admin'] }]);
   */
  async createNodes(nodes: readonly NodeInput[]): Promise<NodeId[]> {
    const checked = checkList('Nodes', nodes).map(({ labels, properties }) => ({
      labels: checkLabels(labels),
      properties: checkProperties(properties),
    }));
    if (checked.length === 0) return [];
    const first = await this.#parts.ids.take(checked.length);
    const made = checked.map((node, i): NewNode => ({ id: first + i, ...node }));
    await this.#parts.write((writer) => {
      for (const node of made) writer.createNode(node);
    });
    return made.map(({ id }) => id);
  }

  /**
   * Writes one property of a node; the others are neither read nor written.
   *
   * @example
   * await g.setNodeProperty(ada, 'city', 'London');
   */
  async setNodeProperty(id: NodeId, name: string, value: PropertyValue): Promise<void> {
    checkId('Node', id);
    const changes = checkProperties({ [checkName('Name of a property', name)]: value });
    await this.#parts.write(
      (writer) => writer.changeNode(id, changes),
      () => ({ nodes: keysOf(id, changes) }),
    );
  }

  /**
   * Removes one property of a node; an absent one is no error.
   *
   * @example
   * await g.removeNodeProperty(ada, 'age');
   */
  async removeNodeProperty(id: NodeId, name: string): Promise<void> {
    await this.updateNodeProperties(id, { [checkName('Name of a property', name)]: null });
  }

  /**
   * Writes the properties that are named, and removes those named with null. The others stay.
   *
   * @example
   * await g.updateNodeProperties(ada, { city: 'London', age: null });
   * (await g.getNode(ada)).properties; // => { city: 'London', name: 'Ada' }
   */
  async updateNodeProperties(id: NodeId, changes: PropertyChanges): Promise<void> {
    checkId('Node', id);
    const checked = checkChanges(changes);
    await this.#parts.write(
      (writer) => writer.changeNode(id, checked),
      () => ({ nodes: keysOf(id, checked) }),
    );
  }

  /**
   * Gives a node labels; one that it has is no error.
   *
   * @example
   * await g.addLabels(ada, ['Admin']);
   */
  async addLabels(id: NodeId, labels: readonly string[]): Promise<void> {
    checkId('Node', id);
    const checked = checkLabels(labels);
    await this.#parts.write((writer) => writer.changeLabels(id, checked, []));
  }

  /**
   * Takes labels from a node; one that it has not is no error.
   *
   * @example
   * await g.removeLabels(ada, ['Person']);
   */
  async removeLabels(id: NodeId, labels: readonly string[]): Promise<void> {
    checkId('Node', id);
    const checked = checkLabels(labels);
    await this.#parts.write((writer) => writer.changeLabels(id, [], checked));
  }

  /**
   * Deletes a node. One with edges is refused with NodeHasEdgesError, unless `cascade` deletes them too: that is one
   * transaction, however many there are. Resolves with the number of edges that went.
   *
   * @example
   * await g.deleteNode(ada).catch(({ code }) => console.log(code));
   * // => NODE_HAS_EDGES
   * await g.deleteNode(ada, { cascade: true }); // => 1
   */
  async deleteNode(id: NodeId, options: DeleteNodeOptions = {}): Promise<number> {
    checkId('Node', id);
    const { cascade = false } = options;
    if (typeof cascade !== 'boolean') {
      throw new InvalidArgumentError(
        `Option cascade must be true or false: found=${shown(cascade)}`,
      );
    }
    return this.#parts.write((writer) => writer.deleteNode(id, cascade));
  }

  // Edges.

  /**
   * Creates an edge. Resolves with its id. Rejects with NodeNotFoundError when an end is absent.
   *
   * @example
   * const id = await g.createEdge({ from: cyd, to: ada, type: 'KNOWS', properties: { since: 2024 } });
   */
  async createEdge(edge: EdgeInput): Promise<EdgeId> {
    const [id] = await this.createEdges([edge]);
    return id!; // of the one edge
  }

  /**
   * Creates several edges in one commit. Resolves with their ids, which ascend.
   *
   * @example
   * const ids = await g.createEdges([{ from: cyd, to: ada, type: 'KNOWS' }, { from: cyd, to: bob, type: 'KNOWS' }]);
   * ids.length; // => 2
   */
  async createEdges(edges: readonly EdgeInput[]): Promise<EdgeId[]> {
    const checked = checkList('Edges', edges).map(({ from, to, type, properties }) => ({
      from: checkId('From', from),
      to: checkId('To', to),
      type: checkName('Type', type),
      properties: checkProperties(properties),
    }));
    if (checked.length === 0) return [];
    const first = await this.#parts.ids.take(checked.length);
    const made = checked.map((edge, i): NewEdge => ({ id: first + i, ...edge }));
    await this.#parts.write(
      (writer) => {
        for (const edge of made) writer.createEdge(edge);
      },
      () => ({ nodes: made.flatMap(({ from, to }) => [[from], [to]]) }),
    );
    return made.map(({ id }) => id);
  }

  /**
   * Writes one property of an edge; the others are neither read nor written.
   *
   * @example
   * const [{ edge: id }] = await g.neighbors(ada).all();
   * await g.setEdgeProperty(id, 'since', 2021);
   */
  async setEdgeProperty(id: EdgeId, name: string, value: PropertyValue): Promise<void> {
    checkId('Edge', id);
    const changes = checkProperties({ [checkName('Name of a property', name)]: value });
    await this.#parts.write(
      (writer) => writer.changeEdge(id, changes),
      () => ({ edges: keysOf(id, changes) }),
    );
  }

  /**
   * Removes one property of an edge; an absent one is no error.
   *
   * @example
   * const [{ edge: id }] = await g.neighbors(ada).all();
   * await g.removeEdgeProperty(id, 'since');
   */
  async removeEdgeProperty(id: EdgeId, name: string): Promise<void> {
    await this.updateEdgeProperties(id, { [checkName('Name of a property', name)]: null });
  }

  /**
   * Writes the properties that are named, and removes those named with null. The others stay.
   *
   * @example
   * const [{ edge: id }] = await g.neighbors(ada).all();
   * await g.updateEdgeProperties(id, { since: null, close: true });
   * (await g.getEdge(id)).properties; // => { close: true }
   */
  async updateEdgeProperties(id: EdgeId, changes: PropertyChanges): Promise<void> {
    checkId('Edge', id);
    const checked = checkChanges(changes);
    await this.#parts.write(
      (writer) => writer.changeEdge(id, checked),
      () => ({ edges: keysOf(id, checked) }),
    );
  }

  /**
   * Deletes an edge.
   *
   * @example
   * const [{ edge: id }] = await g.neighbors(ada).all();
   * await g.deleteEdge(id);
   */
  async deleteEdge(id: EdgeId): Promise<void> {
    checkId('Edge', id);
    await this.#parts.write((writer) => writer.deleteEdge(id));
  }
}

/** The record of a node or an edge, and the properties that change. */
function keysOf(id: number, changes: readonly (readonly [string, unknown])[]): Tuple[] {
  return [[id], ...changes.map(([name]) => [id, name])];
}

function checkList<T extends object>(what: string, list: readonly T[]): readonly T[] {
  const given: unknown = list;
  if (!Array.isArray(given)) {
    throw new InvalidArgumentError(`${what} must be an array: found=${shown(given)}`);
  }
  for (const each of given as unknown[]) {
    if (typeof each === 'object' && each !== null) continue;
    throw new InvalidArgumentError(`${what} must be objects: found=${shown(each)}`);
  }
  return list;
}
