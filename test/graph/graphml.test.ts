/**
 * GraphML: what was exported is imported again as it was, texts of other tools are taken, and texts that break the format, or
 * are made to do harm, are refused with line and column. SEED= other graphs.
 */
import process from 'node:process';
import { describe, expect, it } from 'vitest';
import { MemoryVfs, open } from '../../src/index.ts';
import { type Graph, graph, type PropertyValue } from '../../src/graph/index.ts';
import { makeRandom, type Random } from '../support/prng.ts';
import { inPieces, shapeOf } from './shapes.ts';

const SEED = Number(process.env['SEED'] ?? 1);
const ROUNDS = 6;

async function withGraphs(run: (g: Graph, other: Graph) => Promise<void>): Promise<void> {
  const db = await open('/db', { vfs: new MemoryVfs() });
  await run(await graph(db, 'g'), await graph(db, 'other'));
  await db.close();
}

const KINDS: readonly ((random: Random) => PropertyValue)[] = [
  (random) => random.pick(['', ' ', 'a<b&"c">\r\n\t]]>', '\ud83d\ude00', 'z\u00e9', '-1.5e3']),
  (random) => random.pick(['\u0000', '\u001f', '\ufffe', 'a\uffff']),
  (random) => random.pick([0, -0, 1.5, -1e-300, 2 ** 60, Infinity, -Infinity, random.below(1e6)]),
  (random) => random.pick([0n, -(2n ** 63n), 2n ** 63n - 1n]),
  (random) => random.pick([2n ** 63n, -(2n ** 90n)]),
  (random) => random.chance(0.5),
  (random) => new Date(random.below(1e12)),
  (random) => random.bytes(random.below(4)),
  () => [1, ['x', null], new Date(0), '\uffff'],
];

/** A column has values of one kind, of two, or of any. */
function columnKinds(random: Random): (() => PropertyValue)[] {
  return Array.from({ length: 6 }, () => {
    const kinds = random.chance(0.2) ? KINDS : [random.pick(KINDS), random.pick(KINDS)];
    const own = random.chance(0.6) ? kinds.slice(0, 1) : kinds;
    return () => random.pick(own)(random);
  });
}

async function fill(g: Graph, random: Random): Promise<void> {
  const names = ['name', 'x', 'labels', 'type', 'c:json', '__proto__', 'a<&">\n'];
  const columns = columnKinds(random);
  const properties = (): Record<string, PropertyValue> =>
    Object.fromEntries(
      columns.flatMap((value, i) => (random.chance(0.5) ? [[names[i]!, value()]] : [])),
    );
  const nodes = Array.from({ length: 12 }, (_, i) => ({
    labels: ['A', 'B;C', 'D\\', '\u00e9 <'].filter(() => random.chance(0.4)),
    properties: { ...properties(), i },
  }));
  const ids = await g.createNodes(nodes);
  const edges = Array.from({ length: 25 }, () => ({
    from: random.pick(ids),
    to: random.pick(ids),
    type: random.pick(['S', 'T&T']),
    properties: properties(),
  }));
  await g.createEdges(edges);
}

