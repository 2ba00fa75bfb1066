/**
 * Workloads that read: points, many at once, scans. On the prepared database, everything read once before the clock
 * starts.
 *
 * All are sustained: rounds that go round all keys, each checked by how much it found. What a check would cost more
 * than the read itself is checked in full once, before.
 */
import { WrongResultError } from '../../src/programs/bench/measuring.ts';
import type { Store, StoreRange } from '../adapters/store.ts';
import { check, paceOf, type Round, sustained, withStore } from './measure.ts';
import type { Measurement, WorkloadContext } from './workload.ts';
import { Zipf } from './zipf.ts';

const MANY_COUNT = 100;
const SEEK_ENTRY_COUNT = 100;
const POINTS_PER_ROUND = 50_000;
const SEEKS_PER_ROUND = 500;
/** Reads in flight where an engine has no synchronous one. */
const IN_FLIGHT_COUNT = 100;

type KeyAt = (index: number) => string;

/** Opens, loads every block once, and repeats the round that `roundOf` makes. */
function sustainedReads(
  context: WorkloadContext,
  roundOf: (store: Store) => Promise<Round> | Round,
): Promise<Measurement> {
  return withStore(context, async (store) => {
    let count = 0;
    await store.scan({}, () => count++);
    check('The number of entries', count, context.data.entryCount);
    const { measurement } = await sustained(paceOf(context), await roundOf(store));
    return measurement;
  });
}

/** The keys from number `first` on, as an application has them: plain strings, made before the clock starts. */
function keysOfRound(keyAt: KeyAt, first: number): string[] {
  return Array.from({ length: POINTS_PER_ROUND }, (_, i) =>
    Buffer.from(keyAt(first + i), 'latin1').toString('latin1'),
  );
}

/** Reads the keys, by the engine's fastest way for one at a time; how many were found. */
async function readKeys(
  store: Store,
  keys: readonly string[],
  valueSizeBytes: number,
): Promise<number> {
  let foundCount = 0;
  const { getSync } = store;
  if (getSync !== undefined) {
    for (const key of keys) if (getSync(key)?.length === valueSizeBytes) foundCount++;
    return foundCount;
  }
  for (let at = 0; at < keys.length; at += IN_FLIGHT_COUNT) {
    const reads = keys.slice(at, at + IN_FLIGHT_COUNT).map((key) => store.get(key));
    for (const value of await Promise.all(reads)) {
      if (value?.length === valueSizeBytes) foundCount++;
    }
  }
  return foundCount;
}

/** `isMissing`: no key is found. */
function readPoints(
  context: WorkloadContext,
  keyAt: KeyAt,
  isMissing: boolean,
): Promise<Measurement> {
  const { valueSizeBytes } = context.sizes;
  return sustainedReads(context, (store) => {
    let keys: string[] = [];
    let foundCount = 0;
    return {
      count: POINTS_PER_ROUND,
      prepare: (first) => (keys = keysOfRound(keyAt, first)),
      run: async () => {
        foundCount = await readKeys(store, keys, valueSizeBytes);
      },
      verify: () => check('The number of keys found', foundCount, isMissing ? 0 : POINTS_PER_ROUND),
    };
  });
}

/** Every key in turn, in random order. */
export function readRandom(context: WorkloadContext): Promise<Measurement> {
  const { data } = context;
  const offset = data.entryCount >>> 1; // not in the order of the writes
  return readPoints(context, (index) => data.randomKey(index + offset), false);
}

/** Keys that lie between stored ones. */
export function readMissing(context: WorkloadContext): Promise<Measurement> {
  const { data } = context;
  return readPoints(context, (index) => data.missingKey(index), true);
}

/** Keys by a Zipf distribution. */
export function readHot(context: WorkloadContext): Promise<Measurement> {
  const { data } = context;
  const { entryCount } = data;
  const zipf = new Zipf(entryCount, context.sizes.seed + 3);
  const ranks = Uint32Array.from({ length: entryCount }, () => zipf.next());
  return readPoints(context, (index) => data.randomKey(ranks[index % entryCount]!), false); // below entryCount
}

