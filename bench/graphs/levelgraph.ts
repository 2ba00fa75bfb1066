/**
 * The social graph in levelgraph over classic-level: everything is a triple, which lies under six keys.
 *
 * A property is a triple too. There is no range over values, so that one filters all ages, and no path, so that one is
 * searched here, from both ends.
 */
import process from 'node:process';
import { promisify } from 'node:util';
import { loadPeer, versionOf } from '../adapters/peer-package.ts';
import {
  AGE_COUNT,
  DEPTH_MAX,
  friendships,
  type GraphSide,
  personOf,
  RANGE_COUNT,
  type Size,
} from './social.ts';

interface Triple {
  readonly subject: string;
  readonly predicate: string;
  readonly object: string | number;
}

interface Pattern extends Partial<Triple> {
  readonly filter?: (triple: Triple) => boolean;
}

interface LevelGraph {
  put(
    triples: readonly Triple[],
    options: { readonly sync: boolean },
    callback: (error?: Error | null) => void,
  ): void;
  get(pattern: Pattern, callback: (error: Error | null, found: Triple[]) => void): void;
}

type Put = (triples: readonly Triple[], sync: boolean) => Promise<void>;

interface Level {
  open(): Promise<void>;
  close(): Promise<void>;
}

const LOT_COUNT = 1000;
const keyOf = (person: number): string => `p${person}`;

/** A half of a search for a path. */
interface Half {
  readonly met: Map<string, number>;
  frontier: string[];
}

export async function openLevelGraph(directory: string): Promise<GraphSide> {
  const { ClassicLevel } = loadPeer<{
    ClassicLevel: new (path: string, options: object) => Level;
  }>('classic-level-1'); // levelgraph calls it by callbacks, which later versions have not
  const levelgraph = loadPeer<(level: Level) => LevelGraph>('levelgraph');
  const level = new ClassicLevel(directory, { cacheSize: 256 * 1024 * 1024 });
  await level.open();
  const graph = levelgraph(level);
  const put: Put = (triples, sync) =>
    new Promise((resolve, reject) => {
      graph.put(triples, { sync }, (error) => {
        if (error === undefined || error === null) resolve();
        else reject(error);
      });
    });
  const get = promisify<Pattern, Triple[]>((pattern, done) => {
    graph.get(pattern, done);
  });
  const friendsOf = async (subject: string): Promise<string[]> =>
    (await get({ subject, predicate: 'KNOWS' })).map(({ object }) => String(object));
  const friendOf = async (object: string): Promise<string[]> =>
    (await get({ predicate: 'KNOWS', object })).map(({ subject }) => subject);
  const ageOf = async (person: number): Promise<number | undefined> => {
    const [age] = await get({ subject: keyOf(person), predicate: 'age' });
    return age && Number(age.object);
  };
  const inserts =
    (sync: boolean) =>
    (i: number, friend: number): Promise<void> => {
      const subject = `new${process.hrtime.bigint()}`;
      const triples = [
        { subject, predicate: 'name', object: 'New' },
        { subject, predicate: 'age', object: AGE_COUNT + i },
        { subject, predicate: 'MET', object: keyOf(friend) },
      ];
      return put(triples, sync);
    };
  return {
    name: `levelgraph ${versionOf('levelgraph')}`,
    load: (size) => load(put, size),
    lookup: async (i) => {
      const [name, age] = await Promise.all([
        get({ subject: keyOf(i), predicate: 'name' }),
        ageOf(i),
      ]);
      return name.length === 1 ? age : undefined;
    },
    property: ageOf,
    range: async (first, end) => {
      const isWithin = ({ object }: Triple): boolean =>
        Number(object) >= first && Number(object) < end;
      const found = await get({ predicate: 'age', filter: isWithin });
      return found.sort((a, b) => Number(a.object) - Number(b.object)).slice(0, RANGE_COUNT).length;
    },
    near: async (i) => {
      const near = new Set([keyOf(i)]);
      const friends = await friendsOf(keyOf(i));
      for (const each of friends) near.add(each);
      for (const some of await Promise.all([...near].slice(1).map(friendsOf))) {
        for (const each of some) near.add(each);
      }
      return near.size - 1;
    },
    path: (from, to) => pathBetween(keyOf(from), keyOf(to), friendsOf, friendOf),
    insert: inserts(false),
    durableInsert: inserts(true),
    close: () => level.close(),
  };
}

async function load(put: Put, size: Size): Promise<void> {
  let lot: Triple[] = [];
  const add = async (...triples: readonly Triple[]): Promise<void> => {
    lot.push(...triples);
    if (lot.length < LOT_COUNT) return;
    await put(lot, false);
    lot = [];
  };
  for (let i = 0; i < size.nodeCount; i++) {
    const { name, age } = personOf(i);
    const subject = keyOf(i);
    await add(
      { subject, predicate: 'name', object: name },
      { subject, predicate: 'age', object: age },
    );
  }
  for (const [from, to] of friendships(size)) {
    await add({ subject: keyOf(from), predicate: 'KNOWS', object: keyOf(to) });
  }
  await put(lot, false);
}

type Neighbors = (person: string) => Promise<string[]>;

/** From both ends, from the one with fewer people at its edge. */
async function pathBetween(
  from: string,
  to: string,
  forward: Neighbors,
  backward: Neighbors,
): Promise<number | undefined> {
  if (from === to) return 0;
  const halves: [Half, Half] = [halfFrom(from), halfFrom(to)];
  for (let depth = 1; depth <= DEPTH_MAX; depth++) {
    const side = halves[0].frontier.length <= halves[1].frontier.length ? 0 : 1;
    const half = halves[side];
    const other = halves[1 - side]!; // the other of two
    const lists = await Promise.all(half.frontier.map(side === 0 ? forward : backward));
    half.frontier = [];
    for (const person of lists.flat()) {
      if (half.met.has(person)) continue;
      if (other.met.has(person)) return depth;
      half.met.set(person, depth);
      half.frontier.push(person);
    }
    if (half.frontier.length === 0) return undefined;
  }
  return undefined;
}

function halfFrom(person: string): Half {
  return { met: new Map([[person, 0]]), frontier: [person] };
}
