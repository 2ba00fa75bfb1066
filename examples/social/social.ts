/**
 * A small social network: members, friendships, posts and likes.
 *
 * Owns: what each request writes, in one transaction, and what it asks of the graph.
 *
 *      (Member {name, city, friendCount}) -FRIEND-> (Member)      one edge each way
 *      (Member) -WROTE-> (Post {text, at})
 *      (Member) -LIKES-> (Post)
 *
 * Rules, which `check` looks at:
 *   a friendship has an edge each way, or none; nobody is a friend of himself
 *   `friendCount` is how many there are
 *   a post has one author
 *
 * Suspension: every request suspends.
 */
import type { Database } from 'varve';
import { edge, type Graph, graph, type GraphReads, type GraphWrites, node } from 'varve/graph';

/** A post, as a timeline shows it. */
export interface TimelineEntry {
  readonly author: string;
  readonly text: string;
  readonly likes: number;
}

/** A member whom friends know. */
export interface Suggestion {
  readonly member: number;
  readonly name: string;
  /** Friends in common. */
  readonly common: number;
}

export class Social {
  readonly #db: Database;
  readonly #graph: Graph;

  private constructor(db: Database, g: Graph) {
    this.#db = db;
    this.#graph = g;
  }

  static async open(db: Database): Promise<Social> {
    const g = await graph(db, 'social');
    await g.createPropertyIndex('Member', 'name');
    await g.createPropertyIndex('Post', 'at');
    return new Social(db, g);
  }

  get graph(): Graph {
    return this.#graph;
  }

  join(name: string, city: string): Promise<number> {
    return this.#graph.createNode({
      labels: ['Member'],
      properties: { name, city, friendCount: 0 },
    });
  }

  /** False when they are friends already. */
  befriend(a: number, b: number): Promise<boolean> {
    if (a === b) throw new Error('Nobody is a friend of himself');
    return this.#change(async (g) => {
      if (await areFriends(g, a, b)) return false;
      await g.createEdge({ from: a, to: b, type: 'FRIEND' });
      await g.createEdge({ from: b, to: a, type: 'FRIEND' });
      await addFriends(g, a, 1);
      await addFriends(g, b, 1);
      return true;
    });
  }

  post(author: number, text: string, at: Date): Promise<number> {
    return this.#change(async (g) => {
      const post = await g.createNode({ labels: ['Post'], properties: { text, at } });
      await g.createEdge({ from: author, to: post, type: 'WROTE' });
      return post;
    });
  }

  like(member: number, post: number): Promise<number> {
    return this.#graph.createEdge({ from: member, to: post, type: 'LIKES' });
  }

  /** A member goes, with friendships, likes and posts. */
  async leave(member: number): Promise<void> {
    await this.#change(async (g) => {
      for await (const { node: friend } of g.neighbors(member, {
        direction: 'out',
        type: 'FRIEND',
      })) {
        await addFriends(g, friend, -1);
      }
      const posts = await g.neighbors(member, { direction: 'out', type: 'WROTE' }).all();
      for (const { node: post } of posts) await g.deleteNode(post, { cascade: true });
      await g.deleteNode(member, { cascade: true });
    });
  }

  /** What friends wrote, the latest first. */
  async timeline(member: number, count: number): Promise<TimelineEntry[]> {
    const pattern = [
      node('me').is(member),
      edge('FRIEND'),
      node('friend', 'Member'),
      edge('WROTE'),
      node('post', 'Post'),
    ] as const;
    const rows = await this.#graph
      .match(...pattern)
      .select('post', 'friend.name', 'post.text')
      .orderBy('post.at', 'desc')
      .limit(count)
      .all();
    const entries = rows.map(async (row) => ({
      author: String(row['friend.name']),
      text: String(row['post.text']),
      likes: await this.#graph.degree(row.post, { direction: 'in', type: 'LIKES' }),
    }));
    return Promise.all(entries);
  }

  /** Friends of friends, those with the most friends in common first. */
  async suggestions(member: number, count: number): Promise<Suggestion[]> {
    const pattern = [
      node('me').is(member),
      edge('FRIEND'),
      node('f'),
      edge('FRIEND'),
      node('other'),
    ] as const;
    const found = new Map<number, number>();
    for await (const { other } of this.#graph.match(...pattern)) {
      found.set(other, (found.get(other) ?? 0) + 1);
    }
    const friends = await this.#graph.neighbors(member, { direction: 'out', type: 'FRIEND' }).all();
    for (const { node: friend } of friends) found.delete(friend);
    found.delete(member);
    const best = [...found].sort((a, b) => b[1] - a[1] || a[0] - b[0]).slice(0, count);
    const named = best.map(async ([other, common]) => {
      const name = String(await this.#graph.getNodeProperty(other, 'name'));
      return { member: other, name, common };
    });
    return Promise.all(named);
  }

  /** The names along the shortest way from one member to another; undefined when there is none. */
  async connection(from: number, to: number): Promise<string[] | undefined> {
    const path = await this.#graph.shortestPath(from, to, { type: 'FRIEND' });
    if (path === undefined) return undefined;
    const members = await this.#graph.getNodes(path.nodes);
    return members.map((member) => String(member?.properties['name']));
  }

  /** What is wrong, in words. */
  async check(): Promise<string[]> {
    const { problems } = await this.#graph.verify();
    const snapshot = this.#db.snapshot();
    try {
      return [...problems, ...(await brokenRules(this.#graph.at(snapshot)))];
    } finally {
      snapshot.close();
    }
  }

  #change<T>(body: (g: GraphWrites) => Promise<T>): Promise<T> {
    return this.#db.transaction((tx) => body(this.#graph.in(tx)), { isolation: 'serializable' });
  }
}

async function areFriends(g: GraphReads, a: number, b: number): Promise<boolean> {
  const path = await g.shortestPath(a, b, { type: 'FRIEND', depthMax: 1 });
  return path !== undefined;
}

async function addFriends(g: GraphWrites, member: number, count: number): Promise<void> {
  const known = Number(await g.getNodeProperty(member, 'friendCount'));
  await g.setNodeProperty(member, 'friendCount', known + count);
}

async function brokenRules(g: GraphReads): Promise<string[]> {
  const broken: string[] = [];
  for await (const member of g.findNodesByLabel('Member')) {
    const edges = await g.neighbors(member, { type: 'FRIEND' }).all();
    const ends = (direction: string): string =>
      String(edges.filter((each) => each.direction === direction).map((each) => each.node));
    if (ends('out') !== ends('in')) broken.push(`Friendship has one side: member=${member}`);
    const friendCount = await g.getNodeProperty(member, 'friendCount');
    if (friendCount !== edges.length / 2)
      broken.push(`Count of friends is wrong: member=${member}`);
  }
  for await (const post of g.findNodesByLabel('Post')) {
    const authors = await g.degree(post, { direction: 'in', type: 'WROTE' });
    if (authors !== 1) broken.push(`Post has ${authors} authors: post=${post}`);
  }
  return broken;
}
