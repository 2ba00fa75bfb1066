/**
 * A coin for each fast path, so that tests take the slow way as well.
 *
 * Owns: the names of the coins, the seeded toss, and the count of how each one fell. A fast path that has a coin asks
 * `isSlowWay` first. Both ways must give the same answer: tests that compare answers with a model find where they differ.
 *
 *     if (INVARIANTS && isSlowWay('table-filter')) ...
 *
 * Without INVARIANTS that is a branch on a constant. With them every coin shows the fast path until `tossCoins`: tests that
 * count reads or steps rely on it.
 *
 * Invariants:
 *   coin/replays: equal seeds give equal tosses, as long as a run asks in the same order. A run that fails prints its seed.
 *
 * Suspension: every function here is synchronous. A worker thread has coins of its own, which are never tossed.
 */
import { Random } from './random.ts';

export const COINS = [
  'cached-block', // a block in the cache is read from the file
  'dead-stretch', // a scan steps through a stretch that is known to show nothing
  'disjoint-map', // range tombstones in key order are mapped like others
  'empty-memtable', // an empty memtable is asked too
  'equal-records', // a block of equal records is stored as any other
  'index-fences', // an index with fences is searched as one without
  'insert-together', // a memtable inserts an operation before it takes the next
  'key-index', // few keys of a transaction are indexed too
  'key-places', // a key whose place is known is searched
  'key-run', // backward, the first version of a key is searched where each key has one
  'load-by-call', // an awaited read loads its block through the pool
  'newest-tombstone', // an entry newer than all range tombstones is looked up in them
  'old-enough', // a table that is too new for the reader is asked too
  'one-operation', // a commit of one operation goes through a batch
  'one-source', // a single source of a scan is merged
  'open-run', // a seek within one table of a level opens it again
  'readahead', // a scan reads block by block
  'runner-up', // each step of a merge sifts through the heap
  'same-turn', // a key that is in memory is answered in a later turn
  'shadow-seek', // a scan steps over what a newer range tombstone hides
  'table-filter', // a table is searched for a key that its filter excludes
  'tombstone-stretch', // each key is searched among range tombstones anew
  'trivial-move', // tables are rewritten instead of moved
  'word-copy', // the system copies short parts
] as const;

export type Coin = (typeof COINS)[number];

export interface Falls {
  fastCount: number;
  slowCount: number;
}

class Purse {
  readonly falls: Map<Coin, Falls> = new Map();
  random: Random | undefined = undefined;
}

const purse = new Purse();

/** From now on half of the tosses say the slow way; without a seed none does. */
export function tossCoins(seed?: number): void {
  purse.random = seed === undefined ? undefined : new Random(seed);
}

/** Tosses the coin: true says that the caller must not take the fast path. Asked under INVARIANTS only. */
export function isSlowWay(coin: Coin): boolean {
  const { random, falls } = purse;
  if (random === undefined) return false;
  const isSlow = random.nextInt32() < 0;
  let fell = falls.get(coin);
  if (fell === undefined) falls.set(coin, (fell = { fastCount: 0, slowCount: 0 }));
  if (isSlow) fell.slowCount++;
  else fell.fastCount++;
  return isSlow;
}

/** How often a coin fell on each side in this thread. */
export function fallsOf(coin: Coin): Readonly<Falls> {
  return purse.falls.get(coin) ?? { fastCount: 0, slowCount: 0 };
}
