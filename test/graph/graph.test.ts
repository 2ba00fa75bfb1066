/**
 * varve/graph call by call: what each does, refuses and leaves alone. Random lives are in histories.test.ts, races in
 * races.test.ts, kills in crash.test.ts, patterns in match.test.ts.
 */
import { describe, expect, it } from 'vitest';
import { type Database, MemoryVfs, open, type Tuple } from '../../src/index.ts';
import { type Graph, graph, type PropertyValue } from '../../src/graph/index.ts';
import { compareValues } from '../../src/graph/values.ts';
import { makeRandom } from '../support/prng.ts';

async function withGraph(run: (g: Graph, db: Database) => Promise<void>): Promise<void> {
  const db = await open('/db', { vfs: new MemoryVfs() });
  await run(await graph(db, 'g'), db);
  await db.close();
}

/** A line of nodes, each with an edge NEXT to the one behind it. */
async function line(g: Graph, count: number): Promise<number[]> {
  const nodes = await g.createNodes(
    Array.from({ length: count }, (_, i) => ({ properties: { i } })),
  );
  const edges = nodes
    .slice(1)
    .map((to, i) => ({ from: nodes[i]!, to, type: 'NEXT', properties: { km: i } }));
  await g.createEdges(edges);
  return nodes;
}

describe('property values', () => {
  it('compareValues() has the order of tuples (values/same-order)', async () => {
    const db = await open('/db', {
      vfs: new MemoryVfs(),
      keyEncoding: 'tuple',
      valueEncoding: 'view',
    });
    const random = makeRandom(5);
    const texts = [
      '',
      'a',
      'z\u00e9',
      '\ud83d\ude00',
      '\uffff',
      '\ud7ff',
      '\ue000',
      'a\ud83d\ude00',
    ];
    const values: PropertyValue[] = [
      ...texts,
      ...[0, 1, -1, 1.5, -1.5, 255, 256, 2 ** 53, 2 ** 60, Infinity, -Infinity, 1e-7],
      ...[0n, 1n, -1n, 2n ** 60n, -256n, 255n, 2n ** 70n],
      ...[true, false, new Date(0), new Date(-5), new Date(1e12)],
      ...[[], [1], [1, 'a'], ['a'], [null], [[1]], [1n]],
      ...[random.bytes(0), random.bytes(3), random.bytes(3), Uint8Array.of(0), Uint8Array.of(0, 0)],
    ];
    for (const value of values) await db.put([value], Uint8Array.of());
    const stored = (await db.keys().all()).map(([value]) => value as PropertyValue);
    expect([...values].sort(compareValues)).toEqual(stored);
    await db.close();
  });

  it('come back as they were, each under a key of its own', () =>
    withGraph(async (g) => {
      const properties = {
        a: 1n,
        b: new Date(5),
        c: Uint8Array.of(1),
        d: [1, ['x']],
        e: '',
        f: false,
      };
      const id = await g.createNode({ properties });
      expect(await g.getNode(id)).toEqual({ id, labels: [], properties });
      await g.updateNodeProperties(id, { a: null, g: 2 });
      expect(await g.getNodeProperty(id, 'a')).toBeUndefined();
      expect(await g.getNodeProperty(id, 'g')).toBe(2);
    }));

  it.each([[null], [undefined], [Number.NaN], [{ a: 1 }], [() => 1]])(
    'that no tuple holds are refused, and nothing is written: %s',
    (value) =>
      withGraph(async (g, db) => {
        const id = await g.createNode({ properties: { a: 1 } });
        const bad = value as unknown as PropertyValue;
        await expect(g.setNodeProperty(id, 'a', bad)).rejects.toMatchObject({
          code: 'INVALID_ARGUMENT',
        });
        const refused = { labels: ['L'], properties: { x: 1, bad } };
        await expect(g.createNode(refused)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
        await db.transaction(async (tx) => {
          const call = g.in(tx).createNode(refused);
          await expect(call).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
        });
        expect(await g.findNodesByLabel('L').all()).toEqual([]); // graph/fails-whole
        expect(await g.getNodeProperty(id, 'a')).toBe(1);
        expect((await g.verify()).nodeCount).toBe(1);
      }),
  );
});

describe('arguments', () => {
  it('that are wrong are refused with their value', () =>
    withGraph(async (g) => {
      const wrong: (() => unknown)[] = [
        () => g.createNode({ labels: [''] }),
        () => g.createNode({ labels: 'Person' as unknown as string[] }),
        () => g.createNode({ labels: ['a\0b'] }),
        () => g.createNode({ properties: [] as never }),
        () => g.createNodes({} as never),
        () => g.createEdge({ from: 0, to: 1, type: 'T' }),
        () => g.createEdge({ from: 1, to: 1, type: '' }),
        () => g.getNode(1.5),
        () => g.deleteNode(1, { cascade: 1 as never }),
        () => g.neighbors(1, { direction: 'up' as never }),
        () => g.traverseBfs(1, { unique: 'none' }),
        () => g.traverseBfs(1, { depthMax: -1 }),
        () => g.paths(1, {} as never),
        () => g.findNodesByProperty('A', 'b', { gte: 1, lt: 'x' }),
        () => g.findNodesByProperty('A', 'b', { like: 1 } as never),
        () => g.shortestPath(1, 2, { weight: 'w', depthMax: 2 }),
        () => g.dropPropertyIndex('A', 'b'),
      ];
      for (const call of wrong) {
        const error: unknown = await Promise.resolve()
          .then(call)
          .catch((cause: unknown) => cause);
        expect(error, String(call)).toMatchObject({ code: 'INVALID_ARGUMENT' });
      }
    }));
});

describe('ids', () => {
  it('are given once, by several handles and after reopening (id-blocks/never-again, id-blocks/ascending)', async () => {
    const vfs = new MemoryVfs();
    const given = new Set<number>();
    for (let round = 0; round < 3; round++) {
      const db = await open('/db', { vfs });
      const handles = [await graph(db, 'g'), await graph(db, 'g')];
      for (const g of handles) {
        const made = await Promise.all([g.createNode(), g.createNodes([{}, {}]), g.createNode()]);
        const ids = made.flat();
        expect(ids).toEqual([...ids].sort((a, b) => a - b));
        for (const id of ids) {
          expect(given.has(id)).toBe(false);
          given.add(id);
        }
        for (const id of ids) await g.deleteNode(id);
        const many = await g.createNodes(Array.from({ length: 5000 }, () => ({})));
        for (const id of many) given.add(id);
      }
      await db.close();
    }
    expect(given.size).toBe(3 * 2 * 5004);
  });
});

describe('a graph', () => {
  it('is apart from others of the database', () =>
    withGraph(async (g, db) => {
      const other = await graph(db, 'other');
      const id = await g.createNode({ labels: ['A'] });
      expect(await other.getNode(id)).toBeUndefined();
      expect(await other.findNodesByLabel('A').all()).toEqual([]);
      expect([g.name, other.name]).toEqual(['g', 'other']);
    }));

  it('refuses the transaction of another database, and one that has ended', () =>
    withGraph(async (g, db) => {
      const other = await open('/other', { vfs: new MemoryVfs() });
      const tx = other.begin();
      expect(() => g.in(tx)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
      const ended = db.begin();
      const inEnded = g.in(ended);
      ended.rollback();
      await expect(inEnded.createNode()).rejects.toMatchObject({ code: 'CLOSED' });
      await expect(inEnded.getNode(1)).rejects.toMatchObject({ code: 'CLOSED' });
      await other.close();
    }));

  it('of a newer version is refused', () =>
    withGraph(async (_, db) => {
      const meta = await db.keyspace('graph:g:meta', {
        keyEncoding: 'utf8',
        valueEncoding: 'utf8',
      });
      await meta.put('catalog', JSON.stringify({ format: 3 }));
      await expect(graph(db, 'g')).rejects.toMatchObject({ code: 'INCOMPATIBLE_FORMAT' });
    }));
});

describe('a write that fails', () => {
  it('writes nothing, and a transaction goes on without it (writer/checked-first, graph/fails-whole)', () =>
    withGraph(async (g, db) => {
      const node = await g.createNode();
      const edges = [
        { from: node, to: node, type: 'T' },
        { from: node, to: 777, type: 'T' },
      ];
      await expect(g.createEdges(edges)).rejects.toMatchObject({
        code: 'NODE_NOT_FOUND',
        node: 777,
      });
      await db.transaction(async (tx) => {
        const inTx = g.in(tx);
        await inTx.setNodeProperty(node, 'a', 1);
        await expect(inTx.createEdges(edges)).rejects.toMatchObject({ code: 'NODE_NOT_FOUND' });
        await inTx.createEdge(edges[0]!);
        await expect(inTx.deleteNode(node)).rejects.toMatchObject({ code: 'NODE_HAS_EDGES', node });
      });
      expect(await g.getNodeProperty(node, 'a')).toBe(1);
      expect(await g.verify()).toMatchObject({ isOk: true, nodeCount: 1, edgeCount: 1 });
    }));
});

describe('traversals', () => {
  it('come by depth, each node once, whatever cycles there are (traversal/breadth-first, traversal/ends)', () =>
    withGraph(async (g) => {
      const nodes = await line(g, 5);
      await g.createEdge({ from: nodes[4]!, to: nodes[0]!, type: 'BACK' });
      await g.createEdge({ from: nodes[0]!, to: nodes[2]!, type: 'SKIP' });
      const steps = await g.traverseBfs(nodes[0]!).all();
      const found = steps.map(({ node, depth }) => [nodes.indexOf(node), depth]);
      expect(found).toEqual([
        [0, 0],
        [1, 1],
        [2, 1],
        [3, 2],
        [4, 3],
      ]);
      const types = { type: ['NEXT', 'BACK'] };
      const only = await g.traverseDfs(nodes[2]!, types).all();
      expect(only.map(({ node }) => nodes.indexOf(node))).toEqual([2, 3, 4, 0, 1]);
      const ways = await g.traverseBfs(nodes[0]!, { unique: 'path' }).all();
      expect(ways.length).toBe(8);
      const walks = await g.traverseDfs(nodes[0]!, { unique: 'none', depthMax: 7, ...types }).all();
      expect(walks.length).toBe(8);
    }));

  it('go on from a node that depth first has met too deep, when it comes closer', () =>
    withGraph(async (g) => {
      const nodes = await line(g, 5);
      await g.createEdge({ from: nodes[0]!, to: nodes[3]!, type: 'SKIP' });
      const found = await g.traverseDfs(nodes[0]!, { depthMax: 3 }).all();
      expect(found.map(({ node }) => nodes.indexOf(node)).sort()).toEqual([0, 1, 2, 3, 4]);
    }));

  it('pass by what the filter refuses, and stop at their limit and signal', () =>
    withGraph(async (g) => {
      const nodes = await line(g, 50);
      const filter = ({ node }: { node: number }): boolean => node !== nodes[10];
      expect(await g.traverseBfs(nodes[0]!, { filter }).all()).toHaveLength(10);
      const few = g.traverseBfs(nodes[0]!, { visitedMax: 20 });
      await expect(few.all()).rejects.toMatchObject({ code: 'TRAVERSAL_LIMIT' });
      expect(await few.first(3)).toHaveLength(3);
      const signal = AbortSignal.abort(new Error('enough'));
      for (const call of [
        () => g.traverseBfs(nodes[0]!, { signal }).all(),
        () => g.traverseDfs(nodes[0]!, { signal }).all(),
        () => g.neighbors(nodes[0]!, { signal }).all(),
        () => g.kHop(nodes[0]!, 2, { signal }).all(),
        () => g.shortestPath(nodes[0]!, nodes[9]!, { signal }),
        () => g.shortestPath(nodes[0]!, nodes[9]!, { signal, weight: 'km' }),
        () => g.paths(nodes[0]!, { depthMax: 3, signal }).all(),
        () => g.findNodesByLabel('A', { signal }).all(),
        () => g.verify({ signal }),
      ]) {
        await expect(call()).rejects.toMatchObject({
          code: 'ABORTED',
          cause: { message: 'enough' },
        });
      }
    }));

  it('let the event loop turn, and end by a signal amid (graph-view/loop-turns)', () =>
    withGraph(async (g) => {
      const nodes = await g.createNodes(Array.from({ length: 3000 }, () => ({})));
      const random = makeRandom(1);
      const edges = Array.from({ length: 30_000 }, () => {
        return { from: random.pick(nodes), to: random.pick(nodes), type: 'T' };
      });
      await g.createEdges(edges);
      const control = new AbortController();
      setImmediate(() => control.abort());
      const search = g.traverseBfs(nodes[0]!, {
        unique: 'none',
        depthMax: 9,
        signal: control.signal,
      });
      let count = 0;
      const reading = (async () => {
        for await (const _ of search) count++;
      })();
      await expect(reading).rejects.toMatchObject({ code: 'ABORTED' });
      expect(count).toBeGreaterThan(0);
    }));

  it('see one state from the first step on, whatever is written meanwhile (graph-view/one-state)', () =>
    withGraph(async (g) => {
      const nodes = await line(g, 20);
      let count = 0;
      for await (const { node } of g.traverseBfs(nodes[0]!)) {
        count++;
        if (node === nodes[0])
          for (const each of nodes.slice(5)) await g.deleteNode(each, { cascade: true });
      }
      expect(count).toBe(20);
      expect(await g.traverseBfs(nodes[0]!).all()).toHaveLength(5);
    }));
});

describe('ways', () => {
  it('are the shortest, the cheapest, and all of them (paths/shortest, paths/as-stored)', () =>
    withGraph(async (g) => {
      const nodes = await line(g, 6);
      const [first, last] = [nodes[0]!, nodes[5]!];
      const direct = await g.createEdge({
        from: first,
        to: last,
        type: 'FLY',
        properties: { km: 100 },
      });
      expect(await g.shortestPath(first, last)).toEqual({
        nodes: [first, last],
        edges: [direct],
        cost: 1,
      });
      expect((await g.shortestPath(first, last, { type: 'NEXT' }))?.cost).toBe(5);
      expect((await g.shortestPath(first, last, { weight: 'km' }))?.cost).toBe(10);
      expect(await g.shortestPath(last, first)).toBeUndefined();
      expect((await g.shortestPath(last, first, { direction: 'in' }))?.cost).toBe(1);
      expect((await g.shortestPath(nodes[2]!, first, { direction: 'both' }))?.cost).toBe(2);
      expect(await g.shortestPath(first, nodes[4]!, { depthMax: 3, type: 'NEXT' })).toBeUndefined();
      expect(await g.shortestPath(first, first)).toEqual({ nodes: [first], edges: [], cost: 0 });
      const all = await g.paths(first, { to: last, depthMax: 5 }).all();
      expect(all.map(({ cost }) => cost).sort()).toEqual([1, 5]);
      await g.createEdge({ from: first, to: nodes[1]!, type: 'BAD', properties: { km: -1 } });
      await expect(g.shortestPath(first, last, { weight: 'km' })).rejects.toMatchObject({
        code: 'WEIGHT',
      });
      const missing = g.shortestPath(first, last, { weight: 'hours' });
      await expect(missing).rejects.toMatchObject({ code: 'WEIGHT' });
    }));
});

describe('neighbours', () => {
  it('come by direction and type, also of types that share a beginning (adjacency/as-tuples)', () =>
    withGraph(async (g) => {
      const [a, b] = (await g.createNodes([{}, {}])) as [number, number];
      for (const type of ['T', 'TT', 'T\u00e9', '\ud83d\ude00'])
        await g.createEdge({ from: a, to: b, type });
      const loop = await g.createEdge({ from: a, to: a, type: 'T' });
      const types = async (id: number, options: object): Promise<string[]> =>
        (await g.neighbors(id, options).all()).map(({ type, direction }) => `${direction} ${type}`);
      expect(await types(a, { direction: 'out', type: 'T' })).toEqual(['out T', 'out T']);
      expect(await types(a, { direction: 'in' })).toEqual(['in T']);
      expect(await types(b, {})).toEqual(['in T', 'in TT', 'in T\u00e9', 'in \ud83d\ude00']);
      expect(await g.degree(a)).toBe(6);
      expect(await g.degree(b, { type: ['TT', 'T\u00e9', 'none'] })).toBe(2);
      expect(
        (await g.traverseBfs(a, { type: '\ud83d\ude00' }).all()).map(({ node }) => node),
      ).toEqual([a, b]);
      await g.deleteEdge(loop);
      expect(await g.degree(a, { direction: 'in' })).toBe(0);
    }));
});

describe('verify()', () => {
  const damages: Readonly<Record<string, readonly [space: string, key: Tuple, value?: Tuple]>> = {
    'an edge without a node': ['nodes', [2]],
    'properties without a node': ['nodes', [9, 'x'], [1]],
    'a side that is missing': ['adjacency', [1, 1, 'T', 2, 3]],
    'a side that is too many': ['adjacency', [2, 2, 'T', 1, 9], []],
    'a side without a record': ['edges', [3]],
    'an entry of a label that is missing': ['labels', ['A', 1]],
    'an entry of a label that is too many': ['labels', ['B', 1], []],
    'an entry of an index that is missing': ['values', [1, 5, 1]],
    'an entry of an index that is too many': ['values', [1, 6, 1], []],
    'an entry of no index': ['values', [7, 6, 1], []],
    'an entry over edges that is missing': ['values', [2, 8, 3]],
    'an entry over edges that is too many': ['values', [2, 9, 3], []],
    'an entry over edges without its edge': ['values', [2, 8, 1], []],
    'an entry over edges whose property is another': ['edges', [3, 'w'], [7]],
    'an id that was not given out': ['nodes', [99_999], []],
  };
  it.each(Object.keys(damages))('finds %s (verify/both-ways)', (name) =>
    withGraph(async (g, db) => {
      await g.createNodes([{ labels: ['A'], properties: { n: 5 } }, {}]);
      await g.createEdge({ from: 1, to: 2, type: 'T', properties: { w: 8 } });
      await g.createPropertyIndex('A', 'n');
      await g.createEdgePropertyIndex('T', 'w');
      expect(await g.verify()).toMatchObject({ isOk: true, problemCount: 0, entryCount: 3 });
      const [space, key, value] = damages[name]!;
      const tuples = { keyEncoding: 'tuple', valueEncoding: 'tuple' } as const;
      const keyspace = await db.keyspace(`graph:g:${space}`, tuples);
      if (value === undefined) {
        expect(await keyspace.has(key)).toBe(true);
        await keyspace.del(key);
      } else {
        await keyspace.put(key, value);
      }
      expect((await g.verify()).isOk).toBe(false);
    }),
  );
});

describe('a property index', () => {
  it('is built over what is there, beside writes, and goes on after it was cut off (index-builds/goes-on)', async () => {
    const vfs = new MemoryVfs();
    let db = await open('/db', { vfs });
    let g = await graph(db, 'g');
    const inputs = Array.from({ length: 2000 }, (_, i) => ({
      labels: ['A'],
      properties: { n: i % 50 },
    }));
    const ids = await g.createNodes(inputs);
    await g.createPropertyIndex('A', 'n');
    // As a process leaves it that is killed after the lot of node 1000.
    const texts = { keyEncoding: 'utf8', valueEncoding: 'utf8' } as const;
    const tuples = { keyEncoding: 'tuple', valueEncoding: 'tuple' } as const;
    const meta = await db.keyspace('graph:g:meta', texts);
    const index = { id: 1, label: 'A', property: 'n', builtTo: ids[999] };
    await meta.put('catalog', JSON.stringify({ format: 1, nextIndexId: 2, indexes: [index] }));
    const values = await db.keyspace('graph:g:values', tuples);
    await values.batch(
      ids.slice(1000).map((id, i) => ({ type: 'del' as const, key: [1, i % 50, id] })),
    );
    await g.setNodeProperty(ids[9]!, 'n', 49);
    expect(await g.findNodesByProperty('A', 'n', 49).all()).toHaveLength(41); // without the index
    await db.close();
    db = await open('/db', { vfs });
    g = await graph(db, 'g');
    expect(await g.propertyIndexes()).toEqual([{ label: 'A', property: 'n', isReady: false }]);
    await g.ready();
    expect(await g.propertyIndexes()).toEqual([{ label: 'A', property: 'n', isReady: true }]);
    expect(await g.verify()).toMatchObject({ isOk: true, entryCount: 4000 });
    expect(await g.findNodesByProperty('A', 'n', 49).all()).toHaveLength(41);
    expect(await g.findNodesByProperty('A', 'n', { gte: 48 }, { limit: 5 }).all()).toHaveLength(5);
    expect(await g.findNodesByProperty('A', 'n', { gte: 48 }).first(2)).toEqual([ids[48], ids[98]]);
    await db.close();
  });

  it('over edges is built, cut off, and goes on; a graph without one stays of format 1', async () => {
    const vfs = new MemoryVfs();
    let db = await open('/db', { vfs });
    let g = await graph(db, 'g');
    const [hub] = await g.createNodes([{}]);
    const inputs = Array.from({ length: 1200 }, (_, i) => {
      const properties = i % 4 === 0 ? {} : { w: i % 50, x: 1 };
      return { from: hub!, to: hub!, type: i % 3 === 0 ? 'S' : 'T', properties };
    });
    const ids = await g.createEdges(inputs);
    for (const id of ids.slice(40, 60)) await g.deleteEdge(id); // gaps
    const texts = { keyEncoding: 'utf8', valueEncoding: 'utf8' } as const;
    const meta = await db.keyspace('graph:g:meta', texts);
    await g.createPropertyIndex('A', 'w');
    expect(await meta.get('catalog')).toMatch(/"format":1/);
    await g.createEdgePropertyIndex('T', 'w');
    const text = (await meta.get('catalog'))!;
    expect(text).toMatch(/"format":2/);
    const count = inputs.filter(({ type, properties }, i) => {
      return type === 'T' && 'w' in properties && (i < 40 || i >= 60);
    }).length;
    expect(await g.verify()).toMatchObject({ isOk: true, entryCount: count });
    // As a process leaves it that is killed after the lot of edge 500.
    const values = await db.keyspace('graph:g:values', {
      keyEncoding: 'tuple',
      valueEncoding: 'tuple',
    });
    const built = text.replace('"type":"T"', `"type":"T","builtTo":${ids[500]}`);
    await meta.put('catalog', built);
    for await (const key of values.keys()) if (Number(key[2]) > ids[500]!) await values.del(key);
    const known = await g.findEdgesByProperty('T', 'w', { gte: 48 }).all(); // without the index
    await db.close();
    db = await open('/db', { vfs });
    g = await graph(db, 'g');
    await g.ready();
    expect(await g.edgePropertyIndexes()).toEqual([{ type: 'T', property: 'w', isReady: true }]);
    expect(await g.verify()).toMatchObject({ isOk: true, entryCount: count });
    expect(await g.findEdgesByProperty('T', 'w', { gte: 48 }).all()).toEqual(known);
    expect(await g.deleteNode(hub!, { cascade: true })).toBe(1180);
    expect(await g.verify()).toMatchObject({ isOk: true, entryCount: 0 });
    await db.close();
  });
});
