/**
 * The event loop under load: how long a task waits while clients put, get and scan as fast as they can.
 *
 * Owns: the mix, how long it goes on, and the proof that the background work was there. Half of all operations are
 * puts, which go round all keys in random order; most others are gets of random keys; one in twenty is a scan of
 * 100 entries. Memtables are of 4 MiB, so that in 15 seconds an engine flushes dozens of times and merges what it
 * flushed. Otherwise the loop would be one beside which nothing happens: an engine that tells of its background
 * work must have done some.
 *
 * Each client awaits its operation before the next. A turn of the loop is as long as what the clients do at once, and
 * what an engine does on the main thread beside it: a flush, a merge, a stall that spins.
 */
import { Random } from '../../src/base/random.ts';
import { WrongResultError } from '../../src/programs/bench/measuring.ts';
import type { BackgroundWork, Store } from '../adapters/store.ts';
import { corelessPercent, coreWaitMs, LoopDelay, type LoopDelayReport } from './loop-delay.ts';
import { checkLastPuts, type Pace, paceOf, sustainedClients, withStore } from './measure.ts';
import type { Measurement, WorkloadContext } from './workload.ts';

const WRITE_BUFFER_SIZE_BYTES = 4 * 1024 * 1024;
const SECONDS_MIN = 15;
const WARM_SECONDS_MIN = 3;
const PUT_SHARE = 0.5;
const SCAN_SHARE = 0.05;
const SCAN_COUNT = 100;
const DRAWN_COUNT = 65_536;

type Action = 'put' | 'scan' | 'get';

/** One load: what comes next, and how many puts there were. */
class Load {
  readonly #store: Store;
  readonly #context: WorkloadContext;
  readonly #actions: readonly Action[];
  readonly #indexes: Uint32Array;
  putCount: number;

  constructor(store: Store, context: WorkloadContext) {
    const { data, sizes } = context;
    const random = new Random(sizes.seed + 6);
    const count = { length: DRAWN_COUNT };
    this.#store = store;
    this.#context = context;
    this.#actions = Array.from(count, () => {
      const drawn = random.nextFraction();
      if (drawn < PUT_SHARE) return 'put';
      return drawn < PUT_SHARE + SCAN_SHARE ? 'scan' : 'get';
    });
    this.#indexes = Uint32Array.from(count, () =>
      Math.floor(random.nextFraction() * data.entryCount),
    );
    this.putCount = data.entryCount; // of the fill that made the database, in the same order
  }

  async step(i: number): Promise<void> {
    const { data } = this.#context;
    const drawn = i % DRAWN_COUNT;
    const index = this.#indexes[drawn] ?? 0;
    switch (this.#actions[drawn]) {
      case 'put': {
        const number = this.putCount++;
        await this.#store.put(data.randomKey(number), data.value(number));
        return;
      }
      case 'scan':
        return this.#scan(index);
      case 'get':
        return this.#get(data.randomKey(index));
      case undefined:
        throw new Error('As many actions were drawn');
    }
  }

  async #get(key: string): Promise<void> {
    const { getSync } = this.#store;
    const found = getSync === undefined ? await this.#store.get(key) : getSync(key);
    if (found?.length === this.#context.sizes.valueSizeBytes) return;
    throw new WrongResultError(`A read found another value: key=${key} length=${found?.length}`);
  }

  async #scan(index: number): Promise<void> {
    const { data } = this.#context;
    const gte = data.sequentialKey(index);
    const expectedCount = Math.min(SCAN_COUNT, data.entryCount - index);
    let count = 0;
    await this.#store.scan({ gte, limit: SCAN_COUNT }, () => count++);
    if (count === expectedCount) return;
    throw new WrongResultError(`A scan found ${count} entries of ${expectedCount}: key=${gte}`);
  }
}

/** The delay of the event loop at its 99th percentile, over the time after the warm-up. */
export function busyLoop(context: WorkloadContext): Promise<Measurement> {
  const sizes = { ...context.sizes, writeBufferSizeBytes: WRITE_BUFFER_SIZE_BYTES };
  return withStore({ ...context, sizes }, async (store) => {
    const load = new Load(store, context);
    const pace: Pace = {
      ...paceOf(context),
      secondsMin: Math.max(SECONDS_MIN, context.sizes.secondsMin),
      warmSecondsMin: WARM_SECONDS_MIN,
    };
    const watch = new LoopWatch(store);
    const { measurement } = await sustainedClients(
      pace,
      context.clientCount,
      (i) => load.step(i),
      watch,
    );
    await checkLastPuts(store, context.data, load.putCount);
    const { operationCount, seconds, value: rate } = measurement;
    const { p99Ms, facts } = watch.seen(seconds);
    return { value: p99Ms, operationCount, seconds, facts: { ...facts, 'ops/s': rate } };
  });
}

/** The loop while clients run, and what the engine does beside them. */
class LoopWatch {
  readonly #store: Store;
  readonly #delay = new LoopDelay();
  #before: BackgroundWork | undefined;
  #after: BackgroundWork | undefined;
  #coreWaitBeforeMs: number | undefined;
  #coreWaitAfterMs: number | undefined;
  #report: LoopDelayReport | undefined;

  constructor(store: Store) {
    this.#store = store;
  }

  begin(): void {
    this.#before = this.#store.background?.();
    this.#coreWaitBeforeMs = coreWaitMs();
    this.#delay.restart();
  }

  async end(): Promise<void> {
    this.#report = await this.#delay.stop();
    this.#coreWaitAfterMs = coreWaitMs();
    this.#after = this.#store.background?.();
  }

  /** After `seconds` of it. Throws when it has not ended, or nothing went on in the background. */
  seen(seconds: number): { p99Ms: number; facts: Record<string, number> } {
    if (this.#report === undefined) throw new Error('The clients have not ended');
    const { p50Ms, p99Ms, maxMs, turnCount } = this.#report;
    const loop = { 'p50 ms': p50Ms, 'p99 ms': p99Ms, 'max ms': maxMs, 'turns seen': turnCount };
    const coreless = corelessPercent(this.#coreWaitBeforeMs, this.#coreWaitAfterMs, seconds);
    const core = coreless === undefined ? {} : { '% without a core': coreless };
    const work = this.#before && this.#after && workBetween(this.#before, this.#after);
    return { p99Ms, facts: { ...loop, ...core, ...work } };
  }
}

/** Throws when nothing went on in the background. */
function workBetween(before: BackgroundWork, after: BackgroundWork): Record<string, number> {
  const flushes = after.flushCount - before.flushCount;
  const compactions = after.compactionCount - before.compactionCount;
  if (flushes > 0 && compactions > 0) return { flushes, compactions };
  throw new WrongResultError(
    `The load was none: flushCount=${flushes} compactionCount=${compactions}`,
  );
}
