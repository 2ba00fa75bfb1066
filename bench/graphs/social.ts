/**
 * The social graph of bench/graph.ts, and what each side of it does.
 *
 * Owns: people and friendships, the same for every side, and the calls that are measured.
 */
import { makeRandom } from '../../test/support/prng.ts';

/** Ages run from 0 to this, so that a range of them has few or many people. */
export const AGE_COUNT = 5000;
/** Edges of a path at most. */
export const DEPTH_MAX = 6;
export const RANGE_COUNT = 100;

export interface Person {
  readonly name: string;
  readonly age: number;
}

/** People are numbers from 0. */
export const personOf = (i: number): Person => ({
  name: `Person ${i}`,
  age: (i * 7919) % AGE_COUNT,
});

export interface Size {
  readonly nodeCount: number;
  readonly edgeCount: number;
}

/** Friends are near, mostly, and a few people have many. */
export function* friendships({ nodeCount, edgeCount }: Size): Generator<[number, number]> {
  const random = makeRandom(1);
  for (let i = 0; i < edgeCount; i++) {
    const from = random.below(nodeCount);
    const isFar = random.chance(0.3);
    const to = isFar ? random.below(nodeCount) : (from + 1 + random.below(50)) % nodeCount;
    yield [from, random.chance(0.05) ? Math.floor(to / 100) : to];
  }
}

export function* mapped<T, U>(source: Iterable<T>, map: (each: T) => U): Generator<U> {
  for (const each of source) yield map(each);
}

/** One engine. What it answers is the same for all; what it lacks is undefined. */
export interface GraphSide {
  readonly name: string;
  /** People and friendships, with every index. */
  load(size: Size): Promise<void> | void;
  /** The age of a person who was read with all properties. */
  lookup(person: number): unknown;
  /** The age alone. */
  property(person: number): unknown;
  /** How many of RANGE_COUNT people there are from one age to another, in their order. */
  range(first: number, end: number): unknown;
  /** How many people are within two friendships. */
  near(person: number): unknown;
  /** Friendships between two people, DEPTH_MAX at most; undefined where there are more. */
  path(from: number, to: number): unknown;
  /** A person with a friendship in one commit, which survives a kill, or a power cut. */
  insert: ((i: number, friend: number) => unknown) | undefined;
  durableInsert: ((i: number, friend: number) => unknown) | undefined;
  close(): Promise<void> | void;
}
