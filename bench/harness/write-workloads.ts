/**
 * Workloads that write: fills, durable puts, batches, overwrites.
 */
import type { StoreEntry } from '../adapters/store.ts';
import {
  checkContents,
  clientRate,
  durableCount,
  inWindows,
  randomEntry,
  rate,
  sequentialEntry,
  withStore,
} from './measure.ts';
import type { Measurement, WorkloadContext } from './workload.ts';

const BATCH_COUNT = 1000;
const DURABLE_BATCH_COUNT = 100;
const DURABLE_BATCHES = 500;
/** Of the value that an overwrite puts, to the one before. */
const OVERWRITE_SHIFT = 7;

type EntryAt = (index: number) => StoreEntry;

function entriesOf({ data }: WorkloadContext, order: 'random' | 'sequential'): EntryAt {
  return (index) => (order === 'random' ? randomEntry : sequentialEntry)(data, index);
}

/** Puts, each call made without waiting for the last, in windows. */
export function fill(order: 'random' | 'sequential') {
  return (context: WorkloadContext): Promise<Measurement> =>
    withStore(context, async (store) => {
      const { entryCount } = context.data;
      const entryAt = entriesOf(context, order);
      const result = await rate(entryCount, () =>
        inWindows(entryCount, (i) => {
          const { key, value } = entryAt(i);
          return store.put(key, value);
        }),
      );
      await checkContents(store, entryCount, entryAt);
      return result;
    });
}

/** Puts of one caller, each awaited. */
export function fillAwait(context: WorkloadContext): Promise<Measurement> {
  return putsOfClients(context, context.data.entryCount);
}

/** Durable puts of many callers, each awaiting its own. */
export function fillSync(context: WorkloadContext): Promise<Measurement> {
  return putsOfClients(context, durableCount(context.clientCount, context.data.entryCount));
}

function putsOfClients(context: WorkloadContext, count: number): Promise<Measurement> {
  return withStore(context, async (store) => {
    const entryAt = entriesOf(context, 'random');
    const result = await clientRate(context.clientCount, count, (i) => {
      const { key, value } = entryAt(i);
      return store.put(key, value);
    });
    await checkContents(store, count, entryAt);
    return result;
  });
}

/** Batches of 1000, each awaited; counts entries. */
export function fillBatch(order: 'random' | 'sequential') {
  return (context: WorkloadContext): Promise<Measurement> =>
    batches(context, order, BATCH_COUNT, context.data.entryCount);
}

/** Durable batches of 100 by one caller; counts entries. */
export function batch100(context: WorkloadContext): Promise<Measurement> {
  const count = Math.min(context.data.entryCount, DURABLE_BATCHES * DURABLE_BATCH_COUNT);
  return batches(context, 'random', DURABLE_BATCH_COUNT, count);
}

function batches(
  context: WorkloadContext,
  order: 'random' | 'sequential',
  batchCount: number,
  count: number,
): Promise<Measurement> {
  return withStore(context, async (store) => {
    const entryAt = entriesOf(context, order);
    const result = await rate(count, async () => {
      for (let first = 0; first < count; first += batchCount) {
        const length = Math.min(batchCount, count - first);
        await store.batch(Array.from({ length }, (_, i) => entryAt(first + i)));
      }
    });
    await checkContents(store, count, entryAt);
    return result;
  });
}

/** Puts over a full database, in another random order than the one it was written in. */
export function overwrite(context: WorkloadContext): Promise<Measurement> {
  return withStore(context, async (store) => {
    const { data } = context;
    const { entryCount } = data;
    const entryAt = (index: number): StoreEntry => ({
      key: data.randomKey(index + (entryCount >>> 1)),
      value: data.value(index + OVERWRITE_SHIFT),
    });
    const result = await rate(entryCount, () =>
      inWindows(entryCount, (i) => {
        const { key, value } = entryAt(i);
        return store.put(key, value);
      }),
    );
    await checkContents(store, entryCount, entryAt);
    return result;
  });
}
