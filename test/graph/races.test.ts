/**
 * Two transactions on one graph, at each level and in each mode, committed in both orders: which of them stand, and that
 * the graph is whole whatever happens.
 */
import { describe, expect, it } from 'vitest';
import { type Database, type Isolation, MemoryVfs, open } from '../../src/index.ts';
import { type Graph, graph, type GraphTransaction } from '../../src/graph/index.ts';

type Outcome = 'both' | 'one';

interface Race {
  readonly name: string;
  readonly a: (g: GraphTransaction, ids: Ids) => Promise<unknown>;
  readonly b: (g: GraphTransaction, ids: Ids) => Promise<unknown>;
  readonly snapshot: Outcome;
  readonly serializable: Outcome;
  /** With `b` committed first, when that is another outcome. */
  readonly serializableTurned?: Outcome;
}

interface Ids {
  readonly ada: number;
  readonly bob: number;
  readonly cyd: number;
  readonly knows: number;
}

const one = { snapshot: 'one', serializable: 'one' } as const;
const both = { snapshot: 'both', serializable: 'both' } as const;
const skew = { snapshot: 'both', serializable: 'one' } as const;

const link = (g: GraphTransaction, from: number, to: number): Promise<number> =>
  g.createEdge({ from, to, type: 'LIKES' });

const RACES: readonly Race[] = [
  {
    name: 'a lost update of a property is refused',
    a: async (g, { ada }) =>
      g.setNodeProperty(ada, 'age', Number(await g.getNodeProperty(ada, 'age')) + 1),
    b: async (g, { ada }) =>
      g.setNodeProperty(ada, 'age', Number(await g.getNodeProperty(ada, 'age')) + 1),
    ...one,
  },
  {
    name: 'a lost update of a property of an edge is refused',
    a: (g, { knows }) => g.setEdgeProperty(knows, 'since', 1),
    b: (g, { knows }) => g.removeEdgeProperty(knows, 'since'),
    ...one,
  },
  {
    name: 'different properties of a node do not meet (writer/properties-alone)',
    a: (g, { ada }) => g.setNodeProperty(ada, 'age', 40),
    b: (g, { ada }) => g.updateNodeProperties(ada, { name: 'Ada L', city: 'London' }),
    ...both,
  },
  {
    name: 'different properties of an edge do not meet (writer/properties-alone)',
    a: (g, { knows }) => g.setEdgeProperty(knows, 'since', 1),
    b: (g, { knows }) => g.setEdgeProperty(knows, 'trust', 1),
    ...both,
  },
  {
    name: 'two edges of one hub do not meet (writer/properties-alone)',
    a: (g, { ada, bob }) => link(g, ada, bob),
    b: (g, { ada, bob }) => link(g, ada, bob),
    ...both,
  },
  {
    name: 'an edge does not meet a property of its end',
    a: (g, { ada, cyd }) => link(g, ada, cyd),
    b: (g, { cyd }) => g.setNodeProperty(cyd, 'age', 7),
    ...both,
  },
  {
    name: 'an edge and the deletion of its source exclude each other (writer/no-dangling-edge, layout/one-range)',
    a: (g, { bob, cyd }) => link(g, cyd, bob),
    b: (g, { cyd }) => g.deleteNode(cyd),
    ...one,
  },
  {
    name: 'an edge and the deletion of its target exclude each other (writer/no-dangling-edge)',
    a: (g, { bob, cyd }) => link(g, bob, cyd),
    b: (g, { cyd }) => g.deleteNode(cyd),
    ...one,
  },
  {
    name: 'an edge and the cascade of its end exclude each other (writer/no-dangling-edge)',
    a: (g, { ada, cyd }) => link(g, cyd, ada),
    b: (g, { ada }) => g.deleteNode(ada, { cascade: true }),
    ...one,
  },
  {
    name: 'a loop and the deletion of its node exclude each other',
    a: (g, { cyd }) => link(g, cyd, cyd),
    b: (g, { cyd }) => g.deleteNode(cyd),
    ...one,
  },
  {
    name: 'cascades of both ends of an edge exclude each other',
    a: (g, { ada }) => g.deleteNode(ada, { cascade: true }),
    b: (g, { bob }) => g.deleteNode(bob, { cascade: true }),
    ...one,
  },
  {
    name: 'a new property and the deletion of its node exclude each other',
    a: (g, { cyd }) => g.setNodeProperty(cyd, 'new', 1),
    b: (g, { cyd }) => g.deleteNode(cyd),
    ...one,
  },
  {
    name: 'a new property and the deletion of its edge exclude each other',
    a: (g, { knows }) => g.setEdgeProperty(knows, 'new', 1),
    b: (g, { knows }) => g.deleteEdge(knows),
    ...one,
  },
  {
    name: 'a property of an edge and the cascade that deletes it exclude each other',
    a: (g, { knows }) => g.setEdgeProperty(knows, 'new', 1),
    b: (g, { ada }) => g.deleteNode(ada, { cascade: true }),
    ...one,
  },
  {
    name: 'two deletions of one edge exclude each other',
    a: (g, { knows }) => g.deleteEdge(knows),
    b: (g, { knows }) => g.deleteEdge(knows),
    ...one,
  },
  {
    name: 'a label and the indexed property exclude each other (writer/entries-follow)',
    a: (g, { cyd }) => g.addLabels(cyd, ['Person']),
    b: (g, { cyd }) => g.setNodeProperty(cyd, 'age', 9),
    ...one,
  },
  {
    name: 'a label that goes and the indexed property exclude each other (writer/entries-follow)',
    a: (g, { ada }) => g.removeLabels(ada, ['Person']),
    b: (g, { ada }) => g.removeNodeProperty(ada, 'age'),
    ...one,
  },
  {
    name: 'a label does not meet a property without an index',
    a: (g, { cyd }) => g.addLabels(cyd, ['Person']),
    b: (g, { cyd }) => g.setNodeProperty(cyd, 'city', 'Rome'),
    snapshot: 'both',
    serializable: 'one', // the property has read the labels
    serializableTurned: 'both',
  },
  {
    name: 'write skew over two properties',
    a: async (g, { ada, bob }) => {
      if (await g.getNodeProperty(bob, 'onCall')) await g.setNodeProperty(ada, 'onCall', false);
    },
    b: async (g, { ada, bob }) => {
      if (await g.getNodeProperty(ada, 'onCall')) await g.setNodeProperty(bob, 'onCall', false);
    },
    ...skew,
  },
  {
    name: 'write skew over an index, phantoms included',
    a: async (g) => {
      const found = await g.findNodesByProperty('Person', 'age', { gte: 90 }).all();
      if (found.length === 0) await g.createNode({ labels: ['Person'], properties: { age: 95 } });
    },
    b: async (g) => {
      const found = await g.findNodesByProperty('Person', 'age', { gte: 90 }).all();
      if (found.length === 0) await g.createNode({ labels: ['Person'], properties: { age: 99 } });
    },
    ...skew,
  },
  {
    name: 'write skew over the edges of a node',
    a: async (g, { ada, bob, cyd }) => {
      if ((await g.degree(ada)) === 1) await link(g, bob, cyd);
    },
    b: async (g, { ada, bob }) => {
      if ((await g.degree(bob)) === 1) await link(g, ada, ada);
    },
    ...skew,
  },
];