/** Counts keys, not calls. */
export function getMany(context: WorkloadContext): Promise<Measurement> {
  const { data, sizes } = context;
  const offset = data.entryCount >>> 1;
  const keyAt: KeyAt = (index) => data.randomKey(index + offset);
  return sustainedReads(context, (store) => {
    let keys: string[] = [];
    let foundCount = 0;
    return {
      count: POINTS_PER_ROUND,
      prepare: (first) => (keys = keysOfRound(keyAt, first)),
      run: async () => {
        foundCount = 0;
        for (let at = 0; at < POINTS_PER_ROUND; at += MANY_COUNT) {
          for (const value of await store.getMany(keys.slice(at, at + MANY_COUNT))) {
            if (value?.length === sizes.valueSizeBytes) foundCount++;
          }
        }
      },
      verify: () => check('The number of keys found', foundCount, POINTS_PER_ROUND),
    };
  });
}

/** Scans over everything; counts entries. */
export function readAll(reverse: boolean) {
  return (context: WorkloadContext): Promise<Measurement> => {
    const { data, sizes } = context;
    const { entryCount } = data;
    return sustainedReads(context, (store) => {
      let count = 0;
      let sizeBytes = 0;
      let last: string | undefined;
      return {
        count: entryCount,
        run: () => {
          count = 0;
          sizeBytes = 0;
          last = undefined;
          return store.scan({ reverse }, (key, value) => {
            count++;
            sizeBytes += value.length;
            if (last !== undefined && (reverse ? key >= last : key <= last)) {
              throw new WrongResultError(`A scan is out of order: key=${key} last=${last}`);
            }
            last = key;
          });
        },
        verify: () => {
          check('The number of entries', count, entryCount);
          check('The size of the values', sizeBytes, entryCount * sizes.valueSizeBytes);
        },
      };
    });
  };
}

/** Scans of 100 entries from random keys; counts scans. */
export function seekRandom(context: WorkloadContext): Promise<Measurement> {
  const { data, sizes } = context;
  const rangeAt = (index: number): StoreRange => ({
    gte: data.randomKey(index),
    limit: SEEK_ENTRY_COUNT,
  });
  return sustainedReads(context, async (store) => {
    await checkSeeks(context, store, rangeAt);
    let count = 0;
    let sizeBytes = 0;
    return {
      count: SEEKS_PER_ROUND,
      run: async (first) => {
        count = 0;
        sizeBytes = 0;
        for (let i = first; i < first + SEEKS_PER_ROUND; i++) {
          await store.scan(rangeAt(i), (_key, value) => {
            count++;
            sizeBytes += value.length;
          });
        }
      },
      verify: (first) => {
        let expectedCount = 0;
        for (let i = first; i < first + SEEKS_PER_ROUND; i++) {
          expectedCount += keysFrom(context, i).length;
        }
        check('The number of entries in all scans', count, expectedCount);
        check('The size of the values', sizeBytes, expectedCount * sizes.valueSizeBytes);
      },
    };
  });
}

/** The entries that a scan of 100 from the key number `index` must find. */
function keysFrom({ data }: WorkloadContext, index: number): { first: number; length: number } {
  const first = data.randomIndex(index);
  return { first, length: Math.min(SEEK_ENTRY_COUNT, data.entryCount - first) };
}

/** One round in which every key of every scan is compared. */
async function checkSeeks(
  context: WorkloadContext,
  store: Store,
  rangeAt: (index: number) => StoreRange,
): Promise<void> {
  for (let i = 0; i < SEEKS_PER_ROUND; i++) {
    const { first, length } = keysFrom(context, i);
    const expected = Array.from({ length }, (_, at) => context.data.sequentialKey(first + at));
    const found: string[] = [];
    await store.scan(rangeAt(i), (key) => found.push(key));
    if (found.join() !== expected.join()) {
      throw new WrongResultError(
        `A scan found other keys: first=${rangeAt(i).gte} keys=${found.join()}`,
      );
    }
  }
}
