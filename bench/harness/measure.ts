/**
 * Clocks, clients and checks of the workloads.
 *
 * Owns: how time is taken, and the checks that turn a fast wrong answer into an error. What writes a database once has
 * an operation count that is fixed before any clock runs. What may be repeated is sustained: rounds of a fixed count,
 * until the pace's seconds have gone by.
 *
 * Invariants:
 *   E1. Operations are numbered from 0 without gaps, warm-up included, so that what `performedCount` of them left in a
 *       database can be told exactly.
 *   E2. The clock never stops inside a round of `sustained`, and what it does not time, inputs and checks, is outside
 *   of all.
 *       Clients are not stopped between their rounds: that would time how a queue drains.
 */
import { WrongResultError } from '../../src/programs/bench/measuring.ts';
import type { BenchData } from '../../src/programs/bench/workloads.ts';
import type { Store, StoreSettings } from '../adapters/store.ts';
import type { Measurement, WorkloadContext } from './workload.ts';

/** Callers of a window wait for all of it, in the workloads that do not await each call. */
export const WINDOW_COUNT = 1000;
/** The least time that a sustained workload measures; SECONDS of compare.ts. */
export const SECONDS_MIN = 2;
/** How long its loop goes on before that, at least. */
export const WARM_SECONDS_MIN = 0.5;
/** After so many operations, clients look at the clock. */
const CLIENT_ROUND_COUNT = 1000;
const LATENCY_CHUNK_LENGTH = 65_536;

/** How long a sustained workload lasts, and by which clock. */
export interface Pace {
  readonly secondsMin: number;
  readonly warmSecondsMin: number;
  readonly nowMs: () => number;
}

export function paceOf({ sizes }: WorkloadContext): Pace {
  return {
    secondsMin: sizes.secondsMin,
    warmSecondsMin: WARM_SECONDS_MIN,
    nowMs: () => performance.now(),
  };
}

export interface Sustained {
  readonly measurement: Measurement;
  /** Operations of the warm-up and of the measured time (E1). */
  readonly performedCount: number;
}

