/**
 * Workloads that read and write: YCSB, and a bank.
 *
 * The YCSB mixes are those of the Yahoo! Cloud Serving Benchmark, over this benchmark's keys and values:
 *
 *   A  half reads, half updates              D  reads of the newest, 5 % inserts
 *   B  95 % reads, 5 % updates               E  95 % scans of 1 to 100, 5 % inserts
 *   C  reads only                            F  half reads, half read-modify-writes
 *
 * Keys are drawn by a Zipf distribution, except in D, where the newest are the hottest.
 *
 * All are sustained: what was drawn beforehand comes again and again, so that drawing is not timed and what the
 * database must hold at the end follows from how many operations there were.
 */
import { Random } from '../../src/base/random.ts';
import { drawOrder } from '../../src/programs/bank/transfer.ts';
import { WrongResultError } from '../../src/programs/bench/measuring.ts';
import type { Change, Found, Store } from '../adapters/store.ts';
import { accountKey } from './account-key.ts';
import { check, paceOf, sustainedClients, withStore } from './measure.ts';
import type { Measurement, WorkloadContext } from './workload.ts';
import { Zipf } from './zipf.ts';

export type Mix = 'A' | 'B' | 'C' | 'D' | 'E' | 'F';
type Action = 'read' | 'update' | 'insert' | 'scan' | 'modify';

/** The other operation of a mix, and how often it comes. */
const MIXES: Readonly<Record<Mix, { usual: Action; other: Action; otherShare: number }>> = {
  A: { usual: 'read', other: 'update', otherShare: 0.5 },
  B: { usual: 'read', other: 'update', otherShare: 0.05 },
  C: { usual: 'read', other: 'read', otherShare: 0 },
  D: { usual: 'read', other: 'insert', otherShare: 0.05 },
  E: { usual: 'scan', other: 'insert', otherShare: 0.05 },
  F: { usual: 'read', other: 'modify', otherShare: 0.5 },
};
const DRAWN_COUNT = 200_000;
const SCAN_COUNT_MAX = 100;
const BALANCE_SIZE_BYTES = 8;
const INITIAL_BALANCE = 1_000_000;

/** The choices of one run, as many of each. */
interface Plan {
  readonly actions: readonly Action[];
  readonly indexes: Uint32Array;
  readonly lengths: Uint8Array;
}

function drawPlan({ data, sizes }: WorkloadContext, mix: Mix): Plan {
  const count = DRAWN_COUNT;
  const { usual, other, otherShare } = MIXES[mix];
  const random = new Random(sizes.seed + 4);
  const zipf = new Zipf(data.entryCount, sizes.seed + 5);
  return {
    actions: Array.from({ length: count }, () =>
      random.nextFraction() < otherShare ? other : usual,
    ),
    indexes: Uint32Array.from({ length: count }, () => zipf.next()),
    lengths: Uint8Array.from({ length: count }, () =>
      Math.ceil(random.nextFraction() * SCAN_COUNT_MAX),
    ),
  };
}

/** One client of YCSB knows its database by this. */
class YcsbRun {
  readonly #store: Store;
  readonly #context: WorkloadContext;
  readonly #plan: Plan;
  readonly #isLatest: boolean;
  insertedCount = 0;
  /** Acknowledged ones: D reads among them. */
  #visibleCount: number;
  #nextInsert: number;

  constructor(store: Store, context: WorkloadContext, mix: Mix, plan: Plan) {
    this.#store = store;
    this.#context = context;
    this.#plan = plan;
    this.#isLatest = mix === 'D';
    this.#visibleCount = context.data.entryCount;
    this.#nextInsert = context.data.entryCount;
  }

