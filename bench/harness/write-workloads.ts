/**
 * Workloads that write: fills, durable puts, batches, overwrites.
 *
 * A fill writes every entry once. Durable puts and batches are sustained: they go round the same keys again.
 */
import type { StoreEntry } from '../adapters/store.ts';
import {
  checkContents,
  checkLastPuts,
  clientRate,
  inWindows,
  paceOf,
  randomEntry,
  rate,
  sequentialEntry,
  sustained,
  sustainedClients,
  withStore,
} from './measure.ts';
import type { Measurement, WorkloadContext } from './workload.ts';

const BATCH_COUNT = 1000;
const DURABLE_BATCH_COUNT = 100;
const DURABLE_BATCHES_PER_ROUND = 20;
/** The distance of the value that an overwrite puts to the one before. */
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
  return withStore(context, async (store) => {
    const { clientCount, data } = context;
    const result = await clientRate(clientCount, data.entryCount, (i) => {
      const { key, value } = randomEntry(data, i);
      return store.put(key, value);
    });
    await checkLastPuts(store, data, data.entryCount);
    return result;
  });
}

/** Durable puts of many callers, each awaiting its own. */
export function fillSync(context: WorkloadContext): Promise<Measurement> {
  return withStore(context, async (store) => {
    const { clientCount, data } = context;
    const step = (i: number): Promise<unknown> => {
      const { key, value } = randomEntry(data, i);
      return store.put(key, value);
    };
    const result = await sustainedClients(paceOf(context), clientCount, step);
    await checkLastPuts(store, data, result.performedCount);
    return result.measurement;
  });
}

/** Batches of 1000, each awaited; counts entries. */
export function fillBatch(order: 'random' | 'sequential') {
  return (context: WorkloadContext): Promise<Measurement> =>
    withStore(context, async (store) => {
      const { entryCount } = context.data;
      const entryAt = entriesOf(context, order);
      const result = await rate(entryCount, async () => {
        for (let first = 0; first < entryCount; first += BATCH_COUNT) {
          const length = Math.min(BATCH_COUNT, entryCount - first);
          await store.batch(Array.from({ length }, (_, i) => entryAt(first + i)));
        }
      });
      await checkContents(store, entryCount, entryAt);
      return result;
    });
}

/** Durable batches of 100 by one caller; counts entries. */
export function batch100(context: WorkloadContext): Promise<Measurement> {
  return withStore(context, async (store) => {
    const { data } = context;
    const entryAt = entriesOf(context, 'random');
    const count = DURABLE_BATCHES_PER_ROUND * DURABLE_BATCH_COUNT;
    const result = await sustained(paceOf(context), {
      count,
      run: async (first) => {
        for (let at = first; at < first + count; at += DURABLE_BATCH_COUNT) {
          const length = DURABLE_BATCH_COUNT;
          await store.batch(Array.from({ length }, (_, i) => entryAt(at + i)));
        }
      },
      verify: () => undefined, // everything is, at the end
    });
    await checkLastPuts(store, data, result.performedCount);
    return result.measurement;
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