describe('GraphML', () => {
  it.each(Array.from({ length: ROUNDS }, (_, i) => SEED + i))(
    'gives back what was exported, seed %i (graphml/back)',
    (seed) =>
      withGraphs(async (g, other) => {
        await fill(g, makeRandom(seed));
        const text = (await g.exportGraphMl().all()).join('');
        const report = await other.importGraphMl(inPieces(text, seed));
        expect(report).toMatchObject({ nodeCount: 12, edgeCount: 25 });
        expect(await shapeOf(other)).toEqual(await shapeOf(g));
      }),
  );

  it('has keys with types, and is exported of no graph too', () =>
    withGraphs(async (g, other) => {
      const empty = await g.exportGraphMl().all();
      expect(await other.importGraphMl(empty)).toMatchObject({ nodeCount: 0, edgeCount: 0 });
      await g.createNode({ properties: { born: 1815, is: true, n: 5n, on: new Date(0), t: 'x' } });
      const text = (await g.exportGraphMl().all()).join('');
      const keys = [...text.matchAll(/attr\.name="([^"]*)" attr\.type="([^"]*)"/g)];
      expect(keys.map(([, name, type]) => `${name} ${type}`)).toEqual([
        'labels string',
        'born double',
        'is boolean',
        'n long',
        'on:json string',
        't string',
        'type string',
      ]);
    }));

  it('refuses to write what XML has no character for, and ends by a signal', () =>
    withGraphs(async (g) => {
      await g.createNode({ labels: ['a\u0001'] });
      await expect(g.exportGraphMl().all()).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
      const signal = AbortSignal.abort();
      await expect(g.exportGraphMl({ signal }).all()).rejects.toMatchObject({ code: 'ABORTED' });
    }));

  it('of other tools is taken: prefixes, own namespaces, defaults, keys for all, no types of edges', () =>
    withGraphs(async (g) => {
      const text = `\ufeff<?xml version="1.0" encoding="utf-8"?><!-- a tool -->
<g:graphml xmlns:g="http://graphml.graphdrawing.org/xmlns" xmlns:y="http://www.yworks.com/xml/graphml">
  <g:key id="d0" for="node" yfiles.type="nodegraphics"/>
  <g:key id="d1" for="node" attr.name="color" attr.type="string"><g:default>red</g:default></g:key>
  <g:key id="d2" for="all" attr.name="weight" attr.type="float"/>
  <g:key id="d3" for="node" attr.name="year" attr.type="int"/>
  <g:graph edgedefault="undirected"><g:desc>roads <y:x/></g:desc>
    <g:node id="a"><g:data key="d0"><y:ShapeNode><y:Fill/>text</y:ShapeNode></g:data>
      <g:data key="d3"> 1815 </g:data></g:node>
    <g:node id="b"><g:data key="d1"><![CDATA[<blue>]]></g:data><y:own>text</y:own></g:node>
    <g:edge source="a" target="b"><g:data key="d2">1.5</g:data></g:edge>
  </g:graph>
</g:graphml>`;
      await expect(g.importGraphMl([text])).rejects.toMatchObject({ code: 'IMPORT', line: 11 });
      await g.clear();
      const { ids } = await g.importGraphMl(inPieces(text, 1), { edgeType: 'ROAD' });
      const [a, b] = [ids.get('a')!, ids.get('b')!];
      expect((await g.getNode(a))?.properties).toEqual({ color: 'red', year: 1815 });
      expect((await g.getNode(b))?.properties).toEqual({ color: '<blue>' });
      const [road] = await g.neighbors(a).all();
      expect(road?.type).toBe('ROAD');
      expect(await g.getEdgeProperty(road!.edge, 'weight')).toBe(1.5);
    }));

  const inside = (text: string): string => `<graphml>\n<graph>\n${text}</graph></graphml>`;
  const key = '<key id="k" for="node" attr.name="n" attr.type="int"/>';
  it.each([
    ['nothing at all', '', 1],
    ['no XML', 'id,name', 1],
    ['another root', '<svg/>', 1],
    ['an open end', '<graphml>\n<graph>', 2],
    ['a wrong end', '<graphml>\n</graph>', 2],
    ['two roots', '<graphml/>\n<graphml/>', 2],
    ['a document type', '<!DOCTYPE g [\n<!ENTITY a "b">]><graphml/>', 2],
    ['an entity of nobody', inside('<node id="&lol;"/>'), 3],
    ['another encoding', '<?xml version="1.0" encoding="latin1"?><graphml/>', 1],
    ['a hyperedge', inside('<hyperedge/>'), 3],
    ['a graph in a node', inside('<node id="1"><graph/></node>'), 3],
    ['a port', inside('\n<node id="1"><port name="p"/></node>'), 4],
    ['text between nodes', inside('loose'), 3],
    ['a node without an id', inside('<node/>'), 3],
    ['an edge without a target', inside('<node id="1"/><edge source="1"/>'), 3],
    ['an edge before its node', inside('<edge source="1" target="1"/><node id="1"/>'), 3],
    ['two nodes with one id', inside('<node id="1"/>\n<node id="1"/>'), 4],
    ['data without a key', inside('<node id="1"><data>x</data></node>'), 3],
    ['data with an unknown key', inside('<node id="1"><data key="z">x</data></node>'), 3],
    ['a key of no type', '<graphml><key id="k" attr.name="n" attr.type="list"/></graphml>', 1],
    ['a key for nothing', '<graphml><key id="k" for="me" attr.name="n"/></graphml>', 1],
    ['two keys with one id', `<graphml>${key}\n${key}</graphml>`, 2],
    ['an attribute without end', `<graphml x="${'y'.repeat(200_000)}"/>`, 1],
    ['a tag without end', `<${'graphml'.repeat(40_000)}/>`, 1],
  ])('is refused with line and column: %s', (_, text, line) =>
    withGraphs(async (g) => {
      const refused = g.importGraphMl([text], { edgeType: 'E' });
      await expect(refused).rejects.toMatchObject({ code: 'IMPORT', line });
      await expect(refused).rejects.toHaveProperty('column', expect.any(Number));
    }),
  );

  it.each(['x', '', '1.5', '0x10', '99999999999999999999', '1 2'])(
    'refuses a value that breaks the type of its key: %j',
    (value) =>
      withGraphs(async (g) => {
        const node = `<node id="1"><data key="k">${value}</data></node>`;
        const text = `<graphml>${key}<graph>${node}</graph></graphml>`;
        await expect(g.importGraphMl([text])).rejects.toThrow(/Value is no int: name=n .*column=/);
        const twice = text.replace('</data>', '</data><data key="k">1</data>');
        await expect(g.importGraphMl([twice])).rejects.toThrow(/Data comes twice: key=k/);
        const held = text.replace('<data key="k">', '<data key="k"><b/>');
        await expect(g.importGraphMl([held])).rejects.toThrow(/Value holds an element: name=b/);
      }),
  );

  it('refuses bytes that are not UTF-8', () =>
    withGraphs(async (g) => {
      const bytes = [Buffer.from('<graphml>\n<graph id="'), Uint8Array.of(0xff, 0x22)];
      await expect(g.importGraphMl(bytes)).rejects.toMatchObject({ code: 'IMPORT', line: 2 });
    }));
});
