/**
 * A random life of a graph, beside a model in memory: every answer is compared, in the graph, in its transactions and in
 * snapshots, and after reopening.
 *
 * Owns: the steps of a life, on whatever database its opener gives.
 *
 * Suspension: every step suspends.
 */
import { expect } from 'vitest';
import type { Database } from '../../src/index.ts';
import {
  type Graph,
  graph,
  type GraphReads,
  type GraphWrites,
  type PropertyValue,
} from '../../src/graph/index.ts';
import { compareValues } from '../../src/graph/values.ts';
import { makeRandom, type Random } from '../support/prng.ts';
import { byNumber, GraphModel } from './graph-model.ts';

const LABELS = ['Person', 'Robot', 'City'];
const TYPES = ['KNOWS', 'LIVES', 'LIKES\u00e9'];
const LEVELS = ['snapshot', 'serializable'] as const;
const NAMES = ['age', 'name', '__proto__'];

function randomValue(random: Random): PropertyValue {
  return random.pick<() => PropertyValue>([
    () => random.below(20),
    () => random.below(20) - 10.5,
    () => BigInt(random.below(20)),
    () => random.pick(['ada', 'bob', '', 'z\u00e9', '\ud83d\ude00', '\uffff']),
    () => random.chance(0.5),
    () => new Date(random.below(5)),
    () => random.bytes(random.below(3)),
    () => [random.below(3), 'x'],
  ])();
}

/** Opens the one database of a life, again and again. */
export type Opener = () => Promise<Database>;

export class Life {
  readonly random: Random;
  model = new GraphModel();
  db!: Database;
  graph!: Graph;
  readonly #opener: Opener;
  readonly given = new Set<number>();

  constructor(seed: number, opener: Opener) {
    this.random = makeRandom(seed);
    this.#opener = opener;
  }

  async open(): Promise<void> {
    this.db = await this.#opener();
    this.graph = await graph(this.db, 'g');
    await this.graph.ready();
  }

  node(model: GraphModel): number {
    const ids = [...model.nodes.keys()];
    return ids.length === 0 || this.random.chance(0.03) ? 999_999_999 : this.random.pick(ids);
  }

  edge(model: GraphModel): number {
    const ids = [...model.edges.keys()];
    return ids.length === 0 || this.random.chance(0.03) ? 999_999_999 : this.random.pick(ids);
  }

  take(id: number): number {
    expect(this.given.has(id)).toBe(false);
    this.given.add(id);
    return id;
  }

  properties(): Record<string, PropertyValue> {
    const names = NAMES.filter(() => this.random.chance(0.4));
    return Object.fromEntries(names.map((name) => [name, randomValue(this.random)]));
  }

  /** One change, in the graph or a transaction of it, and in the model. */
  async change(target: GraphWrites, model: GraphModel): Promise<void> {
    const { random } = this;
    const kind = random.below(100);
    if (kind < 22 || model.nodes.size < 5) {
      const labels = LABELS.filter(() => random.chance(0.5));
      const properties = this.properties();
      const id = this.take(await target.createNode({ labels, properties }));
      model.nodes.set(id, {
        labels: new Set(labels),
        properties: new Map(Object.entries(properties)),
      });
    } else if (kind < 52) {
      const [from, to] = [this.node(model), this.node(model)];
      const properties = { ...this.properties(), km: random.below(9) };
      const edge = { from, to, type: random.pick(TYPES), properties };
      if (!model.nodes.has(from) || !model.nodes.has(to)) {
        await expect(target.createEdge(edge)).rejects.toMatchObject({ code: 'NODE_NOT_FOUND' });
        return;
      }
      const id = this.take(await target.createEdge(edge));
      model.edges.set(id, { ...edge, properties: new Map(Object.entries(properties)) });
    } else if (kind < 80) {
      await this.changeProperties(target, model);
    } else if (kind < 87) {
      const id = this.node(model);
      const node = model.nodes.get(id);
      const labels = LABELS.filter(() => random.chance(0.4));
      if (node === undefined) {
        await expect(target.addLabels(id, labels)).rejects.toMatchObject({
          code: 'NODE_NOT_FOUND',
        });
      } else if (random.chance(0.5)) {
        await target.addLabels(id, labels);
        for (const label of labels) node.labels.add(label);
      } else {
        await target.removeLabels(id, labels);
        for (const label of labels) node.labels.delete(label);
      }
    } else if (kind < 94) {
      const id = this.edge(model);
      if (model.edges.delete(id)) await target.deleteEdge(id);
      else await expect(target.deleteEdge(id)).rejects.toMatchObject({ code: 'EDGE_NOT_FOUND' });
    } else {
      await this.deleteNode(target, model);
    }
  }

