/**
 * Graphs that come and go as a whole: bulk loads, JSON Lines and CSV. What was exported is imported again as it was; texts
 * that break their format are refused with the line; a load is there whole or not at all.
 */
import { describe, expect, it } from 'vitest';
import { type Database, MemoryVfs, open } from '../../src/index.ts';
import { type Graph, graph, type PropertyValue } from '../../src/graph/index.ts';
import { makeRandom } from '../support/prng.ts';
import { inPieces, shapeOf } from './shapes.ts';

async function withGraph(run: (g: Graph, db: Database) => Promise<void>): Promise<void> {
  const db = await open('/db', { vfs: new MemoryVfs() });
  await run(await graph(db, 'g'), db);
  await db.close();
}

const VALUES: readonly PropertyValue[] = [
  'plain',
  '',
  'a,"b"\r\nc',
  '\ud83d\ude00',
  1.5,
  -Infinity,
  5n,
  true,
  new Date(1e12),
  Uint8Array.of(0, 255),
  [1, ['x', null], new Date(0)],
];

async function fill(g: Graph): Promise<number[]> {
  const random = makeRandom(3);
  const ids: number[] = [];
  for (let i = 0; i < 60; i++) {
    const labels = ['A', 'B;C', 'D\\', '\u00e9'].filter(() => random.chance(0.5));
    const names = ['name', 'x', 'id', 'a,b', 'c:json'].filter(() => random.chance(0.5));
    const properties = Object.fromEntries(names.map((name) => [name, random.pick(VALUES)]));
    ids.push(await g.createNode({ labels, properties: { ...properties, text: `t${i}`, i } }));
  }
  for (let i = 0; i < 150; i++) {
    const properties = { w: random.pick(VALUES) };
    await g.createEdge({
      from: random.pick(ids),
      to: random.pick(ids),
      type: random.pick(['S', 'T']),
      properties,
    });
  }
  return ids;
}

describe('texts', () => {
  it('of JSON Lines give back what was exported (text-values/back)', () =>
    withGraph(async (g, db) => {
      await fill(g);
      const text = (await g.exportJsonLines().all()).join('');
      const other = await graph(db, 'other');
      const report = await other.importJsonLines(inPieces(text, 1));
      expect(report).toMatchObject({ nodeCount: 60, edgeCount: 150 });
      expect(await shapeOf(other)).toEqual(await shapeOf(g));
      expect((await other.verify()).isOk).toBe(true);
    }));

  it('of CSV give back what was exported (csv/back)', () =>
    withGraph(async (g, db) => {
      await fill(g);
      const nodes = (await g.exportCsv('nodes').all()).join('');
      const edges = (await g.exportCsv('edges').all()).join('');
      expect(nodes).toMatch(/^id,labels,"a,b:json",/);
      expect(edges).toMatch(/^id,from,to,type,w:json\n/);
      const other = await graph(db, 'other');
      await other.importCsv({ nodes: inPieces(nodes, 2), edges: inPieces(edges, 3) });
      expect(await shapeOf(other)).toEqual(await shapeOf(g));
    }));

  it('of other tools are taken: line ends of any kind, a last line without one, no labels', () =>
    withGraph(async (g) => {
      const nodes = 'id,name\r\na,"Ada ""L"""\r\n\r\nb,';
      const { ids } = await g.importCsv({ nodes: [nodes], edges: ['from,to,type\na,b,KNOWS\n'] });
      const [a, b] = [ids.get('a')!, ids.get('b')!];
      expect(await g.getNode(a)).toEqual({ id: a, labels: [], properties: { name: 'Ada "L"' } });
      expect((await g.getNode(b))?.properties).toEqual({});
      expect((await g.shortestPath(a, b))?.cost).toBe(1);
      const lines = '{"node":"x"}\r\n\n{"node":2}\n{"from":"x","to":2,"type":"T"}';
      expect(await g.importJsonLines([lines])).toMatchObject({ nodeCount: 2, edgeCount: 1 });
    }));

  it.each([
    ['{"node":1}\n{"node":1}', 2],
    ['{"node":1}\nnonsense', 2],
    ['\n[1]\n7', 3],
    ['{"node":1,"properties":{"a":null}}', 1],
    ['{"node":1,"properties":{"a":{"date":"x"}}}', 1],
    ['{"node":1,"properties":{"a":{"bytes":"0"}}}', 1],
    ['{"node":1,"properties":{"a":{"b":1}}}', 1],
    ['{"node":1,"labels":[""]}', 1],
    ['{"node":1}\n{"from":1,"to":2,"type":"T"}', 2],
  ])('of JSON Lines that break are refused with the line: %s', (text, line) =>
    withGraph(async (g) => {
      await expect(g.importJsonLines([text])).rejects.toMatchObject({ code: 'IMPORT', line });
      expect((await g.verify()).isOk).toBe(true);
    }),
  );

  it.each([
    ['name\nx\n', 1],
    ['id,name\n1\n', 2],
    ['id,name\n1,"x\n', 2],
    ['id,name\n1,x"y\n', 2],
    ['id,name\n1,"x"y\n', 2],
    ['id,name\n1,x\ry\n', 2],
    ['id,n:json\n1,"two\nlines"\n', 2],
    ['id,n\n1,"two\nlines"\n1,x\n', 4],
  ])('of CSV that break are refused with the line: %j', (nodes, line) =>
    withGraph(async (g) => {
      await expect(g.importCsv({ nodes: [nodes] })).rejects.toMatchObject({ code: 'IMPORT', line });
    }),
  );
});