async function inGraph(run: (db: Database, g: Graph, ids: Ids) => Promise<void>): Promise<void> {
  const db = await open('/db', { vfs: new MemoryVfs() });
  const g = await graph(db, 'g');
  const labels = ['Person'];
  const ada = await g.createNode({ labels, properties: { name: 'Ada', age: 36, onCall: true } });
  const bob = await g.createNode({ labels, properties: { name: 'Bob', age: 30, onCall: true } });
  const cyd = await g.createNode({ properties: { name: 'Cyd' } });
  const knows = await g.createEdge({ from: ada, to: bob, type: 'KNOWS', properties: { since: 0 } });
  await g.createPropertyIndex('Person', 'age');
  await run(db, g, { ada, bob, cyd, knows });
  expect((await g.verify()).problems).toEqual([]);
  await db.close();
}

const CASES = RACES.flatMap((race) =>
  (['snapshot', 'serializable'] as const).flatMap((isolation) =>
    (['optimistic', 'pessimistic'] as const).flatMap((mode) =>
      [false, true].map((isTurned) => ({ race, name: race.name, isolation, mode, isTurned })),
    ),
  ),
);

describe('a race', () => {
  it.each(CASES)(
    '$name: $isolation, $mode, turned $isTurned',
    ({ race, isolation, mode, isTurned }) =>
      inGraph(async (db, g, ids) => {
        const begin = () =>
          mode === 'pessimistic' ? db.begin({ isolation, mode }) : db.begin({ isolation });
        const first = begin();
        const second = begin();
        await race.a(g.in(first), ids);
        await race.b(g.in(second), ids);
        const [winner, loser] = isTurned ? [second, first] : [first, second];
        await winner.commit();
        const outcome = await loser.commit().then(
          () => 'both',
          (error: { code?: string }) => (error.code === 'CONFLICT' ? 'one' : error),
        );
        const isOwn = isolation === 'serializable' && isTurned;
        expect(outcome).toBe((isOwn ? race.serializableTurned : undefined) ?? race[isolation]);
      }),
  );
});

