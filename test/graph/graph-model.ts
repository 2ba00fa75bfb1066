/**
 * A graph in memory, and a random life of one: what the graph on a database is compared with.
 *
 * Owns: the model, whose answers are computed by looking at everything, and the operations of a history.
 *
 * Suspension: everything here is synchronous.
 */
import type { PropertyValue } from '../../src/graph/index.ts';

export interface ModelNode {
  labels: Set<string>;
  properties: Map<string, PropertyValue>;
}

export interface ModelEdge {
  readonly from: number;
  readonly to: number;
  readonly type: string;
  properties: Map<string, PropertyValue>;
}

export class GraphModel {
  nodes = new Map<number, ModelNode>();
  edges = new Map<number, ModelEdge>();

  copy(): GraphModel {
    const copy = new GraphModel();
    for (const [id, { labels, properties }] of this.nodes) {
      copy.nodes.set(id, { labels: new Set(labels), properties: new Map(properties) });
    }
    for (const [id, edge] of this.edges) {
      copy.edges.set(id, { ...edge, properties: new Map(edge.properties) });
    }
    return copy;
  }

  edgesAt(node: number): number[] {
    return [...this.edges].filter(([, e]) => e.from === node || e.to === node).map(([id]) => id);
  }

  deleteNode(node: number): number {
    const edges = this.edgesAt(node);
    for (const edge of edges) this.edges.delete(edge);
    this.nodes.delete(node);
    return edges.length;
  }

  byLabel(label: string): number[] {
    return [...this.nodes]
      .filter(([, { labels }]) => labels.has(label))
      .map(([id]) => id)
      .sort(byNumber);
  }

  /** As `neighbors` lists them: out before in, by type, other end and edge. */
  neighbors(node: number): { node: number; edge: number; type: string; direction: string }[] {
    const found = [...this.edges].flatMap(([edge, { from, to, type }]) => [
      ...(from === node ? [{ node: to, edge, type, direction: 'out' }] : []),
      ...(to === node ? [{ node: from, edge, type, direction: 'in' }] : []),
    ]);
    return found.sort(
      (a, b) =>
        (a.direction === 'out' ? 0 : 1) - (b.direction === 'out' ? 0 : 1) ||
        (a.type < b.type ? -1 : a.type > b.type ? 1 : 0) ||
        a.node - b.node ||
        a.edge - b.edge,
    );
  }

  /** The least number of edges to each node that can be reached. */
  distances(start: number, depthMax = Infinity): Map<number, number> {
    const found = new Map<number, number>();
    if (!this.nodes.has(start)) return found;
    found.set(start, 0);
    const waiting = [start];
    for (const node of waiting) {
      const depth = found.get(node) ?? 0;
      if (depth >= depthMax) continue;
      for (const { from, to } of this.edges.values()) {
        if (from !== node || found.has(to)) continue;
        found.set(to, depth + 1);
        waiting.push(to);
      }
    }
    return found;
  }

  /** The least sum of weights to each node, by as many rounds as there are nodes. */
  costs(start: number, weight: string, otherwise: number): Map<number, number> {
    const found = new Map<number, number>([[start, 0]]);
    for (let round = 0; round < this.nodes.size; round++) {
      let isChanged = false;
      for (const { from, to, properties } of this.edges.values()) {
        const cost = found.get(from);
        if (cost === undefined) continue;
        const total = cost + Number(properties.get(weight) ?? otherwise);
        if (total >= (found.get(to) ?? Infinity)) continue;
        found.set(to, total);
        isChanged = true;
      }
      if (!isChanged) break;
    }
    return found;
  }
}

export function byNumber(a: number, b: number): number {
  return a - b;
}
