/**
 * Patterns of varve/graph: their rows are those that looking everywhere finds, whatever the plan; and what the builder
 * refuses. SEED= other graphs and patterns.
 */
import process from 'node:process';
import { describe, expect, it } from 'vitest';
import { type Database, MemoryVfs, open } from '../../src/index.ts';
import { edge, type Graph, graph, node } from '../../src/graph/index.ts';
import { makeRandom } from '../support/prng.ts';
import { compareMatches } from './match-oracle.ts';

const SEED = Number(process.env['SEED'] ?? 1);
const ROUNDS = process.env['VARVE_QUICK'] ? 20 : 80;

async function withGraph(run: (g: Graph, db: Database) => Promise<void>): Promise<void> {
  const db = await open('/db', { vfs: new MemoryVfs() });
  await run(await graph(db, 'g'), db);
  await db.close();
}

describe('a match', () => {
  it(`has the rows that looking everywhere finds, wherever it starts, seed ${SEED} (match-run/any-start)`, () =>
    withGraph(async (g) => {
      const { rowCount, starts } = await compareMatches(g, makeRandom(SEED), ROUNDS);
      expect(rowCount).toBeGreaterThan(50);
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

  it('starts at the edges of an index when they are the fewest, and says so', () =>
    withGraph(async (g) => {
      const ids = await g.createNodes(Array.from({ length: 60 }, () => ({})));
      const [a, b, c] = ids as [number, number, number];
      const edges = await g.createEdges(
        Array.from({ length: 900 }, (_, i) => {
          const [from, to] = i % 3 === 0 ? [a, a] : [a, b];
          return { from, to, type: 'PAID', properties: { sum: i } };
        }),
      );
      await g.createEdge({ from: b, to: c, type: 'PAID' });
      const paid = edge('PAID').where({ sum: { gte: 895 } });
      const pattern = [node('x'), paid.as('p'), node('y'), edge('PAID'), node('z')] as const;
      const turned = [paid, paid.in(), paid.both()].map((each) =>
        g.match(node('x'), each.as('p'), node('y')),
      );
      const rowsOfAll = async (): Promise<string[][]> => {
        const rows = await Promise.all(turned.map((match) => match.all()));
        return rows.map((found) =>
          found.map((row) => JSON.stringify([row.x, row.p, row.y])).sort(),
        );
      };
      const before = await rowsOfAll();
      expect(before.map((rows) => rows.length)).toEqual([5, 5, 9]);
      await g.createEdgePropertyIndex('PAID', 'sum');
      expect(await rowsOfAll()).toEqual(before);
      for (const match of turned) expect((await match.explain()).by).toBe('edge-index');
      expect(
        await g
          .match(...pattern)
          .limit(3)
          .explain({ run: true }),
      ).toMatchObject({
        start: 'x -[PAID]-> y',
        by: 'edge-index',
        property: 'sum',
        startCount: 5,
        isExact: true,
        legs: ['y -[PAID]-> z'],
        returned: 3,
      });
      const loops = await g.match(node('x'), paid.both().as('p'), node('x')).all();
      expect(loops).toEqual([897].map((i) => ({ x: a, p: [edges[i]] })));
      const known = g.match(node('x'), paid.in(), node('y').is(a));
      expect(await known.explain()).toMatchObject({ by: 'id' });
      expect(
        await g.findEdgesByProperty('PAID', 'sum', { gte: 897 }, { reverse: true }).all(),
      ).toEqual([edges[899], edges[898], edges[897]]);
      await g.dropEdgePropertyIndex('PAID', 'sum');
      expect(await g.match(node('x'), paid.both().as('p'), node('x')).all()).toEqual(loops);
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
