/**
 * Opening a database.
 */
import type { Store } from '../adapters/store.ts';
import { check, checkContents, inWindows, randomEntry, storeSettings } from './measure.ts';
import type { Measurement, WorkloadContext } from './workload.ts';

/** Keys and values that a killed process had put. */
export const CRASH_SIZE_BYTES: number = 64 * 1024 * 1024;
const KEY_SIZE_BYTES = 16;
const MIB = 1024 * 1024;

/** Entries that a process puts before it is killed. */
export function crashCount({ data, sizes }: WorkloadContext): number {
  const entrySizeBytes = KEY_SIZE_BYTES + sizes.valueSizeBytes;
  return Math.min(data.entryCount, Math.ceil(CRASH_SIZE_BYTES / entrySizeBytes));
}

/** Milliseconds until the first key has been read. */
async function timedOpen(context: WorkloadContext): Promise<{ store: Store; seconds: number }> {
  const startMs = performance.now();
  const store = await context.adapter.open(storeSettings(context));
  const found = await store.get(context.data.randomKey(0));
  const seconds = (performance.now() - startMs) / 1000;
  check('The size of the first value', found?.length ?? -1, context.sizes.valueSizeBytes);
  return { store, seconds };
}

export async function openClean(context: WorkloadContext): Promise<Measurement> {
  const { store, seconds } = await timedOpen(context);
  await store.close();
  return { value: 1000 * seconds, operationCount: 1, seconds, facts: {} };
}

/** After SIGKILL; every put that was acknowledged is there. */
export async function openCrashed(context: WorkloadContext): Promise<Measurement> {
  const { store, seconds } = await timedOpen(context);
  try {
    await checkContents(store, crashCount(context), (i) => randomEntry(context.data, i));
  } finally {
    await store.close();
  }
  const putBytes = crashCount(context) * (KEY_SIZE_BYTES + context.sizes.valueSizeBytes);
  const facts = { 'MiB put before the kill': putBytes / MIB }; // fewer entries than that take less
  return { value: 1000 * seconds, operationCount: 1, seconds, facts };
}

/** Puts until everything is acknowledged, and dies with the database open. */
export async function crash(context: WorkloadContext): Promise<never> {
  const store = await context.adapter.open(storeSettings(context));
  await inWindows(crashCount(context), (i) => {
    const { key, value } = randomEntry(context.data, i);
    return store.put(key, value);
  });
  process.kill(process.pid, 'SIGKILL');
  return new Promise(() => undefined); // the signal comes first
}