/** One turn of a loop that may go on for ever. */
export interface Round {
  /** Operations in it. */
  readonly count: number;
  /** The inputs of the operations from number `first` on, made before the clock starts. */
  readonly prepare?: (first: number) => void;
  /** Does the operations from number `first` on; timed. */
  readonly run: (first: number) => Promise<void> | void;
  /** Throws when the round that started at `first` got something wrong. */
  readonly verify: (first: number) => void;
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

/** Times `run`, which does `operationCount` operations, once. */
export async function rate(
  operationCount: number,
  run: () => Promise<void> | void,
): Promise<Measurement> {
  const startMs = performance.now();
  await run();
  const seconds = (performance.now() - startMs) / 1000;
  return { value: operationCount / seconds, operationCount, seconds, facts: {} };
}

/** Whole rounds until the warm-up is over, then timed ones until the seconds of the pace are; at least one of each. */
export async function sustained(
  pace: Pace,
  { count, prepare, run, verify }: Round,
): Promise<Sustained> {
  let performedCount = 0;
  const repeat = async (secondsMin: number): Promise<number> => {
    let totalMs = 0;
    do {
      prepare?.(performedCount);
      const startMs = pace.nowMs();
      await run(performedCount);
      totalMs += pace.nowMs() - startMs;
      verify(performedCount);
      performedCount += count;
    } while (totalMs < 1000 * secondsMin);
    return totalMs / 1000;
  };
  await repeat(pace.warmSecondsMin);
  const warmCount = performedCount;
  const seconds = await repeat(pace.secondsMin);
  const operationCount = performedCount - warmCount;
  const measurement = { value: operationCount / seconds, operationCount, seconds, facts: {} };
  return { measurement, performedCount };
}

type Step = (index: number) => Promise<unknown>;

/** As `rate`, the operations shared out among clients, each of which waits for its own before the next. */
export function clientRate(
  clientCount: number,
  operationCount: number,
  step: Step,
): Promise<Measurement> {
  const clients = { clientCount, roundCount: operationCount, secondsMin: 0 };
  return runClients(clients, step, 0, () => performance.now());
}

/** Other figures that are measured while clients run. */
interface Watch {
  /** After the warm-up. */
  readonly begin: () => void;
  /** After the last operation, before anything is computed of what was measured: that is no engine's work. */
  readonly end: () => Promise<void>;
}

/** As `clientRate`, for the pace's seconds and after its warm-up. */
export async function sustainedClients(
  pace: Pace,
  clientCount: number,
  step: Step,
  watch?: Watch,
): Promise<Sustained> {
  const clients = { clientCount, roundCount: CLIENT_ROUND_COUNT };
  const { warmSecondsMin, secondsMin, nowMs } = pace;
  const warm = await runClients({ ...clients, secondsMin: warmSecondsMin }, step, 0, nowMs);
  const { operationCount } = warm;
  watch?.begin();
  const timed = { ...clients, secondsMin };
  const onEnd = watch && ((): Promise<void> => watch.end());
  const measurement = await runClients(timed, step, operationCount, nowMs, onEnd);
  return { measurement, performedCount: operationCount + measurement.operationCount };
}

interface Clients {
  readonly clientCount: number;
  readonly roundCount: number;
  readonly secondsMin: number;
}

/** Operations from number `first` on: a round, and more of them while the seconds are not over. */
async function runClients(
  { clientCount, roundCount, secondsMin }: Clients,
  step: Step,
  first: number,
  nowMs: () => number,
  onEnd?: () => Promise<void>,
): Promise<Measurement> {
  const latencies = new Latencies();
  const startMs = nowMs();
  const endMs = startMs + 1000 * secondsMin;
  let next = first;
  let roundEnd = first + roundCount;
  const goesOn = (): boolean => {
    if (next < roundEnd) return true;
    if (nowMs() >= endMs) return false; // and for every other client, from now on
    roundEnd += roundCount;
    return true;
  };
  const runClient = async (): Promise<void> => {
    while (goesOn()) {
      const index = next++;
      const sentMs = nowMs();
      await step(index);
      latencies.add((nowMs() - sentMs) * 1000);
    }
  };
  await Promise.all(Array.from({ length: clientCount }, runClient));
  const seconds = (nowMs() - startMs) / 1000;
  await onEnd?.();
  const operationCount = next - first;
  const facts = latencies.facts();
  return { value: operationCount / seconds, operationCount, seconds, facts };
}

/** Latencies of operations whose count is not known beforehand. */
class Latencies {
  readonly #chunks: Float64Array[] = [];
  #count = 0;

  add(us: number): void {
    const at = this.#count++ % LATENCY_CHUNK_LENGTH;
    if (at === 0) this.#chunks.push(new Float64Array(LATENCY_CHUNK_LENGTH));
    this.#chunks[this.#chunks.length - 1]![at] = us; // the line above made it
  }

  facts(): Record<string, number> {
    const count = this.#count;
    const sorted = new Float64Array(count);
    this.#chunks.forEach((chunk, i) => {
      const start = i * LATENCY_CHUNK_LENGTH;
      sorted.set(chunk.subarray(0, Math.min(LATENCY_CHUNK_LENGTH, count - start)), start);
    });
    sorted.sort();
    const at = (share: number): number =>
      sorted[Math.min(count - 1, Math.floor(share * count))] ?? 0;
    return { 'p50 us': at(0.5), 'p99 us': at(0.99), 'max us': at(1) };
  }
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
  store: Pick<Store, 'scan'>,
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

/**
 * Reads everything after `putCount` puts went round all keys in random order, or over some of them: the last of
 * each key counts. Two puts of one key are as many puts apart as there are keys, so no two are in flight at once.
 */
export async function checkLastPuts(
  store: Store,
  data: BenchData,
  putCount: number,
): Promise<void> {
  const count = Math.min(putCount, data.entryCount);
  await checkContents(store, count, (i) => randomEntry(data, putCount - count + i));
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