describe('load()', () => {
  const nodes = Array.from({ length: 3000 }, (_, i) => ({
    key: `n${i}`,
    labels: i % 3 === 0 ? ['P', 'A'] : ['P'],
    properties: { z: i, age: i % 90 },
  }));
  const random = makeRandom(4);
  const edges = Array.from({ length: 9000 }, (_, i) => ({
    from: `n${random.below(3000)}`,
    to: `n${random.below(3000)}`,
    type: random.pick(['T', 'S', '\u00e9']),
    properties: { i },
  }));

  it('makes the graph that calls would make, with its indexes', () =>
    withGraph(async (g) => {
      await g.createPropertyIndex('P', 'age');
      expect(await g.load({ nodes, edges })).toEqual({ nodeCount: 3000, edgeCount: 9000 });
      const report = await g.verify();
      expect(report).toMatchObject({
        isOk: true,
        nodeCount: 3000,
        edgeCount: 9000,
        entryCount: 7000,
      });
      expect(await g.findNodesByProperty('P', 'age', 7).all()).toHaveLength(34);
      const id = await g.createNode({ labels: ['P'] });
      expect((await g.findNodesByLabel('P', { reverse: true }).first(1))[0]).toBe(id);
      expect(await g.getNode((await g.findNodesByLabel('A').first(2))[1]!)).toMatchObject({
        labels: ['A', 'P'],
        properties: { z: 3, age: 3 },
      });
    }));

  it('is refused beside nodes, and conflicts with who wrote before (bulk-load/into-empty)', () =>
    withGraph(async (g, db) => {
      const tx = db.begin();
      await g.in(tx).createNode();
      await g.load({ nodes, edges });
      await expect(tx.commit()).rejects.toMatchObject({ code: 'CONFLICT' });
      await expect(g.load({ nodes })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
      await g.clear();
      expect(await g.verify()).toMatchObject({
        isOk: true,
        nodeCount: 0,
        edgeCount: 0,
        entryCount: 0,
      });
      await g.load({ nodes: nodes.slice(0, 1) });
      expect((await g.verify()).nodeCount).toBe(1);
    }));

  it.each(['a bad edge', 'a signal', 'two nodes of one key'])(
    'that ends by %s shows no node, and takes no writes and no load before a clear (bulk-load/one-at-a-time)',
    (what) =>
      withGraph(async (g) => {
        const control = new AbortController();
        function* broken(): Generator<(typeof edges)[number]> {
          yield* edges.slice(0, 100);
          if (what === 'a signal') control.abort();
          else yield { ...edges[0]!, from: 'nobody' };
          yield* edges.slice(100);
        }
        const given = what === 'two nodes of one key' ? [...nodes, nodes[0]!] : nodes;
        const loading = g.load({ nodes: given, edges: broken() }, { signal: control.signal });
        await expect(loading).rejects.toMatchObject({
          code: what === 'a signal' ? 'ABORTED' : 'INVALID_ARGUMENT',
        });
        expect(await g.getNodesInRange(1, 1e9).all()).toEqual([]);
        await expect(g.createNode()).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
        await expect(g.load({ nodes })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
        await g.clear();
        expect(await g.load({ nodes, edges })).toMatchObject({ nodeCount: 3000 });
        expect((await g.verify()).isOk).toBe(true);
      }),
  );
});