describe('calls beside a transaction', () => {
  it('a new edge by itself makes the deletion of its end conflict, and the other way round', () =>
    inGraph(async (db, g, { ada, cyd }) => {
      const tx = db.begin();
      await g.in(tx).deleteNode(cyd);
      await g.createEdge({ from: ada, to: cyd, type: 'LIKES' });
      await expect(tx.commit()).rejects.toMatchObject({ code: 'CONFLICT' });
      const late = db.begin();
      await g.in(late).createEdge({ from: cyd, to: ada, type: 'LIKES' });
      expect(await g.deleteNode(cyd, { cascade: true })).toBe(1);
      await expect(late.commit()).rejects.toMatchObject({ code: 'CONFLICT' });
    }));

  it('many calls at once leave one of each pair, and never half of one', () =>
    inGraph(async (_db, g, { ada }) => {
      for (let round = 0; round < 20; round++) {
        const node = await g.createNode();
        const calls = [
          g.createEdge({ from: ada, to: node, type: 'LIKES' }),
          g.deleteNode(node, { cascade: true }),
          g.createEdge({ from: node, to: ada, type: 'LIKES' }),
          g.setNodeProperty(node, 'age', round),
        ];
        await Promise.allSettled(calls);
        expect(await g.hasNode(node)).toBe(false);
        expect((await g.verify()).problems).toEqual([]);
      }
    }));
});

/** What a transaction does before an index comes or goes, and commits after. */
const BEFORE: Readonly<Record<string, (g: GraphTransaction, ids: Ids) => Promise<unknown>>> = {
  'sets the property': (g, { ada }) => g.setNodeProperty(ada, 'name', 'Ada L'),
  'gives a first one': (g, { bob }) => g.setNodeProperty(bob, 'city', 'Rome'),
  'removes the property': (g, { ada }) => g.removeNodeProperty(ada, 'name'),
  'creates a node': (g) =>
    g.createNode({ labels: ['Person'], properties: { name: 'X', city: 'Y' } }),
  'gives the label': (g, { cyd }) => g.addLabels(cyd, ['Person']),
  'takes the label': (g, { ada }) => g.removeLabels(ada, ['Person']),
  'sets the property of an edge': (g, { knows }) => g.setEdgeProperty(knows, 'since', 9),
  'gives an edge a first one': (g, { knows }) => g.setEdgeProperty(knows, 'city', 'Rome'),
  'creates an edge': (g, { ada, cyd }) =>
    g.createEdge({ from: cyd, to: ada, type: 'KNOWS', properties: { since: 3, city: 'Y' } }),
  'deletes an edge': (g, { knows }) => g.deleteEdge(knows),
  'deletes a node': (g, { ada }) => g.deleteNode(ada, { cascade: true }),
};

describe('an index that comes while a transaction is open (index-builds/whole)', () => {
  const levels: readonly Isolation[] = ['snapshot', 'serializable'];
  const cases = levels.flatMap((isolation) =>
    Object.keys(BEFORE).map((name) => ({ isolation, name })),
  );
  it.each(cases)('has what it $name: $isolation', ({ isolation, name }) =>
    inGraph(async (db, g, ids) => {
      let runs = 0;
      await db.transaction(
        async (tx) => {
          await BEFORE[name]!(g.in(tx), ids);
          if (runs++ > 0) return;
          await g.createPropertyIndex('Person', 'name');
          await g.createPropertyIndex('Person', 'city');
          await g.createEdgePropertyIndex('KNOWS', 'since');
          await g.createEdgePropertyIndex('KNOWS', 'city');
        },
        { isolation },
      );
      expect(runs).toBe(2);
      expect(await g.propertyIndexes()).toHaveLength(3);
    }),
  );

  it.each(Object.keys(BEFORE))('leaves nothing of what it %s when it goes', (name) =>
    inGraph(async (db, g, ids) => {
      await g.createPropertyIndex('Person', 'name');
      await g.createPropertyIndex('Person', 'city');
      await g.createEdgePropertyIndex('KNOWS', 'since');
      await g.createEdgePropertyIndex('KNOWS', 'city');
      let runs = 0;
      await db.transaction(async (tx) => {
        await BEFORE[name]!(g.in(tx), ids);
        if (runs++ > 0) return;
        await g.dropPropertyIndex('Person', 'name');
        await g.dropPropertyIndex('Person', 'city');
        await g.dropEdgePropertyIndex('KNOWS', 'since');
        await g.dropEdgePropertyIndex('KNOWS', 'city');
      });
    }),
  );
});
