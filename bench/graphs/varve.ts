/** The social graph in `varve/graph`. */
import { type Graph, graph } from '../../src/graph/index.ts';
import { type Database, type Durability, open } from '../../src/index.ts';
import {
  AGE_COUNT,
  DEPTH_MAX,
  friendships,
  type GraphSide,
  mapped,
  personOf,
  RANGE_COUNT,
  type Size,
} from './social.ts';

const KNOWS = { type: 'KNOWS' } as const;
const CACHE_SIZE_BYTES = 256 * 1024 * 1024;

export class VarveSide implements GraphSide {
  readonly name: string = 'varve';
  readonly db: Database;
  readonly g: Graph;
  /** The ids of people by their numbers. */
  #ids: readonly number[] = [];

  private constructor(db: Database, g: Graph) {
    this.db = db;
    this.g = g;
  }

  static async open(directory: string): Promise<VarveSide> {
    const db = await open(directory, { blockCacheSizeBytes: CACHE_SIZE_BYTES });
    return new VarveSide(db, await graph(db, 'social'));
  }

  idOf(person: number): number {
    return this.#ids[person]!; // one of them
  }

  async load(size: Size): Promise<void> {
    await this.g.createPropertyIndex('Person', 'age');
    const people = Array.from({ length: size.nodeCount }, (_, i) => i);
    await this.g.load({
      nodes: people.map((key) => ({ key, labels: ['Person'], properties: { ...personOf(key) } })),
      edges: mapped(friendships(size), ([from, to]) => ({ from, to, ...KNOWS })),
    });
    this.#ids = await this.g.findNodesByLabel('Person').all();
  }

  async lookup(person: number): Promise<unknown> {
    return (await this.g.getNode(this.idOf(person)))?.properties['age'];
  }

  property(person: number): unknown {
    return this.g.getNodeProperty(this.idOf(person), 'age');
  }

  async range(first: number, end: number): Promise<number> {
    const found = this.g.findNodesByProperty(
      'Person',
      'age',
      { gte: first, lt: end },
      { limit: RANGE_COUNT },
    );
    return (await found.all()).length;
  }

  async near(person: number): Promise<number> {
    return (await this.g.kHop(this.idOf(person), 2, KNOWS).all()).length;
  }

  async path(from: number, to: number): Promise<number | undefined> {
    const options = { ...KNOWS, depthMax: DEPTH_MAX };
    return (await this.g.shortestPath(this.idOf(from), this.idOf(to), options))?.cost;
  }

  readonly insert = (i: number, friend: number): Promise<void> => this.#insert(i, friend, 'os');

  readonly durableInsert = (i: number, friend: number): Promise<void> =>
    this.#insert(i, friend, 'sync');

  close(): Promise<void> {
    return this.db.close();
  }

  async #insert(i: number, friend: number, durability: Durability): Promise<void> {
    await this.db.transaction(
      async (tx) => {
        const inTx = this.g.in(tx);
        const properties = { name: 'New', age: AGE_COUNT + i };
        const made = await inTx.createNode({ labels: ['Person'], properties });
        await inTx.createEdge({ from: made, to: this.idOf(friend), type: 'MET' });
      },
      { durability },
    );
  }
}