  async changeProperties(target: GraphWrites, model: GraphModel): Promise<void> {
    const { random } = this;
    const isNode = random.chance(0.7);
    const id = isNode ? this.node(model) : this.edge(model);
    const properties = (isNode ? model.nodes : model.edges).get(id)?.properties;
    const name = random.pick(NAMES);
    if (properties === undefined) {
      const call = isNode
        ? target.setNodeProperty(id, name, 1)
        : target.setEdgeProperty(id, name, 1);
      const code = isNode ? 'NODE_NOT_FOUND' : 'EDGE_NOT_FOUND';
      await expect(call).rejects.toMatchObject({ code });
    } else if (random.chance(0.25)) {
      await (isNode ? target.removeNodeProperty(id, name) : target.removeEdgeProperty(id, name));
      properties.delete(name);
    } else {
      const changes = { ...this.properties(), [random.pick(['age', 'name'])]: randomValue(random) };
      await (isNode
        ? target.updateNodeProperties(id, changes)
        : target.updateEdgeProperties(id, changes));
      for (const [each, value] of Object.entries(changes)) properties.set(each, value);
    }
  }

  async deleteNode(target: GraphWrites, model: GraphModel): Promise<void> {
    const id = this.node(model);
    if (!model.nodes.has(id)) {
      await expect(target.deleteNode(id)).rejects.toMatchObject({ code: 'NODE_NOT_FOUND' });
    } else if (this.random.chance(0.4) && model.edgesAt(id).length > 0) {
      await expect(target.deleteNode(id)).rejects.toMatchObject({ code: 'NODE_HAS_EDGES' });
    } else {
      expect(await target.deleteNode(id, { cascade: true })).toBe(model.deleteNode(id));
    }
  }

  /** One question, to the graph, a snapshot or a transaction, and to the model. */
  async ask(reads: GraphReads, model: GraphModel): Promise<void> {
    const { random } = this;
    const id = this.node(model);
    const node = model.nodes.get(id);
    switch (random.below(10)) {
      case 0: {
        const found = await reads.getNode(id);
        expect(found && [...found.labels]).toEqual(node && [...node.labels].sort());
        expect(found && Object.entries(found.properties).sort()).toEqual(
          node && [...node.properties].sort(),
        );
        return;
      }
      case 1:
        expect(await reads.neighbors(id).all()).toEqual(model.neighbors(id));
        return;
      case 2: {
        const label = random.pick(LABELS);
        expect(await reads.findNodesByLabel(label).all()).toEqual(model.byLabel(label));
        expect(await reads.findNodesByLabel(label, { reverse: true, limit: 3 }).all()).toEqual(
          model.byLabel(label).reverse().slice(0, 3),
        );
        return;
      }
      case 3:
        await this.askProperty(reads, model);
        return;
      case 9:
        await this.askEdgeProperty(reads, model);
        return;
      case 4: {
        const [first, last] = [random.below(6000) + 1, random.below(6000) + 1];
        const within = [...model.nodes.keys()].filter((each) => each >= first && each <= last);
        expect(await reads.getNodesInRange(first, last).all()).toEqual(within.sort(byNumber));
        return;
      }
      case 5:
        await this.askTraversal(reads, model, id);
        return;
      case 6: {
        const to = this.node(model);
        const path = await reads.shortestPath(id, to);
        expect(path?.cost).toBe(model.nodes.has(to) ? model.distances(id).get(to) : undefined);
        if (path !== undefined) this.mustBeWay(model, path, id, to);
        return;
      }
      case 7: {
        const to = this.node(model);
        if (node === undefined) return;
        const path = await reads.shortestPath(id, to, { weight: 'km', weightDefault: 3 });
        expect(path?.cost).toBe(model.costs(id, 'km', 3).get(to));
        if (path !== undefined) this.mustBeWay(model, path, id, to);
        return;
      }
      default: {
        const edge = this.edge(model);
        const found = await reads.getEdge(edge);
        const known = model.edges.get(edge);
        expect(found && [found.from, found.to, found.type]).toEqual(
          known && [known.from, known.to, known.type],
        );
        expect(found && Object.entries(found.properties).sort()).toEqual(
          known && [...known.properties].sort(),
        );
      }
    }
  }

