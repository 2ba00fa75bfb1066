/**
 * The writes of a graph, in one transaction.
 *
 * Owns: which keys each change of a node or an edge writes, so that records, both ends of an edge, labels and entries of
 * indexes change in one commit.
 *
 * Two transactions must conflict when one could leave the other's work half, at `'snapshot'` as at `'serializable'`. They
 * do by what they write, because at `'snapshot'` reads count for nothing:
 *
 *      an edge against the deletion of its end      the deletion deletes the range that the edge is put into
 *      a property against the deletion of its node  in the same way
 *      a property against itself                    both write its key
 *      a label against an indexed property          a change of labels writes the indexed property again, as it is
 *      everything against a build of an index       index-builds.ts
 *
 * Invariants:
 *   writer/no-dangling-edge: an edge has both its nodes in every state that a commit leaves.
 *   writer/entries-follow: an index has the entries that records and properties say, in every state that a commit leaves.
 *   writer/properties-alone: a change of one property reads and writes that property alone, and its entries. Two
 *       transactions on different properties of one node do not conflict, nor do two new edges of one node.
 *   writer/checked-first: a call checks its arguments and what it needs before its first write. Example: an edge whose
 *       target is absent writes nothing.
 *
 * Suspension: every method is synchronous. A block that is not in memory is read by a call. On servers a method throws
 * MissedRead for what was not read ahead, and runs again with it; `expect` tells of many keys at once (ahead.ts).
 */
import type { Tuple } from '../index.ts';
import { CATALOG, type CatalogReader, type IndexRecord } from './catalog.ts';
import { EdgeNotFoundError, NodeHasEdgesError, NodeNotFoundError } from './graph-errors.ts';
import { IN, OUT, type WriteSpaces } from './layout.ts';
import type { EdgeId, NodeId, PropertyValue } from './values.ts';

const NOTHING: Tuple = [];

type Change = readonly [string, PropertyValue | null];

/** A node to create, checked. */
export interface NewNode {
  readonly id: NodeId;
  readonly labels: readonly string[];
  readonly properties: readonly Change[];
}

/** An edge to create, checked. */
export interface NewEdge {
  readonly id: EdgeId;
  readonly from: NodeId;
  readonly to: NodeId;
  readonly type: string;
  readonly properties: readonly Change[];
}

export class Writer {
  readonly #spaces: WriteSpaces;
  readonly #catalog: CatalogReader;

  constructor(spaces: WriteSpaces, catalog: CatalogReader) {
    this.#spaces = spaces;
    this.#catalog = catalog;
  }

  // Nodes.

  createNode({ id, labels, properties }: NewNode): void {
    const indexes = this.#indexes();
    const { nodes } = this.#spaces;
    nodes.put([id], labels);
    for (const label of labels) this.#spaces.labels.put([label, id], NOTHING);
    for (const [name, value] of properties) {
      if (value === null) continue;
      nodes.put([id, name], [value]);
      for (const index of relevant(indexes, labels, name)) this.#putEntry(index, value, id);
    }
  }

  /** Throws NodeNotFoundError. */
  changeNode(id: NodeId, changes: readonly Change[]): void {
    const indexes = this.#indexes();
    const labels = this.#mustLabels(id);
    const { nodes } = this.#spaces;
    for (const [name, value] of changes) {
      const found = relevant(indexes, labels, name);
      if (found.length > 0) {
        const old = nodes.getSync([id, name]);
        for (const index of found) {
          if (old !== undefined) this.#dropEntry(index, old[0] as PropertyValue, id);
          if (value !== null) this.#putEntry(index, value, id);
        }
      }
      if (value === null) nodes.del([id, name]);
      else nodes.put([id, name], [value]);
    }
  }

  /** Throws NodeNotFoundError. */
  changeLabels(id: NodeId, added: readonly string[], removed: readonly string[]): void {
    const indexes = this.#indexes();
    const old = this.#mustLabels(id);
    const labels = [
      ...new Set([...old.filter((label) => !removed.includes(label)), ...added]),
    ].sort();
    this.#spaces.nodes.put([id], labels);
    for (const label of old) if (!labels.includes(label)) this.#leaveLabel(id, label, indexes);
    for (const label of labels) if (!old.includes(label)) this.#takeLabel(id, label, indexes);
  }

  /** Throws NodeNotFoundError, and NodeHasEdgesError unless it cascades. The number of edges that went too. */
  deleteNode(id: NodeId, isCascading: boolean): number {
    const indexes = this.#indexes();
    const labels = this.#mustLabels(id);
    const { adjacency, nodes } = this.#spaces;
    const edges = new Set<EdgeId>();
    for (const key of adjacency.keys(isCascading ? { prefix: [id] } : { prefix: [id], limit: 1 })) {
      if (!isCascading) throw new NodeHasEdgesError(id);
      edges.add(key[4] as EdgeId);
    }
    this.#expectEdges(edges, indexes);
    for (const edge of edges) this.deleteEdge(edge);
    for (const label of labels) {
      this.#spaces.labels.del([label, id]);
      for (const index of indexes) {
        if (!isOver(index, 'node', label)) continue;
        const value = nodes.getSync([id, index.property]);
        if (value !== undefined) this.#dropEntry(index, value[0] as PropertyValue, id);
      }
    }
    adjacency.delRange({ prefix: [id] }); // layout/one-range
    nodes.delRange({ prefix: [id] });
    return edges.size;
  }

