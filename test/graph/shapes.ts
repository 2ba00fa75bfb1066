/**
 * Graphs without their ids, and texts in pieces: what tests of imports compare and feed.
 *
 * Suspension: `shapeOf` suspends for the graph.
 */
import type { Graph } from '../../src/graph/index.ts';
import { makeRandom } from '../support/prng.ts';

/** A graph without its ids: nodes by their number `i`. */
export async function shapeOf(g: Graph): Promise<unknown> {
  const nodes = await g.getNodes(await g.getNodesInRange(1, 1e9).all());
  const numbers = new Map(nodes.map((node) => [node!.id, node!.properties['i']]));
  const edges: unknown[] = [];
  for (const node of nodes) {
    for await (const { edge } of g.neighbors(node!.id, { direction: 'out' })) {
      const { from, to, type, properties } = (await g.getEdge(edge))!;
      edges.push([numbers.get(from), numbers.get(to), type, properties]);
    }
  }
  const shown = (value: unknown): string =>
    JSON.stringify(value, (_, each: unknown) => (typeof each === 'bigint' ? `${each}n` : each));
  const bare = nodes.map((node) => [node!.properties['i'], node!.labels, node!.properties]);
  return { nodes: bare, edges: edges.sort((a, b) => (shown(a) < shown(b) ? -1 : 1)) };
}

/** Text as a stream gives it: bytes, cut anywhere. */
export function* inPieces(text: string, seed: number): Generator<Uint8Array> {
  const random = makeRandom(seed);
  const bytes = Buffer.from(text, 'utf8');
  for (let at = 0; at < bytes.length;) {
    const size = 1 + random.below(40);
    yield bytes.subarray(at, at + size);
    at += size;
  }
}
