/**
 * Patterns of varve/graph: their rows are those that looking everywhere finds, whatever the plan; and what the builder
 * refuses. SEED= other graphs and patterns.
 */
import process from 'node:process';
import { describe, expect, it } from 'vitest';
import { type Database, MemoryVfs, open } from '../../src/index.ts';
import { edge, type Graph, graph, node, type PropertyValue } from '../../src/graph/index.ts';
import { makeRandom, type Random } from '../support/prng.ts';
import { GraphModel } from './graph-model.ts';

const SEED = Number(process.env['SEED'] ?? 1);
const ROUNDS = process.env['VARVE_QUICK'] ? 20 : 80;

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
}

async function withGraph(run: (g: Graph, db: Database) => Promise<void>): Promise<void> {
  const db = await open('/db', { vfs: new MemoryVfs() });
  await run(await graph(db, 'g'), db);
  await db.close();
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
    model.edges.set(await g.createEdge(made), { ...made, properties: new Map() });
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
    return { type: random.pick(['S', 'T', undefined]), direction, min, max: min + random.below(2) };
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
    const plain = edge(link.type).between(link.min, link.max).as(`e${i}`);
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

describe('a match', () => {
  it(`has the rows that looking everywhere finds, wherever it starts, seed ${SEED} (match-run/any-start)`, () =>
    withGraph(async (g) => {
      const random = makeRandom(SEED);
      const model = new GraphModel();
      await fill(g, random, model);
      let rowCount = 0;
      const starts = new Set<string>();
      for (let round = 0; round < ROUNDS; round++) {
        if (round === ROUNDS / 2) await g.createPropertyIndex('A', 'city');
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
      expect(rowCount).toBeGreaterThan(100);
      expect(starts.size).toBeGreaterThan(3);
    }));

  it('starts at the end with the fewest nodes, and says so (match-plan/most-selective)', () =>
    withGraph(async (g) => {
      const many = await g.createNodes(
        Array.from({ length: 3000 }, (_, i) => ({
          labels: ['Person'],
          properties: { age: i % 100 },
        })),
      );
      const town = await g.createNode({ labels: ['City'], properties: { name: 'Rome' } });
      await g.createEdges(many.map((from) => ({ from, to: town, type: 'IN' })));
      const match = g.match(node('p', 'Person').where({ age: 7 }), edge('IN'), node('c', 'City'));
      expect(await match.explain()).toEqual({
        start: 'c',
        by: 'label',
        property: undefined,
        startCount: 1,
        isExact: true,
        legs: ['c <-[IN]- p'],
      });
      expect(await match.all()).toHaveLength(30);
      await g.createPropertyIndex('Person', 'age');
      const open = g.match(
        node('p', 'Person').where({ age: 7 }),
        edge('IN').between(1, 2),
        node('c'),
      );
      expect(await open.explain({ run: true })).toMatchObject({
        start: 'p',
        by: 'index',
        property: 'age',
        startCount: 30,
        legs: ['p -[IN *1..2]-> c'],
        examined: 60,
        returned: 30,
      });
      const all = g.match(node('p'), edge(), node('c'));
      expect(await all.explain()).toMatchObject({ by: 'all', startCount: 1024, isExact: false });
      const known = g.match(node('p', 'Person'), edge(['IN', 'AT']).both(), node('c').is(town));
      expect(await known.explain()).toMatchObject({ by: 'id', legs: ['c -[IN|AT]- p'] });
      expect(await known.limit(2).explain({ run: true })).toMatchObject({ returned: 2 });
    }));

  it('selects, orders, limits, and reads a transaction and a snapshot', () =>
    withGraph(async (g, db) => {
      const names = ['Cyd', 'Ada', 'Bob', 'Dan'];
      const ids = await g.createNodes(
        names.map((name) => ({ labels: ['P'], properties: { name } })),
      );
      const [cyd, ada, bob, dan] = ids as [number, number, number, number];
      const unnamed = await g.createNode({ labels: ['P'] });
      const snapshot = db.snapshot();
      const to = [ada, bob, dan, unnamed];
      const edges = await g.createEdges(
        to.map((each, i) => ({ from: cyd, to: each, type: 'KNOWS', properties: { since: i } })),
      );
      const pattern = [
        node('a').where({ name: 'Cyd' }),
        edge('KNOWS').as('k'),
        node('b', 'P'),
      ] as const;
      const match = g.match(...pattern).orderBy('b.name', 'desc');
      const rows = await match.select('b', 'b.name', 'k').all();
      expect(rows.map((row) => row['b.name'])).toEqual(['Dan', 'Bob', 'Ada', undefined]);
      expect(rows[0]).toEqual({ b: dan, 'b.name': 'Dan', k: [edges[2]] });
      const typed: number | undefined = rows[0]?.b;
      expect(typed).toBe(dan);
      expect(await match.limit(1).all()).toEqual([{ a: cyd, b: dan, k: [edges[2]] }]);
      expect((await match.orderBy('b').first(2)).map(({ b }) => b)).toEqual([ada, bob]);
      expect(
        await g
          .at(snapshot)
          .match(...pattern)
          .all(),
      ).toEqual([]);
      snapshot.close();
      const since = edge('KNOWS').where({ since: { gte: 2 } });
      expect(await g.match(node('a'), since, node('b')).all()).toHaveLength(2);
      const tx = db.begin();
      await g.in(tx).deleteEdge(edges[0]!);
      expect(
        await g
          .in(tx)
          .match(...pattern)
          .all(),
      ).toHaveLength(3);
      tx.rollback();
      const aborted = match.signal(AbortSignal.abort()).all();
      await expect(aborted).rejects.toMatchObject({ code: 'ABORTED' });
    }));

  it('refuses what is no pattern, and names that are not in it', () =>
    withGraph((g) => {
      const wrong: (() => unknown)[] = [
        () => g.match(),
        () => g.match(node('a'), edge()),
        () => g.match(edge(), node('a')),
        () => g.match(node('a'), node('b')),
        () => g.match(node('a'), edge().as('a'), node('b')),
        () => node('a.b'),
        () => node('a').where({ age: null as never }),
        () => edge().between(0, 1),
        () => edge().between(2, 1),
        () => edge().between(1, 99),
        () => g.match(node('a')).select('b' as 'a'),
        () => g.match(node('a')).select('a.'),
        () => g.match(node('a')).orderBy('a', 'up' as 'asc'),
        () => g.match(node('a')).limit(-1),
      ];
      for (const call of wrong) {
        expect(call, String(call)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
      }
      return Promise.resolve();
    }));
});
