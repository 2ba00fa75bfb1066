/** The clock, the rounds and the checks of the comparison. */
import { describe, expect, it, vi } from 'vitest';
import type { Adapter, Found, Store } from '../../bench/adapters/store.ts';
import {
  checkLastPuts,
  type Pace,
  randomEntry,
  sustained,
  sustainedClients,
} from '../../bench/harness/measure.ts';
import { getMany, readAll, readRandom, seekRandom } from '../../bench/harness/read-workloads.ts';
import type { WorkloadContext } from '../../bench/harness/workload.ts';
import { BenchData } from '../../src/programs/bench/workloads.ts';

/** A clock that only `advance` moves. */
class ManualPace implements Pace {
  readonly secondsMin = 2;
  readonly warmSecondsMin = 0.5;
  #ms = 0;
  readonly nowMs = (): number => this.#ms;

  advance(ms: number): void {
    this.#ms += ms;
  }
}

describe('sustained()', () => {
  it('repeats whole rounds until its seconds are over, and times neither warm-up nor checks', async () => {
    const pace = new ManualPace();
    const firsts: number[] = [];
    const verified: number[] = [];
    const { measurement, performedCount } = await sustained(pace, {
      count: 10,
      run: (first) => {
        firsts.push(first);
        pace.advance(300);
      },
      verify: (first) => {
        verified.push(first);
        pace.advance(5000);
      },
    });
    // 2 rounds of 0.3 s reach half a second, 7 more reach two.
    expect(firsts).toEqual(Array.from({ length: 9 }, (_, round) => 10 * round));
    expect(verified).toEqual(firsts);
    expect(performedCount).toBe(90);
    expect(measurement.operationCount).toBe(70);
    expect(measurement.seconds).toBeCloseTo(2.1);
    expect(measurement.value).toBeCloseTo(70 / 2.1);
  });

  it('does one round where one takes longer than all', async () => {
    const pace = new ManualPace();
    const run = (): void => pace.advance(60_000);
    const { measurement } = await sustained(pace, { count: 10, run, verify: () => undefined });
    expect(measurement.operationCount).toBe(10);
    expect(measurement.seconds).toBe(60);
  });

  it('fails with the check of any round', async () => {
    const pace = new ManualPace();
    const round = {
      count: 10,
      run: () => pace.advance(300),
      verify: (first: number) => {
        if (first === 80) throw new Error('wrong');
      },
    };
    await expect(sustained(pace, round)).rejects.toThrow('wrong');
  });
});

describe('sustainedClients()', () => {
  it('numbers the operations of all clients without gaps, warm-up included (E1)', async () => {
    const pace = new ManualPace();
    const seen: number[] = [];
    const { measurement, performedCount } = await sustainedClients(pace, 3, async (index) => {
      seen.push(index);
      await Promise.resolve();
      pace.advance(1.25);
    });
    expect(seen).toEqual(Array.from({ length: performedCount }, (_, index) => index));
    // A round of 1000 takes 1.25 s: one for the warm-up, two for the measurement.
    expect(performedCount).toBe(3000);
    expect(measurement.operationCount).toBe(2000);
    expect(measurement.seconds).toBeCloseTo(2.5);
    expect(measurement.facts['max us']).toBeGreaterThanOrEqual(1250);
  });

  it('is watched from the end of the warm-up to the last operation, not while it computes', async () => {
    const pace = new ManualPace();
    const seen: string[] = [];
    const step = (index: number): Promise<void> => {
      if (index % 500 === 0) seen.push(String(index));
      pace.advance(1.25);
      return Promise.resolve();
    };
    const sort = vi.spyOn(Float64Array.prototype, 'sort').mockImplementation(function (
      this: Float64Array,
    ) {
      seen.push('sort');
      return this;
    });
    const end = (): Promise<void> => Promise.resolve(void seen.push('end'));
    try {
      await sustainedClients(pace, 3, step, { begin: () => void seen.push('begin'), end });
    } finally {
      sort.mockRestore();
    }
    const warm = ['0', '500', 'sort', 'begin'];
    expect(seen).toEqual([...warm, '1000', '1500', '2000', '2500', 'end', 'sort']);
  });
});

