/**
 * What a graph must keep on servers: its random life, matches, races and transfers, short.
 *
 * Owns: the suite. `openOne` opens one database as often as it is called, as several processes do.
 */
import { describe, expect, it } from 'vitest';
import type { Database } from '../../src/index.ts';
import { graph } from '../../src/graph/index.ts';
import { makeRandom } from '../support/prng.ts';
import { Life, live } from './life.ts';
import { compareMatches } from './match-oracle.ts';

export interface ServerGraph {
  /** Opens the database of that name, which is empty at first. */
  readonly openOne: (name: string) => Promise<Database>;
  readonly seed: number;
  readonly stepCount: number;
  readonly matchCount: number;
}

export function describeGraph(
  name: string,
  { openOne, seed, stepCount, matchCount }: ServerGraph,
): void {
  describe(`a graph on ${name}`, () => {
    const withDatabase = async (space: string, run: (db: Database) => Promise<void>) => {
      const db = await openOne(space);
      await run(db);
      await db.close();
    };

    it(`answers as the model does through a random life, seed ${seed} (ahead/one-state)`, async () => {
      await live(new Life(seed, () => openOne('life')), stepCount);
    });

    it(`has the rows of matches that looking everywhere finds, seed ${seed}`, () =>
      withDatabase('matches', async (db) => {
        const { rowCount } = await compareMatches(
          await graph(db, 'g'),
          makeRandom(seed),
          matchCount,
        );
        expect(rowCount).toBeGreaterThan(0);
      }));

    it('has no dangling edge, and no entry too few, when two processes write the same nodes', () =>
      withDatabase('processes', async (one) => {
        const two = await openOne('processes');
        const handles = await Promise.all([graph(one, 'g'), graph(two, 'g')]);
        const random = makeRandom(seed);
        const hub = await handles[0].createNode({ labels: ['Hub'] });
        for (let round = 0; round < 6; round++) {
          const node = await handles[0].createNode({ labels: ['P'], properties: { age: round } });
          const [g, other] = random.chance(0.5) ? handles : [handles[1], handles[0]];
          await Promise.allSettled([
            g.createEdge({ from: hub, to: node, type: 'T' }),
            other.deleteNode(node, { cascade: true }),
            g.setNodeProperty(node, 'age', random.below(9)),
            other.createEdge({ from: node, to: hub, type: 'T' }),
            ...(round === 2 ? [other.createPropertyIndex('P', 'age')] : []),
            g.createNode({ labels: ['P'], properties: { age: 7 } }),
          ]);
          expect((await other.verify()).problems).toEqual([]);
        }
        expect(await handles[1].findNodesByProperty('P', 'age', 7).all()).toHaveLength(6);
        await two.close();
      }));

    it('writes in a transaction call after call, and refuses one at snapshot', () =>
      withDatabase('transactions', async (db) => {
        const g = await graph(db, 'g');
        const [a, b] = (await g.createNodes([{ labels: ['A'] }, {}])) as [number, number];
        const tx = db.begin({ isolation: 'serializable' });
        const inTx = g.in(tx);
        const calls = await Promise.allSettled([
          inTx.deleteNode(b),
          inTx.createEdge({ from: a, to: b, type: 'T' }),
          inTx.setNodeProperty(a, 'n', 1),
        ]);
        expect(calls.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
        expect(await inTx.getNodeProperty(a, 'n')).toBe(1);
        expect(await inTx.hasNode(b)).toBe(false);
        await tx.commit();
        expect((await g.verify()).problems).toEqual([]);
        const loose = db.begin();
        expect(loose.isolation).toBe('snapshot');
        await expect(g.in(loose).createNode()).rejects.toMatchObject({ code: 'UNSUPPORTED' });
        expect(await g.in(loose).hasNode(a)).toBe(true);
        loose.rollback();
      }));

    it('two edges of one hub do not meet, an edge and the deletion of its end do', () =>
      withDatabase('races', async (db) => {
        const g = await graph(db, 'g');
        const [hub, node] = (await g.createNodes([{}, {}])) as [number, number];
        const begin = () => db.begin({ isolation: 'serializable' });
        const [one, two, three] = [begin(), begin(), begin()];
        await g.in(one).createEdge({ from: hub, to: node, type: 'T' });
        await g.in(two).createEdge({ from: hub, to: node, type: 'T' });
        await one.commit();
        await two.commit();
        await g.in(three).createEdge({ from: hub, to: node, type: 'T' });
        expect(await g.deleteNode(node, { cascade: true })).toBe(2);
        await expect(three.commit()).rejects.toMatchObject({ code: 'CONFLICT' });
      }));

    it('comes and goes as text, and is not loaded past its log', () =>
      withDatabase('texts', async (db) => {
        const g = await graph(db, 'g');
        const nodes = Array.from(
          { length: 70 },
          (_, i) => `{"node":${i},"properties":{"i":${i}}}\n`,
        );
        const edges = nodes.map((_, i) => `{"from":${i},"to":${(7 * i) % 70},"type":"T"}\n`);
        const report = await g.importJsonLines([...nodes, ...edges]);
        expect(report).toMatchObject({ nodeCount: 70, edgeCount: 70 });
        const text = (await g.exportJsonLines().all()).join('');
        expect(text.split('\n')).toHaveLength(141);
        await expect(g.load({ nodes: [] })).rejects.toMatchObject({ code: 'UNSUPPORTED' });
        await g.createNode();
      }));
  });
}