  condition(): Record<string, PropertyValue> {
    const { random } = this;
    const bound = randomValue(random);
    return random.pick([
      { eq: bound },
      { gte: bound },
      { gt: bound },
      { lt: bound },
      { lte: bound },
      { gte: 3, lt: 9 },
      {},
    ]);
  }

  async askEdgeProperty(reads: GraphReads, model: GraphModel): Promise<void> {
    const { random } = this;
    const type = random.pick(TYPES);
    const name = random.pick(NAMES);
    const condition = this.condition();
    const found = await reads.findEdgesByProperty(type, name, condition).all();
    const wanted = [...model.edges]
      .filter(([, edge]) => edge.type === type)
      .map(([id, { properties }]) => ({ id, value: properties.get(name) }))
      .filter(({ value }) => value !== undefined && holds(value, condition))
      .sort((a, b) => compareValues(a.value!, b.value!) || a.id - b.id);
    expect(found).toEqual(wanted.map(({ id }) => id));
  }

  async askProperty(reads: GraphReads, model: GraphModel): Promise<void> {
    const { random } = this;
    const label = random.pick(LABELS);
    const name = random.pick(NAMES);
    const condition = this.condition();
    const reverse = random.chance(0.5);
    const found = await reads.findNodesByProperty(label, name, condition, { reverse }).all();
    const wanted = [...model.nodes]
      .filter(([, { labels }]) => labels.has(label))
      .map(([id, { properties }]) => ({ id, value: properties.get(name) }))
      .filter(({ value }) => value !== undefined && holds(value, condition))
      .sort((a, b) => compareValues(a.value!, b.value!) || a.id - b.id)
      .map(({ id }) => id);
    expect(found).toEqual(reverse ? wanted.reverse() : wanted);
  }

  async askTraversal(reads: GraphReads, model: GraphModel, start: number): Promise<void> {
    const depthMax = this.random.below(5);
    const distances = model.distances(start, depthMax);
    const breadth = await reads.traverseBfs(start, { depthMax }).all();
    expect(new Map(breadth.map(({ node, depth }) => [node, depth]))).toEqual(distances);
    const depths = breadth.map(({ depth }) => depth);
    expect(depths).toEqual([...depths].sort(byNumber));
    const deep = await reads.traverseDfs(start, { depthMax }).all();
    const sorted = [...distances.keys()].sort(byNumber);
    expect(deep.map(({ node }) => node).sort(byNumber)).toEqual(sorted);
    const near = await reads.kHop(start, depthMax).all();
    expect(near.sort(byNumber)).toEqual(sorted.filter((each) => each !== start));
  }

  mustBeWay(
    model: GraphModel,
    path: { readonly nodes: readonly number[]; readonly edges: readonly number[] },
    from: number,
    to: number,
  ): void {
    expect([path.nodes[0], path.nodes.at(-1)]).toEqual([from, to]);
    const ends = path.edges.map((edge) => model.edges.get(edge));
    expect(ends.map((edge) => edge?.from)).toEqual(path.nodes.slice(0, -1));
    expect(ends.map((edge) => edge?.to)).toEqual(path.nodes.slice(1));
  }
}

