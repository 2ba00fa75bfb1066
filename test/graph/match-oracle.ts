/**
 * Patterns at random, and their rows by looking everywhere.
 *
 * Owns: a small random graph, its model, and the comparison of each match with it.
 *
 * Suspension: `compareMatches` suspends for the graph.
 */
import { expect } from 'vitest';
import { edge, type Graph, node, type PropertyValue } from '../../src/graph/index.ts';
import type { Random } from '../support/prng.ts';
import { GraphModel } from './graph-model.ts';

interface Part {
  readonly name: string;
  readonly label: string | undefined;
  readonly city: string | undefined;
}

interface Link {
  readonly type: string | undefined;
  readonly direction: 'out' | 'in' | 'both';
  readonly min: number;
  readonly max: number;
  readonly w: number | undefined;
}

async function fill(g: Graph, random: Random, model: GraphModel): Promise<void> {
  for (let i = 0; i < 14; i++) {
    const labels = ['A', 'B'].filter(() => random.chance(0.5));
    const properties: Record<string, PropertyValue> = { city: random.pick(['x', 'y']), n: i };
    const id = await g.createNode({ labels, properties });
    model.nodes.set(id, {
      labels: new Set(labels),
      properties: new Map(Object.entries(properties)),
    });
  }
  const ids = [...model.nodes.keys()];
  for (let i = 0; i < 24; i++) {
    const made = { from: random.pick(ids), to: random.pick(ids), type: random.pick(['S', 'T']) };
    const properties = random.chance(0.7) ? { w: random.below(3) } : {};
    const id = await g.createEdge({ ...made, properties });
    model.edges.set(id, { ...made, properties: new Map(Object.entries(properties)) });
  }
}

/** Every row, by looking everywhere: for each node of the first part, every way on. */
function rowsOf(model: GraphModel, parts: readonly Part[], links: readonly Link[]): string[] {
  const rows: string[] = [];
  const bound = new Map<string, number>();
  const ways: number[][] = links.map(() => []);
  const fits = (part: Part, id: number): boolean => {
    const { labels, properties } = model.nodes.get(id)!;
    if (part.label !== undefined && !labels.has(part.label)) return false;
    if (part.city !== undefined && properties.get('city') !== part.city) return false;
    return (bound.get(part.name) ?? id) === id;
  };
  const place = (at: number, id: number): void => {
    const part = parts[at]!;
    if (!fits(part, id)) return;
    const isNew = !bound.has(part.name);
    bound.set(part.name, id);
    if (at === links.length) rows.push(JSON.stringify([Object.fromEntries(bound), ways]));
    else walk(at, id, 0);
    if (isNew) bound.delete(part.name);
  };
  const walk = (at: number, from: number, length: number): void => {
    const link = links[at]!;
    if (length >= link.min) place(at + 1, from);
    if (length === link.max) return;
    for (const [id, each] of model.edges) {
      if (ways.some((way) => way.includes(id)) || (link.type ?? each.type) !== each.type) continue;
      if (link.w !== undefined && each.properties.get('w') !== link.w) continue;
      const ends = new Set<number>();
      if (link.direction !== 'in' && each.from === from) ends.add(each.to);
      if (link.direction !== 'out' && each.to === from) ends.add(each.from);
      for (const end of ends) {
        ways[at]!.push(id);
        walk(at, end, length + 1);
        ways[at]!.pop();
      }
    }
  };
  for (const id of model.nodes.keys()) place(0, id);
  return rows.sort();
}

function randomPattern(random: Random): { parts: Part[]; links: Link[] } {
  const count = 1 + random.below(3);
  const links = Array.from({ length: count - 1 }, (): Link => {
    const min = random.chance(0.7) ? 1 : 2;
    const direction = random.pick(['out', 'in', 'both'] as const);
    const w = random.pick([undefined, 0, 1]);
    const max = min + random.below(2);
    return { type: random.pick(['S', 'T', undefined]), direction, min, max, w };
  });
  const parts = Array.from({ length: count }, (_, i): Part => {
    const name = random.chance(0.15) ? 'n0' : `n${i}`;
    return { name, label: random.pick(['A', 'B', undefined]), city: random.pick(['x', undefined]) };
  });
  return { parts, links };
}

function built(g: Graph, parts: readonly Part[], links: readonly Link[]) {
  const pattern = parts.flatMap(({ name, label, city }, i) => {
    const part = node(name, label).where(city === undefined ? {} : { city });
    const link = links[i];
    if (link === undefined) return [part];
    const plain = edge(link.type)
      .between(link.min, link.max)
      .where(link.w === undefined ? {} : { w: link.w })
      .as(`e${i}`);
    const turned =
      link.direction === 'in' ? plain.in() : link.direction === 'both' ? plain.both() : plain;
    return [part, turned];
  });
  return g.match(...pattern);
}

/** A row of the graph, in the form of the model. */
function shownRow(
  row: Readonly<Record<string, unknown>>,
  parts: readonly Part[],
  links: readonly Link[],
): string {
  const bound = Object.fromEntries(parts.map(({ name }) => [name, row[name]]));
  return JSON.stringify([bound, links.map((_, i) => row[`e${i}`])]);
}

/** Compares the rows of random patterns, half of them without an index. Counts of what came of it. */
export async function compareMatches(
  g: Graph,
  random: Random,
  rounds: number,
): Promise<{ readonly rowCount: number; readonly starts: ReadonlySet<string> }> {
  const model = new GraphModel();
  await fill(g, random, model);
  let rowCount = 0;
  const starts = new Set<string>();
  for (let round = 0; round < rounds; round++) {
    if (round === Math.floor(rounds / 2)) {
      await g.createPropertyIndex('A', 'city');
      await g.createEdgePropertyIndex('T', 'w');
    }
    const { parts, links } = randomPattern(random);
    const match = built(g, parts, links);
    const rows = await match.all();
    const found = rows.map((row) => shownRow(row, parts, links)).sort();
    expect(found, JSON.stringify({ parts, links })).toEqual(rowsOf(model, parts, links));
    const { start, by, returned } = await match.explain({ run: true });
    expect(returned).toBe(rows.length);
    starts.add(`${start} ${by}`);
    rowCount += rows.length;
  }
  return { rowCount, starts };
}