const ENTRY_COUNT = 3000;
const DATA = new BenchData({ entryCount: ENTRY_COUNT, valueSizeBytes: 20, seed: 1, tuning: {} });

/** A store in a map; its scans go over `keys()`. */
function storeOf(map: Map<string, Uint8Array>, sorted: () => string[]): Store {
  const get = (key: string): Found => map.get(key);
  return {
    put: (key, value) => Promise.resolve(map.set(key, value)),
    batch: () => Promise.reject(new Error('not used')),
    getSync: get,
    get: (key) => Promise.resolve(get(key)),
    getMany: (keys) => Promise.resolve(keys.map(get)),
    scan: ({ gte = '', limit = Infinity, reverse = false }, visit) => {
      const keys = sorted().filter((key) => key >= gte);
      if (reverse) keys.reverse();
      for (const key of keys.slice(0, limit)) visit(key, map.get(key) ?? new Uint8Array());
      return Promise.resolve();
    },
    update: () => Promise.reject(new Error('not used')),
    compact: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}

function fullMap(): Map<string, Uint8Array> {
  const map = new Map<string, Uint8Array>();
  for (let i = 0; i < ENTRY_COUNT; i++) {
    const { key, value } = randomEntry(DATA, i);
    map.set(key, value);
  }
  return map;
}

describe('checkLastPuts()', () => {
  it.each([1000, ENTRY_COUNT, ENTRY_COUNT + 1, 2.5 * ENTRY_COUNT])(
    'accepts what %i puts leave, and not with one put missing',
    async (putCount) => {
      const map = new Map<string, Uint8Array>();
      const store = storeOf(map, () => [...map.keys()].sort());
      for (let i = 0; i < putCount; i++) {
        const { key, value } = randomEntry(DATA, i);
        await store.put(key, value);
      }
      await checkLastPuts(store, DATA, putCount);
      const { key } = randomEntry(DATA, putCount - 1);
      const older = randomEntry(DATA, putCount - 1 - ENTRY_COUNT + 256 * ENTRY_COUNT).value;
      map.set(key, older);
      await expect(checkLastPuts(store, DATA, putCount)).rejects.toThrow('checksum');
    },
  );
});

describe('a read workload', () => {
  const contextOf = (store: Store): WorkloadContext => {
    const adapter: Adapter = {
      name: 'map',
      idioms: [],
      version: () => '',
      open: () => Promise.resolve(store),
    };
    const sizes = {
      ...{ entryCount: ENTRY_COUNT, valueSizeBytes: 20, seed: 1, secondsMin: 0.001 },
      ...{ keyShape: 'digits', cacheSizeBytes: 0, writeBufferSizeBytes: 0 },
    };
    return { adapter, directory: '', sizes, data: DATA, clientCount: 1, durability: 'os' };
  };
  const sortedKeys = [...fullMap().keys()].sort();

  it('refuses a store that has lost an entry', async () => {
    const map = fullMap();
    map.delete(DATA.randomKey(7));
    map.set('9999999999999999', new Uint8Array(20)); // the count is right
    const context = contextOf(storeOf(map, () => [...map.keys()].sort()));
    for (const run of [readRandom, getMany, seekRandom]) {
      await expect(run(context), run.name).rejects.toThrow(/wrong|other keys/);
    }
  });

  it('refuses a scan that is out of order', async () => {
    const wrong = [...sortedKeys];
    [wrong[1500], wrong[1501]] = [wrong[1501] ?? '', wrong[1500] ?? ''];
    const context = contextOf(storeOf(fullMap(), () => wrong));
    for (const run of [readAll(false), readAll(true), seekRandom]) {
      await expect(run(context)).rejects.toThrow(/out of order|other keys/);
    }
  });

  it('refuses a value of another size', async () => {
    const map = fullMap();
    for (const key of sortedKeys) map.set(key, new Uint8Array(19));
    const context = contextOf(storeOf(map, () => sortedKeys));
    for (const run of [readRandom, getMany, readAll(false), seekRandom]) {
      await expect(run(context)).rejects.toThrow('wrong');
    }
  });
});
