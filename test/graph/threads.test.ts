/** Traversals whose edges are read by the threads of a pool. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { AbortedError, InvalidArgumentError } from '../../src/base/errors.ts';
import {
  type BfsOptions,
  type Graph,
  graph,
  type Step,
  TraversalLimitError,
} from '../../src/graph/index.ts';
import { type Database, MemoryVfs, open, openBackend, type Pool } from '../../src/index.ts';
import { MemoryBackend, MemoryServers } from '../remote/memory-backend.ts';
import { makeRandom, type Random } from '../support/prng.ts';
import { threadProgram } from '../threads/program.ts';

const NODE_COUNT = 200;
const TYPES = ['A', 'B', 'C'];
const SEEDS = process.env['VARVE_GRAPH_SEEDS']?.split(',').map(Number) ?? [1];

let folder: string;
let db: Database;
let pool: Pool;
/** Calls of the pool. */
let runCount = 0;
let counted: Pool;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'varve-graph-'));
  db = await open(join(folder, 'db'), { background: 'inline', durability: 'os' });
  pool = db.pool(await threadProgram('../graph/pool-program.ts'), { threads: 2 });
  const run = (name: string, ...args: unknown[]): Promise<unknown> => {
    runCount++;
    return pool.run(name, ...args);
  };
  counted = { run } as unknown as Pool;
});

/** Parts that a traversal has asked for hold its snapshot until they are read, also after its end. */
afterEach(async () => {
  while (db.stats().readers.snapshotCount > 0) await nextTurn();
});