  // Edges.

  /** Throws NodeNotFoundError when an end is absent. */
  createEdge({ id, from, to, type, properties }: NewEdge): void {
    const indexes = this.#indexes();
    this.#mustLabels(from);
    if (to !== from) this.#mustLabels(to);
    const { edges, adjacency } = this.#spaces;
    edges.put([id], [from, to, type]);
    adjacency.put([from, OUT, type, to, id], NOTHING);
    adjacency.put([to, IN, type, from, id], NOTHING);
    for (const [name, value] of properties) {
      if (value === null) continue;
      edges.put([id, name], [value]);
      for (const index of relevantToEdge(indexes, type, name)) this.#putEntry(index, value, id);
    }
  }

  /** Throws EdgeNotFoundError. */
  changeEdge(id: EdgeId, changes: readonly Change[]): void {
    const indexes = this.#indexes();
    const { edges } = this.#spaces;
    const record = edges.getSync([id]);
    if (record === undefined) throw new EdgeNotFoundError(id);
    const type = record[2] as string;
    for (const [name, value] of changes) {
      const found = relevantToEdge(indexes, type, name);
      if (found.length > 0) {
        const old = edges.getSync([id, name]);
        for (const index of found) {
          if (old !== undefined) this.#dropEntry(index, old[0] as PropertyValue, id);
          if (value !== null) this.#putEntry(index, value, id);
        }
      }
      if (value === null) edges.del([id, name]);
      else edges.put([id, name], [value]);
    }
  }

  /** Throws EdgeNotFoundError. */
  deleteEdge(id: EdgeId): void {
    const indexes = this.#indexes();
    const { edges, adjacency } = this.#spaces;
    const record = edges.getSync([id]);
    if (record === undefined) throw new EdgeNotFoundError(id);
    const [from, to, type] = record as [NodeId, NodeId, string];
    adjacency.del([from, OUT, type, to, id]);
    adjacency.del([to, IN, type, from, id]);
    for (const index of indexes) {
      if (!isOver(index, 'edge', type)) continue;
      const value = edges.getSync([id, index.property]);
      if (value !== undefined) this.#dropEntry(index, value[0] as PropertyValue, id);
    }
    edges.delRange({ prefix: [id] }); // layout/one-range
  }

  /** What the deletions of edges read. */
  #expectEdges(edges: ReadonlySet<EdgeId>, indexes: readonly IndexRecord[]): void {
    if (this.#spaces.edges.expect === undefined) return; // in a directory
    const names = indexes.flatMap(({ kind, property }) => (kind === 'edge' ? [property] : []));
    const keys = Array.from(edges, (edge) => [[edge], ...names.map((name) => [edge, name])]);
    this.#spaces.edges.expect(keys.flat());
  }

  #takeLabel(id: NodeId, label: string, indexes: readonly IndexRecord[]): void {
    this.#spaces.labels.put([label, id], NOTHING);
    for (const index of indexes) {
      if (!isOver(index, 'node', label)) continue;
      const value = this.#touch(id, index.property);
      if (value !== undefined) this.#putEntry(index, value, id);
    }
  }

  #leaveLabel(id: NodeId, label: string, indexes: readonly IndexRecord[]): void {
    this.#spaces.labels.del([label, id]);
    for (const index of indexes) {
      if (!isOver(index, 'node', label)) continue;
      const value = this.#touch(id, index.property);
      if (value !== undefined) this.#dropEntry(index, value, id);
    }
  }

  /** Writes a property as it is: what changes it meanwhile conflicts. */
  #touch(id: NodeId, name: string): PropertyValue | undefined {
    return touchProperty(this.#spaces.nodes, id, name);
  }

  #putEntry(index: IndexRecord, value: PropertyValue, id: NodeId): void {
    this.#spaces.values.put([index.id, value, id], NOTHING);
  }

  #dropEntry(index: IndexRecord, value: PropertyValue, id: NodeId): void {
    this.#spaces.values.del([index.id, value, id]);
  }

  #indexes(): readonly IndexRecord[] {
    return this.#catalog.readForWrite(this.#spaces.meta.getSync(CATALOG)).indexes;
  }

  #mustLabels(id: NodeId): readonly string[] {
    const labels = this.#spaces.nodes.getSync([id]);
    if (labels === undefined) throw new NodeNotFoundError(id);
    return labels as readonly string[];
  }
}

/** Writes a property as it is, or that it is absent. Its value. */
export function touchProperty(
  space: WriteSpaces['nodes'],
  id: NodeId,
  name: string,
): PropertyValue | undefined {
  const value = space.getSync([id, name]);
  if (value === undefined) space.del([id, name]);
  else space.put([id, name], value);
  return value?.[0] as PropertyValue | undefined;
}

function relevant(
  indexes: readonly IndexRecord[],
  labels: readonly string[],
  name: string,
): readonly IndexRecord[] {
  if (indexes.length === 0) return indexes;
  return indexes.filter(
    ({ kind, of, property }) => property === name && kind === 'node' && labels.includes(of),
  );
}

function relevantToEdge(
  indexes: readonly IndexRecord[],
  type: string,
  name: string,
): readonly IndexRecord[] {
  if (indexes.length === 0) return indexes;
  return indexes.filter((index) => index.property === name && isOver(index, 'edge', type));
}

function isOver(index: IndexRecord, kind: IndexRecord['kind'], of: string): boolean {
  return index.kind === kind && index.of === of;
}