  async step(i: number): Promise<void> {
    const { data } = this.#context;
    const drawn = i % DRAWN_COUNT;
    const action = this.#plan.actions[drawn];
    const rank = this.#plan.indexes[drawn] ?? 0;
    const key = this.#isLatest
      ? data.sequentialKey(this.#visibleCount - 1 - rank)
      : data.randomKey(rank);
    switch (action) {
      case 'read':
        return this.#read(key);
      case 'update':
        await this.#store.put(key, data.value(i));
        return;
      case 'insert':
        await this.#store.put(data.sequentialKey(this.#nextInsert++), data.value(i));
        this.insertedCount++;
        // Inserts of several clients end in any order: the newest may have gaps, unless one client inserts.
        if (this.#context.clientCount === 1) this.#visibleCount++;
        return;
      case 'scan': {
        let count = 0;
        const limit = this.#plan.lengths[drawn] ?? 1;
        await this.#store.scan({ gte: key, limit }, () => count++);
        if (count === 0) throw new WrongResultError(`A scan found nothing: key=${key}`);
        return;
      }
      case 'modify':
        await this.#store.update([key], ([found]) => [this.#modified(key, found)]);
        return;
      case undefined:
        throw new Error('The plan has an action for every operation');
    }
  }

  async #read(key: string): Promise<void> {
    const { getSync } = this.#store;
    const found = getSync === undefined ? await this.#store.get(key) : getSync(key);
    this.#mustFind(key, found);
  }

  #modified(key: string, found: Found): Uint8Array {
    const value = this.#mustFind(key, found).slice();
    if (value.length > 0) value[0] = value[0]! + 1; // length > 0
    return value;
  }

  #mustFind(key: string, found: Found): Uint8Array {
    if (found?.length === this.#context.sizes.valueSizeBytes) return found;
    throw new WrongResultError(`A read found another value: key=${key} length=${found?.length}`);
  }
}

export function ycsb(mix: Mix) {
  return (context: WorkloadContext): Promise<Measurement> =>
    withStore(context, async (store) => {
      const { data, clientCount } = context;
      const run = new YcsbRun(store, context, mix, drawPlan(context, mix));
      let entryCount = 0;
      await store.scan({}, () => entryCount++);
      check('The number of entries before', entryCount, data.entryCount);
      const result = await sustainedClients(paceOf(context), clientCount, (i) => run.step(i));
      entryCount = 0;
      await store.scan({}, () => entryCount++);
      check('The number of entries', entryCount, data.entryCount + run.insertedCount);
      return result.measurement;
    });
}

function encodeBalance(balance: number): Uint8Array {
  const bytes = new Uint8Array(BALANCE_SIZE_BYTES);
  new DataView(bytes.buffer).setFloat64(0, balance, true);
  return bytes;
}

function decodeBalance(found: Found): number {
  if (found?.length !== BALANCE_SIZE_BYTES) throw new WrongResultError('An account has no balance');
  return new DataView(found.buffer, found.byteOffset).getFloat64(0, true);
}

/** Durable transfers between two accounts, among `accountCount`; the total is checked. */
export function transfers(accountCount: number) {
  return (context: WorkloadContext): Promise<Measurement> =>
    withStore(context, async (store) => {
      const { clientCount, sizes } = context;
      await store.batch(
        Array.from({ length: accountCount }, (_, account) => ({
          key: accountKey(account),
          value: encodeBalance(INITIAL_BALANCE),
        })),
      );
      const random = new Random(sizes.seed + 2);
      const orders = Array.from({ length: DRAWN_COUNT }, () => drawOrder(random, accountCount));
      const result = await sustainedClients(paceOf(context), clientCount, (i) => {
        const { from, to, amount } = orders[i % DRAWN_COUNT]!; // as many were drawn
        const move: Change = ([source, target]) => [
          encodeBalance(decodeBalance(source) - amount),
          encodeBalance(decodeBalance(target) + amount),
        ];
        return store.update([accountKey(from), accountKey(to)], move);
      });
      const expected = new Float64Array(accountCount).fill(INITIAL_BALANCE);
      for (let i = 0; i < result.performedCount; i++) {
        const { from, to, amount } = orders[i % DRAWN_COUNT]!; // as many were drawn
        expected[from]! -= amount; // drawn below accountCount
        expected[to]! += amount; // drawn below accountCount
      }
      let account = 0;
      await store.scan({}, (_key, value) => {
        check(`The balance of account ${account}`, decodeBalance(value), expected[account++] ?? -1);
      });
      check('The number of accounts', account, accountCount);
      return result.measurement;
    });
}