afterAll(async () => {
  await db.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A random graph: loops, edges that are there twice, a node with many, and nodes that were deleted. */
async function randomGraph(name: string, random: Random): Promise<{ g: Graph; hub: number }> {
  const g = await graph(db, name);
  const nodes = await g.createNodes(Array.from({ length: NODE_COUNT }, () => ({})));
  const pick = (): number => nodes[random.below(NODE_COUNT)]!;
  const hub = pick();
  const edgeOf = (i: number) => ({
    from: i % 8 === 0 ? hub : pick(),
    to: i % 8 === 1 ? hub : pick(),
    type: TYPES[random.below(TYPES.length)]!,
  });
  await g.createEdges(Array.from({ length: 4 * NODE_COUNT }, (_, i) => edgeOf(i)));
  for (const node of new Set(Array.from({ length: 10 }, pick))) {
    if (node !== hub) await g.deleteNode(node, { cascade: true });
  }
  return { g, hub };
}

/** Steps with the whole way to each. */
function shownSteps(steps: readonly Step[]): string[] {
  const shown = new Map<Step, string>();
  return steps.map((step) => {
    const before = step.previous === undefined ? '' : shown.get(step.previous)!;
    const way = `${before} ${step.edge ?? ''}>${step.node}`;
    shown.set(step, way);
    return `${step.depth}:${way}`;
  });
}

function* manyOptions(): Generator<BfsOptions> {
  const filter = ({ node, depth }: Step): boolean => (node + depth) % 5 !== 0;
  for (const direction of ['out', 'in', 'both'] as const) {
    for (const [i, type] of [undefined, 'A', ['C', 'B']].entries()) {
      const edges = { direction, ...(type !== undefined && { type }) };
      yield edges;
      yield { ...edges, filter };
      yield { ...edges, depthMax: i };
      yield { ...edges, depthMax: i + 1, filter };
      yield { ...edges, depthMax: 2, unique: 'path' };
      yield { ...edges, depthMax: 2, unique: 'none', filter };
    }
  }
}

describe.each(SEEDS)('a random graph, seed %d', (seed) => {
  it('is traversed as without threads, in the same order (frontier-threads/in-order, graph-functions/left-out-is-known)', async () => {
    const { g, hub } = await randomGraph(`g${seed}`, makeRandom(seed));
    runCount = 0;
    let traversalCount = 0;
    for (const options of manyOptions()) {
      traversalCount++;
      const alone = await g.traverseBfs(hub, options).all();
      const together = await g.traverseBfs(hub, { ...options, pool: counted }).all();
      const [found, expected] = [shownSteps(together).join('\n'), shownSteps(alone).join('\n')];
      expect(found, JSON.stringify(options)).toBe(expected);
    }
    expect(runCount).toBeGreaterThan(2 * traversalCount); // one each is the first question
  });

  it('has the same nodes near', async () => {
    const g = await graph(db, `g${seed}`);
    const [start] = await g.getNodesInRange(1, 1e6).first(1);
    runCount = 0;
    for (const direction of ['out', 'in', 'both'] as const) {
      for (const type of [undefined, 'B']) {
        for (const depth of [0, 1, 2, 4, 100]) {
          const options = { direction, ...(type !== undefined && { type }) };
          const together = await g.kHop(start!, depth, { ...options, pool: counted }).all();
          expect(together).toEqual(await g.kHop(start!, depth, options).all());
        }
      }
    }
    expect(runCount).toBeGreaterThan(60); // one each is the first question
  });
});

it('reads one state, whatever is written and compacted meanwhile', async () => {
  const { g, hub } = await randomGraph('written', makeRandom(7));
  const expected = shownSteps(await g.traverseBfs(hub, { direction: 'both' }).all());
  const steps: Step[] = [];
  for await (const step of g.traverseBfs(hub, { direction: 'both', pool })) {
    if (steps.length === 0 || steps.length === 100) {
      await g.clear();
      await db.flush();
      await db.compact();
    }
    steps.push(step);
  }
  expect(shownSteps(steps)).toEqual(expected);
  expect(await g.traverseBfs(hub, { pool }).all()).toEqual([]);
});

it('traverses a snapshot, and forgets what it may not remember', async () => {
  const { g, hub } = await randomGraph('at', makeRandom(8));
  const snapshot = db.snapshot();
  const expected = shownSteps(await g.traverseBfs(hub).all());
  await g.clear();
  expect(shownSteps(await g.at(snapshot).traverseBfs(hub, { pool }).all())).toEqual(expected);
  const bound = { pool, visitedMax: 80 };
  await expect(g.at(snapshot).traverseBfs(hub, bound).all()).rejects.toThrow(TraversalLimitError);
  await expect(g.at(snapshot).kHop(hub, 9, bound).all()).rejects.toThrow(TraversalLimitError);
  snapshot.close();
});

it('ends with the signal, between parts and while it waits for a thread', async () => {
  const { g, hub } = await randomGraph('aborted', makeRandom(9));
  const stop = new AbortController();
  const reading = async (): Promise<void> => {
    for await (const { depth } of g.traverseBfs(hub, { pool, signal: stop.signal })) {
      if (depth === 1) stop.abort(new Error('enough'));
    }
  };
  await expect(reading()).rejects.toThrow(AbortedError);

  const waits = [pool.run('wait', Buffer.from('go')), pool.run('wait', Buffer.from('go'))];
  const later = new AbortController();
  const blocked = g.kHop(hub, 5, { pool, signal: later.signal }).all();
  later.abort();
  await expect(blocked).rejects.toThrow(AbortedError);
  await db.put(Buffer.from('go'), Buffer.from(''));
  await Promise.all(waits);
  expect(await g.kHop(hub, 5, { pool }).all()).toEqual(await g.kHop(hub, 5).all());
});

it('says before the first node why a pool cannot help (frontier-threads/told-at-once)', async () => {
  const g = await graph(db, 'small');
  const node = await g.createNode();
  const fails = async (options: BfsOptions, message: string, of: Graph = g): Promise<void> => {
    const stream = of.traverseBfs(node, options);
    await expect(stream.all()).rejects.toThrow(message);
    await expect(stream.all()).rejects.toThrow(InvalidArgumentError);
    await expect(of.kHop(node, 2, options).all()).rejects.toThrow(message);
  };
  expect(() => g.traverseBfs(node, { pool: 5 as never })).toThrow('db.pool()');
  expect(() => g.kHop(node, 2, { pool: {} as never })).toThrow('db.pool()');
  await db.transaction(async (tx) => {
    await expect(g.in(tx).traverseBfs(node, { pool }).all()).rejects.toThrow('transaction');
  });

  const others = db.pool(await threadProgram('pool-program.ts'), { threads: 1 });
  await fails({ pool: others }, 'graphFunctions()');
  await others.close();

  const memory = await open('/db', { vfs: new MemoryVfs() });
  const inMemory = await graph(memory, 'small');
  await inMemory.createNode();
  await fails({ pool: memory.pool('./any.js') }, 'cannot be shared', inMemory);
  await fails({ pool }, 'another database', inMemory);
  await memory.close();

  const remote = await openBackend(new MemoryBackend(new MemoryServers()));
  const onServers = await graph(remote, 'small');
  await onServers.createNode();
  await fails({ pool }, 'on servers', onServers);
  await remote.close();
});