/** The condition, from its words. */
function holds(value: PropertyValue, condition: Record<string, unknown>): boolean {
  const bounds = Object.entries(condition) as [string, PropertyValue][];
  return bounds.every(([name, bound]) => {
    if (name === 'eq') return compareValues(value, bound) === 0;
    const isNumeric = (each: PropertyValue): boolean => /number|bigint/.test(typeof each);
    const isOneType =
      (isNumeric(value) && isNumeric(bound)) ||
      (typeof value === typeof bound && value.constructor === bound.constructor);
    const order = compareValues(value, bound);
    if (!isOneType) return false;
    return name === 'gt'
      ? order > 0
      : name === 'gte'
        ? order >= 0
        : name === 'lt'
          ? order < 0
          : order <= 0;
  });
}

/** Lives for so many steps, and then looks at everything. */
export async function live(life: Life, stepCount: number): Promise<void> {
  const { random } = life;
  await life.open();
  const indexed = new Set<string>();
  for (let step = 0; step < stepCount; step++) {
    const choice = random.below(1000);
    if (choice < 3) {
      await life.db.close();
      await life.open();
    } else if (choice < 8) {
      await changeIndex(life, indexed);
    } else if (choice < 10) {
      expect((await life.graph.verify()).problems).toEqual([]);
    } else if (choice < 60) {
      await liveInTransaction(life);
    } else if (choice < 70) {
      const snapshot = life.db.snapshot();
      const before = life.model.copy();
      for (let i = 0; i < 5; i++) await life.change(life.graph, life.model);
      for (let i = 0; i < 3; i++) await life.ask(life.graph.at(snapshot), before);
      snapshot.close();
    } else if (choice < 600) {
      await life.change(life.graph, life.model);
    } else {
      await life.ask(life.graph, life.model);
    }
  }
  const report = await life.graph.verify();
  expect(report).toMatchObject({
    isOk: true,
    nodeCount: life.model.nodes.size,
    edgeCount: life.model.edges.size,
  });
  await life.db.close();
}

/** Makes an index over nodes or edges, or drops it when it is there. */
async function changeIndex({ graph, random }: Life, indexed: Set<string>): Promise<void> {
  const name = random.pick(NAMES);
  const isNode = random.chance(0.5);
  const of = random.pick(isNode ? LABELS : TYPES);
  const id = `${of} ${name}`;
  if (indexed.delete(id)) {
    await (isNode ? graph.dropPropertyIndex(of, name) : graph.dropEdgePropertyIndex(of, name));
  } else {
    indexed.add(id);
    await (isNode ? graph.createPropertyIndex(of, name) : graph.createEdgePropertyIndex(of, name));
  }
  const all = [...(await graph.propertyIndexes()), ...(await graph.edgePropertyIndexes())];
  expect(all.map(({ isReady }) => isReady)).toEqual([...indexed].map(() => true));
}

/** Changes and questions in a transaction, which commits or not. */
async function liveInTransaction(life: Life): Promise<void> {
  const { random } = life;
  const { isRemote } = life.db;
  const isolation = random.pick(isRemote ? LEVELS.slice(1) : LEVELS);
  const isLocking = random.chance(0.3) && !isRemote;
  const tx = isLocking
    ? life.db.begin({ isolation, mode: 'pessimistic' })
    : life.db.begin({ isolation });
  const own = life.model.copy();
  for (let i = random.below(8); i >= 0; i--) {
    if (random.chance(0.6)) await life.change(life.graph.in(tx), own);
    else await life.ask(life.graph.in(tx), own);
  }
  if (random.chance(0.7)) {
    await tx.commit();
    life.model = own;
  } else {
    tx.rollback();
  }
}
