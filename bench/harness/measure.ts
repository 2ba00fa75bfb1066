/**
 * Clocks, clients and checks of the workloads.
 *
 * Owns: how time is taken, and the checks that turn a fast wrong answer into an error. Operation counts are fixed
 * before any clock runs.
 */
import { type BenchData, WrongResultError } from '../../src/cli/bench/workloads.ts';
import type { Store, StoreSettings } from '../adapters/store.ts';
import type { Measurement, WorkloadContext } from './workload.ts';

/** Callers of a window wait for all of it, in the workloads that do not await each call. */
export const WINDOW_COUNT = 1000;
const DURABLE_COUNT_MIN = 5000;
const DURABLE_COUNT_PER_CLIENT = 2500;

/** Durable operations: enough for half a second or more at any number of callers, at most `limit`. */
export function durableCount(clientCount: number, limit: number): number {
  return Math.min(limit, Math.max(DURABLE_COUNT_MIN, DURABLE_COUNT_PER_CLIENT * clientCount));
}

export function storeSettings(context: WorkloadContext): StoreSettings {
  const { directory, durability, clientCount, sizes } = context;
  const { cacheSizeBytes, writeBufferSizeBytes } = sizes;
  return { directory, durability, clientCount, cacheSizeBytes, writeBufferSizeBytes };
}

/** Opens the workload's database for `use`, and closes it. */
export async function withStore<T>(
  context: WorkloadContext,
  use: (store: Store) => Promise<T>,
): Promise<T> {
  const store = await context.adapter.open(storeSettings(context));
  try {
    return await use(store);
  } finally {
    await store.close();
  }
}

/** Times `run`, which does `operationCount` operations. */
export async function rate(
  operationCount: number,
  run: () => Promise<void> | void,
  facts: () => Record<string, number> = () => ({}),
): Promise<Measurement> {
  const startMs = performance.now();
  await run();
  const seconds = (performance.now() - startMs) / 1000;
  return { value: operationCount / seconds, operationCount, seconds, facts: facts() };
}

/** As `rate`, the operations shared out among clients, each of which waits for its own before the next. */
export async function clientRate(
  clientCount: number,
  operationCount: number,
  step: (index: number) => Promise<unknown>,
): Promise<Measurement> {
  const latenciesUs = new Float64Array(operationCount);
  let next = 0;
  const runClient = async (): Promise<void> => {
    for (let index = next++; index < operationCount; index = next++) {
      const startMs = performance.now();
      await step(index);
      latenciesUs[index] = (performance.now() - startMs) * 1000;
    }
  };
  const run = async (): Promise<void> => {
    await Promise.all(Array.from({ length: clientCount }, runClient));
  };
  return rate(operationCount, run, () => {
    latenciesUs.sort();
    const at = (share: number): number =>
      latenciesUs[Math.min(operationCount - 1, Math.floor(share * operationCount))] ?? 0;
    return { 'p50 us': at(0.5), 'p99 us': at(0.99), 'max us': at(1) };
  });
}

/** Hands out `count` calls in windows. */
export async function inWindows(
  count: number,
  call: (index: number) => Promise<unknown>,
): Promise<void> {
  const window: Promise<unknown>[] = [];
  for (let i = 0; i < count; i++) {
    window.push(call(i));
    if (window.length < WINDOW_COUNT) continue;
    await Promise.all(window);
    window.length = 0;
  }
  await Promise.all(window);
}

export function check(what: string, found: number, expected: number): void {
  if (found !== expected) {
    throw new WrongResultError(`${what} is wrong: found=${found} expected=${expected}`);
  }
}

/** A sum over entries that any lost, doubled or exchanged value changes, whatever their order. */
export class Digest {
  count = 0;
  sum = 0;

  add(key: string, value: Uint8Array): void {
    let mixed = 0x811c9dc5;
    for (let i = 0; i < key.length; i++) mixed = Math.imul(mixed ^ key.charCodeAt(i), 0x01000193);
    mixed ^= value.length;
    for (let i = 0; i < value.length; i++) mixed = Math.imul(mixed ^ value[i]!, 0x01000193); // i < length
    this.sum = (this.sum + mixed) >>> 0;
    this.count++;
  }
}

/** Reads everything and compares it with what the first `count` indexes wrote. */
export async function checkContents(
  store: Store,
  count: number,
  entryAt: (index: number) => { readonly key: string; readonly value: Uint8Array },
): Promise<void> {
  const [found, expected] = [new Digest(), new Digest()];
  let last = '';
  await store.scan({}, (key, value) => {
    if (key <= last) throw new WrongResultError(`A scan is out of order: key=${key} last=${last}`);
    last = key;
    found.add(key, value);
  });
  for (let i = 0; i < count; i++) {
    const { key, value } = entryAt(i);
    expected.add(key, value);
  }
  check('The number of entries', found.count, expected.count);
  check('The checksum of the entries', found.sum, expected.sum);
}

/** The entry that random order writes as number `index`. */
export function randomEntry(data: BenchData, index: number): { key: string; value: Uint8Array } {
  return { key: data.randomKey(index), value: data.value(index) };
}

export function sequentialEntry(
  data: BenchData,
  index: number,
): { key: string; value: Uint8Array } {
  return { key: data.sequentialKey(index), value: data.value(index) };
}
