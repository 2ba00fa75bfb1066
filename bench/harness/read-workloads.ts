/**
 * Workloads that read: points, many at once, scans. On the prepared database, everything read once before the clock
 * starts.
 */
import { WrongResultError } from '../../src/cli/bench/workloads.ts';
import type { Found, Store, StoreRange } from '../adapters/store.ts';
import { check, rate, withStore } from './measure.ts';
import type { Measurement, WorkloadContext } from './workload.ts';
import { Zipf } from './zipf.ts';

const MANY_COUNT = 100;
const SEEK_ENTRY_COUNT = 100;
const WARM_COUNT_MAX = 10_000;
/** Reads in flight where an engine has no synchronous one. */
const IN_FLIGHT_COUNT = 100;

type KeyAt = (index: number) => string;

/** Reads the keys, by the engine's fastest way for one at a time; returns how many were found. */
async function readKeys(
  store: Store,
  count: number,
  keyAt: KeyAt,
  valueSizeBytes: number,
): Promise<number> {
  let foundCount = 0;
  const { getSync } = store;
  if (getSync !== undefined) {
    for (let i = 0; i < count; i++) if (getSync(keyAt(i))?.length === valueSizeBytes) foundCount++;
    return foundCount;
  }
  for (let first = 0; first < count; first += IN_FLIGHT_COUNT) {
    const length = Math.min(IN_FLIGHT_COUNT, count - first);
    const reads = Array.from({ length }, (_, i) => store.get(keyAt(first + i)));
    for (const value of await Promise.all(reads))
      if (value?.length === valueSizeBytes) foundCount++;
  }
  return foundCount;
}

/** Loads every block once, and lets the compiler see the loop. */
async function warm({ data, sizes }: WorkloadContext, store: Store, keyAt: KeyAt): Promise<void> {
  let count = 0;
  await store.scan({}, () => count++);
  check('The number of entries', count, data.entryCount);
  const warmCount = Math.min(WARM_COUNT_MAX, data.entryCount);
  await readKeys(store, warmCount, keyAt, sizes.valueSizeBytes);
}

/** `isMissing`: no key is found. */
function readPoints(
  context: WorkloadContext,
  keyAt: KeyAt,
  isMissing: boolean,
): Promise<Measurement> {
  return withStore(context, async (store) => {
    const { entryCount } = context.data;
    await warm(context, store, keyAt);
    let foundCount = 0;
    const result = await rate(entryCount, async () => {
      foundCount = await readKeys(store, entryCount, keyAt, context.sizes.valueSizeBytes);
    });
    check('The number of keys found', foundCount, isMissing ? 0 : entryCount);
    return result;
  });
}

/** Every key once, in random order. */
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
  const zipf = new Zipf(data.entryCount, context.sizes.seed + 3);
  const ranks = Uint32Array.from({ length: data.entryCount }, () => zipf.next());
  return readPoints(context, (index) => data.randomKey(ranks[index]!), false); // index < entryCount
}

/** Counts keys, not calls. */
export function getMany(context: WorkloadContext): Promise<Measurement> {
  return withStore(context, async (store) => {
    const { data, sizes } = context;
    const { entryCount } = data;
    const keyAt: KeyAt = (index) => data.randomKey(index + (entryCount >>> 1));
    await warm(context, store, keyAt);
    let foundCount = 0;
    const isFound = (value: Found): boolean => value?.length === sizes.valueSizeBytes;
    const result = await rate(entryCount, async () => {
      for (let first = 0; first < entryCount; first += MANY_COUNT) {
        const length = Math.min(MANY_COUNT, entryCount - first);
        const keys = Array.from({ length }, (_, i) => keyAt(first + i));
        for (const value of await store.getMany(keys)) if (isFound(value)) foundCount++;
      }
    });
    check('The number of keys found', foundCount, entryCount);
    return result;
  });
}

/** One scan over everything; counts entries. */
export function readAll(reverse: boolean) {
  return (context: WorkloadContext): Promise<Measurement> =>
    withStore(context, async (store) => {
      const { data, sizes } = context;
      await warm(context, store, (index) => data.randomKey(index));
      let count = 0;
      let sizeBytes = 0;
      let last: string | undefined;
      const result = await rate(data.entryCount, () =>
        store.scan({ reverse }, (key, value) => {
          count++;
          sizeBytes += value.length;
          if (last !== undefined && (reverse ? key >= last : key <= last)) {
            throw new WrongResultError(`A scan is out of order: key=${key} last=${last}`);
          }
          last = key;
        }),
      );
      check('The number of entries', count, data.entryCount);
      check('The size of the values', sizeBytes, data.entryCount * sizes.valueSizeBytes);
      return result;
    });
}

/** Scans of 100 entries from random keys; counts scans. */
export function seekRandom(context: WorkloadContext): Promise<Measurement> {
  return withStore(context, async (store) => {
    const { data } = context;
    const { entryCount } = data;
    await warm(context, store, (index) => data.randomKey(index));
    const seekCount = Math.min(entryCount, Math.max(1000, Math.floor(entryCount / 10)));
    let expectedCount = 0;
    for (let i = 0; i < seekCount; i++) {
      expectedCount += Math.min(SEEK_ENTRY_COUNT, entryCount - Number(data.randomKey(i)) / 2);
    }
    let count = 0;
    const result = await rate(seekCount, async () => {
      for (let i = 0; i < seekCount; i++) {
        const range: StoreRange = { gte: data.randomKey(i), limit: SEEK_ENTRY_COUNT };
        await store.scan(range, () => count++);
      }
    });
    check('The number of entries in all scans', count, expectedCount);
    return result;
  });
}
